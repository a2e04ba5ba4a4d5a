"""Watches Triton's front end while it evaluates a function of a project.

Only then is it certain what a name stands for. So before each lookup of an attribute, each call and
each index, the value has to be one of Triton's language.
"""

from __future__ import annotations

import ast
import copy
import importlib
from collections.abc import Callable
from typing import Any

from tritonlint.verify.guard import BUILTINS
from tritonlint.verify.language import Kind, Language

#: The message for a lookup or a call that was stopped.
NOT_ALLOWED = "is not of Triton's language"


class _Evaluated(ast.expr):
    """Replaces a part of a tree that is already evaluated."""

    def __init__(self, value: Any, node: ast.expr) -> None:
        super().__init__()
        self.held = value
        ast.copy_location(self, node)


class Watch:
    """Wraps the methods of `CodeGenerator` that access objects in checks."""

    def __init__(self, language: Language, generator: Any) -> None:
        self.language = language
        errors = importlib.import_module("triton.compiler.errors")
        self._error = errors.CompilationError
        # Every supported release has these methods; a release without them is not used at all.
        self._wrap(generator, "visit_Attribute", "value", self._attribute)
        self._wrap(generator, "visit_Call", "func", self._call)
        self._wrap(generator, "visit_Subscript", "value", self._index)
        generator.visit__Evaluated = lambda _, node: node.held
        generator.builtin_namespace = {
            name: value for name, value in generator.builtin_namespace.items() if name in BUILTINS
        }

    def _wrap(
        self, generator: Any, method: str, operand: str, allowed: Callable[[Any, Any], bool]
    ) -> None:
        original = getattr(generator, method)

        def checked(self_: Any, node: Any) -> Any:
            if not any(self_.jit_fn is one for one in self.language.extracted):
                return original(self_, node)
            value = self_.visit(getattr(node, operand))
            if not allowed(value, node):
                raise self._refusal(self_, node, operand)
            known = copy.copy(node)
            setattr(known, operand, _Evaluated(value, getattr(node, operand)))
            result = original(self_, known)
            # A backend may replace a name of a module with its own.
            if self.language.kind(value) is Kind.MODULE and self.language.kind(result) is None:
                raise self._refusal(self_, node, operand)
            return result

        setattr(generator, method, checked)

    def _refusal(self, generator: Any, node: Any, operand: str) -> Exception:
        shown = ast.unparse(node if operand == "value" else node.func)
        text = f"`{shown}` {NOT_ALLOWED}"
        refusal: Exception = self._error(generator.jit_fn.src, node, text)
        return refusal

    def _attribute(self, value: Any, node: ast.Attribute) -> bool:
        return self.language.has(value, node.attr)

    def _call(self, value: Any, node: ast.Call) -> bool:
        if isinstance(value, self.language.core.constexpr):
            value = value.value
        return self.language.calls(value, {keyword.arg or "" for keyword in node.keywords})

    def _index(self, value: Any, node: ast.Subscript) -> bool:
        return not isinstance(node.ctx, ast.Load) or self.language.indexes(value)
