"""From the files of a tree to its findings: survey what matters, link it, run the rules."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path

from tritonlint.analysis import Analysis
from tritonlint.diagnostics import Diagnostic
from tritonlint.facts import Kernel, ModuleFacts, Parameter
from tritonlint.modules import Modules
from tritonlint.project import Project
from tritonlint.reach import Interest, Outline
from tritonlint.resolver import Asked, KernelId
from tritonlint.rules import all_rules
from tritonlint.suppression import apply_suppressions
from tritonlint.surveyor import Options, TreeSurveyor


def load_project(
    root: Path,
    find_files: Callable[[], Sequence[Path]],
    options: Options,
    named: Collection[Path] | None = None,
) -> Project:
    """Survey the files of a tree in which something is to be found, and link them.

    `find_files` gives all of them; with `named`, only what is to be found in these is looked for,
    and nothing else is touched where there is nothing. A file that cannot be read is left out.

    Most kernels read all that they get, and nobody has to know who launches them. So first the
    kernels alone are surveyed, and then the code that may mean those that are left. When nothing
    more is asked of it, `Project.keep` spares the next run the work.
    """
    surveyor = TreeSurveyor(root, options)
    if named is not None:
        named = frozenset(named)
    files = list(find_files() if named is None else named)
    outlines = surveyor.outline(files)
    if named is not None and any(outline.suspicious for outline in outlines.values()):
        files = list({*find_files(), *named})
        outlines = surveyor.outline(files)
    candidates = {path: len(outline.kernels) for path, outline in outlines.items()}
    facts = {
        path: surveyor.facts(path)
        for path, outline in outlines.items()
        if surveyor.options.whole
        or outline.remarks
        or (outline.suspicious and (named is None or path in named))
    }
    modules = Modules(files)
    suspects = _suspects(Project(modules, facts, surveyor, candidates), named)
    interest = Interest()
    new = suspects
    while True:
        for identity, kernel in new.items():
            facts[identity.path] = surveyor.facts(identity.path)
            interest.add_kernel(identity.path, kernel.qualname)
        if interest.known:
            interest.grow(outlines.items())
            reached = surveyor.reach(files, interest)
            if not surveyor.options.whole:
                facts.update(reached)
            facts = {**reached, **facts}
            # Of a file whose code on the host is nested too deeply, nothing can be said after all.
            suspects = {i: k for i, k in suspects.items() if i.place < len(facts[i.path].kernels)}
        # Two kernels of one name cannot be told apart where an object's attribute is launched.
        facts |= _namesakes(surveyor, outlines, facts, {name for name, _ in interest.launched})
        asked = None
        if not surveyor.options.whole:
            asked = Asked(frozenset(suspects), interest.names)
        project = Project(modules, facts, surveyor, candidates, surveyor.unreadable, asked)
        new = _siblings(project, suspects)
        namesakes = _namesakes(surveyor, outlines, facts, _guessed(project, suspects))
        if not (new or namesakes):
            return project
        suspects |= new
        facts |= namesakes


def _namesakes(
    surveyor: TreeSurveyor,
    outlines: Mapping[Path, Outline],
    known: Mapping[Path, ModuleFacts],
    names: Collection[str],
) -> dict[Path, ModuleFacts]:
    """The facts of further files that have a kernel of one of the names."""
    return {
        path: surveyor.facts(path)
        for path, outline in outlines.items()
        if path not in known and any(q.rpartition(".")[2] in names for q in outline.kernels)
    }


def _guessed(project: Project, suspects: Collection[KernelId]) -> set[str]:
    """Names of what may be called beside a suspect, where only the name is known."""
    return {
        symbol[2:]
        for suspect in suspects
        if suspect in project.links
        for linked in (*project.links[suspect].launches, *project.links[suspect].device_calls)
        for symbol in linked.call.callees
        if symbol.startswith("?:")
    }


def _siblings(project: Project, suspects: Collection[KernelId]) -> dict[KernelId, Kernel]:
    """Kernels that may be launched where a suspect is, and would have to change with it."""
    links = project.links
    beside = {
        identity: project.kernel(identity)
        for suspect in suspects
        if suspect in links
        for linked in (*links[suspect].launches, *links[suspect].device_calls)
        for identity in linked.kernels
        if identity not in suspects
    }
    if not beside:
        return {}
    analysis = Analysis(project)
    return {
        identity: kernel
        for identity, kernel in beside.items()
        if any(analysis.is_dead(identity, parameter) for parameter in kernel.parameters)
    }


def _suspects(project: Project, named: Collection[Path] | None) -> dict[KernelId, Kernel]:
    """The kernels that may have a finding in `named`, and the helpers that have a part in it."""
    kernels = [i for i, _ in project.kernels() if named is None or i.path in named]
    # Names lead to helpers in files that are surveyed then: only after that all can be judged.
    _with_helpers(Analysis(project), kernels, lambda identity, parameter: True)
    analysis = Analysis(project)
    reported = [
        identity
        for identity in kernels
        if not project.kernel(identity).returns_value
        and any(analysis.is_dead(identity, p) for p in project.kernel(identity).parameters)
    ]
    suspects = _with_helpers(analysis, reported, analysis.is_dead)
    return {identity: project.kernel(identity) for identity in suspects}


def _with_helpers(
    analysis: Analysis,
    kernels: Iterable[KernelId],
    concerns: Callable[[KernelId, Parameter], bool],
) -> list[KernelId]:
    """Kernels, and all helpers that parameters of theirs are forwarded to, through any depth."""
    found: dict[KernelId, None] = {}
    pending = list(kernels)
    while pending:
        identity = pending.pop()
        if identity in found:
            continue
        found[identity] = None
        for parameter in analysis.project.kernel(identity).parameters:
            if parameter.forwards and concerns(identity, parameter):
                for forward in parameter.forwards:
                    targets = analysis.forward_targets(identity, forward) or ()
                    pending += [target for target, _ in targets]
    return list(found)


def lint(analysis: Analysis, enabled: frozenset[str]) -> list[Diagnostic]:
    """All findings of the enabled rules, silenced ones left out, by file and place."""
    found = [
        diagnostic
        for code, (_, check) in all_rules().items()
        if code in enabled
        for diagnostic in check(analysis)
    ]
    return sorted(apply_suppressions(analysis.project, found, enabled), key=lambda d: d.sort_key)
