"""What decorators of libraries keep between launches, by keys that contain a parameter."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tritonlint.analysis.dead import Analysis
from tritonlint.analysis.kinds import infer_kind
from tritonlint.fix.arguments import ArgumentCode
from tritonlint.fix.changes import Show, line
from tritonlint.project.links import LinkedCall
from tritonlint.remedies import Remove
from tritonlint.survey.facts.calls import Argument
from tritonlint.survey.facts.kernels import Decorator, Kernel, Parameter, Role
from tritonlint.triton.libraries import LIBRARY_DECORATORS
from tritonlint.triton.names import RUN_KEYWORDS
from tritonlint.triton.specialization import Kind

_LITERAL = re.compile(r"-?\d+|True|False|None")


class KeptChoices:
    """Looks at one analyzed project.

    Args:
        code: the code that sees arguments by name.
        show: a path as users know it.
    """

    def __init__(self, analysis: Analysis, code: ArgumentCode, show: Show) -> None:
        self.analysis = analysis
        self.code = code
        self.show = show

    def is_number(self, target: Remove, kernel: Kernel, parameter: Parameter) -> bool:
        """Whether launches pass a number for a parameter of the target's kernel, and no tensor."""
        launches = self.analysis.links(target.kernel).launches
        kind, _ = infer_kind(kernel, parameter, launches, sure=True)
        return kind in (Kind.INTEGER, Kind.FLOAT, Kind.CONSTEXPR)

    def check(self, target: Remove, kernel: Kernel) -> Iterator[str]:
        """Yield what a decorator keeps between launches, by a key that contains the parameter."""
        for decorator in kernel.decorators:
            library = LIBRARY_DECORATORS.get(decorator.library)
            if library is None:
                continue
            if library.keeps_configs and self.code.feeds(target.kernel, target.parameter):
                yield f"a file of configs that `{short(decorator)}` reads may name it"
            if library.keeps_choices:
                for what in self._not_told_apart(target, kernel):
                    may = "may use what was chosen for another launch"
                    yield f"without it `{short(decorator)}` {may}: {what}"

    def _not_told_apart(self, target: Remove, kernel: Kernel) -> Iterator[str]:
        """Yield what configs, heuristics and options depend on, apart from such a key."""
        use = self.code.decorators(target.kernel)
        names = {key.name: f"at {line(self.show, path, key.row)}" for path, key in use.keys}
        for decorator in kernel.decorators:
            if decorator.role is Role.AUTOTUNE:
                for name in sorted(kernel.named(decorator.names("key") or ())):
                    names.setdefault(name, "in an autotune key")
        for name, where in names.items():
            parameter = kernel.parameter(name)
            if parameter is None:
                yield f"`{name}` is looked up {where}"
            elif kernel.lists("do_not_specialize", name):
                yield f"`{name}`, in `do_not_specialize`, is looked up {where}"
            elif not self.is_number(target, kernel, parameter) and not self._is_fed(target, name):
                yield f"`{name}`, which may be a tensor, is looked up {where}"
            else:
                continue
            return
        yield from self._changing_options(target, kernel)

    def _is_fed(self, target: Remove, name: str) -> bool:
        return bool(self.code.feeds(target.kernel, name))

    def _changing_options(self, target: Remove, kernel: Kernel) -> Iterator[str]:
        """Options of launches that nothing else tells apart."""
        launches = self.analysis.links(target.kernel).launches
        options = [
            {a.keyword: a for a in linked.call.arguments if a.keyword is not None}
            for linked in launches
        ]
        names = {name: None for each in options for name in each}
        given = {
            name: {
                self._told_by(target, kernel, linked, each.get(name))
                for linked, each in zip(launches, options, strict=True)
            }
            for name in names
            if kernel.parameter(name) is None and name not in RUN_KEYWORDS
        }
        stars = (a for linked in launches for a in linked.call.arguments if a.star == "**")
        for star in stars:
            if star.keys is None or any(kernel.parameter(key) is None for key in star.keys):
                yield f"`**{star.text}` may hold options of the launch"
                return
        for name, values in given.items():
            if len(values) > 1 or not all(values):
                yield f"`{name}` is an option of the launch"
                return

    def _told_by(
        self, target: Remove, kernel: Kernel, linked: LinkedCall, option: Argument | None
    ) -> str:
        """What an option is, or how it follows from parameters that stay; "" if neither shows."""
        if option is None or _LITERAL.fullmatch(option.text):
            return option.text if option is not None else "?"
        if option.derived is None:
            return ""
        places = linked.binding(kernel).arguments.items()
        told = [option.derived.formula]
        for name in option.derived.names:
            found = [p for p, i in places if linked.call.arguments[i].text == name]
            stay = [p for p in found if self._tells_apart(target, kernel, p)]
            if not stay:
                return ""
            told.append(stay[0])
        return " ".join(told)

    def _tells_apart(self, target: Remove, kernel: Kernel, name: str) -> bool:
        """Whether a parameter stays, and each of its values is told apart from others."""
        parameter = self.analysis.project.own_parameter(target.kernel, name)
        is_dead = self.analysis.is_dead(target.kernel, parameter)
        is_number = self.is_number(target, kernel, parameter)
        return is_number and not is_dead and not kernel.lists("do_not_specialize", name)


def short(decorator: Decorator) -> str:
    """Return a decorator without its arguments."""
    return "@" + decorator.text.partition("(")[0]
