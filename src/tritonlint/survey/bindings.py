"""The statements and expressions that bind names: assignments, imports, loops, patterns."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tritonlint.survey.containers import loop_over
from tritonlint.survey.facts.references import Escape
from tritonlint.survey.guards import guard_name, lets_errors_through, odd_lock, rests_on
from tritonlint.survey.imports import imported
from tritonlint.survey.launches import visit_alias
from tritonlint.survey.lazy_items import items_with_effects
from tritonlint.survey.nodes import assigned_names, nodes_in, unpacked_names
from tritonlint.survey.scopes import (
    Assigned,
    Bound,
    Item,
    KernelName,
    Opaque,
    Scope,
    Taken,
    Unpacked,
)
from tritonlint.survey.uses import MATCHED, TESTED, VALUE, How
from tritonlint.triton.names import CONFIG_HOOK

if TYPE_CHECKING:
    from tritonlint.survey.walk import Walker

_ANNOTATION = (Escape.ANNOTATION, "")
_ITERATED = (Escape.ITERATED, "")
_CAPTURES = (ast.MatchAs, ast.MatchStar, ast.MatchMapping)


def import_statement(walker: Walker, node: ast.Import, scope: Scope, how: How) -> None:
    """`import module`."""
    own = walker.options.own_packages
    for alias in node.names:
        if alias.asname:
            # `import package.name as n` takes the attribute of the package, too.
            package, _, name = alias.name.rpartition(".")
            bound = imported(package, name, own) if package else imported(name, "", own)
            scope.bind(alias.asname, bound)
        else:
            root = alias.name.partition(".")[0]
            scope.bind(root, imported(root, "", own))


def from_import(walker: Walker, node: ast.ImportFrom, scope: Scope, how: How) -> None:
    """`from module import name`."""
    module = "." * node.level + (node.module or "")
    own = walker.options.own_packages
    for alias in node.names:
        if alias.name == "*":
            walker.star_imports.append(module)
            walker.module.has_stars = True
            continue
        name = alias.asname or alias.name
        scope.bind(name, imported(module, alias.name, own))
        if scope.kind == "class":
            read = ast.copy_location(ast.Name(name, ast.Load()), node)
            walker.load(read, (name, ()), scope, _class_body(name, scope))


def _assign(walker: Walker, node: ast.Assign, scope: Scope, how: How) -> None:
    walker.note_named(node.targets, node.value, scope)
    walker.note_replaced(node, scope)
    walker.impure.update(dict.fromkeys(items_with_effects(node)))
    locks = (odd_lock(target, node.value) for target in node.targets)
    walker.impure.update((guard_name(lock), None) for lock in locks if lock is not None)
    names = [name for target in node.targets for name in assigned_names(target)]
    is_guarded = isinstance(node.value, ast.Lambda) and not walker.failing.isdisjoint(names)
    with walker.guarded([node.value], is_guarded):
        _bind_targets(walker, node.targets, node.value, scope)


def _annotated_assign(walker: Walker, node: ast.AnnAssign, scope: Scope, how: How) -> None:
    walker.visit(node.annotation, scope, _ANNOTATION)
    if node.value is not None:
        walker.note_named([node.target], node.value, scope)
        walker.note_replaced(node, scope)
        walker.impure.update(dict.fromkeys(items_with_effects(node)))
        _bind_targets(walker, [node.target], node.value, scope)
    else:
        bind_opaque(walker, node.target, scope)


def _augmented_assign(walker: Walker, node: ast.AugAssign, scope: Scope, how: How) -> None:
    walker.visit(node.value, scope, VALUE)
    if isinstance(node.target, ast.Name):
        scope.bind(node.target.id, Opaque())
    else:
        walker.visit(node.target, scope, VALUE)


def _walrus(walker: Walker, node: ast.NamedExpr, scope: Scope, how: How) -> None:
    home = scope
    while home.kind == "comprehension" and home.parent is not None:
        home = home.parent
    home.bind(node.target.id, Assigned(node.value, scope))
    walker.visit(node.value, scope, how)


def _bind_targets(walker: Walker, targets: list[ast.expr], value: ast.expr, scope: Scope) -> None:
    aliased = False
    how: How | None = None
    for target in targets:
        if isinstance(target, ast.Name):
            scope.bind(target.id, _bound_value(walker, value, scope))
            if scope.kind == "class":
                # Code that has the class, or an instance of it, may launch it by that name.
                how = _class_body(target.id, scope)
            aliased = True
        elif (
            isinstance(target, (ast.Tuple, ast.List))
            and isinstance(value, (ast.Tuple, ast.List))
            and len(target.elts) == len(value.elts)
            and not any(isinstance(e, ast.Starred) for e in (*target.elts, *value.elts))
        ):
            for element, part in zip(target.elts, value.elts, strict=True):
                _bind_targets(walker, [element], part, scope)
            return
        else:
            for name, place in unpacked_names(target):
                scope.bind(name, Unpacked(value, scope, place))
            match target, value:
                case ast.Attribute(changed, attr), ast.Constant(None) if attr == CONFIG_HOOK:
                    # It takes a hook away.
                    walker.visit(changed, scope, VALUE)
                case _:
                    _visit_places(walker, target, scope)
            how = Escape.ASSIGNED, f"`{walker.text.one_line(target)}`"
    if aliased and how is None:
        only = targets[0] if len(targets) == 1 else None
        name = only.id if isinstance(only, ast.Name) else ""
        if not (name and walker.containers.assigned(walker, name, value, scope)):
            visit_alias(walker, value, scope)
        return
    walker.visit(value, scope, how or VALUE)
    if scope.kind == "class" and scope.parent is not None:
        # In `kernel = kernel`, the name on the right is the one of the scope around the class.
        walker.visit(value, scope.parent, how or VALUE)


def _bound_value(walker: Walker, value: ast.expr, scope: Scope) -> Bound:
    wrapping = walker.made.get(value)
    found = scope.lookup(wrapping.name[0]) if wrapping is not None else None
    if found is not None and isinstance(found[1][0], KernelName):
        return found[1][0]
    return Assigned(value, scope)


def _visit_places(walker: Walker, target: ast.expr, scope: Scope) -> None:
    """Visit the parts of a target that are evaluated: `x.y`, `x[i]`."""
    if isinstance(target, ast.Attribute):
        walker.attributes_set[target.attr] = None
    if isinstance(target, (ast.Attribute, ast.Subscript)):
        walker.visit(target, scope, VALUE)
    elif isinstance(target, (ast.Tuple, ast.List)):
        for element in target.elts:
            _visit_places(walker, element, scope)
    elif isinstance(target, ast.Starred):
        _visit_places(walker, target.value, scope)


def bind_opaque(walker: Walker, target: ast.AST, scope: Scope) -> None:
    """Bind the names of a target to an unknown value."""
    for name in assigned_names(target):
        scope.bind(name, Opaque())
    if isinstance(target, ast.expr):
        _visit_places(walker, target, scope)


def _iterate(
    walker: Walker, target: ast.expr, iterable: ast.expr, scope: Scope, read: Scope
) -> None:
    """Visit what a loop goes over, evaluated in the scope `read`, and bind its target."""
    loop = loop_over(target, iterable)
    if not walker.containers.looped(walker, loop, read, scope):
        walker.visit(iterable, read, _ITERATED)
    plain = isinstance(target, ast.Name)
    for name in assigned_names(target):
        bound: Bound = Item(iterable, read) if plain else Opaque()
        if loop is not None and not plain and name == loop.target:
            bound = Taken(loop.node, read, loop.values)
        scope.bind(name, bound)


def _for(walker: Walker, node: ast.For | ast.AsyncFor, scope: Scope, how: How) -> None:
    _iterate(walker, node.target, node.iter, scope, scope)
    _visit_places(walker, node.target, scope)
    walker.block(node.body, scope)
    walker.block(node.orelse, scope)


def _with(walker: Walker, node: ast.With | ast.AsyncWith, scope: Scope, how: How) -> None:
    for item in node.items:
        walker.visit(item.context_expr, scope, VALUE)
        if item.optional_vars is not None:
            bind_opaque(walker, item.optional_vars, scope)
    is_guard = not all(lets_errors_through(item.context_expr, scope) for item in node.items)
    if not is_guard:
        names = [n for item in node.items for n in rests_on(item.context_expr, scope)]
        walker.trusting += [(node.body, tuple(names))] if names else []
    with walker.guarded(node.body, is_guard):
        walker.block(node.body, scope)


def _except(walker: Walker, node: ast.ExceptHandler, scope: Scope, how: How) -> None:
    if node.type is not None:
        walker.visit(node.type, scope, VALUE)
    if node.name:
        scope.bind(node.name, Opaque())
    walker.block(node.body, scope)


def _match(walker: Walker, node: ast.Match, scope: Scope, how: How) -> None:
    patterns = [part for case in node.cases for part in nodes_in(case.pattern)]
    is_captured = any(isinstance(part, _CAPTURES) and _captured(part) for part in patterns)
    walker.visit(node.subject, scope, MATCHED if is_captured else TESTED)
    for case in node.cases:
        walker.visit(case, scope, VALUE)


def _match_class(walker: Walker, node: ast.MatchClass, scope: Scope, how: How) -> None:
    """`case Ops(kernel=f)`: a look-up of the attribute `kernel`."""
    for name in node.kwd_attrs:
        walker.attribute_loads.setdefault((name, MATCHED, scope.kernel is not None), node)
    walker.visit_children(node, scope, how)


def _captured(node: ast.AST) -> str | None:
    """Return the name that a pattern captures into, if there is one."""
    return getattr(node, "name", None) or getattr(node, "rest", None)


def _capture(walker: Walker, node: ast.AST, scope: Scope, how: How) -> None:
    name = _captured(node)
    if name:
        scope.bind(name, Opaque())
    walker.visit_children(node, scope, how)


def _outer_names(walker: Walker, node: ast.Global | ast.Nonlocal, scope: Scope, how: How) -> None:
    for name in node.names:
        home: Scope | None = walker.module
        if isinstance(node, ast.Nonlocal):
            home = scope.parent
            while home is not None and (home.kind == "class" or name not in home.bindings):
                home = home.parent
        scope.outer_names[name] = home or walker.module


def _comprehension(
    walker: Walker,
    node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp,
    scope: Scope,
    how: How,
) -> None:
    inner = Scope("comprehension", scope.qualname, scope, kernel=scope.kernel, node=node)
    walker.scopes[node] = inner
    for position, generator in enumerate(node.generators):
        outer = inner if position else scope
        _iterate(walker, generator.target, generator.iter, inner, outer)
        walker.visit_all(generator.ifs, inner, (Escape.TESTED, ""))
    parts = [getattr(node, name, None) for name in ("key", "value", "elt")]
    walker.visit_all(parts, inner, (Escape.STORED, "a container"))


def _class_body(name: str, scope: Scope) -> How:
    return Escape.CLASS_BODY, f"`{scope.qualified(name)}`"


#: The handlers of these nodes.
BINDINGS: dict[type, Callable[[Any, Any, Scope, How], None]] = {
    ast.Import: import_statement,
    ast.ImportFrom: from_import,
    ast.Assign: _assign,
    ast.AnnAssign: _annotated_assign,
    ast.AugAssign: _augmented_assign,
    ast.NamedExpr: _walrus,
    ast.For: _for,
    ast.AsyncFor: _for,
    ast.With: _with,
    ast.AsyncWith: _with,
    ast.ExceptHandler: _except,
    ast.Global: _outer_names,
    ast.Nonlocal: _outer_names,
    ast.ListComp: _comprehension,
    ast.SetComp: _comprehension,
    ast.GeneratorExp: _comprehension,
    ast.DictComp: _comprehension,
    ast.Match: _match,
    ast.MatchClass: _match_class,
    **dict.fromkeys(_CAPTURES, _capture),
}
