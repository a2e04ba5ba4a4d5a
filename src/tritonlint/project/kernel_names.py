"""The name that a kernel must have to be meant by a dotted name."""

from __future__ import annotations

from tritonlint.triton.names import CALLABLE_ATTRIBUTES, TELLING_ATTRIBUTES

#: Attributes by which code launches a kernel, or sees its parameters.
_OF_KERNELS = CALLABLE_ATTRIBUTES | TELLING_ATTRIBUTES


def kernel_name(dotted: str) -> tuple[str, tuple[str, ...]]:
    """Return the name that a kernel must have to be meant, and the attributes that are used of it.

    For `lib.k.run`, these are `k` and `run`.
    """
    parts = dotted.split(".")
    length = len(parts)
    while length > 1 and parts[length - 1] in _OF_KERNELS:
        length -= 1
    return parts[length - 1], tuple(parts[length:])
