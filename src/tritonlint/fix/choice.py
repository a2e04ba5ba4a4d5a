"""Chooses the remedy of a finding, by the settings and by the obstacles to each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tritonlint.analysis.dead import Analysis
from tritonlint.diagnostics import Applicability, Diagnostic
from tritonlint.fix.arguments import SeenBy
from tritonlint.fix.changes import BlockedError, ParameterGone, Plan, Show
from tritonlint.fix.left_alone import LeftAlone
from tritonlint.fix.plan import Planner
from tritonlint.remedies import Remedy, Remove, Unspecialize
from tritonlint.survey.facts.module import SurveyOptions

#: Identifies a fix without line numbers, which change with an edit.
Key = tuple[str, ...]


class FixOptions(NamedTuple):
    """How to fix.

    Attributes:
        read: returns a file's bytes as they were surveyed.
        show: returns a path as users know it.
        obstacle: says why a file must not be edited, or returns None.
        seen_by: what a top-level name of a file does with a launch's arguments.
        is_shared: whether another file may use an import of a file as its attribute.
        frames_are_read: whether code that a file names may read the locals of its caller.
        is_proved: whether the compiler has confirmed a finding that would otherwise be a guess.
        enabled: the rules that are enabled for a file.
        heeds_comments: whether comments silence findings.
    """

    read: Callable[[Path], bytes]
    show: Show
    obstacle: Callable[[Path], str | None]
    seen_by: SeenBy
    survey: SurveyOptions = SurveyOptions()
    strategy: str = "remove"
    unsafe: bool = False
    line_length: Callable[[], int] = lambda: 88
    may_fix: Callable[[str], bool] = lambda code: True
    is_shared: Callable[[Path, str], bool] = lambda path, name: False
    frames_are_read: Callable[[Path], bool] = lambda path: False
    is_proved: Callable[[Diagnostic], bool] = lambda diagnostic: False
    enabled: Callable[[Path], frozenset[str]] = lambda path: frozenset()
    heeds_comments: bool = True


class Chosen(NamedTuple):
    """The remedy for a finding; `blocked_by` says why there is no better one.

    `lacks_proof` says that the compiler has not confirmed what the finding only guesses.
    """

    remedy: Remedy
    plan: Plan
    blocked_by: str | None
    lacks_proof: bool = False

    @property
    def applicability(self) -> Applicability:
        """Whether the fix is safe."""
        is_safe = not self.plan.reservations and not self.lacks_proof
        return Applicability.SAFE if is_safe else Applicability.UNSAFE

    @property
    def message(self) -> str:
        """What the fix does, in words."""
        reservations = "; ".join(self.plan.reservations)
        return (
            f"{self.plan.message}, after a look: {reservations}"
            if reservations
            else self.plan.message
        )


class Chooser:
    """Chooses among the remedies of the findings of one analyzed project.

    Args:
        dropped: fixes that failed, and why.
    """

    def __init__(
        self, analysis: Analysis, planner: Planner, options: FixOptions, dropped: Mapping[Key, str]
    ) -> None:
        self.analysis = analysis
        self.planner = planner
        self.options = options
        self.dropped = dropped
        self._obstacle = cache(options.obstacle)
        self._left_alone = LeftAlone(
            analysis, options.enabled, options.may_fix, options.heeds_comments, options.show
        )

    def choose(self, diagnostic: Diagnostic) -> Chosen | str | None:
        """Return the first remedy without obstacles, or the obstacles to the first.

        If the first is a choice that the user has not made, a later one that is safe is
        taken. After a remedy that failed, no other is tried, because the file may have
        changed.
        """
        if diagnostic.remedies and not self.options.may_fix(diagnostic.code):
            return f"the settings say not to fix {diagnostic.code}"
        question = diagnostic.question
        needs_proof = question is not None and question.needs_proof
        lacks_proof = needs_proof and not self.options.is_proved(diagnostic)
        remedies = self._remedies(diagnostic)
        reason: str | None = None
        if diagnostic.remedies and not remedies:
            reason = "`fix-strategy` leaves only changes that would gain nothing"
        first: Chosen | None = None
        for remedy in remedies:
            dropped = self.dropped.get(remedy_key(remedy))
            if dropped is not None:
                return dropped
            try:
                plan = self._plan(remedy)
            except BlockedError as error:
                reason = reason or str(error)
                continue
            if reason is not None and not self.analysis.links(remedy.kernel).calls:
                plan = plan._replace(doubts=("no call of the kernel is seen", *plan.doubts))
            if first is not None and plan.reservations:
                continue
            chosen = Chosen(remedy, plan, reason, lacks_proof)
            if self.options.unsafe or plan.doubts or not plan.losses:
                return chosen
            first = first or chosen
            reason = reason or "; ".join(plan.losses)
        return first or reason

    def _remedies(self, diagnostic: Diagnostic) -> tuple[Remedy, ...]:
        """Return the possible remedies of a finding under the user's strategy."""
        removals = isinstance(next(iter(diagnostic.remedies), None), Remove)
        if self.options.strategy == "remove" or not removals:
            return diagnostic.remedies
        kind = Remove if self.options.strategy == "remove-only" else Unspecialize
        return tuple(r for r in diagnostic.remedies if isinstance(r, kind))

    def _plan(self, remedy: Remedy) -> Plan:
        plan = self.planner.plan(remedy)
        gone = {Remove(c.kernel, c.name) for c in plan.changes if isinstance(c, ParameterGone)}
        self._left_alone.check(gone - {remedy}, remedy.kernel.path)
        for path in sorted(plan.paths):
            reason = self._obstacle(path)
            if reason is not None:
                raise BlockedError(f"{self.options.show(path)} would have to change: {reason}")
        return plan


def remedy_key(remedy: Remedy) -> Key:
    """Return what identifies it, even after an edit."""
    kernel, *rest = remedy
    path, qualname, _ = kernel
    return (type(remedy).__name__, str(path), qualname, *map(str, rest))
