"""A drawn project: its files, how it is run, and whether a fixer should be able to fix it."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from pathlib import Path

from drawn import chosen, effects, extras, grids, kernels, launches, layouts, private, relays
from drawn.choices import Choices, Part
from drawn.model import Kernel
from drawn.site import Site, arguments

HEAD = "import torch\nimport triton\nimport triton.language as tl\n"
#: Decisions whose values decide whether a fix is plain; any value of all others is plain.
PLAIN = {
    "layout": {
        "package", "flat", "nested", "src", "scripts", "tests", "the same file", "the script",
    },
    "import": set(layouts.PLAIN_IMPORTS),
    "launch": launches.PLAIN.keys() | private.PLAIN,
    "extra": set(extras.HARMLESS),
    "form": {
        "decorated", "with brackets", "do_not_specialize by name", "do_not_specialize by index",
        "with comments", "on one line", "tuned later", "tuned in one call", "tuned again",
        "tuned or not",
    },
    "shape": {"at once", "twice", "both arms", "from a load", "early return"},
    "value": {
        "a number", "a stride", "a shape", "a length", "a local", "a local that is used",
        "arithmetic", "max", "a condition", "many terms",
    },
    "tensor": {"x", "another tensor", "None"},
    "grid": {"tuple", "list", "BLOCK", "BLOCK and n", "function"},
    "configs": {"literal", "comprehension", "a constant", "keyword"},
    "key": {"n", "none", "tuple"},
    "prune": {"none", "BLOCK"},
    "hook": {"none", "clears", "restore", "reset"},
    "follow": {"nothing", "best_config"},
    "how": {"by key", "a constant"},
    "twin": {"dead too"},
    "chosen": {name for name in chosen.CHOSEN if name != "list, two names"},
    "spoiler": {"nothing", "looked at"},
    "relay": {name for name in relays.RELAYS if name != "first by name"},
    "does": {"nothing"},
    "behind": {"nothing"},
    "called": {"imported", "another name", "module", "in the function"},
}  # fmt: skip


@dataclass(frozen=True)
class Project:
    """A drawn project."""

    choices: Choices
    files: dict[str, str]
    script: str
    paths: tuple[str, ...]
    git: bool
    #: How many parameters are dead, or look dead.
    dead: int

    @property
    def plain(self) -> bool:
        """Whether a fixer should remove all of the dead parameters."""
        return all(map(self.choices.is_plain, self.choices.taken))

    @property
    def families(self) -> list[str]:
        """Everything in the project that is not plain."""
        taken = self.choices.taken
        return sorted(
            {f"{n.rpartition('.')[2]}: {taken[n]}" for n in taken if not self.choices.is_plain(n)}
        )

    def write(self, root: Path) -> None:
        """Put the files below a directory."""
        for name, text in self.files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
        if self.git:
            (root / ".git").mkdir(parents=True, exist_ok=True)


class Module:
    """A Python file that is being written."""

    def __init__(self) -> None:
        self.imports: list[str] = []
        self.blocks: list[str] = []

    @property
    def text(self) -> str:
        imports = list(dict.fromkeys(self.imports))
        return "\n\n\n".join(["\n".join([HEAD.rstrip(), *imports]), *self.blocks]) + "\n"


def draw(seed: int, overrides: dict[str, str] | None = None) -> Project:
    """The project of a seed, with some of its decisions undone."""
    choices = Choices(seed, PLAIN, overrides)
    part = Part(choices, "project")
    layout = layouts.LAYOUTS[part.pick("layout", list(layouts.LAYOUTS))]
    return _Writer(part, layout).write()


class _Writer:
    def __init__(self, part: Part, layout: layouts.Layout) -> None:
        self.part, self.layout = part, layout
        self.modules: dict[str, Module] = {}
        self.files = {path: text for path, text in layout.files if path != layout.kernels}
        self.calls: list[str] = []
        self.dead = 0
        self.sites = 0

    def write(self) -> Project:
        layout = self.layout
        script = self._module(layout.script)
        self._module(layout.kernels)
        twins = []
        for number in range(int(self.part.pick("kernels", ("1", "2"), 0.75))):
            kernel = self._kernel(self.part.at(f"kernel{number}"), number)
            twins.append(kernel)
        script.blocks.append("def new():\n    return torch.zeros(32, dtype=torch.int32)")
        script.imports += ["import doctest, importlib, json, pathlib, re, runpy"]
        script.blocks.append("\n".join(self.calls))
        # The script comes last if it is the kernels' module too.
        files = {path: module.text for path, module in self.modules.items()}
        for path, text in self.files.items():
            files.setdefault(path, text.replace("%TWIN", _twins(twins)))
        if self.part.chance("line ends", 0.05):
            files = {
                p: t.replace("\n", "\r\n") if p.endswith(".py") else t for p, t in files.items()
            }
        return Project(self.part.choices, files, layout.script, layout.paths, layout.git, self.dead)

    def _module(self, path: str) -> Module:
        return self.modules.setdefault(path, Module())

    def _kernel(self, part: Part, number: int) -> Kernel:
        layout = self.layout
        stem = part.pick("name", ("fill_kernel", "kern", "_fwd", "k", "apply"), 0.5)
        kernel, form = kernels.draw(part, f"{stem}{number or ''}")
        self.dead += len(kernel.dead)
        here = "." if layout.package(layout.kernels) else ""
        folder = layout.kernels.rpartition("/")[0]
        home = self._module(layout.kernels)
        text = kernel.text(form).replace("{here}", here)
        if number:
            text = _renamed(text)
        home.blocks.append(text)
        for name, content in kernel.files.items():
            name, content = (f"second_{name}", _renamed(content)) if number else (name, content)
            self.files[f"{folder}/{name}".lstrip("/")] = content
        for use in range(int(part.pick("uses", ("1", "2"), 0.7))):
            self._site(part.at(f"use{use}"), kernel)
        if form == "called twice":
            # This kernel is not tuned.
            values = ", ".join(f"{p.name}={p.value or True}" for p in kernel.params)
            kernel.follow.append(f"{{k}}_again[(1,)]({values})")
        if kernel.follow:
            lines = [line.replace("{k}", kernel.name).replace("{m}", "") for line in kernel.follow]
            body = textwrap.indent("\n".join(lines), "    ")
            home.blocks.append(f"def check_{kernel.name}(x):\n{body}")
            self._call(layout.kernels, f"check_{kernel.name}")
        extra = extras.draw(part, kernel, layout.module(layout.kernels))
        self.files.update(extra.files)
        if extra.run:
            self.calls.append(extra.run)
        return kernel

    def _site(self, part: Part, kernel: Kernel) -> None:
        layout = self.layout
        self.sites += 1
        where = part.pick("where", ("ops", "script", "kernels", "sibling"), 0.7)
        folder = layout.ops.rpartition("/")[0]
        path = {
            "ops": layout.ops,
            "script": layout.script,
            "kernels": layout.kernels,
            "sibling": f"{folder}/more_ops.py".lstrip("/"),
        }[where]
        lines, expression, extra = layouts.draw_import(part, layout, path, kernel.name, self.sites)
        if extra:
            folder = layout.script.rpartition("/")[0]
            self.files[f"{folder}/reexport_{self.sites}.py".lstrip("/")] = extra
        site = Site(
            part,
            kernel,
            self.sites,
            expression,
            layout.module(layout.kernels),
            arguments(part, kernel),
        )
        how = launches.choose(part)
        grids.draw(site)
        effects.draw(site, how in effects.ONCE)
        launches.write(site, how)
        module = self._module(path)
        module.imports += [line for line in [lines] if line]
        here = "." if layout.package(path) else ""
        for name, content in site.files.items():
            folder = path.rpartition("/")[0]
            self.files[f"{folder}/{name}".lstrip("/")] = _beside(content, here)
        module.imports += ["import functools", "import operator"]
        lines = "\n".join([*site.before, *site.body, *site.after])
        body = textwrap.indent(_beside(lines, here), "    ")
        module.blocks += [_beside(block, here) for block in site.top]
        module.blocks.append(f"def go_{self.sites}(x):\n{body}")
        self._call(path, f"go_{self.sites}")

    def _call(self, path: str, function: str) -> None:
        if path != self.layout.script:
            module = self.layout.module(path)
            self._module(self.layout.script).imports.append(f"from {module} import {function}")
        self.calls.append(f"{function}(new())")


def _beside(text: str, here: str) -> str:
    """Text whose imports of files beside it fit the package that it is in."""
    plain = text.replace("{import}", f"from {here} import " if here else "import ")
    return plain.replace("{here}", here)


#: What text around a kernel defines; the second kernel of a module has its own.
_NAMES = re.compile(
    r"(?<!\w\.)\b(CONFIGS|prune|pruning|model|hook|hooks|make_hook|clear|before_config|after|is_even|even|look"
    r"|Even|title|metadata|Logged|helper|helpers|outer|twice|pick|load|get|config(?=\()"
    r"|configs(?=\(|\.json| import))\b"
)


def _renamed(text: str) -> str:
    return _NAMES.sub(r"second_\1", text)


def _twins(found: list[Kernel]) -> str:
    """Kernels of the same names that read all of their parameters."""
    blocks = [HEAD]
    for kernel in found:
        arguments = ", ".join(
            f"{p.name}: {p.annotation}" if p.annotation else p.name for p in kernel.params
        )
        used = " + ".join(p.name for p in kernel.params if "ptr" not in p.name)
        blocks.append(
            f"@triton.jit\ndef {kernel.name}({arguments}):\n    tl.store(x_ptr, {used})\n"
        )
    return "\n\n".join(blocks)
