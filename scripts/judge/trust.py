"""Unpacks the cases of `shared/cases/trust`: small projects, one in a text file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

#: The text of a file that a case only names as the target of a link out of the repository.
_LINKED = """import torch, triton
import triton.language as tl
@triton.jit
def kern(x_ptr, n, dead, BLOCK: tl.constexpr):
    o = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    tl.store(x_ptr + o, 1.0, mask=o < n)
"""
#: A module that is installed and no part of the repository; it sees arguments by name.
_EXTERNAL = """
def estimate(n, dead, **rest): return n + dead
def prune(configs, named_args, **rest):
    return [c for c in configs if c.kwargs["BLOCK"] < named_args["n"] + named_args["dead"]]
def even(args): return args["dead"] % 2 == 0
def grid(META): return (META["n"] // META["BLOCK"] + META["dead"],)
def hook(args, reset_only=False): args["n"] + args["dead"]
def meta(grid, metadata, args): return {"name": "k", "flops": args["dead"]}
"""
_EXTERNALS = "(external)"
#: Where modules are found besides the script's directory, as PYTHONPATH or an installation says.
#: If there are several ways, each has to work.
_PATHS: dict[str, tuple[tuple[str, ...], ...]] = {
    "ext_hook": ((_EXTERNALS,),),
    "ext_prune": ((_EXTERNALS,),),
    "monorepo_without_git": (("packages/a",),),
    "package_dir_mapping_init": ((_EXTERNALS,),),
    "same_module_name_two_dirs": (("src", "tests"), ("tests", "src")),
    "submodule_kernel": (("third_party/lib",),),
}
#: Files that a case's own script writes: they exist only after a run.
_WRITTEN = {"codegen_template_helper": "fill_gen.py"}
_PART = re.compile(r"^### (.+)\n", re.MULTILINE)
_LINK = re.compile(r"(\S+) -> (\S+) \(a link out of the repository\)")


@dataclass(frozen=True)
class Case:
    """An unpacked case: its root, its script, and the ways in which its modules are found."""

    root: Path
    script: str
    paths: tuple[tuple[str, ...], ...]


def unpack(file: Path, directory: Path) -> Case:
    """Write a case's files below `directory`; the repository is in `project`."""
    text = file.read_text(encoding="utf-8")
    root, outside = directory / "project", directory / "external"
    outside.mkdir(parents=True)
    _, *parts = _PART.split(text)
    names = parts[::2]
    for name, content in zip(names, parts[1::2], strict=True):
        if name == _WRITTEN.get(file.stem):
            continue
        link = _LINK.fullmatch(name)
        path = root / (link[1] if link else name)
        path.parent.mkdir(parents=True, exist_ok=True)
        if link:
            (outside / link[2]).write_text(_LINKED, encoding="utf-8")
            path.symlink_to(outside / link[2])
        else:
            path.write_text(content, encoding="utf-8")
    if "(no .git at the root)" not in text:
        (root / ".git").mkdir()
    if file.stem.startswith("ext_"):
        (outside / "extperf.py").write_text(_EXTERNAL, encoding="utf-8")
    if file.stem == "package_dir_mapping_init":
        # This is what an editable installation does with `package_dir={"myext": "python"}`.
        (outside / "myext.py").write_text(
            "import sys, pathlib, importlib.util\n"
            'root = pathlib.Path.cwd() / "python"\n'
            "spec = importlib.util.spec_from_file_location(\n"
            '    "myext", root / "__init__.py", submodule_search_locations=[str(root)])\n'
            'module = sys.modules["myext"] = importlib.util.module_from_spec(spec)\n'
            "spec.loader.exec_module(module)\n",
            encoding="utf-8",
        )
    if file.stem == "submodule_kernel":
        (root / "third_party/lib/.git").write_text("gitdir: ../../.git/modules/lib\n")
    script = next(name for name in names if name.rpartition("/")[2] == "run.py")
    ways = _PATHS.get(file.stem, ((),))
    paths = [tuple(str(outside) if p == _EXTERNALS else p for p in way) for way in ways]
    return Case(root, script, tuple(paths))
