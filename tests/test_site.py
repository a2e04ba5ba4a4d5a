"""The documentation site: each page has one source, and a browser needs nothing from elsewhere."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest
import yaml

ROOT = Path(__file__).parents[1]
FENCE = re.compile(r"^ *```.*?^ *```$", re.MULTILINE | re.DOTALL)
SOURCES = [
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "benchmarks/README.md",
    *(path.relative_to(ROOT).as_posix() for path in sorted(ROOT.glob("docs/*.md"))),
    *(path.relative_to(ROOT).as_posix() for path in sorted(ROOT.glob("rules/*.md"))),
]


@pytest.fixture(scope="module")
def site() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_docs", ROOT / "scripts/build_docs.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def shown(site: ModuleType, source: str) -> str:
    """The page of the site that has this source, without code."""
    known = dict(site.pages().values())
    text = (ROOT / source).read_text(encoding="utf-8")
    return FENCE.sub("", site._page(text, source, known[source], known))


@pytest.mark.parametrize("source", SOURCES)
def test_a_page_is_on_the_site_with_one_title(site: ModuleType, source: str) -> None:
    """With a second title, the page has no table of contents."""
    assert len(re.findall(r"^# ", shown(site, source), re.MULTILINE)) == 1


@pytest.mark.parametrize("source", SOURCES)
def test_a_page_shows_no_picture_from_elsewhere(site: ModuleType, source: str) -> None:
    assert not re.findall(r"!\[[^\]]*\]\(http\S*", shown(site, source))


def test_the_theme_asks_no_other_site() -> None:
    settings = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    assert "repo_url" not in settings
    assert settings["theme"]["font"] is False


@pytest.mark.parametrize(
    ("source", "link", "shown"),
    [
        ("README.md", "docs/fixes.md#a", "fixes.md#a"),
        ("README.md", "benchmarks/README.md", "speed.md"),
        ("README.md", "rules/TRL001-unused-parameter.md", "rules/TRL001-unused-parameter.md"),
        ("README.md", "LICENSE", "https://github.com/tritonlint/tritonlint/blob/main/LICENSE"),
        ("README.md", "https://example.com/a.svg", "https://example.com/a.svg"),
        (
            "README.md",
            "https://raw.githubusercontent.com/tritonlint/tritonlint/main/docs/screenshot.svg",
            "screenshot.svg",
        ),
        ("docs/json.md", "findings.schema.json", "findings.schema.json"),
        ("docs/adopting.md", "../README.md#pre-commit", "index.md#pre-commit"),
        ("rules/TRL001-unused-parameter.md", "../docs/fixes.md", "../fixes.md"),
        (
            "docs/editors.md",
            "https://github.com/tritonlint/tritonlint/blob/main/docs/json.md",
            "json.md",
        ),
    ],
)
def test_a_link(site: ModuleType, source: str, link: str, shown: str) -> None:
    known = dict(site.pages().values())
    assert site._page(f"[a]({link})", source, known[source], known) == f"[a]({shown})"
