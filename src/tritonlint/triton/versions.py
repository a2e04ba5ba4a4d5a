"""Releases of Triton, and what changed with them."""

from __future__ import annotations

import re
from typing import NamedTuple


class TritonVersion(NamedTuple):
    """A minor release of Triton; docs/triton-versions.md names the tested patch release."""

    major: int
    minor: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"


OLDEST = TritonVersion(2, 1)
NEWEST = TritonVersion(3, 9)
#: From this release on, `jit()` takes `do_not_specialize_on_alignment`.
SKIPS_ALIGNMENT = TritonVersion(3, 2)
#: From this release on, a constexpr in `do_not_specialize` is a compile error.
CONSTEXPR_IN_LISTS_FAILS = TritonVersion(3, 6)
#: From this release on, a name in `key`, `reset_to_zero` or `restore_value` that is no parameter
#: is a ValueError; before, it was ignored.
UNKNOWN_KEYS_FAIL = TritonVersion(3, 9)
#: From this release on, a config has three stages by default; before, it had two.
THREE_STAGES = TritonVersion(3, 3)


def parse_version(text: str) -> TritonVersion:
    """Read a Triton version such as "3.9", "3.9.0", "2.1" or "3.2.0+git1234".

    A version newer than `NEWEST` counts as `NEWEST`.

    Raises:
        ValueError: the text is not a version, or is older than `OLDEST`; the message says what is
            accepted.
    """
    match = re.fullmatch(r"v?(\d{1,4})\.(\d{1,4})(?:[.+-]?[0-9A-Za-z])*", text.strip(), re.ASCII)
    version = TritonVersion(int(match[1]), int(match[2])) if match else None
    if version is None or version < OLDEST:
        raise ValueError(
            f"{text!r} is not a Triton version that is known here: give {OLDEST} to {NEWEST}, "
            f'for instance "{NEWEST}" or "{NEWEST}.0"; a newer one counts as {NEWEST}'
        )
    return min(version, NEWEST)
