"""The line that ends a report for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from tritonlint.diagnostics import Applicability, Diagnostic, Fix, Verdict
from tritonlint.report.context import RenderContext
from tritonlint.report.text import counted, printable


def fix_mark(diagnostic: Diagnostic) -> str:
    """Return the sign, and a space, for a finding that `--fix` fixes."""
    return "[*] " if fixable([diagnostic], Applicability.SAFE) else ""


def blocked(diagnostic: Diagnostic) -> tuple[str, str] | None:
    """Return why a finding has no fix, or its parameter stays in spite of a fix, with a label."""
    if not diagnostic.fix_blocked_by:
        return None
    if diagnostic.fix is None:
        return "no fix", diagnostic.fix_blocked_by
    return "stays", f"because {diagnostic.fix_blocked_by}"


def blocked_in_line(diagnostic: Diagnostic) -> str:
    """Return the same as one text, or ""."""
    if diagnostic.fix is None and diagnostic.fix_blocked_by:
        return f"no fix: {diagnostic.fix_blocked_by}"
    return " ".join(blocked(diagnostic) or ())


def fixable(diagnostics: Sequence[Diagnostic], applicability: Applicability) -> int:
    """Return how many diagnostics have a fix of this applicability that `--fix` may apply."""
    fixes = [diagnostic.fix for diagnostic in diagnostics if diagnostic.fix is not None]
    return sum(fix.applicability is applicability and not is_proved(fix) for fix in fixes)


def is_proved(fix: Fix) -> bool:
    """Whether a fix is only safe because the compiler confirmed it, which `--fix` does not ask."""
    return fix.safe_if_proved and fix.applicability is Applicability.SAFE


def full_summary(diagnostics: Sequence[Diagnostic], context: RenderContext) -> str:
    """Return one sentence: what was found, in how much code, and how much can be fixed."""
    return " ".join([_found(diagnostics, context), *_notes(context)])


def _notes(context: RenderContext) -> Iterator[str]:
    """Yield notes about findings that are not shown."""
    if context.old:
        verb = "is" if context.old == 1 else "are"
        yield f"{counted(context.old, 'old finding')} {verb} in the baseline."
    if context.unheard:
        count = counted(len(context.unheard), "finding")
        more = len({*context.unheard}) - 1
        others = f" and {counted(more, 'more line')}" if more else ""
        yield (
            f"`# noqa` without codes silences {count} ({context.unheard[0]}{others}): "
            "name the codes that are meant, or use --ignore-noqa."
        )
    for decorator, number in context.unknown_jits:
        name = printable(decorator)
        looks = "looks like a Triton kernel" if number == 1 else "look like Triton kernels"
        yield (
            f"{counted(number, 'function')} under `@{name}` {looks}, but `{name}` is not known: "
            f'set `jit-decorators = ["{name}"]` to check them.'
        )


def _found(diagnostics: Sequence[Diagnostic], context: RenderContext) -> str:
    files = counted(context.files, "file")
    fixed = f"Fixed {counted(context.fixed, 'finding')}; " if context.fixed else ""
    if not diagnostics:
        if fixed:
            return f"{fixed}none left ({files} checked)."
        if not context.kernels:
            return f"No Triton kernels found ({files} checked)."
        return f"All clear: {counted(context.kernels, 'kernel')} in {files} checked."
    affected = {(diagnostic.path, diagnostic.kernel) for diagnostic in diagnostics}
    kernels = sum(kernel is not None for _, kernel in affected)
    place = f" in {counted(kernels, 'kernel')}" if kernels else ""
    count = len(diagnostics)
    found = f"{fixed}{count:,} left" if fixed else f"Found {counted(count, 'finding')}"
    return f"{found}{place} ({files} checked){_full_fixable(diagnostics)}.{_verified(diagnostics)}"


def _verified(diagnostics: Sequence[Diagnostic]) -> str:
    """Return what the compiler said, if it was asked."""
    verdicts = Counter(d.verification.verdict for d in diagnostics if d.verification)
    if not verdicts:
        return ""
    return (
        f" The compiler confirms {verdicts[Verdict.CONFIRMED]:,}, contradicts "
        f"{verdicts[Verdict.CONTRADICTED]:,} and leaves {verdicts[Verdict.UNDECIDED]:,} undecided."
    )


def _full_fixable(diagnostics: Sequence[Diagnostic]) -> str:
    proved = sum(d.fix is not None and is_proved(d.fix) for d in diagnostics)
    more = f"; {proved:,} fixable with `verify --fix-confirmed`" if proved else ""
    return _fixable(diagnostics) + more


def _fixable(diagnostics: Sequence[Diagnostic]) -> str:
    safe = fixable(diagnostics, Applicability.SAFE)
    unsafe = fixable(diagnostics, Applicability.UNSAFE)
    if safe and unsafe:
        return f"; {safe:,} fixable with --fix, {unsafe:,} more with --unsafe-fixes"
    if safe:
        return f"; {safe:,} fixable with --fix"
    if unsafe:
        return f"; {unsafe:,} fixable with --fix --unsafe-fixes"
    return ""


def concise_summary(diagnostics: Sequence[Diagnostic], context: RenderContext) -> Iterator[str]:
    """Yield the lines that ruff ends with, so that programs that read ruff's can read these."""
    left = len(diagnostics)
    total = counted(left + context.fixed, "finding")
    if context.fixed:
        yield f"Found {total} ({context.fixed} fixed, {left} remaining)."
    elif left:
        yield f"Found {total}."
    else:
        yield "All checks passed!"
    safe = fixable(diagnostics, Applicability.SAFE)
    unsafe = fixable(diagnostics, Applicability.UNSAFE)
    noun = "unsafe fix" if unsafe == 1 else "unsafe fixes"
    hidden = f"{unsafe} {noun} available with `--fix --unsafe-fixes`"
    if safe:
        yield f"[*] {safe} fixable with `--fix`{f' ({hidden})' if unsafe else ''}."
    elif unsafe:
        yield f"{hidden}."
    yield from _notes(context)
