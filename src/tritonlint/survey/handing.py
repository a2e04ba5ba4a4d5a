"""Calls that give a kernel to a function, and functions that launch what they are given.

`def rows(kernel, grid, *args)` launches it, or passes it on to another function that does.
`project/handing.py` follows a call to the launches, also into other files.
"""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import starmap
from typing import NamedTuple, TypeAlias

from tritonlint.survey.arguments import ArgumentReader
from tritonlint.survey.calls import CallBuilder, function_around
from tritonlint.survey.facts.calls import CallForm
from tritonlint.survey.facts.handing import Given, HandedKernel, Handing, Launched, Launcher, Onward
from tritonlint.survey.facts.lookups import Seen
from tritonlint.survey.facts.names import Symbol, in_file
from tritonlint.survey.facts.references import Reference
from tritonlint.survey.handed_arguments import (
    arguments_of,
    is_parameter,
    mentions_in,
    parameter_in,
    place_of,
)
from tritonlint.survey.launches import Handed, RawCall
from tritonlint.survey.nodes import all_arguments, chain, nodes_in, passes_star
from tritonlint.survey.resolved import Stage
from tritonlint.survey.scopes import FunctionName, Imported, Scope

_LAUNCHES = frozenset({CallForm.LAUNCH, CallForm.RUN})

#: The reference to what a name stands for, if its use matters.
Mention: TypeAlias = Callable[[Handed], Reference | None]


class _Onward(NamedTuple):
    """A launch of a parameter, or a call of the function `to` with it as the argument `name`."""

    parameter: str
    launch: RawCall
    name: ast.expr | None = None
    to: Symbol | None = None


class _Callee(NamedTuple):
    """A function that a call must reach; `node` is its definition in the same file."""

    symbol: Symbol
    node: ast.AST | None


class _Found(NamedTuple):
    """An argument that may be a kernel, in a call of the function `to`."""

    handed: Handed
    to: Symbol
    kernel: HandedKernel


#: By function, all that it does with parameters that it launches.
_Onwards: TypeAlias = dict[Scope, list[_Onward]]


class HandingBuilder:
    """Makes facts of calls that give kernels to functions, and of these functions.

    Args:
        stars: whether the file imports all names of a module, which may replace any other.
    """

    def __init__(
        self,
        calls: CallBuilder,
        launches: Iterable[RawCall],
        handed: Iterable[Handed],
        stars: bool,
    ) -> None:
        self._calls = calls
        #: The calls of which it is known what they reach.
        self._reached: list[tuple[Handed, _Callee]] = []
        self._onwards: _Onwards = {}
        if not stars:
            by_call: dict[ast.Call, _Callee | None] = {}
            for each in handed:
                if each.node not in by_call:
                    by_call[each.node] = _callee(each)
                to = by_call[each.node]
                if to is not None:
                    self._reached.append((each, to))
            self._onwards = self._find(launches)
        self._plain = {scope.node for scope in self._onwards}

    # -- functions -------------------------------------------------------------------------

    def _find(self, launches: Iterable[RawCall]) -> _Onwards:
        found: defaultdict[Scope, list[_Onward]] = defaultdict(list)
        for launch in launches:
            name = launch.callee.id if isinstance(launch.callee, ast.Name) else ""
            if launch.form in _LAUNCHES and is_parameter(name, launch.scope):
                found[launch.scope].append(_Onward(name, launch))
        #: By function of the file, the calls that pass a parameter on to it.
        waiting: defaultdict[ast.AST, list[tuple[Scope, _Onward]]] = defaultdict(list)
        for handed, to in self._reached:
            name = "" if handed.dotted[1] else handed.dotted[0]
            if is_parameter(name, handed.scope):
                onward = _Onward(name, _as_launch(handed), handed.name, to.symbol)
                if to.node is not None:
                    waiting[to.node].append((handed.scope, onward))
                elif passes_star(handed.node):
                    # One that is of use lets its callers say what the kernel gets.
                    found[handed.scope].append(onward)
        pending = [scope.node for scope in found]
        while pending:
            node = pending.pop()
            for scope, onward in waiting.pop(node, ()) if node is not None else ():
                found[scope].append(onward)
                pending.append(scope.node)
        return found

    def launchers(self) -> Iterator[Launcher]:
        """Yield the functions that do nothing with a parameter but launch it."""
        for scope, onwards in self._onwards.items():
            node = scope.node
            mentions = mentions_in(scope)
            if mentions is None or not isinstance(node, ast.FunctionDef):
                continue
            by_name: defaultdict[str, list[_Onward]] = defaultdict(list)
            for onward in onwards:
                by_name[onward.parameter].append(onward)
            dropped = {n.value for n in nodes_in(node) if isinstance(n, ast.Expr)}
            kernels = tuple(
                Launched(name, _only(mentions, each, scope), tuple(map(self._onward, each)))
                for name, each in by_name.items()
                # What a launch returns can be launched again.
                if mentions[name] == len(each)
                and all(o.to is not None or o.launch.node in dropped for o in each)
            )
            if kernels:
                args, every = node.args, node.args.posonlyargs + node.args.args
                yield Launcher(
                    scope.qualname,
                    tuple(a.arg for a in every),
                    tuple(a.arg for a in (*args.args, *args.kwonlyargs)),
                    args.vararg.arg if args.vararg else "",
                    args.kwarg.arg if args.kwarg else "",
                    kernels,
                )

    def _onward(self, onward: _Onward) -> Onward:
        launch = onward.launch
        given = tuple(self._given(launch, *each) for each in arguments_of(launch.node))
        if onward.to is not None:
            place = place_of(launch.node, onward.name)
            return Onward(None, onward.to, place, given)
        grid = launch.grid
        return Onward(
            launch.form,
            None,
            -1,
            given,
            self._grid(grid, launch.scope) if grid is not None else Seen(),
            parameter_in(grid, "", launch.scope) if grid is not None else "",
        )

    # -- calls -----------------------------------------------------------------------------

    def handings(self, mention: Mention) -> tuple[tuple[Handing, ...], Collection[ast.expr]]:
        """Return the calls that give what may be kernels to functions, and the names they give."""
        by_call: defaultdict[ast.Call, list[_Found]] = defaultdict(list)
        for found in self._kernels(mention):
            by_call[found.handed.node].append(found)
        variables: dict[ast.Name, Scope] = {}
        for node, given in by_call.items():
            for _, star, value, _ in arguments_of(node):
                if not star and isinstance(value, ast.Name):
                    variables[value] = given[0].handed.scope
        for name, scope in variables.items():
            home = scope.lookup(name.id)
            if home is not None:
                self._calls.unpackings.handed["*", id(home[0]), name.id] += 1
        names = {found.handed.name for given in by_call.values() for found in given}
        return tuple(starmap(self._handing, by_call.items())), names

    def _kernels(self, mention: Mention) -> Iterator[_Found]:
        for handed, to in self._reached:
            if to.node is not None and to.node not in self._plain:
                continue
            resolved = self._calls.reaching.resolve(handed.name, handed.scope)
            targets = [t for t in resolved.targets if self._calls.may_be_kernel(t.symbol)]
            is_guess = any(t.symbol.origin == "object" for t in targets)
            if not targets or is_guess or any(t.stage is not Stage.KERNEL for t in targets):
                continue
            symbols = tuple(dict.fromkeys(t.symbol for t in targets))
            complete = resolved.complete and len(targets) == len(resolved.targets)
            if not passes_star(handed.node):
                place = place_of(handed.node, handed.name)
                kernel = HandedKernel(place, symbols, complete, mention(handed))
                yield _Found(handed, to.symbol, kernel)

    def _handing(self, node: ast.Call, given: Sequence[_Found]) -> Handing:
        handed, to, _ = given[0]
        launch = _as_launch(handed)
        arguments = []
        for keyword, star, value, whole in arguments_of(node):
            argument = self._given(launch, keyword, star, value, whole)
            unpacked = tuple(
                self._calls.argument(launch, None, star, value, value)
                for star in self._calls.unpackings.stars(value, handed.scope)
            )
            arguments.append(argument._replace(parameter="", unpacked=unpacked))
        return Handing(
            to,
            tuple(found.kernel for found in given),
            tuple(arguments),
            self._calls.text.span(node),
            function_around(handed.scope),
        )

    def _given(
        self, launch: RawCall, keyword: str | None, star: str, value: ast.expr, whole: ast.AST
    ) -> Given:
        found = self._calls.argument(launch, keyword, star, value, whole)
        grid = Seen() if star else self._grid(value, launch.scope)
        return Given(found, parameter_in(value, star, launch.scope), grid=grid)

    def _grid(self, node: ast.expr, scope: Scope) -> Seen:
        reader = ArgumentReader(self._calls.scopes)
        reader.grid(node, scope)
        return reader.seen


def _only(mentions: Counter[str], onwards: Iterable[_Onward], scope: Scope) -> tuple[str, ...]:
    """The parameters that are only unpacked by these launches, or passed on."""
    uses: Counter[str] = Counter()
    for onward in onwards:
        for _, star, value, _ in arguments_of(onward.launch.node):
            name = parameter_in(value, star, scope)
            is_plain = not star and onward.to is None
            if name and not is_plain:
                uses[name] += 1
    assert isinstance(scope.node, ast.FunctionDef)
    names = [argument.arg for argument in all_arguments(scope.node.args)]
    return tuple(n for n in names if mentions[n] == uses[n] and n in scope.bindings)


def _callee(handed: Handed) -> _Callee | None:
    """Return the only function that a call may reach."""
    dotted = chain(handed.node.func)
    found = handed.scope.lookup(dotted[0]) if dotted is not None else None
    if dotted is None or found is None:
        return None
    first, *others = found[1]
    if isinstance(first, Imported) and not first.external:
        # An import at the top of a file may bind its name twice.
        is_sole = all(other == first for other in others)
        return _Callee(first.symbol.attribute(*dotted[1]), None) if is_sole else None
    if isinstance(first, FunctionName) and not dotted[1] and not others:
        return _Callee(in_file(first.qualname), first.node)
    return None


def _as_launch(handed: Handed) -> RawCall:
    return RawCall(CallForm.LAUNCH, handed.name, handed.node, handed.scope)
