"""Tests the tracer with every minor release of Triton, without a GPU.

For each release, this makes a virtual environment, installs the newest wheel of that minor, and
runs tests/runtime in it. torch and pytest come from the environment that runs this script. Each
release takes about 1 GB on disk while it is tested, and two minutes.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import sysconfig
import tempfile
import venv
from pathlib import Path

from conform_triton_versions import newest_of_each_minor

ROOT = Path(__file__).resolve().parent.parent
OLDEST = (3, 2)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="*", metavar="MINOR", help="try these minors, e.g. 3.2")
    options = parser.parse_args()
    failed = 0
    print("| Triton | tests/runtime |\n| --- | --- |", flush=True)
    for release in newest_of_each_minor(sys.executable):
        minor = release.rpartition(".")[0]
        if tuple(map(int, minor.split("."))) < OLDEST or minor not in (options.only or [minor]):
            continue
        outcome, status = attempt(release)
        failed += status != 0
        print(f"| {release} | {outcome} |", flush=True)
    return 1 if failed else 0


def attempt(release: str) -> tuple[str, int]:
    """The last line of pytest's output, and its exit status."""
    with tempfile.TemporaryDirectory(prefix=f"triton-{release}-") as folder:
        venv.create(folder, with_pip=True)
        python = Path(folder, "bin", "python")
        install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*install, "--no-deps", f"triton=={release}"], check=True)
        inner = subprocess.run(
            [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()
        # After the environment's own packages, so that its Triton comes first.
        Path(inner, "others.pth").write_text(sysconfig.get_path("purelib") + "\n")
        done = subprocess.run(
            [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/runtime"],
            cwd=ROOT,
            env={
                **os.environ,
                "PYTHONPATH": str(ROOT / "src"),
                "PYTHONDONTWRITEBYTECODE": "1",
            },
            capture_output=True,
            text=True,
        )
    if done.returncode:
        print(done.stdout[-4000:], done.stderr[-2000:], file=sys.stderr)
    last = done.stdout.strip().rpartition("\n")[2]
    return re.sub(r" in [\d.]+s.*", "", last).strip("= "), done.returncode


if __name__ == "__main__":
    sys.exit(main())
