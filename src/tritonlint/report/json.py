"""A JSON list of objects: the form that other programs read (docs/json.md)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, TextIO

from tritonlint.diagnostics import Diagnostic, Edit, Fix, LaunchSite, Observation, Verification
from tritonlint.report.context import RenderContext
from tritonlint.span import Span
from tritonlint.triton.specialization import Variants


def render(diagnostics: Sequence[Diagnostic], context: RenderContext, stream: TextIO) -> None:
    print(
        json.dumps([_finding(diagnostic, context) for diagnostic in diagnostics], indent=2),
        file=stream,
    )


def _finding(diagnostic: Diagnostic, context: RenderContext) -> dict[str, Any]:
    fix, kind, variants = diagnostic.fix, diagnostic.kind, diagnostic.variants
    verification = diagnostic.verification
    return {
        "code": diagnostic.code,
        "name": diagnostic.name,
        "message": diagnostic.sentence,
        "filename": context.display_path(diagnostic.path),
        **_locations(diagnostic.span),
        "kernel": diagnostic.kernel,
        "parameter": diagnostic.parameter,
        "kind": kind.value if kind else None,
        "variants": _variants(variants) if variants else None,
        "launches": [_launch(launch, context) for launch in diagnostic.launches],
        "fix": _fix(fix, context) if fix else None,
        "fix_blocked_by": diagnostic.fix_blocked_by,
        "url": context.rules[diagnostic.code].url,
        **({"verification": _verification(verification)} if verification else {}),
        **({"observed": _observation(diagnostic.observed)} if diagnostic.observed else {}),
    }


def _observation(observed: Observation) -> dict[str, Any]:
    return {
        "text": observed.text,
        "compiles": observed.compiles,
        "seconds": round(observed.seconds, 3),
        "values": list(observed.values),
        "kernel_compiles": observed.kernel_compiles,
    }


def _verification(verification: Verification) -> dict[str, Any]:
    return {
        "verdict": verification.verdict.value,
        "text": verification.text,
        "variants": verification.variants,
        "identical": verification.identical,
        "wasted_seconds": round(verification.wasted_seconds, 3),
    }


def _locations(span: Span) -> dict[str, dict[str, int]]:
    return {
        "location": {"row": span.row, "column": span.column},
        "end_location": {"row": span.end_row, "column": span.end_column},
    }


def _variants(variants: Variants) -> dict[str, Any]:
    return {
        "count": variants.compiles,
        "classes": list(variants.classes),
        "per_value": variants.per_value,
    }


def _launch(launch: LaunchSite, context: RenderContext) -> dict[str, Any]:
    return {
        "filename": context.display_path(launch.path),
        "row": launch.row,
        "argument": launch.argument,
    }


def _fix(fix: Fix, context: RenderContext) -> dict[str, Any]:
    return {
        "applicability": fix.applicability.value,
        "message": fix.message,
        "edits": [_edit(edit, context) for edit in fix.edits],
    }


def _edit(edit: Edit, context: RenderContext) -> dict[str, Any]:
    return {
        "filename": context.display_path(edit.path),
        **_locations(edit.span),
        "content": edit.content,
    }
