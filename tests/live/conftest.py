"""Shared by the tests of rules about parameters that are read: one kernel, one launch."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from typing import Any

import pytest

HEADER = """\
import math

import torch
import triton
import triton.language as tl


"""

#: A kernel that could take `n` at run time.
KERNEL = """\
@triton.jit
def kernel(x, n: tl.constexpr, BLOCK: tl.constexpr):
    pid = tl.program_id(0)
    if pid < n:
        tl.store(x + pid * BLOCK + tl.arange(0, BLOCK), 0)


"""


@pytest.fixture
def found(lint: Callable[..., list[dict[str, Any]]]) -> Callable[..., list[str]]:
    """The findings of some rules in one file, as `CODE kernel.parameter`."""

    def found(source: str, *codes: str) -> list[str]:
        text = HEADER + textwrap.dedent(source).lstrip("\n")
        findings = lint({"kernels.py": text}, "--select", ",".join(codes))
        return [f"{f['code']} {f['kernel']}.{f['parameter']}" for f in findings]

    return found
