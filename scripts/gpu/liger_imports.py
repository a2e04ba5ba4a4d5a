"""A pytest plugin: stands in for modules that Liger-Kernel's tests import but never use.

This is for machines on which transformers and similar packages are not installed.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import sys
from types import ModuleType

_NAMES = {"datasets", "peft", "tokenizers", "torchvision", "transformers", "trl"}
_MISSING = {name for name in _NAMES if importlib.util.find_spec(name) is None}


class _Module(ModuleType):
    __version__ = "4.57.0"
    __path__: list[str] = []  # noqa: RUF012

    def __getattr__(self, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)
        # Functions that ask for something, such as `is_torch_npu_available()`, say no.
        return type(name, (), {"__bool__": lambda self: False})


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(
        self, name: str, path: object = None, target: object = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name.partition(".")[0] in _MISSING:
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        return None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        return _Module(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """The module is empty."""


sys.meta_path.append(_Finder())
