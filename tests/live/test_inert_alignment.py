"""TRL501: which parameters it asks the compiler about, and which it leaves alone."""

from __future__ import annotations

import pytest

#: A kernel whose `y` gets several elements at once, and a launch.
SOURCE = """\
@triton.jit
def helper(a, b):
    return a * b


@triton.jit{decorator}
def kernel(x, y, n{annotation}, BLOCK: tl.constexpr):
    pid = tl.program_id(0)
    lanes = pid * BLOCK + tl.arange(0, BLOCK)
    value = 0.0
    {body}
    tl.store(y + lanes, value)


def launch(x: torch.Tensor, y: torch.Tensor, num_tokens: int):
    {launch}
"""
LAUNCH = "kernel[(8,)](x, y, num_tokens, BLOCK=1024)"


def source(body: str, decorator: str = "", annotation: str = "", launch: str = LAUNCH) -> str:
    body, launch = (text.replace("\n", "\n    ") for text in (body, launch))
    return SOURCE.format(body=body, decorator=decorator, annotation=annotation, launch=launch)


#: What a kernel does with the number `n`, and whether divisibility by 16 may change nothing.
NUMBERS = {
    "a guard": ("if pid >= n:\n    return", True),
    "compared with a number": ("if n > 100:\n    value += 1", True),
    "compared after arithmetic": ("if pid + 1 < 2 * n - 1:\n    value += 1", True),
    "compared as a wider number": ("if pid < n.to(tl.int64):\n    value += 1", True),
    "asked whether 16 divides it": ("if n % 16 == 0:\n    value += 1", True),
    "asked whether it is zero": ("if n:\n    value += 1", True),
    "asked whether it is not zero": ("if not n:\n    value += 1", True),
    "asked whether it differs": ("if pid - n:\n    value += 1", True),
    "a condition of a `while`": ("while value < n:\n    value += 1", True),
    "a guard through another name": ("end = n // 4\nif pid >= end:\n    return", True),
    "a guard, in a minimum": ("if pid >= tl.minimum(n, 8):\n    return", True),
    "a bound of a loop": ("for i in range(n):\n    value += 1", True),
    "blocks of a loop": ("for i in range(tl.cdiv(n, BLOCK)):\n    value += 1", True),
    "an end of a loop over addresses": (
        "for i in range(n):\n    value += tl.load(x + i + lanes)",
        True,
    ),
    "an end, after a start": ("for i in range(2, n):\n    value += tl.load(x + i + lanes)", True),
    "a start of a loop over addresses": (
        "for i in range(n, 99):\n    value += tl.load(x + i + lanes)",
        False,
    ),
    "a step of a loop over addresses": (
        "for i in range(0, 99, n):\n    value += tl.load(x + i + lanes)",
        False,
    ),
    "a step by name": (
        "for i in tl.range(0, 99, step=n):\n    value += tl.load(x + i + lanes)",
        False,
    ),
    "a start of a loop that counts": ("for i in range(n, 99):\n    value += 1", True),
    "in an address": ("value += tl.load(x + n)", False),
    "in an address, through another name": ("start = pid * n\nvalue += tl.load(x + start)", False),
    "beside a vector": ("value = tl.where(lanes < n, value, 1.0)", False),
    "added to a vector": ("if tl.sum(lanes + n) > 9:\n    return", False),
    "stored": ("value += n", False),
    "to a helper": ("if helper(pid, n) > 9:\n    return", False),
    "to a helper by name": ("if helper(pid, b=n) > 9:\n    return", False),
    "to a helper, after a guard": ("if pid >= n:\n    return\nvalue += helper(1, n)", False),
    "to a function that is more than arithmetic": ("if tl.exp2(n) > 9:\n    return", False),
    "to a power": ("if pid > n**2:\n    return", False),
    "only in a check": ("tl.device_assert(pid < n)", False),
    "never": ("pass", False),
}


@pytest.mark.parametrize(("body", "may"), NUMBERS.values(), ids=NUMBERS)
def test_numbers(found, body, may):
    assert ("TRL501 kernel.n" in found(source(body), "TRL501")) is may


#: What a kernel does with the pointer `x`.
POINTERS = {
    "read": ("value += tl.load(x)", True),
    "written": ("tl.store(x, 1)", True),
    "one element for each program": ("value += tl.load(x + pid)", True),
    "one element in each turn": ("for i in range(9):\n    value += tl.load(x + i)", True),
    "one element after another": ("for i in range(9):\n    value += tl.load(x)\n    x += n", True),
    "several at once": ("value += tl.load(x + lanes)", False),
    "several at once, written": ("tl.store(x + lanes, 1)", False),
    "several at once, through another name": ("at = x + pid\nvalue += tl.load(at + lanes)", False),
    "one, then several": ("value += tl.load(x)\nvalue += tl.load(x + lanes)", False),
    "a block": (
        "at = tl.make_block_ptr(x, (n,), (1,), (0,), (BLOCK,), (0,))\nvalue += tl.load(at)",
        False,
    ),
    "read by name": ("value += tl.load(pointer=x)", True),
    "stored as a value": ("tl.store(y, x)", False),
    "to a helper": ("value += helper(x, 1)", False),
    "never": ("pass", False),
}


@pytest.mark.parametrize(("body", "may"), POINTERS.values(), ids=POINTERS)
def test_pointers(found, body, may):
    assert ("TRL501 kernel.x" in found(source(body), "TRL501")) is may


GUARD = "if pid >= n:\n    return"
#: The code around a kernel that only compares `n`.
AROUND = {
    "as it is": (source(GUARD), True),
    "in a list of what not to specialize": (
        source(GUARD, decorator='(do_not_specialize=["n"])'),
        False,
    ),
    "in a list of what to specialize less": (
        source(GUARD, decorator='(do_not_specialize_on_alignment=["n"])'),
        False,
    ),
    "another one is in the list": (
        source(GUARD, decorator='(do_not_specialize_on_alignment=["x"])'),
        True,
    ),
    "a constexpr": (source(GUARD, annotation=": tl.constexpr"), False),
    "a float": (source(GUARD, annotation=": tl.float32"), False),
    "one literal": (source(GUARD, launch=LAUNCH.replace("num_tokens", "64")), False),
    "one literal in two launches": (
        source(GUARD, launch="\n".join([LAUNCH.replace("num_tokens", "64")] * 2)),
        False,
    ),
    "two literals": (
        source(GUARD, launch="\n".join(LAUNCH.replace("num_tokens", n) for n in ("64", "65"))),
        True,
    ),
    "a literal and a variable": (
        source(GUARD, launch=f"{LAUNCH.replace('num_tokens', '64')}\n{LAUNCH}"),
        True,
    ),
    "no launch": (source(GUARD, launch="pass"), False),
}


@pytest.mark.parametrize(("text", "may"), AROUND.values(), ids=AROUND)
def test_what_is_around_the_kernel(found, text, may):
    assert ("TRL501 kernel.n" in found(text, "TRL501")) is may


@pytest.mark.parametrize(("version", "may"), [("2.2", False), ("3.1", False), ("3.2", True)])
def test_older_releases_have_no_such_list(lint, version, may):
    text = f"import torch\nimport triton\nimport triton.language as tl\n\n\n{source(GUARD)}"
    options = ("--select", "TRL501", "--triton-version", version)
    assert ("n" in {f["parameter"] for f in lint({"kernels.py": text}, *options)}) is may
