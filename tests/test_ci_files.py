"""The GitHub Action, the workflows and the hooks: valid, and their steps do what they say."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))

KERNEL = """\
import triton
import triton.language as tl


@triton.jit
def kernel(p, n):
    tl.store(p, 1)


kernel[(1,)](p, 4)
"""


def load(path: Path) -> Any:
    # In YAML 1.1, the key `on` is a boolean; for the schema and GitHub it is not.
    text = path.read_text(encoding="utf-8").replace("\non:", '\n"on":')
    return yaml.safe_load(text)


@pytest.mark.parametrize(
    ("file", "schema"),
    [
        ("action.yml", "github-action"),
        *((path.relative_to(ROOT).as_posix(), "github-workflow") for path in WORKFLOWS),
        (".github/dependabot.yml", "dependabot-2.0"),
        (".pre-commit-config.yaml", "pre-commit-config"),
    ],
)
def test_a_file_is_valid(stored_schema: Callable[[str], Any], file: str, schema: str) -> None:
    Draft7Validator(stored_schema(schema)).validate(load(ROOT / file))


def test_jobs_that_run_tests_install_what_the_tests_need() -> None:
    """The settings of pytest in pyproject.toml need its plug-ins, for scripts too."""
    jobs = load(ROOT / ".github/workflows/ci.yml")["jobs"]
    steps = {name: [step.get("run", "") for step in job["steps"]] for name, job in jobs.items()}
    runs = {name: runs for name, runs in steps.items() if any("pytest" in run for run in runs)}
    assert {"matrix", "hooks"} <= set(runs)
    for name, own in runs.items():
        assert any(re.search(r"pip install .*\.\[dev\b", run) for run in own), name


class Runner:
    """Runs the steps of a composite action with a shell, as GitHub's runner does."""

    def __init__(self, directory: Path) -> None:
        self.action = load(ROOT / "action.yml")
        self.workspace = directory / "workspace"
        self.temp = directory / "temp"
        self.bin = directory / "bin"
        for each in (self.workspace, self.temp, self.bin):
            each.mkdir()
        self.files = {"GITHUB_ENV": directory / "env", "GITHUB_OUTPUT": directory / "output"}
        self.said = ""

    def values(self, name: str) -> dict[str, str]:
        file = self.files[name]
        lines = file.read_text().splitlines() if file.exists() else []
        return dict(line.split("=", 1) for line in lines)

    def run(self, step_name: str, **inputs: str) -> int:
        (step,) = (s for s in self.action["runs"]["steps"] if s.get("name") == step_name)
        assert step["shell"] == "bash"
        given = {name: str(i["default"]) for name, i in self.action["inputs"].items()} | inputs
        known = {f"inputs.{name}": value for name, value in given.items()}
        known["github.action_path"] = str(ROOT)
        environment = {
            name: known[value.removeprefix("${{ ").removesuffix(" }}")]
            for name, value in step["env"].items()
        }
        environment = {
            **os.environ,
            **environment,
            **self.values("GITHUB_ENV"),
            **{name: str(file) for name, file in self.files.items()},
            "RUNNER_TEMP": str(self.temp),
            "GITHUB_WORKSPACE": str(self.workspace),
            "PATH": f"{self.bin}{os.pathsep}{os.environ['PATH']}",
        }
        shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
        done = subprocess.run(
            shell, cwd=self.workspace, env=environment, capture_output=True, text=True, check=False
        )
        self.said = done.stdout + done.stderr
        return done.returncode

    def script(self, path: Path, text: str) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        return path


pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    """A runner with an environment in which this checkout's tritonlint is installed."""
    runner = Runner(tmp_path)
    command = f'PYTHONPATH={ROOT / "src"} exec {sys.executable} -m tritonlint --no-cache "$@"'
    tritonlint = runner.script(runner.bin / "tritonlint", command)
    runner.files["GITHUB_ENV"].write_text(f"TRITONLINT={tritonlint}\n")
    (runner.workspace / "a.py").write_text(KERNEL)
    (runner.workspace / "clean.py").write_text("x = 1\n")
    (runner.workspace / "tritonlint.toml").touch()
    return runner


def test_findings_annotate_and_fail(runner: Runner) -> None:
    assert runner.run("Check") == 1
    assert "::error title=tritonlint (TRL001),file=a.py,line=6" in runner.said
    outputs = runner.values("GITHUB_OUTPUT")
    assert outputs["findings"] == "1"
    sarif = json.loads(Path(outputs["sarif-file"]).read_text())
    assert [result["ruleId"] for result in sarif["runs"][0]["results"]] == ["TRL001"]


def test_no_findings_pass(runner: Runner) -> None:
    assert runner.run("Check", paths="clean.py") == 0
    assert runner.values("GITHUB_OUTPUT")["findings"] == "0"


def test_what_is_asked_for_is_done(runner: Runner) -> None:
    assert runner.run("Check", fail="false", annotate="false", args="--select TRL0") == 0
    assert "::error" not in runner.said
    assert runner.values("GITHUB_OUTPUT")["findings"] == "1"


@pytest.mark.parametrize("between", [" ", "\n\n\t "])
def test_inputs_are_words_of_any_number_of_lines(runner: Runner, between: str) -> None:
    (runner.workspace / "b.py").write_text(KERNEL)
    options = between.join(["--select", "TRL001", "--ignore", "TRL003", ""])
    assert runner.run("Check", paths=between.join(["clean.py", "b.py"]), args=options) == 1
    assert "file=b.py" in runner.said
    assert runner.values("GITHUB_OUTPUT")["findings"] == "1"


def test_the_options_of_the_action_win(runner: Runner) -> None:
    assert runner.run("Check", args="--output-format json --exit-non-zero-on-fix") == 1
    assert runner.values("GITHUB_OUTPUT")["findings"] == "1"


def test_without_paths_the_workspace_is_checked(runner: Runner) -> None:
    assert runner.run("Check", paths="") == 1


def test_no_input_is_code_for_the_shell(runner: Runner) -> None:
    assert runner.run("Check", paths="$(touch${IFS}pwned) `id`;touch pwned", args="--quiet") == 2
    assert not (runner.workspace / "pwned").exists()


def test_what_cannot_be_done_fails_whatever_is_asked(runner: Runner) -> None:
    assert runner.run("Check", fail="false", args="--select NONSENSE") == 2
    assert "NONSENSE" in runner.said
    assert "findings" not in runner.values("GITHUB_OUTPUT")


@pytest.mark.parametrize(
    ("version", "installed"), [("", str(ROOT)), ("0.1.0", "tritonlint==0.1.0")]
)
def test_what_is_installed(runner: Runner, version: str, installed: str) -> None:
    """It runs with a Python that only records its arguments."""
    fake = runner.script(runner.bin / "python", f'echo "$@" >> {runner.temp}/asked')
    runner.script(runner.temp / "tritonlint/bin/python", f'exec {fake} "$@"')
    assert runner.run("Install tritonlint", version=version) == 0, runner.said
    asked = (runner.temp / "asked").read_text().splitlines()
    assert asked == [
        f"-m venv {runner.temp}/tritonlint",
        f"-m pip install --quiet {installed}",
    ]
    command = runner.values("GITHUB_ENV")["TRITONLINT"]
    assert command == f"{runner.temp}/tritonlint/bin/tritonlint"
