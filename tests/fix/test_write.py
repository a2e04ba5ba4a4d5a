"""Writing: all files of a fix or none, and each whole at any moment."""

from __future__ import annotations

import errno
import itertools
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tritonlint.fix import write as module
from tritonlint.fix.write import Change, WriteError, obstacle, write_all
from tritonlint.project.loader import Loader

KERNELS = "import triton\n\n\n@triton.jit\ndef kernel(x, n):\n    x.store(0)\n"
LAUNCH = "from kernels import kernel\n\nkernel[(1,)](x, n)\n"
FILES = {"kernels.py": KERNELS, "launch.py": LAUNCH}
FIXED = {"kernels.py": KERNELS.replace(", n", ""), "launch.py": LAUNCH.replace(", n", "")}

#: Everything by which `write_all` touches the disk.
CALLS = ("stat", "access", "fdopen", "fsync", "chown", "chmod", "replace", "unlink", "open")


@pytest.fixture
def tree(tmp_path):
    """Three files in two directories, and their changes."""
    changes = {}
    for number, name in enumerate(("a.py", "b.py", "sub/c.py")):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"old %d\n" % number)
        changes[path] = Change(b"old %d\n" % number, b"new %d, and longer\n" % number)
    return changes


def state(changes):
    """Which of the files are old and which new; any other content fails."""
    names = {}
    for path, change in changes.items():
        names[path.name] = {change.before: "old", change.after: "new"}[path.read_bytes()]
    return set(names.values())


def files(changes):
    directories = {path.parent for path in changes}
    return {file for directory in directories for file in directory.iterdir() if file.is_file()}


def test_all_are_written(tree):
    write_all(tree)
    assert state(tree) == {"new"}
    assert files(tree) == set(tree)


def test_nothing_to_write():
    write_all({})


def test_a_file_that_changed_meanwhile_is_not_overwritten(tree):
    *_, last = tree
    last.write_bytes(b"newer\n")
    with pytest.raises(WriteError, match=r"c\.py changed on disk meanwhile; run tritonlint again"):
        write_all(tree)
    assert last.read_bytes() == b"newer\n"
    del tree[last]
    assert state(tree) == {"old"}


def test_a_file_that_is_gone(tree):
    *_, last = tree
    last.unlink()
    with pytest.raises(WriteError, match=r"c\.py cannot be written: No such file"):
        write_all(tree)
    del tree[last]
    assert state(tree) == {"old"}


def test_a_read_only_file(tree):
    *_, last = tree
    last.chmod(0o444)
    assert obstacle(last) == "it is read-only"
    with pytest.raises(WriteError, match=r"c\.py cannot be written: it is read-only"):
        write_all(tree)
    assert state(tree) == {"old"}


def test_a_read_only_directory(tree, monkeypatch):
    *_, last = tree
    access = os.access
    monkeypatch.setattr(os, "access", lambda p, mode: p != last.parent and access(p, mode))
    assert obstacle(last) == "its directory is read-only"
    with pytest.raises(WriteError, match="its directory is read-only"):
        write_all(tree)
    assert state(tree) == {"old"}


def test_a_link_stays_a_link(tmp_path):
    target, link = tmp_path / "target.py", tmp_path / "link.py"
    target.write_bytes(b"old\n")
    link.symlink_to(target)
    write_all({link: Change(b"old\n", b"new\n")})
    assert link.is_symlink()
    assert target.read_bytes() == b"new\n"


class Faulty:
    """`os`, in which the call of that number fails."""

    def __init__(self, number, error):
        self.number = number
        self.error = error
        self.calls = []

    def __getattr__(self, name):
        value = getattr(os, name)
        if name not in CALLS:
            return value

        def call(*args, **kwargs):
            self.calls.append(name)
            if len(self.calls) == self.number:
                raise self.error
            return value(*args, **kwargs)

        return call


@pytest.mark.parametrize(
    "error",
    [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()],
    ids=["a full disk", "interrupted"],
)
def test_whatever_fails_all_are_as_before(tree, monkeypatch, error):
    """Each call in turn fails: then no file is new, or (where it did not matter) each is."""
    failed = 0
    for number in itertools.count(1):
        faulty = Faulty(number, error)
        monkeypatch.setattr(module, "os", faulty)
        expected = [{"new"}]
        try:
            write_all(tree)
        except WriteError:
            expected = [{"old"}]
        except KeyboardInterrupt:
            expected = [{"old"}, {"new"}]
        failed += expected != [{"new"}]
        assert state(tree) in expected, faulty.calls
        left = files(tree) - tree.keys()
        assert {path.suffix for path in left} <= ({".tmp"} if error.args == () else set())
        if len(faulty.calls) < number:
            break
        for path in left:
            path.unlink()
        for path, change in tree.items():
            path.write_bytes(change.before)
    assert failed > 10


def test_killed_at_any_call(tree):
    """The process is killed just before each of its calls: every file is old or new, and whole."""
    script = f"""
import os, signal, sys
from pathlib import Path
from tritonlint.fix import write

class Deadly:
    left = int(sys.argv[1])
    def __getattr__(self, name):
        value = getattr(os, name)
        if name not in {CALLS!r}:
            return value
        def call(*args, **kwargs):
            Deadly.left -= 1
            if not Deadly.left:
                os.kill(os.getpid(), signal.SIGKILL)
            return value(*args, **kwargs)
        return call

write.os = Deadly()
write.write_all({{
    Path(path): write.Change(Path(path).read_bytes(), after)
    for path, after in {[(str(path), change.after) for path, change in tree.items()]!r}
}})
"""
    seen = set()
    for number in itertools.count(1):
        completed = subprocess.run([sys.executable, "-c", script, str(number)], check=False)
        seen.add(tuple(sorted(state(tree))))
        for left in files(tree) - tree.keys():
            assert left.name.startswith(".")
            assert left.suffix == ".tmp"
            left.unlink()
        for path, change in tree.items():
            path.write_bytes(change.before)
        if completed.returncode == 0:
            break
        assert completed.returncode == -signal.SIGKILL
    assert seen == {("old",), ("new", "old"), ("new",)}


def contents(root):
    return {path.name: path.read_text() for path in root.glob("*.py")}


@pytest.mark.parametrize("delay", [0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4])
def test_the_command_killed_at_any_moment(write, delay):
    root = write({name: text * 3 if name == "launch.py" else text for name, text in FILES.items()})
    before = contents(root)
    command = [sys.executable, "-m", "tritonlint", "--fix", "--no-cache", str(root)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        time.sleep(delay)
        process.kill()
    after = {
        "kernels.py": FIXED["kernels.py"],
        "launch.py": FIXED["launch.py"] * 3,
    }
    for name, text in contents(root).items():
        assert text in (before[name], after[name])


# -- through the command -------------------------------------------------------------------


def test_a_read_only_file_is_an_obstacle_that_is_said(write, tritonlint):
    root = write(FILES)
    (root / "launch.py").chmod(0o444)
    completed = tritonlint("--fix", "--no-cache", root)
    assert completed.status == 1
    assert "launch.py would have to change: it is read-only" in " ".join(completed.out.split())
    assert contents(root) == FILES


def test_a_failing_write_is_an_error_and_nothing_counts_as_fixed(write, tritonlint, monkeypatch):
    root = write(FILES)

    def fail(source, target):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    completed = tritonlint("--fix", "--no-cache", "--output-format", "concise", root)
    assert completed.status == 2
    assert "nothing was fixed: " in completed.err
    assert "No space left on device" in completed.err
    assert "kernels.py:5:15: TRL001 [*]" in completed.out
    assert contents(root) == FILES
    assert {path.suffix for path in root.iterdir()} == {".py", ".toml"}


def test_a_file_that_changes_while_the_command_runs(write, tritonlint, monkeypatch):
    """The finding is about a text that is no more: the file is left as it is now."""
    root = write(FILES)
    newer = "# newer\n" + LAUNCH

    def survey_then_change(self, load=Loader.load):
        project = load(self)
        (root / "launch.py").write_text(newer)
        return project

    monkeypatch.setattr(Loader, "load", survey_then_change)
    completed = tritonlint("--fix", "--no-cache", "--output-format", "json", root)
    assert contents(root) == FILES | {"launch.py": newer}
    [found] = completed.findings
    assert found["fix_blocked_by"].endswith("launch.py changed on disk meanwhile")


def test_a_file_that_changes_just_before_it_is_written(write, tritonlint, monkeypatch):
    root = write(FILES)
    newer = LAUNCH + "# newer\n"

    def change_then_write(changes, write=write_all):
        (root / "launch.py").write_text(newer)
        write(changes)

    monkeypatch.setattr(module, "write_all", change_then_write)
    completed = tritonlint("--fix", "--no-cache", root)
    assert completed.status == 2
    assert "launch.py changed on disk meanwhile" in completed.err
    assert contents(root) == FILES | {"launch.py": newer}


def test_links_into_the_project_are_written_once(write, tritonlint, tmp_path):
    root = write(FILES)
    (root / "link.py").symlink_to(Path("kernels.py"))
    tritonlint("--fix", "--no-cache", root)
    assert (root / "link.py").is_symlink()
    assert contents(root) == FIXED | {"link.py": FIXED["kernels.py"]}
