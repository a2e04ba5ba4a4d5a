"""Draws grids: tuples, and code that sees the arguments by name."""

from __future__ import annotations

from drawn.site import Site

#: `{d}` is the dead parameter's name, `{b}` the name of one that stays.
GRIDS = {
    "tuple": "(1,)",
    "list": "[1, 1]",
    "BLOCK": "lambda META: (triton.cdiv(32, META['BLOCK']),)",
    "BLOCK and n": "lambda META: (triton.cdiv(META['n'], META['BLOCK']),)",
    "get": "lambda META: (META.get('n', 32) // META.get('BLOCK', 32),)",
    "dead": "lambda META: (1 if META['{d}'] is not None else 2,)",
    "dead by get": "lambda META: (1 if META.get('{d}') is not None else 2,)",
    "dead by f-string": "lambda META: (1 if META[f'{0}{{tail}}'] is not None else 2,)",
    "dead by variable": "lambda META: (1 if META[key] is not None else 2,)",
    "dead by default": "lambda META, key='{d}': (1 if META[key] is not None else 2,)",
    "in": "lambda META: (1 if '{d}' in META else 2,)",
    "length": "lambda META: (len(META),)",
    "values": "lambda META: (len(list(META.values())),)",
    "itemgetter": "lambda META: (1 if operator.itemgetter('{d}')(META) is not None else 2,)",
    "function": "grid_function",
    "function that unpacks": "grid_function",
    "function that copies": "grid_function",
    "function that hands on": "grid_function",
    "partial": "functools.partial(grid_function, '{d}')",
    "object": "Grid('{d}')",
    "method": "Grid('{d}').grid",
    "writes": "grid_function",
    "setdefault": "lambda META: (1 if META.setdefault('{d}', None) is not None else 2,)",
    "another module": "sizes.grid",
}
FUNCTIONS = {
    "function": "def grid_function(META):\n    return (triton.cdiv(META['n'], META['BLOCK']),)",
    "function that unpacks": (
        "def size(n, {d}=None, **rest):\n    return 1 if {d} is not None else 2\n\n\n"
        "def grid_function(META):\n    return (size(**META),)"
    ),
    "function that copies": (
        "def size(n, {d}=None, **rest):\n    return 1 if {d} is not None else 2\n\n\n"
        "def grid_function(META):\n    copy = dict(META)\n    copy.pop('x_ptr')\n"
        "    return (size(**copy),)"
    ),
    "function that hands on": (
        "def size(args, key):\n    return 1 if args[key] is not None else 2\n\n\n"
        "def grid_function(META):\n    return (size(META, '{d}'),)"
    ),
    "partial": "def grid_function(key, META):\n    return (1 if META[key] is not None else 2,)",
    "object": (
        "class Grid:\n    def __init__(self, key):\n        self.key = key\n"
        "    def __call__(self, META):\n        return (1 if META[self.key] is not None else 2,)"
    ),
    "method": (
        "class Grid:\n    def __init__(self, key):\n        self.key = key\n"
        "    def grid(self, META):\n        return (1 if META[self.key] is not None else 2,)"
    ),
    "writes": (
        "def grid_function(META):\n    META['n'] = 16\n    return (META['n'] // META['BLOCK'] + 1,)"
    ),
}


def draw(site: Site) -> None:
    """Choose the grid."""
    how = site.part.pick("grid", list(GRIDS))
    dead = site.kernel.dead[0]
    text = GRIDS[how].replace("{{tail}}", "{tail}").replace("{d}", dead).replace("{0}", dead[0])
    for name in ("grid_function", "Grid"):
        text = text.replace(name, site.name(name))
    site.grid = text
    if how in FUNCTIONS:
        function = FUNCTIONS[how].replace("{d}", dead)
        for name in ("grid_function", "Grid", "size"):
            function = function.replace(f"{name}(", f"{site.name(name)}(")
            function = function.replace(f"class {name}:", f"class {site.name(name)}:")
        site.top.append(function)
    if how == "dead by f-string":
        site.before.append(f"tail = '{dead[1:]}'")
    elif how == "dead by variable":
        site.before.append(f"key = '{dead}'")
    elif how == "another module":
        module = site.name("sizes")
        site.files[f"{module}.py"] = (
            f"def grid(META):\n    return (1 if META['{dead}'] is not None else 2,)\n"
        )
        site.top.insert(0, f"from {{here}}{module} import grid as {site.name('far_grid')}")
        site.grid = site.name("far_grid")
    if site.part.chance("grid in a variable", 0.1):
        site.before.append(f"grid = {site.grid}")
        site.grid = "grid"
