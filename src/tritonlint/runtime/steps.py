"""Why each compile happened: the nearest earlier variant, and what changed since."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from typing import Any, NamedTuple

from tritonlint.runtime import words
from tritonlint.runtime.events import Argument, Compile, Frame, Kernel, Trace, Tuning

#: How many earlier variants of a kernel are compared, to find the nearest.
_LOOKED_AT = 200


class What(str, Enum):
    """The kind of a change."""

    PARAMETER = "parameter"
    OPTION = "option"
    KEY = "key"
    DTYPE = "dtype"


class Change(NamedTuple):
    """One difference between a variant and an earlier one."""

    what: What
    name: str
    before: str
    after: str

    @property
    def sentence(self) -> str:
        """Return a clause: "`n` became 1 (was 37: other)"."""
        of = {What.OPTION: "option ", What.DTYPE: "the dtype of "}.get(self.what, "")
        return f"{of}`{self.name}` became {self.after} (was {self.before})"


class Step(NamedTuple):
    """One time that a program stopped to compile: a compile, or a tuning with all its compiles.

    `changes` are the changes since the nearest earlier step of the process on the same device;
    there are none if it is the `first`.
    """

    kernel: Kernel
    time: float
    seconds: float | None
    process: str
    compiles: int
    disk: int
    stall: bool
    site: tuple[Frame, ...]
    arguments: Mapping[str, Argument]
    options: Mapping[str, Any]
    device: Any
    target: str
    tuning: Tuning | None
    first: bool = True
    changes: tuple[Change, ...] = ()

    @property
    def sentence(self) -> str:
        """Say why it happened."""
        start = ""
        if self.tuning:
            tried = len(self.tuning.tried)
            start = "tuned" if self.tuning.disk else f"tuned, {tried} configs"
            start += " (from disk): " if self.tuning.disk else ": "
        if self.first:
            return f"{start}the first in its process"
        if not self.tuning and not self.arguments:
            return "what changed is not recorded"
        if not self.changes:
            return f"{start}nothing in the key changed: the kernel itself was made again"
        return start + ", and ".join(change.sentence for change in self.changes)


def steps(trace: Trace) -> dict[tuple[str, str, str], list[Step]]:
    """Return the steps of each kernel, in order of time; the first of a process has no changes."""
    tunings = {(tuning.process, tuning.number): tuning for tuning in trace.tunings}
    grouped: defaultdict[object, list[Compile]] = defaultdict(list)
    for number, compile in enumerate(trace.compiles):
        within = compile.tuning is not None
        group = (compile.process, compile.tuning, _identity(compile.kernel)) if within else number
        grouped[group].append(compile)
    found = [_step(group, tunings) for group in grouped.values()]
    seen = {(step.process, step.tuning.number) for step in found if step.tuning}
    # All of its variants existed already.
    found += [_without_compiles(t) for key, t in tunings.items() if key not in seen]
    found.sort(key=lambda step: step.time)
    by_kernel: defaultdict[tuple[str, str, str], list[Step]] = defaultdict(list)
    for step in found:
        by_kernel[_identity(step.kernel)].append(step)
    return {kernel: list(_explained(own)) for kernel, own in by_kernel.items()}


def _identity(kernel: Kernel) -> tuple[str, str, str]:
    return kernel.name, kernel.module, kernel.file


def _step(compiles: Sequence[Compile], tunings: Mapping[tuple[str, int], Tuning]) -> Step:
    first = compiles[0]
    tuning = None if first.tuning is None else tunings.get((first.process, first.tuning))
    arguments = {argument.name: argument for argument in first.arguments}
    timed = [compile.seconds for compile in compiles if compile.seconds is not None]
    seconds = sum(timed) if timed else None
    options = first.options
    if first.tuning is not None:
        options = {}
        of_config = config_names([tuning.tried] if tuning else ())
        for compile in compiles[1:]:
            for argument in compile.arguments:
                known = arguments.get(argument.name)
                if known is not None and known.identity != argument.identity:
                    of_config.add(argument.name)
        arguments = {name: arguments[name] for name in arguments if name not in of_config}
        if tuning:
            seconds = tuning.seconds
    return Step(
        kernel=first.kernel,
        time=(tuning or compiles[-1]).time,
        seconds=seconds,
        process=first.process,
        compiles=len(compiles),
        disk=sum(compile.disk is True for compile in compiles),
        stall=first.stall,
        site=first.site,
        arguments=arguments,
        options=options,
        device=first.device,
        target=first.target,
        tuning=tuning,
    )


def _without_compiles(tuning: Tuning) -> Step:
    return Step(
        kernel=tuning.kernel,
        time=tuning.time,
        seconds=tuning.seconds,
        process=tuning.process,
        compiles=0,
        disk=0,
        stall=tuning.stall,
        site=tuning.site,
        arguments={},
        options={},
        device=None,
        target="",
        tuning=tuning,
    )


def config_names(tunings: Iterable[Iterable[str]]) -> set[str]:
    """Return the names in `str(triton.Config(...))`, such as `BLOCK: 64, num_warps: 4`."""
    configs = {config for tried in tunings for config in tried}
    return {name for config in configs for name in re.findall(r"(?:^|, )(\w+): ", config)}


def _explained(steps: Sequence[Step]) -> Iterable[Step]:
    tuned = config_names(step.tuning.tried for step in steps if step.tuning)
    earlier: defaultdict[str, list[Step]] = defaultdict(list)
    for step in steps:
        before = earlier[step.process]
        nearest: list[Change] | None = None
        for other in reversed(before[-_LOOKED_AT:]):
            changes = _changes(other, step, tuned)
            if changes is not None and (nearest is None or len(changes) < len(nearest)):
                nearest = changes
                if len(nearest) == 1:
                    break
        before.append(step)
        yield step._replace(first=nearest is None, changes=tuple(nearest or ()))


def _changes(before: Step, after: Step, tuned: set[str]) -> list[Change] | None:
    """Return what changed from one step to a later one; None if they cannot be compared."""
    if after.tuning:
        # A step that compiled nothing does not say where it was.
        elsewhere = before.target and after.target and _device(before) != _device(after)
        if before.tuning is None or elsewhere:
            return None
        return _key_changes(before.tuning, after.tuning)
    if _device(before) != _device(after):
        return None
    changes = []
    for name, argument in after.arguments.items():
        known = before.arguments.get(name)
        if known is not None and known.identity != argument.identity:
            changes.append((name, _parameter(known, argument)))
    if not before.tuning:
        for name, setting in after.options.items():
            if name in before.options and before.options[name] != setting:
                known_setting = words.plain(before.options[name])
                changes.append(
                    (name, Change(What.OPTION, name, known_setting, words.plain(setting)))
                )
    # What a tuning chose follows from the rest.
    others = [change for name, change in changes if name not in tuned]
    return others or [change for _, change in changes]


def _device(step: Step) -> tuple[object, str]:
    return step.device, step.target


def _parameter(before: Argument, after: Argument) -> Change:
    texts = words.with_class(before), words.with_class(after)
    if texts[0] == texts[1] or words.is_tensor(after):
        # The value alone does not show: dtype, alignment, width.
        texts = words.classified(before), words.classified(after)
    if texts[0] == texts[1]:
        texts = str(before.key), str(after.key)
    return Change(What.PARAMETER, after.name, *texts)


def _key_changes(before: Tuning, after: Tuning) -> list[Change]:
    changes = [
        Change(What.KEY, name, words.plain(before.key[name]), words.plain(value))
        for name, value in after.key.items()
        if name in before.key and before.key[name] != value
    ]
    changes += [
        Change(What.DTYPE, name, before.dtypes.get(name, "None"), after.dtypes.get(name, "None"))
        for name in {**before.dtypes, **after.dtypes}
        if before.dtypes.get(name) != after.dtypes.get(name)
    ]
    return changes
