"""`--statistics`: the number of findings of each rule, highest first."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import TextIO

from tritonlint.diagnostics import Applicability, Diagnostic
from tritonlint.report.context import RenderContext
from tritonlint.report.summary import concise_summary, fixable, full_summary


@dataclass(frozen=True)
class _RuleCount:
    code: str
    name: str
    count: int
    fixable: int


def render(
    diagnostics: Sequence[Diagnostic], format: str, context: RenderContext, stream: TextIO
) -> None:
    counts = _counts(diagnostics)
    if format == "json":
        print(json.dumps([asdict(count) for count in counts], indent=2), file=stream)
        return
    width = len(str(max((count.count for count in counts), default=0)))
    for count in counts:
        mark = "[ ]" if not count.fixable else "[*]" if count.fixable == count.count else "[-]"
        print(f"{count.count:>{width}}\t{count.code}\t{mark} {count.name}", file=stream)
    if context.quiet:
        return
    if format == "full":
        print(full_summary(diagnostics, context), file=stream)
    else:
        for line in concise_summary(diagnostics, context):
            print(line, file=stream)


def _counts(diagnostics: Sequence[Diagnostic]) -> list[_RuleCount]:
    by_code = groupby(sorted(diagnostics, key=lambda found: found.code), lambda found: found.code)
    counts = []
    for code, group in by_code:
        found = list(group)
        safe = fixable(found, Applicability.SAFE)
        counts.append(_RuleCount(code, found[0].name, len(found), safe))
    return sorted(counts, key=lambda count: (-count.count, count.code))
