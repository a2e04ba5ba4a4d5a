"""Draws what else a repository has about a kernel: prose, data, and code outside Python files.

An extra is files, and lines of the script that use them; `%F` is the kernel, `%M` its module, `%S`
its signature for an ahead-of-time compiler, and `%L` a launch.
"""

from __future__ import annotations

from dataclasses import dataclass

from drawn.choices import Part
from drawn.model import Kernel


@dataclass(frozen=True)
class Extra:
    """Files by path, and how the script uses them."""

    files: dict[str, str]
    run: str = ""


_CHECK = "assert len(kinds) == len(getattr(importlib.import_module('%M'), name).arg_names), kinds"
#: A file, its contents, and the places of the name and the signature in it.
_AOT = {
    "json": ("aot.json", '["%F", "%S"]\n', r'\["(.*)", "(.*)"'),
    "toml": ("aot.toml", '[%F]\nsignature = "%S"\n', r'\[(.*)\]\nsignature = "(.*)"'),
    "yaml": ("aot.yaml", "kernels:\n  - name: %F\n    signature: %S\n", r"name: (.*)\n.*: (.*)"),
    "ini": ("aot.ini", "[%F]\nsignature = %S\n", r"\[(.*)\]\nsignature = (.*)"),
    "cfg": ("setup.cfg", "[aot]\nkernels =\n    %F: %S\n", r"    (.*): (.*)"),
    "shell": ("build.sh", "#!/bin/sh\naot --kernel %F --signature '%S'\n", "kernel (.*) -.*'(.*)'"),
    "no suffix": ("aot", "#!/bin/sh\naot --kernel=%F '%S'\n", "kernel=(.*) '(.*)'"),
    "cmake": ("CMakeLists.txt", 'add_kernel(%F "%S")\n', r'\((.*) "(.*)"'),
    "C++": ("launch.cpp", 'auto f = get("%F", "%S");\n', '"(.*)", "(.*)"'),
    "CUDA": ("launch.cu", 'auto f = get("%F", "%S");\n', '"(.*)", "(.*)"'),
    "header": ("launch.h", 'static const char *NAMES[] = {"%F", "%S"};\n', '"(.*)", "(.*)"'),
    "text": ("aot.txt", "%F %S\n", r"(\w+) (.*)"),
}
_CELLS = '{"cells": [{"cell_type": "code", "source": [%C], "outputs": []}], "nbformat": 4}'

EXTRAS: dict[str, Extra] = {
    "none": Extra({}),
    "prose in a README": Extra({"README.md": "# Kernels\n\nThe kernel %F fills a tensor.\n"}),
    "prose in a comment": Extra({"notes.py": "# %F is launched in ops.py\nVERSION = 1\n"}),
    "prose in a docstring": Extra({"notes.py": '"""What %F does: it fills a tensor."""\n'}),
    "another kernel of its name": Extra(
        {
            "elsewhere/other.py": (
                "import torch, triton\nimport triton.language as tl\n\n\n@triton.jit\n"
                "def %F(x_ptr, n, dead):\n    tl.store(x_ptr, n + dead)\n\n\n"
                "def use(x):\n    %F[(1,)](x, 3, 7)\n"
            )
        },
        "runpy.run_path('elsewhere/other.py')['use'](new())",
    ),
    "a function of its name": Extra(
        {
            "elsewhere/plain.py": "def %F(x, n, dead):\n"
            "    return dead\n"
            "\n"
            "\n"
            "assert %F(1, 2, 3) == 3\n"
        },
        "runpy.run_path('elsewhere/plain.py')",
    ),
    "notebook": Extra(
        {"demo.ipynb": _CELLS.replace("%C", "%Z")},
        "for cell in json.load(open('demo.ipynb'))['cells']:\n"
        "    exec(''.join(cell['source']), {})",
    ),
    "Markdown code": Extra(
        {"GUIDE.md": "# Guide\n\n```python\n%X\n```\n"},
        "exec(re.search('```python\\n(.*?)```', open('GUIDE.md').read(), re.S)[1], {})",
    ),
    "Markdown doctest": Extra(
        {"GUIDE.md": "# Guide\n\n%Y\n"},
        "assert not doctest.testfile(str(pathlib.Path('GUIDE.md').resolve()), "
        "module_relative=False).failed",
    ),
    "template": Extra({"launch.py.tmpl": "%X\n"}, "exec(open('launch.py.tmpl').read(), {})"),
    "script without a suffix": Extra(
        {"bench": "#!/usr/bin/env python\n%X\n"}, "runpy.run_path('bench')"
    ),
    "ignored script": Extra(
        {".gitignore": "scratch/\n", "scratch/bench.py": "%X\n"},
        "runpy.run_path('scratch/bench.py')",
    ),
    "script in build": Extra({"build/bench.py": "%X\n"}, "runpy.run_path('build/bench.py')"),
    "script in dist": Extra(
        {"tests/dist/test_k.py": "%X\n"}, "runpy.run_path('tests/dist/test_k.py')"
    ),
    "script in a nested repository": Extra(
        {"vendor/.git/HEAD": "ref: refs/heads/main\n", "vendor/bench.py": "%X\n"},
        "runpy.run_path('vendor/bench.py')",
    ),
    "script in a nested project": Extra(
        {"vendor/pyproject.toml": "[project]\nname = 'v'\n", "vendor/bench.py": "%X\n"},
        "runpy.run_path('vendor/bench.py')",
    ),
    "plain script": Extra({"benchmarks/bench.py": "%X\n"}, "runpy.run_path('benchmarks/bench.py')"),
    "code in a string": Extra({}, "CODE = '''\n%X\n'''\nexec(CODE, {})"),
    "code in lines": Extra(
        {},
        "lines = []\n"
        "for line in ['import torch', 'from %M import %F', 'x = "
        "torch.zeros(32, dtype=torch.int32)']:\n"
        "    lines.append(line)\n"
        "lines.append(%R)\n"
        "exec('\\n"
        "'.join(lines), {})",
    ),
    "code that is written": Extra(
        {}, "pathlib.Path('made_here.py').write_text('''\n%X\n''')\nrunpy.run_path('made_here.py')"
    ),
    "called by a kernel": Extra(
        {"elsewhere/caller.py": "%K"}, "runpy.run_path('elsewhere/caller.py')['use'](new())"
    ),
    "called by a kernel in a string": Extra(
        {},
        "pathlib.Path('made_kernel.py').write_text(%k)\n"
        "runpy.run_path('made_kernel.py')['use'](new())",
    ),
    "called by a kernel in a template": Extra(
        {"kernel.py.tmpl": "%K"},
        "pathlib.Path('made_kernel.py').write_text(pathlib.Path('kernel.py.tmpl').read_text())\n"
        "runpy.run_path('made_kernel.py')['use'](new())",
    ),
    "doctest": Extra(
        {"documented.py": 'def use():\n    """Use it.\n\n%y\n    """\n'},
        "import sys\n"
        "sys.path.append('.')\n"
        "import documented\n"
        "assert not doctest.testmod(documented).failed",
    ),
    "an AOT command": Extra(
        {},
        "command = ['compile', '--kernel-name', '%F', '--signature', '%S']\n"
        "name, kinds = command[2], command[-1].split(',')\n" + _CHECK,
    ),
    "an AOT call": Extra(
        {
            "aot.py": "class CompileArgs:\n"
            "    def __init__(self, kernel_name, signature):\n"
            "        self.__dict__.update(locals())\n"
            "\n"
            "\n"
            "ARGS = CompileArgs(kernel_name='%F', signature='%S')\n"
        },
        "args = runpy.run_path('aot.py')['ARGS']\n"
        "name, kinds = args.kernel_name, args.signature.split(',')\n" + _CHECK,
    ),
    **{
        f"AOT in {name}": Extra(
            {path: text},
            f"name, kinds = re.search({found!r}, open('{path}').read()).groups()\n"
            f"kinds = kinds.split(',')\n{_CHECK}",
        )
        for name, (path, text, found) in _AOT.items()
    },
}
#: None of these uses the kernel, so a fixer should ignore them.
HARMLESS = (
    "none",
    "prose in a README",
    "prose in a comment",
    "prose in a docstring",
    "plain script",
    "called by a kernel",
)
#: Other kernels can call a kernel that is just a jitted function.
_CALLERS = (
    "called by a kernel",
    "called by a kernel in a string",
    "called by a kernel in a template",
)
_CALLER = """import triton
import triton.language as tl
from %M import %F


@triton.jit
def caller(x_ptr, n, BLOCK: tl.constexpr):
    %F(%D)


def use(x):
    caller[(1,)](x, 32, BLOCK=32)
"""


def draw(part: Part, kernel: Kernel, module: str) -> Extra:
    """Choose an extra."""
    bare = len(kernel.decorators) == 1 and not kernel.after
    extra = EXTRAS[part.pick("extra", [o for o in EXTRAS if bare or o not in _CALLERS])]
    given = [param for param in kernel.params if not param.fed]
    values = [f"{param.name}={param.value}" for param in given]
    device = {"x": "x_ptr", "32": "n"}
    inner = [
        f"{p.name}={'BLOCK' if p.name == 'BLOCK' else device.get(p.value, p.value)}" for p in given
    ]
    launch = f"{kernel.name}[(1,)]({', '.join(values)})"
    lines = ["import torch", f"from {module} import {kernel.name}"]
    lines += ["x = torch.zeros(32, dtype=torch.int32)", launch]
    kinds = [
        "32" if "constexpr" in param.annotation else "*i32" if "ptr" in param.name else "i32"
        for param in kernel.params
    ]
    words = {
        "%K": _CALLER,
        "%k": repr(_CALLER),
        "%D": ", ".join(inner),
        "%F": kernel.name,
        "%M": module,
        "%S": ", ".join(kinds),
        "%X": "\n".join(lines),
        "%Y": "\n".join(f">>> {'_ = ' if line is launch else ''}{line}" for line in lines),
        "%y": "\n".join(f"    >>> {'_ = ' if line is launch else ''}{line}" for line in lines),
        "%Z": ", ".join(f'"{line}\\n"' for line in lines),
        "%R": repr(launch),
    }

    def fill(text: str) -> str:
        for word, value in words.items():
            text = text.replace(word, value)
        return text

    files = {path: fill(text) for path, text in extra.files.items()}
    return Extra(files, fill(extra.run))
