"""Kernels in a hostile repository that try to make `verify` run code, by family.

In each, PWN is Python source that creates a file, CODE is the same as a string literal, SHELL is a
shell command that does so, and TARGET is the file's name; both are literals. After `verify`, there
must be no such file. REFUSED kernels must not be compiled. HARMLESS ones may be, since the code
that would run is left out. Triton itself rejects INERT ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

REFUSED, HARMLESS, INERT = "refused", "harmless", "inert"

#: Bodies of kernels and helpers that must not reach Triton.
BODIES = {
    "a builtin that reaches into objects": """
        getattr(len, '__self__').eval(CODE)
        if getattr(len, '__self__').eval(CODE): pass
        while getattr(len, '__self__').eval(CODE): pass
        for i in range(getattr(len, '__self__').eval(CODE)): pass
        for i in getattr(len, '__self__').eval(CODE): pass
        a = tl.full([getattr(len, '__self__').eval(CODE) + 16], 0, tl.int32)
        x: getattr(len, '__self__').eval(CODE) = 1
        x: getattr(len, '__self__').eval(CODE)
        getattr(getattr(getattr(tl.load, '__globals__'), 'get')('builtins'), 'exec')(CODE)
        getattr(tl, 'core').builtins.exec(CODE)
        a = getattr(x_ptr, 'handle')
        (getattr)(len, '__self__').eval(CODE)
        (g := getattr)(len, '__self__').eval(CODE)
        [getattr][0](len, '__self__').eval(CODE)
        (getattr if True else getattr)(len, '__self__').eval(CODE)
        (False or getattr)(len, '__self__').eval(CODE)
        g: tl.constexpr = getattr; g(len, '__self__').eval(CODE)
        tl.constexpr(getattr)(len, '__self__').eval(CODE)
        a = hasattr(getattr(len, '__self__'), 'eval')
        a = n if getattr(len, '__self__').eval(CODE) else 1
        a = n[getattr(len, '__self__').eval(CODE)]
        a = [getattr(len, '__self__').eval(CODE) for i in (1, 2)]
        a = (n, *getattr(len, '__self__').eval(CODE))
        a = n + (b := getattr(len, '__self__').eval(CODE))
        a += getattr(len, '__self__').eval(CODE)
        raise getattr(len, '__self__').eval(CODE)
        a = 1 < getattr(len, '__self__').eval(CODE) < 2
        \uff47etattr(len, '__self__').eval(CODE)
    """,
    "a builtin's own attributes": """
        len.__self__.exec(CODE)
        isinstance.__self__.eval(CODE)
        print.__globals__['builtins'].exec(CODE)
        min.__globals__['builtins'].exec(CODE)
        range.__init__.__class__
        a = list.__subclasses__()
        a = int.from_bytes
        a = float.fromhex('1')
        (len or 0).eval(CODE)
        (range, 0)[0].mro()
        a: tl.constexpr = isinstance ;; a.__self__.exec(CODE)
        (min or 0).__wrapped__(n)
        \uff4cen.__\uff53elf__.exec(CODE)
    """,
    "a name that is also assigned": """
        if False: tl = 0 ;; tl.core.builtins.exec(CODE)
        if False: (tl := 0) ;; tl.core.builtins.exec(CODE)
        if False: [0 for tl in (1, 2)] ;; tl.core.builtins.exec(CODE)
        for tl in range(0): pass ;; tl.core.builtins.exec(CODE)
        if False: tl, a = 0, 0 ;; tl.core.builtins.exec(CODE)
        if False: tl += 1 ;; tl.core.builtins.exec(CODE)
        if False: tl: tl.constexpr = 1 ;; tl.core.builtins.exec(CODE)
        if False: getattr = 0 ;; getattr(len, '__self__').eval(CODE)
        if False: len = 0 ;; len.__self__.exec(CODE)
        tl = tl ;; tl.core.builtins.exec(CODE)
        if False: triton = 0 ;; triton.compiler.compiler.os.system(SHELL)
    """,
    "a module as a value": """
        m = tl ;; m.core.builtins.exec(CODE)
        m: tl.constexpr = tl.core ;; m.builtins.exec(CODE)
        (tl if True else tl).core.builtins.exec(CODE)
        (tl or 0).core.builtins.exec(CODE)
        (True and tl).core.builtins.exec(CODE)
        [tl][0].core.builtins.exec(CODE)
        (tl,)[0].core.builtins.exec(CODE)
        (m := tl).core.builtins.exec(CODE)
        tl.constexpr(tl).value.core.builtins.exec(CODE)
        a = isinstance(tl, tl)
        a = tl == tl
        tl.device_print('x', tl)
        tl.static_print(tl.core)
        for i in tl.range(tl): pass
        a = (lambda: tl)().core
        helper(tl)
        a = list(tl)
        a = max((tl, tl))
        a = '%(x)s' % tl
        a = f'{tl}'
        a = n.to(tl)
        a = tl.load(x_ptr, None, None, (), '', '', '', False, tl.core)
        for tl.core in range(3): pass
        tl.core, a = 1, 2
        assert tl.core, tl
    """,
    "Triton's own modules": """
        tl.core.builtins.exec(CODE)
        tl.core.inspect.os.system(SHELL)
        tl.core.typing.sys.modules
        tl.core.ir.parse_mlir_module(TARGET, n)
        tl.core.knobs.setenv('a', 'b')
        tl.core.math.core
        tl.extra.pkgutil.os.system(SHELL)
        tl.extra.modules['os'].system(SHELL)
        tl.extra.cuda.libdevice.core.builtins.exec(CODE)
        tl.math.core.builtins.exec(CODE)
        tl.standard.core.builtins.exec(CODE)
        tl.random.core.builtins.exec(CODE)
        tl.semantic.knobs
        tl.target_info.driver.active
        tl.\uff43ore.builtins.exec(CODE)
        triton.language.core.builtins.exec(CODE)
        triton.compiler.compiler.os.system(SHELL)
        triton.compiler.compiler.Path(TARGET).touch()
        triton.runtime.build._build('x', 'y', 'z')
        triton.runtime.driver.active
        triton.testing.os.system(SHELL)
        triton.knobs.cache.dir
        triton.backends.nvidia.compiler.subprocess.run(SHELL)
        triton._C.libtriton.ir.parse_mlir_module(TARGET, n)
        tl.core.builtins += 1
        [0 for tl.core.builtins in (1,)]
        while tl.condition(tl.core.builtins.eval(CODE)): pass
        for i in tl.range(0, 10, num_stages=tl.core.builtins.eval(CODE)): pass
        for i in tl.core.builtins.exec(CODE): pass
        n.reduce(0, tl.core.builtins.exec)
        raise n from tl.core.builtins.exec(CODE)
    """,
    "functions of Triton that are not of its language": """
        triton.constexpr_function(open)(TARGET, 'w')
        triton.jit(open)
        triton.compile(TARGET)
        triton.autotune([], [])
        triton.Config({})
        triton.set_allocator(open)
        triton.language.core.wraps(open)
        tl.core.builtin(open)(TARGET, 'w')
        tl.core._aggregate(n)
        tl.core.must_use_result(open)
        tl.core.JITCallable(open)
        tl.core._unwrap_if_constexpr(open)
        tl.core.cached_property(open)
        tl.core.contextmanager(open)
        tl.core.dispatch(open, 'x', TARGET, [], {}, (), True, n)
        tl.core.extern_elementwise('x', TARGET, [n], {}, True)
        tl.core.extern(open)
        tl.core.tensor(n, n).handle
        tl.tensor(n, tl.int32)
        tl.tensor_descriptor(n, n, n, n)
    """,
    "what a function of the language is made of": """
        (tl.sum or 0).get_capture_scope().get('core').builtins.exec(CODE)
        tl.sum.fn.__globals__['core'].builtins.exec(CODE)
        tl.sum.fn(n)
        tl.sum.run(n, grid=(1,), warmup=True)
        tl.sum.warmup(n, grid=(1,))
        tl.sum[(1,)](n)
        (tl.sum or 0)[(1,)](n)
        tl.sum.add_pre_run_hook(open)
        tl.sum._unsafe_update_src(CODE)
        tl.sum.parse()
        tl.sum.repr(n)
        tl.load.__wrapped__(n)
        tl.load.__globals__['builtins'].exec(CODE)
        tl.load.signature
        tl.dtype.__init__.__globals__
        tl.dtype.mro()
        f: tl.constexpr = tl.sum ;; f.fn(n)
        f: tl.constexpr = tl.sum ;; f[(1,)](n)
        [tl.sum][0].fn(n)
        a, b = (tl.sum, tl.load) ;; a.fn(n)
        min(tl.sum, tl.sum).fn(n)
        tl.associative_scan(tl.arange(0, 16), 0, helper.fn)
        a = f'{tl.sum.fn}'
        n.sum.fn(n)
        n.sum.__self__.handle
        tl.PropagateNan.__members__
        helper.fn.__globals__
        helper[(1,)](n)
        helper.run(n, grid=(1,), warmup=False)
        (helper if True else helper).get_capture_scope()
    """,
    "what a value is made of": """
        a = x_ptr.handle
        x_ptr.handle.get_loc()
        x_ptr.type.__class__
        x_ptr.dtype.__init__.__globals__['builtins'].exec(CODE)
        n.__class__.__mro__
        n.to.__func__.__globals__
        n.to.__self__
        x_ptr.shape.values.append(1)
        x_ptr.shape.__getattr__('values')
        tl.constexpr(1).__init__.__globals__
        tl.float32.__class__
        a = n._flatten_ir([])
        n._set_name(n, 'x')
        (1).__class__.__base__.__subclasses__()
        (1).real
        'x'.__class__
        '{0.__class__}'.format(n)
        '{}'.format_map(n)
        'x'.join(('a', 'b'))
        ''.encode('utf-8')
        (0.5).hex()
        n[0].__class__
        (n if True else n).__class__
        (n + 1).__class__
        helper(n).__class__
        n.to(tl.float32).__class__
        x_ptr.handle: tl.constexpr = 1
        for x_ptr.handle in range(3): pass
        x_ptr.dtype.element_ty.to_ir(n)
        x_ptr.dtype.element_ty.SINT_TYPES.append('x')
        tl.int32.int_signedness.name.join
        a = 'abc'.split('b')
        a = (0).bit_length()
        tl.target_info.current_target().backend
        n.__\uff43lass__
    """,
    "the arguments of prints and checks": """
        tl.static_print('x', file=getattr(len, '__self__').open(TARGET, 'w'))
        tl.static_print('x', file=n)
        tl.static_print('x', flush=True)
        p: tl.constexpr = tl.static_print ;; p('x', file=n)
        (tl.static_print or 0)('x', file=n)
        tl.static_print(f"{getattr(len, how).eval(how)}")
        tl.static_print(f"{n.__class__!r}")
        tl.static_assert(getattr(len, '__self__').eval(CODE))
        tl.static_assert(False, f"{getattr(len, how).eval(how)}")
        tl.device_print('x', getattr(len, '__self__').eval(CODE))
        tl.device_assert(getattr(len, '__self__').eval(CODE), 'x')
        assert getattr(len, '__self__').eval(CODE)
        assert n, getattr(len, '__self__').eval(CODE)
        print(getattr(len, '__self__').eval(CODE))
        tl.inline_asm_elementwise(getattr(len, '__self__').eval(CODE), '', [n], tl.int32, True, 1)
    """,
    "arguments that Triton hands in itself": """
        a = tl.load(x_ptr, _semantic=getattr(len, '__self__').eval(CODE))
        a = tl.load(x_ptr, _semantic=n)
        a = tl.load(x_ptr, _builder=n)
        a = tl.sum(n, _generator=n)
        a = tl.load(**n)
        a = helper(**{'y': 1})
        a = helper(__class__=1)
    """,
    "Python that is no kernel's": """
        import os ;; os.system(SHELL)
        from os import system ;; system(SHELL)
        def inner(a=open(TARGET, 'w')): pass
        async def inner(): pass
        a = (lambda: open(TARGET, 'w'))()
        class Inner: open(TARGET, 'w')
        class Inner(metaclass=open): pass
        with open(TARGET, 'w'): pass
        with open(TARGET, 'w') as file: file.write('x')
        with tl.core: pass
        global tl
        del tl
        yield open(TARGET, 'w')
        a = {open(TARGET, 'w')}
        a = {open(TARGET, 'w'): 1}
        a = {b: b for b in (open(TARGET, 'w'),)}
        a = (b for b in (open(TARGET, 'w'),))
        a = b'x'
        a = 1j
    """,
}

#: Bodies with names that Triton does not know, and says so.
UNKNOWN = """
    open(TARGET, 'w')
    PWN
    __import__('os').system(SHELL)
    compile(CODE, 'x', 'exec')
    globals()['tl']
    delattr(n, 'x')
    type(n)
    super()
    breakpoint()
    setattr(n, 'x', 1)
    abs.__self__.exec(CODE)
    sum([open(TARGET, 'w')])
    os.system(SHELL)
    sys.modules['os'].system(SHELL)
    __builtins__.exec(CODE)
    __builtins__['exec'](CODE)
    __loader__.load_module('os')
    object.__subclasses__()
    memoryview(open)
    a = tl.reduce(tl.arange(0, 16), 0, open)
    a = tl.map_elementwise(open, n)
    a = tl.extern_elementwise('x', TARGET, [n], {}, True)
    a = tl.static_range(open(TARGET, 'w'))
    tl.load: tl.constexpr = 1 ;; a = tl.load(x_ptr)
    tl.reduce(tl.arange(0, 16), 0, tl.static_print)
    a = tl.map_elementwise(tl.static_print, tl.arange(0, 16))
    a = tl.zeros_like(tl.tensor)
    a = isinstance(tl.sum, tl.sum)
    a = '%s' % tl.sum
    a = tl.softmax(tl.dtype)
    for i in helper(3): pass
    print('x', file=n)
    a = how.value.value.value
    a = tl.inline_asm_elementwise('.include "/etc/passwd"', '=r,r', [n], tl.int32, True, 1)
    tl.static_print(f"{open(how, how)}")
    tl.static_print(f"{open(how, how)!r:>{open(how)}}")
"""

#: What a helper does with its argument.
GIVEN = [
    ("helper(tl.sum)", "y.fn(y)"),
    ("helper(y=tl.sum)", "y[(1,)](y)"),
    ("helper(helper)", "y.run(y, grid=(1,), warmup=True)"),
    ("helper(len)", "y.__self__.exec(CODE)"),
    ("helper(print)", "y.__globals__"),
    ("helper(tl.static_print)", "y('x', file=y)"),
    ("helper((tl.sum, tl.load))", "y[0].__globals__"),
    ("helper(tl.constexpr(tl.sum))", "y.value.fn(y)"),
    ("helper(getattr)", "y(len, '__self__').eval(CODE)"),
]

#: Code above the kernel, with a body that uses it.
ABOVE = {
    "an import under a name of the language": [
        ("from os import system as load", "load(SHELL)"),
        ("import os as tl2", "tl2.system(SHELL)"),
        ("import os as tl", "tl.system(SHELL)"),
        ("import builtins as tl", "tl.exec(CODE)"),
        ("from builtins import exec as load", "load(CODE)"),
        ("from triton.language.core import builtins", "builtins.exec(CODE)"),
        ("from triton.language.core import builtins as b", "b.exec(CODE)"),
        ("from triton.language import core", "core.builtins.exec(CODE)"),
        ("import triton.language.core as c", "c.builtins.exec(CODE)"),
        ("from triton.language.core import *", "builtins.exec(CODE)"),
        ("from triton.language.extra import modules", "modules['os'].system(SHELL)"),
        ("import triton.compiler.compiler as tl3", "tl3.os.system(SHELL)"),
        ("from triton.compiler.compiler import os", "os.system(SHELL)"),
        ("from triton.runtime.build import _build", "_build('x', 'y', 'z')"),
        ("from triton.language.core import extern_elementwise as e", "e('', TARGET, [n], 1, True)"),
        ("from triton import testing as tl4", "tl4.os.system(SHELL)"),
        ("from triton.language.core import wraps, __builtins__ as b", "b['exec'](CODE)"),
        ("from triton.language import __builtins__ as b", "b['exec'](CODE)"),
        ("from triton.language import static_print as p", "p('x', file=n)"),
        ("import triton.testing", "triton.testing.os.system(SHELL)"),
    ],
    "a constant of the module": [
        ("X = tl.constexpr(open(TARGET, 'w'))", "a = X"),
        ("X = eval(CODE)", "a = X"),
        ("X = [open(TARGET, 'w')]", "a = X[0]"),
        ("X = (lambda: open(TARGET, 'w'))()", "a = X"),
        ("X = __import__('os').system(SHELL)", "a = X"),
        ("X = max(open(TARGET, 'w'), 1)", "a = X"),
        ("X = len([open(TARGET, 'w')])", "a = X"),
        ("X = 1 if open(TARGET, 'w') else 2", "a = X"),
        ("X = 1 + open(TARGET, 'w')", "a = X"),
        ("X = f\"{open(TARGET, 'w')}\"", "a = X"),
        ("X = [y for y in (open(TARGET, 'w'),)]", "a = X"),
        ("X = (y := open(TARGET, 'w'))", "a = X"),
        ("X = tuple(map(open, [TARGET]))", "a = X"),
        ("X = '{0.__class__}'.format(1)", "a = X"),
        ("X = '%s' % open(TARGET, 'w')", "a = X"),
        ("X = float.fromhex", "X('1')"),
        ("X = math.__loader__", "a = X"),
        ("import math\nX = math.__loader__.load_module('os')", "X.system(SHELL)"),
        ("X = tl.core.builtins.eval", "X(CODE)"),
        ("X = tl.constexpr(tl.core.builtins)", "X.exec(CODE)"),
        ("X = tl.core", "X.builtins.exec(CODE)"),
        ("X = tl", "X.core.builtins.exec(CODE)"),
        ("X = tl.constexpr(tl.sum)", "X.fn(n)"),
        ("X = tl.sum", "X.fn(n)"),
        ("X = tl.sum", "X[(1,)](n)"),
        ("X = triton", "X.compiler.compiler.os.system(SHELL)"),
        ("X = getattr", "X(len, '__self__').eval(CODE)"),
        ("X = tl.constexpr(getattr)", "X(len, '__self__').eval(CODE)"),
        ("class X:\n    y = open(TARGET, 'w')", "a = X.y"),
        ("X = type('X', (), {'y': open(TARGET, 'w')})", "a = X.y"),
    ],
    "a helper that is not one": [
        ("def helper2(x):\n    PWN", "helper2(n)"),
        ("@triton.constexpr_function\ndef helper2(x):\n    PWN", "a = helper2(1)"),
        ("@tl.core.constexpr_function\ndef helper2(x):\n    PWN", "a = helper2(1)"),
        ("@tl.core.builtin\ndef helper2(x, _semantic=None):\n    PWN", "helper2(n)"),
        ("@tl.core._aggregate\nclass H:\n    x: tl.tensor\n    PWN", "a = H(n)"),
        ("@tl.core.extern\ndef helper2(x, _semantic=None):\n    PWN", "helper2(n)"),
        ("class H:\n    def __init__(self, x):\n        PWN", "a = H(n)"),
        ("class H:\n    @staticmethod\n    def f(x):\n        PWN", "H.f(n)"),
        ("helper2 = lambda x: PWN", "helper2(n)"),
        ("import functools\nhelper2 = functools.partial(open, TARGET, 'w')", "helper2()"),
        ("from other import helper2", "helper2(n)"),
        ("import other", "other.helper2(n)"),
        ("import other", "other.os.system(SHELL)"),
        ("from other import os", "os.system(SHELL)"),
        ("from other import *", "os.system(SHELL)"),
        ("from other import tl", "tl.core.builtins.exec(CODE)"),
        ("@triton.jit\ndef helper2(x, f=open(TARGET, 'w')):\n    return x", "helper2(n)"),
        ("@triton.jit\ndef helper2(x, f=tl.core):\n    f.builtins.exec(CODE)", "helper2(n)"),
        ("@triton.jit\ndef helper2(x, f=tl.sum):\n    f.fn(x)", "helper2(n)"),
        (
            "def outer(e):\n    @triton.jit\n    def helper2(x):\n        e(CODE)\n"
            "    return helper2\nhelper2 = outer(exec)",
            "helper2(n)",
        ),
        ("import other", "other.tl.core.builtins.exec(CODE)"),
    ],
}

#: Whole kernels whose headers, decorators and surroundings are left out.
LEFT_BEHIND = {
    "a default value": "dead, b=open(TARGET, 'w')",
    "a default value by keyword": "dead, *, b=eval(CODE)",
    "an annotation": "dead: open(TARGET, 'w')",
    "an annotation as text": "dead: \"open(TARGET, 'w')\"",
    "a constexpr annotation that computes": "dead, b: (open(TARGET, 'w') or tl.constexpr) = 1",
    "a constexpr annotation as text": "dead, b: \"tl.constexpr if open(TARGET, 'w') else 0\" = 1",
    "a default that a constant computes": "dead, b: tl.constexpr = COMPUTED",
    "a type that Triton evaluates": "dead, b: \"tensordesc<fp32[16],__import__('os')>\" = 1",
}
DECORATORS = [
    "@open(TARGET, 'w')",
    "@__import__('os').system(SHELL)",
    "@triton.autotune(configs=[open(TARGET, 'w')], key=[])",
    "@triton.autotune(configs=[triton.Config({'B': open(TARGET, 'w')})], key=[])",
    "@triton.heuristics({'B': lambda args: open(TARGET, 'w')})",
    "@(lambda f: open(TARGET, 'w') and f)",
    "@[open(TARGET, 'w')][0]",
    "@triton.jit(repr=open(TARGET, 'w'))",
]
MODULES = [
    "PWN",
    "exec(CODE)",
    "if open(TARGET, 'w'):\n    pass",
    "class A:\n    PWN",
    "def __getattr__(name):\n    PWN",
    "import pwned_on_import",
    "__builtins__ = open(TARGET, 'w')",
    "tl.load = open(TARGET, 'w')",
    "triton.jit = open(TARGET, 'w')",
    "assert open(TARGET, 'w')",
    "from pwned_on_import import *",
]
#: What a launch passes for `how`, a constexpr; with a body that does something to it.
LAUNCHED = [
    ("open(TARGET, 'w')", "a = how"),
    ("eval(CODE)", "a = how"),
    ("tl.core", "how.builtins.exec(CODE)"),
    ("tl.extra", "how.modules['os'].system(SHELL)"),
    ("tl.sum", "how.fn(n)"),
    ("tl.static_print", "how('x', file=n)"),
    ("triton.language.core", "how.builtins.exec(CODE)"),
    ("getattr", "how(len, '__self__').eval(CODE)"),
    ("'{0.__class__}'", "a = how.format(n)"),
    ("tl.constexpr(tl.core)", "how.builtins.exec(CODE)"),
    ("__builtins__", "how.exec(CODE)"),
]

OTHER = """
import os

import triton
import triton.language as tl

PWN


def helper2(x):
    PWN
"""
#: Files with the names of modules that tritonlint and Triton import, or may import.
IMPORTED = (
    *("triton.py", "torch/__init__.py", "libcst.py", "numpy.py", "rich.py", "pathspec.py"),
    *("pwned_on_import.py", "setuptools.py", "resource.py", "ctypes.py", "linecache.py", "json.py"),
    *("sitecustomize.py", "usercustomize.py", "conftest.py", "selectors.py", "argparse.py"),
)
#: The same for modules that Python itself imports; any `python -m` in that folder runs these.
IMPORTED_BY_PYTHON = (
    *("importlib/__init__.py", "ast.py", "contextlib.py", "functools.py", "runpy.py", "types.py"),
    *("warnings.py", "collections/__init__.py", "encodings/__init__.py", "site.py", "os.py"),
)


@dataclass(frozen=True)
class Attack:
    """One kernel file; `files` lie beside it."""

    family: str
    text: str
    source: str
    outcome: str = REFUSED
    files: dict[str, str] = field(default_factory=dict)


_SOURCE = """
import triton
import triton.language as tl
{above}

COMPUTED = tl.constexpr(open(TARGET, 'w'))


@triton.jit
def helper(y):
    {inner}
    return y


{decorator}
@triton.jit
def kernel(x_ptr, n, {parameters}, how: tl.constexpr = 1):
    {body}
    tl.store(x_ptr, n)


kernel[(1,)](None, 3, 17, how={launched})
"""
#: The end of each file: a kernel that has to be verified, whatever the one before it does.
HEALTHY = """

@triton.jit
def healthy(x_ptr, n, dead_too: tl.float32):
    tl.store(x_ptr, n)


healthy[(1,)](None, 3, 0.5)
"""


def source_of(
    body: str = "pass",
    above: str = "",
    inner: str = "pass",
    decorator: str = "",
    parameters: str = "dead",
    launched: str = "1",
) -> str:
    """A file with these parts; `;;` separates statements that need their own lines."""

    def lines(text: str) -> str:
        return "\n    ".join(part.strip() for part in text.split(";;"))

    source = _SOURCE.format(
        body=lines(body),
        above=above,
        inner=lines(inner),
        decorator=decorator or "# none",
        parameters=parameters,
        launched=launched,
    )
    return source + HEALTHY


def _listed(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def attacks() -> Iterator[Attack]:
    """All of them."""
    for family, bodies in BODIES.items():
        for body in _listed(bodies):
            yield Attack(family, body, source_of(body))
    for family, bodies in BODIES.items():
        for body in _listed(bodies)[:3]:
            source = source_of("helper(n)", inner=f"x_ptr = n = y ;; {body}")
            yield Attack(f"in a helper: {family}", body, source)
    for body, inner in GIVEN:
        text = f"{body} and {inner}"
        yield Attack("given to a helper", text, source_of(body, inner=inner))
    for body in _listed(UNKNOWN):
        yield Attack("names that a kernel does not know", body, source_of(body), INERT)
    for family, pairs in ABOVE.items():
        for above, body in pairs:
            text = f"{above!r} and {body}"
            yield Attack(family, text, source_of(body, above), INERT, {"other.py": OTHER})
    for text, parameters in LEFT_BEHIND.items():
        yield Attack("in a header", text, source_of(parameters=parameters), HARMLESS)
    for decorator in DECORATORS:
        source = source_of(decorator=decorator, parameters="dead, B: tl.constexpr = 1")
        yield Attack("in a decorator", decorator, source, HARMLESS)
    for above in MODULES:
        yield Attack("at the top of a module", above, source_of(above=above), HARMLESS)
    for launched, body in LAUNCHED:
        text = f"{launched} and {body}"
        yield Attack("in a launch", text, source_of(body, launched=launched), INERT)


def armed(source: str, target: Path) -> str:
    """The source with the code that creates the file in place of the capital words."""
    pwn = f"open({str(target)!r}, 'w').close()"
    for word, text in (
        ("PWN", pwn),
        ("CODE", repr(pwn)),
        ("SHELL", repr(f"touch {target}")),
        ("TARGET", repr(str(target))),
    ):
        source = source.replace(word, text)
    return source
