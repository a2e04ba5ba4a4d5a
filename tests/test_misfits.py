"""TRL903: launches and device calls that cannot bind, and those that may."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Lint = Callable[..., list[dict[str, Any]]]

HEAD = """\
import functools
import pytest
import triton
import triton.language as tl


@triton.jit
def kernel(p, n, m=3, B: tl.constexpr = 4):
    tl.store(p, n + m + B)


@triton.jit
def other(p, n, stride, OPTION: tl.constexpr):
    tl.store(p, n + stride + OPTION)


@triton.jit
def many(*args):
    tl.store(args[0], 1)


@triton.jit
def helper(a, b=1):
    return a + b


@unknown
@triton.jit
def wrapped(p, n):
    tl.store(p, n)


@triton.autotune([triton.Config({"n": 1}), triton.Config({"n": 2})], key=[])
@triton.heuristics({"m": lambda args: 1})
@triton.jit
def tuned(p, k, n, m):
    tl.store(p, k + n + m)


@triton.autotune([triton.Config({"n": 1}, num_stages=2), triton.Config({"n": 2})], key=[])
@triton.jit
def staged(p, n, num_stages: tl.constexpr):
    for i in tl.range(0, n, num_stages=num_stages):
        tl.store(p + i, n)


@triton.autotune([triton.Config({})], key=[])
@triton.jit
def retuned(p, n):
    tl.store(p, n)


@triton.autotune(configs(), key=[])
@triton.jit
def tuned_elsewhere(p, n):
    tl.store(p, n)


@triton.autotune(key=[], **OPTIONS)
@triton.jit
def tuned_by_options(p, n):
    tl.store(p, n)


OFF = False
ON = 1
tune = functools.partial(triton.autotune, configs=[triton.Config({"n": 1})])


@tune(key=[])
@triton.jit
def tuned_by_a_partial(p, n):
    tl.store(p, n)


"""

#: Launches that Triton rejects, and what the report says about them.
REFUSED = {
    "kernel[g](p)": "this launch does not fit `kernel`: it gets no `n`",
    "kernel[g](m=1)": "this launch does not fit `kernel`: it gets no `p` and no `n`",
    "kernel[g](p, 1, 2, 3, 4)": "it takes 4 positional arguments, and 5 are given",
    "kernel[g](p, 1, p=p)": "`p` is given twice",
    "kernel[g](p, 1, stride=2)": "it has no parameter `stride`",
    "kernel.run(p, grid=g, warmup=False)": "it gets no `n`",
    "kernel.warmup(p, grid=g)": "it gets no `n`",
    "kernel.fn[g](p)": "it gets no `n`",
    "k = kernel; k[g](p)": "it gets no `n`",
    "run = kernel[g]; run(p)": "it gets no `n`",
    "run = functools.partial(kernel[g], p); run()": "it gets no `n`",
    "run = functools.partial(kernel[g], p, 1, 2, 3, 4)": "and 5 are given",
    "tuned[g](p)": "it gets no `k`",
    "print(len(retuned.configs)); retuned[g](p)": "it gets no `n`",
    "tuned[g](p, 1, 2, 3, 4)": "and 5 are given",
    "tuned_elsewhere[g](p, 1, 2)": "and 3 are given",
    "(kernel if c else other)[g](p)": "it gets no `n`",
    "if c:\n        kernel[g](p)": "it gets no `n`",
    "if False:\n        pass\n    else:\n        kernel[g](p)": "it gets no `n`",
    "with torch.no_grad(), c.device(0):\n        kernel[g](p)": "it gets no `n`",
    "with pytest.raises(TypeError):\n        c()\n    kernel[g](p)": "it gets no `n`",
    "@pytest.mark.skipif(c)\n    def test_it():\n        kernel[g](p)": "it gets no `n`",
    "try:\n        pass\n    finally:\n        kernel[g](p)": "it gets no `n`",
    "def run():\n        kernel[g](p)\n\n    run()": "it gets no `n`",
    "class Op:\n        def run(self):\n            kernel[g](p)\n\n    Op().run()": "it gets no",
    "if c:\n        return 1\n    kernel[g](p)": "it gets no `n`",
    "if ON:\n        kernel[g](p)": "it gets no `n`",
    "if OFF:\n        pass\n    else:\n        kernel[g](p)": "it gets no `n`",
    "if c or OFF:\n        kernel[g](p)": "it gets no `n`",
    "ON and kernel[g](p)": "it gets no `n`",
    "kernel[g](p) if ON else None": "it gets no `n`",
    "None if c else kernel[g](p)": "it gets no `n`",
    "while ON:\n        kernel[g](p)": "it gets no `n`",
    "def run():\n        kernel[g](p)\n\n    run()\n    print([run for run in c])": "gets no `n`",
    "@cached\n    def run():\n        kernel[g](p)\n\n    run()": "it gets no `n`",
}

#: Launches that bind, or for which that is not certain.
LEFT_ALONE = {
    "it binds": "kernel[g](p, 1)",
    "by keyword": "kernel[g](n=1, p=p)",
    "an option": "kernel[g](p, 1, num_warps=4)",
    "an option of another vendor": "kernel[g](p, 1, buffer_size_limit=4)",
    "an option that is a constexpr elsewhere": "kernel[g](p, 1, OPTION=4)",
    "unpacked": "kernel[g](*args)",
    "unpacked after one": "kernel[g](p, *args)",
    "unpacked by keyword": "kernel[g](p, **kwargs)",
    "a partial that gets the rest later": "run = functools.partial(kernel[g], p); call(run)",
    "a partial with unpacked keywords": "run = functools.partial(kernel[g], **kwargs); run(p)",
    "any arguments": "many[g](1, 2, 3)",
    "an unknown decorator": "wrapped[g](p)",
    "a config gives it": "tuned[g](p, 1)",
    "a config gives it as an option": "staged[g](p)",
    "a config may give it": "tuned_elsewhere[g](p)",
    "a config among unpacked options may give it": "tuned_by_options[g](p)",
    "a config in a partial may give it": "tuned_by_a_partial[g](p)",
    "one of two fits": "(kernel if c else other)[g](p, 1)",
    "an unknown one": "(kernel if c else make())[g](p)",
    "an object": "self.kernel[g](p)",
    "expected to fail": "with pytest.raises(TypeError):\n        kernel[g](p)",
    "expected to fail, in a lambda": "pytest.raises(TypeError, lambda: kernel[g](p))",
    "expected to fail, in a method's lambda": "self.assertRaises(TypeError, lambda: kernel[g](p))",
    "expected to fail, in a function": "def run():\n        kernel[g](p)\n\n"
    "    self.assertRaises(TypeError, run)",
    "perhaps expected to fail": "with c:\n        kernel[g](p)",
    "expected to fail, where it is called": "def run():\n        kernel[g](p)\n\n"
    "    with pytest.raises(TypeError):\n        run()",
    "expected to fail, where a lambda is called": "run = lambda: kernel[g](p)\n"
    "    with pytest.raises(TypeError):\n        run()",
    "perhaps expected to fail, where a lambda is called": "run = lambda: kernel[g](p)\n"
    "    with expectation:\n        run()",
    "expected to fail at times, where a lambda is called": "run = lambda: kernel[g](p)\n"
    "    with raises(TypeError) if c else nullcontext():\n        run()",
    "perhaps expected to fail, where it is called": "def run():\n        kernel[g](p)\n\n"
    "    with expectation:\n        run()",
    "a skipped test": "@pytest.mark.skip(reason='')\n    def test_it():\n        kernel[g](p)",
    "a skipped class": "@unittest.skip('')\n    class Test:\n        kernel[g](p)",
    "a class that is expected to fail": "class Test:\n        pytestmark = [pytest.mark.xfail]\n\n"
    "        def test_it(self):\n            kernel[g](p)",
    "never run": "if False:\n        kernel[g](p)",
    "never run, in a loop": "while 0:\n        kernel[g](p)",
    "finally returns": "try:\n        kernel[g](p)\n    finally:\n        return",
    "its configs are replaced": "retuned.configs = c\n    retuned[g](p)",
    "its configs get another": "retuned.configs.append(c)\n    retuned[g](p)",
    "caught": "try:\n        kernel[g](p)\n    except TypeError:\n        pass",
    "a lambda for a function": "assert_fails(lambda: kernel[g](p))",
    "lambdas in a list": "for case in [lambda: kernel[g](p)]:\n"
    "        with pytest.raises(TypeError):\n            case()",
    "a function in a list": "def run():\n        kernel[g](p)\n\n"
    "    for case in [run]:\n        with c:\n            case()",
    "a function for a function": "def run():\n        kernel[g](p)\n\n    assert_fails(run)",
    "a function that is called in a try": "def run():\n        kernel[g](p)\n\n"
    "    try:\n        run()\n    except TypeError:\n        pass",
    "two calls deep": "def run():\n        kernel[g](p)\n\n"
    "    def go_on():\n        run()\n\n"
    "    with pytest.raises(TypeError):\n        go_on()",
    "a method": "class Op:\n        def run(self):\n            kernel[g](p)\n\n"
    "    with pytest.raises(TypeError):\n        c.run()",
    "a method of an object": "class Op:\n        def run(self):\n            kernel[g](p)\n\n"
    "    op = Op()\n    with pytest.raises(TypeError):\n        op.run()",
    "a method of what a call returns": "class Op:\n        def run(self):\n"
    "            kernel[g](p)\n\n    with pytest.raises(TypeError):\n        Op().run()",
    "an object that is made": "class Op:\n        def __init__(self):\n            kernel[g](p)\n\n"
    "    with pytest.raises(TypeError):\n        Op()",
    "a method that other code calls": "class Op(Function):\n        def forward(self):\n"
    "            kernel[g](p)\n\n    with pytest.raises(TypeError):\n        Op.apply()",
    "a partial": "def run():\n        kernel[g](p)\n\n    fn = functools.partial(run)\n"
    "    with pytest.raises(TypeError):\n        fn()",
    "a decorator that expects it": "@expects(TypeError)\n    def run():\n        kernel[g](p)",
    "a decorator that catches it": "def quiet(f):\n        def g():\n            try:\n"
    "                f()\n            except TypeError:\n                pass\n\n"
    "        return g\n\n    @quiet\n    def run():\n        kernel[g](p)",
    "a context manager that catches it": "@contextmanager\n    def quiet():\n        try:\n"
    "            yield\n        except TypeError:\n            pass\n\n"
    "    with quiet():\n        kernel[g](p)",
    "for type checkers": "if TYPE_CHECKING:\n        kernel[g](p)",
    "for type checkers, of typing": "if typing.TYPE_CHECKING:\n        kernel[g](p)",
    "not for type checkers": "if not typing.TYPE_CHECKING:\n        pass\n    else:\n"
    "        kernel[g](p)",
    "never, by a constant": "if OFF:\n        kernel[g](p)",
    "never, by one of two": "if c and OFF:\n        kernel[g](p)",
    "never, by both of two": "if OFF or TYPE_CHECKING:\n        kernel[g](p)",
    "never, in the else of a constant": "if not OFF:\n        pass\n    else:\n"
    "        kernel[g](p)",
    "never, in an expression": "kernel[g](p) if OFF else None",
    "never, in the else of an expression": "None if ON else kernel[g](p)",
    "never, after and": "OFF and kernel[g](p)",
    "never, after or": "ON or kernel[g](p)",
    "after return": "return c\n    kernel[g](p)",
    "after raise": "raise NotImplementedError\n    kernel[g](p)",
    "after return in both branches": "if c:\n        return 1\n    else:\n        raise c\n"
    "    kernel[g](p)",
    "after a skip": "pytest.skip('later')\n    kernel[g](p)",
    "after a break": "for _ in c:\n        break\n        kernel[g](p)",
    "for other versions": "if triton.__version__ < '3':\n        kernel[g](p)",
    "for other versions of Python": "if sys.version_info < (3,):\n        pass\n    else:\n"
    "        kernel[g](p)",
    "for other versions, by a constant": "if TRITON_VERSION >= 4:\n        kernel[g](p)",
}

#: Calls in a kernel.
IN_KERNELS = {
    "helper()": "this call does not fit `helper`: it gets no `a`",
    "helper(1, 2, 3)": "it takes 2 positional arguments, and 3 are given",
    "helper(1, c=2)": "it has no parameter `c`",
    "helper(1)": "",
    "helper(1, b=2)": "",
    "helper(*n)": "",
    "helper(**n)": "",
}


def misfits(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [finding for finding in found if finding["code"] == "TRL903"]


@pytest.mark.parametrize(("launch", "message"), REFUSED.items(), ids=REFUSED)
def test_a_launch_that_triton_refuses(lint: Lint, launch: str, message: str) -> None:
    source = f"{HEAD}def go(p, g, c, self, *args, **kwargs):\n    {launch}\n"
    (found,) = misfits(lint({"module.py": source}))
    assert message in found["message"]
    assert found["fix"] is None
    assert found["location"]["row"] > HEAD.count("\n")


@pytest.mark.parametrize("launch", LEFT_ALONE.values(), ids=LEFT_ALONE)
def test_a_launch_that_may_bind(lint: Lint, launch: str) -> None:
    source = f"{HEAD}def go(p, g, c, self, *args, **kwargs):\n    {launch}\n"
    assert misfits(lint({"module.py": source})) == []


#: Files of a launch in `run`, and whether the file may call it from elsewhere to see it fail.
PLACES = {
    "module.py": False,
    "benchmarks/bench.py": False,
    "tests/cases.py": True,
    "test_ops.py": True,
    "pkg/testing/launches.py": True,
    "conftest.py": True,
    "contest.py": False,
}


@pytest.mark.parametrize(("path", "is_test"), PLACES.items())
def test_a_function_of_tests_may_be_called_from_anywhere(
    lint: Lint, path: str, is_test: bool
) -> None:
    for name, function in ("run", "def run(p, g)"), ("test_it", "def test_it(p, g)"):
        source = f"{HEAD}{function}:\n    kernel[g](p)\n"
        assert len(misfits(lint({path: source}))) == (name == "test_it" or not is_test)


@pytest.mark.parametrize("mark", ["xfail", "skip", "slow"])
def test_a_mark_of_the_whole_module(lint: Lint, mark: str) -> None:
    source = f"{HEAD}pytestmark = pytest.mark.{mark}\n\n\ndef test_it(p, g):\n    kernel[g](p)\n"
    assert len(misfits(lint({"module.py": source}))) == (mark == "slow")


@pytest.mark.parametrize("path", ["module.py", "tests/kernels.py"])
@pytest.mark.parametrize(("call", "message"), IN_KERNELS.items(), ids=IN_KERNELS)
def test_a_call_in_a_kernel(lint: Lint, call: str, message: str, path: str) -> None:
    source = f"{HEAD}@triton.jit\ndef caller(p, n):\n    tl.store(p, {call})\n"
    found = misfits(lint({path: source}))
    assert [message in f["message"] for f in found] == ([True] if message else [])


def test_a_kernel_that_is_defined_twice(lint: Lint) -> None:
    """Only the import of the module shows which of the two it is."""
    source = """
    import triton

    if triton.__version__ > "3":

        @triton.jit
        def kernel(p, n):
            p + n

    else:

        @triton.jit
        def kernel(p):
            print(p)

    kernel[g](p{})
    """
    assert misfits(lint({"module.py": source.format("")})) == []
    assert misfits(lint({"module.py": source.format(", 1")})) == []
    assert len(misfits(lint({"module.py": source.format(", 1, 2")}))) == 1


@pytest.mark.parametrize(("pruning", "count"), [("", 1), (", prune", 0), (", None, [], []", 0)])
def test_pruning_by_position_may_give_a_value(lint: Lint, pruning: str, count: int) -> None:
    source = f"""
    import triton

    @triton.autotune([triton.Config({{"m": 1}})], []{pruning})
    @triton.jit
    def kernel(p, n, m):
        p + n + m

    kernel[g](p)
    """
    assert len(misfits(lint({"module.py": source}))) == count


#: A launch in another file, with and without the word Triton.
FILES = {
    "kernels.py": "import triton\n\n\n@triton.jit\ndef kernel(p, n):\n    p + n\n",
    "with_it.py": "import triton\nfrom kernels import kernel\n\nkernel[(1,)](p)\n",
    "without.py": "import kernels\n\nkernels.kernel[(1,)](p)\n",
    "renamed.py": "from kernels import kernel as go\n\ngo[(1,)](p)\n",
    "spread.py": "import kernels\n\n(kernels  # ours\n .kernel)[(1,)  # one\n](p)\n",
    "fits.py": "from kernels import kernel\n\nkernel[(1,)](p, 1)\n",
}


def test_files_named_alone_give_the_same(lint: Lint) -> None:
    whole = misfits(lint(FILES))
    assert [f["filename"] for f in whole] == [
        *("renamed.py", "spread.py", "with_it.py", "without.py")
    ]
    for name in FILES:
        alone = misfits(lint(FILES, Path(name)))
        assert alone == [f for f in whole if f["filename"] == name]


@pytest.mark.parametrize(
    "code",
    [
        "import kernels\n\nkernels.kernel = make()\n",
        "with mock.patch('kernels.kernel', make()):\n    go()\n",
        "@mock.patch.object(kernels, 'kernel')\ndef test_it(kernel):\n    go()\n",
        "def test_it(monkeypatch):\n    monkeypatch.setattr('kernels.kernel', make())\n",
    ],
)
def test_another_file_may_put_something_else_in_its_place(lint: Lint, code: str) -> None:
    files = {**FILES, "patch.py": code}
    assert misfits(lint(files)) == []
    for name in FILES:
        assert misfits(lint(files, Path(name))) == []


def test_a_class_gives_a_private_parameter_another_name(lint: Lint) -> None:
    kernel = "    @triton.jit\n    def kernel(p, __n):\n        p + __n\n"
    launch = "    def go(self, p):\n        Op.kernel[(1,)](p, _Op__n=4)\n"
    source = f"import triton\n\n\nclass Op:\n{kernel}\n{launch}"
    assert misfits(lint({"kernels.py": source})) == []


def test_a_comment_silences_it(lint: Lint) -> None:
    files = {**FILES, "without.py": "import kernels\n\nkernels.kernel[(1,)](p)  # noqa: TRL903\n"}
    assert "without.py" not in {f["filename"] for f in lint(files)}
