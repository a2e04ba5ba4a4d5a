"""Reads the log of a serving engine that says what Triton compiled while it served.

Three forms of the line are known, which the engine had one after another (vllm-project/vllm,
#40137, #45631, #46621): the kernel's name alone; the raw key; constexprs, signature and options.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from tritonlint.runtime.events import Argument, Compile, Kernel, Process, Trace
from tritonlint.runtime.reader import TraceError
from tritonlint.runtime.sources import Signature, Sources
from tritonlint.runtime.words import UNKNOWN

_MARK = "kernel JIT compilation during inference: "
_END = "This causes a latency spike"
#: A truncated line ends where the next entry of the log begins.
_ENTRY = re.compile(r"^(\([^)]*\)\s*)?(DEBUG|INFO|WARNING|ERROR|CRITICAL|\[?\d{4}-\d\d-\d\d)\b")
_PROCESS = re.compile(r"\(([^()]*?)(?:\s+pid=(\d+))?\)")
_TIME = re.compile(r"(\d{4}-)?(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d)(?:[.,](\d+))?")
#: No entry has more lines than this.
_LINES = 30


def is_log(path: Path) -> bool:
    """Whether a file is text with such lines, and not a trace."""
    if not path.is_file() or path.suffix == ".jsonl":
        return False
    with path.open("rb") as file:
        return not file.read(20).startswith(b'{"event":')


def read_log(path: Path, sources: Sources) -> Trace:
    """Read a log; kernels are looked up in the sources by name, which gives their parameters.

    Raises:
        TraceError: the log cannot be read, or has no such line.
    """
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        raise TraceError(f"cannot read {path}: {error.strerror or error}") from error
    reader = _Reader(sources)
    for number, text in _entries(lines):
        reader.take(number, text)
    if not reader.compiles:
        raise TraceError(
            f"{path} has no line of a compile (`Triton {_MARK}NAME`), and is no trace: "
            "give the directory that `tritonlint trace -o DIR` wrote, or an engine's log"
        )
    return reader.trace()


def _entries(lines: list[str]) -> Iterator[tuple[int, str]]:
    """Yield each entry of a compile with its line number, with broken lines joined."""
    index = 0
    while index < len(lines):
        text, start = lines[index], index
        index += 1
        if _MARK not in text:
            continue
        opened = " (" in text.partition(_MARK)[2]
        while opened and _END not in text and index < min(len(lines), start + _LINES):
            if _ENTRY.match(lines[index]) or _MARK in lines[index]:
                break
            text += lines[index]
            index += 1
        yield start + 1, text


class _Reader:
    def __init__(self, sources: Sources) -> None:
        self.sources = sources
        self.compiles: list[Compile] = []
        self.processes: dict[str, Process] = {}
        self.problems: dict[str, None] = {}
        self._signatures: dict[str, list[Signature]] = {}

    def take(self, number: int, text: str) -> None:
        before, _, after = text.partition(_MARK)
        found = re.match(r"[\w.<>]+", after)
        if not found:
            return
        name, detail = found[0].rstrip("."), after[found.end() :]
        arguments, signature = self._arguments(name, detail, number)
        process = self._process(before)
        self.compiles.append(
            Compile(
                kernel=signature.kernel if signature else Kernel(name),
                time=_time(before, number),
                seconds=None,
                process=process,
                arguments=arguments,
                options=_options(detail),
                stall=True,
            )
        )

    def trace(self) -> Trace:
        """Return the trace. Everything in the log happens after the engine's warm-up."""
        problems = dict.fromkeys([*self.problems, *self.sources.problems])
        if any(not compile.arguments for compile in self.compiles):
            problems[
                "some lines say the kernel's name only: start the engine with "
                "--jit-monitor-verbose, or run it under `tritonlint trace`, to see more"
            ] = None
        return Trace(
            tuple(self.processes.values()), tuple(self.compiles), (), tuple(problems), True
        )

    def _process(self, before: str) -> str:
        found = _PROCESS.search(before)
        name = " ".join(part for part in found.groups() if part) if found else "the log"
        pid = int(found[2]) if found and found[2] else 0
        rank = re.search(r"(?:TP|DP|rank\s*)(\d+)", name)
        self.processes.setdefault(
            name, Process(name, pid, "", int(rank[1]) if rank else None, _time(before, 0))
        )
        return name

    def _arguments(
        self, name: str, detail: str, number: int
    ) -> tuple[tuple[Argument, ...], Signature | None]:
        key = re.search(r"\bkey=[\"']?\[", detail)
        parts, complete = _items(detail[key.end() :]) if key else ([], True)
        keys = [_pair(part) for part in parts]
        constexprs = _mapping(detail, "constexprs")
        kinds = _mapping(detail, "signature")
        if not key and not kinds:
            signature = self._named(name, None)
            return (), signature
        if not complete and not kinds:
            self.problems[f"line {number} is cut off: only a part of the key is known"] = None
        signature = self._named(name, (len(keys) if complete and key else len(kinds)) or None)
        if kinds:
            return _from_signature(detail, kinds, constexprs, signature, keys), signature
        return tuple(
            Argument(
                name=signature.names[i] if signature and i < len(signature.names) else f"#{i + 1}",
                key=pair,
                value=pair[1] if pair[0] == "constexpr" else None,
                constexpr=_declared(signature, i, pair),
            )
            for i, pair in enumerate(keys)
        ), signature

    def _named(self, name: str, count: int | None) -> Signature | None:
        """Return the kernel with that name and number of parameters in the sources."""
        short = name.rpartition(".")[2]
        if short not in self._signatures:
            self._signatures[short] = self.sources.signatures(short)
        found = self._signatures[short]
        fitting = [s for s in found if count is None or len(s.names) == count]
        if self.sources.given and not fitting:
            has = "has none of that name"
            if found:
                has = f"has one of {len(found[0].names)} parameters, and the log one of {count}"
            self.problems[f"`{name}` is not known: --source {has}"] = None
        if len({signature.names for signature in fitting}) > 1:
            self.problems[
                f"`{name}` has {len(fitting)} definitions in --source: "
                f"the one in {fitting[0].kernel.file} is taken"
            ] = None
        return fitting[0] if fitting else None


def _declared(signature: Signature | None, index: int, pair: tuple[Any, Any]) -> bool:
    """Whether a parameter is a constexpr; without its source, whether it looks like one."""
    if signature is not None and index < len(signature.names):
        return signature.is_constexpr(index)
    # In a key, an int that is 1 and a None look the same.
    return bool(pair[0] == "constexpr" and pair[1] not in (1, None))


def _from_signature(
    detail: str,
    kinds: dict[str, str],
    constexprs: dict[str, str],
    signature: Signature | None,
    keys: list[tuple[Any, Any]],
) -> tuple[Argument, ...]:
    """Return the arguments of the third form: names are sorted, and attributes go by place."""
    order = list(signature.names) if signature else list(kinds)
    divisible, seen = _divisible(detail)
    arguments = []
    for index, name in enumerate(order):
        kind = str(_literal(kinds.get(name, "''")))
        if name in constexprs:
            value = _literal(constexprs[name])
            declared = _declared(signature, index, (kind, value))
            arguments.append(Argument(name, ("constexpr", value), value, constexpr=declared))
            continue
        special: Any = UNKNOWN
        if signature and index < len(keys):
            special = keys[index][1]
        elif signature and index < seen:
            special = "D" if index in divisible else ""
        arguments.append(Argument(name, (kind, special)))
    return tuple(arguments)


def _divisible(detail: str) -> tuple[set[int], int]:
    """Return the numbers of the parameters marked divisible by 16, and the last known one."""
    _, found, text = detail.partition("configs=[{")
    text, closed, _ = text.partition("}]")
    if not closed:
        text = text.partition("...")[0]
    places = [int(place) for place in re.findall(r"\((\d+),\): \[\['tt\.divisibility', 16", text)]
    if not found:
        return set(), 0
    return set(places), (1000 if closed else max(places, default=-1) + 1)


def _options(detail: str) -> dict[str, Any]:
    found = re.findall(r"\b(num_warps|num_ctas|num_stages|maxnreg)['\"]?[=:] ?(\d+)", detail)
    return {name: int(value) for name, value in found}


def _time(before: str, number: int) -> float:
    """Return when an entry was written, or else its line's number; the year is often left out."""
    found = _TIME.search(before)
    if not found:
        return float(number)
    year, month, day, hour, minute, second, fraction = found.groups()
    try:
        moment = datetime(
            int(year[:4]) if year else 2000,
            int(month),
            int(day),
            int(hour),
            int(minute),
            int(second),
        )
    except ValueError:
        return float(number)
    # Lines of the same second keep their order.
    return moment.timestamp() + (float(f"0.{fraction}") if fraction else number * 1e-7)


# -- values as repr writes them, also truncated ------------------------------------------------


def _items(text: str) -> tuple[list[str], bool]:
    """Return the items of a list or a mapping whose opening bracket came before `text`.

    Returns:
        The complete ones, and whether the closing bracket was found.
    """
    items: list[str] = []
    depth, start, quote = 0, 0, ""
    for index, sign in enumerate(text):
        if quote:
            if sign == quote and text[index - 1] != "\\":
                quote = ""
        elif sign in "'\"":
            quote = sign
        elif sign in "([{":
            depth += 1
        elif sign in ")]}":
            depth -= 1
            if depth < 0:
                items.append(text[start:index].strip())
                return [item for item in items if item], True
        elif sign == "," and depth == 0:
            items.append(text[start:index].strip())
            start = index + 1
    return [item for item in items if item], False


def _mapping(detail: str, name: str) -> dict[str, str]:
    """Return the names and the sources of the values in `name={A=1, B='x'}` of the third form."""
    found = re.search(rf"\b{name}=\{{", detail)
    items, _ = _items(detail[found.end() :]) if found else ([], True)
    pairs = (item.partition("=") for item in items)
    return {key.strip(): value for key, equals, value in pairs if equals}


def _literal(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return {"repr": text[:200]}


def _pair(text: str) -> tuple[Any, Any]:
    """Return one parameter's part of a raw key."""
    value = _literal(text)
    if isinstance(value, tuple) and len(value) == 2:
        return value
    # A value that is not a literal, such as a dtype: `('constexpr', fp32)`.
    items, _ = _items(text.removeprefix("("))
    if len(items) == 2:
        return _literal(items[0]), _literal(items[1])
    return value, None
