"""Functions that take the place of `triton.jit`, and need not take all forms of its decorator."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from tritonlint.fix.arguments import ArgumentCode
from tritonlint.fix.changes import Show, line
from tritonlint.fix.kept_choices import short
from tritonlint.project.identity import KernelId
from tritonlint.project.project import Project
from tritonlint.survey.facts.kernels import Decorator, Kernel
from tritonlint.survey.facts.module import StandIn


class StandIns:
    """Those of one project; any kernel may be defined with any of them.

    Args:
        show: a path as users know it.
    """

    def __init__(self, project: Project, code: ArgumentCode, show: Show) -> None:
        self.project = project
        self.code = code
        self.show = show

    def with_options(self, identity: KernelId, kernel: Kernel, option: str) -> Iterator[str]:
        """Yield why a person should look before a kernel's decorator gets such an option."""
        decorator = kernel.own_decorator
        if decorator is not None and option not in decorator.text:
            if not self._is_like_tritons(identity.path, decorator):
                yield f"`{short(decorator)}` may not be Triton's, and may take no `{option}`"
            for place in self._places(lambda stand_in: stand_in.takes_options):
                yield f"the `jit` at {place} may stand for Triton's, and takes no `{option}`"
                return

    def without(self, identity: KernelId, kernel: Kernel, entry: str | int) -> Iterator[str]:
        """Yield why a person should look before an entry, maybe the only one, goes from a list."""
        decorator = kernel.own_decorator
        if decorator is None or not any(entry in (n.names or ()) for n in decorator.lists):
            return
        if not self._is_like_tritons(identity.path, decorator):
            yield f"`{short(decorator)}` may not be Triton's, and may always need options"
        for place in self._places(lambda stand_in: stand_in.takes_function):
            yield f"the `jit` at {place} may stand for Triton's, and always needs options"
            return

    def _is_like_tritons(self, path: Path, decorator: Decorator) -> bool:
        """Whether the decorator surely takes all forms, whatever else its name may stand for."""
        others = decorator.others
        return not others or self.code.takes_all_forms(path, others, decorator.row)

    def _places(self, is_fine: Callable[[StandIn], bool]) -> Iterator[str]:
        """Yield those that may not be fine."""
        for path, facts in sorted(self.project.facts.items()):
            for stand_in in facts.stand_ins:
                names_triton = stand_in.names_triton or "triton" in (path.stem, path.parent.name)
                if is_fine(stand_in) or not names_triton:
                    continue
                if not self.code.takes_all_forms(path, stand_in.symbols, stand_in.row):
                    yield line(self.show, path, stand_in.row)
