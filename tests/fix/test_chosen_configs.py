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
