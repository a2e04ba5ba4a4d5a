"""Functions that choose among the configs of an autotuner, and functions that may do more."""

from __future__ import annotations

import textwrap

import pytest

#: Bodies of a file that defines `keep`, which returns nothing but what it gets.
CHOOSING = {
    "all": "def keep(configs):\n    return configs",
    "some": "def keep(configs):\n    return [c for c in configs if c.num_warps < 8]",
    "the first": "def keep(configs):\n    return configs[:1]",
    "the best": "def keep(configs):\n    return [min(configs, key=cost)]\n\n\n"
    "def cost(config):\n    return config.num_warps * len(config.kwargs)",
    "one, or all": "def keep(configs):\n    return [configs[0]] if FAST else configs",
    "sorted": "def keep(configs):\n    return sorted(configs, key=len)[:2]",
    "by a filter": "def keep(configs):\n    return list(filter(small, configs))\n\n\n"
    "def small(config):\n    return config.kwargs.get('BLOCK') < 64",
    "in steps": "def keep(configs):\n    found = configs\n    for size in SIZES:\n"
    "        found = [c for c in found if c.kwargs['BLOCK'] == size]\n    return found or configs",
    "by another function": "def keep(configs):\n    return some(configs) or configs\n\n\n"
    "def some(configs):\n    if not os.environ.get('FAST'):\n        return None\n"
    "    return configs[:1]",
}
#: The same, which may return or change something else.
OTHERS = {
    "adds a hook": "def keep(configs):\n    for c in configs:\n        c.pre_hook = before\n"
    "    return configs",
    "adds a hook by setattr": "def keep(configs):\n    for c in configs:\n"
    "        setattr(c, 'pre_hook', before)\n    return configs",
    "sets a value": "def keep(configs):\n    configs[0].kwargs['n'] = 4\n    return configs",
    "updates values": "def keep(configs):\n    configs[0].kwargs.update(n=4)\n    return configs",
    "adds a config": "def keep(configs):\n    configs.append(OTHER)\n    return configs",
    "grows": "def keep(configs):\n    configs += [OTHER]\n    return configs",
    "returns another": "def keep(configs):\n    return [OTHER, *configs]",
    "returns another at times": "def keep(configs):\n    return configs if FAST else [OTHER]",
    "makes others": "def keep(configs):\n    return list(map(changed, configs))",
    "gives them away": "def keep(configs):\n    tools.change(configs)\n    return configs",
    "gives them away by a name": "def keep(configs):\n    change(configs)\n    return configs",
    "compares by code elsewhere": "def keep(configs):\n    return sorted(configs, key=change)",
    "a helper changes them": "def keep(configs):\n    return [min(configs, key=cost)]\n\n\n"
    "def cost(config):\n    config.pre_hook = before\n    return 1",
    "the second argument": "def keep(few, configs=()):\n    return configs",
    "a generator": "def keep(configs):\n    yield from configs",
    "decorated": "@change\ndef keep(configs):\n    return configs",
    "with two definitions": "def keep(configs):\n    return configs\n\n\n"
    "if FAST:\n    def keep(configs):\n        return [OTHER]",
}
KERNEL = """
@triton.autotune(
    configs=keep(
        [triton.Config({"BLOCK": 16, "DEAD": 1}), triton.Config({"BLOCK": 32, "DEAD": 2})],
    ),
    key=["m"],
)
@triton.jit
def kernel(x, n, m, BLOCK: tl.constexpr, DEAD: tl.constexpr):
    tl.store(x + m, BLOCK)


def launch(x, m):
    kernel[(1,)](x, len(x), m)
"""
IMPORTS = "import triton\nimport triton.language as tl\n"


def outcomes(lint, files):
    """By parameter, whether it can be removed as it is."""
    found = lint(files, "--select", "TRL001,TRL003", "--fix-strategy", "remove-only")
    return {
        f["parameter"]: f["fix"] is not None and f["fix"]["applicability"] == "safe" for f in found
    }


def in_two_files(keep):
    return {
        "tools.py": f"import os\nimport triton\n\n\n{keep}\n",
        "kernels.py": IMPORTS + "from tools import keep\n\n" + KERNEL,
    }


def in_one_file(keep):
    return {"kernels.py": IMPORTS + f"import os\n\n\n{keep}\n\n" + KERNEL}


@pytest.mark.parametrize("files", [in_one_file, in_two_files])
@pytest.mark.parametrize("keep", CHOOSING.values(), ids=CHOOSING)
def test_functions_that_only_choose(lint, keep, files):
    """What configs set stays, since the function may look at it."""
    assert outcomes(lint, files(keep)) == {"n": True, "DEAD": False}


@pytest.mark.parametrize("files", [in_one_file, in_two_files])
@pytest.mark.parametrize("keep", OTHERS.values(), ids=OTHERS)
def test_functions_that_may_do_more(lint, keep, files):
    assert outcomes(lint, files(textwrap.dedent(keep))) == {"n": False, "DEAD": False}


TUNED = """
@triton.autotune(configs=[triton.Config({"BLOCK": 16})], key=["m"])
@triton.jit
def kernel(x, n, m, BLOCK: tl.constexpr):
    tl.store(x + m, BLOCK)


def launch(x, m):
    kernel[(1,)](x, len(x), m)
"""
#: Code that may give the kernel a config with a hook.
CHANGES = [
    "{}.configs = OTHERS",
    "{}.configs += OTHERS",
    "{}.configs.append(OTHER)",
    "{}.configs.insert(0, OTHER)",
    "{}.configs[0] = OTHER",
    "{}.configs[:] = OTHERS",
    "{}.configs[0].pre_hook = before",
    "for c in {}.configs:\n    c.pre_hook = before",
    "k = {}\nk.configs = OTHERS",
    "found = {}.configs\nfound.append(OTHER)",
    "change({}.configs)",
    "setattr({}, 'configs', OTHERS)",
]
#: Code that only looks.
LOOKS = ["print(len({}.configs))", "print({}.best_config)", "if {}.configs:\n    print(1)"]
MENTIONS = [(code, False) for code in CHANGES] + [(code, True) for code in LOOKS]


@pytest.mark.parametrize(
    ("code", "is_safe"), [(c, False) for c in CHANGES] + [(c, True) for c in LOOKS]
)
def test_configs_that_are_changed_later(lint, code, is_safe):
    kernels = {"kernels.py": IMPORTS + TUNED}
    assert outcomes(lint, kernels) == {"n": True}
    here = {"kernels.py": IMPORTS + TUNED + "\n\n" + code.format("kernel") + "\n"}
    assert outcomes(lint, here) == {"n": is_safe}
    other = {"bench.py": "import kernels\n\n" + code.format("kernels.kernel") + "\n"}
    assert outcomes(lint, {**kernels, **other}) == {"n": is_safe}


HELD = """
CONFIGS = [triton.Config({"BLOCK": 16})]
CONFIG = triton.Config({"BLOCK": 32})


@triton.autotune(configs=CONFIGS, key=["m"])
@triton.jit
def kernel(x, n, m, BLOCK: tl.constexpr):
    tl.store(x + m, BLOCK)


@triton.autotune(configs=[CONFIG], key=["m"])
@triton.jit
def other(x, k, m, BLOCK: tl.constexpr):
    tl.store(x + m, BLOCK)


def launch(x, m):
    kernel[(1,)](x, len(x), m)
    other[(1,)](x, len(x), m)
"""
#: Code that gives a hook to configs in a variable. Which kernels have them is not followed.
HOOKED = [
    "for c in kernels.CONFIGS:\n    c.pre_hook = before",
    "kernels.CONFIGS[0].pre_hook = before",
    "kernels.CONFIG.pre_hook = before",
    "c = kernels.CONFIG\nc.pre_hook = before",
    "for c in (kernels.CONFIG,):\n    c.pre_hook = before",
    "print(CONFIG.pre_hook)\nCONFIG.pre_hook = before",
    "[setattr(c, 'pre_hook', before) for c in kernels.CONFIGS]",
    "vars(kernels.CONFIG)['pre_hook'] = before",
]
#: Code that gives none.
UNHOOKED = [
    "for c in kernels.CONFIGS:\n    c.pre_hook = None",
    "for c in kernels.CONFIGS:\n    print(c.pre_hook)",
    "class Tuned:\n    def __init__(self, hook):\n        self.pre_hook = hook",
    "print(len(kernels.CONFIGS))",
]


@pytest.mark.parametrize("code", [*HOOKED, *UNHOOKED])
def test_configs_in_variables_that_get_a_hook(lint, code):
    safe = dict.fromkeys(("n", "k"), code in UNHOOKED)
    here = HELD + "\n\n" + code.replace("kernels.", "") + "\n"
    assert outcomes(lint, {"kernels.py": IMPORTS + here}) == safe
    other = {"setup.py": f"import kernels\nfrom kernels import CONFIG\n\n{code}\n"}
    assert outcomes(lint, {"kernels.py": IMPORTS + HELD, **other}) == safe


#: Code in a file without the word "triton" and the names of the kernel and of its file.
FAR = {
    "a loop": "from configs import CONFIGS\n\nfor c in CONFIGS:\n    c.pre_hook = print",
    "setattr": "import configs\n\nsetattr(configs.CONFIGS[0], 'pre_hook', print)",
    "none": "import configs\n\nprint(configs.CONFIGS)",
}


FAR_KERNEL = """
from configs import CONFIGS


@triton.autotune(configs=CONFIGS, key=["m"])
@triton.jit
def kernel(x, n, m, BLOCK: tl.constexpr):
    tl.store(x + m, BLOCK)


def launch(x, m):
    kernel[(1,)](x, len(x), m)
"""


@pytest.mark.parametrize("code", FAR.values(), ids=FAR)
def test_a_far_file_gives_configs_a_hook(lint, code):
    files = {
        "configs.py": 'import triton\n\nCONFIGS = [triton.Config({"BLOCK": 16})]\n',
        "kernels.py": IMPORTS + FAR_KERNEL,
        "far.py": code + "\n",
    }
    assert outcomes(lint, files) == {"n": "hook" not in code}


#: Configs by position, and whether one of them may be a hook.
BY_POSITION = {
    'triton.Config({"BLOCK": 16})': False,
    'triton.Config({"BLOCK": 16}, 4, 3)': False,
    'triton.Config({"BLOCK": 16}, 4, 3, 1, None, before)': True,
    'triton.Config(*({"BLOCK": 16}, 4, 3, 1, None, before))': True,
    'triton.Config({"BLOCK": 16}, *(4, 3, 1, None, before))': True,
    'triton.Config(**{"kwargs": {"BLOCK": 16}, "pre_hook": before})': True,
}


@pytest.mark.parametrize(("config", "may_hook"), BY_POSITION.items())
def test_a_hook_by_position(lint, config, may_hook):
    source = IMPORTS + FAR_KERNEL.replace("import CONFIGS", "import before")
    source = source.replace("configs=CONFIGS", f"configs=[{config}]")
    assert outcomes(lint, {"kernels.py": source}) == {"n": not may_hook}


CHOSEN = """
def small(config):
    return config.kwargs["BLOCK"] < 64


def dead(config):
    return config.kwargs["DEAD"]


CONFIGS = [triton.Config({{"BLOCK": 16, "DEAD": 1}}), triton.Config({{"BLOCK": 32, "DEAD": 2}})]
{before}

@triton.autotune(configs={configs}, key=["m"])
@triton.jit
def kernel(x, n, m, BLOCK: tl.constexpr, DEAD: tl.constexpr):
    tl.store(x + m, BLOCK)


{after}
def launch(x, m):
    kernel[(1,)](x, len(x), m)


HOOK = tools.Hook(pre_hook=None)
"""
#: Expressions that choose among configs of a variable, and what can be removed.
FILTERS = {
    "all": ("CONFIGS", "n DEAD"),
    "a comprehension": ("[c for c in CONFIGS]", "n DEAD"),
    "by a condition": ("[c for c in CONFIGS if c.num_warps < 8]", "n DEAD"),
    "by two conditions": ("[c for c in CONFIGS if c.num_warps if small(c)]", "n DEAD"),
    "by its value": ("[c for c in CONFIGS if c.kwargs['DEAD']]", "n"),
    "by any value": ("[c for c in CONFIGS if any(c.kwargs.values())]", ""),
    "by a function": ("[c for c in CONFIGS if small(c)]", "n DEAD"),
    "by a function of its value": ("[c for c in CONFIGS if small(c) and dead(c)]", "n"),
    "by an unknown function": ("[c for c in CONFIGS if tools.keep(c)]", ""),
    "in two loops": (
        "[c for block in SIZES for c in CONFIGS if c.kwargs['BLOCK'] < block]",
        "n DEAD",
    ),
    "of a filtered list": ("[c for c in [d for d in CONFIGS if dead(d)] if small(c)]", "n"),
    "a generator": ("list(c for c in CONFIGS if small(c))", "n DEAD"),
    "filter": ("list(filter(small, CONFIGS))", "n DEAD"),
    "filter by its value": ("list(filter(dead, CONFIGS))", "n"),
    "filter by a lambda": ("list(filter(lambda c: c.kwargs['BLOCK'], CONFIGS))", "n DEAD"),
    "filter by its value in a lambda": ("list(filter(lambda c: c.kwargs['DEAD'], CONFIGS))", "n"),
    "filter by an unknown function": ("list(filter(tools.keep, CONFIGS))", ""),
    "filter by nothing": ("list(filter(None, CONFIGS))", "n DEAD"),
    "sorted by its value": ("sorted(CONFIGS, key=dead)", "n"),
    "sorted by another": ("sorted(CONFIGS, key=small, reverse=True)", "n DEAD"),
    "a function that chooses": ("keep(CONFIGS)", "n"),
    "a function that may do more": ("more(CONFIGS)", ""),
    "another element": ("[d for c in CONFIGS]", ""),
    "a list in a list": ("[c for group in [CONFIGS] for c in group]", ""),
}
FUNCTIONS = """
import tools
SIZES = 16, 32


def keep(configs):
    return [c for c in configs if dead(c)]


def more(configs):
    return [*configs, OTHER]

"""


def removed(lint, before, configs, after=""):
    code = CHOSEN.format(before=FUNCTIONS + before, configs=configs, after=after)
    found = outcomes(lint, {"kernels.py": IMPORTS + code})
    return " ".join(name for name in ("n", "DEAD") if found[name])


@pytest.mark.parametrize(("configs", "expected"), FILTERS.values(), ids=FILTERS)
def test_configs_of_a_variable_that_are_filtered(lint, configs, expected):
    assert removed(lint, "", configs) == expected
    assert removed(lint, f"FILTERED = {configs}\n", "FILTERED") == expected


#: Code before and after the kernel, and what can be removed. It may give the variable other values.
OTHER_VALUES = {
    "nothing": ("", "", "n DEAD"),
    "a use": ("", "print(CONFIGS)", ""),
    "another list": ("", "CONFIGS = []\nCONFIGS.append(1)", "n DEAD"),
    "another list, with a type": ("", "CONFIGS: list = []\nCONFIGS.append(1)", "n DEAD"),
    "another list, in a decorator": (
        "",
        "CONFIGS = []\nCONFIGS.append(1)\n@tools.report(CONFIGS)\ndef bench():\n    pass\n",
        "n DEAD",
    ),
    "a use before another list": ("", "CONFIGS.append(OTHER)\nCONFIGS = []", ""),
    "a use in another list": ("", "CONFIGS = tools.extend(CONFIGS)", ""),
    "a use in a function": ("", "def f():\n    CONFIGS.append(1)\nCONFIGS = []", ""),
    "a use in a function after it": ("", "CONFIGS = []\ndef f():\n    CONFIGS.append(1)", ""),
    "a use in a lambda after it": ("", "CONFIGS = []\nf = lambda: CONFIGS.append(1)", ""),
    "a use in a generator after it": ("", "CONFIGS = []\nf = (a for b in c for a in CONFIGS)", ""),
    "another list, perhaps": ("", "if tools:\n    CONFIGS = []\nCONFIGS.append(1)", ""),
    "another list beside": ("", "CONFIGS, A = [], 1\nCONFIGS.append(1)", ""),
    "a value before": ("CONFIGS = tools.OTHERS", "", ""),
    "a value before, perhaps": ("if tools:\n    CONFIGS = tools.OTHERS", "", ""),
    "a filtered copy": ("CONFIGS = [c for c in CONFIGS if small(c)]", "", "n DEAD"),
    "a filtered copy, perhaps": (
        "if tools.FAST:\n    CONFIGS = list(filter(small, CONFIGS))",
        "",
        "n DEAD",
    ),
    "a value before that": ("CONFIGS = tools.OTHERS\nCONFIGS = [OTHER]", "", ""),
    "a value of another function": (
        "",
        "def f():\n    global CONFIGS\n    CONFIGS = tools.OTHERS",
        "",
    ),
    "another name for it": ("A = CONFIGS", "CONFIGS = []\nA.append(OTHER)", ""),
    "a value that is replaced": (
        "CONFIGS = tools.OTHERS\nCONFIGS = [triton.Config({'BLOCK': 16, 'DEAD': 1})]",
        "",
        "n DEAD",
    ),
}


@pytest.mark.parametrize(("before", "after", "expected"), OTHER_VALUES.values(), ids=OTHER_VALUES)
def test_a_variable_of_configs_gets_other_values(lint, before, after, expected):
    assert removed(lint, before, "CONFIGS", after + "\n") == expected


def test_kernels_with_the_values_of_different_times(lint):
    """What is done with one list is not done with the other, but both are looked at together."""
    second = TUNED.replace('[triton.Config({"BLOCK": 16})]', "CONFIGS").replace("kernel", "other")
    code = "CONFIGS = [triton.Config({'BLOCK': 16})]\n" + second.replace("other", "kernel")
    code += "\n\nCONFIGS = [triton.Config({'BLOCK': 32})]\n" + second
    after = "\n\nHOOK = tools.Hook(pre_hook=None)\n"
    assert outcomes(lint, {"kernels.py": IMPORTS + code + after}) == {"n": True}
    for use in ("tools.change(CONFIGS)", "CONFIGS = 1\ntools.change(CONFIGS)"):
        found = outcomes(lint, {"kernels.py": f"{IMPORTS}{code}\n\n{use}\n{after}"})
        assert found == {"n": use.startswith("CONFIGS")}


#: Code that also reads the list, and whether all that may change it is seen.
READ_AGAIN = {
    "in a function": ("def make():\n    return CONFIGS\n", True),
    "in a function whose result is kept": (
        "def make():\n    return [*CONFIGS]\n\n\nMORE = make()\n",
        False,
    ),
}


@pytest.mark.parametrize(("code", "is_seen"), READ_AGAIN.values(), ids=READ_AGAIN)
def test_a_list_that_a_function_reads_at_any_time(lint, code, is_seen):
    """The function may read either list, so a use of any of them may be one of the kernel's."""
    second = TUNED.replace('[triton.Config({"BLOCK": 16})]', "make()").replace("kernel", "other")
    first = TUNED.replace('[triton.Config({"BLOCK": 16})]', "CONFIGS")
    code = f"CONFIGS = [triton.Config({{'BLOCK': 16}})]\n\n\n{code}\n{first}{second}"
    hook = "\n\nHOOK = tools.Hook(pre_hook=None)\n"
    assert outcomes(lint, {"kernels.py": IMPORTS + code + hook}) == {"n": is_seen}
    more = f"{code}\n\nCONFIGS = []\ntools.change(CONFIGS)\n{hook}"
    assert outcomes(lint, {"kernels.py": IMPORTS + more}) == {"n": False}
