"""The cache directory: only what is provably tritonlint's is written, read or removed."""

from __future__ import annotations

import json
import os
import signal
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

DEAD = """\
import triton
import triton.language as tl


@triton.jit
def kernel(p, n):
    tl.store(p, 1)


kernel[(1,)](p, 4)
"""
TAG = (
    "Signature: 8a477f597d28d172789f06886806bc55\n"
    "# This directory holds facts that tritonlint keeps between runs. It can be deleted.\n"
)


@pytest.fixture
def root(write: Callable[..., Path], cached_at_once: None) -> Path:
    """A project whose files are old enough to be cached."""
    return write({f"m{i}.py": DEAD for i in range(3)})


def snapshot(directory: Path) -> dict[str, object]:
    """Everything below a directory; links are not followed."""
    return {
        str(path.relative_to(directory)): os.readlink(path)
        if path.is_symlink()
        else path.read_bytes()
        if path.is_file()
        else None
        for path in sorted(directory.rglob("*"))
    }


# -- a directory that is not ours ----------------------------------------------------------


def foreign(root: Path) -> Path:
    directory = root.parent / "foreign"
    directory.mkdir()
    (directory / "package.json").write_text("{}")
    (directory / "0123456789abcdef01234567.json").write_text("{}")
    return directory


def setting(name: str) -> Callable[[Path], tuple[list[str], str]]:
    def make(root: Path) -> tuple[list[str], str]:
        (root / "tritonlint.toml").write_text(f'cache-dir = "{name}"\n')
        (root / "package.json").write_text("{}")
        return [], "it was not made by tritonlint"

    return make


def option(root: Path) -> tuple[list[str], str]:
    return ["--cache-dir", str(foreign(root))], "it was not made by tritonlint"


def with_a_tag_of_another_tool(root: Path) -> tuple[list[str], str]:
    directory = foreign(root)
    (directory / "CACHEDIR.TAG").write_text(TAG.replace("tritonlint", "ruff"))
    return ["--cache-dir", str(directory)], "it was not made by tritonlint"


def with_a_tag_that_is_a_link(root: Path) -> tuple[list[str], str]:
    directory = foreign(root)
    (root.parent / "tag").write_text(TAG)
    (directory / "CACHEDIR.TAG").symlink_to(root.parent / "tag")
    return ["--cache-dir", str(directory)], "it was not made by tritonlint"


def with_a_tag_that_leads_nowhere(root: Path) -> tuple[list[str], str]:
    directory = root / ".tritonlint_cache"
    directory.mkdir()
    (directory / "CACHEDIR.TAG").symlink_to(root.parent / "made-by-a-run")
    return [], "it was not made by tritonlint"


def link_to_a_foreign_one(root: Path) -> tuple[list[str], str]:
    (root / ".tritonlint_cache").symlink_to(foreign(root))
    return [], "it is a link"


def link_to_an_empty_one(root: Path) -> tuple[list[str], str]:
    (root.parent / "empty").mkdir()
    (root / ".tritonlint_cache").symlink_to(root.parent / "empty")
    return [], "it is a link"


def link_to_a_cache(root: Path) -> tuple[list[str], str]:
    other = root.parent / "other"
    other.mkdir()
    (other / "CACHEDIR.TAG").write_text(TAG)
    (root / ".tritonlint_cache").symlink_to(other)
    return [], "it is a link"


def link_above(root: Path) -> tuple[list[str], str]:
    (root.parent / "home/sub").mkdir(parents=True)
    (root / "linked").symlink_to(root.parent / "home")
    (root / "tritonlint.toml").write_text('cache-dir = "linked/sub"\n')
    return [], "a link above it leads out of the project"


def above(root: Path) -> tuple[list[str], str]:
    foreign(root)
    (root / "tritonlint.toml").write_text('cache-dir = "../foreign"\n')
    return [], "it was not made by tritonlint"


FOREIGN = {
    "the project itself": setting("."),
    "a directory of the project": setting("../project"),
    "one that an option names": option,
    "a tag of another tool": with_a_tag_of_another_tool,
    "a tag that is a link": with_a_tag_that_is_a_link,
    "a tag that leads nowhere": with_a_tag_that_leads_nowhere,
    "a link to a foreign one": link_to_a_foreign_one,
    "a link to an empty one": link_to_an_empty_one,
    "a link to a cache": link_to_a_cache,
    "a link above it": link_above,
    "one above the project": above,
}


@pytest.mark.parametrize("make", FOREIGN.values(), ids=FOREIGN)
def test_a_directory_that_is_not_ours_is_not_used_and_not_cleaned(
    tritonlint: Run, root: Path, make: Callable[[Path], tuple[list[str], str]]
) -> None:
    options, reason = make(root)
    before = snapshot(root.parent)
    for _ in range(2):
        completed = tritonlint("--output-format", "json", *options, root)
        assert completed.status == 1
        assert len(completed.findings) == 3
        assert completed.err.count("\n") == 1
        assert f"is not used as a cache: {reason}" in completed.err
        assert snapshot(root.parent) == before
    cleaned = tritonlint("clean", *options, *([] if options else [root]))
    assert cleaned.status == 2
    assert cleaned.err.startswith("tritonlint: cannot remove ")
    assert snapshot(root.parent) == before


def test_it_is_said_once_for_all_projects(tritonlint: Run, root: Path) -> None:
    options, _ = option(root)
    for name in ("a", "b"):
        (root / name).mkdir()
        (root / name / ".git").mkdir()
        (root / name / "m.py").write_text(DEAD)
    assert tritonlint(*options, root).err.count("is not used as a cache") == 1


def test_an_empty_directory_may_become_a_cache(tritonlint: Run, root: Path) -> None:
    """Such as the place where a volume is mounted."""
    directory = root / ".tritonlint_cache"
    directory.mkdir()
    assert tritonlint(root).err == ""
    assert (directory / "CACHEDIR.TAG").read_text() == TAG
    assert tritonlint("clean", root).status == 0
    assert not directory.exists()


def test_clean_leaves_an_empty_directory(tritonlint: Run, root: Path) -> None:
    """Nothing shows who made it."""
    empty = root.parent / "empty"
    empty.mkdir()
    completed = tritonlint("clean", "--cache-dir", empty)
    assert (completed.status, completed.out) == (0, "")
    assert empty.is_dir()


# -- clean ---------------------------------------------------------------------------------

NOT_OURS: dict[str, Callable[[Path], object]] = {
    "a file": lambda d: (d / "mine.txt").write_text("keep"),
    "a file of a store's name": lambda d: (d / f"{'0' * 24}.json").write_text("{}"),
    "JSON": lambda d: (d / "package.json").write_text("{}"),
    "an empty file": lambda d: (d / "empty").touch(),
    "a directory": lambda d: (d / "sub").mkdir(),
    "a directory of a store's name": lambda d: (d / f"{'0' * 24}.json").mkdir(),
    "a link of a store's name": lambda d: (d / f"{'0' * 24}.json").symlink_to("CACHEDIR.TAG"),
    "a pipe of a store's name": lambda d: os.mkfifo(d / f"{'0' * 24}.json"),
    "a temporary file": lambda d: (d / "x.tmp").write_text(""),
    "another ignore file": lambda d: (d / ".gitignore").write_text("*\n!mine\n"),
}


@pytest.mark.parametrize("put", NOT_OURS.values(), ids=NOT_OURS)
def test_clean_touches_nothing_where_anything_else_is(
    tritonlint: Run, root: Path, put: Callable[[Path], object]
) -> None:
    tritonlint(root)
    directory = root / ".tritonlint_cache"
    put(directory)
    before = sorted(os.listdir(directory))
    completed = tritonlint("clean", root)
    assert completed.status == 2
    assert "which was not written by tritonlint" in completed.err
    assert sorted(os.listdir(directory)) == before


def test_clean_removes_what_a_killed_run_left(tritonlint: Run, root: Path) -> None:
    tritonlint(root)
    directory = root / ".tritonlint_cache"
    (store,) = directory.glob("*.json")
    (directory / f"{store.stem}.123.456.tmp").write_bytes(store.read_bytes()[:40])
    (directory / f"{store.stem}.123.457.tmp").write_bytes(b"")
    (directory / "CACHEDIR.TAG").write_text(TAG[:20])
    completed = tritonlint("clean", root)
    assert completed.status == 0
    assert completed.out == f"Removed {directory}\n"
    assert not directory.exists()


# -- what is in it -------------------------------------------------------------------------


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no processes are forked here")
def test_what_a_killed_run_left_is_swept_by_the_next_that_writes(
    root: Path, tritonlint: Run
) -> None:
    process = os.fork()
    if process == 0:
        os.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
        cache._write(root / ".tritonlint_cache" / f"{'0' * 24}.json", b"tritonlint cache 1 ")
    os.waitpid(process, 0)
    directory = root / ".tritonlint_cache"
    assert [path.suffix for path in directory.iterdir()].count(".tmp") == 1
    tritonlint(root)
    assert list(directory.glob("*.tmp")) == []
    assert len(list(directory.glob("*.json"))) == 1


def test_what_another_run_is_writing_is_not_swept(root: Path, tritonlint: Run) -> None:
    tritonlint(root)
    written = root / ".tritonlint_cache" / f"{'0' * 24}.1.2.tmp"
    with open(written, "wb") as file:
        assert cache.lock.take(file.fileno())
        (root / "m0.py").write_text(DEAD + "\n")
        tritonlint(root)
        assert written.exists()


def store_of(root: Path) -> Path:
    (store,) = (root / ".tritonlint_cache").glob("*.json")
    return store


def be_a_pipe(store: Path) -> None:
    store.unlink()
    os.mkfifo(store)


def be_huge(store: Path) -> None:
    with open(store, "r+b") as file:
        file.truncate(1 << 40)


def be_a_link(store: Path) -> None:
    store.rename(store.with_name("moved"))
    store.symlink_to("moved")


UNREADABLE = {
    "a pipe": be_a_pipe,
    "a huge file": be_huge,
    "a link": be_a_link,
    "an endless device": lambda store: (store.unlink(), store.symlink_to("/dev/zero")),
    "a directory": lambda store: (store.unlink(), store.mkdir()),
}


@pytest.mark.parametrize("change", UNREADABLE.values(), ids=UNREADABLE)
def test_a_store_that_is_no_plain_file_is_not_read(
    tritonlint: Run, root: Path, change: Callable[[Path], object]
) -> None:
    tritonlint(root)
    change(store_of(root))
    completed = tritonlint("--output-format", "json", root)
    assert (completed.status, completed.err) == (1, "")
    assert len(completed.findings) == 3


# -- a valid checksum and a wrong shape ----------------------------------------------------


def rewrite(store: Path, change: Callable[[Any], Any]) -> None:
    """Change the contents of a store, as somebody could who knows its form."""
    _, line, body = store.read_bytes().split(b"\n", 2)
    line = json.dumps(change(json.loads(line))).encode()
    check = zlib.crc32(body, zlib.crc32(line))
    store.write_bytes(b"tritonlint cache 1 %d %d\n%b\n%b" % (check, len(body), line, body))


SHAPES: list[Any] = [None, True, 0, -1, 1e300, "", "text", [], [[]], {}, {"": []}, [None] * 9]


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths to all values in a value; in long lists, only to the first three."""
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))[:3]
    else:
        inner = []
    return [path, *(way for key, item in inner for way in places(item, (*path, key)))]


def put(value: Any, way: tuple[Any, ...], shape: Any) -> Any:
    if not way:
        return shape
    copied = value.copy()
    copied[way[0]] = put(value[way[0]], way[1:], shape)
    return copied


@pytest.mark.parametrize("is_large", [False, True], ids=["facts", "findings"])
def test_any_other_shape_costs_the_cache_and_nothing_else(
    tritonlint: Run, root: Path, monkeypatch: pytest.MonkeyPatch, is_large: bool
) -> None:
    """Each value in a store is replaced in turn by one of another shape."""
    if is_large:
        monkeypatch.setattr(run, "MANY_FILES", 1)
    expected = tritonlint("--output-format", "json", root).findings
    store = next(
        path
        for path in (root / ".tritonlint_cache").glob("*.json")
        if (b'{"files":' in path.read_bytes()) is not is_large
    )
    before = store.read_bytes()
    head = json.loads(before.split(b"\n", 2)[1])
    tried = 0
    for number, way in enumerate(places(head)):
        shape = SHAPES[number % len(SHAPES)]
        store.write_bytes(before)
        rewrite(store, lambda head, way=way, shape=shape: put(head, way, shape))
        completed = tritonlint("--output-format", "json", root)
        assert (completed.status, completed.findings) == (1, expected), (way, shape)
        assert "Traceback" not in completed.err
        tried += 1
    assert tried > (5 if is_large else 30)


def test_what_made_no_sense_is_removed_and_made_again(
    tritonlint: Run, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = tritonlint("--output-format", "json", root).findings
    load = Loader.load

    def stumble(*args: Any) -> Any:
        project = load(*args)
        if list((root / ".tritonlint_cache").glob("*.json")):
            raise KeyError("a shape that no check knows")
        return project

    monkeypatch.setattr(Loader, "load", stumble)
    completed = tritonlint("--output-format", "json", root)
    assert (completed.status, completed.findings) == (1, expected)
    assert completed.err == (
        f"tritonlint: {root}/.tritonlint_cache: its contents made no sense; "
        "it is removed and rebuilt\n"
    )
    assert len(list((root / ".tritonlint_cache").glob("*.json"))) == 1


def test_two_runs_share_an_empty_directory(root: Path) -> None:
    """At any moment, each run knows that a directory is a cache if the other has just made it."""
    command = [sys.executable, "-m", "tritonlint", "--output-format", "json", str(root)]
    runs = [subprocess.Popen(command, stdout=-1, stderr=-1, text=True) for _ in range(4)]
    assert {run.communicate()[1] for run in runs} == {""}


def test_libcst_is_not_loaded_for_a_change_outside_of_the_kernels(
    root: Path, tritonlint: Run
) -> None:
    """The hook's most frequent run: to load it takes as long as all the rest."""
    tritonlint("--isolated", "--cache-dir", root.parent / "kept", root)
    command = [sys.executable, "-X", "importtime", "-m", "tritonlint", "--isolated", "-q"]
    command += ["--output-format", "concise", "--cache-dir", str(root.parent / "kept")]

    def loads_it(text: str) -> bool:
        file = root / "m0.py"
        file.write_text(text)
        done = subprocess.run([*command, str(file)], capture_output=True, text=True, check=False)
        assert "m0.py:6:15: TRL001" in done.stdout
        return "libcst" in done.stderr

    assert not loads_it(DEAD + "\n# a comment\n")
    assert loads_it(DEAD.replace("tl.store(p, 1)", "tl.store(p, 2)"))
