"""From the definition of a kernel to its facts; libcst reads only what `quick` leaves open."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from tritonlint.span import Span
from tritonlint.survey.bodies import is_stub, returns_value
from tritonlint.survey.decorators import DecoratorReader
from tritonlint.survey.evidence import evidence
from tritonlint.survey.facts.kernels import Decorator, Forward, Kernel, Parameter, Reads, Use
from tritonlint.survey.idle import Idle, idle_of
from tritonlint.survey.kept_flows import Flows, KernelUnreadableError
from tritonlint.survey.makers import maker_of
from tritonlint.survey.nodes import Chain, FunctionNode, children
from tritonlint.survey.parameter_comments import is_on_purpose, stays
from tritonlint.survey.quick import SurelyRead, read_by_helpers, surely_read
from tritonlint.survey.reads import reads_of
from tritonlint.survey.scopes import Scope
from tritonlint.survey.scoping import needs_of
from tritonlint.survey.signatures import annotation_of, doubt_of_default, parameters_of, positional
from tritonlint.survey.symbols import device_callees
from tritonlint.survey.text import Text

if TYPE_CHECKING:
    from tritonlint.survey.wrapped import Wrapped
    from tritonlint.survey.wrappings import Wrapping

#: The time that libcst takes grows with the square of the depth: from seconds to minutes.
_DEEPEST = 1000


class Definition(NamedTuple):
    """A kernel's definition in the syntax tree.

    Attributes:
        home: the scope around it.
        scope: the scope of its body.
        wrappings: the calls that make it a kernel, where no decorator does.
    """

    node: FunctionNode
    qualname: str
    home: Scope
    scope: Scope
    wrappings: tuple[Wrapping, ...]


def surely_read_by_all(definitions: Sequence[Definition]) -> list[SurelyRead]:
    """Return, for each kernel, what it or a helper of the same file surely reads."""
    found = [surely_read(d.node, d.scope, idle_of(d.node, d.scope)) for d in definitions]
    names = Counter(d.qualname for d in definitions)
    read_by_helpers(
        {
            definition.qualname: (read, [a.arg for a in positional(definition.node)])
            for definition, read in zip(definitions, found, strict=True)
            # If two definitions have the same name, either may be the helper.
            if names[definition.qualname] == 1
        }
    )
    return found


class KernelBuilder:
    """Makes the facts of a file's kernels; `wrapped` has the calls that wrap each."""

    def __init__(
        self,
        text: Text,
        decorators: DecoratorReader,
        wrapped: Mapping[str, Sequence[Wrapped]],
        flows: Flows,
    ) -> None:
        self.text = text
        self.wrapped = wrapped
        self.decorators = decorators
        self.flows = flows

    def build(self, definition: Definition, read: SurelyRead) -> Kernel:
        """Return the facts of one kernel.

        Raises:
            KernelUnreadableError: its body has to be analyzed, and libcst cannot parse it.
        """
        node, text = definition.node, self.text
        arguments = list(parameters_of(node.args))
        candidates = [a.arg for a, _, _ in arguments if a.arg not in read.read]
        uses = self._uses(definition, candidates, read.idle) if candidates else {}
        annotations = {a.arg: annotation_of(a, text, definition.scope) for a, _, _ in arguments}
        constexprs = {name for name, annotation in annotations.items() if "constexpr" in annotation}
        reads = reads_of(node, definition.scope, constexprs)
        parameters = []
        for arg, mode, default in arguments:
            at = text.span(arg)
            spelled = arg.arg if arg.arg.isascii() else text.identifier(at)
            verdict = uses.get(arg.arg, _Verdict(Use.READ))
            obstacle = verdict.obstacle
            if verdict.use is not Use.READ and spelled != arg.arg:
                obstacle = f"to Python `{spelled}` is another spelling of `{arg.arg}`"
            comment = stays(text.lines, node, arg.arg, at) if verdict.use is not Use.READ else None
            if comment is not None and obstacle is None:
                obstacle = f'a comment says that it stays: "{comment}"'
            parameters.append(
                Parameter(
                    name=arg.arg,
                    span=Span(at.row, at.column, at.row, at.column + len(spelled)),
                    whole=text.parameter(arg, default),
                    annotation=annotations[arg.arg],
                    default=text.of(default) if default is not None else None,
                    evidence=evidence(default, definition.home),
                    mode=mode,
                    use=verdict.use,
                    forwards=verdict.forwards,
                    obstacle=obstacle,
                    doubt=verdict.doubt or doubt_of_default(default, definition.home, text),
                    reads=reads.get(arg.arg, Reads()),
                    statements=tuple(map(text.span, read.idle.needing.get(arg.arg, ()))),
                    checked=arg.arg in read.idle.checked,
                    on_purpose=is_on_purpose(text.lines, at),
                )
            )
        return Kernel(
            name=node.name,
            qualname=definition.qualname,
            span=text.name_span(node),
            first_row=min([node.lineno, *(d.lineno for d in node.decorator_list)]),
            last_row=node.end_lineno or node.lineno,
            def_row=node.lineno,
            body_row=text.body_row(node),
            decorators=tuple(self._decorators(definition)),
            parameters=tuple(parameters),
            variadic=bool(node.args.vararg or node.args.kwarg),
            returns_value=returns_value(node.body),
            stub=is_stub(node.body),
            wraps=max(1, len(definition.wrappings)),
            maker=maker_of(definition.home),
        )

    def _uses(self, definition: Definition, names: list[str], idle: Idle) -> dict[str, _Verdict]:
        """Return the verdicts of the flow analysis, without the idle statements."""
        if _is_deeper_than(_DEEPEST, definition.node):
            raise KernelUnreadableError("its code is nested too deeply")
        flows = self.flows.of(self.text.definition(definition.node, idle.statements))
        uses: dict[str, _Verdict] = {}
        for name in names:
            flow = flows[name]
            use = flow.use
            forwards: tuple[Forward, ...] = ()
            if use is Use.FORWARDED:
                found = (
                    Forward(
                        device_callees(_chain_of(to.callee), definition.scope),
                        to.position,
                        to.keyword,
                    )
                    for to in flow.forwards
                )
                forwards = tuple(dict.fromkeys(found))
                if not all(forward.callees for forward in forwards):
                    use, forwards = Use.READ, ()
            obstacle = None
            if flow.deleted and use is not Use.READ:
                obstacle = f"the body deletes it (`del {name}`)"
            elif use is Use.UNUSED and flow.mentioned:
                obstacle = "code that is never reached still mentions it"
            elif use is Use.FORWARDED and flow.overwritten:
                obstacle = "the body gives the name another value later"
            if use is Use.UNUSED and name in idle.computing:
                use = Use.COMPUTED
            uses[name] = _Verdict(use, forwards, obstacle)
        return {**uses, **_overwritten(definition, uses, idle)}

    def _decorators(self, definition: Definition) -> Iterator[Decorator]:
        wrapped = self.wrapped.get(definition.qualname, ())
        calls = [(each.wrapping, each.scope, True) for each in wrapped]
        calls += [(made, definition.home, False) for made in definition.wrappings[:1]]
        for wrapping, scope, optional in calls:
            made = maker_of(scope)
            for node, recognized, call in wrapping.parts:
                decorator = self.decorators.read(node, recognized, scope)
                yield decorator._replace(call=self.text.span(call), optional=optional, maker=made)
        for node in definition.node.decorator_list:
            recognized = self.decorators.recognize(node, definition.home, definition.node)
            yield self.decorators.read(node, recognized, definition.home)


class _Verdict(NamedTuple):
    """What the body does with a parameter; `Parameter` explains the fields."""

    use: Use
    forwards: tuple[Forward, ...] = ()
    obstacle: str | None = None
    doubt: str | None = None


def _overwritten(
    definition: Definition, uses: dict[str, _Verdict], idle: Idle
) -> dict[str, _Verdict]:
    """Return the overwritten parameters, and what their names mean to Triton without them."""
    names = {name for name, flow in uses.items() if flow.use is Use.OVERWRITTEN}
    if not names:
        return {}
    needs = needs_of(definition.node.body, names, idle.statements)
    obstacle = "Triton knows the name after a branch or a loop only because the parameter has it"
    doubt = "Triton keeps `{}` through a loop: it compiles other code, with the same results"
    undefined = {n: uses[n]._replace(obstacle=obstacle) for n in names & needs.undefined}
    carried = {n: uses[n]._replace(doubt=doubt.format(n)) for n in names & needs.carried}
    return {**carried, **undefined}


def _chain_of(source: str) -> Chain:
    root, *attributes = source.split(".")
    return root, tuple(attributes)


def _is_deeper_than(limit: int, node: ast.AST) -> bool:
    level = [node]
    for _ in range(limit):
        level = [child for parent in level for child in children(parent)]
        if not level:
            return False
    return True
