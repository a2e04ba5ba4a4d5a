"""Binds the arguments of a call to the parameters of a kernel, like Triton's binder."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from tritonlint.project.feeding import surely_fed
from tritonlint.project.lengths import lengths_of
from tritonlint.survey.facts.calls import Call, CallForm
from tritonlint.survey.facts.kernels import Kernel, Mode


class Binding(NamedTuple):
    """Which argument reaches which parameter.

    Attributes:
        call: the call.
        arguments: for each parameter that gets one, its index in `Call.arguments`.
        earlier: the parameters that a `partial` bound before this call.
        starred: the parameters that `*args` may pass.
        elements: those of them that get an element of a literal, of a shape or of strides: the
            index of the unpacking in `Call.arguments`, and the place in what is unpacked.
        lengths: by index in `Call.arguments`, how many arguments an unpacking passes, if known.
        unpacked: the parameters that a `**kwargs` whose keys are known may pass.
        keywords_open: whether `**kwargs` may pass any parameter that is not bound otherwise.
        missing: the parameters without a default that get no argument. A config, a heuristic
            or, for a `partial`, a later call may still pass one.
        options: the keywords that are no parameters: compile options of a launch.
        problem: why the call cannot bind, or None; missing arguments do not count.
    """

    call: Call
    arguments: dict[str, int]
    earlier: frozenset[str]
    starred: frozenset[str]
    elements: dict[str, tuple[int, int]]
    lengths: Mapping[int, int]
    unpacked: frozenset[str]
    keywords_open: bool
    missing: tuple[str, ...]
    options: tuple[str, ...]
    problem: str | None

    def may_pass(self, parameter: str) -> str | None:
        """Return the unpacking that may hold the parameter's argument, as source, or None."""
        every = self.call.arguments
        if parameter in self.elements:
            return f"*{every[self.elements[parameter][0]].text}"
        if parameter in self.starred:
            open_ = (a for i, a in enumerate(every) if a.star == "*" and i not in self.lengths)
            return next((f"*{argument.text}" for argument in open_), "*args")
        bound = parameter in self.arguments or parameter in self.earlier
        if bound or not (self.keywords_open or parameter in self.unpacked):
            return None
        holding = (a for a in every if a.star == "**" and (a.keys is None or parameter in a.keys))
        return next((f"**{argument.text}" for argument in holding), "**kwargs")


def bind(kernel: Kernel, call: Call, alone: bool = False) -> Binding:
    """Bind `call` to the signature of `kernel`.

    Args:
        alone: whether the call reaches this kernel and nothing else: then it has to bind.
    """
    positional = positional_names(kernel)
    by_keyword = {p.name for p in kernel.parameters if p.mode is not Mode.POSITIONAL_ONLY}
    arguments: dict[str, int] = {}
    place = call.earlier.positions
    placed = frozenset(positional[:place])
    earlier = placed | by_keyword.intersection(call.earlier.keywords)
    elements: dict[str, tuple[int, int]] = {}
    lengths, gap = lengths_of(kernel, call, positional, alone)
    starred: set[str] = set()
    star_seen = False
    unpacked: frozenset[str] = frozenset()
    keywords_open = call.earlier.keywords_open
    options: list[str] = []
    problem: str | None = None
    for index, argument in enumerate(call.arguments):
        if gap is not None and gap.first <= index <= gap.last and argument.is_positional:
            if index == gap.last:
                starred.update(positional[place : place + gap.size])
                place += gap.size
        elif argument.star == "*" and (index not in lengths or star_seen):
            star_seen = True
        elif argument.star == "*":
            names = positional[place : place + lengths[index]]
            elements.update((name, (index, number)) for number, name in enumerate(names))
            place += lengths[index]
            if len(names) < lengths[index] and not kernel.variadic:
                problem = _too_many(positional, call, lengths)
        elif argument.star == "**":
            keywords_open = keywords_open or argument.keys is None
            unpacked |= by_keyword.intersection(argument.keys or ())
        elif argument.keyword is not None:
            if any(argument.keyword in given for given in (arguments, placed, elements)):
                problem = f"`{argument.keyword}` is given twice"
            if argument.keyword in by_keyword:
                arguments[argument.keyword] = index
            elif call.form is CallForm.DEVICE and not kernel.variadic:
                problem = f"it has no parameter `{argument.keyword}`"
            else:
                options.append(argument.keyword)
        elif star_seen:
            continue
        elif place < len(positional):
            arguments[positional[place]] = index
            place += 1
        elif not kernel.variadic:
            problem = _too_many(positional, call, lengths)
    if call.form is CallForm.TRITON_CALL:
        # After the inputs come as many outputs as there are.
        star_seen = True
    rest = positional[place:] if star_seen else ()
    # A star fills places in order, and none that a keyword fills.
    filled = arguments.keys() | surely_fed(kernel, call)
    starred.update(itertools.takewhile(lambda name: name not in filled, rest))
    starred |= elements.keys()
    missing = tuple(
        p.name
        for p in kernel.parameters
        if p.default is None
        and p.name not in arguments
        and p.name not in earlier
        and p.name not in starred
        and p.name not in rest
        and p.name not in unpacked
        and not keywords_open
    )
    return Binding(
        call,
        arguments,
        earlier,
        frozenset(starred),
        elements,
        lengths,
        unpacked,
        keywords_open,
        missing,
        tuple(options),
        problem,
    )


def _too_many(positional: Sequence[str], call: Call, lengths: Mapping[int, int]) -> str:
    given = call.earlier.positions
    for index, argument in enumerate(call.arguments):
        if argument.is_positional:
            given += lengths.get(index, 1) if argument.star else 1
    is_known = all(i in lengths for i, a in enumerate(call.arguments) if a.star == "*")
    takes = f"it takes {len(positional)} positional argument{'s' if len(positional) != 1 else ''}"
    return f"{takes}, and {given if is_known else 'more'} are given"


def misfit(kernel: Kernel, call: Call, binding: Binding, fed: Collection[str] | None) -> str | None:
    """Say why a call cannot bind to a kernel; None if it does, or may.

    Args:
        binding: how the call binds.
        fed: the parameters that configs and heuristics set; None if not all are known.
    """
    if binding.problem is not None or call.form is CallForm.PARTIAL or fed is None:
        return binding.problem
    missing = [f"`{name}`" for name in binding.missing if name not in fed]
    return f"it gets no {' and no '.join(missing)}" if missing else None


def positional_names(kernel: Kernel) -> list[str]:
    """Return the parameters that a positional argument can reach, in order."""
    return [p.name for p in kernel.parameters if p.mode is not Mode.KEYWORD_ONLY]
