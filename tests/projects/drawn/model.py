"""A drawn kernel: its parameters, its text, and what launches have to know about it."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, field

#: Forms in which a call gives the kernel its name.
UNDER_ANOTHER_NAME = {
    *("called", "called twice", "wrapped", "tuned later", "tuned in one call", "tuned or not"),
    *("tuned twice", "tuned, and launched without"),
}


@dataclass
class Param:
    """One parameter, and what launches pass for it."""

    name: str
    value: str
    annotation: str = ""
    default: str = ""
    dead: bool = False
    #: Configs or heuristics give it.
    fed: bool = False

    @property
    def text(self) -> str:
        annotation = f": {self.annotation}" if self.annotation else ""
        default = (
            (f" = {self.default}" if annotation else f"={self.default}") if self.default else ""
        )
        return f"{self.name}{annotation}{default}"


@dataclass
class Kernel:
    """The contents of the module that defines the kernel, and what launches have to know."""

    name: str
    params: list[Param]
    body: str
    #: Text before the kernel, lines of decorators, and text after it.
    before: list[str] = field(default_factory=list)
    decorators: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)
    #: Files beside it, by name in the same directory.
    files: dict[str, str] = field(default_factory=dict)
    #: Statements after a launch, in terms of `{k}`, the kernel.
    follow: list[str] = field(default_factory=list)

    @property
    def dead(self) -> list[str]:
        return [param.name for param in self.params if param.dead]

    def has(self, name: str) -> bool:
        return any(param.name == name for param in self.params)

    def text(self, form: str) -> str:
        """The definition."""
        arguments = ", ".join(param.text for param in self.params)
        if form == "with comments":
            lines = "".join(f"    {param.text},  # what {param.name} is\n" for param in self.params)
            arguments = f"\n{lines}"
        name = f"_{self.name}" if form in UNDER_ANOTHER_NAME else self.name
        head = f"def {name}({arguments}):"
        body = textwrap.indent(self.body, "    ")
        if form == "on one line" and "\n" not in self.body:
            head, body = f"{head} {self.body}", ""
        definition = "\n".join([*self.decorators, head, body]).rstrip()
        if form == "in a condition":
            definition = "if len('x') == 1:\n" + textwrap.indent(definition, "    ")
        elif form == "in try":
            inner = textwrap.indent(definition, "    ")
            definition = f"try:\n{inner}\nexcept ImportError:\n    {self.name} = None"
        elif form == "in a class":
            inner = textwrap.indent(definition, "    ")
            definition = f"class Kernels:\n{inner}\n\n\n{self.name} = Kernels.{self.name}"
        return "\n\n\n".join([*self.before, definition, *self.after])
