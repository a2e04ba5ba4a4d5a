"""Small whole projects like those in the field, each with the fate of its findings, and why."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PROJECTS = sorted((Path(__file__).parent / "trust").glob("*.txt"))
FILE = re.compile(r"^### (.+)\n", re.MULTILINE)
FINDING = re.compile(r"^# (TRL\d+) (\S+) of (\S+): (\w+)(?:, (.*))?$", re.MULTILINE)
LINK = re.compile(r"(\S+) -> (\S+) \(a link out of the repository\)")
LINKED = (
    "import triton\nimport triton.language as tl\n@triton.jit\n"
    "def kern(x_ptr, n, dead, BLOCK: tl.constexpr):\n    tl.store(x_ptr, n)\n"
)


def unpack(project: Path, root: Path) -> str:
    """Write the files of a project, and return its description."""
    head, *parts = FILE.split(project.read_text(encoding="utf-8"))
    root.mkdir()
    if "no repository around it" not in head:
        (root / ".git").mkdir()
    for name, content in zip(parts[::2], parts[1::2], strict=True):
        link = LINK.match(name)
        if link is not None:
            target = root.parent / "elsewhere" / link[2]
            target.parent.mkdir()
            target.write_text(LINKED)
            (root / link[1]).symlink_to(target)
            continue
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return head


@pytest.mark.parametrize("project", PROJECTS, ids=[project.stem for project in PROJECTS])
def test_what_becomes_of_it(
    tritonlint: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, project: Path
) -> None:
    head = unpack(project, tmp_path / "project")
    monkeypatch.chdir(tmp_path / "project")
    found = tritonlint("--no-cache", "--output-format", "json", ".").findings
    expected = FINDING.findall(head)
    assert len(found) == len(expected)
    for finding, (code, parameter, kernel, remedy, reason) in zip(found, expected, strict=True):
        assert (finding["code"], finding["parameter"], finding["kernel"]) == (
            *(code, parameter, kernel),
        )
        blocked, fix = finding["fix_blocked_by"], finding["fix"]
        assert ("blocked" if blocked else fix["applicability"]) == remedy
        assert reason in (blocked or fix["message"])


@pytest.mark.parametrize("project", PROJECTS, ids=[project.stem for project in PROJECTS])
def test_only_what_is_safe_is_changed(
    tritonlint: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, project: Path
) -> None:
    root = tmp_path / "project"
    head = unpack(project, root)
    monkeypatch.chdir(root)
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    tritonlint("--no-cache", "--fix", "--fix-strategy", "remove-only", ".")
    after = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    safe = [name for _, name, _, remedy, _ in FINDING.findall(head) if remedy == "safe"]
    assert (before != after) is bool(safe)
    assert before.keys() == after.keys()
    for name in safe:
        left = tritonlint("--no-cache", "--output-format", "json", ".").findings
        assert name not in {f["parameter"] for f in left if f["fix"] and not f["fix_blocked_by"]}
