"""Whether evaluating an expression has an effect, so that a fix may not drop it."""

from __future__ import annotations

import ast

from tritonlint.survey.evidence import TENSOR_ATTRIBUTES, evidence, is_shape
from tritonlint.survey.facts.names import Symbol
from tritonlint.survey.facts.values import Evidence
from tritonlint.survey.iterators import (
    TAKE_KEY,
    gone_over,
    gone_over_in,
    may_be_iterators,
    taken_apart,
    takes_items_apart,
)
from tritonlint.survey.known_modules import is_known_module, may_be_of_project, replaced_in
from tritonlint.survey.lazy_items import MAKES_ITEMS, MAKES_WITH_EFFECT
from tritonlint.survey.loading import LOADS_TENSORS
from tritonlint.survey.nodes import chain, last_name, nodes_in
from tritonlint.survey.operators import special_methods
from tritonlint.survey.patches import replaced_name
from tritonlint.survey.plain_decorators import only_keep_results
from tritonlint.survey.pure_bodies import PureBody
from tritonlint.survey.pure_names import (
    CHANGE_MODULES,
    ITERATE,
    LOOK_UP,
    PURE_FUNCTIONS,
    PURE_METHODS,
)
from tritonlint.survey.scopes import (
    Argument,
    Assigned,
    Bound,
    FunctionName,
    Imported,
    Opaque,
    Scope,
)
from tritonlint.survey.sure_tensors import is_sure_tensor, passes_for_tensor

#: How deep calls of the file's own functions are followed.
_MAX_DEPTH = 3
#: What may run where an attribute is looked up.
_LOOKED_UP = ("__getattr__", "__getattribute__", "__get__")
_CONTAINERS = (
    *(ast.List, ast.Tuple, ast.Dict, ast.Set),
    *(ast.ListComp, ast.DictComp, ast.SetComp, ast.JoinedStr, ast.Constant),
)
#: Names in annotations that never stand for a class of the project.
_BUILT_IN_TYPES = frozenset(
    {"list", "tuple", "dict", "set", "str", "int", "float", "bool", "bytes", "None"}
    | {"List", "Tuple", "Dict", "Optional", "Union"}
)


class Effects:
    """Tells whether an expression has an effect; `trusts` collects the names that it rests on.

    These are names of attributes, methods, functions and containers. They have no effect unless
    the project defines one with that name that has an effect.

    Args:
        depth: how many calls of the file's functions lead here.
        may_ask: whether what it calls of other files may be collected in `asks`, to be looked at
            there. Otherwise such a call may have an effect.
    """

    def __init__(self, scope: Scope, depth: int = 0, may_ask: bool = False) -> None:
        self.scope = scope
        self.trusts: dict[str, None] = {}
        self.asks: dict[Symbol, None] = {}
        self._depth = depth
        self._may_ask = may_ask

    def is_pure(self, node: ast.AST) -> bool:
        """Whether evaluating `node` has no effect."""
        around = self.scope
        self.scope = _with_own_names(node, around)
        try:
            return self._is_pure(node)
        finally:
            self.scope = around

    def _is_pure(self, node: ast.AST) -> bool:
        for part in nodes_in(node):
            if isinstance(part, (ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr)):
                return False
            if isinstance(part, ast.Call) and not self._is_pure_call(part):
                return False
            if any(map(self.uses_up, taken_apart(part))):
                return False
            if isinstance(part, ast.comprehension) and (
                takes_items_apart(part.target, part.iter) or not _binds_names(part.target)
            ):
                return False
            if isinstance(part, ast.Attribute) and not (
                self._is_tensor(part.value) or is_known_module(part.value, self.scope)
            ):
                self.trusts[part.attr] = None
                looked_up = (LOADS_TENSORS,) if part.attr in TENSOR_ATTRIBUTES else _LOOKED_UP
                self.trusts |= dict.fromkeys(looked_up)
            if isinstance(part, ast.Subscript) and not is_shape(part.value):
                self._trust_items(part.value, part.slice)
            for method, operands in special_methods(part):
                if not all(map(self._is_plain, operands)):
                    self.trusts[method] = None
        return True

    def _is_plain(self, node: ast.expr) -> bool:
        """Whether the type of a value is known and not one of the project."""
        if is_shape(node) or evidence(node, self.scope) is not Evidence.UNKNOWN:
            return True
        if isinstance(node, ast.Name) and (found := self.scope.lookup(node.id)) is not None:
            return all(map(_is_built_in, found[1]))
        return isinstance(node, _CONTAINERS)

    def _is_tensor(self, node: ast.expr) -> bool:
        return is_sure_tensor(node, self.scope)

    def _trust_items(self, container: ast.expr, key: ast.expr) -> None:
        if evidence(container, self.scope) is Evidence.TENSOR:
            return
        dotted = chain(container)
        if dotted is not None:
            self.trusts[last_name(dotted)] = None
        if not isinstance(container, _CONTAINERS) and not isinstance(key, ast.Slice):
            self.trusts[MAKES_WITH_EFFECT if _is_index(key) else MAKES_ITEMS] = None

    def _is_pure_call(self, node: ast.Call) -> bool:
        dotted = chain(node.func)
        if any(keyword.arg == "out" for keyword in node.keywords):
            return False
        if any(isinstance(argument, ast.Starred) for argument in node.args):
            return False
        if isinstance(node.func, ast.Attribute):
            method = node.func.attr
            if is_known_module(node.func.value, self.scope):
                module = dotted[0] if dotted is not None else ""
                if any(map(self.uses_up, gone_over_in(module, method, node))):
                    return False
                if may_be_of_project(node.func.value, self.scope):
                    self.trusts[method] = None
                self.trusts |= replaced_in(node.func.value, method, self.scope)
                return method in PURE_FUNCTIONS
            if method == "get":
                # `config.get("key")`, not `queue.get(True)`
                key = node.args[0] if node.args else None
                return isinstance(key, ast.Constant) and isinstance(key.value, str)
            if method in CHANGE_MODULES and not passes_for_tensor(node.func.value, self.scope):
                return False
            return method in PURE_METHODS
        if dotted is None:
            return False
        if dotted[0] not in PURE_FUNCTIONS:
            return self.calls_pure(dotted[0])
        if not self._is_pure_function(dotted[0]):
            return False
        if dotted[0] in LOOK_UP:
            match node.args:
                case [_, ast.Constant(str() as attribute), *_]:
                    self.trusts[attribute] = None
                    return True
            return False
        # With more arguments, `type` makes a class.
        makes_class = dotted[0] == "type" and len(node.args) > 1
        calls = self._calls_back(dotted[0], node)
        return not makes_class and not calls and not self._uses_up(dotted[0], node)

    def _is_pure_function(self, name: str) -> bool:
        """Whether a name that counts as pure stands for a function, or for nothing of the file."""
        found = self.scope.lookup(name)
        if found is not None or self.scope.root.has_stars:
            self.trusts[name] = None
        for bound in found[1] if found is not None else ():
            match bound:
                case Imported(symbol) if symbol.name not in PURE_FUNCTIONS:
                    # `from util import bump as cdiv`
                    return self.calls_pure(name)
                case Imported(symbol):
                    self.trusts[symbol.name] = None
                case FunctionName():
                    pass
                case Assigned(node) if (dotted := chain(node)) is not None:
                    # `cdiv = triton.cdiv`
                    if last_name(dotted) not in PURE_FUNCTIONS:
                        return False
                    self.trusts[last_name(dotted)] = None
                case Assigned(ast.Lambda() as function, scope) if self._depth < _MAX_DEPTH:
                    effects = Effects(scope, self._depth + 1, self._may_ask)
                    if not effects.is_pure(function):
                        return False
                    self.trusts |= effects.trusts
                    self.asks |= effects.asks
                case _:
                    return False
        return True

    def uses_up(self, node: ast.expr) -> bool:
        """Whether going over a value may take elements out of something."""
        return any(
            not (isinstance(over, ast.Name) and self._is_plain(over))
            for over in may_be_iterators(node)
        )

    def _uses_up(self, function: str, node: ast.Call) -> bool:
        """Whether a call may take elements out of its arguments."""
        return any(map(self.uses_up, gone_over(function, node)))

    def _calls_back(self, function: str, node: ast.Call) -> bool:
        """Whether a call may call a function that has an effect: `max(a, b, key=function)`."""
        if function not in TAKE_KEY:
            return False
        for name, value in ((k.arg, k.value) for k in node.keywords):
            match name, value:
                case (None, _) | ("key", ast.Attribute()):
                    return True
                case "key", ast.Name(called) if called in PURE_FUNCTIONS - LOOK_UP - ITERATE:
                    if not self._is_pure_function(called):
                        return True
                case "key", ast.Name(called):
                    if not self.calls_pure(called):
                        return True
                case "key", ast.Lambda() | ast.Constant():
                    # What is in a lambda counts like the rest of the expression.
                    pass
                case "key", _:
                    return True
        return False

    def calls_pure(self, name: str) -> bool:
        """Whether a function of the file has no effect, and is not meant to fail."""
        found = self.scope.lookup(name)
        # An import may be noted twice.
        match [*dict.fromkeys(found[1])] if found is not None else []:
            case [Imported(symbol, False)] if self._may_ask:
                self.asks[symbol] = None
                self.trusts[replaced_name(symbol.name)] = None
                return True
            case [FunctionName(_, ast.FunctionDef() as function, inner)] if (
                self._depth < _MAX_DEPTH
            ):
                pass
            case _:
                return False
        if not only_keep_results(function.decorator_list, self.scope):
            return False
        if any(isinstance(part, (ast.Raise, ast.Assert)) for part in nodes_in(function)):
            return False
        body = PureBody(function, Effects(inner, self._depth + 1, self._may_ask))
        if not body.holds:
            return False
        self.trusts |= {replaced_name(name): None, **body.effects.trusts}
        self.asks |= body.effects.asks
        return True


def _with_own_names(node: ast.AST, scope: Scope) -> Scope:
    """Return a scope for an expression, in which the names that it binds itself are unknown."""
    names: list[str] = []
    for part in nodes_in(node):
        if isinstance(part, ast.arg):
            names.append(part.arg)
        elif isinstance(part, ast.comprehension):
            names += [n.id for n in nodes_in(part.target) if isinstance(n, ast.Name)]
    if not names:
        return scope
    inner = Scope("comprehension", scope.qualname, scope, kernel=scope.kernel)
    for name in names:
        inner.bind(name, Opaque())
    return inner


def _binds_names(target: ast.expr) -> bool:
    """Whether a loop gives values to names and to nothing else."""
    return not any(isinstance(n, (ast.Attribute, ast.Subscript)) for n in nodes_in(target))


def _is_index(key: ast.expr) -> bool:
    """Whether a list is more likely to have such an index than a dictionary."""
    match key:
        case ast.Constant(int()) | ast.UnaryOp(ast.USub(), ast.Constant(int())):
            return True
    return False


def _is_built_in(bound: Bound) -> bool:
    """Whether a name always holds a built-in container, with values of such types."""
    match bound:
        case Assigned(node):
            return isinstance(node, _CONTAINERS) or is_shape(node)
        case Argument(ast.arg(annotation=ast.expr() as annotation)):
            names = {n.id for n in nodes_in(annotation) if isinstance(n, ast.Name)}
            others = any(isinstance(n, ast.Attribute) for n in nodes_in(annotation))
            return bool(names) and names <= _BUILT_IN_TYPES and not others
    return False
