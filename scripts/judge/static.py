"""Judges a fixed tree by its text: what is gone, and whether every launch still binds as before."""

from __future__ import annotations

import ast
from collections import Counter
from dataclasses import dataclass, field

from judge import splats
from judge.binding import UNKNOWN, Arguments, Signature, bind, compare, signature
from judge.difference import INDEX_LISTS, Comparer, Difference, bound_names, callee, text
from judge.launches import Finder, Launch
from judge.snippets import snippets
from judge.tree import Function, Tree

#: Calls that have no effect, as far as a dropped argument goes.
_PURE = frozenset(
    ["abs", "bool", "ceil", "cdiv", "contiguous", "data_ptr", "dim", "element_size", "empty", "float", "get", "get_device_name", "int", "is_contiguous", "is_floating_point", "len", "list", "max", "min", "next_power_of_2", "next_pow2", "numel", "prod", "range", "reshape", "round", "size", "str", "stride", "sum", "tuple", "type", "view", "zip"]
)


@dataclass
class Changed:
    """A function that is not what it was."""

    path: str
    before: Function
    after: Function

    def __post_init__(self) -> None:
        self.name = self.before.name
        self.was, self.now = signature(self.before), signature(self.after)
        self.removed = frozenset(self.was.names) - frozenset(self.now.names)
        jits = [d for d in self.before.decorator_list if "jit" in text(callee(d))]
        #: Whether other decorators may give it arguments.
        self.fed = len(self.before.decorator_list) > len(jits)


@dataclass
class Report:
    """What was found out; each text begins with a place."""

    broken: list[str] = field(default_factory=list)
    #: Launches of changed functions of which it can't be said whether they still bind.
    unproved: list[str] = field(default_factory=list)
    #: What a person should look at: uses as a value, names in text, effects.
    doubts: list[str] = field(default_factory=list)
    changed: list[Changed] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)


def judge(before: Tree, after: Tree) -> Report:
    """Compare two states of a tree."""
    return _Judge(before, after).run()


class _Judge:
    def __init__(self, before: Tree, after: Tree) -> None:
        self.before, self.after = before, after
        self.report = Report()
        self.differences: dict[str, Difference] = {}
        self.explained: set[int] = set()
        #: What was given to parameters that are gone, by file.
        self.dropped: dict[str, set[str]] = {}

    def run(self) -> Report:
        self._compare_files()
        by_name: dict[str, list[Changed]] = {}
        for changed in self.report.changed:
            if changed.removed:
                by_name.setdefault(changed.name, []).append(changed)
        for path in self.before.mentioning(by_name):
            self._launches(path, by_name)
        self._texts(by_name)
        removed = {name for changed in self.report.changed for name in changed.removed}
        self.report.counts["removed"] = sum(len(c.removed) for c in self.report.changed)
        for path, difference in self.differences.items():
            self._explain(path, difference, removed)
        return self.report

    def _broken(self, path: str, line: int, reason: str) -> None:
        self.report.broken.append(f"{path}:{line}: {reason}")

    # -- files -------------------------------------------------------------------------------

    def _compare_files(self) -> None:
        old, new = self.before.data, self.after.data
        for path in sorted(old.keys() ^ new.keys()):
            self._broken(path, 0, "the file is new" if path in new else "the file is gone")
        for path in sorted(p for p in old.keys() & new.keys() if old[p] != new[p]):
            self.report.counts["files"] += 1
            was, now = self.before.parse(path), self.after.parse(path)
            if was is None or now is None:
                self._broken(path, 0, "it has changed, and is no Python file that parses")
                continue
            difference = self.differences[path] = Comparer().compare(was, now)
            for line, problem in difference.problems:
                self._broken(path, line, problem)
            for pair in difference.functions:
                self.report.changed.append(Changed(path, *pair))

    # -- launches ----------------------------------------------------------------------------

    def _launches(self, path: str, by_name: dict[str, list[Changed]]) -> None:
        tree = self.before.parse(path)
        if tree is None:
            self.report.doubts.append(f"{path}:0: it does not parse, and names a changed function")
            return
        finder = Finder(tree, set(by_name))
        for launch in finder.launches():
            self._launch(path, launch, by_name)
        for node, names in finder.uses():
            uses = [c for name in names for c in self._candidates(path, node, by_name[name])]
            if uses:
                self.report.doubts.append(
                    f"{path}:{node.lineno}: {uses[0].name} is used as a value"
                )

    def _launch(self, path: str, launch: Launch, by_name: dict[str, list[Changed]]) -> None:
        changed = [c for n in sorted(launch.names) for c in by_name.get(n, ())]
        candidates = self._candidates(path, launch.kernel, changed)
        pairs = self._ways(path, launch)
        results: list[tuple[Changed, str]] = []
        for candidate in candidates:
            found = [
                compare(candidate.was, candidate.now, was, now, candidate.fed)
                for was, now in pairs
            ]
            mine = [result for result in found if result is not None]
            if mine:
                # The worst of all ways counts.
                results.append((candidate, max(mine, key=lambda r: (bool(r), r))))
        if not results:
            return
        where = (path, launch.call.lineno)
        kinds = self.report.counts
        is_changed = any(was != now for was, now in pairs)
        kinds["changed"] += is_changed
        # An unknown launch may be one of several functions, or of one that has not changed.
        reason = min((result for _, result in results), key=lambda r: (bool(r), r))
        others = None
        if reason:
            others = self._other_definitions(path, launch, results, pairs)
        if not reason or others:
            kinds["bound"] += 1
            kinds["proved"] += is_changed
            self._explained(path, launch, results[0][0], pairs)
            if reason:
                self.report.doubts.append(f"{path}:{launch.call.lineno}: {reason}, or {others}")
        elif reason.startswith(UNKNOWN):
            self.report.unproved.append(
                f"{where[0]}:{where[1]}: {results[0][0].name}: {reason}"
            )
            self._explained(path, launch, results[0][0], pairs)
        else:
            self._broken(*where, f"{results[0][0].name}: {reason}")

    def _candidates(
        self, path: str, kernel: ast.expr, changed: list[Changed]
    ) -> list[Changed]:
        """Those of the changed functions that an expression in a file can mean."""
        if isinstance(kernel, ast.Name):
            sources = self.before.sources(path, kernel.id)
            named = [c for c in changed if c.name == kernel.id]
            if sources is not None and named:
                return [c for c in named if c.path in sources]
        return changed

    def _other_definitions(
        self,
        path: str,
        launch: Launch,
        results: list[tuple[Changed, str]],
        pairs: list[tuple[Arguments, Arguments]],
    ) -> str:
        """Another function of the name that has not changed, and that the launch is one of."""
        name = results[0][0].name
        if isinstance(launch.kernel, ast.Name) and self.before.sources(path, launch.kernel.id):
            return ""
        known = {(c.path, c.before.lineno) for c in self.report.changed}
        for file in self.before.mentioning([name]):
            for function in self.before.definitions(file, name):
                if (file, function.lineno) in known:
                    continue
                own = signature(function)
                if all(compare(own, own, was, now, True) == "" for was, now in pairs):
                    return f"that of {file}:{function.lineno}"
        return ""

    def _ways(self, path: str, launch: Launch) -> list[tuple[Arguments, Arguments]]:
        """The arguments before and after, for each way in which they are made."""
        if launch.partial is None:
            return self._pairs(path, launch.call, 0)
        given = self._pairs(path, launch.partial, 1)
        if launch.partial is launch.call:
            # More comes with the call of what it gives.
            rest = Arguments(("...",), (), (0,), True)
            return [(was + rest, now + rest) for was, now in given]
        more = self._pairs(path, launch.call, 0)
        return [(a + c, b + d) for a, b in given for c, d in more]

    def _pairs(self, path: str, call: ast.Call, skip: int) -> list[tuple[Arguments, Arguments]]:
        old_tree, new_tree = self.before.parse(path), self.after.parse(path)
        assert old_tree is not None
        difference = self.differences.get(path)
        old = splats.arguments(call, old_tree, skip)
        if difference is None or new_tree is None:
            return [(way, way) for way in old]
        twin = difference.twins.get(id(call))
        if twin is None:
            self._broken(path, call.lineno, f"`{text(call)}` is gone")
            return []
        new = splats.arguments(twin, new_tree, skip)
        if len(new) != len(old):
            # The code that makes them has other ways now, so that none can be compared.
            new = [Arguments(("*",), (), (0,), True)] * len(old)
        return list(zip(old, new, strict=True))

    def _explained(
        self,
        path: str,
        launch: Launch,
        changed: Changed,
        pairs: list[tuple[Arguments, Arguments]],
    ) -> None:
        self.explained |= {id(launch.call), id(launch.partial)}
        for was, now in pairs:
            if was == now:
                continue
            bound = bind(changed.was, was.with_length(0))
            if isinstance(bound, str):
                continue
            for name in changed.removed & bound.values.keys():
                value = bound.values[name]
                self.dropped.setdefault(path, set()).add(value)
                effect = _effect(value)
                if effect:
                    self.report.doubts.append(
                        f"{path}:{launch.call.lineno}: `{effect}` is not evaluated any more"
                    )

    # -- the rest ----------------------------------------------------------------------------

    def _texts(self, by_name: dict[str, list[Changed]]) -> None:
        """Launches in strings and in other files, and names there."""
        for path, line, name, call in snippets(self.before, set(by_name)):
            if call is None:
                self.report.doubts.append(f"{path}:{line}: {name} stands in text")
                continue
            [given] = splats.arguments(call, ast.Module([], []))
            results = [compare(c.was, c.now, given, given, c.fed) for c in by_name[name]]
            known = [result for result in results if result is not None]
            if known and all(known):
                self._broken(path, line, f"a launch of {name} in text: {known[0]}")

    def _explain(self, path: str, difference: Difference, removed: set[str]) -> None:
        """Whether each thing that is gone is gone for a parameter."""
        for old, new in difference.calls:
            if id(old) in self.explained:
                continue
            kept = {keyword.arg for keyword in new.keywords}
            gone = {keyword.arg for keyword in old.keywords} - kept
            if len(old.args) != len(new.args) or not gone <= removed:
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
                self._left(changed)
        for statement, scope in difference.statements:
            self._statement(path, statement, scope)

    def _lists(self, changed: Changed) -> None:
        """The lists of the decorator mean the same parameters as before."""
        was = _meant(changed.before, changed.was)
        now = _meant(changed.after, changed.now)
        for name in INDEX_LISTS:
            old, new = was.get(name, frozenset()), now.get(name, frozenset())
            if old is None or new is None:
                if (old is None) != (new is None):
                    self._broken(changed.path, changed.before.lineno, f"{name} is another")
            elif new != old - changed.removed:
                self._broken(
                    changed.path,
                    changed.before.lineno,
                    f"{changed.name}: {name} means {sorted(new)}, not {sorted(old)}",
                )

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
        """A statement may go if nothing needs what it gives a value to."""
        simple = (ast.Assign, ast.AnnAssign, ast.Import, ast.ImportFrom)
        if not isinstance(statement, simple):
            docstring = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
            if not docstring:
                self._broken(path, statement.lineno, f"`{text(statement)}` is gone")
            return
        names = set(bound_names(statement))
        nodes = [n for n in ast.walk(scope) if isinstance(n, ast.Name) and n.id in names]
        read = {n.id for n in nodes if isinstance(n.ctx, ast.Load)}
        stored = {n.id for n in nodes if not isinstance(n.ctx, ast.Load)}
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


def _meant(
    function: Function, own: Signature
) -> dict[str, frozenset[str] | None]:
    """The parameters that the lists of a jit decorator mean; None for a list that is no literal."""
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
