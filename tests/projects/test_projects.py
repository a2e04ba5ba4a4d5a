"""Drawn projects behave the same before and after `--fix`, and the plain ones are fixed.

`scripts/fuzz_projects.py` does the same with thousands of them, and prints what is broken.
"""

from __future__ import annotations

import pytest
from drawn.campaign import Tally, try_project
from drawn.each import each
from drawn.project import draw

PROJECTS = 20


@pytest.fixture(scope="module")
def outcomes(judge):
    return [try_project(judge, seed) for seed in range(PROJECTS)]


def test_nothing_is_broken(outcomes):
    broken = [outcome for outcome in outcomes if outcome.kind == "broken"]
    assert not broken, "\n".join(
        f"seed {o.seed} ({', '.join(o.families)}): {'; '.join(o.reasons)}" for o in broken
    )


def test_what_is_plain_is_fixed(outcomes):
    tally = Tally()
    tally.add(outcomes)
    assert tally.plain.total() >= 10
    assert tally.plainly_fixed >= 0.9


def test_the_projects_can_be_run(outcomes):
    unusable = [outcome for outcome in outcomes if outcome.kind == "proves nothing"]
    assert len(unusable) <= PROJECTS / 20, unusable


def test_a_seed_is_a_project():
    assert draw(7).files == draw(7).files
    assert draw(7).files != draw(8).files


def test_every_decision_can_be_taken_by_itself():
    for decisions in each():
        project = draw(1, decisions)
        assert decisions.items() - {("level", "plain")} <= project.choices.taken.items()
        assert len(project.families) <= 1
