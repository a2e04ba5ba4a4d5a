"""tritonlint's answer and the compiler's for one program, compared."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from pathlib import Path

from programs import Program

from tritonlint.analysis.dead import Analysis
from tritonlint.project.modules import Modules
from tritonlint.project.project import Project
from tritonlint.survey.facts.kernels import Use
from tritonlint.survey.surveyor import survey
from tritonlint.verify.classify import explain
from tritonlint.verify.extract import extract
from tritonlint.verify.judge_process import Judge
from tritonlint.verify.sources import Sources


@dataclass
class Comparison:
    """One program, judged twice."""

    compiled: bool = False
    error: str = ""
    judged: int = 0
    dead: list[str] = field(default_factory=list)
    compiles: int = 0
    #: Parameters that tritonlint calls dead and the compiler uses, and how it uses them.
    contradictions: list[str] = field(default_factory=list)
    #: Parameters that only the compiler finds dead: the class that explains it.
    missed: dict[str, str] = field(default_factory=dict)


def analyze(path: Path, source: str) -> Analysis:
    """tritonlint's analysis of one file."""
    path.write_text(source, encoding="utf-8")
    facts = survey(source.encode())
    return Analysis(Project(Modules([path]), {path: facts}, frozenset({path}), ()))


def compare(program: Program, judge: Judge, path: Path, thorough: int = 7) -> Comparison:
    """Compile a program under several constexpr values, and compare what is used with `Use`."""
    result = Comparison()
    analysis = analyze(path, program.source)
    project = analysis.project
    identity = next(i for i, kernel in project.kernels.items() if kernel.name == "kernel")
    kernel = project.kernels[identity]
    dead = {p.name for p in kernel.parameters if analysis.is_dead(identity, p)}
    judge.load(extract(project, Sources(project), identity))
    types = {"out_ptr": "*i32", **dict.fromkeys(program.integers, "i32")}
    used: set[str] = set()
    raw: set[str] = set()
    #: Digests by the values of all other constexprs.
    groups: dict[tuple[str, tuple[int, ...]], set[str]] = {}
    for values in _values(len(program.constexprs), thorough):
        constexprs = dict(zip(program.constexprs, values, strict=True))
        answer = judge.ttir({**types, **{n: f"={v}" for n, v in constexprs.items()}})
        result.compiles += 1
        if not answer["ok"]:
            result.error = answer["error"]
            if answer.get("lost"):
                return result
            continue
        result.compiled = True
        used |= set(answer["used"])
        raw |= set(answer["raw"])
        for place, name in enumerate(program.constexprs):
            others = (*values[:place], *values[place + 1 :])
            groups.setdefault((name, others), set()).add(answer["digest"])
            if len(groups[name, others]) > 1:
                used.add(name)
        if not (set(types) | set(program.constexprs)) - used - dead and result.compiles > 3:
            break
    if not result.compiled:
        return result
    for parameter in kernel.parameters:
        name = parameter.name
        result.judged += 1
        result.dead += [name] if name in dead else []
        # A parameter that is never mentioned must not even be in the TTIR before all passes.
        strict = parameter.use is Use.UNUSED and name in raw
        if name in dead and (name in used or strict):
            result.contradictions.append(f"{name} ({parameter.use.value})")
        elif name not in dead and name not in used:
            result.missed[name] = explain(analysis, identity, parameter, in_raw=name in raw)
    return result


def _values(count: int, thorough: int) -> list[tuple[int, ...]]:
    """Values for the constexprs: first each changes alone, then all of them change."""
    base = (2,) * count
    found = [base]
    for place, value in itertools.product(range(count), (0, 5)):
        found.append((*base[:place], value, *base[place + 1 :]))
    found += itertools.product((0, 5), repeat=count)
    found += itertools.product((1, 3), repeat=count)
    return list(dict.fromkeys(found))[: max(thorough, 2 * count + 1)]
