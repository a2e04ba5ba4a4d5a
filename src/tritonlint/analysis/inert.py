"""Parameters that are read, but for which Triton may distinguish classes without need."""

from __future__ import annotations

from collections.abc import Iterator

from tritonlint.analysis.dead import Analysis, Callers, KernelParameter
from tritonlint.survey.facts.kernels import Mark, Parameter
from tritonlint.triton.annotations import is_constexpr
from tritonlint.triton.specialization import Kind, variants

#: The uses of a number on which only scalars depend, and of a pointer that scalars are read from.
_SCALAR_USES = {
    Kind.INTEGER: frozenset({Mark.BOUND, Mark.COMPARED, Mark.FOLDED}),
    Kind.POINTER: frozenset({Mark.ADDRESS}),
}


def scalar_parameters(analysis: Analysis) -> Iterator[KernelParameter]:
    """Yield what is known about runtime parameters that are only used as scalars.

    They are keyed by divisibility by 16. Those that every launch gives the same value are left
    out.
    """
    for identity, kernel in analysis.kernels.items():
        if analysis.callers(identity) is not Callers.LAUNCHED:
            continue
        for parameter in kernel.parameters:
            if is_constexpr(parameter.annotation) or not _is_understood(parameter):
                continue
            if analysis.is_dead(identity, parameter):
                continue
            about = analysis.describe(identity, parameter)
            uses = _SCALAR_USES.get(about.kind)
            marks = frozenset(parameter.reads.marks)
            if uses is None or not marks <= uses or about.costs_nothing:
                continue
            unaligned = variants(
                about.kind,
                annotation=parameter.annotation,
                do_not_specialize_on_alignment=True,
                version=analysis.version,
            )
            if (unaligned.compiles or 0) < (about.variants.compiles or 0):
                yield about


def _is_understood(parameter: Parameter) -> bool:
    """Whether it is used, and all its uses are known."""
    reads = parameter.reads
    return bool(reads.marks) and not (reads.needed or parameter.checked)
