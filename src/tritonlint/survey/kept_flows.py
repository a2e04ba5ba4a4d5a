"""The flow analysis of a file's kernels, as far as earlier facts of the file do not have it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import TYPE_CHECKING

from tritonlint.source import content_digest
from tritonlint.survey.facts.flows import BodyFlow, Flow

if TYPE_CHECKING:
    import libcst as cst


class KernelUnreadableError(Exception):
    """libcst cannot parse a kernel that Python can parse."""


class Flows:
    """What the bodies of a file's kernels do with their parameters.

    Most edits leave most kernels of a file alone. For those, libcst is not even loaded.

    Args:
        earlier: the results for an earlier version of the file.
    """

    def __init__(self, earlier: Iterable[BodyFlow] = ()) -> None:
        self._known = {flow.digest: flow for flow in earlier}
        self._used: dict[str, BodyFlow] = {}

    @property
    def used(self) -> tuple[BodyFlow, ...]:
        """The results that were asked for."""
        return tuple(self._used.values())

    def of(self, source: str) -> dict[str, Flow]:
        """Return what the body of a function does with each of its parameters.

        Raises:
            KernelUnreadableError: libcst cannot parse the function.
        """
        digest = content_digest(source.encode(errors="surrogatepass"))
        flow = self._known.get(digest) or BodyFlow(digest, tuple(_analyzed(source)))
        self._used[digest] = flow
        return {parameter.name: parameter for parameter in flow.parameters}


def _analyzed(source: str) -> list[Flow]:
    # Most runs need no libcst, because all kernels are clear before.
    import libcst as cst

    from tritonlint.survey.concrete import normalized
    from tritonlint.survey.flow import analyze

    try:
        module = cst.parse_module(source)
    except (cst.ParserSyntaxError, RecursionError, ValueError) as error:
        raise KernelUnreadableError(str(error).partition("\n")[0]) from error
    function = _first_function(module)
    if not unicodedata.is_normalized("NFKC", source):
        function = normalized(function)
    try:
        return analyze(function)
    except RecursionError as error:
        raise KernelUnreadableError("its expressions are nested too deeply") from error


def _first_function(module: cst.Module) -> cst.FunctionDef:
    import libcst as cst

    statement: cst.CSTNode = module.body[0]
    # An indented definition is wrapped in `if 1:`.
    if isinstance(statement, cst.If):
        statement = statement.body.body[0]
    assert isinstance(statement, cst.FunctionDef)
    return statement
