"""What is a tensor for sure: not only because it has a method that modules and others have too."""

from __future__ import annotations

import ast

from tritonlint.survey.evidence import TENSOR_FACTORIES, TENSOR_METHODS, of_annotation
from tritonlint.survey.facts.values import Evidence
from tritonlint.survey.nodes import Chain, chain
from tritonlint.survey.scopes import Argument, Assigned, Bound, Scope

#: What a tensor has, and a `torch.nn.Module` does not. Models have `device` and `dtype`, too.
_TELLING = frozenset({"shape", "strides", "ndim", "is_cuda"})
#: The same, if it is called: a convolution has a `stride`, and many modules a `dim`.
_TELLING_METHODS = frozenset(
    {"stride", "numel", "size", "dim", "data_ptr", "is_contiguous", "contiguous", "view"}
    | {"reshape", "element_size", "unsqueeze", "squeeze", "transpose", "permute", "flatten"}
    | {"new_empty", "new_zeros", "detach"}
)


def is_sure_tensor(node: ast.AST, scope: Scope, seen: frozenset[str] = frozenset()) -> bool:
    """Whether a factory of torch made it, or an annotation says that it is a tensor."""
    match node:
        case ast.Call(ast.Attribute(inner, method)):
            dotted = chain(inner)
            if dotted == ("torch", ()) and scope.only_imports("torch"):
                return method in TENSOR_FACTORIES
            return method in TENSOR_METHODS and is_sure_tensor(inner, scope, seen)
        case ast.Attribute(inner, "T" | "mT" | "grad") | ast.Subscript(inner):
            return is_sure_tensor(inner, scope, seen)
        case ast.UnaryOp(ast.USub() | ast.Invert(), inner):
            return is_sure_tensor(inner, scope, seen)
        case ast.BinOp(left, _, right):
            return is_sure_tensor(left, scope, seen) or is_sure_tensor(right, scope, seen)
        case ast.IfExp(_, left, right):
            return is_sure_tensor(left, scope, seen) and is_sure_tensor(right, scope, seen)
        case ast.Name(name):
            if name in seen:
                # `x = x.float()` leaves it what it is.
                return True
            found = scope.lookup(name)
            return found is not None and all(_is_bound(b, seen | {name}) for b in found[1])
    return False


def _is_bound(bound: Bound, seen: frozenset[str]) -> bool:
    match bound:
        case Argument(ast.arg(annotation=annotation), ""):
            return of_annotation(annotation) is Evidence.TENSOR
        case Assigned(value, scope):
            return is_sure_tensor(value, scope, seen)
    return False


def passes_for_tensor(node: ast.expr, scope: Scope) -> bool:
    """Whether it is one, or the function uses something of it that only a tensor has."""
    if is_sure_tensor(node, scope):
        return True
    dotted = chain(node)
    if dotted is None:
        match node:
            case ast.Call(ast.Attribute(inner, method)) if method in TENSOR_METHODS:
                # `x.view(-1).float()`
                return method in _TELLING_METHODS or passes_for_tensor(inner, scope)
            case ast.Subscript(inner):
                return passes_for_tensor(inner, scope)
        return False
    home = scope.nearest
    return home is not None and any(_tells(part, dotted) for part in home.nodes)


def _tells(node: ast.AST, of: Chain) -> bool:
    match node:
        case ast.Call(ast.Attribute(inner, method)):
            return method in _TELLING_METHODS and chain(inner) == of
        case ast.Attribute(inner, attribute):
            return attribute in _TELLING and chain(inner) == of
    return False
