"""Runs scripts in forks of a process that has torch and Triton imported and patched.

`Warm` starts that process and asks it; as a script, this file is the process.
"""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import select
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).parents[1])

from judge.record import Record
from judge.recorder import Recorder

#: Modules that a fresh interpreter has; no file of a project can replace them.
_STARTUP = {
    "sys", "builtins", "os", "io", "site", "codecs", "abc", "stat", "posixpath", "genericpath",
    "encodings", "zipimport", "marshal", "posix", "time", "_thread", "_imp", "_io", "_abc",
}  # fmt: skip
#: The modules of the recorder itself.
_OWN = {"torch", "triton", "numpy", "judge"}
#: Modules that scripts often import: they are imported once, here.
_LIKELY = (
    "triton.compiler.code_generator", "triton.experimental.gluon", "triton.language.semantic",
    "triton.tools.tensor_descriptor", "triton.language.extra.libdevice",
    "asyncio", "doctest", "importlib", "json", "pytest", "runpy", "timeit", "unittest.mock",
)  # fmt: skip


class Warm:
    """The process, as seen from outside."""

    def __init__(self) -> None:
        environment = {"TRITON_DEFAULT_FP_FUSION": "1", **os.environ}
        command = [sys.executable, __file__]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
        )

    def run(
        self, root: Path, script: str, paths: Sequence[str] = (), limit: float = 60.0
    ) -> tuple[Record | None, str]:
        """What a script of a tree did, or None and the reason why there is no record.

        The working directory is the tree's root; `paths` follow the script's own directory on the
        path that modules are searched on, as `PYTHONPATH` would put them there.
        """
        assert self.process.stdin
        assert self.process.stdout
        request = {"root": str(root), "script": script, "paths": list(paths), "limit": limit}
        self.process.stdin.write(json.dumps(request).encode() + b"\n")
        self.process.stdin.flush()
        head = json.loads(self.process.stdout.readline())
        answer = self.process.stdout.read(head["size"])
        record = pickle.loads(answer) if answer else None
        if record is not None and record.internal:
            raise RuntimeError(f"the judge failed at {root}: {record.internal}")
        return record, head["why"]

    def close(self) -> None:
        """End the process."""
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait()


def serve() -> None:
    """Answer requests until the input ends."""
    answers = os.fdopen(os.dup(1), "wb")
    import torch

    torch.set_num_threads(1)
    recorder = Recorder()
    for name in _LIKELY:
        with contextlib.suppress(ImportError):
            __import__(name)
    # A script does not see the directory of the judge.
    path = [p for p in sys.path[1:] if p]
    for line in sys.stdin.buffer:
        request = json.loads(line)
        root = Path(request["root"]).resolve()
        file = root / request["script"]
        places = [file.parent, *(root / p for p in request["paths"])]

        def work(root: Path = root, file: Path = file, places: list[Path] = places) -> bytes:
            os.chdir(root)
            sys.dont_write_bytecode = True
            sys.argv = [str(file)]
            sys.path[:] = [*map(str, places), *path]
            _forget_shadowed(places)
            return pickle.dumps(recorder.run(root, file))

        answer, why = in_fork(work, request["limit"])
        answers.write(json.dumps({"size": len(answer), "why": why}).encode() + b"\n" + answer)
        answers.flush()


def in_fork(work: Callable[[], bytes], limit: float) -> tuple[bytes, str]:
    """The result of a function in a fork of this process, or None and what went wrong."""
    receive, send = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setsid()
            os.close(receive)
            _silence()
            try:
                answer = b"+" + work()
            except BaseException:
                answer = b"-" + traceback.format_exc().encode()
            with os.fdopen(send, "wb") as pipe:
                pipe.write(answer)
        finally:
            os._exit(0)
    os.close(send)
    answer, in_time = _read(receive, time.monotonic() + limit)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if not in_time:
        return b"", f"it took more than {limit:.0f} s"
    if not answer:
        what = f"signal {os.WTERMSIG(status)}" if os.WIFSIGNALED(status) else "no answer"
        return b"", f"the process died ({what})"
    if answer.startswith(b"-"):
        return b"", f"the judge failed: {answer[1:].decode()}"
    return answer[1:], ""


def _read(pipe: int, deadline: float) -> tuple[bytes, bool]:
    parts: list[bytes] = []
    with os.fdopen(pipe, "rb", buffering=0) as stream:
        while (left := deadline - time.monotonic()) > 0:
            if not select.select([stream], [], [], left)[0]:
                break
            part = stream.read(1 << 20)
            if not part:
                return b"".join(parts), True
            parts.append(part)
    return b"", False


def _silence() -> None:
    """Keep what a project prints out of the judge's own output."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)


def _forget_shadowed(places: list[Path]) -> None:
    """Forget imported modules if Python would find a file of the project by their name."""
    for name in list(sys.modules):
        top = name.partition(".")[0]
        if top in _STARTUP or top in _OWN or top == "__main__":
            continue
        if any((p / f"{top}.py").is_file() or (p / top / "__init__.py").is_file() for p in places):
            del sys.modules[name]


if __name__ == "__main__":
    serve()
