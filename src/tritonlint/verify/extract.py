"""Takes one kernel out of its project: its source, its helpers' and the constants they mention."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from tritonlint.project.identity import KernelId
from tritonlint.project.project import Project
from tritonlint.verify.constants import NotAConstantError, constant
from tritonlint.verify.sources import Definition, FunctionNode, Sources

#: What a global name of a function stands for, as plain data: see `worker.Loader`.
Link: TypeAlias = "dict[str, Any]"

#: Modules that stand in for what a project computes when it is imported.
_LIBDEVICE = "triton.language.extra.libdevice"
_DEPTH = 12


class ExtractError(Exception):
    """A kernel that cannot be taken out of its project; the message says why."""


@dataclass
class Extract:
    """Functions by an invented module name, each with its links; `entry` is the kernel's."""

    entry: str = ""
    sources: dict[str, str] = field(default_factory=dict)
    nodes: dict[str, FunctionNode] = field(default_factory=dict)
    links: dict[str, dict[str, Link]] = field(default_factory=dict)
    #: Names that stand for something unknown.
    unknown: list[str] = field(default_factory=list)

    @property
    def kernel(self) -> FunctionNode:
        """The kernel itself."""
        return self.nodes[self.entry]

    def callee(self, function: str, dotted: str) -> str | None:
        """The function that a dotted name in another one means."""
        root, *attributes = dotted.split(".")
        link: Link | None = self.links[function].get(root)
        for attribute in attributes:
            link = (link or {}).get("module", {}).get(attribute)
        return (link or {}).get("function")


def extract(project: Project, sources: Sources, identity: KernelId) -> Extract:
    """What has to be compiled for one kernel.

    Raises:
        ExtractError: the kernel is not one that can stand alone.
    """
    definition = sources.kernel(identity)
    if definition is None:
        raise ExtractError("its source cannot be parsed")
    extraction = _Extraction(project, sources)
    extraction.result.entry = extraction.add(definition)
    return extraction.result


class _Extraction:
    def __init__(self, project: Project, sources: Sources) -> None:
        self.project = project
        self.sources = sources
        self.result = Extract()
        self._modules: dict[tuple[Path, int], str] = {}

    def add(self, definition: Definition) -> str:
        """Add a function and all that it needs; the name of its module."""
        key = (definition.path, definition.node.lineno)
        if key in self._modules:
            return self._modules[key]
        name = self._modules[key] = f"module_{len(self._modules)}"
        node = _cleaned(definition, self.sources)
        _refuse_unsafe(node)
        self.result.nodes[name] = node
        self.result.sources[name] = f"@triton.jit\n{ast.unparse(node)}\n"
        links: dict[str, Link] = {}
        self.result.links[name] = links
        for dotted in sorted(_globals(node)):
            self._link(definition, dotted, links)
        return name

    def _link(self, definition: Definition, dotted: str, links: dict[str, Link]) -> None:
        root, *attributes = dotted.split(".")
        found = self._resolve(definition, root, attributes)
        if found is None:
            if not hasattr(builtins, root):
                self.result.unknown.append(root)
            return
        link, used = found
        # What remains of the attributes is looked up by Triton, on what the link stands for.
        place, last = links, root
        for attribute in attributes[:used]:
            place = place.setdefault(last, {"module": {}}).get("module", {})
            last = attribute
        place.setdefault(last, link)

    def _resolve(
        self, definition: Definition, root: str, attributes: list[str]
    ) -> tuple[Link, int] | None:
        """A link for the name, and how many of the attributes it takes."""
        for used in range(len(attributes) + 1):
            for target in self.sources.targets(definition, [root, *attributes[:used]]):
                link = self._link_of(target)
                if link is not None:
                    return link, used
        guessed = _stand_in(root)
        if guessed is None and self.sources.is_bound(definition, root):
            if attributes:
                return {"triton": _LIBDEVICE, "stand_in": True}, 0
            self.result.unknown.append(root)
            return {"unknown": self._last_name(definition, root)}, 0
        return (guessed, 0) if guessed else None

    def _last_name(self, definition: Definition, root: str) -> str:
        """`isnan` for `_isnan = shim.isnan`: what an alias stands for, as far as names say."""
        for target in self.sources.targets(definition, [root]):
            if isinstance(target, tuple) and isinstance(target[1], ast.Attribute):
                return target[1].attr
        return root

    def _link_of(self, target: Definition | str | tuple[Path, ast.expr]) -> Link | None:
        if isinstance(target, str):
            return {"triton": target}
        if isinstance(target, Definition):
            return {"function": self.add(target)} if self.sources.is_jit(target) else None
        try:
            return {"value": constant(target[1], target[0], self.sources)}
        except NotAConstantError:
            return None


def _stand_in(name: str) -> Link | None:
    """What a name means by custom, where its import leads out of the project."""
    if name in ("tl", "triton"):
        return {"triton": "triton.language" if name == "tl" else "triton"}
    if name in ("libdevice", "tldevice", "tl_extra_shim", "tl_math"):
        return {"triton": _LIBDEVICE, "stand_in": True}
    return None


def _cleaned(definition: Definition, sources: Sources) -> FunctionNode:
    """The function with nothing in its header that Python would have to evaluate."""
    node = ast.parse(ast.unparse(definition.node)).body[0]
    assert isinstance(node, ast.FunctionDef)
    if node.args.vararg or node.args.kwarg:
        raise ExtractError(f"`{node.name}` takes * or ** parameters")
    node.decorator_list = []
    node.returns = None
    arguments = node.args
    for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
        text = ast.unparse(argument.annotation) if argument.annotation else ""
        argument.annotation = _annotation("tl.constexpr") if "constexpr" in text else None
    arguments.args = [*arguments.posonlyargs, *arguments.args]
    arguments.posonlyargs = []
    defaults: list[ast.expr] = []
    for default in reversed(arguments.defaults):
        kept = _default(default, definition.path, sources)
        if kept is None:
            break
        defaults.insert(0, kept)
    arguments.defaults = defaults
    arguments.kw_defaults = [
        _default(d, definition.path, sources) if d is not None else None
        for d in arguments.kw_defaults
    ]
    return node


def _annotation(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


def _default(node: ast.expr, path: Path, sources: Sources) -> ast.expr | None:
    try:
        return _annotation(constant(node, path, sources))
    except NotAConstantError:
        return None


def _refuse_unsafe(node: FunctionNode) -> None:
    """Triton looks attributes up on real modules: nothing may lead out of them."""
    for part in ast.walk(node):
        if isinstance(part, ast.Attribute) and part.attr.startswith("__"):
            raise ExtractError(f"`{node.name}` uses the attribute `{part.attr}`")
        if isinstance(part, (ast.Import, ast.ImportFrom)):
            raise ExtractError(f"`{node.name}` imports something")


def _globals(node: FunctionNode) -> set[str]:
    """Dotted names that the function does not bind itself."""
    arguments = node.args
    own = {a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}
    own |= {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and _is_store(n)}
    return {
        dotted for part in node.body for dotted in chains(part) if dotted.split(".")[0] not in own
    }


def _is_store(node: ast.Name) -> bool:
    return not isinstance(node.ctx, ast.Load)


def chains(node: ast.AST) -> Iterator[str]:
    """The longest dotted names in a tree: `a.b` of `a.b(c)`, and `c`."""
    text = dotted_name(node)
    if text is not None:
        yield text
        return
    for child in ast.iter_child_nodes(node):
        yield from chains(child)


def dotted_name(node: ast.AST) -> str | None:
    """`a.b.c` for a name or a chain of attributes on one."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        base = dotted_name(node.value)
        return base and f"{base}.{node.attr}"
    return None
