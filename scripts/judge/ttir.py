"""TTIR in a form in which two modules can be compared, whatever the names of their arguments."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

_FUNCTION = re.compile(r"tt\.func (public|private) (@(?:\"[^\"]*\"|[\w.$-]+))\((.*)\)(.*\{)$")
_DESCRIPTOR = re.compile(r"tensordesc<.*\[([^\]]*)\]")
_CONSTANT = re.compile(r"^\s*(%[\w$.-]+) = (arith\.constant .*)$")
_VALUE = re.compile(r"%[\w$.-]+")
_PTX_PARAMETER = re.compile(r"\b\w+_param_(\d+)\b")
_PTX_DEBUG = re.compile(r"^\s*(?:\.loc|\.file|//).*\n|\s*//.*|^\$L__(?:tmp|func)\w*:\n", re.M)
_PTX_COMMUTATIVE = re.compile(
    r"(\b(?:add|mul|and|or|xor|min|max)\.[\w.]+\s+[^,\s]+, )([^,;]+, [^,;]+)"
)
_REGION_ARGUMENT = re.compile(r"%arg(\d+)")


@dataclass(frozen=True)
class Ttir:
    """One kernel: its arguments by name with their types, and its body in terms of these names."""

    name: str
    arguments: tuple[tuple[str, str], ...]
    body: str

    def differs(self, other: Ttir) -> str:
        """The first difference from another kernel, in words, or nothing."""
        if self.name != other.name:
            return f"the compiled kernel is called {other.name}, not {self.name}"
        if self.arguments != other.arguments:
            return f"TTIR has the arguments {other.arguments}, not {self.arguments}"
        if self.body == other.body:
            return ""
        lines = zip(self.body.splitlines(), other.body.splitlines(), strict=False)
        was, now = next(((a, b) for a, b in lines if a != b), ("an end", "more"))
        return f"other TTIR: `{now.strip()}`, not `{was.strip()}`"

    def without(self, names: frozenset[str]) -> Ttir:
        """The same without some parameters; a tuple's items are called `name.0` and so on."""
        kept = tuple(a for a in self.arguments if a[0].partition(".")[0] not in names)
        return Ttir(self.name, kept, self.body)


def compile_source(source: Any, target: Any, options: dict[str, Any]) -> tuple[Ttir, str, Any]:
    """Do what `triton.compile` does up to TTIR: the value, the text and the parsed options."""
    module, parsed = _lower(source, target, options, "ttir")
    text = module.str_nodebug()
    return read(text, source.signature), text, parsed


def compile_to_ptx(source: Any, target: Any) -> str:
    """The instructions of the GPU, with arguments by name, so that unused ones do not count.

    TTIR keeps values that only the next iteration of their loop needs; here they are gone.
    """
    text, _ = _lower(source, target, {}, "ptx")
    names = [n for parameter, kind in source.signature.items() for n in _arguments(parameter, kind)]

    def name(parameter: re.Match[str]) -> str:
        place = int(parameter[1])
        return f"<{names[place]}>" if place < len(names) else f"<more {place - len(names)}>"

    # The text after the function is for debuggers.
    body, _, _ = text[text.index("\n{\n") :].partition("\n}\n")
    body = _PTX_DEBUG.sub("", _PTX_PARAMETER.sub(name, body))
    return _PTX_COMMUTATIVE.sub(lambda m: m[1] + ", ".join(sorted(m[2].split(", "))), body)


def _lower(source: Any, target: Any, options: dict[str, Any], last: str) -> tuple[Any, Any]:
    """Compile up to a stage: the result, and the parsed options."""
    from triton._C.libtriton import ir
    from triton.compiler import make_backend

    backend = make_backend(target)
    parsed = backend.parse_options({**options, **source.parse_options()})
    context = ir.context()
    ir.load_dialects(context)
    backend.load_dialects(context)
    generators, modules = backend.get_codegen_implementation(parsed), backend.get_module_map()
    module = source.make_ir(target, parsed, generators, modules, context)
    stages: dict[str, Any] = {}
    backend.add_stages(stages, parsed, source.language)
    metadata = {"target": target, **parsed.__dict__}
    for stage, run in stages.items():
        module = run(module, metadata)
        if stage == last:
            break
    return module, parsed


def read(text: str, signature: dict[str, Any]) -> Ttir:
    """What `module.str_nodebug()` prints, as one comparable value.

    The text numbers the arguments; they are named in the order of the signature. (The locations
    that `module.str()` prints are no help: an assignment `v = n` calls the argument `n` by `v`.)
    The text is printed after inlining, so one function is left. If there are more, they follow it.
    """
    name, arguments, body = "", (), []
    names = [n for parameter, kind in signature.items() for n in _arguments(parameter, kind)]
    for number, (head, lines) in enumerate(_functions(text)):
        types = _split(head[3])
        called = names
        if number or len(called) != len(types):
            called = [f"#{place}" for place in range(len(types))]
        pairs = tuple(
            (called[place], kind.partition(":")[2].strip()) for place, kind in enumerate(types)
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


def _arguments(name: str, kind: Any) -> list[str]:
    """The arguments of the compiled kernel that a parameter has become."""
    if isinstance(kind, tuple):
        return [n for place, part in enumerate(kind) for n in _arguments(f"{name}.{place}", part)]
    if kind == "constexpr":
        return []
    descriptor = _DESCRIPTOR.match(str(kind))
    if descriptor is None:
        return [name]
    rank = descriptor[1].count(",") + 1
    return [name, *(f"{name}.{what}.{n}" for what in ("shape", "stride") for n in range(rank))]


def _body(lines: list[str], called: list[str]) -> list[str]:
    """The lines with arguments by name and constants by value, so that their order is no matter."""
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
