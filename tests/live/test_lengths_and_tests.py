"""TRL101: a length with the bare name `S`, and launches in tests only."""

from __future__ import annotations

import pytest
from tests.live.conftest import HEADER, KERNEL

#: A launch that passes a value of every request as `n`.
HOST = "def f(x):\n    num_tokens, d = x.shape\n    kernel[(1,)](x, num_tokens, 64)"


@pytest.mark.parametrize(
    ("parameter", "sizes", "passed", "is_found"),
    [
        ("S", "B, S, D = x.shape", "S", True),
        # The size of a state is the last one, and splits are multiplied.
        ("S", "B, T, S = x.shape", "S", False),
        ("S", "S = x.shape[1]", "S", False),
        ("n", "B, S, D = x.shape", "S * D", False),
        ("T", "B, T, D = x.shape", "T", True),
        ("T", "B, T = x.shape", "T", True),
        # Not a length, whatever its letter stands for elsewhere.
        ("T", "B, H, T = x.shape", "T", False),
        # All sizes of a state, of which `H` is not the last.
        ("S", "B, T, H, K = x.shape\n    S = H * K", "S", False),
    ],
)
def test_s_between_other_sizes_is_a_length(found, parameter, sizes, passed, is_found):
    kernel = KERNEL.replace("n: tl", f"{parameter}: tl").replace("< n", f"< {parameter}")
    host = f"def f(x):\n    {sizes}\n    kernel[(1,)](x, {passed}, 64)"
    assert found(kernel + host, "TRL101") == [f"TRL101 kernel.{parameter}"] * is_found


@pytest.mark.parametrize("name", ["tests/ops.py", "test_ops.py", "benchmarks/gemm.py"])
def test_what_only_tests_launch_is_left_alone(lint, name):
    source = HEADER + KERNEL + HOST
    assert lint({name: source}, "--select", "TRL101") == []


def test_launches_in_tests_are_not_counted(lint):
    library = HEADER + KERNEL + HOST
    test = "from ops import kernel\n\n\ndef test(x):\n    kernel[(1,)](x, x.numel(), 64)\n"
    files = {"ops.py": library, "tests/test_ops.py": test}
    [finding] = lint(files, "--select", "TRL101", below="tests")
    assert [launch["filename"].endswith("ops.py") for launch in finding["launches"]] == [True]
    assert "test_ops" not in finding["launches"][0]["filename"]


def test_a_launch_that_does_not_bind_passes_nothing(found):
    host = "def f(x):\n    num_tokens, d = x.shape\n    kernel[(1,)](x, num_tokens, 64, n=5)"
    assert found(KERNEL + host, "TRL101") == []
    assert found(KERNEL + host.replace(", n=5", ""), "TRL101") == ["TRL101 kernel.n"]
