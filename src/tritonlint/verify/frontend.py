"""Watches Triton's front end while it evaluates a function that came from a project.

What a name stands for is known for sure only then. So before an attribute is looked up, a call is
made or an index is applied, the value that it is done to has to be one of the language's own.
"""

from __future__ import annotations

import ast
import copy
import importlib
from collections.abc import Callable
from typing import Any

from tritonlint.verify.guard import BUILTINS
from tritonlint.verify.language import Kind, Language

#: What is said of a look-up or a call that was stopped.
NOT_ALLOWED = "is not of Triton's language"


class _Evaluated(ast.expr):
    """Stands in a tree for what was evaluated already."""

    def __init__(self, value: Any, node: ast.expr) -> None:
        super().__init__()
        self.held = value
        ast.copy_location(self, node)


class Watch:
    """The checks, put around the methods of `CodeGenerator` that reach into objects."""

    def __init__(self, language: Language, generator: Any) -> None:
        self.language = language
        errors = importlib.import_module("triton.compiler.errors")
        self._error = errors.CompilationError
        # Every release that is supported has these; one that has not is not used at all.
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
            # A backend may put its own in the place of what a module has.
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
