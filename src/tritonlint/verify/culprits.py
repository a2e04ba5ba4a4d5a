"""Finds the parameters that the failing line of a compile depends on."""

from __future__ import annotations

import ast
from collections.abc import Collection

from tritonlint.verify.extract import Extract
from tritonlint.verify.usage import definitions, loaded


class Culprits:
    """Follows the values of a failing line back to the parameters of one kernel.

    Args:
        names: the parameters to look for.
    """

    def __init__(self, extract: Extract, names: Collection[str]) -> None:
        self.extract = extract
        self.names = names
        self._definitions: dict[str, dict[str, set[str]]] = {}

    def of(self, frames: list[int]) -> list[str]:
        """Return the parameters, nearest first; `frames` are the rows of the calls to the line."""
        function = self.extract.entry
        calls = []
        for row in frames[:-1]:
            call = self._call_at(function, row)
            if call is None:
                break
            calls.append((function, call))
            function = self.extract.callee(function, ast.unparse(call.func)) or function
        row = frames[len(calls)] if len(calls) < len(frames) else 0
        names = self._closure(function, self._loaded_at(function, row))
        for caller, call in reversed(calls):
            node = self.extract.nodes[function]
            own = [a.arg for a in (*node.args.args, *node.args.kwonlyargs)]
            passed = dict(zip(own, call.args, strict=False))
            passed |= {k.arg: k.value for k in call.keywords if k.arg}
            ordered = [n for name in names if name in passed for n in sorted(loaded(passed[name]))]
            names = self._closure(caller, ordered or sorted(loaded(call)))
            function = caller
        return [name for name in names if name in self.names]

    def _statements_at(self, function: str, row: int) -> list[ast.AST]:
        """Return the innermost statements of a function that contain a row of its source."""
        node = self.extract.nodes[function]
        source = ast.parse(self.extract.sources[function]).body[0]
        assert isinstance(source, ast.FunctionDef)
        row += source.lineno - 1
        holding: list[ast.AST] = [
            part
            for part in ast.walk(source)
            if isinstance(part, (ast.stmt, ast.expr))
            and part.lineno <= row <= (part.end_lineno or 0)
            and part is not source
        ]
        return holding or [node]

    def _loaded_at(self, function: str, row: int) -> list[str]:
        parts = [p for p in self._statements_at(function, row) if isinstance(p, ast.stmt)]
        if not parts:
            return sorted(loaded(self.extract.nodes[function]))
        last = parts[-1]
        if isinstance(last, (ast.If, ast.While)):
            return sorted(loaded(last.test))
        return sorted(loaded(last.iter if isinstance(last, ast.For) else last))

    def _call_at(self, function: str, row: int) -> ast.Call | None:
        for part in self._statements_at(function, row):
            if isinstance(part, ast.Call) and self.extract.callee(function, ast.unparse(part.func)):
                return part
        return None

    def _closure(self, function: str, names: list[str]) -> list[str]:
        if function not in self._definitions:
            self._definitions[function] = definitions(self.extract.nodes[function])
        found = dict.fromkeys(names)
        pending = list(names)
        while pending:
            more = sorted(self._definitions[function].get(pending.pop(0), ()))
            pending += [name for name in more if name not in found]
            found |= dict.fromkeys(more)
        return list(found)
