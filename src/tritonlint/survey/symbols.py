"""What an expression of one file may stand for, as far as the file itself shows."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tritonlint.survey.containers import elements_of, is_lookup
from tritonlint.survey.facts.calls import Partial
from tritonlint.survey.facts.names import Symbol, in_file, of_object, of_subclass
from tritonlint.survey.imports import imported_module
from tritonlint.survey.nodes import Chain, chain, final_name, last_name, without_call
from tritonlint.survey.resolved import (
    ABSENT,
    UNRESOLVED,
    Resolved,
    Stage,
    Target,
    of_unknown,
    staged,
    telling_attribute,
    union,
    with_attributes,
)
from tritonlint.survey.scopes import (
    BUILTINS,
    Argument,
    Assigned,
    Bound,
    ClassName,
    FunctionName,
    Imported,
    Item,
    KernelName,
    Scope,
    Taken,
)
from tritonlint.triton.names import LAUNCHING_METHODS, WRAPPERS, is_language

if TYPE_CHECKING:
    from tritonlint.survey.wrappings import Wrapping

#: How many assignments from name to name are followed.
_MAX_DEPTH = 12

#: Kinds of literals that hold what is taken out of them.
_SEQUENCES = (ast.List, ast.Tuple, ast.Set)
_DICTIONARY = (ast.Dict,)
_CONTAINERS = (*_SEQUENCES, *_DICTIONARY)


#: Attributes of a `partial` by which code gets what it holds.
_OF_PARTIAL = frozenset({"args", "keywords", "func", "__dict__", "__reduce__", "__setstate__"})
#: Something that is not a kernel.
NOTHING = Resolved((), complete=True)


def resolve(node: ast.AST, scope: Scope, depth: int = 0) -> Resolved:
    """Return everything that `node` may stand for."""
    if depth > _MAX_DEPTH:
        return UNRESOLVED
    dotted = chain(node)
    if dotted is not None:
        return resolve_chain(dotted, scope, depth)
    if isinstance(node, ast.IfExp):
        return union(resolve(part, scope, depth + 1) for part in (node.body, node.orelse))
    if isinstance(node, ast.BoolOp):
        return union(resolve(value, scope, depth + 1) for value in node.values)
    if isinstance(node, ast.NamedExpr):
        return resolve(node.value, scope, depth + 1)
    module = imported_module(node, scope)
    if module is not None:
        return Resolved((Target(module),), complete=True)
    if isinstance(node, ast.Subscript):
        chosen = _chosen(node.value, scope, depth)
        return (
            chosen
            if chosen is not None
            else staged(resolve(node.value, scope, depth + 1), Stage.LAUNCHER)
        )
    if isinstance(node, ast.Call):
        return _resolve_call(node, scope, depth)
    if isinstance(node, ast.Constant):
        return ABSENT
    launcher = without_call(node)
    if launcher is not node:
        return resolve(launcher, scope, depth + 1)
    if isinstance(node, ast.Attribute):
        return Resolved((Target(of_object(telling_attribute(node))),), complete=False)
    return UNRESOLVED


def _chosen(
    node: ast.expr, scope: Scope, depth: int, kinds: tuple[type, ...] = _CONTAINERS
) -> Resolved | None:
    """Return all that an item of an expression may be, if it is a choice of one of these kinds."""
    if isinstance(node, ast.Name):
        found = scope.lookup(node.id)
        if found is None or node.id not in found[0].choices:
            return None
        scope, node = found[0], found[0].choices[node.id]
    if not isinstance(node, kinds):
        return None
    elements = elements_of(node)
    return union([resolve(e, scope, depth + 1) for e in elements]) if elements else None


def _resolve_call(node: ast.Call, scope: Scope, depth: int) -> Resolved:
    wrapping = scope.root.wrappings.get(node)
    if wrapping is not None:
        return _resolve_wrapped(wrapping, scope, depth)
    function = final_name(node.func)
    launched = node.func.value if isinstance(node.func, (ast.Subscript, ast.Attribute)) else None
    if launched is not None and (
        isinstance(node.func, ast.Subscript) or function in LAUNCHING_METHODS
    ):
        return staged(resolve(launched, scope, depth + 1), Stage.COMPILED)
    if isinstance(node.func, ast.Attribute) and is_lookup(node):
        chosen = _chosen(node.func.value, scope, depth, _DICTIONARY)
        return chosen if chosen is not None else UNRESOLVED
    if len(node.args) == 1 and returns_its_kernel(node, scope):
        return resolve(node.args[0], scope, depth + 1)
    if function == "partial" and node.args and not isinstance(node.args[0], ast.Starred):
        inner = resolve(node.args[0], scope, depth + 1)
        launchers = [t for t in inner.targets if t.stage is not Stage.KERNEL]
        if launchers and not any(isinstance(a, ast.Starred) for a in node.args):
            return Resolved(
                tuple(
                    t._replace(stage=Stage.PARTIAL, earlier=_bound_by(node, t.earlier))
                    for t in launchers
                ),
                inner.complete,
            )
    return UNRESOLVED


def wrapped_kernel(wrapping: Wrapping, scope: Scope) -> str | None:
    """Return the qualified name of the kernel that calls wrap; None if that is not clear."""
    symbols = _resolve_wrapped(wrapping, scope, 0).symbols
    return symbols[0].path if symbols else None


def _resolve_wrapped(wrapping: Wrapping, scope: Scope, depth: int) -> Resolved:
    """Return what calls wrap, if that can only be one kernel of the file."""
    root, attributes = wrapping.name
    found = scope.lookup(root)
    if found is None or depth > _MAX_DEPTH:
        return UNRESOLVED
    home, bounds = found
    # `kernel = triton.autotune(...)(kernel)` wraps what the name meant before.
    before = [bound for bound in bounds if not _wraps_again(bound, root, home)]
    inner = union([_resolve_bound(b, home, root, attributes, depth + 1) for b in before])
    if not inner.complete or len(inner.symbols) != 1:
        return UNRESOLVED
    symbol = inner.symbols[0]
    is_kernel = all(target.stage is Stage.KERNEL for target in inner.targets)
    if symbol.origin != "file" or not is_kernel or scope.root.kernels[symbol.path] != 1:
        return UNRESOLVED
    calls = tuple(part.call for part in wrapping.parts)
    targets = (t._replace(wrapped=(*calls, *t.wrapped)) for t in inner.targets)
    return Resolved(tuple(dict.fromkeys(targets)), complete=True)


def _wraps_again(bound: Bound, name: str, home: Scope) -> bool:
    if not isinstance(bound, Assigned):
        return False
    wrapping = home.root.wrappings.get(bound.node)
    if wrapping is None or wrapping.name != (name, ()):
        return False
    found = bound.scope.lookup(name)
    return found is not None and found[0] is home


def _is_followed(node: ast.expr, scope: Scope) -> bool:
    """Whether attributes of a value are those of the kernel that it stands for."""
    followed = (ast.Name, ast.Attribute, ast.IfExp, ast.BoolOp)
    return isinstance(node, followed) or node in scope.root.wrappings


def _bound_by(node: ast.Call, earlier: Partial) -> Partial:
    """Return what `partial(kernel[grid], ...)` has bound, together with earlier ones."""
    keywords = {keyword.arg for keyword in node.keywords}
    return Partial(
        earlier.positions + len(node.args) - 1,
        tuple(sorted({*earlier.keywords, *(name for name in keywords if name is not None)})),
        earlier.keywords_open or None in keywords,
    )


def asked_of_partial(dotted: Chain, scope: Scope) -> tuple[tuple[Symbol, ...], str]:
    """Return what a `partial` launches, and which of what it holds a dotted name asks for.

    `run.keywords["n"]` after `run = partial(kernel[grid], n=n)`.
    """
    for place, attribute in enumerate(dotted[1]):
        if attribute in _OF_PARTIAL:
            found = resolve_chain((dotted[0], dotted[1][:place]), scope)
            return tuple(t.symbol for t in found.targets if t.stage is Stage.PARTIAL), attribute
    return (), ""


def returns_its_kernel(node: ast.Call, scope: Scope) -> bool:
    """Whether a call only returns its argument: `wrap_triton(kernel)`, `staticmethod(f)`."""
    dotted = chain(node.func)
    if dotted is None:
        return False
    if dotted == ("staticmethod", ()):
        return scope.lookup("staticmethod") is None
    if last_name(dotted) not in WRAPPERS:
        return False
    # A function of that name in the project may do more.
    return scope.only_imports(dotted[0])


def resolve_chain(dotted: Chain, scope: Scope, depth: int = 0) -> Resolved:
    """Return everything that a dotted name may stand for."""
    root, attributes = dotted
    found = scope.lookup(root)
    if found is None:
        # It is a builtin, or a star import or other code binds it.
        return Resolved((Target(in_file(".".join((root, *attributes)))),), complete=True)
    home, bindings = found
    known = home.resolved.get(dotted)
    if known is None:
        # A name that is assigned from itself adds nothing.
        home.resolved[dotted] = UNRESOLVED
        known = home.resolved[dotted] = union(
            [_resolve_bound(bound, home, root, attributes, depth) for bound in bindings]
        )
    return known


def _resolve_bound(
    bound: Bound, home: Scope, root: str, attributes: tuple[str, ...], depth: int
) -> Resolved:
    match bound:
        case Imported(symbol, external, hands_on_triton):
            if external or (hands_on_triton and is_language(".".join((symbol.name, *attributes)))):
                return NOTHING
            return Resolved((Target(symbol.attribute(*attributes)),), complete=True)
        case KernelName() | FunctionName() | ClassName():
            symbol = in_file(".".join((bound.qualname, *attributes)))
            return Resolved((Target(symbol),), complete=True)
        case Assigned(node, scope):
            if not attributes or _is_followed(node, scope):
                return with_attributes(resolve(node, scope, depth + 1), attributes)
            module = imported_module(node, scope)
            if module is not None:
                return Resolved((Target(module.attribute(*attributes)),), complete=True)
        case Item(ast.Call(ast.Attribute(node, "values"), [], []), scope):
            chosen = _chosen(node, scope, depth, _DICTIONARY)
            if chosen is not None:
                return with_attributes(chosen, attributes)
        case Item(node, scope):
            chosen = _chosen(node, scope, depth, _SEQUENCES)
            if chosen is not None:
                return with_attributes(chosen, attributes)
        case Taken(node, scope, values):
            chosen = _chosen(node, scope, depth, _DICTIONARY if values else _SEQUENCES)
            if chosen is not None:
                return with_attributes(chosen, attributes)
        case Argument():
            if root in ("self", "cls") and attributes:
                owned = _resolve_own(home, attributes, depth)
                if owned is not None:
                    return owned
    return of_unknown(attributes)


def _resolve_own(home: Scope, attributes: tuple[str, ...], depth: int) -> Resolved | None:
    """Resolve an attribute of a method's own object; None if its class does not bind the name."""
    owner = home.parent
    if owner is None or owner.kind != "class":
        return None
    found = owner.bindings.get(attributes[0], ())
    path = ".".join((owner.qualname, *attributes))
    if any(isinstance(bound, KernelName) for bound in found):
        # The object may be an instance of a subclass with its own kernel under that name.
        targets = (Target(in_file(path)), Target(of_subclass(path)))
        # In a kernel, the object is the first argument; on the host, a kernel is not a method.
        complete = home.kernel is None and all(isinstance(b, KernelName) for b in found)
        return Resolved(targets, complete)
    if any(isinstance(bound, FunctionName) for bound in found):
        return Resolved((Target(in_file(path)),), complete=False)
    if found and all(isinstance(bound, (Assigned, Imported)) for bound in found):
        values = [_resolve_bound(b, owner, attributes[0], attributes[1:], depth + 1) for b in found]
        return Resolved(union(values).targets, complete=False)
    return None


def device_callees(dotted: Chain, scope: Scope) -> tuple[Symbol, ...]:
    """Return the symbols that a body calls; () if none is a kernel, or if any may be."""
    if not dotted[1] and dotted[0] in BUILTINS and scope.lookup(dotted[0]) is None:
        return ()
    resolved = resolve_chain(dotted, scope)
    if not resolved.complete or any(s.origin == "object" for s in resolved.symbols):
        return ()
    return resolved.symbols
