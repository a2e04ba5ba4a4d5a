"""Checks a tree that was fixed against the tree as it was, without tritonlint.

    python check_bindings.py BEFORE AFTER

It says what is wrong, a line for each thing, and exits 1 if anything is:

- every Python file of AFTER parses, and no other file has changed;
- nothing was added, and what was taken out are parameters of kernels, arguments of calls, and
  names in lists of decorators: the syntax trees differ in nothing else;
- every launch `name[grid](...)` of a kernel that a file defines or imports binds, and every
  parameter gets the same argument as before, defaults included.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Signature:
    """A kernel's parameters, and those of them that need an argument."""

    parameters: tuple[str, ...]
    required: frozenset[str]
    #: Whether other decorators may give it arguments: configs and heuristics.
    fed: bool


def sources(root: Path) -> dict[str, bytes]:
    """All files below `root`, by their relative paths."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and ".git" not in path.parts and ".tritonlint_cache" not in path.parts
    }


# -- the syntax trees ----------------------------------------------------------------------


def removals(before: ast.AST, after: ast.AST) -> Iterator[str | tuple[str, str]]:
    """How `after` differs: ("gone", what) for what may go, and a plain text for any other."""
    if type(before) is not type(after):
        yield f"{_text(before)} has become {_text(after)}"
        return
    if isinstance(before, ast.arguments):
        assert isinstance(after, ast.arguments)
        yield from _parameters(before, after)
        return
    may_lose = {
        ast.Call: ("args", "keywords"),
        ast.List: ("elts",),
        ast.Tuple: ("elts",),
        ast.Set: ("elts",),
        ast.FunctionDef: ("decorator_list",),
    }.get(type(before), ())
    if isinstance(before, ast.Dict):
        assert isinstance(after, ast.Dict)
        yield from _lists(_pairs(before), _pairs(after), may_lose=True)
        return
    for name in before._fields:
        old_value, new_value = getattr(before, name), getattr(after, name)
        if isinstance(old_value, list):
            yield from _lists(old_value, new_value, name in may_lose)
        elif isinstance(old_value, ast.AST) and isinstance(new_value, ast.AST):
            yield from removals(old_value, new_value)
        elif type(old_value) is not type(new_value) or old_value != new_value:
            if isinstance(old_value, int) and isinstance(new_value, int) and new_value < old_value:
                yield "gone", "an index was renumbered"
            else:
                yield f"{old_value!r} has become {new_value!r}"


def _lists(
    old: list[ast.AST], new: list[ast.AST], may_lose: bool
) -> Iterator[str | tuple[str, str]]:
    if len(old) == len(new):
        for was, now in zip(old, new, strict=False):
            if isinstance(was, ast.AST):
                if isinstance(was, ast.Call) and ast.dump(was.func) == ast.dump(now):
                    yield "gone", f"the options of {_text(now)}"
                    continue
                yield from removals(was, now)
            elif was != now:
                yield f"{was!r} has become {now!r}"
        return
    if not may_lose or len(new) > len(old):
        yield f"{len(old)} things have become {len(new)}: {', '.join(map(_text, old))[:200]}"
        return
    place = 0
    for number, was in enumerate(old):
        left = len(old) - number
        if place < len(new):
            found = list(removals(was, new[place]))
            if not any(isinstance(f, str) for f in found) or left == len(new) - place:
                yield from found
                place += 1
                continue
        yield "gone", _text(was)


def _pairs(node: ast.Dict) -> list[ast.AST]:
    pairs = zip(node.keys, node.values, strict=True)
    return [ast.Tuple([k or ast.Constant(None), v], ast.Load()) for k, v in pairs]


def _parameters(before: ast.arguments, after: ast.arguments) -> Iterator[str | tuple[str, str]]:
    old, new = _by_name(before), _by_name(after)
    if [n for n in old if n in new] != list(new):
        yield f"parameters ({', '.join(old)}) have become ({', '.join(new)})"
    for name, (annotation, default) in old.items():
        if name not in new:
            yield "gone", f"parameter {name}"
        elif (annotation, default) != new[name]:
            yield f"parameter {name} has become another"


def _by_name(arguments: ast.arguments) -> dict[str, tuple[str, str]]:
    plain = [*arguments.posonlyargs, *arguments.args]
    defaults = [None] * (len(plain) - len(arguments.defaults)) + list(arguments.defaults)
    every = list(zip(plain, defaults, strict=True))
    every += zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    every += [(a, None) for a in (arguments.vararg, arguments.kwarg) if a is not None]
    return {arg.arg: (_text(arg.annotation), _text(default)) for arg, default in every}


def _text(node: ast.AST | None) -> str:
    return "" if node is None else ast.unparse(ast.fix_missing_locations(node))


# -- launches ------------------------------------------------------------------------------


def kernels(tree: ast.Module) -> dict[str, Signature]:
    """The functions of a module that are under a decorator that ends in `jit`; once defined."""
    found: dict[str, list[Signature]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and any(map(_is_jit, node.decorator_list)):
            args = node.args
            if args.vararg or args.kwarg or args.posonlyargs:
                continue
            plain = [a.arg for a in args.args]
            required = plain[: len(plain) - len(args.defaults)]
            keyword_only = zip(args.kwonlyargs, args.kw_defaults, strict=True)
            required += [a.arg for a, default in keyword_only if default is None]
            fed = len(node.decorator_list) > 1
            names = (*plain, *(a.arg for a in args.kwonlyargs))
            found.setdefault(node.name, []).append(Signature(names, frozenset(required), fed))
    return {name: signatures[0] for name, signatures in found.items() if len(signatures) == 1}


def _is_jit(node: ast.expr) -> bool:
    function = node.func if isinstance(node, ast.Call) else node
    return _text(function).rpartition(".")[2] == "jit"


def modules(trees: dict[str, ast.Module]) -> dict[str, list[str]]:
    """Files by every end of their dotted name."""
    found: dict[str, list[str]] = {}
    for path in trees:
        parts = path.removesuffix(".py").removesuffix("/__init__").split("/")
        for start in range(len(parts)):
            found.setdefault(".".join(parts[start:]), []).append(path)
    return found


def visible(
    path: str, trees: dict[str, ast.Module], by_module: dict[str, list[str]]
) -> dict[str, Signature]:
    """The kernels that a file knows by a name that can mean nothing else."""
    own = kernels(trees[path])
    found: dict[str, Signature] = dict(own)
    bound: dict[str, int] = {}
    for node in ast.walk(trees[path]):
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                name = alias.asname or alias.name
                bound[name] = bound.get(name, 0) + 1
                files = _imported(path, node, by_module)
                if len(files) == 1:
                    kernel = kernels(trees[files[0]]).get(alias.name)
                    if kernel is not None and name not in own:
                        found[name] = kernel
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            bound[node.id] = 2
        elif isinstance(node, ast.arg):
            bound[node.arg] = 2
        elif isinstance(node, ast.FunctionDef) and node.name not in own:
            bound[node.name] = 2
    return {n: s for n, s in found.items() if bound.get(n, 0) < (1 if n in own else 2)}


def _imported(path: str, node: ast.ImportFrom, by_module: dict[str, list[str]]) -> list[str]:
    if not node.level:
        return by_module.get(node.module or "", [])
    parts = path.removesuffix(".py").split("/")[: -node.level]
    parts += (node.module or "").split(".") if node.module else []
    name = "/".join(parts)
    return [
        p for p in by_module.get(".".join(parts), []) if p in (f"{name}.py", f"{name}/__init__.py")
    ]


def launches(tree: ast.Module) -> Iterator[tuple[str, ast.Call]]:
    """The launches `name[grid](...)`, in the order of the source."""
    for node in ast.walk(tree):
        function = node.func if isinstance(node, ast.Call) else None
        if isinstance(function, ast.Subscript) and isinstance(function.value, ast.Name):
            yield function.value.id, node


def bind(kernel: Signature, call: ast.Call) -> dict[str, str] | str | None:
    """What each parameter gets, or what is wrong, or None where unpacking hides it."""
    keywords = {k.arg for k in call.keywords}
    if any(isinstance(a, ast.Starred) for a in call.args) or None in keywords:
        return None
    if len(call.args) > len(kernel.parameters):
        return f"{len(call.args)} arguments for {len(kernel.parameters)} parameters"
    found = {n: _text(a) for n, a in zip(kernel.parameters, call.args, strict=False)}
    for keyword in call.keywords:
        if keyword.arg in found:
            return f"{keyword.arg} is given twice"
        if keyword.arg in kernel.parameters:
            found[str(keyword.arg)] = _text(keyword.value)
    missing = kernel.required - found.keys()
    return found if not missing or kernel.fed else f"no argument for {', '.join(sorted(missing))}"


# -- the whole -----------------------------------------------------------------------------


@dataclass
class Report:
    """What was found: problems, and how much was looked at."""

    problems: list[str]
    changed: int = 0
    gone: int = 0
    launches: int = 0


def check(before: Path, after: Path) -> Report:
    """Compare two trees."""
    report = Report([])
    old, new = sources(before), sources(after)
    if old.keys() != new.keys():
        report.problems.append(f"other files: {sorted(old.keys() ^ new.keys())}")
    old_trees, new_trees = _parse(old, []), _parse(new, report.problems)
    for path in sorted(old.keys() & new.keys()):
        if old[path] == new[path]:
            continue
        report.changed += 1
        if path not in old_trees or path not in new_trees:
            report.problems.append(f"{path}: changed, and is no Python file that parses")
            continue
        for difference in removals(old_trees[path], new_trees[path]):
            if isinstance(difference, str):
                report.problems.append(f"{path}: {difference}")
            else:
                report.gone += 1
    old_modules, new_modules = modules(old_trees), modules(new_trees)
    for path in sorted(old_trees.keys() & new_trees.keys()):
        was, now = (
            visible(path, old_trees, old_modules),
            visible(path, new_trees, new_modules),
        )
        pairs = zip(launches(old_trees[path]), launches(new_trees[path]), strict=False)
        for (name, old_call), (new_name, new_call) in pairs:
            if name != new_name:
                report.problems.append(f"{path}: other launches")
                break
            if name not in was or name not in now:
                continue
            expected, found = bind(was[name], old_call), bind(now[name], new_call)
            if not isinstance(expected, dict):
                continue
            report.launches += 1
            kept = {n: text for n, text in expected.items() if n in now[name].parameters}
            if found != kept:
                report.problems.append(f"{path}:{new_call.lineno}: {name} gets {found}, not {kept}")
    return report


def _parse(files: dict[str, bytes], problems: list[str]) -> dict[str, ast.Module]:
    trees = {}
    for path, data in files.items():
        if path.endswith(".py"):
            try:
                trees[path] = ast.parse(data)
            except (SyntaxError, ValueError) as error:
                problems.append(f"{path}: {error}")
    return trees


def main() -> int:
    """The command."""
    before, after = map(Path, sys.argv[1:])
    report = check(before, after)
    for problem in report.problems:
        print(problem)
    print(
        f"{report.changed} files changed, {report.gone} things gone, "
        f"{report.launches} launches bind, {len(report.problems)} problems"
    )
    return 1 if report.problems else 0


if __name__ == "__main__":
    sys.exit(main())
