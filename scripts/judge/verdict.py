"""Compares what two runs of a project did, and says in words what is wrong."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator

from judge.record import Kernel, Launch, Record, Tuner
from judge.ttir import Ttir
from judge.values import Matching, Plain, show

#: What may change: parameters are gone; there are fewer tunings, since a tensor or a key is gone; a
#: name is gone from a key, or from what is set to zero before a config is tried; a parameter is no
#: longer specialized, or no longer a constexpr.
KINDS = ("removed", "tuning", "key", "reset", "demoted")
SAFE = frozenset({"removed", "tuning", "demoted"})

OUTCOMES = ("right", "unchanged", "broken", "proves nothing")


@dataclasses.dataclass
class Verdict:
    """What the judge says about one project."""

    outcome: str
    reasons: list[str] = dataclasses.field(default_factory=list)
    #: How many changes of each kind there were.
    changes: Counter[str] = dataclasses.field(default_factory=Counter)
    launches: int = 0

    @property
    def status(self) -> int:
        """The exit status."""
        return {"broken": 1, "proves nothing": 2}.get(self.outcome, 0)


class Comparison:
    """Two records, and the differences between them."""

    def __init__(self, before: Record, after: Record, allow: frozenset[str] = SAFE) -> None:
        self.before, self.after, self.allow = before, after, allow
        self.matching = Matching()
        self.changes: Counter[str] = Counter()
        #: By number of the kernel before the fix.
        self.removed: dict[int, frozenset[str]] = {}
        self.demoted: dict[int, frozenset[str]] = {}
        self.now: dict[int, int] = {-1: -1}

    def verdict(self) -> Verdict:
        """The verdict on the second run."""
        if self.before.errors:
            return Verdict("proves nothing", [f"fails before the fix: {_error(self.before)}"])
        reasons = list(self._differences())
        changes = +self.changes
        if reasons:
            return Verdict("broken", reasons, changes, len(self.before.launches))
        unproved = [
            f"{self.before.kernels[number].name} has changed and is not compiled in the run"
            for number in self.removed
            if number not in self.before.compiled and (self.removed[number] or self.demoted[number])
        ]
        outcome = "proves nothing" if unproved else "right" if changes else "unchanged"
        return Verdict(outcome, unproved, changes, len(self.before.launches))

    def _differences(self) -> Iterator[str]:
        if self.after.errors:
            yield f"fails after the fix: {_error(self.after)}"
        yield from self._kernels()
        if len(self.now) - 1 < len(self.before.kernels):
            return
        yield from self._tuners()
        yield from self._launches()
        for kind, count in self.changes.items():
            if count and kind not in self.allow:
                yield f"a change that is not allowed here: {kind} ({count})"

    # -- kernels -----------------------------------------------------------------------------

    def _kernels(self) -> Iterator[str]:
        was, now = _by_name(self.before.kernels), _by_name(self.after.kernels)
        for name in [*was, *(n for n in now if n not in was)]:
            old, new = was.get(name, []), now.get(name, [])
            if len(old) != len(new):
                yield f"{name} is defined {len(new)} times, not {len(old)}"
                continue
            for one, other in zip(old, new, strict=True):
                self.now[one] = other
                yield from self._kernel(one, self.before.kernels[one], self.after.kernels[other])

    def _kernel(self, number: int, before: Kernel, after: Kernel) -> Iterator[str]:
        was = {p.name: p for p in before.parameters}
        now = {p.name: p for p in after.parameters}
        removed = frozenset(was) - frozenset(now)
        self.removed[number] = removed
        self.changes["removed"] += len(removed)
        if list(now) != [name for name in was if name in now]:
            yield (
                f"{before.place}: the parameters of {before.name} were ({', '.join(was)}) "
                f"and are ({', '.join(now)})"
            )
        if before.options != after.options:
            yield f"{before.place}: {before.name} has other options of the decorator"
        demoted = set()
        for name in now.keys() & was.keys():
            old, new = was[name], now[name]
            if old == new:
                continue
            plain = dataclasses.replace(new, do_not_specialize=old.do_not_specialize)
            # An annotation may go with the constexpr; then the parameter is not specialized.
            constexpr = dataclasses.replace(
                plain, annotation=old.annotation, constexpr=old.constexpr
            )
            quieter = new.do_not_specialize >= old.do_not_specialize
            if quieter and (plain == old or (constexpr == old and old.constexpr)):
                demoted.add(name)
            else:
                yield f"{before.place}: parameter {name} of {before.name} has become another"
        self.demoted[number] = frozenset(demoted)
        self.changes["demoted"] += len(demoted)

    def _tuners(self) -> Iterator[str]:
        left = list(self.after.tuners)
        for old in self.before.tuners:
            gone = self.removed.get(old.number, frozenset())
            expected = Tuner(
                old.kernel,
                self.now[old.number],
                [name for name in old.key if name not in gone],
                [name for name in old.reset if name not in gone],
                [name for name in old.restore if name not in gone],
                [[(n, v) for n, v in config if n not in gone] for config in old.configs],
                [name for name in old.heuristics if name not in gone],
            )
            self.changes["key"] += len(gone & {*old.key})
            self.changes["reset"] += len(gone & {*old.reset})
            kind = _kind(old)
            alike = [t for t in left if t.number == expected.number and _kind(t) == kind]
            if not alike:
                # A decorator is removed as a whole if it only fed what is gone.
                if expected.configs or expected.heuristics:
                    yield f"{old.kernel} has lost its {kind}"
                continue
            left.remove(alike[0])
            yield from _tuner_differences(expected, alike[0])
        for new in left:
            yield f"{new.kernel} has got an autotuner or heuristics that it did not have"

    # -- launches ----------------------------------------------------------------------------

    def _launches(self) -> Iterator[str]:
        old, old_tuning = _groups(self.before.launches)
        new, new_tuning = _groups(self.after.launches)
        for number, (was, now) in enumerate(zip(old, new, strict=False)):
            yield from self._tuning(old_tuning[number], new_tuning[number])
            found = list(self._launch(was, now))
            yield from found
            if found and was.kernel != now.kernel:
                return
        if len(old) > len(new):
            yield f"the launch of {old[len(new)].kernel} at {old[len(new)].place} is not made"
        elif len(new) > len(old):
            yield f"a launch of {new[len(old)].kernel} at {new[len(old)].place} is new"
        else:
            yield from self._tuning(old_tuning[-1], new_tuning[-1])

    def _tuning(self, old: list[Launch], new: list[Launch]) -> Iterator[str]:
        """Compare what the autotuner tried; configs that have become the same may be one."""
        if old and not new and all(map(self._may_be_tuned_less, old)):
            self.changes["tuning"] += 1
            return
        old, new = self._distinct(old), self._distinct(new)
        if len(old) != len(new):
            yield f"the autotuner tries {len(new)} configs, not {len(old)}: {_names(old or new)}"
        for was, now in zip(old, new, strict=False):
            for reason in self._launch(was, now):
                yield f"while tuning: {reason}"

    def _may_be_tuned_less(self, launch: Launch) -> bool:
        """Whether a parameter is gone by which the autotuner told launches apart.

        The types of tensors are part of its key; so is whether a launch passes a tensor at all.
        """
        gone = self.removed.get(launch.number, frozenset())
        keys = {n for t in self.before.tuners if t.number == launch.number for n in t.key}
        tensors = {
            name
            for other in self.before.launches
            if other.number == launch.number
            for name, value in other.bound
            if value[:1] == ("tensor",)
        }
        return bool(gone & (keys | tensors))

    def _distinct(self, launches: list[Launch]) -> list[Launch]:
        found: list[Launch] = []
        for launch in launches:
            gone = self.removed.get(launch.number, frozenset())
            if not any(_bare(launch, gone) == _bare(other, gone) for other in found):
                found.append(launch)
        return found

    def _launch(self, was: Launch, now: Launch) -> Iterator[str]:
        where = f"the launch of {was.kernel} at {was.place}"
        if (was.kernel, self.now.get(was.number)) != (now.kernel, now.number):
            yield f"{where} has become one of {now.kernel} at {now.place}"
            return
        if was.error != now.error:
            if now.error is None:
                yield f"{where} raised {was.error[0]} and does not any more"
            else:
                yield f"{where} raises {now.error[0]}: {now.error[1]}"
            return
        gone = self.removed.get(was.number, frozenset())
        demoted = self.demoted.get(was.number, frozenset())
        yield from self._values(where, was.bound, now.bound, gone)
        names = [name for name, _ in was.bound]
        # A grid function may add arguments to the launch.
        extra = [f"({place})" for place in range(len(was.arguments) - len(names))]
        final = list(zip([*names, *extra], was.arguments, strict=False))
        kept = [name for name, _ in final if name not in gone]
        if len(kept) != len(now.arguments):
            yield f"{where}: the kernel gets {len(now.arguments)} arguments, not {len(kept)}"
        else:
            yield from self._values(where, final, list(zip(kept, now.arguments, strict=True)), gone)
        old_key = [(n, k) for n, k in was.specialization if n not in gone | demoted]
        if old_key != [(n, k) for n, k in now.specialization if n not in demoted]:
            yield f"{where} has another key: {now.specialization}, not {old_key}"
        for what, old, new in (
            ("options", was.options, now.options),
            ("grid", was.grid, now.grid),
            ("launch metadata", was.metadata, now.metadata),
            ("kind", was.warmup, now.warmup),
        ):
            if not self.matching.same(old, new):
                yield f"{where} has another {what}: {show(new)}, not {show(old)}"
        yield from _code_differences(where, was.code, now.code, gone, demoted)

    def _values(
        self,
        where: str,
        old: list[tuple[str, Plain]],
        new: list[tuple[str, Plain]],
        gone: frozenset[str],
    ) -> Iterator[str]:
        expected = [(name, value) for name, value in old if name not in gone]
        if [name for name, _ in expected] != [name for name, _ in new]:
            yield f"{where} binds ({', '.join(n for n, _ in new)}), not what was bound before"
            return
        for (name, was), (_, now) in zip(expected, new, strict=True):
            if not self.matching.same(was, now):
                yield f"{where}: {name} gets {show(now)}, not {show(was)}"


def _kind(tuner: Tuner) -> str:
    return "autotune" if tuner.configs else "heuristics"


def _tuner_differences(expected: Tuner, found: Tuner) -> Iterator[str]:
    for field in ("key", "reset", "restore", "heuristics"):
        old, new = getattr(expected, field), getattr(found, field)
        if old != new:
            yield f"{found.kernel}: {field} is {new}, not {old}"
    if found.configs not in (expected.configs, _distinct_configs(expected.configs)):
        yield f"{found.kernel}: the configs are {found.configs}, not {expected.configs}"


def _distinct_configs(
    configs: list[list[tuple[str, Plain]]],
) -> list[list[tuple[str, Plain]]]:
    return [c for place, c in enumerate(configs) if c not in configs[:place]]


def _code_differences(
    where: str, was: Ttir | None, now: Ttir | None, gone: frozenset[str], demoted: frozenset[str]
) -> Iterator[str]:
    if was is None or now is None:
        if was is not now:
            yield f"{where} was compiled before the fix or after it, not both"
        return
    difference = was.without(gone | demoted).differs(now.without(demoted))
    if difference:
        yield f"{where}: {difference}"


def _by_name(kernels: list[Kernel]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for number, kernel in enumerate(kernels):
        found.setdefault(kernel.name, []).append(number)
    return found


def _groups(launches: list[Launch]) -> tuple[list[Launch], list[list[Launch]]]:
    """The real launches; before each of them, and at the end, the launches of its tuning."""
    proper: list[Launch] = []
    tuning: list[list[Launch]] = [[]]
    for launch in launches:
        if launch.tuning:
            tuning[-1].append(launch)
        else:
            proper.append(launch)
            tuning.append([])
    return proper, tuning


def _bare(launch: Launch, gone: frozenset[str]) -> Plain:
    bound = [(name, value) for name, value in launch.bound if name not in gone]
    return launch.number, bound, launch.grid, launch.options, launch.error


def _names(launches: list[Launch]) -> str:
    return ", ".join(sorted({launch.kernel for launch in launches}))


def _error(record: Record) -> str:
    kind, text, place = record.errors[0]
    return f"{kind}: {text[:500]} at {place}"
