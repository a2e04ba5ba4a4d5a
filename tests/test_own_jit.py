"""A project's own `jit`: tritonlint follows its import, or the summary counts its functions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

KERNEL = """\
import {import_}
import triton.language as tl


@{decorator}
def kernel(x, n):
    tl.store(x, 1)


def launch(x, n: int):
    kernel[(1,)](x, n)
"""
PLAIN = "import triton\n\n\ndef jit(fn):\n    return triton.jit(fn)\n"

#: The project's files beside the kernel's, the import, the decorator, and how the fix is.
OWN = {
    "a function that makes kernels": ({"lib.py": PLAIN}, "lib", "lib.jit", "safe"),
    "only where there is Triton": (
        {"lib.py": PLAIN.replace("triton.jit(fn)", "triton.jit(fn) if triton else fn")},
        "lib",
        "lib.jit",
        "safe",
    ),
    "a name for Triton's": ({"lib.py": "from triton import jit\n"}, "lib", "lib.jit", "safe"),
    "another name for it": (
        {"lib.py": "import triton\n\nmy_jit = triton.jit\n"},
        "lib",
        "lib.my_jit",
        "safe",
    ),
    "handed on by the package": (
        {"lib/__init__.py": "from .made import jit\n", "lib/made.py": PLAIN},
        "lib",
        "lib.jit",
        "safe",
    ),
    "handed on twice": (
        {
            "lib/__init__.py": "from .api import jit\n",
            "lib/api.py": "from .made import jit\n",
            "lib/made.py": PLAIN,
        },
        "lib",
        "lib.jit",
        "safe",
    ),
    "with options": (
        {
            "lib.py": "import triton\n\n\ndef jit(fn=None, **options):\n"
            "    def decorator(fn):\n        return triton.jit(fn, **options)\n\n"
            "    return decorator(fn) if fn is not None else decorator\n"
        },
        "lib",
        "lib.jit(debug=True)",
        "safe",
    ),
    "that wraps the kernel": (
        {
            "lib.py": "import triton\n\n\nclass Wrapper:\n    pass\n\n\n"
            "def jit(fn):\n    return Wrapper(triton.jit(fn))\n"
        },
        "lib",
        "lib.jit",
        "unsafe",
    ),
    "that makes a kernel of another function": (
        {
            "lib.py": "import triton\n\n\ndef jit(fn):\n"
            "    def decorator(fn):\n        return triton.jit(fn)\n\n"
            "    checked = check(fn)\n    return decorator(checked)\n"
        },
        "lib",
        "lib.jit",
        "unsafe",
    ),
}


@pytest.mark.parametrize(("files", "import_", "decorator", "fix"), OWN.values(), ids=OWN)
def test_what_leads_to_triton_makes_kernels(
    lint: Callable[..., Any], files: dict[str, str], import_: str, decorator: str, fix: str
) -> None:
    source = KERNEL.format(import_=import_, decorator=decorator)
    (finding,) = lint({**files, "ops.py": source})
    assert (finding["code"], finding["parameter"]) == ("TRL001", "n")
    assert finding["fix"]["applicability"] == fix
    if fix == "unsafe":
        assert "name `lib.jit` in `jit-decorators` if it does not" in finding["fix"]["message"]


#: Files of a module `lib` whose `jit` does not lead to Triton's.
OTHERS = {
    "from elsewhere": {},
    "that compiles in another way": {"lib.py": "def jit(fn):\n    return compile(fn)\n"},
    "that is one of two": {"lib.py": f"{PLAIN}\n\nif SLOW:\n    def jit(fn):\n        return fn\n"},
}


@pytest.mark.parametrize("files", OTHERS.values(), ids=OTHERS)
def test_what_does_not_is_counted(tritonlint: Any, write: Any, files: dict[str, str]) -> None:
    root: Path = write({**files, "ops.py": KERNEL.format(import_="lib", decorator="lib.jit")})
    done = tritonlint("--no-cache", "--isolated", root)
    assert done.status == 0
    message = "1 function under `@lib.jit` looks like a Triton kernel, but `lib.jit` is not known"
    assert message in done.out
    assert 'set `jit-decorators = ["lib.jit"]`' in done.out
    done = tritonlint("--no-cache", "--isolated", "--config", 'jit-decorators = ["lib.jit"]', root)
    assert done.status == 1


def test_a_jit_of_another_language_is_none(tritonlint: Any, write: Any) -> None:
    source = "import jax\nimport triton.language as tl\n\n\n@jax.jit\ndef f(x, n):\n    return x\n"
    done = tritonlint("--no-cache", "--isolated", write({"ops.py": source}))
    assert done.status == 0
    assert "jit-decorators" not in done.out
