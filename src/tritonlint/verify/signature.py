"""The arguments with which a kernel may compile: first guesses, and alternatives.

A *spec* is one argument: a Triton type ("*fp32", "i32"), or "=" and an expression for a constexpr.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable

from tritonlint.analysis.dead import Analysis
from tritonlint.analysis.kinds import infer_kind
from tritonlint.project.identity import KernelId
from tritonlint.survey.facts.kernels import Parameter
from tritonlint.triton.annotations import annotation_type
from tritonlint.triton.specialization import Kind
from tritonlint.verify.extract import Extract
from tritonlint.verify.guard import dotted_name
from tritonlint.verify.literals import NotALiteralError, bounded, read, write
from tritonlint.verify.sources import Sources
from tritonlint.verify.usage import Usage, arguments

POINTERS = ("*fp32", "*i32", "*bf16", "*fp16", "*i64", "*i8", "*u8", "*i1", "*fp8e4nv")
DESCRIPTORS = ("tensordesc<bf16[32, 32]>", "tensordesc<fp32[32]>", "tensordesc<bf16[1, 32, 32]>")
NUMBERS = ("i32", "fp32", "i64")
_SIZES = ("=32", "=16", "=64", "=128", "=1", "=2", "=4", "=8", "=0", "=256")
_FLAGS = ("=False", "=True")
_DTYPES = ("=tl.float32", "=tl.bfloat16", "=tl.float16", "=tl.int32")
_OTHERS = ("=None", "=0.5", "='ieee'", "='tf32'", "=''")


class Candidates:
    """For each parameter, the specs to try, the most likely first."""

    def __init__(
        self, analysis: Analysis, sources: Sources, identity: KernelId, extract: Extract
    ) -> None:
        self.identity = identity
        self.analysis = analysis
        self.extract = extract
        self.kernel = analysis.project.kernels[identity]
        tree = sources.tree(identity.path)
        self._config_values = _config_values(tree) if tree else {}
        self._facts = Usage(extract, extract.entry, {})
        self.specs = {p.name: self._of(p) for p in self._ordered()}

    def first(self) -> dict[str, str]:
        """Return the most likely signature."""
        return {name: specs[0] for name, specs in self.specs.items()}

    def _ordered(self) -> list[Parameter]:
        order = [p.arg for p in arguments(self.extract.kernel)]
        by_name: dict[str, Parameter] = {p.name: p for p in self.kernel.parameters}
        return [by_name[name] for name in order]

    def _of(self, parameter: Parameter) -> list[str]:
        launches = self.analysis.links(self.identity).launches
        kind, boolean = infer_kind(self.kernel, parameter, launches)
        if kind is Kind.CONSTEXPR:
            return self._constexpr(parameter)
        fixed = annotation_type(parameter.annotation)
        types: list[str] = [fixed] if fixed and "k" not in fixed else []
        if boolean:
            types.append("i1")
        # The use in the body counts more than the launches, which may be in other files.
        if parameter.name in self._facts.descriptors - self._facts.pointers:
            types += [*DESCRIPTORS, *POINTERS]
        elif parameter.name in self._facts.address_tables:
            types += ["*i64", *POINTERS, *NUMBERS]
        elif parameter.name in self._facts.indices:
            types += ["*i32", *POINTERS, *NUMBERS]
        elif parameter.name in self._facts.pointers or kind is Kind.POINTER:
            types += [*POINTERS, *NUMBERS]
        elif kind is Kind.FLOAT:
            types += ["fp32", *NUMBERS, *POINTERS]
        else:
            types += [*NUMBERS, *POINTERS]
        return _unique([*types, "=None", "=1", "=32", "=16", *_FLAGS, *_DTYPES])

    def _constexpr(self, parameter: Parameter) -> list[str]:
        name = parameter.name
        known = list(self._facts.compared.get(name, ()))
        literal = [
            spec
            for text in (
                parameter.default,
                *self._config_values.get(name, ()),
                *self._launched(name),
            )
            if text is not None and (spec := _literal_spec(text)) is not None
        ]
        if name in self._facts.dtypes or "dtype" in name.lower():
            guesses = [*_DTYPES, *_SIZES, *_FLAGS]
        elif name in self._facts.flags and name not in self._facts.numbers:
            guesses = [*_FLAGS, *_SIZES]
        elif known:
            guesses = [*known, *_SIZES, *_FLAGS]
        else:
            guesses = [*_SIZES, *_FLAGS]
        if name in self._facts.pointers:
            guesses = [*POINTERS, *guesses]
        return _unique([*literal, *guesses, *known, *_DTYPES, *_OTHERS])

    def _launched(self, name: str) -> Iterable[str]:
        for launch in self.analysis.links(self.identity).launches:
            index = launch.binding(self.kernel).arguments.get(name)
            if index is not None:
                yield launch.call.arguments[index].text


def _unique(specs: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(specs))


def _literal_spec(text: str) -> str | None:
    """Return a spec for a literal or a dtype; None for values too large to compile quickly."""
    for prefix in ("tl.", "triton.language."):
        if text.startswith(prefix) and text.removeprefix(prefix).isidentifier():
            return f"=tl.{text.removeprefix(prefix)}" if "constexpr" not in text else None
    if text.startswith("torch."):
        return None
    try:
        value = read(text)
    except NotALiteralError:
        return None
    if isinstance(value, int) and abs(value) > 1 << 16:
        return None
    return f"={write(value)}" if isinstance(value, (bool, int, float, str, type(None))) else None


def _config_values(tree: ast.Module) -> dict[str, list[str]]:
    """Return the values that any `Config({...})` of the file sets for a name."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    loops: dict[str, str] = {}
    for node in ast.walk(tree):
        match node:
            case ast.comprehension(
                target=ast.Name(id=name), iter=ast.List(elts=[first, *_]) | ast.Tuple([first, *_])
            ):
                loops[name] = _text(first)
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=called, args=[ast.Dict() as given, *_]):
                if not (dotted_name(called) or "").endswith("Config"):
                    continue
                for key, value in zip(given.keys, given.values, strict=True):
                    if isinstance(key, ast.Constant) and isinstance(key.value, str):
                        text = _text(value)
                        found[key.value].append(loops.get(text, text))
    return found


def _text(node: ast.expr) -> str:
    """Return the source of a literal or a name, but not of long or deep code."""
    match node:
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as number)):
            return f"-{_text(ast.Constant(number))}"
        case ast.Constant():
            try:
                return write(bounded(node.value))
            except NotALiteralError:
                return ""
    return dotted_name(node) or ""
