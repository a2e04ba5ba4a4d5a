"""Takes one kernel out of its project, with its helpers and the constants that they use."""

from __future__ import annotations

import ast
import builtins
from collections import deque
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from tritonlint.project.identity import KernelId
from tritonlint.project.project import Project
from tritonlint.verify.constants import Constants, NotAConstantError
from tritonlint.verify.guard import (
    MOST_NODES,
    NotAllowedError,
    chains,
    check_form,
    local_names,
)
from tritonlint.verify.literals import write
from tritonlint.verify.sources import Definition, FunctionNode, Sources

#: What a global name of a function stands for, as plain data; `loader.Loader` reads it.
Link: TypeAlias = "dict[str, Any]"

#: Modules that replace values which a project computes when it is imported.
_LIBDEVICE = "triton.language.extra.libdevice"

#: The largest kernels of public packages consist of 20 functions.
_MOST_FUNCTIONS = 100


class ExtractError(Exception):
    """A kernel cannot be taken out of its project; the message says why."""


@dataclass
class Extract:
    """Functions under made-up module names, each with its links; `entry` is the kernel's name."""

    entry: str = ""
    sources: dict[str, str] = field(default_factory=dict)
    nodes: dict[str, FunctionNode] = field(default_factory=dict)
    #: Default values of parameters, as `literals` writes them.
    defaults: dict[str, dict[str, str]] = field(default_factory=dict)
    links: dict[str, dict[str, Link]] = field(default_factory=dict)
    #: Names whose meaning is unknown.
    unknown: list[str] = field(default_factory=list)

    @property
    def kernel(self) -> FunctionNode:
        """The kernel itself."""
        return self.nodes[self.entry]

    def callee(self, function: str, dotted: str) -> str | None:
        """Return the function that a dotted name in another function means."""
        root, *attributes = dotted.split(".")
        link: Link | None = self.links[function].get(root)
        for attribute in attributes:
            link = (link or {}).get("module", {}).get(attribute)
        return (link or {}).get("function")


def extract(
    project: Project,
    sources: Sources,
    identity: KernelId,
    plain: Collection[tuple[KernelId, str]] = (),
) -> Extract:
    """Return the code that has to be compiled for one kernel.

    Args:
        plain: parameters of the kernel and of its helpers that lose their `: tl.constexpr`.

    Raises:
        ExtractError: the kernel cannot be compiled alone, or is not only a kernel.
    """
    definition = sources.kernel(identity)
    if definition is None:
        raise ExtractError("its source cannot be parsed")
    try:
        return _Extraction(project, sources, plain).run(definition)
    except NotAllowedError as error:
        raise ExtractError(str(error)) from None
    except RecursionError:
        raise ExtractError("its source is too deeply nested") from None


class _Extraction:
    def __init__(
        self, project: Project, sources: Sources, plain: Collection[tuple[KernelId, str]]
    ) -> None:
        self.project = project
        self.sources = sources
        self._plain = {(kernel.path, kernel.row, name) for kernel, name in plain}
        self.constants = Constants(sources)
        self.result = Extract()
        self._modules: dict[tuple[Path, int], str] = {}
        self._nodes = 0
        self._pending: deque[tuple[str, Definition]] = deque()

    def run(self, definition: Definition) -> Extract:
        """Take the kernel, and then everything that each function mentions."""
        self.result.entry = self._name(definition)
        while self._pending:
            self._add(*self._pending.popleft())
        return self.result

    def _name(self, definition: Definition) -> str:
        """Return the name of the module for a function."""
        key = (definition.path, definition.node.lineno)
        if key not in self._modules:
            if len(self._modules) >= _MOST_FUNCTIONS:
                raise ExtractError(f"it is made of more than {_MOST_FUNCTIONS} functions")
            self._modules[key] = f"module_{len(self._modules)}"
            self._pending.append((self._modules[key], definition))
        return self._modules[key]

    def _add(self, name: str, definition: Definition) -> None:
        cleaned = self._cleaned(definition)
        self._nodes += check_form(cleaned)
        if self._nodes > MOST_NODES:
            raise ExtractError("it is too large, together with its helpers")
        source = f"{ast.unparse(cleaned)}\n"
        (node,) = ast.parse(source).body
        assert isinstance(node, ast.FunctionDef)
        self.result.nodes[name] = node
        self.result.sources[name] = source
        self.result.defaults[name] = self._defaults(definition)
        links: dict[str, Link] = {}
        self.result.links[name] = links
        for dotted in sorted(_globals(node)):
            self._link(definition, dotted, links)

    def _cleaned(self, definition: Definition) -> FunctionNode:
        """Return the function with a header that neither Python nor Triton has to evaluate."""
        node = definition.node
        given = node.args

        def parameter(part: ast.arg) -> ast.arg:
            """Return the parameter; it shows whether it is a constexpr, and evaluates nothing."""
            inside = ast.walk(part.annotation) if part.annotation else iter(())
            place = (definition.path, node.lineno, part.arg)
            keeps = place not in self._plain and any(map(_says_constexpr, inside))
            return ast.arg(arg=part.arg, annotation=ast.Constant("constexpr") if keeps else None)

        arguments = ast.arguments(
            posonlyargs=[],
            args=[parameter(a) for a in (*given.posonlyargs, *given.args)],
            vararg=given.vararg,
            kwonlyargs=[parameter(a) for a in given.kwonlyargs],
            kw_defaults=[None] * len(given.kwonlyargs),
            kwarg=given.kwarg,
            defaults=[],
        )
        # A string that is a statement is documentation.
        body = [part for part in node.body if not _is_text(part)] or [ast.Pass()]
        return ast.FunctionDef(
            name=node.name, args=arguments, body=body, decorator_list=[], lineno=1, col_offset=0
        )

    def _defaults(self, definition: Definition) -> dict[str, str]:
        """Return the constant default values, from the last parameter to the first."""
        arguments = definition.node.args
        positional = [*arguments.posonlyargs, *arguments.args]
        found: dict[str, str] = {}
        for parameter, default in zip(
            reversed(positional), reversed(arguments.defaults), strict=False
        ):
            try:
                found[parameter.arg] = write(self.constants.value(default, definition.path))
            except NotAConstantError:
                # Only the last parameters may have defaults.
                break
        for parameter, named in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
            if named is None:
                continue
            try:
                found[parameter.arg] = write(self.constants.value(named, definition.path))
            except NotAConstantError:
                continue
        return found

    def _link(self, definition: Definition, dotted: str, links: dict[str, Link]) -> None:
        root, *attributes = dotted.split(".")
        found = self._resolve(definition, root, attributes)
        if found is None:
            if not hasattr(builtins, root):
                self.result.unknown.append(root)
            return
        link, used = found
        # Triton looks up the remaining attributes, on the object that the link stands for.
        place, last = links, root
        for attribute in attributes[:used]:
            place = place.setdefault(last, {"module": {}}).get("module", {})
            last = attribute
        place.setdefault(last, link)

    def _resolve(
        self, definition: Definition, root: str, attributes: list[str]
    ) -> tuple[Link, int] | None:
        """Return a link for the name, and how many of the attributes it covers."""
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
        """Return the meaning of an alias as far as names say: `isnan` for `_isnan = shim.isnan`."""
        for target in self.sources.targets(definition, [root]):
            if isinstance(target, tuple) and isinstance(target[1], ast.Attribute):
                return target[1].attr
        return root

    def _link_of(self, target: Definition | str | tuple[Path, ast.expr]) -> Link | None:
        if isinstance(target, str):
            return {"triton": target}
        if isinstance(target, Definition):
            return {"function": self._name(target)} if self.sources.is_jit(target) else None
        try:
            return {"value": write(self.constants.value(target[1], target[0]))}
        except NotAConstantError:
            return None


def _stand_in(name: str) -> Link | None:
    """Return the usual meaning of a name whose import leads out of the project."""
    if name in ("tl", "triton"):
        return {"triton": "triton.language" if name == "tl" else "triton"}
    if name in ("libdevice", "tldevice", "tl_extra_shim", "tl_math"):
        return {"triton": _LIBDEVICE, "stand_in": True}
    return None


def _is_text(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def _says_constexpr(node: ast.AST) -> bool:
    match node:
        case ast.Name(id=text) | ast.Attribute(attr=text) | ast.Constant(value=str() as text):
            return "constexpr" in text
    return False


def _globals(node: FunctionNode) -> set[str]:
    """Return dotted names that the function does not bind itself."""
    own = local_names(node)
    return {
        dotted for part in node.body for dotted in chains(part) if dotted.split(".")[0] not in own
    }
