"""What is done with one file alone, in this process or in a worker."""

from __future__ import annotations

from enum import Enum, auto
from pathlib import Path
from typing import NamedTuple

from tritonlint.outline import Outline, outline
from tritonlint.project.searches import bytes_of
from tritonlint.source import SourceError
from tritonlint.store.facts import LateFacts
from tritonlint.survey.facts.module import SurveyOptions
from tritonlint.survey.mentions import TextUse, in_python
from tritonlint.survey.surveyor import survey


class TextUses(NamedTuple):
    """What the strings in a Python file do with some names; `is_parsed` is False for a bad file."""

    uses: tuple[TextUse, ...] = ()
    is_parsed: bool = True


class Need(Enum):
    """Which files are surveyed."""

    ALL = auto()
    #: Files that may have findings or pass names on.
    ASKED = auto()
    #: Files that may contain kernels or pass names on.
    MATTERING = auto()
    PASSING_ON = auto()


class Item(NamedTuple):
    """A file to survey; `override` replaces its contents, `earlier` are facts of an older one."""

    path: Path
    override: bytes | None
    earlier: LateFacts | None


def look(
    item: Item, options: SurveyOptions, need: Need, keep: bool
) -> tuple[Outline, LateFacts | None] | None:
    """Return the outline of a file, and its facts if needed; None if it cannot be read."""
    data = bytes_of(item.path, item.override)
    if data is None:
        return None
    found = outline(data, options.jit_decorators)
    if not is_needed(found, need):
        return found, None
    earlier = item.earlier.flows if item.earlier is not None else ()
    # What follows from contents that are not on the disk is not kept.
    keep = keep and item.override is None
    return found, LateFacts.of(survey(data, options, earlier), keep)


def text_uses(item: tuple[Path, bytes | None, frozenset[str]]) -> TextUses:
    """Return what the strings in a file do with names; bytes may replace its contents."""
    path, override, names = item
    try:
        # What cannot be read cannot be parsed either.
        data = bytes_of(path, override)
        return TextUses(tuple(in_python(data if data is not None else b"\0", names)))
    except SourceError:
        return TextUses(is_parsed=False)


def is_needed(outline: Outline, need: Need) -> bool:
    """Whether a file with this outline is surveyed."""
    if outline.passes_names_on or outline.replaces_jit or need is Need.ALL:
        return True
    if need is Need.MATTERING:
        return outline.is_about_triton
    return need is Need.ASKED and outline.may_have_findings
