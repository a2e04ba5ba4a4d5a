"""Who is told of events, and what happens where that fails."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

Event = dict[str, Any]
Listener = Callable[[Event], None]

_listeners: list[Listener] = []
_complained: set[str] = set()


def subscribe(listener: Listener) -> None:
    """Have every event from now on."""
    _listeners.append(listener)


def unsubscribe(listener: Listener) -> None:
    """Have no more of them."""
    if listener in _listeners:
        _listeners.remove(listener)


def anyone_listens() -> bool:
    """Whether an event would be heard."""
    return bool(_listeners)


def publish(event: Event) -> None:
    """Give an event to all that listen; what goes wrong there is said once."""
    for listener in tuple(_listeners):
        try:
            listener(event)
        except Exception as error:
            complain(error)


def complain(error: Exception) -> None:
    """Say once that something was not recorded: nothing is raised into the program."""
    text = f"{type(error).__name__}: {error}"
    if text not in _complained:
        _complained.add(text)
        print(f"tritonlint: an event was not recorded: {text}", file=sys.stderr)
