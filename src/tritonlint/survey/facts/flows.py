"""What the body of a kernel does with its parameters, before any name in it is resolved."""

from __future__ import annotations

from typing import NamedTuple

from tritonlint.survey.facts.kernels import Use


class ForwardedTo(NamedTuple):
    """An argument of a call to `callee` (dotted source) that consists of parameters alone."""

    callee: str
    position: int | None
    keyword: str | None


class Flow(NamedTuple):
    """What happens to one parameter.

    Attributes:
        overwritten: another value takes its name.
        deleted: the body has `del` for it.
        mentioned: in code that no path reaches, or after every path has overwritten it.
    """

    name: str
    use: Use
    overwritten: bool
    deleted: bool
    mentioned: bool
    forwards: tuple[ForwardedTo, ...]


class BodyFlow(NamedTuple):
    """All parameters of one function; the digest is that of its source."""

    digest: str
    parameters: tuple[Flow, ...]
