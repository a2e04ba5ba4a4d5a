"""The report for people: the code, what it costs, where it is launched, and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TextIO

from rich.console import Console
from rich.text import Text

from tritonlint.diagnostics import Applicability, Diagnostic, Fix, LaunchSite
from tritonlint.report.context import RenderContext
from tritonlint.report.frame import code_frame
from tritonlint.report.rank import rank
from tritonlint.report.summary import blocked, fix_mark, full_summary, is_proved
from tritonlint.report.terminal import console_for
from tritonlint.report.text import printable
from tritonlint.triton.specialization import Kind

_LAUNCHES_SHOWN = 3
_MARGIN = " " * 5
_LABEL = len(f"{_MARGIN}= launched  ")


def render(diagnostics: Sequence[Diagnostic], context: RenderContext, stream: TextIO) -> None:
    console = console_for(stream, context.color)
    # A pipe has no width, whatever COLUMNS says: nothing is wrapped or cut there.
    width = console.width if stream.isatty() else None
    for diagnostic in sorted(diagnostics, key=rank):
        finding = Text("\n").join(_finding(diagnostic, context, console, width))
        if console.is_terminal:
            console.print(finding, end="\n\n", soft_wrap=True)
        else:
            # The same text without rich's rendering, which takes longer than all the rest.
            stream.write(f"{finding.plain}\n\n")
    if not context.quiet:
        style = "bold" if diagnostics else "bold green"
        console.print(Text(full_summary(diagnostics, context), style), soft_wrap=True)


def _finding(
    diagnostic: Diagnostic, context: RenderContext, console: Console, width: int | None
) -> Iterator[Text]:
    span = diagnostic.span
    yield Text.assemble(
        (printable(context.display_path(diagnostic.path)), "bold"),
        f":{span.row}:{span.column}: ",
        (diagnostic.code, "bold red"),
        " ",
        (fix_mark(diagnostic), "bold cyan"),
        diagnostic.name,
    )
    yield from _wrapped(Text(printable(diagnostic.message), "bold"), console, width)
    kind = diagnostic.kind
    note = kind.value if kind and kind is not Kind.UNKNOWN else ""
    lines = context.read_lines(diagnostic.path)
    yield from code_frame(lines, span, note, width, color=console.color_system is not None)
    yield Text(_MARGIN + "│", "blue")
    for label, body in _facts(diagnostic, context):
        sign = "=" if label else " "
        for line in _wrapped(body, console, width and max(_LABEL, width - _LABEL)):
            margin = (f"{_MARGIN}{sign} ", "blue")
            yield Text.assemble(margin, (f"{label:<{_LABEL - len(margin[0])}}", "cyan"), line)
            sign, label = " ", ""


def _facts(diagnostic: Diagnostic, context: RenderContext) -> Iterator[tuple[str, Text]]:
    if diagnostic.cost:
        yield "cost", Text(printable(diagnostic.cost))
    label = "launched"
    for launch in diagnostic.launches[:_LAUNCHES_SHOWN]:
        yield label, _launch(launch, context)
        label = ""
    if len(diagnostic.launches) > _LAUNCHES_SHOWN:
        more = len(diagnostic.launches) - _LAUNCHES_SHOWN
        yield "", Text(f"... and {more:,} more", "dim")
    if diagnostic.observed:
        yield "seen", Text(printable(diagnostic.observed.text))
    if diagnostic.verification:
        yield "compiler", Text(printable(diagnostic.verification.text))
    if not diagnostic.fix or not _says_the_same(diagnostic.help, diagnostic.fix.message):
        yield "help", Text(printable(diagnostic.help))
    if (obstacle := blocked(diagnostic)) is not None:
        yield obstacle[0], Text(printable(obstacle[1]), "yellow")
    if diagnostic.fix:
        yield (
            "fix",
            Text.assemble(printable(diagnostic.fix.message), " (", _how(diagnostic.fix), ")"),
        )


def _how(fix: Fix) -> tuple[str, str]:
    """Return the option that applies a fix, and its color."""
    if is_proved(fix):
        return "safe: verify --fix-confirmed", "cyan"
    if fix.safe_if_proved:
        return "safe only if proved: verify --fix-confirmed", "yellow"
    safe = fix.applicability is Applicability.SAFE
    return ("safe: --fix", "cyan") if safe else ("unsafe: --fix --unsafe-fixes", "yellow")


def _says_the_same(advice: str, fix: str) -> bool:
    """Whether both texts start with the same action on the same thing."""
    return advice.split()[:2] == fix.split()[:2]


def _launch(launch: LaunchSite, context: RenderContext) -> Text:
    place = f"{printable(context.display_path(launch.path))}:{launch.row}"
    if launch.argument is None:
        return Text.assemble(place, " without an argument for it")
    argument = printable(" ".join(launch.argument.split()))
    return Text.assemble(place, " with ", (argument, "bold"))


def _wrapped(text: Text, console: Console, width: int | None) -> Iterable[Text]:
    return [text] if width is None else text.wrap(console, width)
