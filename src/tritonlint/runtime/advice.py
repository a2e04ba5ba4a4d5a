"""Advice about a parameter that made variants differ, correct for Triton."""

from __future__ import annotations

from collections.abc import Sequence

from tritonlint.runtime import words
from tritonlint.runtime.events import Argument
from tritonlint.runtime.steps import What


def advise(what: What, name: str, arguments: Sequence[Argument], values: Sequence[str]) -> str:
    """Return what a person can do, as sentences.

    Args:
        arguments: all different arguments that were seen for a parameter.
        values: the same, in words.
    """
    if what is What.KEY:
        return (
            f"`{name}` is in the autotune key, and every distinct value is tuned again. Pass a "
            f"bucket of it, such as the next power of two, or take it out of `key`"
        )
    if what is What.DTYPE:
        return f"Autotune keys on the dtype of `{name}`: warm up with each of {_some(values)}"
    if what is What.OPTION:
        return (
            f"The launches pass different values of the option `{name}`, and each makes a binary "
            f"of its own: settle on one, or warm up with each of {_some(values)}"
        )
    if any(argument.constexpr for argument in arguments):
        return _constexpr(name, arguments, values)
    integers = [argument for argument in arguments if words.is_integer(argument)]
    tensors = [argument for argument in arguments if words.is_tensor(argument)]
    if integers and len(integers) == len(arguments):
        return _integer(name, integers)
    if tensors and len(tensors) == len(arguments):
        return _tensor(name, tensors)
    kinds = dict.fromkeys(words.classified(argument) for argument in arguments)
    return (
        f"`{name}` is sometimes {_some(list(kinds), 'and sometimes')}, and each is a variant of "
        "its own: warm up with each"
    )


def _constexpr(name: str, arguments: Sequence[Argument], values: Sequence[str]) -> str:
    numbers = [
        argument.value
        for argument in arguments
        if isinstance(argument.value, int) and not isinstance(argument.value, bool)
    ]
    if len(numbers) < len(arguments) or not numbers:
        return (
            f"`{name}` is constexpr and chooses between kinds of code: warm up with each of "
            f"{_some(values)}"
        )
    start = f"`{name}` is constexpr, and every distinct value compiles again. "
    if all(number > 0 and number & (number - 1) == 0 for number in numbers):
        return start + (
            "All values are powers of two, as those of a tile's size are: keep them to a few, "
            f"and warm up with each of {_some(values)}"
        )
    return start + (
        "Where no shape and no `tl.static_range` needs it, drop `tl.constexpr`: a plain int has at "
        f'most three classes, and one with `do_not_specialize=["{name}"]`. Otherwise pass a '
        "bucket of it, such as the next power of two"
    )


def _integer(name: str, arguments: Sequence[Argument]) -> str:
    classes = {words.classified(argument).rpartition(", ")[2] for argument in arguments}
    widths = {argument.key[0] for argument in arguments if argument.key[0] != "constexpr"}
    sentences = []
    if len(classes) > 1:
        option = "do_not_specialize"
        lost = "that it is 1 or divisible by 16"
        if "== 1" not in classes:
            option, lost = "do_not_specialize_on_alignment", "that it is divisible by 16"
        sentences.append(
            f'`{option}=["{name}"]` in the decorator makes these one variant; the kernel then no '
            f"longer knows {lost}, which can slow down its memory accesses where `{name}` is a "
            "stride or an offset: measure it. Or warm up with one value of each class: "
            + _some(_examples(arguments))
        )
    if len(widths) > 1:
        sentences.append(
            f"Its type changes with its size ({', '.join(sorted(map(str, widths)))}): annotate it, "
            f"`{name}: tl.int64`, and there is one"
        )
    return ". ".join(sentences) or f"Warm up with each of {_some(_examples(arguments))}"


def _examples(arguments: Sequence[Argument]) -> list[str]:
    by_class = {words.classified(argument): words.with_class(argument) for argument in arguments}
    return list(by_class.values())


def _tensor(name: str, arguments: Sequence[Argument]) -> str:
    sentences = []
    dtypes = list(dict.fromkeys(str(argument.key[0]) for argument in arguments))
    if len(dtypes) > 1:
        sentences.append(f"Each dtype of `{name}` is a variant: warm up with {_some(dtypes)}")
    aligned = {"D" in str(argument.key[1] or "") for argument in arguments}
    if len(aligned) > 1:
        sentences.append(
            f"`{name}` does not always start at a multiple of 16 bytes (a view such as `x[1:]` "
            f'does not): copy it before, or `do_not_specialize_on_alignment=["{name}"]`, which may '
            "cost the vectorized access"
        )
    return ". ".join(sentences) or f"Warm up with each layout of `{name}` that occurs"


def _some(values: Sequence[str], last: str = "and") -> str:
    """Return a list in a sentence."""
    shown = list(values[:8])
    if len(values) > len(shown):
        return f"{', '.join(shown)} {last} {len(values) - len(shown):,} more"
    if len(shown) < 2:
        return "".join(shown)
    return f"{', '.join(shown[:-1])} {last} {shown[-1]}"
