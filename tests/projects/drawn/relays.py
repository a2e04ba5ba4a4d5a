"""Draws launches through functions that are given the kernel, in other files and through others."""

from __future__ import annotations

from drawn.launches import fill, way
from drawn.site import Site

#: The function that is called, in a file beside, and functions in a second file that it may call.
RELAYS: dict[str, str] = {
    "once": "def relay(f, *args, **kw):\n    f[(1,)](*args, **kw)",
    "with the grid": "def relay(f, grid, *args, **kw):\n    f[grid](*args, **kw)",
    "twice": (
        "def relay(f, *args, **kw):\n    f[(1,)](*args, **kw)\n"
        "    for row in range(2):\n        f[(row + 1,)](*args, **kw)"
    ),
    "by run": "def relay(f, *args, **kw):\n    f.run(*args, **kw, grid=(1,), warmup=False)",
    "a tuple": "def relay(f, args, kw):\n    f[(1,)](*args, **kw)",
    "first by name": "def relay(f, first, *args, **kw):\n    f[(1,)](first, *args, **kw)",
    "passed on": (
        "def relay(f, *args, **kw):\n    inner(f, *args, **kw)\n\n\n"
        "def inner(g, *args, **kw):\n    g[(1,)](*args, **kw)"
    ),
    "passed on by keyword": (
        "def inner(*args, g, **kw):\n    g[(1,)](*args, **kw)\n\n\n"
        "def relay(f, *args, **kw):\n    inner(*args, g=f, **kw)"
    ),
    "passed on to a file": (
        "from {here}deep_%U import deep\n\n\ndef relay(f, *args, **kw):\n    deep(f, *args, **kw)"
    ),
    "launched and passed on": (
        "from {here}deep_%U import deep\n\n\ndef relay(f, *args, **kw):\n"
        "    f[(1,)](*args, **kw)\n    deep(f, *args, **kw)"
    ),
    "passed on twice": (
        "{import}deep_%U\n\n\ndef relay(f, *args, **kw):\n    deep_%U.deep(f, *args, **kw)\n"
        "    inner(f, *args, **kw)\n\n\ndef inner(f, *args, **kw):\n    f[(2,)](*args, **kw)"
    ),
}
DEEP = (
    "def deep(kernel, *args, **kw):\n"
    "    for row in range(2):\n        kernel[(row + 1,)](*args, **kw)"
)
#: A function that stands in the place of another.
INSTEAD = "lambda f, *a, **k: COUNT == len(a) + len(k) or 1 / 0"
#: What a function does with the kernel, or with its arguments, besides.
DOES: dict[str, str] = {
    "nothing": "",
    "reads others": "    print(len(str(grid_of)))",
    "keeps it": "    KEPT.append(f)",
    "keeps it in another function": "    keep(f, *args, **kw)",
    "returns it": "    return f",
    "asks for its parameters": "    assert DEADS <= set(f.arg_names)",
    "counts them": "    assert len(args) + len(kw) == COUNT",
    "counts them elsewhere": "    count(f, *args, **kw)",
    "takes the first": "    take(f, *args, **kw)",
    "takes two": "    two(f, *args, **kw)",
    "another name": "    g = f\n    g[(1,)](*args, **kw)",
    "in a lambda": "    go = lambda: f[(1,)](*args, **kw)\n    go()",
    "result kept": "    made = [f[(1,)](*args, **kw)]\n    assert made",
    "a variable of them": "    every = args\n    f[(1,)](*every, **kw)",
    "others before them": "    f[(1,)](*args[:1], *args[1:], **kw)",
    "itself": "    if kw.pop('again', False):\n        relay(f, *args, **kw)",
    "all variables": "    locals()['f'][(1,)](*args, **kw)",
    "deleted": "    f[(1,)](*args, **kw)\n    del f",
}
#: What else stands in the file of the function, behind it.
BEHIND: dict[str, str] = {
    "nothing": "",
    "decorated": (
        "def noted(function):\n    def note(f, *args, **kw):\n"
        "        return function(f, *args, **kw)\n    return note\n\n\nrelay = noted(relay)"
    ),
    "counted": (
        "def counted(f, *args, **kw):\n    assert len(args) + len(kw) == COUNT\n"
        "    old(f, *args, **kw)\n\n\nold, relay = relay, counted"
    ),
    "a star import": "from {here}star_%U import *",
    "replaced": f"import sys\nsys.modules[__name__].relay = {INSTEAD}",
    "replaced by globals": f"globals().update(relay={INSTEAD})",
}
CALLS = ("imported", "another name", "module", "in the function", "a method", "partial", "a list")


@way("relay", plain=True)
def _relay(site: Site) -> None:
    part = site.part
    how, does = part.pick("relay", list(RELAYS)), part.pick("does", list(DOES))
    behind, call = part.pick("behind", list(BEHIND)), part.pick("called", CALLS)
    number = str(site.number)
    text, more = RELAYS[how], DOES[does]
    if how in ("a tuple", "passed on twice") or "\n\n\ndef inner" in text:
        more = ""
    if how == "with the grid":
        more = more.replace("grid_of", "grid")
    helpers = (
        "KEPT = []\n\n\ndef keep(f, *args, **kw):\n    f[(1,)](*args, **kw)\n    KEPT.append(f)"
        "\n\n\ndef count(f, *args, **kw):\n    assert len(args) + len(kw) == COUNT\n\n\n"
        "def take(f, first=None, *args, **kw):\n    f[(1,)](first, *args, **kw)\n\n\n"
        "def two(f, a, b, *args, **kw):\n    f[(1 + (str(b) == '32'),)](a, b, *args, **kw)"
    )
    parts = [helpers, "\n".join(filter(None, [text, more])), BEHIND[behind]]
    count = len(site.arguments)
    text = "\n\n\n".join(filter(None, parts)) + "\n"
    words = {"grid_of": "f", "DEADS": repr(set(site.kernel.dead)), "COUNT": str(count)}
    for word, value in {**words, "%U": number}.items():
        text = text.replace(word, value)
    site.files[f"relay_{number}.py"] = text
    site.files[f"deep_{number}.py"] = f"{DEEP}\n"
    star = "def relay(f, *args, **kw):\n    assert len(args) + len(kw) == COUNT\n"
    star += "    f[(1,)](*args, **kw)\n"
    site.files[f"star_{number}.py"] = star.replace("COUNT", str(count))
    given = "(%P,), dict(%N)" if how == "a tuple" else "%A"
    given = f"%G, {given}" if how == "with the grid" else given
    imported = "from {here}relay_%U import relay"
    top, body = {
        "imported": (imported + " as relay_%U", f"relay_%U(%K, {given})"),
        "another name": (imported + " as start_%U", f"k = %K\nstart_%U(k, {given})"),
        "module": ("{import}relay_%U", f"relay_%U.relay(%K, {given})"),
        "in the function": ("", f"{imported}\nrelay(%K, {given})"),
        "a method": (f"{imported} as relay_%U", f"C_%U().go(%K, {given})"),
        "partial": (
            f"import functools\n{imported} as relay_%U",
            f"functools.partial(relay_%U, %K)({given})",
        ),
        "a list": (f"{imported} as relay_%U", f"[relay_%U][0](%K, {given})"),
    }[call]
    if call == "a method":
        top += "\nclass C_%U:\n    def go(self, f, *args, **kw):\n        relay_%U(f, *args, **kw)"
    if does.startswith("keeps it"):
        body += "\nfrom {here}relay_%U import KEPT\nfor f in KEPT:\n    f[%G](%A)"
    elif does == "returns it":
        body = f"f = {body}".replace("f = k = %K\n", "k = %K\nf = ")
        body = body.replace(
            "f = from {here}relay_%U import relay\n", "from {here}relay_%U import relay\nf = "
        )
        body += "\nif f is not None:\n    f[%G](%A)"
    site.top += [fill(site, top)] if top else []
    site.body.append(fill(site, body))
