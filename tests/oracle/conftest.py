"""The installed Triton as the judge: what each release does with an argument."""

from __future__ import annotations

import inspect
import itertools
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tritonlint.triton.key import KeyClass
from tritonlint.triton.versions import parse_version

# The tests share modules (`programs`, `differential`), and scripts/fuzz_oracle.py uses them too.
sys.path.insert(0, str(Path(__file__).parent))

Key = Callable[[Any], KeyClass]


@pytest.fixture(scope="session")
def release(record_testsuite_property: Callable[[str, object], None]) -> Release:
    triton = pytest.importorskip("triton", reason="the judge is Triton, which is not installed")
    found = Release(triton)
    record_testsuite_property("triton", triton.__version__)
    record_testsuite_property("way", found.way)
    return found


class Release:
    """One release of Triton, whose code is called as its own `JITFunction.run` calls it."""

    def __init__(self, triton: Any) -> None:
        from triton.runtime import jit

        self.version = parse_version(triton.__version__)
        self.jit = jit
        torch = types.SimpleNamespace(Tensor=type("Tensor", (), {}))
        self.names = {"tl": triton.language, "torch": torch}
        self.backends: dict[str, Any] = {}
        if self.version >= (3, 0):
            from triton.backends import backends
            from triton.backends.compiler import GPUTarget

            self.backends["cuda"] = backends["nvidia"].compiler(GPUTarget("cuda", 90, 32))
            self.backends["hip"] = backends["amd"].compiler(GPUTarget("hip", "gfx942", 64))
        # (do_not_specialize, do_not_specialize_on_alignment)
        every = itertools.product((False, True), (False, True))
        self.flags = [flags for flags in every if self.version >= (3, 2) or not flags[1]]

    @property
    def way(self) -> str:
        """How the tests drive this release, for the report."""
        if self.version >= (3, 6):
            return "native specializer and binder"
        if self.version >= (3, 3):
            return "Python specializer and binder"
        return "Python binder" if self.version >= (3, 0) else "Python key functions, classes only"

    def specializer(self, no_value: bool, no_align: bool, backend: str) -> Key:
        """The answer for one argument, without a signature: 3.3 and newer."""
        target, flags = self.backends[backend], (False, not no_value, not no_align)
        if self.version >= (3, 6):
            return lambda value: KeyClass(*self.jit.native_specialize_impl(target, value, *flags))
        extra = target.get_arg_specialization
        if self.version >= (3, 4):
            specialize = self.jit.create_specialize_impl(extra)
            return lambda value: KeyClass(*specialize(value, *flags))
        specialize = self.jit.create_specialize_impl()
        return lambda value: KeyClass(*specialize(value, extra, *flags))

    def binder(self, annotation: str, no_value: bool, no_align: bool, backend: str) -> Key:
        """What the key contains for a parameter `x`; the annotation is source text."""
        parameter = inspect.Parameter("x", inspect.Parameter.POSITIONAL_OR_KEYWORD)
        if annotation:
            try:
                evaluated = eval(annotation, self.names)
            except AttributeError:
                pytest.skip(f"Triton {self.version} has no {annotation}")
            parameter = parameter.replace(annotation=evaluated)
        if self.version < (2, 2):
            return self._key_of_2_1(parameter.annotation, no_value)
        flags = (no_value, no_align) if self.version >= (3, 2) else (no_value,)
        param = self.jit.KernelParam(0, parameter, *flags)
        if self.version < (3, 0):
            return lambda value: self._key_of_2_2(param, value)
        targets = (self.backends[backend],) if self.version >= (3, 2) else ()
        signature = inspect.Signature([parameter])
        bind = self.jit.create_function_from_signature(signature, [param], *targets)
        return lambda value: self._bound(bind(value))

    def _bound(self, result: tuple[Any, ...]) -> KeyClass:
        if self.version >= (3, 3):
            return KeyClass(*result[1][0])
        _, parts, constexprs, *_ = result
        if constexprs:
            return KeyClass("constexpr", constexprs[0])
        return KeyClass(parts[0], parts[1] if len(parts) > 1 else None)

    def _key_of_2_2(self, param: Any, value: Any) -> KeyClass:
        argument = self.jit.KernelArg(value, param)
        token = None if param.do_not_specialize else argument.specialization_key()
        return KeyClass(argument.signature_key(), token)

    def _key_of_2_1(self, annotation: Any, no_value: bool) -> Key:
        def kernel(x):  # type: ignore[no-untyped-def]
            pass

        if annotation is not inspect.Parameter.empty:
            kernel.__annotations__["x"] = annotation
        function = self.jit.JITFunction(kernel)
        code = "None" if no_value else function._get_arg_specialization_key("x")
        return lambda value: KeyClass(function._key_of(value), eval(code, {"x": value}))

    def launches(
        self, patch: pytest.MonkeyPatch, fn: Any, *keywords: dict[str, Any]
    ) -> list[tuple[str, int]]:
        """The key and the parsed `num_warps` of launches of `fn` that stop before the compiler."""
        from triton import knobs
        from triton.runtime.driver import driver

        seen: list[tuple[str, int]] = []

        def hook(**call: Any) -> bool:
            seen.append((call["key"], call["compile"]["num_warps"]))
            return True

        device = types.SimpleNamespace(
            get_current_target=lambda: self.backends["cuda"].target,
            get_current_device=lambda: 0,
            get_current_stream=lambda _: 0,
        )
        patch.setattr(knobs.runtime, "jit_cache_hook", hook)
        previous = driver._active
        driver.set_active(device)
        try:
            kernel = self.jit.JITFunction(fn)
            for options in keywords:
                kernel.run(grid=(1,), warmup=True, **options)
        finally:
            driver._active = previous
        return seen
