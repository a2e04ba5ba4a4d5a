"""Which files an import may mean, also at the edges."""

from __future__ import annotations

from pathlib import Path

import pytest

from tritonlint.modules import Modules
from tritonlint.reach import Interest, Outline

FILES = [Path("/src/a.py"), Path("/src/pkg/__init__.py"), Path("/src/pkg/b.py"), Path("/c.py")]

RELATIVE = [
    (".b", "/src/pkg/b.py"),
    (".", "/src/pkg/__init__.py"),
    ("..a", "/src/a.py"),
    ("...c", "/c.py"),
    ("...", None),
    ("....", None),
    ("....c", None),
]


@pytest.mark.parametrize(("module", "found"), RELATIVE)
def test_relative_imports_up_to_the_root_of_the_file_system(module: str, found: str | None) -> None:
    expected = () if found is None else (Path(found),)
    assert Modules(FILES).find(Path("/src/pkg/b.py"), module) == expected


def test_a_star_import_from_above_the_root_means_nothing() -> None:
    interest = Interest()
    interest.add_kernel(Path("/src/pkg/b.py"), "kernel")
    interest.grow([(Path("/src/a.py"), Outline(stars=("....", "..pkg.b")))])
    assert interest.known["kernel"] == {Path("/src/pkg/b.py"), Path("/src/a.py")}
