"""Fixing comes to an end, and a file with many findings is rewritten about once."""

from __future__ import annotations

import pytest

from tritonlint.fix import edit
from tritonlint.fix.edit import apply_cuts

HEADER = "import triton\nimport triton.language as tl\n"


def kernel(number: int, dead: str = "n") -> str:
    return (
        f"\n\n@triton.jit\ndef kernel_{number}(x, {dead}, y):\n    tl.store(x, y)\n\n\n"
        f"def launch_{number}(x, {dead}, y):\n    kernel_{number}[(1,)](x, {dead}, y)\n"
    )


def chain(depth: int) -> str:
    """Helpers that pass `n` to each other; the last one does not read it."""
    parts = ["\n\n@triton.jit\ndef helper_0(x, n):\n    return x\n"]
    for number in range(1, depth):
        call = f"helper_{number - 1}(x, n)"
        parts.append(f"\n\n@triton.jit\ndef helper_{number}(x, n):\n    return {call}\n")
    call = f"helper_{depth - 1}(x, n)"
    parts.append(f"\n\n@triton.jit\ndef kernel(x, n):\n    tl.store(x, {call})\n")
    parts.append("\n\ndef launch(x, n):\n    kernel[(1,)](x, n)\n")
    return "".join(parts)


@pytest.fixture
def rewritten(monkeypatch):
    """How often a file's text was rewritten."""
    texts = []

    def count(text, found):
        texts.append(text)
        return apply_cuts(text, found)

    monkeypatch.setattr(edit, "apply_cuts", count)
    return texts


def test_a_hundred_findings_cost_about_one_rewrite(fix, rewritten):
    source = HEADER + "".join(kernel(number) for number in range(100))
    fixed = fix({"kernels.py": source})
    assert fixed["kernels.py"] == source.replace("x, n, y):\n    tl", "x, y):\n    tl").replace(
        "](x, n, y)", "](x, y)"
    )
    assert "(100 fixed, 0 remaining)" in fixed.out
    assert len(rewritten) <= 2


def test_a_hundred_parameters_of_one_kernel(fix, rewritten):
    names = ", ".join(f"n_{number}" for number in range(100))
    fixed = fix({"kernels.py": HEADER + kernel(0, names)})
    assert "def kernel_0(x, y):" in fixed["kernels.py"]
    assert "kernel_0[(1,)](x, y)" in fixed["kernels.py"]
    assert len(rewritten) <= 2


def test_a_long_chain_of_helpers(fix, rewritten):
    fixed = fix({"kernels.py": HEADER + chain(30)})
    expected = chain(30).replace("(x, n)", "(x)").replace("launch(x)", "launch(x, n)")
    assert fixed["kernels.py"] == HEADER + expected
    assert len(rewritten) <= 3


def test_one_fix_that_cannot_be_made_does_not_stop_the_others(fix, monkeypatch):
    """The other fixes are applied, and the report names the one that failed."""
    source = HEADER + "".join(kernel(number) for number in range(16))

    def spoil(text, found):
        new = apply_cuts(text, found)
        return new if "kernel_7[(1,)](x, n, y)" in new else new.replace("def launch_7", "def (")

    monkeypatch.setattr(edit, "apply_cuts", spoil)
    fixed = fix({"kernels.py": source}, "--output-format", "full")
    assert "Fixed 15 findings; 1 left" in fixed.out
    assert fixed["kernels.py"].count("n, y)") == source.count("n, y)") - 30
    assert "the fix was dropped: kernels.py would not parse any more" in " ".join(fixed.out.split())


def test_an_edit_that_takes_an_entry_too_many_is_dropped(fix, monkeypatch):
    """This holds even for an entry that Triton ignores, since its author meant something by it."""
    source = HEADER + kernel(0).replace("@triton.jit", '@triton.jit(do_not_specialize=["y", "z"])')

    def spoil(text, found):
        return apply_cuts(text, found).replace(', "z"', "")

    monkeypatch.setattr(edit, "apply_cuts", spoil)
    fixed = fix({"kernels.py": source}, "--select", "TRL001", "--output-format", "full")
    assert fixed["kernels.py"] == source
    said = " ".join(fixed.out.split())
    assert "the fix was dropped: the decorators of `kernel_0` would be wrong after the edit" in said


@pytest.mark.parametrize(
    "options", [(), ("--unsafe-fixes",), ("--fix-strategy", "do-not-specialize")]
)
def test_a_second_run_changes_nothing(write, tritonlint, options):
    files = {
        "kernels.py": HEADER + kernel(0) + kernel(1, "n, m") + chain(4),
        "more.py": HEADER + "from kernels import kernel\n\n\n"
        "def launch(x, n: int, *args):\n    kernel[(1,)](x, n)\n    kernel[(1,)](x, *args)\n"
        "\n\n@triton.jit\ndef other(x, k: int, *, n):\n    tl.store(x, 0)\n"
        "\n\ndef go(x, *args):\n    other[(1,)](*args, n=next(x))\n",
    }
    root = write(files)
    command = ("--fix", "--no-cache", "--output-format", "json", *options, root)
    first = tritonlint(*command)
    after = {name: (root / name).read_bytes() for name in files}
    assert after != {name: text.encode() for name, text in files.items()}
    second = tritonlint(*command)
    assert {name: (root / name).read_bytes() for name in files} == after
    assert second.findings == first.findings
