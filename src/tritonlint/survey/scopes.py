"""Names of one file: what each is bound to, and what an expression may therefore stand for."""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Iterator
from enum import Enum, auto
from typing import NamedTuple

from tritonlint.facts import HEIRS, Evidence

#: Their attributes are never a project's kernels, so references to them are not recorded.
EXTERNAL_PACKAGES = frozenset(sys.stdlib_module_names) | {
    "einops",
    "jax",
    "numpy",
    "packaging",
    "pytest",
    "torch",
    "triton",
}

_BUILTINS = frozenset(dir(builtins))

#: By these names packages hand on Triton's own modules, and never one of theirs.
LANGUAGE_NAMES = frozenset({"tl", "gl", "ttgl", "libdevice", "tldevice"})

#: The names in a package called `triton` that show it to be Triton.
_TRITON_API = frozenset(
    {"Config", "autotune", "cdiv", "compile", "compiler", "heuristics", "jit", "knobs", "language"}
    | {"next_power_of_2", "runtime", "testing", "tools", "__version__", "set_allocator"}
)
#: The same for Gluon.
_GLUON_API = frozenset({"aggregate", "amd", "constexpr_function", "jit", "language", "nvidia"})

#: Functions that return the kernel that they are given.
_WRAPPERS = frozenset({"wrap_triton", "capture_triton", "staticmethod"})

#: What a kernel has that launches it.
_OF_KERNELS = frozenset({"fn", "run", "warmup"})

_MAX_DEPTH = 12


class BoundTo(Enum):
    """How a name came by its value."""

    IMPORT = auto()
    KERNEL = auto()
    DEFINITION = auto()
    CLASS = auto()
    VALUE = auto()
    UNPACKED = auto()
    PARAMETER = auto()
    ITEM = auto()
    OTHER = auto()


#: What a name is that is no function, class, module or parameter.
VARIABLES = frozenset({BoundTo.VALUE, BoundTo.UNPACKED, BoundTo.ITEM, BoundTo.OTHER})

#: What stands for something that has another name elsewhere.
_REFERRING = frozenset({BoundTo.VALUE, BoundTo.IMPORT})


class Bound(NamedTuple):
    """One binding of a name; which fields mean something depends on `to`."""

    to: BoundTo
    symbol: str = ""
    node: ast.AST | None = None
    place: int = 0
    #: Where the node is to be read, if that is not where the name lives.
    scope: Scope | None = None


class Scope:
    """A scope of the file; `kernel` is the qualified name of the kernel that it belongs to."""

    def __init__(
        self, kind: str, qualname: str, parent: Scope | None, kernel: str | None = None
    ) -> None:
        self.kind = kind
        self.qualname = qualname
        self.parent = parent
        self.kernel = kernel
        self.bindings: dict[str, list[Bound]] = {}
        self.outer_names: dict[str, Scope] = {}
        #: What names and their values were found to be, once the walk is over.
        self.resolved: dict[Chain, Resolved] = {}
        self.evidence: dict[str, Evidence] = {}

    def bind(self, name: str, bound: Bound) -> None:
        """Add one binding; a `global` or `nonlocal` name is bound where it lives."""
        scope = self.outer_names.get(name, self)
        if scope is not self:
            bound = bound._replace(scope=self)
        scope.bindings.setdefault(name, []).append(bound)

    def lookup(self, name: str) -> tuple[Scope, list[Bound]] | None:
        """Python's rule: class scopes are seen only from directly inside them."""
        scope: Scope | None = self
        while scope is not None:
            if (scope is self or scope.kind != "class") and name in scope.bindings:
                return scope, scope.bindings[name]
            scope = scope.parent
        return None

    def qualified(self, name: str) -> str:
        """The qualified name of something defined here, as Python spells it."""
        if not self.qualname:
            return name
        inner = f"{self.qualname}.<locals>" if self.kind == "function" else self.qualname
        return f"{inner}.{name}"


class Stage(Enum):
    """How far an expression has come on the way to a launch."""

    KERNEL = auto()
    LAUNCHER = auto()
    PARTIAL = auto()
    #: What a launch or a `warmup` returns, which can be launched again.
    COMPILED = auto()


class Target(NamedTuple):
    """One thing an expression may stand for: a symbol, and what was already done to it."""

    symbol: str
    stage: Stage = Stage.KERNEL
    #: Positional arguments that a `partial` has bound.
    bound: int = 0


class Resolved(NamedTuple):
    """All that an expression may stand for; `complete` is False where there may be more."""

    targets: tuple[Target, ...]
    complete: bool

    @property
    def symbols(self) -> tuple[str, ...]:
        """The symbols of all targets, each once."""
        return tuple(dict.fromkeys(t.symbol for t in self.targets))


NOTHING = Resolved((), complete=True)
#: `kernel = None`, where it cannot be imported: whoever launches it launches something else.
ABSENT = Resolved((), complete=True)
UNRESOLVED = Resolved((), complete=False)


#: A root name and the attributes after it.
Chain = tuple[str, tuple[str, ...]]


def chain(node: ast.AST) -> Chain | None:
    """`a.b.c` as its root name and its attributes."""
    if isinstance(node, ast.Name):
        return node.id, ()
    attributes: list[str] = []
    while isinstance(node, ast.Attribute):
        attributes.append(node.attr)
        node = node.value
    if isinstance(node, ast.Name):
        return node.id, tuple(reversed(attributes))
    return None


def last_name(dotted: Chain) -> str:
    """The name at the end."""
    return dotted[1][-1] if dotted[1] else dotted[0]


def variable_symbols(dotted: Chain, scope: Scope) -> tuple[str, ...]:
    """The symbol of the module's variable that a name stands for, or an attribute of it."""
    found = scope.lookup(dotted[0])
    if found is None or found[0].kind != "module":
        return ()
    return (f":{dotted[0]}",) if any(bound.to in VARIABLES for bound in found[1]) else ()


def join(symbol: str, attributes: tuple[str, ...]) -> str:
    """The symbol of `symbol.attributes`."""
    if not attributes:
        return symbol
    separator = "" if symbol.endswith(":") else "."
    return symbol + separator + ".".join(attributes)


def is_external(symbol: str) -> bool:
    """Whether the symbol can only be something of a well-known package."""
    module, _, path = symbol.partition(":")
    if module.partition(".")[0] in EXTERNAL_PACKAGES:
        return True
    # `from vllm.triton_utils import tl, triton`
    name, _, attributes = path.partition(".")
    first = attributes.partition(".")[0]
    return (
        name in LANGUAGE_NAMES
        or (name == "triton" and first in _TRITON_API)
        or (name == "gluon" and first in _GLUON_API)
    )


def resolve(node: ast.AST, scope: Scope, depth: int = 0) -> Resolved:
    """Everything that `node` may stand for, as far as this file tells."""
    if depth > _MAX_DEPTH:
        return UNRESOLVED
    dotted = chain(node)
    if dotted is not None:
        return resolve_chain(dotted, scope, depth)
    if isinstance(node, ast.IfExp):
        return _union(
            [resolve(node.body, scope, depth + 1), resolve(node.orelse, scope, depth + 1)]
        )
    if isinstance(node, ast.BoolOp):
        return _union([resolve(value, scope, depth + 1) for value in node.values])
    if isinstance(node, ast.Subscript):
        return _staged(resolve(node.value, scope, depth + 1), Stage.LAUNCHER)
    if isinstance(node, ast.Call):
        return _resolve_call(node, scope, depth)
    if isinstance(node, ast.Constant):
        return ABSENT
    if isinstance(node, ast.Attribute):
        return Resolved((Target(f"?:{node.attr}"),), complete=False)
    return UNRESOLVED


def _resolve_call(node: ast.Call, scope: Scope, depth: int) -> Resolved:
    dotted = chain(node.func)
    function = last_name(dotted) if dotted else ""
    launched = node.func.value if isinstance(node.func, (ast.Subscript, ast.Attribute)) else None
    if launched is not None and (
        isinstance(node.func, ast.Subscript) or function in ("run", "warmup")
    ):
        return _staged(resolve(launched, scope, depth + 1), Stage.COMPILED)
    if function in _WRAPPERS and len(node.args) == 1:
        return resolve(node.args[0], scope, depth + 1)
    if function == "partial" and node.args and not isinstance(node.args[0], ast.Starred):
        inner = resolve(node.args[0], scope, depth + 1)
        launchers = [t for t in inner.targets if t.stage is not Stage.KERNEL]
        if launchers and not any(isinstance(a, ast.Starred) for a in node.args):
            given = len(node.args) - 1
            return Resolved(
                tuple(Target(t.symbol, Stage.PARTIAL, t.bound + given) for t in launchers),
                inner.complete,
            )
    return UNRESOLVED


def resolve_chain(dotted: Chain, scope: Scope, depth: int = 0) -> Resolved:
    """Everything that a dotted name may stand for, as far as this file tells."""
    root, attributes = dotted
    found = scope.lookup(root)
    if found is None:
        # A builtin, or a name that a star import may bring.
        return Resolved((Target(join(f":{root}", attributes)),), complete=True)
    home, bindings = found
    if dotted not in home.resolved:
        # A name that is assigned from itself leads nowhere new.
        home.resolved[dotted] = UNRESOLVED
        home.resolved[dotted] = _union(
            [_resolve_bound(b, home, root, attributes, depth) for b in bindings]
        )
    return home.resolved[dotted]


def _resolve_bound(
    bound: Bound, home: Scope, root: str, attributes: tuple[str, ...], depth: int
) -> Resolved:
    place = bound.scope or home
    if bound.to is BoundTo.IMPORT:
        symbol = join(bound.symbol, attributes)
        return NOTHING if is_external(symbol) else Resolved((Target(symbol),), complete=True)
    if bound.to in (BoundTo.KERNEL, BoundTo.DEFINITION, BoundTo.CLASS):
        return Resolved((Target(join(f":{bound.symbol}", attributes)),), complete=True)
    if bound.to is BoundTo.VALUE and not attributes and bound.node is not None:
        return resolve(bound.node, place, depth + 1)
    if bound.to is BoundTo.VALUE and isinstance(bound.node, (ast.Name, ast.Attribute)):
        inner = resolve(bound.node, place, depth + 1)
        return Resolved(
            tuple(Target(join(t.symbol, attributes)) for t in inner.targets), inner.complete
        )
    if bound.to is BoundTo.PARAMETER and root in ("self", "cls") and attributes:
        owner = home.parent
        found = owner.bindings.get(attributes[0], ()) if owner and owner.kind == "class" else ()
        if owner is not None and any(b.to is BoundTo.KERNEL for b in found):
            # The object may be of a class that inherits, and has a kernel of its own there.
            bases = (f":{owner.qualname}", f"{HEIRS}{owner.qualname}")
            targets = tuple(Target(join(base, attributes)) for base in bases)
            # In a kernel the object comes before the arguments; on the host a kernel is no method.
            complete = home.kernel is None and all(b.to is BoundTo.KERNEL for b in found)
            return Resolved(targets, complete)
        if owner is not None and any(b.to is BoundTo.DEFINITION for b in found):
            return Resolved((Target(join(f":{owner.qualname}", attributes)),), complete=False)
        if owner is not None and found and all(b.to in _REFERRING for b in found):
            values = [
                _resolve_bound(b, owner, attributes[0], attributes[1:], depth + 1) for b in found
            ]
            return Resolved(_union(values).targets, complete=False)
    while len(attributes) > 1 and attributes[-1] in _OF_KERNELS:
        attributes = attributes[:-1]
    if attributes:
        return Resolved((Target(f"?:{attributes[-1]}"),), complete=False)
    return UNRESOLVED


def _staged(resolved: Resolved, stage: Stage) -> Resolved:
    if any(t.stage is not Stage.KERNEL for t in resolved.targets):
        return UNRESOLVED
    return Resolved(
        tuple(Target(t.symbol, stage, t.bound) for t in resolved.targets), resolved.complete
    )


def _union(parts: list[Resolved]) -> Resolved:
    parts = [part for part in parts if part is not ABSENT] or parts[:1]
    if len(parts) == 1:
        return parts[0]
    targets = dict.fromkeys(t for part in parts for t in part.targets)
    # Beside a kernel, what has no target is something else: `tl.gather`, where Triton has it.
    return Resolved(
        tuple(targets), all(part.complete and (part.targets or not targets) for part in parts)
    )


def assigned_names(target: ast.AST) -> Iterator[tuple[str, int]]:
    """The plain names that an assignment binds, each with its place in the tuple (-1: unknown)."""
    if isinstance(target, ast.Name):
        yield target.id, 0
    elif isinstance(target, (ast.Tuple, ast.List)):
        starred = any(isinstance(e, ast.Starred) for e in target.elts)
        for index, element in enumerate(target.elts):
            plain = isinstance(element, ast.Name)
            for name, _ in assigned_names(element):
                yield name, index if plain and not starred else -1
    elif isinstance(target, ast.Starred):
        for name, _ in assigned_names(target.value):
            yield name, -1


def device_callees(dotted: Chain, scope: Scope) -> tuple[str, ...]:
    """The symbols of what a body calls; () where it can't be a kernel or may be anything else."""
    root, attributes = dotted
    if not attributes and root in _BUILTINS and scope.lookup(root) is None:
        return ()
    resolved = resolve_chain(dotted, scope)
    if not resolved.complete or any(s.startswith("?:") for s in resolved.symbols):
        return ()
    return resolved.symbols
