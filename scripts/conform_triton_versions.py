"""Tests the key model against every minor release of Triton, and writes the table of results.

For each release, this makes a fresh virtual environment, installs the newest wheel of that minor
from the package index, and runs tests/oracle/test_key_model.py, which asks the release's own
specializer and binder. It needs no GPU and no torch. Each release takes about 1 GB on disk while
it is judged, and a minute.
"""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import re
import subprocess
import sys
import tempfile
import venv
import xml.etree.ElementTree as ElementTree
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tritonlint.triton.specialization import Kind, variants
from tritonlint.triton.versions import OLDEST, parse_version

ROOT = Path(__file__).resolve().parent.parent
TEST = "tests/oracle/test_key_model.py"
PAGE = ROOT / "docs" / "triton-versions.md"
SOURCES = "sources read: its import needs torch"

HEAD = """\
# Triton versions

`{test}` tests what `triton/` says about each minor
release against that release's own code: its specializer and its binder, called without a GPU and
without torch. A cell is one argument under one annotation, one setting of `do_not_specialize` and
`do_not_specialize_on_alignment`, and one backend (CUDA, HIP):
{values}. The model of single values does
not cover Triton 2. There, the classes of plain integers, booleans and floats are counted with the
release's Python functions.

Made by `{command}` on {date}: {machine}, Python {python}, seed {seed}.

| Triton | driven by | cells | disagreements | tests | compiles: int | bool | pointer | on HIP |
| --- | --- | ---: | ---: | --- | ---: | ---: | ---: | ---: |
"""
FOOT = """
The last four columns give the most compiles that one parameter of that kind can cause, for
integers within 31 bits and for pointers of one dtype. Beyond 31 bits, an `int` without an
annotation has its other classes than `== 1` a second time, as `i64`.

## What changed
- 2.2 and 2.3 had a separate class for integers divisible by 8, but not by 16. In 2.1, any
  annotation but `int` and `Tensor` took the value out of the key.
- Up to 3.2, a `bool` was specialized like the int that it is, so True and False were two
  compiles.
- 3.2 added `do_not_specialize_on_alignment`, and on HIP the class of tensors within 2 GiB. From
  3.3 to 3.5, HIP looks at the size only with `AMDGCN_USE_BUFFER_OPS=1`; from 3.6 on, it does so
  by default.
- Up to 3.3, an annotation fixed the type by the letters after `int` in it: `tl.int32` did, `int`
  and `tl.float32` did not. From 3.4 on, `int` is `i32`, `"*fp32"` and `tl.pointer_type(...)` fix
  a pointer's type, and a parameter annotated as a float or a bool is never specialized.
- From 3.5 on, constexpr values that are equal in Python (`1`, `True`, `1.0`) share a key; before,
  their repr was compared.
- From 3.6 on, the specializer is C++ (`native_specialize_impl`), integers beyond 64 bits are
  refused at once, and a constexpr named in `do_not_specialize` is a `CompilationError`
  (`visit_arg` in `triton/compiler/code_generator.py`); before, naming it there had no effect.
"""


@dataclass(frozen=True)
class Judged:
    """The result of the test for one release."""

    release: str
    way: str
    cells: int
    failures: int
    outcomes: Counter[str]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="*", metavar="MINOR", help="judge these minors, e.g. 3.2")
    parser.add_argument("--python", default=sys.executable, help="interpreter of the environments")
    parser.add_argument("--seed", type=int, default=16, help="of the random values (default 16)")
    parser.add_argument("--output", type=Path, default=PAGE, help="the page to write")
    options = parser.parse_args()
    releases = newest_of_each_minor(options.python)
    if options.only:
        releases = [one for one in releases if one.rpartition(".")[0] in options.only]
    results = []
    for release in releases:
        results.append(judge(release, options.python, options.seed))
        print(row(results[-1]), flush=True)
    command = "python scripts/conform_triton_versions.py" + f" --seed {options.seed}" * (
        options.seed != 16
    )
    if options.only:
        print("a part was judged: no page written", file=sys.stderr)
    else:
        options.output.write_text(page(results, command, options))
    return int(any(result.failures for result in results))


def newest_of_each_minor(python: str) -> list[str]:
    """The newest wheel of each minor release that the index has for this Python, oldest first."""
    listed = subprocess.run(
        [python, "-m", "pip", "index", "versions", "triton"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    found = re.search(r"Available versions: (.*)", listed)
    if not found:
        raise SystemExit(f"pip lists no versions of triton:\n{listed}")
    newest: dict[tuple[int, int], tuple[int, str]] = {}
    for text in found[1].split(", "):
        major, minor, patch = map(int, text.split(".")[:3])
        if (major, minor) >= OLDEST:
            newest[major, minor] = max(newest.get((major, minor), (-1, "")), (patch, text))
    return [text for _, (_, text) in sorted(newest.items())]


def judge(release: str, python: str, seed: int) -> Judged:
    """Run the test against one release in an environment of its own."""
    with tempfile.TemporaryDirectory(prefix=f"triton-{release}-") as folder:
        if python == sys.executable:
            venv.create(folder, with_pip=True)
        else:
            subprocess.run([python, "-m", "venv", folder], check=True)
        inner = str(Path(folder, "bin", "python"))
        # Triton 2 imports its interpreter, which imports numpy and filelock.
        wanted = [f"triton=={release}", "pytest", "setuptools"]
        wanted += ["numpy<2", "filelock"] * (release < "3")
        install = [inner, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        no_torch = ["--no-deps"] if release < "3" else []
        if no_torch:  # 2.1 asks for torch
            subprocess.run([*install, *no_torch, wanted[0]], check=True)
            subprocess.run([*install, *wanted[1:]], check=True)
        else:
            subprocess.run([*install, *wanted], check=True)
        report = Path(folder, "report.xml")
        quiet = ["-p", "no:cacheprovider", "-o", "junit_family=xunit1"]
        run = subprocess.run(
            [inner, "-m", "pytest", "-q", *quiet, f"--junitxml={report}", TEST],
            cwd=ROOT,
            env={
                **os.environ,
                "PYTHONPATH": str(ROOT / "src"),
                "PYTHONDONTWRITEBYTECODE": "1",
                "TRITONLINT_SEED": str(seed),
            },
            capture_output=True,
            text=True,
        )
        if not report.exists():
            raise SystemExit(f"Triton {release}: pytest made no report\n{run.stdout}{run.stderr}")
        result = read_report(release, ElementTree.parse(report).getroot())
        if result.failures:
            print(run.stdout, file=sys.stderr)
        return result


def read_report(release: str, root: ElementTree.Element) -> Judged:
    properties = [(one.get("name"), one.get("value") or "") for one in root.iter("property")]
    way = dict(properties).get("way")
    outcomes: Counter[str] = Counter()
    for case in root.iter("testcase"):
        tags = {child.tag for child in case}
        bad = tags & {"failure", "error"}
        outcomes["failed" if bad else "skipped" if "skipped" in tags else "passed"] += 1
    cells = sum(int(value) for name, value in properties if name == "cells")
    if way is None and parse_version(release) >= (3, 0):
        raise SystemExit(f"Triton {release} could not be imported, so nothing was judged")
    return Judged(release, way or SOURCES, cells, outcomes["failed"], outcomes)


def row(result: Judged) -> str:
    version = parse_version(result.release)
    counts = [
        variants(Kind.INTEGER, version=version).count,
        variants(Kind.INTEGER, boolean=True, version=version).count,
        variants(Kind.POINTER, version=version).count,
        variants(Kind.POINTER, version=version, backend="hip").count,
    ]
    tests = ", ".join(f"{count} {name}" for name, count in sorted(result.outcomes.items()) if count)
    cells = f"{result.cells:,}" if result.cells else "-"
    judged = [result.release, result.way, cells, result.failures, tests, *counts]
    return f"| {' | '.join(map(str, judged))} |"


def page(results: list[Judged], command: str, options: argparse.Namespace) -> str:
    python = subprocess.run(
        [options.python, "-c", "import platform; print(platform.python_version())"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    head = HEAD.format(
        test=TEST,
        values="the values named in the test and 1,000 drawn at random",
        command=command,
        date=datetime.date.today().isoformat(),
        machine=f"{platform.system()} {platform.machine()}, CPU only",
        python=python,
        seed=options.seed,
    )
    return head + "\n".join(map(row, results)) + "\n" + FOOT


if __name__ == "__main__":
    raise SystemExit(main())
