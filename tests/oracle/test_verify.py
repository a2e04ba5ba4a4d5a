"""`tritonlint verify`: findings with the compiler's verdict; nothing else is executed."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

from tritonlint.verify import command
from tritonlint.verify.judge_process import Judge

CONSTANTS = """\
import triton.language as tl

SCALE = tl.constexpr(3)
BLOCK = 4 * 8
raise SystemExit("this module must not run")
"""
KERNELS = """\
import triton
import triton.language as tl

from missing_library import hardware
from .constants import BLOCK, SCALE

FAST = tl.constexpr(hardware.is_fast())
SIZE: tl.constexpr = tl.constexpr(BLOCK // 2)
open("/nonexistent/side effect")


@triton.jit
def scaled(x, unused):
    return x * SCALE


@hardware.register(KERNELS=[])
@triton.autotune([triton.Config({"WIDTH": hardware.width()})], key=["n"])
@triton.jit
def kernel(x_ptr, out_ptr, n, dead, MODE: tl.constexpr, WIDTH: tl.constexpr = hardware.width()):
    offsets = tl.program_id(0) * SIZE + tl.arange(0, SIZE)
    x = tl.load(x_ptr + offsets, mask=offsets < n)
    if FAST:
        x = tl.maximum(x, 0.0)
    tl.store(out_ptr + offsets, scaled(x, dead) + WIDTH, mask=offsets < n)


def launch(x, out, mode):
    kernel[(1,)](x, out, x.numel(), x.shape[0], mode)
"""
BROKEN = """\
import triton
import triton.language as tl


@triton.jit
def kernel(x_ptr, n):
    tl.store(x_ptr, tl.no_such_function(x_ptr))


kernel[(1,)](None, 3)
"""


POINTERS_TO_POINTERS = """\
import triton
import triton.language as tl


@triton.jit
def load_pointer(p, dtype):
    address = tl.load(p)
    return tl.multiple_of(tl.cast(address, tl.pointer_type(dtype)), 16)


@triton.jit
def gather(sources, targets, strides, n, dead, BLOCK: tl.constexpr):
    stride = tl.load(strides + tl.program_id(0))
    source = load_pointer(sources + tl.program_id(0), tl.int32)
    target = load_pointer(targets + tl.program_id(0), tl.int32)
    for start in range(0, n, BLOCK):
        columns = start + tl.arange(0, BLOCK)
        row = tl.load(source + tl.program_id(1) * stride + columns, mask=columns < n)
        tl.store(target + columns, row, mask=columns < n)


def launch(sources, targets, strides, n):
    gather[(1, 2)](sources, targets, strides, n, n, BLOCK=64)
"""


def needs_triton() -> None:
    pytest.importorskip("triton", reason="the judge is Triton, which is not installed")


def verify(tritonlint: Any, *arguments: object) -> Any:
    return tritonlint("verify", "--no-cache", *arguments)


@pytest.fixture
def project(write: Any) -> Path:
    root: Path = write({"ops/constants.py": CONSTANTS, "ops/kernels.py": KERNELS})
    return root


def test_findings_are_confirmed_and_priced(tritonlint: Any, project: Path) -> None:
    needs_triton()
    done = verify(tritonlint, project, "--output-format", "json")
    assert (done.status, done.err) == (0, "")
    found = {finding["parameter"]: finding["verification"] for finding in done.findings}
    assert set(found) == {"dead", "MODE"}
    assert {verification["verdict"] for verification in found.values()} == {"confirmed"}
    assert found["dead"]["text"].startswith(
        "confirmed: unused in TTIR; 3 variants, 2 of them byte-identical cubins, "
    )
    assert found["dead"]["text"].endswith(" s of compile time wasted on this machine")
    assert (found["dead"]["variants"], found["dead"]["identical"]) == (3, 2)
    assert found["MODE"]["identical"] == found["MODE"]["variants"] > 1
    assert found["dead"]["wasted_seconds"] > 0


@pytest.mark.parametrize("format", ["full", "github"])
def test_all_formats_say_it(tritonlint: Any, project: Path, format: str) -> None:
    needs_triton()
    done = verify(tritonlint, project, "--select", "TRL003", "--output-format", format)
    assert done.status == 0
    assert "confirmed: unused in TTIR" in done.out
    if format == "full":
        assert "The compiler confirms 1, contradicts 0 and leaves 0 undecided." in done.out


def test_what_does_not_compile_says_why(tritonlint: Any, write: Any) -> None:
    needs_triton()
    done = verify(tritonlint, write({"kernels.py": BROKEN}), "--output-format", "json")
    assert done.status == 0
    (finding,) = done.findings
    assert finding["verification"]["verdict"] == "undecided"
    assert finding["verification"]["text"].startswith("not compiled: ")
    assert "no_such_function" in finding["verification"]["text"]


def test_a_table_of_pointers_is_an_argument_like_any_other(tritonlint: Any, write: Any) -> None:
    needs_triton()
    root = write({"kernels.py": POINTERS_TO_POINTERS})
    (finding,) = verify(tritonlint, root, "--output-format", "json").findings
    assert (finding["parameter"], finding["verification"]["verdict"]) == ("dead", "confirmed")


def test_a_contradiction_is_an_error(
    tritonlint: Any, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "require_triton", lambda: None)

    def uses_everything(judge: Judge, signature: dict[str, str], text: bool = False) -> Any:
        used = [name for name, spec in signature.items() if not spec.startswith("=")]
        digest = json.dumps(signature, sort_keys=True)
        return {"ok": True, "raw": used, "used": used, "digest": digest}

    monkeypatch.setattr(Judge, "ttir", uses_everything)
    done = verify(tritonlint, project, "--output-format", "json")
    assert done.status == 1
    assert {f["verification"]["verdict"] for f in done.findings} == {"contradicted"}


def test_a_crashing_compiler_is_survived(
    tritonlint: Any, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "require_triton", lambda: None)
    monkeypatch.setattr("tritonlint.verify.judge_process.WORKER", "raise SystemExit")
    done = verify(tritonlint, project, "--output-format", "concise")
    assert done.status == 0
    assert "not compiled: the compiler crashed" in done.out


def test_nothing_is_imported_from_where_it_runs(
    tritonlint: Any, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    needs_triton()
    for name in ("triton", "json", "tritonlint"):
        (project / f"{name}.py").write_text('raise SystemExit("not this one")')
    monkeypatch.chdir(project)
    done = verify(tritonlint, "ops", "--select", "TRL003", "--output-format", "concise")
    assert done.status == 0
    assert "confirmed: unused in TTIR" in done.out


def test_without_triton_it_says_what_to_install(
    tritonlint: Any, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = importlib.util.find_spec
    hidden = lambda name, *rest: None if name == "triton" else real(name, *rest)  # noqa: E731
    monkeypatch.setattr(importlib.util, "find_spec", hidden)
    done = verify(tritonlint, project)
    assert done.status == 2
    assert "tritonlint[triton]" in done.err
    assert len(done.err.splitlines()) == 1


@pytest.mark.parametrize("option", ["--fix", "--diff", "--statistics"])
def test_options_that_make_no_sense_here(
    tritonlint: Any, project: Path, option: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "require_triton", lambda: None)
    done = verify(tritonlint, project, option)
    assert done.status == 2
    assert option in done.err
