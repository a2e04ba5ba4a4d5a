"""What a file has answered is kept for later runs until the file changes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple
from unittest import mock

import pytest

from tritonlint.project import one_file, surveys
from tritonlint.project.answers import Answers
from tritonlint.project.surveys import LoadOptions, Surveys, TextUses
from tritonlint.store.cache import Stamp
from tritonlint.survey.facts.lookups import Ask, Wanted

FILE = Path("/project/a.py")


class Answer(NamedTuple):
    value: int
    words: tuple[str, ...] = ()


def test_an_answer_comes_back_as_it_was_and_as_json() -> None:
    first, second = Answers(), Answers()
    answer = Answer(1, ("a", "b"))
    first.put(FILE, "question", answer)
    assert first.get(Answer, FILE, "question") == answer
    second.recall(FILE, json.loads(json.dumps(first.of(FILE))))
    assert second.get(Answer, FILE, "question") == answer
    assert second.get(Answer, FILE, "another question") is None
    assert second.get(Answer, FILE.with_name("b.py"), "question") is None


def test_only_a_new_answer_of_a_file_that_is_kept_is_news() -> None:
    answers = Answers()
    answers.put(FILE, "question", Answer(1))
    assert not answers.has_news
    answers.recall(FILE, {"question": [1, []]})
    assert answers.get(Answer, FILE, "question") == Answer(1)
    assert not answers.has_news
    answers.put(FILE, "another question", Answer(2))
    assert answers.has_news


@pytest.mark.parametrize("kept", [[], [1], ["1", []], None, {"value": 1}])
def test_a_damaged_answer_is_none(kept: object) -> None:
    answers = Answers()
    answers.recall(FILE, {"question": kept})
    assert answers.get(Answer, FILE, "question") is None


def test_a_changed_file_is_asked_again() -> None:
    answers = Answers()
    answers.recall(FILE, {"question": [1, []]})
    answers.put(FILE, "another question", Answer(2))
    answers.forget([FILE])
    assert answers.get(Answer, FILE, "question") is None
    assert answers.get(Answer, FILE, "another question") is None
    assert answers.of(FILE) == {}


def test_answers_that_pile_up_are_dropped() -> None:
    answers = Answers()
    answers.recall(FILE, {f"question {number}": [1, []] for number in range(1000)})
    answers.put(FILE, "question", Answer(2))
    assert answers.of(FILE) == {"question": Answer(2)}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "a.py").write_text(
        'def hook(args):\n    args["n"]\n\n\ndef call(x):\n    f(x.shape[0])\n\n\nNAME = "kernel"\n'
    )
    (tmp_path / "bad.py").write_text('x = (\n"kernel"\n')
    return tmp_path


def ask(tree: Path) -> tuple[object, ...]:
    """What a run asks two files, with a cache."""
    run = Surveys(tree, LoadOptions(cache_directory=tree / "cache"))
    file, bad = tree / "a.py", tree / "bad.py"
    run.outline([file, bad])
    answers = (
        run.seen_by(file, "hook", Ask(Wanted.ARGUMENTS)),
        run.far_calls(file, frozenset({"f"}), frozenset()),
        run.text_uses({file: frozenset({"kernel", "other"}), bad: frozenset({"kernel"})}),
    )
    run.save(None)
    return answers


def test_a_later_run_does_not_ask_again(tree: Path) -> None:
    with mock.patch.object(Stamp, "is_settled", True):
        first = ask(tree)
        again = mock.Mock(side_effect=AssertionError("asked again"))
        asked = mock.patch.multiple(surveys, seen_by=again, far_calls=again)
        with asked, mock.patch.object(one_file, "in_python", again):
            assert ask(tree) == first
        uses = first[2]
        assert isinstance(uses, dict)
        assert [use.name for use in uses[tree / "a.py"].uses] == ["kernel"]
        assert uses[tree / "bad.py"] == TextUses(is_parsed=False)
        (tree / "a.py").write_text('NAME = "other"\n')
        uses = ask(tree)[2]
        assert isinstance(uses, dict)
        assert [use.name for use in uses[tree / "a.py"].uses] == ["other"]


def test_nothing_of_other_contents_is_kept_for_the_file_on_the_disk(tree: Path) -> None:
    file = tree / "a.py"
    edited = {file: b'\n\nNAME = "other"\n'}
    with mock.patch.object(Stamp, "is_settled", True):
        first = ask(tree)
        run = Surveys(tree, LoadOptions(cache_directory=tree / "cache"))
        run.outline([file])
        run.update(edited, {})
        run.outline([file])
        run.searches.with_words([file], frozenset({"kernel", "other"}))
        assert [use.row for use in run.text_uses({file: frozenset({"other"})})[file].uses] == [3]
        run.save(None)
        after = Surveys(tree, LoadOptions(cache_directory=tree / "cache"))
        after.outline([file])
        found = after.searches.with_words([file], frozenset({"kernel", "other"}))
        assert found == {file: frozenset({"kernel"})}
        assert after.text_uses({file: frozenset({"other"})})[file].uses == ()
        assert ask(tree) == first


def test_a_file_that_cannot_be_read_is_not_passed_over(tmp_path: Path) -> None:
    gone = tmp_path / "gone.py"
    uses = Surveys(tmp_path, LoadOptions()).text_uses({gone: frozenset({"kernel"})})
    assert uses == {gone: TextUses(is_parsed=False)}
