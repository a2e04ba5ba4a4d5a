"""Cuts in the definition of a kernel: its signature and its decorators."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

import libcst as cst

from tritonlint.fix.additions import appended
from tritonlint.fix.filetext import FileText, UneditableError
from tritonlint.fix.layout import Bracketed, Cut, cuts
from tritonlint.fix.signature import annotation_cuts, signature_cuts
from tritonlint.fix.snippet import Snippet, string
from tritonlint.fix.wrapping import wrapped
from tritonlint.span import Span
from tritonlint.survey.facts.kernels import Decorator, Kernel, Role
from tritonlint.triton.names import SPECIALIZATION_LISTS, TENSOR_LISTS

#: A name in quotes.
_STRING = re.compile(r"""(['"])\w+\1""")
#: Options of decorators that are removed when their list becomes empty.
_OPTIONAL_LISTS = TENSOR_LISTS.union(SPECIALIZATION_LISTS)


class Definition(NamedTuple):
    """The changes in the decorators and the signature of one kernel."""

    dropped: set[str]
    unannotated: set[str]
    entries_gone: set[tuple[str, str | int]]
    entries_added: list[tuple[str, str]]

    @classmethod
    def of_nothing(cls) -> Definition:
        """Return an empty set of changes."""
        return cls(set(), set(), set(), [])


def definition_cuts(
    text: FileText, kernel: Kernel, definition: Definition, line_length: int
) -> list[Cut]:
    """Return the cuts in the text of one kernel's file.

    Raises:
        UneditableError: it differs from what the survey saw.
    """
    snippet, function = Snippet.of_function(text, kernel)
    found: list[Cut] = []
    if definition.dropped:
        found += signature_cuts(text, kernel, definition.dropped, line_length)
    found += annotation_cuts(snippet, function, definition.unannotated - definition.dropped)
    for decorator in kernel.decorators:
        if decorator.call is not None:
            found += _wrapping_cuts(
                text, kernel, decorator, decorator.call, definition, line_length
            )
    for decorator, node in _decorators(kernel, function):
        edit = _DecoratorEdit(text, snippet, kernel, decorator, definition, line_length)
        inside = edit.cuts(node.decorator) if isinstance(node.decorator, cst.Call) else []
        if decorator.role is Role.JIT and definition.entries_added:
            inside += edit.additions(node.decorator)
            definition = definition._replace(entries_added=[])
            start, end = snippet.start(node.decorator), snippet.end(node.decorator)
            inside = wrapped(text.text, start, end, inside, line_length)
        found += inside
    if definition.entries_added:
        raise UneditableError(f"`{kernel.name}` has no `@triton.jit` above it")
    return found


def _wrapping_cuts(
    text: FileText,
    kernel: Kernel,
    decorator: Decorator,
    place: Span,
    definition: Definition,
    line_length: int,
) -> list[Cut]:
    """Return the cuts in a call that wraps a kernel: `triton.autotune(...)(kernel)`."""
    snippet, node = Snippet.of_expression(text, place)
    if not isinstance(node, cst.Call):
        raise UneditableError(f"no call at line {place.row}")
    call = node.func if isinstance(node.func, cst.Call) else node
    edit = _DecoratorEdit(text, snippet, kernel, decorator, definition, line_length)
    if not edit.is_emptied(call):
        return edit.cuts(call)
    # A decorator that has no effect any more.
    start, end = text.range(place)
    inner = node.args[0].value
    return [Cut(start, snippet.start(inner)), Cut(snippet.end(inner), end)]


def _decorators(
    kernel: Kernel, function: cst.FunctionDef
) -> Iterator[tuple[Decorator, cst.Decorator]]:
    """Yield the decorators above the definition, with their nodes."""
    above = [d for d in kernel.decorators if d.call is None]
    if len(above) != len(function.decorators):
        raise UneditableError(f"the decorators of `{kernel.name}` are not where they were seen")
    yield from zip(above, function.decorators, strict=True)


class _DecoratorEdit:
    """Removes parameters from the lists of names in one decorator."""

    def __init__(
        self,
        text: FileText,
        snippet: Snippet,
        kernel: Kernel,
        decorator: Decorator,
        definition: Definition,
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

    def is_emptied(self, call: cst.Call) -> bool:
        """Whether the decorator has no effect any more: no heuristic is left."""
        for place, argument in enumerate(call.args):
            if self._option(argument, place) == "values" and isinstance(argument.value, cst.Dict):
                items = self.snippet.elements(argument.value)
                gone, _ = self._listed("values", argument.value, items)
                return bool(gone) and len(gone) == len(items.items)
        return False

    def cuts(self, call: cst.Call) -> list[Cut]:
        """Return what to cut out of the decorator."""
        if self.is_emptied(call):
            return [self._whole_line(call)]
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
            if emptied_now and option in _OPTIONAL_LISTS:
                emptied.append(place)
                continue
            if gone:
                found += cuts(self.text.text, items, gone, self.line_length)
            found += renumbered
        if emptied and len(emptied) == len(call.args) and self.decorator.role is Role.JIT:
            # An empty `@triton.jit()` becomes `@triton.jit`.
            return [Cut(self.snippet.end(call.func), self.snippet.end(call))]
        if emptied:
            arguments = self.snippet.arguments(call)
            found += cuts(self.text.text, arguments, emptied, self.line_length)
        return found

    def _option(self, argument: cst.Arg, place: int) -> str | None:
        """Return which list of names an argument of the decorator is."""
        listed = {names.option for names in self.decorator.lists}
        if argument.keyword is not None:
            return argument.keyword.value if argument.keyword.value in listed else None
        if self.decorator.role is Role.AUTOTUNE and place == 1:
            return "key"
        return "values" if self.decorator.role is Role.HEURISTICS and place == 0 else None

    def _listed(
        self, option: str, value: cst.List | cst.Tuple | cst.Set | cst.Dict, items: Bracketed
    ) -> tuple[list[int], list[Cut]]:
        """Return which elements go, and the new numbers of indices after dropped parameters."""
        dropped = self.definition.dropped
        gone: list[int] = []
        renumbered: list[Cut] = []
        for place, (element, item) in enumerate(zip(value.elements, items.items, strict=True)):
            key = element.key if isinstance(element, cst.DictElement) else element.value
            index = _index(key)
            entry = string(key) if index is None else index
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
        """Return a decorator that has no effect any more, with its lines."""
        text, start, end = self.text.text, self.snippet.start(call), self.snippet.end(call)
        row = max(row for row, place in enumerate(self.text.starts) if place <= start)
        following = next((place for place in self.text.starts if place >= end), len(text))
        return Cut(self.text.starts[row], following)

    # -- additions -------------------------------------------------------------------------

    def additions(self, node: cst.BaseExpression) -> list[Cut]:
        """Return the cuts that name parameters in lists of the decorator."""
        by_option: defaultdict[str, list[str]] = defaultdict(list)
        for option, name in self.definition.entries_added:
            by_option[option].append(name)
        found: list[Cut] = []
        new: list[str] = []
        for option, added in by_option.items():
            ordered = [name for name in self.names if name in added]
            argument = self._argument(node, option)
            if argument is None:
                names = ", ".join(_quoted(name, self._quote) for name in ordered)
                new.append(f"{option}=[{names}]")
                continue
            if not isinstance(argument.value, (cst.List, cst.Tuple, cst.Set)):
                raise UneditableError(f"its `{option}` is not a list")
            content = [self._in_style_of(argument.value, name) for name in ordered]
            elements = self.snippet.elements(argument.value)
            found.append(appended(self.text.text, elements, content))
        if new and isinstance(node, cst.Call):
            found.append(appended(self.text.text, self.snippet.arguments(node), new))
        elif new:
            end = self.snippet.end(node)
            found.append(Cut(end, end, f"({', '.join(new)})"))
        return found

    @cached_property
    def _quote(self) -> str:
        """The quotes of the first string above the kernel."""
        rows = self.text.starts[self.kernel.first_row - 1 : self.kernel.def_row]
        found = _STRING.search(self.text.text, rows[0], rows[-1])
        return found.group(1) if found is not None else '"'

    def _argument(self, node: cst.BaseExpression, option: str) -> cst.Arg | None:
        for argument in node.args if isinstance(node, cst.Call) else ():
            if argument.keyword is not None and argument.keyword.value == option:
                return argument
        return None

    def _in_style_of(self, value: cst.List | cst.Tuple | cst.Set, name: str) -> str:
        """Return an entry like the others: a name in the same quotes, or an index."""
        elements = [element.value for element in value.elements]
        if elements and all(_index(element) is not None for element in elements):
            return str(self.names.index(name))
        return _quoted(
            name, next((e.quote for e in elements if isinstance(e, cst.SimpleString)), self._quote)
        )


def _index(node: cst.BaseExpression) -> int | None:
    """Return the index in an element of a list of names; True counts as 1, as in Python."""
    if isinstance(node, cst.Integer):
        return node.evaluated_value
    return {"False": 0, "True": 1}.get(node.value) if isinstance(node, cst.Name) else None


def _quoted(name: str, quote: str) -> str:
    return f"{quote}{name}{quote}"
