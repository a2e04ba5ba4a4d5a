"""The arguments with which a kernel may compile: first guesses, and what else to try.

A *spec* is one argument: a Triton type ("*fp32", "i32"), or "=" and an expression for a constexpr.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable

from tritonlint.analysis import Analysis
from tritonlint.binding import bind
from tritonlint.facts import Kernel, Parameter
from tritonlint.kinds import infer_kind
from tritonlint.project import KernelId
from tritonlint.specialization import Kind, annotation_type
from tritonlint.verify.extract import Extract
from tritonlint.verify.sources import FunctionNode, Sources

POINTERS = ("*fp32", "*i32", "*bf16", "*fp16", "*i64", "*i8", "*u8", "*i1", "*fp8e4nv")
DESCRIPTORS = ("tensordesc<bf16[32, 32]>", "tensordesc<fp32[32]>", "tensordesc<bf16[1, 32, 32]>")
NUMBERS = ("i32", "fp32", "i64")
_SIZES = ("=32", "=16", "=64", "=128", "=1", "=2", "=4", "=8", "=0", "=256")
_FLAGS = ("=False", "=True")
_DTYPES = ("=tl.float32", "=tl.bfloat16", "=tl.float16", "=tl.int32")
_OTHERS = ("=None", "=0.5", "='ieee'", "='tf32'", "=''")
_MEMORY = frozenset(
    {"load", "store", "make_block_ptr", "make_tensor_descriptor", "advance", "pointer_type"}
    | {f"atomic_{op}" for op in ("add", "max", "min", "and", "or", "xor", "xchg", "cas")}
)


class Candidates:
    """For each parameter, the specs to try, the likeliest first."""

    def __init__(
        self, analysis: Analysis, sources: Sources, identity: KernelId, extract: Extract
    ) -> None:
        self.identity = identity
        self.analysis = analysis
        self.extract = extract
        self.kernel = analysis.project.kernel(identity)
        tree = sources.tree(identity.path)
        self._config_values = _config_values(tree) if tree else {}
        self._facts = _Usage(extract, extract.entry, {})
        self.specs = {p.name: self._of(p) for p in self._ordered()}

    def first(self) -> dict[str, str]:
        """The likeliest signature."""
        return {name: specs[0] for name, specs in self.specs.items()}

    def _ordered(self) -> list[Parameter]:
        order = [p.arg for p in _arguments(self.extract.kernel)]
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
        # What the body does with it outweighs how it is called: launches may be far away.
        if parameter.name in self._facts.descriptors - self._facts.pointers:
            types += [*DESCRIPTORS, *POINTERS]
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
            index = bind(self.kernel, launch.call).arguments.get(name)
            if index is not None:
                yield launch.call.arguments[index].text


def _unique(specs: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(specs))


def _literal_spec(text: str) -> str | None:
    """A spec for a literal or a dtype; values too large to compile quickly are left out."""
    for prefix in ("tl.", "triton.language."):
        if text.startswith(prefix) and text.removeprefix(prefix).isidentifier():
            return f"=tl.{text.removeprefix(prefix)}" if "constexpr" not in text else None
    if text.startswith("torch."):
        return None
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None
    if isinstance(value, (bool, float, str)) or value is None:
        return f"={value!r}"
    return f"={value!r}" if isinstance(value, int) and abs(value) <= 1 << 16 else None


def _arguments(node: FunctionNode) -> list[ast.arg]:
    return [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]


def _config_values(tree: ast.Module) -> dict[str, list[str]]:
    """Values that any `Config({...})` of the file gives to a name."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    loops: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.comprehension) and isinstance(node.target, ast.Name):
            if isinstance(node.iter, (ast.List, ast.Tuple)) and node.iter.elts:
                loops[node.target.id] = ast.unparse(node.iter.elts[0])
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not ast.unparse(node.func).endswith("Config"):
            continue
        for argument in node.args[:1]:
            if isinstance(argument, ast.Dict):
                for key, value in zip(argument.keys, argument.values, strict=True):
                    if isinstance(key, ast.Constant) and isinstance(key.value, str):
                        text = ast.unparse(value)
                        found[key.value].append(loops.get(text, text))
    return found


class _Usage:
    """What a body's operations say about its parameters."""

    def __init__(self, extract: Extract, function: str, known: dict[str, _Usage]) -> None:
        known[function] = self
        self.known = known
        self.extract = extract
        self.function = function
        node = extract.nodes[function]
        self.names = [a.arg for a in _arguments(node)]
        self.pointers: set[str] = set()
        self.dtypes: set[str] = set()
        self.flags: set[str] = set()
        self.numbers: set[str] = set()
        self.compared: defaultdict[str, list[str]] = defaultdict(list)
        #: Pointers to what is used as an index or as a bound.
        self.indices: set[str] = set()
        self.descriptors: set[str] = set()
        self._aliases = definitions(node, leading=True)
        self._definitions = definitions(node)
        for part in ast.walk(node):
            self._look_at(part)
        self.indices &= self.pointers

    def _look_at(self, node: ast.AST) -> None:
        match node:
            case ast.Call():
                self._call(node)
            case ast.If() | ast.IfExp() | ast.While():
                self._truth(node.test)
            case ast.UnaryOp(op=ast.Not()):
                self._truth(node.operand)
            case ast.BoolOp():
                for value in node.values:
                    self._truth(value)
            case ast.Compare():
                self._comparison(node)
            case ast.BinOp():
                for side in (node.left, node.right):
                    if isinstance(side, ast.Name):
                        self.numbers.add(side.id)

    def _truth(self, node: ast.expr) -> None:
        if isinstance(node, ast.Name):
            self.flags.add(node.id)

    def _comparison(self, node: ast.Compare) -> None:
        sides = [node.left, *node.comparators]
        for side in sides:
            for other in sides:
                if isinstance(side, ast.Name) and isinstance(other, ast.Constant):
                    self.compared[side.id].append(f"={other.value!r}")

    def _call(self, node: ast.Call) -> None:
        name = ast.unparse(node.func)
        last = name.rpartition(".")[2]
        if last in _MEMORY and (name.startswith("tl.") or "." not in name):
            values = [*node.args[:1], *(k.value for k in node.keywords if k.arg in _ADDRESSES)]
            for value in values:
                base = self._leading(value)
                self.pointers |= base
                self.indices |= self._made_of(value) - base
        if last in ("to", "cast", "full", "zeros"):
            values = [*node.args, *(k.value for k in node.keywords if k.arg == "dtype")]
            self.dtypes |= {v.id for v in values[-1:] if isinstance(v, ast.Name)}
        if last in ("load", "store") and isinstance(node.func, ast.Attribute):
            self.descriptors |= {n for n in loaded(node.func.value) if n in self.names}
        if last in ("range", "static_range"):
            for value in node.args:
                self.indices |= self._made_of(value)
        callee = self.extract.callee(self.function, name)
        if callee is not None:
            helper = self.known.get(callee) or _Usage(self.extract, callee, self.known)
            self._helper(node, helper)

    def _helper(self, call: ast.Call, helper: _Usage) -> None:
        passed = dict(zip(helper.names, call.args, strict=False))
        passed |= {k.arg: k.value for k in call.keywords if k.arg}
        for name, value in passed.items():
            if name in helper.pointers:
                self.pointers |= self._leading(value)
            if name in helper.indices:
                self.indices |= self._made_of(value)
            if isinstance(value, ast.Name):
                for mine, theirs in (
                    (self.dtypes, helper.dtypes),
                    (self.flags, helper.flags),
                    (self.numbers, helper.numbers),
                ):
                    if name in theirs:
                        mine.add(value.id)
                self.compared[value.id] += helper.compared.get(name, [])

    def _made_of(self, node: ast.expr) -> set[str]:
        """All parameters that a value depends on."""
        found: set[str] = set()
        pending = loaded(node)
        while pending:
            name = pending.pop()
            if name not in found:
                found.add(name)
                pending |= self._definitions.get(name, set())
        return found & set(self.names)

    def _leading(self, node: ast.expr) -> set[str]:
        """The parameters that an address starts from."""
        found: set[str] = set()
        pending, seen = _leading_names(node), set[str]()
        while pending:
            name = pending.pop()
            if name in seen:
                continue
            seen.add(name)
            if name in self.names:
                found.add(name)
            pending |= self._aliases.get(name, set())
        return found


_ADDRESSES = ("pointer", "base", "ptr")


def _leading_names(node: ast.expr) -> set[str]:
    while isinstance(node, (ast.BinOp, ast.Call, ast.Attribute, ast.Subscript)):
        match node:
            case ast.BinOp():
                node = node.left
            case ast.Call(func=ast.Attribute(attr="to" | "cast") as method):
                node = method.value
            case ast.Call():
                inside = [*node.args, *(k.value for k in node.keywords)]
                if not inside:
                    return set()
                node = inside[0]
            case _:
                node = node.value
    if isinstance(node, ast.IfExp):
        return _leading_names(node.body) | _leading_names(node.orelse)
    return {node.id} if isinstance(node, ast.Name) else set()


def definitions(node: FunctionNode, leading: bool = False) -> dict[str, set[str]]:
    """For each local, the names that its values are made of, or only those that lead them."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for part in ast.walk(node):
        targets: list[ast.expr] = []
        value: ast.expr | None = None
        match part:
            case ast.Assign():
                targets, value = part.targets, part.value
            case ast.AugAssign() if leading:
                # `pointer += offset` stays what it was.
                continue
            case ast.AugAssign() | ast.AnnAssign() | ast.NamedExpr():
                targets, value = [part.target], part.value
            case ast.For() if not leading:
                targets, value = [part.target], part.iter
        if value is None:
            continue
        names = _leading_names(value) if leading else loaded(value)
        for target in targets:
            for name in ast.walk(target):
                if isinstance(name, ast.Name):
                    found[name.id] |= names
    return dict(found)


def loaded(node: ast.AST) -> set[str]:
    """All names that a tree mentions."""
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


__all__ = ["Candidates", "Kernel", "definitions", "loaded"]
