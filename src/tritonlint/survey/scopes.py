"""The scopes of one file, and the bindings of each name in them."""

from __future__ import annotations

import ast
import builtins
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from tritonlint.survey.facts.names import Symbol
from tritonlint.survey.facts.values import Evidence
from tritonlint.survey.nodes import Chain, FunctionNode, chain, nodes_in

if TYPE_CHECKING:
    from tritonlint.survey.resolved import Resolved
    from tritonlint.survey.wrappings import Wrapping

AnyFunction: TypeAlias = FunctionNode | ast.Lambda


BUILTINS = frozenset(dir(builtins))


class Imported(NamedTuple):
    """A name that an import statement binds.

    `external`: it is not a kernel. `hands_on_triton`: it may be Triton itself, which shows in the
    attributes that are used.
    """

    symbol: Symbol
    external: bool
    hands_on_triton: bool


class KernelName(NamedTuple):
    """The name of a kernel of this file."""

    qualname: str


class FunctionName(NamedTuple):
    """The name of a function, or of a method in the scope of its class, and its own scope."""

    qualname: str
    node: FunctionNode
    inner: Scope


class ClassName(NamedTuple):
    """The name of a class."""

    qualname: str
    node: ast.ClassDef


class Assigned(NamedTuple):
    """A name with the value of an expression, which is read in `scope`."""

    node: ast.expr
    scope: Scope


class Unpacked(NamedTuple):
    """A name with one element of an expression's value; `place` is None for any element."""

    node: ast.expr
    scope: Scope
    place: int | None


class Item(NamedTuple):
    """A name that a loop binds to the elements of an expression, one after the other."""

    node: ast.expr
    scope: Scope


class Taken(NamedTuple):
    """A name that a loop binds to the items of an expression, one beside others.

    `values`: they are the values of a dictionary.
    """

    node: ast.expr
    scope: Scope
    values: bool


class Argument(NamedTuple):
    """A parameter of a function on the host; `star` is "", "*" or "**"."""

    node: ast.arg
    star: str
    default: ast.expr | None


class Opaque(NamedTuple):
    """A name with an unknown value: from a `with`, an `except`, a pattern, `x += 1`."""


Bound: TypeAlias = (
    Imported
    | KernelName
    | FunctionName
    | ClassName
    | Assigned
    | Unpacked
    | Item
    | Taken
    | Argument
    | Opaque
)

#: A name of a module that is not a function, class, module or kernel.
Variable = (Assigned, Unpacked, Item, Taken, Opaque)

ScopeKind: TypeAlias = Literal["module", "class", "function", "comprehension"]


_NO_CHOICES: Mapping[str, ast.expr] = {}
_NO_KERNELS: Counter[str] = Counter()
_NO_WRAPPINGS: dict[ast.AST, Wrapping] = {}


class Scope:
    """A scope of the file; `kernel` is the qualified name of the kernel that it belongs to."""

    __slots__ = (
        "bindings",
        "body",
        "choices",
        "evidence",
        "has_stars",
        "kernel",
        "kernels",
        "kind",
        "node",
        "outer_names",
        "parent",
        "qualname",
        "resolved",
        "wrappings",
    )

    def __init__(
        self,
        kind: ScopeKind,
        qualname: str,
        parent: Scope | None,
        kernel: str | None = None,
        node: ast.AST | None = None,
    ) -> None:
        self.kind = kind
        #: The function, lambda or comprehension; None for a module and for a class.
        self.node = node
        #: The statements of a function or a module.
        self.body: Sequence[ast.stmt] = ()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            self.body = node.body
        self.qualname = qualname
        self.parent = parent
        self.kernel = kernel
        self.bindings: dict[str, list[Bound]] = {}
        #: By name, the literals that are only there to choose one of their items.
        self.choices: Mapping[str, ast.expr] = _NO_CHOICES
        #: The scopes in which the names of a `global` or `nonlocal` statement live.
        self.outer_names: dict[str, Scope] = {}
        #: Results about names and their values, kept after the walk.
        self.resolved: dict[Chain, Resolved] = {}
        self.evidence: dict[str, Evidence] = {}
        #: Of a module: whether it imports everything from another.
        self.has_stars = False
        #: Of a module: how many kernels have each qualified name.
        self.kernels: Counter[str] = Counter() if parent is None else _NO_KERNELS
        #: Of a module: the expressions of the file that wrap a name.
        self.wrappings: dict[ast.AST, Wrapping] = {} if parent is None else _NO_WRAPPINGS

    @property
    def nearest(self) -> Scope | None:
        """The scope itself, or the nearest around it, that is no module's and no class's."""
        scope: Scope | None = self
        while scope is not None and scope.node is None:
            scope = scope.parent
        return scope

    @property
    def root(self) -> Scope:
        """The scope of the module."""
        scope = self
        while scope.parent is not None:
            scope = scope.parent
        return scope

    @property
    def nodes(self) -> list[ast.AST]:
        """The scope's own node and all nodes in it; [] for a module and for a class."""
        return nodes_in(self.node) if self.node is not None else []

    def bind(self, name: str, bound: Bound) -> None:
        """Add one binding; a `global` or `nonlocal` name is bound in the scope that it lives in."""
        bindings = (self.outer_names.get(name, self) if self.outer_names else self).bindings
        known = bindings.get(name)
        if known is None:
            bindings[name] = [bound]
        else:
            known.append(bound)

    def lookup(self, name: str) -> tuple[Scope, list[Bound]] | None:
        """Look a name up by Python's rule: names of a class are seen only directly in its body."""
        bound = self.bindings.get(name)
        if bound is not None:
            return self, bound
        scope = self.parent
        while scope is not None:
            if scope.kind != "class":
                bound = scope.bindings.get(name)
                if bound is not None:
                    return scope, bound
            scope = scope.parent
        return None

    def bound_to(self, node: ast.AST | None) -> list[Bound]:
        """Return what the first name of `a.b.c` is bound to; [] for any other expression."""
        dotted = chain(node) if node is not None else None
        found = self.lookup(dotted[0]) if dotted is not None else None
        return found[1] if found is not None else []

    def only_imports(self, name: str) -> bool:
        """Whether no code that is seen gives a name a value, but for imports."""
        found = self.lookup(name)
        return found is None or all(isinstance(bound, Imported) for bound in found[1])

    def qualified(self, name: str) -> str:
        """The qualified name of something defined here, as Python spells it."""
        if not self.qualname:
            return name
        inner = f"{self.qualname}.<locals>" if self.kind == "function" else self.qualname
        return f"{inner}.{name}"
