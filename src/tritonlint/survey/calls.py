"""The calls of a file that may be launches or device calls, as facts."""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import cached_property

from tritonlint.survey.arguments import ArgumentReader
from tritonlint.survey.derived import Derivations
from tritonlint.survey.effects import Effects
from tritonlint.survey.evidence import evidence
from tritonlint.survey.facts.calls import (
    Argument,
    Call,
    CallForm,
    Derived,
    Item,
    Sequence,
    UnpackedLiteral,
)
from tritonlint.survey.facts.lookups import Seen
from tritonlint.survey.facts.names import Symbol
from tritonlint.survey.facts.references import Escape
from tritonlint.survey.facts.values import Evidence, Provenance
from tritonlint.survey.grids import launcher_grid
from tritonlint.survey.guarded import Guarded
from tritonlint.survey.hints import Hints
from tritonlint.survey.launches import RawCall
from tritonlint.survey.limits import Limits
from tritonlint.survey.provenance import provenance
from tritonlint.survey.ranks import Ranks
from tritonlint.survey.reaching import Reaching
from tritonlint.survey.resolved import Resolved, Stage, Target
from tritonlint.survey.scopes import Assigned, Scope
from tritonlint.survey.steady import steady
from tritonlint.survey.tried import Tried
from tritonlint.survey.tuple_lengths import tuple_length
from tritonlint.survey.unpackings import Made, Unpackings
from tritonlint.survey.uses import How
from tritonlint.survey.walk import Walker
from tritonlint.triton.backends import COMPILE_OPTIONS


class CallBuilder:
    """Makes facts of calls.

    Args:
        may_be_kernel: whether a symbol may stand for a kernel.
        escape: is told which kernels a call takes out of sight, how and where.
        guarded: the blocks whose errors are expected or caught.
    """

    def __init__(
        self,
        walker: Walker,
        guarded: Guarded,
        may_be_kernel: Callable[[Symbol], bool],
        escape: Callable[[tuple[Symbol, ...], How, ast.AST], None],
    ) -> None:
        self.walker = walker
        self.text = walker.text
        self.guarded = guarded
        self.scopes = walker.scopes
        self.may_be_kernel = may_be_kernel
        self.escape = escape
        self.limits = Limits()
        self.hints = Hints()
        self.unpackings = Unpackings()
        self.ranks = Ranks()
        self.derivations = Derivations()
        self.reaching = Reaching()

    def build(self, raw: RawCall) -> list[Call]:
        """Return the facts of one call; none if no kernel can be called."""
        resolved = self.reaching.resolve(raw.callee, raw.scope)
        targets = [t for t in resolved.targets if self.may_be_kernel(t.symbol)]
        if not targets:
            return []
        symbols = tuple(dict.fromkeys(t.symbol for t in targets))
        is_direct = raw.callee is raw.node.func
        if is_direct and raw.form is not CallForm.DEVICE:
            # `fn(...)` is a launch only if `fn` already has its grid.
            launchers = [t for t in targets if t.stage is not Stage.KERNEL]
            if len(launchers) < len(targets):
                plain = tuple(t.symbol for t in targets if t.stage is Stage.KERNEL)
                # `run = ops.kernel.run; run(...)`
                guessed = all(symbol.origin == "object" for symbol in plain)
                escape = Escape.ODD_CALL if guessed else Escape.CALLED
                self.escape(plain, (escape, ""), raw.node)
            targets = launchers
        elif any(t.stage is not Stage.KERNEL for t in targets):
            self.escape(symbols, (Escape.ODD_CALL, ""), raw.node)
            return []
        if not targets:
            return []
        if len({target.earlier for target in targets}) > 1:
            self.escape(symbols, (Escape.ODD_PARTIAL, ""), raw.node)
            return []
        complete = resolved.complete and len(targets) == len(resolved.targets)
        return [self._call(raw, Resolved(tuple(targets), complete), targets[0])]

    def _call(self, raw: RawCall, resolved: Resolved, target: Target) -> Call:
        node = raw.node
        wrapped = {target.wrapped for target in resolved.targets}
        first = 1 if raw.form is CallForm.PARTIAL else 0
        values: list[tuple[str | None, str, ast.expr, ast.AST]] = []
        for argument in node.args[first:]:
            if isinstance(argument, ast.Starred):
                values.append((None, "*", argument.value, argument))
            else:
                values.append((None, "", argument, argument))
        for keyword in node.keywords:
            star = "**" if keyword.arg is None else ""
            if keyword.value is not raw.callee:
                values.append((keyword.arg, star, keyword.value, keyword))
        return Call(
            form=raw.form,
            callees=resolved.symbols,
            complete=resolved.complete,
            span=self.text.span(node),
            arguments=tuple(self.argument(raw, *value) for value in values),
            earlier=target.earlier,
            first=first,
            kernel=raw.scope.kernel,
            grid=self._grid(raw),
            may_fail=raw.may_fail or self.guarded.hold(node),
            tried=self._tried.hold(raw.scope),
            function=function_around(raw.scope),
            programs=self._programs(raw),
            wrapped=tuple(map(self.text.span, *wrapped)) if len(wrapped) == 1 else None,
        )

    @cached_property
    def _tried(self) -> Tried:
        return Tried(self.walker, self.guarded)

    def argument(
        self, raw: RawCall, keyword: str | None, star: str, value: ast.expr, whole: ast.AST
    ) -> Argument:
        """Return one argument of a call; `whole` is what the call would lose."""
        effects = Effects(raw.scope, may_ask=raw.form is not CallForm.DEVICE)
        device = raw.form is CallForm.DEVICE
        pure = effects.is_pure(value)
        found = Evidence.UNKNOWN if device or star else evidence(value, raw.scope)
        unclear = found is Evidence.UNKNOWN and not (device or star)
        keys: frozenset[str] | None = None
        made: Made | None = None
        sequence: Sequence | None = None
        length: int | None = None
        if star == "**" and not device:
            keys = self.unpackings.keys(value, raw.scope)
            made = self.unpackings.dictionary(value, raw.scope) if keys else None
        elif star == "*" and raw.form not in (CallForm.DEVICE, CallForm.PARTIAL):
            made = self.unpackings.sequence(value, raw.scope)
            length = tuple_length(value, raw.scope)
            sequence = self.ranks.sequence(value, raw.node, raw.scope)
        return Argument(
            keyword=keyword,
            star=star,
            text=self.text.one_line(value),
            span=self.text.span(whole),
            evidence=found,
            # Inside a kernel, every expression without a call is pure.
            pure=pure,
            trusts=() if device else tuple(effects.trusts | self.guarded.trusts(value, raw.scope)),
            provenance=Provenance() if device or star else self.provenance(value, raw.scope),
            hint=self.hints.of(value, raw.scope) if unclear else Evidence.UNKNOWN,
            keys=tuple(sorted(keys)) if keys is not None else None,
            literal=self._literal(made) if made is not None else None,
            asks=tuple(effects.asks) if pure else (),
            sequence=sequence,
            length=length,
            derived=self._derived(keyword, value, raw),
            caught=self.guarded.catch(value, raw.scope),
            steady=None if device or star else steady(value, raw.scope, self.text),
        )

    def _derived(self, keyword: str | None, value: ast.expr, raw: RawCall) -> Derived | None:
        is_option = keyword in COMPILE_OPTIONS and raw.form is not CallForm.DEVICE
        return self.derivations.of(value, raw.node, raw.scope) if is_option else None

    def _literal(self, made: Made) -> UnpackedLiteral:
        """Return the literal that an argument unpacks, with all of its items."""
        items = tuple(self._item(*item, made.scope) for item in made.items)
        return UnpackedLiteral(self.text.span(made.node), items, _length(made.node))

    def _item(self, key: str, value: ast.expr, uses: int, scope: Scope) -> Item:
        effects = Effects(scope, may_ask=True)
        pure = effects.is_pure(value)
        asks = tuple(effects.asks) if pure else ()
        span = self.text.span(value)
        return Item(
            key,
            self.text.one_line(value),
            span,
            pure,
            tuple(effects.trusts | self.guarded.trusts(value, scope)),
            uses,
            asks,
            self.guarded.catch(value, scope),
        )

    def provenance(self, value: ast.expr, scope: Scope) -> Provenance:
        """Return where a value on the host comes from."""
        return provenance(value, scope, self.text, self.limits)

    def _programs(self, raw: RawCall) -> tuple[str, ...]:
        """Return the number of programs in each direction of the grid, as source."""
        grid = raw.grid
        if isinstance(grid, ast.Name):
            found = raw.scope.lookup(grid.id)
            values = [b.node for b in found[1] if isinstance(b, Assigned)] if found else []
            grid = values[0] if found and len(values) == len(found[1]) == 1 else None
        elements = grid.elts if isinstance(grid, (ast.Tuple, ast.List)) else ()
        return tuple(self.text.one_line(element) for element in elements)

    def _grid(self, raw: RawCall) -> Seen:
        """Return what a grid does with the arguments."""
        if raw.form is CallForm.DEVICE:
            return Seen()
        reader = ArgumentReader(self.scopes)
        grid = raw.grid
        if raw.callee is raw.node.func:
            grid = launcher_grid(raw.callee, raw.scope)
            if grid is None:
                reader.unclear("the grid is not seen", raw.node)
        elif grid is None and any(keyword.arg is None for keyword in raw.node.keywords):
            reader.unclear("the grid may be among the unpacked arguments", raw.node)
        if grid is not None:
            reader.grid(grid, raw.scope)
        return reader.seen


def function_around(scope: Scope) -> str:
    """Return the function around a call; a lambda or a comprehension counts as another function."""
    while scope.kind == "comprehension" and scope.parent is not None:
        scope = scope.parent
    return scope.qualname if scope.kind == "function" else ""


def _length(literal: ast.expr) -> int:
    """How many elements or entries a tuple, a list or a dictionary has."""
    match literal:
        case ast.Tuple(elements) | ast.List(elements):
            return len(elements)
        case ast.Dict(keys):
            return len(keys)
        case ast.Call(_, arguments, keywords):
            return len(arguments) + len(keywords)
    raise TypeError(literal)
