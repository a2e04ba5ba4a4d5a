"""Sums up a trace: each kernel's cost, and the parameters that made its variants differ."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from tritonlint.diagnostics import Diagnostic
from tritonlint.runtime import words
from tritonlint.runtime.advice import advise
from tritonlint.runtime.events import Argument, Frame, Kernel, Trace
from tritonlint.runtime.steps import Step, What, config_names, steps


class Axis(NamedTuple):
    """One property in which a kernel's variants differ.

    Attributes:
        classes: each class that was seen, with the values that compiled in it.
        compiles: the compiles that would not have happened with a single class.
        seconds: how long they took.
        together: what always changed at the same time, and is counted together with it.
        findings: the linter's findings about the parameter.
    """

    what: What
    name: str
    classes: tuple[tuple[str, tuple[str, ...]], ...]
    compiles: int
    seconds: float
    advice: str
    together: tuple[str, ...] = ()
    findings: tuple[Diagnostic, ...] = ()

    @property
    def values(self) -> tuple[str, ...]:
        """Return all values that compiled, once each."""
        return tuple(dict.fromkeys(value for _, values in self.classes for value in values))


class KernelSummary(NamedTuple):
    """One kernel. `seconds` is the time for compiling and tuning together."""

    kernel: Kernel
    compiles: int
    seconds: float
    tunings: int
    disk: int
    stalls: int
    stalled_seconds: float
    timed: bool
    sites: tuple[tuple[Frame, int], ...]
    axes: tuple[Axis, ...]
    steps: tuple[Step, ...]


class Summary(NamedTuple):
    """All kernels, the most expensive first."""

    trace: Trace
    kernels: tuple[KernelSummary, ...]

    @property
    def compiles(self) -> int:
        """The compiles of all kernels."""
        return sum(kernel.compiles for kernel in self.kernels)

    @property
    def seconds(self) -> float:
        """The seconds of all kernels."""
        return sum(kernel.seconds for kernel in self.kernels)


def summarize(trace: Trace, findings: Iterable[Diagnostic] = ()) -> Summary:
    """Return the summary of a trace, with the linter's findings in the same kernels."""
    known = list(findings)
    kernels = [_kernel(own, known) for own in steps(trace).values()]
    kernels.sort(key=lambda k: (-k.stalled_seconds, -k.seconds, -k.compiles, k.kernel.name))
    return Summary(trace, tuple(kernels))


def _kernel(own: Sequence[Step], findings: Sequence[Diagnostic]) -> KernelSummary:
    stalls = [step for step in own if step.stall]
    sites = Counter(step.site[0] for step in own if step.site)
    kernel = own[-1].kernel
    return KernelSummary(
        kernel=kernel,
        compiles=sum(step.compiles for step in own),
        seconds=sum(step.seconds or 0.0 for step in own),
        tunings=sum(step.tuning is not None for step in own),
        disk=sum(step.disk for step in own),
        stalls=len(stalls),
        stalled_seconds=sum(step.seconds or 0.0 for step in stalls),
        timed=any(step.seconds is not None for step in own),
        sites=tuple(sites.most_common()),
        axes=_axes(own, [f for f in findings if is_about(f, kernel)]),
        steps=tuple(own),
    )


def is_about(finding: Diagnostic, kernel: Kernel) -> bool:
    """Whether a finding is about a kernel that was seen, in a file with the same path or end."""
    if finding.kernel is None or finding.kernel.rpartition(".")[2] != kernel.short:
        return False
    ours, theirs = finding.path.parts, kernel.file.replace("\\", "/").split("/")
    # An installed package is in another place than its sources.
    alike = 2 if min(len(ours), len(theirs)) > 2 else 1
    return not kernel.file or list(ours[-alike:]) == theirs[-alike:]


def _axes(own: Sequence[Step], findings: Sequence[Diagnostic]) -> tuple[Axis, ...]:
    signatures = _signatures(own)
    changed = dict.fromkeys((c.what, c.name) for step in own for c in step.changes)
    patterns = {place: _pattern(place, signatures) for place in changed}
    found = []
    for (what, name), pattern in patterns.items():
        together = [place for place in patterns if patterns[place] == pattern]
        compiles, seconds = _saved(own, signatures, together)
        arguments = _distinct(step.arguments.get(name) for step in own)
        classes = _classes(what, name, own, arguments)
        about = tuple(f for f in findings if f.parameter == name and what is What.PARAMETER)
        found.append(
            Axis(
                what=what,
                name=name,
                classes=classes,
                compiles=compiles,
                seconds=seconds,
                advice=_advice(what, name, arguments, classes, about),
                together=tuple(other for _, other in together if other != name),
                findings=about,
            )
        )
    return tuple(sorted(found, key=lambda axis: (-axis.seconds, -axis.compiles, axis.name)))


_Place = tuple[What, str]


def _signatures(own: Sequence[Step]) -> list[dict[_Place, str]]:
    """Return all properties that may differ between steps, without those that a tuning chose."""
    tuned = config_names(step.tuning.tried for step in own if step.tuning)
    return [
        {
            **{
                (What.PARAMETER, name): argument.identity
                for name, argument in step.arguments.items()
                if name not in tuned
            },
            **{(What.OPTION, name): repr(v) for name, v in step.options.items() if not tuned},
            **({(What.KEY, k): repr(v) for k, v in step.tuning.key.items()} if step.tuning else {}),
            **({(What.DTYPE, k): v for k, v in step.tuning.dtypes.items()} if step.tuning else {}),
        }
        for step in own
    ]


def _pattern(place: _Place, signatures: Sequence[dict[_Place, str]]) -> tuple[int, ...]:
    """Return which steps share a value: equal for two properties that change at the same times."""
    numbers: dict[str | None, int] = {}
    return tuple(numbers.setdefault(s.get(place), len(numbers)) for s in signatures)


def _saved(
    own: Sequence[Step], signatures: Sequence[dict[_Place, str]], without: Sequence[_Place]
) -> tuple[int, float]:
    """Return the compiles that would not have happened without these changes, and their seconds."""
    seen: set[object] = set()
    seen_without: set[object] = set()
    compiles, seconds = 0, 0.0
    for step, signature in zip(own, signatures, strict=True):
        place = step.process, step.device, step.target
        key = {item for item in signature.items() if item[0][0] in (What.KEY, What.DTYPE)}
        # A tuning happens for its key, and leaves a variant for its arguments.
        ways = [frozenset(signature.items() - key), frozenset(key)][: 2 if step.tuning else 1]
        rests = [frozenset(item for item in way if item[0] not in without) for way in ways]
        if (place, rests[-1]) in seen_without and (place, ways[-1]) not in seen:
            compiles += step.compiles
            seconds += step.seconds or 0.0
        seen.update((place, way) for way in ways)
        seen_without.update((place, rest) for rest in rests)
    return compiles, seconds


def _advice(
    what: What,
    name: str,
    arguments: Sequence[Argument],
    classes: tuple[tuple[str, tuple[str, ...]], ...],
    findings: Sequence[Diagnostic],
) -> str:
    dead = [finding for finding in findings if finding.code.startswith("TRL0")]
    if dead:
        # There is nothing to decide: the kernel does not need it.
        return dead[0].help
    return advise(what, name, arguments, [value for _, values in classes for value in values])


def _distinct(arguments: Iterable[Argument | None]) -> list[Argument]:
    return list({(a.identity, repr(a.value)): a for a in arguments if a is not None}.values())


def _classes(
    what: What, name: str, own: Sequence[Step], arguments: Sequence[Argument]
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return the values of each class, in the order in which they were seen."""
    found: defaultdict[str, dict[str, None]] = defaultdict(dict)
    if what is What.PARAMETER:
        for argument in arguments:
            label = "each value" if argument.constexpr else words.classified(argument)
            # A shape is not part of the key.
            shown = argument.value
            if isinstance(shown, dict) and "dtype" in shown:
                shown = {"repr": shown["dtype"]}
            elif not words.is_known(argument):
                shown = {"repr": label}
            found[label][words.plain(shown)] = None
    else:
        # A key, a dtype or an option: the value of this step, and of the one before.
        for step in own:
            if step.tuning and what is What.KEY and name in step.tuning.key:
                found["each value"][words.plain(step.tuning.key[name])] = None
            for change in step.changes:
                if (change.what, change.name) == (what, name):
                    found["each value"][change.before] = None
                    found["each value"][change.after] = None
    return tuple((label, tuple(values)) for label, values in found.items())
