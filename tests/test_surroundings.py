"""If the system lacks something, tritonlint says so in a plain line (status 2), or still works."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tritonlint import cli
from tritonlint.config.load import load
from tritonlint.files.paths import relative
from tritonlint.files.tree import other_files
from tritonlint.project.loader import Loader

Run = Callable[..., Any]
Write = Callable[..., Path]

DEAD = """\
import triton


@triton.jit
def kernel(p, n):
    p.store(1)


kernel[(1,)](p, 4)
"""

needs_a_shell = pytest.mark.skipif(sys.platform == "win32", reason="these are a shell's words")
needs_full = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")


@pytest.fixture
def root(write: Write) -> Path:
    return write({"dead.py": DEAD})


def shell(command: str, root: Path, **environment: str) -> tuple[int, str]:
    """The status and standard error of the command, as a shell runs it; `2>&-` is allowed."""
    completed = subprocess.run(
        ["sh", "-c", command.replace("tritonlint", f"{sys.executable} -m tritonlint", 1)],
        cwd=root,
        env={**os.environ, **environment},
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        check=False,
    )
    return completed.returncode, completed.stderr


def is_plain(err: str) -> bool:
    return err.startswith("tritonlint: ") and err.count("\n") == 1


# -- streams -------------------------------------------------------------------------------

FULL = "tritonlint: cannot write to standard output: No space left on device\n"
CLOSED = "tritonlint: cannot write to standard output: it is closed\n"


@needs_a_shell
@needs_full
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("asked", ["-n", "--help"])
def test_a_full_output(root: Path, asked: str, unbuffered: str) -> None:
    status, err = shell(f"tritonlint {asked} > /dev/full", root, PYTHONUNBUFFERED=unbuffered)
    assert (status, err) == (2, FULL)


@needs_a_shell
@pytest.mark.parametrize("asked", ["-n", "--help"])
def test_a_closed_output(root: Path, asked: str) -> None:
    assert shell(f"tritonlint {asked} >&-", root) == (2, CLOSED)


ASKED = [
    "-n",
    "-n --output-format json",
    "-n --output-format concise",
    "-n --diff",
    "-n --statistics",
    "--show-files",
    "rule",
    "rule TRL001",
    "--version",
    "--help",
    "-n --fix --stdin-filename dead.py",
]


@needs_full
@pytest.mark.parametrize("asked", ASKED)
def test_any_output_that_cannot_be_written(
    tritonlint: Run, root: Path, monkeypatch: pytest.MonkeyPatch, asked: str
) -> None:
    monkeypatch.chdir(root)
    # In place of a closed stream, `__main__.py` puts one that is only open for reading.
    for name, flags, message in (
        ("/dev/full", os.O_WRONLY, FULL),
        (os.devnull, os.O_RDONLY, CLOSED),
    ):
        output = os.fdopen(os.open(name, flags), "w", encoding="utf-8")
        with (
            open("dead.py", encoding="utf-8") as stdin,
            contextlib.suppress(OSError),
            output,
            monkeypatch.context() as patch,
        ):
            patch.setattr("sys.stdin", stdin)
            patch.setattr("sys.stdout", output)
            completed = tritonlint(*asked.split())
        assert (completed.status, completed.err) == (2, message)


@needs_a_shell
@pytest.mark.parametrize(
    ("redirection", "expected", "said"),
    [
        ("2>&-", 1, ""),
        ("<&-", 1, ""),
        (">&- 2>&-", 2, ""),
        ("<&- >&- 2>&-", 2, ""),
        ("--stdin-filename x.py <&-", 2, "standard input cannot be read: "),
        ("-o report.txt >&-", 1, ""),
        ("-o /dev/full", 2, "--output-file /dev/full: No space left on device"),
        ("-o no/such/x", 2, "--output-file no/such/x: No such file or directory"),
        ("-o .", 2, "--output-file .: Is a directory"),
        ("no-such-file.py 2>/dev/full", 2, ""),
        ("-v 2>/dev/full", 2, ""),
    ],
)
def test_other_streams(root: Path, redirection: str, expected: int, said: str) -> None:
    status, err = shell(f"tritonlint -n {redirection}", root)
    assert status == expected
    assert is_plain(err) if said else err == ""
    assert said in err


@needs_a_shell
def test_nothing_else_gets_the_number_of_a_closed_stream(root: Path) -> None:
    """What a process opens first is else what it then prints into."""
    before = (root / "dead.py").read_bytes()
    for redirection in ("<&-", ">&-", "2>&-", "<&- >&- 2>&-"):
        shell(f"tritonlint -v --output-format json . no-such-file.py {redirection}", root)
        assert (root / "dead.py").read_bytes() == before
        (store,) = (root / ".tritonlint_cache").glob("*.json")
        assert store.read_bytes().startswith(b"tritonlint cache 1 ")


@needs_a_shell
@pytest.mark.parametrize("form", ["full", "json"])
def test_a_reader_that_stops_early(write: Write, form: str) -> None:
    # More than a pipe holds.
    kernels = "".join(DEAD.replace("kernel", f"kernel_{i}") for i in range(200))
    root = write({"many.py": kernels, "one.py": DEAD})
    assert shell(f"tritonlint -n --output-format {form} | head -c 1", root) == (0, "")
    assert shell(f"tritonlint -n --output-format {form} one.py 2>&1 | true", root) == (0, "")


def test_a_report_file_stays_as_it_was_if_there_is_no_report(
    tritonlint: Run, root: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    report = tmp_path / "report.json"
    report.write_text("the last report")

    def fail(*_: object) -> None:
        raise KeyError("n")

    monkeypatch.setattr(Loader, "load", fail)
    assert tritonlint("-n", "-o", report, root).status == 2
    assert report.read_text() == "the last report"


def test_a_longer_report_is_not_left_below_a_shorter_one(
    tritonlint: Run, root: Path, tmp_path: Path
) -> None:
    report = tmp_path / "report.json"
    report.write_text("x" * 100_000)
    tritonlint("-n", "-o", report, "--output-format", "json", root)
    assert len(json.loads(report.read_text())) == 1


@needs_a_shell
def test_a_report_file_may_be_a_pipe(root: Path) -> None:
    os.mkfifo(root / "pipe")
    status, err = shell("tritonlint -n --output-format json -o pipe & cat pipe > got; wait", root)
    assert (status, err) == (0, "")
    assert len(json.loads((root / "got").read_text())) == 1


# -- directories and the environment -------------------------------------------------------


@needs_a_shell
@pytest.mark.parametrize("asked", ["tritonlint", "tritonlint --fix", "tritonlint clean"])
def test_a_working_directory_that_is_gone(tmp_path: Path, asked: str) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    status, err = shell(f"cd {gone} && rmdir {gone} && {asked}", tmp_path)
    assert status == 2
    assert err == (
        "tritonlint: the working directory does not exist any more: change to another one\n"
    )


@pytest.fixture
def _shared_state() -> Iterator[None]:
    """Without a home, the user's key is in a directory for all users."""
    directory = Path(f"/tmp/tritonlint-{os.geteuid()}")
    was_there = directory.exists()
    yield
    if not was_there:
        shutil.rmtree(directory, ignore_errors=True)


@pytest.mark.usefixtures("_shared_state")
@pytest.mark.parametrize("home", [None, "", "/nonexistent", "."])
def test_an_odd_home(
    tritonlint: Run, root: Path, monkeypatch: pytest.MonkeyPatch, home: str | None
) -> None:
    """It says where tritonlint keeps what it writes, which each run looks at first."""
    monkeypatch.chdir(root)
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.delenv("HOME")
    if home is not None:
        monkeypatch.setenv("HOME", home)
    if home == ".":
        monkeypatch.setenv("XDG_STATE_HOME", "relative")
    completed = tritonlint("-n", "--output-format", "github", "--fix")
    assert (completed.status, completed.err) == (0, "")


@needs_a_shell
@pytest.mark.usefixtures("_shared_state")
@pytest.mark.parametrize(
    ("environment", "shows"),
    [
        ("TMPDIR=/nonexistent", False),
        ("-i", False),
        ("LC_ALL=nonsense", False),
        ("LC_ALL=C PYTHONUTF8=0", True),
        ("PYTHONIOENCODING=ascii", True),
        ("PYTHONWARNINGS=error", True),
    ],
)
def test_an_odd_environment(root: Path, environment: str, shows: bool) -> None:
    (root / "dead.py").write_text(DEAD + "# größer ✓\n", encoding="utf-8")
    path = f"PYTHONPATH={os.environ.get('PYTHONPATH', '')}"
    command = ["env", *environment.split(), path, sys.executable, "-m", "tritonlint", "-n"]
    for options, expected in (((), 1), (("--output-format", "github", "--fix"), 0)):
        if options or shows:
            completed = subprocess.run(
                [*command, *options], cwd=root, capture_output=True, text=True, check=False
            )
            assert (completed.returncode, completed.stderr) == (expected, "")


@pytest.mark.parametrize(
    "environment",
    [
        "TERM= COLUMNS=",
        "COLUMNS=0",
        "COLUMNS=-5",
        "COLUMNS=99999999999999999999",
        "LINES=nonsense COLUMNS=nonsense",
        "GITHUB_WORKSPACE=/nonexistent",
    ],
)
def test_an_odd_terminal(
    tritonlint: Run, root: Path, monkeypatch: pytest.MonkeyPatch, environment: str
) -> None:
    monkeypatch.chdir(root)
    for setting in environment.split():
        monkeypatch.setenv(*setting.split("="))
    for options, expected in (((), 1), (("--output-format", "github", "--fix"), 0)):
        completed = tritonlint("-n", *options)
        assert (completed.status, completed.err) == (expected, "")


@needs_a_shell
@pytest.mark.parametrize(
    ("limit", "expected"),
    [("-n 12", {1, 2}), ("-n 30", {1}), ("-f 0", {1}), ("-s 512", {1})],
)
def test_tight_limits(write: Write, limit: str, expected: set[int]) -> None:
    """Few open files, no file writes, no new processes, a small stack."""
    root = write({f"m{i}.py": DEAD for i in range(30)})
    status, err = shell(f"ulimit {limit} && tritonlint --jobs 3 --output-format concise", root)
    assert status in expected
    assert "Traceback" not in err
    assert is_plain(err) or err == "" or status == 1


def test_too_little_memory_is_one_line(
    tritonlint: Run, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(Loader, "load", fail)
    for option in ("--no-cache", "--isolated"):
        completed = tritonlint(option, root)
        assert completed.status == 2
        assert completed.err.startswith("tritonlint: there is too little memory; try --jobs 1")
        assert is_plain(completed.err)


ERRORS = {
    "a file": (OSError(5, "Input/output error", "x.py"), "x.py: Input/output error"),
    "no file": (OSError(23, "Too many open files in system"), "Too many open files in system"),
    "no text": (OSError("odd"), "odd"),
}


@pytest.mark.parametrize(("error", "said"), ERRORS.values(), ids=ERRORS)
def test_what_the_system_refuses_is_one_line(
    tritonlint: Run, root: Path, monkeypatch: pytest.MonkeyPatch, error: OSError, said: str
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(Loader, "load", fail)
    completed = tritonlint("--no-cache", root)
    assert (completed.status, completed.err) == (2, f"tritonlint: {said}\n")


def test_an_interrupt_in_another_program(
    tritonlint: Run, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`main` may be called without handlers."""

    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Loader, "load", fail)
    completed = tritonlint("--no-cache", root)
    assert (completed.status, completed.err) == (130, "tritonlint: interrupted\n")


def test_what_is_a_bug_says_so_and_where_to_report_it(
    tritonlint: Run, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise KeyError("n")

    monkeypatch.setattr(Loader, "load", fail)
    err = tritonlint("--no-cache", root).err
    assert err.startswith("Traceback (most recent call last):\n")
    assert err.endswith(
        "KeyError: 'n'\n\nThis is a bug in tritonlint. "
        "Please report it at https://github.com/tritonlint/tritonlint/issues\n"
    )


# -- paths ---------------------------------------------------------------------------------


@pytest.fixture
def nested(root: Path) -> Iterator[Path]:
    """A project with a file below 600 nested folders; Python calls 1,000 levels deep."""
    directory = root
    made = []
    for _ in range(600):
        directory = directory / "d"
        directory.mkdir()
        made.append(directory)
    (directory / "dead.py").write_text(DEAD)
    yield root
    # pytest removes the directories of tests recursively.
    (directory / "dead.py").unlink()
    for each in reversed(made):
        each.rmdir()


def test_hundreds_of_nested_folders(
    tritonlint: Run, nested: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = Path(*["d"] * 600, "dead.py")
    monkeypatch.chdir(nested)
    for form, path in (("full", nested), ("json", nested), ("sarif", nested), ("full", deep)):
        completed = tritonlint("--no-cache", "--output-format", form, path)
        assert (completed.status, completed.err) == (1, "")
    assert tritonlint("--no-cache", "--fix", deep).status == 0
    assert tritonlint("clean", deep.parent).status == 0


@pytest.fixture
def drives(monkeypatch: pytest.MonkeyPatch) -> None:
    """Simulated: /d is on another drive, to which no relative path leads."""
    relpath = os.path.relpath

    def relpath_on_windows(path: Any, start: Any = os.curdir) -> str:
        def drive(p: Any) -> bool:
            return "/d/" in os.path.abspath(p) + "/"

        if drive(path) != drive(start):
            raise ValueError("path is on mount 'D:', start on mount 'C:'")
        return relpath(path, start)

    monkeypatch.setattr(os.path, "relpath", relpath_on_windows)


@pytest.mark.usefixtures("drives")
def test_two_drives(
    tritonlint: Run, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "c").mkdir()
    (tmp_path / "d").mkdir()
    write({"dead.py": DEAD}, "c")
    here = write({"other.py": DEAD.replace("kernel", "other")}, "d")
    settings = tmp_path / "c/settings.toml"
    settings.write_text(
        'extend-exclude = ["gen", "/x/y"]\ncache-dir = "cache"\n'
        '[per-file-ignores]\n"tests/*" = ["TRL0"]\n'
    )
    monkeypatch.chdir(here)
    asked = [("-n", "../c"), (".",), ("-n", "--config", settings, "--extend-exclude", "a/b", ".")]
    for form in ("full", "concise", "github", "json", "sarif"):
        for arguments in asked:
            completed = tritonlint("--output-format", form, *arguments)
            assert (completed.status, completed.err) == (1, "")
    assert tritonlint("--diff", "-n", "../c").status == 1


@pytest.mark.usefixtures("drives")
def test_a_path_on_another_drive_is_absolute(tmp_path: Path) -> None:
    assert relative(tmp_path / "d/x", tmp_path / "c") == (tmp_path / "d/x").as_posix()
    assert relative(tmp_path / "d/x", tmp_path / "d") == "x"


# -- settings ------------------------------------------------------------------------------

LONG = {
    "a dotted key of 50,000 parts": "a." * 50_000 + "a = 1\n",
    "a header of 50,000 parts": "[" + "a." * 50_000 + "a]\n",
    "quoted parts": '"=".' * 50_000 + "a = 1\n",
    "parts in an inline table": "x = {" + "a . " * 50_000 + "a = 1}\n",
    "parts behind a text of many lines": 'x = {y = """\n\'""", ' + "a." * 50_000 + "a = 1}\n",
    "many long keys": "".join("a." * 900 + f"b{i} = 1\n" for i in range(500)),
    "10,000 nested arrays": "select = " + "[" * 10_000 + "]" * 10_000 + "\n",
    "10,000 nested tables": "select = " + "{a = " * 10_000 + "1" + "}" * 10_000 + "\n",
    "300 nested arrays": "select = " + "[" * 300 + "]" * 300 + "\n",
    "a deep table": "select." + "a." * 300 + "b = 1\n",
    "a text of a megabyte": 'select = "' + "x" * 1_000_000 + '"\n',
    "a long list": "select = [" + "1," * 100_000 + "]\n",
    "more than a megabyte": "# " + "x" * 1_100_000 + "\n",
    "a number of 5,000 digits": "select = " + "9" * 5_000 + "\n",
    "a path with a NUL": 'cache-dir = "a\\u0000b"\n',
    "no UTF-8": "\udcff",
    "a NUL": "\0",
}


@pytest.mark.parametrize("text", LONG.values(), ids=LONG)
@pytest.mark.parametrize("name", ["tritonlint.toml", "pyproject.toml"])
def test_settings_that_are_too_deep_or_too_long(
    tritonlint: Run, root: Path, text: str, name: str
) -> None:
    if name == "pyproject.toml":
        (root / "tritonlint.toml").unlink()
        text = f"[tool.tritonlint]\n{text}"
    (root / name).write_bytes(text.encode(errors="surrogateescape"))
    completed = tritonlint("--no-cache", root)
    assert completed.status == 2
    assert is_plain(completed.err)
    assert name in completed.err
    assert len(completed.err) < 1_000


def test_settings_of_the_usual_size_are_read(tmp_path: Path) -> None:
    """Real projects have long lines with many dots: lists of files, of versions."""
    file = tmp_path / "tritonlint.toml"
    excluded = [f"a.b/c{i}.py" for i in range(2_000)]
    file.write_text(f"exclude = {json.dumps(excluded)}\n" + "# a. b. c. d.\n" * 5_000)
    assert load(file, ()).exclude == tuple(excluded)


def test_other_settings_of_the_project_that_are_too_deep_are_no_matter(
    tritonlint: Run, root: Path
) -> None:
    """tritonlint looks up the formatter's line length there."""
    (root / "ruff.toml").write_text("a = " + "[" * 10_000)
    (root / "pyproject.toml").write_text("a." * 50_000 + "b = 1\n")
    assert tritonlint("--no-cache", "--fix", root).status == 0


def test_the_exit_statuses_are_as_they_were() -> None:
    assert (cli.CLEAN, cli.FINDINGS, cli.ERROR) == (0, 1, 2)


def test_links_are_searched_under_their_real_names(tmp_path: Path) -> None:
    """A link to a file that is known is not searched again, and one to a text is."""
    root = (tmp_path / "project").resolve()
    (root / "docs").mkdir(parents=True)
    (tmp_path / "notes.txt").write_text("kernel")
    for name in ("pyproject.toml", "kernels.py", "docs/page.md"):
        (root / name).write_text("kernel")
    for link, target in {"alias.py": "kernels.py", "notes.txt": "../notes.txt"}.items():
        (root / link).symlink_to(target)
    (root / "more").symlink_to("docs")
    found = sorted(file.path for file in other_files(root, [root / "kernels.py"]))
    real = [root / "docs/page.md", root / "pyproject.toml", tmp_path.resolve() / "notes.txt"]
    assert found == sorted(real)
