"""Runs `python -m tritonlint` many times, in forks of one process that has imported it.

As a script, this file is that process: it reads requests from its input, one JSON object in each
line, and writes answers. tritonlint is imported only there.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import pkgutil
import runpy
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path


class WarmFixer:
    """Runs the command like `judge.project.run_command`, without the cost of starting Python."""

    def __init__(self) -> None:
        command = [sys.executable, __file__]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __call__(self, directory: Path, options: Sequence[str]) -> str:
        assert self.process.stdin
        assert self.process.stdout
        request = {"directory": str(directory), "options": list(options)}
        print(json.dumps(request), file=self.process.stdin, flush=True)
        answer = json.loads(self.process.stdout.readline())
        if answer["status"] in (0, 1):
            return ""
        return f"exit status {answer['status']}: {answer['output']}"

    def close(self) -> None:
        """End the process."""
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait()


def serve() -> None:
    """Answer requests until the input ends."""
    package = importlib.import_module("tritonlint")
    for module in pkgutil.walk_packages(package.__path__, "tritonlint."):
        # A module that is not installed here is not needed for fixing.
        with contextlib.suppress(ImportError):
            importlib.import_module(module.name)
    for line in sys.stdin:
        request = json.loads(line)
        with tempfile.TemporaryFile() as output:
            child = os.fork()
            if child == 0:
                _run(request, output.fileno())
            _, status = os.waitpid(child, 0)
            output.seek(0)
            text = output.read().decode("utf-8", "replace")
        answer = {"status": os.waitstatus_to_exitcode(status), "output": text}
        print(json.dumps(answer), flush=True)


def _run(request: dict[str, object], output: int) -> None:
    status: object = 70
    try:
        nowhere = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nowhere, 0)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.chdir(str(request["directory"]))
        options = request["options"]
        assert isinstance(options, list)
        sys.argv = ["tritonlint", "--no-cache", *options, "."]
        runpy.run_module("tritonlint", run_name="__main__")
        status = 0
    except SystemExit as error:
        status = error.code
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status if isinstance(status, int) else 0 if status is None else 1)


if __name__ == "__main__":
    serve()
