"""The text that an editor shows about a kernel's parameter."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tritonlint.analysis.dead import KernelParameter
from tritonlint.survey.facts.kernels import Use
from tritonlint.triton.specialization import Kind

_LAUNCHES = 8

_USES = {
    Use.UNUSED: "never read",
    Use.OVERWRITTEN: "overwritten before it is read",
    Use.FORWARDED: "only passed on to helpers",
    Use.READ: "read",
}


def hover_text(known: KernelParameter, show: Callable[[Path], str]) -> str:
    """Return Markdown: the parameter's kind, the values that share a compile, and its launches."""
    parameter, variants = known.parameter, known.variants
    kind = "kind unknown" if known.kind is Kind.UNKNOWN else known.kind.value
    lines = [
        f"**`{parameter.name}`** of `{known.kernel.name}`: {kind}, {_USES[parameter.use]}",
        "",
    ]
    if variants.per_value:
        lines.append("Every value compiles the kernel again.")
    elif variants.compiles == 1:
        lines.append("All values share one compile.")
    else:
        listed = ", ".join(f"`{name}`" for name in variants.classes)
        lines.append(f"Up to {variants.compiles} compiles, one for each of {listed}.")
    lines.append("")
    if not known.launches:
        lines.append("No launch is seen.")
    for launch in known.launches[:_LAUNCHES]:
        place = f"{show(launch.path)}:{launch.row}"
        argument = launch.argument
        value = "its default" if argument is None else f"`{' '.join(argument.split())}`"
        lines.append(f"- {place} with {value}")
    if len(known.launches) > _LAUNCHES:
        lines.append(f"- ... and {len(known.launches) - _LAUNCHES} more")
    return "\n".join(lines)
