"""What the judge finds out about a tree."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from judge.binding import signature
from judge.syntax import Function, callee, is_demoted, parameters, text


@dataclass
class Changed:
    """A function that has changed."""

    path: str
    before: Function
    after: Function

    def __post_init__(self) -> None:
        self.name = self.before.name
        self.was, self.now = signature(self.before), signature(self.after)
        self.removed = frozenset(self.was.names) - frozenset(self.now.names)
        #: Parameters that stay, but whose values no longer cost compiles; `explain` adds to them.
        self.demoted = {
            name
            for name, (argument, _) in parameters(self.before.args).items()
            if (left := parameters(self.after.args).get(name)) and is_demoted(argument, left[0])
        }
        jits = [d for d in self.before.decorator_list if "jit" in text(callee(d))]
        #: Whether other decorators may give it arguments.
        self.fed = len(self.before.decorator_list) > len(jits)


@dataclass
class Report:
    """The findings; each text begins with a place."""

    broken: list[str] = field(default_factory=list)
    #: Launches of changed functions for which it is unknown whether they still bind.
    unproved: list[str] = field(default_factory=list)
    #: What a person should look at: uses as a value, names in text, effects.
    doubts: list[str] = field(default_factory=list)
    changed: list[Changed] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
