"""Recognizes what tritonlint wrote itself: such files name kernels, but do not use them."""

from __future__ import annotations

import re

#: How its traces and its reports for programs start, with any white space for a space. `variants`
#: is not among them: a program may read its JSON, and launch what it lists.
_STARTS = (
    '{"event":"process","format":',
    '[ { "code": "TRL',
    '{ "source": { "name": "tritonlint"',
    '{ "$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", '
    '"runs": [ { "tool": { "driver": { "name": "tritonlint"',
    '<?xml version="1.0" encoding="utf-8"?> <testsuites name="tritonlint"',
)
_WRITTEN = re.compile("|".join(re.escape(s).replace(r"\ ", r"\s*") for s in _STARTS).encode())


def is_written(data: bytes) -> bool:
    """Whether a text is a trace or a report of tritonlint's."""
    return _WRITTEN.match(data) is not None
