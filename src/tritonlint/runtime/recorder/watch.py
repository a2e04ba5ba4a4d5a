"""Where compiles are seen: in methods of Triton that only run at a cache miss.

Triton calls `JITFunction._call_hook` before and after each compile, whether or not a hook is set.
Wrapping it does not affect the hooks, which the program can set at any time. This fits
`Autotuner._bench` from Triton 3.2 to 3.9; differences are noted here.
"""

from __future__ import annotations

import functools
import inspect
import re
import sys
import threading
import time
from types import FrameType
from typing import Any

from .bus import Event, anyone_listens, complain, publish
from .describe import describe_arguments, describe_kernel, describe_options, launch_site
from .tunings import current_tuning, watch_tuner

#: The oldest release that is traced.
OLDEST = (3, 2)

_installed = False
#: Compiles that have begun, by function, device and key.
_begun: dict[tuple[int, Any, Any], Event] = {}


def install() -> str | None:
    """Start to watch Triton, which is imported already.

    Returns:
        Why it is not possible, as a sentence, or None.
    """
    global _installed
    if _installed:
        return None
    import triton

    version = tuple(int(part) for part in re.findall(r"\d+", triton.__version__)[:2])
    if version < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        return f"Triton {triton.__version__} is not traced: {oldest} or newer is needed"
    from triton.compiler import ASTSource
    from triton.runtime.autotuner import Autotuner
    from triton.runtime.jit import JITFunction

    if not (hasattr(JITFunction, "_call_hook") and hasattr(Autotuner, "_bench")):
        return f"Triton {triton.__version__} is not traced: it is built differently from 3.2 to 3.9"
    _installed = True
    JITFunction._call_hook = _around_hook(JITFunction._call_hook)
    watch_tuner(Autotuner)
    ASTSource.make_ir = _around_make_ir(ASTSource.make_ir)
    return None


# -- compiles ----------------------------------------------------------------------------------


def _around_hook(original: Any) -> Any:
    signature = inspect.signature(original)

    @functools.wraps(original)
    def _call_hook(self: Any, *args: Any, **kwargs: Any) -> Any:
        if not anyone_listens():
            return original(self, *args, **kwargs)
        frame = sys._getframe(1)
        # The caller has a kernel only after it is compiled.
        after = frame.f_locals.get("kernel") is not None
        if after:
            try:
                _end(self, signature.bind(self, *args, **kwargs).arguments, original, frame)
            except Exception as error:
                complain(error)
        answer = original(self, *args, **kwargs)
        # A hook that returns a true value has compiled instead of Triton.
        if not after and not answer:
            try:
                _begin(self, signature.bind(self, *args, **kwargs).arguments, frame)
            except Exception as error:
                complain(error)
        return answer

    return _call_hook


def _begin(function: Any, arguments: dict[str, Any], frame: FrameType) -> None:
    run = _run_frame(function, frame)
    bound: dict[str, Any] = run.f_locals["bound_args"] if run else {}
    from triton.runtime import driver

    target = driver.active.get_current_target()
    event: Event = {
        "event": "compile",
        "kernel": describe_kernel(function),
        "parameters": describe_arguments(
            function.params, _key(function, run) if run else _preloaded(arguments), bound
        ),
        "options": describe_options(arguments.get("options")),
        "device": arguments.get("device"),
        "target": f"{target.backend}:{target.arch}",
        "warmup": bool(arguments.get("is_warmup")),
        "tuning": current_tuning(),
        "thread": threading.get_ident(),
        "site": launch_site(frame),
    }
    if run is None:
        event["preloaded"] = True
    event["began"] = time.perf_counter()
    _begun[_identity(function, arguments)] = event


def _end(function: Any, arguments: dict[str, Any], original: Any, frame: FrameType) -> None:
    ended = time.perf_counter()
    event = _begun.pop(_identity(function, arguments), None)
    if event is None:
        return
    event["seconds"] = round(ended - event.pop("began"), 6)
    event["time"] = time.time()
    event["disk"] = from_disk(frame.f_locals["kernel"])
    # Triton's own hash of the source and of everything that it calls shows whether it changed.
    event["source"] = str(function.cache_key)
    event["preload"] = _specialization_data(function, arguments, original)
    publish(event)


def _identity(function: Any, arguments: dict[str, Any]) -> tuple[int, Any, Any]:
    return id(function), arguments.get("device"), str(arguments.get("key"))


def _run_frame(function: Any, frame: FrameType | None) -> FrameType | None:
    """Return the frame of `JITFunction.run`, a few above at most; None for a preloaded kernel."""
    for _ in range(4):
        if frame is None:
            return None
        names = frame.f_locals
        if "bound_args" in names and names.get("self") is function:
            return frame
        frame = frame.f_back
    return None


def _key(function: Any, run: FrameType) -> list[Any]:
    """Return each parameter's part of the key."""
    names = run.f_locals
    if "specialization" in names:
        return list(names["specialization"])
    # 3.2: the types of all but the constexprs, then the tokens of those that are specialized.
    parts = list(names["sig_and_spec"])
    runtime = list(function.non_constexpr_indices)
    # No `strict=`: Python 3.9 does not have it.
    tokens = dict(zip(function.specialised_indices, parts[len(runtime) :]))  # noqa: B905
    types = dict(zip(runtime, parts))  # noqa: B905
    values = list(names["bound_args"].values())
    return [
        (types[index], tokens.get(index)) if index in types else ("constexpr", values[index])
        for index in range(len(function.params))
    ]


def _preloaded(arguments: dict[str, Any]) -> list[Any]:
    """Return the types alone: a preloaded kernel has no arguments."""
    return [(kind, None) for kind in (arguments.get("signature") or {}).values()]


def _around_make_ir(original: Any) -> Any:
    @functools.wraps(original)
    def make_ir(self: Any, *args: Any, **kwargs: Any) -> Any:
        # Results from the disk do not get here.
        self.built_by_compiler = True
        return original(self, *args, **kwargs)

    make_ir.watched = True  # type: ignore[attr-defined]
    return make_ir


def from_disk(kernel: Any) -> bool | None:
    """Whether a compiled kernel was in Triton's cache on disk; None if that is unknown."""
    source = getattr(kernel, "src", None)
    if getattr(kernel, "compiled", source) is None:
        return None  # Without a GPU, nothing was compiled.
    if not hasattr(getattr(type(source), "make_ir", None), "watched"):
        return None
    return not hasattr(source, "built_by_compiler")


def _specialization_data(function: Any, arguments: dict[str, Any], original: Any) -> str | None:
    """Return the input of `JITFunction.preload`; None if Triton cannot write it."""
    caught: list[str] = []

    def catch(**kwargs: Any) -> None:
        caught.append(kwargs["compile"]["specialization_data"])

    try:
        if "hook" in arguments:
            original(**{**arguments, "hook": catch})
        else:
            from triton.runtime.jit import serialize_specialization_data

            caught.append(
                serialize_specialization_data(
                    getattr(function, "_fn_name", function.fn.__name__),
                    arguments["signature"],
                    arguments["constants"],
                    arguments["configs"][0],
                    arguments["options"],
                    arguments["key"],
                )
            )
    except Exception:
        return None
    return caught[0] if caught and isinstance(caught[0], str) else None
