"""Builds the facts of a file from the raw material of the walk."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence

from tritonlint.survey.callers import host_calls
from tritonlint.survey.calls import CallBuilder
from tritonlint.survey.class_facts import class_facts
from tritonlint.survey.containers import Container, elements_of
from tritonlint.survey.decorators import DecoratorReader
from tritonlint.survey.facts.kernels import Kernel
from tritonlint.survey.facts.module import ModuleFacts, Problem, Suppression
from tritonlint.survey.facts.names import Binding, Choice, Symbol, in_file, of_object
from tritonlint.survey.facts.references import HANDED_ON, HARMLESS, Escape, Reference
from tritonlint.survey.far import host_functions
from tritonlint.survey.feeders import feeders
from tritonlint.survey.file_names import FileNames
from tritonlint.survey.guarded import Guarded
from tritonlint.survey.handing import HandingBuilder
from tritonlint.survey.kept_flows import Flows, KernelUnreadableError
from tritonlint.survey.kernels import KernelBuilder, surely_read_by_all
from tritonlint.survey.launches import Handed
from tritonlint.survey.namespaces import enumerations
from tritonlint.survey.nodes import Chain
from tritonlint.survey.recognition import jit_makers
from tritonlint.survey.resolved import Stage
from tritonlint.survey.scopes import (
    BUILTINS,
    Assigned,
    ClassName,
    FunctionName,
    Imported,
    KernelName,
    Scope,
)
from tritonlint.survey.stand_ins import stand_ins
from tritonlint.survey.suppressions import find_suppressions
from tritonlint.survey.symbols import asked_of_partial, resolve, resolve_chain
from tritonlint.survey.users import users
from tritonlint.survey.uses import How
from tritonlint.survey.walk import Walker
from tritonlint.survey.wrapped import Wrapped, settle_wrappings
from tritonlint.triton.names import CONFIG_HOOK, TELLING_ATTRIBUTES


def build_module(tree: ast.Module, walker: Walker, flows: Flows) -> ModuleFacts:
    """Return the facts of a parsed file."""
    return _Builder(tree, walker, flows).build()


class _Builder:
    def __init__(self, tree: ast.Module, walker: Walker, flows: Flows) -> None:
        self.tree = tree
        self.flows = flows
        self.walker = walker
        self.text = walker.text
        self.options = walker.options
        wrappings = walker.module.wrappings.values()
        self.names = FileNames(tree, (p.decorator for w in wrappings for p in w.parts))
        self.local_kernels = {d.qualname for d in walker.definitions}
        self._classes = {s.qualname: c for c, s in walker.classes}
        self.escaped: list[Reference] = []
        self.wrapped: Mapping[str, Sequence[Wrapped]] = {}

    def build(self) -> ModuleFacts:
        choices = self.walker.containers.settle(self.walker, self.tree)
        self.wrapped = settle_wrappings(self.walker)
        kernels, problems = self._kernels()
        walker = self.walker
        guarded = Guarded(self.text, walker.guarded_blocks, walker.scopes, walker.trusting)
        calls = CallBuilder(walker, guarded, self.may_be_kernel, self.escape)
        stars = bool(walker.star_imports)
        handing = HandingBuilder(calls, walker.calls, walker.handed, stars)
        handings, names = handing.handings(self._mention)
        launchers = tuple(handing.launchers())
        walker.load_handed(names)
        found = [call for raw in walker.calls for call in calls.build(raw)]
        handed = [given.argument for h in handings for given in h.arguments]
        passed = [a for call in found for a in call.arguments] + handed
        sources = [a.provenance for a in passed]
        sources += [
            given.argument.provenance
            for launcher in launchers
            for launched in launcher.kernels
            for onward in launched.onwards
            for given in onward.arguments
        ]
        near = tuple(host_calls(sources, walker.host_calls, walker.classes, calls.provenance))
        sources += [given for call in near for _, given in call.arguments]
        references: dict[object, Reference] = {}
        mentions = list(self._references())
        bindings = (*self._bindings(self.walker.module), *self._class_bindings())
        for reference in (*mentions, *self.escaped):
            references.setdefault(reference.kind, reference)
        return ModuleFacts(
            kernels=kernels,
            calls=tuple(found),
            references=tuple(sorted(references.values(), key=lambda r: (r.row, r.column))),
            bindings=bindings,
            classes=tuple(class_facts(walker)),
            attributes_set=tuple(self.walker.attributes_set),
            star_imports=tuple(dict.fromkeys(self.walker.star_imports)),
            enumerations=tuple(enumerations(self.walker.names.listings)),
            impure=tuple(self.walker.impure),
            suppressions=tuple(self._suppressions(kernels)),
            problems=problems,
            host_calls=near,
            host_functions=tuple(host_functions(self.walker.functions, sources)),
            feeders=tuple(feeders(self.tree, walker, passed, kernels, launchers, guarded)),
            jit_makers=tuple(jit_makers(self.walker.module, self.options)),
            stand_ins=tuple(stand_ins(self.tree, walker.module, self.text.source)),
            users=tuple(users(self.tree, walker)) if found or handings else (),
            handings=handings,
            launchers=launchers,
            choices=tuple(map(self._choice, choices)),
            flows=self.flows.used,
        )

    def _suppressions(self, kernels: Sequence[Kernel]) -> Iterator[Suppression]:
        rows = {kernel.def_row for kernel in kernels}
        rows.update(p.span.row for kernel in kernels for p in kernel.parameters)
        return find_suppressions(self.text.source, self.text.lines, rows)

    # -- kernels ---------------------------------------------------------------------------

    def _kernels(self) -> tuple[tuple[Kernel, ...], tuple[Problem, ...]]:
        kernels, problems = [], []
        definitions = self.walker.definitions
        if not definitions:
            return (), ()
        decorators = DecoratorReader(self.text, self.names, self.walker.scopes, self.options)
        builder = KernelBuilder(self.text, decorators, self.wrapped, self.flows)
        for definition, read in zip(definitions, surely_read_by_all(definitions), strict=True):
            try:
                kernels.append(builder.build(definition, read))
            except KernelUnreadableError as error:
                message = f"`{definition.node.name}` cannot be analyzed: {error}"
                problems.append(Problem(message, self.text.name_span(definition.node)))
        closed = (
            kernel._replace(decorators=tuple(map(decorators.closed, kernel.decorators)))
            for kernel in kernels
        )
        return tuple(closed), tuple(problems)

    # -- references ------------------------------------------------------------------------

    def may_be_kernel(self, symbol: Symbol) -> bool:
        """Whether a symbol may be a kernel, of this file or of another."""
        if symbol.origin != "file":
            return True
        parts = symbol.path.split(".")
        if any(".".join(parts[:end]) in self.local_kernels for end in range(len(parts), 0, -1)):
            return True
        root = parts[0]
        if root in self.walker.module.bindings:
            # A class may have inherited it; the bindings of anything else are known.
            return root in self._classes
        # A star import may bring it, or code elsewhere may set it in the module.
        return root not in BUILTINS or bool(self.walker.star_imports)

    def escape(self, symbols: tuple[Symbol, ...], how: How, node: ast.AST) -> None:
        """Note a use that cannot be followed."""
        at = self.text.span(node)
        self.escaped.append(Reference(symbols, *how, at.row, at.column, in_kernel=False))

    def _references(self) -> Iterator[Reference]:
        loads = [(node, *load[:2]) for load, node in self.walker.loads.items()]
        for place, dotted, scope in (*loads, *self.walker.partial_loads):
            launched, asked = asked_of_partial(dotted, scope)
            if launched:
                self.escape(launched, (Escape.INSPECTED, asked), place)
        for (dotted, scope, how), node in self.walker.loads.items():
            symbols = self._used(dotted, scope, how)
            if symbols:
                at = self.text.span(node)
                in_kernel = scope.kernel is not None
                yield Reference(symbols, *how, at.row, at.column, in_kernel)
        for (attribute, how, in_kernel), node in self.walker.attribute_loads.items():
            if how[0] in HANDED_ON:
                at = self.text.span(node)
                yield Reference((of_object(attribute),), *how, at.row, at.column, in_kernel)
        for name, how, node in self.walker.names.lookups:
            at = self.text.span(node)
            yield Reference((of_object(name),), *how, at.row, at.column, in_kernel=False)

    def _mention(self, handed: Handed) -> Reference | None:
        """Return the reference to what a call is given."""
        symbols = self._used(handed.dotted, handed.scope, handed.how)
        at = self.text.span(handed.name)
        escape, detail = handed.how
        return (
            Reference(symbols, escape, detail, at.row, at.column, in_kernel=False)
            if symbols
            else None
        )

    def _used(self, dotted: Chain, scope: Scope, how: How) -> tuple[Symbol, ...]:
        """Return the symbols of a mention, if this kind of use matters."""
        if how[0] is Escape.SET and dotted[1][-1:] == (CONFIG_HOOK,):
            return (of_object(CONFIG_HOOK),)
        resolved = resolve_chain(dotted, scope)
        if not resolved.targets:
            return ()
        found = []
        for symbol in resolved.symbols:
            if symbol.origin == "object":
                if how[0] in HANDED_ON:
                    found.append(symbol)
                elif symbol.name in TELLING_ATTRIBUTES and len(dotted[1]) > 1:
                    # `self.kernel.arg_names`
                    self._telling(dotted, scope)
            elif (how[0] not in HARMLESS or _tells(symbol)) and self.may_be_kernel(symbol):
                found.append(symbol)
        return tuple(found)

    def _telling(self, dotted: Chain, scope: Scope) -> None:
        node = next(n for (d, s, _), n in self.walker.loads.items() if (d, s) == (dotted, scope))
        how = (Escape.INSPECTED, dotted[1][-1])
        self.escape((of_object(dotted[1][-2]),), how, node)

    # -- names -----------------------------------------------------------------------------

    def _bindings(self, scope: Scope) -> list[Binding]:
        found = []
        for name, bounds in scope.bindings.items():
            symbols: dict[Symbol, None] = {}
            known = closed = True
            has_other = False
            for bound in bounds:
                match bound:
                    case KernelName(qualname):
                        symbols[in_file(qualname)] = None
                        closed = False
                    case Imported(symbol, external):
                        has_other = has_other or external
                        if not external:
                            symbols[symbol] = None
                            closed = False
                    case Assigned(node, place):
                        known = self._assigned(name, node, place, symbols) and known
                        closed = closed and isinstance(node, ast.Constant)
                    case FunctionName() | ClassName():
                        has_other = True
                        closed = False
                    case _:
                        known = closed = False
            complete = known and not (symbols and has_other)
            found.append(Binding(scope.qualified(name), tuple(symbols), complete, closed))
        return found

    def _assigned(
        self, name: str, node: ast.expr, scope: Scope, symbols: dict[Symbol, None]
    ) -> bool:
        """Add the possible values; return whether there are no others."""
        resolved = resolve(node, scope)
        for target in resolved.targets:
            if not self.may_be_kernel(target.symbol):
                continue
            if target.stage is Stage.KERNEL:
                symbols[target.symbol] = None
            else:
                self.escape((target.symbol,), (Escape.WITH_GRID, f" in `{name}`"), node)
        # `kernel = None` stands in for a failed import and is never launched.
        is_value = isinstance(node, (ast.Constant, ast.JoinedStr, ast.BinOp, ast.Compare))
        return is_value or (resolved.complete and bool(resolved.targets))

    def _choice(self, container: Container) -> Choice:
        found = [resolve(item, container.scope) for item in elements_of(container.node)]
        symbols = dict.fromkeys(s for f in found for s in f.symbols if self.may_be_kernel(s))
        return Choice(container.name, tuple(symbols))

    def _class_bindings(self) -> Iterator[Binding]:
        for _, scope in self.walker.classes:
            for binding in self._bindings(scope):
                if binding.symbols:
                    yield binding


def _tells(symbol: Symbol) -> bool:
    """Whether it is an attribute that shows the parameters of a kernel."""
    return not TELLING_ATTRIBUTES.isdisjoint(symbol.path.split(".")[1:])
