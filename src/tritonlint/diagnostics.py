"""The data of a finding, from which every output format is made."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import NamedTuple

from tritonlint.remedies import Remedy
from tritonlint.span import Span
from tritonlint.triton.specialization import Kind, Variants


class Rule(NamedTuple):
    """A rule's code and name, what it finds, in one line, and whether it is on by default.

    With `needs_proof`, findings are guesses until the compiler confirms them: `ALL` leaves them
    out.
    """

    code: str
    name: str
    summary: str
    fixable: bool
    default: bool = True
    needs_proof: bool = False

    @property
    def page(self) -> str:
        """The file name of the rule's page."""
        return f"{self.code}-{self.name}.md"

    @property
    def url(self) -> str:
        """The rule's page in the project's repository."""
        return f"https://github.com/tritonlint/tritonlint/blob/main/rules/{self.page}"


class Applicability(str, Enum):
    """Whether a fix keeps the meaning of the program (`safe`), or a person must look (`unsafe`)."""

    SAFE = "safe"
    UNSAFE = "unsafe"


class Edit(NamedTuple):
    """The replacement of one span of a file, in the file's own text."""

    path: Path
    span: Span
    content: str


class Fix(NamedTuple):
    """The edits, in all files, that fix one diagnostic.

    `safe_if_proved` says that it would be safe with the compiler's confirmation.
    """

    applicability: Applicability
    message: str
    edits: tuple[Edit, ...]
    safe_if_proved: bool = False


class LaunchSite(NamedTuple):
    """A launch that passes the parameter; `argument` is its source text, None for the default."""

    path: Path
    row: int
    argument: str | None


class Question(str, Enum):
    """What the compiler can be asked about a finding (`tritonlint verify`)."""

    UNUSED = "does no code depend on the parameter"
    RUNTIME = "does the kernel compile with the constexpr as a runtime integer"
    ALIGNMENT = "is the code the same where the argument is divisible by 16"
    VALUE = "is it the same where the argument is 1, too"

    @property
    def needs_proof(self) -> bool:
        """Whether a finding is only a guess until the compiler has answered."""
        return self in (Question.ALIGNMENT, Question.VALUE)


class Verdict(str, Enum):
    """What the compiler says about a finding."""

    CONFIRMED = "confirmed"
    CONTRADICTED = "contradicted"
    #: Nothing could be compiled, or nothing compared.
    UNDECIDED = "undecided"


class Verification(NamedTuple):
    """The result of compiling a finding's kernel (`tritonlint verify`); `text` says it in words.

    `variants` were compiled to binaries, `identical` of them byte for byte the same; all but the
    first took `wasted_seconds`.
    """

    verdict: Verdict
    text: str
    variants: int = 0
    identical: int = 0
    wasted_seconds: float = 0.0


class Observation(NamedTuple):
    """What a trace recorded about a finding's parameter; `text` says it in words.

    `compiles` happened because of it, and took `seconds`; `kernel_compiles` are all of its kernel.
    """

    compiles: int
    seconds: float
    values: tuple[str, ...]
    kernel_compiles: int
    text: str


class Diagnostic(NamedTuple):
    """One finding.

    `message` and `help` (what to do about it) are sentences without a final full stop, `cost` is
    what follows "it costs": the compiles that gain nothing. `kernel`, `parameter`, `kind` and
    `variants` are None if the finding is about the file itself. `fix_blocked_by` says why the
    parameter is not removed; if there is a `fix` as well, it is the fallback. `remedies` are what a
    fix may do about it, best first; with `needs_fix`, the finding is only reported if one of them
    is possible. `question` is what the compiler can be asked about it. `costs_nothing` says that it
    adds no compile today. Paths are absolute.
    """

    code: str
    name: str
    message: str
    path: Path
    span: Span
    help: str
    cost: str | None = None
    kernel: str | None = None
    parameter: str | None = None
    kind: Kind | None = None
    variants: Variants | None = None
    launches: tuple[LaunchSite, ...] = ()
    fix: Fix | None = None
    fix_blocked_by: str | None = None
    verification: Verification | None = None
    observed: Observation | None = None
    remedies: tuple[Remedy, ...] = ()
    needs_fix: bool = False
    question: Question | None = None
    costs_nothing: bool = False

    @property
    def sentence(self) -> str:
        """The message with the cost, for formats that give one line."""
        return self.message if self.cost is None else f"{self.message}, and it costs {self.cost}"

    @property
    def sort_key(self) -> tuple[float, int, str, Span, str]:
        """Orders findings by their measured cost, by file and place, then by code."""
        cost = (-self.observed.seconds, -self.observed.compiles) if self.observed else (0.0, 0)
        return *cost, str(self.path), self.span, self.code
