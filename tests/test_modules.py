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
    "a script's own directory": ({"a/ops.py", "b/ops.py"}, "b/go.py", "ops", ["b/ops.py"]),
    "a package may be run with -m": (
        {"a/ops.py", "b/__init__.py", "b/ops.py"},
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


#: The files that mention each word, and whether a script in b/ surely means the module beside it.
CHANGED_PATHS = {
    "nothing": ({}, True),
    "the script": ({"sys": ["b/go.py"], "path": ["b/go.py"]}, False),
    "a file beside it": ({"sys": ["b/env.py"], "path": ["b/env.py"]}, False),
    "a conftest": ({"sys": ["conftest.py"], "path": ["conftest.py"]}, False),
    "sys alone": ({"sys": ["b/go.py"], "path": ["a/x.py"]}, True),
    "a file elsewhere": ({"sys": ["a/x.py"], "path": ["a/x.py"]}, True),
}


@pytest.mark.parametrize(("words", "is_sure"), CHANGED_PATHS.values(), ids=CHANGED_PATHS)
def test_code_may_change_where_modules_are_looked_for(
    words: dict[str, list[str]], is_sure: bool
) -> None:
    files = [Path(name) for name in ("a/ops.py", "b/ops.py", "b/go.py", "b/env.py", "conftest.py")]
    modules = Modules(files, lambda word: [Path(name) for name in words.get(word, ())])
    own, both = (Path("b/ops.py"),), (Path("a/ops.py"), Path("b/ops.py"))
    assert modules.find(Path("b/go.py"), "ops") == (own if is_sure else both)


def test_what_others_can_import_is_no_script() -> None:
    """Then Python's path decides, and it is not known."""
    root = Path("/tree")
    files = [root / name for name in ("a/ops.py", "b/ops.py", "b/go.py", "main.py")]
    for mentioning, found in (((), ["b/ops.py"]), (("main.py",), ["a/ops.py", "b/ops.py"])):
        modules = Modules(files, lambda name, found=mentioning: [root / f for f in found])
        assert modules.find(root / "b/go.py", "ops") == tuple(root / name for name in found)
