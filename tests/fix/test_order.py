"""Findings and fixes do not depend on what was looked at before."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

FILES = {
    "pyproject.toml": "",
    "first.py": """\
import triton
import triton.language as tl
from prune import prune


@triton.autotune(configs=[], key=[], prune_configs_by={"early_config_prune": prune})
@triton.jit
def first(p, m):
    tl.store(p, 1)
""",
    # This file does not mention the compiler; only the decorator above leads here.
    "prune.py": 'def prune(configs, args, **kwargs):\n    return configs[: args["n"]]\n',
    "second.py": """\
import triton
import triton.language as tl


@triton.jit
def second(p, n):
    tl.store(p, 1)


def launch(grid, x):
    second[grid](x, 4)
""",
}


def fixes(directory: Path, *names: str) -> dict[str, bool]:
    """For each parameter found in the files, whether it can be removed."""
    command = [sys.executable, "-m", "tritonlint", "--no-cache", "--output-format", "json", *names]
    completed = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)
    found = json.loads(completed.stdout)
    return {f["kernel"] + "." + f["parameter"]: f["fix_blocked_by"] is None for f in found}


def test_a_file_found_on_the_way_blocks_nobody_else(tmp_path: Path) -> None:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    alone = fixes(tmp_path, "second.py")
    together = fixes(tmp_path, ".")
    assert alone == {"second.n": True}
    assert together == {"first.m": True, "second.n": True}


HEADER = "import triton\nimport triton.language as tl\n"

#: `helper` can lose its `n`; `kernel`, which passes it on, is stored and cannot.
KERNELS = (
    "\n\n@triton.jit\ndef helper(x, n):\n    tl.store(x, 1)\n",
    "\n\n@triton.jit\ndef kernel(x, n):\n    helper(x, n)\n",
)
LAUNCHES = "\n\nkernels[0] = kernel\n\n\ndef launch(x):\n    helper[(1,)](x, 4)\n"


@pytest.mark.parametrize("kernels", [KERNELS, KERNELS[::-1]], ids=["below", "above"])
def test_a_caller_that_must_stay_does_not_keep_what_it_passes_on(fix, kernels):
    fixed = fix({"kernels.py": "".join((HEADER, *kernels, LAUNCHES))})
    assert "def helper(x):" in fixed["kernels.py"]
    assert "    helper(x)\n" in fixed["kernels.py"]
    assert "helper[(1,)](x)" in fixed["kernels.py"]
    assert "def kernel(x, n):" in fixed["kernels.py"]
