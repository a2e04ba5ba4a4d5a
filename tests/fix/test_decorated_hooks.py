"""Code that gets the arguments of a launch by name, below a decorator or hidden in another way.

In each case nothing in the kernel reads `n`, but code that Triton calls may. What is not understood
blocks the safe fix; the cases next to it that are understood must be fixed.
"""

from __future__ import annotations

import textwrap

import pytest

IMPORTS = "import functools\nimport triton\nimport triton.language as tl\n\n\n"

KERNEL = """\
@triton.jit
def kernel(x, n, BLOCK: tl.constexpr = 2):
    tl.store(x, BLOCK)


def launch(x, n):
    kernel[GRID](x, n)
"""

DECORATOR = """\
def logged(function):
    def call(*given, **named):
        print([value["n"] for value in given if isinstance(value, dict)])
        return function(*given, **named)

    return call
"""

#: The decorators above the kernel, or the grid, that make Triton call `hook`.
CALLED = {
    "grid": ("", "hook"),
    "heuristic": ('@triton.heuristics({"BLOCK": hook})', "(1,)"),
    "pre_hook": ('@triton.autotune([triton.Config({"BLOCK": 2}, pre_hook=hook)], [])', "(1,)"),
    "early_config_prune": (
        '@triton.autotune([triton.Config({"BLOCK": 2})], [], prune_configs_by={\n'
        '    "early_config_prune": lambda configs, args, **_: hook(args) or configs})',
        "(1,)",
    ),
}


def module(*parts, above="", grid="(1,)"):
    parts = [textwrap.dedent(part).strip("\n") for part in parts]
    kernel = KERNEL.replace("GRID", grid).strip("\n")
    return IMPORTS + "\n\n\n".join([*parts, f"{above}\n{kernel}".strip("\n")]) + "\n"


#: Decorators of `hook`, or of a function that it passes the arguments on to.
UNCLEAR_DECORATORS = {
    "of the same file": (DECORATOR, "@logged"),
    "of another file": ("from logs import logged", "@logged"),
    "of a package": ("from loguru import logged", "@logged"),
    "with the name of a plain one": (DECORATOR.replace("logged", "cache"), "@cache"),
    "one of two": (DECORATOR, "@functools.lru_cache\n@logged"),
    "that dispatches": ("", "@functools.singledispatch"),
}
PLAIN_DECORATORS = {
    "none": ("", ""),
    "lru_cache": ("", "@functools.lru_cache(maxsize=None)"),
    "cache": ("from functools import cache", "@cache"),
    "wraps": ("def other(args): ...", "@functools.wraps(other)"),
    "override": ("from typing import override", "@override"),
}


@pytest.fixture
def reason(lint):
    """Returns why there is no safe fix; None if there is one."""

    def reason(source, **others):
        files = {"kernels.py": source, **{f"{name}.py": text for name, text in others.items()}}
        [finding] = lint(files, "--select", "TRL001", "--fix-strategy", "remove-only")
        fix = finding["fix"]
        if fix is not None and fix["applicability"] == "safe":
            return None
        return finding["fix_blocked_by"] or fix["message"]

    return reason


@pytest.mark.parametrize("called", CALLED.values(), ids=CALLED)
@pytest.mark.parametrize("decorated", UNCLEAR_DECORATORS.values(), ids=UNCLEAR_DECORATORS)
def test_decorator_of_a_hook_may_read_the_arguments(reason, decorated, called):
    before, decorator = decorated
    hook = f"{decorator}\ndef hook(args):\n    return (1,)"
    source = module(before, hook, above=called[0], grid=called[1])
    assert "`hook` has a decorator that may read the arguments" in reason(source, logs=DECORATOR)


@pytest.mark.parametrize("called", CALLED.values(), ids=CALLED)
@pytest.mark.parametrize("decorated", PLAIN_DECORATORS.values(), ids=PLAIN_DECORATORS)
def test_plain_decorator_of_a_hook_does_not(reason, decorated, called):
    before, decorator = decorated
    hook = f"{decorator}\ndef hook(args):\n    return (1,)"
    assert reason(module(before, hook, above=called[0], grid=called[1])) is None


def test_decorator_of_a_function_that_gets_the_arguments_from_a_hook(reason):
    helper = "@logged\ndef helper(args):\n    return 1"
    hook = "def hook(args):\n    return (helper(args),)"
    source = module(DECORATOR, helper, hook, grid="hook")
    assert "`helper` has a decorator that may read the arguments" in reason(source)


def test_decorator_of_a_hook_in_another_file(reason):
    other = DECORATOR + "\n\n@logged\ndef hook(args):\n    return (1,)\n"
    source = module("from hooks import hook", grid="hook")
    assert "`hook` has a decorator that may read the arguments" in reason(source, hooks=other)


def test_a_decorator_of_a_function_without_the_arguments_is_harmless(reason):
    helper = "@logged\ndef helper(block):\n    return 1"
    hook = 'def hook(args):\n    return (helper(args["BLOCK"]),)'
    assert reason(module(DECORATOR, helper, hook, grid="hook")) is None


@pytest.mark.parametrize(
    ("decorator", "expected"),
    [("@logged", "what `make` returns is not understood"), ("@functools.cache", None)],
)
def test_decorator_of_a_function_that_makes_the_grid(reason, decorator, expected):
    make = f"{decorator}\ndef make():\n    return lambda args: (1,)"
    found = reason(module(DECORATOR, make, grid="make()"))
    assert found is None if expected is None else expected in found


MAKE = "def make():\n    return [triton.Config({'BLOCK': 2})]"
KEEP = "def keep(configs):\n    return configs[:2]"


@pytest.mark.parametrize(
    ("function", "configs", "is_safe"),
    [
        (MAKE, "make()", True),
        (f"@functools.cache\n{MAKE}", "make()", True),
        (f"@logged\n{MAKE}", "make()", False),
        (KEEP, "keep([triton.Config({'BLOCK': 2})])", True),
        (f"@logged\n{KEEP}", "keep([triton.Config({'BLOCK': 2})])", False),
    ],
)
def test_decorator_of_a_function_that_gives_configs(reason, function, configs, is_safe):
    found = reason(module(DECORATOR, function, above=f"@triton.autotune({configs}, [])"))
    assert found is None if is_safe else "not all configs are seen" in found


@pytest.mark.parametrize(
    "inner",
    [
        '@register(args["n"])\n    def inner(): ...',
        'def inner(a: print(args["n"])): ...',
        'def inner() -> print(args["n"]): ...',
    ],
)
def test_definition_in_a_hook_may_read_the_arguments(reason, inner):
    hook = f"def hook(args):\n    {inner}\n    return (1,)"
    assert 'reads "n"' in reason(module(hook, grid="hook"))


TABLE = """\
def keep(configs, args, **_):
    return configs


def keep_others(configs, args, **_):
    return [config for config in configs if args["n"]]


PRUNING = {"early_config_prune": keep}
"""

#: What code does with a dictionary, and whether its functions stay the ones that are seen.
CHANGES = {
    "nothing": ("", True),
    "it sets an item": ('PRUNING["early_config_prune"] = keep_others', False),
    "it updates it": ("PRUNING.update(early_config_prune=keep_others)", False),
    "it has another name for it": (
        'other = PRUNING\nother["early_config_prune"] = keep_others',
        False,
    ),
    "a function registers one": (
        'def register(function):\n    PRUNING["early_config_prune"] = function\n\n\n'
        "register(keep_others)",
        False,
    ),
    "it is made once more": ("PRUNING = dict(early_config_prune=keep_others)", False),
}


TUNED = "@triton.autotune([triton.Config({'BLOCK': 2})], [], prune_configs_by=PRUNING)"


@pytest.mark.parametrize(("change", "is_safe"), CHANGES.values(), ids=CHANGES)
def test_dictionary_of_functions_that_code_changes(reason, change, is_safe):
    assert (reason(module(TABLE, change, above=TUNED)) is None) is is_safe


def test_dictionary_of_functions_of_two_kernels(reason):
    other = f"{TUNED}\n@triton.jit\ndef other(x, BLOCK: tl.constexpr):\n    tl.store(x, BLOCK)"
    assert reason(module(TABLE, other, above=TUNED)) is None


#: What a hook does with the arguments, and whether it is understood.
BODIES = {
    "a class looks up a name of its own": (
        """
        key = "BLOCK"


        def hook(args):
            class Here:
                key = "n"
                value = args[key]
            return (Here.value,)
        """,
        False,
    ),
    "a class keeps the arguments": (
        """
        def hook(args):
            class Here:
                seen = args
            return (Here.seen["n"],)
        """,
        False,
    ),
    "a class keeps a copy": (
        """
        def hook(args):
            copy = dict(args)
            class Here(Base, seen=copy):
                pass
            return (Here.seen["n"],)
        """,
        False,
    ),
    "a class without the arguments": (
        """
        def hook(args):
            class Here:
                key = 1
            return (Here.key, args["BLOCK"])
        """,
        True,
    ),
    "a global name": (
        """
        def show():
            print(seen["n"])


        def hook(args):
            global seen
            seen = args
            show()
            return (1,)
        """,
        False,
    ),
    "a global name, in an expression": (
        """
        def show():
            print(seen["n"])


        def hook(args):
            global seen
            block = (seen := args)["BLOCK"]
            show()
            return (block,)
        """,
        False,
    ),
    "a global name beside a local one": (
        """
        def hook(args):
            global seen
            local = seen = args
            return (local["BLOCK"],)
        """,
        False,
    ),
    "a nonlocal name": (
        """
        def make():
            seen = None

            def show():
                print(seen["n"])

            def hook(args):
                nonlocal seen
                seen = args
                show()
                return (1,)

            return hook


        hook = make()
        """,
        False,
    ),
    "a global name for one value": (
        """
        def hook(args):
            global seen
            seen = args["BLOCK"]
            return (1,)
        """,
        True,
    ),
    "an attribute": (
        """
        def hook(args):
            hook.seen = args
            return (1,)
        """,
        False,
    ),
    "an item": (
        """
        SEEN = {}


        def hook(args):
            SEEN["last"] = args
            return (1,)
        """,
        False,
    ),
    "a local name": (
        """
        def hook(args):
            meta = args
            return ((other := meta)["BLOCK"], other["BLOCK"])
        """,
        True,
    ),
}


@pytest.mark.parametrize(("body", "is_safe"), BODIES.values(), ids=BODIES)
def test_body_of_a_hook(reason, body, is_safe):
    assert (reason(module(body, grid="hook")) is None) is is_safe


def test_configs_in_a_global_name(reason):
    prune = "def keep(configs, args, **_):\n    global seen\n    seen = configs\n    return configs"
    table = 'PRUNING = {"early_config_prune": keep}'
    assert "other functions get configs" in reason(module(prune, table, above=TUNED))


#: What a hook does, or a function that it calls, and whether it may read any local.
LOCALS = {
    "locals()": ("print(locals())", False),
    "vars()": ("print(vars())", False),
    "eval": ("""eval("args['n']")""", False),
    "exec": ("""exec("print(args['n'])")""", False),
    "another name for eval": ("""run("args['n']")""", False),
    "a frame": ("print(sys._getframe().f_locals)", False),
    "inspect": ("print(inspect.stack()[0])", False),
    "vars of something": ("print(vars(triton))", True),
    "frames of pictures": ("print(video.frames)", True),
}


@pytest.mark.parametrize(("statement", "is_safe"), LOCALS.values(), ids=LOCALS)
@pytest.mark.parametrize("called", CALLED.values(), ids=CALLED)
def test_locals_of_a_hook(reason, statement, is_safe, called):
    hook = f"run = eval\n\n\ndef hook(args):\n    {statement}\n    return (1,)"
    found = reason(module(hook, above=called[0], grid=called[1]))
    assert found is None if is_safe else "may read the arguments among the locals" in found


@pytest.mark.parametrize(
    ("statement", "is_safe"), [("print(sys._getframe(2).f_locals)", False), ("print(1)", True)]
)
def test_locals_of_the_caller_of_a_function_that_a_hook_calls(reason, statement, is_safe):
    show = f"def show_more():\n    {statement}\n\n\ndef show():\n    show_more()"
    hook = "def hook(args):\n    show()\n    return (1,)"
    assert (reason(module(show, hook, grid="hook")) is None) is is_safe


def test_eval_in_a_lambda(reason):
    grid = """lambda args: (eval("args['n']"),)"""
    assert "`a lambda` may read the arguments" in reason(module(grid=grid))


@pytest.mark.parametrize(
    ("launch", "is_safe"),
    [
        ("kernel.run(x, n, **OPTIONS)", False),
        ('kernel.run(x, n, **{"grid": lambda args: (args["n"],)})', False),
        ("kernel.run(x, n, grid=(1,), **OPTIONS)", True),
        ("kernel.run(x, n, grid=(1,), warmup=False)", True),
        ("kernel[(1,)](x, n, **OPTIONS)", True),
    ],
)
def test_grid_among_unpacked_arguments(reason, launch, is_safe):
    options = 'OPTIONS = {"num_warps": 4}'
    source = module(options).replace("kernel[(1,)](x, n)", launch)
    found = reason(source)
    if not is_safe:
        assert "the grid may be among the unpacked arguments" in found
    else:
        assert "the grid may be" not in (found or "")
