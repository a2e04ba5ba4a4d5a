"""Modules of all shapes run before and after a fix: each parameter that stays gets the same value.

Nothing here uses tritonlint's own reading of calls: the modules run with a stand-in for Triton,
whose kernels bind their arguments with `inspect.signature` and record them.
"""

from __future__ import annotations

import ast
import functools
import inspect
import sys
import types

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

# -- a stand-in for Triton -----------------------------------------------------------------


class Kernel:
    """Records what each parameter of a launched or called function got."""

    def __init__(self, function, record):
        self.function = function
        self.fn = self
        self.record = record
        self.signature = inspect.signature(function)
        self.names = [*self.signature.parameters]

    def launch(self, *args, grid=None, warmup=False, **kwargs):
        options = {k: kwargs.pop(k) for k in ("num_warps", "num_stages") if k in kwargs}
        bound = self.signature.bind(*args, **kwargs)
        bound.apply_defaults()
        arguments = dict(bound.arguments)
        if callable(grid):
            grid = grid(arguments)
        self.record.append((self.function.__name__, arguments, repr(grid), options))
        self.function(*bound.args, **bound.kwargs)

    run = warmup = launch

    def __getitem__(self, grid):
        return functools.partial(self.launch, grid=grid)

    def __call__(self, *args, **kwargs):
        bound = self.signature.bind(*args, **kwargs)
        bound.apply_defaults()
        self.record.append((self.function.__name__, dict(bound.arguments), None, {}))
        return self.function(*bound.args, **bound.kwargs)


def stand_in(record):
    def jit(function=None, **options):
        if function is None:
            return functools.partial(jit, **options)
        kernel = Kernel(function, record)
        named = options.get("do_not_specialize", ())
        record.append(
            ("jit", {n if isinstance(n, str) else kernel.names[n] for n in named}, None, {})
        )
        return kernel

    triton = types.ModuleType("triton")
    language = types.ModuleType("triton.language")
    triton.jit, triton.language = jit, language
    triton.cdiv = lambda a, b: -(-a // b)
    language.constexpr = int
    language.store = lambda *values: None
    return {"triton": triton, "triton.language": language}


def run(sources):
    """What all kernels got when the modules ran, as (name, arguments, grid, options)."""
    record = []
    modules = stand_in(record)
    saved = {name: sys.modules.get(name) for name in (*modules, *sources)}
    try:
        sys.modules.update(modules)
        for name, source in sources.items():
            sys.modules[name] = module = types.ModuleType(name)
            exec(compile(source, name, "exec"), module.__dict__)
    finally:
        for name, module in saved.items():
            if module is None:
                sys.modules.pop(name, None)
            else:
                sys.modules[name] = module
    return record


# -- modules of all shapes -----------------------------------------------------------------

NAMES = ("alpha", "beta", "gamma", "delta", "n", "BLOCK")
LAYOUTS = ("one line", "rows", "rows with comments", "hanging", "pairs")


@st.composite
def bracketed(draw, items):
    """A sequence of items, laid out in some way."""
    if not items:
        return ""
    layout = draw(st.sampled_from(LAYOUTS))
    comma = "," if draw(st.booleans()) else ""
    if layout == "one line":
        return ", ".join(items) + comma
    if layout == "hanging":
        return ",\n        ".join(items) + comma
    rows = [f"        {item}" for item in items]
    if layout == "pairs":
        rows = [
            "        " + ", ".join(items[place : place + 2]) for place in range(0, len(items), 2)
        ]
    lines = []
    for place, row in enumerate(rows):
        end = "," if place < len(rows) - 1 else comma
        note = ""
        if layout == "rows with comments" and draw(st.booleans()):
            if draw(st.booleans()):
                lines.append("        # Section, (of sorts")
            note = f"  # about {place}, 'and' more)"
        lines.append(f"{row}{end}{note}")
    return "\n" + "\n".join(lines) + "\n    "


@st.composite
def kernels(draw, name, helpers):
    """A kernel's source and its signature, as (name, has a default, form)."""
    chosen = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=6, unique=True))
    slash = draw(st.integers(0, len(chosen))) if draw(st.integers(0, 3)) == 0 else 0
    star = draw(st.integers(slash, len(chosen))) if draw(st.integers(0, 2)) == 0 else len(chosen)
    defaults = draw(st.integers(0, star))
    items, signature = [], []
    for place, parameter in enumerate(chosen):
        if place == slash and slash:
            items.append("/")
        if place == star:
            items.append("*")
        annotation = draw(st.sampled_from(["", ": int", ": tl.constexpr"]))
        has_default = place >= defaults and (place < star or draw(st.booleans()))
        default = f" = {place + 100}" if has_default else ""
        items.append(f"{parameter}{annotation}{default}")
        form = "positional" if place < slash else "keyword" if place >= star else "any"
        signature.append((parameter, has_default, form))
    if slash == len(chosen):
        items.append("/")
    read = draw(st.lists(st.sampled_from(chosen), unique=True, max_size=len(chosen)))
    body = [f"    tl.store({', '.join(read)})"] if read else ["    tl.store(0)"]
    for helper, its_signature in helpers:
        if draw(st.booleans()):
            call = draw(calls(its_signature, chosen))
            body.append(f"    {helper}({call})")
    named = draw(st.lists(st.sampled_from(chosen), unique=True, max_size=2))
    elements = [str(chosen.index(p)) if draw(st.booleans()) else repr(p) for p in named]
    option = f"(do_not_specialize=[{', '.join(elements)}])" if named else ""
    inside = draw(bracketed(items))
    source = f"@triton.jit{option}\ndef {name}({inside}):\n" + "\n".join(body) + "\n"
    return source, signature


@st.composite
def calls(draw, signature, values):
    """Arguments that fit a signature, positional and by keyword, in some layout."""
    by_keyword = False
    positional, keywords = [], []
    for name, has_default, form in signature:
        value = draw(st.sampled_from(values)) if values else str(draw(st.integers(0, 9)))
        value = draw(st.sampled_from([value, f"({value})", f"{value} + 1", f"max({value}, 2)"]))
        by_keyword = by_keyword or form == "keyword" or (form == "any" and draw(st.booleans()))
        if has_default and draw(st.booleans()) and form != "positional":
            by_keyword = True
        elif form == "positional" or not by_keyword:
            positional.append(value)
        else:
            keywords.append(f"{name}={value}")
    return draw(bracketed([*positional, *draw(st.permutations(keywords))]))


@st.composite
def launches(draw, name, signature):
    """Statements that launch a kernel in one of many ways."""
    grid = draw(st.sampled_from(["(1,)", "(1, 2)", "lambda META: (len(META) * 0 + 3,)", "grid"]))
    call = draw(calls(signature, []))
    separator = ", " if call.strip() and not call.rstrip().endswith(",") else " "
    extra = draw(st.sampled_from(["", "num_warps=4", '**{"num_stages": 2}']))
    if extra and "#" not in call:
        call = f"{call}{separator}{extra}"
    form = draw(
        st.sampled_from(["plain", "run", "alias", "launcher", "partial", "choice", "function"])
    )
    if form == "run":
        comma = "" if not call.strip() or call.rstrip().endswith(",") else ","
        if "#" in call:
            return f"{name}[{grid}]({call})\n"
        return f"{name}.run({call}{comma} grid={grid})\n"
    if form == "alias":
        return f"alias = {name}\nalias[{grid}]({call})\n"
    if form == "launcher":
        return f"launcher = {name}[{grid}]\nlauncher({call})\n"
    if form == "partial":
        return f"functools.partial({name}[{grid}])({call})\n"
    if form == "choice":
        return f"({name} if grid else {name})[{grid}]({call})\n"
    if form == "function":
        inner = f"{name}[{grid}]({call})"
        return f"def go():\n    return [{inner} for _ in range(2)]\n\n\ngo()\n"
    return f"{name}[{grid}]({call})\n"


@st.composite
def projects(draw):
    """Two modules: kernels and helpers, launched in both."""
    header = "import functools\n\nimport triton\nimport triton.language as tl\n\ngrid = (7,)\n\n\n"
    parts, known = [], []
    for number in range(draw(st.integers(1, 4))):
        source, signature = draw(kernels(f"kernel_{number}", known))
        parts.append(source)
        known.append((f"kernel_{number}", signature))
    here = "".join(
        draw(launches(*draw(st.sampled_from(known)))) for _ in range(draw(st.integers(0, 3)))
    )
    style = draw(st.sampled_from(["from first import {0}", "import first", "from first import *"]))
    there = ["import functools", "grid = (8,)"]
    for name, signature in known:
        there.append(style.format(name))
        spelled = f"first.{name}" if style == "import first" else name
        there.append(draw(launches(spelled, signature)))
    first = header + "\n\n".join(parts) + "\n\n" + here
    return {"first": first, "second": "\n".join(there)}


def test_generated_modules_run(fixed_and_recorded):
    """The generator makes modules that do launch something."""
    kernel = "import triton\n\n\n@triton.jit\ndef k(a, n):\n    if a:\n        pass\n"
    source = f"{kernel}\n\nk[(1,)](1, n=2)\n"
    before, after, _ = fixed_and_recorded({"first": source})
    assert before[-1] == ("k", {"a": 1, "n": 2}, "(1,)", {})
    assert after[-1] == ("k", {"a": 1}, "(1,)", {})


@pytest.fixture
def root(tmp_path):
    """The project's directory; beside it is nothing, and beside `tmp_path` all other tests'."""
    root = tmp_path / "project"
    root.mkdir()
    return root


@pytest.fixture
def written(root):
    """Writes a project of modules."""

    def written(sources):
        (root / "tritonlint.toml").touch()
        for name, source in sources.items():
            (root / f"{name}.py").write_text(source)

    return written


@pytest.fixture
def same_if_named_alone(root, tritonlint, written):
    """Checks that each file has the same findings if it is named alone."""

    def same_if_named_alone(sources):
        written(sources)
        command = ("--no-cache", "--output-format", "json")
        found = tritonlint(*command, root)
        named = [tritonlint(*command, root / f"{name}.py").findings for name in sorted(sources)]
        assert [finding for of_file in named for finding in of_file] == found.findings

    return same_if_named_alone


@pytest.fixture
def fixed_and_recorded(root, tritonlint, written):
    """Fixes a project of modules and runs it before and after."""

    def fixed_and_recorded(sources, *options):
        written(sources)
        before = run(sources)
        command = ("--fix", "--no-cache", "--output-format", "json", *options, root)
        completed = tritonlint(*command)
        assert completed.status in (0, 1), completed.err
        fixed = {name: (root / f"{name}.py").read_text() for name in sources}
        after = run(fixed)
        again = tritonlint(*command)
        for name, source in fixed.items():
            assert (root / f"{name}.py").read_text() == source
        assert again.out == completed.out
        # What is left has no safe fix.
        fixes = [finding["fix"] for finding in completed.findings]
        assert not any(fix and fix["applicability"] == "safe" for fix in fixes)
        return before, after, fixed

    return fixed_and_recorded


def signatures(sources):
    """The parameters of each function, by its name."""
    found = {}
    for source in sources.values():
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.FunctionDef):
                args = node.args
                every = (*args.posonlyargs, *args.args, *args.kwonlyargs)
                found[node.name] = [arg.arg for arg in every]
    return found


@settings(
    deadline=None,
    max_examples=10,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(sources=projects(), unsafe=st.booleans())
def test_any_project(same_if_named_alone, fixed_and_recorded, sources, unsafe):
    """Each file named alone has the same findings, and after a fix, what stays gets what it got."""
    same_if_named_alone(sources)
    before, after, fixed = fixed_and_recorded(sources, *(["--unsafe-fixes"] if unsafe else []))
    stays = signatures(fixed)
    assert len(before) == len(after)
    for (name, was, grid, options), now in zip(before, after, strict=True):
        if name == "jit":
            # If a removal is blocked, the parameter that stays is named there.
            assert now[1] - was <= {parameter for each in stays.values() for parameter in each}
            continue
        kept = {parameter: value for parameter, value in was.items() if parameter in stays[name]}
        assert now == (name, kept, grid, options)
    for name, parameters in signatures(sources).items():
        assert [p for p in parameters if p in stays[name]] == stays[name]


def test_the_stand_in_binds_as_python_does():
    record = []
    kernel = Kernel(lambda a, b=2, *, c=3: None, record)
    kernel[(1,)](1, c=4)
    assert record == [("<lambda>", {"a": 1, "b": 2, "c": 4}, "(1,)", {})]
    with pytest.raises(TypeError):
        kernel[(1,)]()
