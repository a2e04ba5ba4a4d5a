"""One place that launches a kernel: a function in some module, and what it needs."""

from __future__ import annotations

from dataclasses import dataclass, field

from drawn.choices import Part
from drawn.model import Kernel


@dataclass
class Argument:
    """What a launch passes for a parameter."""

    name: str
    value: str
    keyword: bool

    @property
    def text(self) -> str:
        return f"{self.name}={self.value}" if self.keyword else self.value


@dataclass
class Site:
    """The launch, and the text around it: each list holds lines or blocks of lines."""

    part: Part
    kernel: Kernel
    #: Unique in the project.
    number: int
    #: The kernel as the module names it, and the module that defines it.
    k: str
    module: str
    arguments: list[Argument]
    grid: str = "(1,)"
    top: list[str] = field(default_factory=list)
    before: list[str] = field(default_factory=list)
    body: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)

    @property
    def call(self) -> str:
        return ", ".join(argument.text for argument in self.arguments)

    @property
    def plain(self) -> list[Argument]:
        """The positional ones."""
        return [argument for argument in self.arguments if not argument.keyword]

    @property
    def keywords(self) -> list[Argument]:
        return [argument for argument in self.arguments if argument.keyword]

    def name(self, stem: str) -> str:
        return f"{stem}_{self.number}"

    def launch(self, kernel: str) -> str:
        """The usual launch, of the kernel by another name."""
        return f"{kernel}[{self.grid}]({self.call})"


def arguments(part: Part, kernel: Kernel) -> list[Argument]:
    """What a launch passes, written in one of the possible ways."""
    given = [param for param in kernel.params if not param.fed]
    how = part.pick(
        "arguments",
        (
            "constexpr by keyword",
            "positional",
            "by keyword",
            "dead by keyword",
            "defaults left out",
        ),
        0.5,
    )
    if how == "defaults left out":
        given = [param for param in given if not param.default]
    found, named = [], False
    fed_before = {p.name for i, p in enumerate(kernel.params) if p.fed for p in kernel.params[i:]}
    for param in given:
        named = named or param.name in fed_before
        named = named or (bool(param.default) and how == "defaults left out")
        keyword = how == "by keyword" or (
            how in ("constexpr by keyword", "defaults left out") and "constexpr" in param.annotation
        )
        keyword = keyword or (how == "dead by keyword" and param.dead)
        named = named or keyword
        found.append(Argument(param.name, param.value, named))
    if how == "by keyword":
        part.random("order").shuffle(found)
    return found
