"""Lints released packages and prints the findings as a Markdown table.

    python scripts/survey_packages.py                   # the packages of the README's table
    python scripts/survey_packages.py fla-core==0.6.0   # others
    python scripts/survey_packages.py --update          # and put the table into the README

Each wheel is downloaded with `pip download --no-deps`, its Python files are unpacked, and
tritonlint runs over them as it would in the repository. Nothing in a package is installed or run.
`--wheels DIRECTORY` keeps the downloads there, and uses those that are already there.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
import zipfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

README = Path(__file__).parents[1] / "README.md"
BEGIN, END = "<!-- survey -->\n", "<!-- /survey -->\n"
PACKAGES = (
    "fla-core==0.6.0",
    "flag-gems==5.0.2",
    "liger-kernel==0.8.5",
    "sglang==0.5.23",
    "vllm==0.33.0",
)
#: The rules about parameters that a kernel never needs.
DEAD = ("TRL001", "TRL002", "TRL003", "TRL004", "TRL005", "TRL006", "TRL007")
#: Rules that are off by default.
EXTRA = ("TRL101", "TRL104")
FIXES = ("removed", "demoted", "unsafe", "blocked")
# A wheel with binaries is made for one platform; its Python files are the same in all of them.
PLATFORM = ("--only-binary=:all:", "--python-version=3.11", "--platform=manylinux_2_28_x86_64")


@dataclass(frozen=True)
class Survey:
    """The results for one package."""

    name: str
    version: str
    files: int
    kernels: int
    findings: Counter[str]
    #: What `--fix` does about the findings of `DEAD`.
    fixes: Counter[str]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("packages", nargs="*", default=PACKAGES, metavar="NAME==VERSION")
    parser.add_argument("--wheels", type=Path, metavar="DIRECTORY", help="of the downloads")
    parser.add_argument("--update", action="store_true", help="write the table into the README")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        surveys = []
        for number, package in enumerate(options.packages):
            wheel = find_wheel(package, options.wheels or Path(scratch))
            # Code beside a project may use it, so each project has its own parent directory.
            root = Path(scratch, str(number), "package")
            unpack(wheel, root)
            surveys.append(lint(package, root))
            print(f"{package}: {surveys[-1].findings.total()} findings", file=sys.stderr)
    table = render(surveys)
    print(table, end="")
    if options.update:
        before, rest = README.read_text(encoding="utf-8").split(BEGIN)
        _, after = rest.split(END)
        README.write_text(f"{before}{BEGIN}\n{table}\n{END}{after}", encoding="utf-8")


def find_wheel(package: str, directory: Path) -> Path:
    """The package's wheel in the directory, downloaded if it is not there."""
    name, version = package.split("==")
    pattern = f"{re.sub('[-_.]+', '_', name)}-{version}-*.whl"
    if not any(directory.glob(pattern)):
        pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "download"]
        subprocess.run([*pip, "--no-deps", *PLATFORM, "--dest", directory, package], check=True)
    return next(directory.glob(pattern))


def unpack(wheel: Path, root: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(root, [name for name in archive.namelist() if name.endswith(".py")])
    # This marks the repository's root, so that all launches in it are seen.
    (root / "pyproject.toml").touch()


def lint(package: str, root: Path) -> Survey:
    """Run the command over a tree, without settings and without a cache."""
    command = [sys.executable, "-m", "tritonlint", str(root), "--isolated", "--no-cache"]
    command += ["--extend-select", ",".join(EXTRA)]
    completed = subprocess.run(
        [*command, "--output-format", "json", "--verbose"], capture_output=True, text=True
    )
    totals = re.search(
        r"^tritonlint: ([\d,]+) files?, ([\d,]+) kernels?,", completed.stderr, re.MULTILINE
    )
    if completed.returncode not in (0, 1) or totals is None:
        raise SystemExit(f"{package}: {completed.stderr}")
    diagnostics = json.loads(completed.stdout)
    name, version = package.split("==")
    return Survey(
        name,
        version,
        files=int(totals[1].replace(",", "")),
        kernels=int(totals[2].replace(",", "")),
        findings=Counter(diagnostic["code"] for diagnostic in diagnostics),
        fixes=Counter(map(what_is_done, (d for d in diagnostics if d["code"] in DEAD))),
    )


def what_is_done(diagnostic: dict[str, Any]) -> str:
    """What `--fix` does about a dead parameter."""
    fix, blocked = diagnostic["fix"], diagnostic["fix_blocked_by"]
    if fix is None or fix["applicability"] != "safe":
        return "unsafe" if fix is not None and not blocked else "blocked"
    # If there is a safe fix, what blocks the removal says why it is another fix.
    return "demoted" if blocked else "removed"


def render(surveys: list[Survey]) -> str:
    others = sorted({code for survey in surveys for code in survey.findings} - set(DEAD))
    columns = ["package", "version", "files", "kernels", "dead parameters", *FIXES, *others]
    lines = [columns, ["---", "---", *["---:"] * (len(columns) - 2)]]
    for survey in surveys:
        counts = [
            survey.files,
            survey.kernels,
            survey.fixes.total(),
            *(survey.fixes[kind] for kind in FIXES),
            *(survey.findings[code] for code in others),
        ]
        lines.append([survey.name, survey.version, *(f"{count:,}" for count in counts)])
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


if __name__ == "__main__":
    main()
