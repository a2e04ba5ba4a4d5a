"""The journal of a fix: the next start finishes it, and trusts only what this user wrote."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from hashlib import blake2b

import pytest

from tritonlint.files.roots import JOURNAL
from tritonlint.fix.journal import Content, Entry, Journal, _code, _header
from tritonlint.fix.recovery import recover
from tritonlint.fix.write import Change, WriteError, write_all
from tritonlint.store import secret
from tritonlint.store.lock import BusyError, only_one

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no processes are forked here")

KERNELS = "import triton\n\n\n@triton.jit\ndef kernel(x, n):\n    x.store(0)\n"
LAUNCH = "from kernels import kernel\n\nkernel[(1,)](x, n)\n"
FILES = {"kernels.py": KERNELS, "launch.py": LAUNCH, "sub/other.py": f"# other\n{LAUNCH}"}
CHANGES = {name: (text, text.replace(", n", "")) for name, text in FILES.items()}


@pytest.fixture
def root(write):
    return write(FILES)


@pytest.fixture
def cut_short(root, killed):
    """Kill the fix of all files before a rename (from 1 on), or before the journal is removed."""
    changes = {
        root / name: Change(before.encode(), after.encode())
        for name, (before, after) in CHANGES.items()
    }

    def cut_short(number, call="replace"):
        assert killed(lambda: write_all(changes, root), number, (call,))
        assert (root / JOURNAL).is_dir()

    return cut_short


def texts(root):
    return {name: (root / name).read_text() for name in FILES}


def state(root):
    """Which files are old and which new; any other text is shown."""
    names = {before: "old" for before, _ in CHANGES.values()}
    names |= {after: "new" for _, after in CHANGES.values()}
    return [names.get(text, text) for text in texts(root).values()]


def recovered(root):
    return recover(root, patience=0)


# -- what the next start makes of it -------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "call", "said", "expected"),
    [
        (1, "mkdir", None, "old"),
        (1, "chmod", "a fix in ROOT was cut short before it changed a file: it is dropped", "old"),
        (
            1,
            "replace",
            "a fix in ROOT was cut short before it changed a file: it is dropped",
            "old",
        ),
        (2, "replace", "is finished now: 2 of 3 files were still to be written", "new"),
        (3, "replace", "is finished now: 1 of 3 files were still to be written", "new"),
        (1, "rmdir", None, "new"),
        (4, "unlink", "is finished now: 0 of 3 files were still to be written", "new"),
    ],
)
def test_it_is_finished_or_dropped(root, killed, cut_short, number, call, said, expected):
    if call == "mkdir":
        # It is killed before anything is there, so there is nothing to do.
        changes = {root / n: Change(b.encode(), a.encode()) for n, (b, a) in CHANGES.items()}
        assert killed(lambda: write_all(changes, root), number, (call,))
    else:
        cut_short(number, call)
    recovery = recovered(root)
    if said is None:
        assert recovery is None
    else:
        assert said.replace("ROOT", str(root)) in recovery.said
        assert not recovery.is_stuck
    assert set(state(root)) == {expected}
    assert not (root / JOURNAL).exists()
    assert recovered(root) is None


def test_all_files_restored_by_hand_means_that_it_is_dropped(root, cut_short):
    """As `git checkout .` does."""
    cut_short(3)
    for name, text in FILES.items():
        (root / name).write_text(text)
    assert "it is dropped" in recovered(root).said
    assert set(state(root)) == {"old"}


CHANGED = {
    "edited": lambda path: path.write_text("# mine\n"),
    "removed": lambda path: path.unlink(),
    "made a link": lambda path: (path.unlink(), path.symlink_to("tritonlint.toml")),
    "made a directory": lambda path: (path.unlink(), path.mkdir()),
    "made a pipe": lambda path: (path.unlink(), os.mkfifo(path)),
}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("change", CHANGED.values(), ids=CHANGED)
def test_a_file_that_somebody_changed_since_is_left_alone_and_so_are_all(
    root, cut_short, name, change
):
    cut_short(3)
    expected = dict(zip(FILES, state(root), strict=True))
    change(root / name)
    recovery = recovered(root)
    assert recovery.is_stuck
    assert f"and {name} changed since: nothing was touched" in recovery.said
    assert f"`tritonlint clean {root}`" in recovery.said
    for other in FILES.keys() - {name}:
        text = (root / other).read_text()
        assert text == CHANGES[other][expected[other] == "new"]
    # The message is repeated until somebody decides.
    assert recovered(root).said == recovery.said


@pytest.mark.parametrize(
    ("number", "said"),
    [(3, "1.py, 2.py, 3.py changed"), (4, "1.py, 2.py, 3.py and 1 more changed")],
)
def test_of_many_files_that_somebody_changed_a_few_are_named(write, killed, number, said):
    root = write({f"{i}.py": LAUNCH for i in range(6)})
    change = Change(LAUNCH.encode(), CHANGES["launch.py"][1].encode())
    changes = {root / f"{i}.py": change for i in range(6)}
    assert killed(lambda: write_all(changes, root), 2, ("replace",))
    for i in range(1, number + 1):
        (root / f"{i}.py").write_text("# mine\n")
    assert f"cut short, and {said} since" in recovered(root).said


def test_a_directory_that_became_a_link_out_of_the_project_is_not_followed(root, cut_short):
    cut_short(3)
    outside = root.parent / "outside"
    shutil.move(root / "sub", outside)
    (root / "sub").symlink_to(outside)
    assert "sub/other.py changed since" in recovered(root).said
    assert (outside / "other.py").read_text() == FILES["sub/other.py"]


def test_with_the_file_as_it_was_it_is_finished_after_all(root, cut_short):
    cut_short(3)
    (root / "launch.py").write_text("# mine\n")
    assert recovered(root).is_stuck
    (root / "launch.py").write_text(CHANGES["launch.py"][1])
    assert "is finished now" in recovered(root).said
    assert set(state(root)) == {"new"}


def test_a_mode_that_was_changed_since_stays(root, cut_short):
    cut_short(2)
    (root / "launch.py").chmod(0o751)
    recovered(root)
    assert set(state(root)) == {"new"}
    assert (root / "launch.py").stat().st_mode & 0o777 == 0o751


def test_a_damaged_journal_is_told(root, cut_short):
    cut_short(2)
    for copy in (root / JOURNAL).glob("*-*"):
        copy.unlink()
        copy.write_text("")
    recovery = recovered(root)
    assert recovery.is_stuck
    assert (
        "its journal is damaged: nothing was touched; written already: kernels.py" in recovery.said
    )
    assert state(root) == ["new", "old", "old"]


def test_what_cannot_be_finished_is_told(root, cut_short, monkeypatch):
    cut_short(2)

    def full(source, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tritonlint.fix.recovery.os.replace", full)
    recovery = recovered(root)
    assert recovery.is_stuck
    assert "can't be finished: No space left on device" in recovery.said
    assert str(root / JOURNAL) in recovery.said


# -- through the command -------------------------------------------------------------------

COMMANDS = {
    "a check": ("--no-cache", "ROOT"),
    "a check of one file": ("--no-cache", "ROOT/sub/other.py"),
    "a check with a cache": ("ROOT",),
    "a diff": ("--diff", "--no-cache", "ROOT"),
    "a fix": ("--fix", "--no-cache", "ROOT"),
    "a list of the files": ("--show-files", "ROOT"),
    "clean": ("clean", "ROOT"),
}


@pytest.mark.parametrize("arguments", COMMANDS.values(), ids=COMMANDS)
def test_any_command_finishes_it(root, cut_short, tritonlint, arguments):
    cut_short(2)
    completed = tritonlint(*(argument.replace("ROOT", str(root)) for argument in arguments))
    assert completed.status == 0
    assert completed.err == (
        f"tritonlint: a fix in {root} was cut short, and is finished now: "
        "2 of 3 files were still to be written\n"
    )
    assert set(state(root)) == {"new"}
    assert not (root / JOURNAL).exists()


def test_a_check_goes_on_where_it_cannot_be_finished_and_a_fix_does_not(
    root, cut_short, tritonlint
):
    cut_short(2)
    (root / "launch.py").write_text("# mine\n")
    before = texts(root)
    completed = tritonlint("--no-cache", "--output-format", "json", root)
    # Half a fix leaves a launch that does not bind.
    assert (completed.status, [f["code"] for f in completed.findings]) == (1, ["TRL903"])
    assert "launch.py changed since" in completed.err
    for option in ("--fix", "--diff"):
        completed = tritonlint(option, "--no-cache", root)
        assert completed.status == 2
        assert "nothing was fixed: a fix in" in completed.err
        assert "launch.py changed since" in completed.err
        assert texts(root) == before
    # The way out that the message names.
    completed = tritonlint("clean", root)
    assert completed.status == 0
    assert "all files are left as they are" in completed.out
    assert texts(root) == before
    assert not (root / JOURNAL).exists()


def test_clean_finishes_it_also_where_a_cache_is_not_its_own(root, cut_short, tritonlint):
    cut_short(2)
    (root / ".tritonlint_cache").mkdir()
    (root / ".tritonlint_cache/mine.txt").touch()
    completed = tritonlint("clean", root)
    assert completed.status == 2
    assert "is finished now" in completed.err
    assert "cannot remove" in completed.err
    assert set(state(root)) == {"new"}


def test_without_a_journal_nothing_is_loaded_for_it(root):
    script = (
        "import sys; from tritonlint.cli import main; main(sys.argv[1:]); "
        "print([name for name in sys.modules if 'journal' in name or 'recovery' in name])"
    )
    command = [sys.executable, "-c", script, "--no-cache", "--quiet", str(root / "launch.py")]
    completed = subprocess.run(command, capture_output=True, text=True, check=True)
    assert completed.stdout == "[]\n"


# -- two at once ---------------------------------------------------------------------------


def test_a_second_fix_says_who_is_at_it(root, tritonlint, monkeypatch):
    monkeypatch.setattr("tritonlint.store.lock.PATIENCE", 0.0)
    with only_one(root):
        completed = tritonlint("--fix", "--no-cache", "--output-format", "concise", root)
    assert completed.status == 2
    assert "nothing was fixed: another tritonlint" in completed.err
    if sys.platform == "linux":
        assert f"(process {os.getpid()}) is fixing files in {root}" in completed.err
    assert "TRL001 [*]" in completed.out
    assert set(state(root)) == {"old"}
    assert tritonlint("--fix", "--no-cache", root).status == 0


def test_a_second_fix_waits_for_the_first(root):
    command = [sys.executable, "-m", "tritonlint", "--fix", "--no-cache", str(root)]
    runs = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    said = [run.communicate()[1] for run in runs]
    assert [run.returncode for run in runs] == [0, 0, 0]
    assert said == [""] * 3
    assert set(state(root)) == {"new"}


def test_the_lock_of_a_killed_run_keeps_nobody_out(root, in_a_process):
    def die_with_the_lock():
        with only_one(root):
            os.kill(os.getpid(), 9)

    assert in_a_process(die_with_the_lock) == -9
    with only_one(root, patience=0):
        pass


def test_what_is_being_written_just_now_is_not_taken_for_unfinished(root, cut_short, monkeypatch):
    cut_short(2)
    with only_one(root):
        recovery = recovered(root)
    assert recovery.is_stuck
    assert "is fixing files in" in recovery.said
    assert state(root) == ["new", "old", "old"]


def test_a_file_system_without_locks_is_no_obstacle(root, monkeypatch):
    import fcntl

    def none(*_):
        raise OSError(37, "No locks available")

    monkeypatch.setattr(fcntl, "flock", none)
    with only_one(root, patience=0), only_one(root, patience=0):
        pass


def test_the_lock_on_windows(root, monkeypatch):
    """Simulated: a file of the user's replaces the directory, which can't be opened there."""
    taken = set()

    class Msvcrt:
        LK_NBLCK = 2

        @staticmethod
        def locking(descriptor, mode, length):
            assert (mode, length) == (2, 1)
            file = os.fstat(descriptor).st_ino
            if file in taken:
                raise PermissionError(13, "Permission denied")
            taken.add(file)

    monkeypatch.setitem(sys.modules, "msvcrt", Msvcrt)
    monkeypatch.setattr("tritonlint.store.lock.sys.platform", "win32")
    with only_one(root, patience=0):
        with pytest.raises(BusyError), only_one(root, patience=0):
            pass
        with only_one(root.parent, patience=0):
            pass


def test_a_second_writer_does_not_touch_the_journal_of_the_first(root, cut_short):
    cut_short(2)
    before = sorted((root / JOURNAL).iterdir())
    (root / "later.py").write_text("old\n")
    change = {root / "later.py": Change(b"old\n", b"new\n")}
    with pytest.raises(WriteError, match="a fix is unfinished; run tritonlint again"):
        write_all(change, root)
    assert sorted((root / JOURNAL).iterdir()) == before


# -- whose it is ---------------------------------------------------------------------------


def plan(root, entries, key=None):
    """A plan that is written with the key, or without it."""
    text = json.dumps(entries).encode()
    return _header(key, root) + text + b"\n" + _code(key, root, text, b"plan") + b"\n"


def entry(name, before, after):
    return Entry(name, Content.of(before.encode()), Content.of(after.encode()))


def forge(root, data, new="import os\n", old=KERNELS):
    """A journal that a repository may contain, which would replace one of two files."""
    journal = root / JOURNAL
    journal.mkdir()
    (journal / ".gitignore").write_text("*\n")
    (journal / "plan").write_bytes(data)
    (journal / "new-0").write_text(new)
    (journal / "old-0").write_text(old)


HEADER_OF_ANOTHER = b"tritonlint journal 1 " + blake2b(b"?", digest_size=32).hexdigest().encode()


def planned(root):
    return [
        entry("kernels.py", KERNELS, "import os\n"),
        entry("launch.py", "nothing that is there", LAUNCH),
    ]


FORGED = {
    "no code": lambda root: plan(root, planned(root)),
    "another user's key": lambda root: plan(root, planned(root), b"k" * 32),
    "no plan at all": lambda root: b"",
    "an old header, another text": lambda root: (
        _header(secret.make_key(), root) + json.dumps(planned(root)).encode() + b"\n" + b"0" * 64
    ),
    "a code that belongs to another place": lambda root: plan(
        root.parent / "elsewhere", planned(root), secret.make_key()
    ),
    "a header's code as the plan's": lambda root: (
        _header(secret.make_key(), root) + b"\n" + _header(secret.make_key(), root)[21:]
    ),
    "deep JSON": lambda root: HEADER_OF_ANOTHER + b"\n" + b"[" * 1_000_000,
    "no JSON": lambda root: b"\0\xff" * 100,
}


@pytest.mark.parametrize("forged", FORGED.values(), ids=FORGED)
@pytest.mark.parametrize("has_key", [True, False], ids=["with a key", "without"])
def test_a_journal_that_is_not_provably_ones_own_is_left_alone(
    root, tritonlint, forged, has_key, monkeypatch
):
    data = forged(root)
    if not has_key:
        monkeypatch.setattr(secret, "_directories", lambda: iter(()))
    forge(root, data)
    before = sorted(path.name for path in (root / JOURNAL).iterdir())
    recovery = recovered(root)
    assert recovery.is_stuck
    assert recovery.journal is None
    assert f"{root / JOURNAL} is not your journal" in recovery.said
    # A check continues, a fix does not, and the message says what to do.
    completed = tritonlint("--no-cache", root)
    assert completed.status == 1
    assert completed.err.count("\n") == 1
    completed = tritonlint("--fix", "--no-cache", root)
    assert completed.status == 2
    assert "until it is deleted nothing can be fixed" in completed.err
    completed = tritonlint("clean", root)
    assert completed.status == 2
    assert "is not your journal" in completed.err
    assert set(state(root)) == {"old"}
    assert sorted(path.name for path in (root / JOURNAL).iterdir()) == before
    shutil.rmtree(root / JOURNAL)
    assert tritonlint("--fix", "--no-cache", root).status == 0


def link_to_the_journal(root, journal):
    moved = root.parent / "moved"
    shutil.move(journal, moved)
    journal.symlink_to(moved)


def link_in_place_of(name):
    def make(root, journal):
        moved = root.parent / "moved"
        shutil.move(journal / name, moved)
        (journal / name).symlink_to(moved)

    return make


def pipe_in_place_of(name):
    def make(root, journal):
        (journal / name).unlink()
        os.mkfifo(journal / name)

    return make


def huge(root, journal):
    with open(journal / "plan", "ab") as file:
        file.truncate(1 << 40)


PLACES = {
    "the directory is a link": link_to_the_journal,
    "the plan is a link": link_in_place_of("plan"),
    "the plan is a pipe": pipe_in_place_of("plan"),
    "the plan is huge": huge,
    "the directory is a file": lambda root, journal: (shutil.rmtree(journal), journal.touch()),
}


@pytest.mark.parametrize("change", PLACES.values(), ids=PLACES)
def test_what_is_no_plain_journal_is_left_alone(root, cut_short, change):
    cut_short(2)
    change(root, root / JOURNAL)
    recovery = recovered(root)
    assert recovery.is_stuck
    assert "is not your journal" in recovery.said
    assert state(root) == ["new", "old", "old"]


@pytest.mark.parametrize(
    "change",
    [
        lambda root, journal: (journal / "new-1").write_text("import os\n"),
        link_in_place_of("new-1"),
        pipe_in_place_of("new-1"),
        lambda root, journal: (journal / "new-1").unlink(),
    ],
    ids=["another text", "a link", "a pipe", "gone"],
)
def test_a_text_that_was_not_planned_is_not_written(root, cut_short, change):
    """Then the fix is undone with the copies of the old texts, which are checked too."""
    cut_short(2)
    change(root, root / JOURNAL)
    assert "is taken back: 1 of 3 files had been written" in recovered(root).said
    assert set(state(root)) == {"old"}
    assert not (root / JOURNAL).exists()


NAMES = ["../outside.py", "/etc/outside.py", "sub/../../outside.py", "", ".", "sub//x.py"]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_leads_out_is_refused_even_in_ones_own_plan(root, name):
    outside = root.parent / "outside.py"
    outside.write_text("old\n")
    forge(root, plan(root, [entry(name, "old\n", "new\n")], secret.make_key()), "new\n", "old\n")
    assert "is not your journal" in recovered(root).said
    assert outside.read_text() == "old\n"


def test_what_does_not_belong_to_the_journal_stays(root, cut_short):
    cut_short(2)
    mine = root / JOURNAL / "mine.txt"
    mine.write_text("keep")
    recovery = recovered(root)
    assert recovery.is_stuck
    assert "is finished now" in recovery.said
    assert (
        f"{root / JOURNAL} cannot be removed, and nothing is fixed until it is: " in recovery.said
    )
    assert set(state(root)) == {"new"}
    assert mine.read_text() == "keep"


def test_half_a_plan_is_known_to_be_ones_own(root):
    whole = plan(root, planned(root), secret.make_key())
    for length in range(0, len(whole), 7):
        (root / JOURNAL).mkdir()
        (root / JOURNAL / ".gitignore").write_text("*\n"[: length % 3])
        (root / JOURNAL / "plan").write_bytes(whole[:length])
        assert recovered(root) is None
        assert not (root / JOURNAL).exists()


# -- the key -------------------------------------------------------------------------------


def test_the_key_is_made_once_and_for_the_user_alone(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "state").mkdir()
    key = secret.make_key()
    assert len(key) == 32
    assert secret.make_key() == key
    assert key in secret.known_keys()
    directory = tmp_path / "state/tritonlint"
    assert [path.name for path in directory.iterdir()] == ["key"]
    assert directory.stat().st_mode & 0o077 == 0
    assert (directory / "key").stat().st_mode & 0o077 == 0


def test_many_processes_make_one_key(tmp_path, monkeypatch, in_a_process):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    script = "import sys; from tritonlint.store import secret; print(secret.make_key().hex())"
    runs = [
        subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) for _ in range(8)
    ]
    assert len({run.communicate()[0] for run in runs}) == 1
    assert [path.name for path in (tmp_path / "tritonlint").iterdir()] == ["key"]


UNSAFE_KEYS = {
    "others can write it": lambda directory: (directory / "key").chmod(0o622),
    "others can write beside it": lambda directory: directory.chmod(0o777),
    "it is a link": lambda directory: (
        (directory / "key").rename(directory / "other"),
        (directory / "key").symlink_to("other"),
    ),
    "the directory is a link": lambda directory: (
        directory.rename(directory.with_name("moved")),
        directory.symlink_to("moved"),
    ),
    "it is short": lambda directory: (directory / "key").write_bytes(b"k"),
    "it is empty": lambda directory: (directory / "key").write_bytes(b""),
}


@pytest.mark.parametrize("change", UNSAFE_KEYS.values(), ids=UNSAFE_KEYS)
def test_a_key_that_others_may_have_made_is_not_used(tmp_path, monkeypatch, change):
    monkeypatch.setattr(secret, "_directories", lambda: iter([tmp_path / "state"]))
    assert secret.make_key() is not None
    change(tmp_path / "state")
    assert list(secret.known_keys()) == []
    assert secret.make_key() is None


@pytest.mark.parametrize("home", ["", "/", "/nonexistent", "relative"])
def test_without_a_home_the_key_lies_where_all_users_have_one(monkeypatch, home):
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setenv("HOME", home)
    first = next(secret._directories())
    assert str(first) == f"/tmp/tritonlint-{os.geteuid()}"


def test_with_no_place_for_a_key_files_are_written_all_the_same(root, cut_short, monkeypatch):
    """Then a killed fix is not finished automatically; the next start reports it instead."""
    monkeypatch.setattr(secret, "_directories", lambda: iter(()))
    cut_short(2)
    assert "is not your journal" in recovered(root).said
    shutil.rmtree(root / JOURNAL)
    change = {root / "launch.py": Change(LAUNCH.encode(), b"x = 1\n")}
    write_all(change, root)
    assert (root / "launch.py").read_text() == "x = 1\n"


def test_names_that_are_no_text_come_back(root, killed):
    name = os.fsdecode(b"not\xffutf8 \n.py")
    (root / name).write_text("old\n")
    changes = {
        root / "kernels.py": Change(KERNELS.encode(), b"x = 1\n"),
        root / name: Change(b"old\n", b"new\n"),
    }
    assert killed(lambda: write_all(changes, root), 2, ("replace",))
    assert "is finished now" in recovered(root).said
    assert (root / name).read_text() == "new\n"


def test_the_directory_of_the_journal_is_no_code(root, cut_short, tritonlint):
    """git leaves it out of commits, and tritonlint checks nothing in it."""
    cut_short(2)
    assert (root / JOURNAL / ".gitignore").read_text() == "*\n"
    (root / "launch.py").write_text("# mine\n")
    listed = tritonlint("--show-files", root).out
    assert JOURNAL not in listed


def test_a_journal_begins_with_the_user_alone(root):
    journal = Journal(root, planned(root))
    journal.begin()
    assert journal.directory.stat().st_mode & 0o077 == 0
    journal.remove()
    assert not journal.directory.exists()
