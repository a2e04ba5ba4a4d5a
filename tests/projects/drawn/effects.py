"""Draws what a launch passes for a dead parameter: values, and expressions with effects."""

from __future__ import annotations

from drawn.site import Site

#: The ways to launch in which the code before and after the launch is in the same function.
ONCE = ("direct", "run", "lines", "in try", "in with", "alias", "launcher")
#: Text before the launch, the expression, and text after the launch that checks its effect.
INTEGERS = {
    "a number": ("", "7", ""),
    "a stride": ("", "x.stride(0)", ""),
    "a shape": ("", "x.shape[0]", ""),
    "a length": ("", "len(x)", ""),
    "a local": ("d = x.numel() // 4", "d", ""),
    "a local that is used": ("d = x.numel() // 4", "d", "assert d == 8"),
    "a chain of locals": ("whole = x.numel()\nd = whole // 4", "d", ""),
    "a chain to a call that notes": (
        "seen = []\ndef note(value):\n    seen.append(value)\n    return value\n"
        "whole = x.numel()\nd = note(whole)",
        "d",
        "assert seen == [32]",
    ),
    "a chain to a property that notes": (
        "class Counter:\n    n = 6\n    @property\n    def up(self):\n        Counter.n += 1\n"
        "        return [7, 8]\ncounter = Counter()\nplace = x.dim()\nd = counter.up[place]",
        "d",
        "assert Counter.n == 7",
    ),
    "one of two targets": ("d = e = x.numel()", "d", "assert e == 32"),
    "both of two targets": ("d = e = x.numel()", "d + e", ""),
    "a target beside an item": ("sizes = {}\nsizes['e'] = d = 7", "d", "assert sizes['e'] == 7"),
    "two targets of a call that notes": (
        "seen = []\ndef note(value):\n    seen.append(value)\n    return value\nd = e = note(7)",
        "d",
        "assert seen == [7]",
    ),
    "a place in a tuple": ("d, e = x.numel(), 7", "d", "assert e == 7"),
    "two places in a tuple": (
        "c, d, e = x.dim(), x.numel(), (\n    7\n)",
        "c + d",
        "assert e == 7",
    ),
    "every place in a tuple": ("d, e = x.numel(), 7", "d + e", ""),
    "a place in a swap": ("d, e = 7, 8\nd, e = e, d", "d", "assert e == 7"),
    "a place in a tuple inside another": ("(c, d), e = (1, 7), 8", "d", "assert c + e == 9"),
    "a place in a tuple of a call that notes": (
        "seen = []\ndef note(value):\n    seen.append(value)\n    return value\nd, e = note(7), 8",
        "d",
        "assert seen == [7] and e == 8",
    ),
    "a place in a tuple that a closure reads": (
        "d, e = 7, 8\ndef inner():\n    return d + e",
        "d",
        "assert inner() == 15",
    ),
    "a local that a text reads": ("d = x.numel() // 4", "d", "assert f'{d=}' == 'd=8'"),
    "a local that all locals have": ("d = x.numel() // 4", "d", "assert locals()['d'] == 8"),
    "a local that a part of Python reads": ("d = x.numel()", "d", "assert eval('d') == 32"),
    "a local that may raise": (
        "row = [7]\ntry:\n    d = row[1]\n    e = 1\nexcept IndexError:\n    d, e = 0, 2",
        "d",
        "assert e == 2",
    ),
    "an import": ("import math\nd = math.ceil(6.5)", "d", ""),
    "an import that is used": ("import math", "math.ceil(6.5)", "assert math.floor(1.5) == 1"),
    "arithmetic": ("", "x.numel() // 4 + 1", ""),
    "max": ("", "max(3, x.dim())", ""),
    "a condition": ("flag = x.dim() == 1", "7 if flag else 8", ""),
    "an attribute": (
        "class Sizes:\n    dead = 7\nsizes = Sizes()",
        "sizes.dead",
        "",
    ),
    "an item": ("sizes = {'dead': 7}", "sizes['dead']", ""),
    "many terms": ("", "+".join(["1"] * 30), ""),
    "next": ("numbers = iter([7, 8])", "next(numbers)", "assert next(numbers) == 8"),
    "pop": ("numbers = [7]", "numbers.pop()", "assert not numbers"),
    "a call that notes": (
        "seen = []\ndef note(value):\n    seen.append(value)\n    return value",
        "note(7)",
        "assert seen == [7]",
    ),
    "a method that notes": (
        "class Counter:\n    n = 6\n    def up(self):\n        self.n += 1\n        return self.n\n"
        "counter = Counter()",
        "counter.up()",
        "assert counter.n == 7",
    ),
    "a property": (
        "class Counter:\n    n = 6\n    @property\n    def up(self):\n        self.n += 1\n"
        "        return self.n\ncounter = Counter()",
        "counter.up",
        "assert counter.n == 7",
    ),
    "an operator that notes": (
        "class Number:\n    n = 0\n    def __add__(self, other):\n        Number.n += 1\n"
        "        return 7\nnumber = Number()",
        "number + 1",
        "assert Number.n == 1",
    ),
    "defaultdict": (
        "import collections\nsizes = collections.defaultdict(lambda: 7)",
        "sizes['dead']",
        "assert 'dead' in sizes",
    ),
    "an item that notes": (
        "class Sizes(dict):\n"
        "    def __missing__(self, key):\n"
        "        self[key] = 7\n"
        "        return 7\n"
        "sizes = Sizes()",
        "sizes['dead']",
        "assert 'dead' in sizes",
    ),
    "walrus": ("", "(d := x.numel())", "assert d == 32"),
    "a comprehension": (
        "seen = []",
        "len([seen.append(i) for i in range(2)])",
        "assert seen == [0, 1]",
    ),
}
POINTERS = {
    "x": ("", "x", ""),
    "another tensor": ("", "torch.ones(4)", ""),
    "a view": ("", "x.view(-1)", ""),
    "in place": ("", "x.add_(1)", "assert x.sum() == 32"),
    "None": ("", "None", ""),
    "half": ("", "x.half()", ""),
    "a view that notes": (
        "class Box:\n    n = 0\n    def view(self, *shape):\n        Box.n += 1\n        return x\n"
        "box = Box()",
        "box.view(-1)",
        "assert Box.n == 1",
    ),
}


def draw(site: Site, once: bool) -> None:
    """Choose what each dead parameter gets; effects need a launch that happens once, in place."""
    for argument in site.arguments:
        if argument.name not in site.kernel.dead:
            continue
        if argument.name.startswith("old_ptr"):
            options, name = POINTERS, "tensor"
        elif argument.name.startswith("DEAD") or argument.name.endswith("2"):
            continue
        else:
            options, name = INTEGERS, "value"
        # To Triton, 1 is a constant, and a variable cannot start as one.
        allowed = set(options) - ({"a stride"} if argument.name == "v" else set())
        usable = [
            option
            for option, (before, _, after) in options.items()
            if option in allowed and (once or not (before or after))
        ]
        how = site.part.pick(name, usable)
        before, argument.value, after = options[how]
        site.before += [before] if before else []
        site.after += [after] if after else []
