"""What the body of a kernel shows about its arguments, before anything is compiled."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tritonlint.analysis.dead import Analysis
from tritonlint.files.discovery import find_python
from tritonlint.project.loader import Loader
from tritonlint.project.surveys import LoadOptions
from tritonlint.verify.extract import extract
from tritonlint.verify.signature import Candidates
from tritonlint.verify.sources import Sources

HEADER = """\
import triton
import triton.language as tl


@triton.jit
def load_pointer(p, dtype):
    address = tl.load(p)
    return tl.multiple_of(tl.cast(address, tl.pointer_type(dtype)), 16)


@triton.jit
def as_pointer(address, dtype):
    return address.to(tl.pointer_type(dtype))


@triton.jit
def kernel(p, out, n):
"""

#: What a body does with `p`, and the type that is tried first for `p`.
FIRST = {
    "q = tl.load(p + n).to(tl.pointer_type(tl.float16))": "*i64",
    "q = tl.cast(tl.load(p + n), tl.pointer_type(tl.float16))": "*i64",
    "a = tl.load(p + n)\nq = a.to(tl.pointer_type(tl.float16))": "*i64",
    "a = tl.load(p + n) + 4\nb = a.to(tl.int64)\nq = b.to(tl.pointer_type(tl.float16))": "*i64",
    "place = p + n\nq = tl.load(place).to(tl.pointer_type(tl.int32))": "*i64",
    "q = load_pointer(p + n, tl.int32)": "*i64",
    "q = as_pointer(tl.load(p), tl.int32)": "*i64",
    # A pointer of another element type, or an address: Triton accepts a pointer for both.
    "q = p.to(tl.pointer_type(tl.float16))": "*fp32",
    "q = as_pointer(p + n, tl.int32)": "*fp32",
    # The loaded value does not become a pointer.
    "q = out + tl.load(p).to(tl.int64)": "*i32",
    "q = tl.load(p).to(out.dtype.element_ty)": "*fp32",
}


@pytest.mark.parametrize("body", FIRST)
def test_first_guess(write: Any, body: str) -> None:
    lines = "".join(f"    {line}\n" for line in [*body.splitlines(), "tl.store(out, tl.load(q))"])
    root: Path = write({"kernels.py": HEADER + lines})
    project = Loader(root, lambda: find_python(root), LoadOptions()).load()
    [identity] = [i for i, kernel in project.kernels.items() if kernel.name == "kernel"]
    sources = Sources(project)
    taken = extract(project, sources, identity)
    candidates = Candidates(Analysis(project), sources, identity, taken)
    assert candidates.first()["p"] == FIRST[body]
