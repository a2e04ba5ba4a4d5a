"""Draws how a kernel is launched: directly, and through everything that can contain a kernel.

A way is a function that adds lines to a site. `plain` ways come first; a fixer should follow them.
"""

from __future__ import annotations

from collections.abc import Callable

from drawn.choices import Part
from drawn.site import Site

Way = Callable[[Site], None]
PLAIN: dict[str, Way] = {}
WAYS: dict[str, Way] = {}


def way(name: str, plain: bool = False) -> Callable[[Way], Way]:
    def register(function: Way) -> Way:
        WAYS[name] = function
        if plain:
            PLAIN[name] = function
        return function

    return register


def simple(name: str, *lines: str, top: tuple[str, ...] = (), plain: bool = False) -> None:
    """A way that is text: `K` is the kernel, `L` the launch's brackets, `A` its arguments."""

    def write(site: Site) -> None:
        site.top += [fill(site, line) for line in top]
        site.body += [fill(site, line) for line in lines]

    way(name, plain)(write)


def fill(site: Site, text: str) -> str:
    """The text with what the words in it stand for."""
    if not site.plain:
        text = text.replace("(%P,)", "()").replace("%P, ", "")
    words = {
        "%K": site.k,
        "%G": site.grid,
        "%A": site.call,
        "%P": ", ".join(argument.text for argument in site.plain),
        "%N": ", ".join(argument.text for argument in site.keywords),
        "%I": ", ".join(argument.text for argument in site.plain[:2]),
        "%J": ", ".join(argument.text for argument in [*site.plain[2:], *site.keywords]),
        "%U": str(site.number),
        "%M": site.module,
        "%F": site.kernel.name,
    }
    for word, value in words.items():
        text = text.replace(word, value)
    return text


# -- ways to write a launch ----------------------------------------------------------------

simple("direct", "%K[%G](%A)", plain=True)
simple("run", "%K.run(%A, grid=%G, warmup=False)", plain=True)
simple("warmup", "%K.warmup(%A, grid=(1,))")
simple("twice", "%K[%G](%A)", "%K[%G](%A)", plain=True)
simple("comment in the dots", "(%K  # a comment\n [%G](%A))")
simple("backslash", "%K \\\n    [%G](%A)")
simple("lines", "%K[\n    %G  # the grid\n](\n    %A,  # the arguments\n)", plain=True)
simple("spaces", "%K  [ %G ]  ( %A , )")
simple("semicolon", "y = x; %K[%G](%A); y = None")
simple(
    "in both arms",
    "for arm in (0, 1):\n    if arm:\n        %K[%G](%A)\n    else:\n        %K[%G](%A)",
    plain=True,
)
simple("in try", "try:\n    %K[%G](%A)\nfinally:\n    pass", plain=True)
simple(
    "caught",
    "try:\n    %K[%G](%A)\nexcept (TypeError, KeyError, ValueError):\n    raise SystemExit(1)",
)
simple(
    "one that fails",
    "row = [7]",
    "try:\n    %K[%G](%A, num_warps=row[1])\nexcept IndexError:\n    %K[%G](%A)",
)
simple("in with", "import contextlib", "with contextlib.nullcontext():\n    %K[%G](%A)", plain=True)
simple("in a loop", "for _ in range(2):\n    %K[%G](%A)")
simple("in a comprehension", "[%K[%G](%A) for _ in range(2)]")
simple("in a lambda", "go = lambda: %K[%G](%A)", "go()")
simple("in a function", "def inner():\n    %K[%G](%A)", "inner()", plain=True)
simple("in a generator", "def inner():\n    yield %K[%G](%A)", "list(inner())")
simple("returned", "def inner():\n    return %K[%G](%A)", "assert inner() is not None")
simple("compared", "assert %K[%G](%A) is not None")
simple("coroutine", "import asyncio", "async def inner():\n    %K[%G](%A)", "asyncio.run(inner())")
simple("__getitem__", "%K.__getitem__(%G)(%A)")
simple("__call__", "%K[%G].__call__(%A)")
simple("splat", "args = (%P,)", "%K[%G](*args, %N)")
simple("splat, added", "args = [%P]", "args = (*args,)", "%K[%G](*args, **dict(%N))")
simple("splat, twice", "args = [%P]", "%K[%G](*args, %N)", "%K[%G](*args, %N)")
simple("splat, in parts", "a, b = (%P,), ()", "%K[%G](*b, *a, *b, %N)")
simple("splat, counted", "args = (%P,)", "%K[%G](*args, %N)", "assert len(args) == len((%P,))")
simple(
    "splat, passed on",
    "args = (%P,)",
    "%K[%G](*args, %N)",
    "assert (lambda *found: len(found))(*args) == len((%P,))",
)
simple("splat, before others", "def two(*a):\n    return a", "%K[%G](*two(%I), %J)")
simple("splat, before and behind", "def two(*a):\n    return a", "%K[%G](*two(%I), *two(), %J)")
simple("splat, in a function", "args = (%P,)", "def inner():\n    %K[%G](*args, %N)", "inner()")
simple("splat, or not", "args = ()", "if x is not None:\n    args = (%P,)", "%K[%G](*args, %N)")
simple("keywords", "options = dict(%N)", "%K[%G](%P, **options)")
simple(
    "keywords, twice",
    "options = dict(%N)",
    "for _ in 'a':\n    %K[%G](%P, **options)",
    "%K[%G](%P, **options)",
)
simple("keywords, there", "%K[%G](%P, **dict(%N))")
simple("keywords, with others", "more = dict(num_warps=4)", "%K[%G](%P, **dict(**more, %N))")
simple("keywords, with themselves", "more = dict(%N)", "%K[%G](%P, **{**more})")
simple("keywords, updated", "options = {}", "options.update(%N)", "%K[%G](%P, **options)")
simple(
    "splat of a call", "def pack(*a, **k):\n    return a, k", "a, k = pack(%A)", "%K[%G](*a, **k)"
)

# -- other names for it --------------------------------------------------------------------

simple("alias", "f = %K", "f[%G](%A)", plain=True)
simple("alias of the module", "f_%U[%G](%A)", top=("f_%U = %K",), plain=True)
simple("one of two", "f = %K if x.dim() == 1 else %K", "f[%G](%A)")
simple("or", "f = None or %K", "f[%G](%A)")
simple("walrus", "(f := %K)[%G](%A)")
simple("unpacked", "f, g = %K, 1", "f[%G](%A)")
simple("default", "def inner(f=%K):\n    f[%G](%A)", "inner()")
simple("global", "global f_%U", "f_%U = %K", "f_%U[%G](%A)")
simple("launcher", "go = %K[%G]", "go(%A)", plain=True)
simple("bound run", "go = %K.run", "go(%A, grid=%G, warmup=False)")
simple("with as", "import contextlib", "with contextlib.nullcontext(%K) as f:\n    f[%G](%A)")
simple("for", "for f in (%K,):\n    f[%G](%A)")
simple("for, module", "for f in FS_%U:\n    f[%G](%A)", top=("FS_%U = [%K]",))
simple("match", "match %K:\n    case f:\n        f[%G](%A)")
simple("partial", "import functools", "functools.partial(%K[%G], %P)(%N)")
simple("partial, keywords", "import functools", "go = functools.partial(%K[%G], %N)", "go(%P)")
simple("partial of run", "import functools", "functools.partial(%K.run, grid=%G, warmup=False)(%A)")
simple("getattr", "getattr(%K, 'run')(%A, grid=%G, warmup=False)")
simple(
    "methodcaller", "import operator", "operator.methodcaller('run', %A, grid=%G, warmup=False)(%K)"
)
simple("cast", "from typing import Any, cast", "cast(Any, %K)[%G](%A)")
simple("copy", "import copy", "f = copy.copy(%K)", "f is None or %K[%G](%A)")
simple("rejit", "triton.jit(%K.fn)[%G](%A)")
simple("fn", "f = triton.jit(%K.fn, do_not_specialize=['n'])", "f[%G](%A)")

# -- containers ----------------------------------------------------------------------------

simple("table", "TABLE_%U['a'][%G](%A)", top=("TABLE_%U = {'a': %K}",))
simple("table of the function", "table = {'a': %K}", "table['a'][%G](%A)")
simple("table, get", "TABLE_%U.get('a')[%G](%A)", top=("TABLE_%U = dict(a=%K)",))
simple("table, added", "TABLE_%U['a'][%G](%A)", top=("TABLE_%U = {}\nTABLE_%U['a'] = %K",))
simple("table of launches", "TABLE_%U['a'](%A)", top=("TABLE_%U = {'a': %K[(1,)]}",))
simple("list", "LIST_%U[0][%G](%A)", top=("LIST_%U = [%K]",))
simple("list, appended", "found = []", "found.append(%K)", "found[-1][%G](%A)")
simple("tuple in a list", "for f, g in [(%K, %G)]:\n    f[g](%A)")
simple("chain", "import itertools", "for f in itertools.chain([%K]):\n    f[%G](%A)")
simple("zip", "for f, _ in zip([%K], [1]):\n    f[%G](%A)")
simple("map", "list(map(lambda f: f[%G](%A), [%K]))")
simple("set", "for f in {%K}:\n    f[%G](%A)")
simple("next", "next(iter([%K]))[%G](%A)")
simple("namespace", "import types", "types.SimpleNamespace(f=%K).f[%G](%A)")
simple("pytest.param", "import pytest", "pytest.param(%K, id='a').values[0][%G](%A)")
simple(
    "enum",
    "E_%U.A.value[%G](%A)",
    top=(
        "import enum\n"
        "class E_%U(enum.Enum):\n"
        "    A = (%K,)\n"
        "    @property\n"
        "    def value(self):\n"
        "        return self._value_[0]",
    ),
)
simple(
    "dataclass",
    "D_%U().f[%G](%A)",
    top=("import dataclasses\n@dataclasses.dataclass\nclass D_%U:\n    f: object = %K",),
)
simple(
    "dataclass, field",
    "D_%U().f[%G](%A)",
    top=(
        "import dataclasses\n"
        "@dataclasses.dataclass\n"
        "class D_%U:\n"
        "    f: object = dataclasses.field(default_factory=lambda: %K)",
    ),
)
simple(
    "dataclass, given",
    "D_%U(%K).f[%G](%A)",
    top=("import dataclasses\n@dataclasses.dataclass\nclass D_%U:\n    f: object",),
)
simple(
    "namedtuple",
    "N_%U(f=%K).f[%G](%A)",
    top=("import collections\nN_%U = collections.namedtuple('N_%U', 'f')",),
)

# -- classes -------------------------------------------------------------------------------

simple(
    "class",
    "C_%U().go(x)",
    top=("class C_%U:\n    kernel = %K\n    def go(self, x):\n%B        self.kernel[%G](%A)",),
)
simple(
    "class, self",
    "C_%U().go(x)",
    top=(
        "class C_%U:\n"
        "    def __init__(self):\n"
        "        self.kernel = %K\n"
        "    def go(self, x):\n"
        "%B        self.kernel[%G](%A)",
    ),
)
simple(
    "class, given",
    "C_%U(%K).go(x)",
    top=(
        "class C_%U:\n"
        "    def __init__(self, kernel):\n"
        "        self.kernel = kernel\n"
        "    def go(self, x):\n"
        "%B        self.kernel[%G](%A)",
    ),
)
simple(
    "class, type(self)",
    "C_%U().go(x)",
    top=(
        "class C_%U:\n    kernel = %K\n    def go(self, x):\n%B        type(self).kernel[%G](%A)",
    ),
)
simple(
    "subclass",
    "D_%U().go(x)",
    top=(
        "class C_%U:\n"
        "    kernel = None\n"
        "    def go(self, x):\n"
        "%B        self.kernel[%G](%A)\n"
        "\n"
        "\n"
        "class D_%U(C_%U):\n"
        "    kernel = %K",
    ),
)
simple(
    "class, property",
    "C_%U().go(x)",
    top=(
        "class C_%U:\n"
        "    @property\n"
        "    def kernel(self):\n"
        "        return %K\n"
        "    def go(self, x):\n"
        "%B        self.kernel[%G](%A)",
    ),
)
simple(
    "class, staticmethod",
    "C_%U.go(x)",
    top=("class C_%U:\n    @staticmethod\n    def go(x):\n%B        %K[%G](%A)",),
    plain=True,
)
simple(
    "class, setattr",
    "c = C_%U()",
    "c.go(x)",
    top=(
        "class C_%U:\n"
        "    def go(self, x):\n"
        "%B        self.kernel[%G](%A)\n"
        "setattr(C_%U, 'kernel', %K)",
    ),
)
simple(
    "class, __call__",
    "C_%U()(x)",
    top=("class C_%U:\n    def __call__(self, x):\n%B        %K[%G](%A)",),
    plain=True,
)
simple(
    "autograd",
    "F_%U.apply(x)",
    top=(
        "class F_%U(torch.autograd.Function):\n"
        "    @staticmethod\n"
        "    def forward(ctx, x):\n"
        "%B        %K[%G](%A)\n"
        "        return x",
    ),
    plain=True,
)

# -- functions that take it ----------------------------------------------------------------

simple(
    "passed",
    "launch_%U(%K, %A)",
    top=("def launch_%U(kernel, *args, **options):\n    kernel[(1,)](*args, **options)",),
)
simple(
    "passed with the grid",
    "launch_%U(%K, %G, %A)",
    top=("def launch_%U(kernel, grid, *args, **options):\n    kernel[grid](*args, **options)",),
)
simple(
    "passed with a tuple",
    "launch_%U(%K, (%P,), %N)",
    top=("def launch_%U(kernel, args, **options):\n    kernel[(1,)](*args, **options)",),
)
simple(
    "passed with a variable",
    "args = (%P,)",
    "launch_%U(%K, args, dict(%N))",
    "%K[%G](*args, %N)",
    top=("def launch_%U(kernel, args, options):\n    kernel[(1,)](*args, **options)",),
)
simple(
    "passed by keyword",
    "launch_%U(kernel=%K, go=lambda f: f[%G](%A))",
    top=("def launch_%U(*, kernel, go):\n    go(kernel)",),
)
simple("passed, forwarded", "def inner(kernel):\n    kernel[%G](%A)", "inner(%K)")
simple(
    "forwarder",
    "launch_%U(%A)",
    top=("def launch_%U(*args, **options):\n    %K[(1,)](*args, **options)",),
)
simple(
    "forwarder, first named",
    "launch_%U(%A)",
    top=("def launch_%U(first, *args, **options):\n    %K[(1,)](first, *args, **options)",),
)
simple("factory", "get_%U()[%G](%A)", top=("def get_%U():\n    return %K",))
simple(
    "factory, cached",
    "get_%U('a')[%G](%A)",
    top=("import functools\n@functools.lru_cache\ndef get_%U(name):\n    return {'a': %K}[name]",),
)
simple("wrapper", "wrap_%U(%K)[%G](%A)", top=("def wrap_%U(kernel):\n    return kernel",))
simple(
    "closure",
    "make_%U(%K)(x)",
    top=("def make_%U(kernel):\n    def go(x):\n%B        kernel[%G](%A)\n    return go",),
)
simple(
    "decorator",
    "use_%U(x)",
    top=(
        "def given_%U(kernel):\n"
        "    return lambda function: lambda x: function(kernel, x)\n"
        "\n"
        "\n"
        "@given_%U(%K)\n"
        "def use_%U(kernel, x):\n"
        "%B    kernel[%G](%A)",
    ),
)
simple(
    "thread",
    "import threading",
    "t = threading.Thread(target=%K[%G], args=(%P,), kwargs=dict(%N))",
    "t.start(); t.join()",
)
simple("to_thread", "import asyncio", "asyncio.run(asyncio.to_thread(%K[%G].__call__, %A))")
simple(
    "executor",
    "from concurrent.futures import ThreadPoolExecutor",
    "with ThreadPoolExecutor(1) as pool:\n    pool.submit(%K[%G], %A).result()",
)
simple(
    "hook",
    "HOOKS_%U[0](x)",
    top=(
        "HOOKS_%U = []\n"
        "def register_%U(f):\n"
        "    HOOKS_%U.append(f)\n"
        "    return f\n"
        "\n"
        "\n"
        "@register_%U\n"
        "def hooked_%U(x):\n"
        "%B    %K[%G](%A)",
    ),
)

# -- names in text -------------------------------------------------------------------------

simple(
    "getattr of the module",
    "import importlib",
    "getattr(importlib.import_module('%M'), '%F')[%G](%A)",
)
simple(
    "name from parts",
    "import importlib",
    "getattr(importlib.import_module('%M'), '%H' + '%T')[%G](%A)",
)
simple(
    "name by f-string",
    "import importlib",
    "part = '%T'",
    "getattr(importlib.import_module('%M'), f'%H{part}')[%G](%A)",
)
simple("vars", "import importlib", "vars(importlib.import_module('%M'))['%F'][%G](%A)")
simple(
    "attrgetter",
    "import importlib, operator",
    "operator.attrgetter('%F')(importlib.import_module('%M'))[%G](%A)",
)
simple("dotted path", "import pkgutil", "pkgutil.resolve_name('%M:%F')[%G](%A)")
simple("exec", "import importlib", "exec(%Q, {**globals(), **locals(), '%F': %K})")
simple("eval", "eval(%Q, {**globals(), **locals(), '%F': %K})")
simple(
    "exec of lines",
    "lines = ['from %M import %F']",
    "lines.append(%Q)",
    "exec('\\n'.join(lines), {**globals(), **locals()})",
)
simple(
    "compile",
    "exec(compile('from %M import %F\\n' + %Q, 'made', 'exec'), {**globals(), **locals()})",
)
simple(
    "timeit",
    "import timeit",
    "timeit.timeit(%Q, 'from %M import %F', number=1, globals={**globals(), **locals()})",
)
simple("arg_names", "%K[%G](%A)", "assert '%D' in %K.arg_names")
simple("number of arg_names", "%K[%G](%A)", "assert len(%K.arg_names) == %C")
simple(
    "signature",
    "import inspect",
    "%K[%G](%A)",
    "assert '%D' in inspect.signature(%K.fn).parameters",
)
simple("params", "%K[%G](%A)", "assert [p.name for p in %K.params][%X] == '%D'")
simple(
    "mock",
    "from unittest import mock",
    "import importlib",
    "with mock.patch.object(importlib.import_module('%M'), '%F', %K) as f:\n    f[%G](%A)",
)
simple(
    "sys.modules",
    "import sys, importlib",
    "importlib.import_module('%M')",
    "sys.modules['%M'].%F[%G](%A)",
)
simple("__import__", "__import__('%M', fromlist=['x']).%F[%G](%A)")
simple(
    "modules in a list",
    "import importlib",
    "for m in [importlib.import_module('%M')]:\n    m.%F[%G](%A)",
)
simple(
    "runpy",
    "import runpy, importlib",
    "ns = runpy.run_path(importlib.import_module('%M').__file__)",
    "ns['%F'][%G](%A)",
)
simple(
    "pickled name",
    "import importlib, json",
    "name = json.loads('{\"kernel\": \"%F\"}')['kernel']",
    "getattr(importlib.import_module('%M'), name)[%G](%A)",
)


def choose(part: Part) -> str:
    """The way."""
    return part.pick("launch", list(WAYS))


def write(site: Site, name: str) -> None:
    """Write the launch in that way."""
    WAYS[name](site)
    kernel = site.kernel
    half = len(kernel.name) // 2
    names = [param.name for param in kernel.params]
    quoted = repr(f"{kernel.name}[{site.grid}]({site.call})")
    # Assignments before the launch belong in the function that launches.
    words = {
        "%Q": quoted,
        "%H": kernel.name[:half],
        "%T": kernel.name[half:],
        "%D": kernel.dead[0],
        "%C": str(len(names)),
        "%X": str(names.index(kernel.dead[0])),
    }
    moved = any("%B" in line for line in site.top)
    for lines in (site.top, site.body):
        for number, line in enumerate(lines):
            for word, value in words.items():
                line = line.replace(word, value)
            lines[number] = _indented(line, site.before)
    if moved:
        site.before, site.after = [], [a for a in site.after if not a.startswith("assert")]


def _indented(text: str, before: list[str]) -> str:
    """Replace `%B` with its lines, indented like the line that begins with it."""
    while "%B" in text:
        head, _, rest = text.partition("%B")
        depth = len(rest) - len(rest.lstrip(" "))
        lines = [line for block in before for line in block.split("\n")]
        text = head + "".join(f"{' ' * depth}{line}\n" for line in lines) + rest
    return text
