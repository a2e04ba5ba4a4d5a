"""The report of `tritonlint variants`, in the formats that it has."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Any, TextIO

from tritonlint.analysis.ratings import Rate
from tritonlint.analysis.variants import Axis, AxisKind, KernelVariants
from tritonlint.diagnostics import Diagnostic, Rule
from tritonlint.report.context import RenderContext
from tritonlint.report.text import counted, printable

#: Of kernels that are not listed, only so many are named.
_NAMED = 5
#: The formats that cannot say it, and why.
UNFIT = {"junit": "a test passes or fails, and a number of variants does neither"}


class _Topic(Rule):
    """Replaces a rule, for formats that need one."""

    @property
    def url(self) -> str:
        return "https://github.com/tritonlint/tritonlint#how-many-variants"


TOPIC = _Topic(
    "variants",
    "kernel-variants",
    "how many variants of a kernel requests can lead to",
    fixable=False,
)


def render_variants(
    found: Sequence[KernelVariants], format: str, context: RenderContext, stream: TextIO
) -> None:
    """Write the kernels, the widest first.

    Those whose variants no request multiplies are only in JSON, which is for programs.
    """
    if format == "json":
        print(json.dumps([_object(each, context) for each in found], indent=2), file=stream)
        return
    multiplied = [each for each in found if each.of_requests]
    if format not in ("full", "concise"):
        context = context._replace(rules={TOPIC.code: TOPIC}, informational=True)
        notes = [_note(each) for each in multiplied]
        import_module(f"tritonlint.report.{format}").render(notes, context, stream)
        return
    for each in multiplied:
        for line in _lines(each, format, context):
            print(line, file=stream)
    if not context.quiet:
        for line in _summary(found, context):
            print(line, file=stream)


def _summary(found: Sequence[KernelVariants], context: RenderContext) -> Iterator[str]:
    if not found:
        files = counted(context.files, "file")
        if context.kernels:
            kernels = counted(context.kernels, "kernel")
            yield f"No launch of a kernel is seen ({kernels} in {files} checked)."
        else:
            yield f"No Triton kernels found ({files} checked)."
        return
    unbounded = sum(each.bound is None for each in found)
    yield f"{counted(len(found), 'launched kernel')}, {unbounded:,} without a bound."
    if not any(each.of_requests for each in found):
        yield "None is listed: no launch is seen to pass a value that changes with requests."
    hidden = [each.kernel.name for each in found if each.open and not each.of_requests]
    if hidden:
        more = f" and {counted(len(hidden) - _NAMED, 'other')}" if len(hidden) > _NAMED else ""
        yield (
            "Not listed, because it is not known how often an argument changes: "
            f"{', '.join(hidden[:_NAMED])}{more} (`--output-format json` has all)."
        )


def _lines(each: KernelVariants, format: str, context: RenderContext) -> Iterator[str]:
    path = printable(context.display_path(each.identity.path))
    place = f"{path}:{each.kernel.span.row}:{each.kernel.span.column}"
    if format == "concise":
        yield f"{place}: {each.kernel.name}: {_bound(each)}: {_product(each)}"
        return
    yield f"{place}: {each.kernel.name}: {_bound(each)}"
    for axis in each.of_requests:
        yield f"    {axis.parameter}: {_shown(axis)}"
    if each.open:
        shown = ", ".join(f"{a.parameter} (`{printable(a.source)}`)" for a in each.open)
        yield f"    what may change too: {shown}"
    others = [
        axis.parameter
        for axis in each.axes
        if axis.changes is Rate.PER_MODEL and axis.kind is not AxisKind.DTYPE
    ]
    if others:
        yield f"    what the model fixes, or has few values: {', '.join(others)}"


def _note(each: KernelVariants) -> Diagnostic:
    axes = "; ".join(f"`{axis.parameter}`: {_shown(axis)}" for axis in each.of_requests)
    return Diagnostic(
        TOPIC.code,
        TOPIC.name,
        f"`{each.kernel.name}` has {_bound(each)}: {_product(each)}",
        each.identity.path,
        each.kernel.span,
        axes,
        kernel=each.kernel.name,
    )


def _bound(each: KernelVariants) -> str:
    if each.bound is None:
        return "no bound"
    bound = f"up to {counted(each.bound, 'variant')}"
    if each.open:
        first, *others = (axis.parameter for axis in each.open)
        bound += f", more if {first} {'or others change' if others else 'changes'}"
    return bound


def _product(each: KernelVariants) -> str:
    return " x ".join(f"{a.parameter} ({a.values or 'unbounded'})" for a in each.of_requests)


def _shown(axis: Axis) -> str:
    source = printable(axis.source)
    if axis.kind is AxisKind.CLASS:
        return f"{counted(axis.values or 0, 'variant')}, for the classes of `{source}`"
    most = "" if axis.values is None else f" ({axis.values} at most)"
    return f"one variant for {axis.kind.value} of `{source}`{most}"


def _object(each: KernelVariants, context: RenderContext) -> dict[str, Any]:
    return {
        "kernel": each.kernel.name,
        "filename": context.display_path(each.identity.path),
        "location": {"row": each.kernel.span.row, "column": each.kernel.span.column},
        "bound": each.bound,
        "axes": [
            {
                "parameter": axis.parameter,
                "kind": axis.kind.name.lower().replace("_", "-"),
                "values": axis.values,
                "per_request": axis.per_request,
                "changes": axis.changes.value,
                "source": axis.source or None,
            }
            for axis in each.axes
        ],
    }
