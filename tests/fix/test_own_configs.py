"""A function or class of the project with the name of `triton.Config`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

KERNEL = """import triton
import triton.language as tl
{import_}


@triton.autotune(configs=[{config}({{"B": 3}})], key=["m"])
@triton.jit
def kernel(x, n, m, B: tl.constexpr):
    tl.store(x + m, B)


def launch(x, m):
    kernel[(1,)](x, len(x), m)
"""
FILES = {
    "own.py": """import triton


def hook(args):
    print(args["n"])


def Config(values):
    return triton.Config(values, pre_hook=hook)
""",
    "own_class.py": "import triton\n\n\nclass Config(triton.Config):\n    pass\n",
    "hands_on_own.py": "from own import Config\n",
    "hands_on.py": "from triton import Config\n",
    "stands_in.py": """try:
    from triton import Config
except ImportError:
    class Config:
        pass
""",
    "tried.py": """try:
    import triton
except ImportError:
    class triton:
        class Config:
            pass
""",
    "placeholder.py": """if HAS_TRITON:
    import triton
else:
    triton = Placeholder()
""",
}

#: Imports of the kernel's file, the name of its config, and whether that may be the project's own.
CONFIGS = {
    "a function": ("from own import Config", "Config", True),
    "an attribute": ("import own", "own.Config", True),
    "a class": ("from own_class import Config", "Config", True),
    "handed on": ("from hands_on_own import Config", "Config", True),
    "by a star": ("from own import *", "Config", True),
    "Triton's": ("from triton import Config", "Config", False),
    "Triton's, handed on": ("from hands_on import Config", "Config", False),
    "of a package that is not there": ("from elsewhere import Config", "Config", False),
    "a stand-in": ("from stands_in import Config", "Config", False),
    "of a stand-in": ("from tried import triton", "triton.Config", False),
    "of a placeholder": ("from placeholder import triton", "triton.Config", False),
}


@pytest.mark.parametrize(("import_", "config", "is_own"), CONFIGS.values(), ids=CONFIGS)
def test_one_of_the_project_is_not_trusted(
    fix: Callable[..., Any], import_: str, config: str, is_own: bool
) -> None:
    source = KERNEL.format(import_=import_, config=config)
    fixed = fix({**FILES, "ops.py": source}, "--select", "TRL001")["ops.py"]
    assert (fixed == source) == is_own
