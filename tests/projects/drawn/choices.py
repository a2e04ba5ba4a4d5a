"""Decisions that make up a drawn project: each has a name, and can be undone alone."""

from __future__ import annotations

import random
from collections.abc import Sequence

#: How often a decision is unusual, if it may be, in a project of each kind.
LEVELS = {"plain": 0.0, "some": 0.12, "many": 0.3, "most": 0.6}


class Choices:
    """Decides by seed and name, so that no decision depends on another.

    `plain` says for some names which options are plain: a fixer should cope with all of these.
    In most projects few decisions are unusual: if all are, a fixer does nothing.
    """

    def __init__(
        self, seed: int, plain: dict[str, set[str]], overrides: dict[str, str] | None = None
    ) -> None:
        self.seed, self.plain = seed, plain
        self.overrides = overrides or {}
        self.taken: dict[str, str] = {}
        self.first: dict[str, str] = {}
        drawn = self.random("level").choices(list(LEVELS), (0.3, 0.4, 0.2, 0.1))[0]
        self.level = LEVELS[self.overrides.get("level", drawn)]

    def random(self, name: str) -> random.Random:
        """A source of random numbers that are not decisions."""
        return random.Random(f"{self.seed}/{name}")

    def pick(self, name: str, options: Sequence[str], usual: float = 0.8) -> str:
        """One of the options; with some probability the first one, if any of them is plain."""
        chosen = self.overrides.get(name)
        if chosen not in options:
            chosen = self._choose(name, options, usual)
        self.taken[name], self.first[name] = chosen, options[0]
        return chosen

    def _choose(self, name: str, options: Sequence[str], usual: float) -> str:
        source = self.random(name)
        known = self.plain.get(name.rpartition(".")[2])
        if known is None:
            first = len(options) == 1 or source.random() < usual
            return options[0] if first else source.choice(options[1:])
        plain = [option for option in options if option in known]
        others = [option for option in options if option not in known]
        return source.choice(others if others and source.random() < self.level else plain)

    def is_plain(self, name: str) -> bool:
        """Whether a decision is one that a fixer should cope with."""
        return self.taken[name] in self.plain.get(name.rpartition(".")[2], {self.taken[name]})

    @property
    def unusual(self) -> list[str]:
        """The names of the decisions that are not the first option."""
        return [name for name, value in self.taken.items() if value != self.first[name]]


class Part:
    """The decisions about one part of a project."""

    def __init__(self, choices: Choices, name: str) -> None:
        self.choices, self.name = choices, name

    def pick(self, name: str, options: Sequence[str], usual: float = 0.8) -> str:
        return self.choices.pick(f"{self.name}.{name}", options, usual)

    def chance(self, name: str, probability: float) -> bool:
        return self.pick(name, ("no", "yes"), 1 - probability) == "yes"

    def random(self, name: str) -> random.Random:
        return self.choices.random(f"{self.name}.{name}")

    def at(self, name: str) -> Part:
        return Part(self.choices, f"{self.name}.{name}")
