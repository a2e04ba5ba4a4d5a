"""What the tests of fixing share: sources in, sources out."""

from __future__ import annotations

import json
import os
import re
import signal
import textwrap
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

IMPORTS = "import triton\nimport triton.language as tl\n\n\n"


def module(code: str) -> str:
    """A module's source: dedented, behind the imports that every kernel needs."""
    return IMPORTS + textwrap.dedent(code).lstrip("\n")


def sides(marked: str) -> tuple[str, str]:
    """Source before and after, from source with marks as `wdiff` makes them.

    What is between `[-` and `-]` goes, and what is between `{+` and `+}` comes.
    """
    before = re.sub(
        r"\[-(.*?)-\]", r"\1", re.sub(r"\{\+.*?\+\}", "", marked, flags=re.S), flags=re.S
    )
    after = re.sub(
        r"\{\+(.*?)\+\}", r"\1", re.sub(r"\[-.*?-\]", "", marked, flags=re.S), flags=re.S
    )
    return before, after


@pytest.fixture(autouse=True)
def _quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """No process sees whether data are on the disk already, and to wait for that takes long."""
    monkeypatch.setattr(os, "fsync", os.fstat)


#: Everything by which a fix touches the disk.
DISK_CALLS = (
    *("open", "fdopen", "fsync", "close", "fstat", "lstat", "stat", "access", "listdir", "chown"),
    *("chmod", "listxattr", "mkdir", "link", "replace", "unlink", "rmdir"),
)


class Disturbed:
    """`os` as a module sees it, in which `disturb` comes before the call of that number."""

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
    """Has something done before a call by which a fix touches the disk."""

    def disturb(*args: Any) -> Disturbed:
        disturbed = Disturbed(*args)
        for name in ("store.disk", "store.secret", "fix.attributes", "fix.journal", "fix.write"):
            monkeypatch.setattr(f"tritonlint.{name}.os", disturbed)
        return disturbed

    return disturb


@pytest.fixture
def in_a_process() -> Callable[[Callable[[], object]], int]:
    """The exit status of a process that does some work; minus the signal if one ended it."""

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
    """Whether a process was killed before it had made so many calls in doing some work."""

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
        # What cannot be removed is left as it is, unless a test asks for more.
        arguments = ("--fix", *form, "--fix-strategy", "remove-only", *options, root)
        completed = tritonlint(*arguments)
        assert completed.status in (0, 1), completed.err
        return Fixed(root, completed.status, completed.out, completed.err)

    return fix


@pytest.fixture
def fix_source(fix: Callable[..., Fixed]) -> Callable[..., str]:
    """Fixes one module, given without its imports; what it has become, again without them."""

    def fix_source(code: str, *options: str) -> str:
        text = fix({"kernels.py": module(code)}, *options)["kernels.py"]
        assert text.startswith(IMPORTS)
        return text[len(IMPORTS) :]

    return fix_source


@pytest.fixture
def check_fix(fix: Callable[..., Fixed]) -> Callable[..., Fixed]:
    """Fixes files that are given with marks (see `sides`), and checks what they have become.

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
    """What a fix of marked files came to: true if all that is marked went.

    Attributes:
        reasons: what is said of the parameters that stayed.
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

    What is half fixed, or is changed beside the marks, is a failure.
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


#: For each case that is fixed whole or not at all: which, and what spoke against it.
OUTCOMES = Path(__file__).with_name("outcomes.json")


@pytest.fixture
def check_outcome(
    request: pytest.FixtureRequest, fix_whole: Callable[..., Outcome]
) -> Callable[..., None]:
    """Fixes marked files as `fix_whole` does; what became of them is as `outcomes.json` says.

    With `TRITONLINT_WRITE_OUTCOMES=1` it is written there instead (in one process: `-n 0`).
    """

    def check_outcome(files: Mapping[str, str]) -> None:
        lines = fix_whole(files).lines
        outcomes = json.loads(OUTCOMES.read_text()) if OUTCOMES.exists() else {}
        ids = request.node.callspec.id.removeprefix("as it is-").removeprefix("with triton-")
        case = f"{request.path.stem}: {ids}"
        if os.environ.get("TRITONLINT_WRITE_OUTCOMES"):
            text = json.dumps({**outcomes, case: lines}, indent=1, sort_keys=True)
            OUTCOMES.write_text(text + "\n")
        assert lines == json.loads(OUTCOMES.read_text())[case]

    return check_outcome
