"""What the operations of a kernel's body say about the types of its parameters."""

from __future__ import annotations

import ast
from collections import defaultdict

from tritonlint.verify.extract import Extract
from tritonlint.verify.sources import FunctionNode

_MEMORY = frozenset(
    {"load", "store", "make_block_ptr", "make_tensor_descriptor", "advance", "pointer_type"}
    | {f"atomic_{op}" for op in ("add", "max", "min", "and", "or", "xor", "xchg", "cas")}
)


def arguments(node: FunctionNode) -> list[ast.arg]:
    """Return all parameters of a function."""
    return [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]


class Usage:
    """What a body's operations say about its parameters."""

    def __init__(self, extract: Extract, function: str, known: dict[str, Usage]) -> None:
        known[function] = self
        self.known = known
        self.extract = extract
        self.function = function
        node = extract.nodes[function]
        self.names = [a.arg for a in arguments(node)]
        self.pointers: set[str] = set()
        self.dtypes: set[str] = set()
        self.flags: set[str] = set()
        self.numbers: set[str] = set()
        self.compared: defaultdict[str, list[str]] = defaultdict(list)
        #: Pointers whose values are used as an index or as a bound.
        self.indices: set[str] = set()
        self.descriptors: set[str] = set()
        #: What is cast to a pointer, and the pointers to numbers that are.
        self.addresses: set[str] = set()
        self.address_tables: set[str] = set()
        self._aliases = definitions(node, leading=True)
        self._definitions = definitions(node)
        self._values = values(node)
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
        number = _made_a_pointer(node, last)
        if number is not None:
            self._address(number)
        callee = self.extract.callee(self.function, name)
        if callee is not None:
            helper = self.known.get(callee) or Usage(self.extract, callee, self.known)
            self._helper(node, helper)

    def _helper(self, call: ast.Call, helper: Usage) -> None:
        passed = dict(zip(helper.names, call.args, strict=False))
        passed |= {k.arg: k.value for k in call.keywords if k.arg}
        for name, value in passed.items():
            if name in helper.pointers:
                self.pointers |= self._leading(value)
            if name in helper.indices:
                self.indices |= self._made_of(value)
            if name in helper.addresses:
                self._address(value)
            if name in helper.address_tables:
                self.address_tables |= self._leading(value)
            if isinstance(value, ast.Name):
                for mine, theirs in (
                    (self.dtypes, helper.dtypes),
                    (self.flags, helper.flags),
                    (self.numbers, helper.numbers),
                ):
                    if name in theirs:
                        mine.add(value.id)
                self.compared[value.id] += helper.compared.get(name, [])

    def _address(self, number: ast.expr) -> None:
        """Note where something comes from that is cast to a pointer."""
        pending, seen = [number], set[str]()
        while pending:
            match pending.pop():
                case ast.BinOp(left=left):
                    pending.append(left)
                case ast.Call(func=ast.Attribute(attr="to" | "cast"), args=[_]) as cast:
                    assert isinstance(cast.func, ast.Attribute)
                    pending.append(cast.func.value)
                case ast.Call(func=ast.Attribute(attr="load"), args=[place, *_]):
                    self.address_tables |= self._leading(place)
                case ast.Name(id=name) if name in self.names:
                    self.addresses.add(name)
                case ast.Name(id=name) if name not in seen:
                    seen.add(name)
                    pending += self._values.get(name, [])

    def _made_of(self, node: ast.expr) -> set[str]:
        """Return all parameters that a value depends on."""
        found: set[str] = set()
        pending = loaded(node)
        while pending:
            name = pending.pop()
            if name not in found:
                found.add(name)
                pending |= self._definitions.get(name, set())
        return found & set(self.names)

    def _leading(self, node: ast.expr) -> set[str]:
        """Return the parameters that an address starts from."""
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


def _made_a_pointer(call: ast.Call, last: str) -> ast.expr | None:
    """What a cast makes a pointer: `number.to(tl.pointer_type(tl.float16))`."""
    match call:
        case ast.Call(func=ast.Attribute(value=value, attr="to" | "cast"), args=[kind]):
            number = value
        case ast.Call(args=[number, kind]) if last == "cast":
            pass
        case _:
            return None
    match kind:
        case ast.Call(func=ast.Attribute(attr="pointer_type") | ast.Name(id="pointer_type")):
            return number
    return None


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


def values(node: FunctionNode) -> dict[str, list[ast.expr]]:
    """For each local, what plain assignments give it."""
    found: defaultdict[str, list[ast.expr]] = defaultdict(list)
    for part in ast.walk(node):
        match part:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                found[name].append(value)
    return dict(found)


def definitions(node: FunctionNode, leading: bool = False) -> dict[str, set[str]]:
    """Return for each local the names in its values, or only those that an address starts from."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for part in ast.walk(node):
        targets: list[ast.expr] = []
        value: ast.expr | None = None
        match part:
            case ast.Assign():
                targets, value = part.targets, part.value
            case ast.AugAssign() if leading:
                # `pointer += offset` is still the same pointer.
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
    """Return all names that a tree mentions."""
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
