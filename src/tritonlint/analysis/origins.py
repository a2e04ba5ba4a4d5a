"""Whether the value of a launch argument changes with every request, and how that is known."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

from tritonlint.analysis.ratings import Rate, Rating, reason_of
from tritonlint.analysis.ways import Way, near, through_files
from tritonlint.analysis.words import (
    Words,
    counts_few,
    decodes,
    has_offsets,
    is_most,
    is_number_of,
    is_query_length,
    may_be_size,
)
from tritonlint.project.project import Project
from tritonlint.survey.facts.calls import Argument
from tritonlint.survey.facts.values import Leaf, NumberOrigin, Provenance, Step

#: An assertion with an upper limit up to this one means that there are few values.
_FEW = 4096

#: Sources with another value for every input.
_MEASURED = frozenset(
    {NumberOrigin.SHAPE, NumberOrigin.NUMEL, NumberOrigin.LENGTH, NumberOrigin.ITEM}
)
_NAMED = frozenset({NumberOrigin.PARAMETER, NumberOrigin.ATTRIBUTE})
#: Parts of annotations of values that are not sizes.
_NO_INTEGERS = ("float", "str", "bool", "Tensor", "dtype", "list", "tuple")
#: A function of a file.
Asked: TypeAlias = tuple[Path, str]
#: Sources that have few values.
_BUCKETS = frozenset({Step.POWER_OF_TWO, Step.ROUNDED, Step.BUCKET, Step.CAPPED})


class Origins:
    """Answers for the launches of one project."""

    def __init__(self, project: Project, words: Words) -> None:
        self.project = project
        self.words = words

    def rate(
        self,
        path: Path,
        kernel: str,
        name: str,
        provenance: Provenance,
        far: bool = False,
        quotients: bool = False,
    ) -> Rating:
        """Return how often the argument for a kernel's parameter of that name changes.

        Args:
            far: whether to look at callers in other files, if nothing else tells.
            quotients: whether to use the name of a quotient.
        """
        ways = list(near(self.project, Way(provenance, path)))
        ratings = [self._rate(kernel, name, way, quotients) for way in ways]
        for way, rating in zip(ways, ratings, strict=True):
            if rating.rate is Rate.PER_REQUEST and not (
                far and self._is_ruled_out_elsewhere(kernel, way)
            ):
                return rating
        if ratings and all(rating.rate is Rate.PER_MODEL for rating in ratings):
            return ratings[0]

        def is_asked(way: Way) -> bool:
            return self._asked(kernel, name, way) is not None

        for way in filter(is_asked, ways if far else ()):
            for further in through_files(self.project, way, is_asked):
                rating = self._rate(kernel, name, further, quotients)
                if rating.rate is Rate.PER_REQUEST:
                    return rating._replace(reason=f"{rating.reason} in `{further.path.name}`")
        return Rating(Rate.UNKNOWN)

    def expect(self, path: Path, kernel: str, name: str, provenance: Provenance) -> Iterator[Asked]:
        """Yield the functions whose callers in other files `rate` will need."""
        for way in near(self.project, Way(provenance, path)):
            asked = self._asked(kernel, name, way)
            if asked is not None and self._rate(kernel, name, way).rate is Rate.UNKNOWN:
                yield asked

    def _is_ruled_out_elsewhere(self, kernel: str, way: Way) -> bool:
        """Whether callers in other files tell that there are few values, all of them."""

        def is_asked(way: Way) -> bool:
            return any(leaf.function for leaf in way.provenance.leaves)

        further = [w for w in through_files(self.project, way, is_asked) if w != way]
        return bool(further) and all(
            self._is_ruled_out(kernel, "", _more(found.provenance, way.provenance))
            for found in further
        )

    def _asked(self, kernel: str, name: str, way: Way) -> Asked | None:
        """Return the function whose callers in other files may tell more.

        The launch passes one of its parameters, and nothing so far says that it stays the
        same.
        """
        found = way.provenance
        if len(found.leaves) != 1 or found.steps or self._is_ruled_out(kernel, name, found):
            return None
        (leaf,) = found.leaves
        bare = leaf.origin is NumberOrigin.PARAMETER and "." not in leaf.of
        if not bare or not all(map(may_be_size, (name, *found.names))):
            return None
        if any(other in leaf.note for other in _NO_INTEGERS):
            return None
        return way.path, leaf.function

    def _rate(self, kernel: str, name: str, way: Way, quotients: bool = False) -> Rating:
        found = way.provenance
        leaf = self._telling(kernel, name, found)
        if leaf is None and quotients:
            leaf = self._telling_quotient(kernel, name, found)
        if leaf is not None:
            return Rating(Rate.PER_REQUEST, leaf.text, reason_of(leaf, way))
        origins = {leaf.origin for leaf in found.leaves}
        if origins and origins.isdisjoint((*_MEASURED, *_NAMED, NumberOrigin.OTHER)):
            return Rating(Rate.PER_MODEL)
        if any(map(self.words.is_per_model, (name, *found.names))):
            return Rating(Rate.PER_MODEL)
        return Rating(Rate.UNKNOWN)

    def _telling(self, kernel: str, name: str, found: Provenance) -> Leaf | None:
        """Return the source of a value, if its names say that it changes with every request."""
        if self._is_ruled_out(kernel, name, found):
            return None
        names = (name, *found.names)
        # A measured size tells more than a name.
        for leaf in sorted(found.leaves, key=lambda leaf: leaf.origin not in _MEASURED):
            if self._tells(kernel, leaf, names, found):
                return leaf
        return None

    def _is_ruled_out(self, kernel: str, name: str, found: Provenance) -> bool:
        """Whether something says that there are few values, whatever else is known."""
        if not _BUCKETS.isdisjoint(found.steps) or 0 < found.limit <= _FEW:
            return True
        if Step.LEAST in found.steps and any(map(self._is_function_of_model, found.leaves)):
            return True
        names = (name, *found.names)
        if any(map(self.words.is_per_model, names)) or self.words.is_kernel_of_model(kernel):
            return True
        return any(map(self.words.is_tensor_of_model, found.tensors))

    def _is_function_of_model(self, leaf: Leaf) -> bool:
        """`sm_count(device)`"""
        function = leaf.text.partition("(")[0].rpartition(".")[2]
        return leaf.origin is NumberOrigin.OTHER and self.words.is_per_model(function)

    def _tells(self, kernel: str, leaf: Leaf, names: tuple[str, ...], found: Provenance) -> bool:
        """Whether the names of a source say that it changes with every request."""
        if leaf.origin not in _MEASURED | _NAMED:
            return False
        others = [o for o in found.leaves if o != leaf and o.origin is not NumberOrigin.LITERAL]
        if Step.CEIL_DIV in found.steps and others:
            # `heads = x.shape[0] // batch`: only the quotient's own name says what it is.
            names = names[:2]
        first = leaf.origin in (NumberOrigin.NUMEL, NumberOrigin.LENGTH) or leaf.dimension == 0
        middle = not others and leaf.dimension is not None and 0 < leaf.dimension < leaf.rank - 1
        # `B, H, N, T = x.shape`: a width, whatever its letter stands for elsewhere.
        last = leaf.rank > 2 and leaf.dimension == leaf.rank - 1
        told = [
            name
            for name in names
            if self.words.is_per_request(name, first, middle and name == names[0])
            and not (last and len(name) == 1)
        ]
        if decodes(kernel):
            told = [n for n in told if not is_query_length(n)]
        if leaf.origin in _NAMED:
            # `max_seqlen` may be a limit of the model.
            told = [n for n in told if is_number_of(n) and self.words.is_certain(n)]
            return bool(told) and not any(map(is_most, names))
        if leaf.origin is NumberOrigin.NUMEL and Step.CEIL_DIV not in found.steps:
            # A number of elements always changes.
            if any(map(counts_few, found.tensors)):
                return False
            if not any(map(has_offsets, found.tensors)):
                return True
        if first and not any(map(is_most, names)):
            # `len(cu_seqlens)`
            of = [t for t in found.tensors if not counts_few(t)]
            told += [t for t in of if self.words.is_per_request(t)]
        return bool(told)

    def _telling_quotient(self, kernel: str, name: str, found: Provenance) -> Leaf | None:
        """Return the same for a quotient, or a value computed from one.

        An example is the number of blocks of a measured size. The divisor says nothing,
        unless it changes too.
        """
        if not (found.quotients or found.is_quotient) or Step.LEAST in found.steps:
            return None
        quotients = {*found.quotients, *([name] if found.is_quotient else ())}
        names = (name, *(n for n in found.names if n not in found.divisors))
        if self._is_ruled_out(kernel, "", found._replace(names=())) or any(
            self.words.is_per_model(n, n in quotients) for n in names
        ):
            return None
        if any(map(_may_change, found.by)) or any(
            self.words.is_per_request(n, first_dimension=True) for n in found.divisors
        ):
            return None
        told = [n for n in names if self.words.is_per_request(n, first_dimension=True)]
        if decodes(kernel):
            told = [n for n in told if not is_query_length(n)]
        if not told or any(map(is_most, names)):
            return None
        return next((leaf for leaf in found.leaves if _counts(leaf) and leaf not in found.by), None)

    def rate_stride(self, kernel: str, argument: Argument) -> Rating | None:
        """Return why a stride changes with every request, or None if that is not known."""
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


def _more(found: Provenance, known: Provenance) -> Provenance:
    """What is found in addition to what was known."""
    return found._replace(
        names=tuple(name for name in found.names if name not in known.names),
        tensors=tuple(tensor for tensor in found.tensors if tensor not in known.tensors),
        steps=tuple(step for step in found.steps if step not in known.steps),
    )


def _counts(leaf: Leaf) -> bool:
    """Whether a number is the size of all dimensions, or of the first."""
    first = leaf.origin is NumberOrigin.SHAPE and leaf.dimension == 0
    return first or leaf.origin is NumberOrigin.NUMEL


def _may_change(divisor: Leaf) -> bool:
    """Whether a divisor may be a size that changes too; the last dimension is a width."""
    return divisor.origin in _MEASURED and divisor.dimension != -1
