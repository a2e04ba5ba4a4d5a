"""What a trace comes to: each kernel's cost, and the parameters that made its variants differ."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from tritonlint.diagnostics import Diagnostic
from tritonlint.runtime import words
from tritonlint.runtime.advice import advise
from tritonlint.runtime.events import Argument, Frame, Kernel, Trace
from tritonlint.runtime.steps import Step, What, steps


class Axis(NamedTuple):
    """One thing in which a kernel's variants differ.

    Attributes:
        classes: what was seen, by class: the class, and the values that compiled in it.
        compiles: those that would not have happened without it, or without it and others.
        seconds: what they took, shared out among all that changed at once.
        findings: what the linter says of the parameter.
    """

    what: What
    name: str
    classes: tuple[tuple[str, tuple[str, ...]], ...]
    compiles: int
    seconds: float
    advice: str
    findings: tuple[Diagnostic, ...] = ()

    @property
    def values(self) -> tuple[str, ...]:
        """All values that compiled, once each."""
        return tuple(dict.fromkeys(value for _, values in self.classes for value in values))


class KernelSummary(NamedTuple):
    """One kernel. `seconds` is what compiling and tuning took, together."""

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
        """Of all kernels."""
        return sum(kernel.compiles for kernel in self.kernels)

    @property
    def seconds(self) -> float:
        """Of all kernels."""
        return sum(kernel.seconds for kernel in self.kernels)


def summarize(trace: Trace, findings: Iterable[Diagnostic] = ()) -> Summary:
    """The summary of a trace, with what the linter finds in the same kernels."""
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
    """Whether a finding is about a kernel that was seen: the same file, or one that ends alike."""
    if finding.kernel is None or finding.kernel.rpartition(".")[2] != kernel.short:
        return False
    ours, theirs = finding.path.parts, kernel.file.replace("\\", "/").split("/")
    # A package that is installed lies elsewhere than its sources.
    alike = 2 if min(len(ours), len(theirs)) > 2 else 1
    return not kernel.file or list(ours[-alike:]) == theirs[-alike:]


def _axes(own: Sequence[Step], findings: Sequence[Diagnostic]) -> tuple[Axis, ...]:
    caused: Counter[tuple[What, str]] = Counter()
    seconds: defaultdict[tuple[What, str], float] = defaultdict(float)
    for step in own:
        for change in step.changes:
            place = change.what, change.name
            caused[place] += step.compiles
            seconds[place] += (step.seconds or 0.0) / len(step.changes)
    found = []
    for (what, name), compiles in caused.items():
        arguments = _distinct(step.arguments.get(name) for step in own)
        classes = _classes(what, name, own, arguments)
        about = tuple(f for f in findings if f.parameter == name and what is What.PARAMETER)
        found.append(
            Axis(
                what=what,
                name=name,
                classes=classes,
                compiles=compiles,
                seconds=seconds[what, name],
                advice=_advice(what, name, arguments, classes, about),
                findings=about,
            )
        )
    return tuple(sorted(found, key=lambda axis: (-axis.seconds, -axis.compiles, axis.name)))


def _advice(
    what: What,
    name: str,
    arguments: Sequence[Argument],
    classes: tuple[tuple[str, tuple[str, ...]], ...],
    findings: Sequence[Diagnostic],
) -> str:
    dead = [finding for finding in findings if finding.code.startswith("TRL0")]
    if dead:
        # Nothing has to be weighed: the kernel does not need it.
        return dead[0].help
    return advise(what, name, arguments, [value for _, values in classes for value in values])


def _distinct(arguments: Iterable[Argument | None]) -> list[Argument]:
    return list({(a.identity, repr(a.value)): a for a in arguments if a is not None}.values())


def _classes(
    what: What, name: str, own: Sequence[Step], arguments: Sequence[Argument]
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """By class, in the order in which they were seen, the values."""
    found: defaultdict[str, dict[str, None]] = defaultdict(dict)
    if what is What.PARAMETER:
        for argument in arguments:
            label = "each value" if argument.constexpr else words.classified(argument)
            found[label][words.value(argument)] = None
    else:
        # A key, a dtype, an option: what a step has, and what the one before it had.
        for step in own:
            if step.tuning and what is What.KEY and name in step.tuning.key:
                found["each value"][words.plain(step.tuning.key[name])] = None
            for change in step.changes:
                if (change.what, change.name) == (what, name):
                    found["each value"][change.before] = None
                    found["each value"][change.after] = None
    return tuple((label, tuple(values)) for label, values in found.items())
