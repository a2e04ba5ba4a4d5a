"""Files that try to make `verify` take hours or all memory, or to end it.

Each is a whole file with a kernel whose `dead` is found. Whatever happens to that kernel, the ones
after it are verified, and nothing is left behind. The time limit ends SLOW ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

_SOURCE = """
import triton
import triton.language as tl
{above}


@triton.jit
def kernel(x_ptr, n, dead: {kind}{parameters}):
    {body}
    tl.store(x_ptr, n)


{below}
kernel[(1,)](None, 3, 0.5{launched})
"""

_NUMBER = f"0x{'f' * 5000}"
_HELPER = "@triton.jit\ndef {0}(x):\n    return {1}\n"


@dataclass(frozen=True)
class Bomb:
    """One file; `files` lie beside it."""

    name: str
    source: str
    slow: bool = False
    files: dict[str, str] = field(default_factory=dict)


def source_of(
    body: str = "pass", above: str = "", below: str = "", more: str = "", kind: str = "tl.float32"
) -> str:
    """A file with these parts; `more` are parameters, and arguments after ` with `."""
    parameters, _, launched = more.partition(" with ")
    body = "\n    ".join(part.strip() for part in body.split(";;"))
    return _SOURCE.format(
        body=body, above=above, below=below, parameters=parameters, launched=launched, kind=kind
    )


#: Bodies that take Triton hours, or make it crash.
SLOW = {
    "a loop that is unrolled": "for i in tl.static_range(10**9): n += i",
    "loops that are unrolled in one another": (
        "for i in tl.static_range(10**5):\n        for j in tl.static_range(10**5): n += i * j"
    ),
    "a power": "a = 10**10**8",
    "a power of a constant": "b: tl.constexpr = 10**8 ;; a = 10**b > 1",
    "a power that is negated": "a = -(3**10**8) < 0",
    "a recursion that grows": "a = growing(n, 'ab')",
    "helpers that call others twice": "a = helper0(n)",
}
#: Bodies that pass the front end; their several binaries crash LLVM or keep it busy.
CRASHES = {
    "assembler with an operand too many": (
        "n += tl.inline_asm_elementwise('mov.u32 $0, $9;', '=r,r', [n], tl.int32, True, 1)"
    ),
    "assembler without an end": (
        "n += tl.inline_asm_elementwise('${', '=r,r', [n], tl.int32, True, 1)"
    ),
    "assembler without operands": (
        "n += tl.inline_asm_elementwise('x', '', [n], tl.int32, True, 1)"
    ),
}
BUSY = {
    "assembler for a million values": (
        "n += tl.inline_asm_elementwise('mov', '=r,r', [n], tl.int32, True, 10**6)"
    ),
    "a product of large tensors": (
        "a = tl.zeros([1024, 1024], tl.float32) ;; n += tl.sum(tl.dot(a, a)).to(tl.int32)"
    ),
    "a large tensor to sort": (
        "a = tl.zeros([1024, 1024], tl.float32) ;; n += tl.sum(tl.sort(a)).to(tl.int32)"
    ),
    "many rounds of a generator": "a = tl.philox(n, n, n, n, n, 10**6) ;; n += a[0]",
}
#: Bodies that are handled at once.
BODIES = {
    "a shift": "a = 1 << 10**10",
    "a text that is repeated": "a = len('a' * 3000000000)",
    "a text that is repeated twice": "a = len('a' * 1000000000 * 1000000000)",
    "a text with room": "a = len('%3000000000d' % 1)",
    "a tuple that is repeated": "a = len((1,) * 3000000000)",
    "a list of numbers": "a = len(list(range(10**10)))",
    "a large tensor": "a = tl.zeros([2**40], tl.float32)",
    "a tensor with many dimensions": f"a = tl.zeros([{'2, ' * 64}], tl.float32)",
    "a large range": "a = tl.arange(0, 2**40)",
    "a loop over a large number": "for i in range(10**100): n += i",
    "a print of much": "tl.static_print('x' * 3000000000)",
    "a check with much to say": "tl.static_assert(False, 'x' * 3000000000)",
    "a number of many digits": f"a = {_NUMBER}",
    "a number of many digits in a comparison": f"if n == {_NUMBER}: pass",
    "a long text": f"tl.static_print({'x' * 70000!r})",
    "a long docstring": f"{'x' * 1000000!r}",
    "a long name": f"{'x' * 100000} = 1",
    "a long sum": f"a = {' + '.join(['n'] * 900)}",
    "many signs": f"a = {'-' * 900}n",
    "many nots": f"a = {'not ' * 900}n",
    "deep lists": f"a = {'[' * 90}n{']' * 90}",
    "deep calls": f"a = {'tl.where(n > 0, ' * 60}n{', n)' * 60}",
    "deep attributes": f"a = n{'.T' * 900}",
    "deep indices": f"a = n{'[0]' * 900}",
    "deep calls of calls": f"a = helper{'(n)' * 900}",
    "deep conditions": f"a = {'n if n else ' * 900}n",
    "many branches": "if n == 0: n += 1"
    + "".join(f"\n    elif n == {i}: n += 1" for i in range(1, 900)),
    "blocks in blocks": "".join(f"if n > {i}:\n{' ' * (i + 5)}" for i in range(90)) + "n += 1",
    "a large body": " ;; ".join(["n = n + n * n - n"] * 8000),
    "a recursion": "a = recursive(n)",
}
#: Constants that describe a lot of data.
CONSTANTS = {
    "a power": "X = 10**10**8",
    "a shift": "X = 1 << 10**10",
    "a text that is repeated": "X = len('a' * 3000000000)",
    "a list that is repeated": "X = len([0] * 3000000000)",
    "a rounding": "X = round(7, -10**9)",
    "a number of many digits": f"X = {_NUMBER}",
    "a number of many digits as text": "X = int('9' * 5000)",
    "a number of many digits, computed": f"X = {' * '.join(['(1 << 200)'] * 500)}",
    "a text with room": "X = '%3000000000d' % 1",
    "a cycle": "X = Y\nY = X",
    "a cycle of sums": "X = Y + Y\nY = X + X",
    "a cycle through an import": "from constants import X",
    "sums of sums": "X = X0\n" + "".join(f"X{i} = X{i + 1} + X{i + 1}\n" for i in range(60)),
    "sums of many sums": "X = X0\n"
    + "".join(f"X{i} = {' + '.join([f'X{i + 1}'] * 200)}\n" for i in range(40)),
    "a long sum": f"X = {' + '.join(['1'] * 900)}",
    "deep lists": f"X = {'[' * 90}1{']' * 90}",
    "many names for one": "X = X0\n" + "".join(f"X{i} = X{i + 1}\n" for i in range(3000)),
    "many values of names": "\n".join(f"X{i % 9} = X{i % 7}" for i in range(3000)) + "\nX = X0",
    "a float of a text": "X = float('1' * 100000)",
    "a maximum of a range": "X = max(range(10**12))",
}


def _chain(length: int, body: str = "helper{0}(x)") -> str:
    made = [_HELPER.format(f"helper{i}", body.format(i + 1)) for i in range(length)]
    return "\n".join([*made, _HELPER.format(f"helper{length}", "x")])


def _mesh(size: int) -> str:
    return "\n".join(
        _HELPER.format(f"helper{i}", " + ".join(f"helper{j}(x)" for j in range(i + 1, size)) or "x")
        for i in range(size)
    )


#: Code above some of them.
ABOVE = {
    "a recursion": _HELPER.format("recursive", "recursive(x) + 1"),
    "a recursion that grows": (
        "@triton.jit\ndef growing(x, s: tl.constexpr):\n    return growing(x, s + s)\n"
    ),
    "helpers that call others twice": _chain(90, "helper{0}(x) + helper{0}(x)"),
}


def bombs() -> Iterator[Bomb]:
    """All of them."""
    for name, body in SLOW.items():
        yield Bomb(name, source_of(body, ABOVE.get(name, "")), slow=True)
    for name, body in CRASHES.items():
        yield Bomb(name, source_of(body, kind="tl.int32"))
    for name, body in BUSY.items():
        yield Bomb(name, source_of(body, kind="tl.int32"), slow=True)
    for name, body in BODIES.items():
        yield Bomb(name, source_of(body, ABOVE.get(name, "")))
    for name, above in CONSTANTS.items():
        files = {
            "constants.py": "from constants2 import X",
            "constants2.py": "from constants import X",
        }
        yield Bomb(f"a constant: {name}", source_of("a = X", above), files=files)
    for name, above in (
        ("helpers that call one another", _chain(1_000)),
        ("helpers that call all others", _mesh(60)),
    ):
        yield Bomb(name, source_of("a = helper0(n)", above))
    yield Bomb("a default value", source_of("a = b", more=f", b={_NUMBER}"))
    yield Bomb("a large default value", source_of("a = b", more=", b='a' * 3000000000"))
    yield Bomb("a launch", source_of("a = b", more=f", b: tl.constexpr with , b={_NUMBER}"))
    config = f"triton.Config({{'b': {_NUMBER}, 'c': {'-' * 900}1}})"
    yield Bomb(
        "a config", source_of("a = b", below=f"[{config}]", more=", b: tl.constexpr with , b=1")
    )
    many = ", ".join(f"p{i}" for i in range(60))
    yield Bomb("many parameters", source_of(more=f", {many} with {', 1' * 60}"))
    ring = {
        f"ring{i}.py": "".join(f"from ring{j} import *\n" for j in range(12)) for i in range(12)
    }
    yield Bomb("imports in a ring", source_of("a = X", "from ring0 import *"), files=ring)
