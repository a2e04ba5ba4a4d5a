"""Random changes of a tree: a cache never knows more than what the files say."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tritonlint.command import run

Completed = Any
Run = Callable[..., Completed]

HEAD = "import triton\nimport triton.language as tl\n\n\n@triton.jit\n"
#: Texts of the same size that mean different things.
KERNELS = {
    "dead": f"{HEAD}def kernel(p, n):\n    tl.store(p, 1)\n",
    "read": f"{HEAD}def kernel(p, n):\n    tl.store(p, n)\n",
    "other": f"{HEAD}def kernal(p, n):\n    tl.store(p, 1)\n",
}
LAUNCHES = {
    "plain": "from pkg.a import kernel\nkernel[(1,)](p, 4)\n",
    "other": "from pkg.b import kernel\nkernel[(1,)](p, 4)\n",
    "stars": "from pkg.a import kernel\nkernel[(1,)](*aa)#\n",
}
TEXTS = {"silent": "nothing here\n", "named": '{"k": "kernel"}\n', "gone": None}
#: Every file has one of these times: edits do not show in them.
TIME = 1_700_000_000 * 10**9


class Tree:
    """A tree that changes at random, with all times set back after each change."""

    def __init__(self, root: Path, random: random.Random) -> None:
        self.root = root
        self.random = random
        self.put("tritonlint.toml", "")
        for package in ("pkg", "copy"):
            for name in ("a", "b"):
                self.put(f"{package}/{name}.py", KERNELS["dead"])
            self.put(f"{package}/use.py", LAUNCHES["plain"])

    def put(self, name: str, text: str | None) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        if text is not None:
            path.write_text(text)
            os.utime(path, ns=(TIME, TIME))

    def kernel(self) -> None:
        name = self.random.choice("ab")
        self.put(f"pkg/{name}.py", self.random.choice(list(KERNELS.values())))

    def launch(self) -> None:
        self.put("pkg/use.py", self.random.choice(list(LAUNCHES.values())))

    def text(self) -> None:
        self.put("settings.json", self.random.choice(list(TEXTS.values())))

    def move(self) -> None:
        """Two directories whose files have the same names, sizes and times swap places."""
        (self.root / "pkg").rename(self.root / "moving")
        (self.root / "copy").rename(self.root / "pkg")
        (self.root / "moving").rename(self.root / "copy")

    def restore(self) -> None:
        """Like `cp -p`: another inode, the same times."""
        for name in ("a.py", "use.py"):
            shutil.copy2(self.root / "copy" / name, self.root / "new")
            os.replace(self.root / "new", self.root / "pkg" / name)

    def step(self) -> None:
        self.random.choice([self.kernel, self.launch, self.text, self.move, self.restore])()


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.usefixtures("cached_at_once")
def test_a_cache_says_what_the_files_say(
    tritonlint: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    tree = Tree(tmp_path / "tree", random.Random(seed))

    def reports(*options: str | Path) -> list[Completed]:
        return [
            tritonlint("--output-format", "json", *options, command, tree.root)
            for command in ("--diff", "--quiet")
        ]

    seen = set()
    for _ in range(11):
        tree.step()
        said = reports("--no-cache")
        # Of a tree of many files, the findings are kept; of a smaller one, only the facts.
        for many in (1, 32):
            monkeypatch.setattr(run, "MANY_FILES", many)
            assert reports("--cache-dir", tmp_path / f"cache{many}") == said, many
        seen.add(said[1])
    assert len(seen) > 3
