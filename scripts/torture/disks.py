"""Runs `tritonlint --fix` on disks that are full, busy, read-only or in several parts.

    python scripts/torture/disks.py [--steps 60]

This mounts small file systems in its own mount namespace, and needs root on Linux. Whatever the
problem is, all files must be old or all new, nothing may be left after the next start, and the
message must be plain.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from shared import COMMAND, JOURNAL, KERNELS, LAUNCH, show

#: The files are large, so that the journal of a fix needs many blocks.
FILES = {
    "kernels.py": KERNELS + "# x\n" * 5_000,
    "launch.py": LAUNCH + "# y\n" * 5_000,
    "sub/other.py": f"# other\n{LAUNCH}" + "# z\n" * 5_000,
}
FIXED = {name: text.replace(", n)", ")", 1) for name, text in FILES.items()}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--inside", metavar="DIRECTORY", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside is None:
        if os.geteuid() != 0 or shutil.which("unshare") is None:
            print("this needs to be root, and unshare")
            return 2
        with tempfile.TemporaryDirectory(prefix="tritonlint-disks-") as directory:
            again = [sys.executable, __file__, "--steps", str(options.steps), "--inside", directory]
            return subprocess.run(["unshare", "-m", *again], check=False).returncode
    # Not every kind of file system knows the flags of `chattr`; this one does.
    plain = options.inside
    base = plain / "mounts"
    base.mkdir()
    mount(base, "-t", "tmpfs", "tmpfs")
    os.environ["XDG_STATE_HOME"] = str(base)
    wrong = full_disks(base, options.steps) + obstacles(base, plain)
    print("all held" if not wrong else f"{wrong} did not hold")
    return 1 if wrong else 0


def mount(place: Path, *arguments: str) -> None:
    subprocess.run(["mount", *arguments, str(place)], check=True)


def make(root: Path) -> None:
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    (root / "tritonlint.toml").touch()


def state(root: Path) -> str:
    for what, texts in (("old", FILES), ("new", FIXED)):
        if all((root / name).read_text() == text for name, text in texts.items()):
            return what
    return "mixed"


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, "--output-format", "concise", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )


def judge(root: Path, completed: subprocess.CompletedProcess[str], expected: str = "") -> str:
    said = completed.stderr.strip()
    after = state(root)
    run("--show-files", root / "kernels.py")
    again = state(root)
    is_plain = "Traceback" not in said and "bug" not in said and said.count("\n") == 0
    fits = after == ("new" if completed.returncode == 0 else "old")
    if not (is_plain and fits and again == after) or (root / JOURNAL).exists():
        return f"WRONG: status {completed.returncode}, {after} -> {again}: {said}"
    if expected and expected not in said + completed.stdout:
        return f"WRONG: not said: {expected}: {said}{completed.stdout}"
    reason = said.rpartition(": ")[2] or expected
    return f"status {completed.returncode}, {after}{', ' if reason else ''}{reason}"


def full_disks(base: Path, steps: int) -> int:
    """Try with less and less free space, down to none."""
    counts = Counter[str]()
    for cache in ("--no-cache", "--cache-dir"):
        for step in range(steps):
            root = base / "full"
            root.mkdir(exist_ok=True)
            mount(root, "-t", "tmpfs", "-o", "size=512k", "tmpfs")
            make(root)
            free = os.statvfs(root).f_bavail * 4096
            filler = max(free - step * 4096, 0)
            (root / "filler").write_bytes(b"x" * filler)
            options = [cache] if cache == "--no-cache" else [cache, root / "cache"]
            counts[judge(root, run("--fix", *options, root))] += 1
            subprocess.run(["umount", str(root)], check=True)
    show(f"with 0 to {steps - 1} free blocks, without and with a cache: {2 * steps}", counts)
    return sum(number for what, number in counts.items() if "WRONG" in what)


def busy(root: Path) -> None:
    mount(root / "launch.py", "--bind", str(root / "launch.py"))


def read_only(root: Path) -> None:
    mount(root, "-o", "remount,ro")


def another_file_system(root: Path) -> None:
    shutil.move(root / "sub", root.parent / "moved")
    (root / "sub").mkdir()
    mount(root / "sub", "-t", "tmpfs", "tmpfs")
    shutil.copy(root.parent / "moved/other.py", root / "sub/other.py")
    shutil.rmtree(root.parent / "moved")


def full_home(root: Path) -> None:
    home = root.parent / "home"
    home.mkdir()
    mount(home, "-t", "tmpfs", "-o", "size=4k", "tmpfs")
    os.environ["XDG_STATE_HOME"] = str(home)


def no_semaphores(root: Path) -> None:
    for number in range(60):
        (root / f"m{number}.py").write_text("import triton\n")
    mount(Path("/dev/shm"), "-t", "tmpfs", "-o", "ro", "tmpfs")


def chattr(flag: str, name: str) -> Callable[[Path], None]:
    return lambda root: subprocess.run(["chattr", flag, root / name], check=True) and None


OBSTACLES: dict[str, tuple[Callable[[Path], None], str]] = {
    "a file that is a mount": (busy, "Device or resource busy"),
    "a read-only file system": (read_only, "is read-only"),
    "another file system below": (another_file_system, "is on another file system than"),
    "no room for the key": (full_home, ""),
    "/dev/shm is read-only": (no_semaphores, ""),
    "an immutable file": (chattr("+i", "launch.py"), "is immutable"),
    "a file that may only grow": (chattr("+a", "launch.py"), "is immutable"),
    "an immutable directory": (chattr("+i", "sub"), "is immutable"),
    "two hard links": (
        lambda root: os.link(root / "launch.py", root / "link.txt"),
        "it has 2 hard links",
    ),
    "a file without its write bit": (
        lambda root: (root / "launch.py").chmod(0o444),
        "it is read-only",
    ),
}


def obstacles(base: Path, plain: Path) -> int:
    counts = Counter[str]()
    for name, (put, expected) in OBSTACLES.items():
        root = (plain if put.__name__ == "<lambda>" else base) / "obstacle"
        root.mkdir()
        if name in ("a file that is a mount", "a read-only file system"):
            mount(root, "-t", "tmpfs", "tmpfs")
        make(root)
        put(root)
        completed = run("--fix", "--no-cache", "--jobs", "3", root)
        counts[f"{name}: {judge_obstacle(root, completed, expected)}"] += 1
        subprocess.run(["chattr", "-R", "-ia", root], capture_output=True, check=False)
        for inner in ("sub", "launch.py", ".", "/dev/shm"):
            subprocess.run(["umount", root / inner], capture_output=True, check=False)
        shutil.rmtree(root)
    show(f"what is in the way: {len(OBSTACLES)}", counts)
    return sum(number for what, number in counts.items() if "WRONG" in what)


def judge_obstacle(root: Path, completed: subprocess.CompletedProcess[str], expected: str) -> str:
    """A known obstacle is reported with the finding, which stays: status 1."""
    if completed.returncode == 1:
        completed.stdout += run("--no-cache", "--output-format", "json", root).stdout
        completed.returncode = 2
        return judge(root, completed, expected).replace("status 2", "status 1")
    return judge(root, completed, expected)


if __name__ == "__main__":
    sys.exit(main())
