"""From the definition of a kernel to its facts; libcst reads only what `ast` cannot clear."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from tritonlint.facts import Decorator, Forward, Kernel, Mode, Parameter, Use
from tritonlint.span import Span
from tritonlint.survey.bodies import is_stub, returns_value
from tritonlint.survey.plain import REFLECTION, Plain, plain_uses, read_by_helpers
from tritonlint.survey.scopes import BoundTo, Chain, Scope, chain, device_callees, last_name
from tritonlint.survey.text import Text

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef

if TYPE_CHECKING:
    import libcst as cst

#: The time that libcst takes grows with the square of the depth: seconds here, then minutes.
_DEEPEST = 1000


class KernelUnreadableError(Exception):
    """libcst cannot parse a kernel that Python can."""


class Definition(NamedTuple):
    """A kernel's definition in the syntax tree, with the scope of its body."""

    node: FunctionNode
    qualname: str
    decorators: tuple[Decorator, ...]
    scope: Scope


def plain_of_all(definitions: Sequence[Definition]) -> list[Plain]:
    """For each kernel of a file, what is plain of its parameters."""
    uses = [plain_uses(d.node, d.scope) for d in definitions]
    by_name: dict[str, list[Plain]] = {}
    positional: dict[str, list[str]] = {}
    for definition, found in zip(definitions, uses, strict=True):
        by_name.setdefault(definition.qualname, []).append(found)
        args = definition.node.args
        positional[definition.qualname] = [a.arg for a in (*args.posonlyargs, *args.args)]
    # Of two definitions behind one name either may be the helper.
    for name in [name for name, found in by_name.items() if len(found) > 1]:
        del by_name[name]
    read_by_helpers(by_name, positional)
    return uses


def build_kernel(
    definition: Definition,
    text: Text,
    plain: Plain,
    bind_locals: Callable[[Definition], None] = lambda _: None,
) -> Kernel:
    """The facts of one kernel.

    `plain` is what need not be analysed; `bind_locals` makes sure that the scope is complete.

    Raises `KernelUnreadableError` where its body has to be analysed and libcst cannot parse it.
    """
    node = definition.node
    arguments = list(_parameters(node.args))
    uses = _uses(definition, [a.arg for a, _, _ in arguments], plain, text, bind_locals)
    parameters = []
    for arg, mode, default in arguments:
        at = text.span(arg)
        spelled = arg.arg if arg.arg.isascii() else text.identifier(at)
        use, forwards, obstacle = uses.get(arg.arg, (Use.READ, (), None))
        if use is not Use.READ and spelled != arg.arg:
            obstacle = f"to Python `{spelled}` is another spelling of `{arg.arg}`"
        parameters.append(
            Parameter(
                name=arg.arg,
                span=Span(at.row, at.column, at.row, at.column + len(spelled)),
                annotation=_annotation(arg, text, definition.scope),
                default=text.of(default) if default is not None else None,
                mode=mode,
                use=use,
                forwards=forwards,
                obstacle=obstacle,
            )
        )
    first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
    return Kernel(
        name=node.name,
        qualname=definition.qualname,
        span=text.name_span(node),
        first_row=first,
        last_row=node.end_lineno or node.lineno,
        def_row=node.lineno,
        body_row=_body_row(node, text),
        decorators=definition.decorators,
        parameters=tuple(parameters),
        variadic=bool(node.args.vararg or node.args.kwarg),
        returns_value=returns_value(node.body),
        stub=is_stub(node.body),
    )


def _body_row(node: FunctionNode, text: Text) -> int:
    first = node.body[0]
    row = min([first.lineno, *(d.lineno for d in getattr(first, "decorator_list", ()))])
    line = text.lines[row - 1]
    beside = row == first.lineno and len(line) - len(line.lstrip()) < first.col_offset
    return (node.end_lineno or node.lineno) + 1 if beside else row


def _annotation(arg: ast.arg, text: Text, scope: Scope) -> str:
    """The source of an annotation; that of `tl.constexpr`, where this has another name."""
    if arg.annotation is None:
        return ""
    source = text.of(arg.annotation)
    if "constexpr" not in source and _is_constexpr(arg.annotation, scope):
        return "constexpr"
    return source


def _is_constexpr(node: ast.AST, scope: Scope, depth: int = 0) -> bool:
    """`from triton.language import constexpr as C`, `C = tl.constexpr`"""
    dotted = chain(node)
    if dotted is None or depth > 4:
        return False
    if last_name(dotted) == "constexpr":
        return True
    found = scope.lookup(dotted[0])
    return found is not None and any(
        bound.symbol.rpartition(":")[2] == "constexpr"
        if bound.to is BoundTo.IMPORT
        else bound.node is not None and _is_constexpr(bound.node, found[0], depth + 1)
        for bound in found[1]
        if not dotted[1]
    )


def _parameters(args: ast.arguments) -> Iterator[tuple[ast.arg, Mode, ast.expr | None]]:
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


_Use = tuple[Use, tuple[Forward, ...], str | None]


def _uses(
    definition: Definition,
    names: list[str],
    plain: Plain,
    text: Text,
    bind_locals: Callable[[Definition], None],
) -> dict[str, _Use]:
    """What happens to each parameter; those that are read are left out."""
    names = [name for name in names if name not in plain.read]
    if not names:
        return {}
    settled: dict[str, _Use] = {}
    if plain.mentions is not None and REFLECTION.isdisjoint(plain.mentions):
        for name in names:
            passed = plain.passed.get(name, [])
            if not plain.mentions[name]:
                settled[name] = Use.UNUSED, (), None
            elif passed and plain.mentions[name] - plain.stores[name] == len(passed):
                settled[name] = Use.FORWARDED, tuple(dict.fromkeys(passed)), None
    if len(settled) == len(names):
        return settled
    if _is_deeper_than(_DEEPEST, definition.node):
        raise KernelUnreadableError("its code is nested too deeply")
    # Most runs clear every kernel before libcst is needed.
    import libcst as cst

    from tritonlint.survey.flow import analyse, normalized

    try:
        module = cst.parse_module(text.definition(definition.node))
    except (cst.ParserSyntaxError, RecursionError, ValueError) as error:
        raise KernelUnreadableError(str(error).partition("\n")[0]) from error
    function = _first_function(module)
    if not text.source.isascii():
        function = normalized(function)
    bind_locals(definition)
    try:
        flows = analyse(function)
    except RecursionError as error:
        raise KernelUnreadableError("its expressions are nested too deeply") from error
    uses = {}
    for name in names:
        flow = flows[name]
        use = flow.use
        forwards: tuple[Forward, ...] = ()
        if use is Use.FORWARDED:
            forwards = tuple(
                dict.fromkeys(
                    Forward(
                        device_callees(_chain_of(to.callee), definition.scope),
                        to.position,
                        to.keyword,
                    )
                    for to in flow.forwards
                )
            )
            if not all(forward.callees for forward in forwards):
                use, forwards = Use.READ, ()
        obstacle = None
        if flow.deleted and use is not Use.READ:
            obstacle = f"the body deletes it (`del {name}`)"
        elif use is Use.UNUSED and flow.mentioned:
            obstacle = "code that is never reached still mentions it"
        uses[name] = (use, forwards, obstacle)
    return uses


def _chain_of(source: str) -> Chain:
    root, *attributes = source.split(".")
    return root, tuple(attributes)


def _is_deeper_than(limit: int, node: ast.AST) -> bool:
    level = [node]
    for _ in range(limit):
        level = [child for parent in level for child in ast.iter_child_nodes(parent)]
        if not level:
            return False
    return True


def _first_function(module: cst.Module) -> cst.FunctionDef:
    import libcst as cst

    statement: cst.CSTNode = module.body[0]
    # An indented definition comes wrapped in `if 1:`.
    if isinstance(statement, cst.If):
        statement = statement.body.body[0]
    assert isinstance(statement, cst.FunctionDef)
    return statement
