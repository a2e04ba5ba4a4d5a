"""A headless Chromium, driven with the W3C WebDriver protocol and without a library."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

DRIVER = shutil.which("chromedriver")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


class Browser:
    """One window."""

    def __init__(self, session: str) -> None:
        self._session = session

    def open(self, page: Path) -> None:
        """Show a file."""
        _call("POST", f"{self._session}/url", {"url": page.as_uri()})

    def run(self, script: str, *arguments: object) -> Any:
        """Run JavaScript in the page, and return its result."""
        body = {"script": script, "args": list(arguments)}
        return _call("POST", f"{self._session}/execute/sync", body)["value"]

    def find(self, selector: str) -> str:
        """The first element that matches a CSS selector."""
        body = {"using": "css selector", "value": selector}
        found: dict[str, str] = _call("POST", f"{self._session}/element", body)["value"]
        return next(iter(found.values()))

    def click(self, selector: str) -> None:
        """Click as a person would."""
        _call("POST", f"{self._session}/element/{self.find(selector)}/click", {})

    def type(self, selector: str, text: str) -> None:
        """Type into a field."""
        element = self.find(selector)
        _call("POST", f"{self._session}/element/{element}/value", {"text": text})

    def complaints(self) -> list[dict[str, Any]]:
        """What the page wrote to the console."""
        found: list[dict[str, Any]] = _call("POST", f"{self._session}/se/log", {"type": "browser"})[
            "value"
        ]
        return found


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """A browser for as long as the block runs."""
    assert DRIVER is not None
    process = subprocess.Popen(
        [DRIVER, "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        assert process.stdout is not None
        port = ""
        for line in process.stdout:
            if "started successfully on port" in line:
                port = line.rpartition("port")[2].strip(" .\n")
                break
        options = {
            "binary": CHROMIUM,
            "args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
        }
        wanted = {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
        root = f"http://127.0.0.1:{port}/session"
        made = _call("POST", root, {"capabilities": {"alwaysMatch": wanted}})
        session = f"{root}/{made['value']['sessionId']}"
        try:
            yield Browser(session)
        finally:
            _call("DELETE", session, None)
    finally:
        process.terminate()
        process.wait()


def _call(method: str, url: str, body: object) -> dict[str, Any]:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=60) as answer:
        found: dict[str, Any] = json.load(answer)
        return found
