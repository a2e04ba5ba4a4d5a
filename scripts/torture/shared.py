"""What the campaigns share: a tree with many fixes, its two states, and the command."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tritonlint.files.roots import JOURNAL, project_root

COMMAND = [sys.executable, "-m", "tritonlint"]

KERNELS = "import triton\n\n\n@triton.jit\ndef kernel(x, n):\n    x.store(0)\n"
LAUNCH = "from kernels import kernel\n\nkernel[(1,)](x, n)\n"
#: A tree of which a fix changes every file.
SMALL = {"kernels.py": KERNELS, "launch.py": LAUNCH, "sub/other.py": f"# other\n{LAUNCH}"}


class Tree:
    """A copy of a tree, what `--fix` changes in it, and the cache that makes runs on it short."""

    def __init__(self, root: Path, directory: Path) -> None:
        self.root = root
        cache = directory / "cache"
        options = ["--unsafe-fixes", "--cache-dir", str(cache), "--quiet"]
        self.fix = [*COMMAND, "--fix", *options, str(root)]
        self.all_files = {path: path.read_bytes() for path in _files(root)}
        # Files that changed a moment ago are not in a cache.
        for path in self.all_files:
            os.utime(path, (1_600_000_000,) * 2)
        subprocess.run([*COMMAND, *options, str(root)], stdout=subprocess.DEVNULL, check=False)
        # This is a first run like the later ones; its results stay in the cache.
        subprocess.run(self.fix, stdout=subprocess.DEVNULL, check=False)
        self.before, self.after = {}, {}
        for path in _files(root):
            data = path.read_bytes()
            if data != self.all_files[path]:
                self.before[path], self.after[path] = self.all_files[path], data
        assert self.after, "nothing is fixed in that tree"
        roots = {project_root(path) for path in self.after}
        assert roots == {root}, f"a tree is one project; this one has {sorted(roots)}"
        self.reset()

    def reset(self) -> None:
        """Make all files old, and remove what is left of a run."""
        shutil.rmtree(self.root / JOURNAL, ignore_errors=True)
        for path, data in self.before.items():
            if path.read_bytes() != data:
                path.write_bytes(data)
                os.utime(path, (1_600_000_000,) * 2)

    def state(self) -> str:
        """`old`, `new`, `mixed`, or what is wrong."""
        states = Counter[str]()
        for path in self.after:
            data = path.read_bytes() if path.is_file() else None
            if data == self.before[path]:
                states["old"] += 1
            elif data == self.after[path]:
                states["new"] += 1
            else:
                return f"wrong: {path}"
        return next(iter(states)) if len(states) == 1 else "mixed"

    def left(self) -> list[Path]:
        """Files that only a run can have put there."""
        return sorted(set(_files(self.root)) - self.all_files.keys())

    def next_starts(self) -> Iterator[list[str]]:
        """Start several commands on the tree, one after the other, forever."""
        file = str(min(self.after))
        while True:
            yield [*COMMAND, "--show-files", file]
            yield [*COMMAND, "--no-cache", "--quiet", file]
            yield [*COMMAND, "clean", str(self.root)]
            yield [*COMMAND, "--diff", "--no-cache", "--quiet", file]


@contextmanager
def tree_of(source: str | None) -> Iterator[Tree]:
    """A copy of a tree (or of a small one), which is removed at the end."""
    with tempfile.TemporaryDirectory(prefix="tritonlint-torture-") as name:
        directory = Path(name).resolve()
        os.environ["XDG_STATE_HOME"] = str(directory)
        root = directory / "tree"
        if source is not None:
            unwanted = shutil.ignore_patterns(".tritonlint_cache", "__pycache__")
            shutil.copytree(source, root, symlinks=True, ignore=unwanted)
        else:
            for file, text in SMALL.items():
                (root / file).parent.mkdir(parents=True, exist_ok=True)
                (root / file).write_text(text)
        # Without its own mark, tritonlint would look for its root above it.
        (root / "tritonlint.toml").touch()
        yield Tree(root, directory)


def run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """The command, run to its end."""
    return subprocess.run(command, capture_output=True, text=True, check=False)


def show(title: str, counts: Counter[str]) -> None:
    """Print what was counted."""
    print(title)
    for what, number in sorted(counts.items()):
        print(f"  {number:5} {what}")


def _files(root: Path) -> list[Path]:
    return [Path(d, name) for d, _, names in os.walk(root) for name in names]
