"""The name that a kernel must have to be meant by a dotted name."""

from __future__ import annotations

from tritonlint.survey.facts.names import Symbol
from tritonlint.triton.names import CALLABLE_ATTRIBUTES, INNER_KERNEL, TELLING_ATTRIBUTES


def reached(path: str) -> str:
    """Return the attribute of an unknown object that would be the kernel: `k` for `k.run`."""
    owner, _, last = path.rpartition(".")
    is_of_kernel = last in CALLABLE_ATTRIBUTES or last in TELLING_ATTRIBUTES
    return reached(owner) if owner and is_of_kernel else path


def kernel_name(symbol: Symbol) -> str:
    """Return the name that a kernel must have to be meant by a symbol."""
    parts = symbol.path.split(".")
    while len(parts) > 1 and parts[-1] == INNER_KERNEL:
        parts.pop()
    return parts[-1]
