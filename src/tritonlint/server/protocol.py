"""The language server protocol, with pygls: which message asks for what."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.uris import to_fs_path

from tritonlint import __version__
from tritonlint.command.silence import UNSILENCED, silence
from tritonlint.config.toml import ConfigError
from tritonlint.diagnostics import Applicability, Diagnostic
from tritonlint.files.paths import FileError, read
from tritonlint.options import OptionError
from tritonlint.rules import all_rules
from tritonlint.server.engine import Engine
from tritonlint.server.hover import hover_text
from tritonlint.server.places import Places, uri_of

#: Seconds without a key before a document is checked.
_PAUSE = 0.02
_FIX_ALL = "source.fixAll.tritonlint"
_SEVERITY = {"TRL900": types.DiagnosticSeverity.Error, "TRL903": types.DiagnosticSeverity.Error}


class Server(LanguageServer):
    """Answers an editor about the documents that it has open."""

    def __init__(self) -> None:
        super().__init__(
            "tritonlint",
            __version__,
            text_document_sync_kind=types.TextDocumentSyncKind.Incremental,
        )
        self.engine = Engine()
        self._pending: dict[str, asyncio.Task[None]] = {}
        self._told = ""

    # -- documents -------------------------------------------------------------------------

    def changed(self, uri: str) -> None:
        """Take the new text of a document, and check it after a pause."""
        path = _path(uri)
        if path is not None:
            self.engine.set(path, self.workspace.get_text_document(uri).source)
            self.check_soon(uri)

    def check_soon(self, uri: str) -> None:
        """Check a document after a pause."""
        pending = self._pending.pop(uri, None)
        if pending is not None:
            pending.cancel()
        self._pending[uri] = asyncio.get_running_loop().create_task(self._check_later(uri))

    async def _check_later(self, uri: str) -> None:
        await asyncio.sleep(_PAUSE)
        self.check(uri)

    def check(self, uri: str) -> None:
        """Check a document, and send the findings to the editor."""
        path = _path(uri)
        if path is None or path not in self.engine.buffers:
            return
        try:
            found = self.engine.findings(path)
        except (ConfigError, OptionError) as error:
            self._complain(str(error))
            found = []
        places = self.places()
        self.text_document_publish_diagnostics(
            types.PublishDiagnosticsParams(
                uri=uri,
                version=self.workspace.get_text_document(uri).version,
                diagnostics=[self.diagnostic(each, places) for each in found],
            )
        )

    def check_all(self) -> None:
        """Check all open documents again: something that they depend on may have changed."""
        for uri in list(self.workspace.text_documents):
            self.check_soon(uri)

    def _complain(self, text: str) -> None:
        if text != self._told:
            self._told = text
            shown = types.ShowMessageParams(types.MessageType.Error, f"tritonlint: {text}")
            self.window_show_message(shown)

    # -- answers ---------------------------------------------------------------------------

    def places(self) -> Places:
        """Return a converter of places in the current documents."""
        encoding = self.workspace.position_encoding or types.PositionEncodingKind.Utf16
        return Places(self._read, str(getattr(encoding, "value", encoding)))

    def diagnostic(self, found: Diagnostic, places: Places) -> types.Diagnostic:
        """Convert a finding."""
        related = [
            types.DiagnosticRelatedInformation(
                types.Location(uri_of(launch.path), _line(launch.row)),
                f"launched with {launch.argument or 'its default'}",
            )
            for launch in found.launches
        ]
        return types.Diagnostic(
            range=places.range(found.path, found.span),
            message=found.sentence,
            severity=_SEVERITY.get(found.code, types.DiagnosticSeverity.Warning),
            code=found.code,
            code_description=types.CodeDescription(all_rules()[found.code][0].url),
            source="tritonlint",
            related_information=related or None,
        )

    async def actions(self, uri: str, within: types.Range) -> list[types.CodeAction]:
        """Return fixes for the findings on some lines, and comments that silence them."""
        path = _path(uri)
        if path is None:
            return []
        version = self.workspace.get_text_document(uri).version
        found = await asyncio.to_thread(self.engine.fixes, path)
        if self.workspace.get_text_document(uri).version != version:
            return []
        places = self.places()
        actions = []
        for each in found:
            if not _is_within(each, within):
                continue
            shown = self.diagnostic(each, places)
            if each.fix is not None and each.fix.edits:
                safe = each.fix.applicability is Applicability.SAFE
                actions.append(
                    types.CodeAction(
                        title=f"{each.fix.message} ({each.fix.applicability.value})",
                        kind=types.CodeActionKind.QuickFix,
                        diagnostics=[shown],
                        is_preferred=safe,
                        edit=self.workspace_edit(places.edits(each.fix.edits)),
                    )
                )
            if each.code not in UNSILENCED:
                text = self.workspace.get_text_document(uri).source
                after = silence(text, [each], None).text
                if after != text:
                    edit = places.replacement(path, after.encode(errors="surrogatepass"))
                    actions.append(
                        types.CodeAction(
                            title=f"Silence {each.code} on this line",
                            kind=types.CodeActionKind.QuickFix,
                            diagnostics=[shown],
                            edit=self.workspace_edit({path: [edit]}),
                        )
                    )
        return actions

    async def fix_all(self, uri: str) -> list[types.CodeAction]:
        """Return the action that fixes all findings of a document that are safe to fix."""
        path = _path(uri)
        if path is None:
            return []
        version = self.workspace.get_text_document(uri).version
        fixed = await asyncio.to_thread(self.engine.fix_all, path)
        if self.workspace.get_text_document(uri).version != version or not fixed.contents:
            return []
        places = self.places()
        edits = {file: [places.replacement(file, data)] for file, data in fixed.contents.items()}
        count = len(fixed.fixed)
        noun = "finding" if count == 1 else "findings"
        title = f"Fix {count} {noun} of tritonlint in this file that can be fixed safely"
        return [types.CodeAction(title=title, kind=_FIX_ALL, edit=self.workspace_edit(edits))]

    def workspace_edit(self, edits: dict[Path, list[types.TextEdit]]) -> types.WorkspaceEdit:
        """Convert the edits of all files; those of open documents name the checked version."""
        changes = []
        for path, of_file in sorted(edits.items()):
            uri = uri_of(path)
            document = self.workspace.text_documents.get(uri)
            version = document.version if document is not None else None
            identifier = types.OptionalVersionedTextDocumentIdentifier(uri, version)
            changes.append(types.TextDocumentEdit(identifier, [*of_file]))
        return types.WorkspaceEdit(document_changes=changes)

    def hover(self, uri: str, position: types.Position) -> types.Hover | None:
        """Return what is known about the parameter at a place."""
        path = _path(uri)
        if path is None:
            return None
        places = self.places()
        known = self.engine.parameter(path, *places.column(path, position))
        if known is None:
            return None
        root = self.workspace.root_path
        text = hover_text(known, lambda file: os.path.relpath(file, root) if root else str(file))
        return types.Hover(
            types.MarkupContent(types.MarkupKind.Markdown, text),
            places.range(path, known.parameter.span),
        )

    def _read(self, path: Path) -> bytes:
        return self.engine.buffers[path] if path in self.engine.buffers else read(path)


server = Server()


@server.feature(types.TEXT_DOCUMENT_DID_OPEN)
async def _opened(server: Server, params: types.DidOpenTextDocumentParams) -> None:
    server.changed(params.text_document.uri)


@server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
async def _changed(server: Server, params: types.DidChangeTextDocumentParams) -> None:
    server.changed(params.text_document.uri)


@server.feature(types.TEXT_DOCUMENT_DID_SAVE)
async def _saved(server: Server, params: types.DidSaveTextDocumentParams) -> None:
    server.engine.forget()
    server.check_all()


@server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
async def _watched(server: Server, params: types.DidChangeWatchedFilesParams) -> None:
    server.engine.forget()
    server.check_all()


@server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
async def _closed(server: Server, params: types.DidCloseTextDocumentParams) -> None:
    uri = params.text_document.uri
    path = _path(uri)
    if path is not None:
        server.engine.close(path)
    server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, []))


@server.feature(
    types.TEXT_DOCUMENT_CODE_ACTION,
    types.CodeActionOptions(code_action_kinds=[types.CodeActionKind.QuickFix, _FIX_ALL]),
)
async def _actions(server: Server, params: types.CodeActionParams) -> list[types.CodeAction]:
    wanted = params.context.only
    actions: list[types.CodeAction] = []
    try:
        if _wants(types.CodeActionKind.QuickFix.value, wanted):
            actions += await server.actions(params.text_document.uri, params.range)
        if wanted is not None and _wants(_FIX_ALL, wanted):
            actions += await server.fix_all(params.text_document.uri)
    except (ConfigError, OptionError, FileError):
        return []
    return actions


@server.feature(types.TEXT_DOCUMENT_HOVER)
async def _hover(server: Server, params: types.HoverParams) -> types.Hover | None:
    try:
        return server.hover(params.text_document.uri, params.position)
    except (ConfigError, OptionError, FileError):
        return None


def _wants(kind: str, wanted: Sequence[types.CodeActionKind | str] | None) -> bool:
    """Whether the client asks for actions of a kind: a kind includes those that extend its name."""
    if wanted is None:
        return True
    asked = [str(getattr(each, "value", each)) for each in wanted]
    return any(kind == each or kind.startswith(f"{each}.") or not each for each in asked)


def _is_within(found: Diagnostic, within: types.Range) -> bool:
    span = found.span
    return span.row - 1 <= within.end.line and within.start.line <= span.end_row - 1


def _line(row: int) -> types.Range:
    return types.Range(types.Position(row - 1, 0), types.Position(row, 0))


def _path(uri: str) -> Path | None:
    name = to_fs_path(uri) if uri.startswith("file:") else None
    return Path(os.path.realpath(name)) if name else None
