"""Starts tracing in a Python process, then runs the `sitecustomize` that it hides.

`tritonlint trace` puts this directory first on PYTHONPATH, so that Python imports this file at
start. It has to work in environments without tritonlint, and runs in every process. So it imports
nothing that Python has not loaded anyway.
"""

import os
import sys


def _load(name: str, path: str) -> None:
    # The real dotted name, so that a normal import gets this same module. The types are those of
    # this module, because importing importlib takes longer than all the rest.
    assert __spec__ is not None
    loader = type(__spec__.loader)(name, path)  # type: ignore[call-arg, misc]
    module = type(sys)(name)
    module.__spec__ = type(__spec__)(name, loader, origin=path)
    module.__file__, module.__loader__, module.__package__ = path, loader, name.rpartition(".")[0]
    sys.modules[name] = module
    loader.exec_module(module)


def _run_hidden(here: str) -> None:
    """Import the next `sitecustomize` on the path, as if this one did not exist."""
    own = sys.modules.pop(__name__, None)
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or ".") != here]
    try:
        __import__(__name__)
    except ImportError as error:
        if error.name != __name__:
            raise
    finally:
        # The import system needs the module that it is executing back.
        if own is not None:
            sys.modules.setdefault(__name__, own)


_here = os.path.dirname(os.path.abspath(__file__))
try:
    if os.environ.get("TRITONLINT_TRACE"):
        _name = "tritonlint.runtime.bootstrap"
        if _name not in sys.modules:
            _load(_name, os.path.join(os.path.dirname(_here), "bootstrap.py"))
        sys.modules[_name].from_environment()
except Exception as _error:
    print(f"tritonlint: this process is not traced: {_error}", file=sys.stderr)
_run_hidden(_here)
