"""Tests both hooks as a user runs them: the real pre-commit in a real git repository.

    pytest scripts/check_pre_commit.py

pre-commit installs the hooks from the last commit of this checkout, so commit before you run it.
The package index has to be reachable.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

KERNEL = """\
import triton
import triton.language as tl


@triton.jit
def kernel(p, n):
    tl.store(p, 1)
"""
FIXED = KERNEL.replace("p, n", "p")
LAUNCH = """\
from ops.kernels import kernel


def run(p):
    kernel[(1,)](p, len(p))
"""
#: A finding of its own, and a launch of the kernel above.
VENDORED = f"""\
{KERNEL.replace("kernel", "vendored")}

vendored[(1,)](p, 4)
{LAUNCH}"""
#: pre-commit names excluded files, and files whose names look like options.
FILES = {
    "ops/kernels.py": KERNEL,
    "ops/launch.py": LAUNCH,
    "third_party/v.py": VENDORED,
    "-q.py": KERNEL,
    "notes.txt": "triton",
    "tritonlint.toml": 'extend-exclude = ["third_party"]\nforce-exclude = true\n',
}

GIT = ("git", "-c", "commit.gpgsign=false", "-c", "core.autocrlf=false")
CONFIG = """\
repos:
  - repo: {repository}
    rev: {revision}
    hooks:
      - id: {hook}
"""


class Repository:
    """A git repository whose commits run one hook of this checkout."""

    def __init__(self, path: Path, home: Path, hook: str) -> None:
        self.path, self.home = path, home
        path.mkdir()
        revision = self.git("-C", str(ROOT), "rev-parse", "HEAD")
        self.git("init", "--quiet")
        config = CONFIG.format(repository=ROOT, revision=revision, hook=hook)
        self.write({".pre-commit-config.yaml": config})

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        hidden = ("GIT_", "PRE_COMMIT", "PYTHONPATH")
        environment = {k: v for k, v in os.environ.items() if not k.startswith(hidden)}
        environment |= {
            "PRE_COMMIT_HOME": str(self.home),
            "GIT_AUTHOR_NAME": "a",
            "GIT_AUTHOR_EMAIL": "a@example.invalid",
            "GIT_COMMITTER_NAME": "a",
            "GIT_COMMITTER_EMAIL": "a@example.invalid",
            "GIT_CONFIG_GLOBAL": os.devnull,
        }
        return subprocess.run(
            command,
            cwd=self.path,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    def git(self, *arguments: str) -> str:
        completed = self.run(*GIT, *arguments)
        assert completed.returncode == 0, completed.stdout
        return completed.stdout.strip()

    def pre_commit(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.run(sys.executable, "-m", "pre_commit", *arguments)

    def commit(self) -> subprocess.CompletedProcess[str]:
        return self.run(*GIT, "commit", "--quiet", "--message", "kernels")

    def write(self, files: dict[str, str]) -> None:
        """Write files, and stage them."""
        for name, text in files.items():
            (self.path / name).parent.mkdir(exist_ok=True)
            (self.path / name).write_text(text)
        self.git("add", "--", *files)

    def read(self, name: str) -> str:
        return (self.path / name).read_text()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pre-commit keeps what it installs: one environment serves both hooks."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def repository(tmp_path: Path, home: Path, request: pytest.FixtureRequest) -> Repository:
    return Repository(tmp_path / "project", home, request.param)


def install(repository: Repository) -> None:
    installed = repository.pre_commit("install", "--install-hooks")
    assert installed.returncode == 0, installed.stdout


@pytest.mark.parametrize("repository", ["tritonlint"], indirect=True)
def test_a_run_on_all_files_reports_what_is_not_excluded(repository: Repository) -> None:
    repository.write(FILES)
    found = repository.pre_commit("run", "--all-files")
    assert found.returncode == 1, found.stdout
    assert "ops/kernels.py:6:15: TRL001" in found.stdout
    assert "-q.py:6:15: TRL001" in found.stdout
    assert "third_party/v.py:6" not in found.stdout
    assert "Found 2 findings in 2 kernels (3 files checked)" in found.stdout
    assert {name: repository.read(name) for name in FILES} == FILES


@pytest.mark.parametrize("repository", ["tritonlint-fix"], indirect=True)
def test_a_run_on_all_files_fixes_what_is_not_excluded(repository: Repository) -> None:
    repository.write({name: text for name, text in FILES.items() if name != "-q.py"})
    fixed = repository.pre_commit("run", "--all-files")
    assert fixed.returncode == 1, fixed.stdout
    assert "files were modified by this hook" in fixed.stdout
    assert "--fix edited third_party/v.py too" in fixed.stdout
    assert repository.read("ops/kernels.py") == FIXED
    assert repository.read("ops/launch.py") == LAUNCH.replace("p, len(p)", "p")
    # The launch has to fit the kernel; the excluded finding stays.
    assert repository.read("third_party/v.py") == VENDORED.replace("p, len(p)", "p")
    again = repository.pre_commit("run", "--all-files")
    assert again.returncode == 0, again.stdout


@pytest.mark.parametrize("repository", ["tritonlint"], indirect=True)
def test_a_commit_is_stopped_and_the_next_one_passes(repository: Repository) -> None:
    install(repository)
    repository.write(FILES)
    stopped = repository.commit()
    assert stopped.returncode == 1, stopped.stdout
    assert "ops/kernels.py:6:15: TRL001" in stopped.stdout
    assert "-q.py:6:15: TRL001" in stopped.stdout
    assert "third_party/v.py:6" not in stopped.stdout

    launches = {
        n: FILES[n].replace("p, len(p)", "p") for n in ("ops/launch.py", "third_party/v.py")
    }
    repository.write({"ops/kernels.py": FIXED, "-q.py": "x = 1\n", **launches})
    passed = repository.commit()
    assert passed.returncode == 0, passed.stdout
    assert repository.git("log", "--format=%s") == "kernels"


@pytest.mark.parametrize("repository", ["tritonlint"], indirect=True)
def test_a_commit_is_judged_by_what_is_staged(repository: Repository) -> None:
    install(repository)
    repository.write({"ops/kernels.py": FIXED})
    (repository.path / "ops/kernels.py").write_text(KERNEL)
    passed = repository.commit()
    assert passed.returncode == 0, passed.stdout
    assert repository.read("ops/kernels.py") == KERNEL


@pytest.mark.parametrize("repository", ["tritonlint-fix"], indirect=True)
def test_a_commit_of_a_kernel_fixes_launches_in_other_files(repository: Repository) -> None:
    repository.write({"ops/launch.py": LAUNCH})
    assert repository.commit().returncode == 0
    install(repository)

    repository.write({"ops/kernels.py": KERNEL})
    stopped = repository.commit()
    assert stopped.returncode == 1, stopped.stdout
    assert repository.read("ops/kernels.py") == FIXED
    assert repository.read("ops/launch.py") == LAUNCH.replace("p, len(p)", "p")

    repository.git("add", "--all")
    passed = repository.commit()
    assert passed.returncode == 0, passed.stdout
