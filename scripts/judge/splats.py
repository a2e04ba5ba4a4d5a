"""Finds what `*args` and `**options` of a launch contain, if the code before it builds them."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator

from judge.binding import Arguments
from judge.syntax import callee_name, parameters

#: A tuple or list of source texts, a dictionary of them, or None if it is not known.
Value = list[str] | dict[str, str] | None
Environment = dict[str, Value]

#: Functions that do not change their arguments.
_READERS = {"len", "print", "list", "tuple", "dict", "sorted", "enumerate", "zip", "isinstance"}
#: The highest number of paths through the code before a launch that are followed.
_WAYS = 32


def arguments(
    call: ast.Call, tree: ast.Module, skip: int = 0, given: Environment | None = None
) -> list[Arguments]:
    """The arguments of a launch: one result for each path through the code before it.

    `given` has the arguments of the function around it, as far as they are known.
    """
    unpacked = [a.value for a in call.args if isinstance(a, ast.Starred)]
    unpacked += [keyword.value for keyword in call.keywords if keyword.arg is None]
    names = {n.id for value in unpacked for n in ast.walk(value) if isinstance(n, ast.Name)}
    environments: list[Environment] = [{}]
    if unpacked:
        environments = _Walk(call, names, given or {}).body(tree.body, [{}])
    found = [_arguments(call, environment, skip) for environment in environments]
    return list(dict.fromkeys(found))


def _arguments(call: ast.Call, environment: Environment, skip: int) -> Arguments:
    positional: list[str] = []
    splats: list[int] = []
    for argument in call.args[skip:]:
        if not isinstance(argument, ast.Starred):
            positional.append(full(argument))
            continue
        value = _evaluate(argument.value, environment)
        if isinstance(value, list):
            positional += value
        else:
            splats.append(len(positional))
            positional.append(full(argument.value))
    keywords: list[tuple[str, str]] = []
    is_open = False
    for keyword in call.keywords:
        if keyword.arg is not None:
            keywords.append((keyword.arg, full(keyword.value)))
            continue
        value = _evaluate(keyword.value, environment)
        if isinstance(value, dict):
            keywords += value.items()
        else:
            is_open = True
    return Arguments(tuple(positional), tuple(keywords), tuple(splats), is_open)


def handed(site: ast.Call, function: ast.FunctionDef, tree: ast.Module) -> list[Environment]:
    """What a call passes for the parameters of a function: one result for each path."""
    names = {n.id for n in ast.walk(site) if isinstance(n, ast.Name)}
    found = []
    for way in _Walk(site, names, {}).body(tree.body, [{}]):
        places = [a.arg for a in (*function.args.posonlyargs, *function.args.args)]
        given: Environment = {
            name: _evaluate(value, way) for name, value in zip(places, site.args, strict=False)
        }
        more: dict[str, str] = {}
        for keyword in site.keywords:
            if keyword.arg in parameters(function.args):
                given[str(keyword.arg)] = _evaluate(keyword.value, way)
            else:
                more[str(keyword.arg)] = full(keyword.value)
        if function.args.vararg is not None:
            given[function.args.vararg.arg] = [full(value) for value in site.args[len(places) :]]
        if function.args.kwarg is not None:
            given[function.args.kwarg.arg] = more
        found.append(given)
    return found


def full(node: ast.expr) -> str:
    """The whole source text, on one line."""
    return " ".join(ast.unparse(node).split())


def _evaluate(node: ast.expr, environment: Environment) -> Value:
    if isinstance(node, ast.Name):
        value = environment.get(node.id)
        return value.copy() if value is not None else None
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice):
        inner = _evaluate(node.value, environment)
        parts = (node.slice.lower, node.slice.upper, node.slice.step)
        try:
            bounds = [ast.literal_eval(part) if part else None for part in parts]
        except ValueError:
            return None
        return inner[slice(*bounds)] if isinstance(inner, list) else None
    if isinstance(node, (ast.Tuple, ast.List)):
        found: list[str] = []
        for element in node.elts:
            if not isinstance(element, ast.Starred):
                found.append(full(element))
                continue
            inner = _evaluate(element.value, environment)
            if not isinstance(inner, list):
                return None
            found += inner
        return found
    if isinstance(node, ast.Dict):
        return _dictionary(zip(node.keys, node.values, strict=True), environment)
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.BitOr)):
        left, right = (_evaluate(side, environment) for side in (node.left, node.right))
        if isinstance(left, list) and isinstance(right, list):
            return left + right
        return {**left, **right} if isinstance(left, dict) and isinstance(right, dict) else None
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        if node.func.id == "dict" and not node.args:
            pairs = [(ast.Constant(k.arg) if k.arg else None, k.value) for k in node.keywords]
            return _dictionary(iter(pairs), environment)
        if node.func.id in ("dict", "list", "tuple") and len(node.args) == 1 and not node.keywords:
            return _evaluate(node.args[0], environment)
    return None


def _dictionary(
    pairs: Iterator[tuple[ast.expr | None, ast.expr]], environment: Environment
) -> Value:
    found: dict[str, str] = {}
    for key, value in pairs:
        if key is None:
            inner = _evaluate(value, environment)
            if not isinstance(inner, dict):
                return None
            found.update(inner)
        elif isinstance(key, ast.Constant) and isinstance(key.value, str):
            found[key.value] = full(value)
        else:
            return None
    return found


class _Walk:
    """Follows the names through the statements that come before a call."""

    def __init__(self, call: ast.Call, names: set[str], given: Environment) -> None:
        self.call, self.names, self.given = call, names, given

    def body(self, body: list[ast.stmt], ways: list[Environment]) -> list[Environment]:
        """The environments at the call if it is in the body, or else at the end of the body."""
        for statement in body:
            if self._holds(statement):
                return self._into(statement, ways)
            ways = self._after(statement, ways)
        return ways

    def _holds(self, node: ast.AST) -> bool:
        return any(inner is self.call for inner in ast.walk(node))

    def _into(self, statement: ast.stmt, ways: list[Environment]) -> list[Environment]:
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
            unknown = dict.fromkeys(parameters(statement.args).keys() & self.names)
            known = {name: self.given.get(name) for name in unknown}
            ways = [{**way, **copy.deepcopy(known)} for way in ways]
        for _, value in ast.iter_fields(statement):
            if isinstance(value, list) and value and isinstance(value[0], ast.stmt):
                if any(self._holds(inner) for inner in value):
                    return self.body(value, ways)
            elif isinstance(value, list):
                for part in value:
                    if isinstance(part, (ast.ExceptHandler, ast.match_case)) and self._holds(part):
                        return self.body(part.body, ways)
        return ways

    def _after(self, statement: ast.stmt, ways: list[Environment]) -> list[Environment]:
        if not any(isinstance(n, ast.Name) and n.id in self.names for n in ast.walk(statement)):
            return self._with_more_names(statement, ways)
        if isinstance(statement, ast.If):
            taken = self.body(statement.body, [dict(way) for way in ways])
            return (taken + self.body(statement.orelse, ways))[:_WAYS]
        if isinstance(statement, ast.With):
            return self.body(statement.body, ways)
        for way in ways:
            self._apply(statement, way)
        return ways

    def _with_more_names(self, statement: ast.stmt, ways: list[Environment]) -> list[Environment]:
        # Dictionaries and tuples with other names may be unpacked into those that matter.
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            target = statement.targets[0]
            if isinstance(target, ast.Name):
                for way in ways:
                    way[target.id] = _evaluate(statement.value, way)
        return ways

    def _apply(self, statement: ast.stmt, way: Environment) -> None:
        """Apply a simple statement to the values; any other statement makes them unknown."""
        target = value = None
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            target, value = statement.targets[0], statement.value
        elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
            target, value = statement.target, statement.value
        if isinstance(target, ast.Name) and value is not None:
            way[target.id] = _evaluate(value, way)
            return
        if isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name):
            known, key = way.get(target.value.id), target.slice
            if isinstance(known, dict) and isinstance(key, ast.Constant) and value is not None:
                known[str(key.value)] = full(value)
                return
        if isinstance(statement, ast.AugAssign) and isinstance(statement.target, ast.Name):
            both = ast.BinOp(statement.target, statement.op, statement.value)
            way[statement.target.id] = _evaluate(both, way)
            return
        call = statement.value if isinstance(statement, ast.Expr) else None
        if isinstance(call, ast.Call) and self._method(call, way):
            return
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and node.id in self.names:
                stored = isinstance(node.ctx, (ast.Store, ast.Del))
                if stored or not isinstance(statement, (ast.Expr, ast.Assign, ast.Assert)):
                    way[node.id] = None
            elif isinstance(node, ast.Call) and callee_name(node) not in _READERS:
                # A function may change a list or a dictionary that it gets.
                for argument in [*node.args, *(keyword.value for keyword in node.keywords)]:
                    if isinstance(argument, ast.Name):
                        way[argument.id] = None

    def _method(self, call: ast.Call, way: Environment) -> bool:
        if not isinstance(call.func, ast.Attribute) or not isinstance(call.func.value, ast.Name):
            return False
        name, method = call.func.value.id, call.func.attr
        known = way.get(name)
        if isinstance(known, list) and method == "append" and len(call.args) == 1:
            known.append(full(call.args[0]))
        elif isinstance(known, list) and method == "extend" and len(call.args) == 1:
            more = _evaluate(call.args[0], way)
            way[name] = known + more if isinstance(more, list) else None
        elif isinstance(known, dict) and method == "update":
            pairs = [(ast.Constant(k.arg) if k.arg else None, k.value) for k in call.keywords]
            pairs = [*((None, argument) for argument in call.args), *pairs]
            more = _dictionary(iter(pairs), way)
            way[name] = {**known, **more} if isinstance(more, dict) else None
        elif name in self.names and isinstance(known, (list, dict)):
            way[name] = None
        else:
            return False
        return True
