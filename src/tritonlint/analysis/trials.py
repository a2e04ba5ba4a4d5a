"""Which launches only tests, benchmarks and demonstrations reach: their values are no request's."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from tritonlint.project.links import LinkedCall
from tritonlint.project.modules import imported_as
from tritonlint.project.project import Project
from tritonlint.survey.facts.module import MAIN, OUTSIDE, ModuleFacts

#: A function with such a name tries others out.
_TRIES = re.compile(r"_*(?:test|bench|profile|demo)", re.IGNORECASE)


class _Ways(NamedTuple):
    """The functions and classes of a file that lead to a launch in it.

    Attributes:
        is_tried: whether tests in the file, or its block for scripts, use one of them.
        is_used: whether other code of the file uses one, and nothing tells for what.
    """

    names: frozenset[str]
    is_tried: bool
    is_used: bool


class Trials:
    """Answers for the launches of one project."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._ways: dict[tuple[Path, str], _Ways] = {}
        self._found: dict[Path, frozenset[str]] = {}
        self._searched: frozenset[str] = frozenset()

    def expect(self, launches: Iterable[LinkedCall]) -> None:
        """Search the tree for everything that `is_one` will need, all at once."""
        launches = list(launches)
        names = {name for launch in launches for name in self._ways_to(launch).names}
        new = names.union(imported_as(launch.path) for launch in launches) - self._searched
        if new and self._project.tree is not None:
            for path, found in self._project.tree.mentioning(frozenset(new)).items():
                self._found[path] = self._found.get(path, frozenset()) | found
            self._searched |= new

    def is_one(self, launch: LinkedCall) -> bool:
        """Whether tests, benchmarks or a block for scripts reach a launch, and nothing else does.

        What nothing in the tree reaches may be there for its users.
        """
        if self._project.is_test(launch.path) or not launch.call.function:
            return True
        self.expect([launch])
        ways = self._ways_to(launch)
        is_tried, is_used = ways.is_tried, ways.is_used
        for path, found in self._found.items():
            # To import a function, a file names its module.
            is_user = imported_as(launch.path) in found and not ways.names.isdisjoint(found)
            if is_user and path != launch.path:
                is_test = self._project.is_test(path)
                is_tried, is_used = is_tried or is_test, is_used or not is_test
        return is_tried and not is_used

    def _ways_to(self, launch: LinkedCall) -> _Ways:
        key = launch.path, launch.call.function.partition(".")[0]
        if key not in self._ways:
            self._ways[key] = _ways(self._project.facts[launch.path], key[1])
        return self._ways[key]


def _ways(facts: ModuleFacts, function: str) -> _Ways:
    names, pending = {function}, [function] if function else []
    is_tried = is_used = False
    while pending:
        name = pending.pop()
        for owner in (user.owner for user in facts.users if name in user.names):
            if owner == OUTSIDE:
                is_used = True
            elif owner == MAIN or _TRIES.match(owner):
                is_tried = True
            elif owner not in names:
                names.add(owner)
                pending.append(owner)
    return _Ways(frozenset(names - {""}), is_tried, is_used)
