"""From the raw material of the walk to the facts of a file."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Iterator, Sequence

from tritonlint.facts import (
    ALL_CODE,
    ANY_CLASS,
    FED_BY,
    HANDED_ON,
    OTHER,
    OTHER_KERNELS,
    UNPACKED,
    Argument,
    Binding,
    Call,
    CallForm,
    Evidence,
    Kernel,
    ModuleFacts,
    Owner,
    Problem,
    Reference,
    StringUse,
    Suppression,
)
from tritonlint.survey.evidence import evidence, is_pure
from tritonlint.survey.focus import Focus
from tritonlint.survey.grids import GridCode
from tritonlint.survey.kernels import KernelUnreadableError, build_kernel, plain_of_all
from tritonlint.survey.raw import OwnerCode, RawCall, RawLoad
from tritonlint.survey.scopes import (
    NOTHING,
    VARIABLES,
    Bound,
    BoundTo,
    Resolved,
    Scope,
    Stage,
    Target,
    is_external,
    resolve,
    resolve_chain,
    variable_symbols,
)
from tritonlint.survey.suppressions import find_suppressions
from tritonlint.survey.text import Text
from tritonlint.survey.walk import Walker


def build_module(
    tree: ast.Module,
    text: Text,
    jit_decorators: frozenset[str],
    focus: Focus,
    known: ModuleFacts | None = None,
) -> ModuleFacts:
    """The facts of a parsed file; see `survey` for the arguments."""
    walker = Walker(tree, text, jit_decorators, focus)
    return _Builder(walker, text, focus).build(known)


class _Builder:
    def __init__(self, walker: Walker, text: Text, focus: Focus) -> None:
        self.walker = walker
        self.text = text
        self.focus = focus
        self.local_kernels = {d.qualname for d in walker.definitions}
        self._classes = frozenset(self._names(lambda bound: bound.to is BoundTo.CLASS))
        self.escaped: list[Reference] = []
        self.inherited: dict[str, tuple[str, ...]] = {}
        for name, node in walker.heirs.items():
            symbols = self._base_symbols(node)
            if symbols:
                self.inherited[name] = symbols

    def _base_symbols(self, node: ast.ClassDef) -> tuple[str, ...]:
        """Classes of the project that a class of the module may inherit from."""
        found = (resolve(base, self.walker.module) for base in node.bases)
        symbols = dict.fromkeys(symbol for resolved in found for symbol in resolved.symbols)
        return tuple(s for s in symbols if not s.startswith("?:") and not _is_builtin(s))

    def build(self, known: ModuleFacts | None) -> ModuleFacts:
        if known is None:
            kernels, problems = self._kernels()
            suppressions = tuple(self._suppressions(kernels))
        else:
            kernels, problems = known.kernels, known.problems
            suppressions = known.suppressions
        calls = [c for raw in self.walker.calls for c in self._call(raw)]
        references = {
            (r.symbols, r.how): r
            for load in reversed(self.walker.loads)
            for r in self._reference(load)
        }
        for name, how, node in self.walker.lookups:
            self._escape((f"?:{name}",), how, node, in_kernel=False)
        bindings = (*self._bindings(self.walker.module), *self._attributes())
        references.update({(r.symbols, r.how): r for r in self.escaped})
        return ModuleFacts(
            kernels=kernels,
            calls=tuple(calls),
            references=tuple(sorted(references.values(), key=lambda r: (r.row, r.column))),
            bindings=bindings,
            star_imports=tuple(dict.fromkeys(self.walker.star_imports)),
            owners=tuple(self._owners()),
            suppressions=suppressions,
            problems=problems,
            external=tuple(self._names(_is_external)),
            values=tuple(self._names(_is_value)),
            left_out=self._left_out(),
        )

    def _left_out(self) -> tuple[str, ...]:
        if self.focus.names_only:
            return ALL_CODE
        return (*self.walker.left_out, *((OTHER_KERNELS,) if self.focus.is_partial else ()))

    def _suppressions(self, kernels: Sequence[Kernel]) -> Iterator[Suppression]:
        rows = {kernel.def_row for kernel in kernels}
        rows.update(p.span.row for kernel in kernels for p in kernel.parameters)
        return find_suppressions(self.text.source, self.text.lines, rows)

    # -- kernels ---------------------------------------------------------------------------

    def _kernels(self) -> tuple[tuple[Kernel, ...], tuple[Problem, ...]]:
        kernels, problems = [], []
        definitions = self.walker.definitions
        for definition, plain in zip(definitions, plain_of_all(definitions), strict=True):
            try:
                kernels.append(build_kernel(definition, self.text, plain, self.walker.bind_locals))
            except KernelUnreadableError as error:
                message = f"`{definition.node.name}` cannot be analysed: {error}"
                problems.append(Problem(message, self.text.name_span(definition.node)))
        return tuple(kernels), tuple(problems)

    # -- calls -----------------------------------------------------------------------------

    def _call(self, raw: RawCall) -> list[Call]:
        resolved = resolve(raw.callee, raw.scope)
        targets = [t for t in resolved.targets if self._may_be_kernel(t.symbol, raw.form)]
        if not (targets and self.focus.concerns(t.symbol for t in targets)):
            return []
        direct = raw.callee is raw.node.func
        if direct and raw.form is not CallForm.DEVICE:
            # `fn(...)`: a launch only where `fn` already has its grid.
            launchers = [t for t in targets if t.stage is not Stage.KERNEL]
            if len(launchers) < len(targets):
                plain = tuple(t.symbol for t in targets if t.stage is Stage.KERNEL)
                # `run = ops.kernel.run; run(...)`
                guessed = all(symbol.startswith(OTHER) for symbol in plain)
                how = "in a way that is not understood" if guessed else "like a plain function"
                self._escape(plain, f"called {how}", raw.node, in_kernel=False)
            targets = launchers
        elif any(t.stage is not Stage.KERNEL for t in targets):
            symbols = tuple(t.symbol for t in targets)
            self._escape(symbols, "called in a way that is not understood", raw.node, False)
            return []
        by_bound: dict[int, list[Target]] = {}
        for target in targets:
            by_bound.setdefault(target.bound, []).append(target)
        complete = resolved.complete and len(by_bound) == 1
        if len(by_bound) > 1:
            symbols = tuple(t.symbol for t in targets)
            self._escape(symbols, "called with different bound arguments", raw.node, False)
            return []
        return [
            self._one_call(raw, Resolved(tuple(same), complete), bound)
            for bound, same in by_bound.items()
        ]

    def _one_call(self, raw: RawCall, resolved: Resolved, bound: int) -> Call:
        node = raw.node
        first = 1 if raw.form is CallForm.PARTIAL else 0
        values: list[tuple[str | None, str, ast.expr, ast.AST]] = []
        for argument in node.args[first:]:
            starred = isinstance(argument, ast.Starred)
            value = argument.value if isinstance(argument, ast.Starred) else argument
            values.append((None, "*" if starred else "", value, argument))
        for keyword in node.keywords:
            star = "**" if keyword.arg is None else ""
            values.append((keyword.arg, star, keyword.value, keyword))
        device = raw.form is CallForm.DEVICE
        arguments = tuple(
            Argument(
                keyword=name,
                star=star,
                text=self.text.one_line(value),
                span=self.text.span(whole),
                evidence=Evidence.UNKNOWN if device or star else evidence(value, raw.scope),
                # Inside a kernel every expression is, but for what it calls.
                pure=is_pure(value),
            )
            for name, star, value, whole in values
        )
        mentions, strings = self._grid(raw)
        return Call(
            form=raw.form,
            callees=resolved.symbols,
            complete=resolved.complete,
            span=self.text.span(node),
            arguments=arguments,
            bound=bound,
            first=first,
            owner=raw.owner,
            caller=raw.scope.kernel,
            mentions=mentions,
            strings=strings,
        )

    def _grid(self, raw: RawCall) -> tuple[tuple[str, ...], tuple[str, ...] | None]:
        """What a grid mentions, and the strings in it; None where it comes from elsewhere."""
        grid = raw.grid
        if raw.callee is raw.node.func:
            found = _launcher_grid(raw.callee, raw.scope)
            if found is None:
                return (), None
            grid = found
        if grid is None:
            return (), ()
        code = GridCode(grid, raw.scope)
        strings = tuple(s for s in code.strings if s.isidentifier() or s == UNPACKED)
        return tuple(code.mentions), strings if code.known else None

    # -- references ------------------------------------------------------------------------

    def _may_be_kernel(self, symbol: str, form: CallForm | None = None) -> bool:
        module, _, path = symbol.partition(":")
        if module == "?":
            return form is not None
        if module:
            return True
        if path in self.local_kernels or bool(self.walker.star_imports):
            return True
        root, dot, _ = path.partition(".")
        if root in self.inherited or (dot and root in self._classes):
            return True
        # `kernel.fn` is a kernel too; `Class.kernel` is named by its whole path.
        return any(path.startswith(f"{kernel}.") for kernel in self.local_kernels)

    def _reference(self, load: RawLoad) -> list[Reference]:
        resolved = resolve_chain(load.dotted, load.scope)
        symbols = tuple(
            s
            for s in resolved.symbols
            if (self._is_handed_on(s, load.how) if s.startswith(OTHER) else self._may_be_kernel(s))
        )
        if not (symbols and self.focus.concerns(symbols)):
            return []
        at = self.text.span(load.node)
        in_kernel = load.scope.kernel is not None
        return [Reference(symbols, load.how, at.row, at.column, in_kernel)]

    def _is_handed_on(self, symbol: str, how: str) -> bool:
        """Whether an attribute that may be a kernel gets to where it may be launched."""
        name = symbol.removeprefix(OTHER)
        return how.startswith(HANDED_ON) and self.focus.has(name)

    def _escape(self, symbols: tuple[str, ...], how: str, node: ast.AST, in_kernel: bool) -> None:
        at = self.text.span(node)
        self.escaped.append(Reference(symbols, how, at.row, at.column, in_kernel))

    # -- names -----------------------------------------------------------------------------

    def _bindings(self, scope: Scope) -> list[Binding]:
        bindings = []
        for name, bounds in scope.bindings.items():
            symbols: dict[str, None] = {}
            complete = True
            for bound in bounds:
                if bound.to is BoundTo.CLASS and scope is self.walker.module:
                    # What is asked of a class may be its base's.
                    for symbol in self.inherited.get(name, ()):
                        symbols |= {f":{name}": None, symbol: None}
                    complete = False
                elif bound.to in (BoundTo.IMPORT, BoundTo.KERNEL):
                    prefix = ":" if bound.to is BoundTo.KERNEL else ""
                    symbols[prefix + bound.symbol] = None
                elif bound.to is BoundTo.VALUE and bound.node is not None:
                    resolved = resolve(bound.node, bound.scope or scope)
                    # `kernel = None`, where it cannot be imported, is never launched.
                    something = bool(resolved.targets) or isinstance(bound.node, ast.Constant)
                    complete = complete and resolved.complete and something
                    for target in resolved.targets:
                        if not self._may_be_kernel(target.symbol, CallForm.LAUNCH):
                            continue
                        if target.stage is Stage.KERNEL:
                            symbols[target.symbol] = None
                        else:
                            how = f"kept with its grid in `{name}`"
                            self._escape((target.symbol,), how, bound.node, in_kernel=False)
                else:
                    complete = False
            kept = tuple(s for s in symbols if not is_external(s) and s != OTHER)
            if kept:
                other = () if complete and len(kept) == len(symbols) else (OTHER,)
                bindings.append(Binding(scope.qualified(name), kept + other))
        return bindings

    def _attributes(self) -> Iterator[Binding]:
        """What classes that inherit may have in place of a kernel of their bases."""
        for binding in self._all_attributes():
            if self.focus.has(binding.name.rpartition(".")[2]):
                yield binding

    def _all_attributes(self) -> Iterator[Binding]:
        for scope in self.walker.class_scopes:
            known = scope.qualname in self.walker.heirs and self._knows_bases(scope.qualname)
            owner = scope.qualname if known else ANY_CLASS
            for name, bounds in scope.bindings.items():
                kernels = [bound for bound in bounds if bound.to is BoundTo.KERNEL]
                if kernels and len(kernels) < len(bounds):
                    own = f":{scope.qualname}.{name}"
                    yield Binding(f"{scope.qualname}.{name}", (own, OTHER))
                elif not kernels:
                    yield Binding(f"{owner}.{name}", (OTHER,))
        for name in sorted(self.walker.attributes_set):
            yield Binding(f"{ANY_CLASS}.{name}", (OTHER,))

    def _knows_bases(self, name: str) -> bool:
        """Whether all bases of a class are classes by their names."""
        bases = (resolve(base, self.walker.module) for base in self.walker.heirs[name].bases)
        return all(base.symbols or base is NOTHING for base in bases)

    def _names(self, is_such: Callable[[Bound], bool]) -> Iterator[str]:
        """The module's names that are nothing else."""
        for name, bounds in self.walker.module.bindings.items():
            if all(map(is_such, bounds)):
                yield name

    def _owners(self) -> Iterator[Owner]:
        if self.focus.names_only:
            # A kernel's decorators alone are looked into.
            for name, code in self.walker.owners.items():
                if name.startswith("@"):
                    yield self._owner(name, code, is_variable=False)
            return
        variables = {
            name
            for name, bounds in self.walker.module.bindings.items()
            if any(bound.to in VARIABLES for bound in bounds)
        }
        for name in variables - self.walker.owners.keys():
            self.walker.owners[name] = OwnerCode()
        for name, code in self.walker.owners.items():
            yield self._owner(name, code, name in variables)

    def _is_pythons_own(self, symbol: str) -> bool:
        return _is_builtin(symbol) and symbol[1:] not in self.walker.module.bindings

    def _owner(self, name: str, code: OwnerCode, is_variable: bool) -> Owner:
        # What a loop of the module puts into a variable stands in the module's own code.
        mentions: dict[str, None] = {":": None} if is_variable else {}
        for dotted, scope in code.mentions:
            symbols = resolve_chain(dotted, scope).symbols
            for symbol in (*symbols, *variable_symbols(dotted, scope)):
                if not (symbol.startswith("?:") or self._is_pythons_own(symbol)):
                    mentions[symbol] = None
        # Of most uses the first will do, to be shown; what feeds a kernel is edited, each of it.
        strings = {
            (s.text, s.how, id(s.node) if s.how in FED_BY else 0): s for s in reversed(code.strings)
        }
        return Owner(
            name=name,
            strings=tuple(
                StringUse(s.text, s.how, self.text.span(s.node)) for s in strings.values()
            ),
            mentions=tuple(mentions),
            parameters=tuple(code.parameters),
        )


def _is_external(bound: Bound) -> bool:
    return bound.to is BoundTo.IMPORT and is_external(bound.symbol)


def _is_value(bound: Bound) -> bool:
    """Whether what is bound is itself no kernel."""
    if bound.to is BoundTo.VALUE:
        return isinstance(bound.node, (ast.Constant, ast.JoinedStr, ast.BinOp, ast.Compare))
    return bound.to in (BoundTo.DEFINITION, BoundTo.CLASS)


def _is_builtin(symbol: str) -> bool:
    return symbol.startswith(":") and hasattr(builtins, symbol[1:])


def _launcher_grid(node: ast.AST, scope: Scope) -> ast.expr | None:
    """The grid of `fn` in `fn = kernel[grid]`."""
    if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Subscript):
        return node.args[0].slice
    if not isinstance(node, ast.Name):
        return None
    found = scope.lookup(node.id)
    for bound in found[1] if found else ():
        value = bound.node
        if isinstance(value, ast.Call) and value.args:
            value = value.args[0]
        if bound.to is BoundTo.VALUE and isinstance(value, ast.Subscript):
            return value.slice
    return None
