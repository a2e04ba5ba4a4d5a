"""The summary as one page without other files: time lines, a table, each kernel's axes."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from typing import TextIO

from tritonlint.runtime.report.full import total
from tritonlint.runtime.report.json import as_data
from tritonlint.runtime.summary import Summary

_PLACE = "/*DATA*/"


def render(summary: Summary, base: Path, stream: TextIO) -> None:
    data = json.dumps({**as_data(summary, base), "total": total(summary)})
    # Nothing in the data may end the script element.
    data = data.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    page = (resources.files(__package__) / "page.html").read_text(encoding="utf-8")
    stream.write(page.replace(_PLACE, data))
