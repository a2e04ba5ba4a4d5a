"""One finding, of which every test uses what it needs, and the run that it comes from."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tritonlint.diagnostics import Applicability, Diagnostic, Edit, Fix, LaunchSite, Rule
from tritonlint.report import RenderContext, render
from tritonlint.span import Span
from tritonlint.triton.specialization import Kind, Variants

BASE = Path("/repo").absolute()
KERNELS = BASE / "ops" / "scale.py"

SOURCE = """\
@triton.jit
def _scale_kernel(
    x_ptr,
    out_ptr,
    seqlen,
    n,
    BLOCK: tl.constexpr,
):
    offsets = tl.arange(0, BLOCK)
"""

RULES = (
    Rule("TRL001", "unused-parameter", "never read", default=True, fixable=True),
    Rule("TRL003", "unused-constexpr", "n | m", default=True, fixable=True),
    Rule("TRL006", "unused-float", "never read", default=False, fixable=True),
    Rule("TRL900", "syntax-error", "no Python", default=True, fixable=False),
)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _bare_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "60")


@pytest.fixture
def terminal() -> io.StringIO:
    """A stream that says it is a terminal, 60 columns wide."""
    return Terminal()


@pytest.fixture(scope="session")
def base() -> Path:
    return BASE


@pytest.fixture(scope="session")
def rules() -> tuple[Rule, ...]:
    return RULES


@pytest.fixture(scope="session")
def finding() -> Callable[..., Diagnostic]:
    """A finding about `seqlen` in line 5 of `ops/scale.py`, with other values if they are given."""

    def make(**values: Any) -> Diagnostic:
        usual: dict[str, Any] = {
            "code": "TRL001",
            "name": "unused-parameter",
            "message": "`seqlen` of `_scale_kernel` is never read",
            "path": KERNELS,
            "span": Span(5, 5, 5, 11),
            "help": "Remove it",
            "kernel": "_scale_kernel",
            "parameter": "seqlen",
            "kind": Kind.INTEGER,
            "variants": Variants(("== 1", "% 16 == 0", "other"), per_value=False),
            "launches": (LaunchSite(BASE / "serve.py", 30, "x.shape[1]"),),
        }
        return Diagnostic(**{**usual, **values})

    return make


@pytest.fixture(scope="session")
def syntax_error(finding: Callable[..., Diagnostic]) -> Diagnostic:
    """A finding about a file, not about a kernel."""
    return finding(
        code="TRL900",
        name="syntax-error",
        message="Expected an indented block",
        span=Span(2, 1, 2, 1),
        help="Correct the syntax",
        kernel=None,
        parameter=None,
        kind=None,
        variants=None,
        launches=(),
    )


@pytest.fixture(scope="session")
def fix() -> Callable[[str], Fix]:
    """A fix that edits the kernel and its launch."""

    def make(applicability: str) -> Fix:
        edits = (
            Edit(KERNELS, Span(5, 1, 6, 1), ""),
            Edit(BASE / "serve.py", Span(30, 20, 30, 32), ""),
        )
        return Fix(Applicability(applicability), "Remove `seqlen`", edits)

    return make


@pytest.fixture(scope="session")
def report() -> Callable[..., str]:
    """The report of some findings in one format, piped unless a terminal is given."""

    def make(
        diagnostics: list[Diagnostic],
        format: str,
        stream: io.StringIO | None = None,
        source: str = SOURCE,
        **values: Any,
    ) -> str:
        usual: dict[str, Any] = {
            "base_directory": BASE,
            "read_lines": lambda path: source.split("\n")[:-1],
            "rules": {rule.code: rule for rule in RULES},
            "files": 3,
            "kernels": 12,
        }
        out = stream or io.StringIO()
        render(diagnostics, format, RenderContext(**{**usual, **values}), out)
        return out.getvalue()

    return make


@pytest.fixture(scope="session")
def sarif_schema(stored_schema: Callable[[str], Any]) -> Any:
    """The official schema of SARIF."""
    return stored_schema("sarif-2.1.0")
