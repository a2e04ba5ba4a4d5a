"""Draws autotuning and heuristics: configs from many sources, and code that sees arguments."""

from __future__ import annotations

from drawn.choices import Part
from drawn.model import Kernel, Param

KINDS = ("none", "autotune", "heuristics", "both")
CONFIGS = (
    "literal",
    "comprehension",
    "a constant",
    "a helper",
    "a helper with arguments",
    "another module",
    "JSON",
    "JSON or literal",
    "a loop",
    "added",
    "keyword",
    "dict()",
)
KEYS = ("n", "none", "tuple", "computed", "dead")
PRUNES = (
    "none",
    "BLOCK",
    "by key",
    "dead by key",
    "dead by keyword",
    "dead from the rest",
    "by position",
    "another module",
    "model",
    "model with the dead",
    "model with the rest",
    "top_k",
)
HOOKS = (
    "none",
    "clears",
    "dead by key",
    "config",
    "config, dead by key",
    "post",
    "post, dead by key",
    "restore",
    "reset",
    "restore the dead",
    "local",
    "another module",
)
FOLLOWS = (
    "nothing",
    "best_config",
    "best_config names the dead",
    "best_config handed on",
    "configs named",
    "configs launched",
    "all_kwargs launched",
    "cache",
)
HEURISTICS = (
    "by key",
    "dead by key",
    "dead by variable",
    "by position",
    "unpacked",
    "helper",
    "another module",
    "feeds the dead",
    "a constant",
    "a method",
)


#: Forms in which calls tune a kernel that has its decorator.
LATER = (
    "tuned later",
    "tuned in one call",
    "tuned again",
    "tuned or not",
    "tuned twice",
    "tuned, and launched without",
)


def draw(part: Part, kernel: Kernel, form: str) -> None:
    """Decorate the kernel with what tunes it."""
    kind = part.pick("tuning", KINDS, 0.7)
    decorators = []
    if kind in ("autotune", "both"):
        decorators.append(_autotune(part.at("autotune"), kernel))
    if kind in ("heuristics", "both"):
        decorators.append(_heuristics(part.at("heuristics"), kernel))
    if form in LATER:
        _wrap(kernel, [decorator[1:] for decorator in reversed(decorators)], form)
    elif kernel.decorators:
        kernel.decorators = [*decorators, *kernel.decorators]
    elif decorators:
        # A call of `triton.jit` makes the kernel, so these are calls too.
        for decorator in reversed(decorators):
            kernel.after.append(f"{kernel.name} = {decorator[1:]}({kernel.name})")


def _wrap(kernel: Kernel, calls: list[str], form: str) -> None:
    """Apply decorators to a kernel after its definition, the innermost first."""
    name = kernel.name
    inner = name if form == "tuned again" else f"_{name}"
    if form == "tuned later":
        kernel.after.append(f"{name} = {inner}")
        kernel.after += [f"{name} = {call}({name})" for call in calls]
        return
    whole = inner
    for call in calls:
        whole = f"{call}({whole})"
    if form == "tuned or not":
        whole = f"{whole} if len('x') == 1 else {inner}"
    kernel.after.append(f"{name} = {whole}")
    if form == "tuned twice":
        kernel.after.append(f"{name}_again = {whole}")
        values = ", ".join(f"{p.name}={p.value or True}" for p in kernel.params if not p.fed)
        kernel.follow.append(f"{{k}}_again[(1,)]({values})")
    elif form == "tuned, and launched without":
        values = ", ".join(f"{p.name}={p.value or True}" for p in kernel.params)
        kernel.follow.append(f"{{m}}_{name}[(1,)]({values})")


def _autotune(part: Part, kernel: Kernel) -> str:
    names = {"BLOCK": ("16", "32")}
    block = next(param for param in kernel.params if param.name == "BLOCK")
    block.fed, block.default = True, ""
    for param in kernel.params:
        may_be_fed = param.annotation == "tl.constexpr" and param.dead and not param.default
        if may_be_fed and part.pick("gives it", ("configs", "launches"), 0.7) == "configs":
            param.fed = True
            names[param.name] = ("1", "2")
    dead = next((p for p in kernel.params if p.dead and not p.fed), None)
    hook = part.pick("hook", HOOKS)
    options = [
        f"configs={_configs(part, kernel, names, hook)}",
        f"key={_key(part, dead)}",
        *_prune(part, kernel, dead),
        *_hook(kernel, dead, hook),
    ]
    follow = part.pick("follow", FOLLOWS)
    fed_dead = [p.name for p in kernel.params if p.dead and p.fed]
    if follow == "best_config":
        kernel.follow.append('assert {k}.best_config.kwargs["BLOCK"] in (16, 32)')
    elif follow == "best_config names the dead" and fed_dead:
        kernel.follow.append(f'assert {{k}}.best_config.kwargs["{fed_dead[0]}"] in (1, 2)')
    elif follow == "configs named" and fed_dead:
        kernel.follow.append(f'assert max(c.kwargs["{fed_dead[0]}"] for c in {{k}}.configs) == 2')
    elif follow == "cache":
        kernel.follow.append("assert all(c.kwargs for c in {k}.cache.values())")
    elif follow in ("best_config handed on", "configs launched", "all_kwargs launched"):
        second = [Param("x_ptr", "x"), Param("n", "32")]
        second += [Param(name, "", "tl.constexpr") for name in names]
        arguments = ", ".join(param.text for param in second)
        uses = " + ".join(["n", *fed_dead])
        kernel.before.append(
            f"@triton.jit\ndef {kernel.name}_second({arguments}):\n"
            f"    tl.store(x_ptr + tl.arange(0, BLOCK), {uses})"
        )
        target = f"{{m}}{kernel.name}_second"
        if follow == "best_config handed on":
            kernel.follow.append(f"{target}[(1,)](x, 32, **{{k}}.best_config.kwargs)")
        else:
            which = "kwargs" if follow == "configs launched" else "all_kwargs()"
            kernel.follow.append(
                f"for config in {{k}}.configs:\n    {target}[(1,)](x, 32, **config.{which})"
            )
    return f"@triton.autotune({', '.join(options)})"


def _key(part: Part, dead: object) -> str:
    name = getattr(dead, "name", "n")
    return {
        "n": '["n"]',
        "none": "[]",
        "dead": f'["n", "{name}"]',
        "tuple": '("n",)',
        "computed": '[a for a in ["n", "x_ptr"] if len(a) == 1]',
    }[part.pick("key", KEYS)]


def _configs(part: Part, kernel: Kernel, names: dict[str, tuple[str, str]], hook: str) -> str:
    how = part.pick("configs", CONFIGS)
    option = ", pre_hook=before_config" if hook.startswith("config") else ", num_warps=2"
    pairs = [", ".join(f'"{n}": {v[i]}' for n, v in names.items()) for i in (0, 1)]
    literal = "[" + ", ".join(f"triton.Config({{{p}}}{option})" for p in pairs) + "]"
    if how == "comprehension":
        inner = ", ".join(f'"{n}": {n.lower()}' for n in names)
        loops = " ".join(f"for {n.lower()} in ({v[0]}, {v[1]})" for n, v in names.items())
        return f"[triton.Config({{{inner}}}{option}) {loops}]"
    if how == "a constant":
        kernel.before.append(f"CONFIGS = {literal}")
        return "CONFIGS"
    if how == "a helper":
        kernel.before.append(f"def configs():\n    return {literal}")
        return "configs()"
    if how == "a helper with arguments":
        inner = ", ".join(f'"{n}": {n.lower()}' for n in names)
        kernel.before.append(
            f"def config({', '.join(n.lower() for n in names)}):\n"
            f"    return triton.Config({{{inner}}}{option})"
        )
        calls = [", ".join(v[i] for v in names.values()) for i in (0, 1)]
        return f"[config({calls[0]}), config({calls[1]})]"
    if how == "another module" and not hook.startswith("config"):
        kernel.files["configs.py"] = f"import triton\n\n\ndef get():\n    return {literal}\n"
        kernel.before.insert(0, "from {here}configs import get")
        return "get()"
    if how in ("JSON", "JSON or literal"):
        kernel.files["configs.json"] = "[" + ", ".join(f"{{{p}}}" for p in pairs) + "]\n"
        kernel.before.append(
            "import json, pathlib\n\n\n"
            "def load():\n    file = pathlib.Path(__file__).with_name('configs.json')\n"
            "    if not file.exists():\n        return []\n"
            f"    return [triton.Config(entry{option}) for entry in json.loads(file.read_text())]"
        )
        return "load()" if how == "JSON" else f"load() or {literal}"
    if how == "a loop":
        lines = [f"CONFIGS.append(triton.Config({{{p}}}{option}))" for p in pairs]
        kernel.before.append("\n".join(["CONFIGS = []", *lines]))
        return "CONFIGS"
    if how == "added":
        one, other = (f"[triton.Config({{{p}}}{option})]" for p in pairs)
        kernel.before.append(f"CONFIGS = {one}\nCONFIGS += {other}")
        return "CONFIGS"
    if how == "keyword":
        return literal.replace("triton.Config({", "triton.Config(kwargs={")
    if how == "dict()":
        calls = [", ".join(f"{n}={v[i]}" for n, v in names.items()) for i in (0, 1)]
        return "[" + ", ".join(f"triton.Config(dict({c}){option})" for c in calls) + "]"
    return literal


def _prune(part: Part, kernel: Kernel, dead: object) -> list[str]:
    how = part.pick("prune", PRUNES)
    name = getattr(dead, "name", "n")
    kept = "[c for c in configs if c.kwargs['BLOCK'] <= ({})]"
    heads = {
        "BLOCK": ("configs, named_args, **rest", kept.format("64")),
        "by key": ("configs, named_args, **rest", kept.format("{**named_args, **rest}['n']")),
        "dead by key": (
            "configs, named_args, **rest",
            kept.format(f"64 if {{**named_args, **rest}}['{name}'] is not None else 0"),
        ),
        "dead by keyword": (
            f"configs, named_args, {name}=None, **rest",
            kept.format(f"64 if named_args.get('{name}', {name}) is not None else 0"),
        ),
        "dead from the rest": (
            "configs, named_args, **rest",
            kept.format(f"64 if dict(named_args, **rest).pop('{name}') is not None else 0"),
        ),
        "by position": (
            "configs, named_args, **rest",
            kept.format(
                f"16 * len([*named_args.values(), *rest.values()]) // {_given(kernel)} + 16"
            ),
        ),
    }
    if how in heads:
        arguments, result = heads[how]
        kernel.before.append(f"def prune({arguments}):\n    return {result}")
        return ["prune_configs_by={'early_config_prune': prune}"]
    if how == "another module":
        kernel.files["pruning.py"] = (
            "def prune(configs, named_args, **rest):\n    seen = {**named_args, **rest}\n"
            f"    return configs if seen['{name}'] is not None else []\n"
        )
        kernel.before.insert(0, "from {here}pruning import prune")
        return ["prune_configs_by={'early_config_prune': prune}"]
    models = {
        "model": ("BLOCK, n, **rest", "BLOCK + n"),
        "model with the dead": (f"BLOCK, {name}, **rest", f"BLOCK if {name} is not None else 0"),
        "model with the rest": (
            "**args",
            f"args['BLOCK'] if args['{name}'] is not None else 0",
        ),
        "top_k": ("**args", "-args['BLOCK']"),
    }
    if how in models:
        arguments, result = models[how]
        kernel.before.append(f"def model({arguments}):\n    return {result}")
        return ["prune_configs_by={'perf_model': model, 'top_k': 1}"]
    return []


def _given(kernel: Kernel) -> int:
    return sum(not param.fed for param in kernel.params)


def _hook(kernel: Kernel, dead: object, how: str) -> list[str]:
    name = getattr(dead, "name", "n")
    if how == "clears":
        kernel.before.append("def clear(args, reset_only=False):\n    args['x_ptr'].zero_()")
        return ["pre_hook=clear"]
    if how in ("dead by key", "local"):
        kernel.before.append(
            "def make_hook(key):\n    def hook(args, reset_only=False):\n"
            "        assert args[key] is not None\n    return hook"
            if how == "local"
            else f"def hook(args, reset_only=False):\n    assert args['{name}'] is not None"
        )
        return [f"pre_hook=make_hook('{name}')" if how == "local" else "pre_hook=hook"]
    if how == "another module":
        kernel.files["hooks.py"] = (
            f"def hook(args, reset_only=False):\n    assert args['{name}'] is not None\n"
        )
        kernel.before.insert(0, "from {here}hooks import hook")
        return ["pre_hook=hook"]
    if how.startswith("config"):
        key = name if "dead" in how else "n"
        kernel.before.insert(0, f"def before_config(args):\n    assert args['{key}'] is not None")
        return []
    if how.startswith("post"):
        key = name if "dead" in how else "n"
        kernel.before.append(
            f"def after(args, exception):\n    assert exception or args['{key}'] is not None"
        )
        return ["post_hook=after"]
    if how == "restore the dead" and kernel.has("old_ptr"):
        return ["restore_value=['x_ptr', 'old_ptr']"]
    return {"restore": ["restore_value=['x_ptr']"], "reset": ["reset_to_zero=['x_ptr']"]}.get(
        how, []
    )


def _heuristics(part: Part, kernel: Kernel) -> str:
    dead = next((p for p in kernel.params if p.dead and not p.fed), None)
    name = dead.name if dead else "n"
    how = part.pick("how", HEURISTICS)
    if how == "feeds the dead" and dead and dead.annotation == "tl.constexpr":
        dead.fed, dead.default = True, ""
        kernel.params.sort(key=lambda param: bool(param.default))
        return f'@triton.heuristics({{"{name}": lambda args: args["n"] % 2}})'
    kernel.params.append(Param("EVEN", "", "tl.constexpr", fed=True))
    kernel.params.sort(key=lambda param: bool(param.default))
    kernel.body += "\ntl.static_assert(EVEN or n is not None)"
    value = {
        "dead by key": f"lambda args: args['{name}'] is not None",
        "dead by variable": f"lambda args, which='{name}': args[which] is not None",
        "by position": f"lambda args: len(list(args.values())) >= {_given(kernel) + 1}",
        "a constant": "lambda args: True",
    }.get(how, "lambda args: args['n'] % 2 == 0")
    if how == "unpacked":
        kernel.before.append(
            f"def is_even(x_ptr, {name}=None, **rest):\n    return {name} is not None"
        )
        value = "lambda args: is_even(**args)"
    elif how == "helper":
        kernel.before.append(
            f"def is_even(args):\n    return look(args)\n\n\n"
            f"def look(args):\n    return args['{name}'] is not None"
        )
        value = "is_even"
    elif how == "another module":
        kernel.files["even.py"] = f"def is_even(args):\n    return args['{name}'] is not None\n"
        kernel.before.insert(0, "from {here}even import is_even")
        value = "is_even"
    elif how == "a method":
        kernel.before.append(
            f"class Even:\n    key = '{name}'\n    def __call__(self, args):\n"
            "        return args[self.key] is not None"
        )
        value = "Even()"
    return f'@triton.heuristics({{"EVEN": {value}}})'
