"""Decorators that leave what a function does as it is."""

from __future__ import annotations

import ast

from tritonlint.survey.nodes import final_name
from tritonlint.survey.pure_names import CACHING
from tritonlint.survey.scopes import AnyFunction, Bound, Imported, Scope

#: Decorators under which calling a function, or looking it up, does what its body does.
_PLAIN_DECORATORS = CACHING | frozenset(
    {"staticmethod", "classmethod", "override", "final", "overload", "abstractmethod", "wraps"}
    | {"no_grad", "inference_mode", "enable_grad", "compile", "disable", "jit", "ignore", "export"}
    | {"autotune", "heuristics", "constexpr_function", "deprecated", "contextmanager", "njit"}
    | {"substitute_in_graph", "allow_in_graph", "assume_constant_result", "skipif", "fixture"}
    | {"parametrize", "register_fake", "custom_op", "singledispatch", "triton_op", "dataclass"}
)
#: Those under which the body also gets the arguments of the call, and makes its result.
_HANDING_ON = CACHING | frozenset(
    {"staticmethod", "override", "final", "overload", "abstractmethod", "wraps", "deprecated"}
    | {"no_grad", "inference_mode", "enable_grad", "compile", "disable", "no_type_check"}
)
#: Packages that have some of these, and that are not known for anything else.
_PACKAGES = frozenset({"typing_extensions", "numba", "pydantic", "overrides", "tilelang"})


def is_plain(decorator: ast.expr, scope: Scope) -> bool:
    """Whether a decorator has such a name, and the project does not define it."""
    return _is_one_of(_PLAIN_DECORATORS, decorator, scope)


def runs_its_body(function: AnyFunction, around: Scope | None) -> bool:
    """Whether a call of a function gives its arguments to the body alone, and returns its result.

    Below `@functools.cache` it does. `around` is the scope of the definition.
    """
    decorators = [] if isinstance(function, ast.Lambda) else function.decorator_list
    return all(around is not None and _is_one_of(_HANDING_ON, d, around) for d in decorators)


def only_keep_results(decorators: list[ast.expr], scope: Scope) -> bool:
    """Whether decorators only keep the result of a call: `@functools.cache`."""
    return all(_is_one_of(CACHING, decorator, scope) for decorator in decorators)


def _is_one_of(names: frozenset[str], decorator: ast.expr, scope: Scope) -> bool:
    """Whether a decorator has one of some names, and the project does not define it."""
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return final_name(called) in names and all(map(_is_of_others, scope.bound_to(called)))


def _is_of_others(bound: Bound) -> bool:
    match bound:
        case Imported(symbol, external, hands_on_triton):
            package = symbol.module.partition(".")[0]
            return external or hands_on_triton or package in _PACKAGES
    return False
