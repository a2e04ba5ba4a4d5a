"""The parameters in a kernel's signature: their modes, annotations and defaults."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tritonlint.survey.effects import Effects
from tritonlint.survey.facts.kernels import Mode
from tritonlint.survey.nodes import FunctionNode, chain, final_name, last_name
from tritonlint.survey.scopes import Assigned, Imported, Scope
from tritonlint.survey.text import Text


def positional(node: FunctionNode) -> list[ast.arg]:
    return [*node.args.posonlyargs, *node.args.args]


def doubt_of_default(default: ast.expr | None, home: Scope, text: Text) -> str | None:
    """Return why a parameter should stay for the sake of its default, or None."""
    match default:
        case None:
            return None
        case ast.Call(function, [value], []) if final_name(function) == "constexpr":
            pass
        case value:
            pass
    if Effects(home).is_pure(value):
        return None
    return f"its default `{text.one_line(default)}` may have a side effect"


def annotation_of(arg: ast.arg, text: Text, scope: Scope) -> str:
    """Return the source of an annotation, with `tl.constexpr` under its usual name."""
    if arg.annotation is None:
        return ""
    source = text.of(arg.annotation)
    if "constexpr" not in source and _is_constexpr(arg.annotation, scope):
        return "constexpr"
    return source


def _is_constexpr(node: ast.AST, scope: Scope, depth: int = 0) -> bool:
    """Whether it is constexpr, also as in `from triton.language import constexpr as C`."""
    dotted = chain(node)
    if dotted is None or depth > 4:
        return False
    if last_name(dotted) == "constexpr":
        return True
    found = scope.lookup(dotted[0]) if not dotted[1] else None
    for bound in found[1] if found else ():
        match bound:
            case Imported(symbol) if symbol.name == "constexpr":
                return True
            case Assigned(value, place) if _is_constexpr(value, place, depth + 1):
                return True
    return False


def parameters_of(args: ast.arguments) -> Iterator[tuple[ast.arg, Mode, ast.expr | None]]:
    positional = [*args.posonlyargs, *args.args]
    padding: list[ast.expr | None] = [None] * (len(positional) - len(args.defaults))
    for index, (arg, default) in enumerate(
        zip(positional, [*padding, *args.defaults], strict=True)
    ):
        yield (
            arg,
            Mode.POSITIONAL_ONLY if index < len(args.posonlyargs) else Mode.POSITIONAL,
            default,
        )
    for arg, default in zip(args.kwonlyargs, args.kw_defaults, strict=True):
        yield arg, Mode.KEYWORD_ONLY, default
