"""Draws kernels that Triton accepts, as source text, with every kind of control flow.

All values are 32-bit integers, so that any variable can be assigned anywhere. Which names may be
read is part of the draw: a parameter outside of it becomes readable once every path has assigned
it, which makes dead and overwritten parameters as frequent as read ones.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

Draw = Callable[[st.SearchStrategy[Any]], Any]

_OPERATORS = ("+", "-", "*", "&", "|", "^", "//", "%")
_COMPARISONS = ("<", ">", "<=", ">=", "==", "!=")


@dataclass(frozen=True)
class Program:
    """A module with helpers and one kernel, and how to compile it."""

    source: str
    integers: tuple[str, ...]
    constexprs: tuple[str, ...]


@dataclass(frozen=True)
class Helper:
    """A device function: its parameters, and how many of them (the last ones) are constexpr."""

    name: str
    integers: tuple[str, ...]
    constexprs: tuple[str, ...]
    default: bool


@dataclass
class Scope:
    """The names that code at one place may use."""

    readable: set[str]
    assignable: list[str]
    constexprs: list[str]
    helpers: list[Helper]
    pointer: str | None
    loops: int = 0
    depth: int = 0
    runtime: int = 0
    lines: list[str] = field(default_factory=list)

    def inside(self, **changes: Any) -> Scope:
        values = {**self.__dict__, "lines": [], "depth": self.depth + 1, **changes}
        values["readable"] = set(self.readable)
        return Scope(**values)

    def emit(self, line: str) -> None:
        self.lines.append(line)

    def nest(self, block: Scope) -> None:
        self.lines += [f"    {line}" for line in block.lines or ["pass"]]


class Writer:
    """Writes statements; every choice is hypothesis's, so that it can shrink them."""

    def __init__(self, draw: Draw) -> None:
        self.draw = draw
        self.serial = 0

    def pick(self, options: Any) -> Any:
        return self.draw(st.sampled_from(list(options)))

    def chance(self, percent: int) -> bool:
        # Shrinks toward False.
        return bool(self.draw(st.integers(0, 99)) >= 100 - percent)

    def number(self, low: int, high: int) -> int:
        return int(self.draw(st.integers(low, high)))

    def fresh(self) -> str:
        self.serial += 1
        return f"t{self.serial}"

    # -- expressions -----------------------------------------------------------------------

    def name(self, scope: Scope) -> str:
        options = sorted(scope.readable)
        if self.chance(3):
            options = [n for n in scope.assignable if n.startswith("p")] or options
        return str(self.pick(options)) if options else str(self.number(2, 9))

    def constexpr(self, scope: Scope) -> str:
        if not scope.constexprs:
            return str(self.number(1, 5))
        name = str(self.pick(scope.constexprs))
        return self.pick([name, name, f"({name} + {self.number(1, 3)})", f"({name} * 2)"])

    def expression(self, scope: Scope, depth: int = 2) -> str:
        kinds = ["name", "name", "literal", "constexpr"]
        if depth:
            kinds += ["binary", "binary", "minimum", "conditional", "negative", "load"]
            kinds += ["call"] * 2 * bool(scope.helpers)
        kind = self.pick(kinds)
        again = depth - 1
        if kind == "name":
            return self.name(scope)
        if kind == "literal":
            return str(self.number(2, 99))
        if kind == "constexpr":
            return self.constexpr(scope)
        if kind == "binary":
            left, right = self.expression(scope, again), self.expression(scope, again)
            operator = self.pick(_OPERATORS)
            if operator in ("//", "%"):
                right = str(self.number(2, 9))
            return f"({left} {operator} {right})"
        if kind == "minimum":
            left, right = self.expression(scope, again), self.expression(scope, again)
            return f"tl.{self.pick(['minimum', 'maximum'])}({left}, {right})"
        if kind == "conditional":
            test = self.pick([self.condition, self.static_condition])(scope)
            left, right = self.integer(scope, again), self.integer(scope, again)
            return f"({left} if {test} else {right})"
        if kind == "negative":
            return f"(-{self.name(scope)})"
        if kind == "load" and scope.pointer:
            return f"tl.load({scope.pointer} + {self.expression(scope, again)})"
        if kind == "call" and scope.helpers:
            return self.call(scope, again)
        return self.name(scope)

    def integer(self, scope: Scope, depth: int) -> str:
        """An expression that is certainly a tensor, as both arms of a conditional must be."""
        return f"({self.expression(scope, depth)} + tl.program_id(0))"

    def call(self, scope: Scope, depth: int) -> str:
        helper: Helper = self.pick(scope.helpers)
        integers = list(helper.integers)
        dropped = helper.default and not helper.constexprs and self.chance(30)
        if dropped:
            integers.pop()
        passed = [self.expression(scope, depth) for _ in integers]
        if self.chance(30):
            from_ = self.number(0, len(integers))
            passed[from_:] = [
                f"{n}={v}" for n, v in zip(integers[from_:], passed[from_:], strict=True)
            ]
            values = [f"{n}={self.constexpr(scope)}" for n in helper.constexprs]
        else:
            values = [self.constexpr(scope) for _ in helper.constexprs]
        return f"{helper.name}({', '.join([*passed, *values])})"

    def condition(self, scope: Scope) -> str:
        left = f"({self.expression(scope, 1)} + tl.program_id(0))"
        test = f"{left} {self.pick(_COMPARISONS)} {self.expression(scope, 1)}"
        if self.chance(15):
            other = f"{self.name(scope)} > {self.number(0, 9)}"
            return f"({test}) {self.pick(['and', 'or'])} ({other})"
        return f"not ({test})" if self.chance(10) else test

    def static_condition(self, scope: Scope) -> str:
        return f"{self.constexpr(scope)} {self.pick(_COMPARISONS)} {self.number(0, 5)}"

    # -- statements ------------------------------------------------------------------------

    def block(self, scope: Scope, most: int) -> None:
        for _ in range(self.number(1, most)):
            self.statement(scope)

    def statement(self, scope: Scope) -> None:
        kinds = ["assign"] * 4 + ["tuple", "augmented", "chain", "store", "walrus", "packed"]
        if scope.depth < 3:
            kinds += ["if", "if", "static_if", "static_if", "return_if", "after_return"]
            kinds += ["for", "for", "static_range", "while"] if scope.loops < 2 else []
        if scope.helpers:
            kinds += ["call", "call"]
        if scope.constexprs:
            kinds += ["static"]
            # A constexpr cannot be bound twice, so it cannot be in a loop that is unrolled.
            kinds += ["typed"] * (not scope.loops)
        getattr(self, f"_{self.pick(kinds)}")(scope)

    def target(self, scope: Scope) -> str:
        return str(self.pick(scope.assignable)) if scope.assignable else self.fresh()

    def _assign(self, scope: Scope) -> None:
        name, value = self.target(scope), self.expression(scope)
        scope.emit(f"{name} = {value}")
        scope.readable.add(name)

    def _tuple(self, scope: Scope) -> None:
        names = [self.target(scope), self.target(scope)]
        values = [self.expression(scope, 1) for _ in names]
        if names[0] == names[1]:
            self._assign(scope)
            return
        scope.emit(f"{', '.join(names)} = {', '.join(values)}")
        scope.readable.update(names)

    def _chain(self, scope: Scope) -> None:
        first, second = self.target(scope), self.target(scope)
        scope.emit(f"{first} = {self.expression(scope, 1)}")
        scope.readable.add(first)
        scope.emit(f"{second} = {first}")
        scope.readable.add(second)

    def _packed(self, scope: Scope) -> None:
        packed = self.fresh()
        scope.emit(f"{packed} = ({self.expression(scope, 1)}, {self.expression(scope, 1)})")
        name = self.target(scope)
        scope.emit(f"{name} = {packed}[{self.number(0, 1)}]")
        scope.readable.add(name)

    def _augmented(self, scope: Scope) -> None:
        if scope.readable:
            name = self.pick([n for n in sorted(scope.readable) if n in scope.assignable] or [""])
            if name:
                scope.emit(f"{name} {self.pick(['+=', '-=', '*=', '|='])} {self.name(scope)}")

    def _store(self, scope: Scope) -> None:
        if scope.pointer:
            where = self.expression(scope, 1)
            scope.emit(f"tl.store({scope.pointer} + {where}, {self.expression(scope, 1)})")

    def _walrus(self, scope: Scope) -> None:
        name = self.target(scope)
        scope.emit(f"{self.fresh()} = ({name} := {self.integer(scope, 1)}) + 1")
        scope.readable.add(name)

    def _typed(self, scope: Scope) -> None:
        name = self.fresh()
        scope.emit(f"{name}: tl.constexpr = {self.constexpr(scope)}")
        scope.constexprs = [*scope.constexprs, name]

    def _static(self, scope: Scope) -> None:
        value = self.constexpr(scope)
        scope.emit(
            self.pick([f"tl.static_assert({value} >= 0)", f'tl.static_print(f"{{{value}}}")'])
        )

    def _call(self, scope: Scope) -> None:
        scope.emit(self.call(scope, 1))

    def _if(self, scope: Scope) -> None:
        self._branches(scope, self.condition, scope.runtime + 1)

    def _static_if(self, scope: Scope) -> None:
        self._branches(scope, self.static_condition, scope.runtime)

    def _branches(self, scope: Scope, condition: Callable[[Scope], str], runtime: int) -> None:
        arms = []
        word = "if"
        for _ in range(self.number(1, 2)):
            scope.emit(f"{word} {condition(scope)}:")
            arms.append(self._arm(scope, runtime))
            word = "elif"
        if self.chance(65):
            scope.emit("else:")
            arms.append(self._arm(scope, runtime))
            scope.readable |= set.intersection(*(arm.readable for arm in arms)) & set(
                scope.assignable
            )

    def _arm(self, scope: Scope, runtime: int) -> Scope:
        arm = scope.inside(runtime=runtime)
        self.block(arm, 2)
        scope.nest(arm)
        return arm

    def _return_if(self, scope: Scope) -> None:
        # Triton accepts no return inside a loop, and in helpers only one at the end.
        if scope.loops or not scope.pointer:
            return
        scope.emit(f"if {self.pick([self.condition, self.static_condition])(scope)}:")
        scope.emit("    return")

    def _after_return(self, scope: Scope) -> None:
        if scope.loops or not scope.pointer or scope.runtime or not self.chance(30):
            return
        scope.emit(f"if {self.static_condition(scope)}:")
        dead = scope.inside()
        dead.emit("return")
        self.block(dead, 2)
        scope.nest(dead)

    def _for(self, scope: Scope) -> None:
        kind = self.pick(["range", "tl.range"])
        bounds = [self.expression(scope, 1) for _ in range(self.number(1, 2))]
        if self.chance(20):
            bounds = [bounds[0], bounds[-1], str(self.number(1, 4))]
        self._loop(scope, f"{kind}({', '.join(bounds)})")

    def _static_range(self, scope: Scope) -> None:
        self._loop(scope, f"tl.static_range({self.pick([str(self.number(0, 3)), '0, 2', '2'])})")

    def _loop(self, scope: Scope, iterated: str) -> None:
        # A loop may also use a parameter's name for its variable.
        variable = self.target(scope) if self.chance(15) else self.fresh()
        scope.emit(f"for {variable} in {iterated}:")
        body = scope.inside(loops=scope.loops + 1)
        body.assignable = [n for n in body.assignable if n != variable]
        body.readable.add(variable)
        self.block(body, 2)
        scope.nest(body)

    def _while(self, scope: Scope) -> None:
        counter = self.fresh()
        scope.emit(f"{counter} = {self.integer(scope, 1)}")
        scope.emit(f"while {counter} < {self.expression(scope, 1)}:")
        body = scope.inside(loops=scope.loops + 1)
        body.readable.add(counter)
        self.block(body, 2)
        body.emit(f"{counter} += 1")
        scope.nest(body)


def _helper(writer: Writer, serial: int, earlier: list[Helper]) -> tuple[Helper, list[str]]:
    integers = tuple(f"p{i}" for i in range(writer.number(1, 3)))
    constexprs = tuple(f"C{i}" for i in range(writer.number(0, 1)))
    default = not constexprs and writer.chance(30)
    helper = Helper(f"helper_{serial}", integers, constexprs, default)
    scope = Scope(
        readable={n for n in integers if writer.chance(50)},
        assignable=[*integers, "v0"],
        constexprs=[n for n in constexprs if writer.chance(50)],
        helpers=list(earlier),
        pointer=None,
        depth=1,
    )
    writer.block(scope, 2)
    header = [*integers, *(f"{n}: tl.constexpr" for n in constexprs)]
    if default:
        header[-1] += "=7"
    scope.emit(f"return {writer.expression(scope, 1)} + tl.program_id(0)")
    lines = ["@triton.jit", f"def {helper.name}({', '.join(header)}):"]
    return helper, [*lines, *(f"    {line}" for line in scope.lines)]


@st.composite
def programs(draw: Draw) -> Program:
    """Modules with a kernel named `kernel`, which takes `out_ptr`, `p0`... and `C0`..."""
    writer = Writer(draw)
    lines = ["import triton", "import triton.language as tl"]
    helpers: list[Helper] = []
    for serial in range(writer.number(0, 2)):
        helper, source = _helper(writer, serial, helpers)
        helpers.append(helper)
        lines += ["", "", *source]
    integers = tuple(f"p{i}" for i in range(writer.number(1, 5)))
    constexprs = tuple(f"C{i}" for i in range(writer.number(0, 3)))
    scope = Scope(
        readable={n for n in integers if writer.chance(45)},
        assignable=[*integers, "v0", "v1"],
        constexprs=[n for n in constexprs if writer.chance(60)],
        helpers=helpers,
        pointer="out_ptr",
    )
    writer.block(scope, 5)
    # The compiler cannot treat a stored value as dead.
    for place, name in enumerate(sorted(scope.readable)):
        if writer.chance(80):
            scope.emit(f"tl.store(out_ptr + {place}, {name})")
    header = ["out_ptr", *integers, *(f"{n}: tl.constexpr" for n in constexprs)]
    lines += ["", "", "@triton.jit", f"def kernel({', '.join(header)}):"]
    lines += [f"    {line}" for line in scope.lines or ["pass"]]
    return Program("\n".join(lines) + "\n", integers, constexprs)
