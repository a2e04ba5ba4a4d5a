"""Locals and imports that are read only in code that a fix may drop, so they may go too."""

from __future__ import annotations

import ast
import bisect
import re
from collections.abc import Iterable, Iterator, Sequence

from tritonlint.span import Span, Spans
from tritonlint.survey.bound_names import Name, locals_of
from tritonlint.survey.facts.calls import Argument, Feeder
from tritonlint.survey.facts.handing import Launcher
from tritonlint.survey.facts.kernels import Kernel, Use
from tritonlint.survey.guarded import Guarded
from tritonlint.survey.idle import REFLECTION
from tritonlint.survey.private import private_parameters
from tritonlint.survey.scopes import Imported, Scope
from tritonlint.survey.text import Text
from tritonlint.survey.walk import Walker

#: An import with more mentions than this counts as used elsewhere.
_MOST_MENTIONS = 9
#: A call by which a file may look up any of its names: `globals()`, but not `model.eval()`.
_SEES_ALL = re.compile(rf"(?<![\w.])(?:globals|{'|'.join(sorted(REFLECTION))})[ \t]*\(")


def feeders(
    tree: ast.Module,
    walker: Walker,
    arguments: Sequence[Argument],
    kernels: Sequence[Kernel],
    launchers: Iterable[Launcher],
    guarded: Guarded,
) -> Iterator[Feeder]:
    """Yield the feeders of a file.

    Args:
        arguments: those of all launches and device calls.
        guarded: the blocks whose errors are expected or caught.
    """
    droppable = _droppable(arguments, kernels)
    if not droppable:
        return
    text, module = walker.text, walker.module
    launching = {launcher.function for launcher in launchers}
    found = private_parameters(module, walker.host_calls, droppable, launching, text, guarded)
    passed = [span for name in found for span in name.statements]
    places = sorted(span[:2] for span in (*droppable, *passed))
    for node, scope in (*walker.functions, *((d.node, d.scope) for d in walker.definitions)):
        first, last = (node.lineno, 0), ((node.end_lineno or node.lineno) + 1, 0)
        if bisect.bisect(places, first) < bisect.bisect(places, last):
            found += locals_of(node, scope, text, guarded)
    found += _imports(tree, module, text, Spans(droppable))
    # Most names are read elsewhere too: to ask what their values do would take long.
    likely = _read_only_in(found, droppable)
    going = _read_only_in([name for name in likely if name.may_go()], droppable)
    gone = {id(name) for name in going}
    code = Spans([*droppable, *(span for name in going for span in name.statements)])
    for name in likely:
        if id(name) in gone or all(map(code.hold, name.reads)):
            yield name.feeder(stays=id(name) not in gone)


def _droppable(arguments: Sequence[Argument], kernels: Sequence[Kernel]) -> list[Span]:
    """Return all code that a fix may drop: arguments, statements, parameters and values."""
    parameters = [parameter for kernel in kernels for parameter in kernel.parameters]
    found = [argument.span for argument in arguments]
    found += [item.span for a in arguments if a.literal for item in a.literal.items]
    found += [span for parameter in parameters for span in parameter.statements]
    found += [parameter.whole for parameter in parameters if parameter.use is not Use.READ]
    found += [value for k in kernels for table in k.tables for _, value in table.items]
    return found


def _read_only_in(names: Iterable[Name], droppable: Sequence[Span]) -> list[Name]:
    """Return those that are read only in the spans, or in statements of each other."""
    spans = Spans(droppable)
    kept = [name for name in names if name.reads]
    outside = {id(n): [r for r in n.reads if not spans.hold(r)] for n in kept}
    while True:
        own = Spans(s for name in kept for s in name.statements)
        still = [n for n in kept if all(map(own.hold, outside[id(n)]))]
        if len(still) == len(kept):
            return kept
        kept = still


def _imports(tree: ast.Module, module: Scope, text: Text, droppable: Spans) -> Iterator[Name]:
    """Yield the imports at the top of a module.

    Every mention of the name counts as a read, also in a string, but not in a comment. An import
    from the project stays, because another file may import the name from here, and so does one of
    a submodule. All stay where code may look up any name.
    """
    sees_all = _SEES_ALL.search(text.source) is not None
    for statement in tree.body:
        if not isinstance(statement, (ast.Import, ast.ImportFrom)):
            continue
        if "noqa" in text.lines[(statement.end_lineno or statement.lineno) - 1]:
            continue
        for alias in statement.names:
            # `import a as a` says that others may import the name from here.
            if alias.asname == alias.name or "noqa" in text.lines[alias.lineno - 1]:
                continue
            name = alias.asname or alias.name
            bounds = [b for b in module.bindings.get(name, []) if isinstance(b, Imported)]
            if bounds and len(bounds) == len(module.bindings[name]):
                at = text.span(alias)
                mentions = text.mentions(name, _MOST_MENTIONS)
                reads = [span for span in mentions or () if not Spans([at]).hold(span)]
                others = [span for span in reads if not droppable.hold(span)]
                doubtful = [span for span in reads if text.may_be_in_comment(span)]
                # To tell comments from strings takes long.
                if doubtful and len(others) < len(reads) and set(others) <= set(doubtful):
                    reads = [span for span in reads if not text.is_in_comment(span)]
                # `import a.b as c` also gives `a` its attribute `b`, for all files.
                loads_part = isinstance(statement, ast.Import) and "." in alias.name
                stays = sees_all or loads_part or not all(bound.external for bound in bounds)
                yield Name(name, "", statements=[at], reads=reads, stays=stays)
