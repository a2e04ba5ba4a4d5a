"""Functions of a file that launch a kernel which they are given: `def rows(kernel, grid, *args)`.

A call of one is a launch of what it is given, with arguments of the call and of the function.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from tritonlint.survey.callers import RawHostCall
from tritonlint.survey.facts.calls import CallForm
from tritonlint.survey.idle import REFLECTION
from tritonlint.survey.launches import RawCall
from tritonlint.survey.scopes import Argument, FunctionName, Scope, chain, nodes_in, passes_star

_LAUNCHES = frozenset({CallForm.LAUNCH, CallForm.RUN})


class Given(NamedTuple):
    """A value in the scope of the function, or of its call; `whole` is what a call would lose.

    Attributes:
        fixed: whether the function passes it, whatever its call gives.
    """

    keyword: str | None
    star: str
    value: ast.expr
    whole: ast.AST
    scope: Scope
    fixed: bool


class Handover(NamedTuple):
    """A call of a function that launches the `kernel` which it is given.

    Attributes:
        launch: the launch in the function.
        arguments: those of the launch, with what the call gives for parameters of the function.
        grid: the grid, in its scope.
    """

    node: ast.Call
    scope: Scope
    function: str
    kernel: ast.Name
    launch: RawCall
    arguments: tuple[Given, ...]
    grid: tuple[ast.expr, Scope] | None

    @property
    def unpacked(self) -> Iterator[str]:
        """The variables at the call that are unpacked by place, and nothing else."""
        for given in self.arguments:
            if given.star == "*" and not given.fixed and isinstance(given.value, ast.Name):
                yield given.value.id


class _Launcher(NamedTuple):
    """A function, the one launch in it of its parameter, and how often it names each variable."""

    node: ast.FunctionDef
    inner: Scope
    parameter: str
    launch: RawCall
    mentions: Counter[str]


def handovers(launches: Iterable[RawCall], calls: Iterable[RawHostCall]) -> Iterator[Handover]:
    """The calls that give a kernel by its name to a function which launches it once."""
    launchers = _launchers(launches)
    for node, scope in calls if launchers else ():
        dotted = chain(node.func)
        found = scope.lookup(dotted[0]) if dotted is not None and not dotted[1] else None
        match found[1] if found is not None else []:
            case [FunctionName(_, function, _)] if function in launchers:
                handover = _handover(launchers[function], node, scope)
                if handover is not None:
                    yield handover


def _launchers(launches: Iterable[RawCall]) -> dict[ast.AST, _Launcher]:
    """By function, the launch of a parameter that is all it does with it."""
    found: dict[ast.AST, _Launcher] = {}
    for launch in launches:
        callee, home = launch.callee, launch.scope
        if launch.form not in _LAUNCHES or not isinstance(callee, ast.Name):
            continue
        match home.bindings.get(callee.id):
            case [Argument(_, "", _)] if home.kind == "function" and home.kernel is None:
                node = home.node
                if isinstance(node, ast.FunctionDef) and not node.decorator_list:
                    mentions = _mentions(node, launch.node)
                    if mentions is not None and mentions[callee.id] == 1:
                        found[node] = _Launcher(node, home, callee.id, launch, mentions)
    return found


def _mentions(function: ast.FunctionDef, launch: ast.Call) -> Counter[str] | None:
    """How often a function names each variable; None if it does not just run and launch."""
    nodes = nodes_in(function)
    mentions = Counter(node.id for node in nodes if isinstance(node, ast.Name))
    # What a launch returns can be launched again.
    is_dropped = any(isinstance(node, ast.Expr) and node.value is launch for node in nodes)
    is_generator = any(isinstance(node, (ast.Yield, ast.YieldFrom)) for node in nodes)
    is_plain = is_dropped and not is_generator and REFLECTION.isdisjoint(mentions)
    return mentions if is_plain else None


def _handover(to: _Launcher, node: ast.Call, scope: Scope) -> Handover | None:
    given = _bound(to.node.args, node)
    kernel = given.values.get(to.parameter) if given is not None else None
    if given is None or not isinstance(kernel, ast.Name):
        return None
    arguments: list[Given] = []
    for value in to.launch.node.args:
        if isinstance(value, ast.Starred):
            arguments += _unpacked(to, "*", value.value, value, given, scope)
        else:
            arguments.append(_fixed(to, None, value, value, given, scope))
    for keyword in to.launch.node.keywords:
        if keyword.arg is None:
            arguments += _unpacked(to, "**", keyword.value, keyword, given, scope)
        else:
            arguments.append(_fixed(to, keyword.arg, keyword.value, keyword, given, scope))
    grid = None
    if to.launch.grid is not None:
        grid = to.launch.grid, to.inner
        if isinstance(to.launch.grid, ast.Name) and to.launch.grid.id in given.values:
            grid = given.values[to.launch.grid.id], scope
    return Handover(node, scope, to.node.name, kernel, to.launch, tuple(arguments), grid)


class _Bound(NamedTuple):
    """What a call gives: by parameter, for `*args`, and for `**kwargs`."""

    values: Mapping[str, ast.expr]
    more: list[ast.expr]
    keywords: list[ast.keyword]


def _bound(parameters: ast.arguments, node: ast.Call) -> _Bound | None:
    if passes_star(node):
        return None
    places = [*parameters.posonlyargs, *parameters.args]
    named = {arg.arg for arg in (*parameters.args, *parameters.kwonlyargs)}
    values = {arg.arg: value for arg, value in zip(places, node.args, strict=False)}
    more = node.args[len(places) :]
    keywords: list[ast.keyword] = []
    for keyword in node.keywords:
        assert keyword.arg is not None
        if keyword.arg in values:
            return None
        if keyword.arg in named:
            values[keyword.arg] = keyword.value
        else:
            keywords.append(keyword)
    fits = (parameters.vararg or not more) and (parameters.kwarg or not keywords)
    return _Bound(values, more, keywords) if fits else None


def _unpacked(
    to: _Launcher, star: str, value: ast.expr, whole: ast.AST, given: _Bound, scope: Scope
) -> Iterator[Given]:
    """What `*args` or `**kwargs` of the launch stand for."""
    name = value.id if isinstance(value, ast.Name) else ""
    match to.inner.bindings.get(name):
        case [Argument(_, own, _)] if to.mentions[name] == 1 and own == star:
            if star == "*":
                yield from (Given(None, "", v, v, scope, fixed=False) for v in given.more)
            for keyword in given.keywords if star == "**" else ():
                yield Given(keyword.arg, "", keyword.value, keyword, scope, fixed=False)
        case [Argument(_, "", _)] if to.mentions[name] == 1 and name in given.values:
            handed = given.values[name]
            yield Given(None, star, handed, handed, scope, fixed=False)
        case _:
            yield Given(None, star, value, whole, to.inner, fixed=True)


def _fixed(
    to: _Launcher, name: str | None, value: ast.expr, whole: ast.AST, given: _Bound, scope: Scope
) -> Given:
    """An argument of the launch; its value may be a parameter that the call gives."""
    if isinstance(value, ast.Name) and value.id in given.values:
        match to.inner.bindings.get(value.id):
            case [Argument(_, "", _)]:
                return Given(name, "", given.values[value.id], whole, scope, fixed=True)
    return Given(name, "", value, whole, to.inner, fixed=True)
