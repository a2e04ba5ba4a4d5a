"""A plugin of pytest: notes which tests run which lines, or runs some tests in a given order.

MUTATION_NOTES names the file for the notes. MUTATION_TESTS names a file with tests to run, one in
each line, as pytest writes them. If one of these is not quick, it counts as hanging, and the
process ends.
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import signal
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

#: The limit in seconds, for a test that usually takes less than one.
LIMIT = 30


def pytest_configure(config: pytest.Config) -> None:
    notes = os.environ.get("MUTATION_NOTES")
    if notes:
        config.pluginmanager.register(_Notes(Path(notes), config.rootpath))
    tests = os.environ.get("MUTATION_TESTS")
    if tests:
        config.pluginmanager.register(_Order(Path(tests).read_text().splitlines()))


class _Order:
    def __init__(self, tests: list[str]) -> None:
        self.places = {test: place for place, test in enumerate(tests)}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [item for item in items if item.nodeid in self.places]
        items.sort(key=lambda item: self.places[item.nodeid])

    def pytest_runtest_logstart(self) -> None:
        signal.alarm(LIMIT)

    def pytest_sessionfinish(self) -> None:
        signal.alarm(0)


class _Notes:
    """Writes `{"seconds": {test: seconds}, "failed": [test, ...], "lines": ...}`.

    The lines are `{file: {line: [number of a test, ...]}}`. Lines that run before the tests, when
    modules are imported, have the number -1.
    """

    def __init__(self, notes: Path, root: Path) -> None:
        import coverage

        self.notes = notes
        self.root = root
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.failed: set[str] = set()
        source = [str(root / "src/tritonlint")]
        self.coverage = coverage.Coverage(data_file=None, config_file=False, source=source)
        self.coverage.start()
        # Otherwise, a module would seem to matter only to the test that imports it first.
        for module in pkgutil.walk_packages([str(root / "src/tritonlint")], "tritonlint."):
            if module.name != "tritonlint.__main__":
                # It may need an extra that is not installed.
                with suppress(ImportError):
                    importlib.import_module(module.name)

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self.coverage.switch_context(item.nodeid)
        yield
        self.coverage.switch_context("")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.seconds[report.nodeid] += report.duration
        if report.failed:
            self.failed.add(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        self.coverage.stop()
        data = self.coverage.get_data()
        numbers = {test: number for number, test in enumerate(self.seconds)} | {"": -1}
        lines = {
            str(Path(file).relative_to(self.root)): {
                line: sorted(numbers[test] for test in tests)
                for line, tests in data.contexts_by_lineno(file).items()
            }
            for file in data.measured_files()
        }
        self.notes.write_text(
            json.dumps({"seconds": self.seconds, "failed": sorted(self.failed), "lines": lines})
        )
