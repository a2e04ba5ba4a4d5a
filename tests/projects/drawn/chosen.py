"""Draws launches of one of several kernels: out of a container, or of what a name stands for last.

The kernel is chosen beside a twin, which takes the same arguments. A spoiler gets at a kernel in
another way, or puts a third one in its place.
"""

from __future__ import annotations

import textwrap

from drawn.launches import fill, way
from drawn.model import Param
from drawn.site import Site

#: What the twin does with the parameters that are dead in the kernel.
TWINS = ("dead too", "reads them")
#: How the kernel is chosen: what the module holds, and the lines that launch. `%D` is a dictionary
#: of both kernels, `%L` a list.
CHOSEN: dict[str, tuple[str, str]] = {
    "table": ("T_%U = %D", "for mode in ('a', 'b'):\n    T_%U[mode][%G](%A)"),
    "table, alias": ("T_%U = %D", "f = T_%U['b']\nf[%G](%A)\nT_%U['a'][%G](%A)"),
    "table, get": ("T_%U = %D", "f = T_%U.get('a')\nif f is not None:\n    f[%G](%A)"),
    "table, values": ("T_%U = %D", "for f in T_%U.values():\n    f[%G](%A)"),
    "table, items": ("T_%U = %D", "for name, f in T_%U.items():\n    f[%G](%A)"),
    "table, keys": ("T_%U = %D", "for name in T_%U:\n    T_%U[name][%G](%A)"),
    "table, run": ("T_%U = %D", "T_%U['a'].run(%A, grid=%G, warmup=False)"),
    "table, launcher": ("T_%U = %D", "go = T_%U['b'][%G]\ngo(%A)"),
    "table, looked at": (
        "T_%U: dict = %D",
        "assert 'a' in T_%U, f'{T_%U} {sorted(T_%U)}'\nT_%U['a'][%G](%A)",
    ),
    "table, passed": (
        "T_%U = %D\ndef run_%U(f, *args, **options):\n    f[(1,)](*args, **options)",
        "f = T_%U['a']\nrun_%U(f, %A)",
    ),
    "list": ("T_%U = %L", "for i in range(len(T_%U)):\n    T_%U[i][%G](%A)"),
    "list, loop": ("T_%U = %L", "for f in T_%U:\n    f[%G](%A)"),
    "list, enumerate": ("T_%U = %L", "for i, f in enumerate(T_%U):\n    f[%G](%A)"),
    "list, two names": ("T_%U = other_%U = %L", "for f in T_%U:\n    f[%G](%A)"),
    "list, condition": ("T_%U = %L", "f = T_%U[0] if x.dim() == 1 else T_%U[1]\nf[%G](%A)"),
    "local table": ("", "T_%U = %D\nfor mode in T_%U.keys():\n    T_%U[mode][%G](%A)"),
    "local list": ("", "T_%U = %L\nT_%U[-1][%G](%A)\nT_%U[0][%G](%A)"),
    "there": ("", "%L[x.dim() - 1][%G](%A)\n%D['b'][%G](%A)"),
    "loop there": ("", "for f in %L:\n    f[%G](%A)"),
    "set there": ("", "for f in {%K}:\n    f[%G](%A)"),
}
#: What else is done with the container, where the choice has one. `%3` is a kernel that reads all.
SPOILERS: dict[str, str] = {
    "nothing": "",
    "looked at": "assert len(T_%U) > 0 and bool(T_%U)",
    "another name": "t = T_%U\nfor f in list(getattr(t, 'values', lambda: t)()):\n    f[%G](%A)",
    "copied": "for f in [*getattr(T_%U, 'values', lambda: T_%U)()]:\n    f[%G](%A)",
    "passed on": "(lambda t, key: t[key][%G](%A))(T_%U, KEY)",
    "closure": "def inner():\n    T_%U[KEY][%G](%A)\ninner()",
    "lambda": "go = lambda: T_%U[KEY][%G](%A)\ngo()",
    "item kept": "(lambda f: f[%G](%A))(T_%U[KEY])",
    "item in a list": "fs = [T_%U[KEY]]\nfs[0][%G](%A)",
    "item unpacked": "f, _ = T_%U[KEY], 1\nf[%G](%A)",
    "item in a walrus": "(f := T_%U[KEY])[%G](%A)",
    "item by its method": "T_%U.__getitem__(KEY)[%G](%A)",
    "result kept": "made = [T_%U[KEY][%G](%A)]",
    "zip": "for f, _ in zip([T_%U[KEY]], 'a'):\n    f[%G](%A)",
    "map": "list(map(lambda f: f[%G](%A), [T_%U[KEY]]))",
    "slice": "for f in list(T_%U)[:1]:\n    T_%U[f if isinstance(f, str) else 0][%G](%A)",
    "set": "T_%U[KEY] = %3\nT_%U[KEY][%G](%A)",
    "set and back": "old = T_%U[KEY]\nT_%U[KEY] = %3\nT_%U[KEY][%G](%A)\nT_%U[KEY] = old",
    "set by its method": "T_%U.__setitem__(KEY, %3)\nT_%U[KEY][%G](%A)",
    "cleared": "T_%U.clear()\nassert not T_%U",
    "popped": "T_%U.pop(KEY)[%G](%A)",
    "globals": "globals().get('T_%U', {KEY: %3})[KEY][%G](%A)",
    "locals": "locals().get('T_%U', {KEY: %3})[KEY][%G](%A)",
    "the module": (
        "import sys\nif hasattr(sys.modules[__name__], 'T_%U'):\n"
        "    sys.modules[__name__].T_%U[KEY][%G](%A)"
    ),
    "vars of the module": "import sys\nt = vars(sys.modules[__name__]).get('T_%U')\n"
    "if t:\n    t[KEY][%G](%A)",
    "eval": 'eval("T_%U[KEY]", {**globals(), **locals()})[%G](%A)',
    "another file": "from {here}other_%U import use\nuse(x, lambda f: f[%G](%A))",
}
#: A file that finds the container in any module.
OTHER = """import sys


def use(x, go):
    for module in list(sys.modules.values()):
        table = getattr(module, 'T_%U', None)
        if table is not None:
            go(table[KEY])
"""
#: How one name stands for one kernel after the other.
ALIASES: dict[str, str] = {
    "branches": "if x.dim() == 1:\n    f = %K\n    f[%G](%A)\nelse:\n    f = %2\n    f[%G](%A)",
    "one after the other": "f = %K\nf[%G](%A)\nf = %2\nf[%G](%A)",
    "returned before": (
        "def inner():\n    if x.dim() == 1:\n        f = %K\n        f[%G](%A)\n        return\n"
        "    f = %2\n    f[%G](%A)\ninner()"
    ),
    "loop": "f = %K\nfor _ in range(2):\n    f[%G](%A)\n    f = %2",
    "while": "f, i = %K, 0\nwhile i < 2:\n    f[%G](%A)\n    f = %2\n    i += 1",
    "try": "f = %K\ntry:\n    f = %2\n    assert x is None\nexcept AssertionError:\n    f[%G](%A)",
    "finally": "f = %2\ntry:\n    f = %K\nfinally:\n    f[%G](%A)",
    "with": (
        "import contextlib\nf = %K\nwith contextlib.suppress(ValueError):\n    f = %2\nf[%G](%A)"
    ),
    "nonlocal": (
        "f = %K\ndef other():\n    nonlocal f\n    f = %2\nother()\nf[%G](%A)"
    ),
    "closure": "f = %K\ndef inner():\n    f[%G](%A)\nf = %2\ninner()",
    "walrus": "f = %K\nif (f := %2) is not None:\n    f[%G](%A)",
    "only one branch": "f = %K\nif x.dim() == 1:\n    f = %2\nf[%G](%A)",
    "match": "f = %K\nmatch x.dim():\n    case 1:\n        f = %2\nf[%G](%A)",
    "deleted": "f = %2\ndel f\nf = %K\nf[%G](%A)",
    "a loop's target": "f = %K\nfor f in (%2,):\n    pass\nf[%G](%A)",
    "raised": (
        "f = %K\nif x.dim() != 1:\n    f = %2\n    raise ValueError(f)\nf[%G](%A)"
    ),
    "nested branches": (
        "f = %K\nif x.dim() == 1:\n    if x.dim() == 1:\n        f = %2\n    else:\n        pass\n"
        "    f[%G](%A)\nelse:\n    f[%G](%A)"
    ),
    "else of a loop": (
        "f = %K\nfor _ in ():\n    f = %2\n    break\nelse:\n    f[%G](%A)\nf[%G](%A)"
    ),
}  # fmt: skip


def kernel_like(site: Site, name: str, reads: bool) -> str:
    """A kernel with the same parameters; what configs give to the other has a default here."""
    kernel = site.kernel
    fed = next((i for i, p in enumerate(kernel.params) if p.fed), len(kernel.params))
    parameters = ", ".join(_parameter(p, i >= fed) for i, p in enumerate(kernel.params))
    lines = ["tl.store(x_ptr, n)"]
    for param in kernel.params if reads else ():
        if "ptr" in param.name:
            lines.append(
                f"if {param.name} is not None:\n    tl.store(x_ptr + 1, {param.name} is None)"
            )
        else:
            lines.append(f"tl.store(x_ptr + 1, {param.name})")
    body = textwrap.indent("\n".join(lines), "    ")
    return f"@triton.jit\ndef {name}({parameters}):\n{body}"


def _parameter(param: Param, optional: bool) -> str:
    default = param.default or ("None" if "ptr" in param.name else "16")
    return Param(
        param.name, "", param.annotation, default if optional or param.default else ""
    ).text


def _write(site: Site, top: str, body: str) -> None:
    twin, third = site.name("twin"), site.name("third")
    reads = site.part.pick("twin", TWINS) == "reads them"
    words = {"%D": "{'a': %K, 'b': %2}", "%L": "[%K, %2]"}
    for word, value in {**words, "%2": twin, "%3": third}.items():
        top, body = top.replace(word, value), body.replace(word, value)
    site.top.append(kernel_like(site, twin, reads))
    if third in body:
        site.top.append(kernel_like(site, third, True))
    site.top += [fill(site, top)] if top else []
    site.body.append(fill(site, body))


@way("chosen", plain=True)
def _chosen(site: Site) -> None:
    how = site.part.pick("chosen", list(CHOSEN))
    top, body = CHOSEN[how]
    key = "'a'" if "table" in how else "0"
    if "T_%U = " in body or top:
        spoiler = site.part.pick("spoiler", list(SPOILERS))
        lines = SPOILERS[spoiler].replace("KEY", key)
        body = f"{body}\n{lines}" if lines else body
        if spoiler == "another file":
            text = OTHER.replace("KEY", key).replace("%U", str(site.number))
            site.files[site.name("other") + ".py"] = text
    _write(site, top, body)


@way("alias, one after another")
def _alias(site: Site) -> None:
    _write(site, "", ALIASES[site.part.pick("alias", list(ALIASES))])
