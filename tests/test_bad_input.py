"""Files that cannot be read, parsed or followed: a clear line or a finding, never a traceback."""

from __future__ import annotations

import os
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
Write = Callable[..., Path]
Lint = Callable[..., list[dict[str, Any]]]

DEAD = """\
import triton
import triton.language as tl


@triton.jit
def kernel(p, n):
    tl.store(p, 1)


kernel[(1,)](p, 4)
"""


def found(lint: Lint, bad: str | bytes, *options: str) -> list[tuple[str, str]]:
    """Findings in the bad file; those in the good file beside it must be found as usual."""
    every = lint({"bad.py": bad, "good.py": DEAD}, *options)
    good = [f["code"] for f in every if f["filename"] == "good.py"]
    assert good == ["TRL001"]
    return [(f["code"], f["message"]) for f in every if f["filename"] == "bad.py"]


UNREADABLE: dict[str, bytes] = {
    "syntax error": b"import triton\ndef f(:\n",
    "syntax error in a kernel": b"import triton\n@triton.jit\ndef k(p, n):\n    p +\n",
    "unclosed string": b'import triton\nx = """\n',
    "bad indentation": b"import triton\nif x:\npass\n",
    "tabs and spaces": b"import triton\nif x:\n\ty\n        z\n",
    "Python 2": b"import triton\nprint 'x'\n",
    "Python of the future": b"import triton\nunless x:\n    pass\n",
    "NUL byte": b"import triton\nx = 1\0\n",
    "NUL bytes only": b"\0" * 4 + b"triton" + b"\0" * 100,
    "no UTF-8, none declared": b"import triton\nx = '\xff'\n",
    "no UTF-8, UTF-8 declared": b"# coding: utf-8\nimport triton\nx = '\xff'\n",
    "unknown encoding": b"# coding: no-such-thing\nimport triton\n",
    "encoding that is none": b"# coding: base64\nimport triton\n",
    "BOM, and another encoding": b"\xef\xbb\xbf# coding: latin-1\nimport triton\n",
    "UTF-16": "import triton\n".encode("utf-16") + b"triton",
    "binary": bytes(range(256)) * 4 + b"triton",
    "merge conflict": b"import triton\n<<<<<<< HEAD\nx = 1\n=======\nx = 2\n>>>>>>> b\n",
    "template": b"import triton\n{% for x in y %}\n",
    "assignment to a keyword": b"import triton\nx = yield = 1\n",
    "many brackets": b"import triton\nx = " + b"(" * 5000 + b")" * 5000 + b"\n",
    "many indents": b"import triton\n" + b"".join(b" " * i + b"if x:\n" for i in range(200)),
    "many lambdas": b"import triton\nx = " + b"lambda: " * 20_000 + b"1\n",
}


@pytest.mark.parametrize("bad", UNREADABLE.values(), ids=UNREADABLE)
def test_what_python_cannot_parse_is_a_finding(lint: Lint, bad: bytes) -> None:
    ((code, message),) = found(lint, bad)
    assert code == "TRL900"
    assert message.startswith("cannot be checked: ")
    assert len(message) < 200


def test_a_syntax_error_without_triton_is_no_business_of_ours(lint: Lint) -> None:
    assert found(lint, "def f(:\n") == []


def test_a_syntax_error_is_found_where_it_is(lint: Lint) -> None:
    (finding,) = lint({"a.py": "import triton\n\nx = (1,\ndef f(:\n    pass\n"})
    assert finding["location"]["row"] in (3, 4)


def test_it_can_be_ignored(lint: Lint) -> None:
    assert found(lint, "import triton\ndef f(:\n", "--ignore", "TRL900") == []


READABLE: dict[str, bytes] = {
    "latin-1, declared": b"# -*- coding: latin-1 -*-\n# \xe9\xff\n" + DEAD.encode(),
    "cp1252, declared on the second line": b"#!/usr/bin/python\n# coding=cp1252\n# \x80\n"
    + DEAD.encode(),
    "utf-8 with a BOM": b"\xef\xbb\xbf" + DEAD.encode(),
    "CRLF": DEAD.replace("\n", "\r\n").encode(),
    "old Mac line ends": DEAD.replace("\n", "\r").encode(),
    "mixed line ends": DEAD.replace("\n", "\r\n", 4).encode(),
    "form feeds": DEAD.replace("\n\n\n", "\n\x0c\n\n").encode(),
    "no last newline": DEAD.rstrip("\n").encode(),
    "tabs": DEAD.replace("    ", "\t").encode(),
    "continuation lines": DEAD.replace("p, n", "p, \\\n n").encode(),
    "names beyond ASCII": DEAD.replace("(p", "(größe").encode(),
    "wide characters before": DEAD.replace("p, n", "p: '\U0001f600', n").encode(),
}


@pytest.mark.parametrize("content", READABLE.values(), ids=READABLE)
def test_what_python_can_parse_is_checked(lint: Lint, content: bytes) -> None:
    assert [code for code, _ in found(lint, content)] == ["TRL001"]


@pytest.mark.parametrize("content", READABLE.values(), ids=READABLE)
@pytest.mark.parametrize("form", ["full", "concise", "github", "sarif"])
def test_and_shown(tritonlint: Run, write: Write, content: bytes, form: str) -> None:
    root = write({"a.py": content})
    assert tritonlint("--no-cache", "--output-format", form, root).status == 1


def test_columns_count_characters(lint: Lint) -> None:
    (finding,) = lint({"a.py": DEAD.replace("p, n", "p: '\U0001f600', n")})
    assert finding["location"] == {"row": 6, "column": 20}


def test_an_empty_file_and_one_of_comments(lint: Lint) -> None:
    assert found(lint, b"") == []
    assert found(lint, b"# triton\n") == []
    assert found(lint, b"\xef\xbb\xbf") == []
    assert found(lint, b"\n\x0c\n# triton") == []


# -- sizes ---------------------------------------------------------------------------------

#: Deeper than any Python parses, and than `recursion.py` lets functions call themselves.
TOO_DEEP = 4_100


def test_a_kernel_with_thousands_of_parameters(lint: Lint) -> None:
    names = [f"a{i}" for i in range(TOO_DEEP)]
    last = TOO_DEEP - 1
    body = "".join(f"    p[0] = {name}\n" for name in names if name not in ("a17", f"a{last}"))
    source = (
        f"import triton\n@triton.jit\ndef kernel({', '.join(names)}, p):\n{body}\n\n"
        f"kernel[(1,)]({', '.join(str(i) for i in range(TOO_DEEP))}, x)\n"
    )
    every = lint({"a.py": source})
    assert [(f["parameter"], f["launches"][0]["argument"]) for f in every] == [
        ("a17", "17"),
        (f"a{last}", f"{last}"),
    ]


def deep(kind: str, depth: int) -> str:
    return {
        "sum": " + ".join(["p"] * depth),
        "comparison": " < ".join(["p"] * depth),
        "and": " and ".join(["p"] * depth),
        "not": "not " * depth + "p",
        "minus": "-" * depth + "p",
        "power": " ** ".join(["p"] * depth),
        "attributes": "p" + ".a" * depth,
        "calls": "p" + "()" * depth,
        "items": "p" + "[0]" * depth,
        "brackets": "(" * min(depth, 190) + "p" + ")" * min(depth, 190),
        "lists": "[" * min(depth, 190) + "p" + "]" * min(depth, 190),
        "conditional": "1 if p else " * depth + "p",
        "lambda": "lambda: " * min(depth, 1500) + "p",
    }[kind]


KINDS = [
    *("sum", "comparison", "and", "not", "minus", "power", "attributes", "calls", "items"),
    *("brackets", "lists", "conditional", "lambda"),
]


@pytest.mark.parametrize("depth", [150, TOO_DEEP])
@pytest.mark.parametrize("kind", KINDS)
def test_deep_expressions_on_the_host(lint: Lint, kind: str, depth: int) -> None:
    codes = {code for code, _ in found(lint, f"{DEAD}\n\nx = {deep(kind, depth)}\n")}
    assert codes == {"TRL001"} or (depth > 150 and codes == {"TRL900"})


@pytest.mark.parametrize("depth", [150, TOO_DEEP])
@pytest.mark.parametrize("kind", KINDS)
def test_deep_expressions_in_a_kernel(lint: Lint, kind: str, depth: int) -> None:
    source = DEAD.replace("tl.store(p, 1)", f"p[0] = {deep(kind, depth)}")
    codes = {code for code, _ in found(lint, source)}
    assert codes == {"TRL001"} or (depth > 150 and codes == {"TRL900"})


@pytest.mark.parametrize("kind", KINDS)
def test_deep_expressions_as_arguments_defaults_and_annotations(lint: Lint, kind: str) -> None:
    expression = deep(kind, 150)
    for source in (
        DEAD.replace("p, 4", f"p, {expression}"),
        DEAD.replace("p, n)", f"p, n={expression})"),
        DEAD.replace("p, n)", f"p, n: {expression} = 1)"),
        DEAD.replace("(1,)", expression),
        DEAD.replace("@triton.jit", f"@triton.jit(debug={expression})"),
    ):
        # `not not 1` is a boolean.
        assert [code for code, _ in found(lint, source, "--select", "TRL001,TRL006,TRL900")] in (
            ["TRL001"],
            ["TRL006"],
        )


def chain_of_elifs(length: int, indent: str = "") -> str:
    return "".join(
        f"{indent}{'el' if i else ''}if p == {i}:\n{indent}    x = {i}\n" for i in range(length)
    )


@pytest.mark.parametrize("length", [900, 3000])
def test_long_chains_of_elif(lint: Lint, length: int) -> None:
    host = {code for code, _ in found(lint, f"{DEAD}\n\n{chain_of_elifs(length)}")}
    inside = DEAD.replace("    tl.store(p, 1)\n", chain_of_elifs(length, "    "))
    kernel = {code for code, _ in found(lint, inside)}
    for codes in (host, kernel):
        assert codes == {"TRL001"} or (length > 900 and codes == {"TRL900"})


def test_statements_nested_as_deep_as_python_allows(lint: Lint) -> None:
    nested = "".join(f"{' ' * i}if p:\n" for i in range(4, 98)) + f"{' ' * 98}x = 1\n"
    source = DEAD.replace("    tl.store(p, 1)\n", nested)
    assert [code for code, _ in found(lint, source)] == ["TRL001"]


def test_functions_nested_in_functions(lint: Lint) -> None:
    nested = "".join(f"{' ' * i}def f{i}():\n" for i in range(95))
    kernel = "".join(f"{' ' * 95}{line}\n" for line in ("@triton.jit", "def k(p, n): p[0] = 1"))
    assert [code for code, _ in found(lint, f"import triton\n{nested}{kernel}")] == ["TRL001"]


def test_a_name_that_is_bound_a_thousand_times(lint: Lint) -> None:
    again = "".join("    x = y[0]\n    y = x[1] + z\n    z = x if y else z\n" for _ in range(300))
    launch = f"def f(x, y, z):\n{again}    kernel[(1,)](p, x[0] + y + z)\n"
    assert [code for code, _ in found(lint, DEAD + launch)] == ["TRL001"]


def test_a_long_chain_of_names(lint: Lint) -> None:
    names = "".join(f"k{i} = k{i - 1}\n" for i in range(1, 1500))
    assert [code for code, _ in found(lint, f"{DEAD}k0 = kernel\n{names}k1499[g](p, 1)\n")] == [
        "TRL001"
    ]


def test_a_long_chain_of_files(lint: Lint) -> None:
    files = {f"m{i}.py": f"# triton\nfrom m{i - 1} import kernel\n" for i in range(1, 300)}
    (finding,) = lint(
        {"m0.py": DEAD, **files, "z.py": "from m299 import kernel\nkernel[g](p, 1)\n"}
    )
    assert finding["parameter"] == "n"


# -- the file system -----------------------------------------------------------------------


def test_a_directory_loop_ends(tritonlint: Run, write: Write) -> None:
    root = write({"a/b/dead.py": DEAD})
    (root / "a/b/up").symlink_to(root / "a", target_is_directory=True)
    (root / "self").symlink_to(root, target_is_directory=True)
    (root / "self.py").symlink_to("self.py")
    (root / "gone.py").symlink_to("no-such-file.py")
    completed = tritonlint("--no-cache", "--output-format", "json", root)
    assert len(completed.findings) == 1
    assert "Traceback" not in completed.err


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads anything")
def test_a_file_that_cannot_be_read_hides_no_finding(tritonlint: Run, write: Write) -> None:
    root = write({"secret.py": DEAD, "good.py": DEAD})
    (root / "secret.py").chmod(0)
    completed = tritonlint("--no-cache", "--output-format", "concise", root)
    assert completed.status == 2
    assert "good.py" in completed.out
    assert "secret.py: permission denied" in completed.err


NO_FILES = ["missing.py", "missing", "", "a\0b.py", "x" * 5000, "dead.py/x.py", "loop.py"]


@pytest.mark.parametrize("name", NO_FILES, ids=[ascii(name)[:20] for name in NO_FILES])
def test_a_path_that_is_none_hides_no_finding(
    tritonlint: Run, write: Write, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    root = write({"dead.py": DEAD})
    (root / "loop.py").symlink_to("loop.py")
    monkeypatch.chdir(root)
    completed = tritonlint("--no-cache", "--output-format", "concise", "dead.py", name)
    assert "dead.py:6:" in completed.out
    if name:
        assert completed.status == 2
        assert completed.err.startswith("tritonlint: ")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_in_the_tree_is_not_waited_for(tritonlint: Run, write: Write) -> None:
    root = write({"dead.py": DEAD})
    os.mkfifo(root / "pipe.py")
    completed = tritonlint("--no-cache", "--output-format", "json", root)
    assert len(completed.findings) == 1


def test_a_file_under_two_names_is_found_once(tritonlint: Run, write: Write) -> None:
    root = write({"dead.py": DEAD})
    completed = tritonlint(
        "--no-cache", "--output-format", "json", root, root / "dead.py", root / "." / "dead.py"
    )
    assert len(completed.findings) == 1


def test_names_that_python_takes_for_the_same(lint: Lint) -> None:
    # Python normalizes identifiers: both spellings are the same parameter, and it is read.
    composed, decomposed = unicodedata.normalize("NFC", "é"), unicodedata.normalize("NFD", "é")
    source = DEAD.replace("p, n)", f"p, {composed})").replace("p, 1", f"p, {decomposed}")
    assert found(lint, source) == []


def test_names_that_python_takes_for_the_same_in_code_for_libcst(lint: Lint) -> None:
    """To Python, U+03F5 is the same as U+03B5, and U+03D5 the same as U+03C6 (PEP 3131)."""
    body = "if n:\n        return\n    {} = tl.load(p)\n    tl.store(p, {})"
    for stored, loaded in ("\u03f5\u03b5", "\u03b5\u03f5", "\u03f5\u03f5"):
        source = DEAD.replace("p, n)", "p, n, \u03f5=0)")
        source = source.replace("tl.store(p, 1)", body.format(stored, loaded))
        assert [code for code, _ in found(lint, source)] == ["TRL002"]
    read = DEAD.replace("p, n)", "p, n, \u03d5=0)").replace(
        "tl.store(p, 1)", "n = 1\n    tl.store(p, (lambda: \u03c6 + n)())"
    )
    assert [code for code, _ in found(lint, read)] == ["TRL002"]


@pytest.mark.skipif(sys.version_info < (3, 12), reason="Python 3.12 parses it")
def test_syntax_that_is_newer_than_python_3_11(lint: Lint) -> None:
    source = DEAD.replace("tl.store(p, 1)", "type X = p\n    x = f'{f'{p}'}'")
    assert [code for code, _ in found(lint, source)] == ["TRL001"]


# -- text that is made to take long --------------------------------------------------------

#: Each repeats something from which a search could start again at every place.
LONG_COMMENTS = {
    "ignore[": "# tritonlint: ignore[",
    "ignore[ behind a bracket": "] # tritonlint: ignore[",
    "disable": "# tritonlint: disable ",
    "disable-": "# tritonlint: disable-",
    "spaces": "# tritonlint: disable" + " " * 50_000,
    "a word": "# tritonlint " + "a" * 50_000,
    "noqa": "# noqa: A1,",
    "noqa and codes": "# noqa " + "A1," * 20_000,
}


@pytest.mark.parametrize("text", LONG_COMMENTS.values(), ids=LONG_COMMENTS)
def test_long_comments(lint: Lint, text: str) -> None:
    comment = f"#  {text * (250_000 // len(text))}"
    codes = found(lint, f"{DEAD}x = 1  {comment}\n", "--ignore", "TRL901")
    assert [code for code, _ in codes] == ["TRL001"]


def test_each_of_many_comments_in_a_line_is_found(lint: Lint) -> None:
    open_brackets = f"x = 1  {'# tritonlint: ignore[' * 2_000}"
    every = lint({"a.py": f"{DEAD}{open_brackets}\n"}, "--select", "TRL901")
    assert [f["location"]["column"] for f in every] == [8 + 21 * i for i in range(2_000)]


STARS = [
    "*a" * 40 + "*b*",
    "*a" * 40 + "*b",
    "**/a/" * 30 + "**/b*",
    "*[!b]" * 40 + "*b?",
    "a?" * 90,
]


@pytest.mark.parametrize("stars", STARS, ids=[f"{stars[:6]}..." for stars in STARS])
def test_patterns_with_many_stars(lint: Lint, stars: str) -> None:
    name = "b" + "a" * 200 + ".py"
    folders = "b/" + "a/" * 100
    files: dict[str, str | bytes] = {name: DEAD, f"{folders}a.py": DEAD}
    everything = sorted(files)
    files |= {".gitignore": f"{stars}\n", ".git/HEAD": "ref: refs/heads/main\n"}
    for options in (
        (),
        ("--exclude", stars),
        ("--per-file-ignores", f"{stars}:TRL001"),
    ):
        every = lint(files, *options)
        assert sorted({f["filename"] for f in every}) == everything


def test_patterns_with_many_stars_still_match(lint: Lint) -> None:
    files: dict[str, str | bytes] = {
        "xayazab.py": DEAD,
        "aaa/x/b.py": DEAD,
        "a/b/c/b/d.py": DEAD,
        "kept.py": DEAD,
    }
    patterns = "*a*a*a*b.py\n*a*a*/x\n**/b/**/b/**/*d*y\n"
    files |= {".gitignore": patterns, ".git/HEAD": "ref: refs/heads/main\n"}
    assert {f["filename"] for f in lint(files)} == {"kept.py"}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
@pytest.mark.parametrize("make", [os.mkfifo, lambda path: os.symlink("/dev/zero", path)])
@pytest.mark.parametrize("name", [".gitignore", "sub/.gitignore", ".git/info/exclude"])
def test_an_ignore_file_that_never_ends_is_none(
    lint: Lint, write: Write, make: Callable[[Path], None], name: str
) -> None:
    root = write({"sub/dead.py": DEAD, ".git/info/x": ""})
    make(root / name)
    assert [f["filename"] for f in lint({})] == ["sub/dead.py"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
@pytest.mark.parametrize("make", [os.mkfifo, lambda path: os.symlink("/dev/zero", path)])
@pytest.mark.parametrize("name", ["tritonlint.toml", "pyproject.toml"])
def test_settings_that_never_end_are_an_error_or_none(
    tritonlint: Run, write: Write, make: Callable[[Path], None], name: str
) -> None:
    root = write({"sub/dead.py": DEAD})
    (root / "tritonlint.toml").unlink()
    make(root / name)
    completed = tritonlint("--no-cache", "--output-format", "concise", root)
    assert completed.status == 1
    assert "dead.py:6:" in completed.out
    (root / "tritonlint.toml").unlink(missing_ok=True)
    (root / "tritonlint.toml").write_text(f'extend = "{name}"\n')
    if name != "tritonlint.toml":
        completed = tritonlint("--no-cache", root)
        assert completed.status == 2
        assert "not a regular file" in completed.err
    completed = tritonlint("--no-cache", "--config", root / name, root)
    assert completed.status == 2


def test_a_key_of_many_parts_in_settings(tritonlint: Run, write: Write) -> None:
    root = write({"dead.py": DEAD, "tritonlint.toml": f"{'a.' * 50_000}a = 1\n"})
    completed = tritonlint("--no-cache", root)
    assert completed.status == 2
    assert "tritonlint.toml:1: too many dots (50,000 here)" in completed.err


def test_a_baseline_that_counts_without_end(tritonlint: Run, write: Write) -> None:
    entry = '{"filename": "dead.py", "code": "TRL001", "count": 1000000000000}'
    baseline = f'{{"version": 1, "findings": [{entry}]}}'
    root = write({"dead.py": DEAD, ".tritonlint-baseline.json": baseline})
    completed = tritonlint("--no-cache", root)
    assert completed.status == 2
    assert "is not a baseline" in completed.err
