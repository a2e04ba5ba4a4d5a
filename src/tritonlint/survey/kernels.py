"""From the definition of a kernel to its facts; libcst reads only what `ast` cannot clear."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tritonlint.facts import Decorator, Forward, Kernel, Mode, Parameter, Span, Use
from tritonlint.survey.scopes import Scope, chain, resolve
from tritonlint.survey.text import Text

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef

if TYPE_CHECKING:
    import libcst as cst

_BUILTINS = frozenset(dir(builtins))


class KernelUnreadableError(Exception):
    """libcst cannot parse a kernel that Python can."""


@dataclass(frozen=True)
class Definition:
    """A kernel's definition in the syntax tree, with the scope of its body."""

    node: FunctionNode
    qualname: str
    decorators: tuple[Decorator, ...]
    scope: Scope


def build_kernel(definition: Definition, text: Text) -> Kernel:
    """The facts of one kernel.

    Raises `KernelUnreadableError` where its body has to be analysed and libcst cannot parse it.
    """
    node = definition.node
    arguments = list(_parameters(node.args))
    uses = _uses(definition, [a.arg for a, _, _ in arguments], text)
    parameters = []
    for arg, mode, default in arguments:
        at = text.span(arg)
        use, forwards, obstacle = uses.get(arg.arg, (Use.READ, (), None))
        parameters.append(
            Parameter(
                name=arg.arg,
                span=Span(at.row, at.column, at.row, at.column + len(arg.arg)),
                annotation=text.of(arg.annotation) if arg.annotation else "",
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
        decorators=definition.decorators,
        parameters=tuple(parameters),
        variadic=bool(node.args.vararg or node.args.kwarg),
        returns_value=_returns_value(node),
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


def _returns_value(node: FunctionNode) -> bool:
    """Whether it is a device function: Triton lets no launched kernel return anything."""
    pending: list[ast.AST] = list(node.body)
    while pending:
        part = pending.pop()
        if isinstance(part, ast.Return):
            if part.value is not None and not (
                isinstance(part.value, ast.Constant) and part.value.value is None
            ):
                return True
        elif isinstance(part, (ast.Yield, ast.YieldFrom)):
            return True
        elif not isinstance(
            part, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
        ):
            pending.extend(ast.iter_child_nodes(part))
    return False


def _uses(
    definition: Definition, names: list[str], text: Text
) -> dict[str, tuple[Use, tuple[Forward, ...], str | None]]:
    """What happens to each parameter; those that are plainly read are left out."""
    if not names or plainly_read(definition.node, definition.scope) >= set(names):
        return {}
    # Most runs clear every kernel before libcst is needed.
    import libcst as cst

    from tritonlint.survey.flow import analyse

    try:
        module = cst.parse_module(text.definition(definition.node))
    except (cst.ParserSyntaxError, RecursionError, ValueError) as error:
        raise KernelUnreadableError(str(error).partition("\n")[0]) from error
    function = _first_function(module)
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
                    Forward(_device_callees(to.callee, definition.scope), to.position, to.keyword)
                    for to in flow.forwards
                )
            )
            if not all(forward.callees for forward in forwards):
                use, forwards = Use.READ, ()
        obstacle = None
        if flow.deleted:
            obstacle = f"the body deletes it (`del {name}`)"
        elif use is Use.UNUSED and flow.mentioned:
            obstacle = "code that is never reached still mentions it"
        uses[name] = (use, forwards, obstacle)
    return uses


def _first_function(module: cst.Module) -> cst.FunctionDef:
    import libcst as cst

    statement: cst.CSTNode = module.body[0]
    # An indented definition comes wrapped in `if 1:`.
    if isinstance(statement, cst.If):
        statement = statement.body.body[0]
    assert isinstance(statement, cst.FunctionDef)
    return statement


def _device_callees(dotted: str, scope: Scope) -> tuple[str, ...]:
    """The symbols of what a body calls; () where it can't be a kernel or may be anything else."""
    root, *attributes = dotted.split(".")
    if not attributes and root in _BUILTINS and scope.lookup(root) is None:
        return ()
    node: ast.expr = ast.Name(root, ast.Load())
    for attribute in attributes:
        node = ast.Attribute(node, attribute, ast.Load())
    resolved = resolve(node, scope)
    if not resolved.complete or any(s.startswith("?:") for s in resolved.symbols):
        return ()
    return resolved.symbols


def plainly_read(node: FunctionNode, scope: Scope) -> set[str]:
    """Names that are read for certain while they hold what they had on entry: cheap, never wrong.

    The body must have no code that an earlier statement could cut off. Then a load that no store
    of the name precedes, in the order of evaluation, is a read, unless it stands in the arguments
    of what may be a helper.
    """
    if _may_have_unreached_code(node.body):
        return set()
    loads = _FirstLoads(scope)
    for statement in node.body:
        loads.visit(statement)
    return loads.read


#: Python 3.10 has no `except*`.
_TRY = (ast.Try, getattr(ast, "TryStar", ast.Try))
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
_NOT_PLAIN = (*_TRY, *_COMPREHENSIONS, *_DEFINITIONS, ast.Match, ast.Import, ast.ImportFrom)
#: Where nodes keep names that are not nodes of their own, and `ast.Name` its name.
_NAME_FIELDS = frozenset({"id", "name", "asname", "arg", "rest"})


class _FirstLoads:
    """Walks a body in the order of evaluation; `read` are names loaded before any store."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.read: set[str] = set()
        self.stored: set[str] = set()

    def visit(self, node: ast.AST, forwarding: bool = False) -> None:
        match node:
            case ast.Name():
                if not isinstance(node.ctx, ast.Load):
                    self.stored.add(node.id)
                elif not forwarding and node.id not in self.stored:
                    self.read.add(node.id)
                return
            case ast.Constant():
                return
            case _ if isinstance(node, _NOT_PLAIN):
                # What these read is left to the full analysis.
                self._store_all(node)
                return
            case ast.Call():
                self.visit(node.func, forwarding)
                inside = forwarding or not _is_intrinsic(node.func, self.scope)
                parts: list[ast.AST] = [*node.args, *(k.value for k in node.keywords)]
                for part in parts:
                    self.visit(part, inside)
                return
            case ast.Assign():
                parts = [node.value, *node.targets]
            case ast.AnnAssign():
                parts = [p for p in (node.annotation, node.value) if p is not None]
                if node.value is not None:
                    parts.append(node.target)
            case ast.AugAssign():
                if isinstance(node.target, ast.Name):
                    self.visit(ast.Name(node.target.id, ast.Load()))
                parts = [node.value, node.target]
            case ast.NamedExpr():
                parts = [node.value, node.target]
            case ast.For() | ast.AsyncFor():
                parts = [node.iter, node.target, *node.body, *node.orelse]
            case _:
                parts = list(ast.iter_child_nodes(node))
        for part in parts:
            self.visit(part, forwarding)

    def _store_all(self, node: ast.AST) -> None:
        """Take every name in `node` for overwritten."""
        for part in ast.walk(node):
            for name in _NAME_FIELDS.intersection(part._fields):
                text = getattr(part, name)
                if isinstance(text, str):
                    self.stored.add(text.partition(".")[0])


def _is_intrinsic(function: ast.expr, scope: Scope) -> bool:
    """Whether a call is surely of Triton or of Python itself, and so reads its arguments."""
    dotted = chain(function)
    if dotted is None:
        # A method of some value: `tensor.to(...)`.
        return isinstance(function, ast.Attribute)
    return not _device_callees(".".join((dotted[0], *dotted[1])), scope)


_JUMPS = (ast.Return, ast.Raise, ast.Break, ast.Continue)


def _may_have_unreached_code(body: list[ast.stmt]) -> bool:
    for index, statement in enumerate(body):
        if index < len(body) - 1 and _may_end_path(statement):
            return True
        if isinstance(statement, ast.While) and isinstance(statement.test, ast.Constant):
            return True
        for block in ("body", "orelse"):
            if _may_have_unreached_code(getattr(statement, block, None) or []):
                return True
    return False


def _may_end_path(statement: ast.stmt) -> bool:
    """Whether possibly nothing goes on past the statement: every arm of it ends in a jump."""
    if isinstance(statement, ast.If):
        arms = (statement.body, statement.orelse)
        return all(arm and _may_end_path(arm[-1]) for arm in arms)
    if isinstance(statement, (ast.With, ast.AsyncWith)):
        return _may_end_path(statement.body[-1])
    if isinstance(statement, (*_TRY, ast.Match)):
        return any(isinstance(part, _JUMPS) for part in ast.walk(statement))
    if isinstance(statement, (ast.For, ast.AsyncFor, ast.While)):
        return any(map(_may_end_path, statement.orelse[-1:]))
    return isinstance(statement, _JUMPS)
