"""Starts the `worker`, sends it requests, and starts it again if it dies or hangs."""

from __future__ import annotations

import contextlib
import json
import math
import os
import selectors
import site
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import tritonlint
from tritonlint.verify.answer import NonsenseError, checked
from tritonlint.verify.extract import Extract

if TYPE_CHECKING:
    from tritonlint.verify.workplace import Workplace

#: The program of that process: it imports this copy of tritonlint and nothing beside it.
WORKER = """
import importlib.util, site, sys
package, user_site, *arguments = sys.argv[1:]
if user_site:
    site.addsitedir(user_site)
spec = importlib.util.spec_from_file_location(
    "tritonlint", f"{package}/__init__.py", submodule_search_locations=[package]
)
sys.modules["tritonlint"] = module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
from tritonlint.verify.guardian import main
sys.exit(main(*arguments))
"""

#: The most seconds for importing Triton, and for one kernel.
_START, KERNEL = 60.0, 30.0
#: The most seconds that one run may lose to kernels that make the compiler hang or crash.
_WASTED = 300.0

#: The longest answer in bytes: the TTIR of a large kernel.
_LONGEST = 64 << 20


class WorkerLost(Exception):  # noqa: N818 - it says what happened
    """The worker crashed or did not answer in time."""


class Judge:
    """A compiler in its own process; a context manager.

    `timeout` is for one kernel, and `budget` for all of them, in seconds.
    """

    def __init__(self, timeout: float = KERNEL, budget: float = math.inf) -> None:
        self.timeout = timeout
        self.budget = budget
        self._process: subprocess.Popen[bytes] | None = None
        self._workplace: Workplace | None = None
        #: The end of a pipe; when it is closed, the guardian ends the worker.
        self._leash = -1
        self._files = True
        self._deadline = math.inf
        self._spent = 0.0
        self._wasted = 0.0
        self._loaded: dict[str, Any] | None = None
        self._holds: dict[str, Any] | None = None
        #: Why nothing more is compiled.
        self._given_up: str | None = None
        #: The walls around the worker: the name of each, and why it is missing, if it is.
        self.walls: list[tuple[str, str | None]] = []

    def __enter__(self) -> Judge:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the worker, and all processes that it started."""
        if self._process is not None:
            os.close(self._leash)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(5)
            self._process.kill()
            self._process.wait()
            for stream in (self._process.stdin, self._process.stdout):
                if stream is not None:
                    stream.close()
        if self._workplace is not None:
            self._workplace.remove()
        self._process, self._workplace, self._holds = None, None, None

    @property
    def left(self) -> float:
        """The rest of the budget, in seconds."""
        return self.budget - self._spent

    def begin(self, seconds: float = math.inf) -> None:
        """Start the clock for a kernel, or for a part of its work."""
        self._deadline = time.monotonic() + min(self.timeout, seconds)

    def load(self, extract: Extract, guess: bool = False) -> None:
        """Load the kernel for the next requests; `guess` is the value of unknown flags."""
        self._loaded = {
            "do": "load",
            "sources": extract.sources,
            "defaults": extract.defaults,
            "links": extract.links,
            "entry": extract.entry,
            "guess": guess,
        }

    def ttir(self, signature: dict[str, str], text: bool = False) -> dict[str, Any]:
        """Return what the kernel uses under a signature; see `worker.Compiler.ttir`."""
        return self._ask({"do": "ttir", "signature": signature, "text": text})

    def ptx(self, signature: dict[str, str], divisible: list[str]) -> dict[str, Any]:
        """Describe the PTX for a signature; see `ptx.describe`."""
        return self._ask({"do": "ptx", "signature": signature, "divisible": divisible})

    def cubin(self, signature: dict[str, str], divisible: list[str]) -> dict[str, Any]:
        """Return the digest of the binary for a signature, and the seconds that it took."""
        return self._ask({"do": "cubin", "signature": signature, "divisible": divisible})

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        if self._given_up is not None:
            return _no_answer(self._given_up, final=True)
        started = time.monotonic()
        try:
            if self._process is None and self._left() > 0:
                self._start()
                # The start does not count as the kernel's time.
                self._deadline += time.monotonic() - started
            if self._holds is not self._loaded:
                answer = self._exchange(self._loaded or {}, self._left())
                if not answer["ok"]:
                    return answer
                self._holds = self._loaded
            return self._exchange(request, self._left())
        except WorkerLost as error:
            self.close()
            self._wasted += time.monotonic() - started
            return _no_answer(str(error), final=self._left() <= 0 or self._given_up is not None)
        finally:
            self._spent += time.monotonic() - started
            if self._wasted > _WASTED:
                self._given_up = "too many other kernels made the compiler hang or crash"
            elif self.left < 0:
                self._given_up = "the time for one run is used up"

    def _left(self) -> float:
        return min(self.timeout, self._deadline - time.monotonic())

    def _start(self) -> None:
        hello = self._hello()
        if not hello["ok"] and self._files:
            # Triton may need files in unusual places.
            self._files = False
            hello = self._hello()
        if not hello["ok"]:
            self._given_up = hello["error"]
            raise WorkerLost(hello["error"])
        self.walls = [(name, problem) for name, problem in hello["walls"]]

    def _hello(self) -> dict[str, Any]:
        """Start the process; return its first message, which it sends when Triton is imported."""
        from tritonlint.verify.workplace import Workplace

        self.close()
        try:
            self._workplace = Workplace()
            self._process = self._started(self._workplace)
        except OSError as error:
            return _no_answer(f"the compiler could not be started: {error.strerror}")
        try:
            return self._exchange({"do": "hello"}, _START)
        except WorkerLost as error:
            return _no_answer(str(error))

    def _started(self, workplace: Workplace) -> subprocess.Popen[bytes]:
        directory = str(workplace.path)
        package = str(Path(tritonlint.__file__).parent)
        user_site = site.getusersitepackages() if site.ENABLE_USER_SITE else ""
        held, self._leash = os.pipe()
        arguments = [package, user_site, directory, str(held), "files" if self._files else ""]
        try:
            return subprocess.Popen(
                # Isolated: Python ignores the environment and the current directory.
                [sys.executable, "-I", "-B", "-c", WORKER, *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=_environment(directory),
                cwd=directory,
                pass_fds=(held, workplace.lock),
                start_new_session=True,
            )
        except OSError:
            os.close(self._leash)
            raise
        finally:
            os.close(held)

    def _exchange(self, request: dict[str, Any], timeout: float) -> dict[str, Any]:
        """Send a request, and wait for the answer to it."""
        deadline = time.monotonic() + timeout
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            raise WorkerLost(f"the compiler took more than {self.timeout:.0f} s")
        unsent = memoryview(json.dumps(request | {"seconds": timeout}).encode() + b"\n")
        received = bytearray()
        os.set_blocking(process.stdin.fileno(), False)
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdin, selectors.EVENT_WRITE)
            selector.register(process.stdout, selectors.EVENT_READ)
            while not received.endswith(b"\n"):
                left = deadline - time.monotonic()
                ready = selector.select(left) if left > 0 else []
                if not ready:
                    raise WorkerLost(f"the compiler took more than {self.timeout:.0f} s")
                for key, _ in ready:
                    if key.fileobj is process.stdout:
                        received += _received(key.fd)
                        continue
                    unsent = unsent[_sent(key.fd, unsent) :]
                    if not unsent:
                        selector.unregister(process.stdin)
                if len(received) > _LONGEST:
                    raise WorkerLost("the compiler gave too long an answer")
        try:
            return checked(bytes(received), str(request["do"]))
        except NonsenseError:
            raise WorkerLost("the compiler crashed, and its answer makes no sense") from None


def _received(descriptor: int) -> bytes:
    data = os.read(descriptor, 1 << 20)
    if not data:
        raise WorkerLost("the compiler crashed or ran out of memory")
    return data


def _sent(descriptor: int, data: memoryview) -> int:
    try:
        return os.write(descriptor, data[: 1 << 16])
    except OSError:
        raise WorkerLost("the compiler crashed or ran out of memory") from None


def _no_answer(error: str, final: bool = False) -> dict[str, Any]:
    """Return the answer for a failure; `final` if the kernel gets no further answers."""
    return {"ok": False, "error": error, "frames": [], "lost": True, "final": final}


def _environment(directory: str) -> dict[str, str]:
    """Return what Triton needs, without anything that a user or a repository may have set."""
    libraries = os.environ.get("LD_LIBRARY_PATH", "").split(os.pathsep)
    return {
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        "HOME": directory,
        "TMPDIR": directory,
        "TRITON_HOME": directory,
        "TRITON_CACHE_DIR": os.path.join(directory, "cache"),
        "TRITON_ALWAYS_COMPILE": "1",
        "TRITON_DEFAULT_FP_FUSION": "1",
        "LD_LIBRARY_PATH": os.pathsep.join(filter(os.path.isabs, libraries)),
    }
