"""Arguments that may fail where other code notices the error and goes on."""

from __future__ import annotations

import textwrap

import pytest

HEAD = """\
import contextlib
import torch
import triton
import triton.language as tl


@triton.jit
def kernel(x, n):
    tl.store(x, 0)


"""


@pytest.fixture
def reason(write, tritonlint):
    """Why the fix of the only finding is unsafe; "" if it is safe."""

    def ask(source, **others):
        files = {f"{name}.py": code for name, code in others.items()}
        root = write({"kernels.py": HEAD + source, **files})
        [found] = tritonlint("--no-cache", "--output-format", "json", root).findings
        is_safe = found["fix"]["applicability"] == "safe"
        return "" if is_safe else found["fix"]["message"].partition("after a look: ")[2]

    return ask


#: Bodies of a function that launches with an argument that may fail, and whether it may go on.
LATER = {
    "a lambda that is called in a try": (
        "    run = lambda: kernel[(1,)](x, x.shape[1])\n"
        "    try:\n        y(run)\n    except IndexError:\n        y()\n",
        True,
    ),
    "a function that is called in a try": (
        "    def run():\n        kernel[(1,)](x, x.shape[1])\n\n"
        "    try:\n        y(run)\n    except IndexError:\n        y()\n",
        True,
    ),
    "a function that is called in suppress": (
        "    def run():\n        kernel[(1,)](x, x.shape[1])\n\n"
        "    with contextlib.suppress(IndexError):\n        run()\n",
        True,
    ),
    "a function that another one calls in a try": (
        "    def safely(run):\n        try:\n            run()\n"
        "        except IndexError:\n            y()\n\n"
        "    safely(lambda: kernel[(1,)](x, x.shape[1]))\n",
        True,
    ),
    "a lambda in a comprehension": (
        "    runs = [lambda: kernel[(1,)](x, x.shape[1]) for _ in y]\n"
        "    try:\n        y(runs)\n    except IndexError:\n        y()\n",
        True,
    ),
    "a lambda, where nothing is caught": (
        "    run = lambda: kernel[(1,)](x, x.shape[1])\n    y(run)\n",
        False,
    ),
    "a lambda, where another error is caught": (
        "    run = lambda: kernel[(1,)](x, x.shape[1])\n"
        "    try:\n        y(run)\n    except KeyboardInterrupt:\n        y()\n",
        False,
    ),
    "the function itself, beside a try": (
        "    kernel[(1,)](x, x.shape[1])\n"
        "    try:\n        y()\n    except IndexError:\n        y()\n",
        False,
    ),
}


@pytest.mark.parametrize(("body", "is_caught"), LATER.values(), ids=LATER)
def test_a_function_that_runs_later(reason, body, is_caught):
    assert bool(reason(f"def launch(x, y):\n{body}")) == is_caught


def test_a_lambda_of_a_module(reason):
    run = "run = lambda x: kernel[(1,)](x, x.shape[1])\n"
    assert not reason(run)
    assert reason(run + "try:\n    run(1)\nexcept IndexError:\n    pass\n")


#: What is around a call of `run`, what `run` is elsewhere, and whether its error may be expected.
EXPECTED = {
    "perhaps an error": ("expectation", "run = lambda x: {}\n", True),
    "a lock": ("expected_lock", "run = lambda x: {}\n", False),
    "another name": ("expectation", "def other(x):\n    run = {}\n    print(run)\n", False),
}


@pytest.mark.parametrize(("item", "code", "is_caught"), EXPECTED.values(), ids=EXPECTED)
def test_a_name_that_is_called_where_an_error_is_expected(reason, item, code, is_caught):
    test = f"\n\ndef test_it(x):\n    with {item}:\n        run(x)\n"
    assert bool(reason(code.format("kernel[(1,)](x, x.shape[1])") + test)) == is_caught


@pytest.mark.parametrize("is_caught", [True, False])
def test_a_local_of_a_function_that_runs_later(fix, is_caught):
    """Its value may fail, so it stays."""
    inner = "    def run():\n        n = x.shape[1]\n        kernel[(1,)](x, n)\n\n    {}\n"
    call = "try:\n        run()\n    except IndexError:\n        y()" if is_caught else "run()"
    source = HEAD + "def launch(x, y):\n" + inner.format(call)
    assert ("n = x.shape" in fix({"kernels.py": source})["kernels.py"]) == is_caught


@pytest.mark.parametrize("is_caught", [True, False])
def test_a_parameter_of_a_private_function(fix, is_caught):
    """The argument for it may fail in a lambda that a `try` calls."""
    guard = "try:\n        run()\n    except IndexError:\n        x()" if is_caught else "run()"
    source = (
        f"{HEAD}def _launch(x, n):\n    kernel[(1,)](x, n)\n\n\n"
        f"def launch(x):\n    run = lambda: _launch(x, x.shape[1])\n    {guard}\n"
    )
    assert ("_launch(x, x.shape[1])" in fix({"kernels.py": source})["kernels.py"]) == is_caught


#: Code that gives `k` its value, an argument, and whether the value may be None.
NONE = {
    "a function that returns None": (
        "def f(x):\n    if x:\n        return None\n    return 4",
        "k = f(x)",
        True,
    ),
    "a function that returns nothing": ("def f(x):\n    if x:\n        return 4", "k = f(x)", True),
    "a function that may return None": ("def f(x) -> Optional[int]:\n    ...", "k = f(x)", True),
    "a function that may return None, in words": (
        "def f(x) -> 'int | None':\n    ...",
        "k = f(x)",
        True,
    ),
    "a function whose other function returns None": (
        "def g(x):\n    return 4 if x else None\n\n\ndef f(x):\n    return g(x)",
        "k = f(x)",
        True,
    ),
    "one of two values of a function": ("def f(x):\n    return None if x else 4", "k = f(x)", True),
    "an unpacked list": ("", "k, *rest = [None, 1]", True),
    "an unpacked tuple": ("", "j, k = 1, None", True),
    "one of two unpacked tuples": ("", "j, k = 1, 2\n    if x:\n        j, k = 1, None", True),
    "a function for numbers that is one of the file": (
        "def cdiv(x, y):\n    return None if y else 4",
        "k = cdiv(x, 2)",
        True,
    ),
    "the largest of unknown values": ("", "k = max(x, None)", True),
    "a function that returns a number": ("def f(x):\n    return 4", "k = f(x)", False),
    "a function that says so": ("def f(x) -> int:\n    ...", "k = f(x)", False),
    "a function that returns or fails": (
        "def f(x):\n    if x:\n        return 4\n    else:\n        raise ValueError",
        "k = f(x)",
        False,
    ),
    "a number of a tensor": ("", "k = x.numel()", False),
    "a function for numbers": ("", "k = triton.cdiv(x.numel(), 4)", False),
    "a length": ("", "k = len(x)", False),
    "a number beside None": ("", "j, k = None, 2", False),
    "a shape": ("", "j, k = x.shape", False),
    "one element of a shape": ("", "k = x.shape[0]", False),
    "a number of a loop, after it": ("", "for k in range(4):\n        x()", True),
}


@pytest.mark.parametrize(("before", "given", "is_caught"), NONE.values(), ids=NONE)
def test_a_number_that_may_be_none(reason, before, given, is_caught):
    launch = "    try:\n        kernel[(1,)](x, k + 1)\n    except TypeError:\n        print(x)\n"
    found = reason(f"{before}\n\n\ndef launch(x):\n    {given}\n    print(k)\n{launch}")
    assert ("`k + 1`" in found) == is_caught


#: Code of the module, code before the launch, and whether `k` may have no value.
UNBOUND = {
    "an import that may fail": (
        "try:\n    from other import k\nexcept ImportError:\n    pass",
        "",
        True,
    ),
    "a condition of the module": ("if torch.cuda.is_available():\n    k = 1", "", True),
    "one branch": ("", "if x:\n        k = 1", True),
    "a loop": ("", "for k in x:\n        print(k)", True),
    "a loop's body": ("", "for _ in x:\n        k = 1", True),
    "a while": ("", "while x:\n        k = 1", True),
    "it is deleted": ("", "k = 1\n    del k", True),
    "it is an error that was handled": (
        "",
        "k = 1\n    try:\n        x()\n    except OSError as k:\n        pass",
        True,
    ),
    "a handler that goes on": (
        "",
        "try:\n        k = x()\n    except OSError:\n        pass",
        True,
    ),
    "code that suppresses": ("", "with contextlib.suppress(OSError):\n        k = x()", True),
    "an annotation": ("", "k: int", True),
    "a case": ("", "match x:\n        case 1:\n            k = 1", True),
    "a global of another function": ("def f():\n    global k\n    k = 1", "", True),
    "a constant": ("k = 1", "", False),
    "an import": ("from other import k", "", False),
    "an import with a fallback": (
        "try:\n    from other import k\nexcept ImportError:\n    k = 1",
        "",
        False,
    ),
    "a function": ("def k():\n    pass", "", False),
    "a class": ("class k:\n    pass", "", False),
    "both branches": ("", "if x:\n        k = 1\n    else:\n        k = 2", False),
    "the other branch leaves": (
        "",
        "if x:\n        k = 1\n    elif x is None:\n        k = 2\n"
        "    else:\n        raise OSError",
        False,
    ),
    "an assignment": ("", "k = 1", False),
    "a tuple": ("", "j, (k, *_) = x", False),
    "it is added to": ("k = 1", "k += 1", False),
    "a context manager": ("", "with torch.no_grad():\n        k = x()", False),
    "the value of a context manager": ("", "with x() as k:\n        pass", False),
    "a handler that leaves": (
        "",
        "try:\n        k = x()\n    except OSError:\n        return",
        False,
    ),
    "finally": ("", "try:\n        x()\n    finally:\n        k = 1", False),
}


@pytest.mark.parametrize("error", ["NameError", "Exception"])
@pytest.mark.parametrize(("module", "before", "is_caught"), UNBOUND.values(), ids=UNBOUND)
def test_a_name_that_may_have_no_value(reason, module, before, is_caught, error):
    launch = f"    try:\n        kernel[(1,)](x, k)\n    except {error}:\n        print(x)\n"
    code = f"    {before}\n    print()\n{launch}" if before else launch
    found = reason(f"{module}\n\n\ndef launch(x):\n{code}")
    assert ("`k`" in found) == is_caught


#: Code around a launch with `k`, in a function that catches, and whether `k` has a value there.
INSIDE = {
    "a loop over it": ("    for k in x:\n        {}\n", True),
    "an asynchronous loop over it": ("    async for k in x:\n        {}\n", True),
    "the value of an asynchronous with": ("    async with x() as k:\n        {}\n", True),
    "the value of a with": ("    with x() as k:\n        {}\n", True),
    "after it, in a loop": ("    for _ in x:\n        k = 1\n        {}\n", True),
    "before it, in a loop": ("    for _ in x:\n        {}\n        k = 1\n", False),
    "in the else of a try": (
        "    try:\n        k = 1\n    except OSError:\n        x()\n    else:\n        {}\n",
        True,
    ),
    "in the handler of a try": (
        "    try:\n        k = x()\n    except OSError:\n        {}\n",
        False,
    ),
    "in a function after it": ("    k = 1\n\n    def run():\n        {}\n\n    run()\n", True),
    "in a function before it": ("    def run():\n        {}\n\n    run()\n    k = 1\n", False),
    "a parameter": ("    def run(k):\n        {}\n\n    run(1)\n", True),
    "a parameter that is deleted": (
        "    def run(k):\n        del k\n        {}\n\n    run(1)\n",
        False,
    ),
}


@pytest.mark.parametrize(("code", "is_bound"), INSIDE.values(), ids=INSIDE)
def test_where_a_name_has_a_value(reason, code, is_bound):
    with_launch = code.format("kernel[(1,)](x, k)")
    lines = "".join(f"    {line}\n" for line in with_launch.splitlines())
    body = f"    try:\n{lines}    except NameError:\n        print(x)\n"
    assert ("may fail" not in reason(f"async def launch(x):\n{body}")) == is_bound


#: Arguments, and whether evaluating one may import a package.
IMPORTING = {
    "f(x)": True,
    "far(x)": True,
    "x.rows": True,
    "f(x) + x.shape[0]": True,
    "lazy.rows": True,
    "x.shape[1]": False,
    "x.stride(0)": False,
    "len(x)": False,
    "triton.cdiv(x.shape[0], 2)": False,
    "torch.iinfo(torch.int8).bits": True,
    "x.dtype.itemsize": False,
}


@pytest.mark.parametrize(("argument", "is_caught"), IMPORTING.items())
def test_an_import_that_may_fail(reason, argument, is_caught):
    other = "def far(x):\n    import triton.backends\n\n    return 4\n"
    near = "def f(x):\n    import triton.backends\n\n    return 4\n\n\n"
    launch = f"kernel[(1,)](x, {argument})"
    body = f"    try:\n        {launch}\n    except ImportError:\n        print(x)\n"
    source = f"import lazy\nfrom other import far\n\n\n{near}def launch(x):\n{body}"
    assert ("errors are caught" in reason(source, other=other)) == is_caught


#: Another file, what comes before the launch, the item of its `with`, and whether it may catch.
CATCHES = "    try:\n        yield\n    except IndexError:\n        print(x)\n"
MANAGER = "from contextlib import contextmanager\n\n\n@contextmanager\ndef timer(x):\n"
EXIT = "    def __exit__(self, *error):\n        return True\n"
MANAGERS = {
    "a timer of the project that catches": (
        MANAGER + CATCHES,
        "from other import timer\n",
        "timer(x)",
        True,
    ),
    "under another name": (
        MANAGER + CATCHES,
        "from other import timer as measured\n",
        "measured(x)",
        True,
    ),
    "of a module": (MANAGER + CATCHES, "import other\n", "other.timer(x)", True),
    "with another name for what it returns": (
        MANAGER + CATCHES,
        "from other import timer\n",
        "timer(x) if x else contextlib.nullcontext()",
        True,
    ),
    "a function that returns it": (
        MANAGER + CATCHES,
        "from other import timer\n\n\ndef device(x):\n    return timer(x)\n",
        "device(x)",
        True,
    ),
    "a variable that holds one": (
        MANAGER + CATCHES,
        "from other import timer\n\nmeasured = timer\n",
        "measured(x)",
        True,
    ),
    "a variable that holds one of a module": (
        MANAGER + CATCHES,
        "import other\n\nmeasured = other.timer\n",
        "measured(x)",
        True,
    ),
    "a variable that holds one of another package": (
        MANAGER + CATCHES,
        "from torch import timer\n\nmeasured = timer\n",
        "measured(x)",
        False,
    ),
    "a variable that holds what it returns": (
        MANAGER + CATCHES,
        "from other import timer\n\nmeasured = timer(1)\n",
        "measured",
        True,
    ),
    "a class that catches": (
        f"class device_guard:\n{EXIT}",
        "from other import device_guard\n",
        "device_guard(x)",
        True,
    ),
    "a method that catches": (
        "from contextlib import contextmanager\n\n\nclass Device:\n"
        "    @contextmanager\n    def device(self, x):\n"
        "        try:\n            yield\n        except IndexError:\n            print(x)\n",
        "from other import runtime\n",
        "runtime.device(x)",
        True,
    ),
    "a timer of the project that goes on with another": (
        MANAGER + "    yield from steps(x)\n",
        "from other import timer\n",
        "timer(x)",
        True,
    ),
    "one of the file that goes on with another": (
        "",
        MANAGER + "    try:\n        yield from x()\n    except IndexError:\n        x()\n",
        "timer(x)",
        True,
    ),
    "a lock of the file that catches": (
        "",
        f"class Skip:\n{EXIT}\n\nclass Op:\n    def __init__(self):\n        self.lock = Skip()\n",
        "x.lock",
        True,
    ),
    "a timer of the project": (
        MANAGER + "    yield\n    print(x)\n",
        "from other import timer\n",
        "timer(x)",
        False,
    ),
    "a timer of the project with finally": (
        MANAGER + "    try:\n        yield\n    finally:\n        print(x)\n",
        "from other import timer\n",
        "timer(x)",
        False,
    ),
    "a timer of another package": (
        MANAGER + CATCHES,
        "from torch import timer\n",
        "timer(x)",
        False,
    ),
    "a lock": (
        "",
        "import threading\n\n\nclass Op:\n    def __init__(self):\n"
        "        self.lock = threading.RLock()\n",
        "x.lock",
        False,
    ),
}


@pytest.mark.parametrize(("other", "before", "item", "may_catch"), MANAGERS.values(), ids=MANAGERS)
def test_a_context_manager_of_the_project(reason, other, before, item, may_catch):
    launch = f"def launch(x):\n    with {item}:\n        kernel[(1,)](x, x.shape[1])\n"
    found = reason(f"{before}\n\n{launch}", other=other)
    assert ("may fail, where errors" in found) == may_catch


def test_what_a_context_manager_lets_through_is_no_error(reason):
    """An argument that cannot fail may go, whatever is around it."""
    launch = "def launch(x):\n    with timer(x):\n        kernel[(1,)](x, 4)\n"
    assert not reason(f"from other import timer\n\n\n{launch}", other=MANAGER + CATCHES)


def test_the_reason_names_the_file_that_catches(reason):
    launch = "def launch(x):\n    with timer(x):\n        kernel[(1,)](x, x.shape[1])\n"
    found = reason(f"from other import timer\n\n\n{launch}", other=MANAGER + CATCHES)
    assert "may fail, where errors may be caught: see `timer` in " in found
    assert found.endswith("other.py")


WRAPPER = (
    "import functools\n\n\ndef fallback(f):\n    @functools.wraps(f)\n    def inner(*args):\n"
    "        try:\n            return f(*args)\n"
    "        except IndexError:\n            return None\n    return inner\n"
)
#: Another file, the decorator of the function that launches, and whether it may catch an error.
DECORATORS = {
    "it catches": (WRAPPER, "fallback", True),
    "of a module": (WRAPPER, "other.fallback", True),
    "it gets arguments": (
        f"def fallback(value):\n{textwrap.indent(WRAPPER, '    ')}    return fallback\n",
        "fallback(1)",
        True,
    ),
    "a class": (
        "class fallback:\n    def __call__(self, *args):\n        try:\n"
        "            return self.f(*args)\n        except IndexError:\n            return None\n",
        "fallback",
        True,
    ),
    "a context manager": (MANAGER.replace("timer", "fallback") + CATCHES, "fallback(1)", True),
    "it suppresses": (
        "def fallback(f):\n    def inner(*args):\n        with suppress(IndexError):\n"
        "            return f(*args)\n    return inner\n",
        "fallback",
        True,
    ),
    "it only cleans up": (
        WRAPPER.replace(
            "except IndexError:\n            return None", "finally:\n            go()"
        ),
        "fallback",
        False,
    ),
    "it calls the function": (
        "def fallback(f):\n    def inner(*args):\n        return f(*args)\n    return inner\n",
        "fallback",
        False,
    ),
    "it catches errors of its own": (
        "def fallback(f):\n    try:\n        go()\n    except IndexError:\n        f = None\n"
        "    return f\n",
        "fallback",
        False,
    ),
    "torch's": (WRAPPER, "torch.no_grad()", False),
}


@pytest.mark.parametrize(("other", "decorator", "may_catch"), DECORATORS.values(), ids=DECORATORS)
@pytest.mark.parametrize("around", ["", "class Op:\n", "def make():\n"])
def test_a_decorator_of_the_function_that_launches(reason, other, decorator, may_catch, around):
    launch = f"@{decorator}\ndef launch(x):\n    kernel[(1,)](x, x.shape[1])\n"
    code = around + textwrap.indent(launch, "    ") if around else launch
    found = reason(f"import other\nfrom other import fallback\n\n\n{code}", other=other)
    assert ("may fail, where errors may be caught: see `fallback`" in found) == may_catch


#: What a test does with `launch`, and whether it expects an error.
ASSERTIONS = {
    "self.assertRaises(IndexError, launch, x)": True,
    "pytest.raises(IndexError, launch, x)": True,
    "self.assertEqual(launch(x), None)": False,
}


@pytest.mark.parametrize(("call", "is_expected"), ASSERTIONS.items())
def test_a_function_that_is_given_to_what_expects_an_error(reason, call, is_expected):
    launch = "def launch(x):\n    kernel[(1,)](x, x.shape[1])\n"
    test = f"class Test:\n    def test_it(self, x):\n        {call}\n"
    assert bool(reason(f"{launch}\n\n{test}")) == is_expected
