"""Functions and methods that have no effect, by name."""

from __future__ import annotations

from tritonlint.survey.evidence import (
    INTEGER_FUNCTIONS,
    INTEGER_METHODS,
    TENSOR_FACTORIES,
    TENSOR_METHODS,
)

#: These advance the random number generator.
_RANDOM = frozenset({"rand", "randn", "rand_like", "randn_like", "randint", "randperm"})
#: These take elements out of their argument, if it is an iterator.
ITERATE = frozenset(
    {"tuple", "list", "sum", "any", "all", "sorted", "dict", "set", "zip", "enumerate", "prod"}
    | {"min", "max"}
)
#: Calls without an effect.
PURE_FUNCTIONS = (
    INTEGER_FUNCTIONS
    | (TENSOR_FACTORIES - _RANDOM)
    | ITERATE
    | {"reversed", "abs", "round", "float", "bool", "str", "range", "Size", "repr", "type"}
    | {"isinstance", "getattr", "hasattr", "sqrt", "log2", "ceil", "exp", "log", "divmod", "pow"}
)
#: These look up the attribute that they are told to.
LOOK_UP = frozenset({"getattr", "hasattr"})
PURE_METHODS = (INTEGER_METHODS | TENSOR_METHODS | {"get", "is_contiguous", "item", "dim"}) - {
    "zero_",
    "fill_",
    "copy_",
    "requires_grad_",
    # The `gather` of a communicator waits for other processes.
    "gather",
}
#: These change a `torch.nn.Module`, and make another tensor of a tensor.
CHANGE_MODULES = frozenset(
    {"half", "float", "double", "bfloat16", "cuda", "cpu", "to", "type", "requires_grad_"}
)
#: Decorators that keep the result of a call.
CACHING = frozenset({"cache", "lru_cache"})
#: Modules whose functions without an effect are known by name.
KNOWN_MODULES = frozenset({"torch", "math", "triton"})
#: The same, by the name of the module, under whatever name it is imported.
KNOWN_IMPORTS = frozenset({"numpy", "jax.numpy"})
