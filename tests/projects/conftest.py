"""The judge's processes run the drawn projects; nothing here imports torch or Triton."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))
sys.path.insert(0, str(Path(__file__).parent))

from judge.fixer import WarmFixer
from judge.project import Judge
from judge.warm import Warm


@pytest.fixture(scope="session")
def judge() -> Iterator[Judge]:
    for name in ("torch", "triton"):
        if importlib.util.find_spec(name) is None:
            pytest.skip(f"drawn projects run under the real Triton, and {name} is not installed")
    warm, fixer = Warm(), WarmFixer()
    yield Judge(warm, fixer)
    warm.close()
    fixer.close()
