"""How many variants a launched kernel can have, and what multiplies them."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from math import prod
from typing import NamedTuple

from tritonlint.analysis.dead import Analysis, Callers
from tritonlint.analysis.kinds import infer_kind
from tritonlint.analysis.live import Passed
from tritonlint.analysis.ratings import Rate
from tritonlint.project.identity import KernelId
from tritonlint.survey.facts.kernels import Kernel, Parameter
from tritonlint.survey.facts.values import Evidence, NumberOrigin, Step
from tritonlint.triton.annotations import is_constexpr
from tritonlint.triton.names import SPECIALIZATION_LISTS
from tritonlint.triton.specialization import Kind, variants

#: The number of powers of two within 31 bits.
_POWERS = 31


class AxisKind(str, Enum):
    """What distinguishes the variants along one axis."""

    VALUE = "each value"
    POWER_OF_TWO = "each power of two"
    CLASS = "the class of an integer"
    FLAG = "a flag"
    LITERAL = "the values that launches pass"
    DTYPE = "dtype and alignment"


class Axis(NamedTuple):
    """One parameter that multiplies the variants of its kernel.

    Attributes:
        values: the most values, or None if there is no bound.
        changes: how often the value changes, as far as that is known.
        source: what it comes from, if that is known.
    """

    parameter: str
    kind: AxisKind
    values: int | None
    changes: Rate
    source: str

    @property
    def per_request(self) -> bool:
        """Whether the request decides the value."""
        return self.changes is Rate.PER_REQUEST


class KernelVariants(NamedTuple):
    """The axes of one kernel: those of requests first, the widest first."""

    identity: KernelId
    kernel: Kernel
    axes: tuple[Axis, ...]

    @property
    def of_requests(self) -> tuple[Axis, ...]:
        """The axes along which requests differ."""
        return tuple(axis for axis in self.axes if axis.per_request)

    @property
    def open(self) -> tuple[Axis, ...]:
        """The axes that may belong to requests or to the model, those without a bound first."""
        return tuple(
            axis
            for axis in self.axes
            if axis.changes is Rate.UNKNOWN and axis.kind is not AxisKind.DTYPE
        )

    @property
    def bound(self) -> int | None:
        """The most variants that requests are known to cause; None if there is no bound.

        All else is taken as fixed, also the axes that are `open`.
        """
        values = [axis.values for axis in self.of_requests]
        return None if None in values else prod(value for value in values if value is not None)

    @property
    def sort_key(self) -> tuple[bool, int, str, int]:
        """Sorts unbounded kernels first, then the ones with most variants."""
        bound = self.bound
        path = str(self.identity.path)
        return bound is not None, -(bound or 0), path, self.kernel.def_row


def kernel_variants(analysis: Analysis) -> list[KernelVariants]:
    """Return all launched kernels with the axes of their variants."""
    found = []
    live = analysis.live
    live.expect((c.kernel, c.parameter.name, c.passed) for c in live.constexprs)
    for identity, kernel in analysis.kernels.items():
        if analysis.callers(identity) is Callers.LAUNCHED:
            axes = [a for p in kernel.parameters for a in _axes(analysis, identity, kernel, p)]
            axes.sort(key=lambda a: (not a.per_request, a.values is not None, -(a.values or 0)))
            found.append(KernelVariants(identity, kernel, tuple(axes)))
    return sorted(found, key=lambda each: each.sort_key)


def _axes(
    analysis: Analysis, identity: KernelId, kernel: Kernel, parameter: Parameter
) -> Iterator[Axis]:
    name = parameter.name
    passed = tuple(analysis.live.passed(identity, name))
    if not passed:
        return
    if is_constexpr(parameter.annotation):
        yield from _constexpr(analysis, kernel, parameter, passed)
        return
    kind, boolean = infer_kind(kernel, parameter, analysis.links(identity).launches)
    if kind is Kind.POINTER:
        yield Axis(name, AxisKind.DTYPE, None, Rate.PER_MODEL, "")
    elif kind is Kind.INTEGER:
        listed = [kernel.lists(option, parameter.name) for option in SPECIALIZATION_LISTS]
        classes = variants(
            kind,
            annotation=parameter.annotation,
            do_not_specialize=listed[0],
            do_not_specialize_on_alignment=listed[1],
            boolean=boolean,
            version=analysis.version,
        )
        if classes.compiles != 1:
            rating = analysis.live.rating(kernel, name, passed)
            source = rating.value or passed[0].argument.text
            yield Axis(name, AxisKind.CLASS, classes.compiles, rating.rate, source)


def _constexpr(
    analysis: Analysis, kernel: Kernel, parameter: Parameter, passed: tuple[Passed, ...]
) -> Iterator[Axis]:
    name = parameter.name
    steps = {step for each in passed for step in each.argument.provenance.steps}
    kind = AxisKind.POWER_OF_TWO if Step.POWER_OF_TWO in steps else AxisKind.VALUE
    values = _POWERS if kind is AxisKind.POWER_OF_TWO else None
    rating = analysis.live.rating(kernel, name, passed, far=True, quotients=True)
    if rating.rate is Rate.PER_REQUEST:
        yield Axis(name, AxisKind.VALUE, None, rating.rate, rating.value)
        return
    rounded = analysis.live.rate_unrounded(kernel, passed)
    if rounded is not None:
        yield Axis(name, kind, values, rounded.rate, rounded.value)
        return
    leaves = {leaf.origin for each in passed for leaf in each.argument.provenance.leaves}
    texts = sorted({each.argument.text for each in passed})
    if leaves and leaves <= {NumberOrigin.LITERAL, NumberOrigin.CONSTANT}:
        if len(texts) > 1:
            yield Axis(name, AxisKind.LITERAL, len(texts), Rate.PER_MODEL, ", ".join(texts))
    elif any(each.argument.evidence is Evidence.BOOLEAN for each in passed):
        yield Axis(name, AxisKind.FLAG, 2, rating.rate, texts[0])
    else:
        yield Axis(name, kind, values, rating.rate, _source(passed))


def _source(passed: tuple[Passed, ...]) -> str:
    """Return the only place that a value comes from, or what the launches pass."""
    leaves = {leaf.text for each in passed for leaf in each.argument.provenance.leaves}
    return ", ".join(leaves if len(leaves) == 1 else sorted({p.argument.text for p in passed}))
