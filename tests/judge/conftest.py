"""The judge is a package of the scripts; its tests need torch and Triton, but don't import them."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))

from judge.warm import Warm


@pytest.fixture(scope="session")
def warm() -> Iterator[Warm]:
    for name in ("torch", "triton"):
        if importlib.util.find_spec(name) is None:
            pytest.skip(f"the judge runs the real Triton, and {name} is not installed")
    process = Warm()
    yield process
    process.close()
