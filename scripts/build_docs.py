"""Builds the documentation site in site/: python scripts/build_docs.py [--serve]

Each page has one source: README.md, docs/ or rules/. The script gathers them in site_pages/. Links
to pages stay within the site; all other links lead to the repository.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).parents[1]
PAGES = ROOT / "site_pages"
REPOSITORY = "https://github.com/tritonlint/tritonlint"
RAW = "https://raw.githubusercontent.com/tritonlint/tritonlint"

#: Titles in the navigation, in order, with the source of each page and its place in the site.
SITE = {
    "Start here": ("README.md", "index.md"),
    "Adopting": ("docs/adopting.md", "adopting.md"),
    "Fixes": ("docs/fixes.md", "fixes.md"),
    "Verify": ("docs/verify.md", "verify.md"),
    "Tracing": ("docs/tracing.md", "tracing.md"),
    "JSON": ("docs/json.md", "json.md"),
    "Editors": ("docs/editors.md", "editors.md"),
    "Accuracy": ("docs/accuracy.md", "accuracy.md"),
    "Speed": ("benchmarks/README.md", "speed.md"),
    "Reliability": ("docs/reliability.md", "reliability.md"),
    "Triton's versions": ("docs/triton-versions.md", "triton-versions.md"),
    "Platforms": ("docs/platforms.md", "platforms.md"),
    "Changes": ("CHANGELOG.md", "changes.md"),
    "Contributing": ("CONTRIBUTING.md", "contributing.md"),
}
_FENCE = re.compile(r"(^ *```.*?^ *```$)", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(\]\()([^)\s]+)(\))")


def pages() -> dict[str, tuple[str, str]]:
    """All pages that exist, by title: (source, place)."""
    found = {title: page for title, page in SITE.items() if (ROOT / page[0]).is_file()}
    rules = sorted((ROOT / "rules").glob("TRL*.md"))
    return found | {r.stem: (f"rules/{r.name}", f"rules/{r.name}") for r in rules}


def gather() -> None:
    """Write the pages, and the files that they show, where mkdocs looks for them."""
    shutil.rmtree(PAGES, ignore_errors=True)
    known = dict(pages().values())
    for source, place in known.items():
        text = (ROOT / source).read_text(encoding="utf-8")
        target = PAGES / place
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(_page(text, source, place, known), encoding="utf-8")
    for folder in ("docs", "benchmarks"):
        for picture in (*ROOT.glob(f"{folder}/*.svg"), *ROOT.glob(f"{folder}/*.png")):
            shutil.copy(picture, PAGES / picture.name)
    shutil.copy(ROOT / "docs/findings.schema.json", PAGES / "findings.schema.json")


def _page(text: str, source: str, place: str, known: dict[str, str]) -> str:
    """A page with its links as the site has them; code stays as it is."""
    pieces = _FENCE.split(text)
    for number, piece in enumerate(pieces):
        if number % 2:
            # The words after `python` in a rule's examples are for the tests.
            pieces[number] = re.sub(
                r"^```python (bad|good)$", "```python", piece, count=1, flags=re.M
            )
        else:
            pieces[number] = _LINK.sub(lambda m: _link(m, source, place, known), piece)
    return "".join(pieces)


def _link(match: re.Match[str], source: str, place: str, known: dict[str, str]) -> str:
    target, hash_sign, anchor = match[2].partition("#")
    target = target.removeprefix(f"{REPOSITORY}/blob/main/")
    # Pictures have this address, since the package index shows the README too.
    target = target.removeprefix(f"{RAW}/main/")
    if re.match(r"[a-z]+:", target) or not target:
        return match[0]
    full = target if target in known or (ROOT / target).exists() else ""
    full = full or _resolve(PurePosixPath(source).parent, target)
    if full in known:
        shown = _relative(known[full], place)
    elif full.endswith((".svg", ".png", ".schema.json")):
        shown = _relative(PurePosixPath(full).name, place)
    else:
        shown = f"{REPOSITORY}/blob/main/{full}"
    return f"{match[1]}{shown}{hash_sign}{anchor}{match[3]}"


def _resolve(directory: PurePosixPath, target: str) -> str:
    parts: list[str] = []
    for part in (directory / target).parts:
        if part == "..":
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)


def _relative(target: str, place: str) -> str:
    return "../" * place.count("/") + target


def navigation() -> str:
    """The `nav` of mkdocs, as YAML."""
    found = pages()
    lines = [f'  - "{title}": {place}' for title, (_, place) in found.items() if "/" not in place]
    lines.insert(1, "  - Rules:")
    rules = [(title, place) for title, (_, place) in found.items() if "/" in place]
    lines[2:2] = [f'      - "{title.replace("-", " ", 1)}": {place}' for title, place in rules]
    return "\n".join(["nav:", *lines, f'  - "Source code": {REPOSITORY}', ""])


def main() -> int:
    """Build, and return the status."""
    gather()
    config = ROOT / "site_pages.yml"
    settings = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    config.write_text(settings + navigation(), encoding="utf-8")
    command = "serve" if "--serve" in sys.argv else "build"
    run = [sys.executable, "-m", "mkdocs", command, "--strict", "--config-file", str(config)]
    try:
        return subprocess.run(run, check=False).returncode
    finally:
        config.unlink()
        shutil.rmtree(PAGES, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
