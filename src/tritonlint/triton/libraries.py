"""Decorators of public libraries above kernels, and what their source says about them.

Each entry is based on the source. Decorators that look at arguments by name or by place in other
ways are left out: `pointwise_dynamic` of flag-gems makes code from the signature, and the function
that `cached_triton_kernel` of sglang calls picks arguments by name and by place.
"""

from __future__ import annotations

from typing import Literal, NamedTuple


class LibraryDecorator(NamedTuple):
    """A decorator of a library.

    Attributes:
        role: "transparent": it passes the arguments of a launch to the kernel as they are.
            "autotune": it takes the same arguments as `triton.autotune`, and does the same.
        names: the dotted names by which it is imported; the first says where it is defined.
        keeps_choices: whether it keeps the results of configs and heuristics for a launch, and
            finds them again only by the values of numbers that may be specialized.
        keeps_configs: whether it reads configs from files, which name parameters.
        keeps_timings: whether it keeps the time of each config, and does not time an equal one.
        beside_key: options with one entry for each of `key`.
        unread: options whose functions get the arguments by name, and the values that are known.
    """

    role: Literal["transparent", "autotune"]
    names: tuple[str, ...]
    keeps_choices: bool = False
    keeps_configs: bool = False
    keeps_timings: bool = False
    beside_key: frozenset[str] = frozenset()
    unread: tuple[tuple[str, str], ...] = ()

    @property
    def own_options(self) -> frozenset[str]:
        """Options that `triton.autotune` does not have."""
        return self.beside_key | {option for option, _ in self.unread}


_KNOWN = (
    # flag-gems 5.0.2, flag_gems/utils/libentry.py, `LibEntry.run`: it passes the arguments to the
    # kernel as they are. For a launch that it knows, it passes them to the compiled kernel in the
    # order of the signature. Its own key has no names. It also lacks the values of parameters in
    # `do_not_specialize`, everything about a tensor but dtype and alignment, and all options such
    # as `num_warps`.
    LibraryDecorator(
        "transparent",
        ("flag_gems.utils.libentry.libentry", "flag_gems.utils.libentry"),
        keeps_choices=True,
    ),
    # The same file, `LibTuner`, which is a `triton.runtime.Autotuner`. `strategy` has one entry
    # for each of `key`, and a `policy` gets the arguments; tunings are kept by the kernel's source,
    # and in `run`, the time of each config.
    LibraryDecorator(
        "autotune",
        ("flag_gems.utils.libentry.libtuner", "flag_gems.utils.libtuner"),
        beside_key=frozenset({"strategy"}),
        unread=(("policy", "default"),),
        keeps_timings=True,
    ),
    # fla-core 0.6.0, fla/ops/utils/cache.py, `CachedAutotuner`, which is an `Autotuner` too. It
    # reads configs from a file that has the kernel's name, before it tunes.
    LibraryDecorator(
        "autotune",
        ("fla.ops.utils.cache.fla_cache_autotune",),
        keeps_configs=True,
    ),
)

#: By the dotted name of the definition.
LIBRARY_DECORATORS = {known.names[0]: known for known in _KNOWN}
_BY_NAME = {name: known.names[0] for known in _KNOWN for name in known.names}


def known_as(path: str) -> str:
    """Return the definition of what a dotted name imports, or "" if it is not known."""
    return _BY_NAME.get(path, "")


def may_be(path: str) -> str:
    """Return the definition that the end of a dotted name may lead to, inside its package."""
    found = (known for name, known in _BY_NAME.items() if path and name.endswith(f".{path}"))
    return next(found, "")
