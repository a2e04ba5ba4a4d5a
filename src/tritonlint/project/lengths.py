"""How many arguments each `*args` of a launch passes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from tritonlint.project.feeding import fed_by_decorators, is_plain, surely_fed
from tritonlint.survey.facts.calls import Call, CallForm, Partial
from tritonlint.survey.facts.kernels import Kernel

_LAUNCHES = frozenset({CallForm.LAUNCH, CallForm.RUN, CallForm.WARMUP})


class Gap(NamedTuple):
    """Arguments of a call, from the index `first` to `last`, that together fill `size` places."""

    first: int
    last: int
    size: int


class Lengths(NamedTuple):
    """What is known about the places that a call fills.

    Attributes:
        known: by index in `Call.arguments`, how many arguments an unpacking passes.
        gap: the rest of the unpackings, with what is between them, if all of it is known together.
    """

    known: Mapping[int, int]
    gap: Gap | None = None


def lengths_of(kernel: Kernel, call: Call, positional: Sequence[str], alone: bool) -> Lengths:
    """What the code shows about the unpackings of a call, or what follows because the call binds.

    Args:
        positional: the parameters that a positional argument can reach, in order.
        alone: whether the call reaches this kernel and nothing else: then it has to bind.
    """
    known = {
        i: len(a.literal.items) if a.literal is not None else a.length or 0
        for i, a in enumerate(call.arguments)
        if a.star == "*" and (a.literal is not None or a.length is not None)
    }
    opaque = [i for i, a in enumerate(call.arguments) if a.star == "*" and i not in known]
    if not opaque or not alone:
        return Lengths(known)
    least, most = _range(kernel, call, positional)
    shown = {**known, **dict(_shown(call, opaque))}
    every = range(len(call.arguments))
    filled = call.earlier.positions + _filled(call, shown, every)
    opaque = [i for i in opaque if i not in shown]
    if filled > most or (not opaque and filled < least):
        # What the code shows about tensors does not fit, so it is ignored.
        return Lengths(known)
    is_launch = call.form in _LAUNCHES and call.earlier == Partial() and not call.may_fail
    if not opaque or least != most or not is_launch or not is_plain(kernel):
        return Lengths(shown)
    first, last = opaque[0], opaque[-1]
    if first == last and call.arguments[first].sequence is not None:
        return Lengths({**shown, first: most - filled})
    around = _filled(call, shown, every[:first]) + _filled(call, shown, every[last + 1 :])
    return Lengths(shown, Gap(first, last, most - around))


def _shown(call: Call, indices: Iterable[int]) -> Iterator[tuple[int, int]]:
    """How many elements shapes and strides have, if the code around the call shows it."""
    for index in indices:
        sequence = call.arguments[index].sequence
        if sequence is not None and sequence.length is not None:
            yield index, sequence.length


def _filled(call: Call, known: Mapping[int, int], indices: range) -> int:
    """How many places the arguments with those indices fill, as far as it is known."""
    positional = [i for i in indices if call.arguments[i].is_positional]
    return sum(known.get(i, 0) if call.arguments[i].star else 1 for i in positional)


def _range(kernel: Kernel, call: Call, positional: Sequence[str]) -> tuple[int, int]:
    """The least and the most arguments that a call can pass by position, so that it binds.

    A later parameter is passed by keyword, or has a value without the call. A parameter that is
    passed by keyword, or that a config sets, cannot be passed by position too.
    """
    given = {a.keyword for a in call.arguments if a.keyword is not None} | {*call.earlier.keywords}
    filled = given | surely_fed(kernel, call)
    most = next((i for i, name in enumerate(positional) if name in filled), len(positional))
    fed = fed_by_decorators(kernel)
    optional = given | (fed or frozenset())
    is_open = fed is None or call.earlier.keywords_open
    for argument in call.arguments:
        if argument.star == "**":
            is_open = is_open or argument.keys is None
            optional.update(argument.keys or ())
    optional.update(p.name for p in kernel.parameters if p.default is not None)
    if is_open:
        return 0, most
    needed = [i for i, name in enumerate(positional) if name not in optional]
    return needed[-1] + 1 if needed else 0, most
