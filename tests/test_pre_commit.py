"""The hook, as a person gets it: the real pre-commit in a real git repository."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

DEAD = """\
import triton
import triton.language as tl


@triton.jit
def kernel(p, n):
    tl.store(p, 1)


kernel[(1,)](p, 4)
"""

CONFIG = """\
repos:
  - repo: {repository}
    rev: {revision}
    hooks:
      - id: tritonlint
"""


def run(*command: str, cwd: Path, home: Path) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("GIT_", "PRE_COMMIT"))}
    environment |= {
        "PRE_COMMIT_HOME": str(home),
        "GIT_AUTHOR_NAME": "a",
        "GIT_AUTHOR_EMAIL": "a@example.invalid",
        "GIT_COMMITTER_NAME": "a",
        "GIT_COMMITTER_EMAIL": "a@example.invalid",
        "GIT_CONFIG_GLOBAL": os.devnull,
    }
    return subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_the_hook_stops_a_commit_and_lets_the_next_one_through(tmp_path: Path) -> None:
    pytest.importorskip("pre_commit")
    home = tmp_path / "home"

    def git(*arguments: str, cwd: Path) -> str:
        completed = run("git", "-c", "commit.gpgsign=false", *arguments, cwd=cwd, home=home)
        assert completed.returncode == 0, completed.stderr
        return completed.stdout.strip()

    # pre-commit installs from a commit: this checkout as it is now.
    checkout = tmp_path / "tritonlint"
    left_out = shutil.ignore_patterns(
        ".git", ".*_cache", ".hypothesis", "__pycache__", "benchmarks", "docs", "dist", "tests"
    )
    shutil.copytree(ROOT, checkout, ignore=left_out)
    git("init", "--quiet", cwd=checkout)
    git("add", "--all", cwd=checkout)
    git("commit", "--quiet", "--message", "checkout", cwd=checkout)

    project = tmp_path / "project"
    project.mkdir()
    git("init", "--quiet", cwd=project)
    revision = git("rev-parse", "HEAD", cwd=checkout)
    config = CONFIG.format(repository=checkout, revision=revision)
    (project / ".pre-commit-config.yaml").write_text(config)
    (project / "kernels.py").write_text(DEAD)
    (project / "notes.txt").write_text("triton")
    git("add", "--all", cwd=project)

    pre_commit = (sys.executable, "-m", "pre_commit")
    installed = run(*pre_commit, "install", "--install-hooks", cwd=project, home=home)
    if installed.returncode != 0 and "pip" in installed.stdout + installed.stderr:
        pytest.skip("pip cannot install the hook's requirements here")
    assert installed.returncode == 0, installed.stdout + installed.stderr

    commit = ("git", "commit", "--quiet", "--message", "kernels")
    stopped = run(*commit, cwd=project, home=home)
    assert stopped.returncode == 1
    assert "TRL001" in stopped.stdout + stopped.stderr
    assert "kernels.py" in stopped.stdout + stopped.stderr

    (project / "kernels.py").write_text(DEAD.replace("p, n", "p").replace("p, 4", "p"))
    git("add", "--all", cwd=project)
    passed = run(*commit, cwd=project, home=home)
    assert passed.returncode == 0, passed.stdout + passed.stderr
    assert git("log", "--format=%s", cwd=project) == "kernels"
