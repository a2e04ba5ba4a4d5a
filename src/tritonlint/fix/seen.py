"""The code that sees a launch's arguments by name: grids, and what decorators are given."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path

from tritonlint.analysis import Analysis
from tritonlint.facts import FED_BY, Owner, StringUse
from tritonlint.fix.removal import ParameterId
from tritonlint.resolver import KernelId
from tritonlint.span import Span


class ArgumentCode:
    """Finds that code in one analysed project; `mentions` says whether a file has a name in it."""

    def __init__(self, analysis: Analysis, mentions: Callable[[Path, str], bool]) -> None:
        self.analysis = analysis
        self.project = analysis.project
        self.mentions = mentions
        self._reached: dict[tuple[Path, str, bool], list[tuple[Path, Owner]]] = {}
        self._survey()

    def _survey(self) -> None:
        """Survey the code that grids and decorators name, before anything is asked of it.

        All of it at once, so that no answer depends on what was asked before.
        """
        for identity in dict.fromkeys(d.identity for d in self.analysis.dead_parameters):
            for owner in self._decorators(identity):
                for symbol in owner.mentions:
                    self.project.survey_code(identity.path, symbol)
            for launch in self.analysis.links(identity).launches:
                for symbol in launch.call.mentions:
                    self.project.survey_code(launch.path, symbol)

    def decorator_code(
        self, identity: KernelId, through_modules: bool = True
    ) -> list[tuple[Path, Owner]]:
        """The code of a kernel's decorators, and all that this reaches.

        `through_modules` takes a module's own code with it, which runs once, when a variable of the
        module gets its value, and sees no arguments.
        """
        found = []
        for owner in self._decorators(identity):
            found.append((identity.path, owner))
            for symbol in owner.mentions:
                found += self.reachable(identity.path, symbol, through_modules)
        return found

    def _decorators(self, identity: KernelId) -> list[Owner]:
        name = f"@{self.project.kernel(identity).qualname}"
        return [o for o in self.project.modules[identity.path].owners if o.name == name]

    def reachable(
        self, path: Path, symbol: str, through_modules: bool = True
    ) -> list[tuple[Path, Owner]]:
        """The code behind a symbol, and all that it mentions in turn in files about Triton."""
        known = self._reached.get((path, symbol, through_modules))
        if known is not None:
            return known
        found: dict[tuple[Path, str], Owner] = {}
        pending = [(path, symbol)]
        seen = set(pending)
        while pending:
            for place, owner in self.project.owners(*pending.pop()):
                # A kernel's own decorators are no code that another's decorators run.
                if (place, owner.name) in found or owner.name.startswith("@"):
                    continue
                found[place, owner.name] = owner
                for mention in owner.mentions:
                    if (place, mention) not in seen and (through_modules or mention != ":"):
                        seen.add((place, mention))
                        pending.append((place, mention))
        reached = [(place, owner) for (place, _), owner in found.items()]
        self._reached[path, symbol, through_modules] = reached
        return reached

    def grid_code(
        self, identity: KernelId, through_modules: bool = True
    ) -> list[tuple[Path, Owner]]:
        """The code that the grids of a kernel's launches reach, beside what stands in them."""
        return [
            found
            for launch in self.analysis.links(identity).launches
            for symbol in launch.call.mentions
            for found in self.reachable(launch.path, symbol, through_modules)
        ]

    def visible_strings(
        self, identity: KernelId, parameter: str
    ) -> Iterator[tuple[Path, StringUse]]:
        """Strings in code that Triton calls with the arguments by name: all that name this one."""
        for path, owner in self.decorator_code(identity):
            for use in owner.strings:
                yield path, use
        for launch in self.analysis.links(identity).launches:
            if launch.call.strings is None:
                # The grid comes from elsewhere, and any function may be it.
                for path in sorted(self.project.candidates):
                    if not self.mentions(path, parameter):
                        continue
                    for owner in self.project.whole(path).owners:
                        for use in owner.strings:
                            if use.how == "a subscript" or use.how.startswith("a key of"):
                                yield path, use
        for path, owner in self.grid_code(identity):
            for use in owner.strings:
                yield path, use

    @cached_property
    def feeders(self) -> dict[tuple[Path, Span, str], list[KernelId]]:
        """For each key of a config or a heuristic, the kernels that it feeds."""
        feeders: defaultdict[tuple[Path, Span, str], list[KernelId]] = defaultdict(list)
        # A kernel that is not asked about may share its configs with one that is.
        for path, kernels in sorted(self.project.candidates.items()):
            if kernels:
                self.project.facts(path)
        for identity, _ in self.project.kernels():
            for path, owner in self.decorator_code(identity):
                for use in owner.strings:
                    if use.how in FED_BY:
                        feeders[path, use.span, use.text].append(identity)
        return feeders

    def feeding(self, target: ParameterId) -> Iterator[tuple[Path, StringUse]]:
        """The keys of configs and heuristics that give the parameter its value."""
        if target.name not in self.quoted:
            return
        for path, owner in self.decorator_code(target.kernel):
            for use in owner.strings:
                if use.how in FED_BY and use.text == target.name:
                    yield path, use

    @cached_property
    def quoted(self) -> frozenset[str]:
        """The names by which any code can speak of a parameter: most are no strings anywhere."""
        return self.project.quoted()
