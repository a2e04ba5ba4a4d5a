"""The calls, in the same file, of functions whose parameters reach a launch."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator

from tritonlint.survey.facts.calls import HostCall
from tritonlint.survey.facts.values import Provenance
from tritonlint.survey.nodes import FunctionNode, all_arguments, chain
from tritonlint.survey.scopes import ClassName, FunctionName, Scope

#: The most calls between a launch and the furthest function whose callers are looked up.
LEVELS = 3

#: A call on the host, and the scope that it is in.
RawHostCall = tuple[ast.Call, Scope]
#: A function of the file, its name, and the number of parameters that its caller does not pass.
_Callee = tuple[FunctionNode, str, int]


def host_calls(
    passed: Iterable[Provenance],
    calls: Iterable[RawHostCall],
    classes: Iterable[tuple[ast.ClassDef, Scope]],
    read: Callable[[ast.expr, Scope], Provenance],
) -> Iterator[HostCall]:
    """Yield what callers pass for the parameters that launches pass on, a few levels up.

    Args:
        passed: what launches pass.
        read: returns the provenance of an expression.
    """
    wanted = _wanted(passed)
    if not wanted:
        return
    known = _by_function(calls, {s.qualname: s for _, s in classes}, wanted)
    done: dict[str, set[str]] = defaultdict(set)
    for _ in range(LEVELS):
        given: list[Provenance] = []
        for function, names in wanted.items():
            new = names - done[function]
            done[function] |= new
            for node, scope, callee, hidden in known.get(function, ()) if new else ():
                arguments = tuple(
                    (name, read(value, scope))
                    for name, value in _bound(node, callee, hidden)
                    if name in new
                )
                given += [provenance for _, provenance in arguments]
                if arguments:
                    yield HostCall(function, node.lineno, arguments)
        wanted = _wanted(given)
        if any(names - done[function] for function, names in wanted.items()):
            known = _by_function(calls, {s.qualname: s for _, s in classes}, wanted)


def _wanted(found: Iterable[Provenance]) -> dict[str, set[str]]:
    """Return, for each function, the parameters that values come from."""
    wanted: dict[str, set[str]] = {}
    for provenance in found:
        for leaf in provenance.leaves:
            if leaf.function:
                wanted.setdefault(leaf.function, set()).add(leaf.of.partition(".")[0])
    return wanted


def _by_function(
    calls: Iterable[RawHostCall], classes: dict[str, Scope], wanted: Iterable[str]
) -> dict[str, list[tuple[ast.Call, Scope, FunctionNode, int]]]:
    """Return the calls of each function, and the function that is called."""
    names = {function.rpartition(".")[2] for function in wanted} | {"apply"}
    found: dict[str, list[tuple[ast.Call, Scope, FunctionNode, int]]] = {}
    for node, scope in calls:
        dotted = chain(node.func)
        if dotted is None or (dotted[1][-1] if dotted[1] else dotted[0]) not in names:
            continue
        callee = _callee(dotted, scope, classes)
        if callee is not None:
            function, qualname, hidden = callee
            found.setdefault(qualname, []).append((node, scope, function, hidden))
    return found


def _callee(
    dotted: tuple[str, tuple[str, ...]], scope: Scope, classes: dict[str, Scope]
) -> _Callee | None:
    root, attributes = dotted
    owner: Scope | None = None
    if root in ("self", "cls") and len(attributes) == 1:
        owner = scope.parent
        while owner is not None and owner.kind != "class":
            owner = owner.parent
    else:
        known = scope.lookup(root)
        for bound in known[1] if known is not None else ():
            if isinstance(bound, FunctionName) and not attributes:
                return bound.node, bound.qualname, 0
            if isinstance(bound, ClassName) and len(attributes) == 1:
                owner = classes.get(bound.qualname)
    if owner is None:
        return None
    # `Function.apply(...)` calls `forward(ctx, ...)` (torch/autograd/function.py).
    name = "forward" if attributes[0] == "apply" else attributes[0]
    for bound in owner.bindings.get(name, ()):
        if isinstance(bound, FunctionName):
            first = [*bound.node.args.posonlyargs, *bound.node.args.args][:1]
            is_static = any(
                isinstance(d, ast.Name) and d.id == "staticmethod"
                for d in bound.node.decorator_list
            )
            hidden = 1 if first and (attributes[0] == "apply" or not is_static) else 0
            return bound.node, bound.qualname, hidden
    return None


def _bound(node: ast.Call, callee: FunctionNode, hidden: int) -> Iterator[tuple[str, ast.expr]]:
    positional = [a.arg for a in (*callee.args.posonlyargs, *callee.args.args)][hidden:]
    for name, value in zip(positional, node.args, strict=False):
        if isinstance(value, ast.Starred):
            break
        yield name, value
    names = {a.arg for a in all_arguments(callee.args)}
    for keyword in node.keywords:
        if keyword.arg in names:
            assert keyword.arg is not None
            yield keyword.arg, keyword.value
