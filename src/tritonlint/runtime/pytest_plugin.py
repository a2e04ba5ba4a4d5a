"""The pytest plugin: limits what a test may compile, and shows a table of all tests.

It prints and imports nothing until a test or an option needs it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tritonlint.runtime.limits import Compiles

_MARK = "triton_compiles"
_watched = pytest.StashKey["Compiles"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option."""
    group = parser.getgroup("tritonlint")
    group.addoption(
        "--triton-compiles",
        action="store_true",
        help="a table of what Triton compiled, and why, at the end of the run",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the mark, and watch the whole run if an option says so."""
    config.addinivalue_line(
        "markers",
        f"{_MARK}(at_most, kernel=None): fail if Triton compiles more variants in this test",
    )
    if config.getoption("--triton-compiles"):
        config.stash[_watched] = _start()


def _start(kernel: str | None = None) -> Compiles:
    from tritonlint.runtime.limits import Compiles

    watched = Compiles(kernel)
    watched.start()
    return watched


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Watch a test that has the mark, and fail it if it compiles more."""
    limits = [_limit(mark) for mark in item.iter_markers(_MARK)]
    watched = [(_start(kernel), at_most) for at_most, kernel in limits]
    try:
        result = yield
    finally:
        for each, _ in watched:
            each.stop()
    for each, at_most in watched:
        _check(each, at_most)
    return result


def _limit(mark: pytest.Mark) -> tuple[int, str | None]:
    arguments: dict[str, Any] = dict(zip(("at_most", "kernel"), mark.args, strict=False))
    arguments |= mark.kwargs
    unknown = arguments.keys() - {"at_most", "kernel"}
    if not isinstance(arguments.get("at_most"), int) or unknown or len(mark.args) > 2:
        raise pytest.UsageError(
            f"@pytest.mark.{_MARK} takes at_most=NUMBER, and kernel=NAME if one kernel is meant"
        )
    return arguments["at_most"], arguments.get("kernel")


def _check(watched: Compiles, at_most: int) -> None:
    from tritonlint.runtime.limits import TooManyCompilesError

    problem = ""
    try:
        watched.check(at_most)
    except TooManyCompilesError as error:
        problem = str(error)
    if problem:
        # The message is enough: the place in this file does not help anyone.
        pytest.fail(problem, pytrace=False)


@pytest.fixture
def triton_compiles() -> Callable[..., AbstractContextManager[Compiles]]:
    """Limit a part of a test: `with triton_compiles(at_most=1, kernel="name"): ...`."""
    from tritonlint.runtime.limits import compiles

    return compiles


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Write the table."""
    watched = config.stash.get(_watched, None)
    if watched is None:
        return
    import io
    from pathlib import Path

    from tritonlint.runtime.report import render

    watched.stop()
    text = io.StringIO()
    render(watched.summary, "full", Path(config.rootpath), text)
    terminalreporter.section("Triton compiles")
    terminalreporter.write(text.getvalue())
