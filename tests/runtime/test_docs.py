"""docs/tracing.md describes every field that the tracer writes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tritonlint.runtime import trace, warm, without_gpu
from tritonlint.runtime.reader import read
from tritonlint.runtime.report.json import as_data
from tritonlint.runtime.sources import Sources
from tritonlint.runtime.summary import summarize

pytest.importorskip("triton", reason="what is traced is Triton, which is not installed")

PAGE = Path(__file__).parents[2] / "docs" / "tracing.md"

#: The keys below these are names from the program, not fields.
FREE = {"options", "dtypes"}


def keys(data: Any) -> Iterator[str]:
    if isinstance(data, list):
        for item in data:
            yield from keys(item)
    elif isinstance(data, dict):
        for name, value in data.items():
            yield name
            if name not in FREE and not (name == "key" and isinstance(value, dict)):
                yield from keys(value)


def test_every_field_is_described(kernels: Callable[[str], Any], tmp_path: Path) -> None:
    (tmp_path / "tritonlint.toml").touch()
    source = """
        @triton.autotune([triton.Config({"B": b}) for b in (16, 32)], key=["n"])
        @triton.jit(do_not_specialize=["d"], do_not_specialize_on_alignment=["a"])
        def tuned(x, n, d, a, w: tl.int64, B: tl.constexpr):
            tl.store(x + tl.arange(0, B), n)

        def launch(n, x=torch.zeros(8)):
            tuned[(1,)](x, n, 1, 2, 3)
    """
    with trace(tmp_path / "trace"), without_gpu():
        module = kernels(source)
        module.launch(2)
        warm()
        module.launch(3)
    seen = read(tmp_path / "trace")
    (file,) = (tmp_path / "trace").iterdir()
    lines = file.read_text().splitlines()
    findings = Sources().findings(compile.kernel for compile in seen.compiles)
    report = as_data(summarize(seen, findings), tmp_path)
    written = {*keys([json.loads(line) for line in lines]), *keys(report)}
    described = set(re.findall(r"`(\w+)`", PAGE.read_text()))
    assert written - described == set()
    assert len(written) > 50
