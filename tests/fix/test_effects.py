"""Arguments whose value is not needed, but whose evaluation may have an effect."""

from __future__ import annotations

import pytest

MODULE = """import random
import torch
import triton
import triton.language as tl


@triton.jit
def kernel(x[-, n-]):
    tl.store(x, 0)


FREE = torch, random


def launch(x, y, xs, config, stream, queue, free, n, a, b):
    kernel[(1,)](x[-, {}-])
"""

#: Arguments that do something, so that a person has to look at their removal.
EFFECTS = [
    # Later random numbers change.
    "torch.randint(0, 9, (1,)).item()",
    "torch.rand(1).item()",
    "torch.randn_like(x)",
    "torch.randperm(n)[0]",
    "torch.bernoulli(x)",
    "random.randint(0, 9)",
    # Something is taken out.
    "queue.get()",
    "free.get()",
    "free.slots.get()",
    "free.get(timeout=1)",
    "queue.get(True)",
    "queue.get(True, 5)",
    "free.pop()",
    "next(stream)",
    # Something is written to.
    "torch.cumsum(x, 0, out=y)",
    "torch.empty(n, out=y)",
    "torch.add(x, 1, out=y).numel()",
    "x.add_(1)",
    "x.copy_(y).numel()",
    "[part.add_(1) for part in xs]",
    # An iterator is used up.
    "len(list(stream))",
    "len(tuple(stream))",
    "sum(1 for _ in stream)",
    "len([*stream])",
    "max(1, *stream)",
    "len(list(free.stream))",
    # All wait for each other.
    "free.gather(x)[0]",
    "math.prod(stream)",
    "sum(stream or ())",
    "max(stream if stream else [0])",
    'sum(free["a"])',
    "sum(free[0])",
    "sum([v for v in stream or ()])",
    "math.prod(stream or (1,))",
    "len([*(stream or ())])",
    "(n in stream) + 1",
    "(n not in free.stream) + 1",
    "(0 < n in stream) + 1",
    "sum(free.get('rows'))",
    "len(torch.Size(stream))",
    "sum([a for a, b in [stream]])",
    # It may call a property, whose name is not seen, or make a class.
    "getattr(config, a)",
    "hasattr(config, a)",
    'type("Rows", (), {}).n',
    # It may do anything.
    "count(x)",
    "free.acquire().size",
]

#: Arguments that only look something up or compute something.
HARMLESS = [
    "7",
    "-n",
    "n * 2 + 1",
    "n if a else b",
    "config.size",
    'config["k"]',
    'config.get("k")',
    'config.get("k", 1)',
    "x.shape[0]",
    "x.shape[0] * x.shape[1]",
    "x.stride(0)",
    "x.size(0)",
    "x.numel()",
    "x.dim()",
    "x.element_size()",
    "x.is_contiguous()",
    "int(x.numel())",
    "len(xs)",
    "max(a, b)",
    "min(a, b, n)",
    "triton.cdiv(n, 4)",
    "triton.next_power_of_2(n)",
    "math.prod(x.shape)",
    "math.prod(x.shape[1:] or (1,))",
    "sum(x.shape if a else (1, 2))",
    "sum(xs[1:])",
    "list(x.stride())[0]",
    "(n in (1, 2)) + 1",
    "sum([p * q for p, q in zip(x.shape, x.stride())])",
    "sum([p * q for p, q in ((1, 2), (3, 4))])",
    'getattr(config, "n", 1)',
    'len("%d rows" % n)',
]


#: Functions of the file, and whether a call of one may be dropped.
FUNCTIONS = {
    "computes": ("def f(n):\n    return 2 * n + 1", True),
    "loops": (
        "def f(n):\n    m = 1\n    while m < n:\n        m <<= 1\n    return m",
        True,
    ),
    "calls another": ("def g(n):\n    return n + 1\n\n\ndef f(n):\n    return g(g(n))", True),
    "keeps what it gave": (
        "import functools\n\n\n@functools.lru_cache(None)\ndef f(n):\n    return n + 1",
        True,
    ),
    "prints": ("def f(n):\n    print(n)\n    return n", False),
    "counts": ("calls = 0\n\n\ndef f(n):\n    global calls\n    calls += 1\n    return n", False),
    "writes into what it gets": ("def f(n):\n    n[0] = 1\n    return n", False),
    "appends to what it gets": ("def f(n):\n    n.append(1)\n    return n", False),
    "checks": ("def f(n):\n    assert n\n    return n", False),
    "refuses": ("def f(n):\n    if n < 0:\n        raise ValueError\n    return n", False),
    "has an effect further in": (
        "def g(n):\n    print(n)\n    return n\n\n\ndef f(n):\n    return g(n)",
        False,
    ),
    "calls itself": ("def f(n):\n    return f(n - 1) if n else 0", False),
    "is defined twice": ("def f(n):\n    return n\n\n\ndef f(n):\n    print(n)", False),
    "imports of the project": ("def f(n):\n    from lib import g\n    return n + 1", False),
    "imports beside it": ("def f(n):\n    from . import lib\n    return n + 1", False),
    "imports of a library": ("def f(n):\n    import torch\n    return n + 1", True),
    "is decorated": ("from lib import traced\n\n\n@traced\ndef f(n):\n    return n", False),
    "waits": ("async def f(n):\n    return n", False),
    "takes all": ("def f(n):\n    m = []\n    m.extend(n)\n    return len(m)", False),
    "takes what may be empty": (
        "def f(n):\n    m = []\n    m.extend(n or ())\n    return len(m)",
        False,
    ),
    "takes all with an operator": ("def f(n):\n    m = []\n    m += n\n    return len(m)", False),
    "takes two": ("def f(n):\n    a, b = n\n    return a", False),
    "takes two, and names them": ("def f(n):\n    m = a, b = n\n    return a", False),
    "takes one after the other": (
        "def f(n):\n    m = 0\n    for k in n or ():\n        m += 1\n    return m",
        False,
    ),
    "takes what is in a list": (
        "def f(n):\n    for a, b in [n]:\n        return a\n    return 1",
        False,
    ),
    "looks for a number": (
        "def f(n):\n    m = 0\n    while 2 in n:\n        m += 1\n    return m",
        False,
    ),
    "keeps it, and takes all": (
        "def f(n):\n    m = []\n    m.append(n)\n    return len(list(m[0]))",
        False,
    ),
    "keeps it": ("def f(n):\n    m = []\n    m.append(n)\n    return len(m)", True),
    "takes a literal apart": (
        "def f(n):\n    m = []\n    m.extend([n, n])\n    a, b = (n, 1)\n    return len(m)",
        True,
    ),
    "takes a shape apart": ("def f(n):\n    a, b = n.shape\n    return a * b", True),
    "adds up numbers": ("def f(n):\n    m = 0\n    m += n\n    return m", True),
    "makes a default": (
        "def g():\n    print(1)\n\n\ndef f(n):\n    def h(a=g()):\n        ...\n    return n",
        False,
    ),
    "makes a default of a keyword": (
        "def g():\n    print(1)\n\n\ndef f(n):\n    def h(*, a=g()):\n        ...\n    return n",
        False,
    ),
    "has a keyword without a default": (
        "def f(n):\n    def h(*, a, b=1):\n        ...\n    return n",
        True,
    ),
    "makes an annotation": (
        "def g():\n    print(1)\n\n\ndef f(n):\n    def h(a: g()):\n        ...\n    return n",
        False,
    ),
    "is kept by a decorator of the file": (
        "def cache(f):\n    print(f)\n    return f\n\n\n@cache\ndef f(n):\n    return n",
        False,
    ),
    "launches": ("def f(n):\n    other = kernel[(1,)](n, n)\n    return n", False),
}


@pytest.mark.parametrize(("function", "is_pure"), FUNCTIONS.values(), ids=FUNCTIONS)
def test_a_function_of_the_file_is_looked_into(lint, function, is_pure):
    module = MODULE.replace("[-", "").replace("-]", "").format("f(n)") + f"\n\n{function}\n"
    findings = lint({"kernels.py": module}, "--select", "TRL001")
    assert [f["fix"]["applicability"] == "safe" for f in findings][:1] == [is_pure]


@pytest.mark.parametrize(("function", "is_pure"), FUNCTIONS.values(), ids=FUNCTIONS)
def test_a_function_of_another_file_is_looked_into(fix_whole, function, is_pure):
    kernels = "from ops import f\n" + MODULE.format("f(n)")
    other = function.replace("kernel[(1,)](n, n)", "print(n)")
    assert bool(fix_whole({"kernels.py": kernels, "ops.py": f"{other}\n"})) == is_pure


PURE = "def f(n):\n    return 2 * n\n"

#: Other files, how the function is imported from there, and whether a call of it may be dropped.
ELSEWHERE = {
    "under another name": ({"ops.py": PURE}, "from ops import f as g", "g(n) + 1", True),
    "in a package": (
        {"lib/ops.py": PURE, "lib/__init__.py": ""},
        "from lib.ops import f",
        "",
        True,
    ),
    "handed on by a package": (
        {"lib/ops.py": PURE, "lib/__init__.py": "from .ops import f\n"},
        "from lib import f",
        "",
        True,
    ),
    "handed on by a star": (
        {"ops.py": PURE, "more.py": "from ops import *\n"},
        "from more import f",
        "",
        True,
    ),
    "of numpy": (
        {"ops.py": "import numpy as np\n\n\ndef f(n):\n    return int(np.prod(n.shape[:1]))\n"},
        "from ops import f",
        "",
        True,
    ),
    "with another of a third file": (
        {
            "ops.py": "from more import g\n\n\ndef f(n):\n    return g(n) + 1\n",
            "more.py": "def g(n):\n    return n\n",
        },
        "from ops import f",
        "",
        True,
    ),
    "with another of a third file that prints": (
        {
            "ops.py": "from more import g\n\n\ndef f(n):\n    return g(n) + 1\n",
            "more.py": "def g(n):\n    print(n)\n    return n\n",
        },
        "from ops import f",
        "",
        False,
    ),
    "with a property that counts": (
        {
            "ops.py": "def f(n):\n    return n.area\n",
            "more.py": "class Box:\n    @property\n    def area(self):\n"
            "        self.n += 1\n        return self.n\n",
        },
        "from ops import f",
        "",
        False,
    ),
    "with something of another numpy": (
        {
            "ops.py": "from mine import numpy as np\n\n\ndef f(n):\n    return np.prod(n)\n",
            "mine.py": "",
        },
        "from ops import f",
        "",
        False,
    ),
    "of a package that is not in the tree": ({}, "from ops import f", "", False),
    "that is not there": ({"ops.py": "def g(n):\n    return n\n"}, "from ops import f", "", False),
    "or another one": (
        {"ops.py": PURE, "more.py": "def f(n):\n    print(n)\n"},
        "try:\n    from ops import f\nexcept ImportError:\n    from more import f",
        "",
        False,
    ),
    "or another one, there": (
        {"ops.py": f"from more import f\n\n\n{PURE}", "more.py": "def f(n):\n    print(n)\n"},
        "from ops import f",
        "",
        False,
    ),
    "that is a value": (
        {"ops.py": "from lib import make\n\nf = make()\n"},
        "from ops import f",
        "",
        False,
    ),
    "that is a class": (
        {"ops.py": "class f:\n    def __init__(self, n):\n        print(n)\n"},
        "from ops import f",
        "",
        False,
    ),
    "of a file that cannot be parsed": ({"ops.py": "def f(:\n"}, "from ops import f", "", False),
    "of an object": ({"ops.py": PURE}, "import ops", "ops.f(n)", False),
}


@pytest.mark.parametrize(
    ("files", "imports", "argument", "is_pure"), ELSEWHERE.values(), ids=ELSEWHERE
)
def test_a_function_is_found_where_it_is_defined(fix_whole, files, imports, argument, is_pure):
    kernels = f"{imports}\n" + MODULE.format(argument or "f(n)")
    assert bool(fix_whole({"kernels.py": kernels, **files})) == is_pure
    assert fix_whole({"kernels.py": kernels, **files}, "--unsafe-fixes")


#: Expressions that run code of a class, and the method that is run.
RUNS = {
    "a property by its name": ('getattr(config, "rows")', "@property\n    def rows(self)"),
    "whether there is a property": ('hasattr(config, "rows")', "@property\n    def rows(self)"),
    "a text in an old format": ('len("%s" % config)', "def __str__(self)"),
    "texts in an old format": ('len("%s %s" % (n, config))', "def __repr__(self)"),
    "an index": ("[1, 2, 3][config]", "def __index__(self)"),
    "the end of a slice": ("len([1, 2, 3][:config])", "def __index__(self)"),
    "a key": ("xs[config]", "def __hash__(self)"),
    "a key of several parts": ("xs[0, config]", "def __hash__(self)"),
    "a key of a dictionary": ("len({config: 1})", "def __hash__(self)"),
    "an element of a set": ("len({config})", "def __hash__(self)"),
    "a dictionary in another": ("len({**config})", "def keys(self)"),
    "a square root": ("math.sqrt(config)", "def __float__(self)"),
    "a ceiling division": ("triton.cdiv(config, 4)", "def __add__(self, other)"),
    "the next power of 2": ("triton.next_power_of_2(config)", "def __sub__(self, other)"),
    "an attribute that is made up": ("config.rows", "def __getattr__(self, name)"),
    "any attribute": ("config.rows", "def __getattribute__(self, name)"),
}


@pytest.mark.parametrize(("argument", "method"), RUNS.values(), ids=RUNS)
def test_what_runs_code_of_a_class_has_its_effect(fix_whole, argument, method):
    files = {"kernels.py": MODULE.format(argument)}
    assert fix_whole(files)
    for body, is_pure in (("Config.hits += 1", False), ("pass", True)):
        other = f"class Config:\n    hits = 0\n\n    {method}:\n        {body}\n        return 1\n"
        assert bool(fix_whole({**files, "config.py": other})) == is_pure


_LAZY = "class Lazy:\n    def __getattr__(self, name):\n        "
#: Classes that make up attributes, and whether what passes for a tensor may be dropped beside them.
MADE_UP = {
    "loads": (
        f"{_LAZY}if self.t is None:\n            self.t = load()\n        return self.t\n",
        False,
    ),
    "loads in a method": (
        f"{_LAZY}return self._load()\n\n    def _load(self):\n        self.t = 1\n",
        False,
    ),
    "loads for any attribute": (
        "class Lazy:\n    def __getattribute__(self, name):\n        load(self)\n",
        False,
    ),
    "counts": (f"{_LAZY}Lazy.hits += 1\n", False),
    "notes": (f"{_LAZY}self.seen[name] = 1\n", False),
    "loads for a shape": (f"{_LAZY}if name == 'shape':\n            self.t = load()\n", False),
    "hands on": (f"{_LAZY}return getattr(self.inner, name)\n", True),
    "looks up": (f"{_LAZY}return self.table[name]\n", True),
    "makes a function": (
        f"{_LAZY}def f():\n            self.t = load()\n\n        return f\n",
        True,
    ),
    "refuses after a look": (f"{_LAZY}getattr(self.t, name)\n        raise AttributeError\n", True),
    "refuses": (f"{_LAZY}raise AttributeError(name)\n", True),
    "warns": (f"{_LAZY}logger.warning(name)\n        return None\n", True),
    "waits for something else": (f"{_LAZY}if name == 'rows':\n            wait(self)\n", True),
    "is a module": (
        "from types import ModuleType\n\n\nclass Lazy(ModuleType):\n"
        "    def __getattr__(self, name):\n        self.module = load()\n",
        True,
    ),
    "imports": (
        f"{_LAZY}self.m = importlib.import_module('m')\n        return getattr(self.m, name)\n",
        True,
    ),
    "is called": (
        f"{_LAZY}self.f = load()\n\n    def __call__(self):\n        return self.f()\n",
        True,
    ),
}


def test_attributes_of_tensors_are_not_made_up(fix_whole):
    for argument in ("xs.shape[0]", "xs.stride(0)", "xs.ndim"):
        files = {"kernels.py": MODULE.format(argument)}
        for other, is_pure in MADE_UP.values():
            assert bool(fix_whole({**files, "lazy.py": other})) == is_pure, other


LOUD = "def max(*a):\n    print(a)\n"
QUIET = "def max(*a):\n    return a[0]\n"
ROWS = "def rows(a):\n    return 1\n\n\n"
#: What stands for the `max` and the `math` of an argument, another file, and whether it is pure.
NAMES = {
    "the module's own max": ("max(a, b)", LOUD, "", False),
    "the module's own max, without an effect": ("max(a, b)", QUIET, "", True),
    "an imported max": ("max(a, b)", "from other import max\n", LOUD, False),
    "an imported max, without an effect": ("max(a, b)", "from other import max\n", QUIET, True),
    "an imported max that is another function": (
        "max(a, b)",
        "from other import max\n",
        "max = print\n",
        False,
    ),
    "a star import": ("max(a, b)", "from other import *\n", LOUD, False),
    "a star import without an effect": ("max(a, b)", "from other import *\n", QUIET, True),
    "a star import at the end": ("max(a, b)", "LAST", LOUD, False),
    "another name of cdiv": ("cdiv(a, b)", "cdiv = triton.cdiv\n", "", True),
    "another name of a function": ("cdiv(a, b)", "import other\ncdiv = other.f\n", "", False),
    "what a call makes": (
        "cdiv(a, b)",
        "import other\ncdiv = other.wrap(triton.cdiv)\n",
        "",
        False,
    ),
    "a lambda": ("cdiv(a, b)", "cdiv = lambda a, b: (a + b - 1) // b\n", "", True),
    "a lambda with an effect": ("cdiv(a, b)", "cdiv = lambda a, b: print(a)\n", "", False),
    "a class": (
        "max(a, b)",
        "class max:\n    def __init__(self, *a):\n        print(a)\n",
        "",
        False,
    ),
    "a name of a comprehension": ("len([rows(a) for rows in [a, b]])", ROWS, "", False),
    "the same function beside one": ("len([rows(a) for row in [a, b]])", ROWS, "", True),
    "a name of an inner loop": ("len([rows(a) for r in b for rows in r])", ROWS, "", False),
    "a name of a lambda": ("max(a, b, key=lambda rows: rows(1))", ROWS, "", False),
    "a module of a comprehension": ("len([math.ceil(a) for math in [a, b]])", "", "", False),
    "an iterator of a comprehension": ("len([sum(xs) for xs in [a, b]])", "xs = [1]\n", "", False),
    "an iterator that a function hands on": (
        "sum(rows(a))",
        "def rows(a):\n    return a\n\n\n",
        "",
        False,
    ),
    "an item that a comprehension sets": ("len([1 for xs[0] in range(3)])", "", "", False),
    "a parameter": ("len(xs)", "PARAMETER len", "", False),
    "a parameter instead of a module": ("math.ceil(a)", "PARAMETER math", "", False),
    "a class instead of a module": ("math.ceil(a)", "class math:\n    ceil = print\n", "", False),
    "a module of the project": (
        "math.ceil(a)",
        "from other import math\n",
        "class math:\n    def ceil(a):\n        print(a)\n",
        False,
    ),
    "a module that hands triton on": (
        "triton.cdiv(a, b)",
        "from other import triton\n",
        "import triton\n\n\ndef cdiv(a, b):\n    return int32(a // b)\n",
        True,
    ),
    "a module that may be missing": (
        "math.ceil(a)",
        "try:\n    import math\nexcept ImportError:\n    math = None\n",
        "",
        True,
    ),
}


@pytest.mark.parametrize(("argument", "code", "other", "is_pure"), NAMES.values(), ids=NAMES)
def test_a_name_may_stand_for_something_else(fix_whole, argument, code, other, is_pure):
    module = MODULE.format(argument)
    if code.startswith("PARAMETER"):
        module = module.replace("launch(x,", f"launch({code.split()[1]}, x,")
    elif code == "LAST":
        module += "\n\nfrom other import *\n"
    else:
        module = module.replace("FREE =", f"{code}FREE =")
    assert bool(fix_whole({"kernels.py": module, "other.py": other})) == is_pure


#: Arguments, and whether evaluating them may fail.
FAILING = {
    "x.shape[2]": True,
    "x.rows": True,
    "int(a)": True,
    "n // a": True,
    "n": False,
    "n * 2 + 1": True,
    "(n if n is None else b)": False,
    "7": False,
    "UNKNOWN": True,
}

#: Code around a launch, or around a function that is given the kernel.
CATCHING = {
    "a handler": "    try:\n        {}\n    except Exception:\n        print(x)",
    "a handler around": "    try:\n        if a:\n            {}\n    except OSError:\n        ...",
    "suppress": "    with contextlib.suppress(IndexError):\n        {}",
    "raises": "    with pytest.raises(IndexError):\n        {}",
}


@pytest.mark.parametrize("catch", CATCHING.values(), ids=CATCHING)
@pytest.mark.parametrize("launch", ["kernel[(1,)](x[-, {}-])", "run(kernel, x[-, {}-])"])
def test_an_error_that_is_caught_is_an_effect(fix_whole, catch, launch):
    module = MODULE.replace("    kernel[(1,)](x[-, {}-])\n", catch.format(launch) + "\n")
    run = "\n\ndef run(k, *args):\n    k[(1,)](*args)\n"
    for argument, may_fail in FAILING.items():
        outcome = fix_whole({"kernels.py": module.replace("{}", argument) + run})
        assert bool(outcome) != may_fail, argument
        assert all("may fail, where errors are caught" in line for line in outcome.reasons)


def test_an_error_that_only_ends_the_function_is_no_effect(fix_whole):
    module = MODULE.replace(
        "    kernel[(1,)](x[-, {}-])\n",
        "    try:\n        kernel[(1,)](x[-, x.shape[2]-])\n    finally:\n        print(x)\n",
    )
    assert fix_whole({"kernels.py": module})


#: Defaults of the dropped parameter, and whether evaluating them has no effect.
DEFAULTS = {
    "4": True,
    "SIZE": True,
    "tl.constexpr(4)": True,
    "tl.constexpr(count())": False,
    "count()": False,
    "(SIZE := 4)": False,
}


@pytest.mark.parametrize(("default", "is_pure"), DEFAULTS.items())
def test_a_default_may_have_an_effect(fix_whole, default, is_pure):
    module = MODULE.replace("[-, n-]", f"[-, n={default}-]").replace("[-, {}-]", "")
    assert bool(fix_whole({"kernels.py": module})) == is_pure


@pytest.mark.parametrize("argument", EFFECTS)
def test_an_effect_is_not_dropped_unasked(fix, fix_whole, argument):
    kept = MODULE.replace("[-", "").replace("-]", "").format(argument)
    assert fix({"kernels.py": kept})["kernels.py"] == kept
    marked = MODULE.format(argument)
    assert fix_whole({"kernels.py": marked}, "--unsafe-fixes")


@pytest.mark.parametrize("argument", HARMLESS)
def test_what_is_harmless_is_dropped(fix_whole, argument):
    assert fix_whole({"kernels.py": MODULE.format(argument)})


#: What a `with` may have around a launch: it may catch or expect an error, or lets it through.
GUARDS = (
    *("expectation", "pytest.raises(IndexError) if y else nullcontext()", "self.context", "y()"),
    *("open(y), suppress(IndexError)", "quiet(IndexError)", "ExitStack()", "table[0]"),
    *("(c := suppress(IndexError))", "y.scope()", "y.range(0)", "self.subTest()"),
)
NO_GUARDS = (
    *("torch_device_fn.device(x.device)", "torch.get_device_module().device(x)", "self.lock"),
    *("device_context(x.device)", "torch.cuda.device(0), torch.autocast('cuda')", "open(y) as f"),
    *("torch.cuda.nvtx.range('a')", "triton.knobs.amd.scope()", "nullcontext()", "_CACHE_LOCK"),
    *("torch.no_grad() if y else nullcontext()", "torch.profiler.record_function('a')"),
    *("torch.random.fork_rng()", "mock.patch.object(y, 'a')", "torch.cuda.graph(y)", "x.device"),
)
#: What a handler may name: errors that an argument may raise, and others.
CATCHES = (
    *("Exception", "BaseException", "(AttributeError,)", "(ImportError, TypeError)", "OSError"),
    *("RuntimeError", "(triton.OutOfResources, IndexError)", "torch.cuda.OutOfMemoryError"),
    *("triton.testing.SomeError", "y.OutOfResources", "errors()", "(*ERRORS, ImportError)"),
)
LEAVES = (
    *("ImportError", "(ImportError, ModuleNotFoundError)", "KeyboardInterrupt", "()"),
    *("triton.OutOfResources as e", "triton.runtime.errors.OutOfResources"),
    *("triton.compiler.errors.CompilationError", "(triton.OutOfResources, ImportError)"),
)
#: Code around a launch, and whether an error there would be noticed by code that goes on.
AROUND = {
    "except": ("try:\n        {}\n    except IndexError:\n        y()", True),
    "except, in a loop": (
        "try:\n        for _ in xs:\n            {}\n    except IndexError:\n        y()",
        True,
    ),
    "suppress": ("with contextlib.suppress(Exception):\n        {}", True),
    "raises": ("with pytest.raises(IndexError):\n        {}", True),
    **{
        f"except {kind}": (f"try:\n        {{}}\n    except {kind}:\n        y()", True)
        for kind in CATCHES
    },
    **{
        f"except {kind}": (f"try:\n        {{}}\n    except {kind}:\n        y()", False)
        for kind in LEAVES
    },
    "except, of nothing known": ("try:\n        {}\n    except:\n        y()", True),
    "two handlers, the second catches": (
        "try:\n        {}\n    except triton.OutOfResources:\n        y()\n"
        "    except Exception:\n        y()",
        True,
    ),
    "two handlers that do not catch": (
        "try:\n        {}\n    except triton.OutOfResources:\n        y()\n"
        "    except KeyboardInterrupt:\n        raise",
        False,
    ),
    "a handler that does not catch, in one that does": (
        "try:\n        try:\n            {}\n        except ImportError:\n            y()\n"
        "    except AttributeError:\n        y()",
        True,
    ),
    "a fallback for an error of Triton": (
        "try:\n        from triton.runtime.errors import OutOfResources\n"
        "    except ImportError:\n        OutOfResources = Exception\n"
        "    try:\n        {}\n    except OutOfResources:\n        y()",
        True,
    ),
    "another package's error of the same name": (
        "from tools import OutOfResources\n"
        "    try:\n        {}\n    except OutOfResources:\n        y()",
        True,
    ),
    "an imported error of Triton": (
        "from triton.runtime.errors import OutOfResources as Full\n"
        "    try:\n        {}\n    except Full:\n        y()",
        False,
    ),
    "a local ImportError": (
        "ImportError = Exception\n    try:\n        {}\n    except ImportError:\n        y()",
        True,
    ),
    "ImportError, where a module may be imported late": (
        "try:\n        {}\n        y(FREE.lazy)\n    except ImportError:\n        y()",
        True,
    ),
    "ImportError, where a known module is used": (
        "try:\n        {}\n        print(torch.float32)\n    except ImportError:\n        y()",
        False,
    ),
    "finally": ("try:\n        {}\n    finally:\n        y()", False),
    "else": (
        "try:\n        y()\n    except IndexError:\n        pass\n    else:\n        {}",
        False,
    ),
    "a handler": ("try:\n        y()\n    except IndexError:\n        {}", False),
    "with": ("with torch.no_grad():\n        {}", False),
    **{f"with {item}": (f"with {item}:\n        {{}}", True) for item in GUARDS},
    **{f"with {item}": (f"with {item}:\n        {{}}", False) for item in NO_GUARDS},
    "a name for suppress": ("c = contextlib.suppress(IndexError)\n    with c:\n        {}", True),
    "a name for no guard": ("c = torch.no_grad() if y else d()\n    with c:\n        {}", True),
    "a name for one of two": (
        "c = torch.no_grad() if y else nullcontext()\n    with c:\n        {}",
        False,
    ),
    "a name that gets another value later": (
        "c = nullcontext()\n    for _ in xs:\n        with c:\n            {}\n        c = y",
        True,
    ),
    "a lock that is none": ("lock = suppress(IndexError)\n    with lock:\n        {}", True),
    "an import by another name": (
        "from contextlib import suppress as device\n    with device(IndexError):\n        {}",
        True,
    ),
    "an import of no guard by another name": (
        "from torch import no_grad as plain\n    with plain():\n        {}",
        False,
    ),
    "a context manager that catches": (
        "@contextmanager\n    def device(x):\n        try:\n            yield\n"
        "        except IndexError:\n            y()\n\n    with device(x):\n        {}",
        True,
    ),
    "a context manager that suppresses": (
        "@contextmanager\n    def device(x):\n        with suppress(IndexError):\n"
        "            yield\n\n    with device(x):\n        {}",
        True,
    ),
    "a context manager that lets through": (
        "@contextmanager\n    def around(x):\n        try:\n            with torch.no_grad():\n"
        "                yield\n        finally:\n            y()\n\n"
        "    with around(x):\n        {}",
        False,
    ),
    "a function that returns one": (
        "def around(x):\n        return torch.cuda.stream(x)\n\n    with around(x):\n        {}",
        False,
    ),
    "a function that returns a guard": (
        "def device(x):\n        return suppress(IndexError)\n\n    with device(x):\n        {}",
        True,
    ),
    "a class that catches": (
        "class device:\n        def __exit__(self, *a):\n            return True\n\n"
        "    with device():\n        {}",
        True,
    ),
    "a class that lets through": (
        "class Around:\n        def __exit__(self, *a):\n            y()\n\n"
        "    with Around():\n        {}",
        False,
    ),
    "a function that is called where errors are expected": (
        "def go():\n        {}\n\n    with pytest.raises(IndexError):\n        go()",
        True,
    ),
    "a lambda that is called where errors are expected": (
        "go = lambda: {}\n    with pytest.raises(IndexError):\n        go()",
        True,
    ),
    "finally returns": ("try:\n        {}\n    finally:\n        return y", True),
    "finally returns, perhaps": (
        "try:\n        {}\n    finally:\n        if y:\n            return y",
        True,
    ),
    "finally returns, and the launch is in a handler": (
        "try:\n        y()\n    except OSError:\n        {}\n    finally:\n        return y",
        True,
    ),
    "finally goes on with a loop": (
        "for _ in xs:\n        try:\n            {}\n        finally:\n            continue",
        True,
    ),
    "finally ends a loop": (
        "for _ in xs:\n        try:\n            {}\n        finally:\n            break",
        True,
    ),
    "finally has its own loop": (
        "try:\n        {}\n    finally:\n        for _ in xs:\n            break",
        False,
    ),
    "finally has its own function": (
        "try:\n        {}\n    finally:\n        def go():\n            return 1",
        False,
    ),
    "a test that is skipped": ("@pytest.mark.skip\n    def test_it():\n        {}", False),
    "a test that is expected to fail": (
        "@pytest.mark.xfail(strict=True)\n    def test_it():\n        {}",
        True,
    ),
    "a test with a case that is expected to fail": (
        "@pytest.mark.parametrize('n', [pytest.param(1, marks=pytest.mark.xfail)])\n"
        "    def test_it():\n        {}",
        True,
    ),
}
#: Arguments, and whether evaluating them may raise an error.
RAISING = {
    "7": False,
    "n": False,
    "-n": True,
    "-7": False,
    "4 if n is None else a": False,
    "4 if n == a else a": True,
    "4 if not n else a": True,
    "n and 4": True,
    "4 if n else a": True,
    "config.size": True,
    "n * 2 + a": True,
    "n // a": True,
    "n % a": True,
    "xs[1]": True,
    "x.shape[1]": True,
    "x.stride(1)": True,
    "len(n)": True,
    "int(n)": True,
    'config["k"]': True,
}


def caught(write, tritonlint, around, argument):
    """Whether the fix of a launch with that argument, in that code, is unsafe for it."""
    head, launch = MODULE.replace("[-, n-]", ", n").rsplit("\n    ", 1)
    launch = launch.strip().replace("[-, {}-]", f", {argument}")
    code, _ = AROUND[around]
    root = write({"kernels.py": f"{head}\n    {code.format(launch)}\n"})
    [found] = tritonlint("--no-cache", "--output-format", "json", root).findings
    is_caught = "may fail, where errors are caught" in found["fix"]["message"]
    assert found["fix"]["applicability"] == ("unsafe" if is_caught else "safe")
    return is_caught


@pytest.mark.parametrize(("around", "catches"), [(name, each[1]) for name, each in AROUND.items()])
def test_code_that_catches_errors(write, tritonlint, around, catches):
    assert caught(write, tritonlint, around, "x.shape[1]") == catches


@pytest.mark.parametrize(("argument", "may_fail"), RAISING.items())
def test_arguments_that_may_raise_an_error(write, tritonlint, argument, may_fail):
    assert caught(write, tritonlint, "except", argument) == may_fail


#: Parameters of the host function, arguments, and whether evaluating them may raise an error.
TYPED = [
    ("k: int", "k * 2 + 1", False),
    ("k: int", "k if k > 2 else -k", False),
    ("k: float", "4 if k > 2 else 5", False),
    ("k: int", "k // 2", True),
    ("k: int", "~k", True),
    ("k: int = None", "k + 1", True),
    ("k: Optional[int]", "k + 1", True),
    ("k: int | None", "k + 1", True),
    ("k: 'Optional[int]'", "k + 1", True),
    ("k: int | None", "4 if k is not None else 5", False),
    ("k: str", "-k", True),
    ("k: torch.Tensor", "4 if k else 5", True),
    ("k=None", "k", False),
]


@pytest.mark.parametrize(("parameter", "argument", "may_fail"), TYPED)
def test_numbers_that_may_be_none(write, tritonlint, parameter, argument, may_fail):
    source = MODULE.replace("[-, n-]", ", n").replace("(x, y,", f"(x, {parameter}, *, y,")
    launch = f"kernel[(1,)](x, {argument})"
    code = f"    try:\n        {launch}\n    except TypeError:\n        print(x)\n"
    root = write({"kernels.py": source.replace("    kernel[(1,)](x[-, {}-])\n", code)})
    [found] = tritonlint("--no-cache", "--output-format", "json", root).findings
    assert (found["fix"]["applicability"] == "unsafe") == may_fail


#: Arguments, another file, and whether the argument may be dropped.
HIDDEN = {
    "an item of a defaultdict": ("config[a]", "from collections import defaultdict\n", False),
    "an item of a dictionary": ("config[a]", "", True),
    "an index, beside a defaultdict": ("xs[1]", "from collections import defaultdict\n", True),
    "an index, beside a defaultdict that counts": (
        "xs[1]",
        "from collections import defaultdict\n\nslots = defaultdict(ids.__next__)\n",
        False,
    ),
    "an index, beside a defaultdict with a function": (
        "xs[1]",
        "import collections\n\nslots = collections.defaultdict(\n    lambda: count()\n)\n",
        False,
    ),
    "an index, beside a defaultdict of lists": (
        "xs[1]",
        "from collections import defaultdict\n\na = defaultdict(list)\nb = defaultdict(None)\n"
        "c = defaultdict(lambda: defaultdict(int))\nd = defaultdict()\n",
        True,
    ),
    "a slice, beside a defaultdict that counts": (
        "len(xs[1:])",
        "from collections import defaultdict\n\nslots = defaultdict(ids.__next__)\n",
        True,
    ),
    "a descriptor": (
        "config.rows",
        "class Lazy:\n    def __get__(self, a, b):\n        print(a)\n",
        False,
    ),
    "an unknown decorator": (
        "config.rows",
        "class C:\n    @cached\n    def rows(self):\n        print(self)\n",
        False,
    ),
    "an assigned method": (
        "config[a]",
        "class C:\n    def _take(self, k):\n        print(k)\n\n    __getitem__ = _take\n",
        False,
    ),
    "an assigned method without an effect": (
        "config[a]",
        "class C:\n    def _take(self, k):\n        return k\n\n    __getitem__ = _take\n",
        True,
    ),
    "an iterator by name": ("dict(enumerate(iterable=stream))[0]", "", False),
    "a function of torch that does not go over it": ("torch.sum(stream)", "", True),
    "an iterator and a start": ("sum(stream, 0)", "", False),
    "a shape and a start": ("sum(x.shape, 0)", "", True),
    "a key that is not known": ("max(a, b, key=free.rank)", "", False),
    "a key that is a lambda": ("max(a, b, key=lambda i: -i)", "", True),
    "a module that is changed": ("config.half().weight", "", False),
    "a tensor that is converted": ("x.half().numel() + x.shape[0]", "", True),
    "a method after another": (
        "x.contiguous().size(0)",
        "class B:\n    def size(self, d):\n        print(d)\n",
        False,
    ),
}


@pytest.mark.parametrize(("argument", "other", "is_pure"), HIDDEN.values(), ids=HIDDEN)
def test_code_that_does_not_show_may_have_an_effect(fix_whole, argument, other, is_pure):
    files = {"kernels.py": MODULE.format(argument), "other.py": other}
    assert bool(fix_whole(files)) == is_pure


_COUNTED = "def counted(self, *a):\n    print(a)\n    return 3\n\n\n"
_QUIET = "def counted(self, *a):\n    return 3\n\n\n"
#: Code that gives a class or an object another method or property, and whether that is harmless.
REPLACED = {
    "a method": ("xs.size(0)", f"{_COUNTED}Pool.size = counted\n", False),
    "a method that does nothing": ("xs.size(0)", f"{_QUIET}Pool.size = counted\n", True),
    "a method, with an annotation": (
        "xs.size(0)",
        f"{_COUNTED}Pool.size: object = counted\n",
        False,
    ),
    "one of another module": (
        "xs.size(0)",
        f"import lib\n\n{_COUNTED}lib.Pool.size = counted\n",
        False,
    ),
    "one of an object": ("xs.size(0)", f"{_COUNTED}def f(p):\n    p.size = counted\n", False),
    "one of an object, by a lambda": (
        "xs.size(0)",
        "def f(p):\n    p.size = lambda d: print(d)\n",
        False,
    ),
    "a lambda without an effect": ("xs.size(0)", "def f(p):\n    p.size = lambda d: d\n", True),
    "one of the object itself": (
        "xs.size(0)",
        "class P:\n    def f(self):\n        self.size = lambda d: print(d)\n",
        False,
    ),
    "by setattr": ("xs.size(0)", f'{_COUNTED}setattr(Pool, "size", counted)\n', False),
    "by setattr on many lines": (
        "xs.size(0)",
        f'{_COUNTED}setattr(\n    type(p),\n    "size",\n    counted,\n)\n',
        False,
    ),
    "by setattr on a number": ("xs.size(0)", 'setattr(p, "size", 3)\n', True),
    "by monkeypatch": (
        "xs.size(0)",
        f'{_COUNTED}def f(monkeypatch):\n    monkeypatch.setattr(Pool, "size", counted)\n',
        False,
    ),
    "by mock": ("xs.size(0)", f'{_COUNTED}mock.patch.object(Pool, "size", counted)\n', False),
    "of a class in a parameter": (
        "xs.size(0)",
        "def f(cls):\n    def counted(self, d):\n        print(d)\n\n    cls.size = counted\n",
        False,
    ),
    "of the class of an object": ("xs.size(0)", f"{_COUNTED}type(p).size = counted\n", False),
    "made by a call": ("xs.size(0)", "import lib\n\nPool.size = lib.counted(Pool.size)\n", False),
    "by a partial": ("xs.size(0)", "def f(p):\n    p.size = partial(count, p)\n", False),
    "an imported one": ("xs.size(0)", "from lib import counted\n\np.size = counted\n", False),
    "of all tensors": ("xs.numel()", f"{_COUNTED}torch.Tensor.numel = counted\n", False),
    "an item": ("config[a]", f"{_COUNTED}Pool.__getitem__ = counted\n", False),
    "any attribute": ("config.rows", f"{_COUNTED}Pool.__getattr__ = counted\n", False),
    "a shape": ("xs.shape[0]", f"{_COUNTED}Pool.shape = make(counted)\n", False),
    "a shape in its class": ("xs.shape[0]", "class P:\n    shape = make('shape')\n", False),
    "a number of dimensions in its class": (
        "xs.ndim",
        "class P(\n    Q\n):\n    a = 1\n    ndim: int = make('ndim')\n",
        False,
    ),
    "a shape that is a value": ("xs.shape[0]", "class P:\n    shape = (1, 2)\n", True),
    "a dtype of torch": (
        "str(xs.dtype)",
        "class P:\n    dtype = torch.float16\n    device = torch.device('cpu')\n",
        True,
    ),
    "a local": ("xs.shape[0]", "class P:\n    def f(self):\n        shape = make()\n", True),
    "a number": ("xs.size(0)", "def f(p, size):\n    p.size = size\n    p.size = 3\n", True),
    "a number of its own": (
        "xs.size(0)",
        "class P:\n    def __init__(self, size):\n        self.size = size\n"
        "        self.shape = make(size)\n",
        True,
    ),
    "an attribute of what a call returns": ("xs.size(0)", "Pool.size = make().size\n", False),
    "only another name": ("xs.size(0)", "class P:\n    size: int\n    rows = 3\n", True),
    "a number that is computed": ("xs.size(0)", "def f(p):\n    p.size = compute(p)\n", True),
}


@pytest.mark.parametrize(("argument", "other", "is_pure"), REPLACED.values(), ids=REPLACED)
def test_a_method_may_be_replaced_from_outside(fix_whole, argument, other, is_pure):
    kernels = MODULE.format(argument)
    assert bool(fix_whole({"kernels.py": kernels, "other.py": other})) == is_pure
    assert bool(fix_whole({"kernels.py": f"{kernels}\n\n{other}"})) == is_pure


#: Decorators, and whether a method below one is just a method.
DECORATED = {
    "of torch": ("from torch.library import custom_op as export", True),
    "of a well-known package": ("from typing_extensions import export", True),
    "of the file": ("def export(f):\n    return property(f)", False),
    "of the project": ("from lib import export", False),
    "of the package": ("from .lib import export", False),
}


@pytest.mark.parametrize(("code", "is_pure"), DECORATED.values(), ids=DECORATED)
def test_a_harmless_decorator_may_be_one_of_the_project(fix_whole, code, is_pure):
    method = "    @export\n    def rows(self):\n        print(self)\n"
    other = f"{code}\n\n\nclass C:\n{method}"
    files = {"kernels.py": MODULE.format("config.rows"), "other.py": other}
    assert bool(fix_whole(files)) == is_pure


#: What else a function does with the thing that it converts, and whether that tells a tensor.
TELLING = {
    "config.device": False,
    "config.dtype": False,
    "config.stride": False,
    "config.dim": False,
    "config.dim()": True,
    "config.stride(0)": True,
    "config.shape": True,
    "config.is_cuda": True,
}


@pytest.mark.parametrize(("other", "tells"), TELLING.items())
def test_a_model_is_not_taken_for_a_tensor(fix_whole, other, tells):
    module = MODULE.format("config.half().weight")
    module = module.replace("    kernel[", f"    print({other})\n    kernel[")
    assert bool(fix_whole({"kernels.py": module})) == tells


@pytest.mark.parametrize(("before", "is_pure"), [("", True), ("torch = config\n    ", False)])
def test_what_another_torch_makes_is_no_tensor(fix_whole, before, is_pure):
    body = f"    {before}t = torch.empty(3)\n    print(t)\n    kernel"
    module = MODULE.format("t.shape[0]").replace("    kernel", body)
    other = "class T:\n    @property\n    def shape(self):\n        print(self)\n"
    assert bool(fix_whole({"kernels.py": module, "other.py": other})) == is_pure
