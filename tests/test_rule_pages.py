"""The rules' pages are their tests, and the first pages for newcomers show what the linter says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest

from tritonlint.rules import all_rules

ROOT = Path(__file__).parents[1]
PAGES = ROOT / "rules"
RULES = {code: rule for code, (rule, _) in all_rules().items()}
#: The rules whose fixes a person has to look at.
UNSAFE = {"TRL101", "TRL104", "TRL102", "TRL302", "TRL501", "TRL502"}
CODE_BLOCK = re.compile(r"^```python (\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Example(NamedTuple):
    code: str
    bad: str
    good: str


def blocks(code):
    page = (PAGES / RULES[code].page).read_text(encoding="utf-8")
    return CODE_BLOCK.findall(page)


def examples(*, fixable=False):
    for code, rule in RULES.items():
        sources = [source for _, source in blocks(code)]
        pairs = zip(sources[::2], sources[1::2], strict=False)
        for number, (bad, good) in enumerate(pairs, 1):
            if rule.fixable or not fixable:
                yield pytest.param(Example(code, bad, good), id=f"{code}-{number}")


@pytest.fixture
def codes(tritonlint):
    """How many findings of each code the command has in a file."""

    def codes(path, *arguments):
        output = ("--isolated", "--no-cache", "--output-format", "json")
        completed = tritonlint(path, *output, *arguments)
        assert completed.err == ""
        found = Counter(diagnostic["code"] for diagnostic in completed.findings)
        assert completed.status == (1 if found else 0)
        return found

    return codes


#: Other findings in an example: a dead parameter costs compiles, and in a key tunings as well.
BESIDE = {"TRL302": ("TRL001",)}


def selecting(code):
    return () if RULES[code].default else ("--extend-select", code)


def test_every_rule_has_a_page_and_every_page_a_rule():
    assert {page.name for page in PAGES.iterdir()} == {rule.page for rule in RULES.values()}


@pytest.mark.parametrize("code", RULES)
def test_page_has_its_title_and_pairs_of_examples(code):
    page = (PAGES / RULES[code].page).read_text(encoding="utf-8")
    assert page.startswith(f"# {code}: {RULES[code].name}\n")
    kinds = [kind for kind, _ in blocks(code)]
    assert kinds == ["bad", "good"] * (len(kinds) // 2)
    assert kinds


@pytest.mark.parametrize("example", list(examples()))
def test_bad_has_this_finding_only_and_good_none(example, codes, write):
    file = write({"kernels.py": example.bad.encode()}) / "kernels.py"
    beside = dict.fromkeys(BESIDE.get(example.code, ()), 1)
    assert codes(file, *selecting(example.code)) == {example.code: 1, **beside}
    file.write_text(example.good, encoding="utf-8")
    assert codes(file, *selecting(example.code)) == {}


@pytest.mark.parametrize("example", list(examples(fixable=True)))
def test_fix_turns_bad_into_good(example, codes, write):
    file = write({"kernels.py": example.bad.encode()}) / "kernels.py"
    unsafe = ("--unsafe-fixes",) if example.code in UNSAFE else ()
    assert codes(file, "--fix", *unsafe, *selecting(example.code)) == {}
    assert file.read_bytes().decode() == example.good


def test_examples_are_formatted_as_ruff_does_it(tmp_path):
    written = 0
    for number, example in enumerate(param.values[0] for param in examples()):
        for kind in ("bad", "good"):
            if (example.code, kind) != ("TRL900", "bad"):
                source = getattr(example, kind).encode()
                (tmp_path / f"{example.code}_{kind}_{number}.py").write_bytes(source)
                written += 1
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--line-length", "100"]
    completed = subprocess.run([*command, "--diff", tmp_path], capture_output=True, text=True)
    assert completed.returncode == 0, completed.stdout + completed.stderr
    assert completed.stderr == f"{written} files already formatted\n"


@pytest.fixture(scope="module")
def unpacked_wheel(tmp_path_factory):
    """A directory with what the wheel would install."""
    directory = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--no-deps"]
    subprocess.run([*pip, "--wheel-dir", directory, ROOT], check=True, capture_output=True)
    (wheel,) = directory.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(directory / "installed")
    return directory / "installed"


def test_installed_command_shows_the_pages(unpacked_wheel, tmp_path):
    asked = (
        "import sys\n"
        "from tritonlint.cli import main\n"
        "for code in sys.argv[1:]:\n"
        "    assert main(['rule', code]) == 0, code\n"
        "    print(end='\\0')\n"
    )
    completed = subprocess.run(
        [sys.executable, "-c", asked, *RULES],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(unpacked_wheel)},
    )
    assert completed.returncode == 0, completed.stderr
    shown = completed.stdout.split("\0")[:-1]
    for rule, page in zip(RULES.values(), shown, strict=True):
        assert page == (PAGES / rule.page).read_text(encoding="utf-8")
        assert (unpacked_wheel / "tritonlint" / "rules" / "pages" / rule.page).is_file()


def test_readme_lists_every_rule_as_the_command_does(tritonlint):
    listed = tritonlint("rule").out.splitlines()
    for code, rule in RULES.items():
        (row,) = (line for line in listed if line.startswith(f"| {code} "))
        linked = row.replace(code, f"[{code}](rules/{rule.page})", 1)
        assert linked in (ROOT / "README.md").read_text(encoding="utf-8").splitlines()


def test_tour_has_one_finding_of_each_rule_about_parameters(codes, tmp_path):
    tour = shutil.copy(ROOT / "examples" / "tour.py", tmp_path)
    found = codes(tour, "--extend-select", "TRL006,TRL008")
    assert found == {code: 1 for code in RULES if code.startswith("TRL0")}


def test_all_fixes_of_the_tour_are_safe_in_this_repository(tritonlint):
    # A string with a kernel's name, anywhere in the repository, would make its fix unsafe.
    output = ("--isolated", "--no-cache", "--output-format", "json")
    found = tritonlint(ROOT / "examples" / "tour.py", *output).findings
    unsafe = [f["parameter"] for f in found if f["fix"]["applicability"] != "safe"]
    assert not unsafe
