"""Draws where the files of a project are, and how its modules import each other."""

from __future__ import annotations

from dataclasses import dataclass

from drawn.choices import Part


@dataclass(frozen=True)
class Layout:
    """The places of the kernels' module, of the module that launches, and of the script."""

    kernels: str
    ops: str
    script: str = "run.py"
    #: Directories in which modules are found, besides the script's own.
    paths: tuple[str, ...] = ()
    files: tuple[tuple[str, str], ...] = ()
    git: bool = True
    #: Directories on the path, below which the modules' names begin.
    roots: tuple[str, ...] = ("",)

    def module(self, path: str) -> str:
        """The dotted name of a file, below the longest of the roots."""
        if path == self.script:
            return "__main__"
        inside = [r for r in self.roots if path.startswith(f"{r}/" if r else "")]
        root = max(inside, key=len)
        name = path.removeprefix(f"{root}/" if root else "").removesuffix(".py")
        return name.removesuffix("/__init__").replace("/", ".")

    def package(self, path: str) -> str:
        """The package of a file, or nothing if it is in none."""
        module = self.module(path)
        return module if path.endswith("__init__.py") else module.rpartition(".")[0]


_INIT = ""
LAYOUTS: dict[str, Layout] = {
    "package": Layout("pkg/kernels.py", "pkg/ops.py", files=(("pkg/__init__.py", _INIT),)),
    "flat": Layout("kernels.py", "ops.py"),
    "nested": Layout(
        "pkg/core/kernels.py",
        "pkg/layers/ops.py",
        files=(
            ("pkg/__init__.py", ""),
            ("pkg/core/__init__.py", ""),
            ("pkg/layers/__init__.py", ""),
        ),
    ),
    "src": Layout(
        "src/pkg/kernels.py",
        "src/pkg/ops.py",
        paths=("src",),
        roots=("", "src"),
        files=(("src/pkg/__init__.py", ""), ("pyproject.toml", "[project]\nname = 'pkg'\n")),
    ),
    "namespace": Layout("pkg/core/kernels.py", "pkg/layers/ops.py"),
    "scripts": Layout(
        "pkg/kernels.py", "pkg/ops.py", "scripts/run.py", ("",), files=(("pkg/__init__.py", ""),)
    ),
    "tests": Layout("kernels.py", "tests/helper.py", "tests/run.py", ("",), roots=("", "tests")),
    "like a known package": Layout(
        "einops/kernels.py", "einops/ops.py", files=(("einops/__init__.py", ""),)
    ),
    "like a module of Python": Layout("profile.py", "ops.py"),
    "like Triton's": Layout("gl.py", "tl.py"),
    "two of one name, src first": Layout(
        "src/kernels.py",
        "tests/ops.py",
        "tests/unit/run.py",
        ("src", "tests"),
        roots=("", "src", "tests"),
        files=(("tests/kernels.py", "def unused():\n    pass\n"),),
    ),
    "two of one name, both kernels": Layout(
        "src/kernels.py",
        "tests/ops.py",
        "tests/unit/run.py",
        ("src", "tests"),
        roots=("", "src", "tests"),
        files=(("tests/kernels.py", "%TWIN"),),
    ),
    "two of one name, the other first": Layout(
        "tests/kernels.py",
        "src/ops.py",
        "tests/run.py",
        ("src",),
        roots=("", "src", "tests"),
        files=(("src/kernels.py", "%TWIN"),),
    ),
    "monorepo": Layout(
        "packages/a/kernels.py",
        "packages/b/ops.py",
        "packages/b/run.py",
        ("packages/a",),
        roots=("packages/a", "packages/b"),
        files=(
            ("packages/a/pyproject.toml", "[project]\nname = 'a'\n"),
            ("packages/b/pyproject.toml", "[project]\nname = 'b'\n"),
        ),
    ),
    "monorepo without git": Layout(
        "packages/a/kernels.py",
        "packages/b/ops.py",
        "packages/b/run.py",
        ("packages/a",),
        roots=("packages/a", "packages/b"),
        files=(
            ("packages/a/pyproject.toml", "[project]\nname = 'a'\n"),
            ("packages/b/pyproject.toml", "[project]\nname = 'b'\n"),
        ),
        git=False,
    ),
    "submodule": Layout(
        "third_party/lib/kernels.py",
        "ops.py",
        paths=("third_party/lib",),
        roots=("", "third_party/lib"),
        files=(("third_party/lib/.git", "gitdir: ../../.git/modules/lib\n"),),
    ),
    "ignored ops": Layout("kernels.py", "local/ops.py", files=((".gitignore", "local/\n"),)),
    "ops in build": Layout("kernels.py", "build/ops.py"),
    "kernels in build": Layout("build/kernels.py", "ops.py"),
    "hidden directory": Layout(
        "kernels.py", ".tools/ops.py", paths=(".tools",), roots=("", ".tools")
    ),
    "underscores": Layout("_kernels/_kernels.py", "_kernels/_ops.py"),
    "package is a kernel's module": Layout("pkg/__init__.py", "pkg/ops.py"),
    "the same file": Layout("kernels.py", "kernels.py"),
    "the script": Layout("kernels.py", "run.py"),
    "all in the script": Layout("run.py", "run.py"),
}

#: How the kernel is imported: lines, and the expression for it. `%M` is its module, `%F` its name,
#: `%P` the package of its module, `%L` the last part of the module's name, `%R` the way from the
#: package of the importing module to that of the kernel's, in dots.
IMPORTS: dict[str, tuple[str, str]] = {
    "from": ("from %M import %F", "%F"),
    "module": ("import %M", "%M.%F"),
    "module as": ("import %M as ks_%U", "ks_%U.%F"),
    "from as": ("from %M import %F as f_%F", "f_%F"),
    "from the package": ("from %P import %L", "%L.%F"),
    "relative": ("from %R%L import %F", "%F"),
    "relative module": ("from %R import %L as near", "near.%F"),
    "star": ("from %M import *", "%F"),
    "brackets": ("from %M import (\n    %F,\n)", "%F"),
    "in try": ("try:\n    from %M import %F\nexcept ImportError:\n    %F = None", "%F"),
    "two": ("import os, %M", "%M.%F"),
    "semicolon": ("import os; from %M import *", "%F"),
    "type checking": (
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from %M import %F\n"
        "else:\n    from %M import %F",
        "%F",
    ),
    "importlib": ("import importlib\nks_%U = importlib.import_module('%M')", "ks_%U.%F"),
    "importlib, from": ("from importlib import import_module as load", "load('%M').%F"),
    "__import__": ("ks_%U = __import__('%M', fromlist=['x'])", "ks_%U.%F"),
    "sys.modules": ("import sys\nimport %M\nks_%U = sys.modules['%M']", "ks_%U.%F"),
    "alias of the module": ("import %M\nks_%U = %M", "ks_%U.%F"),
    "module in a class": ("import %M\nclass Ks:\n    m = %M", "Ks.m.%F"),
    "module in a list": ("import %M\nMODULES = [%M]", "MODULES[0].%F"),
    "module in a function": (
        "import importlib\ndef ks_%U():\n    return importlib.import_module('%M')",
        "ks_%U().%F",
    ),
    "a loop over modules": (
        "import importlib\nfor ks_%U in [importlib.import_module('%M')]:\n    pass",
        "ks_%U.%F",
    ),
    "re-exported": ("from reexport_%U import %F", "%F"),
    "re-exported as": ("from reexport_%U import other_name", "other_name"),
    "re-exported by star": ("from reexport_%U import %F", "%F"),
    "re-exported lazily": ("from reexport_%U import %F", "%F"),
    "re-exported by globals": ("from reexport_%U import %F", "%F"),
    "re-exported in __all__": ("from reexport_%U import *", "%F"),
}
REEXPORTS = {
    "re-exported": "from %M import %F\n",
    "re-exported as": "from %M import %F as other_name\n",
    "re-exported by star": "from %M import *\n",
    "re-exported lazily": (
        "import importlib\n\n\ndef __getattr__(name):\n"
        "    return getattr(importlib.import_module('%M'), name)\n"
    ),
    "re-exported by globals": "import %M as ks\nglobals().update(vars(ks))\n",
    "re-exported in __all__": "from %M import %F\n\n__all__ = ['%F']\n",
}
PLAIN_IMPORTS = tuple(IMPORTS)[:13]


def draw_import(
    part: Part, layout: Layout, importer: str, name: str, number: int
) -> tuple[str, str, str]:
    """Lines that import a kernel, the expression for it, and a file that they need."""
    how = part.pick("import", list(IMPORTS))
    module, package = layout.module(layout.kernels), layout.package(layout.kernels)
    own = layout.package(importer)
    inside = bool(own) and own.partition(".")[0] == module.partition(".")[0]
    if importer == layout.kernels:
        return "", name, ""
    if module == "__main__":
        return "import __main__", f"__main__.{name}", ""
    if name.startswith("_") and ("*" in IMPORTS[how][0] or "star" in how):
        how = "from"
    if "relative" in how and not (inside and package != module):
        how = "from"
    if how == "from the package" and (not package or package == module):
        how = "module"
    words = {
        "%U": str(number),
        "%M": module,
        "%F": name,
        "%P": package,
        "%L": module.rpartition(".")[2],
        "%R import": _dots(own, package).rstrip(".") + " import" if package != own else ". import",
        "%R": _dots(own, package) if inside else "",
    }

    def fill(text: str) -> str:
        for word, value in words.items():
            text = text.replace(word, value)
        return text

    lines, expression = IMPORTS[how]
    return fill(lines), fill(expression), fill(REEXPORTS.get(how, ""))


def _dots(own: str, package: str) -> str:
    """How `own` says where `package` is: `.`, `..core.` and so on."""
    here, there = own.split("."), package.split(".")
    while here and there and here[0] == there[0]:
        here, there = here[1:], there[1:]
    rest = ".".join(there)
    return "." * (len(here) + 1) + (f"{rest}." if rest else "")
