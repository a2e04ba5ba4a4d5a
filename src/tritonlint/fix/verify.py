"""Checks an edited project against the one it came from, before anything is written."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path

from tritonlint.binding import bind
from tritonlint.facts import Call, Kernel, Mode, Role
from tritonlint.fix.removal import DroppedArgument, ParameterId, Removal
from tritonlint.project import Project
from tritonlint.resolver import KernelId
from tritonlint.span import Span

_Shape = list[tuple[str, str, str | None, Mode]]


def verify(
    before: Project, after: Project, changed: Collection[Path], removals: Iterable[Removal]
) -> str | None:
    """What is wrong with the edited project, or None.

    Every changed file must parse; the kernels must have lost just the parameters that were to go;
    and every call of theirs must bind, with each other parameter getting the argument it had.
    """
    removals = list(removals)
    gone = frozenset(p for removal in removals for p in removal.parameters)
    dropped = frozenset(a for removal in removals for a in removal.arguments)
    for path in changed:
        new = [p.message for p in after.modules[path].problems]
        if new and new != [p.message for p in before.modules[path].problems]:
            return f"{path.name} would not parse any more: {new[0]}"
        problem = _compare_kernels(before, after, path, gone)
        if problem is not None:
            return problem
    touched = {identity for identity, _ in gone}
    paths = set(changed)
    for identity in touched:
        links = before.links.get(identity)
        if links is not None:
            paths |= {linked.path for linked in (*links.launches, *links.device_calls)}
    for path in paths:
        problem = _compare_calls(before, after, path, gone, dropped)
        if problem is not None:
            return problem
    return None


def _shape(kernel: Kernel, gone: Collection[str] = ()) -> _Shape:
    return [
        (p.name, p.annotation, p.default, p.mode) for p in kernel.parameters if p.name not in gone
    ]


def _compare_kernels(
    before: Project, after: Project, path: Path, gone: frozenset[ParameterId]
) -> str | None:
    old, new = before.modules[path].kernels, after.modules[path].kernels
    if [k.qualname for k in old] != [k.qualname for k in new]:
        return f"{path.name} would have other kernels"
    for index, (was, now) in enumerate(zip(old, new, strict=True)):
        names = {name for identity, name in gone if identity == KernelId(path, index)}
        if _shape(was, names) != _shape(now):
            return f"the signature of `{was.name}` would not come out right"
        if Role.JIT not in {d.role for d in now.decorators}:
            return f"the decorators of `{was.name}` would not come out right"
    return None


def _compare_calls(
    before: Project,
    after: Project,
    path: Path,
    gone: frozenset[ParameterId],
    dropped: frozenset[DroppedArgument],
) -> str | None:
    spans = [argument for file, _, argument in dropped if file == path]
    old = [c for c in before.whole(path).calls if not any(_inside(c.span, s) for s in spans)]
    new = after.whole(path).calls
    if len(old) != len(new):
        return f"{path.name} would have other calls"
    for was, now in zip(old, new, strict=True):
        place = f"{path.name}:{was.span.row}"
        if was.callees != now.callees or was.form != now.form:
            return f"the call at {place} would be another"
        for identity in {h.kernel for s in was.callees for h in before.resolve(path, s)}:
            names = {name for kernel, name in gone if kernel == identity}
            expected = _bound(before.kernel(identity), was, spans)
            if expected is None:
                continue
            found = _bound(after.kernel(identity), now, ())
            kept = {name: text for name, text in expected.items() if name not in names}
            if found is None or found.keys() != kept.keys():
                return f"the call at {place} would not bind any more"
            if any(text is not None and found[name] != text for name, text in kept.items()):
                return f"the call at {place} would pass other arguments"
    return None


def _bound(kernel: Kernel, call: Call, edited: Iterable[Span]) -> dict[str, str | None] | None:
    """What each parameter gets, as text; None for text that an edit inside it changes."""
    binding = bind(kernel, call)
    if binding.problem is not None:
        return None
    found: dict[str, str | None] = {}
    for name, index in binding.arguments.items():
        argument = call.arguments[index]
        inner = any(_inside(span, argument.span) for span in edited)
        found[name] = None if inner else f"{argument.star}{argument.text}"
    return found


def _inside(span: Span, outer: Span) -> bool:
    return outer[:2] <= span[:2] and span[2:] <= outer[2:]
