"""The second wall: what the process that runs Triton could do if the first wall had a hole."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import bombs
import pytest
from test_bombs import HEALTHY, processes_that_mention

import tritonlint
from tritonlint.verify import judge_process, walls
from tritonlint.verify.judge_process import Judge
from tritonlint.verify.workplace import Workplace

pytest.importorskip("triton", reason="the judge is Triton, which is not installed")

SOURCE = str(Path(tritonlint.__file__).parents[1])

#: A program that runs code in a process behind the walls, in its directory, and says the result.
BEHIND = """
import json, os, sys
from pathlib import Path
from tritonlint.verify import walls
os.setsid()
standing = walls.put_up(Path.cwd(), True)
try:
    exec(sys.argv[1])
    said = "done"
except BaseException as error:
    said = type(error).__name__
print(json.dumps([said, [wall.problem for wall in standing]]))
"""


@pytest.fixture
def behind(tmp_path: Path) -> Callable[[str], tuple[str, list[str | None]]]:
    """Runs code behind the walls; returns the result, and why walls are missing."""
    inside = tmp_path / "inside"
    inside.mkdir()

    def run(code: str) -> tuple[str, list[str | None]]:
        done = subprocess.run(
            [sys.executable, "-c", BEHIND, code],
            cwd=inside,
            env={"PYTHONPATH": SOURCE, "OUTSIDE": str(tmp_path)},
            capture_output=True,
            text=True,
            check=True,
        )
        said, problems = json.loads(done.stdout)
        return said, problems

    return run


LIMITS, FILES, CALLS = range(3)
SESSION = """
child = os.fork()
if child == 0:
    try:
        os.setsid()
    except PermissionError:
        os._exit(7)
    os._exit(0)
if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7:
    raise PermissionError
"""
FORBIDDEN = {
    "a file elsewhere": (FILES, "open(os.environ['OUTSIDE'] + '/pwned', 'w')"),
    "a file elsewhere, by its directory": (FILES, "open('../pwned', 'w')"),
    "a folder elsewhere": (FILES, "os.mkdir('../pwned')"),
    "a link elsewhere": (FILES, "os.symlink('x', '../pwned')"),
    "to move a file out": (FILES, "open('x', 'w').close(); os.rename('x', '../pwned')"),
    "to remove what is elsewhere": (FILES, "os.rmdir(os.environ['OUTSIDE'])"),
    "to read what is elsewhere": (FILES, "os.listdir(os.environ['OUTSIDE'])"),
    "to read accounts": (FILES, "open('/etc/passwd')"),
    "to read the environment of others": (FILES, "open(f'/proc/{os.getppid()}/environ')"),
    "to start a shell": (FILES, "os.execv('/bin/sh', ['sh', '-c', 'exit 9'])"),
    "to start Python": (FILES, "os.execv(sys.executable, ['python'])"),
    "a device": (CALLS, "os.mknod('x', 0o600)"),
    "a socket": (CALLS, "import socket; socket.socket()"),
    "a local socket": (CALLS, "import socket; socket.socket(socket.AF_UNIX)"),
    "a pair of sockets": (CALLS, "import socket; socket.socketpair()"),
    "a signal to its parent": (CALLS, "os.kill(os.getppid(), 0)"),
    "a signal to all": (CALLS, "os.kill(-1, 0)"),
    "a session of its own": (CALLS, SESSION),
    "the mode of a file": (CALLS, "os.chmod(os.environ['OUTSIDE'], 0o777)"),
    "the times of a file": (CALLS, "os.utime(os.environ['OUTSIDE'])"),
    "the owner of a file": (CALLS, "os.chown(os.environ['OUTSIDE'], 0, 0)"),
    "the limits of its parent": (
        CALLS,
        "import resource; resource.prlimit(os.getppid(), resource.RLIMIT_CORE, (0, 0))",
    ),
    "much memory": (LIMITS, "b'x' * (3 << 30)"),
    "a large file": (
        LIMITS,
        "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        "os.truncate(os.open('x', os.O_CREAT | os.O_WRONLY), 1 << 30)",
    ),
    "more limits": (
        LIMITS,
        "import resource; resource.setrlimit(resource.RLIMIT_DATA, (-1, -1)) if os.getuid() "
        "else (_ for _ in ()).throw(ValueError)",
    ),
}


@pytest.mark.parametrize("name", FORBIDDEN)
def test_what_is_behind_the_walls_cannot(
    behind: Callable[[str], tuple[str, list[str | None]]], name: str, tmp_path: Path
) -> None:
    wall, code = FORBIDDEN[name]
    said, problems = behind(code)
    if problems[wall] is not None:
        pytest.skip(f"this system does not offer the wall: {problems[wall]}")
    assert said in ("PermissionError", "MemoryError", "OSError", "ValueError")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["inside"]


ALLOWED = {
    "a file of its own": "open('x', 'w').write('x'); os.rename('x', 'y'); os.remove('y')",
    "a folder of its own": "os.mkdir('x'); os.rmdir('x')",
    "a thread": "import threading; t = threading.Thread(target=int); t.start(); t.join()",
    "to import": "import decimal, sqlite3",
    "to end itself": "import signal; signal.signal(6, signal.SIG_IGN); signal.raise_signal(6)",
}


@pytest.mark.parametrize("name", ALLOWED)
def test_what_is_behind_the_walls_can(
    behind: Callable[[str], tuple[str, list[str | None]]], name: str
) -> None:
    assert behind(ALLOWED[name])[0] == "done"


# -- the run that puts them up -----------------------------------------------------------------


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose runs keep their folders beside it."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    root = tmp_path / "project"
    root.mkdir()
    (root / "tritonlint.toml").touch()
    (root / "kernels.py").write_text(HEALTHY)
    return root


def test_verbose_says_which_stand(tritonlint: Any, project: Path) -> None:
    done = tritonlint("verify", "--no-cache", "--verbose", "--select", "TRL006", project)
    said = [line for line in done.err.splitlines() if "wall around Triton" in line]
    assert len(said) == 3
    assert all(": in place" in line or ": missing: " in line for line in said)


@pytest.mark.parametrize("missing", ["landlock.restrict_files", "walls.forbid_calls"])
def test_without_a_wall_it_works_and_says_so(
    tritonlint: Any, project: Path, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    original = "from tritonlint.verify.guardian import main\n"
    replaced = (
        "from tritonlint.verify import landlock, walls\n"
        f"{missing} = lambda *rules: 'not today'\n{original}"
    )
    worker = judge_process.WORKER.replace(original, replaced)
    monkeypatch.setattr(judge_process, "WORKER", worker)
    done = tritonlint("verify", "--no-cache", "--verbose", "--select", "TRL006", project)
    assert "confirmed: unused in TTIR" in done.out
    assert done.err.count("missing: not today") == 1


def test_if_triton_needs_files_from_elsewhere_that_wall_is_left_out(
    tritonlint: Any, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = "from tritonlint.verify.guardian import main\n"
    replaced = f"from tritonlint.verify import walls\nwalls._rules = lambda _: ()\n{original}"
    worker = judge_process.WORKER.replace(original, replaced)
    monkeypatch.setattr(judge_process, "WORKER", worker)
    done = tritonlint("verify", "--no-cache", "--verbose", "--select", "TRL006", project)
    assert "confirmed: unused in TTIR" in done.out
    assert "missing: " in done.err


# -- nothing outlives it -----------------------------------------------------------------------


@pytest.fixture
def busy(tmp_path: Path, project: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A run whose worker computes for hours."""
    (project / "kernels.py").write_text(bombs.source_of(bombs.SLOW["a power"]))
    command = [sys.executable, "-m", "tritonlint", "verify", "--no-cache", "--timeout", "3000"]
    command += ["--select", "TRL006"]
    environment = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": SOURCE}
    with subprocess.Popen([*command, str(project)], env=environment) as run:
        assert eventually(lambda: list(tmp_path.glob("tritonlint-verify-*/module_0_*.py")))
        yield run
        run.kill()


def eventually(condition: Callable[[], object], patience: float = 60) -> bool:
    """Whether it becomes true; on a busy machine, how soon that happens says nothing."""
    end = time.monotonic() + patience
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


@pytest.mark.parametrize("name", ["SIGKILL", "SIGTERM", "SIGINT", "SIGHUP"])
def test_a_run_that_is_killed_leaves_nothing(
    busy: subprocess.Popen[bytes], tmp_path: Path, name: str
) -> None:
    busy.send_signal(signal.Signals[name])
    assert eventually(lambda: not processes_that_mention(str(tmp_path / "tritonlint-verify-")))
    assert eventually(lambda: [path.name for path in tmp_path.iterdir()] == ["project"])


def test_a_worker_ends_with_its_guardian(busy: subprocess.Popen[bytes], tmp_path: Path) -> None:
    (folder,) = tmp_path.glob("tritonlint-verify-*")
    children = Path(f"/proc/{busy.pid}/task/{busy.pid}/children").read_text().split()
    for child in children:
        if str(folder).encode() in Path(f"/proc/{child}/cmdline").read_bytes():
            os.kill(int(child), signal.SIGKILL)
    assert eventually(lambda: not processes_that_mention(str(folder)))
    assert eventually(lambda: not folder.exists())


def test_what_a_dead_run_left_is_removed_at_the_next_start(tmp_path: Path, project: Path) -> None:
    left = tmp_path / "tritonlint-verify-dead"
    in_use = tmp_path / "tritonlint-verify-live"
    linked = tmp_path / "tritonlint-verify-link"
    for folder in (left, in_use):
        (folder / "cache").mkdir(parents=True)
    linked.symlink_to(project)
    lock = os.open(in_use, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    workplace = Workplace()
    assert (left.exists(), in_use.exists(), linked.exists()) == (False, True, True)
    assert (project / "kernels.py").exists()
    assert workplace.path.is_dir()
    workplace.remove()
    assert not workplace.path.exists()
    os.close(lock)


#: What a hijacked worker may do instead of answering; `answer` writes a line.
TAKEN_OVER = {
    "more processes than it may have": "while True:\n    os.fork() or time.sleep(600)",
    "more memory than all may have": (
        "os.fork()\nheld = bytearray(1 << 28)\n"
        "for i in range(0, len(held), 4096): held[i] = 1\ntime.sleep(600)"
    ),
    "no answer": "os._exit(0)",
    "no JSON": "answer(b'{')",
    "deep JSON": "answer(b'[' * 100000)",
    "a long number": "answer(b'9' * 100000)",
    "another shape": "answer(b'[]')",
    "half of an answer": "answer(b'{\"ok\": true}')",
    "an answer with more": 'answer(b\'{"ok": false, "error": "", "frames": [], "lost": 0}\')',
    "other kinds": 'answer(b\'{"ok": true, "raw": 1, "used": [2], "digest": 3}\')',
    "two answers": 'answer(b\'{"ok": false, "error": "", "frames": []}\\n\' * 2)',
    "an endless answer": "while True: os.write(out, b'x' * 65536)",
}
INSTEAD = """
import os, sys, time
from tritonlint.verify import walls, worker
walls.RESIDENT = 400 << 20
def main(directory, walls):
    out = os.dup(1)
    sys.stdin.readline()
    answer = lambda line: os.write(out, line + b"\\n")
    answer(b'{"ok": true, "walls": []}')
    sys.stdin.readline()
    sys.stdin.readline()
    exec(CODE)
    time.sleep(600)
worker.main = main
from tritonlint.verify.guardian import main
"""


@pytest.mark.parametrize("name", TAKEN_OVER)
def test_a_worker_that_was_taken_over_is_ended(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    original = "from tritonlint.verify.guardian import main\n"
    instead = INSTEAD.replace("CODE", repr(TAKEN_OVER[name]))
    # One line less is read if nothing is loaded.
    instead = instead.replace("    sys.stdin.readline()\n    exec", "    exec")
    monkeypatch.setattr(judge_process, "WORKER", judge_process.WORKER.replace(original, instead))
    with Judge(timeout=60) as judge:
        answer = judge.ttir({})
    assert (answer["ok"], answer["lost"]) == (False, True)
    assert answer["error"].startswith("the compiler ")
    assert "took more than" not in answer["error"]
    assert processes_that_mention(str(tmp_path)) == []
    assert list(tmp_path.iterdir()) == []


def test_what_is_shown_of_an_answer_is_text(monkeypatch: pytest.MonkeyPatch) -> None:
    original = "from tritonlint.verify.guardian import main\n"
    line = json.dumps({"ok": False, "error": "a\x1b[2J\u202eb" * 100, "frames": []}).encode()
    instead = INSTEAD.replace("CODE", repr(f"answer({line!r})"))
    instead = instead.replace("    sys.stdin.readline()\n    exec", "    exec")
    monkeypatch.setattr(judge_process, "WORKER", judge_process.WORKER.replace(original, instead))
    with Judge(timeout=60) as judge:
        error = judge.ttir({})["error"]
    assert error.startswith("a\\x1b[2J\\u202eba\\x1b[2J")
    assert error.isprintable()


def test_limits_are_what_the_page_says() -> None:
    page = Path(__file__).parents[2] / "docs" / "reliability.md"
    text = page.read_text(encoding="utf-8")
    assert f"{walls.MEMORY >> 30} GiB" in text
    assert f"{walls.PROCESSES} processes" in text
    assert f"{judge_process.KERNEL:.0f} seconds" in text
