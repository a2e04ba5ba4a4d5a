"""Which values of a TTIR function have an effect, from the text that MLIR prints.

After Triton's passes, a loop may still carry a value that nobody looks at: the initial value of a
variable that each iteration overwrites. Canonicalization keeps some of these. So having a use is
not enough: the value has to reach an operation with an effect.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field

_VALUE = re.compile(r"%[\w$.-]+(?:#\d+)?")
_RESULTS = re.compile(r"^\s*(%[\w$.-]+)(?::(\d+))? = (.*)$")
_ASSIGNED = re.compile(r"(%[\w$.-]+) = (%[\w$.-]+(?:#\d+)?)")
_FOR = re.compile(r"scf\.for (?:unsigned )?(%[\w$.-]+) = (.*?)(?: iter_args\((.*?)\) ->.*)?\{$")
_BOUNDS = re.compile(r"(%[\w$.-]+) to (%[\w$.-]+) ")
_CONSTANT = re.compile(r"arith\.constant (-?\d+) : i\d+$")
_BLOCK = re.compile(r"^\s*\^(\w+)(?:\((.*)\))?:")
_TARGET = re.compile(r"\^(\w+)(?:\(([^)]*)\))?")

#: Operations whose only effect is their result.
_PURE = re.compile(
    r'"?(?:arith|math)\.\w+|"?tt\.(?:splat|addptr|broadcast|expand_dims|bitcast|trans|reshape)\b'
)


@dataclass
class _Region:
    """An operation whose regions are being read: `results` and `arguments` are its own."""

    kind: str
    results: list[str]
    arguments: list[str] = field(default_factory=list)


class _Reader:
    """Reads a function line by line; `feeds` says which values become which others.

    MLIR uses the same name for values in neighboring regions, so each value gets a number
    here.
    """

    def __init__(self) -> None:
        self.feeds: defaultdict[str, set[str]] = defaultdict(set)
        self.observed: set[str] = set()
        self._regions: list[_Region] = []
        self._scopes: list[dict[str, str]] = [{}]
        self._blocks: dict[str, list[str]] = {}
        self._jumps: list[tuple[str, list[str]]] = []
        self._constants: dict[str, int] = {}
        self._serial = 0

    # -- names -----------------------------------------------------------------------------

    def _define(self, name: str) -> str:
        self._serial += 1
        self._scopes[-1][name] = f"{name}@{self._serial}"
        return self._scopes[-1][name]

    def _value(self, text: str) -> str:
        name, mark, index = text.partition("#")
        found = next((scope[name] for scope in reversed(self._scopes) if name in scope), name)
        return f"{found}{mark}{index}"

    def _values(self, text: str) -> list[str]:
        return [self._value(name) for name in _VALUE.findall(text)]

    def _feed(self, receivers: list[str], values: list[str]) -> None:
        for receiver, value in zip(receivers, values, strict=False):
            self.feeds[receiver].add(value)

    # -- lines -----------------------------------------------------------------------------

    def finish(self) -> None:
        """Connect the jumps, after all blocks are known."""
        for label, passed in self._jumps:
            self._feed(self._blocks.get(label, []), passed)

    def line(self, line: str) -> None:
        """Read one line."""
        block = _BLOCK.match(line)
        if block:
            self._block(block[1], block[2] or "")
        elif line.strip().startswith("}"):
            self._close(line.strip())
        else:
            match = _RESULTS.match(line)
            self._operation(match[3] if match else line.strip(), match)

    def _results(self, match: re.Match[str] | None) -> list[str]:
        if match is None:
            return []
        name = self._define(match[1])
        count = int(match[2] or 0)
        return [f"{name}#{i}" for i in range(count)] if count else [name]

    def _open(self, kind: str, results: list[str]) -> _Region:
        self._scopes.append({})
        self._regions.append(_Region(kind, results))
        return self._regions[-1]

    def _operation(self, text: str, match: re.Match[str] | None) -> None:
        values = self._values(text)
        if text.startswith(("scf.for", "scf.while")):
            self._loop(text, match)
        elif text.startswith("scf.if"):
            self.observed.update(values)
            self._open("if", self._results(match))
        elif text.startswith("scf.yield") and self._regions:
            self._yield(self._regions[-1], values)
        elif text.startswith("scf.condition") and self._regions:
            self.observed.add(values[0])
            self._feed(self._regions[-1].results, values[1:])
            self._regions[-1].results = values[1:]
        elif text.startswith(("cf.br", "cf.cond_br")):
            self.observed.update(self._values(text.partition("^")[0]))
            for label, passed in _TARGET.findall(text):
                self._jumps.append((label, self._values(passed)))
        elif _PURE.match(text) and not text.endswith("{"):
            constant = _CONSTANT.match(text)
            for result in self._results(match):
                self.feeds[result].update(values)
                if constant:
                    self._constants[result] = int(constant[1])
        else:
            self.observed.update(values)
            results = self._results(match)
            if text.endswith("{"):
                self._open("other", results)

    def _loop(self, text: str, match: re.Match[str] | None) -> None:
        header = _FOR.match(text)
        passed = _ASSIGNED.findall(text if header is None else header[3] or "")
        initial = [self._value(value) for _, value in passed]
        if header is not None:
            self.observed.update(self._values(header[2]))
        results = self._results(match)
        region = self._open("for" if header is not None else "while", results)
        if header is not None:
            self._define(header[1])
            if not self._always_runs(header[2]):
                self._feed(results, initial)
        region.arguments = [self._define(name) for name, _ in passed]
        self._feed(region.arguments, initial)

    def _always_runs(self, bounds: str) -> bool:
        """Whether a loop runs at least once, so that its results are never its initial values.

        If an iteration leaves two variables equal, MLIR may keep either.
        """
        match = _BOUNDS.match(bounds)
        low, high = (
            (self._constants.get(self._value(v)) for v in match.groups()) if match else (0, 0)
        )
        return low is not None and high is not None and low < high

    def _yield(self, region: _Region, values: list[str]) -> None:
        if region.kind == "other":
            self.observed.update(values)
        if region.kind in ("if", "for"):
            self._feed(region.results, values)
        self._feed(region.arguments, values)

    def _block(self, label: str, arguments: str) -> None:
        defined = [self._define(name) for name in _VALUE.findall(arguments)]
        if not self._regions:
            self._blocks[label] = defined
        elif self._regions[-1].kind == "while":
            # `results` are the values that the condition passes to the body.
            self._feed(defined, self._regions[-1].results)

    def _close(self, text: str) -> None:
        if not self._regions:
            return
        self._scopes.pop()
        if text.endswith("{"):
            # `} else {`, or `} do {` of a while loop: the next region of the same operation.
            self._scopes.append({})
        else:
            self._regions.pop()


def live_values(body: str) -> set[str]:
    """Return the values of a function that an operation with an effect depends on.

    `body` is the text between the function's braces, as MLIR prints it. For an unknown
    operation, all operands count as live.
    """
    reader = _Reader()
    for line in body.splitlines():
        if line.strip():
            reader.line(line)
    reader.finish()
    live: set[str] = set()
    pending = list(reader.observed)
    while pending:
        value = pending.pop()
        if value not in live:
            live.add(value)
            pending += reader.feeds.get(value, ())
    return live
