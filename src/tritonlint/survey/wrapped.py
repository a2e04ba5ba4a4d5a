"""Which kernel of the file each wrapping call gets: `tuned = triton.autotune(...)(kernel)`."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from tritonlint.survey.scopes import Scope
from tritonlint.survey.symbols import wrapped_kernel
from tritonlint.survey.uses import How, passed
from tritonlint.survey.wrappings import Wrapping, wrapping_of

if TYPE_CHECKING:
    from tritonlint.survey.walk import Walker


class Wrapped(NamedTuple):
    """A wrapping call in a scope; `how` says what is done with it, and None that it gets a name."""

    node: ast.Call
    wrapping: Wrapping
    scope: Scope
    how: How | None


def found_wrapping(walker: Walker, node: ast.Call, scope: Scope) -> Wrapping | None:
    """Return what a call wraps, if it may be a kernel."""
    made = walker.made.get(node)
    if made is not None or node.func.__class__ is not ast.Call or scope.kernel is not None:
        return made
    wrapping = wrapping_of(node, scope, walker.options)
    # A function that it makes a kernel is one of another file, or of a scope around.
    return wrapping if wrapping is not None and not wrapping.makes_kernel else None


def settle_wrappings(walker: Walker) -> Mapping[str, Sequence[Wrapped]]:
    """Return, by qualified name of the kernel, the calls that wrap one.

    Whatever else such a call gets is passed to code that is not followed.
    """
    found: defaultdict[str, dict[ast.Call, Wrapped]] = defaultdict(dict)
    for each in walker.wraps:
        node, wrapping, scope, how = each
        kernel = wrapped_kernel(wrapping, scope)
        if kernel is None:
            how = passed(walker.text.function(node.func))
        elif not wrapping.makes_kernel:
            found[kernel].setdefault(node, each)
        if how is not None:
            walker.load(wrapping.inner, wrapping.name, scope, how)
    return {kernel: tuple(calls.values()) for kernel, calls in found.items()}
