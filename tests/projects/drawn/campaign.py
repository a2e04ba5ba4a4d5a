"""Draws projects, fixes them, and judges the results."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from judge.project import Judge

from drawn.project import Project, draw

#: The result for a project: all dead parameters are gone, some, or none; or something is wrong.
KINDS = ("fixed", "partly fixed", "left alone", "broken", "proves nothing")


@dataclass(frozen=True)
class Outcome:
    """The result for one project."""

    seed: int
    kind: str
    plain: bool
    families: tuple[str, ...]
    reasons: tuple[str, ...]
    overrides: dict[str, str]


def try_project(judge: Judge, seed: int, overrides: dict[str, str] | None = None) -> Outcome:
    """Draw a project, fix it and judge it."""
    project = draw(seed, overrides)
    with tempfile.TemporaryDirectory() as scratch:
        before = Path(scratch, "project")
        project.write(before)
        verdict = judge.fix_and_judge(
            before, Path(scratch, "fixed"), script=project.script, paths=project.paths
        )
    if verdict.outcome == "unchanged":
        kind = "left alone"
    elif verdict.outcome == "right":
        kind = "fixed" if verdict.changes["removed"] >= project.dead else "partly fixed"
    else:
        kind = verdict.outcome
    families = tuple(project.families)
    reasons = tuple(verdict.reasons)
    return Outcome(seed, kind, project.plain, families, reasons, overrides or {})


def reduce(judge: Judge, outcome: Outcome) -> tuple[Outcome, Project]:
    """Undo one decision after the other, as long as the project stays broken."""
    smallest = outcome
    project = draw(outcome.seed, outcome.overrides)
    again = True
    while again:
        again = False
        for name in project.choices.unusual:
            fewer = {**smallest.overrides, name: project.choices.first[name]}
            tried = try_project(judge, outcome.seed, fewer)
            if tried.kind == "broken":
                smallest, again = tried, True
                project = draw(outcome.seed, fewer)
                break
    return smallest, project


@dataclass
class Tally:
    """The results for many projects: for all, for the plain ones, and for each family."""

    all: Counter[str] = field(default_factory=Counter)
    plain: Counter[str] = field(default_factory=Counter)
    families: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, outcomes: Iterable[Outcome]) -> None:
        for outcome in outcomes:
            self.all[outcome.kind] += 1
            if outcome.plain:
                self.plain[outcome.kind] += 1
            for family in outcome.families:
                self.families.setdefault(family, Counter())[outcome.kind] += 1

    @property
    def plainly_fixed(self) -> float:
        """The share of the plain projects that lost all of their dead parameters."""
        usable = self.plain.total() - self.plain["proves nothing"]
        return self.plain["fixed"] / usable if usable else 0.0

    def table(self) -> str:
        """A table in Markdown, the families with broken projects first."""
        lines = [
            f"| family | projects | {' | '.join(KINDS)} |",
            f"| --- |{' ---: |' * (len(KINDS) + 1)}",
        ]
        rows = sorted(self.families.items(), key=lambda row: (-row[1]["broken"], row[0]))
        for name, counts in [("all", self.all), ("plain", self.plain), *rows]:
            cells = [str(counts[kind]) for kind in KINDS]
            lines.append(f"| {name} | {counts.total()} | {' | '.join(cells)} |")
        return "\n".join(lines)
