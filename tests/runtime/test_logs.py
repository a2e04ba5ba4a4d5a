"""The log of a serving engine says what was compiled; the sources name the arguments."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tritonlint.runtime.logs import read_log
from tritonlint.runtime.reader import TraceError
from tritonlint.runtime.sources import Sources
from tritonlint.runtime.steps import steps

START = "(EngineCore pid=31) WARNING 06-15 01:59:{second:02} [jit_monitor.py:97] Triton kernel "
START += "JIT compilation during inference: "
END = ". This causes a latency spike; consider extending warmup to cover this shape/config.\n"


def line(text: str, second: int = 0) -> str:
    return START.format(second=second) + text + END


KEY = (
    "_slots (key=[('*i32', 'D'), ('i32', {n}), ({one}), ('constexpr', {block})]{{'debug': False}})"
)
VERBOSE = (
    "_slots (constexprs={{BLOCK={block}, one=1}}; signature={{BLOCK='constexpr', n='i32', "
    "one='constexpr', x='*i32'}}; extra_compile_info={{configs=[{configs}], device=0, "
    'num_stages=3, num_warps={warps}, specialization_data=\'{{"name": "a.b\\n_slots"...}}; '
    "key=\"[('*i32', 'D'), ('i32', ...)"
)
BOTH = "{(0,): [['tt.divisibility', 16]], (1,): [['tt.divisibility', 16]], (2,): []}"
POINTER = "{(0,): [['tt.divisibility', 16]], (1,): [], (2,): []}"

SOURCE = """
    import triton
    import triton.language as tl

    @triton.jit
    def _slots(x, n, one, BLOCK: tl.constexpr):
        tl.store(x, n + one)
"""


@pytest.fixture
def sources(write: Callable[..., Path]) -> Sources:
    return Sources([write({"engine/slots.py": SOURCE})])


@pytest.fixture
def log(tmp_path: Path) -> Callable[[str], Path]:
    def write_log(text: str) -> Path:
        (tmp_path / "engine.log").write_text(text)
        return tmp_path / "engine.log"

    return write_log


def sentences(path: Path, sources: Sources) -> list[str]:
    found = steps(read_log(path, sources))
    return [step.sentence for own in found.values() for step in own]


def test_the_first_form_names_the_kernel(log: Callable[[str], Path]) -> None:
    found = read_log(log(line("_slots") + line("_other", 1) + line("a.b.<locals>.c", 2)), Sources())
    names = [compile.kernel.name for compile in found.compiles]
    assert names == ["_slots", "_other", "a.b.<locals>.c"]
    assert all(compile.stall and compile.seconds is None for compile in found.compiles)
    assert "--jit-monitor-verbose" in found.problems[0]


def test_the_second_form_is_the_key_which_the_source_names(
    log: Callable[[str], Path], sources: Sources
) -> None:
    first = KEY.format(n="''", one="'constexpr', 1", block=64)
    second = KEY.format(n="'D'", one="'constexpr', 1", block=64)
    third = KEY.format(n="'D'", one="'i32', ''", block=64)
    fourth = KEY.format(n="'D'", one="'i32', ''", block=128)
    path = log("".join(line(text, i) for i, text in enumerate((first, second, third, fourth))))
    assert sentences(path, sources) == [
        "the first in its process",
        "`n` became % 16 == 0 (was other)",
        "`one` became other (was 1)",
        "`BLOCK` became 128 (was 64)",
    ]
    assert sentences(path, Sources())[1:] == [
        "`#2` became % 16 == 0 (was other)",
        "`#3` became other (was 1)",
        "`#4` became 128 (was 64)",
    ]
    kernel = read_log(path, sources).compiles[0].kernel
    assert (Path(kernel.file).name, kernel.line) == ("slots.py", 5)


def test_the_third_form_has_names_and_needs_the_source_for_the_classes(
    log: Callable[[str], Path], sources: Sources
) -> None:
    texts = [
        VERBOSE.format(block=64, configs=POINTER, warps=4),
        VERBOSE.format(block=64, configs=BOTH, warps=4),
        VERBOSE.format(block=32, configs=BOTH, warps=4),
        VERBOSE.format(block=32, configs=BOTH, warps=8),
    ]
    path = log("".join(line(text, i) for i, text in enumerate(texts)))
    assert sentences(path, sources)[1:] == [
        "`n` became % 16 == 0 (was other)",
        "`BLOCK` became 32 (was 64)",
        "option `num_warps` became 8 (was 4)",
    ]
    assert sentences(path, Sources())[2] == "`BLOCK` became 32 (was 64)"


def test_what_a_cut_list_leaves_out_is_not_guessed(
    log: Callable[[str], Path], sources: Sources
) -> None:
    cut = "{(0,): [['tt.divisibility', 16]], (1,): [['tt.divisi..."
    text = VERBOSE.format(block=64, configs=cut, warps=4).replace("('i32', ...", "('i3...")
    found = read_log(log(line(text)), sources).compiles[0].arguments
    assert {a.name: a.key for a in found} == {
        "x": ("*i32", "D"),
        "n": ("i32", "?"),
        "one": ("constexpr", 1),
        "BLOCK": ("constexpr", 64),
    }


CUT = line(KEY.format(n="''", one="'i32', ''", block=64))[:150]
ERROR = "ERROR 06-15 RuntimeError: Triton kernel JIT compilation during inference: _slots\n"


@pytest.mark.parametrize(
    ("text", "count", "problem"),
    [
        # There are other lines in between, from other processes and other monitors.
        ("INFO 06-15 up\n" + line("_slots") + "\n\x1b[31mred\x1b[0m\n" + line("_b"), 2, ""),
        (line("_slots").replace("Triton kernel", "TileLang") + line("_slots"), 1, ""),
        (ERROR, 1, ""),
        # The key is cut off by the end of the file, or by the next entry.
        (CUT, 1, "cut off"),
        (CUT + "\n" + line("_b"), 2, "cut off"),
        (line("_slots")[:-90], 1, ""),
        # One value is not a literal, and one has brackets in a string.
        (line("_slots (key=[('constexpr', fp32), ('constexpr', 'a,[b')]{})"), 1, ""),
        (line("_slots (key=[]{})"), 1, ""),
        (line("_slots (key=[('*i32', 'D')]{})").replace("('*i32',", "('*i32',\n"), 1, ""),
    ],
)
def test_other_lines_and_cut_ones_are_normal(
    log: Callable[[str], Path], text: str, count: int, problem: str
) -> None:
    found = read_log(log(text), Sources())
    assert len(found.compiles) == count
    assert problem in " ".join(found.problems)


def test_each_process_is_told_apart(log: Callable[[str], Path]) -> None:
    text = line("_a") + line("_a").replace("EngineCore pid=31", "Worker_TP3 pid=389")
    found = read_log(log(text), Sources())
    assert [(p.name, p.pid, p.rank) for p in found.processes] == [
        ("EngineCore 31", 31, None),
        ("Worker_TP3 389", 389, 3),
    ]


def test_a_kernel_that_the_sources_do_not_have_is_said(
    log: Callable[[str], Path], sources: Sources
) -> None:
    text = line("_nowhere") + line("_slots (key=[('*i32', 'D')]{})")
    problems = " ".join(read_log(log(text), sources).problems)
    assert "`_nowhere` is not known: --source has none of that name" in problems
    assert (
        "`_slots` is not known: --source has one of 4 parameters, and the log one of 1" in problems
    )


def test_a_text_without_such_lines_is_an_error(log: Callable[[str], Path]) -> None:
    with pytest.raises(TraceError, match="has no line of a compile"):
        read_log(log("nothing of the kind\n"), Sources())


def test_the_report_takes_a_log(
    tritonlint: Callable[..., Any], log: Callable[[str], Path], write: Callable[..., Path]
) -> None:
    root = write({"engine/slots.py": textwrap.dedent(SOURCE).replace("n + one", "one")})
    path = log(
        line(KEY.format(n="''", one="'constexpr', 1", block=64))
        + line(KEY.format(n="'D'", one="'constexpr', 1", block=64), 1)
    )
    completed = tritonlint("trace", "--report", path, "--source", root)
    assert completed.status == 0
    assert "2 compiles, 2 stalls after the warm-up" in completed.out
    assert "`n` became % 16 == 0 (was other)" in completed.out
    assert "`n` caused 1 compile: other; % 16 == 0" in completed.out
    assert "TRL001 `n` is never read" in completed.out
    found = json.loads(
        tritonlint("trace", "--report", path, "--source", root, "--output-format", "json").out
    )
    assert (found["kernels"][0]["seconds"], found["kernels"][0]["stalls"]) == (None, 2)
    for form in ("github", "html"):
        assert tritonlint("trace", "--report", path, "--output-format", form).status == 0


def test_a_source_that_is_not_there_is_said(
    tritonlint: Callable[..., Any], log: Callable[[str], Path], tmp_path: Path
) -> None:
    completed = tritonlint("trace", "--report", log(line("_a")), "--source", tmp_path / "none")
    assert completed.out.count("no such file or directory") == 1
