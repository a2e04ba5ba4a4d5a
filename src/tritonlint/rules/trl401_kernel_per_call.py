"""TRL401: kernel that is made again by every call of the function that launches it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tritonlint.analysis.dead import Analysis
from tritonlint.diagnostics import Diagnostic, LaunchSite, Rule
from tritonlint.survey.facts.kernels import Maker

RULE = Rule(
    code="TRL401",
    name="kernel-per-call",
    summary="kernel that is made again by every call of the function that launches it",
    fixable=False,
    default=False,
)

#: In names of files and functions that run a kernel a few times, and then end.
_SHORT_LIVED = ("test", "bench", "example", "tutorial", "demo", "script", "main", "profile")


def check(analysis: Analysis) -> Iterator[Diagnostic]:
    """Find them."""
    for identity, kernel in analysis.kernels.items():
        maker = kernel.maker
        links = analysis.links(identity)
        # A decorator may keep what it decorates; other code may keep what leaves the function.
        if maker is None or maker.decorators or links.references:
            continue
        bindings = analysis.project.facts[identity.path].bindings
        if any(symbol.path == identity.qualname for b in bindings for symbol in b.symbols):
            # `global _kernel; _kernel = kernel`
            continue
        inside = [launch for launch in links.launches if launch.call.function == maker.qualname]
        if not inside or len(inside) < len(links.launches):
            continue
        if analysis.project.is_test(identity.path) or _is_short_lived(identity.path, maker):
            continue
        yield Diagnostic(
            code=RULE.code,
            name=RULE.name,
            message=f"`{kernel.name}` is made again by every call of `{maker.name}`",
            path=identity.path,
            span=kernel.span,
            help=f"Move `{kernel.name}` out of `{maker.name}`, to the top level of the module",
            cost="a search on the disk for the compiled kernel, or a compile, for every call",
            kernel=kernel.name,
            launches=tuple(
                LaunchSite(launch.path, launch.call.span.row, None) for launch in inside
            ),
        )


def _is_short_lived(path: Path, maker: Maker) -> bool:
    names = [path.stem, *maker.qualname.split(".")]
    if path.stem.startswith("tune_"):
        return True
    return any(word in name.lower() for name in names for word in _SHORT_LIVED)
