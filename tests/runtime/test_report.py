"""What a report says: the argument that changed, the cost, and what to do."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tritonlint.runtime.events import Trace
from tritonlint.runtime.reader import read
from tritonlint.runtime.steps import steps
from tritonlint.runtime.summary import Summary, summarize

triton = pytest.importorskip("triton", reason="what is traced is Triton, which is not installed")

Load = Callable[[str], Any]
Traced = Callable[..., Trace]

KERNEL = """
    @triton.jit
    def kernel(x, n, m, bias, BLOCK: tl.constexpr):
        tl.store(x, n + m)

    WHOLE = torch.zeros(8)
    TENSORS = {"whole": WHOLE, "its end": WHOLE[1:], "half": WHOLE.half()}

    def launch(x="whole", n=37, m=5, bias=None, BLOCK=64, **options):
        kernel[(1,)](TENSORS[x], n, m, TENSORS.get(bias), BLOCK=BLOCK, **options)
"""


def sentences(trace: Trace) -> list[str]:
    return [step.sentence for own in steps(trace).values() for step in own]


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        ({}, {"n": 1}, "`n` became 1 (was 37: other)"),
        ({}, {"n": 48}, "`n` became 48: % 16 == 0 (was 37: other)"),
        ({"n": 1}, {"n": 16}, "`n` became 16: % 16 == 0 (was 1)"),
        ({}, {"n": 2**31 + 5}, "`n` became 2147483653: i64, other (was 37: other)"),
        ({}, {"BLOCK": 128}, "`BLOCK` became 128 (was 64)"),
        ({}, {"bias": "whole"}, "`bias` became *fp32, data_ptr() % 16 == 0 (was None)"),
        ({}, {"x": "its end"}, "`x` became *fp32, other (was *fp32, data_ptr() % 16 == 0)"),
        (
            {},
            {"x": "half"},
            "`x` became *fp16, data_ptr() % 16 == 0 (was *fp32, data_ptr() % 16 == 0)",
        ),
        ({}, {"num_warps": 8}, "option `num_warps` became 8 (was 4)"),
        ({}, {"n": 1.5}, "`n` became 1.5 (was 37: other)"),
        (
            {},
            {"n": 1, "BLOCK": 32},
            "`n` became 1 (was 37: other), and `BLOCK` became 32 (was 64)",
        ),
    ],
)
def test_what_changed_is_a_sentence(
    kernels: Load, traced: Traced, before: dict[str, Any], after: dict[str, Any], sentence: str
) -> None:
    module = kernels(KERNEL)
    seen = traced(lambda: [module.launch(**before), module.launch(**after)])
    assert sentences(seen) == ["the first in its process", sentence]


def test_the_nearest_earlier_variant_counts_not_the_last(kernels: Load, traced: Traced) -> None:
    module = kernels(KERNEL)
    calls = [{"n": 1}, {"BLOCK": 32, "m": 16}, {"n": 1, "BLOCK": 128}]
    seen = traced(lambda: [module.launch(**call) for call in calls])
    assert sentences(seen)[-1] == "`BLOCK` became 128 (was 64)"


def test_a_kernel_that_is_made_again_is_said_to_be(kernels: Load, traced: Traced) -> None:
    module = kernels(
        """
        def launch(x=torch.zeros(8)):
            @triton.jit
            def kernel(x, n):
                tl.store(x, n)
            kernel[(1,)](x, 5)
        """
    )
    seen = traced(lambda: [module.launch(), module.launch()])
    assert sentences(seen)[-1] == "nothing in the key changed: the kernel itself was made again"


def test_the_reason_for_a_tuning_is_its_key(kernels: Load, traced: Traced) -> None:
    from tritonlint.runtime import without_gpu

    with without_gpu():
        module = kernels(
            """
            @triton.autotune([triton.Config({"B": b}) for b in (16, 32)], key=["n"])
            @triton.jit
            def tuned(x, n, m, B: tl.constexpr):
                tl.store(x + tl.arange(0, B), n + m)

            def launch(n, m=5, x=torch.zeros(8)):
                tuned[(1,)](x, n, m)
            """
        )
    seen = traced(
        lambda: [module.launch(2), module.launch(3), module.launch(16), module.launch(2, 16)]
    )
    assert sentences(seen) == [
        "tuned, 2 configs: the first in its process",
        "tuned, 2 configs: `n` became 3 (was 2)",
        "tuned, 2 configs: `n` became 16 (was 3)",
        "`m` became 16: % 16 == 0 (was 5: other)",
    ]
    (kernel,) = summarize(seen).kernels
    assert [(axis.what.value, axis.name) for axis in kernel.axes] == [
        ("key", "n"),
        ("parameter", "m"),
    ]
    assert "every distinct value is tuned again" in kernel.axes[0].advice


def axes(summary: Summary) -> dict[str, Any]:
    return {axis.name: axis for axis in summary.kernels[0].axes}


def test_a_parameter_has_its_values_by_class(kernels: Load, traced: Traced) -> None:
    module = kernels(KERNEL)
    values = (37, 1, 16, 2**31)
    seen = traced(lambda: [module.launch(n=n) for n in values])
    axis = axes(summarize(seen))["n"]
    assert axis.classes == (
        ("other", ("37",)),
        ("== 1", ("1",)),
        ("% 16 == 0", ("16",)),
        ("i64, % 16 == 0", (str(2**31),)),
    )
    assert (axis.compiles, axis.values) == (3, ("37", "1", "16", str(2**31)))


def test_what_a_parameter_caused_is_what_would_not_have_been(kernels: Load, traced: Traced) -> None:
    module = kernels(KERNEL)
    calls = [{"BLOCK": block, "n": n} for block in (3, 5, 6, 7) for n in (1, 16)]
    found = axes(summarize(traced(lambda: [module.launch(**call) for call in calls])))
    # Of eight compiles, two are left with one BLOCK, and four with one class of n.
    assert (found["BLOCK"].compiles, found["n"].compiles) == (6, 4)


def test_what_changes_together_counts_together(kernels: Load, traced: Traced) -> None:
    module = kernels(KERNEL)
    found = axes(summarize(traced(lambda: [module.launch(n=n, m=n) for n in (1, 16, 5)])))
    assert {name: (axis.compiles, axis.together) for name, axis in found.items()} == {
        "n": (2, ("m",)),
        "m": (2, ("n",)),
    }


@pytest.mark.parametrize(
    ("calls", "name", "advice"),
    [
        ([{"n": 1}, {}, {"n": 16}], "n", 'do_not_specialize=["n"]'),
        ([{}, {"n": 16}], "n", 'do_not_specialize_on_alignment=["n"]'),
        ([{}, {"n": 2**40 + 1}], "n", "`n: tl.int64`"),
        ([{"BLOCK": 3}, {"BLOCK": 5}], "BLOCK", "drop `tl.constexpr`"),
        ([{"BLOCK": 32}, {"BLOCK": 64}], "BLOCK", "keep them to a few"),
        ([{"BLOCK": None}, {"BLOCK": True}], "BLOCK", "chooses between kinds of code"),
        ([{}, {"bias": "whole"}], "bias", "is a variant of its own: warm up with each"),
        ([{}, {"x": "its end"}], "x", "does not always start at a multiple of 16 bytes"),
        ([{}, {"x": "half"}], "x", "Each dtype of `x` is a variant"),
        ([{}, {"num_warps": 8}], "num_warps", "different values of the option `num_warps`"),
    ],
)
def test_the_advice_fits_the_cause(
    kernels: Load, traced: Traced, calls: list[dict[str, Any]], name: str, advice: str
) -> None:
    module = kernels(KERNEL)
    seen = traced(lambda: [module.launch(**call) for call in calls])
    assert advice in axes(summarize(seen))[name].advice


# -- formats -----------------------------------------------------------------------------------


@pytest.fixture
def dead(kernels: Load, traced: Traced, tmp_path: Path) -> Path:
    """A trace of a kernel with a dead parameter, whose source is available."""
    (tmp_path / "tritonlint.toml").touch()
    module = kernels(
        """
        @triton.jit
        def kernel(x, seqlen, n):
            tl.store(x, n)

        def launch(seqlen, x=torch.zeros(8)):
            kernel[(1,)](x, seqlen, 5)
        """
    )
    traced(lambda: [module.launch(seqlen) for seqlen in (2, 1, 16, 17)])
    return tmp_path / "trace"


def test_full_names_the_kernel_the_argument_and_what_the_linter_says(
    tritonlint: Callable[..., Any], dead: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(dead.parent)
    completed = tritonlint("trace", "--report", dead)
    assert completed.status == 0
    for part in (
        "kernel  some_kernels.py:5",
        "3 compiles, ",
        "launched at some_kernels.py:9 in launch (3 times)",
        "`seqlen` caused 2 compiles",
        "TRL001 `seqlen` is never read",
        "Remove `seqlen`",
        "`seqlen` became 1 (was 2: other)",
        "3 compiles of 1 kernel in 1 process",
    ):
        assert part in completed.out
    # The linter knows that the parameter is dead, so the report only says to remove it.
    assert "do_not_specialize" not in completed.out


def test_json_has_all_of_it(
    tritonlint: Callable[..., Any], dead: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(dead.parent)
    found = json.loads(tritonlint("trace", "--report", dead, "--output-format", "json").out)
    (kernel,) = found["kernels"]
    (axis,) = kernel["axes"]
    assert (found["compiles"], kernel["filename"], kernel["row"]) == (3, "some_kernels.py", 5)
    assert axis["classes"][1] == {"name": "== 1", "values": ["1"]}
    assert axis["findings"][0]["code"] == "TRL001"
    assert kernel["steps"][1]["changes"] == [
        {"kind": "parameter", "name": "seqlen", "before": "2: other", "after": "1"}
    ]
    assert kernel["steps"][1]["site"][0]["function"] == "launch"
    assert (found["has_warmup"], kernel["stalls"]) == (False, None)


def test_github_annotates_the_kernel(
    tritonlint: Callable[..., Any], dead: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(dead.parent)
    completed = tritonlint("trace", "--report", dead, "--output-format", "github")
    (line,) = completed.out.splitlines()
    assert line.startswith(
        "::warning title=tritonlint trace (seqlen),file=some_kernels.py,line=5::`seqlen` of kernel "
        "caused 2 compiles, "
    )
    assert "%0A  help: Remove `seqlen`" in line


def test_what_only_changed_beside_others_is_no_warning(
    tritonlint: Callable[..., Any], kernels: Load, traced: Traced, tmp_path: Path
) -> None:
    module = kernels(KERNEL)
    # Each block size comes with another class of m, which comes back later.
    calls = [{"BLOCK": b, "m": m} for b, m in ((3, 1), (5, 16), (6, 1), (7, 16))]
    seen = traced(lambda: [module.launch(**call) for call in calls])
    found = axes(summarize(seen))
    assert (found["BLOCK"].compiles, found["m"].compiles) == (2, 0)
    report = ("trace", "--report", tmp_path / "trace")
    github = tritonlint(*report, "--output-format", "github").out
    assert ("(BLOCK)" in github, "(m)" in github) == (True, False)
    assert "`m` caused no compile by itself: == 1: 1" in tritonlint(*report).out


def test_after_splits_warm_up_from_stalls(tritonlint: Callable[..., Any], dead: Path) -> None:
    assert "3 stalls after the warm-up" in tritonlint("trace", "--report", dead, "--after", "0").out
    completed = tritonlint("trace", "--report", dead, "--after", "100")
    assert "0 stalls after the warm-up" in completed.out


def test_a_report_goes_into_a_file(
    tritonlint: Callable[..., Any], dead: Path, tmp_path: Path
) -> None:
    file = tmp_path / "report.txt"
    assert tritonlint("trace", "--report", dead, "--output-file", file).out == ""
    assert "3 compiles of 1 kernel" in file.read_text()
    assert tritonlint("trace", "--report", dead, "--output-file", tmp_path).status == 2


# -- lint and trace together -------------------------------------------------------------------


def test_a_finding_says_what_a_trace_saw_of_it(tritonlint: Callable[..., Any], dead: Path) -> None:
    source = dead.parent / "some_kernels.py"
    full = tritonlint("--no-cache", "--trace", dead, source).out
    assert "seen      2 compiles, 0.00 s, values 2, 1, 16" in full
    (found,) = tritonlint("--no-cache", "--trace", dead, "--output-format", "json", source).findings
    assert (found["observed"]["compiles"], found["observed"]["kernel_compiles"]) == (2, 3)
    sarif = json.loads(
        tritonlint("--no-cache", "--trace", dead, "--output-format", "sarif", source).out
    )
    (result,) = sarif["runs"][0]["results"]
    assert "Seen: 2 compiles" in result["message"]["text"]
    assert result["properties"]["observed"]["values"] == ["2", "1", "16"]
    github = tritonlint("--no-cache", "--trace", dead, "--output-format", "github", source).out
    assert "seen: 2 compiles" in github


def test_findings_come_by_what_they_cost(
    tritonlint: Callable[..., Any], kernels: Load, traced: Traced, tmp_path: Path
) -> None:
    (tmp_path / "tritonlint.toml").touch()
    module = kernels(
        """
        @triton.jit
        def cheap(x, a):
            tl.store(x, 1)

        @triton.jit
        def dear(x, b: tl.constexpr, c):
            tl.store(x, 1)

        def launch(b, x=torch.zeros(8)):
            cheap[(1,)](x, 5)
            dear[(1,)](x, b, 5)
        """
    )
    traced(lambda: [module.launch(b) for b in range(5)])
    arguments = ("--no-cache", "--output-format", "json", tmp_path / "some_kernels.py")
    plain = [found["parameter"] for found in tritonlint(*arguments).findings]
    by_cost = tritonlint("--trace", tmp_path / "trace", *arguments).findings
    assert plain == ["a", "b", "c"]
    assert [found["parameter"] for found in by_cost] == ["b", "a", "c"]
    seen = {found["parameter"]: found["observed"]["text"] for found in by_cost}
    assert seen["b"].startswith("4 compiles, ")
    assert seen["c"] == "5 compiles of the kernel, none because of it: value 5"


def test_a_trace_that_is_not_there_is_an_error(
    tritonlint: Callable[..., Any], tmp_path: Path
) -> None:
    completed = tritonlint("--trace", tmp_path / "none", tmp_path)
    assert completed.status == 2
    assert "--trace: there is no trace at" in completed.err


# -- bad input ---------------------------------------------------------------------------------

HEAD = '{"event":"process","format":1,"time":1.0,"pid":7,"run":"a","triton":"3.9.0"}\n'
EVENT = (
    '{"event":"compile","time":2.0,"seconds":0.5,"kernel":{"name":"k","module":"m","file":"",'
    '"line":1},"parameters":[{"name":"n","key":["i32","D"],"value":16}]}\n'
)


@pytest.mark.parametrize(
    ("files", "compiles", "problem"),
    [
        ({"trace-7-1.jsonl": HEAD + EVENT}, 1, None),
        ({"trace-7-1.jsonl": HEAD + EVENT + EVENT[:60]}, 1, "the last event is cut off"),
        ({"trace-7-1.jsonl": HEAD + "not json\n" + EVENT}, 1, "not an event of a trace: skipped"),
        ({"trace-7-1.jsonl": HEAD + "[1, 2]\n" + EVENT}, 1, "not an event of a trace: skipped"),
        ({"trace-7-1.jsonl": HEAD + "[" * 100_000 + "\n" + EVENT}, 1, "not an event of a trace"),
        ({"trace-7-1.jsonl": HEAD + '{"event":"compile"}\n' + EVENT}, 1, "not an event of a trace"),
        ({"trace-7-1.jsonl": HEAD + "\x00\xff\n" + EVENT}, 1, "not an event of a trace"),
        ({"trace-7-1.jsonl": HEAD + '{"event":"later"}\n' + EVENT}, 1, None),
        ({"trace-7-1.jsonl": HEAD.replace('mat":1', 'mat":9') + EVENT}, 1, "by a newer tritonlint"),
        ({"trace-7-1.jsonl": HEAD}, 0, None),
        ({"trace-7-1.jsonl": ""}, 0, None),
        ({"trace-7-1.jsonl": EVENT}, 1, None),
        (
            {"trace-7-1.jsonl": HEAD + EVENT, "trace-8-1.jsonl": HEAD.replace('"a"', '"b"')},
            1,
            "2 runs wrote into",
        ),
        ({"trace-7-1.jsonl": HEAD + EVENT, "other.txt": "no trace"}, 1, None),
    ],
)
def test_what_is_wrong_with_a_trace_is_said_and_the_rest_is_read(
    tritonlint: Callable[..., Any],
    tmp_path: Path,
    files: dict[str, str],
    compiles: int,
    problem: str | None,
) -> None:
    for name, text in files.items():
        (tmp_path / name).write_bytes(text.encode("latin-1"))
    completed = tritonlint("trace", "--report", tmp_path)
    assert completed.status == 0
    assert f"{compiles} compile" in completed.out.splitlines()[-1]
    notes = [line for line in completed.out.splitlines() if line.startswith("note: ")]
    assert len(notes) == (problem is not None)
    assert (problem or "") in "".join(notes)
    for form in ("json", "github", "html"):
        assert tritonlint("trace", "--report", tmp_path, "--output-format", form).status == 0


def test_a_directory_without_a_trace_is_an_error_that_says_how_to_make_one(
    tritonlint: Callable[..., Any], tmp_path: Path
) -> None:
    completed = tritonlint("trace", "--report", tmp_path)
    assert completed.status == 2
    assert f"tritonlint trace -o {tmp_path} -- COMMAND" in completed.err


def test_a_single_file_is_a_trace_too(tmp_path: Path) -> None:
    (tmp_path / "trace-7-1.jsonl").write_text(HEAD + EVENT)
    assert len(read(tmp_path / "trace-7-1.jsonl").compiles) == 1
