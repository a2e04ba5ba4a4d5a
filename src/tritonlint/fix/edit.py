"""Turns changes into cuts in the text of each file; libcst finds the places."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeAlias

import libcst as cst

from tritonlint.fix.changes import (
    AnnotationGone,
    ArgumentGone,
    Change,
    ElementGone,
    EntryAdded,
    EntryGone,
    HostParameterGone,
    KeyGone,
    ParameterGone,
    StatementGone,
)
from tritonlint.fix.definition import Definition, definition_cuts
from tritonlint.fix.elements import without
from tritonlint.fix.filetext import FileText, UneditableError
from tritonlint.fix.layout import Bracketed, Cut, cuts
from tritonlint.fix.signature import signature_cuts
from tritonlint.fix.snippet import Snippet, string
from tritonlint.fix.statements import statement_cuts
from tritonlint.project.identity import KernelId
from tritonlint.project.project import Project
from tritonlint.span import Span
from tritonlint.survey.facts.calls import HostParameter

#: Returns the text of a file.
Texts = Callable[[Path], FileText]
#: By call and by argument in it, what leaves the argument.
_Elements: TypeAlias = defaultdict[tuple[Path, Span], defaultdict[Span, list[ElementGone]]]


def cuts_of(
    project: Project, changes: Iterable[Change], texts: Texts, line_length: int
) -> dict[Path, list[Cut]]:
    """Return the cuts, in all files, of several changes at once.

    Raises:
        UneditableError: a place differs from what the survey saw.
    """
    definitions: defaultdict[KernelId, Definition] = defaultdict(Definition.of_nothing)
    signatures: defaultdict[tuple[Path, HostParameter], set[str]] = defaultdict(set)
    arguments: defaultdict[tuple[Path, Span], set[Span]] = defaultdict(set)
    elements: _Elements = defaultdict(lambda: defaultdict(list))
    keys: defaultdict[tuple[Path, Span], set[str]] = defaultdict(set)
    statements: defaultdict[Path, set[Span]] = defaultdict(set)
    for change in sorted(changes, key=repr):
        match change:
            case ParameterGone(identity, name):
                definitions[identity].dropped.add(name)
            case AnnotationGone(identity, name):
                definitions[identity].unannotated.add(name)
            case EntryGone(identity, option, entry):
                definitions[identity].entries_gone.add((option, entry))
            case EntryAdded(identity, option, name):
                definitions[identity].entries_added.append((option, name))
            case HostParameterGone(path, parameter, name):
                signatures[path, parameter._replace(arguments=())].add(name)
            case ArgumentGone(path, call, argument):
                arguments[path, call].add(argument)
            case ElementGone(path, call, argument):
                elements[path, call][argument].append(change)
            case KeyGone(path, dictionary, key):
                keys[path, dictionary].add(key)
            case StatementGone(path, span):
                statements[path].add(span)
    found: defaultdict[Path, list[Cut]] = defaultdict(list)
    for (path, call), spans in arguments.items():
        # Arguments that change are not moved as well.
        width = 0 if (path, call) in elements else line_length
        found[path] += _call_cuts(texts(path), call, spans, width)
    for (path, _), changed in elements.items():
        for argument, gone in changed.items():
            found[path].append(Cut(*texts(path).range(argument), without(gone)))
    for (path, dictionary), names in keys.items():
        found[path] += _dictionary_cuts(texts(path), dictionary, names, line_length)
    for identity, definition in definitions.items():
        path, kernel = identity.path, project.kernels[identity]
        found[path] += definition_cuts(texts(path), kernel, definition, line_length)
    for (path, function), names in signatures.items():
        found[path] += signature_cuts(texts(path), function, names, line_length)
    for path, spans in statements.items():
        found[path] += statement_cuts(texts(path), spans, line_length)
    return {path: _outermost(of_file) for path, of_file in found.items()}


def apply_cuts(text: str, found: Sequence[Cut]) -> str:
    """Return the text after the cuts."""
    pieces = []
    place = 0
    for cut in sorted(found):
        pieces += [text[place : cut.start], cut.content]
        place = cut.end
    return "".join([*pieces, text[place:]])


def _outermost(found: list[Cut]) -> list[Cut]:
    """Return the cuts without those inside another: an argument may contain another edited call."""
    kept: list[Cut] = []
    for cut in sorted(found, key=lambda c: (c.start, -c.end)):
        if kept and cut.start < kept[-1].end:
            if cut.end <= kept[-1].end:
                continue
            raise UneditableError("two edits overlap")
        kept.append(cut)
    return kept


# -- calls and dictionaries ----------------------------------------------------------------


def _call_cuts(text: FileText, call: Span, dropped: set[Span], line_length: int) -> list[Cut]:
    sequence = _arguments(text, call)
    starts = [text.offset(span.row, span.column) for span in dropped]
    # Here, brackets around an argument belong to it; in the survey, they do not.
    places = [bisect_right(sequence.items, start, key=lambda i: i.start) - 1 for start in starts]
    indices = sorted({i for i, s in zip(places, starts, strict=True) if sequence.has(i, s)})
    if len(indices) != len(starts):
        raise UneditableError(f"the arguments at line {call.row} are not where they were seen")
    if len(indices) == len(sequence.items) and text.text[sequence.start - 1] not in "([":
        # `args = n,` is a tuple without brackets.
        return [Cut(sequence.start, sequence.end, "()")]
    return cuts(text.text, sequence, indices, line_length)


def _arguments(text: FileText, call: Span) -> Bracketed:
    """Cut arguments out of a call, or elements out of an unpacked literal.

    Each finding may be about another of them.
    """
    known = text.arguments.get(call)
    if known is None:
        snippet, node = Snippet.of_expression(text, call)
        if isinstance(node, cst.Call):
            known = snippet.arguments(node)
        elif isinstance(node, (cst.Tuple, cst.List)):
            known = snippet.elements(node)
        else:
            raise UneditableError(f"no call at line {call.row}")
        text.arguments[call] = known
    return known


def _dictionary_cuts(
    text: FileText, dictionary: Span, dropped: set[str], line_length: int
) -> list[Cut]:
    """Cut keys out of a dictionary literal, or out of `dict(key=value)`."""
    snippet, node = Snippet.of_expression(text, dictionary)
    if isinstance(node, cst.Call):
        names = [argument.keyword.value if argument.keyword else "" for argument in node.args]
        indices = [index for index, name in enumerate(names) if name in dropped]
        return cuts(text.text, snippet.arguments(node), indices, line_length)
    if not isinstance(node, cst.Dict):
        raise UneditableError(f"no dictionary at line {dictionary.row}")
    indices = [
        index
        for index, element in enumerate(node.elements)
        if isinstance(element, cst.DictElement) and string(element.key) in dropped
    ]
    return cuts(text.text, snippet.elements(node), indices, line_length)
