"""TTIR in a form in which two modules can be compared, whatever their arguments are called."""

from __future__ import annotations

import re
from dataclasses import dataclass

_FUNCTION = re.compile(r"tt\.func (public|private) (@(?:\"[^\"]*\"|[\w.$-]+))\((.*)\)(.*\{)$")
_LOCATION_NAME = re.compile(r'loc\("([^"]*)"\(')
_CONSTANT = re.compile(r"^\s*(%[\w$.-]+) = (arith\.constant .*)$")
_VALUE = re.compile(r"%[\w$.-]+")
_REGION_ARGUMENT = re.compile(r"%arg(\d+)")


@dataclass(frozen=True)
class Ttir:
    """One kernel: its arguments by name with their types, and its body in terms of these names."""

    name: str
    arguments: tuple[tuple[str, str], ...]
    body: str

    def without(self, names: frozenset[str]) -> Ttir:
        """The same with some parameters gone; a tuple's items are called `name.0` and so on."""
        kept = tuple(a for a in self.arguments if a[0].partition(".")[0] not in names)
        return Ttir(self.name, kept, self.body)


def read(plain: str, with_locations: str) -> Ttir:
    """What `module.str_nodebug()` and `module.str()` print, as one comparable value.

    The locations hold the names of the parameters, which the plain text numbers. The text is
    printed after inlining, so one function is left; more stay as they are, after the first.
    """
    name, arguments, body = "", (), []
    names = _argument_names(with_locations)
    for number, (head, lines) in enumerate(_functions(plain)):
        types = _split(head[3])
        called = names[number] if number < len(names) else []
        if len(called) != len(types):
            called = [f"#{place}" for place in range(len(types))]
        pairs = tuple(
            (called[place], text.partition(":")[2].strip()) for place, text in enumerate(types)
        )
        if number == 0:
            name, arguments = head[2], pairs
            body.append(head[4])
        else:
            body.append(f"{head[1]} {head[2]} {pairs} {head[4]}")
        body.extend(_body(lines, called))
    return Ttir(name, arguments, "\n".join(body))


def _functions(text: str) -> list[tuple[re.Match[str], list[str]]]:
    """The head and the lines of each function."""
    found: list[tuple[re.Match[str], list[str]]] = []
    for line in text.splitlines():
        head = _FUNCTION.search(line)
        if head is not None:
            found.append((head, []))
        elif found:
            found[-1][1].append(line)
    return found


def _argument_names(with_locations: str) -> list[list[str]]:
    lines = [line for line in with_locations.splitlines() if "tt.func " in line]
    return [_LOCATION_NAME.findall(line) for line in lines]


def _body(lines: list[str], called: list[str]) -> list[str]:
    """The lines with arguments by name and constants by value, so that no order of them counts."""
    renamed = {f"%arg{place}": f"%<{name}>" for place, name in enumerate(called)}
    rest, constants = [], set()
    for line in lines:
        constant = _CONSTANT.match(line)
        if constant is not None:
            renamed[constant[1]] = f"%<{constant[2]}>"
            constants.add(constant[2])
        else:
            rest.append(line)

    def rename(value: re.Match[str]) -> str:
        if value[0] in renamed:
            return renamed[value[0]]
        region = _REGION_ARGUMENT.fullmatch(value[0])
        # A loop's own arguments are numbered after those of the function.
        return f"%region{int(region[1]) - len(called)}" if region else value[0]

    return [*sorted(constants), *(_VALUE.sub(rename, line) for line in rest)]


def _split(arguments: str) -> list[str]:
    """The arguments of a function's head, at the commas outside all brackets."""
    parts, depth, start = [], 0, 0
    for place, character in enumerate(arguments):
        if character in "(<[{":
            depth += 1
        elif character in ")]}" or (character == ">" and arguments[place - 1] != "-"):
            depth -= 1
        elif character == "," and depth == 0:
            parts.append(arguments[start:place])
            start = place + 1
    last = arguments[start:]
    return [*parts, last] if last.strip() else parts
