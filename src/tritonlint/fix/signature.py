"""Cuts in the signature and the docstring of a function."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

import libcst as cst

from tritonlint.fix.docstrings import docstring_cuts
from tritonlint.fix.filetext import FileText, UneditableError
from tritonlint.fix.layout import Cut, cuts
from tritonlint.fix.snippet import FunctionRows, Snippet


def signature_cuts(
    text: FileText, rows: FunctionRows, dropped: set[str], line_length: int
) -> list[Cut]:
    """Return the cuts that remove parameters from a signature and from the docstring.

    Raises:
        UneditableError: it differs from what the survey saw.
    """
    snippet, function = Snippet.of_function(text, rows)
    sequence, names = snippet.parameters(function)
    indices = _dropped_items(function, names, dropped)
    found = cuts(text.text, sequence, indices, line_length)
    return [*found, *docstring_cuts(text, rows, dropped)]


def annotation_cuts(
    snippet: Snippet, function: cst.FunctionDef, names: Collection[str]
) -> list[Cut]:
    """Return the cuts that remove the annotations of some parameters."""
    return [_annotation_cut(snippet, p) for p in _params(function) if p.name.value in names]


def _params(function: cst.FunctionDef) -> Iterator[cst.Param]:
    """Yield the parameters that an argument can reach by name or by place."""
    yield from function.params.posonly_params
    yield from function.params.params
    yield from function.params.kwonly_params


def _annotation_cut(snippet: Snippet, node: cst.Param) -> Cut:
    """Turn `n: tl.constexpr = 1` into `n=1`."""
    if node.annotation is None:
        raise UneditableError(f"`{node.name.value}` has no annotation")
    start = snippet.end(node.name)
    if node.default is None:
        return Cut(start, snippet.end(node.annotation.annotation))
    return Cut(start, snippet.start(node.default), "=")


def _dropped_items(
    function: cst.FunctionDef, names: Mapping[str, int], dropped: set[str]
) -> list[int]:
    """Return the places of the parameters to remove, and of a `/` or `*` that would stay alone."""
    parameters = function.params
    indices = {names[name] for name in dropped if name in names}
    for sign, others in (("/", parameters.posonly_params), ("*", parameters.kwonly_params)):
        if sign in names and all(p.name.value in dropped for p in others):
            indices.add(names[sign])
    return sorted(indices)
