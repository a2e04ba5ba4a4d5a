"""SARIF 2.1.0, which code scanning services and editors read.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import quote

from tritonlint import __version__
from tritonlint.diagnostics import Diagnostic, Fix, LaunchSite, Rule
from tritonlint.report.context import RenderContext
from tritonlint.report.identity import fingerprints
from tritonlint.report.summary import blocked_in_line
from tritonlint.rules.pages import introduction, load_page
from tritonlint.span import Span

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def render(diagnostics: Sequence[Diagnostic], context: RenderContext, stream: TextIO) -> None:
    codes = sorted(context.rules)
    # Findings cost time, and break nothing.
    level = "note" if context.informational else "warning"
    driver = {
        "name": "tritonlint",
        "version": __version__,
        "informationUri": "https://github.com/tritonlint/tritonlint",
        "rules": [_rule(context.rules[code], level) for code in codes],
    }
    results = [
        {
            "ruleId": diagnostic.code,
            "ruleIndex": codes.index(diagnostic.code),
            "level": level,
            **_result(diagnostic, context),
            "partialFingerprints": {"tritonlintFinding/v1": fingerprint},
        }
        for diagnostic, fingerprint in zip(
            diagnostics, fingerprints(diagnostics, context), strict=True
        )
    ]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    print(json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2), file=stream)


def _rule(rule: Rule, level: str) -> dict[str, Any]:
    page = load_page(rule.page)
    about = {
        "fullDescription": {"text": introduction(page)},
        "help": {"text": page, "markdown": page},
    }
    return {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": rule.summary},
        **(about if page else {}),
        "helpUri": rule.url,
        "defaultConfiguration": {"enabled": rule.default, "level": level},
    }


def _result(diagnostic: Diagnostic, context: RenderContext) -> dict[str, Any]:
    sentences = [diagnostic.sentence, diagnostic.help]
    if obstacle := blocked_in_line(diagnostic):
        sentences.append(f"{obstacle[0].upper()}{obstacle[1:]}")
    if diagnostic.observed:
        sentences.append(f"Seen: {diagnostic.observed.text}")
    if diagnostic.verification:
        sentences.append(f"Compiler: {diagnostic.verification.text}")
    result: dict[str, Any] = {
        "message": {"text": " ".join(f"{sentence.rstrip('.')}." for sentence in sentences)},
        "locations": [{"physicalLocation": _place(diagnostic.path, diagnostic.span, context)}],
    }
    if diagnostic.launches:
        result["relatedLocations"] = [
            _related(index, launch, context) for index, launch in enumerate(diagnostic.launches, 1)
        ]
    if diagnostic.observed:
        result["properties"] = {"observed": diagnostic.observed._asdict()}
    if diagnostic.fix and diagnostic.fix.edits:
        result["fixes"] = [_fix(diagnostic.fix, context)]
    return result


def _related(index: int, launch: LaunchSite, context: RenderContext) -> dict[str, Any]:
    argument = "its default" if launch.argument is None else f"`{launch.argument}`"
    return {
        "id": index,
        "physicalLocation": {
            "artifactLocation": _artifact(launch.path, context),
            "region": {"startLine": launch.row},
        },
        "message": {"text": f"Launched with {argument}."},
    }


def _fix(fix: Fix, context: RenderContext) -> dict[str, Any]:
    replacements: dict[Path, list[dict[str, Any]]] = {}
    for edit in fix.edits:
        replacements.setdefault(edit.path, []).append(
            {"deletedRegion": _region(edit.span), "insertedContent": {"text": edit.content}}
        )
    return {
        "description": {"text": f"{fix.message} ({fix.applicability.value} fix)"},
        "artifactChanges": [
            {"artifactLocation": _artifact(path, context), "replacements": in_file}
            for path, in_file in replacements.items()
        ],
        "properties": {"applicability": fix.applicability.value},
    }


def _place(path: Path, span: Span, context: RenderContext) -> dict[str, Any]:
    return {"artifactLocation": _artifact(path, context), "region": _region(span)}


def _region(span: Span) -> dict[str, int]:
    return {
        "startLine": span.row,
        "startColumn": span.column,
        "endLine": span.end_row,
        "endColumn": span.end_column,
    }


def _artifact(path: Path, context: RenderContext) -> dict[str, str]:
    shown = context.display_path(path)
    if Path(shown).is_absolute():
        return {"uri": Path(shown).as_uri()}
    return {"uri": quote(os.fsencode(shown)), "uriBaseId": "%SRCROOT%"}
