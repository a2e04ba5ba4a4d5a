"""What a file's bytes show without parsing: whether the file can matter, and nothing more."""

from __future__ import annotations

import functools
import re
from typing import NamedTuple

from tritonlint.triton.names import JIT_REPLACED

#: The text that may be between two parts of an expression.
_SPACE = rb"(?:\s|\\\r?\n|#[^\n]*\n)*"
#: Python allows nothing but white space and a joined line between the two.
_STAR_IMPORT = re.compile(rb"\bimport(?:[ \t\f]|\\\r?\n)*\*")
_LAUNCH = re.compile(rb"\]" + _SPACE + rb"\(")
_STAND_IN = re.compile(JIT_REPLACED.encode())


class Outline(NamedTuple):
    """What a file may contain.

    Attributes:
        is_about_triton: kernels.
        may_launch: launches, `kernel[grid](...)`.
        passes_names_on: bindings of names that are not written in it.
        replaces_jit: something that takes the place of `triton.jit`.
    """

    is_about_triton: bool
    may_launch: bool
    passes_names_on: bool
    replaces_jit: bool

    @property
    def may_have_findings(self) -> bool:
        """Whether any rule can have a finding in the file."""
        return self.is_about_triton or self.may_launch


def outline(data: bytes, jit_decorators: frozenset[str] = frozenset()) -> Outline:
    """Return the outline of a file; these decorators, by dotted names, make kernels too."""
    return Outline(
        b"triton" in data or any(name in data for name in _last_parts(jit_decorators)),
        _LAUNCH.search(data) is not None,
        b"*" in data and _STAR_IMPORT.search(data) is not None,
        (b"jit" in data or b"__getattr__" in data) and _STAND_IN.search(data) is not None,
    )


@functools.lru_cache
def _last_parts(names: frozenset[str]) -> tuple[bytes, ...]:
    """What a file that uses one of the names mentions."""
    return tuple(name.rpartition(".")[2].encode() for name in sorted(names))
