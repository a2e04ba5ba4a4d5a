"""Binds the arguments of a call to the parameters of a kernel, as Triton's binder does."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from tritonlint.facts import Call, CallForm, Kernel, Mode


class Binding(NamedTuple):
    """Which argument reaches which parameter.

    `arguments` maps parameters to indices of `Call.arguments`; `earlier` were bound by a `partial`
    before this call. A parameter in `starred` may be carried by `*args`; with `keywords_open`, any
    that is not bound otherwise may be carried by `**kwargs`. `problem` says why the call cannot
    bind.
    """

    arguments: dict[str, int]
    earlier: frozenset[str]
    starred: frozenset[str]
    keywords_open: bool
    problem: str | None

    def may_carry(self, parameter: str) -> str | None:
        """The unpacking that may hold the parameter's argument, or None."""
        if parameter in self.starred:
            return "*args"
        bound = parameter in self.arguments or parameter in self.earlier
        return "**kwargs" if self.keywords_open and not bound else None


class _Pair:
    """A kernel and a call, told apart by identity: comparing them takes as long as binding."""

    __slots__ = ("call", "kernel")

    def __init__(self, kernel: Kernel, call: Call) -> None:
        self.kernel = kernel
        self.call = call

    def __hash__(self) -> int:
        return hash((id(self.kernel), id(self.call)))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _Pair):
            return NotImplemented
        return self.kernel is other.kernel and self.call is other.call


def bind(kernel: Kernel, call: Call) -> Binding:
    """Bind `call` to the signature of `kernel`.

    Keywords that name no parameter are compile options of the launch (`num_warps`).
    """
    return _bind(_Pair(kernel, call))


@lru_cache(maxsize=256)
def _bind(pair: _Pair) -> Binding:
    kernel, call = pair.kernel, pair.call
    positional = [p.name for p in kernel.parameters if p.mode is not Mode.KEYWORD_ONLY]
    by_keyword = {p.name for p in kernel.parameters if p.mode is not Mode.POSITIONAL_ONLY}
    arguments: dict[str, int] = {}
    earlier = frozenset(positional[: call.bound])
    place = call.bound
    star_seen = keywords_open = False
    problem: str | None = None
    for index, argument in enumerate(call.arguments):
        if argument.star == "*":
            star_seen = True
        elif argument.star == "**":
            keywords_open = True
        elif argument.keyword is not None:
            if argument.keyword in arguments or argument.keyword in earlier:
                problem = f"`{argument.keyword}` is given twice"
            if argument.keyword in by_keyword:
                arguments[argument.keyword] = index
            elif call.form is CallForm.DEVICE and not kernel.variadic:
                problem = f"it has no parameter `{argument.keyword}`"
        elif star_seen:
            continue
        elif place < len(positional):
            arguments[positional[place]] = index
            place += 1
        elif not kernel.variadic:
            problem = f"it takes {len(positional)} positional arguments, and more are given"
    starred = frozenset(n for n in positional[place:] if star_seen and n not in arguments)
    return Binding(arguments, earlier, starred, keywords_open, problem)
