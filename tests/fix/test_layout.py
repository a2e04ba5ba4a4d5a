"""The code after a removal looks as if a careful person had edited it by hand.

In every case `n` is dead, and so is whatever else begins with `dead`.
"""

from __future__ import annotations

import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

IMPORTS = "import triton\nimport triton.language as tl\n\n\n"

#: Signatures and calls are both bracketed sequences: before, after.
SEQUENCES = {
    "one line": (
        "x, y, n",
        "x, y",
    ),
    "one line, first": (
        "n, x, y",
        "x, y",
    ),
    "one line, in the middle": (
        "x, n, y",
        "x, y",
    ),
    "one line, with a comma at the end": (
        "x, y, n,",
        "x, y,",
    ),
    "odd spaces stay between those that stay": (
        "x ,  y, n",
        "x ,  y",
    ),
    "no spaces": (
        "x,n,y",
        "x,y",
    ),
    "spaces inside the brackets": (
        " x, y, n ",
        " x, y ",
    ),
    "one on each line": (
        """
    x,
    n,
    y,
""",
        """
    x,
    y,
""",
    ),
    "one on each line, last, with a comma": (
        """
    x,
    y,
    n,
""",
        """
    x,
    y,
""",
    ),
    "one on each line, last, without a comma": (
        """
    x,
    y,
    n
""",
        """
    x,
    y
""",
    ),
    "a comment goes with its line": (
        """
    x,  # input
    n,  # length
    y,  # output
""",
        """
    x,  # input
    y,  # output
""",
    ),
    "the last one's comment goes with its line": (
        """
    x,  # input
    y,  # output
    n,  # length
""",
        """
    x,  # input
    y,  # output
""",
    ),
    "the last one without a comma but with a comment": (
        """
    x,  # input
    y,  # output
    n  # length
""",
        """
    x,  # input
    y  # output
""",
    ),
    "the comment above a group of which all goes": (
        """
    # Pointers
    x,
    y,
    # Sizes
    n,
    dead_m,
    # Strides
    dead_stride,
""",
        """
    # Pointers
    x,
    y,
""",
    ),
    "the comment above a group of which some stays": (
        """
    # Pointers
    x,
    # Sizes
    n,
    y,
    # Strides, of which
    # there is one
    dead_stride,
""",
        """
    # Pointers
    x,
    # Sizes
    y,
""",
    ),
    "the comment above one of a group that names it": (
        """
    # Pointers
    # n is the length
    n,
    x,
    y,
    # dead_m and y
    dead_m,
""",
        """
    # Pointers
    x,
    y,
""",
    ),
    "the comment above one of a group that names others too": (
        """
    # n and x
    n,
    x,
    y,
""",
        """
    # n and x
    x,
    y,
""",
    ),
    "the comment above the second of two, which names another": (
        """
    x,
    n,
    # dead_m and y
    dead_m,
    y,
""",
        """
    x,
    # dead_m and y
    y,
""",
    ),
    "a word to a checker": (
        """
    x,
    # pyre-ignore[2]
    n,
    # type: ignore
    dead_m,
    y,
""",
        """
    x,
    y,
""",
    ),
    "a comment above an empty line": (
        """
    x,
    # All of them

    n,
    y,
""",
        """
    x,
    # All of them

    y,
""",
    ),
    "a comment behind the last one stays": (
        """
    x,
    y,
    n,
    # that is all
""",
        """
    x,
    y,
    # that is all
""",
    ),
    "several on one line": (
        """
    x, n,
    y, dead_m,
""",
        """
    x,
    y,
""",
    ),
    "several on one line, the first of them": (
        """
    x,
    n, y,
""",
        """
    x,
    y,
""",
    ),
    "a whole line of several": (
        """
    x,
    n, dead_m,
    y,
""",
        """
    x,
    y,
""",
    ),
    "a line's comment stays while one of them stays": (
        """
    x, n,  # data and length
    y,
""",
        """
    x,  # data and length
    y,
""",
    ),
    "a line's comment stays while the last of them stays": (
        """
    n, x,  # length and data
    y,
""",
        """
    x,  # length and data
    y,
""",
    ),
    "a line's comment goes with all of them": (
        """
    x,
    n, dead_m,  # lengths
    y,
""",
        """
    x,
    y,
""",
    ),
    "hanging": (
        """x, y,
    n""",
        """x, y""",
    ),
    "hanging, in the middle": (
        """x,
    n,
    y""",
        """x,
    y""",
    ),
    "hanging, first": (
        """n,
    x,
    y""",
        """x,
    y""",
    ),
    "commas at the beginning of the lines": (
        """x
    , n
    , y""",
        """x
    , y""",
    ),
    "commas at the beginning, last": (
        """x
    , y
    , n""",
        """x
    , y""",
    ),
    "blank lines": (
        """
    x,

    n,

    y,
""",
        """
    x,

    y,
""",
    ),
}


def _signature(inside: str) -> str:
    return f"@triton.jit\ndef kernel({inside}):\n    tl.store(x, y)\n"


def _launch(signature: str, inside: str) -> str:
    return (
        f"@triton.jit\ndef kernel({signature}):\n    tl.store(x, y)\n\n\n"
        f"def launch(x, y, n, dead_m, dead_stride):\n    kernel[(1,)]({inside})\n"
    )


def _names(inside: str) -> list[str]:
    """The items of a sequence, without the text around them."""
    lines = [line.partition("#")[0] for line in inside.splitlines()]
    return [name.strip() for name in "".join(lines).split(",") if name.strip()]


@pytest.mark.parametrize(("before", "after"), SEQUENCES.values(), ids=SEQUENCES)
def test_signature(fix_source, before, after):
    # These sources have no launch, so no change is safe.
    assert fix_source(_signature(before), "--unsafe-fixes") == _signature(after)


@pytest.mark.parametrize(("before", "after"), SEQUENCES.values(), ids=SEQUENCES)
def test_call(fix_source, before, after):
    signature = ", ".join(_names(before))
    assert fix_source(_launch(signature, before)) == _launch("x, y", after)


@pytest.mark.parametrize(("before", "after"), SEQUENCES.values(), ids=SEQUENCES)
def test_call_by_keyword(fix_source, before, after):
    signature = ", ".join(_names(before))
    before, after = (re.sub(r"\b(x|y|n|dead_\w+)\b", r"\1=\1", text) for text in (before, after))
    assert fix_source(_launch(signature, before)) == _launch("x, y", after)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda text: text.replace("\n", "\r\n"), id="CRLF"),
        pytest.param(lambda text: text.replace("\n", "\r"), id="CR"),
        pytest.param(lambda text: text.replace("    ", "\t"), id="tabs"),
        pytest.param(lambda text: text.rstrip("\n"), id="no line end at the end"),
        pytest.param(lambda text: text.replace("\n", "  \n"), id="blanks behind the lines"),
        pytest.param(lambda text: "if True:\n" + textwrap.indent(text, "  "), id="indented"),
        pytest.param(lambda text: text.replace("(1,)", "('€', 1)[1:]"), id="wide characters"),
    ],
)
def test_every_layout_in_other_clothes(fix, change):
    """CRLF, tabs, indentation: every byte that stays is as it was."""
    before, after = {}, {}
    for number, (was, becomes) in enumerate(SEQUENCES.values()):
        name = f"kernels_{number}.py"
        signature = ", ".join(_names(was))
        for end, inside, result in (("s", signature, "x, y"), ("l", was, becomes)):
            before[end + name] = change(IMPORTS + _launch(inside, was)).encode()
            after[end + name] = change(IMPORTS + _launch(result, becomes)).encode()
    fixed = fix(before)
    assert {name: fixed[name].encode() for name in before} == after


#: Whole modules: before, after.
MODULES = {
    "a lone parameter": (
        """
@triton.jit
def kernel(n):
    tl.device_print("hello")


def launch(n):
    kernel[(1,)](n)
""",
        """
@triton.jit
def kernel():
    tl.device_print("hello")


def launch(n):
    kernel[(1,)]()
""",
    ),
    "a lone parameter on its own line": (
        """
@triton.jit
def kernel(
    n,  # length
):
    tl.device_print("hello")


def launch(n):
    kernel[(1,)](
        n,
    )
""",
        """
@triton.jit
def kernel():
    tl.device_print("hello")


def launch(n):
    kernel[(1,)]()
""",
    ),
    "all parameters, and a comment that is nobody's": (
        """
@triton.jit
def kernel(
    n,
    dead_m,
    # Sizes
):
    tl.device_print("hello")
""",
        """
@triton.jit
def kernel(
    # Sizes
):
    tl.device_print("hello")
""",
    ),
    "annotations and defaults": (
        """
@triton.jit
def kernel(
    x,
    n: "i32" = 1,  # length
    dead_m: tl.constexpr = (
        4  # by far
    ),
    BLOCK: tl.constexpr = 16,
):
    tl.store(x, BLOCK)
""",
        """
@triton.jit
def kernel(
    x,
    BLOCK: tl.constexpr = 16,
):
    tl.store(x, BLOCK)
""",
    ),
    "a star that would stand for nothing": (
        """
@triton.jit
def kernel(x, *, n):
    tl.store(x, 0)


def launch(x, n):
    kernel[(1,)](x, n=n)
""",
        """
@triton.jit
def kernel(x):
    tl.store(x, 0)


def launch(x, n):
    kernel[(1,)](x)
""",
    ),
    "a star on its own line": (
        """
@triton.jit
def kernel(
    x,
    *,
    n,
    dead_m: tl.constexpr,
):
    tl.store(x, 0)
""",
        """
@triton.jit
def kernel(
    x,
):
    tl.store(x, 0)
""",
    ),
    "a star that still stands for something": (
        """
@triton.jit
def kernel(n, *, x, dead_m):
    tl.store(x, 0)
""",
        """
@triton.jit
def kernel(*, x):
    tl.store(x, 0)
""",
    ),
    "a slash that would stand for nothing": (
        """
@triton.jit
def kernel(n, /, x):
    tl.store(x, 0)


def launch(x, n):
    kernel[(1,)](n, x)
""",
        """
@triton.jit
def kernel(x):
    tl.store(x, 0)


def launch(x, n):
    kernel[(1,)](x)
""",
    ),
    "a slash on its own line": (
        """
@triton.jit
def kernel(
    n,
    /,
    x,
):
    tl.store(x, 0)
""",
        """
@triton.jit
def kernel(
    x,
):
    tl.store(x, 0)
""",
    ),
    "a slash that still stands for something": (
        """
@triton.jit
def kernel(x, n, /, y, dead_m):
    tl.store(x, y)
""",
        """
@triton.jit
def kernel(x, /, y):
    tl.store(x, y)
""",
    ),
    "a slash, a star, and nothing left of either": (
        """
@triton.jit
def kernel(n, /, x, *, dead_m):
    tl.store(x, 0)
""",
        """
@triton.jit
def kernel(x):
    tl.store(x, 0)
""",
    ),
    "a return annotation and one line of body": (
        """
@triton.jit
def kernel(x, n) -> None: tl.store(x, 0)
""",
        """
@triton.jit
def kernel(x) -> None: tl.store(x, 0)
""",
    ),
    "arguments that fit beside their brackets now": (
        """
@triton.jit
def kernel(x, n, dead_m):
    tl.store(x, 0)


def launch(input_tensor, a_long_name_for_a_length, another_long_name_for_a_length):
    kernel[(1,)](
        input_tensor, a_long_name_for_a_length, another_long_name_for_a_length
    )
""",
        """
@triton.jit
def kernel(x):
    tl.store(x, 0)


def launch(input_tensor, a_long_name_for_a_length, another_long_name_for_a_length):
    kernel[(1,)](input_tensor)
""",
    ),
    "arguments that do not fit beside their brackets yet": (
        """
@triton.jit
def kernel(x, n, y):
    tl.store(x, y)


def launch(the_very_long_name_of_an_input, n, another_very_long_name):
    kernel[(1,)](
        the_very_long_name_of_an_input, n, another_very_long_name_of_some_thing_abc
    )
""",
        """
@triton.jit
def kernel(x, y):
    tl.store(x, y)


def launch(the_very_long_name_of_an_input, n, another_very_long_name):
    kernel[(1,)](
        the_very_long_name_of_an_input, another_very_long_name_of_some_thing_abc
    )
""",
    ),
    "arguments of several lines": (
        """
@triton.jit
def kernel(x, n, y):
    tl.store(x, y)


def launch(x, y):
    kernel[(1,)](
        x,
        max(
            x.stride(0),  # rows
            1,
        ),
        y,
    )
""",
        """
@triton.jit
def kernel(x, y):
    tl.store(x, y)


def launch(x, y):
    kernel[(1,)](
        x,
        y,
    )
""",
    ),
    "brackets around arguments and the whole call": (
        """
@triton.jit
def kernel(x, n, y):
    tl.store(x, y)


def launch(x, n, y):
    (kernel)[(1,)]((x), (n), (y))
    (kernel[(1,)])(x, ((n)), y)
""",
        """
@triton.jit
def kernel(x, y):
    tl.store(x, y)


def launch(x, n, y):
    (kernel)[(1,)]((x), (y))
    (kernel[(1,)])(x, y)
""",
    ),
    "strings and comments that look like code": (
        """
@triton.jit
def kernel(x, n, y):
    tl.store(x, y)


def launch(x, y):
    kernel[(1,)](
        x,  # a, (b
        len("),#"),  # ), "
        y,
    )
""",
        """
@triton.jit
def kernel(x, y):
    tl.store(x, y)


def launch(x, y):
    kernel[(1,)](
        x,  # a, (b
        y,
    )
""",
    ),
    "a backslash at the end of a line": (
        """
@triton.jit
def kernel(x, n, y):
    tl.store(x, y)


def launch(x, n, y):
    kernel[(1,)](x, \\
                 n, \\
                 y)
""",
        """
@triton.jit
def kernel(x, y):
    tl.store(x, y)


def launch(x, n, y):
    kernel[(1,)](x, \\
                 y)
""",
    ),
    "two statements on a line": (
        """
@triton.jit
def kernel(x, n):
    tl.store(x, 0)


def launch(x, n):
    kernel[(1,)](x, n); kernel[(2,)](x, n=n)
""",
        """
@triton.jit
def kernel(x):
    tl.store(x, 0)


def launch(x, n):
    kernel[(1,)](x); kernel[(2,)](x)
""",
    ),
    "a docstring and comments around the kernel": (
        """
# This is the kernel.
@triton.jit  # compiled
# for n
def kernel(x, n):  # n is a length
    '''Stores 0.

    n: the length
    '''
    # n is not read
    tl.store(x, 0)
# done
""",
        """
# This is the kernel.
@triton.jit  # compiled
# for n
def kernel(x):  # n is a length
    '''Stores 0.
    '''
    # n is not read
    tl.store(x, 0)
# done
""",
    ),
    "names in decorators, one line": (
        """
@triton.jit(do_not_specialize=["x", "n"], do_not_specialize_on_alignment=["n"])
def kernel(x, n):
    tl.store(x, 0)
""",
        """
@triton.jit(do_not_specialize=["x"])
def kernel(x):
    tl.store(x, 0)
""",
    ),
    "names in a tuple": (
        """
@triton.jit(do_not_specialize=("x", "n"))
def kernel(x, n):
    tl.store(x, 0)


@triton.jit(do_not_specialize=("n", "x"))
def other(n, x):
    tl.store(x, 0)
""",
        """
@triton.jit(do_not_specialize=("x",))
def kernel(x):
    tl.store(x, 0)


@triton.jit(do_not_specialize=("x",))
def other(x):
    tl.store(x, 0)
""",
    ),
    "names in a list of several lines": (
        """
@triton.autotune(
    configs=[triton.Config({}, num_warps=w) for w in (2, 4)],
    key=["x"],
    reset_to_zero=[
        "x",  # the output
        "n",  # not this one
    ],
)
@triton.jit
def kernel(x, n):
    tl.store(x, 0)
""",
        """
@triton.autotune(
    configs=[triton.Config({}, num_warps=w) for w in (2, 4)],
    key=["x"],
    reset_to_zero=[
        "x",  # the output
    ],
)
@triton.jit
def kernel(x):
    tl.store(x, 0)
""",
    ),
    "nothing left of a decorator's only option": (
        """
@triton.jit(do_not_specialize=["n"])
def kernel(x, n):
    tl.store(x, 0)


@triton.jit(
    do_not_specialize=[
        "n",
    ],
)
def other(x, n):
    tl.store(x, 0)
""",
        """
@triton.jit
def kernel(x):
    tl.store(x, 0)


@triton.jit
def other(x):
    tl.store(x, 0)
""",
    ),
    "nothing left of one option of several": (
        """
@triton.jit(do_not_specialize=["n"], debug=True)
def kernel(x, n):
    tl.store(x, 0)


@triton.jit(
    debug=True,
    do_not_specialize=["n"],
)
def other(x, n):
    tl.store(x, 0)
""",
        """
@triton.jit(debug=True)
def kernel(x):
    tl.store(x, 0)


@triton.jit(
    debug=True,
)
def other(x):
    tl.store(x, 0)
""",
    ),
    "nothing left of the heuristics": (
        """
@triton.heuristics({"n": lambda args: 1})
@triton.jit
def kernel(x, n):
    tl.store(x, 0)


@triton.heuristics(
    {
        "n": lambda args: 1,
    }
)
@triton.jit
def other(x, n):
    tl.store(x, 0)
""",
        """
@triton.jit
def kernel(x):
    tl.store(x, 0)


@triton.jit
def other(x):
    tl.store(x, 0)
""",
    ),
    "one of several heuristics": (
        """
@triton.heuristics(
    {
        "EVEN": lambda args: args["x"] is not None,  # even
        "n": lambda args: 1,  # length
    }
)
@triton.jit
def kernel(x, n, EVEN: tl.constexpr):
    tl.store(x, EVEN)
""",
        """
@triton.heuristics(
    {
        "EVEN": lambda args: args["x"] is not None,  # even
    }
)
@triton.jit
def kernel(x, EVEN: tl.constexpr):
    tl.store(x, EVEN)
""",
    ),
    "one key of a config": (
        """
@triton.autotune(
    configs=[
        triton.Config({"BLOCK": 16, "n": 1}, num_warps=4),
        triton.Config({"n": 1, "BLOCK": 32}, num_warps=4),
        triton.Config({"BLOCK": 64}, num_warps=4),
    ],
    key=["x"],
)
@triton.jit
def kernel(x, n: tl.constexpr, BLOCK: tl.constexpr):
    tl.store(x, BLOCK)
""",
        """
@triton.autotune(
    configs=[
        triton.Config({"BLOCK": 16}, num_warps=4),
        triton.Config({"BLOCK": 32}, num_warps=4),
        triton.Config({"BLOCK": 64}, num_warps=4),
    ],
    key=["x"],
)
@triton.jit
def kernel(x, BLOCK: tl.constexpr):
    tl.store(x, BLOCK)
""",
    ),
}


@pytest.mark.parametrize(("before", "after"), MODULES.values(), ids=MODULES)
def test_module(fix_source, before, after):
    assert fix_source(before, "--unsafe-fixes") == after.lstrip("\n")


def test_what_ruff_had_formatted_stays_formatted(tmp_path):
    """If ruff format would not change the source, it does not change the result either."""
    sources = {}
    for side, name in enumerate(("before", "after")):
        for number, case in enumerate(SEQUENCES.values()):
            sources[f"signature {number}/{name}"] = _signature(case[side])
            sources[f"call {number}/{name}"] = _launch("x, y", case[side])
        for number, case in enumerate(MODULES.values()):
            sources[f"module {number}/{name}"] = case[side].lstrip("\n")
    for path, source in sources.items():
        _save(tmp_path / f"{path}.py", source)
    (tmp_path / "ruff.toml").touch()
    command = [sys.executable, "-m", "ruff", "format", "--quiet", "--no-cache", str(tmp_path)]
    subprocess.run(command, check=True)
    formatted = {
        path
        for path, source in sources.items()
        if (tmp_path / f"{path}.py").read_text() == IMPORTS + source
    }
    stable = {path.partition("/")[0] for path in formatted if path.endswith("before")}
    assert len(stable) > 20
    assert {case for case in stable if f"{case}/after" not in formatted} == set()


def _save(path: Path, source: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(IMPORTS + source)


ENCODINGS = {
    "UTF-8 with a mark": ("utf-8-sig", "", "é€😀"),
    "UTF-8, declared": ("utf-8", "# -*- coding: utf-8 -*-\n", "é€😀"),
    "latin-1, declared": ("latin-1", "# -*- coding: latin-1 -*-\n", "é"),
    "cp1252, declared in the second line": (
        "cp1252",
        "#!python\n# vim: set fileencoding=cp1252 :\n",
        "é€",
    ),
    "Shift-JIS, declared": ("shift_jis", "# coding: shift_jis\n", "表示"),
}


@pytest.mark.parametrize(("encoding", "header", "letters"), ENCODINGS.values(), ids=ENCODINGS)
def test_encoding(fix, encoding, header, letters):
    """The bytes that stay are the same, even after wide characters on the same line."""
    form = """{}{}@triton.jit
def kernel(x: "{}", n, y):  # {}
    tl.store(x, y)


def launch(x, n, y):
    '{}'; kernel[(1,)](x, {} y)  # {}
"""
    fills = letters, letters, letters
    fixed = fix({"k.py": form.format(header, IMPORTS, *fills, "n,", letters).encode(encoding)})
    after = form.replace("n, y)", "y)", 1).replace("{} y)", "y)")
    assert fixed.root.joinpath("k.py").read_bytes() == after.format(
        header, IMPORTS, *fills, letters
    ).encode(encoding)


@pytest.mark.parametrize("mode", [0o644, 0o755, 0o600, 0o664])
def test_file_mode(write, tritonlint, mode):
    root = write({"k.py": IMPORTS + _signature("x, y, n")})
    root.joinpath("k.py").chmod(mode)
    tritonlint("--fix", "--unsafe-fixes", "--no-cache", root)
    assert root.joinpath("k.py").read_text() == IMPORTS + _signature("x, y")
    assert root.joinpath("k.py").stat().st_mode & 0o7777 == mode
