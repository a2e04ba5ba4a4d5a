"""The results of a run, for each project, and how they are shown."""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, TextIO

from tritonlint.command.say import tell
from tritonlint.options import OptionError
from tritonlint.report.text import counted

if TYPE_CHECKING:
    from tritonlint.command.request import Request
    from tritonlint.diagnostics import Diagnostic
    from tritonlint.fix.write import Change
    from tritonlint.report import RenderContext

#: By format, the environment variable that names the folder of the repository.
_CHECKOUTS = {"github": "GITHUB_WORKSPACE", "sarif": "GITHUB_WORKSPACE", "gitlab": "CI_PROJECT_DIR"}


class Result(NamedTuple):
    """The result for one project: findings left, kernels checked, findings fixed, new contents.

    `old` findings are in the project's baseline, and not among those left. `unheard` are the
    places of comments that silence a finding and may be meant for another linter.
    """

    findings: tuple[Diagnostic, ...]
    kernels: int
    fixed: tuple[Diagnostic, ...] = ()
    changes: Mapping[Path, Change] = MappingProxyType({})
    rests_on_texts: bool = False
    old: int = 0
    unheard: tuple[str, ...] = ()
    unknown_jits: tuple[tuple[str, int], ...] = ()


def render_results(request: Request, results: Sequence[Result], stream: TextIO) -> None:
    """Report the findings in the chosen format."""
    findings = [diagnostic for result in results for diagnostic in result.findings]
    chosen = request.settings.output_format
    if request.options.trace is not None:
        from tritonlint.runtime.observe import observed

        findings = observed(findings, request.options.trace)
    if not findings and request.options.quiet and chosen in ("full", "concise", "github"):
        return
    from tritonlint.report import render

    try:
        render(findings, chosen, render_context(request, results), stream)
    except ValueError as error:
        raise OptionError(str(error)) from error


def render_context(request: Request, results: Sequence[Result]) -> RenderContext:
    """What a report of a run needs besides the findings."""
    from tritonlint.report import RenderContext

    base = request.cwd
    checkout = _CHECKOUTS.get(request.settings.output_format)
    if checkout is not None:
        # Annotations of a service need these paths, whatever directory the step runs in.
        base = Path(os.environ.get(checkout) or request.cwd)
    return RenderContext(
        base_directory=base,
        read_lines=functools.cache(request.read_lines),
        rules=request.held.rules,
        files=len(request.files),
        kernels=sum(result.kernels for result in results),
        fixed=sum(len(result.fixed) for result in results),
        old=sum(result.old for result in results),
        unheard=tuple(place for result in results for place in result.unheard),
        unknown_jits=tuple(jit for result in results for jit in result.unknown_jits),
        statistics=request.options.statistics,
        # If no file could be read, there is nothing to sum up.
        quiet=request.options.quiet or (bool(request.errors) and not request.files),
        color=_color(request),
    )


def show_diff(
    request: Request, results: Sequence[Result], changes: Mapping[Path, Change], stream: TextIO
) -> None:
    """Show what fixes would change, and say how many findings they leave."""
    from tritonlint.report.diff import render_diff

    triples = ((path, c.before, c.after) for path, c in sorted(changes.items()))
    render_diff(triples, request.cwd, stream, _color(request))
    left = [diagnostic for result in results for diagnostic in result.findings]
    if left and not request.options.quiet:
        tell(_not_in_the_diff(left))


def _not_in_the_diff(left: Sequence[Diagnostic]) -> str:
    from tritonlint.diagnostics import Applicability
    from tritonlint.report.summary import fixable, is_proved

    unsafe = fixable(left, Applicability.UNSAFE)
    proved = sum(d.fix is not None and is_proved(d.fix) for d in left)
    others = len(left) - unsafe - proved
    parts = [f"{unsafe:,} with an unsafe fix (see --unsafe-fixes)"] if unsafe else []
    parts += [f"{proved:,} with a fix that `verify --fix-confirmed` makes"] if proved else []
    parts += [f"{others:,} without a fix"] if others else []
    verb = "is" if len(left) == 1 else "are"
    return f"{counted(len(left), 'finding')} {verb} not in this diff: {', '.join(parts)}"


def write_stdin(request: Request, changes: Mapping[Path, Change], stream: TextIO) -> None:
    """Write standard input with its fixes, or unchanged if there are none."""
    for path, data in request.overrides.items():
        change = changes.get(path)
        stream.flush()
        output = getattr(stream, "buffer", None)
        content = change.after if change is not None else data
        if output is not None:
            output.write(content)
            output.flush()
        else:
            stream.write(content.decode(errors="backslashreplace"))
        request.overrides[path] = content


def _color(request: Request) -> str:
    # Programs and editors read what is written into a file.
    return "never" if request.options.output_file else str(request.options.color)
