"""The errors that count as Triton's own are classes that no other error is caught by."""

from __future__ import annotations

import importlib

import pytest

from tritonlint.triton.names import TRITON_ERRORS

MODULES = ("errors", "runtime.errors", "compiler.errors")


@pytest.mark.parametrize("name", sorted(TRITON_ERRORS))
def test_an_error_of_triton_catches_only_triton_s(name: str) -> None:
    modules = [importlib.import_module(f"triton.{module}") for module in MODULES]
    [error] = {getattr(module, name) for module in modules if hasattr(module, name)}
    assert error.__module__.startswith("triton.")
    assert {base.__name__ for base in error.__mro__} <= TRITON_ERRORS | {
        "Exception",
        "BaseException",
        "object",
    }
