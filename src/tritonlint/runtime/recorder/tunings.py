"""Tunings: each config that `Autotuner._bench` tries, and results from the disk."""

from __future__ import annotations

import functools
import sys
import threading
import time
from types import FrameType
from typing import Any

from .bus import Event, anyone_listens, complain, publish
from .describe import describe_kernel, describe_value, launch_site


class _Thread(threading.local):
    """The current tuning of this thread."""

    number = 0
    tuning: int | None = None
    last: Any = None
    tried: frozenset[str] = frozenset()


_thread = _Thread()
_counter_lock = threading.Lock()
_tunings = 0


def current_tuning() -> int | None:
    """Return the tuning that this thread is in."""
    return _thread.tuning


def watch_tuner(tuner: Any) -> None:
    """Start to watch the class of tuners."""
    tuner._bench = _around_bench(tuner._bench)
    if hasattr(tuner, "check_disk_cache"):
        tuner.check_disk_cache = _around_disk_cache(tuner.check_disk_cache)


def _around_bench(original: Any) -> Any:
    @functools.wraps(original)
    def _bench(self: Any, *args: Any, config: Any, **meta: Any) -> Any:
        if not anyone_listens():
            return original(self, *args, config=config, **meta)
        outer = _thread.tuning
        event: Event = {}
        try:
            event = _tuning(self, meta, str(config), sys._getframe(1))
            _thread.tuning = event["id"]
        except Exception as error:
            complain(error)
        began = time.perf_counter()
        try:
            timings = original(self, *args, config=config, **meta)
            event["milliseconds"] = _milliseconds(timings)
            return timings
        finally:
            _thread.tuning = outer
            if "id" in event:
                event["seconds"] = round(time.perf_counter() - began, 6)
                event["time"] = time.time()
                publish(event)

    return _bench


def _around_disk_cache(original: Any) -> Any:
    @functools.wraps(original)
    def check_disk_cache(self: Any, tuning_key: Any, *args: Any, **kwargs: Any) -> Any:
        began = time.perf_counter()
        hit = original(self, tuning_key, *args, **kwargs)
        if hit is True and anyone_listens():
            try:
                meta = sys._getframe(1).f_locals.get("kwargs") or {}
                event = _tuning(self, meta, str(self.cache[tuning_key]), sys._getframe(1))
                event["disk"] = True
                event["seconds"] = round(time.perf_counter() - began, 6)
                event["time"] = time.time()
                publish(event)
            except Exception as error:
                complain(error)
        return hit

    return check_disk_cache


def _tuning(tuner: Any, meta: dict[str, Any], config: str, frame: FrameType) -> Event:
    """Return the event of one tried config; those of one tuning have the same `id`."""
    global _tunings
    given = {**(getattr(tuner, "nargs", None) or {}), **meta}
    own = {name: given[name] for name in tuner.arg_names if name in given}
    key = {name: describe_value(own[name]) for name in tuner.keys if name in own}
    dtypes = {
        name: str(argument.dtype).rpartition(".")[2]
        for name, argument in own.items()
        if hasattr(argument, "dtype")
    }
    identity = (id(tuner), repr(key), repr(dtypes))
    if identity != _thread.last or config in _thread.tried:
        with _counter_lock:
            _tunings += 1
            _thread.number = _tunings
        _thread.last, _thread.tried = identity, frozenset()
    _thread.tried |= {config}
    function = tuner.fn
    while not hasattr(function, "params"):
        function = function.fn
    return {
        "event": "tuning",
        "id": _thread.number,
        "kernel": describe_kernel(function),
        "key": key,
        "dtypes": dtypes,
        "configs": len(tuner.configs),
        "config": config,
        "disk": False,
        "thread": threading.get_ident(),
        "site": launch_site(frame),
    }


def _milliseconds(timings: Any) -> float | None:
    """Return the median of a benchmark; None if the config failed."""
    first = timings[0] if isinstance(timings, (list, tuple)) and timings else timings
    if isinstance(first, (int, float)) and first == first and abs(first) != float("inf"):
        return round(float(first), 6)
    return None
