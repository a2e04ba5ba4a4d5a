"""What `tritonlint verify` asks about parameters that are read, and how it reports the answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tritonlint.survey.marks import Marks

pytest.importorskip("triton", reason="the judge is Triton, which is not installed")

HEAD = """\
import triton
import triton.language as tl


@triton.jit
def helper(a, b):
    return a * b


"""
KERNEL = """\
@triton.jit
def kernel(x, y, n{0}, BLOCK: tl.constexpr):
    pid = tl.program_id(0)
    lanes = pid * BLOCK + tl.arange(0, BLOCK)
    value = tl.load(x + lanes)
    {1}
    tl.store(y + lanes, value)


def launch(x, y, num_tokens: int):
    kernel[(8,)](x, y, num_tokens, BLOCK=1024)
"""


def verify(tritonlint: Any, write: Any, source: str, *options: str) -> Any:
    arguments = ("verify", "--no-cache", "--isolated", *options)
    return tritonlint(*arguments, write({"kernels.py": source}))


#: What a kernel does with the integer `n`, and what is proved about it.
SCALARS = {
    "a guard": ("if pid >= n:\n        return", "TRL501"),
    "a bound of a loop": ("for i in range(n):\n        value += 1", "TRL501"),
    "compared with a number": ("if n > 100:\n        value += 1", "TRL501"),
    # Triton uses a known divisor only for addresses and vectors.
    "asked whether 16 divides it": ("if n % 16 == 0:\n        value += 1", "TRL501"),
    "a check that is left out": ("tl.device_assert(pid < n)", "TRL502"),
    # If `n` is 1, `pid` is known to be 0.
    "an assumption": ("tl.assume(pid < n)", None),
    "in an address": ("value += tl.load(x + n)", None),
    "beside a vector": ("value = tl.where(lanes < n, value, 0.0)", None),
    "stored": ("value += n", None),
    "in a helper": ("if helper(pid, n) > 9:\n        return", None),
}


@pytest.mark.parametrize(("body", "code"), SCALARS.values(), ids=SCALARS)
def test_classes_that_gain_nothing_are_proved(
    tritonlint: Any, write: Any, body: str, code: str | None
) -> None:
    source = HEAD + KERNEL.format("", body)
    done = verify(tritonlint, write, source, "--select", "TRL5", "--output-format", "json")
    assert done.status == 0
    found = {f["parameter"]: f for f in done.findings if f["parameter"] == "n"}
    if code is None:
        assert found == {}
        return
    assert found["n"]["code"] == code
    verification = found["n"]["verification"]
    assert verification["verdict"] == "confirmed"
    assert verification["text"].startswith("proved: the PTX is the same with and without ")
    assert verification["identical"] == verification["variants"] >= 2
    assert found["n"]["fix"]["applicability"] == "safe"


def test_what_is_not_proved_is_counted(tritonlint: Any, write: Any) -> None:
    source = HEAD + KERNEL.format("", SCALARS["an assumption"][0])
    done = verify(tritonlint, write, source, "--select", "TRL502")
    assert "1 finding where the code differs, and 0 that could not be compiled" in done.err
    broken = source.replace("tl.load(", "tl.nothing(")
    done = verify(tritonlint, write, broken, "--select", "TRL502")
    assert "0 findings where the code differs, and 1 that could not be compiled" in done.err


def test_what_is_proved_is_fixed_and_nothing_else(tritonlint: Any, write: Any) -> None:
    proved = HEAD + KERNEL.format("", SCALARS["a guard"][0])
    differs = KERNEL.format("", SCALARS["an assumption"][0])
    other = differs.replace("kernel", "other").replace("launch", "launch_other")
    root: Path = write({"kernels.py": f"{proved}\n\n{other}"})
    done = tritonlint("verify", "--no-cache", "--isolated", "--select", "TRL5", root)
    assert "fixable with `verify --fix-confirmed`" in done.out
    unchanged = (root / "kernels.py").read_text()
    options = ("--no-cache", "--isolated", "--select", "TRL5")
    assert tritonlint(*options, "--fix", root).status == 1
    assert (root / "kernels.py").read_text() == unchanged
    done = tritonlint("verify", *options, "--fix-confirmed", root)
    assert done.status == 0
    decorated = '@triton.jit(do_not_specialize_on_alignment=["n"])\ndef kernel('
    assert (root / "kernels.py").read_text() == unchanged.replace(
        "@triton.jit\ndef kernel(", decorated
    )


#: What a kernel does with the constexpr `n`, which may as well be a runtime integer.
CONSTEXPRS = {
    "a mask": "value = tl.where(lanes < n, value, 0.0)",
    "a loop": "for i in range(n):\n        value += i",
    "in a helper": "value += helper(pid, n)",
}


@pytest.mark.parametrize("body", CONSTEXPRS.values(), ids=CONSTEXPRS)
def test_runtime_constexprs_are_proved(tritonlint: Any, write: Any, body: str) -> None:
    source = HEAD + KERNEL.format(": tl.constexpr", body)
    done = verify(tritonlint, write, source, "--select", "TRL101", "--output-format", "json")
    (finding,) = done.findings
    assert finding["verification"]["verdict"] == "confirmed"
    assert finding["verification"]["text"].startswith(
        "proved: compiles with `n` as a runtime integer, in "
    )
    assert "; PTX " in finding["verification"]["text"]


def test_a_constexpr_that_must_be_one_is_a_contradiction(
    tritonlint: Any, write: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No finding says this, so the test makes one that does."""
    monkeypatch.setattr(Marks, "need", lambda *_: None)
    body = "value += tl.sum(tl.zeros([n], tl.float32))"
    source = HEAD + KERNEL.format(": tl.constexpr", body)
    done = verify(tritonlint, write, source, "--select", "TRL101", "--output-format", "json")
    (finding,) = done.findings
    assert done.status == 1
    assert finding["verification"]["verdict"] == "contradicted"
    assert "it does not compile" in finding["verification"]["text"]
