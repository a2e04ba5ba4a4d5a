"""Recognizes what tritonlint wrote itself: such files name kernels, but do not use them."""

from __future__ import annotations

import re

#: How its traces and reports start, with any white space for a space. Two formats are not among
#: them, because a program may read their JSON, and launch what it lists: those of `variants` and
#: `trace --report`.
_STARTS = (
    '{"event":"process","format":',
    '[ { "code": "TRL',
    '[ { "description": "TRL',
    '{ "source": { "name": "tritonlint"',
    '{ "$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", '
    '"runs": [ { "tool": { "driver": { "name": "tritonlint"',
    '<?xml version="1.0" encoding="utf-8"?> <testsuites name="tritonlint"',
    "::error title=tritonlint (TRL",
)
#: A finding as `full` and `concise` start it, and the page of a trace.
_PATTERNS = (
    r"[^\n]+:\d+:\d+: TRL\d{3} ",
    r"<!doctype html>\n<html[^\0]{0,300}<title>Triton compiles</title>",
)
_WRITTEN = re.compile(
    "|".join([*(re.escape(s).replace(r"\ ", r"\s*") for s in _STARTS), *_PATTERNS]).encode()
)


def is_written(data: bytes) -> bool:
    """Whether a text is a trace or a report of tritonlint's."""
    return _WRITTEN.match(data) is not None
