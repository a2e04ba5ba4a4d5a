"""TRL401: kernel that is made, or tuned, again by every call of the function that launches it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from tritonlint.analysis.dead import Analysis
from tritonlint.analysis.entries import chooses, may_go_through
from tritonlint.diagnostics import Diagnostic, LaunchSite, Rule
from tritonlint.project.identity import KernelId
from tritonlint.project.links import LinkedCall
from tritonlint.survey.facts.kernels import Decorator, Kernel, Maker, Role

RULE = Rule(
    code="TRL401",
    name="kernel-per-call",
    summary="kernel that is made, or tuned, again by every call of the function that launches it",
    fixable=False,
    default=False,
)

#: In names of files and functions that run a kernel a few times, and then end.
_SHORT_LIVED = ("test", "bench", "example", "tutorial", "demo", "script", "main", "profile")


def check(analysis: Analysis) -> Iterator[Diagnostic]:
    """Find them."""
    for identity, kernel in analysis.kernels.items():
        links = analysis.links(identity)
        # Other code may keep what leaves the function.
        if links.references or analysis.project.is_test(identity.path):
            continue
        if _is_kept(analysis, identity):
            continue
        if kernel.maker is not None:
            inside = _launched_inside(identity.path, kernel.maker, links.launches)
            if inside:
                yield _diagnose(
                    identity,
                    kernel,
                    inside,
                    f"made again by every call of `{kernel.maker.name}`",
                    f"Move `{kernel.name}` out of it, to the top level of the module",
                    "a search on the disk for the compiled kernel, or a compile, for every call",
                )
        for decorator in kernel.decorators:
            if decorator.maker is None or not _tunes_again(decorator):
                continue
            through = [launch for launch in links.launches if may_go_through(decorator, launch)]
            inside = _launched_inside(identity.path, decorator.maker, through)
            if inside:
                yield _diagnose(
                    identity,
                    kernel,
                    inside,
                    f"tuned again by every call of `{decorator.maker.name}`",
                    f"Make the autotuner of `{kernel.name}` once, at the top level of the module",
                    "a run of each config for every call: a new autotuner knows no older choice",
                )


def _is_kept(analysis: Analysis, identity: KernelId) -> bool:
    """Whether the module has another name for it: `global _kernel; _kernel = kernel`."""
    return any(
        symbol.path == identity.qualname and binding.name != identity.qualname
        for binding in analysis.project.facts[identity.path].bindings
        for symbol in binding.symbols
    )


def _tunes_again(decorator: Decorator) -> bool:
    """Whether it is an autotuner that is not the kernel's own, and keeps nothing on disk."""
    is_new = decorator.optional and decorator.role is Role.AUTOTUNE
    return is_new and chooses(decorator) and "cache_results" not in decorator.options


def _launched_inside(
    path: Path, maker: Maker, launches: Sequence[LinkedCall]
) -> Sequence[LinkedCall]:
    """Return the launches, if all are in a function that keeps nothing and runs often."""
    # A decorator may keep what it decorates.
    if maker.decorators or _is_short_lived(path, maker):
        return ()
    is_inside = all(
        launch.path == path and launch.call.function == maker.qualname for launch in launches
    )
    return launches if is_inside else ()


def _diagnose(
    identity: KernelId,
    kernel: Kernel,
    launches: Iterable[LinkedCall],
    what: str,
    help: str,
    cost: str,
) -> Diagnostic:
    return Diagnostic(
        code=RULE.code,
        name=RULE.name,
        message=f"`{kernel.name}` is {what}",
        path=identity.path,
        span=kernel.span,
        help=help,
        cost=cost,
        kernel=kernel.name,
        launches=tuple(LaunchSite(launch.path, launch.call.span.row, None) for launch in launches),
    )


def _is_short_lived(path: Path, maker: Maker) -> bool:
    names = [path.stem, *maker.qualname.split(".")]
    if path.stem.startswith("tune_"):
        return True
    return any(word in name.lower() for name in names for word in _SHORT_LIVED)
