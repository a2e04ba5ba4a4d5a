"""The calls of a file: launches, device calls, and other calls with possible kernels."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from tritonlint.survey.containers import is_lookup
from tritonlint.survey.facts.calls import CallForm
from tritonlint.survey.facts.references import Escape
from tritonlint.survey.guards import expects_error
from tritonlint.survey.namespaces import FINDING
from tritonlint.survey.nodes import Chain, chain, final_name, last_name
from tritonlint.survey.scopes import Assigned, Imported, Scope
from tritonlint.survey.symbols import returns_its_kernel
from tritonlint.survey.uses import (
    COMPILED_KEPT,
    DECORATED,
    LAUNCH,
    LOOKED_AT,
    NAMED,
    ODD_CALL,
    TESTED,
    How,
    passed,
)
from tritonlint.survey.wrapped import Wrapped, found_wrapping
from tritonlint.survey.wrappings import Wrapping
from tritonlint.triton.names import INNER_KERNEL, LAUNCHING_METHODS

if TYPE_CHECKING:
    from tritonlint.survey.walk import Walker

#: Python's functions that only look at a value: they keep none of it and call nothing on it.
_LOOK = frozenset(
    {"print", "isinstance", "hasattr", "callable", "len", "str", "repr", "id", "type"}
)
#: Packages whose functions only compute with their arguments.
_COMPUTING = ("math", "numpy", "torch.nn.functional")
#: Functions that list the parameters of the function that they get.
_INSPECTING = frozenset({"signature", "getfullargspec", "getsource", "getsourcelines"})
#: Methods that take a key.
KEYED_METHODS = frozenset({"get", "pop", "setdefault", "__getitem__"})


class RawCall(NamedTuple):
    """A call that may be a launch or a device call; `callee` is the possible kernel."""

    form: CallForm
    callee: ast.expr
    node: ast.Call
    scope: Scope
    grid: ast.expr | None = None
    may_fail: bool = False


class Handed(NamedTuple):
    """A dotted name that the call of a function is given, and how."""

    name: ast.expr
    dotted: Chain
    node: ast.Call
    scope: Scope
    how: How


def call(walker: Walker, node: ast.Call, scope: Scope, how: How) -> None:
    """Visit a call, and note what it may launch; `how` says how its result is used."""
    function = node.func
    dotted = chain(function)
    wrapping = found_wrapping(walker, node, scope)
    if wrapping is not None:
        _wrapping(walker, node, wrapping, scope, how)
    elif scope.kernel is not None and dotted is not None:
        walker.note_call(CallForm.DEVICE, function, node, scope)
        _arguments(walker, node, scope, passed(".".join((dotted[0], *dotted[1]))))
    elif isinstance(function, ast.Subscript):
        walker.note_call(CallForm.LAUNCH, function.value, node, scope, function.slice)
        _launched(walker, function.value, scope, form=CallForm.LAUNCH, how=how)
        walker.names.subscript(function.value, function.slice, scope, node)
        walker.visit(function.slice, scope, (Escape.PASSED, "a grid"))
        _arguments(walker, node, scope, LAUNCH)
    elif isinstance(function, ast.Attribute) and function.attr in LAUNCHING_METHODS:
        form = CallForm.RUN if function.attr == "run" else CallForm.WARMUP
        grid = next((k.value for k in node.keywords if k.arg == "grid"), None)
        walker.note_call(form, function.value, node, scope, grid)
        _launched(walker, function.value, scope, form=form, how=how)
        _arguments(walker, node, scope, passed(function.attr))
    elif dotted is not None and (kernel := _kernel_of_triton_call(node, dotted, scope)):
        grid = next((k.value for k in node.keywords if k.arg == "grid"), None)
        walker.note_call(CallForm.TRITON_CALL, kernel, node, scope, grid)
        visit_alias(walker, kernel, scope)
        walker.visit_all(node.args, scope, LAUNCH)
        others = [k.value for k in node.keywords if k.value is not kernel]
        walker.visit_all(others, scope, LAUNCH)
    elif _is_partial_launch(node):
        # Other code that gets it may call it with more arguments.
        _partial(walker, node, scope)
        launcher = node.args[0]
        assert isinstance(launcher, ast.Subscript)
        walker.visit(launcher.value, scope, how)
    elif isinstance(function, ast.Call) and _is_partial_launch(function):
        # `partial(kernel[grid], x)(y)`
        walker.note_call(CallForm.LAUNCH, function, node, scope)
        _partial(walker, function, scope)
        _arguments(walker, node, scope, LAUNCH)
    elif isinstance(function, ast.NamedExpr):
        # `(fn := kernel[grid])(...)`
        walker.visit(function, scope, NAMED)
        walker.note_call(CallForm.LAUNCH, function, node, scope)
        _arguments(walker, node, scope, passed(function.target.id))
    elif dotted is not None and not dotted[1] and _is_local_value(dotted[0], scope):
        # `fn = kernel[grid]; fn(...)`
        walker.note_call(CallForm.LAUNCH, function, node, scope)
        _arguments(walker, node, scope, passed(dotted[0]))
    else:
        walker.note_replaced(node, scope)
        _other_call(walker, node, scope, dotted, how)


def _wrapping(
    walker: Walker, node: ast.Call, wrapping: Wrapping, scope: Scope, how: How | None
) -> None:
    """Visit a call that wraps a name; what the name means shows when the whole file is read."""
    walker.module.wrappings[node] = wrapping
    walker.wraps.append(Wrapped(node, wrapping, scope, how))
    walker.visit_all(wrapping.others, scope, DECORATED)


def _kernel_of_triton_call(node: ast.Call, dotted: Chain, scope: Scope) -> ast.expr | None:
    """Return the kernel that `jax_triton.triton_call` launches; None for any other call."""
    if last_name(dotted) != "triton_call":
        return None
    found = scope.lookup(dotted[0])
    for bound in found[1] if found is not None else (None,):
        if not isinstance(bound, Imported) or not _is_of_jax(bound, dotted):
            return None
    return next((k.value for k in node.keywords if k.arg == "kernel"), None)


def _is_of_jax(bound: Imported, dotted: Chain) -> bool:
    return bound.symbol.attribute(*dotted[1]).dotted.partition(".")[0] == "jax_triton"


def _launched(walker: Walker, kernel: ast.expr, scope: Scope, form: CallForm, how: How) -> None:
    """Return the kernel of a launch whose result is a compiled kernel, to be launched again."""
    kept = how[0] in COMPILED_KEPT and how != LAUNCH
    if form is CallForm.WARMUP:
        # Only its result is used; if the result has a name, the name is followed.
        kept = how[0] not in (Escape.DROPPED, Escape.NAMED)
    if kept:
        walker.visit(kernel, scope, (Escape.COMPILED, ""))
    else:
        visit_alias(walker, kernel, scope)


def _partial(walker: Walker, node: ast.Call, scope: Scope) -> None:
    launcher = node.args[0]
    assert isinstance(launcher, ast.Subscript)
    walker.note_call(CallForm.PARTIAL, launcher.value, node, scope, launcher.slice)
    visit_alias(walker, launcher, scope)
    walker.visit_all(node.args[1:], scope, LAUNCH)
    walker.visit_all([k.value for k in node.keywords], scope, LAUNCH)


def _other_call(
    walker: Walker, node: ast.Call, scope: Scope, dotted: Chain | None, how: How
) -> None:
    function = node.func
    last = last_name(dotted) if dotted else getattr(function, "attr", "")
    # On an unknown object, whatever contains a function is taken for a kernel.
    called = Escape.UNWRAPPED if last == INNER_KERNEL else Escape.CALLED
    if last == "__getitem__":
        called = Escape.WITH_GRID
    elif last in ("__call__", "__get__"):
        # `kernel.run.__call__`, `kernel[grid].__call__`
        called = Escape.ODD_CALL
    if dotted:
        walker.host_calls.append((node, scope))
        walker.load(function, dotted, scope, (called, ""))
    elif isinstance(function, ast.Attribute):
        walker.load_attribute(function, scope, (called, ""))
    else:
        # `(kernel[grid] or other)(x)`
        walker.visit(function, scope, ODD_CALL)
    if last in FINDING:
        walker.names.call(node, scope, last, how)
    if isinstance(function, ast.Attribute) and last not in KEYED_METHODS:
        walker.names.of_dictionary(function.value, scope, node)
    given = passed(last or walker.text.function(function))
    if dotted and not dotted[1] and last in _LOOK and scope.lookup(last) is None:
        given = LOOKED_AT
    elif last in _INSPECTING:
        given = Escape.INSPECTED, last
    elif dotted and _computes(dotted, scope):
        given = LOOKED_AT
    arguments = node.args
    if last in KEYED_METHODS and arguments:
        if isinstance(function, ast.Attribute):
            walker.names.subscript(function.value, arguments[0], scope, node)
        walker.visit_key(arguments[0], scope)
        arguments = arguments[1:]
    may_launch = dotted is not None and scope.kernel is None and given != LOOKED_AT
    for argument in [*arguments, *(keyword.value for keyword in node.keywords)]:
        given_name = _name_given(argument) if may_launch else None
        if given_name is not None:
            # It may be launched there: that shows when the whole file is read.
            walker.handed.append(Handed(argument, given_name, node, scope, given))
        elif isinstance(argument, ast.Lambda) and expects_error(node):
            with walker.guarded([argument], by=True):
                walker.visit(argument, scope, given)
        else:
            walker.visit(argument, scope, given)


def _name_given(node: ast.expr) -> Chain | None:
    if node.__class__ is ast.Name:
        return chain(node)
    dotted = chain(node) if node.__class__ is ast.Attribute else None
    is_special = dotted is not None and last_name(dotted).startswith("__")
    return None if is_special else dotted


def _arguments(walker: Walker, node: ast.Call, scope: Scope, how: How) -> None:
    walker.visit_all(node.args, scope, how)
    walker.visit_all([k.value for k in node.keywords], scope, how)


def visit_alias(walker: Walker, node: ast.expr, scope: Scope) -> None:
    """Visit an expression that gets another name or is launched, which is not an escape."""
    if isinstance(node, ast.IfExp):
        walker.visit(node.test, scope, TESTED)
        visit_alias(walker, node.body, scope)
        visit_alias(walker, node.orelse, scope)
    elif isinstance(node, ast.BoolOp):
        for value in node.values:
            visit_alias(walker, value, scope)
    elif isinstance(node, ast.Subscript):
        walker.names.subscript(node.value, node.slice, scope, node)
        index = node.slice
        parts = index.elts if isinstance(index, ast.Tuple) else (index,)
        is_item = not any(part.__class__ is ast.Slice for part in parts)
        if not (is_item and walker.containers.taken_from(walker, node.value, scope)):
            visit_alias(walker, node.value, scope)
        walker.visit_key(node.slice, scope)
    elif dotted := chain(node):
        if dotted[1]:
            # `held = run.keywords`, after `run = partial(kernel[grid], x)`
            walker.partial_loads.append((node, dotted, scope))
    elif isinstance(node, ast.Call) and is_lookup(node):
        assert isinstance(node.func, ast.Attribute)
        if isinstance(node.func.value, ast.Name):
            walker.containers.taken_from(walker, node.func.value, scope)
        walker.visit(node, scope, NAMED)
    elif isinstance(node, ast.Attribute):
        visit_alias(walker, node.value, scope)
    elif isinstance(node, ast.Call) and _is_partial_launch(node):
        _partial(walker, node, scope)
    elif isinstance(node, ast.Call) and (wrapping := found_wrapping(walker, node, scope)):
        _wrapping(walker, node, wrapping, scope, None)
    elif isinstance(node, ast.Call) and len(node.args) == 1 and returns_its_kernel(node, scope):
        # `wrap_triton(kernel)`
        visit_alias(walker, node.args[0], scope)
    else:
        walker.visit(node, scope, NAMED)


def _is_local_value(name: str, scope: Scope) -> bool:
    found = scope.lookup(name)
    return found is not None and any(isinstance(b, Assigned) for b in found[1])


def _computes(dotted: Chain, scope: Scope) -> bool:
    """Whether a function only computes with its arguments: `F.conv2d`, `math.ceil`."""
    found = scope.lookup(dotted[0])
    if found is None:
        return False
    for bound in found[1]:
        if not isinstance(bound, Imported) or not bound.external:
            return False
        symbol = bound.symbol.attribute(*dotted[1])
        if not any(symbol.dotted.startswith(f"{package}.") for package in _COMPUTING):
            return False
    return True


def _is_partial_launch(node: ast.Call) -> bool:
    """`partial(kernel[grid], ...)`"""
    launches = bool(node.args) and isinstance(node.args[0], ast.Subscript)
    return launches and final_name(node.func) == "partial"
