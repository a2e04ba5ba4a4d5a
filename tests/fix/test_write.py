"""Writing: all files of a fix are written or none, and each file is whole at any moment."""

from __future__ import annotations

import errno
import itertools
import os
import re
import signal
import subprocess
import sys
import time
import types
from pathlib import Path

import pytest

from tritonlint.files.roots import JOURNAL
from tritonlint.fix import write as module
from tritonlint.fix.attributes import LostAttributeError, keep, obstacle
from tritonlint.fix.recovery import recover
from tritonlint.fix.write import Change, HalfWrittenError, WriteError, write_all
from tritonlint.project.loader import Loader
from tritonlint.store import signals

KERNELS = "import triton\n\n\n@triton.jit\ndef kernel(x, n):\n    x.store(0)\n"
LAUNCH = "from kernels import kernel\n\nkernel[(1,)](x, n)\n"
FILES = {"kernels.py": KERNELS, "launch.py": LAUNCH}
FIXED = {"kernels.py": KERNELS.replace(", n", ""), "launch.py": LAUNCH.replace(", n", "")}

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="no processes are forked here")


@pytest.fixture
def root(tmp_path):
    return tmp_path / "tree"


@pytest.fixture
def tree(root):
    """Three files in two directories, and their changes."""
    changes = {}
    for number, name in enumerate(("a.py", "b.py", "sub/c.py")):
        path = root / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_bytes(b"old %d\n" % number)
        changes[path] = Change(b"old %d\n" % number, b"new %d, and longer\n" % number)
    return changes


def states(changes):
    """Which files are old and which new; any other content fails."""
    return [
        {change.before: "old", change.after: "new"}[path.read_bytes()]
        for path, change in sorted(changes.items())
    ]


def state(changes):
    return set(states(changes))


def files(root):
    """Everything below a directory except directories."""
    return {path for path in root.rglob("*") if not path.is_dir()}


def make_old(changes):
    for path, change in changes.items():
        path.write_bytes(change.before)


def test_all_are_written(tree, root):
    write_all(tree, root)
    assert state(tree) == {"new"}
    assert files(root) == set(tree)
    assert not (root / JOURNAL).exists()


def test_nothing_to_write(tmp_path):
    write_all({}, tmp_path)


def test_a_file_that_changed_meanwhile_is_not_overwritten(tree, root):
    *_, last = tree
    last.write_bytes(b"newer\n")
    with pytest.raises(WriteError, match=r"c\.py changed on disk meanwhile; run tritonlint again"):
        write_all(tree, root)
    assert last.read_bytes() == b"newer\n"
    del tree[last]
    assert state(tree) == {"old"}


def test_a_file_that_is_gone(tree, root):
    *_, last = tree
    last.unlink()
    with pytest.raises(WriteError, match=r"c\.py cannot be written: No such file"):
        write_all(tree, root)
    del tree[last]
    assert state(tree) == {"old"}


def test_a_link_stays_a_link(tmp_path):
    target, link = tmp_path / "target.py", tmp_path / "link.py"
    target.write_bytes(b"old\n")
    link.symlink_to(target)
    write_all({link: Change(b"old\n", b"new\n")}, tmp_path)
    assert link.is_symlink()
    assert target.read_bytes() == b"new\n"


# -- what a file has besides its text ------------------------------------------------------


def immutable(path, monkeypatch):
    monkeypatch.setattr("tritonlint.fix.attributes._is_immutable", lambda p: p == path)


def foreign(path, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: path.stat().st_uid + 1)


def of_a_foreign_group(path, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: path.stat().st_uid)
    foreign_group = path.stat().st_gid + 1
    monkeypatch.setattr(os, "getegid", lambda: foreign_group)
    monkeypatch.setattr(os, "getgroups", list)
    if path.stat().st_uid == 0:
        # For the superuser, all groups are the same.
        os.chown(path, 1, -1)


def read_only_directory(directory, monkeypatch):
    access = os.access
    monkeypatch.setattr(os, "access", lambda p, mode: p != directory and access(p, mode))


def on_another_file_system(path, monkeypatch):
    stat = os.stat

    def elsewhere(p, **kwargs):
        status = stat(p, **kwargs)
        if p != path.parent:
            return status
        return os.stat_result([*status[:2], status.st_dev + 1, *status[3:]])

    monkeypatch.setattr(os, "stat", elsewhere)


OBSTACLES = {
    "it is read-only": lambda p, m: p.chmod(0o444),
    "its directory is read-only": lambda p, m: read_only_directory(p.parent, m),
    "is read-only, and a fix needs a journal there": (
        lambda p, m: read_only_directory(p.parents[1], m)
    ),
    "it has 2 hard links": lambda p, m: os.link(p, p.with_name("other.py")),
    "it or its directory is immutable": immutable,
    "it belongs to another user": foreign,
    "it belongs to a group that you are not in": of_a_foreign_group,
    "it is on another file system than": on_another_file_system,
    "it is not a regular file": lambda p, m: (p.unlink(), os.mkfifo(p)),
    "No such file": lambda p, m: p.unlink(),
}


@pytest.mark.parametrize("reason", OBSTACLES)
def test_what_cannot_be_kept_is_not_written(tree, root, monkeypatch, reason):
    *others, last = tree
    OBSTACLES[reason](last, monkeypatch)
    assert reason in obstacle(last, root)
    with pytest.raises(WriteError, match=r"\.py cannot be written: "):
        write_all(tree, root)
    assert state({path: tree[path] for path in others}) == {"old"}
    assert not (root / JOURNAL).exists()


def test_what_lies_outside_the_project_is_not_written(tmp_path):
    root, outside = tmp_path / "project", tmp_path / "outside.py"
    root.mkdir()
    outside.write_bytes(b"old\n")
    (root / "link.py").symlink_to(outside)
    assert "it lies outside the project" in obstacle(root / "link.py", root)
    with pytest.raises(WriteError, match="it lies outside the project"):
        write_all({root / "link.py": Change(b"old\n", b"new\n")}, root)
    assert outside.read_bytes() == b"old\n"


@pytest.mark.parametrize("mode", [0o600, 0o755, 0o664, 0o4711])
def test_the_mode_stays(tree, root, mode):
    *_, last = tree
    last.chmod(mode)
    write_all(tree, root)
    assert last.stat().st_mode & 0o7777 == mode


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="root gives files away")
def test_the_owner_stays(tree, root):
    *_, last = tree
    os.chown(last, 1234, 4321)
    write_all(tree, root)
    assert (last.stat().st_uid, last.stat().st_gid) == (1234, 4321)


#: "user::rw-, user:1234:rw-, group::r--, mask::rw-, other::r--", as Linux has it.
ACCESS_LIST = bytes.fromhex(
    "02000000 01000600ffffffff 02000600d2040000 04000400ffffffff 10000600ffffffff 20000400ffffffff"
)


def has_extended_attributes(path):
    try:
        os.setxattr(path, "user.probe", b"")
    except (OSError, AttributeError):
        return False
    os.removexattr(path, "user.probe")
    return True


def test_extended_attributes_and_the_access_list_stay(tree, root):
    *_, last = tree
    if not has_extended_attributes(last):
        pytest.skip("this file system has no extended attributes")
    os.setxattr(last, "user.note", b"keep me")
    os.setxattr(last, "system.posix_acl_access", ACCESS_LIST)
    mode = last.stat().st_mode
    write_all(tree, root)
    assert os.getxattr(last, "user.note") == b"keep me"
    assert os.getxattr(last, "system.posix_acl_access") == ACCESS_LIST
    assert last.stat().st_mode == mode


def test_a_file_gets_no_access_list_from_the_journal(tree, root):
    """New files below a directory with a default list get one; the files from before have none."""
    if not has_extended_attributes(root):
        pytest.skip("this file system has no extended attributes")
    os.setxattr(root, "system.posix_acl_default", ACCESS_LIST)
    write_all(tree, root)
    assert state(tree) == {"new"}
    assert all("system.posix_acl_access" not in os.listxattr(path) for path in tree)


LOST = {
    "an extended attribute": (
        "setxattr",
        r"its extended attribute user\.note cannot be kept: Operation not",
    ),
    "the owner": ("chown", "its owner and group cannot be kept"),
}


@pytest.mark.parametrize("what", LOST)
def test_what_cannot_be_given_to_the_new_file_keeps_it_from_being_written(
    tree, root, monkeypatch, what
):
    *_, last = tree
    call, message = LOST[what]
    if not has_extended_attributes(last):
        pytest.skip("this file system has no extended attributes")
    os.setxattr(last, "user.note", b"keep me")

    def refuse(*args):
        raise PermissionError(errno.EPERM, "Operation not permitted")

    def given_away(path):
        status = os.lstat(path)
        is_last = what == "the owner" and path == last
        return os.stat_result([*status[:4], 77, *status[5:]]) if is_last else status

    functions = vars(os) | {"lstat": given_away, call: refuse}
    monkeypatch.setattr("tritonlint.fix.attributes.os", types.SimpleNamespace(**functions))
    with pytest.raises(WriteError, match=f"c\\.py cannot be written: {message}"):
        write_all(tree, root)
    assert state(tree) == {"old"}
    assert files(root) == set(tree)


def test_attributes_on_macos(tree, monkeypatch):
    """Simulated: the system calls that tritonlint makes there."""
    *_, last = tree
    copied = []

    class System:
        @staticmethod
        def copyfile(source, target, state, flags):
            copied.append((source, target, state, flags))
            return 0 if len(copied) == 1 else -1

    monkeypatch.setattr("ctypes.CDLL", lambda *args, **options: System)
    monkeypatch.setattr("tritonlint.fix.attributes.sys.platform", "darwin")
    assert obstacle(last, last.parent) is None
    other = last.with_name("other.py")
    other.write_bytes(b"")
    keep(other, last)
    access_list_and_attributes = 0b101
    assert copied == [(bytes(last), bytes(other), None, access_list_and_attributes)]
    with pytest.raises(LostAttributeError, match="its extended attributes cannot be kept"):
        keep(other, last)


# -- what fails ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "error",
    [lambda: OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt],
    ids=["a full disk", "interrupted"],
)
def test_whatever_fails_all_are_as_before(tree, root, disturb, error):
    """Each call fails in turn: then no file is new, or (if the call did not matter) all are."""

    def fail(*_):
        raise error()

    failed = 0
    for number in itertools.count(1):
        disturbed = disturb(number, fail)
        expected = ["new"]
        try:
            write_all(tree, root)
        except WriteError:
            expected = ["old"]
        except KeyboardInterrupt:
            expected = ["old", "new"]
        failed += expected != ["new"]
        (found,) = state(tree)
        assert found in expected, disturbed.calls
        if len(disturbed.calls) < number:
            break
        # If the journal could not be removed, the next start removes it.
        disturb(0, fail)
        recover(root, patience=0)
        assert state(tree) == {found}
        assert files(root) == set(tree)
        make_old(tree)
    assert failed > 20


@needs_fork
def test_killed_at_any_call(tree, root, killed):
    """The process is killed just before each of its calls; the next start makes the fix whole."""
    kills = 0
    seen = set()
    for number in itertools.count(1):
        if not killed(lambda: write_all(tree, root), number):
            break
        kills += 1
        before = tuple(states(tree))
        recovery = recover(root, patience=0)
        assert state(tree) == ({"old"} if before == ("old",) * 3 else {"new"})
        assert recovery is None or not recovery.is_stuck
        assert files(root) == set(tree)
        assert not (root / JOURNAL).exists()
        seen.add(before)
        make_old(tree)
    assert kills > 60
    assert seen == {("new",) * done + ("old",) * (3 - done) for done in range(4)}


@needs_fork
def test_killed_again_while_a_fix_is_finished(tree, root, killed):
    for number in itertools.count(1):
        assert killed(lambda: write_all(tree, root), 2, ("replace",))
        if not killed(lambda: recover(root, patience=0), number):
            break
        recover(root, patience=0)
        assert state(tree) == {"new"}
        assert files(root) == set(tree)
        make_old(tree)
    assert number > 10


SIGNALS = [s for s in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT") if hasattr(signal, s)]


@needs_fork
@pytest.mark.parametrize("name", SIGNALS)
@pytest.mark.parametrize(
    ("call", "number", "expected"),
    [
        ("mkdir", 1, "old"),
        ("fsync", 2, "old"),
        ("replace", 1, "new"),
        ("replace", 3, "new"),
        ("rmdir", 1, "new"),
    ],
)
def test_signals_wait_until_all_is_written_or_nothing(
    tree, root, disturb, in_a_process, name, call, number, expected
):
    number_of = getattr(signal, name)

    def write():
        signals.install()
        disturb(number, lambda *_: os.kill(os.getpid(), number_of), (call,))
        write_all(tree, root)

    status = in_a_process(write)
    assert status == (-number_of if name == "SIGQUIT" else 128 + number_of)
    assert state(tree) == {expected}
    assert files(root) == set(tree)


@needs_fork
def test_a_signal_that_was_ignored_stays_ignored(tree, root, disturb, in_a_process):
    def write():
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signals.install()
        disturb(1, lambda *_: os.kill(os.getpid(), signal.SIGHUP), ("replace",))
        write_all(tree, root)

    assert in_a_process(write) == 0
    assert state(tree) == {"new"}


# -- what others do meanwhile --------------------------------------------------------------


def replace_by_another(path):
    newer = path.with_suffix(".newer")
    newer.write_bytes(b"newer\n")
    os.rename(newer, path)


EDITS = {
    "written": lambda path: path.write_bytes(b"newer\n"),
    "written, of the same size": lambda path: path.write_bytes(b"OLD 0\n"),
    "emptied": lambda path: path.write_bytes(b""),
    "replaced": replace_by_another,
    "removed": lambda path: path.unlink(),
    "made a link": lambda path: (
        path.rename(path.with_suffix(".x")),
        path.symlink_to(path.with_suffix(".x")),
    ),
    "given another mode": lambda path: path.chmod(0o751),
    "linked": lambda path: os.link(path, path.with_suffix(".link")),
}


def look(path):
    if not os.path.lexists(path):
        return None
    status = path.lstat()
    return path.read_bytes(), status.st_ino, status.st_mode


#: When an edit is made: before which call, and to which file.
MOMENTS = [
    *(("mkdir", 1, position) for position in range(3)),
    *(("chmod", 1, position) for position in range(3)),
    *(("chmod", 3, position) for position in range(3)),
    *(("replace", 1, position) for position in (1, 2)),
    ("replace", 2, 2),
]


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
@pytest.mark.parametrize(("call", "number", "position"), MOMENTS)
def test_an_edit_made_meanwhile_is_kept_and_nothing_is_written(
    tree, root, disturb, edit, position, call, number
):
    edited = list(tree)[position]
    found = []

    def do(*_):
        edit(edited)
        found.append(look(edited))

    disturbed = disturb(number, do, (call,))
    with pytest.raises(WriteError, match=edited.name):
        write_all(tree, root)
    assert look(edited) == found[0], disturbed.calls
    del tree[edited]
    assert state(tree) == {"old"}
    assert not (root / JOURNAL).exists()


@pytest.mark.parametrize("position", [0, 1, 2])
def test_an_edit_between_the_comparison_and_the_rename_is_put_back(tree, root, disturb, position):
    """The rename takes the name away from the edited file; the journal still has a link to it.

    A new file that replaces the old one at that moment is lost: scripts/torture/races.py shows how
    rare that is.
    """
    edited = list(tree)[position]
    disturb(position + 1, lambda *_: edited.write_bytes(b"newer\n"), ("replace",))
    with pytest.raises(WriteError, match=f"{edited.name} changed on disk meanwhile"):
        write_all(tree, root)
    assert edited.read_bytes() == b"newer\n"
    del tree[edited]
    assert state(tree) == {"old"}
    assert not (root / JOURNAL).exists()


@pytest.mark.parametrize("call", ["link", "replace"])
def test_without_hard_links_there_is_a_copy(tree, root, monkeypatch, call):
    def refuse(*_):
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    if call == "link":
        write_all(tree, root)
        assert state(tree) == {"new"}
        return
    replace = os.replace
    *_, last = tree
    monkeypatch.setattr(os, "replace", lambda s, t: refuse() if t == last else replace(s, t))
    with pytest.raises(WriteError, match="Operation not permitted"):
        write_all(tree, root)
    assert state(tree) == {"old"}
    assert files(root) == set(tree)


def test_an_edit_of_a_file_that_is_written_already_is_kept(tree, root, disturb):
    """The second file can't be replaced; the first is put back unless somebody has changed it."""
    first, *_ = tree

    def do(*_):
        first.write_bytes(b"newer\n")
        raise OSError(errno.EBUSY, "Device or resource busy")

    disturb(2, do, ("replace",))
    with pytest.raises(WriteError, match=r"b\.py cannot be written: Device or resource busy"):
        write_all(tree, root)
    assert first.read_bytes() == b"newer\n"
    del tree[first]
    assert state(tree) == {"old"}
    assert not (root / JOURNAL).exists()


def test_what_cannot_be_put_back_is_told_and_the_next_start_does_it(tree, root, monkeypatch):
    _, second, third = tree
    replace = os.replace

    def busy(source, target):
        # From the third file on every rename fails, and the second file cannot be put back.
        if target == third or (target == second and "old-" in str(source)):
            raise OSError(errno.EBUSY, "Device or resource busy")
        replace(source, target)

    monkeypatch.setattr(os, "replace", busy)
    with pytest.raises(HalfWrittenError) as raised:
        write_all(tree, root)
    for part in (
        "the fix is half written: ",
        "c.py cannot be written: Device or resource busy",
        "new text and could not be put back: ",
        "b.py (Device or resource busy)",
        f"{root / JOURNAL} has both",
    ):
        assert part in str(raised.value)
    assert states(tree) == ["old", "new", "old"]
    # It still fails: the message is repeated, and nothing is lost.
    again = recover(root, patience=0)
    assert again.is_stuck
    assert "Device or resource busy" in again.said
    assert states(tree) == ["old", "new", "old"]
    monkeypatch.setattr(os, "replace", replace)
    assert "is taken back: 1 of 3 files" in recover(root, patience=0).said
    assert state(tree) == {"old"}
    assert files(root) == set(tree)


def contents(root):
    return {path.name: path.read_text() for path in root.glob("*.py")}


@pytest.mark.parametrize("delay", [0.1, 0.2, 0.25, 0.3, 0.35, 0.4])
def test_the_command_killed_at_any_moment(write, tritonlint, delay):
    root = write({name: text * 3 if name == "launch.py" else text for name, text in FILES.items()})
    before = contents(root)
    command = [sys.executable, "-m", "tritonlint", "--fix", "--no-cache", str(root)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        time.sleep(delay)
        process.kill()
    tritonlint("--no-cache", root)
    after = {"kernels.py": FIXED["kernels.py"], "launch.py": FIXED["launch.py"] * 3}
    assert contents(root) in (before, after)
    assert {path.name for path in files(root)} == {"kernels.py", "launch.py", "tritonlint.toml"}


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


#: Options, the new text of a file, and why there is no fix.
NEWER = {
    "a fix": (["--fix"], "# newer\n" + LAUNCH, "launch.py changed on disk meanwhile"),
    "the edits of a report": ([], LAUNCH.replace("x, n)", "xyz,)"), "not where they were seen"),
}


@pytest.mark.parametrize(("options", "newer", "reason"), NEWER.values(), ids=NEWER)
def test_a_file_that_changes_while_the_command_runs(
    write, tritonlint, monkeypatch, options, newer, reason
):
    """The finding is about an old text: the file is left as it is now."""
    root = write(FILES)

    def survey_then_change(self, load=Loader.load):
        project = load(self)
        (root / "launch.py").write_text(newer)
        return project

    monkeypatch.setattr(Loader, "load", survey_then_change)
    completed = tritonlint(*options, "--no-cache", "--output-format", "json", root)
    assert contents(root) == FILES | {"launch.py": newer}
    [found] = completed.findings
    assert found["fix_blocked_by"].endswith(reason)


def test_no_other_fix_is_made_of_a_file_that_changes(write, tritonlint, monkeypatch):
    """The launch cannot be edited, so the parameter stays; it is not named in a list instead."""
    tuned = KERNELS.replace("(x, n)", "(x, n: tl.constexpr)").replace(
        "import triton\n", "import triton\nimport triton.language as tl\n"
    )
    files = FILES | {"kernels.py": tuned, "launch.py": LAUNCH.replace(", n)", ", 3)")}
    root = write(files)

    def survey_then_change(self, load=Loader.load):
        project = load(self)
        (root / "launch.py").write_text("# newer\n" + files["launch.py"])
        return project

    monkeypatch.setattr(Loader, "load", survey_then_change)
    tritonlint("--fix", "--no-cache", root)
    assert (root / "kernels.py").read_text() == tuned


def test_a_file_that_changes_just_before_it_is_written(write, tritonlint, monkeypatch):
    root = write(FILES)
    newer = LAUNCH + "# newer\n"

    def change_then_write(changes, of, write=write_all):
        (root / "launch.py").write_text(newer)
        write(changes, of)

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


def test_a_repository_in_a_project_is_fixed_by_itself(write, tritonlint):
    """A launch in it keeps a kernel of the outer project as it is."""
    root = write(
        {
            "a.py": KERNELS,
            "inner/.git/HEAD": "",
            "inner/kernels.py": KERNELS.replace("def kernel(x, n)", "def other(x, m)"),
            "inner/launch.py": (
                "from a import kernel\nfrom kernels import other\n\n"
                "kernel[(1,)](x, n)\nother[(1,)](x, m)\n"
            ),
        }
    )
    (root / ".git").mkdir()
    completed = tritonlint("--fix", "--no-cache", root)
    assert (completed.status, completed.err) == (1, "")
    assert "`kernel` is named in a repository inside the project at" in completed.out
    assert (root / "a.py").read_text() == KERNELS
    assert "def other(x)" in (root / "inner/kernels.py").read_text()
    launch = (root / "inner/launch.py").read_text()
    assert launch.endswith("kernel[(1,)](x, n)\nother[(1,)](x)\n")


def test_a_project_whose_fix_cannot_be_written_keeps_no_other_from_being_fixed(
    write, tritonlint, monkeypatch
):
    # Code beside a project may use its kernels, so each kernel has its own name.
    before, after = (
        {
            name: {f: re.sub(r"\bkernel\b", f"of_{name}", t) for f, t in files.items()}
            for name in "ab"
        }
        for files in (FILES, FIXED)
    )
    root = write({f"{name}/{f}": text for name in "ab" for f, text in before[name].items()})
    for name in "ab":
        (root / name / ".git").mkdir()
    replace = os.replace

    def fail(source, target):
        if "/a/" in str(target):
            raise OSError(errno.ENOSPC, "No space left on device")
        replace(source, target)

    monkeypatch.setattr(os, "replace", fail)
    completed = tritonlint("--fix", "--no-cache", "--output-format", "concise", root)
    assert completed.status == 2
    assert completed.err.count("nothing was fixed: ") == 1
    assert contents(root / "a") == before["a"]
    assert contents(root / "b") == after["b"]
    assert completed.out.count("TRL001") == 1
