"""What a safe fix rests on, case by case: with each of these in the project, it is not safe."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import tritonlint as tritonlint_package
from tritonlint.config.settings import OUTPUT_FORMATS

Lint = Callable[..., list[dict[str, Any]]]

KERNEL = """\
import triton
import triton.language as tl


@triton.jit
def my_kernel(p, n):
    tl.store(p, 1)


def launch(p, n):
    my_kernel[(1,)](p, n)
"""
HERE = re.compile(r"/\S*/project/")
NOTEBOOK = '{{"cells": [{{"cell_type": "{}", "source": ["x = 1\\n", "{}"]}}]}}'


def remedy(lint: Lint, files: dict[str, str]) -> tuple[str, str]:
    """What can be done about the kernel's `n`, and why no more than that."""
    (found,) = [f for f in lint(files) if f["parameter"] == "n"]
    fix, blocked = found["fix"], found["fix_blocked_by"]
    reason = blocked or fix["message"].partition("after a look: ")[2]
    return "blocked" if blocked else fix["applicability"], HERE.sub("", reason)


def test_alone_it_is_safe(lint: Lint) -> None:
    assert remedy(lint, {"kernels.py": KERNEL}) == ("safe", "")


@pytest.mark.parametrize("form", OUTPUT_FORMATS)
def test_a_report_of_tritonlint_uses_no_kernel(
    write: Callable[..., Path], tritonlint: Callable[..., Any], form: str
) -> None:
    # The message of the second finding names the first kernel.
    helper = "\n\n@triton.jit\ndef other(p, n):\n    my_kernel(p, n)\n"
    root = write({"kernels.py": KERNEL + helper, "tritonlint.toml": ""})
    report = root / "report.txt"
    run = ("--no-cache", "--isolated", root, "--output-format")
    tritonlint(*run, form, "-o", report)
    assert "my_kernel" in report.read_text()
    found, _ = tritonlint(*run, "json").findings
    assert found["fix"]["applicability"] == "safe"


def test_the_page_of_a_trace_uses_no_kernel(lint: Lint) -> None:
    page = (Path(tritonlint_package.__file__).parent / "runtime/report/page.html").read_text()
    files = {"kernels.py": KERNEL, "out/page.html": page.replace("</body>", "my_kernel</body>")}
    assert remedy(lint, files) == ("safe", "")


def test_a_trace_uses_no_kernel(lint: Lint) -> None:
    process = '{"event":"process","format":1,"pid":71}\n'
    compiled = '{"event":"compile","name":"my_kernel"}\n'
    files = {"kernels.py": KERNEL, "tritonlint-trace/trace-71-1abc.jsonl": process + compiled}
    assert remedy(lint, files) == ("safe", "")
    # Another program's file of this kind may be read to launch something.
    found, _ = remedy(lint, {"kernels.py": KERNEL, "a.jsonl": compiled})
    assert found == "unsafe"


# -- the name in text ----------------------------------------------------------------------

#: Other files that contain the kernel's name, and what the report calls them.
TEXTS = {
    "a lookup by name": ("a.py", "find('my_kernel')\n", "a string at a.py:1"),
    "a table of names": ("a.py", "for n in ['x', 'my_kernel']: add(n)\n", "a string at a.py:1"),
    "a key of a table": ("a.py", "X = {'my_kernel': 1}\n", "a string at a.py:1"),
    "names in a row": ("a.py", "X = 'my_kernel other_kernel'.split()\n", "a string at a.py:1"),
    "names with commas": ("a.py", "X = 'my_kernel,some_other_kernel'\n", "a string at a.py:1"),
    "a dotted path": ("a.py", "# A\nX = 'pkg.kernels.my_kernel'\n", "a string at a.py:2"),
    "a long path with a colon": (
        "a.py",
        "pkgutil.resolve_name('pkg.core.kernels:my_kernel')[(1,)](x, 1)\n",
        "a string at a.py:1",
    ),
    "a test of a file": ("a.py", "X = 'of pkg/core/kernels.py::my_kernel now'\n", "a string at a"),
    "a member of a template": (
        "a.py",
        "X = 'calls what Fill<int>::my_kernel is'\n",
        "a string at a",
    ),
    "the last part of a path": ("a.py", "X = 'see what is in core/my_kernel'\n", "a string at a"),
    "a path with a colon": ("a.py", "X = 'kernels:my_kernel'\n", "a string at a.py:1"),
    "a signature beside it": (
        *("a.py", "build(kernel_name='my_kernel', signature='*fp32:16,i32')\n"),
        "a string at a.py:1",
    ),
    "code that is run": ("a.py", "exec('my_kernel[(1,)](p, 1)')\n", "a string at a.py:1"),
    "code over lines": (
        *("a.py", "CODE = '''\nimport kernels\nkernels.my_kernel[(1,)](p, 1)\n'''\n"),
        "a string at a.py:3",
    ),
    "an f-string of code": ("a.py", "run(f'my_kernel[({g},)](p, 1)')\n", "a string at a.py:1"),
    "python -c": ("a.py", "sh('python -c \"from kernels import my_kernel\"')\n", "a string at a"),
    "an option": ("a.py", "sh('aot.py kernels.py --kernel-name my_kernel')\n", "a string at a"),
    "a name put together in an f-string": (
        *("a.py", "find(f'{kind}_kernel')\n"),
        "may be named by the string that is built at a.py:1",
    ),
    "a name put together by format": (
        *("a.py", "find('{}_kernel'.format(kind))\n"),
        "may be named by the string that is built at a.py:1",
    ),
    "a name put together by %": (
        *("a.py", "find('%s_kernel' % kind)\n"),
        "may be named by the string that is built at a.py:1",
    ),
    "a name put together by % with a name": (
        *("a.py", "find('%(kind)s_kernel' % names)\n"),
        "may be named by the string that is built at a.py:1",
    ),
    "a name put together by a template": (
        *("a.py", "find(string.Template('${kind}_kernel').substitute(names))\n"),
        "may be named by the string that is built at a.py:1",
    ),
    "a name put together from a template in a variable": (
        *("a.py", "NAME = '%s_kernel'\nfind(NAME % kind)\n"),
        "may be named by the string that is built at a.py:1",
    ),
    "a name put together from a template in a table": (
        *("a.py", "NAMES = {'all': '{}_kernel'}\nfind(NAMES[x].format(kind))\n"),
        "may be named by the string that is built at a.py:1",
    ),
    "a name put together in a variable": (
        *("a.py", "name = kind\nname += '_kernel'\n"),
        "may be named by the string that is built at a.py:2",
    ),
    "a sum: code behind the name": (
        *("a.py", "run('k.' + variant + '_kernel' + '[(1,)](x, 7)')\n"),
        "may be named by the string that is built at a.py:1",
    ),
    "a sum: an argument behind the name": (
        *("a.py", "run(prefix + '_kernel' + '[(1,)](' + n + ')')\n"),
        "may be named by the string that is built at a.py:1",
    ),
    "a sum: an option behind the name": (
        *("a.py", "run(path + '_kernel' + ':run')\n"),
        "may be named by the string that is built at a.py:1",
    ),
    "a sum: a suffix behind the name": (
        *("a.py", "run(prefix + '_kernel' + '_' + suffix)\n"),
        "may be named by the string that is built at a.py:1",
    ),
    "a doctest": ("a.py", '"""Some.\n\n>>> my_kernel[(1,)](p, 1)\n"""\n', "a doctest at a.py:3"),
    "a launch in a docstring": ("a.py", '"""\nmy_kernel[grid](p)\n"""\n', "a docstring at a.py:2"),
    "JSON": ("a.json", '{"kernel": "my_kernel"}\n', "a file of another kind at a.json:1"),
    "YAML": ("a.yaml", "kernels:\n  - my_kernel\n", "a file of another kind at a.yaml:2"),
    "TOML": ("a.toml", 'kernel = "my_kernel"\n', "a file of another kind at a.toml:1"),
    "INI": ("a.ini", "[x]\nkernel = my_kernel\n", "a file of another kind at a.ini:2"),
    "settings": ("a.cfg", "[x]\nkernel = my_kernel\n", "a file of another kind at a.cfg:2"),
    "a shell script": ("a.sh", "python aot.py -n my_kernel\n", "a file of another kind at a.sh:1"),
    "C++": ("a.cpp", 'auto f = get("my_kernel");\n', "a file of another kind at a.cpp:1"),
    "CUDA": ("a.cu", "my_kernel_launcher();\nmy_kernel(p);\n", "a file of another kind at a.cu:2"),
    "a header": ("a.h", "CUresult my_kernel(CUstream);\n", "a file of another kind at a.h:1"),
    "a macro": ("a.cpp", '#define KERNEL "my_kernel"\n', "a file of another kind at a.cpp:1"),
    "a pointer in C": ("a.c", '*name = "my_kernel";\n', "a file of another kind at a.c:1"),
    "C++ before a comment": (
        *("a.cpp", "run(KERNEL, my_kernel); // the first one of all that are built\n"),
        "a file of another kind at a.cpp:1",
    ),
    "C++ behind a comment": (
        *("a.cu", "/* all */ my_kernel<<<g, b>>>(x);\n"),
        "a file of another kind at a.cu:1",
    ),
    "a macro in OpenCL": ("a.cl", "#define K my_kernel\n", "a file of another kind at a.cl:1"),
    "MLIR": ("a.mlir", "%0 = tt.call @my_kernel\n", "a file of another kind at a.mlir:1"),
    "INI before a comment": (
        *("a.ini", "kernel = my_kernel ; the default kernel that all use\n"),
        "a file of another kind at a.ini:1",
    ),
    "YAML before a comment": (
        *("a.yaml", "kernel: my_kernel  # the first kernel to build\n"),
        "a file of another kind at a.yaml:1",
    ),
    "a field of a table": (
        *("a.csv", "kernels.py,my_kernel,the first kernel to build\n"),
        "a file of another kind at a.csv:1",
    ),
    "a field between tabs": (
        *("a.tsv", "kernels.py\tmy_kernel\tthe first kernel to build\n"),
        "a file of another kind at a.tsv:1",
    ),
    "a path at the start of a command": (
        *("a.sh", "../tools/aot kernels.py my_kernel\n"),
        "a file of another kind at a.sh:1",
    ),
    "CMake": (
        *("CMakeLists.txt", 'add_custom_command(COMMAND aot kernels.py -n my_kernel -s "*fp32")\n'),
        "a file of another kind at CMakeLists.txt:1",
    ),
    "a list of kernels": (
        *("kernels.txt", "kernels.py my_kernel *fp32,i32\n"),
        "a file of another kind at kernels.txt:1",
    ),
    "a list of names": ("a.txt", "other_kernel\nmy_kernel\n", "a file of another kind at a.txt:2"),
    "a template": ("a.py.j2", "my_kernel[grid]({{ p }})\n", "a file of another kind at a.py.j2:1"),
    "a script without a suffix": (
        *("bin/go", "#!/usr/bin/env python\nmy_kernel[(1,)](p, 1)\n"),
        "a file of another kind at bin/go:2",
    ),
    "a stub": ("a.pyi", "def my_kernel(p, n): ...\n", "a file of another kind at a.pyi:1"),
    "a notebook": (
        *("a.ipynb", NOTEBOOK.format("code", "my_kernel[(1,)](p, 1)")),
        "cell 1 of a notebook",
    ),
    "a notebook that is broken": ("a.ipynb", '{"cells": [my_kernel', "cell 1 of a notebook"),
    "a code block": (
        *("a.md", "Use it:\n\n```python\nmy_kernel[(1,)](p, 1)\n```\n"),
        "a code block of a document at a.md:4",
    ),
    "a command in a code block": (
        *("a.md", "```sh\npython -c 'from kernels import my_kernel; my_kernel[(1,)](0, 1)'\n```\n"),
        "a code block of a document at a.md:2",
    ),
    "a session in a document": (
        *("a.rst", "Use it:\n\n>>> my_kernel[(1,)](p, 1)\n"),
        "a code block of a document at a.rst:3",
    ),
    "an indented block": (
        *("a.rst", "Use it::\n\n    my_kernel[(1,)](p, 1)\n"),
        "a code block of a document at a.rst:3",
    ),
    "a list in a script": ("a.sh", "for k in my_kernel other_kernel; do\n", "at a.sh:1"),
    "a list of many names": ("Makefile", "K := matmul softmax rope my_kernel\n", "at Makefile:1"),
    "a list in YAML": ("a.yaml", "kernel: [matmul, softmax, rope, my_kernel]\n", "at a.yaml:1"),
    "a list in an INI file": (
        "a.ini",
        "kernels = matmul, softmax, rope, my_kernel\n",
        "at a.ini:1",
    ),
    "a command of CMake": (
        "CMakeLists.txt",
        "add_triton_kernel(TARGET ops KERNEL my_kernel WARPS 4 STAGES 2)\n",
        "at CMakeLists.txt:1",
    ),
    "a command of a container": (
        "Dockerfile",
        "RUN aot build kernels my_kernel for cuda\n",
        "at Dockerfile:1",
    ),
    "an argument in C": ("a.cpp", "launch(my_kernel, grid, stream, args);\n", "at a.cpp:1"),
    "a string that is split": (
        "a.py",
        "K = 'matmul softmax rope and the my_kernel'.split()\n",
        "a string at a.py:1",
    ),
    "a key with a description": (
        *("a.yaml", "my_kernel: this is the fast path for small inputs\n"),
        "at a.yaml:1",
    ),
    "a value beside a description": (
        *("a.yaml", "- {kernel: my_kernel, doc: this is the fast path}\n"),
        "at a.yaml:1",
    ),
    "a column of a text": ("a.txt", "my_kernel   this is the fast path\n", "at a.txt:1"),
    "a column between bars": ("a.txt", "| 1 | my_kernel | this is the fast one |\n", "at a.txt:1"),
    "an element of XML": ("a.xml", "<k>my_kernel</k><d>this is the fast one</d>\n", "at a.xml:1"),
    "an argument beside a description": (
        *("a.sh", 'run my_kernel "this is the fast one"\n'),
        "at a.sh:1",
    ),
    "an item of a list in a text": ("a.txt", "* my_kernel\n", "at a.txt:1"),
    "a table in a string": (
        *("a.py", "TABLE = '''\nmy_kernel: this is the fast path for small inputs\n'''\n"),
        "a string at a.py:2",
    ),
    "a block with commands of a notebook": (
        "a.md",
        "```python\n%pip install x\n!ls\nmy_kernel[(1,)](p, 1)\n```\n",
        "a code block of a document at a.md:4",
    ),
}


#: The text around a name tells it from a sentence, however many words the name has.
NAMES = ("my_kernel", "_chunk_scan_state_fwd_kernel")


@pytest.mark.parametrize("kernel", NAMES)
@pytest.mark.parametrize(("name", "text", "what"), TEXTS.values(), ids=TEXTS)
def test_the_name_in_text(lint: Lint, name: str, text: str, what: str, kernel: str) -> None:
    files = {"kernels.py": KERNEL, name: text}
    found, reason = remedy(lint, {n: t.replace("my_kernel", kernel) for n, t in files.items()})
    assert found != "safe"
    assert what in reason


#: The name as a word of a sentence, and other names.
PROSE = {
    "a comment": ("a.py", "# my_kernel is fast\n"),
    "a comment beside code": ("a.py", "x = 1  # as my_kernel[grid] does\n"),
    "a docstring": ("a.py", '"""What `my_kernel` needs to run, and what it gives."""\n'),
    "a message": ("a.py", "raise ValueError('the kernel my_kernel needs a pointer here')\n"),
    "a list of what a module has": ("a.py", "__all__ = ['my_kernel']\n__all__ += ['my_kernel']\n"),
    "a message that begins with it": (
        *("a.py", "raise ValueError('my_kernel: the pointer has to be a tensor here')\n"),
    ),
    "a message with a value": ("a.py", "log('my_kernel got %s, which is too large here', n)\n"),
    "a comparison": ("a.py", "if name == 'my_kernel' or name in ('my_kernel', 'other'): pass\n"),
    "another name": ("a.py", "find('my_kernel_2'); find('some_my_kernel')\n"),
    "a short part of the name": ("a.py", "find('my_' + kind); find(f'{x}_k')\n"),
    "a document": (
        "a.md",
        "The kernel `my_kernel` stores a one.\n\n- my_kernel(p, n): the kernel\n",
    ),
    "a sentence of a list": ("a.md", "- one\n\n    Here my_kernel is faster than all others.\n"),
    "a sentence in a text": ("a.txt", "On this device my_kernel is faster than the others.\n"),
    "a comment in C": ("a.c", "// my_kernel(p)\n/* my_kernel(p)\n * my_kernel(p)\n */\n"),
    "a comment behind C": ("a.c", "run(p); // what my_kernel gives to the others\n"),
    "a comment behind YAML": ("a.yaml", "tune: true  # because my_kernel needs it to run\n"),
    "a sentence in a table": ("a.csv", "12.5,On this device my_kernel is faster than others,1\n"),
    "a comment of a block": ("a.md", "```python\n# my_kernel\n```\n"),
    "a block that is not whole": ("a.md", "```python\ndef my_kernel(\n    ...\n    n,\n```\n"),
    "a block with a kernel of its own": (
        *("a.md", "```python\ndef my_kernel(p):\n    ...\n\nmy_kernel[(1,)](p)\n```\n"),
    ),
    "a comment of a script": ("a.sh", "# calls my_kernel(p)\n"),
    "text of a notebook": ("a.ipynb", NOTEBOOK.format("markdown", "my_kernel[(1,)](p, 1)")),
    "bytes": ("a.bin", "\0\0my_kernel(p)\n"),
    "a picture": ("a.png", "my_kernel(p)\n"),
}


@pytest.mark.parametrize("kernel", NAMES)
@pytest.mark.parametrize(("name", "text"), PROSE.values(), ids=PROSE)
def test_a_word_of_a_sentence_is_no_use(lint: Lint, name: str, text: str, kernel: str) -> None:
    files = {"kernels.py": KERNEL, name: text}
    files = {n: t.replace("my_kernel", kernel) for n, t in files.items()}
    assert remedy(lint, files) == ("safe", "")


#: Another file beside one that puts the kernel into its `__all__`, and whether it reads one.
READING_ALL = {
    "a loop": ("for name in module.__all__:\n    getattr(module, name)\n", True),
    "a comprehension": ("found = [getattr(m, n) for n in m.__all__]\n", True),
    "an import": ("from kernels import __all__\n", True),
    "an import by another name": ("from kernels import __all__ as names\n", True),
    "its own": ("__all__ = list(find())\nfor name in __all__:\n    globals()[name]\n", True),
    "getattr": ("names = getattr(module, '__all__', ())\n", True),
    "a dictionary": ("names = vars(module)['__all__']\n", True),
    "get": ("names = vars(module).get('__all__')\n", True),
    "none": ("__all__ = ['other']\n__all__.append('another')\n", False),
    "that of another module": ("__all__ = [*a.__all__]\n__all__ += b.__all__\n", False),
    "extended": ("__all__ = []\n__all__.extend(a.__all__)\n", False),
    "a comparison": ("x = name in module.__all__\nassert sorted(__all__) == __all__\n", False),
    "a check": ("x = hasattr(module, '__all__')\n", False),
    "the names of a module": ("def __dir__():\n    return sorted(__all__)\n", False),
    "a key of a dictionary": ("x = dump(exclude={'a': {'__all__': 1}})\n", False),
    "a comment": ("# for name in module.__all__\n", False),
    "names handed on": ("for n in m.__all__:\n    globals()[n] = getattr(m, n)\n", False),
    "names set": ("for n in m.__all__:\n    setattr(a, n, getattr(m, n))\n", False),
    "names handed on to a dictionary": ("for n in m.__all__:\n    T[n] = getattr(m, n)\n", True),
    "names set by setdefault": (
        "for n in m.__all__:\n    globals().setdefault(n, getattr(m, n))\n",
        False,
    ),
    "a check that calls": ("assert all(getattr(m, n)(x) for n in m.__all__)\n", True),
    "names handed on by another name": (
        "for n in m.__all__:\n    table[n + '_'] = getattr(m, n)\n",
        True,
    ),
    "names handed on, and launched": (
        "for n in m.__all__:\n    table[n] = getattr(m, n)\n    table[n][(1,)](x, 1)\n",
        True,
    ),
}


@pytest.mark.parametrize(("text", "reads"), READING_ALL.values(), ids=READING_ALL)
def test_code_that_reads_what_a_star_import_brings(lint: Lint, text: str, reads: bool) -> None:
    for exported in ("__all__ = ['my_kernel']\n", "__all__ = []\n__all__ += ['my_kernel']\n"):
        found, reason = remedy(lint, {"kernels.py": KERNEL + exported, "other.py": text})
        assert found == ("unsafe" if reads else "safe")
        assert ("an `__all__` that code reads at kernels.py:" in reason) == reads
    assert remedy(lint, {"kernels.py": KERNEL, "other.py": text}) == ("safe", "")


#: Expressions of thousands of parts, in a file that names the kernel.
LONG = {
    "a sum": " + ".join(f"a{i}" for i in range(1500)),
    "a sum of strings": " + ".join("'a'" for _ in range(1500)),
    "a choice": " if a else ".join(f"'b{i}'" for i in range(900)) + " + 'c'",
    "a sum of choices": " + ".join(f"('a{i}' if a else 'b')" for i in range(60)),
}


@pytest.mark.parametrize("expression", LONG.values(), ids=LONG)
def test_a_long_expression_is_no_use(lint: Lint, expression: str) -> None:
    files = {"kernels.py": KERNEL, "a.py": f"# my_kernel\nx = {expression}\n"}
    assert remedy(lint, files) == ("safe", "")


#: The same, but the name is at one of its ends.
AT_AN_END = {
    "the last": f"{' + '.join(f'a{i}' for i in range(1500))} + 'y_kernel'",
    "the first": f"'my_ker' + {' + '.join(f'a{i}' for i in range(1500))}",
    "after choices": f"{' + '.join('(a if a else b)' for _ in range(60))} + 'y_kernel'",
}


@pytest.mark.parametrize("expression", AT_AN_END.values(), ids=AT_AN_END)
def test_a_long_expression_may_have_the_name_at_an_end(lint: Lint, expression: str) -> None:
    files = {"kernels.py": KERNEL, "a.py": f"# my_kernel\nx = {expression}\n"}
    found, reason = remedy(lint, files)
    assert found == "unsafe"
    assert "may be named by the string that is built at a.py:2" in reason


#: Bodies of a function that builds a string, `find`s it, and whether it may name the kernel.
BUILT = {
    "any part": ("find(kind + '_kernel')", True),
    "a parameter that gets a value": ("kind = 'a'\n    find(kind + '_kernel')", True),
    "another value": ("a = 'my'\n    a = 'your'\n    find(a + '_kernel')", True),
    "no such value": (
        "a = 'their'\n    if kind:\n        a = 'your'\n    find(a + '_kernel')",
        False,
    ),
    "an f-string of such a value": ("a = 'your'\n    find(f'{a}_kernel')", False),
    "an f-string of the value": ("a = 'my'\n    find(f'{a}_kernel')", True),
    "a start": ("a = f'your_{kind}'\n    find(a + '_kernel')", False),
    "its start": ("a = f'm{kind}'\n    find(a + '_kernel')", True),
    "a template": ("a = 'your_{}'\n    b = a.format(kind)\n    find(b + '_kernel')", False),
    "its template": ("a = 'm{}'\n    b = a.format(kind)\n    find(b + '_kernel')", True),
    "a template with a width": ("find('m{:{w}}_kernel'.format(kind, w=2))", True),
    "a template with another end": ("find('m{:{w}}_kernels'.format(kind, w=2))", False),
    "a path before the name": ("a = f'{kind}.my'\n    find(a + '_kernel')", True),
    "a name that grows": ("a = 'your'\n    a += kind\n    find(a + '_kernel')", True),
    "a name of a loop": ("a = 'your'\n    for a in kind:\n        find(a + '_kernel')", True),
    "a name of two": ("a = 'your'\n    a, b = kind\n    find(a + '_kernel')", True),
    "a name of a with": ("a = 'your'\n    with kind as a:\n        find(a + '_kernel')", True),
    "a name of an error": (
        "a = 'your'\n    try:\n        f()\n    except E as a:\n        find(a + '_kernel')",
        True,
    ),
    "an import": ("a = 'your'\n    from names import a\n    find(a + '_kernel')", True),
    "a walrus": ("a = 'your'\n    if (a := kind):\n        find(a + '_kernel')", True),
    "a lambda": ("a = 'your'\n    f = lambda a: find(a + '_kernel')", True),
    "a comprehension": ("a = 'your'\n    f = [find(a + '_kernel') for a in kind]", True),
    "a match": (
        "a = 'your'\n    match kind:\n        case [a]:\n            find(a + '_kernel')",
        True,
    ),
    "a global name": ("global a\n    a = 'your'\n    find(a + '_kernel')", True),
    "a name of a default": (
        "a = find\n    def f(x=(a + '_kernel')):\n        a = 'your'\n        return x, a",
        True,
    ),
    "a name of the module": ("find(A + '_kernel')", True),
    "a nested function": (
        "a = 'your'\n    def f():\n        nonlocal a\n        a = kind\n    find(a + '_kernel')",
        True,
    ),
    "a name of the function around": (
        "a = 'your'\n    def f():\n        find(a + '_kernel')",
        True,
    ),
    "many values": (
        "".join(f"a = 'x{i}'\n    " for i in range(9)) + "find(a + '_kernel')",
        True,
    ),
    "a name of itself": ("a = 'your'\n    a = 'x' + a\n    find(a + '_kernel')", False),
    "a sum of many of itself": (
        "a = 'your'\n    " + "a = a + a + a + a\n    " * 7 + "find(a + '_kernel')",
        True,
    ),
}


@pytest.mark.parametrize(("body", "may_name"), BUILT.values(), ids=BUILT)
def test_what_is_known_of_a_string_that_is_built(lint: Lint, body: str, may_name: bool) -> None:
    code = f"A = 'your'\n\n\ndef look(kind):\n    {body}\n"
    found, reason = remedy(lint, {"kernels.py": KERNEL, "a.py": code})
    assert found == ("unsafe" if may_name else "safe")
    assert ("`my_kernel` may be named by the string that is built at a.py:" in reason) == may_name


#: Files that linting leaves out and that a user may still run.
OUTSIDE = {
    "a file that git ignores": {".gitignore": "scratch/\n", "scratch/a.py": "my_kernel\n"},
    "a folder that is left out": {"tests/dist/a.py": "my_kernel\n"},
    "a repository inside the project": {"sub/.git/HEAD": "", "sub/a.py": "my_kernel\n"},
}


@pytest.mark.parametrize(("what", "files"), OUTSIDE.items(), ids=OUTSIDE)
def test_what_lies_outside_of_what_is_linted(lint: Lint, what: str, files: dict[str, str]) -> None:
    found, reason = remedy(lint, {"kernels.py": KERNEL, ".git/HEAD": "", **files})
    assert found == "unsafe"
    assert f"`my_kernel` is named in {what} at" in reason


def test_a_text_of_the_project_and_what_is_left_out_are_both_told(lint: Lint) -> None:
    files = {"a.sh": "aot.py -n my_kernel\n", "b.sh": "aot.py -n my_kernel\n"}
    _, reason = remedy(
        lint, {"kernels.py": KERNEL, ".git/HEAD": "", **files, **OUTSIDE["a file that git ignores"]}
    )
    assert "`my_kernel` is named in a file of another kind at a.sh:1" in reason
    assert "`my_kernel` is named in a file that git ignores at scratch/a.py:1" in reason
    assert "b.sh" not in reason


def test_environments_and_caches_hold_no_code_of_the_project(lint: Lint) -> None:
    files = {
        ".venv/lib/site-packages/x/a.py": "find('my_kernel')\n",
        "__pycache__/a.py": "find('my_kernel')\n",
        "cache/CACHEDIR.TAG": "Signature: 8a477f597d28d172789f06886806bc55\n",
        "cache/a.json": '{"my_kernel": 1}\n',
    }
    assert remedy(lint, {"kernels.py": KERNEL, **files}) == ("safe", "")


# -- what code does with the kernel --------------------------------------------------------

#: Statements of another file that gets `m`, the kernel's module.
ESCAPES = {
    "a parameter of a test": "pytest.param(m.my_kernel)",
    "a chain": "for k in itertools.chain([m.my_kernel]): k[(1,)](p, 1)",
    "a field": "class A:\n    k: object = dataclasses.field(default=m.my_kernel)",
    "a named tuple": "A = collections.namedtuple('A', 'k'); A(m.my_kernel).k[(1,)](p, 1)",
    "a thread": "threading.Thread(target=m.my_kernel[(1,)], args=(p, 1)).start()",
    "another thread": "asyncio.to_thread(m.my_kernel[(1,)].__call__, p, 1)",
    "a copy": "copy.copy(m.my_kernel)[(1,)](p, 1)",
    "a cast": "typing.cast(Any, m.my_kernel)[(1,)](p, 1)",
    "a setter": "setattr(m, 'my_kernel', wrap(m.my_kernel))",
    "its arguments": "m.my_kernel.arg_names",
    "its signature": "inspect.signature(m.my_kernel.fn)",
    "its plain function": "m.my_kernel.fn(p, 1)",
    "a patch": "mock.patch.object(m, 'my_kernel', other)",
    "a patch by name": "mock.patch('kernels.my_kernel', other)",
    "an argument beside its launch": "functools.partial(m.my_kernel[(1,)], n=keep(m.my_kernel))",
    "one of two": "go = p if p else [m.my_kernel][0]\ngo[(1,)](p, 1)",
    "all names": "for k in vars(m).values(): k[(1,)](p, 1)",
    "a list of names": "[getattr(m, n)[(1,)](p, 1) for n in dir(m)]",
}
IMPORTS = """\
import asyncio, collections, copy, dataclasses, functools, inspect, itertools, threading, typing
import pytest
from unittest import mock
"""
#: Ways to get the module.
MODULES = {
    "imported": "import kernels as m\n",
    "by importlib": "import importlib\nm = importlib.import_module('kernels')\n",
    "of a list": "import kernels\nfor m in [kernels]: pass\n",
}


@pytest.mark.parametrize("module", MODULES.values(), ids=MODULES)
@pytest.mark.parametrize("escape", ESCAPES.values(), ids=ESCAPES)
def test_a_kernel_that_is_used_as_a_value(lint: Lint, module: str, escape: str) -> None:
    files = {"kernels.py": KERNEL, "a.py": f"{IMPORTS}{module}{escape}\n"}
    found, reason = remedy(lint, files)
    assert found == "blocked" or ("all names" in escape and found == "unsafe"), reason
    assert "a.py" in reason


# -- code that sees arguments by name ------------------------------------------------------

HOOKED = """\
import functools
import triton
import triton.language as tl
{before}

{decorators}
@triton.jit({jit})
def my_kernel(p, n, B: tl.constexpr = 1):
    tl.store(p, B)


def launch(p, n):
    my_kernel[(1,)](p, n)
"""
READS = "    return args['n']\n"
TAKES = "(args):\n" + READS


def hooked(before: str, decorators: str = "", jit: str = "") -> str:
    return HOOKED.format(before=before, decorators=decorators, jit=jit)


def tuned(config: str, rest: str = "") -> str:
    return f"@triton.autotune([triton.Config({{'B': 1}}{config})], key=['p']{rest})"


#: Functions that get the arguments, each of which looks `n` up.
HOOKS = {
    "a pre_hook": hooked("def f" + TAKES, tuned(", pre_hook=f")),
    "a pre_hook of all configs": hooked("def f(args, reset):\n" + READS, tuned("", ", pre_hook=f")),
    "a post_hook": hooked("def f(args, exception):\n" + READS, tuned("", ", post_hook=f")),
    "a pre_hook in a lambda": hooked("", tuned(", pre_hook=lambda a: a['n']")),
    "a partial pre_hook": hooked(
        "def f(x, args):\n" + READS, tuned(", pre_hook=functools.partial(f, 1)")
    ),
    "a pre_hook of a function around": hooked(
        "def make():\n    def f(args):\n        return args['n']\n    return f\n",
        tuned(", pre_hook=make()"),
    ),
    "a pre_hook that is a default": hooked(
        "def f" + TAKES + "\ndef make(h=f):\n    return [triton.Config({'B': 1}, pre_hook=h)]\n",
        "@triton.autotune(make(), key=['p'])",
    ),
    "a pre_hook that hands them on": hooked(
        "def g(m):\n    return m['n']\ndef f(args):\n    return g(args)\n", tuned(", pre_hook=f")
    ),
    "a pre_hook with a copy": hooked(
        "def f(args):\n    m = {**args, 'x': 1}\n    return m['n']\n", tuned(", pre_hook=f")
    ),
    "a pre_hook with a copy that may be another": hooked(
        "def f(args):\n    m = {**(args or {})}\n    return m.get('n')\n", tuned(", pre_hook=f")
    ),
    "a pruning by keyword": hooked(
        "def f(configs, named, **kw):\n    return configs if kw['n'] else []\n",
        tuned("", ", prune_configs_by={'early_config_prune': f}"),
    ),
    "a pruning by place": hooked(
        "def f(configs, named):\n    return configs if named['n'] else []\n",
        tuned("", ", prune_configs_by={'early_config_prune': f}"),
    ),
    "a pruning with all values": hooked(
        "def f(configs, named):\n    return configs if list(named.values())[1] else []\n",
        tuned("", ", prune_configs_by={'early_config_prune': f}"),
    ),
    "a pruning that is made": hooked(
        "def make(k):\n    def f(configs, named, **kw):\n        return named[k]\n    return f\n",
        tuned("", ", prune_configs_by={'early_config_prune': make('n')}"),
    ),
    "a model": hooked(
        "def f(n, **_):\n    return n\n",
        tuned("", ", prune_configs_by={'perf_model': f, 'top_k': 1}"),
    ),
    "a heuristic": hooked("", "@triton.heuristics({'B': lambda args: args['n']})"),
    "a heuristic with another name": hooked(
        "", "@triton.heuristics({'B': lambda args: (m := args)['n'] + m['p']})"
    ),
    "a key put together": hooked(
        "X = 'n'\n", "@triton.heuristics({'B': lambda args: args[f'{X}']})"
    ),
    "a key of a cut string": hooked(
        "X = 'no'\n", "@triton.heuristics({'B': lambda args: args[f'{X:.1}']})"
    ),
    "launch_metadata": hooked(
        "def f(grid, kernel, args):\n    return {'flops': args['n']}\n", "", "launch_metadata=f"
    ),
    "repr": hooked(
        "def f(specialization):\n    return specialization.constants['n']\n", "", "repr=f"
    ),
    "options that are unpacked": hooked(
        "def f" + TAKES + "\nO = {'pre_hook': f}\n", tuned("", ", **O")
    ),
    "options that are unpacked and changed": hooked(
        "O = {}\nO['pre_hook'] = f\n", tuned("", ", **O")
    ),
    "a hook of a function that returns none": hooked(
        "def make():\n    pass\n", tuned(", pre_hook=make()")
    ),
    "a hook of another package": hooked("from other import f\n", tuned(", pre_hook=f")),
}


@pytest.mark.parametrize("source", HOOKS.values(), ids=HOOKS)
def test_code_that_looks_the_argument_up(lint: Lint, source: str) -> None:
    assert remedy(lint, {"kernels.py": source})[0] == "blocked"


#: The same, but the code looks up something else.
HARMLESS_HOOKS = {
    name: source.replace("'n'", "'p'").replace("def f(n,", "def f(p,")
    for name, source in HOOKS.items()
    if not name.startswith(
        ("a pruning with all", "a hook of", "options that are", "a key of a cut")
    )
} | {"a function of Python": hooked("", "@triton.heuristics({'B': lambda args: callable(args)})")}


@pytest.mark.parametrize("source", HARMLESS_HOOKS.values(), ids=HARMLESS_HOOKS)
def test_code_that_looks_others_up(lint: Lint, source: str) -> None:
    assert remedy(lint, {"kernels.py": source}) == ("safe", "")


#: Bodies of `f(configs, named)`, which chooses among the configs by the value of `n` in each.
PRUNINGS = {
    "an element": "return [c for c in configs if c.kwargs['n'] < 3]",
    "a loop": "for c in configs:\n        if c.kwargs['n']:\n            return [c]",
    "get": "return [c for c in configs if c.kwargs.get('n')]",
    "in": "return [c for c in configs if 'n' in c.kwargs]",
    "all_kwargs": "return [c for c in configs if c.all_kwargs()['n'] < 3]",
    "all_kwargs, all": "return [c for c in configs if min(c.all_kwargs().values())]",
    "another name": "return [c for c in configs if (k := c.kwargs)['n']]",
    "another name before": "k = configs[0].kwargs\n    return configs if k['n'] else []",
    "a key function": "return sorted(configs, key=lambda c: c.kwargs['n'])[:2]",
    "a filter": "return list(filter(lambda c: c.kwargs['n'], configs))",
    "a list": "kept = [*configs]\n    kept.pop()\n    return [k for k in kept if k.kwargs['n']]",
    "a function": "return [c for c in configs if good(c)]",
    "a function of all": "return some(configs)",
    "a function by keyword": "return chosen(configs=configs)",
    "a function of any number": "return any_of(configs)",
    "another package": "return other.some(configs)",
    "as a string": "return [c for c in configs if 'n: 1' in f'{c}']",
    "as a string, called": "return [c for c in configs if 'n: 1' in str(c)]",
    "attributes": "return [c for c in configs if vars(c)]",
    "dict": "return [c for c in configs if c.__dict__]",
    "unpacked": "return [c for c in configs if cost(**c.kwargs)]",
}
PRUNED = """\
import other
import triton
import triton.language as tl


def good(config):
    return config.kwargs['n'] > 1


def some(configs):
    return [c for c in configs if good(c)]


def chosen(first=(), configs=()):
    return [*first, *some(configs)]


def any_of(*every):
    return some(every[0])


def cost(n, B):
    return n


def f(configs, named):
    {body}


@triton.autotune(
    [triton.Config({{'B': 1, 'n': 1}})],
    key=['p'],
    prune_configs_by={{'early_config_prune': f}},
)
@triton.jit
def my_kernel(p, n: tl.constexpr, B: tl.constexpr):
    tl.store(p, B)


def launch(p):
    my_kernel[(1,)](p)
"""


@pytest.mark.parametrize("body", PRUNINGS.values(), ids=PRUNINGS)
def test_code_that_chooses_among_configs(lint: Lint, body: str) -> None:
    found, _ = remedy(lint, {"kernels.py": PRUNED.format(body=body)})
    assert found == "blocked"


#: The same with `B`, and with code that does not depend on the parameters.
HARMLESS_PRUNINGS = {
    **{
        name: body.replace("'n'", "'B'")
        for name, body in PRUNINGS.items()
        if body.replace("'n'", "'B'") != body
    },
    "options": "return [c for c in configs if c.num_warps < 8 and c.num_stages]",
    "the first": "return configs[:1] or list(configs)",
    "an argument": "p = named['p']\n    return configs if p.is_cuda else configs[:1]",
    "how many": "print(len(configs))\n    return configs",
}


@pytest.mark.parametrize("body", HARMLESS_PRUNINGS.values(), ids=HARMLESS_PRUNINGS)
def test_code_that_chooses_by_something_else(lint: Lint, body: str) -> None:
    assert remedy(lint, {"kernels.py": PRUNED.format(body=body)}) == ("safe", "")


#: Files that contain such code, with or without the word Triton.
ELSEWHERE = {
    "hooks.py": "def f(args):\n    return args['n']\n",
    "hub.py": "from hooks import f\n",
    "made.py": "def make():\n    def f(args):\n        return args['n']\n    return f\n",
    "options.py": "from hooks import f\nO = {'pre_hook': f} if f else {}\n",
    "configs.py": "import triton\nfrom hooks import f\n"
    "C = [triton.Config({'B': 1}, pre_hook=f)]\nmake = lambda: list(filter(None, C))\n",
}


@pytest.mark.parametrize(
    ("before", "decorators"),
    {
        "a function": ("from hooks import f\n", tuned(", pre_hook=f")),
        "a function of a module": ("import hooks\n", tuned(", pre_hook=hooks.f")),
        "a function that is handed on": ("from hub import f\n", tuned(", pre_hook=f")),
        "a function that another makes": ("from made import make\n", tuned(", pre_hook=make()")),
        "options": ("from options import O\n", tuned("", ", **O")),
        "configs": ("from configs import C\n", "@triton.autotune(C, key=['p'])"),
        "a function of configs": ("from configs import *\n", "@triton.autotune(make(), key=['p'])"),
    }.values(),
)
def test_such_code_in_another_file(lint: Lint, before: str, decorators: str) -> None:
    files = {"kernels.py": hooked(before, decorators), **ELSEWHERE}
    found, reason = remedy(lint, files)
    assert (found, reason) == ("blocked", '`f` at hooks.py:2 reads "n"') or (
        before.startswith("from made") and reason == '`f` at made.py:3 reads "n"'
    )
    other = {name: text.replace("'n'", "'p'") for name, text in ELSEWHERE.items()}
    assert remedy(lint, {**files, **other}) == ("safe", "")


# -- effects -------------------------------------------------------------------------------

EFFECTS = {
    "a property": "class C:\n    @property\n    def x(self):\n        self.y += 1\n",
    "a cached property": "class C:\n    @cached_property\n    def x(self):\n        return go()\n",
    "a property that keeps": "class C:\n    @property\n    def x(self):\n        self.y = 1\n",
    "a property that takes": (
        "class C:\n    @property\n    def x(self):\n        n = 0\n        n += next(self.y)\n"
    ),
    "a property made by a call": "class C:\n    def get(self): go()\n    x = property(get)\n",
}


@pytest.mark.parametrize("definition", EFFECTS.values(), ids=EFFECTS)
def test_an_attribute_that_may_have_an_effect(lint: Lint, definition: str) -> None:
    """This holds even if the file that defines it mentions neither Triton nor the kernel."""
    kernels = KERNEL.replace("(p, n)\n", "(p, p.x)\n")
    found, reason = remedy(lint, {"kernels.py": kernels, "far.py": definition})
    assert found == "unsafe"
    assert "`p.x` at kernels.py:11 may have an effect: see `x` in far.py" in reason
    pure = "class C:\n    @property\n    def x(self):\n        return self.y[0] + 1\n"
    assert remedy(lint, {"kernels.py": kernels, "far.py": pure}) == ("safe", "")


def test_an_item_that_comes_to_be(lint: Lint) -> None:
    kernels = KERNEL.replace("(p, n)\n", "(p, counts['a'])\n")
    made = "import collections\ncounts = collections.defaultdict(int)\n"
    found, reason = remedy(lint, {"kernels.py": kernels, "far.py": made})
    assert (found, "see `counts` in far.py" in reason) == ("unsafe", True)
    plain = "counts = {'a': 1}\n"
    assert remedy(lint, {"kernels.py": kernels, "far.py": plain}) == ("safe", "")


def test_a_method_that_may_have_an_effect(lint: Lint) -> None:
    kernels = KERNEL.replace("(p, n)\n", "(p, n.view())\n")
    impure = "class C:\n    def view(self):\n        self.views += 1\n        return self\n"
    found, reason = remedy(lint, {"kernels.py": kernels, "far.py": impure})
    assert found == "unsafe"
    assert "`n.view()` at kernels.py:11 may have an effect: see `view` in far.py" in reason
    pure = "class C:\n    def view(self):\n        return self.a\n"
    assert remedy(lint, {"kernels.py": kernels, "far.py": pure}) == ("safe", "")


#: Expressions of an unknown `n`, and the special methods that Python calls for them.
OPERATORS = {
    "n + 1": ("add", "self, other"),
    "1 + n": ("radd", "self, other"),
    "n @ n": ("matmul", "self, other"),
    "-n": ("neg", "self"),
    "~n": ("invert", "self"),
    "int(not n)": ("bool", "self"),
    "1 if n else 2": ("bool", "self"),
    "n or 1": ("len", "self"),
    "n == 1": ("eq", "self, other"),
    "1 <= n": ("ge", "self, other"),
    "n['a']": ("getitem", "self, key"),
    "n[0]": ("missing", "self, key"),
    "f'{n}'": ("format", "self, spec"),
    "f'{n!r}'": ("repr", "self"),
    "len(n)": ("len", "self"),
    "int(n)": ("index", "self"),
    "abs(n)": ("abs", "self"),
    "max(n, 1)": ("lt", "self, other"),
    "[i for i in (n, 1) if i]": ("bool", "self"),
}


@pytest.mark.parametrize(("argument", "method"), OPERATORS.items(), ids=OPERATORS)
def test_an_operator_that_may_have_an_effect(
    lint: Lint, argument: str, method: tuple[str, str]
) -> None:
    name, parameters = method
    kernels = KERNEL.replace("(p, n)\n", f"(p, {argument})\n")
    impure = (
        f"class C:\n    def __{name}__({parameters}):\n        self.n += 1\n        return self\n"
    )
    found, reason = remedy(lint, {"kernels.py": kernels, "far.py": impure})
    assert (found, f"see `__{name}__` in far.py" in reason) == ("unsafe", True)
    pure = impure.replace("        self.n += 1\n", "")
    assert remedy(lint, {"kernels.py": kernels, "far.py": pure}) == ("safe", "")
    # A function that it returns runs only later.
    late = impure.replace("        self.n += 1\n", "        def f():\n            self.n += 1\n")
    assert remedy(lint, {"kernels.py": kernels, "far.py": late}) == ("safe", "")


BUILT_IN = {
    "a parameter": ("def launch(p, n: list[int]):", "n[0]"),
    "an optional one": ("def launch(p, n: dict[str, int] | None):", "n['a']"),
    "a literal": ("def launch(p, m):\n    n = {'a': m}", "n['a']"),
    "a shape": ("def launch(p, m):\n    n = p.stride()", "n[0]"),
    "an element of a shape": ("def launch(p, m):", "p.shape[0] + 1"),
    "a number": ("def launch(p, n: int):", "n + 1"),
}


@pytest.mark.parametrize(("head", "argument"), BUILT_IN.values(), ids=BUILT_IN)
def test_operators_of_built_in_types_are_known(lint: Lint, head: str, argument: str) -> None:
    kernels = KERNEL.replace("(p, n)\n", f"(p, {argument})\n").replace("def launch(p, n):", head)
    kernels = kernels.replace(f"(p, {argument}):", "(p, n):")
    special = "".join(
        f"    def __{name}__(self, other):\n        self.n += 1\n"
        for name in ("getitem", "missing", "add", "radd")
    )
    assert remedy(lint, {"kernels.py": kernels, "far.py": f"class C:\n{special}"}) == ("safe", "")


def test_what_lies_in_the_named_directory_beside_a_project(
    tritonlint: Callable[..., Any], tmp_path: Path
) -> None:
    (tmp_path / "packages/a").mkdir(parents=True)
    (tmp_path / "packages/a/pyproject.toml").touch()
    (tmp_path / "packages/a/kernels.py").write_text(KERNEL)
    (tmp_path / "demo.ipynb").write_text('{"cells": ["my_kernel[(1,)](p, n=1)"]}')
    options = ("--no-cache", "--output-format", "json")
    (alone,) = tritonlint(*options, tmp_path / "packages/a").findings
    (found,) = tritonlint(*options, tmp_path).findings
    assert alone["fix"]["applicability"] == "safe"
    assert found["fix"]["applicability"] == "unsafe"
    assert "demo.ipynb" in found["fix"]["message"]
