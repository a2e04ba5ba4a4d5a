"""The survey: one file's bytes in, its facts out. Nothing after it sees a syntax tree.

May import `tritonlint.triton`, `tritonlint.source` and `tritonlint.span`.
"""

from __future__ import annotations

import hashlib

from tritonlint.source import SourceError
from tritonlint.span import Span
from tritonlint.survey.facts.calls import FarCalls
from tritonlint.survey.facts.lookups import Ask, Seen, Tables, Unclear
from tritonlint.survey.facts.module import ModuleFacts, Problem, SurveyOptions
from tritonlint.survey.far import called_in, methods_in, read_far_calls
from tritonlint.survey.members import read_member
from tritonlint.survey.module import build_module
from tritonlint.survey.parsing import parsed
from tritonlint.survey.text import Text

#: Raise with any change to what a survey finds: caches of older facts are then not used.
FACTS_VERSION = 53

DEFAULT_OPTIONS = SurveyOptions()


def survey(data: bytes, options: SurveyOptions = DEFAULT_OPTIONS) -> ModuleFacts:
    """The facts of one file; what cannot be read of it is among them, as `problems`."""
    digest = content_digest(data)
    try:
        with parsed(data) as (tree, text):
            return build_module(tree, Text(text), options)._replace(digest=digest)
    except SourceError as error:
        row, column = max(error.row, 1), max(error.column, 1)
        problem = Problem(error.message, Span(row, column, row, column))
        return ModuleFacts(problems=(problem,), digest=digest)


def seen_by(data: bytes, options: SurveyOptions, name: str, ask: Ask) -> tuple[Seen, Tables]:
    """What something at the top level of a file does with arguments, or holds of configs."""
    try:
        with parsed(data) as (tree, text):
            return read_member(tree, Text(text), options, name, ask)
    except SourceError:
        return Seen(unclear=(Unclear("its file cannot be parsed", 1),)), Tables(complete=False)


def far_calls(
    data: bytes, options: SurveyOptions, names: frozenset[str], own: frozenset[str]
) -> FarCalls:
    """The calls of functions of these names, with what they are given; `own` are the names of
    functions that the file itself may have.
    """
    methods = methods_in(data, names)
    called = called_in(data, names, own)
    if not called:
        # Most files that mention a function need not be parsed.
        return FarCalls(methods=methods)
    try:
        with parsed(data) as (tree, text):
            return read_far_calls(tree, Text(text), options, called)._replace(methods=methods)
    except SourceError:
        return FarCalls(methods=methods)


def content_digest(data: bytes) -> str:
    """What tells a file's bytes from others."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()
