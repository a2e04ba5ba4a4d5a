"""A kernel that would take hours or all memory gets no verdict; the rest of the run is unharmed."""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

import bombs
import pytest

from tritonlint.cli import main
from tritonlint.verify import command, judge_process
from tritonlint.verify.judge_process import Judge

pytest.importorskip("triton", reason="the judge is Triton, which is not installed")

#: Of the bombs that only the time limit ends, one here and one below; scripts/torture runs all.
SLOW = ("a loop that is unrolled",)
#: Those that take seconds, with another one here that ends as they do.
LEFT_OUT = {
    "assembler without an end": "assembler with an operand too many",
    "assembler without operands": "assembler with an operand too many",
    "a shift": "a power",
    "a text that is repeated twice": "a power",
    "a large body": "many branches",
}
ALL = list(bombs.bombs())
assert {bomb.name for bomb in ALL} >= {*SLOW, *LEFT_OUT, *LEFT_OUT.values()}
BOMBS = [bomb for bomb in ALL if (not bomb.slow or bomb.name in SLOW) and bomb.name not in LEFT_OUT]
#: A healthy kernel follows each bomb that ends the compiler's process, and every so many others:
#: one process judges them all, so it notices what an earlier one did, too.
STEP = 6
FOLLOWED = [
    number
    for number, bomb in enumerate(BOMBS)
    if number % STEP == 0 or bomb.slow or bomb.name in bombs.CRASHES
]
HEALTHY = """
import triton
import triton.language as tl


@triton.jit
def healthy(x_ptr, n, dead: tl.float32):
    tl.store(x_ptr, n)


healthy[(1,)](None, 3, 0.5)
"""


def processes_that_mention(text: str) -> list[str]:
    """The command lines of running processes with a text in them."""
    found = []
    for directory in Path("/proc").glob("[0-9]*"):
        try:
            line = (directory / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if text in line:
            found.append(line)
    return found


def verified(root: Path, *options: str) -> dict[tuple[str, str], str]:
    """The result for each kernel, by its folder and its name."""
    report = root.parent / "report.json"
    # `--unfixable`, because looking for the fixes of the larger ones takes time.
    given = ["--no-cache", "--select", "TRL001,TRL006", "--unfixable", "TRL"]
    given += ["--output-format", "json", *options]
    assert main(["verify", *given, "-o", str(report), str(root)]) == 0
    findings = json.loads(report.read_text())
    return {
        (Path(f["filename"]).parent.name, f["kernel"]): f["verification"]["text"] for f in findings
    }


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bombs")


@pytest.fixture(scope="module")
def texts(place: Path) -> dict[tuple[str, str], str]:
    """One run over all bombs, each in its own folder, and the healthy kernels after some."""
    root = place / "project"
    root.mkdir()
    (root / "tritonlint.toml").touch()
    for number, bomb in enumerate(BOMBS):
        folder = root / f"bomb{number}"
        folder.mkdir()
        (folder / "kernels.py").write_text(bomb.source)
        if number in FOLLOWED:
            (folder / "later.py").write_text(HEALTHY)
        for name, source in bomb.files.items():
            (folder / name).write_text(source)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(place))
        return verified(root, "--timeout", "2")


@pytest.mark.parametrize("number", range(len(BOMBS)), ids=lambda n: f"{n}-{BOMBS[n].name}")
def test_a_bomb_ends_nothing_but_itself(texts: dict[tuple[str, str], str], number: int) -> None:
    bomb = BOMBS[number]
    text = texts[f"bomb{number}", "kernel"]
    if bomb.slow:
        assert text == "not compiled: the compiler took more than 2 s"
    else:
        assert text.startswith(("not compiled: ", "confirmed: "))


@pytest.mark.parametrize("number", FOLLOWED, ids=lambda n: f"{n}-{BOMBS[n].name}")
def test_the_next_kernel_is_verified(texts: dict[tuple[str, str], str], number: int) -> None:
    assert texts[f"bomb{number}", "healthy"].startswith("confirmed: ")


def test_nothing_is_left_behind(place: Path, texts: dict[tuple[str, str], str]) -> None:
    assert sorted(path.name for path in place.iterdir()) == ["project", "report.json"]
    assert processes_that_mention(str(place / "tritonlint-verify-")) == []


def test_memory_is_limited(tmp_path: Path) -> None:
    (tmp_path / "tritonlint.toml").touch()
    (tmp_path / "kernels.py").write_text(bombs.source_of("a = len('a' * 3000000000)"))
    found = verified(tmp_path)
    said = "not compiled: the compiler would take more than 2 GiB of memory"
    assert set(found.values()) == {said}


def test_a_run_gives_up_after_too_many_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judge_process, "_WASTED", 0.0)
    folders = tmp_path / "project"
    for number in range(3):
        folder = folders / str(number)
        folder.mkdir(parents=True)
        (folder / "kernels.py").write_text(bombs.source_of(bombs.SLOW["a power"]))
    (folders / "tritonlint.toml").touch()
    found = verified(folders, "--timeout", "1")
    assert found == {
        ("0", "kernel"): "not compiled: the compiler took more than 1 s",
        ("1", "kernel"): "not compiled: too many other kernels made the compiler hang or crash",
        ("2", "kernel"): "not compiled: too many other kernels made the compiler hang or crash",
    }


def test_a_run_has_a_budget(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tritonlint.toml").touch()
    two = HEALTHY + HEALTHY.replace("healthy", "second")
    (tmp_path / "kernels.py").write_text(two)
    monkeypatch.setattr("tritonlint.verify.command._RUN", 0.0)
    found = verified(tmp_path)
    said = "not compiled: the time for one run is used up"
    assert sorted(text == said for text in found.values()) == [False, True]


@pytest.mark.parametrize("value", ["0", "-1", "nan", "inf", "soon", "1e9", ""])
def test_a_timeout_is_a_number_of_seconds(
    value: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["verify", "--timeout", value, str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert error.startswith("tritonlint: --timeout")
    assert len(error.splitlines()) == 1


def test_what_stands_behind_a_double_dash_is_no_option(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[str] = []

    def parse(arguments: list[str]) -> argparse.Namespace:
        given.extend(arguments)
        return argparse.Namespace()

    monkeypatch.setattr(command, "parse_lint", parse)
    options = command.parse_verify(["a.py", "--timeout", "3", "-q", "--", "--timeout", "x.py"])
    assert options.timeout == 3
    assert given == ["a.py", "-q", "--", "--timeout", "x.py"]


def test_a_judge_that_never_answers_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    worker = "import os, sys; os.read(int(sys.argv[4]), 1)"
    monkeypatch.setattr(judge_process, "WORKER", worker)
    monkeypatch.setattr(judge_process, "_START", 0.5)
    with Judge(timeout=1) as judge:
        answer = judge.ttir({})
        assert (answer["ok"], answer["lost"]) == (False, True)
        assert answer["error"].startswith("the compiler took more than")
