"""Tests the hook as a user runs it: the real pre-commit in a real git repository."""

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

GIT = ("-c", "commit.gpgsign=false")
CONFIG = """\
repos:
  - repo: {repository}
    rev: {revision}
    hooks:
      - id: {hook}
"""


class Repository:
    """A git repository with this checkout's hook installed by pre-commit."""

    def __init__(self, directory: Path, hook: str) -> None:
        self.home = directory / "home"
        self.path = directory / "project"
        self.path.mkdir()
        checkout = directory / "tritonlint"
        # pre-commit installs from a commit: this checkout as it is now.
        left_out = shutil.ignore_patterns(
            ".git", ".*_cache", ".hypothesis", "__pycache__", "benchmarks", "docs", "dist", "tests"
        )
        shutil.copytree(ROOT, checkout, ignore=left_out)
        self.git("init", "--quiet", cwd=checkout)
        self.git("add", "--all", cwd=checkout)
        self.git("commit", "--quiet", "--message", "checkout", cwd=checkout)
        revision = self.git("rev-parse", "HEAD", cwd=checkout)
        self.git("init", "--quiet")
        config = CONFIG.format(repository=checkout, revision=revision, hook=hook)
        self.write(".pre-commit-config.yaml", config)

    def git(self, *arguments: str, cwd: Path | None = None) -> str:
        completed = run("git", *GIT, *arguments, cwd=cwd or self.path, home=self.home)
        assert completed.returncode == 0, completed.stderr
        return completed.stdout.strip()

    def write(self, name: str, text: str) -> None:
        (self.path / name).parent.mkdir(exist_ok=True)
        (self.path / name).write_text(text)
        self.git("add", "--", name)

    def commit(self) -> subprocess.CompletedProcess[str]:
        commit = ("git", *GIT, "commit", "--quiet", "--message", "kernels")
        return run(*commit, cwd=self.path, home=self.home)

    def install(self) -> None:
        pre_commit = (sys.executable, "-m", "pre_commit")
        installed = run(*pre_commit, "install", "--install-hooks", cwd=self.path, home=self.home)
        if installed.returncode != 0 and "pip" in installed.stdout + installed.stderr:
            pytest.skip("pip cannot install the hook's requirements here")
        assert installed.returncode == 0, installed.stdout + installed.stderr


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


pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


def test_the_hook_stops_a_commit_and_lets_the_next_one_through(tmp_path: Path) -> None:
    pytest.importorskip("pre_commit")
    repository = Repository(tmp_path, "tritonlint")
    repository.write("kernels.py", DEAD)
    repository.write("notes.txt", "triton")
    # pre-commit names excluded files, and files whose names look like options.
    repository.write("tritonlint.toml", 'extend-exclude = ["third_party"]\n')
    repository.write("third_party/v.py", DEAD)
    repository.write("-q.py", DEAD)
    repository.install()

    stopped = repository.commit()
    assert stopped.returncode == 1
    assert "TRL001" in stopped.stdout + stopped.stderr
    assert "kernels.py" in stopped.stdout + stopped.stderr
    assert "-q.py" in stopped.stdout + stopped.stderr
    assert "third_party" not in stopped.stdout + stopped.stderr

    repository.write("-q.py", "x = 1\n")
    repository.write("kernels.py", DEAD.replace("p, n", "p").replace("p, 4", "p"))
    passed = repository.commit()
    assert passed.returncode == 0, passed.stdout + passed.stderr
    assert repository.git("log", "--format=%s") == "kernels"


def test_the_fixing_hook_reaches_launches_in_files_that_are_not_committed(tmp_path: Path) -> None:
    pytest.importorskip("pre_commit")
    repository = Repository(tmp_path, "tritonlint-fix")
    definition, launch = DEAD.split("\n\n\nkernel[")
    repository.write("launch.py", f"from kernels import kernel\n\nkernel[{launch}")
    assert repository.commit().returncode == 0
    repository.install()

    repository.write("kernels.py", f"{definition}\n")
    stopped = repository.commit()
    assert stopped.returncode == 1, stopped.stdout + stopped.stderr
    assert "def kernel(p):" in (repository.path / "kernels.py").read_text()
    assert "kernel[(1,)](p)" in (repository.path / "launch.py").read_text()

    repository.git("add", "--all")
    passed = repository.commit()
    assert passed.returncode == 0, passed.stdout + passed.stderr
