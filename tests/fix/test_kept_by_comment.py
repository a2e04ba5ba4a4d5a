"""A dead parameter that a comment keeps stays; if it can, it no longer costs compiles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Lint = Callable[..., list[dict[str, Any]]]

KERNEL = """\
import triton
import triton.language as tl


@triton.jit
def kernel(
    x,
{parameter}
):
{body}    tl.store(x, 1)


def launch(x, n: int):
    kernel[(1,)](x, n)
"""

#: Comments in the field, or much like them.
WORDS = [
    "placeholder, do not delete",
    "dummy placeholder",
    "this arg is kept to align with the kernel for CUDA",
    "interface reserved, not yet used",
    "split k not used, kept because early_config_prune expects it",
    "kept for backward compatibility",
    "Compat: older callers pass it",
    "API parity with the fused kernel",
    "Don't remove: callers pass it",
    "keep in sync with the decode kernel; keep for now",
    "unused for now",
    "unused but left here to match the old API kernel",
    "to match the CUDA signature",
    "for future use",
    "not supported yet",
    "must stay",
    "needed by the C++ launcher",
    "required by the launcher",
    "part of the C ABI",
    "DON'T TOUCH",
    "pinned for a stable signature",
    "the AOT launcher passes this",
]
#: Comments that say nothing of that kind.
OTHERS = [
    "number of rows",
    "unused",
    "not supported",
    "stride of each row in weights",
    "tokens to keep",
    "required number of rows",
    "expected to be a power of two",
    "must be a multiple of 16",
    "K // GROUP_SIZE",
    "num of sequences",
    "pylint: disable=unused-argument",
]


def parameter_with(comment: str) -> str:
    return KERNEL.format(parameter=f"    n,  # {comment}", body="")


#: The parameter and the body, and whether the comment is about `n`.
PLACES = {
    "above": ("    # kept for parity\n    n,", "", True),
    "two lines above": ("    # kept for the callers\n    # of the old API\n    n,", "", True),
    "above another": ("    # kept for parity\n    m,\n    n,", "", False),
    "beside another": ("    m,  # kept for parity\n    n,", "", False),
    "an empty line between": ("    # kept for parity\n\n    n,", "", False),
    "in the body": ("    n,", "    # n is kept in the signature for parity\n", True),
    "about another in the body": ("    n,", "    # m is kept for parity, not number\n", False),
    "in the docstring": ("    n,", '    """Store 1.\n\n    n: kept for parity\n    """\n', True),
    "on the first line of the docstring": ("    n,", '    """Store 1; n is reserved."""\n', True),
    "a string in the body": ("    n,", '    "n is kept for parity" in "kept"\n', False),
}


def blocked_by(lint: Lint, source: str) -> str:
    found = {f["parameter"]: f["fix_blocked_by"] or "" for f in lint({"k.py": source})}
    return found["n"]


@pytest.mark.parametrize("words", WORDS)
def test_words_that_keep_it(lint: Lint, words: str) -> None:
    assert blocked_by(lint, parameter_with(words)) == f'a comment says that it stays: "{words}"'


@pytest.mark.parametrize("words", OTHERS)
def test_words_that_do_not(lint: Lint, words: str) -> None:
    assert blocked_by(lint, parameter_with(words)) == ""


@pytest.mark.parametrize("place", PLACES)
def test_the_place_of_the_comment(lint: Lint, place: str) -> None:
    parameter, body, is_kept = PLACES[place]
    source = KERNEL.format(parameter=parameter, body=body)
    if "    m," in parameter:
        source = source.replace("(x, n)", "(x, 5, n)")
    assert bool(blocked_by(lint, source)) is is_kept


def test_it_costs_no_compiles_any_more(tritonlint, write) -> None:
    root = write({"k.py": parameter_with("placeholder, do not delete")})
    tritonlint("--isolated", "--no-cache", "--fix", root)
    fixed = (root / "k.py").read_text()
    assert '@triton.jit(do_not_specialize=["n"])\ndef kernel(' in fixed
    assert "    n,  # placeholder, do not delete\n" in fixed


def test_what_shares_its_launch_stays_too(lint: Lint) -> None:
    source = parameter_with("placeholder") + (
        "\n\n@triton.jit\ndef other(x, n):\n    tl.store(x, 2)\n\n\n"
        "def choose(x, n: int, fast):\n"
        "    (kernel if fast else other)[(1,)](x, n)\n"
    )
    found = {f["kernel"]: f for f in lint({"k.py": source})}
    assert found["other"]["fix_blocked_by"] == 'a comment says that it stays: "placeholder"'
