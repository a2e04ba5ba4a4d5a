"""Puts a recording stub below the real Triton.

Triton's own code binds, specializes and keys each launch, and compiles it to TTIR. The stub records
the launch at the point at which the GPU would run it.
"""

from __future__ import annotations

import sys
import threading
import types
from pathlib import Path
from typing import Any

from judge import ttir
from judge.record import Kernel, Launch, Parameter, Record, Tuner
from judge.stub import StubDriver, bench
from judge.values import Describer, without_addresses


class Recorder:
    """Patches Triton in this process for good; created once, in a process that is forked later."""

    def __init__(self) -> None:
        import torch
        import triton
        from triton.runtime import autotuner, jit
        from triton.runtime.driver import driver

        self.record = Record()
        self.root = Path()
        self.current: Launch | None = None
        self.tuning = 0
        self.lock = threading.RLock()
        self.describe = Describer(torch, jit.JITFunction)
        driver.set_active(StubDriver(torch))
        _replace_everywhere("compile", triton.compiler.compile, self._compile)
        for name in ("do_bench", "do_bench_cudagraph"):
            _replace_everywhere(name, getattr(triton.testing, name), bench)
        self._patch_kernels(jit.JITFunction)
        self._patch_tuners(autotuner.Autotuner, autotuner.Heuristics)

    # -- what is patched ---------------------------------------------------------------------

    def _patch_kernels(self, kernel_type: Any) -> None:
        make, run, create_binder = (
            kernel_type.__init__,
            kernel_type.run,
            kernel_type.create_binder,
        )

        def recorded_init(kernel: Any, *args: Any, **options: Any) -> None:
            make(kernel, *args, **options)
            if kernel.fn.__module__.partition(".")[0] != "triton":
                kernel.judged_as = len(self.record.kernels)
                self.record.kernels.append(self._kernel(kernel))
            # All helpers are inlined, so that a helper that lost an argument can be compared.
            kernel.noinline = False

        def recorded_run(kernel: Any, *args: Any, grid: Any, warmup: Any, **options: Any) -> Any:
            # One launch at a time: threads share what is recorded.
            with self.lock:
                launch = self._launch(kernel, bool(warmup))
                self.record.launches.append(launch)
                outer, self.current = self.current, launch
                try:
                    compiled = run(kernel, *args, grid=grid, warmup=warmup, **options)
                    launch.code = getattr(compiled, "code", None)
                    return compiled
                except Exception as error:
                    launch.error = self._error(error)[:2]
                    raise
                finally:
                    self.current = outer

        def recorded_create_binder(kernel: Any) -> Any:
            *rest, bind = create_binder(kernel)

            def recorded_bind(*args: Any, **options: Any) -> Any:
                bound, specialization, *others = bind(*args, **options)
                launch = self.current
                if launch is not None:
                    self.describe.called = self._names()
                    launch.bound = [(name, self.describe(value)) for name, value in bound.items()]
                    keys = map(self.describe, specialization)
                    launch.specialization = list(zip(bound, keys, strict=False))
                    unbound = {k: v for k, v in options.items() if k not in bound}
                    launch.options = self.describe(unbound)
                return bound, specialization, *others

            return (*rest, recorded_bind)

        from triton.compiler.code_generator import CodeGenerator

        call = CodeGenerator.call_JitFunction

        def recorded_call(generator: Any, kernel: Any, *args: Any, **options: Any) -> Any:
            self.record.compiled.add(_number(kernel))
            return call(generator, kernel, *args, **options)

        CodeGenerator.call_JitFunction = recorded_call
        kernel_type.__init__ = recorded_init
        kernel_type.run = recorded_run
        kernel_type.create_binder = recorded_create_binder

    def _patch_tuners(self, autotuner: Any, heuristics: Any) -> None:
        make, try_config, decorate = autotuner.__init__, autotuner._bench, heuristics.__init__

        def recorded_init(tuner: Any, *args: Any, **options: Any) -> None:
            make(tuner, *args, **options)
            self.record.tuners.append(self._tuner(tuner))

        def recorded_bench(tuner: Any, *args: Any, **options: Any) -> Any:
            self.tuning += 1
            try:
                return try_config(tuner, *args, **options)
            finally:
                self.tuning -= 1

        def recorded_decorate(tuner: Any, *args: Any, **options: Any) -> None:
            decorate(tuner, *args, **options)
            names = [str(name) for name in tuner.values]
            self.record.tuners.append(Tuner(_name(tuner), _number(tuner), [], [], [], [], names))

        autotuner.__init__ = recorded_init
        autotuner._bench = recorded_bench
        heuristics.__init__ = recorded_decorate

    def _compile(self, source: Any, target: Any = None, options: Any = None, **_: Any) -> Compiled:
        """Replaces `triton.compile`: runs the front end and the TTIR passes, and no more."""
        code, text, parsed = ttir.compile_source(source, target or StubDriver.target, options or {})
        self.record.compiled.add(_number(source.fn))
        if self.current is None:
            alone = self._launch(source.fn, True)
            alone.code = code
            alone.bound = [(name, self.describe(kind)) for name, kind in source.signature.items()]
            self.record.launches.append(alone)
        return Compiled(self, source, parsed, code, text)

    # -- what is recorded --------------------------------------------------------------------

    def _launch(self, kernel: Any, warmup: bool) -> Launch:
        return Launch(_name(kernel), _number(kernel), self._place(), warmup, self.tuning > 0)

    def _kernel(self, kernel: Any) -> Kernel:
        parameters = [
            Parameter(
                parameter.name,
                str(parameter.annotation),
                bool(parameter.is_constexpr),
                self.describe(parameter.default) if parameter.has_default else None,
                bool(parameter.do_not_specialize),
                bool(parameter.do_not_specialize_on_alignment),
            )
            for parameter in kernel.params
        ]
        options = {
            "noinline": kernel.noinline,
            "debug": kernel.debug,
            "version": kernel.version,
            "repr": kernel._repr is not None,
            "launch_metadata": kernel.launch_metadata is not None,
        }
        return Kernel(_name(kernel), self._place(), parameters, self.describe(options))

    def _tuner(self, tuner: Any) -> Tuner:
        configs = [
            [
                *((str(name), self.describe(value)) for name, value in config.all_kwargs().items()),
                ("pre_hook", self.describe(config.pre_hook is not None)),
            ]
            for config in tuner.configs
        ]
        reset, restore = map(str, tuner.reset_to_zero), map(str, tuner.restore_value)
        key = [str(name) for name in tuner.keys or ()]
        name, number = _name(tuner), _number(tuner)
        return Tuner(name, number, key, list(reset), list(restore), configs, [])

    def _place(self) -> str:
        """The innermost line of the project's own code that is running."""
        frame = sys._getframe(1)
        while frame is not None:
            relative = self._relative(frame.f_code.co_filename)
            if relative is not None:
                return f"{relative}:{frame.f_lineno}"
            frame = frame.f_back  # type: ignore[assignment]
        return "?"

    def _names(self) -> dict[int, set[str]]:
        """The names that the launching code of the project has for each of its tensors."""
        found: dict[int, set[str]] = {}
        frame = sys._getframe(1)
        while frame is not None:
            if self._relative(frame.f_code.co_filename) is not None:
                for name, value in [*frame.f_globals.items(), *frame.f_locals.items()]:
                    if self.describe.is_tensor(value):
                        found.setdefault(id(value), set()).add(name)
            frame = frame.f_back  # type: ignore[assignment]
        return found

    def _relative(self, file: str) -> str | None:
        try:
            return Path(file).relative_to(self.root).as_posix()
        except ValueError:
            return None

    def _error(self, error: BaseException) -> tuple[str, str, str]:
        place, file, name = "?", "", ""
        traceback = error.__traceback__
        while traceback is not None:
            relative = self._relative(traceback.tb_frame.f_code.co_filename)
            if relative is not None:
                place = f"{relative}:{traceback.tb_lineno}"
            file, name = traceback.tb_frame.f_code.co_filename, traceback.tb_frame.f_code.co_name
            traceback = traceback.tb_next
        text = without_addresses(str(error)).replace(str(self.root), "")
        if Path(file).parent == Path(__file__).parent and not name.startswith("recorded_"):
            self.record.internal = f"{type(error).__name__}: {error}"
        return type(error).__name__, " ".join(text.split()), place

    # -- one run -----------------------------------------------------------------------------

    def run(self, root: Path, script: Path) -> Record:
        """Run a script like `python script`, in this process, which cannot be used after it."""
        self.root = root
        self.record = Record()
        main = types.ModuleType("__main__")
        main.__file__ = str(script)
        main.__builtins__ = __builtins__  # type: ignore[attr-defined]
        sys.modules["__main__"] = main
        threading.excepthook = lambda args: self.record.errors.append(self._error(args.exc_value))
        try:
            code = compile(script.read_bytes(), str(script), "exec", dont_inherit=True)
            exec(code, main.__dict__)
        except SystemExit as error:
            if error.code not in (None, 0):
                self.record.errors.append(("SystemExit", repr(error.code), self._error(error)[2]))
        except BaseException as error:
            self.record.errors.append(self._error(error))
        return self.record


class Compiled:
    """Replaces Triton's `CompiledKernel`, and records the arguments of its launches."""

    def __init__(
        self, recorder: Recorder, source: Any, options: Any, code: ttir.Ttir, text: str
    ) -> None:
        self.recorder, self.src, self.code = recorder, source, code
        self.name = code.name
        self.hash = ""
        self.function = self.packed_metadata = None
        self.metadata = types.SimpleNamespace(name=self.name, shared=0, **options.__dict__)
        self.asm = {"ttir": text}

    def launch_metadata(self, grid: Any, stream: Any, *args: Any) -> None:
        """Call `launch_metadata=`, as Triton does under a profiler."""
        launch = self.recorder.current
        function = getattr(self.src.fn, "launch_metadata", None)
        if launch is None or function is None:
            return
        arguments = dict(zip(self.src.fn.arg_names, args, strict=False))
        try:
            launch.metadata = self.recorder.describe(function(grid, self.metadata, arguments))
        except Exception as error:
            launch.metadata = ("raises", self.recorder._error(error)[:2])

    def run(self, x: Any, y: Any, z: Any, *rest: Any) -> None:
        """The launch itself: after the grid come the stream, function, metadata and two hooks."""
        launch = self.recorder.current
        if launch is not None:
            launch.grid = self.recorder.describe((x, y, z))
            launch.arguments = [self.recorder.describe(value) for value in rest[6:]]

    def __getitem__(self, grid: Any) -> Any:
        return lambda *args, **_: self.run(*grid, None, None, None, None, None, *args)


def _name(kernel: Any) -> str:
    while not isinstance(kernel, types.FunctionType):
        kernel = kernel.fn
    return f"{kernel.__module__}.{kernel.__qualname__}"


def _number(kernel: Any) -> int:
    while not hasattr(kernel, "judged_as") and hasattr(kernel, "fn"):
        kernel = kernel.fn
    return getattr(kernel, "judged_as", -1)


def _replace_everywhere(name: str, old: Any, new: Any) -> None:
    """Put the stand-in for a function into every module of Triton that imported it."""
    for module_name, module in list(sys.modules.items()):
        known = module_name.partition(".")[0] == "triton" and getattr(module, name, None) is old
        if known:
            setattr(module, name, new)
