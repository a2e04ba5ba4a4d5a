"""Reads a trace: a directory of JSON-lines files, or one of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from tritonlint.runtime.events import Argument, Compile, Frame, Kernel, Process, Trace, Tuning
from tritonlint.runtime.recorder.writer import FORMAT

#: The errors of a line with valid JSON but unexpected content.
_WRONG = (KeyError, TypeError, ValueError, AttributeError, IndexError)


class TraceError(Exception):
    """There is no trace to read; the message says what was looked for, and where."""


def files(path: Path) -> list[Path]:
    """Return the files of a trace.

    Raises:
        TraceError: there are none.
    """
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise TraceError(f"there is no trace at {path}: no such file or directory")
    found = sorted(path.glob("trace-*.jsonl"))
    if not found:
        raise TraceError(
            f"there is no trace in {path}: no process that imports Triton was run under "
            f"`tritonlint trace -o {path} -- COMMAND`, or with TRITONLINT_TRACE={path}"
        )
    return found


def read(path: Path, after: float | None = None) -> Trace:
    """Read a trace.

    Args:
        after: the seconds after a process's start that count as its warm-up; by default, the
            warm-up ends where `tritonlint.runtime.warm()` marked it.

    Raises:
        TraceError: there is none, or it cannot be read.
    """
    parts = [_Part.of(file) for file in files(path)]
    processes = tuple(part.process for part in parts)
    compiles: list[Compile] = []
    tunings: list[Tuning] = []
    problems: list[str] = []
    for part in parts:
        warm = part.process.started + after if after is not None else part.warm
        compiles += [c._replace(stall=warm is not None and c.time > warm) for c in part.compiles]
        tunings += [t._replace(stall=warm is not None and t.time > warm) for t in part.tunings()]
        problems += part.problems
    runs = {process.run for process in processes}
    if len(runs) > 1:
        problems.append(
            f"{len(runs)} runs wrote into {path}, and all are counted: give each a directory of "
            "its own with -o to tell them apart"
        )
    return Trace(
        processes,
        tuple(sorted(compiles, key=lambda compile: compile.time)),
        tuple(sorted(tunings, key=lambda tuning: tuning.time)),
        tuple(dict.fromkeys(problems)),
        after is not None or any(part.warm is not None for part in parts),
    )


class _Part:
    """What one process did."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.problems: list[str] = []
        self.compiles: list[Compile] = []
        self.warm: float | None = None
        self.process = Process(name, 0, "", None, 0.0)
        self._tried: dict[int, list[dict[str, Any]]] = {}

    @classmethod
    def of(cls, path: Path) -> _Part:
        """Read a file."""
        part = cls(path.stem)
        try:
            lines = path.read_bytes().split(b"\n")
        except OSError as error:
            raise TraceError(f"cannot read {path}: {error.strerror or error}") from error
        if lines.pop():
            # The process was killed while it wrote.
            part.problems.append(f"{path.name}: the last event is cut off: skipped")
        wrong = [number for number, line in enumerate(lines, 1) if not part._read(line)]
        if wrong:
            more = f", and {len(wrong) - 1} more lines" if len(wrong) > 1 else ""
            part.problems.append(f"{path.name}:{wrong[0]}{more}: not an event of a trace: skipped")
        return part

    def _read(self, line: bytes) -> bool:
        if not line.strip():
            return True
        try:
            self.take(json.loads(line))
        except (*_WRONG, RecursionError):
            return False
        return True

    def take(self, event: dict[str, Any]) -> None:
        """Take in one event; unknown kinds are ignored."""
        kind = event.get("event")
        if kind == "process":
            version = int(event["format"])
            if version > FORMAT:
                self.problems.append(
                    f"{self.name}: written by a newer tritonlint (format {version}, "
                    f"{FORMAT} is known here): what is new in it is left out"
                )
            self.process = self.process._replace(
                pid=int(event["pid"]),
                run=str(event.get("run", "")),
                rank=event.get("rank"),
                started=float(event["time"]),
                command=tuple(map(str, event.get("command", ()))),
                triton=str(event.get("triton", "")),
                torch=str(event.get("torch", "")),
                python=str(event.get("python", "")),
            )
        elif kind == "compile":
            self.compiles.append(self._compile(event))
        elif kind == "tuning":
            _kernel(event["kernel"])
            str(event["config"])
            self._tried.setdefault(int(event["id"]), []).append(event)
        elif kind == "warm":
            self.warm = float(event["time"])
        elif kind == "problem":
            self.problems.append(str(event["text"]))

    def _compile(self, event: dict[str, Any]) -> Compile:
        return Compile(
            kernel=_kernel(event["kernel"]),
            time=float(event["time"]),
            seconds=float(event["seconds"]),
            process=self.process.name,
            arguments=tuple(_argument(each) for each in event.get("parameters", ())),
            options=dict(event.get("options") or {}),
            device=event.get("device"),
            target=str(event.get("target", "")),
            disk=event.get("disk"),
            tuning=event.get("tuning"),
            warmup=bool(event.get("warmup")),
            site=_site(event.get("site", ())),
            source=str(event.get("source", "")),
            preload=event.get("preload"),
        )

    def tunings(self) -> Iterator[Tuning]:
        """Yield each tuning, from the events of the configs that were tried."""
        for number, events in self._tried.items():
            first = events[0]
            yield Tuning(
                kernel=_kernel(first["kernel"]),
                number=number,
                time=float(events[-1]["time"]),
                seconds=sum(float(event["seconds"]) for event in events),
                process=self.process.name,
                key=dict(first.get("key") or {}),
                dtypes=dict(first.get("dtypes") or {}),
                tried=tuple(str(event["config"]) for event in events),
                configs=int(first.get("configs", len(events))),
                disk=any(event.get("disk") for event in events),
                site=_site(first.get("site", ())),
            )


def _argument(event: dict[str, Any]) -> Argument:
    key = event.get("key")
    parts = tuple(key) if isinstance(key, (list, tuple)) else (key, None)
    return Argument(
        name=str(event["name"]),
        key=(parts[0], parts[1] if len(parts) > 1 else None),
        value=event.get("value"),
        constexpr=bool(event.get("constexpr")),
        annotation=str(event.get("annotation", "")),
        do_not_specialize=bool(event.get("do_not_specialize")),
        do_not_specialize_on_alignment=bool(event.get("do_not_specialize_on_alignment")),
    )


def _kernel(event: dict[str, Any]) -> Kernel:
    return Kernel(
        str(event["name"]), str(event["module"]), str(event["file"]), int(event.get("line", 0))
    )


def _site(frames: Iterable[dict[str, Any]]) -> tuple[Frame, ...]:
    return tuple(
        Frame(str(each["file"]), int(each["line"]), str(each["function"])) for each in frames
    )


def collect(events: Iterable[dict[str, Any]]) -> Trace:
    """Return a trace of this process since some time, from events in memory."""
    part = _Part("this process")
    for event in events:
        part.take(event)
    return Trace((part.process,), tuple(part.compiles), tuple(part.tunings()))
