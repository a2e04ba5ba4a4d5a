"""tritonlint computes the values of a module's constants step by step, and each step is small."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tritonlint.files.discovery import find_python
from tritonlint.project.loader import Loader
from tritonlint.project.surveys import LoadOptions
from tritonlint.verify.constants import Constants, NotAConstantError
from tritonlint.verify.literals import LanguageName, NotALiteralError, bounded, read, write
from tritonlint.verify.sources import Sources

Value = Callable[..., Any]


@pytest.fixture
def value(write: Any) -> Value:
    """The value of an expression at the end of a file."""

    def value(expression: str, above: str = "", **files: str) -> Any:
        root: Path = write({"module.py": above, **{f"{k}.py": text for k, text in files.items()}})
        project = Loader(root, lambda: find_python(root), LoadOptions()).load()
        node = ast.parse(expression, mode="eval").body
        return Constants(Sources(project)).value(node, root / "module.py")

    return value


IMPORTS = "import math\nimport triton\nimport triton.language as tl\n"

COMPUTED = {
    "1 + 2 * 3 - 4 / 2": 5.0,
    "(1 << 32) - 1": (1 << 32) - 1,
    "7 // 2, 7 % 4, -7, ~7, 2 ** 10, 2.0 ** 0.5": (3, 3, -7, ~7, 1024, 2.0**0.5),
    "1 | 6 & 4 ^ 1": 1 | 6 & 4 ^ 1,
    "[1, 'a', None, True]": [1, "a", None, True],
    "'a' + 'b', (1,) + (2,)": ("ab", (1, 2)),
    "1 if 2 > 1 > 0 else 3": 1,
    "0 or 5, 1 and 0, not 1": (5, 0, False),
    "math.log2(8), math.pi, math.ceil(1.5)": (3.0, math.pi, 2),
    "min(3, 1), max(3, 1), len('abc'), abs(-1), int('7'), float('1e3'), round(1.6)": (
        *(1, 3, 3, 1, 7, 1000.0, 2),
    ),
    "tl.constexpr(3) + 1": 4,
    "tl.float32": LanguageName("float32"),
    "tl.float32 == tl.float16": False,
    "tl.sum": LanguageName("sum"),
    "float('inf')": math.inf,
    # The worker knows whether the language has such a thing.
    "tl.core.builtins, tl.core": (LanguageName("builtins"), LanguageName("core")),
}


@pytest.mark.parametrize("expression", COMPUTED)
def test_what_it_comes_to(value: Value, expression: str) -> None:
    assert value(expression, IMPORTS) == COMPUTED[expression]


UNKNOWN = (
    *("open('x')", "eval('1')", "print", "print(1)", "f'{1}'", "{1: 2}", "{1}", "b'x'", "1j"),
    *("(lambda: 1)()", "[x for x in (1,)]", "(y := 1)", "1 .real", "'a'.join", "'a'[0]", "..."),
    *("triton", "triton.language", "math.__loader__", "math"),
    *("tl.constexpr(1, 2)", "tl.constexpr(x=1)", "min(*[1])", "int(**{})", "tl.sum(1)", "nothing"),
    *("'%s' % 1", "'a' * 2", "[0] * 2", "(0,) * 2", "1 + 'a'", "1 / 0", "1 @ 2", "1 in (1,)"),
    *("1 << 1000", "1 << -1", "2 ** 10000", "2 ** -10000", "10 ** 10 ** 8", "(1 << 255) * 4"),
    *("round(7, -10 ** 9)", "int('9' * 5000)", "math.exp(1e9)", "math.sqrt(-1)", "(-1) ** 0.5"),
    *(f"0x{'f' * 5000}", f"{'x' * 20000!r}", f"({'1,' * 2000})", " + ".join(["1"] * 900)),
    *(f"int('{'9' * 4301}')", f"{'[' * 80}1{']' * 80}[0]"),
)


@pytest.mark.parametrize("expression", UNKNOWN, ids=lambda text: text[:40])
def test_what_is_not_computed(value: Value, expression: str) -> None:
    with pytest.raises(NotAConstantError):
        value(expression, IMPORTS)


def test_names_are_followed_through_files_and_once(value: Value) -> None:
    chain = "".join(f"X{i} = X{i + 1} + X{i + 1}\n" for i in range(8))
    assert value("X0", f"{chain}from other import X8", other="X8 = 3") == 3 * 2**8
    assert value("X", "X = 1\nX = open('x')") == 1
    for cycle in ("X = X", "X = Y\nY = X", "X = Y + 1\nY = X + 1", "from module import X"):
        with pytest.raises(NotAConstantError):
            value("X", cycle)


def test_a_doubling_chain_takes_as_many_steps_as_names(value: Value) -> None:
    chain = "".join(f"X{i} = X{i + 1} - X{i + 1}\n" for i in range(9))
    # The value of each of the ten names is looked up once, not a thousand times.
    assert value("X0", f"{chain}X9 = 3") == 0


WRITTEN = (
    *(0, -1, True, None, "a'\"\\\n\u202e", 0.1, -0.0, 1e300, math.inf, -math.inf, (), (1,), []),
    *([1, (2, "x")], LanguageName("float32"), (LanguageName("int8"), 3)),
)


@pytest.mark.parametrize("written", WRITTEN, ids=repr)
def test_text_gives_the_value_again(written: Any) -> None:
    assert repr(read(write(written))) == repr(written)
    assert math.isnan(read(write(math.nan)))


NO_TEXT = (
    *("open('x')", "tl.core.builtins", "tl.sum(1)", "x", "1 + 1", "'a' * 9", "-'a'", "-(1, 2)"),
    *("-True()", "[x for x in ()]", "{}", "f'x'", "b'x'", "1j", "...", "lambda: 1", "(y := 1)"),
    *("", "1\n2", "\0", "9" * 5000, f"0x{'f' * 5000}", "[" * 5000, "-" * 5000 + "1", "'" * 3),
    *("tl", "tl.x.y", "not 1", "*a", "[*a]", "a" * 200_000),
)


@pytest.mark.parametrize("text", NO_TEXT, ids=lambda text: text[:20])
def test_no_other_text_is_read(text: str) -> None:
    with pytest.raises(NotALiteralError):
        read(text)


@pytest.mark.parametrize("large", [1 << 300, "x" * 20_000, (0,) * 2000, [["x" * 20_000]], object()])
def test_no_large_value_is_kept(large: Any) -> None:
    with pytest.raises(NotALiteralError):
        bounded(large)
