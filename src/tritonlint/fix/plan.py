"""Plans what a rule asks for: everything that must change, or why it is not possible."""

from __future__ import annotations

from tritonlint.analysis.dead import Analysis
from tritonlint.fix.annotation import AnnotationPlanner
from tritonlint.fix.arguments import ArgumentCode, SeenBy
from tritonlint.fix.call_obstacles import CallObstacles
from tritonlint.fix.changes import Plan, Show
from tritonlint.fix.decorators import DecoratorPlanner
from tritonlint.fix.obstacles import Obstacles
from tritonlint.fix.removal import RemovalPlanner
from tritonlint.fix.stand_ins import StandIns
from tritonlint.fix.witnesses import Witnesses
from tritonlint.remedies import DropEntry, Remedy, Remove, Unannotate, Unspecialize


class Planner:
    """Plans fixes in one analyzed project.

    Args:
        seen_by: what a top-level name of a file does with arguments.
        witnesses: other places in the tree that name a kernel.
        show: a path as users know it.
    """

    def __init__(
        self, analysis: Analysis, seen_by: SeenBy, witnesses: Witnesses, show: Show
    ) -> None:
        code = ArgumentCode(analysis.project, seen_by)
        stand_ins = StandIns(analysis.project, code, show)
        obstacles = Obstacles(analysis, code, stand_ins, show)
        self._calls = CallObstacles(analysis, code, show)
        #: What launches unpack, also for those who make the edits.
        self.items = self._calls.items
        self._removals = RemovalPlanner(analysis, code, obstacles, self._calls, witnesses, show)
        self._decorators = DecoratorPlanner(analysis, stand_ins)
        self._annotations = AnnotationPlanner(analysis, code, witnesses, stand_ins)

    def plan(self, remedy: Remedy) -> Plan:
        """Return the plan.

        Raises:
            BlockedError: there is a reason against it.
        """
        match remedy:
            case Remove():
                return self._removals.plan(remedy)
            case DropEntry():
                return self._decorators.drop(remedy)
            case Unspecialize():
                self._calls.check_fits(remedy.kernel)
                return self._decorators.unspecialize(remedy)
            case Unannotate():
                self._calls.check_fits(remedy.kernel)
                return self._annotations.plan(remedy)
