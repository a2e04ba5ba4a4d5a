"""The page of a trace, driven in a browser."""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

spec = importlib.util.spec_from_file_location("browser", Path(__file__).with_name("browser.py"))
assert spec is not None
assert spec.loader is not None
browser = importlib.util.module_from_spec(spec)
spec.loader.exec_module(browser)


def compile_event(kernel: str, time: float, seconds: float, **values: Any) -> str:
    parameters = [
        {"name": name, "key": ["constexpr", value], "value": value, "constexpr": True}
        for name, value in values.items()
    ]
    at = {"name": kernel, "module": "ops", "file": f"/ops/{kernel}.py", "line": 3}
    return json.dumps(
        {
            "event": "compile",
            "time": time,
            "seconds": seconds,
            "kernel": at,
            "parameters": parameters,
            "site": [{"file": "/ops/serve.py", "line": 9, "function": "step"}],
        }
    )


HEAD = {"event": "process", "format": 1, "time": 100.0, "run": "a", "command": ["python", "x.py"]}


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tritonlint.cli import main

    folder = tmp_path_factory.mktemp("page")
    hostile = "</script><script>document.title='broken'</script>"
    files = {
        7: [
            compile_event("rotary", 101.0, 0.5, TR=5),
            compile_event("rotary", 102.0, 0.5, TR=17),
            compile_event("cheap", 103.0, 0.25, mode=hostile),
            json.dumps({"event": "warm", "time": 104.0}),
            compile_event("rotary", 105.0, 2.0, TR=64),
        ],
        8: [
            compile_event("cheap", 101.5, 0.1, mode="a"),
            compile_event("cheap", 109, 0.1, mode="b"),
        ],
    }
    for pid, lines in files.items():
        head = json.dumps({**HEAD, "pid": pid, "rank": pid - 7})
        (folder / f"trace-{pid}-1.jsonl").write_text("\n".join([head, *lines, ""]))
    file = folder / "page.html"
    arguments = ["--report", str(folder), "--output-format", "html", "--output-file", str(file)]
    assert main(["trace", *arguments]) == 0
    return file


def test_the_page_needs_nothing_else(page: Path) -> None:
    text = page.read_text()
    assert not re.findall(r"(?:src|href)\s*=|@import|url\(|https?://(?!www\.w3\.org)", text)


needs_browser = pytest.mark.skipif(
    not (browser.DRIVER and browser.CHROMIUM),
    reason="the page is driven in Chromium: install chromium and chromium-driver",
)


@pytest.fixture(scope="module")
def window() -> Iterator[Any]:
    with browser.chromium() as opened:
        yield opened


@pytest.fixture
def shown(window: Any, page: Path) -> Any:
    window.open(page)
    return window


def rows(shown: Any) -> list[str]:
    found: list[str] = shown.run(
        "return [...document.querySelectorAll('#kernels tbody code:first-child')]"
        ".filter(code => code.nextSibling).map(code => code.textContent)"
    )
    return found


@needs_browser
def test_the_dearest_kernel_comes_first_and_is_open(shown: Any) -> None:
    assert rows(shown) == ["rotary", "cheap"]
    detail = shown.run("return document.querySelector('#detail').innerText")
    assert "TR caused 2 compiles, 2.50 s" in detail
    assert "TR became 64 (was 17)" in detail or "TR became 64 (was 5)" in detail
    assert "drop tl.constexpr" in detail
    values = "return [...document.querySelectorAll('[data-axis=TR] .value')].map(v => v.innerText)"
    assert shown.run(values) == ["5", "17", "64"]


@needs_browser
def test_there_is_a_time_line_for_each_process(shown: Any) -> None:
    count = "return document.querySelectorAll(arguments[0]).length"
    assert shown.run(count, "#lines svg") == 2
    assert shown.run(count, "#lines svg[data-process=trace-7-1] rect.step") == 4
    assert shown.run(count, "#lines rect.stall") == 1
    titles = "return document.querySelector('rect.stall title').textContent"
    assert shown.run(titles).startswith("rotary, 2.00 s: `TR` became 64")


@needs_browser
def test_a_click_on_a_column_sorts(shown: Any) -> None:
    shown.click("#kernels th:nth-child(1) button")
    assert rows(shown) == ["cheap", "rotary"]
    shown.click("#kernels th:nth-child(1) button")
    assert rows(shown) == ["rotary", "cheap"]
    shown.click("#kernels th:nth-child(5) button")
    assert rows(shown) == ["rotary", "cheap"]
    sort = "return document.querySelector('#kernels th:nth-child(5)').getAttribute('aria-sort')"
    assert shown.run(sort) == "descending"


@needs_browser
def test_what_is_typed_filters_also_by_parameter(shown: Any) -> None:
    shown.type("#filter", "tr")
    assert rows(shown) == ["rotary"]
    assert shown.run("return document.querySelector('#count').textContent") == "1 of 2"
    shown.run("const f = document.querySelector('#filter'); f.value = '';"
              "f.dispatchEvent(new Event('input'))")  # fmt: skip
    assert len(rows(shown)) == 2


@needs_browser
def test_a_click_on_a_kernel_opens_it(shown: Any) -> None:
    shown.click("#kernels tbody tr:nth-child(2)")
    assert shown.run("return document.querySelector('#detail h2').innerText") == "cheap"
    assert shown.run("return document.querySelectorAll('rect.faded').length") == 3


@needs_browser
def test_nothing_in_a_trace_can_break_the_page(shown: Any) -> None:
    assert shown.run("return document.title") == "Triton compiles"
    assert [entry for entry in shown.complaints() if entry["level"] == "SEVERE"] == []
