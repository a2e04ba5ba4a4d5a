"""What tritonlint says about the two trees, and that its fix turns one into the other."""

import json
import shutil
from pathlib import Path

import pytest

# The kernels have their short names here: see `short`.
DEAD = {
    ("causal_conv1d.py", "causal_conv1d", "TRL002"),
    ("ssd_bmm.py", "bmm_chunk", "TRL001"),
    ("ssd_chunk_scan.py", "chunk_scan", "TRL001"),
    ("ssd_chunk_state.py", "chunk_cumsum", "TRL001"),
    ("ssd_chunk_state.py", "chunk_state", "TRL001"),
}


@pytest.fixture
def lint(run_python):
    def lint(*arguments):
        return run_python("-m", "tritonlint", "--isolated", "--no-cache", *arguments)

    return lint


def sources(tree):
    return {path.name: path.read_bytes() for path in sorted(tree.glob("*.py"))}


@pytest.fixture
def copied(examples, tmp_path):
    """Gives a copy of one of the two trees, without this repository around it."""

    def copied(name):
        ignored = shutil.ignore_patterns("__pycache__")
        return shutil.copytree(examples / name, tmp_path / name, ignore=ignored)

    return copied


def test_original_has_the_five(lint, examples, short):
    completed = lint("--output-format", "json", examples / "original")
    assert completed.returncode == 1, completed.stderr
    diagnostics = json.loads(completed.stdout)
    assert {(Path(d["filename"]).name, short(d["kernel"]), d["code"]) for d in diagnostics} == DEAD
    assert len(diagnostics) == len(DEAD)
    assert {d["parameter"] for d in diagnostics} == {"seqlen"}
    assert {d["fix"]["applicability"] for d in diagnostics} == {"safe"}


def test_corrected_has_none(lint, copied):
    completed = lint("--output-format", "json", copied("corrected"))
    assert json.loads(completed.stdout) == []
    assert completed.returncode == 0, completed.stderr


def test_fix_turns_original_into_corrected(lint, examples, copied):
    fixed = copied("original")
    completed = lint("--fix", fixed)
    assert completed.returncode == 0, completed.stdout + completed.stderr
    assert sources(fixed) == sources(examples / "corrected")
