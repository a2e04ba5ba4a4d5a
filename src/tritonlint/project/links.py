"""The calls and references of a project, linked to their kernels."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from tritonlint.project.binding import Binding, bind
from tritonlint.project.handing import Handings
from tritonlint.project.identity import Hit, KernelId
from tritonlint.project.modules import imported_as
from tritonlint.project.resolver import Resolver
from tritonlint.survey.facts.calls import Call, CallForm
from tritonlint.survey.facts.kernels import Kernel, Role
from tritonlint.survey.facts.names import Symbol
from tritonlint.survey.facts.references import HANDED_ON, HARMLESS, Enumeration, Escape, Reference
from tritonlint.survey.strings import matches
from tritonlint.triton.names import (
    CONFIG_ATTRIBUTES,
    CONFIG_HOOK,
    CONFIG_OPTIONS,
    HARMLESS_ATTRIBUTES,
    INNER,
    INNER_KERNEL,
)


@dataclass(frozen=True, eq=False)
class LinkedCall:
    """A call, and every kernel of the project that it may reach.

    Attributes:
        complete: False if it may also reach something else.
        together: all launches that one call of a function leads to, with this one.
    """

    path: Path
    call: Call
    kernels: tuple[KernelId, ...]
    complete: bool
    together: list[LinkedCall] = field(default_factory=list, repr=False)
    #: By identity of a kernel, because comparing kernels takes as long as binding.
    _bindings: dict[int, tuple[Kernel, Binding]] = field(default_factory=dict, repr=False)

    def binding(self, kernel: Kernel) -> Binding:
        """Return how the call binds to one of its kernels."""
        known = self._bindings.get(id(kernel))
        if known is None:
            alone = self.complete and len(self.kernels) == 1
            known = self._bindings[id(kernel)] = (kernel, bind(kernel, self.call, alone))
        return known[1]


class LinkedReference(NamedTuple):
    """A mention of a kernel other than a call, and the attributes that it uses."""

    path: Path
    reference: Reference
    attributes: tuple[str, ...]


#: Functions that do nothing with what is in a module, or name what they take from it.
_LOOK_AT_MODULES = frozenset(
    f"`{name}`"
    for name in (
        *("getattr", "hasattr", "setattr", "delattr", "vars", "dir", "getmembers", "reload"),
        *("isinstance", "id", "type", "str", "repr", "print", "getsource", "getfile", "object"),
    )
)


class Links:
    """Everything in a project that touches one kernel.

    Attributes:
        config_uses: mentions that only look at its configs.
        choices: the names of containers that hold it, with the file of each.
    """

    def __init__(self) -> None:
        self.launches: list[LinkedCall] = []
        self.device_calls: list[LinkedCall] = []
        self.references: list[LinkedReference] = []
        self.config_uses: list[LinkedReference] = []
        self.choices: list[tuple[Path, str]] = []

    @property
    def config_changes(self) -> list[LinkedReference]:
        """The mentions after which it may have other configs, or hooks in them."""
        return [
            use
            for use in self.config_uses
            if "configs" in use.attributes and use.reference.escape not in HARMLESS
        ]

    @property
    def calls(self) -> list[LinkedCall]:
        """All calls, launches first."""
        return [*self.launches, *self.device_calls]


def link(resolver: Resolver, handings: Handings, names: frozenset[str]) -> Mapping[KernelId, Links]:
    """Link all calls and references of a project.

    Args:
        handings: the calls that give kernels to functions, followed.
        names: all names that may mean a kernel.
    """
    links: defaultdict[KernelId, Links] = defaultdict(Links)
    stems = frozenset(imported_as(identity.path) for identity in resolver.kernels)
    for path, facts in sorted(resolver.facts.items()):
        followed = handings.of(path)
        alone = ((call,) for call in facts.calls if concerns(call.callees, names))
        for calls in (*alone, *followed.launches):
            together: list[LinkedCall] = []
            for call in calls:
                linked = _link_call(resolver, path, call, together)
                for kernel in linked.kernels if linked is not None else ():
                    assert linked is not None
                    known = links[kernel]
                    is_device = call.form is CallForm.DEVICE
                    (known.device_calls if is_device else known.launches).append(linked)
        for reference in (*facts.references, *followed.escapes):
            if not concerns(reference.symbols, names):
                continue
            for hit in _referenced(resolver, path, reference):
                mention = LinkedReference(path, reference, hit.attributes)
                if hit.attributes and _asked(hit)[0] in CONFIG_ATTRIBUTES:
                    links[hit.kernel].config_uses.append(mention)
                else:
                    links[hit.kernel].references.append(mention)
        for choice in facts.choices:
            for hit in (h for symbol in choice.kernels for h in resolver.resolve(path, symbol)):
                links[hit.kernel].choices.append((path, choice.name))
        for enumeration in facts.enumerations:
            reference = Reference(
                (), Escape.ENUMERATED, enumeration.what, enumeration.row, 1, in_kernel=False
            )
            for kernel in _enumerated(resolver, path, enumeration, names, stems):
                links[kernel].references.append(LinkedReference(path, reference, ()))
    changes = list(_hooks_set(resolver))
    for owner, tuned in resolver.kernels.items() if changes else ():
        if any(decorator.role is Role.AUTOTUNE for decorator in tuned.decorators):
            links[owner].config_uses.extend(changes)
    return links


def _hooks_set(resolver: Resolver) -> Iterator[LinkedReference]:
    """Yield where code gives configs a hook, which may be configs of any kernel."""
    for path, facts in sorted(resolver.facts.items()):
        for reference in facts.references:
            is_set = reference.escape in (Escape.SET, Escape.REPLACED)
            if is_set and any(symbol.name == CONFIG_HOOK for symbol in reference.symbols):
                yield LinkedReference(path, reference, ("configs", CONFIG_HOOK))


def concerns(symbols: Iterable[Symbol], names: frozenset[str]) -> bool:
    """Whether one of the symbols may stand for a kernel, or for an attribute of one."""
    return any(not names.isdisjoint(symbol.path.split(".")) for symbol in symbols)


def _link_call(
    resolver: Resolver, path: Path, call: Call, together: list[LinkedCall]
) -> LinkedCall | None:
    resolved = [resolver.resolve(path, symbol) for symbol in call.callees]
    reached = dict.fromkeys(
        hit.kernel
        for hits in resolved
        for hit in hits
        if all(attribute == INNER_KERNEL for attribute in hit.attributes)
    )
    if not reached:
        return None
    complete = (
        call.complete
        and all(resolved)
        and not any(hit.guess for hits in resolved for hit in hits)
        and not any(resolver.may_be_other(path, symbol) for symbol in call.callees)
    )
    linked = LinkedCall(path, call, tuple(reached), complete, together)
    together.append(linked)
    return linked


def _asked(hit: Hit) -> tuple[str, ...]:
    """Return the attributes of a kernel that are used, below any autotuner."""
    return tuple(a for a in hit.attributes if a not in INNER) or ("",)


def _referenced(resolver: Resolver, path: Path, reference: Reference) -> Iterator[Hit]:
    seen: set[KernelId] = set()
    for symbol in reference.symbols:
        for hit in resolver.resolve(path, symbol):
            asked = _asked(hit)
            if asked[0] in HARMLESS_ATTRIBUTES:
                continue
            if asked[0] in CONFIG_ATTRIBUTES and asked[-1] in CONFIG_OPTIONS:
                continue
            # What is asked for an attribute of kernels is one; anything else is one if code may
            # launch it later.
            if hit.guess and not asked[0] and reference.escape not in HANDED_ON:
                continue
            if hit.kernel not in seen:
                seen.add(hit.kernel)
                yield hit


def _enumerated(
    resolver: Resolver,
    path: Path,
    enumeration: Enumeration,
    names: frozenset[str],
    stems: frozenset[str],
) -> Iterator[KernelId]:
    """Yield the kernels that code may find by listing names, or by building one."""
    module = enumeration.module
    if module is None and not enumeration.is_of_any_module:
        for identity, kernel in resolver.kernels.items():
            if matches(enumeration.pattern, kernel.name):
                yield identity
        for file in resolver.facts:
            yield from _chosen(resolver, file, enumeration.pattern)
        return
    if module is None:
        files = {*_modules_used_as_values(resolver, path, stems)}
        if not files:
            return
    else:
        files = {*resolver.module_files(path, module)}
    owners = {(i.path, owner) for i in resolver.kernels if (owner := _owner(i))}
    places: Collection[tuple[Path, str]] = ()
    # Few kernels are in classes, and to follow a name takes long.
    if owners and not files and module is not None:
        places = {(d.path, d.name) for d in resolver.definitions_of(path, module)} & owners
    for identity, kernel in resolver.kernels.items():
        owner = _owner(identity)
        is_there = (identity.path in files and not owner) or (identity.path, owner) in places
        if is_there and matches(enumeration.pattern, kernel.name):
            yield identity
    for file in sorted(files):
        yield from _chosen(resolver, file, enumeration.pattern)
        facts = resolver.facts.get(file)
        for binding in facts.bindings if facts is not None else ():
            if concerns(binding.symbols, names) and matches(enumeration.pattern, binding.name):
                for symbol in binding.symbols:
                    for hit in resolver.resolve(file, symbol):
                        if not (hit.guess or hit.attributes):
                            yield hit.kernel


def _modules_used_as_values(
    resolver: Resolver, path: Path, stems: frozenset[str]
) -> Iterator[Path]:
    """Yield the files with kernels that a file has as modules in a value: `warm_up(ops)`."""
    for reference in resolver.facts[path].references:
        if reference.escape in HANDED_ON and reference.detail not in _LOOK_AT_MODULES:
            for symbol in reference.symbols:
                if symbol.origin == "module" and symbol.name in stems:
                    yield from resolver.module_files(path, symbol)


def _owner(identity: KernelId) -> str:
    """Return the name of the class or function around a kernel, or ""."""
    return identity.qualname.rpartition(".")[0]


def _chosen(resolver: Resolver, path: Path, pattern: str) -> Iterator[KernelId]:
    """Yield the kernels in the containers of a file with such a name."""
    facts = resolver.facts.get(path)
    for choice in facts.choices if facts is not None else ():
        if matches(pattern, choice.name):
            for symbol in choice.kernels:
                yield from (hit.kernel for hit in resolver.resolve(path, symbol))
