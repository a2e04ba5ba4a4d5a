"""What a file's bytes show without a survey: whether it can matter. They decide nothing more."""

from __future__ import annotations

import re
from typing import NamedTuple

#: The text that may be between two parts of an expression.
_SPACE = rb"(?:\s|\\\r?\n|#[^\n]*\n)*"
#: Python allows nothing but white space and a joined line between the two.
_STAR_IMPORT = re.compile(rb"\bimport(?:[ \t\f]|\\\r?\n)*\*")
#: A kernel is made by something that is called a jit; a comment about findings names the linter or
#: a rule.
_JIT_OR_COMMENT = re.compile(rb"(?i:jit|tritonlint)|TRL[0-9]")
_LAUNCH = re.compile(rb"\]" + _SPACE + rb"\(")


class Outline(NamedTuple):
    """What a file may contain.

    Attributes:
        mentions_triton: anything that has to do with Triton.
        may_hold_kernels: kernels, or comments that silence findings, or nobody knows what, as it
            mentions Triton and cannot be parsed.
        may_launch: launches, `kernel[grid](...)`.
        passes_names_on: bindings of names that do not stand in it.
    """

    mentions_triton: bool
    may_hold_kernels: bool
    may_launch: bool
    passes_names_on: bool

    @property
    def may_have_findings(self) -> bool:
        """Whether any rule can have a finding in the file."""
        return self.may_hold_kernels or self.may_launch


def outline(data: bytes, extra: tuple[bytes, ...] = ()) -> Outline:
    """Return the outline of a file; `extra` are names of decorators that make kernels too."""
    mentions_triton = b"triton" in data
    may_hold = mentions_triton and (_JIT_OR_COMMENT.search(data) is not None or _is_broken(data))
    return Outline(
        mentions_triton,
        may_hold or any(name in data for name in extra),
        _LAUNCH.search(data) is not None,
        b"*" in data and _STAR_IMPORT.search(data) is not None,
    )


def _is_broken(data: bytes) -> bool:
    """Whether a file cannot be parsed."""
    # Most files do not mention Triton, and a hook that looks at one does not need the parser.
    from tritonlint.source import SourceError
    from tritonlint.survey.parsing import parsed

    try:
        with parsed(data):
            return False
    except SourceError:
        return True
