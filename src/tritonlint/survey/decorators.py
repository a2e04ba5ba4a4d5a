"""Which decorators and wrapping calls make a function a kernel, and what they are told by name."""

from __future__ import annotations

import ast

from tritonlint.facts import NameList, Role
from tritonlint.survey.scopes import BoundTo, Scope, chain, join, last_name

_ROLES = {"jit": Role.JIT, "autotune": Role.AUTOTUNE, "heuristics": Role.HEURISTICS}

#: Modules and names that stand for Triton itself, also where another package re-exports them.
_TRITON_NAMES = frozenset({"triton", "gluon"})

#: Decorators that leave the arguments of a launch alone.
_TRANSPARENT = frozenset({"staticmethod"})

#: Options of Triton's decorators that list parameters by name, with their positional places.
_LISTS: dict[Role, dict[str, int | None]] = {
    Role.JIT: {"do_not_specialize": None, "do_not_specialize_on_alignment": None},
    Role.AUTOTUNE: {"key": 1, "reset_to_zero": None, "restore_value": None},
    Role.HEURISTICS: {"values": 0},
}


def role_of(node: ast.expr, scope: Scope, jit_decorators: frozenset[str]) -> Role:
    """What a decorator expression, called or not, does to the function below it."""
    function = node.func if isinstance(node, ast.Call) else node
    if isinstance(node, ast.Call):
        dotted = chain(node.func)
        if dotted and last_name(dotted) == "partial" and node.args:
            function = node.args[0]
    return _role_of_function(function, scope, jit_decorators)


def _role_of_function(
    node: ast.AST, scope: Scope, jit_decorators: frozenset[str], depth: int = 0
) -> Role:
    dotted = chain(node)
    if dotted is None:
        return Role.UNKNOWN
    root, attributes = dotted
    text = ".".join((root, *attributes))
    if text in jit_decorators:
        return Role.JIT
    if text in _TRANSPARENT:
        return Role.TRANSPARENT
    found = scope.lookup(root)
    if found is None:
        # A star import may have brought `triton`.
        return _role_of_path(text, jit_decorators)
    home, bindings = found
    for bound in bindings:
        if bound.to is BoundTo.IMPORT:
            path = join(bound.symbol, attributes).replace(":", ".").lstrip(".")
            role = _role_of_path(path, jit_decorators)
            if role is not Role.UNKNOWN:
                return role
        elif bound.to is BoundTo.VALUE and bound.node is not None and depth < 4:
            value = bound.node
            if isinstance(value, ast.Call) and value.args:
                # `my_jit = functools.partial(triton.jit, ...)`
                inner = chain(value.func)
                if inner and (inner[1] or (inner[0],))[-1] == "partial":
                    value = value.args[0]
            if chain(value) and not attributes:
                role = _role_of_function(value, home, jit_decorators, depth + 1)
                if role is not Role.UNKNOWN:
                    return role
    # `triton = pytest.importorskip("triton")`
    if root in _TRITON_NAMES and all(b.to is BoundTo.VALUE for b in bindings):
        return _role_of_path(text, jit_decorators)
    return Role.UNKNOWN


def _role_of_path(path: str, jit_decorators: frozenset[str]) -> Role:
    """`vllm.triton_utils.triton.jit`: the last name, if Triton stands before it or first."""
    if path in jit_decorators:
        return Role.JIT
    parts = path.split(".")
    if len(parts) < 2 or not (parts[0] == "triton" or parts[-2] in _TRITON_NAMES):
        return Role.UNKNOWN
    return _ROLES.get(parts[-1], Role.UNKNOWN)


def name_lists(node: ast.expr, role: Role) -> tuple[NameList, ...]:
    """The lists of parameter names that a decorator of that role is given."""
    if not isinstance(node, ast.Call):
        return ()
    if role is Role.UNKNOWN and is_like_autotune(node):
        role = Role.AUTOTUNE
    found = []
    for option, position in _LISTS.get(role, {}).items():
        value = next((k.value for k in node.keywords if k.arg == option), None)
        if value is None and position is not None and len(node.args) > position:
            value = node.args[position]
        if value is None:
            # What is unpacked may be anything, but tensors are named where they are seen.
            hidden = any(k.arg is None for k in node.keywords)
            if hidden and option not in ("reset_to_zero", "restore_value"):
                found.append(NameList(option, None))
            continue
        found.append(NameList(option, _literal_names(value)))
    return tuple(found)


def is_like_autotune(node: ast.Call) -> bool:
    """Whether a decorator has the options of Triton's `autotune`, as wrappers of it do."""
    dotted = chain(node.func)
    name = last_name(dotted) if dotted else ""
    return "autotune" in name or any(k.arg == "configs" for k in node.keywords)


def _literal_names(node: ast.expr) -> tuple[str | int, ...] | None:
    if isinstance(node, ast.Constant):
        if isinstance(node.value, (str, int)):
            return (node.value,)
        return () if node.value is None else None
    elements: list[ast.expr | None]
    if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        elements = list(node.elts)
    elif isinstance(node, ast.Dict):
        elements = list(node.keys)
    else:
        return None
    names: list[str | int] = []
    for element in elements:
        if not isinstance(element, ast.Constant) or not isinstance(element.value, (str, int)):
            return None
        names.append(element.value)
    return tuple(names)
