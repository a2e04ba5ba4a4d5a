"""Whether the value of a launch argument changes with every request, and how that is known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum
from pathlib import Path
from typing import NamedTuple

from tritonlint.analysis.words import (
    Words,
    counts_few,
    decodes,
    is_most,
    is_number_of,
    is_query_length,
)
from tritonlint.project.project import Project
from tritonlint.survey.facts.calls import Argument
from tritonlint.survey.facts.values import Leaf, NumberOrigin, Provenance, Step

#: How many calls are followed from a launch to where a value comes from.
LEVELS = 3
#: An assertion with a number up to this one bounds how many values there are.
_FEW = 4096

#: What has another value for every other input.
_MEASURED = frozenset(
    {NumberOrigin.SHAPE, NumberOrigin.NUMEL, NumberOrigin.LENGTH, NumberOrigin.ITEM}
)
_NAMED = frozenset({NumberOrigin.PARAMETER, NumberOrigin.ATTRIBUTE})
#: What gives few values for many.
_BUCKETS = frozenset({Step.POWER_OF_TWO, Step.ROUNDED, Step.BUCKET, Step.CAPPED})


class Rate(str, Enum):
    """How often a value changes."""

    PER_REQUEST = "per request"
    UNKNOWN = "unknown"


class Rating(NamedTuple):
    """How often a value changes, with the reason in words.

    Attributes:
        value: the source of what it comes from, such as `q.shape[1]`.
    """

    rate: Rate
    value: str = ""
    reason: str = ""


class _Way(NamedTuple):
    """One way on which a value comes to a launch; `calls` are those that are followed back."""

    provenance: Provenance
    calls: tuple[str, ...] = ()


class Origins:
    """Answers for the launches of one project."""

    def __init__(self, project: Project, words: Words) -> None:
        self.project = project
        self.words = words

    def rate(self, path: Path, kernel: str, name: str, provenance: Provenance) -> Rating:
        """How often the argument for a kernel's parameter of that name changes."""
        for way in self._ways(path, provenance):
            leaf = self._telling(kernel, name, way.provenance)
            if leaf is not None:
                return Rating(Rate.PER_REQUEST, leaf.text, _reason(leaf, way))
        return Rating(Rate.UNKNOWN)

    def _telling(self, kernel: str, name: str, found: Provenance) -> Leaf | None:
        """The place that a value comes from, if that and its names say that it is per request."""
        if not _BUCKETS.isdisjoint(found.steps) or 0 < found.limit <= _FEW:
            return None
        names = (name, *found.names)
        if any(map(self.words.is_per_model, names)) or self.words.is_kernel_of_model(kernel):
            return None
        if any(map(self.words.is_tensor_of_model, found.tensors)):
            return None
        # What is measured tells more than a name.
        for leaf in sorted(found.leaves, key=lambda leaf: leaf.origin not in _MEASURED):
            if self._tells(kernel, leaf, names, found):
                return leaf
        return None

    def _tells(self, kernel: str, leaf: Leaf, names: tuple[str, ...], found: Provenance) -> bool:
        """Whether the names say of a place that it is per request."""
        if leaf.origin not in _MEASURED | _NAMED:
            return False
        others = [o for o in found.leaves if o != leaf and o.origin is not NumberOrigin.LITERAL]
        if Step.CEIL_DIV in found.steps and others:
            # `heads = x.shape[0] // batch`: only the quotient's own name says what it is.
            names = names[:2]
        first = leaf.origin in (NumberOrigin.NUMEL, NumberOrigin.LENGTH) or leaf.dimension == 0
        told = [n for n in names if self.words.is_per_request(n, first)]
        if decodes(kernel):
            told = [n for n in told if not is_query_length(n)]
        if leaf.origin in _NAMED:
            # `max_seqlen` may be what a model is made for.
            told = [n for n in told if is_number_of(n) and self.words.is_certain(n)]
            return bool(told) and not any(map(is_most, names))
        if leaf.origin is NumberOrigin.NUMEL and Step.CEIL_DIV not in found.steps:
            # How many elements there are is such a number by its nature.
            return not any(map(counts_few, found.tensors))
        if first and not any(map(is_most, names)):
            # `len(cu_seqlens)`
            of = [t for t in found.tensors if not counts_few(t)]
            told += [t for t in of if self.words.is_per_request(t)]
        return bool(told)

    def rate_stride(self, kernel: str, argument: Argument) -> Rating | None:
        """Why a stride changes with every request, or None where that is not known."""
        found = argument.provenance
        of_model = any(map(self.words.is_tensor_of_model, found.tensors))
        for leaf in found.leaves:
            if leaf.origin is not NumberOrigin.STRIDE or not leaf.note:
                continue
            tensor = leaf.text.rpartition(".")[0]
            if leaf.note.startswith("[:"):
                bound = leaf.note[2:-1]
                return Rating(
                    Rate.PER_REQUEST,
                    leaf.text,
                    f"is `{leaf.text}`, and `{tensor}` is made as wide as `{bound}`",
                )
            names = leaf.note.split(", ")
            wide = [name for name in names if self.words.is_per_request(name) and not of_model]
            if decodes(kernel):
                wide = [name for name in wide if not is_query_length(name)]
            if wide:
                reason = f"is `{leaf.text}`, and `{wide[0]}` is a size of `{tensor}`"
                return Rating(Rate.PER_REQUEST, leaf.text, reason)
        if "stride(" not in argument.text:
            return None
        leaf_found = self._telling(kernel, "", found)
        if leaf_found is None or leaf_found.origin is NumberOrigin.STRIDE:
            return None
        reason = f"is `{argument.text}`, and the tensor is made as wide as `{leaf_found.text}`"
        return Rating(Rate.PER_REQUEST, leaf_found.text, reason)

    # -- callers ---------------------------------------------------------------------------

    def _ways(self, path: Path, provenance: Provenance) -> Iterator[_Way]:
        """The ways through the callers in the same file; without callers, the one that is seen."""
        pending = [_Way(provenance)]
        for _ in range(LEVELS):
            further = []
            for way in pending:
                more = list(self._further(path, way))
                if more:
                    further += more
                else:
                    yield way
            pending = further[:32]
        yield from pending

    def _further(self, path: Path, way: _Way) -> Iterator[_Way]:
        parameters = [leaf for leaf in way.provenance.leaves if leaf.function]
        if len(parameters) != 1:
            return
        (leaf,) = parameters
        for call in self.project.facts[path].host_calls:
            if call.function != leaf.function:
                continue
            for name, given in call.arguments:
                if name == leaf.of:
                    yield _Way(_joined(way.provenance, leaf, given), (*way.calls, call.function))


def _joined(inner: Provenance, leaf: Leaf, given: Provenance) -> Provenance:
    """What a launch gets, once it is known what the function around it was given."""
    others = tuple(other for other in inner.leaves if other is not leaf)
    if leaf.origin is not NumberOrigin.PARAMETER:
        # A size of a tensor: what is given has the names of tensors.
        function, of = next(((g.function, g.of) for g in given.leaves if g.function), ("", leaf.of))
        return inner._replace(
            leaves=(*others, leaf._replace(function=function, of=of)),
            tensors=_union(inner.tensors, given.tensors, given.names),
        )
    leaves = (*others, *given.leaves)
    return Provenance(
        leaves,
        _union(inner.names, given.names),
        _union(inner.steps, given.steps),
        min((n for n in (inner.limit, given.limit) if n), default=0),
        _union(inner.tensors, given.tensors),
    )


def _union(*parts: Iterable[object]) -> tuple:  # type: ignore[type-arg]
    return tuple(dict.fromkeys(item for part in parts for item in part))


def _reason(leaf: Leaf, way: _Way) -> str:
    """Where a value comes from, in words that follow its name."""
    parts = [f"is `{leaf.text}`"]
    if leaf.origin is NumberOrigin.PARAMETER:
        parts = [f"is `{leaf.of}`, a parameter of `{_short(leaf.function)}`"]
    elif leaf.origin is NumberOrigin.ATTRIBUTE:
        parts = [f"is `{leaf.text}`"]
    if way.calls:
        parts.append(f"through a call of `{_short(way.calls[-1])}`")
    return ", ".join(parts)


def _short(function: str) -> str:
    return function.rpartition("<locals>.")[2]
