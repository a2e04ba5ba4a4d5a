"""The other end of `worker`: starts it, asks it, and starts it anew when it dies or hangs."""

from __future__ import annotations

import json
import selectors
import subprocess
import sys
import tempfile
import time
from types import TracebackType
from typing import Any

from tritonlint.verify.extract import Extract

#: What the worker runs. Nothing is to be imported from the directory that it happens to start in.
WORKER = """
import sys
sys.path[:] = [entry for entry in sys.path if entry]
from tritonlint.verify.worker import main
sys.exit(main(sys.argv[1]))
"""

#: Seconds that importing Triton may take, and that one compile may take.
_START, _COMPILE = 120.0, 60.0


class WorkerLost(Exception):  # noqa: N818 - it says what happened
    """The worker crashed or did not answer in time."""


class Judge:
    """A compiler in a process of its own; use as a context manager."""

    def __init__(self, timeout: float = _COMPILE) -> None:
        self.timeout = timeout
        self._process: subprocess.Popen[bytes] | None = None
        self._buffer = b""
        #: Where the worker keeps its files; it may not live to remove them.
        self._directory = tempfile.TemporaryDirectory(prefix="tritonlint-verify-")
        self._loaded: dict[str, Any] | None = None
        self._holds: dict[str, Any] | None = None
        self.missing: list[str] = []

    def __enter__(self) -> Judge:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
        self._directory.cleanup()

    def close(self) -> None:
        """End the worker."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for stream in (self._process.stdin, self._process.stdout):
                if stream is not None:
                    stream.close()
        self._process, self._holds, self._buffer = None, None, b""

    def load(self, extract: Extract, guess: bool = False) -> None:
        """The kernel that is asked about from now on; `guess` is what unknown flags are."""
        self._loaded = {
            "do": "load",
            "sources": extract.sources,
            "links": extract.links,
            "entry": extract.entry,
            "guess": guess,
        }

    def ttir(self, signature: dict[str, str], text: bool = False) -> dict[str, Any]:
        """What the kernel uses when it is compiled for a signature; see `worker.Compiler.ttir`."""
        return self._ask({"do": "ttir", "signature": signature, "text": text})

    def cubin(self, signature: dict[str, str], divisible: list[str]) -> dict[str, Any]:
        """The digest of the binary for a signature, and the seconds it took."""
        return self._ask({"do": "cubin", "signature": signature, "divisible": divisible})

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        try:
            if self._process is None:
                self._start()
            if self._holds is not self._loaded:
                answer = self._exchange(self._loaded or {}, self.timeout)
                if not answer["ok"]:
                    return answer
                self.missing = answer["missing"]
                self._holds = self._loaded
            return self._exchange(request, self.timeout)
        except WorkerLost as error:
            self.close()
            return {"ok": False, "error": str(error), "frames": [], "lost": True}

    def _start(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", WORKER, self._directory.name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        # An answer to something harmless says that Triton is imported.
        self._exchange({"do": "load", "sources": {}, "links": {}, "entry": ""}, _START)

    def _exchange(self, request: dict[str, Any], timeout: float) -> dict[str, Any]:
        process = self._process
        assert process is not None
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(json.dumps(request).encode() + b"\n")
            process.stdin.flush()
        except BrokenPipeError:
            raise WorkerLost("the compiler crashed") from None
        deadline = time.monotonic() + timeout
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while b"\n" not in self._buffer:
                left = deadline - time.monotonic()
                if left <= 0 or not selector.select(left):
                    raise WorkerLost(f"the compiler took more than {timeout:.0f} s")
                data = process.stdout.read1(1 << 20)  # type: ignore[attr-defined]
                if not data:
                    raise WorkerLost("the compiler crashed")
                self._buffer += data
        line, _, self._buffer = self._buffer.partition(b"\n")
        answer: dict[str, Any] = json.loads(line)
        return answer
