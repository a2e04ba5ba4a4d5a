"""No parameter that tritonlint calls dead is used in TTIR: the compiler is the judge."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
from differential import compare
from hypothesis import HealthCheck, given, settings
from programs import Program, programs

from tritonlint.analysis.dead import Analysis
from tritonlint.files.discovery import find_python
from tritonlint.project.loader import Loader
from tritonlint.project.surveys import LoadOptions
from tritonlint.verify.extract import extract
from tritonlint.verify.judge_process import Judge
from tritonlint.verify.search import Verdict, judge_kernel
from tritonlint.verify.signature import Candidates
from tritonlint.verify.sources import Sources

pytest.importorskip("triton", reason="the judge is Triton, which is not installed")

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```python (bad|good)\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    with Judge() as judge:
        yield judge


def judged(root: Path, judge: Judge) -> Iterator[tuple[str, str, bool, Verdict | None]]:
    """Kernel, parameter, whether tritonlint calls it dead, and the verdict on it."""
    project = Loader(root, lambda: find_python(root), LoadOptions()).load()
    analysis, sources = Analysis(project), Sources(project)
    for identity, kernel in project.kernels.items():
        taken = extract(project, sources, identity)
        candidates = Candidates(analysis, sources, identity, taken)
        judgment = judge_kernel(judge, taken, candidates)
        for parameter in kernel.parameters:
            verdict = judgment.verdicts.get(parameter.name)
            yield kernel.name, parameter.name, analysis.is_dead(identity, parameter), verdict


def blocks() -> list[tuple[str, str]]:
    found = []
    for page in sorted((ROOT / "rules").glob("TRL00*.md")):
        for number, match in enumerate(BLOCK.finditer(page.read_text(encoding="utf-8"))):
            found.append((f"{page.stem}-{match[1]}-{number}", match[2]))
    return found


@pytest.mark.parametrize(("name", "source"), blocks(), ids=[name for name, _ in blocks()])
def test_the_rule_pages(name: str, source: str, judge: Judge, tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text(source, encoding="utf-8")
    found = list(judged(tmp_path.resolve(), judge))
    assert not [case for case in found if case[2] and case[3] is Verdict.USED]
    assert [case for case in found if case[3] is not None], "nothing compiled"
    # A parameter that only checks read is not dead: the compiler may keep or drop a check.
    if "-bad-" in name and not name.startswith("TRL008"):
        assert [case for case in found if case[2] and case[3] is Verdict.UNUSED]


def test_the_example(judge: Judge) -> None:
    """The kernels with the dead parameters; tests/mamba says that the corrected ones have none."""
    found = list(judged(ROOT / "examples" / "mamba_ssd" / "original", judge))
    assert all(verdict is not None for *_, verdict in found)
    dead = {(kernel, name) for kernel, name, dead, _ in found if dead}
    assert dead == {(k, n) for k, n, _, verdict in found if verdict is Verdict.UNUSED}
    assert {name for _, name in dead} == {"seqlen"}


#: Bodies of `kernel(out_ptr, n, m, FLAG: tl.constexpr)`, and the parameters that they never use.
BODIES = {
    "tl.store(out_ptr, n + m + FLAG)": "",
    "n = m\ntl.store(out_ptr, n + FLAG)": "n",
    "n = n + m\ntl.store(out_ptr, n + FLAG)": "",
    "for n in range(m):\n    tl.store(out_ptr + n, FLAG)": "n",
    "for i in range(m):\n    n = i\ntl.store(out_ptr, n + FLAG)": "",
    "for i in range(m):\n    n = i\n    tl.store(out_ptr + n, FLAG)": "n",
    "while m < 9:\n    n = m\n    m += n + FLAG\ntl.store(out_ptr, m)": "n",
    "while m < 9:\n    m += n + FLAG\n    n = m\ntl.store(out_ptr, m)": "",
    "if m > 1:\n    n = 2\ntl.store(out_ptr, n + FLAG)": "",
    "if m > 1:\n    n = 2\nelse:\n    n = 3\ntl.store(out_ptr, n + FLAG)": "n",
    "if FLAG:\n    tl.store(out_ptr, n)\nelse:\n    tl.store(out_ptr, m)": "",
    "if m > FLAG:\n    return\nn = m\ntl.store(out_ptr, n)": "n",
    "tl.store(out_ptr, m)\nreturn\ntl.store(out_ptr, n + FLAG)": "n FLAG",
    "n, m = m, n\ntl.store(out_ptr, m)": "m FLAG",
    "pair = (n, m)\ntl.store(out_ptr, pair[0])": "m FLAG",
    "helper(n, FLAG)\ntl.store(out_ptr, m)": "n FLAG",
    # If FLAG is 2, the store's constant comes from code that is gone, so the order differs.
    "helper(n, m + FLAG)\ntl.store(out_ptr + 1, m)\ntl.store(out_ptr + 2, n)": "FLAG",
    "tl.store(out_ptr, helper(m, n))": "n FLAG",
    "tl.store(out_ptr, helper(unused=n, value=m))": "n FLAG",
    "tl.store(out_ptr, helper(helper(m, n), helper(n, FLAG)))": "n FLAG",
    "m = 1 if n > 2 else m\ntl.store(out_ptr, m)": "FLAG",
    "tl.store(out_ptr, (m := n) + m)": "m FLAG",
    "for _ in tl.static_range(FLAG):\n    n = m\ntl.store(out_ptr, n)": "",
}
HEAD = """\
import triton
import triton.language as tl


@triton.jit
def helper(value, unused):
    unused = value
    return value + 1


@triton.jit
def kernel(out_ptr, n, m, FLAG: tl.constexpr):
"""


@pytest.mark.parametrize("body", BODIES)
def test_what_the_compiler_uses(body: str, judge: Judge, tmp_path: Path) -> None:
    source = HEAD + textwrap.indent(body, "    ") + "\n"
    program = Program(source, ("n", "m"), ("FLAG",))
    result = compare(program, judge, tmp_path.resolve() / "module.py")
    if "unsupported AST node type" in result.error:
        pytest.skip(f"this release of Triton says: {result.error}")
    assert result.compiled, result.error
    assert result.contradictions == []
    # What tritonlint misses here is dead only because the value that is read has no effect.
    found = set(BODIES[body].split())
    assert found - set(result.missed) <= set(result.dead)
    assert found == set(result.missed) | set(result.dead)


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(program=programs())
def test_drawn_kernels(program: Program, judge: Judge, tmp_path_factory: object) -> None:
    """scripts/fuzz_oracle.py does the same for as long as you like."""
    assert isinstance(tmp_path_factory, pytest.TempPathFactory)
    path = tmp_path_factory.getbasetemp().resolve() / "drawn.py"
    result = compare(program, judge, path)
    assert result.contradictions == [], program.source
    assert not {why for why in result.missed.values() if "not explained" in why}, program.source
