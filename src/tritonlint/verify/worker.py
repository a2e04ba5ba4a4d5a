"""The process that holds Triton: loads extracted functions, compiles them, answers in JSON.

`python -m tritonlint.verify.worker` reads one request a line and writes one answer a line. It is a
process of its own because a compiler can crash or hang, and because nothing else needs Triton.
"""

from __future__ import annotations

import ast
import hashlib
import importlib
import inspect
import json
import linecache
import math
import os
import re
import sys
import tempfile
import time
import types
import warnings
from pathlib import Path
from typing import Any

from tritonlint.verify.extract import chains
from tritonlint.verify.liveness import live_values

_TARGET = ("cuda", 90, 32)


class Refused(Exception):
    """A request that this installation cannot serve."""


class Loader:
    """Turns an extract into live functions."""

    def __init__(self, triton: Any, directory: Path) -> None:
        self.triton = triton
        self.directory = directory
        self._serial = 0
        self.missing: list[str] = []

    def load(self, request: dict[str, Any]) -> Any:
        """The kernel of an extract, ready to be compiled."""
        self.missing = []
        self._serial += 1
        spaces: dict[str, dict[str, Any]] = {}
        for name, source in request["sources"].items():
            path = self.directory / f"{name}_{self._serial}.py"
            path.write_text(source, encoding="utf-8")
            linecache.checkcache(str(path))
            spaces[name] = {
                "__name__": name,
                "__builtins__": __builtins__,
                "triton": self.triton,
                "tl": self.triton.language,
            }
            exec(compile(source, str(path), "exec"), spaces[name])
        functions = {name: _function(space) for name, space in spaces.items()}
        for name, links in request["links"].items():
            tree = ast.parse(request["sources"][name])
            for global_name, link in links.items():
                value = self._value(link, functions, request.get("guess", False))
                if value is None:
                    self.missing.append(global_name)
                    continue
                _check_names(tree, global_name, value)
                spaces[name][global_name] = value
        return functions[request["entry"]]

    def _value(self, link: dict[str, Any], functions: dict[str, Any], guess: bool) -> Any:
        if "function" in link:
            return functions[link["function"]]
        if "module" in link:
            module = types.ModuleType("extracted")
            for attribute, inner in link["module"].items():
                value = self._value(inner, functions, guess)
                if value is not None:
                    setattr(module, attribute, value)
            return module
        if "value" in link:
            return self._constant(evaluate(link["value"], self.triton))
        if "unknown" in link:
            return self._stand_in(link["unknown"], guess)
        found = _import(link["triton"])
        if found is None:
            # Libraries of device functions move between releases and differ between backends.
            found = self._stand_in(link["triton"].rpartition(".")[2], guess)
        return found

    def _constant(self, value: Any) -> Any:
        language = self.triton.language
        if isinstance(value, (language.constexpr, language.dtype)) or callable(value):
            return value
        return language.constexpr(value)

    def _stand_in(self, name: str, guess: bool) -> Any:
        """Triton's own function of that name, or for a constant that the module computes, a guess.

        A flag that says what the machine can do is False here, and True when asked again.
        """
        libdevice = _import("triton.language.extra.libdevice")
        if name in ("libdevice", "tldevice"):
            return libdevice
        for home in (self.triton.language, libdevice):
            found = getattr(home, name, None)
            if found is not None and not name.isupper():
                return found
        return self.triton.language.constexpr(guess) if name.isupper() else None


def evaluate(text: str, triton: Any) -> Any:
    """The value of an expression that `constants` or `signature` made."""
    names = {"tl": triton.language, "math": math, "__builtins__": {}}
    for builtin in (float, int, bool, min, max, len, tuple, abs, round):
        names[builtin.__name__] = builtin
    return eval(text, names)


def _function(space: dict[str, Any]) -> Any:
    return [v for k, v in space.items() if k not in ("__builtins__", "triton", "tl", "__name__")][0]


def _import(dotted: str) -> Any:
    """A module of Triton, or something in one."""
    parts = dotted.split(".")
    for length in range(len(parts), 0, -1):
        try:
            found: Any = importlib.import_module(".".join(parts[:length]))
        except ImportError:
            continue
        for attribute in parts[length:]:
            found = getattr(found, attribute, None)
        return found
    return None


#: Modules of Triton that a kernel may name things of; others can read files and run programs.
_LANGUAGE = ("triton.language", "triton.experimental.gluon.language")


def _check_names(tree: ast.AST, root: str, value: Any) -> None:
    """Refuse a dotted name that leads out of Triton's language, to modules or to functions."""
    for dotted in chains(tree):
        first, *attributes = dotted.split(".")
        if first != root:
            continue
        found = value
        for attribute in attributes:
            found = getattr(found, attribute, None)
            if not _is_language(found):
                raise Refused(f"`{dotted}` is not of Triton's language")
        if isinstance(found, types.ModuleType):
            raise Refused(f"`{dotted}` is a module, used as a value")


def _is_language(value: Any) -> bool:
    if isinstance(value, types.ModuleType):
        home = value.__name__
        return home in ("triton", "extracted") or home.startswith(_LANGUAGE)
    if callable(value):
        home = getattr(value, "__module__", None) or ""
        # Functions of an extract have the names of its own modules.
        return home == "triton" or home.startswith((*_LANGUAGE, "module_"))
    return True


class Compiler:
    """Compiles one loaded kernel for a signature, without a GPU."""

    def __init__(self, triton: Any) -> None:
        from triton.backends.compiler import GPUTarget
        from triton.compiler import ASTSource
        from triton.compiler.compiler import make_backend

        self.triton = triton
        self.source_class: Any = ASTSource
        self.target = GPUTarget(*_TARGET)
        self.backend: Any = make_backend(self.target)
        self.options = self.backend.parse_options({})

    def source(self, kernel: Any, signature: dict[str, str], attrs: Any = None) -> Any:
        """An `ASTSource`; a type that starts with "=" is a constexpr of that value."""
        types_ = {k: "constexpr" if v.startswith("=") else v for k, v in signature.items()}
        values = {
            name: evaluate(spec[1:], self.triton)
            for name, spec in signature.items()
            if spec.startswith("=")
        }
        return self.source_class(kernel, types_, values, attrs)

    def ttir(self, kernel: Any, signature: dict[str, str]) -> dict[str, Any]:
        """What the kernel uses in the front end's TTIR, and after Triton's own TTIR passes."""
        from triton._C.libtriton import ir

        context = ir.context()
        ir.load_dialects(context)
        self.backend.load_dialects(context)
        given = {
            "target": self.target,
            "options": self.options,
            "codegen_fns": self.backend.get_codegen_implementation(self.options),
            "module_map": self.backend.get_module_map(),
            "context": context,
        }
        source = self.source(kernel, signature)
        wanted = inspect.signature(source.make_ir).parameters
        module = source.make_ir(**{name: given[name] for name in wanted})
        names = [n for n, spec in signature.items() for _ in range(_operands(spec))]
        raw = module.str_nodebug()
        stages: dict[str, Any] = {}
        extra = [source.language] if hasattr(source, "language") else []
        self.backend.add_stages(stages, self.options, *extra)
        optimised = stages["ttir"](module, {}).str_nodebug()
        return {
            "ok": True,
            "raw": _used(raw, names),
            "used": _used(optimised, names, observed=True),
            "digest": hashlib.sha256(optimised.encode()).hexdigest(),
            "ttir": optimised,
        }

    def cubin(self, kernel: Any, signature: dict[str, str], divisible: list[str]) -> dict[str, Any]:
        """The whole compile down to a cubin, and the seconds it took."""
        arg_names = list(signature)
        attrs = {(arg_names.index(name),): [["tt.divisibility", 16]] for name in divisible}
        started = time.perf_counter()
        compiled = self.triton.compile(
            self.source(kernel, signature, attrs), target=self.target, options={}
        )
        seconds = time.perf_counter() - started
        binary = compiled.asm["cubin"]
        return {"ok": True, "digest": hashlib.sha256(binary).hexdigest(), "seconds": seconds}


def _operands(spec: str) -> int:
    """How many arguments of the TTIR function one parameter becomes."""
    if spec.startswith("tensordesc"):
        # The descriptor, and its shape and strides.
        return 1 + 2 * (spec.count(",") + 1)
    return 0 if spec.startswith("=") else 1


_FUNCTION = re.compile(r"^  tt\.func public @[^\n]*?\((.*?)\)[^\n]*\{\n(.*?)^  \}", re.S | re.M)
_ARGUMENT = re.compile(r"(%[\w$.-]+): ")


def _used(text: str, names: list[str], observed: bool = False) -> list[str]:
    """The parameters that some operation of the entry function has as operand.

    With `observed` only those whose value reaches an operation that has an effect.
    """
    match = _FUNCTION.search(text)
    if match is None:
        raise Refused("the TTIR has no public function")
    header = match[0].partition("\n")[0]
    values = _ARGUMENT.findall(header)
    if len(values) != len(names):
        raise Refused("the TTIR has another number of arguments than the signature")
    mentioned = live_values(match[2]) if observed else set(re.findall(r"%[\w$.-]+", match[2]))
    used = [name for name, value in zip(names, values, strict=True) if value in mentioned]
    return list(dict.fromkeys(used))


def _failure(error: BaseException) -> dict[str, Any]:
    """Where and why a compile stopped: the lines from the kernel down to the innermost helper."""
    frames = []
    seen: BaseException | None = error
    last = error
    while seen is not None:
        node = getattr(seen, "node", None)
        if node is not None and getattr(seen, "src", None) is not None:
            frames.append(node.lineno)
        last, seen = seen, seen.__cause__
    text = getattr(last, "error_message", None) or str(last) or type(last).__name__
    return {"ok": False, "error": text.strip().splitlines()[-1][:300], "frames": frames}


def main() -> int:
    """Serve requests until the input ends."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    # What kernels print while they compile, and what MLIR says, is not for the reader.
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    os.environ.setdefault("TRITON_DEFAULT_FP_FUSION", "1")
    warnings.simplefilter("ignore")
    sys.setrecursionlimit(4000)
    with tempfile.TemporaryDirectory(prefix="tritonlint-verify-") as directory:
        os.environ["TRITON_CACHE_DIR"] = str(Path(directory) / "cache")
        os.environ["TRITON_ALWAYS_COMPILE"] = "1"
        import triton

        loader, compiler, kernel = Loader(triton, Path(directory)), Compiler(triton), None
        for line in sys.stdin:
            request = json.loads(line)
            try:
                if request["do"] == "load":
                    kernel = loader.load(request)
                    answer: dict[str, Any] = {"ok": True, "missing": loader.missing}
                elif request["do"] == "ttir":
                    answer = compiler.ttir(kernel, request["signature"])
                    if not request.get("text"):
                        del answer["ttir"]
                else:
                    answer = compiler.cubin(kernel, request["signature"], request["divisible"])
            except Exception as error:
                answer = _failure(error)
            print(json.dumps(answer), file=answers, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
