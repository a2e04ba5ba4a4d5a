"""Compiles kernels of two trees to TTIR with the same arguments, and compares.

`compare` starts this file as a script; torch and Triton are imported only there.
"""

from __future__ import annotations

import ast
import contextlib
import copy
import multiprocessing
import os
import pickle
import subprocess
import sys
import types
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).parents[1])

from judge.guess import Given, Guesser, Parameter
from judge.loader import Loader

#: How many argument lists are tried for a kernel, and with how many of them it is compared.
TRIES, WANTED = 300, 3
#: Seconds for the kernels of one file.
LIMIT = 150.0
_REASONS = (
    ("a Gluon kernel", ("gluon",)),
    ("needs what this Triton does not have", ("has no attribute", "been removed")),
    ("this Triton rejects it", ("unsupported AST node", "marked as constexpr and listed")),
    ("needs what only an installation gives", ("is not defined", "StandIn", "global variable")),
    ("the compiler crashed, or took too long", ("the process died", "it took more than")),
)


@dataclass(frozen=True)
class Pair:
    """One kernel in both trees: the lines where its decorators begin, and what is gone."""

    path: str
    name: str
    before: int
    after: int
    removed: frozenset[str]
    #: Parameters that stay, though nothing depends on them.
    demoted: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Result:
    """With how many argument lists a kernel is equal, or what differs, or why it is not known."""

    pair: Pair
    equal: int = 0
    broken: str = ""
    reason: str = ""
    #: The last error of the compiler, if it accepts no arguments.
    error: str = ""


def compare(before: Path, after: Path, pairs: Iterable[Pair], processes: int) -> list[Result]:
    """Compile all of the kernels, in other processes."""
    request = pickle.dumps((before, after, list(pairs), processes))
    environment = {**os.environ, "TRITON_DEFAULT_FP_FUSION": "1", "CUDA_VISIBLE_DEVICES": ""}
    # In most kernels, a constant at the top of a module is meant as one.
    environment["TRITON_ALLOW_NON_CONSTEXPR_GLOBALS"] = "1"
    done = subprocess.run(
        [sys.executable, __file__], input=request, stdout=subprocess.PIPE, env=environment
    )
    done.check_returncode()
    results: list[Result] = pickle.loads(done.stdout)
    return results


def serve() -> None:
    """Answer one request."""
    answer = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    before, after, pairs, processes = pickle.loads(sys.stdin.buffer.read())
    files: dict[str, list[Pair]] = {}
    for pair in pairs:
        files.setdefault(pair.path, []).append(pair)
    import torch
    import triton.compiler.code_generator
    import triton.experimental.gluon  # noqa: F401
    from triton.runtime.driver import driver

    from judge.stub import StubDriver

    torch.set_num_threads(1)
    driver.set_active(StubDriver(torch))  # type: ignore[arg-type]
    work = [(before, after, group) for group in files.values()]
    with multiprocessing.get_context("fork").Pool(processes) as pool:
        results = [r for part in pool.imap_unordered(_file, work, 1) for r in part]
    answer.write(pickle.dumps(results))
    answer.close()


def _file(work: tuple[Path, Path, list[Pair]]) -> list[Result]:
    """The kernels of one file together, or one by one if that process dies."""
    from judge.warm import in_fork

    before, after, pairs = work

    def judge() -> bytes:
        return pickle.dumps(_Kernels(before, after, pairs[0].path).judge(pairs))

    answer, why = in_fork(judge, LIMIT)
    if why.startswith("the judge failed"):
        raise RuntimeError(why)
    if answer:
        results: list[Result] = pickle.loads(answer)
        return results
    if len(pairs) == 1:
        return [Result(pairs[0], reason=_reason(why), error=why)]
    return [result for pair in pairs for result in _file((before, after, [pair]))]


class _Kernels:
    """The kernels of one file, in both trees."""

    def __init__(self, before: Path, after: Path, path: str) -> None:
        self.files = (before / path, after / path)
        self.loaders = (Loader(before, 30), Loader(after, 30))
        self.modules = [
            loader.load(file) for loader, file in zip(self.loaders, self.files, strict=True)
        ]
        self.trees = [ast.parse(file.read_bytes()) for file in self.files]
        self.hints = _hints(self.trees[0])

    def judge(self, pairs: list[Pair]) -> list[Result]:
        return [self._judge(pair) for pair in pairs]

    def _judge(self, pair: Pair) -> Result:
        was, now = self._kernel(0, pair.before), self._kernel(1, pair.after)
        if was is None or now is None:
            return Result(pair, reason="is not there when its module is executed")
        tuning = self._tuning(pair)
        if tuning:
            return Result(pair, broken=tuning)
        if was.is_gluon():
            return Result(pair, reason="a Gluon kernel")
        function = _function(self.trees[0], pair.before)
        parameters = [
            Parameter(p.name, p.is_constexpr, p.annotation_type, p.default, p.has_default)
            for p in was.params
        ]
        guesser = Guesser(parameters, function, self.hints)
        found, error = guesser.search(lambda given: _compile(was, given), TRIES, WANTED)
        if not found:
            return Result(pair, reason=_reason(error), error=error)
        for given, code in found:
            for name in pair.demoted & given.keys():
                kind, value = given[name]
                if kind == "constexpr" and not isinstance(value, (*_NUMBERS, type(None))):
                    return Result(pair, broken=f"no launch can pass {value!r} as `{name}`")
            left = {
                name: _as_argument(value) if name in pair.demoted else value
                for name, value in given.items()
                if name not in pair.removed
            }
            # Triton looks once for what a helper refers to, also in branches that are not compiled,
            # and fails if that is a stand-in. The search above is past that for the other kernel.
            with contextlib.suppress(Exception):
                _compile(now, left)
            try:
                other = _compile(now, left)
            except Exception as problem:
                if any(loader.is_cut for loader in self.loaders):
                    # What it needs may be missing in one tree only.
                    return Result(pair, reason="its modules took too long to load")
                text = " ".join(str(problem).split())
                return Result(pair, broken=f"does not compile any more: {text[-300:]}")
            gone = pair.removed | pair.demoted
            difference = code.without(gone).differs(other.without(pair.demoted))
            if difference and _ptx(was, given) != _ptx(now, left):
                return Result(pair, broken=difference)
        return Result(pair, equal=len(found))

    def _tuning(self, pair: Pair) -> str:
        """What is wrong with the names in configs, keys and heuristics."""
        old, new = (
            loader.tuners.get((str(file), line), [])
            for loader, file, line in zip(
                self.loaders, self.files, (pair.before, pair.after), strict=True
            )
        )
        expected = [[name for name in names if name not in pair.removed] for names in old]
        # Configs may have become equal, and heuristics may be gone.
        if {tuple(names) for names in expected if names} != {tuple(n) for n in new if n}:
            return f"decorators name {new}, not {expected}"
        return ""

    def _kernel(self, side: int, line: int) -> Any:
        """The kernel whose decorators begin at a line; one inside a function is made by itself."""
        loader, file = self.loaders[side], self.files[side]
        kernel = loader.kernels.get((str(file), line))
        if kernel is None:
            function = _function(self.trees[side], line)
            if function is not None:
                # The code around it is missing here.
                function = copy.deepcopy(function)
                inner = types.ModuleType(self.modules[side].__name__)
                inner.__dict__.update(self.modules[side].__dict__)
                function.decorator_list = [
                    d for d in function.decorator_list if "jit" in ast.unparse(d)
                ] or [ast.parse("triton.jit", mode="eval").body]
                ast.fix_missing_locations(function)
                import triton

                inner.__dict__.setdefault("triton", triton)
                inner.__dict__.setdefault("tl", triton.language)
                loader.execute(function, inner, file)
                kernel = loader.last
        return kernel


def _function(tree: ast.Module, line: int) -> Any:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            first = node.decorator_list[0].lineno if node.decorator_list else node.lineno
            if first == line:
                return node
    return None


def _compile(kernel: Any, given: dict[str, Given]) -> Any:
    from judge.stub import StubDriver
    from judge.ttir import compile_source

    return compile_source(_source(kernel, given), StubDriver.target, {})[0]


def _ptx(kernel: Any, given: dict[str, Given]) -> str:
    from judge.stub import StubDriver
    from judge.ttir import compile_to_ptx

    return compile_to_ptx(_source(kernel, given), StubDriver.target)


def _source(kernel: Any, given: dict[str, Given]) -> Any:
    from triton.compiler import ASTSource

    names = [parameter.name for parameter in kernel.params]
    signature = {name: given[name][0] for name in names}
    constants = {
        (place,): given[name][1]
        for place, name in enumerate(names)
        if given[name][0] == "constexpr"
    }
    return ASTSource(kernel, signature, constants, {})


#: What a launch can pass where a kernel takes no constexpr, with its type.
_NUMBERS = {bool: "i1", int: "i32", float: "fp32"}


def _as_argument(given: Given) -> Given:
    """What a constexpr's value is without the annotation."""
    kind, value = given
    if kind != "constexpr" or value is None:
        return given
    return _NUMBERS[type(value)], None


def _hints(tree: ast.Module) -> dict[str, list[Any]]:
    """Constants that the file gives to names, in configs and at launches."""
    found: dict[str, list[Any]] = {}

    def add(name: object, value: ast.expr) -> None:
        if isinstance(name, str) and isinstance(value, ast.Constant):
            found.setdefault(name, []).append(value.value)

    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                add(getattr(key, "value", None), value)
        elif isinstance(node, ast.keyword):
            add(node.arg, node.value)
    return found


def _reason(error: str) -> str:
    for reason, marks in _REASONS:
        if any(mark in error for mark in marks):
            return reason
    return "no arguments were found with which it compiles"


if __name__ == "__main__":
    # The other process unpickles the classes by this module's name.
    from judge import compiling

    compiling.serve()
