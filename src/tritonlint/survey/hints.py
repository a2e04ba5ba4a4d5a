"""What a host expression probably is, where its kind is not known.

A hint names a kind in a report. It never decides whether something can be removed.
"""

from __future__ import annotations

import ast
import re

from tritonlint.survey.evidence import agreed
from tritonlint.survey.facts.values import Evidence
from tritonlint.survey.scopes import Argument, Assigned, Bound, Scope, Unpacked

#: Attributes and methods that only tensors have.
_OF_TENSORS = frozenset(
    {"shape", "stride", "dtype", "device", "numel", "data_ptr", "contiguous", "is_contiguous"}
    | {"is_cuda", "requires_grad", "element_size", "new_empty", "new_zeros", "untyped_storage"}
)
_SAVED_TENSORS = "saved_tensors"
_CONSTANTS = {bool: Evidence.BOOLEAN, int: Evidence.INTEGER, float: Evidence.FLOAT}
_FLOATS = re.compile(
    r"(?:\w+_)?(?:eps|epsilon|momentum|dropout_p|p_dropout|dropout|weight_decay|temperature)"
    r"|lr|learning_rate|beta[12]?|(?:sm|softmax|attn|attention)_scale|softcap|logit_cap"
)
_INTEGERS = re.compile(
    r"(?:\w+_)?strides?(?:_\w+|\d)?|(?:num|n)_\w+|\w+_(?:len|length|size|dim|offset)|seq_?len\w*"
    r"|batch|nheads|bucket_\w+"
)
_FLAGS = re.compile(r"(?:is|has|use|should|enable|with|do)_\w+")
_MOST_STEPS = 8


class Hints:
    """Looks at the functions of one file."""

    def __init__(self) -> None:
        self._tensors: dict[int, frozenset[str]] = {}

    def of(self, node: ast.AST, scope: Scope, depth: int = 0) -> Evidence:
        """Return what a value probably is."""
        if depth > _MOST_STEPS:
            return Evidence.UNKNOWN
        match node:
            case ast.Attribute(attr=name):
                return named(name)
            case ast.IfExp(body=body, orelse=orelse):
                return agreed(self._of_part(part, scope, depth) for part in (body, orelse))
            case ast.Name(id=name):
                if name in self._asked_like_tensors(scope):
                    return Evidence.TENSOR
                known = scope.lookup(name)
                bindings = known[1] if known is not None else []
                found = agreed(self._of_bound(bound, depth) for bound in bindings)
                return named(name) if found is Evidence.UNKNOWN else found
        return Evidence.UNKNOWN

    def _of_part(self, node: ast.AST, scope: Scope, depth: int) -> Evidence:
        if isinstance(node, ast.Constant):
            return _of_constant(node)
        return self.of(node, scope, depth + 1)

    def _of_bound(self, bound: Bound, depth: int) -> Evidence:
        match bound:
            case Argument(default=ast.Constant() as default):
                return _of_constant(default)
            case Assigned(node, scope):
                return self._of_part(node, scope, depth)
            case Unpacked(ast.Attribute(attr=name)) if name == _SAVED_TENSORS:
                return Evidence.TENSOR
            case Unpacked(ast.Attribute(attr=name)) if name.endswith("shape"):
                return Evidence.INTEGER
        return Evidence.UNKNOWN

    def _asked_like_tensors(self, scope: Scope) -> frozenset[str]:
        """Return the names on which the function around a scope uses attributes of tensors."""
        inner = scope.nearest
        if inner is None:
            return frozenset()
        if id(inner) not in self._tensors:
            self._tensors[id(inner)] = frozenset(
                part.value.id
                for part in inner.nodes
                if isinstance(part, ast.Attribute)
                and part.attr in _OF_TENSORS
                and isinstance(part.value, ast.Name)
            )
        return self._tensors[id(inner)]


def _of_constant(node: ast.Constant) -> Evidence:
    if node.value is None:
        return Evidence.NONE
    return _CONSTANTS.get(type(node.value), Evidence.UNKNOWN)


def named(name: str) -> Evidence:
    """Return what a value with that name usually is."""
    name = name.lower()
    if _FLOATS.fullmatch(name):
        return Evidence.FLOAT
    if _INTEGERS.fullmatch(name):
        return Evidence.INTEGER
    return Evidence.BOOLEAN if _FLAGS.fullmatch(name) else Evidence.UNKNOWN
