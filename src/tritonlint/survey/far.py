"""The calls of a file to functions that other files ask about, by name."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from tritonlint.survey.facts.calls import FarCall, FarCalls, HostFunction
from tritonlint.survey.facts.names import Symbol
from tritonlint.survey.facts.values import NumberOrigin, Provenance
from tritonlint.survey.limits import Limits
from tritonlint.survey.nodes import Chain, FunctionNode, chain, decorator_name, last_name
from tritonlint.survey.provenance import provenance
from tritonlint.survey.scopes import ClassName, FunctionName, Imported, Scope
from tritonlint.survey.symbols import resolve_chain
from tritonlint.survey.walk import Walker

#: Decorators that turn a method into something that is not called like one.
_NO_CALLS = frozenset({"property", "cached_property", "setter", "getter", "overload"})


def read_far_calls(walker: Walker, names: frozenset[str]) -> FarCalls:
    """Return the calls in a parsed file to functions of these names."""
    text = walker.text
    limits = Limits()
    calls = []
    for node, scope in walker.host_calls:
        dotted = chain(node.func)
        if dotted is None or last_name(dotted) not in names:
            continue
        callee, on_object = _callee(dotted, scope)
        positional = []
        for argument in node.args:
            if isinstance(argument, ast.Starred):
                break
            positional.append(provenance(argument, scope, text, limits))
        keywords = tuple(
            (keyword.arg, provenance(keyword.value, scope, text, limits))
            for keyword in node.keywords
            if keyword.arg is not None
        )
        calls.append(FarCall(callee, last_name(dotted), on_object, tuple(positional), keywords))
    given = [p for c in calls for p in (*c.positional, *(p for _, p in c.keywords))]
    return FarCalls(
        tuple(calls),
        tuple(host_functions(walker.functions, given)),
    )


def called_in(data: bytes, names: frozenset[str], own: frozenset[str]) -> frozenset[str]:
    """Return the names that are called in a file, as far as a text search tells.

    The file itself may define only functions in `own`.
    """
    found = set()
    for name in names:
        text = _bytes(name)
        is_other = name not in own and re.search(
            rb"(?m)^(?:async[ \t]+)?def[ \t]+%s\b" % text, data
        )
        # If the file defines one itself, only a method call can mean another file's.
        before = rb"\.\s*" if is_other else rb"(?<!\bdef )\b"
        if re.search(before + rb"%s\s*\(" % text, data):
            found.add(name)
    return frozenset(found)


def methods_in(data: bytes, names: frozenset[str]) -> tuple[str, ...]:
    """Return the names that a class of the file may have as a method, by a text search."""
    return tuple(
        n
        for n in sorted(names)
        if re.search(rb"(?m)^[ \t]+(?:async[ \t]+)?def[ \t]+%s\b" % _bytes(n), data)
    )


def _bytes(name: str) -> bytes:
    return re.escape(name).encode()


def _callee(dotted: Chain, scope: Scope) -> tuple[Symbol | None, bool]:
    """Return what is called, and whether it is called on an object that is not a module."""
    root, attributes = dotted
    known = scope.lookup(root)
    bindings = known[1] if known is not None else []
    on_object = bool(attributes) and bool(bindings)
    on_object = on_object and not any(isinstance(b, (Imported, ClassName)) for b in bindings)
    resolved = resolve_chain(dotted, scope)
    # A top-level import binds its name twice; without one, a star import may have brought it.
    sole = len(resolved.symbols) == 1 and len({*bindings}) <= 1
    return (resolved.symbols[0] if sole else None), on_object


def host_functions(
    functions: Iterable[tuple[FunctionNode, Scope]], given: Iterable[Provenance]
) -> Iterator[HostFunction]:
    """Yield the functions that pass their parameters on and that other files may call."""
    wanted = {
        leaf.function
        for found in given
        for leaf in found.leaves
        if leaf.origin is NumberOrigin.PARAMETER
    }
    for node, scope in functions:
        owner = scope.parent
        if scope.qualname not in wanted or owner is None or "<locals>" in scope.qualname:
            continue
        bound = owner.bindings.get(node.name, ())
        if len(bound) != 1 or not isinstance(bound[0], FunctionName):
            # The name is bound again, or replaced.
            continue
        decorators = set(map(decorator_name, node.decorator_list))
        if not decorators.isdisjoint(_NO_CALLS):
            continue
        binds = ""
        if owner.kind == "class":
            is_static, of_class = ("staticmethod" in decorators, "classmethod" in decorators)
            binds = "nothing" if is_static else "class" if of_class else "object"
        arguments = node.args
        places = [*arguments.posonlyargs, *arguments.args]
        yield HostFunction(
            scope.qualname,
            tuple(a.arg for a in places),
            tuple(a.arg for a in (*arguments.args, *arguments.kwonlyargs)),
            binds,
        )
