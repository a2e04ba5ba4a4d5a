"""Obstacles to the removal of a parameter: what blocks it, and what a person should look at."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from tritonlint.analysis.dead import Analysis
from tritonlint.analysis.entries import beside_key
from tritonlint.fix.arguments import ArgumentCode
from tritonlint.fix.changes import BlockedError, Show, line
from tritonlint.fix.decorators import is_of_triton
from tritonlint.fix.kept_choices import KeptChoices, short
from tritonlint.fix.stand_ins import StandIns
from tritonlint.project.identity import KernelId
from tritonlint.remedies import Remove
from tritonlint.survey.facts.kernels import Decorator, Kernel, Mode, Parameter, Role
from tritonlint.survey.facts.references import HARMLESS
from tritonlint.survey.patches import replaced_name
from tritonlint.triton.names import CONFIG_CACHE, INNER, KEYLESS, TENSOR_LISTS


class Obstacles:
    """Looks for obstacles in one analyzed project.

    What blocks a fix is raised as `BlockedError`; what a person should see is returned, in words.

    Args:
        code: the code that sees arguments by name.
        show: a path as users know it.
    """

    def __init__(
        self, analysis: Analysis, code: ArgumentCode, stand_ins: StandIns, show: Show
    ) -> None:
        self.analysis = analysis
        self.project = analysis.project
        self.code = code
        self.kept = KeptChoices(analysis, code, show)
        self.stand_ins = stand_ins
        self.show = show

    # -- the kernel ------------------------------------------------------------------------

    def losses(self, target: Remove) -> Iterator[str]:
        """Yield what is lost in a kernel without a parameter."""
        parameter = self.project.own_parameter(*target)
        for decorator in self.project.kernels[target.kernel].decorators:
            for names in decorator.lists:
                if names.option == "key" and target.parameter in (names.names or ()):
                    about = self.analysis.describe(target.kernel, parameter)
                    less = ": without it the kernel is tuned less often"
                    yield f"it is in an autotune key{'' if about.costs_nothing else less}"

    def check(self, target: Remove, kernel: Kernel, parameter: Parameter) -> Iterator[str]:
        """Check every mention of the kernel, and of the parameter by name."""
        if parameter.obstacle is not None:
            raise BlockedError(parameter.obstacle)
        if parameter.doubt is not None:
            yield parameter.doubt
        self._check_kernel(target.kernel, kernel)
        self._check_lists(target, kernel, parameter)
        yield from self._seen(target)
        for decorator in kernel.decorators:
            place = line(self.show, target.kernel.path, decorator.row)
            if decorator.role is Role.UNKNOWN:
                yield f"`@{decorator.text}` at {place} is not known{_setting(decorator)}"
            elif decorator.role is Role.JIT and decorator.path:
                yield (
                    f"`{short(decorator)}` at {place} may do more than `triton.jit`: name "
                    f"`{decorator.path}` in `jit-decorators` if it does not"
                )
            is_reset = target.parameter in kernel.named(decorator.names("reset_to_zero") or ())
            if is_reset and not self.kept.is_number(target, kernel, parameter):
                yield "`reset_to_zero` sets its tensor to zero, which other code may rely on"
        yield from self.kept.check(target, kernel)
        yield from self._in_timings(target, kernel, parameter)
        yield from self.stand_ins.without(target.kernel, kernel, target.parameter)
        other = self.project.impure(replaced_name("triton.Config")) if self.trusts(kernel) else None
        if other is not None:
            yield f"{self.show(other)} replaces `triton.Config`, and another may have a hook"

    def trusts(self, kernel: Kernel) -> frozenset[str]:
        """Return what is noted of a file that gives `Config`, of any module, another value."""
        is_tuned = any(d.role is Role.AUTOTUNE for d in kernel.decorators)
        return frozenset({replaced_name("Config")}) if is_tuned else frozenset()

    def _check_kernel(self, identity: KernelId, kernel: Kernel) -> None:
        if kernel.variadic:
            raise BlockedError(f"`{kernel.name}` takes *args or **kwargs")
        if kernel.wraps > 1:
            raise BlockedError(f"more than one call makes a kernel of `{kernel.name}`")
        for other in self.project.resolver.definitions_of_kernel(identity):
            if other != identity and _signature(self.project.kernels[other]) != _signature(kernel):
                raise BlockedError(f"`{kernel.qualname}` is defined twice, in different ways")
        for mention in self.analysis.links(identity).references:
            reference = mention.reference
            asked = [a for a in mention.attributes if a != "fn"]
            how = f"asked for its `{asked[0]}`" if asked else reference.how
            place = line(self.show, mention.path, reference.row)
            raise BlockedError(f"`{kernel.name}` is {how} at {place}")
        for change in self.analysis.links(identity).config_changes:
            place = line(self.show, change.path, change.reference.row)
            raise BlockedError(f"its `configs` may be changed at {place}, and have a hook")
        for path in self.project.unreadable:
            raise BlockedError(f"{self.show(path)} cannot be read, and may use the kernel")

    # -- decorators ------------------------------------------------------------------------

    def _check_lists(self, target: Remove, kernel: Kernel, parameter: Parameter) -> None:
        for decorator in kernel.decorators:
            for names in decorator.lists:
                if names.names is not None:
                    continue
                if names.held is not None and target.parameter not in names.held:
                    continue
                if names.option in TENSOR_LISTS and self.kept.is_number(target, kernel, parameter):
                    continue
                raise BlockedError(
                    f"`{names.option}` of `{short(decorator)}` is not a list of literals"
                )
            if target.parameter in kernel.named(decorator.names("key") or ()):
                beside = beside_key(decorator)
                if beside is not None:
                    raise BlockedError(f"`{beside}` of `{short(decorator)}` may go with its `key`")

    def _in_timings(self, target: Remove, kernel: Kernel, parameter: Parameter) -> Iterator[str]:
        """Yield where code looks into an autotuner's `cache`, whose keys have the parameter.

        They have what `key` names, and the dtype of each tensor.
        """
        named = (kernel.named(d.names("key") or ()) for d in kernel.decorators)
        is_named = any(target.parameter in names for names in named)
        if not is_named and self.kept.is_number(target, kernel, parameter):
            return
        for use in self.analysis.links(target.kernel).config_uses:
            attributes = [a for a in use.attributes if a not in INNER]
            is_keyed = attributes[0] == CONFIG_CACHE and attributes[-1] not in KEYLESS
            if is_keyed and use.reference.escape not in HARMLESS:
                place = line(self.show, use.path, use.reference.row)
                yield f"the keys of the kernel's `{CONFIG_CACHE}`, used at {place}, contain it"

    # -- code that sees arguments by name --------------------------------------------------

    def _seen(self, target: Remove) -> Iterator[str]:
        decorators, grids = self.code.decorators(target.kernel), self.code.grids(target.kernel)
        for use in (decorators, grids):
            for path, key in use.looking_up(target.parameter):
                place = line(self.show, path, key.row)
                if key.partial:
                    raise BlockedError(f'a key like "{key.name}" is {key.how} at {place}')
                if key.is_read:
                    raise BlockedError(f'{key.reader} at {place} reads "{target.parameter}"')
                raise BlockedError(f'"{target.parameter}" is {key.how} at {place}')
        kernel = self.project.kernels[target.kernel]
        is_known = all(map(is_of_triton, kernel.decorators))
        for path, unclear in decorators.unclear[:1]:
            text = f"{unclear.what} at {line(self.show, path, unclear.row)}"
            if is_known:
                raise BlockedError(text)
            # Below an unknown decorator, a person has to look in any case.
            yield text
        for path, unclear in grids.unclear:
            yield f"{unclear.what} at {line(self.show, path, unclear.row)}"

    # -- configs ---------------------------------------------------------------------------

    def check_configs(self, target: Remove) -> None:
        """Make sure that only the kernel uses the configs that set a parameter."""
        use = self.code.decorators(target.kernel)
        if not use.complete:
            kernel = self.project.kernels[target.kernel]
            set_by = [d for d in kernel.decorators if d.role in (Role.AUTOTUNE, Role.HEURISTICS)]
            row = set_by[0].row if set_by else kernel.first_row
            place = line(self.show, target.kernel.path, row)
            raise BlockedError(f"other code may use the configs at {place} too")
        for mention in self.analysis.links(target.kernel).config_uses:
            place = line(self.show, mention.path, mention.reference.row)
            attribute = next(a for a in mention.attributes if a != "fn")
            raise BlockedError(f"the kernel's `{attribute}` is used at {place}")
        for path, row in self._users_of(use.names):
            raise BlockedError(f"its configs are used at {line(self.show, path, row)}")

    def _users_of(self, names: frozenset[tuple[Path, str]]) -> Iterator[tuple[Path, int]]:
        """Yield where other files mention variables or functions of a file."""
        last = {name for _, name in names}
        for path, facts in self.project.facts.items():
            handed = [k.escape for h in facts.handings for k in h.kernels]
            references = [*facts.references, *filter(None, handed)]
            symbols = [(s, r.row) for r in references for s in r.symbols]
            symbols += [(s, 1) for binding in facts.bindings for s in binding.symbols]
            for symbol, row in symbols:
                if symbol.origin == "module" and symbol.name in last:
                    for definition in self.project.resolver.definitions_of(path, symbol):
                        if (definition.path, definition.name) in names:
                            yield path, row

    def config_names(self, targets: Iterable[Remove], paths: Collection[Path]) -> frozenset[str]:
        """Return names of configs, in files that a fix changes, which other files may use."""
        return frozenset(
            name
            for target in targets
            for path, name in self.code.decorators(target.kernel).names
            if path in paths
        )

    def check_unseen_configs(self, target: Remove) -> None:
        """Make sure that no config sets the parameter, if no call is seen."""
        kernel = self.project.kernels[target.kernel]
        is_tuned = any(decorator.role is Role.AUTOTUNE for decorator in kernel.decorators)
        if is_tuned and not self.code.decorators(target.kernel).complete:
            raise BlockedError("a config that is not seen may give it its value")


def _signature(kernel: Kernel) -> list[tuple[str, Mode, bool]]:
    return [(p.name, p.mode, p.default is None) for p in kernel.parameters]


def _setting(decorator: Decorator) -> str:
    """Return the setting that would make the fix safe, in words that follow "is not known"."""
    if not decorator.path:
        return ""
    if any(names.option == "key" for names in decorator.lists):
        takes = "it takes what `triton.autotune` takes"
        return f": name `{decorator.path}` in `autotune-decorators` if {takes}"
    return f": name `{decorator.path}` in `transparent-decorators` if it passes all arguments on"
