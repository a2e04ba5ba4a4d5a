"""The names that code uses for Triton, and the names that its decorators take."""

from __future__ import annotations

from typing import NamedTuple

#: Names that packages use for Triton's own modules, and never for their own.
LANGUAGE_MODULES = frozenset({"tl", "gl", "ttgl", "libdevice", "tldevice"})

#: Names under which a package may export Triton, or Gluon, as a whole.
TRITON_MODULES = frozenset({"triton", "gluon"})


def is_of_triton(path: str) -> bool:
    """Whether a dotted name is like one of Triton's: `triton.runtime.jit`, `utils.triton.jit`."""
    parts = path.lstrip(".").split(".")
    return len(parts) > 1 and (parts[0] == "triton" or parts[-2] in TRITON_MODULES)


#: Attributes that show something called `triton` to be Triton itself.
_TRITON_API = frozenset(
    {"Config", "autotune", "cdiv", "compile", "compiler", "heuristics", "jit", "knobs", "language"}
    | {"next_power_of_2", "runtime", "testing", "tools", "__version__", "set_allocator"}
)
#: The same for Gluon.
_GLUON_API = frozenset({"aggregate", "amd", "constexpr_function", "jit", "language", "nvidia"})


def is_language(path: str, own: frozenset[str] = frozenset()) -> bool:
    """Whether a dotted name, imported from anywhere, belongs to Triton.

    `own` are names that stand for modules of the project itself.
    """
    name, _, attributes = path.partition(".")
    if name in own:
        return False
    first = attributes.partition(".")[0]
    return (
        name in LANGUAGE_MODULES
        or (name == "triton" and first in _TRITON_API)
        or (name == "gluon" and first in _GLUON_API)
    )


#: Functions that return the kernel that they get (`torch.library.wrap_triton`).
WRAPPERS = frozenset({"wrap_triton", "capture_triton"})

#: Errors that only Triton raises, while it compiles or launches a kernel.
TRITON_ERRORS = frozenset(
    {"TritonError", "OutOfResources", "PTXASError", "AutotunerError", "InterpreterError"}
    | {"CompilationError", "CompileTimeAssertionFailure", "UnsupportedLanguageConstruct"}
)

#: Attributes of a kernel that mean the kernel below an autotuner, or launch it.
INNER_KERNEL = "fn"
#: Attributes of a kernel that mean the function below it.
INNER = frozenset({INNER_KERNEL, "base_fn"})
LAUNCHING_METHODS = frozenset({"run", "warmup"})
#: Keywords of `run` and `warmup` that are neither parameters nor compile options.
RUN_KEYWORDS = frozenset({"grid", "warmup"})
#: Attributes of a kernel that take its arguments.
CALLABLE_ATTRIBUTES = LAUNCHING_METHODS | {INNER_KERNEL, "__getitem__", "__call__"}

#: Attributes of a kernel that say nothing about its parameters.
HARMLESS_ATTRIBUTES = frozenset(
    {"__name__", "__qualname__", "__doc__", "__module__", "device_caches", "cache_key", "hash"}
    | {"src", "raw_src", "module", "noinline", "debug", "used_global_vals"}
)

#: The attribute of an autotuned kernel that holds the chosen configs by key, and the methods of
#: this dictionary that see no key.
CONFIG_CACHE, KEYLESS = "cache", frozenset({"clear", "values"})
#: Attributes of an autotuned kernel that hold its configs.
CONFIG_ATTRIBUTES = frozenset({"best_config", CONFIG_CACHE, "configs", "configs_timings"})
#: Attributes of a config that are no parameters of the kernel.
CONFIG_OPTIONS = frozenset({"num_warps", "num_stages", "num_ctas", "maxnreg", "ir_override"})
#: The attribute of a config that sees all arguments of a launch.
CONFIG_HOOK = "pre_hook"
#: The first arguments of a config, in the order of all releases.
CONFIG_ORDER = ("kwargs", "num_warps", "num_stages")

#: Attributes that only a kernel has, and that show its parameters.
TELLING_ATTRIBUTES = frozenset(
    {"arg_names", "params", "signature", "constexprs", "do_not_specialize", "preload"}
    | {"do_not_specialize_on_alignment", "best_config", "nargs", "binder", "create_binder"}
    | {"cache_hook", "configs", "specialization_data"}
)

#: Attributes of a compiled kernel that launch nothing.
COMPILED_ATTRIBUTES = frozenset(
    {"asm", "hash", "metadata", "n_regs", "n_spills", "name", "shared", "src", "function"}
    | {"n_max_threads", "packed_metadata", "result"}
)


class HookArguments(NamedTuple):
    """How Triton passes the arguments of a launch to a function.

    Attributes:
        position: the positional argument that is the mapping, or None.
        unpacked: whether they come (also) as keyword arguments.
        members: attributes of that argument that are mappings by parameter, if it is not one
            itself.
        configs: the positional argument that holds configs, or None.
    """

    position: int | None = None
    unpacked: bool = False
    members: tuple[str, ...] = ()
    configs: int | None = None


#: Functions that decorators and configs are given, by option (triton/runtime/autotuner.py, jit.py).
HOOKS = {
    "pre_hook": HookArguments(0),
    "post_hook": HookArguments(0),
    "early_config_prune": HookArguments(1, unpacked=True, configs=0),
    "perf_model": HookArguments(unpacked=True),
    "launch_metadata": HookArguments(2),
    "repr": HookArguments(0, members=("signature", "constants")),
}
#: Each value of `@triton.heuristics({...})`.
HEURISTIC = HookArguments(0)

#: Options of `jit` that list the parameters which Triton should not specialize, or only in part.
SPECIALIZATION_LISTS = ("do_not_specialize", "do_not_specialize_on_alignment")
#: Options of Triton's decorators that list parameters by name, with their positional places.
NAME_LISTS: dict[str, dict[str, int | None]] = {
    "jit": dict.fromkeys(SPECIALIZATION_LISTS),
    "autotune": {"key": 1, "reset_to_zero": None, "restore_value": None},
    "heuristics": {"values": 0},
}
#: The positional options of `autotune`, in order, and all of its options.
AUTOTUNE_ORDER = ("configs", "key", "prune_configs_by")
AUTOTUNE_OPTIONS = frozenset(
    {*AUTOTUNE_ORDER, "reset_to_zero", "restore_value", "pre_hook", "post_hook", "warmup", "rep"}
    | {"use_cuda_graph", "do_bench", "cache_results"}
)
#: Those of them that only name tensors.
TENSOR_LISTS = frozenset({"reset_to_zero", "restore_value"})


def _elementwise(*names: str) -> dict[str, frozenset[int | str]]:
    every: frozenset[int | str] = frozenset(range(4))
    return dict.fromkeys(names, every)


#: For each function of the language, the arguments, by position or name, that may be known only at
#: run time. If a function is not here, none of its arguments may be (triton/language/core.py).
RUNTIME_ARGUMENTS: dict[str, frozenset[int | str]] = {
    **_elementwise("minimum", "maximum", "where", "fma", "clamp", "umulhi", "fdiv", "div_rn"),
    **_elementwise("abs", "exp", "exp2", "log", "log2", "sqrt", "rsqrt", "sqrt_rn", "sin", "cos"),
    **_elementwise("floor", "ceil", "erf", "sigmoid", "pow", "min", "max", "range"),
    **_elementwise("device_print", "assume", "to_tensor"),
    "cdiv": frozenset({0, 1, "x", "div"}),
    "load": frozenset({0, 1, 2, "pointer", "mask", "other"}),
    "store": frozenset({0, 1, 2, "pointer", "value", "mask"}),
    **dict.fromkeys(
        ("atomic_add", "atomic_max", "atomic_min", "atomic_and", "atomic_or", "atomic_xchg"),
        frozenset({0, 1, 2, "pointer", "val", "mask"}),
    ),
    "atomic_cas": frozenset({0, 1, 2, "pointer", "cmp", "val"}),
    "full": frozenset({1, "value"}),
    "cast": frozenset({0, "input"}),
    "make_block_ptr": frozenset({0, 1, 2, 3, "base", "shape", "strides", "offsets"}),
    "make_tensor_descriptor": frozenset({0, 1, 2, "base", "shape", "strides"}),
    "advance": frozenset({0, 1, "base", "offsets"}),
    "device_assert": frozenset({0, "cond"}),
    "rand": frozenset({0, 1, "seed", "offset"}),
    "randn": frozenset({0, 1, "seed", "offset"}),
    "randint": frozenset({0, 1, "seed", "offset"}),
    **dict.fromkeys(("multiple_of", "max_contiguous"), frozenset({0, "input"})),
}

#: Functions of the language that only return a value, so that a call can be removed if nothing uses
#: its result (triton/language/core.py, math.py, standard.py). `multiple_of` and similar functions
#: are not here: they annotate the value that they get.
PURE_FUNCTIONS = frozenset(
    {"abs", "arange", "argmax", "argmin", "broadcast", "broadcast_to", "cast", "cat", "cdiv"}
    | {"ceil", "clamp", "constexpr", "cos", "cosh", "cumprod", "cumsum", "div_rn", "dot", "erf"}
    | {"exp", "exp2", "expand_dims", "fdiv", "flip", "floor", "fma", "full", "interleave", "join"}
    | {"load", "log", "log2", "make_block_ptr", "advance", "max", "maximum", "min", "minimum"}
    | {"num_programs", "permute", "pow", "program_id", "ravel", "reshape", "rsqrt", "sigmoid"}
    | {"sin", "softmax", "sort", "split", "sqrt", "sqrt_rn", "sum", "tanh", "trans", "umulhi"}
    | {"view", "where", "xor_sum", "zeros", "zeros_like"}
)
#: The same for methods of the language's values.
PURE_METHODS = frozenset(
    {"broadcast_to", "expand_dims", "max", "min", "permute", "reshape", "split", "sum", "to"}
    | {"trans", "view"}
)
#: Functions that only check or show their arguments.
CHECKS = frozenset({"assume", "static_assert", "device_assert", "static_print", "device_print"})

#: Text that gives something the name `jit` (`def jit`, `x.jit = f`, `use(jit=f)`, `{"jit": f}`,
#: `for name in ["jit"]`, `patch("triton.jit")`, `x.jit, y = f, g`, `for x.jit in y`,
#: `with f() as x.jit`), or any name (`__getattr__`).
JIT_REPLACED = (
    r"""\bdef\s+(?:jit|__getattr__)\b|\bjit\s*(?::[^=\n]*)?=(?!=)|\bjit["']\s*[]),:]"""
    r"""|\bjit\.side_effect\b|\.jit\s*(?:[],):]|in\b)"""
)
