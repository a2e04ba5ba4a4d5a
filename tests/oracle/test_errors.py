"""The errors that count as Triton's own are classes that no other error is caught by."""

from __future__ import annotations

import importlib
from contextlib import suppress
from typing import Any

import pytest

from tritonlint.triton.names import TRITON_ERRORS

MODULES = ("triton.errors", "triton.runtime.errors", "triton.compiler.errors")


@pytest.mark.parametrize("name", sorted(TRITON_ERRORS))
def test_an_error_of_triton_catches_only_triton_s(release: Any, name: str) -> None:
    found = set()
    for module in MODULES:
        with suppress(ImportError, AttributeError):
            found.add(getattr(importlib.import_module(module), name))
    if not found:
        pytest.skip(f"Triton {release.version} has no such error")
    [error] = found
    assert error.__module__.startswith("triton.")
    above = {base.__name__ for base in error.__mro__}
    assert above <= TRITON_ERRORS | {"Exception", "BaseException", "object"}
