"""What is kept between runs comes back unchanged, whatever the facts contain."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tritonlint.diagnostics import Diagnostic
from tritonlint.project.surveys import TextUses
from tritonlint.store.codec import CodecError, decode, encode
from tritonlint.survey import facts
from tritonlint.survey.facts.module import SurveyOptions

MODULES = [
    import_module(f"{facts.__name__}.{module.name}") for module in iter_modules(facts.__path__)
]
KINDS = dict.fromkeys(
    kind for module in MODULES for kind in vars(module).values() if isinstance(kind, type)
)
RECORDS = [
    kind
    for kind in [*KINDS, TextUses, Diagnostic]
    # The options are not kept: the facts depend on them.
    if issubclass(kind, tuple) and kind is not SurveyOptions
]
st.register_type_strategy(Path, st.text("ab/").map(Path))
# A finding is kept once its fix is chosen.
st.register_type_strategy(Diagnostic, st.builds(Diagnostic, remedies=st.just(())))
st.register_type_strategy(float, st.floats(allow_nan=False, allow_infinity=False))


def short(kind: type) -> st.SearchStrategy[tuple[object, ...]]:
    """Sequences of up to two: of longer ones, most records would be too large to draw at all."""
    kinds = get_args(kind)
    if kinds[1:] == (...,):
        return st.lists(st.from_type(kinds[0]), max_size=2).map(tuple)
    return st.tuples(*map(st.from_type, kinds))


st.register_type_strategy(tuple, short)


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
@settings(max_examples=10, suppress_health_check=list(HealthCheck), deadline=None)
@given(data=st.data())
def test_a_record_comes_back(record: type, data: st.DataObject) -> None:
    value = data.draw(st.from_type(record))
    assert decode(record, json.loads(json.dumps(encode(value)))) == value


def test_a_type_without_a_form_is_refused_at_once() -> None:
    with pytest.raises(TypeError, match="no form in JSON"):
        decode(set, [])


@pytest.mark.parametrize("data", [None, [], ["a"], ["a", "b"], [1, 2], ["a", 1, 2]])
def test_a_pair_of_another_form_is_refused(data: object) -> None:
    with pytest.raises(CodecError):
        decode(tuple[str, int], data)
