"""Identifies findings even if lines move, for services that compare one run with another."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from urllib.parse import quote

from tritonlint.diagnostics import Diagnostic
from tritonlint.report.context import RenderContext


def fingerprints(diagnostics: Iterable[Diagnostic], context: RenderContext) -> Iterator[str]:
    """Yield a fingerprint for each finding; two of the same kind differ by their order."""
    seen: Counter[str] = Counter()
    for diagnostic in diagnostics:
        path = quote(os.fsencode(context.display_path(diagnostic.path)))
        parts = (diagnostic.code, path, diagnostic.kernel or "", diagnostic.parameter or "")
        identity = "\0".join(parts)
        seen[identity] += 1
        yield hashlib.sha256(f"{identity}\0{seen[identity]}".encode()).hexdigest()
