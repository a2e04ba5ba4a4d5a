"""The rules' pages are their tests, and the first pages for newcomers show what the linter says."""

from __future__ import annotations

import json
import os
import re
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


def tritonlint(*arguments, **options):
    command = [sys.executable, "-m", "tritonlint", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", **options)


def lint(path, *arguments):
    output = ("--isolated", "--no-cache", "--output-format", "json")
    completed = tritonlint(path, *output, *arguments)
    assert completed.stderr == ""
    found = Counter(diagnostic["code"] for diagnostic in json.loads(completed.stdout))
    assert completed.returncode == (1 if found else 0)
    return found


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
def test_bad_has_this_finding_only_and_good_none(example, tmp_path):
    file = tmp_path / "kernels.py"
    file.write_text(example.bad, encoding="utf-8")
    beside = dict.fromkeys(BESIDE.get(example.code, ()), 1)
    assert lint(file, *selecting(example.code)) == {example.code: 1, **beside}
    file.write_text(example.good, encoding="utf-8")
    assert lint(file, *selecting(example.code)) == {}


@pytest.mark.parametrize("example", list(examples(fixable=True)))
def test_fix_turns_bad_into_good(example, tmp_path):
    file = tmp_path / "kernels.py"
    file.write_bytes(example.bad.encode())
    unsafe = ("--unsafe-fixes",) if example.code in UNSAFE else ()
    assert lint(file, "--fix", *unsafe, *selecting(example.code)) == {}
    assert file.read_bytes().decode() == example.good


@pytest.mark.parametrize("example", list(examples()))
def test_examples_are_formatted_as_ruff_does_it(example):
    for source in (example.bad, example.good):
        if source == example.bad and example.code == "TRL900":
            continue
        command = [sys.executable, "-m", "ruff", "format", "--isolated", "--line-length", "100"]
        completed = subprocess.run(
            [*command, "--diff", "-"], input=source, capture_output=True, text=True
        )
        assert completed.returncode == 0, completed.stdout + completed.stderr


@pytest.fixture(scope="session")
def unpacked_wheel(tmp_path_factory):
    """A directory with what the wheel would install."""
    directory = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--no-deps"]
    subprocess.run([*pip, "--wheel-dir", directory, ROOT], check=True, capture_output=True)
    (wheel,) = directory.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(directory / "installed")
    return directory / "installed"


@pytest.mark.parametrize("code", RULES)
def test_installed_command_shows_the_page(code, unpacked_wheel, tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(unpacked_wheel)}
    completed = tritonlint("rule", code, cwd=tmp_path, env=environment)
    assert completed.returncode == 0, completed.stderr
    assert completed.stdout == (PAGES / RULES[code].page).read_text(encoding="utf-8")
    assert (unpacked_wheel / "tritonlint" / "rules" / "pages" / RULES[code].page).is_file()


def test_readme_lists_every_rule_as_the_command_does():
    listed = tritonlint("rule").stdout.splitlines()
    for code, rule in RULES.items():
        (row,) = (line for line in listed if line.startswith(f"| {code} "))
        linked = row.replace(code, f"[{code}](rules/{rule.page})", 1)
        assert linked in (ROOT / "README.md").read_text(encoding="utf-8").splitlines()


def test_tour_has_one_finding_of_each_rule_about_parameters():
    found = lint(ROOT / "examples" / "tour.py", "--extend-select", "TRL006,TRL008")
    assert found == {code: 1 for code in RULES if code.startswith("TRL0")}


def test_all_fixes_of_the_tour_are_safe_in_this_repository():
    # A string with a kernel's name, anywhere in the repository, would make its fix unsafe.
    output = ("--isolated", "--no-cache", "--output-format", "json")
    completed = tritonlint(ROOT / "examples" / "tour.py", *output)
    found = json.loads(completed.stdout)
    unsafe = [f["parameter"] for f in found if f["fix"]["applicability"] != "safe"]
    assert not unsafe
