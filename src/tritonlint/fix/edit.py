"""From what has to go to cuts in the text of each file; libcst finds the places."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import libcst as cst

from tritonlint.fix.changes import (
    AnnotationGone,
    ArgumentGone,
    Change,
    EntryAdded,
    EntryGone,
    KeyGone,
    ParameterGone,
    StatementGone,
)
from tritonlint.fix.docstrings import docstring_cuts
from tritonlint.fix.filetext import FileText, UneditableError
from tritonlint.fix.layout import Bracketed, Cut, appended, cuts
from tritonlint.fix.snippet import Snippet
from tritonlint.fix.statements import statement_cuts
from tritonlint.project.identity import KernelId
from tritonlint.project.project import Project
from tritonlint.span import Span
from tritonlint.survey.facts.kernels import Decorator, Kernel, Role

Texts = Mapping[Path, FileText]

#: Options of decorators that may be left out when nothing is left in them.
_OPTIONAL_LISTS = frozenset(
    {"do_not_specialize", "do_not_specialize_on_alignment", "reset_to_zero", "restore_value"}
)


class _Definition(NamedTuple):
    """What changes in the decorators and the signature of one kernel."""

    dropped: set[str]
    unannotated: set[str]
    entries_gone: set[tuple[str, str | int]]
    entries_added: list[tuple[str, str]]

    @classmethod
    def of_nothing(cls) -> _Definition:
        return cls(set(), set(), set(), [])


def cuts_of(
    project: Project, changes: Iterable[Change], texts: Texts, line_length: int
) -> dict[Path, list[Cut]]:
    """The cuts, in all files, of several changes at once.

    Raises:
        UneditableError: a place does not look as the survey saw it.
    """
    definitions: defaultdict[KernelId, _Definition] = defaultdict(_Definition.of_nothing)
    arguments: defaultdict[tuple[Path, Span], set[Span]] = defaultdict(set)
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
            case ArgumentGone(path, call, argument):
                arguments[path, call].add(argument)
            case KeyGone(path, dictionary, key):
                keys[path, dictionary].add(key)
            case StatementGone(path, span):
                statements[path].add(span)
    found: defaultdict[Path, list[Cut]] = defaultdict(list)
    for (path, call), spans in arguments.items():
        found[path] += _call_cuts(texts[path], call, spans, line_length)
    for (path, dictionary), names in keys.items():
        found[path] += _dictionary_cuts(texts[path], dictionary, names, line_length)
    for identity, definition in definitions.items():
        path, kernel = identity.path, project.kernels[identity]
        found[path] += _definition_cuts(texts[path], kernel, definition, line_length)
    for path, spans in statements.items():
        found[path] += statement_cuts(texts[path], spans, line_length)
    return {path: _outermost(of_file) for path, of_file in found.items()}


def apply_cuts(text: str, found: Sequence[Cut]) -> str:
    """The text after the cuts."""
    pieces = []
    place = 0
    for cut in sorted(found):
        pieces += [text[place : cut.start], cut.content]
        place = cut.end
    return "".join([*pieces, text[place:]])


def _outermost(found: list[Cut]) -> list[Cut]:
    """The cuts without those inside another: an argument can hold a call that is edited too."""
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
    # Brackets around an argument belong to it here, and not where the survey saw it.
    places = [bisect_right(sequence.items, start, key=lambda i: i.start) - 1 for start in starts]
    indices = sorted({i for i, s in zip(places, starts, strict=True) if sequence.has(i, s)})
    if len(indices) != len(starts):
        raise UneditableError(f"the arguments at line {call.row} are not where they were seen")
    if len(indices) == len(sequence.items) and text.text[sequence.start - 1] not in "([":
        # `args = n,` is a tuple without brackets.
        return [Cut(sequence.start, sequence.end, "()")]
    return cuts(text.text, sequence, indices, line_length)


def _arguments(text: FileText, call: Span) -> Bracketed:
    """The arguments of a call, or the elements of what calls unpack; each finding may be about
    another of them.
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
        if isinstance(element, cst.DictElement) and _string(element.key) in dropped
    ]
    return cuts(text.text, snippet.elements(node), indices, line_length)


def _index(node: cst.BaseExpression) -> int | None:
    """The index that an element of a list of names is; True is 1 to Triton, as it is to Python."""
    if isinstance(node, cst.Integer):
        return node.evaluated_value
    return {"False": 0, "True": 1}.get(node.value) if isinstance(node, cst.Name) else None


def _string(node: cst.BaseExpression) -> str | None:
    if isinstance(node, (cst.SimpleString, cst.ConcatenatedString)):
        value = node.evaluated_value
        return value if isinstance(value, str) else None
    return None


# -- definitions ---------------------------------------------------------------------------


def _definition_cuts(
    text: FileText, kernel: Kernel, definition: _Definition, line_length: int
) -> list[Cut]:
    snippet, function = Snippet.of_kernel(text, kernel)
    found: list[Cut] = []
    if definition.dropped:
        sequence, names = snippet.parameters(function)
        indices = _dropped_items(function, names, definition.dropped)
        found += cuts(text.text, sequence, indices, line_length)
        found += docstring_cuts(text, kernel, definition.dropped)
    plain = definition.unannotated - definition.dropped
    params = _params(function) if plain else ()
    found += [_annotation_cut(snippet, p) for p in params if p.name.value in plain]
    for decorator, node in _decorators(kernel, function):
        edit = _DecoratorEdit(text, snippet, kernel, decorator, definition, line_length)
        if isinstance(node.decorator, cst.Call):
            found += edit.cuts(node.decorator)
        if decorator.role is Role.JIT and definition.entries_added:
            found += edit.additions(node.decorator)
            definition = definition._replace(entries_added=[])
    if definition.entries_added:
        raise UneditableError(f"`{kernel.name}` has no `@triton.jit` above it")
    return found


def _params(function: cst.FunctionDef) -> Iterator[cst.Param]:
    """The parameters that an argument can reach by name or by place."""
    yield from function.params.posonly_params
    yield from function.params.params
    yield from function.params.kwonly_params


def _annotation_cut(snippet: Snippet, node: cst.Param) -> Cut:
    """`n: tl.constexpr = 1` becomes `n=1`."""
    if node.annotation is None:
        raise UneditableError(f"`{node.name.value}` has no annotation")
    start = snippet.end(node.name)
    if node.default is None:
        return Cut(start, snippet.end(node.annotation.annotation))
    return Cut(start, snippet.start(node.default), "=")


def _dropped_items(
    function: cst.FunctionDef, names: Mapping[str, int], dropped: set[str]
) -> list[int]:
    """The places of the parameters that go, and of a `/` or `*` that would be left alone."""
    parameters = function.params
    indices = {names[name] for name in dropped if name in names}
    for sign, others in (("/", parameters.posonly_params), ("*", parameters.kwonly_params)):
        if sign in names and all(p.name.value in dropped for p in others):
            indices.add(names[sign])
    return sorted(indices)


def _decorators(
    kernel: Kernel, function: cst.FunctionDef
) -> Iterator[tuple[Decorator, cst.Decorator]]:
    """The decorators above the definition, with their nodes."""
    above = [d for d in kernel.decorators if kernel.first_row <= d.row <= kernel.def_row]
    if len(above) != len(function.decorators):
        raise UneditableError(f"the decorators of `{kernel.name}` are not where they were seen")
    yield from zip(above, function.decorators, strict=True)


class _DecoratorEdit:
    """Takes parameters out of the lists of names that one decorator is given."""

    def __init__(
        self,
        text: FileText,
        snippet: Snippet,
        kernel: Kernel,
        decorator: Decorator,
        definition: _Definition,
        line_length: int,
    ) -> None:
        self.text = text
        self.snippet = snippet
        self.kernel = kernel
        self.decorator = decorator
        self.definition = definition
        self.line_length = line_length

    @cached_property
    def names(self) -> list[str]:
        """The names of the kernel's parameters."""
        return [p.name for p in self.kernel.parameters]

    def cuts(self, call: cst.Call) -> list[Cut]:
        """What to cut out of the decorator."""
        found: list[Cut] = []
        emptied: list[int] = []
        for place, argument in enumerate(call.args):
            option = self._option(argument, place)
            value = argument.value
            if option is None or not isinstance(value, (cst.List, cst.Tuple, cst.Set, cst.Dict)):
                continue
            items = self.snippet.elements(value)
            gone, renumbered = self._listed(option, value, items)
            emptied_now = bool(gone) and len(gone) == len(items.items)
            if emptied_now and option == "values":
                return [self._whole_line(call)]
            if emptied_now and option in _OPTIONAL_LISTS:
                emptied.append(place)
                continue
            if gone:
                found += cuts(self.text.text, items, gone, self.line_length)
            found += renumbered
        if emptied and len(emptied) == len(call.args) and self.decorator.role is Role.JIT:
            # `@triton.jit()` without anything in it is `@triton.jit`.
            return [Cut(self.snippet.end(call.func), self.snippet.end(call))]
        if emptied:
            arguments = self.snippet.arguments(call)
            found += cuts(self.text.text, arguments, emptied, self.line_length)
        return found

    def _option(self, argument: cst.Arg, place: int) -> str | None:
        """Which list of names an argument of the decorator is."""
        listed = {names.option for names in self.decorator.lists}
        if argument.keyword is not None:
            return argument.keyword.value if argument.keyword.value in listed else None
        if self.decorator.role is Role.AUTOTUNE and place == 1:
            return "key"
        return "values" if self.decorator.role is Role.HEURISTICS and place == 0 else None

    def _listed(
        self, option: str, value: cst.List | cst.Tuple | cst.Set | cst.Dict, items: Bracketed
    ) -> tuple[list[int], list[Cut]]:
        """Which elements go, and new numbers for indices behind dropped parameters."""
        dropped = self.definition.dropped
        gone: list[int] = []
        renumbered: list[Cut] = []
        for place, (element, item) in enumerate(zip(value.elements, items.items, strict=True)):
            key = element.key if isinstance(element, cst.DictElement) else element.value
            index = _index(key)
            entry = _string(key) if index is None else index
            if entry in dropped or (option, entry) in self.definition.entries_gone:
                gone.append(place)
            elif index is not None:
                before = sum(name in dropped for name in self.names[:index])
                if index < len(self.names) and self.names[index] in dropped:
                    gone.append(place)
                elif before:
                    renumbered.append(Cut(item.start, item.end, str(index - before)))
        return gone, renumbered

    def _whole_line(self, call: cst.Call) -> Cut:
        """A decorator that has nothing to do any more, with its lines."""
        text, start, end = self.text.text, self.snippet.start(call), self.snippet.end(call)
        row = max(row for row, place in enumerate(self.text.starts) if place <= start)
        following = next((place for place in self.text.starts if place >= end), len(text))
        return Cut(self.text.starts[row], following)

    # -- additions -------------------------------------------------------------------------

    def additions(self, node: cst.BaseExpression) -> list[Cut]:
        """The cuts that name parameters in lists of the decorator."""
        by_option: defaultdict[str, list[str]] = defaultdict(list)
        for option, name in self.definition.entries_added:
            by_option[option].append(name)
        found: list[Cut] = []
        new: list[str] = []
        for option, added in by_option.items():
            ordered = [name for name in self.names if name in added]
            argument = self._argument(node, option)
            if argument is None:
                new.append(f"{option}=[{', '.join(map(_quoted, ordered))}]")
                continue
            if not isinstance(argument.value, (cst.List, cst.Tuple, cst.Set)):
                raise UneditableError(f"its `{option}` is not a list")
            content = ", ".join(self._in_style_of(argument.value, name) for name in ordered)
            elements = self.snippet.elements(argument.value)
            found.append(appended(self.text.text, elements, content))
        if new and isinstance(node, cst.Call):
            found.append(appended(self.text.text, self.snippet.arguments(node), ", ".join(new)))
        elif new:
            end = self.snippet.end(node)
            found.append(Cut(end, end, f"({', '.join(new)})"))
        return found

    def _argument(self, node: cst.BaseExpression, option: str) -> cst.Arg | None:
        for argument in node.args if isinstance(node, cst.Call) else ():
            if argument.keyword is not None and argument.keyword.value == option:
                return argument
        return None

    def _in_style_of(self, value: cst.List | cst.Tuple | cst.Set, name: str) -> str:
        """By name in the quotes of the others, or by index where they are indices."""
        elements = [element.value for element in value.elements]
        if elements and all(_index(element) is not None for element in elements):
            return str(self.names.index(name))
        return _quoted(
            name, next((e.quote for e in elements if isinstance(e, cst.SimpleString)), '"')
        )


def _quoted(name: str, quote: str = '"') -> str:
    return f"{quote}{name}{quote}"
