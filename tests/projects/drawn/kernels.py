"""Draws a kernel: its parameters, dead ones among them, its body and its decorators."""

from __future__ import annotations

from drawn import overwritten, tuning
from drawn.choices import Part
from drawn.model import Kernel, Param

DEAD = (
    "int",
    "annotated",
    "constexpr",
    "pointer",
    "with a default",
    "overwritten",
    "forwarded",
    "forwarded twice",
    "constexpr with a default",
)
POSITIONS = ("before BLOCK", "first", "second", "last")
FORMS = (
    "decorated",
    "with brackets",
    "called",
    "called twice",
    "do_not_specialize by name",
    "do_not_specialize by index",
    "alias of jit",
    "repr",
    "repr by index",
    "launch_metadata",
    "launch_metadata by name",
    "wrapped",
    "in a condition",
    "in try",
    "in a class",
    "on one line",
    "with comments",
    *tuning.LATER,
)


def draw(part: Part, name: str) -> tuple[Kernel, str]:
    """A kernel and the form of its definition."""
    kernel = Kernel(name, [], "")
    kernel.params = [Param("x_ptr", "x"), Param("n", "32"), Param("BLOCK", "32", "tl.constexpr")]
    kinds = [part.pick("dead", DEAD, 0.35)]
    if part.chance("two dead", 0.15):
        kinds.append(part.pick("second dead", ("int", "constexpr", "pointer"), 0.5))
    lines = ["o = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)"]
    if kinds[0] == "overwritten":
        kernel.params.insert(2, Param("c", "7"))
        shape = part.pick("shape", list(overwritten.SHAPES))
        lines = [overwritten.body(shape, part.random("body"))]
        if "twice(" in lines[0] or "pick(" in lines[0]:
            kernel.before.append(overwritten.HELPERS.strip())
    elif kinds[0].startswith("forwarded"):
        lines.append(_helper(part, kernel, kinds[0]))
    else:
        lines.append("tl.store(x_ptr + o, n, mask=o < n)")
    for number, kind in enumerate(kinds):
        _add_dead(part.at(f"dead{number}"), kernel, kind, number)
    kernel.body = "\n".join(lines)
    form = part.pick("form", FORMS)
    _decorate(part, kernel, form)
    if form not in ("in a class", "in a condition", "in try"):
        tuning.draw(part, kernel, form)
    return kernel, form


def _add_dead(part: Part, kernel: Kernel, kind: str, number: int) -> None:
    suffix = str(number + 1) if number else ""
    if kind in ("constexpr", "constexpr with a default"):
        param = Param(f"DEAD{suffix}", "3", "tl.constexpr")
    elif kind == "pointer":
        param = Param(f"old_ptr{suffix}", "x")
    elif kind == "overwritten":
        param = Param("v", "5")
    else:
        param = Param(f"dead{suffix}", "7", "tl.int32" if kind == "annotated" else "")
    param.dead = True
    position = part.pick("position", POSITIONS, 0.6)
    place = {"before BLOCK": len(kernel.params) - 1, "first": 0, "second": 1}.get(position, 99)
    if "default" in kind:
        param.default, place = "4", 99
        block = kernel.params[-1]
        if part.chance("BLOCK has one too", 0.3) and block.name == "BLOCK":
            block.default = "16"
    elif kernel.params[-1].default:
        place = min(place, len(kernel.params) - 1)
        while place and kernel.params[place - 1].default:
            place -= 1
    kernel.params.insert(place, param)


def _helper(part: Part, kernel: Kernel, kind: str) -> str:
    """A device function that is given the dead parameter."""
    text = "@triton.jit\ndef helper(ptr, value, mask, dead):\n    tl.store(ptr, value, mask=mask)"
    if kind == "forwarded twice":
        text += (
            "\n\n\n@triton.jit\ndef outer(ptr, value, mask, dead):\n"
            "    helper(ptr, value, mask, dead)"
        )
    where = part.pick("helper", ("beside", "in a file", "noinline", "used twice"), 0.6)
    name = "outer" if kind == "forwarded twice" else "helper"
    if where == "noinline":
        text = text.replace("@triton.jit\ndef helper", "@triton.jit(noinline=True)\ndef helper")
    if where == "in a file":
        head = "import triton\nimport triton.language as tl\n\n\n"
        kernel.files["helpers.py"] = f"{head}{text}\n"
        kernel.before.insert(0, f"from {{here}}helpers import {name}")
    else:
        kernel.before.append(text)
    call = part.pick("call", (f"{name}(x_ptr + o, n, o < n, dead)", "by keyword"), 0.8)
    if call == "by keyword":
        call = f"{name}(x_ptr + o, n, dead=dead, mask=o < n)"
    if where == "used twice":
        call += f"\n{name}(x_ptr + o, n + 1, o < n, 3)"
    return call


def _decorate(part: Part, kernel: Kernel, form: str) -> None:
    names = [param.name for param in kernel.params]
    plain_ints = [
        p for p in kernel.params if not p.annotation and p.name not in ("x_ptr", "old_ptr")
    ]
    first = plain_ints[0].name if plain_ints else "n"
    jit = "@triton.jit"
    if form == "with brackets":
        jit = "@triton.jit()"
    elif form == "do_not_specialize by name":
        jit = f"@triton.jit(do_not_specialize=['{first}', 'n'])"
    elif form == "do_not_specialize by index":
        jit = f"@triton.jit(do_not_specialize=[{names.index('n')}, {names.index(first)}])"
    elif form == "alias of jit":
        kernel.before.insert(0, "from triton import jit as compiled")
        jit = "@compiled"
    elif form == "repr":
        kernel.before.append("def title(spec):\n    return 'kernel_' + spec.signature['n']")
        jit = "@triton.jit(repr=title)"
    elif form == "repr by index":
        kernel.before.append(
            "def title(spec):\n    kinds = list(spec.signature.values())\n"
            f"    return 'kernel_' + kinds[{len(names) - 1}]"
        )
        jit = "@triton.jit(repr=title)"
    elif form.startswith("launch_metadata"):
        key = kernel.dead[0] if form.endswith("by name") else "n"
        kernel.before.append(
            "def metadata(grid, info, args):\n"
            f"    return {{'name': info.name, 'flops': args['{key}']}}"
        )
        jit = "@triton.jit(launch_metadata=metadata)"
    elif form in ("called", "called twice"):
        kernel.after.append(f"{kernel.name} = triton.jit(_{kernel.name})")
        if form == "called twice":
            kernel.after.append(
                f"{kernel.name}_again = triton.jit(_{kernel.name}, do_not_specialize=['n'])"
            )
        jit = ""
    elif form == "wrapped":
        kernel.before.append(
            "class Logged:\n    def __init__(self, kernel):\n        self.kernel = kernel\n"
            "    def __getattr__(self, name):\n        return getattr(self.kernel, name)\n"
            "    def __getitem__(self, grid):\n        return self.kernel[grid]"
        )
        kernel.after.append(f"{kernel.name} = Logged(triton.jit(_{kernel.name}))")
        jit = ""
    if jit:
        kernel.decorators = [jit]
