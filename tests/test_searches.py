"""The results of searches of a tree for words hold in the next run, until a file changes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tritonlint.project import searches
from tritonlint.project.searches import Searches
from tritonlint.store.facts import NO_WORDS, Words

Run = Callable[..., Any]


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that searches read, in order."""
    names: list[str] = []
    original = searches.bytes_of

    def noted(path: Path, override: bytes | None = None) -> bytes | None:
        names.append(path.name)
        return original(path, override)

    monkeypatch.setattr(searches, "bytes_of", noted)
    return names


def test_a_file_is_read_once_for_each_word(write: Callable[..., Path], read: list[str]) -> None:
    root = write({"a.py": "kernel = 1\n", "b.py": "kernels = 1\n"})
    files = [root / "a.py", root / "b.py"]
    known = Searches(1, {})
    assert known.with_words(files, frozenset(["kernel"])) == {files[0]: {"kernel"}}
    assert known.with_words(files, frozenset(["kernel"])) == {files[0]: {"kernel"}}
    assert read == ["a.py", "b.py"]
    both = {files[0]: {"kernel"}, files[1]: {"kernels"}}
    assert known.with_words(files, frozenset(["kernel", "kernels"])) == both
    assert read == ["a.py", "b.py"] * 2


def test_a_changed_file_is_searched_again(write: Callable[..., Path], read: list[str]) -> None:
    root = write({"a.py": "kernel = 1\n", "b.py": "def size(self): pass\n"})
    files = [root / "a.py", root / "b.py"]
    known = Searches(1, {})
    known.with_words(files, frozenset(["kernel"]))
    assert [*known.defining(files, frozenset(["size"]))] == [files[1]]
    read.clear()
    known.update({files[1]: b"kernel = 1\n", files[0]: b"size = property(f)\n"})
    assert known.with_words(files, frozenset(["kernel"])) == {files[1]: {"kernel"}}
    assert [*known.defining(files, frozenset(["size"]))] == [files[0]]
    assert sorted(read) == ["a.py", "a.py", "b.py", "b.py"]


KERNEL = """\
import triton
import triton.language as tl


@triton.jit
def kernel(p, n):
    tl.store(p, 1)
"""
LAUNCH = "from kernels import kernel\n\n\ndef f(x):\n    kernel[(1,)](x, x.size)\n"
TREE = {
    "kernels.py": KERNEL,
    "launch.py": LAUNCH,
    "other.py": "def g(x):\n    return x\n",
    "tensors.py": "class T:\n    size = 3\n",
    "reader.py": "from other import g\n\nvalue = g(1)\n",
}
#: Other contents for files of the tree; each changes what is found or fixed.
CHANGES = {
    "another launch": {"other.py": LAUNCH.replace("f(x)", "g(x)")},
    "a launch by a new file": {"new.py": LAUNCH},
    "a launch that does not bind": {"launch.py": LAUNCH.replace("x.size", "x.size, 3")},
    "no launch any more": {"launch.py": "import kernels\n"},
    "a string that names the kernel": {"reader.py": 'name = "kernel"\n'},
    "a link to the kernel": {
        "other.py": "from kernels import kernel as g\n",
        "reader.py": "from other import g\n\ng[(1,)](1, 2)\n",
    },
    "a property of that name": {
        "tensors.py": "class T:\n    @property\n    def size(self):\n        print()\n"
    },
    "the parameter is read": {"kernels.py": KERNEL.replace("tl.store(p, 1)", "tl.store(p, n)")},
    "another name of the kernel": {"kernels.py": KERNEL.replace("def kernel", "def renamed")},
    "a star import": {
        "other.py": "from kernels import *\n",
        "reader.py": "from other import kernel\n\nkernel[(1,)](1, 2)\n",
    },
    "a file that cannot be parsed": {"reader.py": "kernel = (\n"},
    "a text that names the kernel": {"notes.cfg": "[entry]\nrun = kernels:kernel\n"},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_run_after_a_change_finds_what_a_first_run_finds(
    tritonlint: Run, write: Callable[..., Path], cached_at_once: None, change: dict[str, str]
) -> None:
    root = write({**TREE, "pyproject.toml": ""})
    output = ("--output-format", "json", "--exit-zero")
    before = tritonlint(root, *output)
    assert "TRL001" in before.out
    for name, text in change.items():
        (root / name).write_text(text)
    warm = tritonlint(root, *output)
    assert warm.out == tritonlint(root, *output, "--no-cache").out
    assert warm.out != before.out
    # Then back again, with what both runs have kept.
    for name in change:
        (root / name).write_text(TREE[name]) if name in TREE else (root / name).unlink()
    assert tritonlint(root, *output).out == before.out


def test_only_what_an_earlier_run_has_kept_is_news(write: Callable[..., Path]) -> None:
    """What is found in a file that changed just now is not kept anyway."""
    root = write({"a.py": "kernel = 1\n", "b.py": "kernels = 1\n"})
    known = Searches(1, {})
    known.recall(root / "a.py", NO_WORDS)
    known.with_words([root / "b.py"], frozenset(["kernel"]))
    assert list(known.defining([root / "b.py"], frozenset(["kernel"]))) == []
    assert not known.has_news
    known.with_words([root / "a.py"], frozenset(["kernel"]))
    assert known.has_news


def test_words_that_pile_up_are_dropped() -> None:
    for number, is_kept in ((10, True), (50_000, False)):
        words = Words(frozenset(map(str, range(number))))
        known = Searches(1, {})
        known.recall(Path("a.py"), words)
        assert known.words(Path("a.py")) == (words if is_kept else NO_WORDS)
