"""The options that a `triton.Config` has by default (triton/runtime/autotuner.py)."""

from __future__ import annotations

from collections.abc import Mapping

from tritonlint.triton.versions import THREE_STAGES, TritonVersion


def config_defaults(version: TritonVersion) -> Mapping[str, str]:
    """Return the options that every release has, with the source of their defaults in this one."""
    return {
        "num_warps": "4",
        "num_stages": "3" if version >= THREE_STAGES else "2",
        "num_ctas": "1",
        "pre_hook": "None",
    }
