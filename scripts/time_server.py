"""Measures how fast the language server answers: python scripts/time_server.py FILE [CHANGES]

Opens the file as an editor does, types one character after the other, and prints the time until the
findings of each version arrive, and until a hover on a kernel's parameter is answered. At the end,
it asks for the quick fixes of the file.
"""

from __future__ import annotations

import ast
import asyncio
import statistics
import sys
import time
from pathlib import Path

from lsprotocol import types
from pygls.lsp.client import LanguageClient


def parameters(text: str) -> list[types.Position]:
    """The places of the parameters of functions under a `jit` decorator."""
    return [
        types.Position(argument.lineno - 1, argument.col_offset)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef)
        and any("jit" in ast.unparse(decorator) for decorator in node.decorator_list)
        for argument in node.args.args
    ]


def show(name: str, times: list[float]) -> None:
    """Print the median and the slowest of some times."""
    median, slowest = statistics.median(times) * 1000, max(times) * 1000
    print(f"{name}: median {median:.0f} ms, slowest {slowest:.0f} ms ({len(times)} times)")


async def main(file: Path, changes: int) -> None:
    """Measure, and print."""
    client = LanguageClient("time_server", "1")
    published: asyncio.Queue[tuple[int | None, int]] = asyncio.Queue()

    @client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
    def _published(params: types.PublishDiagnosticsParams) -> None:
        if params.uri == uri:
            published.put_nowait((params.version, len(params.diagnostics)))

    uri, text = file.as_uri(), file.read_text(encoding="utf-8")
    identifier = types.TextDocumentIdentifier(uri)
    places = parameters(text)
    if not places:
        raise SystemExit(f"{file} has no kernel with a parameter")
    await client.start_io(sys.executable, "-m", "tritonlint", "server")
    await client.initialize_async(
        types.InitializeParams(capabilities=types.ClientCapabilities(), root_uri=uri)
    )
    client.initialized(types.InitializedParams())
    document = types.TextDocumentItem(uri, "python", 0, text)
    start = time.perf_counter()
    client.text_document_did_open(types.DidOpenTextDocumentParams(document))
    _, findings = await published.get()
    print(f"opened: {time.perf_counter() - start:.3f} s, {findings} findings")
    answers, hovers, empty = [], [], 0
    for version in range(1, changes + 1):
        versioned = types.VersionedTextDocumentIdentifier(version, uri)
        change = types.TextDocumentContentChangeWholeDocument(f"{text}#{'x' * version}\n")
        # The time includes the pause that the server makes before it checks.
        start = time.perf_counter()
        client.text_document_did_change(types.DidChangeTextDocumentParams(versioned, [change]))
        while (await published.get())[0] != version:
            pass
        answers.append(time.perf_counter() - start)
        start = time.perf_counter()
        place = types.HoverParams(identifier, places[version % len(places)])
        empty += await client.text_document_hover_async(place) is None
        hovers.append(time.perf_counter() - start)
    show("findings", answers)
    show("hover", hovers)
    if empty:
        print(f"{empty} hovers had no answer")
    whole = types.Range(types.Position(0, 0), types.Position(len(text.splitlines()), 0))
    asked = types.CodeActionParams(identifier, whole, types.CodeActionContext([]))
    for name in ("quick fixes", "quick fixes, asked again"):
        start = time.perf_counter()
        await client.text_document_code_action_async(asked)
        print(f"{name}: {time.perf_counter() - start:.3f} s")
    await client.shutdown_async(None)
    client.exit(None)
    await client.stop()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]).resolve(), int(sys.argv[2]) if len(sys.argv) > 2 else 20))
