"""Options that ruff's users reach for, and the comments that silence findings."""

from __future__ import annotations

import io
import json
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tritonlint import __version__
from tritonlint.config.settings import OUTPUT_FORMATS
from tritonlint.options import default_jobs
from tritonlint.rules import all_rules

Run = Callable[..., Any]
Write = Callable[..., Path]
Lint = Callable[..., list[dict[str, Any]]]

HEAD = "import triton\nimport triton.language as tl\n\n\n@triton.jit\n"
KERNEL = HEAD + (
    "def kernel(\n    p,\n    n,\n    SIZE: tl.constexpr,\n):\n    tl.store(p, 1)\n\n\n"
    "kernel[(1,)](p, 4, 8)\n"
)


def found(done: Any) -> list[str]:
    return sorted(finding["code"] for finding in done.findings)


@pytest.fixture
def stdin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(KERNEL.encode())))


@pytest.mark.skipif(sys.platform != "linux", reason="the system does not tell")
def test_workers_are_no_more_than_the_processors_that_it_may_use() -> None:
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        assert default_jobs() == 1
    finally:
        os.sched_setaffinity(0, allowed)


# -- commands and input --------------------------------------------------------------------


def test_check_is_the_command_without_a_name(tritonlint: Run, write: Write) -> None:
    root = write({"a.py": KERNEL})
    assert tritonlint("check", "-n", root) == tritonlint("-n", root)


@pytest.mark.usefixtures("stdin")
@pytest.mark.parametrize("name", [[], ["--stdin-filename", "a.py"]])
def test_a_dash_is_standard_input(
    tritonlint: Run, write: Write, monkeypatch: pytest.MonkeyPatch, name: list[str]
) -> None:
    monkeypatch.chdir(write({}))
    done = tritonlint("-n", "--output-format", "json", "-", *name)
    assert found(done) == ["TRL001", "TRL003"]
    assert {f["filename"] for f in done.findings} == {name[1] if name else "-"}


@pytest.mark.usefixtures("stdin")
def test_a_dash_is_fixed_to_standard_output(
    tritonlint: Run, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(write({}))
    assert "kernel[(1,)](p)" in tritonlint("-n", "--fix", "--unsafe-fixes", "-").out


def test_a_command_comes_first(
    tritonlint: Run, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(write({"rule": KERNEL}))
    done = tritonlint("-n", "baseline", ".")
    assert done.status == 2
    assert "baseline is a command, which comes first" in done.err
    # This one is a file.
    assert tritonlint("-n", "rule").status == 1


@pytest.mark.parametrize("paths", [["-", "a.py"], ["-", "--", "a.py"]])
def test_a_dash_stands_alone(tritonlint: Run, paths: list[str]) -> None:
    done = tritonlint("-n", *paths)
    assert done.status == 2
    assert "standard input" in done.err


# -- fixing --------------------------------------------------------------------------------


def test_fix_only_fixes_and_says_how_much(tritonlint: Run, write: Write) -> None:
    root = write({"a.py": KERNEL.replace("SIZE: tl.constexpr,", "SIZE: tl.constexpr = 1,")})
    (root / "b.py").write_text(HEAD + "def blocked(p, n):\n    tl.store(p, 1)\n")
    done = tritonlint("-n", "--fix-only", root)
    assert (done.status, done.out) == (0, "Fixed 2 findings.\n")
    assert tritonlint("-n", "--fix-only", "-q", root) == done.__class__(0, "", "")
    root = write({"a.py": KERNEL})
    assert tritonlint("-n", "--fix-only", "--exit-non-zero-on-fix", root).status == 1


@pytest.mark.parametrize("form", OUTPUT_FORMATS)
@pytest.mark.parametrize("option", ["--fix-only", "--add-noqa"])
def test_a_program_reads_findings_alone(
    tritonlint: Run, write: Write, form: str, option: str
) -> None:
    done = tritonlint("-n", option, "--output-format", form, write({"a.py": KERNEL}))
    said = re.compile(r"^(Fixed|Silenced) 2 findings", re.MULTILINE)
    assert bool(said.search(done.out)) == (form in ("full", "concise"))
    assert said.search(done.out + done.err)


FIXABLE = {
    "all": ([], set()),
    "one": (["--fixable", "TRL001"], {"TRL003"}),
    "not one": (["--unfixable", "TRL001"], {"TRL001"}),
    "the longer prefix": (["--fixable", "TRL001", "--unfixable", "TRL0"], {"TRL003"}),
    "none": (["--unfixable", "ALL"], {"TRL001", "TRL003"}),
    "a setting": (["--config", 'unfixable = ["TRL003"]'], {"TRL003"}),
}


@pytest.mark.parametrize(("options", "left"), FIXABLE.values(), ids=FIXABLE)
def test_what_may_be_fixed(
    tritonlint: Run, write: Write, options: list[str], left: set[str]
) -> None:
    root = write({"a.py": KERNEL})
    shown = tritonlint("-n", "--output-format", "json", *options, root).findings
    assert {f["code"] for f in shown if f["fix"] is None} == left
    assert all(f["fix"] or f["code"] in f["fix_blocked_by"] for f in shown)
    done = tritonlint("-n", "--fix", "--output-format", "json", *options, root)
    assert {f["code"] for f in done.findings} == left


def test_diff_with_exit_zero(tritonlint: Run, write: Write) -> None:
    root = write({"a.py": KERNEL})
    assert tritonlint("-n", "--diff", root).status == 1
    assert tritonlint("-n", "--diff", "--exit-zero", root).status == 0


# -- settings ------------------------------------------------------------------------------


def test_one_setting_in_an_option(tritonlint: Run, write: Write) -> None:
    root = write({"tritonlint.toml": 'select = ["TRL001"]\n', "a.py": KERNEL})
    run = ("-n", "--output-format", "json", root)
    assert found(tritonlint(*run)) == ["TRL001"]
    assert found(tritonlint(*run, "--config", 'select = ["TRL003"]')) == ["TRL003"]
    assert found(tritonlint(*run, "--config", 'extend-select = ["TRL003"]')) == ["TRL001", "TRL003"]
    # A setting's own option wins over it.
    both = ("--config", 'select = ["TRL003"]', "--select", "TRL001")
    assert found(tritonlint(*run, *both)) == ["TRL001"]


INLINE = {
    "an unknown key": ("selekt = []", "selekt"),
    "an unknown code": ('select = ["X"]', "X"),
    "no TOML": ("select = [", "not valid TOML"),
    "a file": ('extend = "a.toml"', "extend"),
}


@pytest.mark.parametrize(("text", "said"), INLINE.values(), ids=INLINE)
def test_a_setting_that_makes_no_sense(tritonlint: Run, text: str, said: str) -> None:
    done = tritonlint("-n", "--config", text)
    assert done.status == 2
    assert "--config" in done.err
    assert said in done.err


def test_one_file_of_settings(tritonlint: Run, write: Write) -> None:
    root = write({"a.toml": "", "b.toml": ""})
    done = tritonlint("--config", root / "a.toml", "--config", root / "b.toml")
    assert done.status == 2
    assert "one file" in done.err


def test_a_file_extends_another(tritonlint: Run, write: Write) -> None:
    base = (
        'select = ["TRL001", "TRL003"]\nextend-exclude = ["/gen", "*_pb.py"]\n'
        '[per-file-ignores]\n"sub/old.py" = ["TRL0"]\n'
    )
    root = write(
        {
            "base.toml": base,
            "gen/a.py": KERNEL,
            "sub/tritonlint.toml": 'extend = "../base.toml"\nextend-exclude = ["mine"]\n'
            'ignore = ["TRL003"]\n',
            "sub/a.py": KERNEL,
            "sub/old.py": KERNEL,
            "sub/mine/a.py": KERNEL,
            "sub/x_pb.py": KERNEL,
        }
    )
    done = tritonlint("-n", "--output-format", "json", root / "sub")
    assert [(f["code"], Path(f["filename"]).name) for f in done.findings] == [("TRL001", "a.py")]


CIRCLES = {
    "itself": {"tritonlint.toml": 'extend = "tritonlint.toml"'},
    "each other": {"tritonlint.toml": 'extend = "b.toml"', "b.toml": 'extend = "tritonlint.toml"'},
    "nothing": {"tritonlint.toml": 'extend = "none.toml"'},
}


@pytest.mark.parametrize("files", CIRCLES.values(), ids=CIRCLES)
def test_a_file_that_cannot_be_extended(
    tritonlint: Run, write: Write, files: dict[str, str]
) -> None:
    done = tritonlint("-n", write(files))
    assert done.status == 2
    assert ".toml" in done.err
    assert "Traceback" not in done.err


REQUIRED = {
    __version__: True,
    f">={__version__}": True,
    ">=0.1,<1000": True,
    ">=1000": False,
    "1000": False,
    "newest": False,
}


@pytest.mark.parametrize(("version", "fits"), REQUIRED.items())
def test_the_required_version(tritonlint: Run, write: Write, version: str, fits: bool) -> None:
    root = write({"tritonlint.toml": f'required-version = "{version}"\n'})
    done = tritonlint("-n", root)
    assert done.status == (0 if fits else 2)
    assert ("required-version" in done.err) == (not fits)


def test_codes_that_are_ignored_in_some_files(tritonlint: Run, write: Write) -> None:
    root = write({"a.py": KERNEL, "old/a.py": KERNEL})
    option = ("--per-file-ignores", "old/*:TRL001,old/*:TRL003")
    done = tritonlint("-n", "--output-format", "json", root, *option)
    assert {Path(f["filename"]).parent.name for f in done.findings} == {"project"}
    bad = tritonlint("--per-file-ignores", "old")
    assert bad.status == 2
    assert "PATTERN:CODE" in bad.err


def test_gitignore_may_be_left_out(tritonlint: Run, write: Write) -> None:
    root = write({".gitignore": "a.py\n", "a.py": KERNEL, ".git/HEAD": ""})
    assert tritonlint("-n", root).status == 0
    assert tritonlint("-n", "--no-respect-gitignore", root).status == 1


def test_settings_are_shown_as_they_can_be_written(tritonlint: Run, write: Write) -> None:
    text = 'select = ["TRL0"]\nextend-exclude = ["gen"]\n[per-file-ignores]\n"a*" = ["TRL003"]\n'
    root = write({"tritonlint.toml": text, "abc.py": KERNEL})
    done = tritonlint("--show-settings", root)
    assert done.status == 0
    assert str(root / "tritonlint.toml") in done.out
    (root / "tritonlint.toml").write_text(done.out)
    again = tritonlint("--show-settings", root)
    assert again.out == done.out
    assert found(tritonlint("-n", "--output-format", "json", root)) == ["TRL001"]


# -- rules ---------------------------------------------------------------------------------


def test_a_rule_by_its_name(tritonlint: Run) -> None:
    assert tritonlint("rule", "unused-parameter") == tritonlint("rule", "trl001")
    unknown = tritonlint("rule", "no-such")
    assert unknown.status == 2
    assert "unused-parameter" in unknown.err


def test_all_pages(tritonlint: Run) -> None:
    out = tritonlint("rule", "--all").out
    for code, (rule, _) in all_rules().items():
        assert f"# {code}: {rule.name}\n" in out


def test_rules_as_json(tritonlint: Run) -> None:
    listed = json.loads(tritonlint("rule", "--output-format", "json").out)
    assert [rule["code"] for rule in listed] == list(all_rules())
    assert all("explanation" not in rule for rule in listed)
    assert all(
        rule["explanation"].startswith("# TRL")
        for rule in json.loads(tritonlint("rule", "--all", "--output-format", "json").out)
    )
    one = json.loads(tritonlint("rule", "TRL001", "--output-format", "json").out)
    assert (one["name"], one["fixable"], one["default"]) == ("unused-parameter", True, True)


#: Commands that take the options of a check, and what their help has.
COMMANDS = {"verify": "--timeout SECONDS", "variants": "Output formats:", "baseline": "baseline"}
#: Options that only make sense for a check.
ONLY_OF_A_CHECK = ("--fix", "--fix-only", "--diff", "--add-noqa", "--reason", "--statistics")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_shows_its_own_help(
    tritonlint: Run, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    with pytest.raises(SystemExit) as left:
        tritonlint(command, "--help")
    assert left.value.code == 0
    out = capsys.readouterr().out
    assert out.startswith(f"usage: tritonlint {command} [PATH ...]")
    assert COMMANDS[command] in out
    listed = {line.split()[0].rstrip(",") for line in out.splitlines() if line.startswith("  -")}
    assert listed.isdisjoint(ONLY_OF_A_CHECK)
    assert "--select" in listed
    # What changes nothing is not shown: `verify` fixes, and `baseline` reports nothing.
    assert ("--fix-strategy" in listed) is (command == "verify")
    assert ("--output-format" in listed) is (command != "baseline")
    assert "findings left" not in out


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("option", [*ONLY_OF_A_CHECK, "-"])
def test_a_command_refuses_what_only_a_check_takes(
    tritonlint: Run, tmp_path: Path, command: str, option: str
) -> None:
    value = {"--reason": ["old", "--add-noqa"]}.get(option, [])
    paths = [] if option == "-" else [tmp_path]
    done = tritonlint(command, option, *value, *paths)
    name = {"-": "standard input", "--reason": "--add-noqa"}.get(option, option)
    assert done.status == 2
    assert f"{command} takes no {name}: " in done.err


def test_a_reason_without_comments_is_refused(tritonlint: Run, tmp_path: Path) -> None:
    done = tritonlint("--reason", "old", tmp_path)
    assert (done.status, "--add-noqa" in done.err) == (2, True)


@pytest.mark.parametrize("shell", ["bash", "zsh", "tcsh"])
def test_a_shell_completes_the_options(tritonlint: Run, shell: str) -> None:
    pytest.importorskip("shtab")
    done = tritonlint("completion", shell)
    assert done.status == 0
    assert "unsafe-fixes" in done.out


# -- comments ------------------------------------------------------------------------------

#: A comment on the line of `n`, which TRL001 finds: whether it silences, and what TRL901 says.
COMMENTS = {
    "# noqa": (True, None),
    "# noqa C901": (False, None),
    "# noqa F401 E501": (False, None),
    "# noqa because of the ABI": (True, None),
    "# noqa: C901": (False, None),
    "# noqa TRL001": (False, "ignore[TRL001]"),
    "# tritonlint: ignore[TRL01]": (False, "TRL01; did you mean TRL001?"),
    "# noqa: TRL01": (False, "TRL01; did you mean TRL001?"),
    "# tritonlint: disable": (False, "ignore[TRL001]"),
    "# tritonlint: disable=TRL003": (False, "ignore[TRL003]"),
    "# tritonlint: noqa": (False, "ignore[TRL001]"),
    "# tritonlint: ignore-next-line": (False, "ignore[TRL001]"),
    "# tritonlint: skip-file": (False, "ignore[TRL001]"),
    "# tritonlint-disable": (False, "ignore[TRL001]"),
    "# tritonlint ignore[TRL001]": (False, "ignore[TRL001]"),
    "# tritonlint: ignore TRL003": (False, "ignore[TRL003]"),
    "# tritonlint: ignore: TRL003, TRL002": (False, "ignore[TRL003, TRL002]"),
    "# tritonlint: ignore(TRL003)": (False, "ignore[TRL003]"),
    "# tritonlint: ignore=TRL003": (False, "ignore[TRL003]"),
    "# tritonlint: ignore[TRL003": (False, "ignore[TRL003]"),
    "# tritonlint: ignore-file TRL003": (False, "ignore[TRL003]"),
    "# tritonlint: ignore [TRL001]": (True, None),
    "# tritonlint: ignore": (True, None),
    "# tritonlint: ignore, see TRL003": (True, None),
    "# tritonlint: ignore (the ABI)": (True, None),
    "# tritonlint: a word about it": (False, None),
    "# see tritonlint's docs": (False, None),
}


@pytest.mark.parametrize(("comment", "expected"), COMMENTS.items(), ids=COMMENTS)
def test_comments(
    tritonlint: Run, write: Write, comment: str, expected: tuple[bool, str | None]
) -> None:
    silences, said = expected
    root = write({"a.py": KERNEL.replace("    n,\n", f"    n,  {comment}\n")})
    done = tritonlint("-n", "--output-format", "json", "--select", "TRL001,TRL901", root)
    assert ("TRL001" in found(done)) == (not silences)
    assert ("TRL901" in found(done)) == (said is not None)
    if said is not None:
        shown = tritonlint("-n", "--select", "TRL901", root).out
        assert said in shown


def test_all_comments_can_be_ignored(tritonlint: Run, write: Write) -> None:
    root = write({"a.py": "# tritonlint: ignore-file\n" + KERNEL + "# tritonlint: ignore\n"})
    done = tritonlint("-n", "--output-format", "json", "--ignore-noqa", root)
    assert found(done) == ["TRL001", "TRL003"]


@pytest.mark.usefixtures("cached_at_once")
@pytest.mark.parametrize("format", ["full", "concise"])
def test_what_a_noqa_for_others_silences_is_said(
    tritonlint: Run, write: Write, format: str
) -> None:
    text = KERNEL.replace("def kernel(", "def kernel(  # noqa")
    root = write({f"a{i}.py": text if i < 2 else "import triton\n" for i in range(70)})
    for _ in range(2):
        out = tritonlint("--output-format", format, root).out
        assert "`# noqa` without codes silences 4 findings" in out
        assert "a0.py:6 and 1 more line" in out
    (root / "a0.py").write_text(text.replace("# noqa", "# tritonlint: ignore"))
    (root / "a1.py").write_text(text.replace("# noqa", "# noqa: TRL001, TRL003"))
    assert "without codes" not in tritonlint("--output-format", format, root).out


#: A line with a comment that silences nothing, before and after `--fix`.
FIXED = {
    "alone": ("# tritonlint: ignore[TRL001]\n", ""),
    "behind code": ("x = 1  # tritonlint: ignore\n", "x = 1\n"),
    "with a reason": ("x = 1  # tritonlint: ignore[TRL001] for the ABI\n", "x = 1\n"),
    "noqa": ("x = 1  # noqa: TRL001\n", "x = 1\n"),
    "noqa of others too": ("x = 1  # noqa: E501, TRL001\n", "x = 1  # noqa: E501\n"),
    "before another": ("x = 1  # noqa: TRL001  # type: ignore\n", "x = 1  # type: ignore\n"),
    "behind another": ("x = 1  # type: ignore  # noqa: TRL001\n", "x = 1  # type: ignore\n"),
    "two": ("x = 1  # noqa: TRL001  # tritonlint: ignore\n", "x = 1\n"),
    "windows": ("x = 1  # noqa: TRL001\r\n", "x = 1\r\n"),
    "no end": ("x = 1  # noqa: TRL001", "x = 1"),
    "misspelt": ("x = 1  # tritonlint: disable\n", "x = 1  # tritonlint: disable\n"),
    "unknown": ("x = 1  # tritonlint: ignore[TRL01]\n", "x = 1\n"),
}


@pytest.mark.parametrize(("before", "after"), FIXED.values(), ids=FIXED)
def test_a_comment_that_silences_nothing_goes(
    tritonlint: Run, write: Write, before: str, after: str
) -> None:
    root = write({"a.py": ("import triton\n\n" + before).encode()})
    first = tritonlint("-n", "--output-format", "json", root)
    assert all((f["fix"] is not None) == (before != after) for f in first.findings)
    done = tritonlint("-n", "--fix", root)
    assert done.status == (0 if before != after else 1)
    assert (root / "a.py").read_bytes().decode() == "import triton\n\n" + after


def test_comments_of_a_fixed_kernel_go_with_it(tritonlint: Run, write: Write) -> None:
    """The comment on the `def` line silences nothing when TRL003 has no finding there any more."""
    text = KERNEL.replace("def kernel(", "def kernel(  # tritonlint: ignore[TRL006]")
    root = write({"a.py": text})
    done = tritonlint("-n", "--fix", "--extend-select", "TRL006", root)
    assert done.status == 0, done.out
    assert "tritonlint:" not in (root / "a.py").read_text()
