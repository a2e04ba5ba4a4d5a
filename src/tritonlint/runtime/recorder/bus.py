"""Passes events on to subscribers, and handles their errors."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

Event = dict[str, Any]
Listener = Callable[[Event], None]

_listeners: list[Listener] = []
_complained: set[str] = set()


def subscribe(listener: Listener) -> None:
    """Call the subscriber with every event from now on."""
    _listeners.append(listener)


def unsubscribe(listener: Listener) -> None:
    """Stop calling the subscriber."""
    if listener in _listeners:
        _listeners.remove(listener)


def anyone_listens() -> bool:
    """Whether there are any subscribers."""
    return bool(_listeners)


def publish(event: Event) -> None:
    """Pass an event to all subscribers; an error in one is reported once."""
    for listener in tuple(_listeners):
        try:
            listener(event)
        except Exception as error:
            complain(error)


def complain(error: Exception) -> None:
    """Report once that something was not recorded; nothing is raised in the program."""
    text = f"{type(error).__name__}: {error}"
    if text not in _complained:
        _complained.add(text)
        print(f"tritonlint: an event was not recorded: {text}", file=sys.stderr)
