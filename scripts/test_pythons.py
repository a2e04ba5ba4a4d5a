"""Runs the tests in each installed Python: python scripts/test_pythons.py [-k EXPRESSION ...]

`--only VERSION`, first, takes one Python: python scripts/test_pythons.py --only 3.13 tests/report

Each Python gets its own environment with this checkout. The script looks for Pythons among pyenv's
and on the path. Triton is not installed: tests that need it are skipped.
Do not start it with `nohup`, or with `&` in a script: tests of signals fail if signals are ignored.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
VERSIONS = ("3.10", "3.11", "3.12", "3.13", "3.14")
EXTRAS = "dev,server,completion"


def find(version: str) -> str | None:
    """A Python of a version, or None."""
    home = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    candidates = [str(p) for p in sorted(home.glob(f"versions/{version}.*/bin/python"))]
    on_path = shutil.which(f"python{version}")
    for python in [*candidates[::-1], *([on_path] if on_path else [])]:
        command = [python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.stdout.strip() == version:
            return python
    return None


def test(python: str, arguments: list[str]) -> str:
    """The last line of a run of the tests."""
    with tempfile.TemporaryDirectory() as directory:
        environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONHOME")}
        run = [python, "-m", "venv", directory]
        subprocess.run(run, check=True, env=environment, stdout=subprocess.DEVNULL)
        own = f"{directory}/bin/python"
        pip = [own, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, f"{ROOT}[{EXTRAS}]"], check=True, env=environment)
        done = subprocess.run(
            [own, "-m", "pytest", "-q", *arguments],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        failed = re.findall(r"^(?:FAILED|ERROR) .*", done.stdout, re.MULTILINE)
        lines = done.stdout.strip().splitlines() or [done.stderr.strip()]
        return "\n    ".join([lines[-1], *failed])


def main() -> int:
    """Test, and print a line for each Python."""
    status, versions, arguments = 0, list(VERSIONS), sys.argv[1:]
    if arguments[:1] == ["--only"]:
        versions, arguments = arguments[1:2], arguments[2:]
    for version in versions:
        python = find(version)
        if python is None:
            print(f"{version}: not here", flush=True)
            continue
        result = test(python, arguments or ["-n", "auto"])
        status |= "failed" in result or "error" in result
        print(f"{version}: {result}", flush=True)
    return status


if __name__ == "__main__":
    sys.exit(main())
