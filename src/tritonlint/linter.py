"""From the files of a tree to its findings: survey what matters, link it, run the rules."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

from tritonlint.analysis import Analysis
from tritonlint.diagnostics import Diagnostic
from tritonlint.project import KernelId, Project
from tritonlint.reach import Interest, Outline
from tritonlint.rules import all_rules
from tritonlint.specialization import TritonVersion
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
    kernels alone are surveyed, and then the code that may mean those that are left.
    """
    surveyor = TreeSurveyor(root, options)
    named = None if named is None else frozenset(named)
    files = list(find_files() if named is None else named)
    outlines = surveyor.outline(files)
    if named is not None and any(outline.suspicious for outline in outlines.values()):
        files = list({*find_files(), *named})
        outlines = surveyor.outline(files)
    candidates = {path: len(outline.kernels) for path, outline in outlines.items()}
    facts = {
        path: surveyor.facts(path)
        for path, outline in outlines.items()
        if outline.suspicious or outline.remarks or options.whole
    }
    suspects = _suspects(Project(files, facts, surveyor, candidates), named)
    if suspects:
        interest = Interest()
        for identity in suspects:
            interest.add_kernel(
                identity.path, facts[identity.path].kernels[identity.place].qualname
            )
        interest.grow(outlines.items())
        reached = surveyor.reach(files, interest)
        # Two kernels of one name cannot be told apart where an object's attribute is launched.
        namesakes = _with_kernels(outlines, {name for name, _ in interest.launched})
        facts.update({path: surveyor.facts(path) for path in namesakes if path not in facts})
        if options.whole:
            reached = {path: found for path, found in reached.items() if path not in facts}
        facts.update(reached)
    surveyor.close()
    surveyor.save()
    return Project(files, facts, surveyor, candidates, surveyor.unreadable)


def _suspects(project: Project, named: Collection[Path] | None) -> set[KernelId]:
    """The kernels that may have a finding in `named`, and the helpers that have a part in it."""
    analysis = Analysis(project)
    pending = [
        identity
        for identity, kernel in project.kernels()
        if (named is None or identity.path in named)
        and not kernel.returns_value
        and any(analysis.is_dead(identity, p) for p in kernel.parameters)
    ]
    suspects: set[KernelId] = set()
    while pending:
        identity = pending.pop()
        if identity in suspects:
            continue
        suspects.add(identity)
        for parameter in project.kernel(identity).parameters:
            if analysis.is_dead(identity, parameter):
                for forward in parameter.forwards:
                    targets = analysis.forward_targets(identity, forward) or ()
                    pending += [target for target, _ in targets]
    return suspects


def _with_kernels(outlines: Mapping[Path, Outline], names: Collection[str]) -> list[Path]:
    return [
        path
        for path, outline in outlines.items()
        if any(qualname.rpartition(".")[2] in names for qualname in outline.kernels)
    ]


def lint(project: Project, version: TritonVersion, enabled: frozenset[str]) -> list[Diagnostic]:
    """All findings of the enabled rules, silenced ones left out, by file and place."""
    analysis = Analysis(project, version)
    found = [
        diagnostic
        for code, (_, check) in all_rules().items()
        if code in enabled
        for diagnostic in check(analysis)
    ]
    return sorted(apply_suppressions(project, found, enabled), key=lambda d: d.sort_key)
