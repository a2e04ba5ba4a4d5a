"""What Triton compiles while a program runs: recorded, explained, limited, prepared.

Every traced process imports this package, so modules are only imported when needed.
"""

from __future__ import annotations

# Importing `typing` takes longer than everything that a traced process needs.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from tritonlint.runtime.limits import TooManyCompilesError, compiles
    from tritonlint.runtime.session import trace, warm
    from tritonlint.runtime.without_gpu import without_gpu

__all__ = ["TooManyCompilesError", "compiles", "trace", "warm", "without_gpu"]

_HOMES = {
    "TooManyCompilesError": "limits",
    "compiles": "limits",
    "trace": "session",
    "warm": "session",
    "without_gpu": "without_gpu",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
