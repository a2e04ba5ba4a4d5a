"""A function that makes a kernel's `repr`: the keys that it looks up are arguments of its call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Lint = Callable[..., list[dict[str, Any]]]

MAKER = """\
def make(name, keys, name_key=None, *, last=None):
    def _repr(specialization):
        constants = specialization.constants
        parts = [str(constants.get(name_key)) if name_key is not None else name]
        for key in keys:
            parts.append(f"{{key}}_{{constants.get(key, None)}}")
        if last is not None:
            parts.append(constants[last])
        {more}
        return "_".join(parts)

    return _repr
"""
KERNEL = """\
import triton
import triton.language as tl
{before}

@triton.jit({option})
def my_kernel(p, n, BLOCK: tl.constexpr):
    tl.store(p + tl.arange(0, BLOCK), 1)


def launch(p, n):
    my_kernel[(1,)](p, n, BLOCK=16)
"""


def remedy(lint: Lint, files: dict[str, str]) -> str:
    (found,) = [f for f in lint(files) if f["parameter"] == "n"]
    return "blocked" if found["fix_blocked_by"] else found["fix"]["applicability"]


#: The call of the maker, and what can be done about `n`.
CALLS = {
    "other keys": ("make('my_kernel', ['BLOCK', 'p'])", "safe"),
    "no keys": ("make('my_kernel', [])", "safe"),
    "a tuple": ("make('my_kernel', ('BLOCK',))", "safe"),
    "by name": ("make('my_kernel', name_key='BLOCK', keys=['p'])", "safe"),
    "None": ("make('my_kernel', ['p'], None, last=None)", "safe"),
    "its key": ("make('my_kernel', ['BLOCK', 'n'])", "blocked"),
    "its key by name": ("make('my_kernel', keys=('n',))", "blocked"),
    "as the name": ("make('my_kernel', ['p'], 'n')", "blocked"),
    "as the name, by name": ("make('my_kernel', ['p'], name_key='n')", "blocked"),
    "as one only by name": ("make('my_kernel', ['p'], last='n')", "blocked"),
    "keys that are made": ("make('my_kernel', list('n'))", "blocked"),
    "keys with a star": ("make('my_kernel', [*'n'])", "blocked"),
    "keys of a string": ("make('my_kernel', 'n')", "blocked"),
    "arguments with a star": ("make(*('my_kernel', ['n']))", "blocked"),
    "arguments with two stars": ("make('my_kernel', ['p'], **{'name_key': 'n'})", "blocked"),
    "a key that is made": ("make('my_kernel', ['p'], chr(110))", "blocked"),
}


@pytest.mark.parametrize(("call", "expected"), CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("place", ["the same file", "another file", "a file that imports it"])
@pytest.mark.parametrize("through", ["directly", "in a variable"])
def test_keys_of_a_call(lint: Lint, call: str, expected: str, place: str, through: str) -> None:
    maker = MAKER.format(more="")
    files = {
        "the same file": {"kernels.py": maker},
        "another file": {"kernels.py": "from names import make\n", "names.py": maker},
        "a file that imports it": {
            "kernels.py": "from other import make\n",
            "other.py": "from names import make\n",
            "names.py": maker,
        },
    }[place]
    before, option = files["kernels.py"], f"repr={call}"
    if through == "in a variable":
        before, option = f"{before}\nmy_repr = {call}\n", "repr=my_repr"
    files["kernels.py"] = KERNEL.format(before=before, option=option)
    assert remedy(lint, files) == expected


#: Other code in the function that it returns; with it, the keys are not known.
CODE = {
    "a longer list": "keys.append('n')",
    "a list that goes elsewhere": "print(keys)",
    "a list under another name": "mine = keys",
    "another list": "[constants.get(k) for k in sorted(keys)]",
    "a key that changes": "for key in 'n': pass",
    "the name of a name": "name_key = specialization",
    "all constants": "parts += constants.values()",
}


@pytest.mark.parametrize("more", CODE.values(), ids=CODE)
def test_code_that_may_look_up_others(lint: Lint, more: str) -> None:
    before = "from names import make\n"
    kernel = KERNEL.format(before=before, option="repr=make('my_kernel', ['p'])")
    assert remedy(lint, {"kernels.py": kernel, "names.py": MAKER.format(more=more)}) == "blocked"


def test_a_key_that_is_left_out_has_its_default(lint: Lint) -> None:
    maker = MAKER.format(more="")
    for default, expected in (("['p']", "safe"), ("['n']", "blocked"), ("None", "blocked")):
        source = maker.replace("keys,", f"keys={default},")
        files = {"names.py": source}
        files["kernels.py"] = KERNEL.format(
            before="from names import make\n", option="repr=make('my_kernel')"
        )
        assert remedy(lint, files) == expected


#: Code after the kernel, with its name in a string: only the arguments of the maker of its `repr`
#: are no use of it.
NAMED = {
    "nothing": ("", "safe"),
    "another call": ("other = make('my_kernel', [])", "unsafe"),
    "the variable is read": ("print(my_repr)", "unsafe"),
}


@pytest.mark.parametrize(("code", "expected"), NAMED.values(), ids=NAMED)
def test_the_name_of_the_kernel(lint: Lint, code: str, expected: str) -> None:
    before = "from names import make\n\nmy_repr = make('my_kernel', ['p'])\n"
    kernel = KERNEL.format(before=before, option="repr=my_repr")
    files = {"kernels.py": f"{kernel}\n{code}\n", "names.py": MAKER.format(more="")}
    assert remedy(lint, files) == expected


HOOKED = """\
import triton
import triton.language as tl

NAME = "p"


def zero(name):
    return lambda args: args[name].zero_()


def both(name, other="p"):
    return lambda args: args[name].copy_(args[other])


@triton.autotune(
    [{configs}],
    key=["p"],
)
@triton.jit
def my_kernel(p, q, n, B: tl.constexpr):
    tl.store(p, tl.load(q) + B)


def launch(p, q, n):
    my_kernel[(1,)](p, q, n)
"""
#: The calls in two configs that make a hook, and what can be done about `n`.
SEVERAL = {
    "the same": ("zero('p')", "zero('p')", "safe"),
    "the same by name": ("zero('p')", "zero(name='p')", "safe"),
    "the same variable": ("zero(NAME)", "zero(NAME)", "blocked"),
    "the same of two": ("both('p', 'q')", "both('p', other='q')", "safe"),
    "the same default": ("both('q')", "both('q')", "safe"),
    "its key, twice": ("zero('n')", "zero('n')", "blocked"),
    "another": ("zero('p')", "zero('q')", "blocked"),
    "its key after another": ("zero('p')", "zero('n')", "blocked"),
    "its key as the default": ("both('p', 'n')", "both('p')", "blocked"),
    "its key after the default": ("both('p')", "both('p', 'n')", "blocked"),
    "its key after a star": ("zero(*['n'])", "zero('p')", "blocked"),
    "a star after others": ("zero('p')", "zero(*['n'])", "blocked"),
    "two stars after others": ("zero('p')", "zero(**{'name': 'n'})", "blocked"),
}


@pytest.mark.parametrize(("one", "two", "expected"), SEVERAL.values(), ids=SEVERAL)
def test_calls_in_several_configs(lint: Lint, one: str, two: str, expected: str) -> None:
    configs = ", ".join(f"triton.Config({{'B': 1}}, pre_hook={call})" for call in (one, two))
    assert remedy(lint, {"kernels.py": HOOKED.format(configs=configs)}) == expected


#: Hooks with a comprehension, and what can be done about `n`.
COMPREHENSIONS = {
    "a list": ("lambda args: [args[k].zero_() for k in keys if args[k] is not None]", "safe"),
    "a set": ("lambda args: {args[k] for k in keys}", "safe"),
    "a generator": ("lambda args: any(args[k] is None for k in keys)", "safe"),
    "a dictionary": ("lambda args: {k: args[k] for k in keys}", "safe"),
    "an inner loop": ("lambda args: [args[k] for _ in keys for k in keys]", "safe"),
    "other keys": ("lambda args: [args[k] for k in NAMES]", "blocked"),
    "a name of the function around it": ("lambda args: [args[key] for key in NAMES]", "blocked"),
    "keys that a condition reads": (
        "lambda args: [1 for key in NAMES if args[key] is None]",
        "blocked",
    ),
    "keys of the outer loop": ("lambda args: [k for key in NAMES for k in args[key]]", "blocked"),
    "the first loop, which is outside": ("lambda args: [key for key in args[key]]", "safe"),
}


@pytest.mark.parametrize(("hook", "expected"), COMPREHENSIONS.values(), ids=COMPREHENSIONS)
def test_names_in_a_comprehension_are_its_own(lint: Lint, hook: str, expected: str) -> None:
    maker = f"from names import NAMES\n\n\ndef zeros(keys):\n    key = 'p'\n    return {hook}\n"
    configs = "triton.Config({'B': 1}, pre_hook=zeros(['p', 'q']))"
    source = HOOKED.format(configs=configs).replace('NAME = "p"\n', maker)
    assert remedy(lint, {"kernels.py": source}) == expected
