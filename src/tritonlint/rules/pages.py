"""The pages of the rules, which `tritonlint rule` shows."""

from __future__ import annotations

from importlib import resources
from pathlib import Path


def load_page(name: str) -> str:
    """Return a rule's page from the package, or from `rules/` in a checkout; empty if missing."""
    packaged = resources.files("tritonlint.rules") / "pages" / name
    if packaged.is_file():
        return packaged.read_text(encoding="utf-8")
    checkout = Path(__file__).parents[3] / "rules" / name
    return checkout.read_text(encoding="utf-8") if checkout.is_file() else ""


def introduction(page: str) -> str:
    """Return the first paragraph below a page's title, on one line."""
    paragraphs = page.split("\n\n")
    return " ".join(paragraphs[1].split()) if len(paragraphs) > 1 else ""
