"""Blocks whose errors may be caught or expected, so that code goes on after one."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from tritonlint.survey.bodies import TRY, blocks_of
from tritonlint.survey.nodes import (
    FunctionNode,
    chain,
    children,
    decorator_name,
    final_name,
    nodes_in,
    returned,
)
from tritonlint.survey.scopes import Assigned, Bound, ClassName, FunctionName, Imported, Scope

#: Functions and classes of context managers that let errors through.
_LETTING = frozenset(
    {"device", "device_index", "device_guard", "DeviceGuard", "device_of", "set_device"}
    | {"device_context", "device_ctx", "stream", "StreamContext", "device_stream_context"}
    | {"no_grad", "inference_mode", "enable_grad", "set_grad_enabled", "autocast", "fork_rng"}
    | {"record_function", "profile", "emit_nvtx", "use_mem_pool", "sdpa_kernel", "set_stance"}
    | {"nullcontext", "closing", "open", "fdopen", "redirect_stdout", "redirect_stderr", "chdir"}
    | {"TemporaryDirectory", "TemporaryFile", "NamedTemporaryFile", "SpooledTemporaryFile"}
    | {"Lock", "RLock", "Semaphore", "Condition", "FileLock", "catch_warnings", "patch"}
    | {"Timer", "timer", "tqdm", "cuda_graph_without_gc", "set_gpu_clock"}
)
#: The same for names that others use too, with what has to be before it: `torch.cuda.graph`.
_LETTING_BELOW = {
    "range": frozenset({"nvtx"}),
    "annotate": frozenset({"nvtx"}),
    "scope": frozenset({"knobs", "proton"}),
    "graph": frozenset({"torch", "cuda"}),
    "context": frozenset({"monkeypatch"}),
    **dict.fromkeys(("object", "dict", "multiple"), frozenset({"patch"})),
}
_LOCK = re.compile(r"(?:^|_)(?:lock|rlock|mutex|semaphore|condition)$", re.IGNORECASE)
#: What marks a test that is expected to fail, or that never runs.
XFAIL, SKIP = re.compile("xfail|expectedfailure"), re.compile("^skip$")
_MAY_EXPECT = re.compile(r"raises|suppress|expect", re.IGNORECASE)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
_LOOPS = (ast.For, ast.AsyncFor, ast.While)
#: What is before the name of a context manager, where it is noted that one catches errors.
GUARD = "with "
#: How many names are followed to a context manager.
_MOST_NAMES = 4


def expects_error(node: ast.expr) -> bool:
    """Whether it is `pytest.raises(...)`, `self.assertRaises(...)` or the like."""
    name = final_name(node.func).lower() if isinstance(node, ast.Call) else ""
    return "raises" in name or name == "suppress"


def lets_errors_through(node: ast.expr, scope: Scope | None, depth: int = _MOST_NAMES) -> bool:
    """Whether a context manager is known to let each error of its block through."""
    if not depth:
        return False
    if isinstance(node, ast.IfExp):
        parts: Iterable[ast.expr] = (node.body, node.orelse)
        return all(lets_errors_through(part, scope, depth) for part in parts)
    if isinstance(node, ast.Call):
        return _makes_letting(node.func, scope, depth)
    if isinstance(node, ast.Attribute):
        return _LOCK.search(node.attr) is not None or node.attr == "device"
    if not isinstance(node, ast.Name):
        return False
    found = scope.lookup(node.id) if scope is not None else None
    values = [bound for bound in found[1] if isinstance(bound, Assigned)] if found else []
    if any(_may_make_guard(value.node) for value in values):
        return False
    if _LOCK.search(node.id) is not None:
        return True
    # What is assigned later, in a loop, is not bound yet.
    stores = [n for n in found[0].nodes if _stores(n, node.id)] if found else []
    is_known = found is not None and len(values) == len(found[1]) >= len(stores)
    return is_known and all(lets_errors_through(v.node, v.scope, depth - 1) for v in values)


def _stores(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store)


def _may_make_guard(node: ast.expr) -> bool:
    return any(isinstance(part, ast.Call) and expects_error(part) for part in nodes_in(node))


def _makes_letting(function: ast.expr, scope: Scope | None, depth: int) -> bool:
    """Whether what a function returns lets errors through."""
    if isinstance(function, ast.Attribute):
        dotted = chain(function)
        before = {dotted[0], *dotted[1][:-1]} if dotted is not None else set()
        return _is_letting(function.attr, before)
    if not isinstance(function, ast.Name):
        return False
    found = scope.lookup(function.id) if scope is not None else None
    if found is None:
        return _is_letting(function.id)
    return all(_bound_letting(bound, depth - 1) for bound in found[1])


def _is_letting(name: str, before: Iterable[str] = ()) -> bool:
    return name in _LETTING or not _LETTING_BELOW.get(name, frozenset()).isdisjoint(before)


def _bound_letting(bound: Bound, depth: int) -> bool:
    match bound:
        case Imported(symbol):
            *before, name = symbol.dotted.split(".")
            return _is_letting(name, before)
        case Assigned(node, scope):
            return depth > 0 and _makes_letting(node, scope, depth)
        case FunctionName(_, node, inner):
            return depth > 0 and _function_letting(node, inner, depth)
        case ClassName(_, node):
            exits = [s for s in node.body if getattr(s, "name", "") in ("__exit__", "__aexit__")]
            return bool(exits) and not any(
                not isinstance(value, ast.Constant) or bool(value.value)
                for each in exits
                if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef))
                for value in returned(each)
            )
        case _:
            return False


def _function_letting(node: FunctionNode, inner: Scope, depth: int) -> bool:
    if not node.decorator_list:
        values = list(returned(node))
        return bool(values) and all(lets_errors_through(v, inner, depth) for v in values)
    if not all("contextmanager" in final_name(d) for d in node.decorator_list):
        return False
    for part in nodes_in(node):
        if isinstance(part, (ast.With, ast.AsyncWith)):
            catches = not all(lets_errors_through(i.context_expr, inner, depth) for i in part.items)
        else:
            catches = _catches(part)
        # What `yield from` goes on with may catch it.
        if isinstance(part, ast.YieldFrom):
            return False
        if catches and any(isinstance(n, ast.Yield) for n in nodes_in(part)):
            return False
    return True


def rests_on(node: ast.expr, scope: Scope, depth: int = _MOST_NAMES) -> Iterator[str]:
    """Yield the names by which a context manager is known to let errors through.

    The project may have a context manager, or a lock, of that name that catches them.
    """
    if isinstance(node, ast.IfExp):
        yield from rests_on(node.body, scope, depth)
        yield from rests_on(node.orelse, scope, depth)
        return
    if isinstance(node, ast.Call):
        yield from _named(node.func, scope, depth, is_called=True)
    else:
        yield from _named(node, scope, depth, is_called=False)


def _named(maker: ast.expr, scope: Scope, depth: int, *, is_called: bool) -> Iterator[str]:
    dotted = chain(maker)
    found = scope.lookup(dotted[0]) if dotted is not None else None
    for bound in found[1] if found is not None else ():
        match bound:
            case Imported(_, True):
                return
            case Imported(symbol) if dotted is not None and not dotted[1]:
                yield guard_name(symbol.name)
            case Assigned(value, inner) if depth and is_called:
                # `measured = timer` and `with measured():`
                yield from _named(value, inner, depth - 1, is_called=True)
            case Assigned(value, inner) if depth:
                yield from rests_on(value, inner, depth - 1)
            case FunctionName(_, function, inner) if depth:
                for value in returned(function):
                    yield from rests_on(value, inner, depth - 1)
    if isinstance(maker, ast.Attribute) and (is_called or _LOCK.search(maker.attr) is not None):
        yield guard_name(maker.attr)


def guard_name(name: str) -> str:
    """What stands for all context managers of a name that catch errors."""
    return GUARD + name


def makes_catcher(node: FunctionNode | ast.ClassDef, scope: Scope) -> bool:
    """Whether it makes what may catch errors: a context manager, or a function around another."""
    if isinstance(node, ast.ClassDef):
        exits = any(getattr(s, "name", "") in ("__exit__", "__aexit__") for s in node.body)
        called = (s for s in node.body if getattr(s, "name", "") == "__call__")
        catches = exits and not _bound_letting(ClassName("", node), _MOST_NAMES)
        return catches or any(map(_has_try, called))
    inside = (part for part in nodes_in(node) if isinstance(part, _FUNCTIONS) and part is not node)
    if any(map(_has_try, inside)):
        return True
    made = any("contextmanager" in final_name(d) for d in node.decorator_list)
    return made and not _function_letting(node, scope, _MOST_NAMES)


def _has_try(node: ast.AST) -> bool:
    """Whether code catches errors itself, or expects them."""
    return any(
        _catches(part) or (isinstance(part, ast.withitem) and expects_error(part.context_expr))
        for part in nodes_in(node)
    )


def _catches(node: ast.AST) -> bool:
    """Whether it is a `try` after which code goes on, whatever happens in it."""
    return isinstance(node, TRY) and (bool(node.handlers) or leaves(node.finalbody))


def odd_lock(target: ast.expr, value: ast.expr) -> str | None:
    """The name of an attribute that is named like a lock, and gets something else."""
    match target, value:
        case ast.Attribute(attr=name), ast.Call(function) if _LOCK.search(name) is not None:
            made = final_name(function)
            is_known = made in _LETTING or re.search("lock$|semaphore$|condition$", made, re.I)
            return None if is_known else name
    return None


def leaves(block: Iterable[ast.AST]) -> bool:
    """Whether a `finally` may end with `return`, `break` or `continue`, which drops an error."""
    return any(_leaves(node, in_loop=False) for node in block)


def _leaves(node: ast.AST, in_loop: bool) -> bool:
    if isinstance(node, ast.Return):
        return True
    if isinstance(node, (ast.Break, ast.Continue)):
        return not in_loop
    if isinstance(node, _FUNCTIONS):
        return False
    if isinstance(node, _LOOPS):
        # What is after a loop's `else` is out of it.
        return any(_leaves(n, in_loop=True) for n in node.body) or any(
            _leaves(n, in_loop) for n in node.orelse
        )
    return any(_leaves(child, in_loop) for child in children(node))


def called_where_expected(tree: ast.Module, source: str) -> Iterator[str]:
    """Yield the functions that are called in a `with` that may expect an error, or by what does."""
    if _MAY_EXPECT.search(source) is None:
        return
    # Only statements are looked through: expressions are most of a tree.
    pending = [*tree.body]
    while pending:
        statement = pending.pop()
        for block in blocks_of(statement):
            pending += block
        if isinstance(statement, ast.Expr) and expects_error(statement.value):
            # `self.assertRaises(IndexError, launch, x)`
            yield from (n.id for n in nodes_in(statement.value) if isinstance(n, ast.Name))
        if not isinstance(statement, (ast.With, ast.AsyncWith)):
            continue
        if not any(map(_may_expect, statement.items)):
            continue
        for part in (p for inside in statement.body for p in nodes_in(inside)):
            match part:
                case ast.Call(ast.Name(name) | ast.Attribute(ast.Name("self"), name)):
                    yield name


def _may_expect(item: ast.withitem) -> bool:
    node = item.context_expr
    if isinstance(node, ast.Call):
        return expects_error(node)
    return not lets_errors_through(node, None)


def marked(nodes: Iterable[ast.AST], mark: re.Pattern[str]) -> bool:
    """Whether one of some decorators is such a mark."""
    return any(mark.search(decorator_name(node).lower()) is not None for node in nodes)


def marks_of(statements: Iterable[ast.stmt]) -> list[ast.AST]:
    """The parts of `pytestmark = [pytest.mark.xfail]` in a module or a class."""
    return [
        part
        for statement in statements
        if isinstance(statement, ast.Assign)
        and any(isinstance(t, ast.Name) and t.id == "pytestmark" for t in statement.targets)
        for part in nodes_in(statement.value)
    ]
