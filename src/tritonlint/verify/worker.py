"""The process that imports Triton: it loads extracted functions, compiles them, answers in JSON.

`main` reads one request a line and writes one answer a line. It is a separate process because a
compiler can crash or hang, and because nothing else needs Triton.
"""

from __future__ import annotations

import hashlib
import importlib
import inspect
import json
import os
import re
import sys
import time
import types
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tritonlint.verify.frontend import NOT_ALLOWED, Watch
from tritonlint.verify.guard import NotAllowedError
from tritonlint.verify.language import Language
from tritonlint.verify.liveness import live_values
from tritonlint.verify.loader import Loader
from tritonlint.verify.ptx import describe
from tritonlint.verify.walls import MEMORY, Wall, limit_processor_time

_TARGET = ("cuda", 90, 32)


class Compiler:
    """Compiles one loaded kernel for a signature, without a GPU."""

    def __init__(self, language: Language) -> None:
        compiler = importlib.import_module("triton.compiler.compiler")
        backends = importlib.import_module("triton.backends.compiler")
        self.language = language
        self.ir = importlib.import_module("triton._C.libtriton").ir
        self.source_class = compiler.ASTSource
        self.target = backends.GPUTarget(*_TARGET)
        self.backend = compiler.make_backend(self.target)
        self.options = self.backend.parse_options({})
        # The target says what the machine can do, with or without a GPU.
        driver = importlib.import_module("triton.runtime.driver").driver
        driver.set_active(types.SimpleNamespace(get_current_target=lambda: self.target))

    def source(self, kernel: Any, signature: dict[str, str], attrs: Any = None) -> Any:
        """Return an `ASTSource`; a type that starts with "=" is a constexpr of that value."""
        types_ = {k: "constexpr" if v.startswith("=") else _type(v) for k, v in signature.items()}
        values = {
            name: self.language.value(spec[1:])
            for name, spec in signature.items()
            if spec.startswith("=")
        }
        return self.source_class(kernel, types_, values, attrs)

    def ttir(self, kernel: Any, signature: dict[str, str]) -> dict[str, Any]:
        """Return what the kernel uses in the front end's TTIR, and after Triton's TTIR passes."""
        names = [n for n, spec in signature.items() for _ in range(_operands(spec))]
        module, stages = self._front(self.source(kernel, signature))
        raw = _text(module)
        optimized = _text(stages["ttir"](module, {}))
        return {
            "ok": True,
            "raw": _used(raw, names),
            "used": _used(optimized, names, observed=True),
            "digest": hashlib.sha256(_canonical(optimized).encode()).hexdigest(),
            "ttir": optimized,
        }

    def _front(self, source: Any) -> tuple[Any, dict[str, Any]]:
        """Return the front end's module, and the stages that come after it."""
        context = self.ir.context()
        self.ir.load_dialects(context)
        self.backend.load_dialects(context)
        given = {
            "target": self.target,
            "options": self.options,
            "codegen_fns": self.backend.get_codegen_implementation(self.options),
            "module_map": self.backend.get_module_map(),
            "context": context,
        }
        wanted = inspect.signature(source.make_ir).parameters
        module = source.make_ir(**{name: given[name] for name in wanted})
        stages: dict[str, Any] = {}
        extra = [source.language] if hasattr(source, "language") else []
        self.backend.add_stages(stages, self.options, *extra)
        return module, stages

    def ptx(self, kernel: Any, signature: dict[str, str], divisible: list[str]) -> dict[str, Any]:
        """Return what the kernel's PTX does; see `ptx.describe`."""
        names = [n for n, spec in signature.items() for _ in range(_operands(spec))]
        attributes = _divisibility(signature, divisible)
        module, stages = self._front(self.source(kernel, signature, attributes))
        metadata: dict[str, Any] = {}
        for stage in ("ttir", "ttgir", "llir", "ptx"):
            module = stages[stage](module, metadata)
        return {"ok": True, **describe(module, names)}

    def cubin(self, kernel: Any, signature: dict[str, str], divisible: list[str]) -> dict[str, Any]:
        """Return the digest of a full compile to a cubin, and the seconds that it took."""
        attrs = _divisibility(signature, divisible)
        started = time.perf_counter()
        compiled = self.language.triton.compile(
            self.source(kernel, signature, attrs), target=self.target, options={}
        )
        seconds = time.perf_counter() - started
        binary = compiled.asm["cubin"]
        return {"ok": True, "digest": hashlib.sha256(binary).hexdigest(), "seconds": seconds}


def _divisibility(signature: dict[str, str], names: list[str]) -> dict[tuple[int], Any]:
    """Return the form in which `ASTSource` marks these arguments as divisible by 16."""
    order = list(signature)
    return {(order.index(name),): [["tt.divisibility", 16]] for name in names}


_SCALAR = r"(?:[iu](?:1|8|16|32|64)|fp(?:16|32|64)|bf16|B|fp8e(?:4nv|4b8|5|5b16|4b15))"
_TYPE = re.compile(rf"\*?k?{_SCALAR}|tensordesc<{_SCALAR}\[\d{{1,6}}(?:, ?\d{{1,6}}){{0,4}}\]>")


def _type(text: str) -> str:
    """Return a type that Triton can read; it would evaluate the layout of a descriptor."""
    if _TYPE.fullmatch(text) is None:
        raise NotAllowedError(f"`{text[:40]}` is not a parameter type")
    return text


_LOCATION = re.compile(r" ?loc\((?:[^()]|\([^()]*\))*\)|^#loc.*\n", re.MULTILINE)


def _text(module: Any) -> str:
    """Return a module as MLIR prints it, without locations."""
    if hasattr(module, "str_nodebug"):
        return str(module.str_nodebug())
    return _LOCATION.sub("", str(module))


_CONSTANT = re.compile(r"^\s*(%[\w$.-]+) = (arith\.constant .*)\n", re.MULTILINE)
_VALUE = re.compile(r"%[\w$.-]+")


def _canonical(text: str) -> str:
    """Return TTIR with constants in place of their names, since their order means nothing.

    MLIR keeps the first of two equal constants, even if the code that used it is gone.
    """
    return "".join(map(_with_constants, re.split(r"(?=^\s*tt\.func )", text, flags=re.MULTILINE)))


def _with_constants(function: str) -> str:
    constants = dict(_CONSTANT.findall(function))
    return _VALUE.sub(lambda m: constants.get(m[0], m[0]), _CONSTANT.sub("", function))


def _operands(spec: str) -> int:
    """Return how many arguments of the TTIR function one parameter becomes."""
    if spec.startswith("tensordesc"):
        # The descriptor, its shape and its strides.
        return 1 + 2 * (spec.count(",") + 1)
    return 0 if spec.startswith("=") else 1


_FUNCTION = re.compile(r"^  tt\.func public @[^\n]*?\((.*?)\)[^\n]*\{\n(.*?)^  \}", re.S | re.M)
_ARGUMENT = re.compile(r"(%[\w$.-]+): ")


def _used(text: str, names: list[str], observed: bool = False) -> list[str]:
    """Return the parameters that some operation of the entry function uses.

    With `observed`, only those whose value reaches an operation with an effect.
    """
    match = _FUNCTION.search(text)
    if match is None:
        raise ValueError("the TTIR has no public function")
    header = match[0].partition("\n")[0]
    values = _ARGUMENT.findall(header)
    if len(values) != len(names):
        raise ValueError("the TTIR has another number of arguments than the signature")
    mentioned = live_values(match[2]) if observed else set(re.findall(r"%[\w$.-]+", match[2]))
    used = [name for name, value in zip(names, values, strict=True) if value in mentioned]
    return list(dict.fromkeys(used))


def _failure(error: BaseException) -> dict[str, Any]:
    """Return where and why a compile stopped: lines from the kernel to the innermost helper."""
    frames = []
    seen: BaseException | None = error
    last = error
    while seen is not None:
        node = getattr(seen, "node", None)
        if node is not None and getattr(seen, "src", None) is not None:
            frames.append(node.lineno)
        last, seen = seen, seen.__cause__
    text = getattr(last, "error_message", None) or str(last) or type(last).__name__
    lines = text.strip().splitlines() or [type(last).__name__]
    # The assembler's error ends with the command that started it.
    text = lines[0] if "Repro command" in lines[-1] else lines[-1]
    if isinstance(last, MemoryError) or text == repr(MemoryError()):
        text = f"the compiler would take more than {MEMORY >> 30} GiB of memory"
    refused = isinstance(last, NotAllowedError) or text.endswith(NOT_ALLOWED)
    return {"ok": False, "error": text[:300], "frames": frames, "refused": refused}


class Worker:
    """Answers requests about the kernel that was loaded last."""

    def __init__(self, directory: Path) -> None:
        triton = importlib.import_module("triton")
        language = Language(triton)
        generator = importlib.import_module("triton.compiler.code_generator")
        Watch(language, generator.CodeGenerator)
        self.loader, self.compiler, self.kernel = (
            Loader(language, directory),
            Compiler(language),
            None,
        )

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Carry out a request."""
        match request["do"]:
            case "load":
                self.kernel = self.loader.load(request)
                return {"ok": True}
            case "ttir":
                answer = self.compiler.ttir(self.kernel, request["signature"])
                if not request["text"]:
                    del answer["ttir"]
                return answer
            case "ptx":
                return self.compiler.ptx(self.kernel, request["signature"], request["divisible"])
        return self.compiler.cubin(self.kernel, request["signature"], request["divisible"])


def main(directory: Path, walls: Iterable[Wall]) -> int:
    """Serve requests until the input ends; files go below `directory`."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    # Output of kernels and messages of MLIR must not get into the answers.
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    warnings.simplefilter("ignore")
    sys.setrecursionlimit(4000)
    answer: dict[str, Any] = {"ok": True, "walls": [list(wall) for wall in walls]}
    worker: Worker | None = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if worker is None:
                worker = _imported(directory)
            else:
                limit_processor_time(request["seconds"])
                answer = worker.answer(request)
        except Exception as error:
            answer = _failure(error)
        print(json.dumps(answer), file=answers, flush=True)
    return 0


def _imported(directory: Path) -> Worker:
    try:
        return Worker(directory)
    except Exception as error:
        raise ImportError(f"Triton cannot be imported by `python -I`: {error}") from None
