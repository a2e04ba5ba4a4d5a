"""Which files an import may mean, including edge cases."""

from __future__ import annotations

from pathlib import Path

import pytest

from tritonlint.project.modules import Modules, own_packages

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


#: Where a module is imported from, and the files that may be meant.
ABSOLUTE = {
    "one of the name": ({"pkg/ops.py"}, "go.py", "pkg.ops", ["pkg/ops.py"]),
    "two of the name": ({"a/ops.py", "b/ops.py"}, "go.py", "ops", ["a/ops.py", "b/ops.py"]),
    "a script may run with -m and PYTHONPATH=a": (
        {"a/ops.py", "b/ops.py"},
        "b/go.py",
        "ops",
        ["a/ops.py", "b/ops.py"],
    ),
    "python -m in a directory above": (
        {"ops.py", "b/ops.py"},
        "b/go.py",
        "ops",
        ["ops.py", "b/ops.py"],
    ),
    "a directory above": ({"a/ops.py", "b/ops.py"}, "a/x/go.py", "ops", ["a/ops.py", "b/ops.py"]),
    "the package that the file is in": (
        {"a/pkg/__init__.py", "a/pkg/ops.py", "b/pkg/__init__.py", "b/pkg/ops.py"},
        "a/pkg/go.py",
        "pkg.ops",
        ["a/pkg/ops.py"],
    ),
    "a module inside a package": ({"pkg/__init__.py", "pkg/ops.py"}, "go.py", "ops", []),
    "a package before a module": (
        {"ops/__init__.py", "ops.py"},
        "go.py",
        "ops",
        ["ops/__init__.py"],
    ),
}


@pytest.mark.parametrize(("files", "place", "module", "found"), ABSOLUTE.values(), ids=ABSOLUTE)
def test_absolute_imports(files: set[str], place: str, module: str, found: list[str]) -> None:
    root = Path("/tree")
    modules = Modules(root / name for name in files)
    assert modules.find(root / place, module) == tuple(root / name for name in found)


OWN = {
    "a package": (["einops/__init__.py", "einops/layers.py"], {"einops"}),
    "a module": (["profile.py"], {"profile"}),
    "a module in a directory": (["tools/profile.py"], {"profile"}),
    "a module in a package": (["pkg/__init__.py", "pkg/profile.py"], set()),
    "what Triton's own modules are called": (["pkg/__init__.py", "pkg/gl.py"], {"gl"}),
    "a directory of kernels": (["ops/__init__.py", "benchmarks/triton/softmax.py"], set()),
    "a directory that may be all there is": (["vendor/einops/layers.py"], {"einops"}),
    "nothing": (["pkg/__init__.py", "pkg/ops.py"], set()),
}


@pytest.mark.parametrize(("files", "found"), OWN.values(), ids=OWN)
def test_well_known_names_that_a_tree_has_of_its_own(files: list[str], found: set[str]) -> None:
    root = Path("/torch/tree")
    assert own_packages(root, [root / name for name in files]) == found
