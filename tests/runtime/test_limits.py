"""A limit to what may be compiled, in any code and in pytest."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest

from tritonlint.runtime import TooManyCompilesError, compiles, without_gpu

triton = pytest.importorskip("triton", reason="what is traced is Triton, which is not installed")

Load = Callable[[str], Any]

KERNEL = """
    @triton.jit
    def kernel(x, n, TR: tl.constexpr):
        tl.store(x, n)

    @triton.jit
    def other(x, n):
        tl.store(x, n)

    def launch(n=5, TR=3, x=torch.zeros(64)):
        kernel[(1,)](x, n, TR=TR)
        other[(1,)](x, n)
"""


def test_within_the_limit_nothing_is_said(kernels: Load) -> None:
    module = kernels(KERNEL)
    with without_gpu(), compiles(at_most=2) as watched:
        module.launch()
        module.launch(n=7)
    assert watched.count == 2


def test_the_message_is_sentences_that_end_in_what_to_do(kernels: Load) -> None:
    module = kernels(KERNEL)

    @compiles(at_most=1, kernel="kernel")
    def serve() -> None:
        for rows in (3, 5, 6):
            module.launch(TR=rows)

    with without_gpu(), pytest.raises(TooManyCompilesError) as raised:
        serve()
    assert str(raised.value) == (
        "3 variants of `kernel` were compiled, and at most 1 is allowed.\n"
        "`TR` took 3, 5, 6. `TR` is constexpr, and every distinct value compiles again. Where no "
        "shape and no `tl.static_range` needs it, drop `tl.constexpr`: a plain int has at most "
        'three classes, and one with `do_not_specialize=["TR"]`. Otherwise pass a bucket of it, '
        "such as the next power of two."
    )


def test_several_kernels_are_counted_together_and_named_apart(kernels: Load) -> None:
    module = kernels(KERNEL)

    @compiles(at_most=3)
    def serve() -> None:
        module.launch(1)
        module.launch(2)
        module.launch(TR=6)

    with without_gpu(), pytest.raises(TooManyCompilesError) as raised:
        serve()
    first, *rest = str(raised.value).splitlines()
    assert first == "5 variants of 2 kernels were compiled, and at most 3 are allowed."
    assert rest[0] == "`kernel`: 3 variants."
    assert "`other`: 2 variants." in rest


def test_a_first_compile_that_is_not_allowed_says_where_it_was(kernels: Load) -> None:
    module = kernels(KERNEL)
    with (
        without_gpu(),
        pytest.raises(TooManyCompilesError, match=r"Launched at .*some_kernels.py:\d+ in launch\."),
        compiles(at_most=0, kernel="other"),
    ):
        module.launch()


def test_it_is_a_decorator_too(kernels: Load) -> None:
    module = kernels(KERNEL)

    @compiles(at_most=1)
    def step() -> None:
        module.launch()

    with without_gpu(), pytest.raises(TooManyCompilesError, match="2 variants of 2 kernels"):
        step()


def test_an_error_inside_is_not_hidden(kernels: Load) -> None:
    with pytest.raises(KeyError), compiles(at_most=0):
        raise KeyError


def test_a_tuning_counts_once(kernels: Load, torch: Any) -> None:
    with without_gpu():
        module = kernels(
            """
            @triton.autotune([triton.Config({"B": b}) for b in (16, 32)], key=["n"])
            @triton.jit
            def tuned(x, n, B: tl.constexpr):
                tl.store(x + tl.arange(0, B), n)

            def launch(n, x=torch.zeros(64)):
                tuned[(1,)](x, n)
            """
        )
    x = torch.zeros(64)
    with without_gpu(), compiles() as watched:
        module.launch(5, x)
        module.launch(7, x)
    assert watched.count == 2


# -- pytest ------------------------------------------------------------------------------------

CONFTEST = """
    import pytest
    from tritonlint.runtime import without_gpu

    @pytest.fixture(autouse=True)
    def gpu():
        with without_gpu():
            yield
"""

TESTS = """
    import pytest, torch, triton
    import triton.language as tl

    x = torch.zeros(8)

    @triton.jit
    def kernel(x, n):
        tl.store(x, n)

    def launch(*values):
        for n in values:
            kernel[(1,)](x, n)

    @pytest.mark.triton_compiles(at_most=3, kernel="kernel")
    def test_good():
        launch(1, 2, 16, 17)

    @pytest.mark.triton_compiles(at_most=1)
    def test_bad():
        launch(1, 2)

    def test_part(triton_compiles):
        launch(2)
        with triton_compiles(at_most=0):
            launch(3)
        with triton_compiles(at_most=0, kernel="kernel"):
            launch(16)

    @pytest.mark.triton_compiles(2)
    def test_that_fails_by_itself():
        assert launch(1, 2, 16) == "mine"

    @pytest.mark.triton_compiles
    def test_that_is_wrong():
        pass
"""

#: If this tritonlint is installed, pytest loads the plugin automatically.
INSTALLED = bool(entry_points(group="pytest11", name="tritonlint"))
LOAD = [] if INSTALLED else ["-p", "tritonlint.runtime.pytest_plugin"]


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> subprocess.CompletedProcess[str]:
    import os
    import sys
    import textwrap

    folder = tmp_path_factory.mktemp("session")
    (folder / "conftest.py").write_text(textwrap.dedent(CONFTEST))
    (folder / "test_kernels.py").write_text(textwrap.dedent(TESTS))
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--triton-compiles", *LOAD],
        cwd=folder,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "src"), "COLUMNS": "200"},
    )


def test_a_marked_test_fails_where_it_compiles_more(
    session: subprocess.CompletedProcess[str],
) -> None:
    assert "test_bad" in session.stdout
    assert "2 variants of `kernel` were compiled, and at most 1 is allowed." in session.stdout
    assert "`n` took 1, 2." in session.stdout
    assert "4 failed, 1 passed" in session.stdout
    assert session.stdout.count("2 variants of `kernel` were compiled") == 2  # also in the summary
    assert "During handling of the above exception" not in session.stdout


def test_the_fixture_limits_a_part_of_a_test(session: subprocess.CompletedProcess[str]) -> None:
    assert "1 variant of `kernel` were compiled" not in session.stdout
    assert "1 variant of `kernel` was compiled, and at most 0 are allowed." in session.stdout


def test_a_failure_of_the_test_itself_comes_first(
    session: subprocess.CompletedProcess[str],
) -> None:
    assert "assert None == 'mine'" in session.stdout


def test_a_mark_without_a_limit_is_refused(session: subprocess.CompletedProcess[str]) -> None:
    assert "@pytest.mark.triton_compiles takes at_most=NUMBER" in session.stdout


def test_the_table_ends_the_run(session: subprocess.CompletedProcess[str]) -> None:
    table = session.stdout.partition("Triton compiles")[2]
    assert "`n` caused" in table
    moments = re.findall(r"^ *([0-9.]+) s  ", table, re.MULTILINE)
    assert moments
    # They count from the first compile, and not from 1970.
    assert all(float(moment) < 10_000 for moment in moments)
    assert "of 1 kernel in 1 process" in table


def test_the_plugin_is_silent_until_asked(
    python: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    (tmp_path / "test_it.py").write_text(
        "import sys\ndef test_it():\n"
        "    assert not {'triton', 'tritonlint.runtime.recorder'} & sys.modules.keys()\n"
    )
    done = python("-m", "pytest", "-q", "-p", "no:cacheprovider", *LOAD)
    assert (done.returncode, "Triton" in done.stdout) == (0, False)
