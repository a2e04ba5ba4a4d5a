"""Surveys one file, and answers the questions that its facts leave open."""

from __future__ import annotations

from collections.abc import Iterable

from tritonlint.source import SourceError, content_digest
from tritonlint.span import Span
from tritonlint.survey.facts.calls import FarCalls
from tritonlint.survey.facts.flows import BodyFlow
from tritonlint.survey.facts.lookups import Ask, Seen, Tables, Unclear
from tritonlint.survey.facts.module import ModuleFacts, Problem, SurveyOptions
from tritonlint.survey.far import called_in, methods_in, read_far_calls
from tritonlint.survey.kept_flows import Flows
from tritonlint.survey.members import read_member
from tritonlint.survey.module import build_module
from tritonlint.survey.parsing import parsed
from tritonlint.survey.text import Text
from tritonlint.survey.walk import walked

#: Raise with any change to what a survey finds: caches of older facts are then not used.
FACTS_VERSION = 125

DEFAULT_OPTIONS = SurveyOptions()


def survey(
    data: bytes, options: SurveyOptions = DEFAULT_OPTIONS, earlier: Iterable[BodyFlow] = ()
) -> ModuleFacts:
    """Return the facts of one file; what cannot be read is listed in `problems`.

    Args:
        earlier: the flow analysis of an earlier version; it saves time and changes nothing.
    """
    digest = content_digest(data)
    try:
        with parsed(data) as (tree, text), walked(tree, Text(text), options) as walker:
            return build_module(tree, walker, Flows(earlier))._replace(digest=digest)
    except SourceError as error:
        row, column = max(error.row, 1), max(error.column, 1)
        problem = Problem(error.message, Span(row, column, row, column))
        return ModuleFacts(problems=(problem,), digest=digest)


def seen_by(data: bytes, options: SurveyOptions, name: str, ask: Ask) -> tuple[Seen, Tables]:
    """Return what one top-level name of a file does with arguments, or which configs it holds."""
    try:
        with parsed(data) as (tree, text), walked(tree, Text(text), options) as walker:
            return read_member(tree, walker, name, ask)
    except SourceError:
        return Seen(unclear=(Unclear("its file cannot be parsed", 1),)), Tables(complete=False)


def far_calls(
    data: bytes, options: SurveyOptions, names: frozenset[str], own: frozenset[str]
) -> FarCalls:
    """Return the calls of functions with these names, and their arguments.

    `own` has the names of functions that the file itself may define.
    """
    methods = methods_in(data, names)
    called = called_in(data, names, own)
    if not called:
        # Most files that mention a function need not be parsed.
        return FarCalls(methods=methods)
    try:
        with parsed(data) as (tree, text), walked(tree, Text(text), options) as walker:
            return read_far_calls(walker, called)._replace(methods=methods)
    except SourceError:
        return FarCalls(methods=methods)
