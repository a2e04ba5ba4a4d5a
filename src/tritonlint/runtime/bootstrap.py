"""Waits for a process to import Triton; until then, tracing costs almost nothing.

It only uses the standard library, and as little of it as possible: importing `__future__` alone
would be a tenth of its cost.
"""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any

RECORDER = "tritonlint.runtime.recorder"


def from_environment() -> None:
    """Record into the directory that TRITONLINT_TRACE names, once Triton is imported."""
    directory = os.environ.get("TRITONLINT_TRACE")
    if not directory or any(isinstance(finder, _Finder) for finder in sys.meta_path):
        return
    # Child processes may run in another directory, and belong to the same run.
    os.environ["TRITONLINT_TRACE"] = directory = os.path.abspath(directory)
    if "TRITONLINT_TRACE_RUN" not in os.environ:
        import time

        os.environ["TRITONLINT_TRACE_RUN"] = f"{time.time_ns():x}"
    when_triton_is_imported(lambda: recorder().start(directory))


def recorder() -> "Any":
    """Import the recorder, even if tritonlint itself is not installed."""
    if sys.version_info < (3, 9):  # noqa: UP036 - it runs in environments of other programs
        raise RuntimeError("Python 3.9 or newer is needed")
    if RECORDER not in sys.modules:
        from importlib.util import module_from_spec, spec_from_file_location

        path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "recorder")
        spec = spec_from_file_location(
            RECORDER, os.path.join(path, "__init__.py"), submodule_search_locations=[path]
        )
        assert spec is not None
        assert spec.loader is not None
        module = sys.modules[RECORDER] = module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules[RECORDER]


def when_triton_is_imported(action: "Callable[[], None]") -> None:
    """Call a function as soon as Triton can be used: now, or at the end of its import."""
    if hasattr(sys.modules.get("triton.runtime"), "JITFunction"):
        action()
    else:
        sys.meta_path.insert(0, _Finder(action))


class _Finder:
    """Finds Triton like other finders, but with a loader that calls back."""

    def __init__(self, action: "Callable[[], None]") -> None:
        self.action = action

    def find_spec(self, name: str, path: "Any" = None, target: "Any" = None) -> "Any":
        """Return the spec of `triton`; None for other modules."""
        if name != "triton":
            return None
        for finder in sys.meta_path:
            # Code that only asks whether Triton exists comes here too.
            if isinstance(finder, _Finder) or not hasattr(finder, "find_spec"):
                continue
            spec: Any = finder.find_spec(name, path, target)
            if spec is not None:
                if spec.loader is not None:
                    spec.loader = _Loader(spec.loader)
                return spec
        return None


class _Loader:
    """A loader that acts when its module is loaded, and then removes itself."""

    def __init__(self, loader: "Any") -> None:
        self._loader = loader

    def __getattr__(self, name: str) -> "Any":
        return getattr(self._loader, name)

    def create_module(self, spec: "Any") -> "Any":
        """Do what the real loader does."""
        return self._loader.create_module(spec)

    def exec_module(self, module: "ModuleType") -> None:
        """Load Triton, then call the waiting function."""
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        waiting = [finder for finder in sys.meta_path if isinstance(finder, _Finder)]
        for finder in waiting:
            sys.meta_path.remove(finder)
            try:
                finder.action()
            except Exception as error:
                print(f"tritonlint: this process is not traced: {error}", file=sys.stderr)
