"""`tritonlint variants`: the axes of a launched kernel, and the number of its variants."""

from __future__ import annotations

import json

import pytest
from jsonschema import Draft7Validator
from tests.live.conftest import HEADER

SOURCE = (
    HEADER
    + """\
@triton.jit
def wide(x, n, m, FLAG: tl.constexpr, BLOCK: tl.constexpr):
    tl.store(x + tl.arange(0, BLOCK), 0, mask=tl.arange(0, BLOCK) < n + m)
    if FLAG:
        tl.store(x, 0)


@triton.jit
def narrow(x, n: tl.constexpr):
    tl.store(x + n, 0)


@triton.jit(do_not_specialize=["n"])
def plain(x, n, BLOCK: tl.constexpr):
    tl.store(x + tl.arange(0, BLOCK), n)


def run(x):
    num_tokens, dim = x.shape
    block = triton.next_power_of_2(num_tokens)
    wide[(1,)](x, num_tokens, dim, x is None, block)
    narrow[(1,)](x, num_tokens)
    plain[(1,)](x, num_tokens, 64)
"""
)


@pytest.fixture
def variants(tritonlint, write):
    def variants(*options):
        root = write({"kernels.py": SOURCE})
        return tritonlint("variants", root, "--no-cache", *options)

    return variants


def test_axes_as_json(variants):
    completed = variants("--output-format", "json")
    assert completed.status == 0
    found = json.loads(completed.out)
    # The widest comes first.
    assert [(k["kernel"], k["bound"]) for k in found] == [
        ("narrow", None),
        ("wide", 93),
        ("plain", 1),
    ]
    axes = {a["parameter"]: a for a in found[1]["axes"]}
    assert axes["BLOCK"] == {
        "parameter": "BLOCK",
        "kind": "power-of-two",
        "values": 31,
        "per_request": True,
        "changes": "per request",
        "source": "x.shape[0]",
    }
    assert (axes["n"]["kind"], axes["n"]["values"], axes["n"]["per_request"]) == ("class", 3, True)
    assert (axes["m"]["values"], axes["m"]["per_request"]) == (3, False)
    # Where it comes from is not known, so this is what the launch passes.
    assert axes["m"]["source"] == "dim"
    assert (axes["FLAG"]["kind"], axes["FLAG"]["values"]) == ("flag", 2)


def test_text_shows_what_requests_multiply(variants):
    lines = variants().out.splitlines()
    assert lines[0].endswith("narrow: no bound")
    assert lines[1] == "    n: one variant for each value of `x.shape[0]`"
    assert lines[2].endswith("wide: up to 93 variants")
    assert lines[-1] == "3 launched kernels, 1 without a bound."


#: What launches pass for a constexpr, and its axis: kind, number of values, how often it changes.
CONSTEXPRS = {
    "x.shape[1]": ("value", None, "unknown"),
    "x.shape[0]": ("value", None, "unknown"),
    "n": ("value", None, "unknown"),
    "hidden_size": ("value", None, "per model"),
    "x.shape[0] * 2": ("value", None, "unknown"),
    "triton.next_power_of_2(x.shape[1])": ("power-of-two", 31, "unknown"),
    "x is None": ("flag", 2, "per model"),
    "64": None,
    "SIZE": None,
    "True": None,
    "x.dtype": ("value", None, "per model"),
}


@pytest.mark.parametrize("passed", CONSTEXPRS)
def test_each_constexpr_that_may_differ_is_an_axis(tritonlint, write, passed):
    source = (
        HEADER
        + f"""\
SIZE = 64


@triton.jit
def kernel(x, C: tl.constexpr):
    tl.store(x + C, 0)


def run(x, n, hidden_size):
    kernel[(1,)](x, {passed})
"""
    )
    root = write({"kernels.py": source})
    completed = tritonlint("variants", root, "--no-cache", "--output-format", "json")
    [kernel] = json.loads(completed.out)
    axes = {a["parameter"]: (a["kind"], a["values"], a["changes"]) for a in kernel["axes"]}
    assert axes.get("C") == CONSTEXPRS[passed]


def test_a_bound_says_what_it_leaves_out(tritonlint, write):
    source = (
        HEADER
        + """\
@triton.jit
def kernel(x, n, D: tl.constexpr, E: tl.constexpr):
    tl.store(x + n * D + E, 0)


@triton.jit
def still(x, D: tl.constexpr):
    tl.store(x + D, 0)


def run(x):
    kernel[(1,)](x, x.numel(), x.shape[1], x.shape[2])
    still[(1,)](x, x.shape[1])
"""
    )
    root = write({"kernels.py": source})
    lines = tritonlint("variants", root, "--no-cache").out.splitlines()
    assert lines[0].endswith("kernel: up to 3 variants, more if D or others change")
    assert lines[1:] == [
        "    n: 3 variants, for the classes of `x.numel()`",
        "    what may change too: D (`x.shape[1]`), E (`x.shape[2]`)",
        "2 launched kernels, 0 without a bound.",
        "Not listed, because it is not known how often an argument changes: "
        "still (`--output-format json` has all).",
    ]


KERNEL = """import triton
import triton.language as tl


@triton.jit
def kernel(x, D: tl.constexpr):
    tl.store(x + D, 0)
"""
#: Code, and why nothing of it is listed.
NOTHING = {
    "no kernel": ("print(1)\n", "No Triton kernels found (1 file checked)."),
    "no launch": (KERNEL, "No launch of a kernel is seen (1 kernel in 1 file checked)."),
    "nothing changes": (
        KERNEL + "\n\ndef run(x):\n    kernel[(1,)](x, 4)\n",
        "None is listed: no launch is seen to pass a value that changes with requests.",
    ),
}


@pytest.mark.parametrize(("source", "said"), NOTHING.values(), ids=NOTHING)
def test_why_nothing_is_listed(tritonlint, write, source, said):
    lines = tritonlint("variants", "-n", write({"kernels.py": source})).out.splitlines()
    assert lines[-1] == said


def test_concise(variants):
    lines = variants("--output-format", "concise", "--quiet").out.splitlines()
    assert len(lines) == 2
    assert lines[1].endswith("wide: up to 93 variants: BLOCK (31) x n (3)")


@pytest.mark.parametrize("options", [("--fix",), ("--statistics",), ("--output-format", "junit")])
def test_what_it_has_not_is_said(variants, options):
    completed = variants(*options)
    assert completed.status == 2
    assert "variants" in completed.err


def test_help_and_error_say_why_a_format_is_missing(variants, tritonlint, capsys):
    why = "variants has no junit output: a test passes or fails"
    assert why in variants("--output-format", "junit").err
    with pytest.raises(SystemExit):
        tritonlint("variants", "--help")
    assert why in capsys.readouterr().out


#: What requests multiply, in one line; the narrow kernel has no bound, so it comes first.
MESSAGES = [
    "`narrow` has no bound: n (unbounded)",
    "`wide` has up to 93 variants: BLOCK (31) x n (3)",
]


def test_github_gives_notices_the_widest_first(variants):
    completed = variants("--output-format", "github")
    assert completed.status == 0
    lines = completed.out.splitlines()
    for line, message, row in zip(lines, MESSAGES, (16, 9), strict=True):
        assert line.startswith("::notice title=tritonlint (variants),file=")
        assert f",line={row},col=5,endLine={row}," in line
        assert message in line
    assert "each power of two of `x.shape[0]`" in lines[1]


def test_sarif_gives_notes_and_is_valid(variants, stored_schema):
    log = json.loads(variants("--output-format", "sarif").out)
    Draft7Validator(stored_schema("sarif-2.1.0")).validate(log)
    [run] = log["runs"]
    [rule] = run["tool"]["driver"]["rules"]
    assert rule["defaultConfiguration"]["level"] == "note"
    assert [r["ruleId"] for r in run["results"]] == ["variants", "variants"]
    assert {r["level"] for r in run["results"]} == {"note"}
    texts = [r["message"]["text"] for r in run["results"]]
    assert [text.partition(".")[0] for text in texts] == MESSAGES


def test_gitlab_and_rdjson_give_what_is_no_problem(variants):
    issues = json.loads(variants("--output-format", "gitlab").out)
    assert [i["description"] for i in issues] == [f"variants: {m}" for m in MESSAGES]
    assert {i["severity"] for i in issues} == {"info"}
    document = json.loads(variants("--output-format", "rdjson").out)
    assert document["severity"] == "INFO"
    assert {d["severity"] for d in document["diagnostics"]} == {"INFO"}


@pytest.mark.parametrize("format", ["json", "github", "sarif", "gitlab", "rdjson"])
def test_nothing_launched(tritonlint, write, format):
    root = write({"kernels.py": "x = 1\n"})
    completed = tritonlint("variants", root, "--no-cache", "--output-format", format)
    assert completed.status == 0
    assert (completed.out == "") == (format == "github")
