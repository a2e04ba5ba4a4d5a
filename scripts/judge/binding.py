"""Binds launches as Triton's binder does, with source text in place of the arguments."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from judge.syntax import parameters, text

#: Keywords of a launch that are not parameters: Triton's own, and those of its backends.
OPTIONS = frozenset(
    [
        "grid",
        "warmup",
        "num_warps",
        "num_stages",
        "num_ctas",
        "maxnreg",
        "cluster_dims",
        "ptx_version",
        "ptx_options",
        "enable_fp_fusion",
        "launch_cooperative_grid",
        "launch_pdl",
        "debug",
        "sanitize_overflow",
        "arch",
        "stream",
        "device",
        "supported_fp8_dtypes",
        "deprecated_fp8_dot_operand_dtypes",
        "default_dot_input_precision",
        "allowed_dot_input_precisions",
        "max_num_imprecise_acc_default",
        "extern_libs",
        "backend_name",
        "instrumentation_mode",
        "fpsan_homomorphic_casts",
        "ir_override",
        "waves_per_eu",
        "matrix_instr_nonkdim",
        "kpack",
        "allow_flush_denorm",
        "schedule_hint",
        "warp_size",
        "num_buffers_warp_spec",
        "num_consumer_groups",
        "reg_dec_producer",
        "reg_inc_consumer",
        "matrix_instr_shape",
    ]
)


#: A number of dimensions that no tensor has, and for how many tensors each smaller one is tried.
_RANKS = 7
_MOST_APART = 4
#: What the reason begins with, where a launch can't be proved right or wrong.
UNKNOWN = "not provable: "


@dataclass(frozen=True)
class Signature:
    """The parameters of a function, in order, and which of them need an argument."""

    positional: tuple[str, ...]
    keyword_only: tuple[str, ...]
    defaults: tuple[tuple[str, str], ...]
    open_positional: bool
    open_keyword: bool

    @property
    def names(self) -> tuple[str, ...]:
        return self.positional + self.keyword_only

    @property
    def required(self) -> frozenset[str]:
        return frozenset(self.names) - {name for name, _ in self.defaults}


def signature(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Signature:
    """A function's signature, from its syntax tree."""
    arguments = function.args
    positional = [a.arg for a in (*arguments.posonlyargs, *arguments.args)]
    every = parameters(arguments)
    return Signature(
        tuple(positional),
        tuple(a.arg for a in arguments.kwonlyargs),
        tuple((name, text(default)) for name, (_, default) in every.items() if default is not None),
        arguments.vararg is not None,
        arguments.kwarg is not None,
    )


@dataclass(frozen=True)
class Arguments:
    """The arguments of a launch: source texts, in the order in which they are evaluated.

    `splats` are positional arguments whose number is not known, as places in `positional`.
    `open` is whether there are keywords that are not known.
    """

    positional: tuple[str, ...]
    keywords: tuple[tuple[str, str], ...]
    splats: tuple[int, ...] = ()
    open: bool = False

    def __add__(self, more: Arguments) -> Arguments:
        """These arguments, and more after them."""
        splats = tuple(place + len(self.positional) for place in more.splats)
        return Arguments(
            self.positional + more.positional,
            self.keywords + more.keywords,
            self.splats + splats,
            self.open or more.open,
        )

    @property
    def wholes(self) -> tuple[str, ...]:
        """What is unpacked, each once and without its slice: `x.shape` of `*x.shape[1:]`."""
        return tuple(dict.fromkeys(_sliced(self.positional[place])[0] for place in self.splats))

    def with_lengths(self, lengths: Mapping[str, int]) -> Arguments:
        """The same, if the whole of each unknown splat has this many elements."""
        positional: list[str] = []
        for place, argument in enumerate(self.positional):
            if place in self.splats:
                whole, part = _sliced(argument)
                places = range(lengths.get(whole, 0))[part]
                positional += [f"{whole}[{number}]" for number in places]
            else:
                positional.append(argument)
        return Arguments(tuple(positional), self.keywords, (), self.open)


def _sliced(argument: str) -> tuple[str, slice]:
    """What is unpacked, and which part of it."""
    try:
        node = ast.parse(argument, mode="eval").body
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice):
            bounds = (node.slice.lower, node.slice.upper, node.slice.step)
            found = [ast.literal_eval(bound) if bound else None for bound in bounds]
            return text(node.value), slice(*found)
    except (SyntaxError, ValueError):
        # It is not an expression, or its bounds are not known.
        pass
    return argument, slice(None)


@dataclass(frozen=True)
class Bound:
    """What each parameter gets, and which parameters get nothing."""

    values: dict[str, str]
    missing: frozenset[str]
    options: dict[str, str]


def bind(to: Signature, given: Arguments) -> Bound | str:
    """What the parameters get, or why the launch fails; splats must have a length."""
    if len(given.positional) > len(to.positional) and not to.open_positional:
        return f"{len(given.positional)} positional arguments for {len(to.positional)}"
    values = dict(zip(to.positional, given.positional, strict=False))
    options: dict[str, str] = {}
    for name, value in given.keywords:
        if name in values or name in options:
            return f"multiple values for {name}"
        if name in to.names:
            values[name] = value
        else:
            options[name] = value
    extra = given.positional[len(to.positional) :]
    options.update({f"*{place}": value for place, value in enumerate(extra)})
    return Bound(values, to.required - values.keys(), options)


def compare(
    before: Signature, after: Signature, was: Arguments, now: Arguments, fed: bool
) -> str | None:
    """Whether the launch gives every parameter that is left what it gave before.

    An empty text means that it does; any other text says what is wrong. None means that the launch
    before the fix is not a launch of this kernel. `fed` says whether decorators may give a missing
    parameter its value. Then the same parameters must be missing before and after.
    """
    removed = frozenset(before.names) - frozenset(after.names)
    if not set(now.wholes) <= set(was.wholes) or was.open != now.open:
        return "it unpacks other arguments"
    problems: list[str] = []
    for lengths in _lengths(was.wholes, len(before.names)):
        if problems and len(set(lengths)) > 1:
            # Tensors of one launch mostly have the same number of dimensions.
            break
        known = dict(zip(was.wholes, lengths, strict=True))
        old = bind(before, was.with_lengths(known))
        if isinstance(old, str) or (old.missing and not (fed or was.open)):
            continue
        if was.open and removed & old.missing:
            return f"{UNKNOWN}{', '.join(sorted(removed & old.missing))} may come out of `**`"
        new = bind(after, now.with_lengths(known))
        problems.append(new if isinstance(new, str) else _differences(old, new, removed))
    if not problems:
        return None
    wrong = [problem for problem in problems if problem]
    if not wrong:
        return ""
    # What is unpacked has one length; but if it has a name, the fix may have changed its value.
    named = any(was.positional[place].isidentifier() for place in was.splats)
    always = len(wrong) == len(problems) and (was != now or not named)
    certain = not was.splats or always
    return wrong[0] if certain else f"{UNKNOWN}{wrong[0]}"


def _lengths(wholes: Sequence[str], most: int) -> Iterator[tuple[int, ...]]:
    """The possible lengths of what is unpacked: first the same for all, then different ones."""
    every = range(most + 1 if wholes else 1)
    yield from ((length,) * len(wholes) for length in every)
    if 1 < len(wholes) <= _MOST_APART:
        yield from (lengths for lengths in product(range(_RANKS), repeat=len(wholes)))


def _differences(old: Bound, new: Bound, removed: frozenset[str]) -> str:
    for name, value in old.values.items():
        if name not in removed and new.values.get(name) != value:
            return f"{name} gets `{new.values.get(name, 'nothing')}`, not `{value}`"
    for name in new.values.keys() - old.values.keys():
        return f"{name} gets `{new.values[name]}`, not its default"
    if new.missing != old.missing - removed:
        return f"no argument for {', '.join(sorted(new.missing - old.missing))}"
    if new.options != old.options:
        for name in new.options.keys() - old.options.keys():
            return f"unexpected keyword `{name}`"
        return f"other options: {new.options}, not {old.options}"
    return ""
