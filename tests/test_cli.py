"""The command: options, exit statuses, settings, silencing, the cache."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tritonlint.command import run
from tritonlint.project.loader import Loader
from tritonlint.store import cache

Run = Callable[..., Any]
Write = Callable[..., Path]
Lint = Callable[..., list[dict[str, Any]]]

DEAD = """\
import triton
import triton.language as tl


@triton.jit
def kernel(
    p,
    n,
    SIZE: tl.constexpr,
):
    tl.store(p, 1)


kernel[(1,)](p, 4, 8)
"""
ALIVE = DEAD.replace("tl.store(p, 1)", "tl.store(p + n, SIZE)")


def codes(found: list[dict[str, Any]]) -> list[str]:
    return [finding["code"] for finding in found]


# -- exit statuses -------------------------------------------------------------------------


def test_findings_are_1_none_is_0(tritonlint: Run, write: Write) -> None:
    root = write({"dead.py": DEAD, "alive.py": ALIVE, "other.py": "x = 1\n"})
    assert tritonlint("--no-cache", root).status == 1
    assert tritonlint("--no-cache", root / "alive.py").status == 0
    assert tritonlint("--no-cache", root / "other.py").status == 0
    assert tritonlint("--no-cache", "--exit-zero", root).status == 0
    assert tritonlint("--no-cache", "-e", root / "dead.py").status == 0


BAD_OPTIONS = [
    (["--nonsense"], "--nonsense"),
    (["--select", "TRL999"], "TRL999"),
    (["--ignore", "E501"], "E501"),
    (["--output-format", "xml"], "xml"),
    (["--jobs", "0"], "jobs"),
    (["--jobs", "many"], "jobs"),
    (["--triton-version", "nine"], "nine"),
    (["--config", "no-such.toml"], "no-such.toml"),
    (["no-such-path.py"], "no-such-path.py"),
    (["rule", "TRL999"], "TRL999"),
    (["rule", "--nonsense"], "--nonsense"),
    (["clean", "--nonsense"], "--nonsense"),
    (["--output-file", "no/such/directory/x"], "no/such/directory/x"),
]


@pytest.mark.parametrize(
    ("options", "named"), BAD_OPTIONS, ids=[" ".join(o) for o, _ in BAD_OPTIONS]
)
def test_what_makes_no_sense_is_2_and_is_named(
    tritonlint: Run, write: Write, monkeypatch: pytest.MonkeyPatch, options: list[str], named: str
) -> None:
    monkeypatch.chdir(write({"dead.py": DEAD}))
    completed = tritonlint(*options)
    assert completed.status == 2
    assert named in completed.err
    assert "Traceback" not in completed.err


def test_a_path_that_is_not_there_hides_no_finding(tritonlint: Run, write: Write) -> None:
    root = write({"dead.py": DEAD})
    completed = tritonlint("--no-cache", "--output-format", "concise", root, root / "missing.py")
    assert completed.status == 2
    assert completed.out.count("TRL00") == 2
    assert "missing.py" in completed.err


def test_help_and_version(tritonlint: Run, capsys: pytest.CaptureFixture[str]) -> None:
    for option, text in (("--help", "Exit status"), ("--version", "tritonlint ")):
        with pytest.raises(SystemExit) as left:
            tritonlint(option)
        assert left.value.code == 0
        assert text in capsys.readouterr().out


# -- which rules ---------------------------------------------------------------------------

SELECTED = [
    ([], ["TRL001", "TRL003"]),
    (["--select", "TRL001"], ["TRL001"]),
    (["--select", "TRL001,TRL005"], ["TRL001"]),
    (["--select", "TRL001", "--select", "TRL003"], ["TRL001", "TRL003"]),
    (["--select", "TRL0"], ["TRL001", "TRL003"]),
    (["--select", "ALL"], ["TRL001", "TRL003"]),
    (["--ignore", "TRL003"], ["TRL001"]),
    (["--ignore", "TRL0"], []),
    (["--select", "TRL0", "--ignore", "TRL001"], ["TRL003"]),
    (["--select", "TRL003", "--extend-select", "TRL001"], ["TRL001", "TRL003"]),
]


@pytest.mark.parametrize(("options", "expected"), SELECTED, ids=[" ".join(o) for o, _ in SELECTED])
def test_selection(lint: Lint, options: list[str], expected: list[str]) -> None:
    assert codes(lint({"a.py": DEAD}, *options)) == expected


def test_the_triton_version_decides_the_cost(lint: Lint) -> None:
    (now,) = lint({"a.py": DEAD}, "--select", "TRL001")
    (then,) = lint({"a.py": DEAD}, "--select", "TRL001", "--triton-version", "2.2")
    assert then["variants"]["count"] == now["variants"]["count"] + 1


# -- settings ------------------------------------------------------------------------------


def test_the_nearest_settings_hold_for_each_file(tritonlint: Run, write: Write) -> None:
    root = write(
        {
            "pyproject.toml": '[tool.tritonlint]\nselect = ["TRL001"]\n',
            "a.py": DEAD,
            "sub/tritonlint.toml": 'select = ["TRL003"]\n',
            "sub/b.py": DEAD,
        }
    )
    (root / "tritonlint.toml").unlink()
    found = tritonlint("--no-cache", "--output-format", "json", root).findings
    assert [(Path(f["filename"]).name, f["code"]) for f in found] == [
        ("a.py", "TRL001"),
        ("b.py", "TRL003"),
    ]


def test_options_are_stronger_than_settings_and_isolated_than_both(
    lint: Lint, write: Write
) -> None:
    root = write(
        {"tritonlint.toml": 'select = ["TRL003"]\n', "other.toml": 'select = ["TRL001"]\n'}
    )
    files = {"a.py": DEAD}
    (root / "a.py").write_text(DEAD)

    def found(*options: str) -> list[str]:
        (root / "tritonlint.toml").write_text('select = ["TRL003"]\n')
        return codes(lint(files, *options))

    assert found() == ["TRL003"]
    assert found("--select", "TRL001") == ["TRL001"]
    assert found("--extend-select", "TRL001") == ["TRL001", "TRL003"]
    assert found("--config", str(root / "other.toml")) == ["TRL001"]
    assert found("--isolated") == ["TRL001", "TRL003"]


BAD_SETTINGS = [
    ("selct = []", "selct"),
    ('select = ["TRL999"]', "TRL999"),
    ("select = 1", "select"),
    ("[per-file-ignores]\n'a.py' = ['E501']", "E501"),
    ("x = ", "tritonlint.toml"),
]


@pytest.mark.parametrize(("settings", "named"), BAD_SETTINGS, ids=[s for s, _ in BAD_SETTINGS])
def test_a_setting_that_makes_no_sense_is_named(
    tritonlint: Run, write: Write, settings: str, named: str
) -> None:
    root = write({"tritonlint.toml": settings, "a.py": DEAD})
    completed = tritonlint("--no-cache", root)
    assert completed.status == 2
    assert named in completed.err


def test_per_file_ignores(lint: Lint) -> None:
    settings = '[per-file-ignores]\n"tests/*" = ["TRL003"]\n"old.py" = ["ALL"]\n'
    found = lint({"tritonlint.toml": settings, "tests/a.py": DEAD, "b.py": DEAD, "old.py": DEAD})
    assert [(f["filename"], f["code"]) for f in found] == [
        ("b.py", "TRL001"),
        ("b.py", "TRL003"),
        ("tests/a.py", "TRL001"),
    ]


def test_jit_decorators(lint: Lint) -> None:
    source = "from mylib import device_kernel\n@device_kernel\ndef k(p, n):\n    print(p)\n"
    assert lint({"a.py": source}) == []
    assert codes(
        lint({"a.py": source, "tritonlint.toml": 'jit-decorators = ["mylib.device_kernel"]\n'})
    ) == ["TRL001"]


def test_exclude(lint: Lint, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(write({}))
    files = {"a.py": DEAD, "gen/b.py": DEAD, "deep/gen/c.py": DEAD}

    def checked(*options: str) -> list[str]:
        return sorted({f["filename"] for f in lint(files, *options)})

    assert checked() == ["a.py", "deep/gen/c.py", "gen/b.py"]
    assert checked("--exclude", "gen") == ["a.py"]
    assert checked("--exclude", "/gen") == ["a.py", "deep/gen/c.py"]
    assert checked("--extend-exclude", "a.py", "--extend-exclude", "deep") == ["gen/b.py"]


# -- silencing -----------------------------------------------------------------------------


def silenced(at: str, comment: str) -> str:
    lines = DEAD.splitlines(keepends=True)
    place = next(i for i, line in enumerate(lines) if line.strip().startswith(at))
    lines[place] = f"{lines[place].rstrip()}  {comment}\n"
    return "".join(lines)


SILENCED = [
    ("n,", "# tritonlint: ignore[TRL001]", ["TRL003"]),
    ("n,", "# tritonlint:ignore[trl001]", ["TRL003"]),
    ("n,", "# tritonlint: ignore", ["TRL003"]),
    ("n,", "# tritonlint: ignore[TRL001, TRL003]", ["TRL003"]),
    ("n,", "# noqa: TRL001", ["TRL003"]),
    ("n,", "# noqa:TRL001", ["TRL003"]),
    ("n,", "# noqa: E501, TRL001", ["TRL003"]),
    ("n,", "# noqa", ["TRL003"]),
    ("n,", "# kept for the ABI  # noqa: TRL001", ["TRL003"]),
    ("def kernel", "# tritonlint: ignore", []),
    ("def kernel", "# tritonlint: ignore[TRL003]", ["TRL001"]),
    ("def kernel", "# noqa: TRL001,TRL003", []),
    ("import triton", "# tritonlint: ignore-file", []),
    ("import triton", "# tritonlint: ignore-file[TRL001]", ["TRL003"]),
    ("kernel[", "# tritonlint: ignore-file", []),
    # These silence something else, or nothing; tritonlint's own are then findings themselves.
    ("n,", "# tritonlint: ignore[TRL003]", ["TRL001", "TRL003", "TRL901"]),
    ("n,", "# tritonlint: ignore[TRL999]", ["TRL001", "TRL003", "TRL901"]),
    ("n,", "# tritonlint: ignore[TRL]", ["TRL001", "TRL003", "TRL901"]),
    ("n,", "# tritonlint: ignore[unused-parameter]", ["TRL001", "TRL003", "TRL901"]),
    ("p,", "# tritonlint: ignore", ["TRL001", "TRL003", "TRL901"]),
    ("p,", "# noqa: TRL001", ["TRL001", "TRL003", "TRL901"]),
    ("p,", "# noqa: E501", ["TRL001", "TRL003"]),
    ("p,", "# noqa", ["TRL001", "TRL003"]),
    ("n,", "# noqa: E501", ["TRL001", "TRL003"]),
    ("n,", "# tritonlint: ignored", ["TRL001", "TRL003"]),
    # The report says nothing about a rule that is off.
    ("p,", "# tritonlint: ignore[TRL006]", ["TRL001", "TRL003"]),
]


@pytest.mark.parametrize(("at", "comment", "expected"), SILENCED)
def test_silencing(lint: Lint, at: str, comment: str, expected: list[str]) -> None:
    assert sorted(codes(lint({"a.py": silenced(at, comment)}))) == expected


def test_a_comment_in_a_string_silences_nothing(lint: Lint) -> None:
    source = DEAD + '\nTEXT = """\n# tritonlint: ignore-file\n"""\n'
    assert codes(lint({"a.py": source})) == ["TRL001", "TRL003"]


def test_unused_comments_are_only_found_where_asked(lint: Lint) -> None:
    files = {"a.py": ALIVE + "# tritonlint: ignore\n"}
    assert codes(lint(files)) == ["TRL901"]
    assert lint(files, "--ignore", "TRL901") == []
    assert lint(files, "--select", "TRL0") == []


# -- input and output ----------------------------------------------------------------------


class Stdin:
    def __init__(self, data: bytes) -> None:
        self.buffer = io.BytesIO(data)


def test_standard_input_stands_in_for_a_file(
    tritonlint: Run, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write({"a.py": ALIVE, "b.py": "from a import kernel\nkernel[g](p, 9, 9)\n"})
    monkeypatch.setattr("sys.stdin", Stdin(DEAD.encode()))
    options = ("--no-cache", "--output-format", "json", "--select", "TRL001")
    completed = tritonlint(*options, "--stdin-filename", root / "a.py", "-")
    (finding,) = completed.findings
    assert Path(finding["filename"]).name == "a.py"
    assert [at["row"] for at in finding["launches"]] == [14, 2]
    assert (root / "a.py").read_text() == ALIVE


def test_standard_input_need_not_be_a_file_on_disk(
    tritonlint: Run, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write({})
    monkeypatch.setattr("sys.stdin", Stdin(DEAD.encode()))
    completed = tritonlint("--no-cache", "--stdin-filename", root / "new.py")
    assert completed.status == 1


def test_output_file(tritonlint: Run, write: Write, tmp_path: Path) -> None:
    root = write({"a.py": DEAD})
    report = tmp_path / "report.json"
    completed = tritonlint("--no-cache", "--output-format", "json", "-o", report, root)
    assert completed.status == 1
    assert completed.out == ""
    assert codes(json.loads(report.read_text())) == ["TRL001", "TRL003"]


def test_show_files(tritonlint: Run, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    root = write({"a.py": DEAD, "sub/b.py": "", "c.txt": "", "gen/d.py": ""})
    completed = tritonlint("--show-files", "--exclude", "gen", root)
    assert completed.status == 0
    shown = [Path(line).name for line in completed.out.splitlines()]
    assert shown == ["a.py", "b.py"]


def test_statistics(tritonlint: Run, write: Write) -> None:
    root = write({"a.py": DEAD, "b.py": DEAD})
    completed = tritonlint("--no-cache", "--statistics", root)
    lines = [line.split() for line in completed.out.splitlines() if "TRL0" in line]
    assert [(line[0], line[1]) for line in lines] == [("2", "TRL001"), ("2", "TRL003")]


def test_quiet_and_verbose(tritonlint: Run, write: Write) -> None:
    root = write({"a.py": DEAD})
    quiet = tritonlint("--no-cache", "-q", "--output-format", "concise", root)
    assert len(quiet.out.splitlines()) == 2
    assert quiet.err == ""
    assert "kernel" in tritonlint("--no-cache", "-v", root).err


def test_rule_pages(tritonlint: Run) -> None:
    every = tritonlint("rule")
    assert every.status == 0
    for code in ("TRL001", "TRL006", "TRL900", "TRL901"):
        assert code in every.out
        page = tritonlint("rule", code)
        assert page.status == 0
        assert code in page.out
    assert tritonlint("rule", "trl001").out == tritonlint("rule", "TRL001").out


# -- as a process --------------------------------------------------------------------------


def process(
    *arguments: str | Path, cwd: Path, **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tritonlint", *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_no_color_where_nobody_looks(write: Write) -> None:
    completed = process("--no-cache", cwd=write({"a.py": DEAD}), TERM="xterm-256color")
    assert completed.returncode == 1
    assert "\x1b" not in completed.stdout
    assert completed.stderr == ""


def test_paths_with_any_name(
    tritonlint: Run, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write({"sp ace/[x] ü\n.py": DEAD, os.fsdecode(b"not\xffutf8.py"): DEAD})
    monkeypatch.chdir(root)
    for form in ("full", "concise", "json", "github", "sarif"):
        assert tritonlint("--no-cache", "--output-format", form).status == 1


# -- the cache -----------------------------------------------------------------------------


@pytest.fixture
def aged(write: Write, cached_at_once: None) -> Path:
    """A tree whose files are old enough to be cached."""
    return write(tree_of(6))


def tree_of(kernels: int) -> dict[str, str]:
    files = {f"ops/m{i}.py": DEAD for i in range(kernels)}
    return {**files, "launch.py": "from ops.m3 import kernel\nkernel[g](p, 5, 6)\n"}


def caches(root: Path) -> list[Path]:
    return sorted((root / ".tritonlint_cache").glob("*.json"))


@pytest.mark.usefixtures("cached_at_once")
def test_findings_are_the_same_with_a_cache_and_with_any_number_of_jobs(
    tritonlint: Run, write: Write
) -> None:
    # So many that it takes several processes.
    root = write(tree_of(30))

    def found(*options: str) -> list[dict[str, Any]]:
        result: list[dict[str, Any]] = tritonlint(
            "--output-format", "json", *options, root
        ).findings
        return result

    expected = found("--no-cache", "--jobs", "1")
    assert len(expected) == 60
    assert caches(root) == []
    assert found("--no-cache", "--jobs", "3") == expected
    assert found("--jobs", "3") == expected
    assert len(caches(root)) == 1
    assert found() == expected
    assert found("--jobs", "1") == expected


def test_a_changed_file_is_read_again(tritonlint: Run, aged: Path) -> None:
    tritonlint(aged)
    (aged / "ops/m3.py").write_text(ALIVE)
    (aged / "launch.py").write_text("from ops.m4 import kernel\nkernel[g](p, 5, 6)\n")
    found = tritonlint("--output-format", "json", aged).findings
    assert len(found) == 10
    m4 = [f for f in found if f["filename"].endswith("m4.py")]
    assert [len(f["launches"]) for f in m4] == [2, 2]


def test_a_file_whose_mtime_was_set_back_is_read_again(tritonlint: Run, aged: Path) -> None:
    file = aged / "ops/m3.py"
    status = file.stat()
    tritonlint("--exit-zero", aged)
    text = file.read_text()
    file.write_text(text.replace("tl.store(p, 1)", "tl.store(p, n)"))
    assert file.stat().st_size == status.st_size
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    uncached = tritonlint("--no-cache", "--output-format", "json", aged).findings
    assert tritonlint("--output-format", "json", aged).findings == uncached


def test_a_mistake_of_its_own_is_2(
    tritonlint: Run, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise KeyError("n")

    monkeypatch.setattr(Loader, "load", fail)
    completed = tritonlint("--no-cache", write({"dead.py": DEAD}))
    assert completed.status == 2
    assert "Traceback" in completed.err
    assert completed.err.endswith(
        "This is a bug in tritonlint. "
        "Please report it at https://github.com/tritonlint/tritonlint/issues\n"
    )


DAMAGES = {
    "empty": b"",
    "no JSON": b"\x00\xff{",
    "half": None,
    "a list": b"[1, 2]",
    "entries of another form": b'{"ops/m1.py": [1, 2, 3]}',
    "nested without end": b"[" * 100_000,
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_cache_costs_the_cache_and_nothing_else(
    tritonlint: Run, aged: Path, damage: bytes | None
) -> None:
    expected = tritonlint("--output-format", "json", aged).findings
    (file,) = caches(aged)
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2] if damage is None else damage)
    assert tritonlint("--output-format", "json", aged).findings == expected


def forge(file: Path, old: str, new: str) -> None:
    """Change the contents of a store, as somebody could who knows its form."""
    _, line, body = file.read_bytes().split(b"\n", 2)
    line, body = (part.decode().replace(old, new).encode() for part in (line, body))
    check = zlib.crc32(body, zlib.crc32(line))
    file.write_bytes(b"tritonlint cache 1 %d %d\n%b\n%b" % (check, len(body), line, body))


@pytest.mark.parametrize(
    ("old", "new"),
    [("[[", "[{"), ('"n"', "7"), ("true", "1"), ("null", "0"), ('"interest"', '"other"')],
)
def test_facts_of_another_form_are_not_believed(
    tritonlint: Run, aged: Path, old: str, new: str
) -> None:
    expected = tritonlint("--output-format", "json", aged).findings
    (file,) = caches(aged)
    forge(file, old, new)
    assert tritonlint("--output-format", "json", aged).findings == expected


def test_what_a_hook_asks_leaves_the_rest_of_the_cache_as_it_was(
    tritonlint: Run, aged: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tritonlint(aged)
    (file,) = caches(aged)
    # Nothing about a file that has just changed is kept.
    monkeypatch.setattr(cache, "_RACY", 60 * 10**9)
    before = kept_in(file)
    assert tritonlint(aged / "ops/m3.py").status == 1
    (aged / "ops/m4.py").write_text(ALIVE)
    assert tritonlint(aged / "ops/m4.py").status == 0
    assert kept_in(file) == before


#: The string that names `beta_kernel` goes with the argument of `alpha_kernel`.
LOOKED_UP = {
    "k.py": """import triton
import triton.language as tl


@triton.jit
def alpha_kernel(x_ptr, MODE: tl.constexpr):
    tl.store(x_ptr, 1.0)


@triton.jit
def beta_kernel(x_ptr, idle):
    tl.store(x_ptr, 2.0)
""",
    "run.py": """from k import alpha_kernel, beta_kernel


def go(x):
    mode = "beta_kernel"
    alpha_kernel[(1,)](x, mode)
    beta_kernel[(1,)](x, 3)
""",
    "c.yaml": "kernel: beta_kernel\n",
}


def test_what_a_diff_would_change_is_not_kept_as_if_it_had(
    tritonlint: Run, write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "_RACY", 0)
    root = write(LOOKED_UP)
    tritonlint(root)
    tritonlint("--diff", root)
    (root / "c.yaml").unlink()
    options = ("--select", "TRL001", "--output-format", "json", root)
    again, anew = tritonlint(*options), tritonlint("--no-cache", *options)
    assert again.out == anew.out
    assert "named in a string" in anew.out


def kept_in(file: Path) -> dict[str, tuple[object, object, bytes]]:
    """The stamp, the outline and the facts of each file; searches and answers may grow."""
    store = cache.Store(None, "")
    store._load(file)
    return {
        name: (stamp, outline, store.text(place) if place else b"")
        for name, (stamp, outline, place, *_) in store.head["files"].items()
    }


@pytest.fixture
def remembering(monkeypatch: pytest.MonkeyPatch, aged: Path) -> Path:
    """A tree that counts as large, so that its findings are kept and reported again."""
    monkeypatch.setattr(run, "MANY_FILES", 1)
    return aged


def test_findings_are_given_again_without_a_survey(
    tritonlint: Run, remembering: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = tritonlint("--output-format", "json", remembering)

    def fail(*_: object) -> None:
        raise AssertionError("a survey")

    monkeypatch.setattr(Loader, "load", fail)
    for options in ((), ("--jobs", "2")):
        again = tritonlint("--output-format", "json", *options, remembering)
        assert (again.status, again.out) == (first.status, first.out)


@pytest.mark.parametrize(
    "options",
    [("--select", "TRL003"), ("--output-format", "json"), ("--triton-version", "3.0")],
    ids=["rules", "edits", "version"],
)
def test_another_question_gets_its_own_answer(
    tritonlint: Run, remembering: Path, options: tuple[str, ...]
) -> None:
    def ask(*given: str) -> str:
        out: str = tritonlint("--output-format", "concise", *given, remembering).out
        return out

    ask()
    assert ask(*options) == ask("--no-cache", *options)
    assert ask() == ask("--no-cache")


CHANGES = {
    "a file is changed": lambda root: (root / "ops/m3.py").write_text(ALIVE),
    "a file is gone": lambda root: (root / "ops/m3.py").unlink(),
    "a file is new": lambda root: (root / "ops/new.py").write_text(DEAD),
    "a launch is elsewhere": lambda root: (root / "launch.py").write_text(
        "from ops.m4 import kernel\nkernel[g](p, 5, 6)\n"
    ),
    "settings": lambda root: (root / "tritonlint.toml").write_text('ignore = ["TRL001"]\n'),
    "an ignore file": lambda root: (
        (root / ".git").mkdir(),
        (root / ".gitignore").write_text("m3.py\n"),
    ),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_after_a_change_findings_are_looked_for_again(
    tritonlint: Run, remembering: Path, change: Callable[[Path], object]
) -> None:
    before = tritonlint("--output-format", "json", remembering).out
    change(remembering)
    after = tritonlint("--output-format", "json", remembering).out
    assert after == tritonlint("--no-cache", "--output-format", "json", remembering).out
    assert after != before


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root writes anywhere")
def test_a_directory_that_cannot_be_written_is_no_error(tritonlint: Run, aged: Path) -> None:
    aged.chmod(0o500)
    try:
        completed = tritonlint("--output-format", "json", aged)
    finally:
        aged.chmod(0o700)
    assert (completed.status, completed.err) == (1, "")


def test_a_cache_that_cannot_be_written_is_no_error(tritonlint: Run, aged: Path) -> None:
    # A file stands where the directory should be.
    (aged / ".tritonlint_cache").write_text("")
    completed = tritonlint("--output-format", "json", aged)
    assert (completed.status, completed.err) == (1, "")
    assert len(completed.findings) == 12


def test_two_runs_at_once(aged: Path) -> None:
    command = [sys.executable, "-m", "tritonlint", "--output-format", "json", str(aged)]
    runs = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(3)]
    reports = [run.communicate()[0] for run in runs]
    assert {run.returncode for run in runs} == {1}
    assert len(set(reports)) == 1
    assert list((aged / ".tritonlint_cache").glob("*.tmp")) == []


def test_cache_dir_and_clean(tritonlint: Run, aged: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "cache"
    tritonlint("--cache-dir", elsewhere, aged)
    assert elsewhere.is_dir()
    assert not (aged / ".tritonlint_cache").exists()
    tritonlint(aged)
    assert (aged / ".tritonlint_cache/CACHEDIR.TAG").is_file()
    assert tritonlint("clean", aged).status == 0
    assert not (aged / ".tritonlint_cache").exists()
    assert tritonlint("clean", "--cache-dir", elsewhere).status == 0
    assert not elsewhere.exists()
    assert tritonlint("clean", aged).status == 0


def test_clean_deletes_nothing_of_ones_own(tritonlint: Run, aged: Path) -> None:
    tritonlint(aged)
    mine = aged / ".tritonlint_cache/mine.txt"
    mine.write_text("keep")
    assert tritonlint("clean", aged).status == 2
    assert mine.read_text() == "keep"
    precious = aged / "settings.json"
    precious.write_text("{}")
    assert tritonlint("clean", "--cache-dir", aged).status == 2
    assert precious.exists()
