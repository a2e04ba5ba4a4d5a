"""Measures how fast the language server answers: python scripts/time_server.py FILE [CHANGES]

Opens the file as an editor does, types one character after the other, and prints the time until the
findings of each version arrive, and until a hover is answered.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from pathlib import Path

from lsprotocol import types
from pygls.lsp.client import LanguageClient

#: The server's own pause before it checks is part of the time.


async def main(file: Path, changes: int) -> None:
    """Measure, and print."""
    client = LanguageClient("time_server", "1")
    published: asyncio.Queue[int | None] = asyncio.Queue()

    @client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
    def _published(params: types.PublishDiagnosticsParams) -> None:
        if params.uri == uri:
            published.put_nowait(params.version)

    uri, text = file.as_uri(), file.read_text(encoding="utf-8")
    await client.start_io(sys.executable, "-m", "tritonlint", "server")
    await client.initialize_async(
        types.InitializeParams(capabilities=types.ClientCapabilities(), root_uri=uri)
    )
    client.initialized(types.InitializedParams())
    document = types.TextDocumentItem(uri, "python", 0, text)
    start = time.perf_counter()
    client.text_document_did_open(types.DidOpenTextDocumentParams(document))
    await published.get()
    print(f"opened: {time.perf_counter() - start:.3f} s")
    answers, hovers = [], []
    for version in range(1, changes + 1):
        identifier = types.VersionedTextDocumentIdentifier(version, uri)
        change = types.TextDocumentContentChangeWholeDocument(f"{text}#{'x' * version}\n")
        start = time.perf_counter()
        client.text_document_did_change(types.DidChangeTextDocumentParams(identifier, [change]))
        while await published.get() != version:
            pass
        answers.append(time.perf_counter() - start)
        start = time.perf_counter()
        place = types.HoverParams(types.TextDocumentIdentifier(uri), types.Position(0, 0))
        await client.text_document_hover_async(place)
        hovers.append(time.perf_counter() - start)
    for name, times in (("findings", answers), ("hover", hovers)):
        ordered = sorted(times)
        print(
            f"{name}: median {statistics.median(ordered) * 1000:.0f} ms, "
            f"slowest {ordered[-1] * 1000:.0f} ms"
        )
    await client.shutdown_async(None)
    client.exit(None)
    await client.stop()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]).resolve(), int(sys.argv[2]) if len(sys.argv) > 2 else 20))
