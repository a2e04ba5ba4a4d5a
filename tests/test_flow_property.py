"""The flow analysis against Python itself, on random kernels.

A body runs as Python code whose values answer every question (`bool`, `iter`) by a list of
decisions, once for each list. The namespace notes which names are looked up while they still have
their value on entry: that is a read.
"""

from __future__ import annotations

import ast
import sys
import textwrap
from collections.abc import Generator, Iterator
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tritonlint.survey.decorators import DecoratorReader
from tritonlint.survey.facts.kernels import Forward, Kernel, Use
from tritonlint.survey.facts.module import SurveyOptions
from tritonlint.survey.file_names import FileNames
from tritonlint.survey.kept_flows import Flows
from tritonlint.survey.kernels import Definition, KernelBuilder
from tritonlint.survey.quick import SurelyRead, surely_read
from tritonlint.survey.text import Text
from tritonlint.survey.walk import Walker

PARAMETERS = ("a", "b", "c")
MOST_PATHS = 300
MOST_DECISIONS = 12


# -- the judge -----------------------------------------------------------------------------


class Leave(BaseException):
    """Replaces `return`, and ends paths that take too many decisions."""


class Stuck(BaseException):
    """The call of a nested function does not end."""


class Decisions:
    """The answers on one path: the given ones, then always the first; `taken` has all of them."""

    def __init__(self, given: list[int]) -> None:
        self.given = given
        self.taken: list[int] = []

    def next(self) -> int:
        place = len(self.taken)
        if place >= MOST_DECISIONS:
            raise Leave
        self.taken.append(self.given[place] if place < len(self.given) else 0)
        return self.taken[-1]


class Value:
    """Any value; if code asks it something, the decisions answer."""

    def __init__(self, decisions: Decisions) -> None:
        self._decisions = decisions

    def _value(self, *arguments: object, **__: object) -> Value:
        for argument in arguments:
            if isinstance(argument, Generator):
                list(argument)
        return Value(self._decisions)

    __add__ = __radd__ = __mul__ = __rmul__ = __getitem__ = __call__ = _value
    __lt__ = __gt__ = __le__ = __ge__ = __neg__ = _value

    def __setitem__(self, key: object, value: object) -> None:
        pass

    def __getattr__(self, name: str) -> Value:
        if name.startswith("__"):
            raise AttributeError(name)
        return Value(self._decisions)

    def __bool__(self) -> bool:
        return bool(self._decisions.next())

    def __iter__(self) -> Iterator[Value]:
        while self._decisions.next():
            yield Value(self._decisions)

    def __format__(self, spec: str) -> str:
        return "value"


class Namespace(dict[str, Any]):
    """Notes the loads of names that still hold their first value."""

    def __init__(self, decisions: Decisions) -> None:
        self.entry = {name: Value(decisions) for name in PARAMETERS}
        self.read: set[str] = set()
        super().__init__(self.entry)
        for name in ("tl", "t"):
            self[name] = Value(decisions)
        self["Leave"] = Leave
        self["forever"] = self._again
        self["value"] = Value(decisions)
        self._rounds = 0

    def _again(self) -> bool:
        self._rounds += 1
        if self._rounds > MOST_DECISIONS:
            is_called = sys._getframe(1).f_code.co_name != "<module>"
            raise Stuck if is_called else Leave
        return True

    def __getitem__(self, name: str) -> Any:
        value = super().__getitem__(name)
        if name in self.entry and value is self.entry[name]:
            self.read.add(name)
        return value


def reads_on_all_paths(body: str) -> tuple[set[str], bool]:
    """The names that some path reads, and whether every path was taken."""
    code = compile(body, "kernel", "exec")
    read: set[str] = set()
    pending: list[list[int]] = [[]]
    paths = 0
    cut_short = False
    while pending and paths < MOST_PATHS:
        given = pending.pop()
        decisions = Decisions(given)
        namespace = Namespace(decisions)
        paths += 1
        try:
            exec(code, namespace)
        except Leave:
            pass
        except (NameError, Stuck):
            # A nested function reads one of its own names too early, or never returns. What
            # follows does not run, and no analysis of one function can know that.
            cut_short = True
        read |= namespace.read
        # Each answer that was not given could have been the other one.
        for place in range(len(given), len(decisions.taken)):
            pending.append([*decisions.taken[:place], 1])
    return read, not pending and not cut_short


# -- random bodies -------------------------------------------------------------------------

NAMES = st.sampled_from((*PARAMETERS, "t"))


def joined(template: str, *parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(*parts).map(lambda found: template.format(*found))


def larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        joined("({} + {})", inner, inner),
        joined("({} < {} < {})", inner, inner, inner),
        joined("({} and {})", inner, inner),
        joined("({} or {})", inner, inner),
        joined("({} if {} else {})", inner, inner, inner),
        joined("({} := {})", NAMES, inner),
        joined("tl.load({}, mask={})", inner, inner),
        joined("{}[{}, {}]", NAMES, inner, inner),
        joined("[{} for {} in {}]", inner, NAMES, NAMES),
        joined("tl.f({} for {} in {} if {})", inner, NAMES, NAMES, inner),
        joined("{{{}: {} for {} in {} for {} in {}}}", *[NAMES] * 6),
        # The analysis takes a lambda to run where it stands; an argument must not overwrite.
        joined("(lambda {}: {})({})", NAMES, inner, NAMES),
        joined("(lambda x={}: {})()", inner, inner),
        joined("f'{{{}}} {{t:{{{}}}}}'", NAMES, NAMES),
        joined("(not {})", inner),
    )


EXPRESSIONS = st.recursive(NAMES | st.just("1"), larger, max_leaves=4)


def indented(block: str) -> str:
    return textwrap.indent(block, "    ")


TARGETS = st.one_of(
    NAMES,
    joined("t[{}]", EXPRESSIONS),
    joined("{}.x", NAMES),
)

PLAIN = st.one_of(
    joined("{} = {}", TARGETS, EXPRESSIONS),
    joined("{} = {} = {}", NAMES, TARGETS, EXPRESSIONS),
    joined("{} += {}", NAMES, EXPRESSIONS),
    joined("t = {}", NAMES),
    joined("tl.store({}, {})", EXPRESSIONS, EXPRESSIONS),
    joined("tl.static_assert({})", NAMES),
    joined("{}: int = {}", NAMES, EXPRESSIONS).map(lambda s: s.replace(": int", ": 'int'")),
    joined("import math as {}", NAMES),
    st.just("pass"),
)

JUMPS = st.sampled_from(["return", "return"])
LOOP_JUMPS = st.sampled_from(["return", "break", "continue"])


def blocks(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    def of(*choices: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        return st.lists(st.one_of(inner, *choices), min_size=1, max_size=3).map(
            lambda lines: indented("\n".join(lines))
        )

    block, loop_block = of(JUMPS), of(LOOP_JUMPS)
    return st.one_of(
        joined("if {}:\n{}", EXPRESSIONS, block),
        joined("if {}:\n{}\nelse:\n{}", EXPRESSIONS, block, block),
        joined("if {}:\n{}\nelif {}:\n{}\nelse:\n{}", EXPRESSIONS, block, NAMES, block, block),
        joined("for {} in tl.range({}):\n{}", NAMES, EXPRESSIONS, loop_block),
        joined("for {} in t:\n{}\nelse:\n{}", NAMES, loop_block, block),
        joined("for {}, {} in tl.pairs():\n{}", NAMES, NAMES, loop_block),
        joined("while tl.load({}):\n{}", EXPRESSIONS, loop_block),
        joined("while tl.load({}):\n{}\nelse:\n{}", NAMES, loop_block, block),
        joined("while True:\n{}\n    if tl.load({}):\n        break", loop_block, NAMES),
        joined("def f({}={}):\n{}\nf()", NAMES, EXPRESSIONS, of(JUMPS)),
    )


def is_python(body: str) -> bool:
    """Whether Python compiles it as the body of a function."""
    try:
        compile(f"def kernel():\n{indented(body)}", "kernel", "exec")
    except SyntaxError:
        return False
    return True


STATEMENTS = st.recursive(PLAIN, blocks, max_leaves=6)
BODIES = st.lists(STATEMENTS | JUMPS, min_size=1, max_size=4).map("\n".join)


class Runnable(ast.NodeTransformer):
    """Turns a function's body into code that runs alone: names are global, all is a `Value`."""

    def __init__(self) -> None:
        self.depth = 0

    def visit(self, node: ast.AST) -> Any:
        changed = super().visit(node)
        number = isinstance(node, ast.Constant) and isinstance(node.value, int)
        made = (ast.ListComp, ast.DictComp, ast.JoinedStr, ast.UnaryOp)
        # A format specification is a string, and stays one.
        if (number and node.value is not True) or (isinstance(node, made) and changed):
            return self._value(changed)
        return changed

    def _value(self, *arguments: ast.expr) -> ast.Call:
        return ast.Call(ast.Name("value", ast.Load()), list(arguments), [])

    def visit_FormattedValue(self, node: ast.FormattedValue) -> ast.AST:
        node.value = self.visit(node.value)
        if isinstance(node.format_spec, ast.JoinedStr):
            node.format_spec.values = [self.visit(v) for v in node.format_spec.values]
        return node

    def visit_Import(self, node: ast.Import) -> ast.AST:
        return ast.Assign([ast.Name(node.names[0].asname or "", ast.Store())], self._value())

    def visit_Return(self, node: ast.Return) -> ast.AST:
        return node if self.depth else ast.Raise(exc=ast.Name("Leave", ast.Load()), cause=None)

    def visit_For(self, node: ast.For) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.target, ast.Tuple):
            # A value would unpack into as many parts as the decisions say.
            node.body[:0] = [ast.Assign([t], self._value()) for t in node.target.elts]
            node.target = ast.Name("_", ast.Store())
        return node

    def visit_While(self, node: ast.While) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.test, ast.Constant):
            node.test = ast.Call(ast.Name("forever", ast.Load()), [], [])
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.depth += 1
        self.generic_visit(node)
        self.depth -= 1
        return node


def runnable(body: str) -> str:
    tree = ast.fix_missing_locations(Runnable().visit(ast.parse(body)))
    return ast.unparse(tree)


# -- the two properties --------------------------------------------------------------------


KERNEL = """\
import triton
import triton.language as tl


@triton.jit
def helper(x):
    pass


@triton.jit
def kernel(a, b, c):
{}
"""


def definition_of(body: str) -> tuple[Definition, KernelBuilder]:
    source = KERNEL.format(indented(body))
    text, tree = Text(source), ast.parse(source)
    walker = Walker(tree, text, SurveyOptions())
    decorators = DecoratorReader(text, FileNames(tree), walker.scopes, SurveyOptions())
    return walker.definitions[1], KernelBuilder(text, decorators, {}, Flows())


Verdicts = dict[str, tuple[Use, tuple[Forward, ...], str | None]]


def verdicts_of(kernel: Kernel) -> Verdicts:
    return {p.name: (p.use, p.forwards, p.obstacle) for p in kernel.parameters}


def analyzed(body: str) -> Verdicts:
    """What the flow analysis says, without the quick check."""
    definition, builder = definition_of(body)
    return verdicts_of(builder.build(definition, SurelyRead()))


@given(BODIES)
@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_verdict_is_what_some_path_does(body: str) -> None:
    assume(is_python(body))
    read, complete = reads_on_all_paths(runnable(body))
    verdicts = analyzed(body)
    for name, (use, _, _) in verdicts.items():
        if name in read:
            assert use is Use.READ, f"{name} is read:\n{body}"
        elif complete:
            assert use is not Use.READ, f"no path reads {name}:\n{body}"


EXOTIC = st.one_of(
    joined("helper({})", EXPRESSIONS),
    joined("t = helper({} + {})", NAMES, NAMES),
    joined("t = {}.method({})", NAMES, NAMES),
    joined("{} = {}.attribute", NAMES, NAMES),
    joined("{} = helper", NAMES),
    joined("{} = tl.load({})", NAMES, NAMES),
    joined("try:\n    {}\nexcept E as {}:\n    {}", PLAIN, NAMES, PLAIN | JUMPS),
    joined("try:\n    {}\nfinally:\n    {}", PLAIN | JUMPS, PLAIN),
    joined("match {}:\n    case {}:\n        {}", NAMES, NAMES, PLAIN | JUMPS),
    joined("match {}:\n    case [1, *{}]:\n        {}", NAMES, NAMES, PLAIN | JUMPS),
    joined("with {} as {}:\n    {}", EXPRESSIONS, NAMES, PLAIN | JUMPS),
    joined("class {}:\n    {}", NAMES, PLAIN),
    joined("def {}(x):\n    {}", NAMES, PLAIN | JUMPS),
    joined("del {}", NAMES),
    joined("from x import {}", NAMES),
    joined("{}: int", NAMES),
)
EXOTIC_STATEMENTS = st.recursive(PLAIN | EXOTIC, blocks, max_leaves=4)
EXOTIC_BODIES = st.lists(EXOTIC_STATEMENTS | JUMPS, min_size=1, max_size=5).map("\n".join)


@given(EXOTIC_BODIES)
@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
def test_what_the_quick_look_calls_read_is_read(body: str) -> None:
    assume(is_python(body))
    definition, builder = definition_of(body)
    verdicts = analyzed(body)
    found = surely_read(definition.node, definition.scope)
    for name in found.read & set(PARAMETERS):
        assert verdicts[name][0] is Use.READ, f"{name} is {verdicts[name][0].value}:\n{body}"
    for name in found.passed.keys() & set(PARAMETERS):
        assert verdicts[name][0] in (Use.READ, Use.FORWARDED), f"{name} is not forwarded:\n{body}"
    assert verdicts_of(builder.build(definition, found)) == verdicts, body
