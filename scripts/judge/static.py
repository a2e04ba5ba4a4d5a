"""Judges a fixed tree by its text: what is gone, and whether each launch still binds as before."""

from __future__ import annotations

import ast

from judge import splats
from judge.binding import UNKNOWN, Arguments, bind, compare, signature
from judge.difference import Comparer, Difference
from judge.explain import Explainer
from judge.launches import Finder, Launch
from judge.report import Changed, Report
from judge.snippets import snippets
from judge.syntax import text
from judge.tree import Tree


def judge(before: Tree, after: Tree) -> Report:
    """Compare two states of a tree."""
    return _Judge(before, after).run()


class _Judge:
    def __init__(self, before: Tree, after: Tree) -> None:
        self.before, self.after = before, after
        self.report = Report()
        self.differences: dict[str, Difference] = {}
        self.explainer = Explainer(before, self.report)

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
            self.explainer.explain(path, difference, removed)
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
            mine_alone = self._handed(path, launch, candidate)
            found = [
                compare(candidate.was, candidate.now, was, now, candidate.fed)
                for was, now in mine_alone or pairs
            ]
            for was, now in mine_alone:
                self._explained(path, launch, candidate, [(was, now)])
            mine = [result for result in found if result is not None]
            if mine:
                # The worst result of all paths counts.
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
            self.report.unproved.append(f"{where[0]}:{where[1]}: {results[0][0].name}: {reason}")
            self._explained(path, launch, results[0][0], pairs)
        else:
            self._broken(*where, f"{results[0][0].name}: {reason}")

    def _candidates(self, path: str, kernel: ast.expr, changed: list[Changed]) -> list[Changed]:
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
        """An unchanged function of the same name, if the launch fits that one."""
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
        """The arguments before and after, for each path that builds them."""
        if launch.partial is None:
            return self._pairs(path, launch.call, 0)
        given = self._pairs(path, launch.partial, 1)
        if launch.partial is launch.call:
            # The call of its result passes more arguments.
            rest = Arguments(("...",), (), (0,), True)
            return [(was + rest, now + rest) for was, now in given]
        more = self._pairs(path, launch.call, 0)
        return [(a + c, b + d) for a, b in given for c, d in more]

    def _handed(
        self, path: str, launch: Launch, changed: Changed
    ) -> list[tuple[Arguments, Arguments]]:
        """The arguments before and after, if a function gets the kernel and launches it."""
        old_tree, new_tree = self.before.parse(path), self.after.parse(path)
        difference = self.differences.get(path)
        if old_tree is None or new_tree is None or difference is None:
            return []
        pairs: list[tuple[Arguments, Arguments]] = []
        for site, function in launch.handed(old_tree, changed.name):
            twin, call = difference.twins.get(id(site)), difference.twins.get(id(launch.call))
            if twin is None or call is None:
                return []
            self.explainer.launches.add(id(site))
            old = splats.handed(site, function, old_tree)
            new = splats.handed(twin, function, new_tree)
            for was, now in zip(old, new, strict=False):
                before = splats.arguments(launch.call, old_tree, 0, was)
                pairs += zip(before, splats.arguments(call, new_tree, 0, now), strict=False)
        return pairs

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
            # The code that builds them has other paths now, so no two can be compared.
            new = [Arguments(("*",), (), (0,), True)] * len(old)
        return list(zip(old, new, strict=True))

    def _explained(
        self,
        path: str,
        launch: Launch,
        changed: Changed,
        pairs: list[tuple[Arguments, Arguments]],
    ) -> None:
        self.explainer.launches |= {id(launch.call), id(launch.partial)}
        for was, now in pairs:
            if was == now:
                continue
            bound = bind(changed.was, was.with_lengths({}))
            if isinstance(bound, str):
                continue
            for name in changed.removed & bound.values.keys():
                self.explainer.drop(path, launch.call.lineno, bound.values[name])

    # -- the rest ----------------------------------------------------------------------------

    def _texts(self, by_name: dict[str, list[Changed]]) -> None:
        """Find launches and names in strings and in other files."""
        for path, line, name, call in snippets(self.before, set(by_name)):
            if call is None:
                self.report.doubts.append(f"{path}:{line}: {name} stands in text")
                continue
            [given] = splats.arguments(call, ast.Module([], []))
            results = [compare(c.was, c.now, given, given, c.fed) for c in by_name[name]]
            known = [result for result in results if result is not None]
            if known and all(known):
                self._broken(path, line, f"a launch of {name} in text: {known[0]}")
