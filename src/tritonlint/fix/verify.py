"""Checks an edited project against the original, before anything is written."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from tritonlint.fix.changes import (
    AnnotationGone,
    ArgumentGone,
    Change,
    EntryAdded,
    EntryGone,
    KeyGone,
    ParameterGone,
    StatementGone,
)
from tritonlint.project.binding import bind
from tritonlint.project.identity import KernelId
from tritonlint.project.project import Project
from tritonlint.span import Span, Spans
from tritonlint.survey.facts.calls import Call
from tritonlint.survey.facts.kernels import Kernel, Mode, Use

#: For each option of the decorators, the parameters that it names; None if they are not known.
_Lists = dict[str, "frozenset[str | int] | None"]
_Entries = defaultdict[str, set["str | int"]]
_Shape = list[tuple[str, str, str | None, Mode]]


def verify(
    before: Project, after: Project, changed: Collection[Path], changes: Iterable[Change]
) -> str | None:
    """Say what is wrong with the edited project; None if nothing is.

    Every changed file must parse; the kernels, and the lists of their decorators, must have changed
    exactly as planned; and every call of theirs must bind, and pass each other parameter the same
    argument as before.
    """
    comparison = _Comparison(before, after, changes)
    for path in sorted(changed):
        new = [p.message for p in after.facts[path].problems]
        if new and new != [p.message for p in before.facts[path].problems]:
            return f"{path.name} would not parse any more: {new[0]}"
        problem = comparison.kernels(path)
        if problem is not None:
            return problem
    paths = set(changed)
    for identity in comparison.gone:
        links = before.links.get(identity)
        paths.update(linked.path for linked in (links.calls if links is not None else ()))
    for path in sorted(paths):
        problem = comparison.calls(path)
        if problem is not None:
            return problem
    return None


class _Comparison:
    def __init__(self, before: Project, after: Project, changes: Iterable[Change]) -> None:
        self.before = before
        self.after = after
        self.gone: defaultdict[KernelId, set[str]] = defaultdict(set)
        self._unannotated: defaultdict[KernelId, set[str]] = defaultdict(set)
        #: Entries of decorators' lists, by kernel and option.
        self._entries_gone: defaultdict[KernelId, _Entries] = defaultdict(_no_entries)
        self._entries_added: defaultdict[KernelId, _Entries] = defaultdict(_no_entries)
        dropped: defaultdict[Path, set[Span]] = defaultdict(set)
        self._statements: defaultdict[Path, set[Span]] = defaultdict(set)
        for change in changes:
            match change:
                case ParameterGone(kernel, name):
                    self.gone[kernel].add(name)
                case AnnotationGone(kernel, name):
                    self._unannotated[kernel].add(name)
                case EntryGone(kernel, option, entry):
                    self._entries_gone[kernel][option].add(entry)
                case EntryAdded(kernel, option, name):
                    self._entries_added[kernel][option].add(name)
                case ArgumentGone(path, _, argument):
                    dropped[path].add(argument)
                case KeyGone(path, _, _, Span() as value):
                    dropped[path].add(value)
                case StatementGone(path, span):
                    self._statements[path].add(span)
        self._arguments = dropped
        self._dropped: Mapping[Path, Spans] = {p: Spans(s) for p, s in dropped.items()}
        #: For each kernel, the same kernel in the edited project.
        self._now: dict[KernelId, Kernel] = {}

    def kernels(self, path: Path) -> str | None:
        """Say what is wrong with the kernels of a file."""
        old, new = self.before.facts[path].kernels, self.after.facts[path].kernels
        if [k.qualname for k in old] != [k.qualname for k in new]:
            return f"{path.name} would have other kernels"
        for was, now in zip(old, new, strict=True):
            identity = KernelId(path, was.qualname, was.def_row)
            self._now[identity] = now
            plain = self._unannotated.get(identity, ())
            if _shape(was, self.gone.get(identity, ()), plain) != _shape(now):
                return f"the signature of `{was.name}` would be wrong after the edit"
            if self._expected_lists(identity, was) != _lists(now):
                return f"the decorators of `{was.name}` would be wrong after the edit"
        return self._statements_of(path)

    def _statements_of(self, path: Path) -> str | None:
        """Say what is wrong with the removed and the remaining statements of a file."""
        gone = self._statements.get(path)
        if not gone:
            return None
        pairs = zip(self.before.facts[path].kernels, self.after.facts[path].kernels, strict=True)
        for was, now in pairs:
            for parameter in now.parameters:
                old = was.parameter(parameter.name)
                left = sum(span not in gone for span in old.statements) if old is not None else 0
                if left > len(parameter.statements):
                    return f"the body of `{was.name}` would be wrong after the edit"
                if old is not None and parameter.use is Use.READ is not old.use:
                    return f"`{was.name}` would read its `{parameter.name}`"
        names = Counter(
            (f.function, f.name)
            for f in self.before.facts[path].feeders
            if not gone.issuperset(f.statements)
        )
        missing = names - Counter((f.function, f.name) for f in self.after.facts[path].feeders)
        for function, name in missing:
            if (function, name) not in self._unread(path):
                return f"`{name}` would not be assigned any more"
        return None

    def _unread(self, path: Path) -> set[tuple[str, str]]:
        """Return the feeders that the fix leaves unread."""
        gone = Spans([*self._statements.get(path, ()), *self._arguments.get(path, ())])
        return {
            (f.function, f.name)
            for f in self.before.facts[path].feeders
            if all(map(gone.hold, f.reads))
        }

    def _expected_lists(self, identity: KernelId, kernel: Kernel) -> _Lists:
        expected = _lists(kernel)
        for option, added in self._entries_added[identity].items():
            expected[option] = (expected.get(option) or frozenset()) | added
        for option, entries in expected.items():
            if entries is not None:
                gone = self._entries_gone[identity].get(option, set())
                expected[option] = entries - gone - kernel.named(gone) - self.gone[identity]
        return {option: entries for option, entries in expected.items() if entries != frozenset()}

    def calls(self, path: Path) -> str | None:
        """Say what is wrong with the calls of a file."""
        dropped = self._dropped.get(path, Spans(()))
        gone = Spans(self._statements.get(path, ()))
        old = [
            c
            for c in _calls(self.before, path)
            if not dropped.hold(c.span) and not gone.hold(c.span)
        ]
        new = _calls(self.after, path)
        if len(old) != len(new):
            return f"{path.name} would have other calls"
        for was, now in zip(old, new, strict=True):
            place = f"{path.name}:{was.span.row}"
            if was.callees != now.callees or was.form != now.form:
                return f"the call at {place} would reach another function"
            hits = (h for s in was.callees for h in self.before.resolver.resolve(path, s))
            kernels = dict.fromkeys(hit.kernel for hit in hits)
            for identity in kernels:
                problem = self._call(identity, was, now, dropped, len(kernels) == 1)
                if problem is not None:
                    return f"the call at {place} {problem}"
        return None

    def _call(
        self, identity: KernelId, was: Call, now: Call, dropped: Spans, alone: bool
    ) -> str | None:
        kernel = self.before.kernels[identity]
        expected = _bound(kernel, was, dropped, alone and was.complete)
        if expected is None:
            return None
        names = frozenset(self.gone.get(identity, ()))
        kept = {name: text for name, text in expected.items() if name not in names}
        now_kernel = self._now.get(identity, kernel)
        found = _bound(now_kernel, now, Spans(()), alone and now.complete)
        if found is None or found.keys() != kept.keys():
            return "would not bind any more"
        if any(not names.isdisjoint(a.keys) for a in now.arguments if a.keys is not None):
            return "would still pass an argument that the kernel no longer takes"
        if any(text is not None and found[name] != text for name, text in kept.items()):
            return "would pass other arguments"
        return None


def _calls(project: Project, path: Path) -> list[Call]:
    """Return the calls of a file, with the launches that its calls of functions lead to."""
    handed = project.handings.of(path).launches
    return [*project.facts[path].calls, *(call for calls in handed for call in calls)]


def _shape(kernel: Kernel, gone: Collection[str] = (), plain: Collection[str] = ()) -> _Shape:
    """Return the signature without some parameters, and without the annotations of `plain` ones."""
    return [
        (p.name, "" if p.name in plain else p.annotation, p.default, p.mode)
        for p in kernel.parameters
        if p.name not in gone
    ]


def _no_entries() -> _Entries:
    return defaultdict(set)


def _lists(kernel: Kernel) -> _Lists:
    """Return the parameters in decorators' lists, by option; None if they are not known."""
    found: _Lists = {}
    for option, names in ((n.option, n.names) for d in kernel.decorators for n in d.lists):
        known = found.get(option, frozenset())
        if names is None or known is None:
            found[option] = None
            continue
        unknown = {n for n in names if isinstance(n, str) and kernel.parameter(n) is None}
        found[option] = known | kernel.named(names) | unknown
    return {option: entries for option, entries in found.items() if entries != frozenset()}


def _bound(kernel: Kernel, call: Call, edited: Spans, alone: bool) -> dict[str, str | None] | None:
    """Return what each parameter gets, as text; None for text with an edit inside."""
    binding = bind(kernel, call, alone)
    if binding.problem is not None:
        return None
    found: dict[str, str | None] = {}
    for name, index in binding.arguments.items():
        argument = call.arguments[index]
        inner = edited.lie_in(argument.span)
        found[name] = None if inner else f"{argument.star}{argument.text}"
    for name, (index, place) in binding.elements.items():
        argument = call.arguments[index]
        if argument.literal is not None:
            item = argument.literal.items[place]
            found[name] = None if edited.lie_in(item.span) else item.text
        elif argument.sequence is not None:
            found[name] = f"{argument.sequence.whole}[{argument.sequence.lower + place}]"
        else:
            found[name] = f"*{argument.text}[{place}]"
    return found
