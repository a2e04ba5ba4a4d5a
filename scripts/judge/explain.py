"""Says whether everything that a fix removed was removed because of a removed parameter."""

from __future__ import annotations

import ast

from judge import splats
from judge.binding import Signature
from judge.difference import INDEX_LISTS, Difference
from judge.report import Changed, Report
from judge.syntax import Function, bound_names, callee, callee_name, is_kernel, parameters, text
from judge.tree import Tree

#: Calls that have no effect, so that a dropped argument may contain them.
_PURE = frozenset(
    [
        "abs",
        "bool",
        "ceil",
        "cdiv",
        "contiguous",
        "data_ptr",
        "dim",
        "element_size",
        "empty",
        "float",
        "get",
        "get_device_name",
        "int",
        "is_contiguous",
        "is_floating_point",
        "len",
        "list",
        "max",
        "min",
        "next_power_of_2",
        "next_pow2",
        "numel",
        "prod",
        "range",
        "reshape",
        "round",
        "size",
        "str",
        "stride",
        "sum",
        "tuple",
        "type",
        "view",
        "zip",
    ]
)


class Explainer:
    """Knows what the launches already explain."""

    def __init__(self, before: Tree, report: Report) -> None:
        self.before, self.report = before, report
        #: Calls that launch something that has changed, by identity.
        self.launches: set[int] = set()
        #: By file, the arguments of parameters that are gone.
        self.dropped: dict[str, set[str]] = {}

    def drop(self, path: str, line: int, value: str) -> None:
        """Note an argument that is gone."""
        self.dropped.setdefault(path, set()).add(value)
        effect = _effect(value)
        if effect:
            self.report.doubts.append(f"{path}:{line}: `{effect}` is not evaluated any more")

    def _broken(self, path: str, line: int, reason: str) -> None:
        self.report.broken.append(f"{path}:{line}: {reason}")

    def explain(self, path: str, difference: Difference, removed: set[str]) -> None:
        """Whether everything that is gone is gone because of a parameter."""
        for old, new in difference.calls:
            if id(old) in self.launches:
                continue
            kept = {keyword.arg for keyword in new.keywords}
            gone = {keyword.arg for keyword in old.keywords} - kept
            launch = isinstance(old.func, ast.Subscript) or callee_name(old) in ("run", "warmup")
            splat = any(isinstance(argument, ast.Starred) for argument in old.args)
            if launch and splat and len(old.args) == len(new.args) and gone <= removed:
                lost = f"`{text(old)}` loses {sorted(map(str, gone))}"
                self.report.doubts.append(f"{path}:{old.lineno}: {lost}; what its `*` hold is open")
            elif launch or len(old.args) != len(new.args) or not gone <= removed:
                self._broken(path, old.lineno, f"`{text(old)}` has become `{text(new)}`")
        for entry in difference.entries:
            value = entry.value if isinstance(entry, ast.Constant) else None
            if value not in removed and splats.full(entry) not in self.dropped.get(path, ()):
                self._broken(path, entry.lineno, f"the entry `{text(entry)}` is gone")
        for decorator in difference.decorators:
            keys = {n.value for n in ast.walk(decorator) if isinstance(n, ast.Constant)}
            if not text(callee(decorator)).endswith("heuristics") or not keys & removed:
                self._broken(path, decorator.lineno, f"`{text(decorator)}` is gone")
        for changed in self.report.changed:
            if changed.path == path:
                self._lists(changed)
                self._demoted(changed)
                self._left(changed)
        for statement, scope in difference.statements:
            self._statement(path, statement, scope)
        for name, scope in difference.unnamed:
            read = {n.id for n in ast.walk(scope) if isinstance(n, ast.Name) and _is_read(n)}
            if name.id in read or "_" in read:
                self._broken(path, name.lineno, f"`{name.id}` has become `_`, and one is read")

    def _lists(self, changed: Changed) -> None:
        """The lists of the decorator mean the same parameters as before."""
        was = _meant(changed.before, changed.was)
        now = _meant(changed.after, changed.now)
        for name in INDEX_LISTS:
            old, new = was.get(name, frozenset()), now.get(name, frozenset())
            if old is None or new is None:
                if (old is None) != (new is None):
                    self._broken(changed.path, changed.before.lineno, f"{name} is another")
                continue
            # Listing a constexpr, or a name that is no parameter, is an error or has no effect.
            old -= changed.removed | {n for n in old - new if not _has_classes(changed.before, n)}
            if name == "do_not_specialize" and new > old:
                changed.demoted |= new - old
            elif new != old:
                self._broken(
                    changed.path,
                    changed.before.lineno,
                    f"{changed.name}: {name} means {sorted(new)}, not {sorted(old)}",
                )

    def _demoted(self, changed: Changed) -> None:
        """A parameter that is no longer a constexpr has one class for all values."""
        listed = _meant(changed.after, changed.now).get("do_not_specialize") or frozenset()
        for name in sorted(changed.demoted - listed):
            self._broken(
                changed.path, changed.before.lineno, f"{changed.name}: {name} has classes now"
            )
        self.report.counts["demoted"] += len(changed.demoted)

    def _left(self, changed: Changed) -> None:
        """No decorator names a parameter that is gone."""
        for decorator in changed.after.decorator_list:
            for node in ast.walk(decorator):
                names = [k for k in node.keys if k] if isinstance(node, ast.Dict) else []
                names += node.elts if isinstance(node, (ast.List, ast.Tuple)) else []
                for name in names:
                    if isinstance(name, ast.Constant) and name.value in changed.removed:
                        self._broken(
                            changed.path, decorator.lineno, f"a decorator names {name.value}"
                        )

    def _statement(self, path: str, statement: ast.stmt, scope: ast.AST) -> None:
        """A statement may be removed if nothing needs the names that it assigns."""
        simple = (ast.Assign, ast.AnnAssign, ast.Import, ast.ImportFrom)
        computed = isinstance(statement, (ast.Assign, ast.AugAssign)) or (
            isinstance(statement, ast.Expr) and not _effect(text(statement.value))
        )
        if computed and is_kernel(scope):
            # In a kernel, a value that reaches no store does not change the compiled code.
            self.report.doubts.append(
                f"{path}:{statement.lineno}: `{text(statement)}` of a kernel is gone"
            )
            return
        if not isinstance(statement, simple):
            docstring = isinstance(statement, ast.Expr) and isinstance(
                statement.value, ast.Constant
            )
            if not docstring:
                self._broken(path, statement.lineno, f"`{text(statement)}` is gone")
            return
        names = set(bound_names(statement))
        nodes = [n for n in ast.walk(scope) if isinstance(n, ast.Name) and n.id in names]
        read = {n.id for n in nodes if _is_read(n)}
        stored = {n.id for n in nodes if not _is_read(n)}
        for name in sorted(read - stored):
            self._broken(path, statement.lineno, f"`{text(statement)}` is gone, and {name} is read")
        for name in sorted(read & stored):
            self.report.doubts.append(f"{path}:{statement.lineno}: {name} may have no value")
        if isinstance(scope, ast.Module) and names:
            stem = path.removesuffix(".py").removesuffix("/__init__").rpartition("/")[2]
            for other in self.before.mentioning(names):
                if other != path and stem.encode() in self.before.data[other]:
                    self.report.doubts.append(
                        f"{other}:0: may import {', '.join(sorted(names))} from {path}"
                    )
        if not isinstance(statement, (ast.Import, ast.ImportFrom)):
            effect = _effect(splats.full(statement.value)) if statement.value else ""
            if effect:
                self.report.doubts.append(
                    f"{path}:{statement.lineno}: `{effect}` is not evaluated any more"
                )


def _is_read(name: ast.Name) -> bool:
    return isinstance(name.ctx, ast.Load)


def _has_classes(function: Function, name: str) -> bool:
    """Whether the values of a parameter have classes that a list can remove."""
    argument, _ = parameters(function.args).get(name, (None, None))
    return argument is not None and not text(argument.annotation).endswith("constexpr")


def _meant(function: Function, own: Signature) -> dict[str, frozenset[str] | None]:
    """The parameters that a jit decorator's lists mean; None for a list that is not a literal."""
    found: dict[str, frozenset[str] | None] = {}
    for decorator in function.decorator_list:
        if not isinstance(decorator, ast.Call):
            continue
        for keyword in decorator.keywords:
            if keyword.arg in INDEX_LISTS:
                try:
                    entries = ast.literal_eval(keyword.value)
                    names = [own.names[e] if isinstance(e, int) else e for e in entries or ()]
                    found[keyword.arg] = frozenset(names)
                except (ValueError, TypeError, IndexError):
                    found[keyword.arg] = None
    return found


def _effect(source: str) -> str:
    """The first call in an expression that may do something."""
    try:
        tree = ast.parse(source, mode="eval")
    except SyntaxError:
        return ""
    for node in ast.walk(tree):
        if isinstance(node, (ast.NamedExpr, ast.Await, ast.Yield)):
            return source
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else text(node.func)
            if name not in _PURE:
                return text(node)
    return ""
