"""What tritonlint says of the two trees, and that its fix turns the one into the other."""

import json
import shutil

import pytest

DEAD = {
    ("causal_conv1d.py", "_causal_conv1d_fwd_kernel", "TRL002"),
    ("ssd_bmm.py", "_bmm_chunk_fwd_kernel", "TRL001"),
    ("ssd_chunk_scan.py", "_chunk_scan_fwd_kernel", "TRL001"),
    ("ssd_chunk_state.py", "_chunk_cumsum_fwd_kernel", "TRL001"),
    ("ssd_chunk_state.py", "_chunk_state_fwd_kernel", "TRL001"),
}


@pytest.fixture
def lint(run_python):
    def lint(*arguments):
        return run_python("-m", "tritonlint", "--isolated", "--no-cache", *arguments)

    return lint


def sources(tree):
    return {path.name: path.read_bytes() for path in sorted(tree.glob("*.py"))}


def test_original_has_the_five(lint, examples):
    completed = lint("--output-format", "json", examples / "original")
    assert completed.returncode == 1, completed.stderr
    diagnostics = json.loads(completed.stdout)
    found = sorted((d["filename"].rpartition("/")[2], d["kernel"], d["code"]) for d in diagnostics)
    assert found == sorted(DEAD)
    assert {d["parameter"] for d in diagnostics} == {"seqlen"}
    assert {d["fix"]["applicability"] for d in diagnostics} == {"safe"}


def test_corrected_has_none(lint, examples):
    completed = lint("--output-format", "json", examples / "corrected")
    assert json.loads(completed.stdout) == []
    assert completed.returncode == 0, completed.stderr


def test_fix_turns_original_into_corrected(lint, examples, tmp_path):
    fixed = tmp_path / "original"
    shutil.copytree(examples / "original", fixed, ignore=shutil.ignore_patterns("__pycache__"))
    completed = lint("--fix", fixed)
    assert completed.returncode == 0, completed.stdout + completed.stderr
    assert sources(fixed) == sources(examples / "corrected")
