"""A file that cannot be read is not empty: it may use a kernel, and the report says so."""

from __future__ import annotations

import builtins
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

FILES = {
    "kernels.py": """
        import triton
        import triton.language as tl


        @triton.jit
        def kernel(p, n):
            tl.store(p, 1)


        def launch(p, n):
            kernel[(1,)](p, n)
    """,
    "sub/user.py": "from kernels import kernel\nkernel[(1,)](p, 1)\n",
    "sub/notes.yaml": "a: 1\n",
}


@pytest.fixture
def refuse(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Let a system call fail for the paths that end in a text, as it does without permission."""

    def refuse(function: str, suffix: str) -> None:
        owner = os if hasattr(os, function) and function != "open" else builtins
        real = getattr(owner, function)

        def refusing(path: Any, *arguments: Any, **options: Any) -> Any:
            if isinstance(path, (str, os.PathLike)) and os.fspath(path).rstrip("/").endswith(
                suffix
            ):
                raise PermissionError(13, "Permission denied", os.fspath(path))
            return real(path, *arguments, **options)

        monkeypatch.setattr(owner, function, refusing)

    return refuse


def test_readable_it_is_fixed(write: Any, tritonlint: Any) -> None:
    root = write(FILES)
    assert tritonlint("--no-cache", "--fix", root).status == 0
    assert "kernel[(1,)](p)" in (root / "sub/user.py").read_text()


@pytest.mark.parametrize(
    ("function", "suffix", "named"),
    [
        ("open", "sub/user.py", "sub/user.py: permission denied"),
        ("scandir", "sub", "sub: permission denied"),
    ],
)
def test_a_file_or_directory_that_may_use_the_kernel(
    *,
    write: Any,
    tritonlint: Any,
    refuse: Any,
    monkeypatch: pytest.MonkeyPatch,
    function: str,
    suffix: str,
    named: str,
) -> None:
    root: Path = write(FILES)
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    monkeypatch.chdir(root)
    refuse(function, suffix)
    for command in (("--fix", "."), ("--fix", "kernels.py"), ("--fix", "--unsafe-fixes", ".")):
        done = tritonlint("--no-cache", "--output-format", "concise", *command)
        place = named.partition(":")[0]
        assert f"no fix: {place} cannot be read, and may use the kernel" in done.out
        if command[-1] == ".":
            assert done.status == 2
            assert named in done.err
    monkeypatch.undo()
    assert before == {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_a_file_of_another_kind(
    write: Any, tritonlint: Any, refuse: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write(FILES)
    monkeypatch.chdir(root)
    refuse("open", "notes.yaml")
    done = tritonlint("--no-cache", "--output-format", "json", ".")
    assert done.findings[0]["fix"]["applicability"] == "unsafe"
    assert "sub/notes.yaml cannot be read, and may name" in done.findings[0]["fix"]["message"]


def test_a_file_in_another_encoding(write: Any, tritonlint: Any) -> None:
    """It cannot be parsed, and contains the kernel's name as a word."""
    broken = b"from kernels import kernel  # \xe9\nkernel[(1,)](p, 1)\n"
    root = write({**FILES, "sub/user.py": broken})
    done = tritonlint("--no-cache", "--output-format", "json", root)
    assert "sub/user.py cannot be parsed, and mentions the kernel" in done.out


#: Python that cannot be parsed, and names the kernel in a way that no import shows.
UNPARSED = {
    "of an old Python": "print 'kernel'\n",
    "larger than is parsed": f"find('kernel')\n{'#' * (8 << 20)}\n",
}


@pytest.mark.parametrize("text", UNPARSED.values(), ids=UNPARSED)
def test_what_cannot_be_parsed_may_use_the_kernel(write: Any, tritonlint: Any, text: str) -> None:
    root = write({**FILES, "tools/find.py": text})
    completed = tritonlint("--no-cache", "--output-format", "json", root)
    (found,) = completed.findings
    assert found["fix_blocked_by"].endswith("find.py cannot be parsed, and mentions the kernel")


def test_a_file_that_is_too_large_says_so(write: Any, tritonlint: Any) -> None:
    root = write({"kernels.py": f"import triton\n{'#' * (8 << 20)}\n"})
    (found,) = tritonlint("--no-cache", "--output-format", "json", root).findings
    assert found["code"] == "TRL900"
    assert "larger than 8 MiB" in found["message"]
