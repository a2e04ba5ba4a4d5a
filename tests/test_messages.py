"""What people read: plain words, and messages that do not change.

The tables have the messages that a user sees first. They should not change: people search for them
by their words.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tritonlint.rules import all_rules

Run = Callable[..., Any]
Write = Callable[..., Path]

ROOT = Path(__file__).parents[1]

HEAD = "import triton\nimport triton.language as tl\n\n\n@triton.jit\n"
LAUNCH = "\n\nkernel[(1,)](p, len(p))\n"
KERNEL = HEAD + "def kernel(p, n):\n    tl.store(p, 1)\n"

TUNED = "@triton.autotune([], key=[], prune_configs_by={'early_config_prune': few})"

#: A module, and what `full` says of its first finding.
FINDINGS = {
    "an integer": (
        KERNEL + LAUNCH,
        "`n` is never read",
        "up to 3 compiles: one for each of == 1, % 16 == 0, other; "
        "beyond 31 bits the last two compile again as i64",
        "Remove `n` from `kernel` and from 1 call (safe: --fix)",
    ),
    "a constexpr": (
        KERNEL.replace("n)", "n: tl.constexpr)") + LAUNCH,
        "`n` is a constexpr that is never read",
        "one compile for every distinct value",
    ),
    "a constexpr that never varies": (
        KERNEL.replace("n)", "n: tl.constexpr)") + "\n\nSIZE = 8\nkernel[(1,)](p, SIZE)\n",
        "nothing today: every launch passes `SIZE`, which is always `8`",
    ),
    "overwritten": (
        HEAD + "def kernel(p, n):\n    n = 1\n    tl.store(p, n)\n" + LAUNCH,
        "`n` is overwritten on every path before it is read",
    ),
    "a pointer": (
        KERNEL.replace("n)", "n_ptr)"),
        "`n_ptr` is a pointer that is never read",
        "one compile for each dtype and alignment (data_ptr() % 16 == 0 or not)",
        "no call of `kernel` is seen: code elsewhere may launch it (unsafe: --fix --unsafe-fixes)",
    ),
    "keywords": (
        KERNEL + "\n\nkernel[(1,)](**options)\n",
        "`**options` at a.py:10 may pass this argument",
    ),
    "a heuristic": (
        KERNEL.replace("@triton.jit", '@triton.heuristics({"B": lambda a: a["n"]})\n@triton.jit')
        .replace("n)", "n, B)")
        .replace(", 1)", ", B)")
        + LAUNCH,
        'the heuristic of `B` at a.py:5 reads "n"',
        "stays     because the heuristic",
    ),
    "a prune function": (
        "def few(configs, args, **_):\n    return configs[: args['n']]\n\n\n"
        + KERNEL.replace("@triton.jit", f"{TUNED}\n@triton.jit")
        + LAUNCH,
        'the early_config_prune `few` at a.py:2 reads "n"',
    ),
    "a prune function with the name of the option": (
        "def early_config_prune(configs, args, **_):\n    return configs[: args['n']]\n\n\n"
        + KERNEL.replace(
            "@triton.jit", f"{TUNED.replace('few', 'early_config_prune')}\n@triton.jit"
        )
        + LAUNCH,
        'because `early_config_prune` at a.py:2 reads "n"',
    ),
    "configs for another function": (
        "def few(configs, args, **_):\n    return best(*configs)\n\n\n"
        + KERNEL.replace("@triton.jit", f"{TUNED}\n@triton.jit")
        + LAUNCH,
        "`best` gets configs, and may read them, at a.py:2",
    ),
    "configs for a function without a name": (
        "def few(configs, args, **_):\n    return table[0](*configs)\n\n\n"
        + KERNEL.replace("@triton.jit", f"{TUNED}\n@triton.jit")
        + LAUNCH,
        "a function gets configs, and may read them, at a.py:2",
    ),
    "a grid": (
        KERNEL + "\n\nkernel[lambda a: (a['n'],)](p, len(p))\n",
        'the grid at a.py:10 reads "n"',
    ),
    "a tuner without a decorator": (
        KERNEL + "\n\ntuned = tune(\n    configs=[1, 2, 3, 4, 5, 6], key=[]\n)(kernel)\n",
        "`kernel` is passed to `tune(...)` at a.py:12",
    ),
    "several kernels": (
        KERNEL + "\n\nother = triton.jit(f)\n(kernel if x else other)[(1,)](p, 4)\n",
        "the call at a.py:11 may reach other kernels too",
    ),
    "no Python": ("import triton\n@triton.jit\ndef f(:\n", "cannot be checked: "),
    "too few arguments": (
        KERNEL + "\n\nkernel[(1,)](p)\n",
        "this launch does not fit `kernel`: it gets no `n`",
    ),
    "one argument too many": (
        KERNEL + "\n\nkernel[(1,)](p, 1, 2)\n",
        "this launch does not fit `kernel`: it takes 2 positional arguments, and 3 are given",
    ),
    "a comment": (
        "import triton  # tritonlint: ignore[TRL01]\n",
        "`# tritonlint: ignore[TRL01]` silences nothing: there is no rule TRL01; "
        "did you mean TRL001?",
        "Delete the comment (safe: --fix)",
    ),
}


@pytest.mark.parametrize("expected", FINDINGS.values(), ids=FINDINGS)
def test_what_is_said_of_a_finding(
    tritonlint: Run, write: Write, monkeypatch: pytest.MonkeyPatch, expected: tuple[str, ...]
) -> None:
    source, *texts = expected
    monkeypatch.chdir(write({"a.py": source}))
    out = tritonlint("-n", "a.py").out
    for text in texts:
        assert text in out


#: How a cost starts, so that "it costs ..." is a sentence.
COST = re.compile(
    "(one (more )?compile|up to [0-9]+ compiles|nothing today|timing|compiling|a search)\\b"
)
EXAMPLE = re.compile(r"^```python bad\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", sorted(p.name for p in ROOT.glob("rules/*.md")))
def test_a_cost_follows_it_costs(lint: Callable[..., list[dict[str, Any]]], page: str) -> None:
    text = (ROOT / "rules" / page).read_text(encoding="utf-8")
    for example in EXAMPLE.findall(text):
        for finding in lint({"a.py": example}, "--select", "ALL,TRL5"):
            _, costs, cost = finding["message"].partition(", and it costs ")
            assert not costs or COST.match(cost), finding["message"]


#: Options, and the first line of what is said about them.
ERRORS = {
    "--jobs=0": "argument --jobs/-j: '0' must be a positive integer",
    "--nonsense": "unrecognized arguments: --nonsense",
    "none.py": "none.py: no such file or directory; check the spelling",
    "a.ipynb": "a.ipynb: notebooks are not checked; put the kernels into a .py file, or "
    "convert it: jupyter nbconvert --to script",
    "--select=X": "--select: unknown code 'X'; ",
    "--config=a b = 1": "--config 'a b = 1':1:3: not valid TOML: ",
    "--output-file=no/x": "--output-file no/x: No such file or directory",
}


@pytest.mark.parametrize(("option", "said"), ERRORS.items(), ids=ERRORS)
def test_what_is_said_of_an_option(
    tritonlint: Run, write: Write, monkeypatch: pytest.MonkeyPatch, option: str, said: str
) -> None:
    monkeypatch.chdir(write({}))
    done = tritonlint("-n", option)
    assert done.status == 2
    assert done.err.startswith(f"tritonlint: {said}")


TEXTS = {".py", ".md", ".html", ".toml"}
#: Words that this project once used for plainer ones.
ODD_WORDS = re.compile(
    r"\b(mend(s|ed|ing)?|heirs?|may carry it|may run no time|is no number of|anew|by and by|learnt"
    r"|put together|positive list|hand(s|ed|ing)? on|giv(e|es|en|ing) back|speaks? (against|for)"
    r"|whoever|may well|all the same)\b"
    r"|a mistake of tritonlint|past 31 bits|of which nothing comes|to be had\b",
    re.IGNORECASE,
)


@pytest.mark.parametrize("page", sorted(p.name for p in ROOT.glob("rules/*.md")))
def test_pages_of_rules_use_plain_words(page: str) -> None:
    assert not ODD_WORDS.search((ROOT / "rules" / page).read_text(encoding="utf-8"))


def test_the_program_and_the_documents_use_plain_words() -> None:
    files = [*ROOT.glob("src/**/*.py"), *ROOT.glob("docs/*.md"), *ROOT.glob("*.md")]
    odd = {
        f"{file.relative_to(ROOT)}: {found[0]}"
        for file in files
        if (found := ODD_WORDS.search(file.read_text(encoding="utf-8")))
    }
    assert not odd


#: British spellings: the field's own words are American (`specialize`, `behavior`).
BRITISH = re.compile(
    r"([a-z]*(colour|behaviour|favour|honour|neighbour|catalogue|judgement)[a-z]*"
    r"|[a-z]*(analy|canonicali|initiali|normali|prioriti|synchroni|vectori|optimi|organi|recogni|seriali|speciali|summari)s(e|ed|es|ing|ation|ations)"
    r"|(un)?(label|model|cancel)led|(after|to)wards|artefacts?|centred?|licences?)",
    re.IGNORECASE,
)
#: Names in Triton.
NOT_OURS = {"specialised_indices", "type_canonicalisation_dict"}


def test_the_spelling_is_american() -> None:
    """Not that of the labels, which quote other people's code."""
    folders = ("src", "tests", "scripts", "benchmarks", "examples", "docs", "rules")
    files = [f for folder in folders for f in ROOT.glob(f"{folder}/**/*") if f.suffix in TEXTS]
    files += [*ROOT.glob("*.md"), ROOT / "action.yml", ROOT / "mkdocs.yml"]
    found = {
        f"{file.relative_to(ROOT)}: {word}"
        for file in files
        if "labels" not in file.parts and file != Path(__file__)
        for word in re.findall(r"[A-Za-z]+(?:_[a-z]+)*", file.read_text(encoding="utf-8"))
        if word.lower() not in NOT_OURS
        for part in word.split("_")
        if BRITISH.fullmatch(part)
    }
    assert not found


def test_summaries_of_rules_are_one_clause() -> None:
    for rule, _ in all_rules().values():
        assert rule.summary[0].islower()
        assert not rule.summary.endswith(".")
