"""What the tests of fixing share: sources in, sources out."""

from __future__ import annotations

import json
import os
import re
import signal
import textwrap
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

IMPORTS = "import triton\nimport triton.language as tl\n\n\n"


def module(code: str) -> str:
    """A module's source: dedented, behind the imports that every kernel needs."""
    return IMPORTS + textwrap.dedent(code).lstrip("\n")


def sides(marked: str) -> tuple[str, str]:
    """Source before and after, from source with marks like those of `wdiff`.

    The text between `[-` and `-]` is removed, and the text between `{+` and `+}` is added.
    """
    before = re.sub(
        r"\[-(.*?)-\]", r"\1", re.sub(r"\{\+.*?\+\}", "", marked, flags=re.S), flags=re.S
    )
    after = re.sub(
        r"\{\+(.*?)\+\}", r"\1", re.sub(r"\[-.*?-\]", "", marked, flags=re.S), flags=re.S
    )
    return before, after


@pytest.fixture(autouse=True, scope="package")
def _quick_disk() -> Iterator[None]:
    """Do not wait for the disk: no process sees whether the data are on it, and it takes long."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", os.fstat)
        yield


#: All functions by which a fix touches the disk.
DISK_CALLS = (
    *("open", "fdopen", "fsync", "close", "fstat", "lstat", "stat", "access", "listdir", "chown"),
    *("chmod", "listxattr", "mkdir", "link", "replace", "unlink", "rmdir"),
)


class Disturbed:
    """`os` for a module; it calls `disturb` before the call of that number."""

    def __init__(
        self, number: int, disturb: Callable[..., object], names: tuple[str, ...] = DISK_CALLS
    ) -> None:
        self.number = number
        self.disturb = disturb
        self.names = names
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> Any:
        value = getattr(os, name)
        if name not in self.names:
            return value

        def call(*args: Any, **kwargs: Any) -> Any:
            self.calls.append(name)
            if len(self.calls) == self.number:
                self.disturb(*args)
            return value(*args, **kwargs)

        return call


@pytest.fixture
def disturb(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Disturbed]:
    """Calls something before a call by which a fix touches the disk."""

    def disturb(*args: Any) -> Disturbed:
        disturbed = Disturbed(*args)
        for name in ("store.disk", "store.secret", "fix.attributes", "fix.journal", "fix.write"):
            monkeypatch.setattr(f"tritonlint.{name}.os", disturbed)
        return disturbed

    return disturb


@pytest.fixture
def in_a_process() -> Callable[[Callable[[], object]], int]:
    """The exit status of a process that does some work; minus the signal if a signal ended it."""

    def run(work: Callable[[], object]) -> int:
        process = os.fork()
        if process == 0:
            try:
                work()
            except BaseException:
                traceback.print_exc()
                os._exit(99)
            os._exit(0)
        return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])

    return run


@pytest.fixture
def killed(
    disturb: Callable[..., Disturbed], in_a_process: Callable[..., int]
) -> Callable[..., bool]:
    """Whether a process was killed before it had made this many calls while it did some work."""

    def run(work: Callable[[], object], number: int, *names: tuple[str, ...]) -> bool:
        def work_until_killed() -> None:
            disturb(number, lambda *_: os.kill(os.getpid(), signal.SIGKILL), *names)
            work()

        status = in_a_process(work_until_killed)
        assert status in (0, -signal.SIGKILL)
        return status != 0

    return run


@dataclass(frozen=True)
class Fixed:
    """A tree after `--fix`: its files, and what the run said."""

    root: Path
    status: int
    out: str
    err: str

    def __getitem__(self, name: str) -> str:
        return (self.root / name).read_bytes().decode()


@pytest.fixture
def fix(tritonlint: Callable[..., Any], write: Callable[..., Path]) -> Callable[..., Fixed]:
    """Writes a tree of files and runs `tritonlint --fix` on it."""

    def fix(files: Mapping[str, str | bytes], *options: str) -> Fixed:
        root = write(files)
        form = ("--no-cache", "--output-format", "concise")
        # A parameter that cannot be removed is left as it is, unless a test asks for more.
        arguments = ("--fix", *form, "--fix-strategy", "remove-only", *options, root)
        completed = tritonlint(*arguments)
        assert completed.status in (0, 1), completed.err
        return Fixed(root, completed.status, completed.out, completed.err)

    return fix


@pytest.fixture
def fix_source(fix: Callable[..., Fixed]) -> Callable[..., str]:
    """Fixes one module, given without its imports; returns the result, again without them."""

    def fix_source(code: str, *options: str) -> str:
        text = fix({"kernels.py": module(code)}, *options)["kernels.py"]
        assert text.startswith(IMPORTS)
        return text[len(IMPORTS) :]

    return fix_source


@pytest.fixture
def check_fix(fix: Callable[..., Fixed]) -> Callable[..., Fixed]:
    """Fixes files that are given with marks (see `sides`), and checks the results.

    The first file, if it is given as text, is `kernels.py`; it has Triton's imports before it.
    """

    def check_fix(kernels: str, files: Mapping[str, str] | None = None, *options: str) -> Fixed:
        marked = {"kernels.py": module(kernels)}
        marked |= {n: textwrap.dedent(text).lstrip("\n") for n, text in (files or {}).items()}
        fixed = fix({name: sides(text)[0] for name, text in marked.items()}, *options)
        for name, text in marked.items():
            assert fixed[name] == sides(text)[1], name
        return fixed

    return check_fix


@dataclass(frozen=True)
class Outcome:
    """The result of a fix of marked files: true if everything that is marked was removed.

    Attributes:
        reasons: what the report says about the parameters that stayed.
    """

    went: bool
    reasons: tuple[str, ...]

    def __bool__(self) -> bool:
        return self.went

    @property
    def lines(self) -> list[str]:
        return ["fixed"] if self.went else list(self.reasons) or ["no finding"]


@pytest.fixture
def fix_whole(fix: Callable[..., Fixed]) -> Callable[..., Outcome]:
    """Fixes files that are given with marks (see `sides`): all that is marked goes, or nothing.

    A half fixed file, or a change outside of the marks, is a failure.
    """

    def fix_whole(files: Mapping[str, str], *options: str) -> Outcome:
        marked = {name: textwrap.dedent(text).lstrip("\n") for name, text in files.items()}
        before, after = ({n: sides(t)[i] for n, t in marked.items()} for i in (0, 1))
        fixed = fix(before, *options, "--output-format", "json")
        texts = {name: fixed[name] for name in files}
        if texts != after:
            assert texts == before
        reasons = {_reason(finding, fixed.root) for finding in json.loads(fixed.out)}
        return Outcome(texts != before, tuple(sorted(reasons)))

    return fix_whole


def _reason(finding: dict[str, Any], root: Path) -> str:
    kind, text = "blocked", finding["fix_blocked_by"]
    if not text:
        kind, text = "unsafe", finding["fix"]["message"].partition("after a look: ")[2]
    text = re.sub(rf"{re.escape(str(root))}/(\S+?):\d+", r"\1", text)
    return f"{finding['parameter']} {kind}: {text}"


#: For each case that is fixed whole or not at all: which of the two, and the reason against a fix.
OUTCOMES = Path(__file__).with_name("outcomes.json")


@pytest.fixture
def check_outcome(
    request: pytest.FixtureRequest,
    fix_whole: Callable[..., Outcome],
    outcomes: dict[str, list[str]],
) -> Callable[..., None]:
    """Fixes marked files like `fix_whole`; the outcome has to be the one in `outcomes.json`.

    With `TRITONLINT_WRITE_OUTCOMES=1`, the outcome is written there instead (with `-n 0`).
    """

    def check_outcome(files: Mapping[str, str]) -> None:
        lines = fix_whole(files).lines
        ids = request.node.callspec.id.removeprefix("as it is-").removeprefix("with triton-")
        case = f"{request.path.stem}: {ids}"
        if os.environ.get("TRITONLINT_WRITE_OUTCOMES"):
            outcomes[case] = lines
            OUTCOMES.write_text(json.dumps(outcomes, indent=1, sort_keys=True) + "\n")
        assert lines == outcomes[case]

    return check_outcome


@pytest.fixture(scope="session")
def outcomes() -> dict[str, list[str]]:
    """What `outcomes.json` says."""
    read: dict[str, list[str]] = json.loads(OUTCOMES.read_text()) if OUTCOMES.exists() else {}
    return read
