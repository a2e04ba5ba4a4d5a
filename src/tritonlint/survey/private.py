"""Parameters of functions on the host that only their own file calls, by their names."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Sequence

from tritonlint.span import Span
from tritonlint.survey.bound_names import Name, uses_of
from tritonlint.survey.effects import Effects
from tritonlint.survey.facts.calls import HostParameter
from tritonlint.survey.facts.kernels import Mode
from tritonlint.survey.guarded import Guarded
from tritonlint.survey.parameter_comments import stays
from tritonlint.survey.scopes import FunctionName, Scope
from tritonlint.survey.signatures import parameters_of
from tritonlint.survey.text import Text

#: A function with more mentions than this may also be used in other ways.
_MOST_MENTIONS = 20

HostCall = tuple[ast.Call, Scope]


def private_parameters(
    module: Scope,
    calls: Iterable[HostCall],
    droppable: Collection[Span],
    launchers: Collection[str],
    text: Text,
    guarded: Guarded,
) -> list[Name]:
    """Return the parameters that could go with the arguments for them.

    Args:
        calls: the calls on the host.
        droppable: the arguments and statements that a fix may drop.
        launchers: the functions that launch kernels which they are given.
        guarded: the blocks whose errors are expected or caught.
    """
    by_name: dict[str, list[HostCall]] = {}
    for call, scope in calls:
        if isinstance(call.func, ast.Name) and _is_private(call.func.id):
            by_name.setdefault(call.func.id, []).append((call, scope))
    found: list[Name] = []
    # A function that only passes a parameter on to another is private as well.
    pending = [*droppable]
    while pending:
        rows = [span.row for span in pending]
        pending = []
        for name in [n for n in by_name if n not in launchers]:
            function = _function(module, name)
            if function is None:
                del by_name[name]
                continue
            node = function.node
            if any(node.lineno <= row <= (node.end_lineno or row) for row in rows):
                new = _parameters(function, by_name.pop(name), text, guarded)
                found += new
                pending += [span for each in new for span in each.statements]
    return found


def _is_private(name: str) -> bool:
    # In a class, `__name` is another spelling of a longer name.
    return name.startswith("_") and not name.startswith("__") and name != "_"


def _function(module: Scope, name: str) -> FunctionName | None:
    """Return the function of a module, if nothing else has its name."""
    bindings = module.bindings.get(name, [])
    if len(bindings) != 1 or not isinstance(bindings[0], FunctionName):
        return None
    node = bindings[0].node
    is_plain = isinstance(node, ast.FunctionDef) and not node.decorator_list
    variadic = node.args.vararg is not None or node.args.kwarg is not None
    return bindings[0] if is_plain and not variadic and node.col_offset == 0 else None


def _parameters(
    function: FunctionName, calls: Sequence[HostCall], text: Text, guarded: Guarded
) -> list[Name]:
    """Return the parameters of a function that could go; none unless all calls are known."""
    node = function.node
    mentions = {text.name_span(node), *(text.span(call.func) for call, _ in calls)}
    places = text.mentions(node.name, _MOST_MENTIONS)
    if places is None or any(p not in mentions and not text.is_in_comment(p) for p in places):
        return []
    if any(map(_is_open, (call for call, _ in calls))):
        return []
    uses = uses_of(node, text, function.inner)
    if uses.sees_all:
        return []
    found = []
    for place, (arg, mode, default) in enumerate(parameters_of(node.args)):
        spelled = text.identifier(text.span(arg))
        # An edit finds a parameter by its spelling.
        if arg.arg in uses.others or spelled != arg.arg:
            continue
        by_place = None if mode is Mode.KEYWORD_ONLY else place
        passed = [(call, _argument(call, arg.arg, by_place), scope) for call, scope in calls]
        if default is None and any(argument is None for _, argument, _ in passed):
            continue
        name = Name(arg.arg, function.qualname, function.inner)
        name.reads = list(map(text.span, uses.reads[arg.arg]))
        name.stays = stays(text.lines, node, arg.arg, text.span(arg)) is not None
        name.stays |= any(map(_may_have_effect, filter(None, (arg.annotation, default))))
        arguments = []
        for call, argument, scope in passed:
            if argument is None:
                continue
            value = argument.value if isinstance(argument, ast.keyword) else argument
            effects = Effects(scope)
            if guarded.catch(value, scope) or not effects.is_pure(value):
                name.stays = True
            name.trusts.update(effects.trusts | guarded.trusts(value, scope))
            arguments.append((text.span(call), text.span(argument)))
        name.statements = [text.parameter(arg, default), *(span for _, span in arguments)]
        last = node.end_lineno or node.lineno
        name.parameter = HostParameter(
            node.name, node.lineno, text.body_row(node), last, tuple(arguments)
        )
        found.append(name)
    return found


def _is_open(call: ast.Call) -> bool:
    """Whether a call unpacks arguments."""
    return any(isinstance(a, ast.Starred) for a in call.args) or any(
        keyword.arg is None for keyword in call.keywords
    )


def _may_have_effect(node: ast.expr) -> bool:
    return any(isinstance(part, (ast.Call, ast.NamedExpr)) for part in ast.walk(node))


def _argument(call: ast.Call, name: str, place: int | None) -> ast.expr | ast.keyword | None:
    """Return what a call passes for a parameter."""
    if place is not None and place < len(call.args):
        return call.args[place]
    return next((keyword for keyword in call.keywords if keyword.arg == name), None)
