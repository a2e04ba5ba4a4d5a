"""Finds what may launch or call a function: by its name, by aliases, from containers."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from judge.syntax import parameters

Names = frozenset[str]


@dataclass(frozen=True)
class Launch:
    """A call that may be one of the functions of some names."""

    call: ast.Call
    names: Names
    #: What is launched.
    kernel: ast.expr
    #: The `partial(kernel[grid], ...)` that the call completes, or is.
    partial: ast.Call | None = None

    def handed(self, tree: ast.Module, name: str) -> Iterator[tuple[ast.Call, ast.FunctionDef]]:
        """The calls that pass a function, by this name, to the function that launches it here."""
        if not isinstance(self.kernel, ast.Name):
            return
        nodes = list(ast.walk(tree))
        for function in nodes:
            if not isinstance(function, ast.FunctionDef) or self.call not in ast.walk(function):
                continue
            places = list(parameters(function.args))
            if self.kernel.id not in places:
                continue
            for site in nodes:
                if isinstance(site, ast.Call) and _last(site.func) == function.name:
                    given = dict(zip(places, site.args, strict=False))
                    given |= {k.arg: k.value for k in site.keywords if k.arg is not None}
                    kernel = given.get(self.kernel.id)
                    if kernel is not None and _last(kernel) == name:
                        yield site, function


class Finder:
    """Finds them in one module, for functions of some names."""

    def __init__(self, tree: ast.Module, names: set[str]) -> None:
        self.tree = tree
        self.names = names
        self.nodes = list(ast.walk(tree))
        #: What other names may stand for, and names for a kernel with its grid.
        self.aliases: dict[str, Names] = {}
        self.launchers: dict[str, Names] = {}
        self.partials: dict[str, list[ast.Call]] = {}
        #: For names that a statement before in the same block assigns, the value.
        self.latest = dict(_latest(self.nodes))
        functions = [n for n in self.nodes if isinstance(n, (ast.FunctionDef, ast.Lambda))]
        self.functions = {f.name: f for f in functions if isinstance(f, ast.FunctionDef)}
        for _ in range(4):
            before = (dict(self.aliases), dict(self.launchers))
            for node in self.nodes:
                self._learn(node)
            if before == (self.aliases, self.launchers):
                break

    # -- names -------------------------------------------------------------------------------

    def refers(self, node: ast.AST | None) -> Names:
        """The functions that an expression may be."""
        if isinstance(node, ast.Name):
            return self._named(node.id)
        if isinstance(node, ast.Attribute):
            # A tuned kernel has the plain one as `fn`.
            inner = self.refers(node.value) if node.attr in ("fn", "base_fn") else frozenset()
            return self._named(node.attr) | inner
        if isinstance(node, ast.IfExp):
            return self.refers(node.body) | self.refers(node.orelse)
        if isinstance(node, ast.BoolOp):
            return frozenset().union(*map(self.refers, node.values))
        if isinstance(node, ast.NamedExpr):
            return self.refers(node.value)
        if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
            return frozenset().union(*map(self.refers, node.elts))
        if isinstance(node, ast.Dict):
            return frozenset().union(*map(self.refers, node.values))
        if isinstance(node, (ast.Starred, ast.Await)):
            return self.refers(node.value)
        if isinstance(node, ast.Subscript):
            return self.refers(node.value)
        if isinstance(node, ast.Call):
            if self._launched(node.func):
                return frozenset()
            given = [*node.args, *(keyword.value for keyword in node.keywords)]
            return frozenset().union(self.refers(node.func), *map(self.refers, given))
        return frozenset()

    def _named(self, name: str) -> Names:
        own = frozenset({name}) if name in self.names else frozenset()
        return own | self.aliases.get(name, frozenset())

    def _launched(self, function: ast.expr) -> Names:
        """What is launched by a call of `X[grid]`, `X.run` or `X.warmup`."""
        if isinstance(function, ast.Subscript):
            return self.refers(function.value)
        if isinstance(function, ast.Attribute) and function.attr in ("run", "warmup"):
            return self.refers(function.value)
        return frozenset()

    def _add(self, table: dict[str, Names], name: str, names: Names) -> None:
        if names - {name}:
            table[name] = table.get(name, frozenset()) | (names - {name})

    def _learn(self, node: ast.AST) -> None:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
                if alias.asname and alias.name.rpartition(".")[2] in self.names:
                    self._add(self.aliases, alias.asname, frozenset({alias.name}))
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                self._assign(target, node.value)
        elif isinstance(node, (ast.AnnAssign, ast.NamedExpr)) and node.value is not None:
            self._assign(node.target, node.value)
        elif isinstance(node, (ast.For, ast.AsyncFor, ast.comprehension)):
            self._assign(node.target, node.iter)
        elif isinstance(node, ast.withitem) and node.optional_vars is not None:
            self._assign(node.optional_vars, node.context_expr)
        elif isinstance(node, ast.Call):
            self._pass(node)
        elif isinstance(node, (ast.FunctionDef, ast.Lambda)):
            for name, (_, default) in parameters(node.args).items():
                self._add(self.aliases, name, self.refers(default))
            if isinstance(node, ast.FunctionDef):
                self._returns(node)

    def _assign(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, (ast.Tuple, ast.List)):
            for place, part in enumerate(target.elts):
                pairs = isinstance(value, (ast.Tuple, ast.List)) and len(value.elts) > place
                self._assign(part, value.elts[place] if pairs else value)  # type: ignore[attr-defined]
            return
        name = _last(target.value if isinstance(target, ast.Subscript) else target)
        if name is None:
            return
        if isinstance(value, ast.Subscript) and self.refers(value.value):
            self._add(self.launchers, name, self.refers(value.value))
        if isinstance(value, ast.Attribute) and value.attr in ("run", "warmup"):
            self._add(self.launchers, name, self.refers(value.value))
        if self._partial(value):
            known = self.partials.setdefault(name, [])
            known += [value] if value not in known else []  # type: ignore[list-item]
            return
        # The result of a call may be a kernel that it was given, but this is rare.
        if not isinstance(value, ast.Call) or _last(value.func) not in self.names:
            self._add(self.aliases, name, self.refers(value))

    def _pass(self, call: ast.Call) -> None:
        """A parameter of a function stands for what calls pass for it."""
        for keyword in call.keywords:
            if keyword.arg is not None:
                self._add(self.aliases, keyword.arg, self.refers(keyword.value))
        function = self.functions.get(_last(call.func) or "")
        if function is None:
            return
        names = list(parameters(function.args))
        for place, argument in enumerate(call.args[: len(names)]):
            self._add(self.aliases, names[place], self.refers(argument))

    def _returns(self, function: ast.FunctionDef) -> None:
        for node in ast.walk(function):
            if isinstance(node, ast.Return) and node.value is not None:
                value = node.value
                if isinstance(value, (ast.Name, ast.Attribute, ast.IfExp, ast.Subscript)):
                    self._add(self.aliases, function.name, self.refers(value))

    # -- launches ----------------------------------------------------------------------------

    def _partial(self, node: ast.AST) -> Names:
        """What `partial(X[grid], ...)` launches."""
        if isinstance(node, ast.Call) and _last(node.func) == "partial" and node.args:
            return self._launched(node.args[0])
        return frozenset()

    def launches(self) -> Iterator[Launch]:
        """All calls that may launch one of the functions, or call it."""
        for node in self.nodes:
            if isinstance(node, ast.Call):
                yield from self._of(node)

    def _of(self, call: ast.Call) -> Iterator[Launch]:
        names = self._launched(call.func)
        if names:
            kernel: ast.expr = call.func.value  # type: ignore[attr-defined]
            names = self.refers(self.latest.get(kernel, kernel))
            yield Launch(call, names, kernel)
            return
        called = _last(call.func) or ""
        if called in self.launchers:
            yield Launch(call, self.launchers[called], call.func)
        completed = [call.func] if self._partial(call.func) else self.partials.get(called, [])
        for partial in completed:
            yield self._with_partial(call, partial)  # type: ignore[arg-type]
        if self._partial(call):
            yield self._with_partial(call, call)
        names = frozenset() if isinstance(call.func, ast.Call) else self.refers(call.func)
        if names:
            yield Launch(call, names, call.func)

    def _with_partial(self, call: ast.Call, partial: ast.Call) -> Launch:
        kernel = partial.args[0].value  # type: ignore[attr-defined]
        return Launch(call, self._partial(partial), kernel, partial)

    def uses(self) -> Iterator[tuple[ast.expr, Names]]:
        """Where a function is used as a value: neither launched, nor called, nor assigned."""
        known = set()
        for launch in self.launches():
            known |= {id(node) for node in ast.walk(launch.call.func)}
        for node in self.nodes:
            if isinstance(node, ast.Assign) and all(isinstance(t, ast.Name) for t in node.targets):
                # This is another name, which is followed.
                known |= {id(inner) for inner in _choices(node.value)}
        for node in self.nodes:
            if isinstance(node, (ast.Name, ast.Attribute)) and id(node) not in known:
                name = _last(node)
                if name in self.names and isinstance(node.ctx, ast.Load):
                    yield node, frozenset({name})


def _latest(nodes: list[ast.AST]) -> Iterator[tuple[ast.expr, ast.expr]]:
    """What was last assigned to each name in a simple statement, if the same block shows that."""
    for parent in nodes:
        for block in (getattr(parent, "body", None), getattr(parent, "orelse", None)):
            known: dict[str, ast.expr] = {}
            for statement in block if isinstance(block, list) else ():
                inner = list(ast.walk(statement))
                if not hasattr(statement, "body"):
                    names = [node for node in inner if isinstance(node, ast.Name)]
                    yield from ((node, known[node.id]) for node in names if node.id in known)
                for node in inner:
                    if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
                        known.pop(node.id, None)
                match statement:
                    case ast.Assign([ast.Name(name)], value):
                        known[name] = value


def _choices(node: ast.expr) -> Iterator[ast.expr]:
    """The expressions that a value may be one of."""
    if isinstance(node, ast.IfExp):
        yield from _choices(node.body)
        yield from _choices(node.orelse)
    else:
        yield node


def _last(node: ast.expr) -> str | None:
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else None
