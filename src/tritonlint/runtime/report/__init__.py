"""The summary of a trace, in four formats: a format is one module here."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Protocol, TextIO

from tritonlint.runtime.summary import Summary

FORMATS = ("full", "json", "github", "html")


class _Renderer(Protocol):
    def __call__(self, summary: Summary, base: Path, stream: TextIO) -> None: ...


def render(summary: Summary, format: str, base: Path, stream: TextIO) -> None:
    """Write a summary; paths inside `base` are shown relative to it."""
    renderer: _Renderer = import_module(f"{__name__}.{format}").render
    renderer(summary, base, stream)
