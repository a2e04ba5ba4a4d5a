"""Tracing starts from outside a program, and does not change it."""

from __future__ import annotations

import ast
import json
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tritonlint.runtime.launcher import STARTUP

Run = Callable[..., subprocess.CompletedProcess[str]]

#: A Triton that does nothing, so that a process starts quickly.
FAKE = {
    "triton/__init__.py": "__version__ = '3.9.0'\nfrom triton import runtime\n",
    "triton/runtime/__init__.py": "from .jit import JITFunction\n",
    "triton/runtime/jit.py": "class JITFunction:\n    def _call_hook(self, hook, key): ...\n",
    "triton/runtime/autotuner.py": "class Autotuner:\n    def _bench(self): ...\n",
    "triton/compiler/__init__.py": "class ASTSource:\n    def make_ir(self): ...\n",
}


#: Python without site-packages: -S leaves it out, and `sitecustomize` too.
HIDDEN = """
import sitecustomize, triton
try:
    import tritonlint
except ImportError:
    pass
else:
    raise SystemExit("tritonlint can be imported here")
"""


@pytest.fixture
def fake(tmp_path: Path) -> Path:
    for name, text in FAKE.items():
        (tmp_path / "fake" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "fake" / name).write_text(text)
    return tmp_path / "fake"


def command(directory: Path, *arguments: str | Path) -> list[str | Path]:
    return ["-m", "tritonlint", "trace", "-o", directory, "--", *arguments]


def events(directory: Path) -> list[dict[str, Any]]:
    lines = [line for path in directory.glob("*") for line in path.read_text().splitlines()]
    return [json.loads(line) for line in lines]


def with_fake(fake: Path) -> str:
    return os.pathsep.join([str(Path(__file__).parents[2] / "src"), str(fake)])


def test_every_process_that_imports_triton_has_a_file_of_its_own(
    python: Run, fake: Path, tmp_path: Path
) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        "import subprocess, sys, triton\n"
        "subprocess.run([sys.executable, '-c', 'import triton'])\n"
        "subprocess.run([sys.executable, '-c', 'import json'])\n"
    )
    done = python(
        *command(tmp_path / "out", sys.executable, program), PYTHONPATH=with_fake(fake), RANK="3"
    )
    assert (done.returncode, done.stderr) == (0, "")
    found = events(tmp_path / "out")
    assert [event["event"] for event in found] == ["process", "process"]
    assert len(list((tmp_path / "out").iterdir())) == 2
    assert len({event["run"] for event in found}) == 1
    assert {event["rank"] for event in found} == {3}
    assert {event["triton"] for event in found} == {"3.9.0"}


def test_an_environment_without_tritonlint_is_traced_too(
    python: Run, fake: Path, tmp_path: Path
) -> None:
    path = os.pathsep.join([str(STARTUP), str(fake)])
    done = python("-S", "-c", HIDDEN, PYTHONPATH=path, TRITONLINT_TRACE=str(tmp_path / "out"))
    assert (done.returncode, done.stderr) == (0, "")
    assert [event["event"] for event in events(tmp_path / "out")] == ["process"]


def test_the_variable_alone_traces(python: Run, fake: Path, tmp_path: Path) -> None:
    # This is what the wheel's .pth file does if tritonlint is installed in the environment.
    line = (Path(__file__).parents[2] / "src" / "tritonlint_trace.pth").read_text()
    python("-c", f"{line}\nimport triton", PYTHONPATH=with_fake(fake), TRITONLINT_TRACE="here")
    assert [event["event"] for event in events(tmp_path / "here")] == ["process"]


def test_without_the_variable_nothing_is_imported(python: Run) -> None:
    line = (Path(__file__).parents[2] / "src" / "tritonlint_trace.pth").read_text()
    code = f"{line}\nimport sys\nprint([name for name in sys.modules if 'tritonlint' in name])"
    assert python("-I", "-c", code).stdout == "[]\n"


def test_what_a_process_without_triton_pays(python: Run, tmp_path: Path) -> None:
    """Only the code that waits for Triton is loaded, and what Python needs to load it."""
    code = "import sys; print(sorted(sys.modules))"
    plain = python("-c", code, PYTHONPATH="").stdout
    done = python("-c", code, PYTHONPATH=str(STARTUP), TRITONLINT_TRACE=str(tmp_path / "out"))
    more = set(ast.literal_eval(done.stdout)) - set(ast.literal_eval(plain))
    own = {"tritonlint", "tritonlint.runtime", "tritonlint.runtime.bootstrap", "sitecustomize"}
    assert more - own <= {"__future__", "time", "warnings", *(m for m in more if "importlib" in m)}
    assert not (tmp_path / "out").exists()


def test_an_existing_sitecustomize_still_runs(python: Run, fake: Path, tmp_path: Path) -> None:
    (fake / "sitecustomize.py").write_text("import builtins\nbuiltins.there = __file__\n")
    code = "import sys, sitecustomize, triton; print(there, sitecustomize.__file__, sys.path)"
    done = python(
        *command(tmp_path / "out", sys.executable, "-c", code), PYTHONPATH=with_fake(fake)
    )
    site = fake / "sitecustomize.py"
    assert done.stdout.startswith(f"{site} {site} ")
    assert str(STARTUP) not in done.stdout
    assert len(events(tmp_path / "out")) == 1


def test_a_sitecustomize_that_fails_fails_as_before(python: Run, fake: Path) -> None:
    (fake / "sitecustomize.py").write_text("raise ValueError('mine')\n")
    plain = python("-c", "print(1)", PYTHONPATH=str(fake))
    traced = python(
        "-c", "print(1)", PYTHONPATH=f"{STARTUP}{os.pathsep}{fake}", TRITONLINT_TRACE="out"
    )
    assert (traced.stdout, traced.returncode) == (plain.stdout, plain.returncode)
    assert "ValueError: mine" in plain.stderr
    assert "ValueError: mine" in traced.stderr


def test_to_ask_whether_there_is_a_triton_loses_nothing(
    python: Run, fake: Path, tmp_path: Path
) -> None:
    code = (
        "import importlib.util as u; assert u.find_spec('triton')\n"
        "import triton; print(triton.__spec__.loader, triton.__loader__)"
    )
    done = python(
        *command(tmp_path / "out", sys.executable, "-c", code), PYTHONPATH=with_fake(fake)
    )
    assert len(events(tmp_path / "out")) == 1
    assert done.stdout.count("SourceFileLoader") == 2


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("sh", "-c", "exit 7"), 7),
        (("sh", "-c", "kill -TERM $$"), -signal.SIGTERM),
        (("true",), 0),
        (("no-such-command-anywhere",), 127),
        (("/dev/null",), 126),
    ],
)
def test_the_exit_status_is_the_commands_own(
    python: Run, tmp_path: Path, arguments: tuple[str, ...], status: int
) -> None:
    assert python(*command(tmp_path / "out", *arguments)).returncode == status


def test_options_of_the_command_are_the_commands(python: Run) -> None:
    code = "import sys; print(sys.argv[1:])"
    done = python("-m", "tritonlint", "trace", sys.executable, "-c", code, "-o", "x", "--", "-j")
    assert done.stdout == "['-o', 'x', '--', '-j']\n"


def test_a_directory_that_cannot_be_written_is_said_before_anything_runs(
    python: Run, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    done = python(*command(tmp_path / "file" / "below", "echo", "ran"))
    assert (done.returncode, done.stdout) == (2, "")
    assert "the trace cannot be written to" in done.stderr


def test_a_process_that_cannot_write_says_so_once_and_runs_on(
    python: Run, fake: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    done = python(
        "-c",
        "import triton; print('ran')",
        PYTHONPATH=os.pathsep.join([str(STARTUP), str(fake)]),
        TRITONLINT_TRACE=str(tmp_path / "file"),
    )
    assert (done.returncode, done.stdout) == (0, "ran\n")
    assert done.stderr.count("no trace in") == 1


@pytest.mark.parametrize(
    ("version", "source", "told"),
    [
        ("3.1.0", FAKE["triton/runtime/jit.py"], "Triton 3.1.0 is not traced: 3.2 or newer"),
        ("4.0.0", "class JITFunction: ...\n", "Triton 4.0.0 is not traced: it is built differ"),
    ],
)
def test_a_triton_that_is_not_traced_is_named(
    python: Run, fake: Path, tmp_path: Path, version: str, source: str, told: str
) -> None:
    init = fake / "triton" / "__init__.py"
    init.write_text(init.read_text().replace("3.9.0", version))
    (fake / "triton" / "runtime" / "jit.py").write_text(source)
    done = python(
        *command(tmp_path / "out", sys.executable, "-c", "import triton"),
        PYTHONPATH=with_fake(fake),
    )
    assert done.returncode == 0
    assert told in done.stderr
    assert told in events(tmp_path / "out")[1]["text"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "give a command to run, or --report, or --preload"),
        (("--report", "x", "--preload", "y"), "give a command to run"),
        (("--report", "x", "-o", "y"), "--output does not go with --report"),
        (("--after", "5", "--", "true"), "--after does not go with a command"),
        (("--report", "x", "--after", "nan"), "--after takes seconds: 0 or more"),
        (("--preload", "x", "--jobs", "0"), "--jobs takes a number of processes"),
        (("--report", "x", "--output-format", "xml"), "choose one of full, json, github, html"),
        (("--report", "nowhere"), "there is no trace at nowhere"),
        (("--preload", "nowhere"), "there is no trace at nowhere"),
        (("--unknown", "--", "true"), "unrecognized arguments"),
    ],
)
def test_options_that_make_no_sense_are_refused(
    tritonlint: Callable[..., Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    told: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    completed = tritonlint("trace", *arguments)
    assert completed.status == 2
    assert told in completed.err


#: A program with a compile in each place that can lose one.
PROGRAM = """
    import os, signal, sys, threading
    import triton, triton.language as tl
    from triton.backends.compiler import GPUTarget
    from triton.runtime import driver

    class Device:
        def get_current_target(self): return GPUTarget("cuda", 90, 32)
        def get_current_device(self): return 0
        def get_current_stream(self, device): return 0
    driver.set_active(Device())

    class Pointer:
        dtype = "float32"
        def data_ptr(self): return 0

    @triton.jit
    def kernel(x, n, block: tl.constexpr):
        tl.store(x, n)

    def launch(block):
        kernel.warmup(Pointer(), 5, block, grid=(1,))

    launch(0)
    threads = [threading.Thread(target=launch, args=(block,)) for block in (1, 2, 3)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    child = os.fork()
    if not child:
        launch(4)
        os._exit(0)
    os.waitpid(child, 0)

    # Another monitor sets the hooks after us, and decides.
    hooks, before, after = triton.JITFunction, "cache_hook", "compiled_hook"
    if hasattr(triton, "knobs"):
        hooks, before, after = triton.knobs.runtime, "jit_cache_hook", "jit_post_compile_hook"
    said = []
    setattr(hooks, after, lambda *args, **kwargs: said.append(kwargs["fn"].name))
    launch(5)
    setattr(hooks, before, lambda *args, **kwargs: True)
    launch(6)
    setattr(hooks, before, lambda *args, **kwargs: False)
    launch(7)
    print(len(said), flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, int, list[dict[str, Any]]]:
    """A program's output, its exit status, and what it compiled."""
    pytest.importorskip("triton", reason="what is traced is Triton, which is not installed")
    folder = tmp_path_factory.mktemp("killed")
    (folder / "program.py").write_text(textwrap.dedent(PROGRAM))
    done = subprocess.run(
        [sys.executable, "-m", "tritonlint", "trace", "--", sys.executable, "program.py"],
        cwd=folder,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "src")},
    )
    found = events(folder / "tritonlint-trace")
    return done.stdout, done.returncode, [e for e in found if e["event"] == "compile"]


def blocks(compiles: list[dict[str, Any]]) -> list[int]:
    return sorted(event["parameters"][2]["value"] for event in compiles)


def test_threads_forks_and_a_killed_process_lose_nothing(
    killed: tuple[str, int, list[dict[str, Any]]],
) -> None:
    _, status, compiles = killed
    assert status == -signal.SIGKILL
    # 6 was never compiled: the other hook said that this is not needed.
    assert blocks(compiles) == [0, 1, 2, 3, 4, 5, 7]


def test_a_fork_writes_a_file_of_its_own(killed: tuple[str, int, list[dict[str, Any]]]) -> None:
    _, _, compiles = killed
    forked = {event["pid"] for event in compiles if event["parameters"][2]["value"] == 4}
    assert len(forked) == 1
    assert forked.isdisjoint(e["pid"] for e in compiles if e["parameters"][2]["value"] != 4)


def test_hooks_that_a_program_sets_are_called(
    killed: tuple[str, int, list[dict[str, Any]]],
) -> None:
    assert killed[0] == "2\n"
