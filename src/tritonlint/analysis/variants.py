"""How many variants a launched kernel can have, and what multiplies them."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from math import prod
from typing import NamedTuple

from tritonlint.analysis.dead import Analysis, Callers
from tritonlint.analysis.kinds import infer_kind
from tritonlint.analysis.live import Passed
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
        per_request: whether the request decides the value.
        source: what it comes from, if that is known.
    """

    parameter: str
    kind: AxisKind
    values: int | None
    per_request: bool
    source: str


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
    def bound(self) -> int | None:
        """The most variants that requests can cause, all else fixed; None if there is no bound."""
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
        yield Axis(name, AxisKind.DTYPE, None, False, "")
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
        rating = analysis.live.rate_of(kernel, name, passed)
        if classes.compiles != 1:
            source = rating.value if rating is not None else passed[0].argument.text
            yield Axis(name, AxisKind.CLASS, classes.compiles, rating is not None, source)


def _constexpr(
    analysis: Analysis, kernel: Kernel, parameter: Parameter, passed: tuple[Passed, ...]
) -> Iterator[Axis]:
    name = parameter.name
    rating = analysis.live.rate_of(kernel, name, passed, far=True, quotients=True)
    if rating is not None:
        yield Axis(name, AxisKind.VALUE, None, True, rating.value)
        return
    rounded = analysis.live.rate_unrounded(kernel, passed)
    steps = {step for each in passed for step in each.argument.provenance.steps}
    if rounded is not None and Step.POWER_OF_TWO in steps:
        yield Axis(name, AxisKind.POWER_OF_TWO, _POWERS, True, rounded.value)
        return
    if rounded is not None:
        yield Axis(name, AxisKind.VALUE, None, True, rounded.value)
        return
    leaves = {leaf.origin for each in passed for leaf in each.argument.provenance.leaves}
    texts = {each.argument.text for each in passed}
    if any(each.argument.evidence is Evidence.BOOLEAN for each in passed):
        yield Axis(name, AxisKind.FLAG, 2, False, passed[0].argument.text)
    elif leaves == {NumberOrigin.LITERAL} and len(texts) > 1:
        yield Axis(name, AxisKind.LITERAL, len(texts), False, ", ".join(sorted(texts)))
