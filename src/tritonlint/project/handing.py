"""Follows kernels that calls give to functions, through any depth and into other files.

A call of a function that only launches what it is given counts as these launches, with arguments of
the call and of the functions on the way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import NamedTuple, TypeAlias

from tritonlint.project.handed_values import (
    Bound,
    LostError,
    Value,
    _expanded,
    bind_values,
    grid_of,
)
from tritonlint.project.resolver import Resolver
from tritonlint.survey.facts.calls import Argument, Call, CallForm, Partial
from tritonlint.survey.facts.handing import HandedKernel, Handing, Launched, Launcher
from tritonlint.survey.facts.lookups import Seen, Unclear
from tritonlint.survey.facts.names import Symbol
from tritonlint.survey.facts.references import Reference
from tritonlint.survey.facts.values import Provenance

#: More functions than this are not followed one into the other.
_MOST_FUNCTIONS = 8
#: A function may launch a kernel many times, and pass it on as often.
_MOST_LAUNCHES = 32


class _Launch(NamedTuple):
    """A launch at the end of a way, and the functions on it."""

    form: CallForm
    values: tuple[Value, ...]
    grid: Seen
    path: Path
    through: tuple[str, ...]


class Followed(NamedTuple):
    """The calls of a file that give kernels to functions.

    Attributes:
        launches: for each call that is followed, the launches that it leads to.
        escapes: the mentions of kernels in the other calls.
    """

    launches: tuple[tuple[Call, ...], ...] = ()
    escapes: tuple[Reference, ...] = ()


class Handings:
    """Follows the calls of one project that give kernels to functions.

    Args:
        may_be_kernel: whether one of several symbols may be a kernel of the project.
    """

    def __init__(
        self, resolver: Resolver, may_be_kernel: Callable[[tuple[Symbol, ...]], bool]
    ) -> None:
        self._resolver = resolver
        self._may_be_kernel = may_be_kernel
        self._followed: dict[Path, Followed] = {}

    def of(self, path: Path) -> Followed:
        """Return the calls of one file, followed."""
        found = self._followed.get(path)
        if found is None:
            found = self._followed[path] = self._of(path)
        return found

    def _of(self, path: Path) -> Followed:
        launches: list[tuple[Call, ...]] = []
        escapes: list[Reference] = []
        for handing in self._resolver.facts[path].handings:
            for kernel in handing.kernels:
                if not self._may_be_kernel(kernel.symbols):
                    continue
                try:
                    launches.append(_Way(path, handing, kernel, self._launcher).calls())
                except LostError:
                    escapes += [kernel.escape] if kernel.escape is not None else []
        return Followed(tuple(launches), tuple(escapes))

    @cached_property
    def _launchers(self) -> Mapping[tuple[Path, str], Launcher]:
        every = [(p, x) for p, facts in self._resolver.facts.items() for x in facts.launchers]
        # Two functions may have one name, in two functions around them.
        names = Counter((path, launcher.function) for path, launcher in every)
        return {
            (path, launcher.function): launcher
            for path, launcher in every
            if names[path, launcher.function] == 1
        }

    def _launcher(self, path: Path, to: Symbol) -> tuple[Path, Launcher]:
        """Return the only function that a symbol of a file leads to.

        Raises:
            LostError: there may be others, or it does more than to launch.
        """
        place = path, to.path
        if to.origin != "file":
            found = self._resolver.definitions_of(path, to)
            if len(found) != 1:
                raise LostError
            place = found[0].path, found[0].name
        launcher = self._launchers.get(place)
        if launcher is None:
            raise LostError
        return place[0], launcher


_Find: TypeAlias = Callable[[Path, Symbol], tuple[Path, Launcher]]


class _Way:
    """Follows one kernel that a call gives to a function."""

    def __init__(self, path: Path, handing: Handing, kernel: HandedKernel, find: _Find) -> None:
        self._path = path
        self._handing = handing
        self._kernel = kernel
        self._find = find
        #: The origins of arguments that a function on the way also uses for something else.
        self._fixed: set[int] = set()
        #: Those of which a function may use the elements for something else.
        self._whole: set[int] = set()

    def calls(self) -> tuple[Call, ...]:
        """Return the launches that the call leads to.

        Raises:
            LostError: it may lead to something else.
        """
        handing = self._handing
        values = tuple(
            Value(g.argument, self._path, i, g.unpacked, g.grid, i == self._kernel.place)
            for i, g in enumerate(handing.arguments)
        )
        launches = []
        for launch in self._launches(self._path, handing.to, values, ()):
            launches.append(launch)
            self._whole.update(v.origin for v in launch.values if not v.argument.star)
            if len(launches) > _MOST_LAUNCHES:
                raise LostError
        return tuple(map(self._call, launches))

    def _launches(
        self, path: Path, to: Symbol, values: tuple[Value, ...], through: tuple[str, ...]
    ) -> Iterator[_Launch]:
        """Yield the launches of the kernel among the values, which a function gets."""
        if len(through) >= _MOST_FUNCTIONS:
            raise LostError
        place, launcher = self._find(path, to)
        through = (*through, launcher.function.rpartition(".")[2])
        bound = bind_values(launcher, values)
        name = next((n for n, value in bound.values.items() if value.is_kernel), None)
        launched = next((k for k in launcher.kernels if k.parameter == name), None)
        if launched is None:
            raise LostError
        self._note(launcher, launched, bound)
        for onward in launched.onwards:
            given = tuple(_expanded(onward, launcher, launched, bound, place))
            if onward.form is not None:
                grid = grid_of(onward, bound, place)
                yield _Launch(onward.form, given, self._here(*grid), place, through)
            else:
                assert onward.to is not None
                yield from self._launches(place, onward.to, given, through)

    def _note(self, launcher: Launcher, launched: Launched, bound: Bound) -> None:
        """Note the values that a function uses for something else than these launches."""
        for name, value in bound.values.items():
            self._fixed.add(value.origin)
            if name not in launched.only:
                self._whole.add(value.origin)
        for name, values in ((launcher.args, bound.more), (launcher.kwargs, bound.keywords)):
            if name not in launched.only:
                self._fixed.update(value.origin for value in values)

    def _here(self, path: Path, grid: Seen) -> Seen:
        """What a grid does, for the file of the call."""
        if path == self._path or grid == Seen():
            return grid
        row = self._handing.span.row
        return Seen(unclear=(Unclear("the grid of a function of another file", row),))

    def _call(self, launch: _Launch) -> Call:
        return Call(
            form=launch.form,
            callees=self._kernel.symbols,
            complete=self._kernel.complete,
            span=self._handing.span,
            arguments=tuple(map(self._argument, launch.values)),
            earlier=Partial(),
            first=0,
            kernel=None,
            grid=launch.grid,
            may_fail=True,
            function=self._handing.function,
            through=launch.through,
        )

    def _argument(self, value: Value) -> Argument:
        """An argument of a launch, of which the call may lose what no function uses otherwise."""
        found = value.argument
        if found.star:
            fixed = value.origin < 0 or value.origin in self._whole
        else:
            fixed = value.origin < 0 or value.origin in self._fixed
        if value.path != self._path:
            # What it rests on is in another file.
            span = self._handing.span
            found = found._replace(span=span, provenance=Provenance(), trusts=(), asks=())
        literal = None if fixed else found.literal
        return found._replace(fixed=fixed, literal=literal, sequence=None, length=None)
