"""What PTX does, without its descriptions: its instructions, and how wide it reads."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Any

_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_ENTRY = re.compile(r"^\.visible \.entry (\w+)\(.*?\)\n(.*?)^\}", re.DOTALL | re.MULTILINE)
_VECTOR = re.compile(r"\b(?:ld|st)\.global\S*\.v[248]\b|\bcp\.async\S*")
_WIDE_COPY = re.compile(r"\bcp\.async\S+\s.*, (?:0x8|0x10|8|16),")


def describe(text: str, names: Sequence[str]) -> dict[str, Any]:
    """Return what the entry function of PTX does.

    Args:
        names: the parameters of the kernel that are arguments at run time, in order.

    Returns:
        `digest` of the instructions: it is equal only for the same code. Directives (alignment
            of an argument, source lines) are ignored, and arguments have their names in place
            of numbers. `instructions` is their number, and `vectors` how many of them read or
            write several elements of global memory at once.

    Raises:
        ValueError: there is no entry function.
    """
    match = _ENTRY.search(_COMMENT.sub("", text))
    if match is None:
        raise ValueError("the PTX has no entry function")
    argument = re.compile(rf"\b{re.escape(match[1])}_param_(\d+)\b")

    def named(found: re.Match[str]) -> str:
        place = int(found[1])
        # After the kernel's own arguments come the compiler's.
        return f"argument {names[place] if place < len(names) else place - len(names)}"

    lines = [" ".join(line.split()) for line in argument.sub(named, match[2]).splitlines()]
    code = [line for line in lines if line and line[0] not in ".{}"]
    instructions = [line for line in code if not line.endswith(":")]
    return {
        "digest": hashlib.sha256("\n".join(code).encode()).hexdigest(),
        "instructions": len(instructions),
        "vectors": sum(map(_is_wide, instructions)),
    }


def _is_wide(instruction: str) -> bool:
    if "cp.async" in instruction:
        return _WIDE_COPY.search(instruction) is not None
    return _VECTOR.search(instruction) is not None
