"""The language server, as an editor talks to it: a real client over standard input and output."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

pytest.importorskip("pytest_lsp")

import pytest_lsp
from lsprotocol import types
from pytest_lsp import ClientServerConfig, LanguageClient, client_capabilities

SOURCE = str(Path(__file__).parents[1] / "src")

KERNEL = """\
import triton
import triton.language as tl


@triton.jit
def kernel(
    p,
    n,
    SIZE: tl.constexpr,
):
    tl.store(p, SIZE)
"""
#: The character counts as two units in a column.
LAUNCH = "from kernels import kernel\n\nkernel[(1,)]('\U0001d11e', n, 8)\n"


class Editor:
    """A client with a project of two files."""

    def __init__(self, client: LanguageClient, root: Path) -> None:
        self.client = client
        self.root = root
        self.versions: dict[str, int] = {}

    def uri(self, name: str) -> str:
        return (self.root / name).as_uri()

    async def open(self, name: str) -> list[types.Diagnostic]:
        uri = self.uri(name)
        text = (self.root / name).read_text(encoding="utf-8")
        self.versions[name] = 1
        item = types.TextDocumentItem(uri, "python", 1, text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))
        return await self.diagnostics(name)

    async def change(self, name: str, text: str) -> list[types.Diagnostic]:
        self.versions[name] += 1
        document = types.VersionedTextDocumentIdentifier(self.versions[name], self.uri(name))
        change = types.TextDocumentContentChangeWholeDocument(text)
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(document, [change]))
        return await self.diagnostics(name)

    async def diagnostics(self, name: str) -> list[types.Diagnostic]:
        """The diagnostics for the version that the client has."""
        while True:
            await self.client.wait_for_notification(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
            found = self.client.diagnostics.get(self.uri(name))
            if found is not None:
                return list(found)

    async def actions(self, name: str, row: int, *kinds: str) -> list[types.CodeAction]:
        line = types.Range(types.Position(row - 1, 0), types.Position(row - 1, 1))
        context = types.CodeActionContext([], only=[*kinds] or None)
        document = types.TextDocumentIdentifier(self.uri(name))
        params = types.CodeActionParams(document, line, context)
        found = await self.client.text_document_code_action_async(params)
        return [action for action in found or () if isinstance(action, types.CodeAction)]

    async def hover(self, name: str, row: int, column: int) -> str | None:
        document = types.TextDocumentIdentifier(self.uri(name))
        params = types.HoverParams(document, types.Position(row - 1, column - 1))
        found = await self.client.text_document_hover_async(params)
        return found.contents.value if found else None

    def applied(self, action: types.CodeAction, buffers: dict[str, str]) -> dict[str, str]:
        """The files after an action."""
        texts = {}
        for change in action.edit.document_changes:
            name = Path(change.text_document.uri).name
            text = buffers.get(name) or (self.root / name).read_text(encoding="utf-8")
            lines = text.splitlines(keepends=True)

            def offset(place: types.Position, lines: list[str] = lines) -> int:
                before = "".join(lines[: place.line])
                units = "".join(lines[place.line : place.line + 1]).encode("utf-16-le")
                inside = units[: place.character * 2].decode("utf-16-le")
                return len(before) + len(inside)

            for edit in sorted(change.edits, key=lambda e: -offset(e.range.start)):
                start, end = offset(edit.range.start), offset(edit.range.end)
                text = text[:start] + edit.new_text + text[end:]
            texts[name] = text
        return texts


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project of two files."""
    root = tmp_path / "project"
    root.mkdir()
    for name, text in (("tritonlint.toml", ""), ("kernels.py", KERNEL), ("launch.py", LAUNCH)):
        (root / name).write_text(text, encoding="utf-8")
    return root


@pytest_lsp.fixture(
    config=ClientServerConfig(
        server_command=[sys.executable, "-m", "tritonlint", "server"],
        server_env={**os.environ, "PYTHONPATH": os.pathsep.join([SOURCE, *sys.path])},
    )
)
async def client(lsp_client: LanguageClient, root: Path) -> AsyncIterator[None]:
    await lsp_client.initialize_session(
        types.InitializeParams(
            capabilities=client_capabilities("visual-studio-code"),
            root_uri=root.as_uri(),
            workspace_folders=[types.WorkspaceFolder(root.as_uri(), "project")],
        )
    )
    yield
    await lsp_client.shutdown_session()


@pytest.fixture
def editor(client: LanguageClient, root: Path) -> Editor:
    return Editor(client, root)


@pytest.mark.asyncio
async def test_findings_as_one_types(editor: Editor) -> None:
    (found,) = await editor.open("kernels.py")
    assert (found.code, found.source) == ("TRL001", "tritonlint")
    assert found.range == types.Range(types.Position(7, 4), types.Position(7, 5))
    (launch,) = found.related_information or ()
    assert (launch.location.uri, launch.location.range.start.line) == (editor.uri("launch.py"), 2)
    assert await editor.change("kernels.py", KERNEL.replace("p, SIZE", "p + n, SIZE")) == []
    moved = await editor.change("kernels.py", "# one more line\n" + KERNEL)
    assert [each.range.start.line for each in moved] == [8]
    assert await editor.change("kernels.py", KERNEL.replace("(\n", "(  # noqa: TRL001\n")) == []
    assert (editor.root / "kernels.py").read_text() == KERNEL


@pytest.mark.asyncio
async def test_unsaved_buffers_stand_in_for_files(editor: Editor) -> None:
    await editor.open("launch.py")
    (found,) = await editor.open("kernels.py")
    assert len(found.related_information or ()) == 1
    await editor.change("launch.py", LAUNCH + "kernel[(1,)](p, 9, 8)\n")
    (found,) = await editor.change("kernels.py", KERNEL + "\n")
    assert len(found.related_information or ()) == 2


@pytest.mark.asyncio
async def test_a_quick_fix_edits_all_files_of_the_project(editor: Editor) -> None:
    await editor.open("kernels.py")
    buffers = {"kernels.py": KERNEL + "\n# typed\n"}
    await editor.change("kernels.py", buffers["kernels.py"])
    fix, silence = await editor.actions("kernels.py", 8)
    assert "Remove `n`" in fix.title
    assert (
        editor.applied(fix, buffers)
        == {
            "kernels.py": buffers["kernels.py"].replace("    n,\n", ""),
            "launch.py": LAUNCH.replace(", n", ""),
        }
        or "unsafe" in fix.title
    )
    (after,) = editor.applied(silence, buffers).values()
    assert "    n,  # tritonlint: ignore[TRL001]\n" in after
    assert await editor.actions("kernels.py", 7) == []


@pytest.mark.asyncio
async def test_all_safe_fixes_of_a_file_at_once(editor: Editor) -> None:
    await editor.open("kernels.py")
    (action,) = await editor.actions("kernels.py", 1, "source.fixAll")
    assert editor.applied(action, {}) == {
        "kernels.py": KERNEL.replace("    n,\n", ""),
        "launch.py": LAUNCH.replace(", n", ""),
    }


@pytest.mark.asyncio
async def test_hover_on_a_parameter(editor: Editor) -> None:
    await editor.open("kernels.py")
    dead = await editor.hover("kernels.py", 8, 5)
    assert dead is not None
    assert "`n`** of `kernel`" in dead
    assert "never read" in dead
    assert "`% 16 == 0`" in dead
    assert "launch.py:3 with" in dead
    read = await editor.hover("kernels.py", 9, 5)
    assert read is not None
    assert "constexpr, read" in read
    assert "Every value compiles the kernel again." in read
    assert await editor.hover("kernels.py", 11, 5) is None


@pytest.mark.asyncio
async def test_settings_hold_and_bad_ones_are_said(editor: Editor) -> None:
    (editor.root / "tritonlint.toml").write_text('ignore = ["TRL001"]\n')
    assert await editor.open("kernels.py") == []
    (editor.root / "tritonlint.toml").write_text("nonsense = 1\n")
    saved = types.DidSaveTextDocumentParams(types.TextDocumentIdentifier(editor.uri("kernels.py")))
    editor.client.text_document_did_save(saved)
    assert await editor.diagnostics("kernels.py") == []
    assert any("nonsense" in message.message for message in editor.client.messages)
    (editor.root / "tritonlint.toml").write_text("")
    editor.client.text_document_did_save(saved)
    assert len(await editor.diagnostics("kernels.py")) == 1


@pytest.mark.asyncio
async def test_a_document_that_is_closed_has_no_findings(editor: Editor) -> None:
    await editor.open("kernels.py")
    closed = types.DidCloseTextDocumentParams(
        types.TextDocumentIdentifier(editor.uri("kernels.py"))
    )
    editor.client.text_document_did_close(closed)
    assert await editor.diagnostics("kernels.py") == []


@pytest.mark.asyncio
async def test_what_is_no_kernel_is_answered(editor: Editor) -> None:
    (editor.root / "other.py").write_text("def broken(:\n")
    assert await editor.open("other.py") == []
    assert await editor.hover("other.py", 1, 1) is None
    assert await editor.actions("other.py", 1) == []
    broken = await editor.change("other.py", "import triton\n@triton.jit\ndef k(n:\n")
    assert [each.code for each in broken] == ["TRL900"]
    await asyncio.sleep(0)
