"""The JSON output is what docs/findings.schema.json says, and the page says what the schema has."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator, ValidationError

from tritonlint.diagnostics import Observation, Verdict, Verification
from tritonlint.triton.specialization import Kind, Variants

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "docs/findings.schema.json").read_text(encoding="utf-8"))
VALIDATOR = Draft7Validator(SCHEMA)

#: The keys that version 1 promises: raise the version if one of these has to be removed.
PROMISED = {
    "finding": "code name message filename location end_location kernel parameter kind variants "
    "launches fix fix_blocked_by url",
    "variants": "count classes per_value",
    "launch": "filename row argument",
    "fix": "applicability message edits",
    "edit": "filename location end_location content",
    "verification": "verdict text variants identical wasted_seconds",
    "observation": "text compiles seconds values kernel_compiles",
    "place": "row column",
}


def test_version_1_has_what_it_promises():
    Draft7Validator.check_schema(SCHEMA)
    assert SCHEMA["version"] == 1
    for name, keys in PROMISED.items():
        assert {*keys.split()} <= {*SCHEMA["definitions"][name]["required"]}


def test_the_page_names_every_key():
    page = (ROOT / "docs/json.md").read_text(encoding="utf-8")
    for definition in SCHEMA["definitions"].values():
        for key in definition["properties"]:
            assert f"`{key}`" in page or f'"{key}"' in page


def test_the_schema_and_the_page_have_every_verdict():
    page = (ROOT / "docs/json.md").read_text(encoding="utf-8")
    verdicts = {verdict.value for verdict in Verdict}
    assert verdicts == {*SCHEMA["definitions"]["verification"]["properties"]["verdict"]["enum"]}
    assert all(f"`{verdict}`" in page for verdict in verdicts)


def test_the_schema_has_every_key_that_is_written(report, finding, fix):
    [found] = json.loads(
        report(
            [
                finding(
                    variants=Variants(("== 1", "other"), False),
                    fix=fix("safe"),
                    verification=Verification(Verdict.CONFIRMED, "text"),
                    observed=Observation(1, 0.5, ("1",), 2, "text"),
                )
            ],
            "json",
        )
    )
    definitions = SCHEMA["definitions"]
    assert {*found} == {*definitions["finding"]["properties"]}
    named = {"verification": "verification", "observed": "observation", "fix": "fix"}
    for key, name in {**named, "variants": "variants"}.items():
        assert {*found[key]} == {*definitions[name]["properties"]}, key


def test_the_example_of_the_page_is_valid():
    page = (ROOT / "docs/json.md").read_text(encoding="utf-8")
    VALIDATOR.validate(json.loads(page.split("```json\n")[1].split("```")[0]))


@settings(deadline=None, max_examples=50)
@given(st.data())
def test_every_finding_is_valid(report, finding, fix, data):
    verification = Verification(data.draw(st.sampled_from(Verdict)), "text", 3, 3, 0.12345)
    observed = Observation(2, 0.12345, ("1", "16"), 3, "text")
    found = finding(
        kind=data.draw(st.none() | st.sampled_from(Kind)),
        variants=data.draw(
            st.none()
            | st.builds(Variants, st.lists(st.text(), min_size=1).map(tuple), st.booleans())
        ),
        fix=data.draw(st.none() | st.sampled_from(["safe", "unsafe"]).map(fix)),
        fix_blocked_by=data.draw(st.none() | st.text()),
        verification=data.draw(st.none() | st.just(verification)),
        observed=data.draw(st.none() | st.just(observed)),
    )
    VALIDATOR.validate(json.loads(report([found], "json")))


def test_a_finding_about_a_file_is_valid(report, syntax_error):
    VALIDATOR.validate(json.loads(report([syntax_error], "json")))


def test_real_findings_are_valid(tritonlint, tmp_path):
    # In this repository, all files that may launch one of their kernels would be surveyed.
    examples = ROOT / "examples"
    kernels = shutil.copytree(examples / "mamba_ssd/original", tmp_path / "mamba_ssd")
    tour = shutil.copy(examples / "tour.py", tmp_path)
    for tree in (kernels, tour):
        done = tritonlint("-n", "--select", "ALL", "--output-format", "json", tree)
        assert done.findings
        VALIDATOR.validate(done.findings)


def test_what_lacks_a_key_is_not_valid(report, finding):
    [found] = json.loads(report([finding()], "json"))
    del found["kernel"]
    with pytest.raises(ValidationError):
        VALIDATOR.validate([found])
