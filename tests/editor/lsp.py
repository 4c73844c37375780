"""A language server of YAML editors, spoken to as an editor does: JSON-RPC over the standard streams of its process."""

from __future__ import annotations

import json
import queue
import subprocess
import threading
from pathlib import Path
from typing import Any

PATIENCE = 60
"""Seconds until an answer that does not come is a failure; no measure of speed."""


class LanguageServer:
    """yaml-language-server for the workspace in `folder`, with the settings an editor would read there."""

    def __init__(self, program: str, folder: Path, settings: dict[str, Any]) -> None:
        self._settings = settings
        self._workspace = {"uri": folder.as_uri(), "name": "project"}
        self._process = subprocess.Popen(
            [program, "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=folder
        )
        self._messages: queue.Queue[dict[str, Any]] = queue.Queue()
        self._versions: dict[str, int] = {}
        self._last = 0
        threading.Thread(target=self._listen, daemon=True).start()
        capabilities = {
            "workspace": {"configuration": True, "workspaceFolders": True},
            "textDocument": {
                "completion": {"completionItem": {"snippetSupport": True, "documentationFormat": ["markdown", "plaintext"]}},
                "hover": {"contentFormat": ["markdown"]},
            },
        }
        self.ask(
            "initialize",
            {
                "processId": None,
                "rootUri": folder.as_uri(),
                "capabilities": capabilities,
                "workspaceFolders": [self._workspace],
            },
        )
        self.tell("initialized", {})
        self.tell("workspace/didChangeConfiguration", {"settings": settings})

    def close(self) -> None:
        self.ask("shutdown", None)
        self.tell("exit", None)
        self._process.wait(PATIENCE)
        for stream in (self._process.stdin, self._process.stdout):
            stream.close()

    def ready(self, path: Path, wrong: str) -> None:
        """Wait until the settings are in force: until a file that is `wrong` under them is called so."""
        self._write(path, wrong)
        while not self._said(path):
            pass

    def problems(self, path: Path, text: str | None = None) -> list[dict[str, Any]]:
        """What the server says of a file of the workspace, or of other `text` under its name."""
        self._write(path, path.read_text(encoding="utf-8") if text is None else text)
        return self._said(path)

    def completions(self, path: Path, text: str) -> dict[str, dict[str, Any]]:
        """Label -> proposal at the place marked | in `text`."""
        found = self._at("textDocument/completion", path, text)
        return {item["label"]: item for item in (found["items"] if isinstance(found, dict) else found)}

    def hover(self, path: Path, text: str) -> str:
        """What is shown over the place marked | in `text`."""
        found = self._at("textDocument/hover", path, text)
        return found["contents"]["value"] if found else ""

    def _at(self, method: str, path: Path, text: str) -> Any:
        before, _, after = text.partition("|")
        self.problems(path, before + after)
        place = {"line": before.count("\n"), "character": len(before) - before.rfind("\n") - 1}
        return self.ask(method, {"textDocument": {"uri": path.as_uri()}, "position": place})

    def _write(self, path: Path, text: str) -> None:
        """Open a file, or change it when it is open. Each is answered with one list of problems."""
        uri = path.as_uri()
        version = self._versions[uri] = self._versions.get(uri, 0) + 1
        document: dict[str, Any] = {"uri": uri, "version": version}
        if version == 1:
            self.tell("textDocument/didOpen", {"textDocument": document | {"languageId": "yaml", "text": text}})
        else:
            self.tell("textDocument/didChange", {"textDocument": document, "contentChanges": [{"text": text}]})

    def _said(self, path: Path) -> list[dict[str, Any]]:
        while True:
            message = self._next()
            if message.get("method") == "textDocument/publishDiagnostics" and message["params"]["uri"] == path.as_uri():
                return message["params"]["diagnostics"]

    def ask(self, method: str, params: Any) -> Any:
        self._last += 1
        self._send({"id": self._last, "method": method, "params": params})
        while (message := self._next()).get("id") != self._last or "method" in message:
            pass
        assert "error" not in message, message["error"]
        return message["result"]

    def tell(self, method: str, params: Any) -> None:
        self._send({"method": method, "params": params})

    def _next(self) -> dict[str, Any]:
        """The next message, after what the server itself asks for has been answered."""
        while "id" in (message := self._messages.get(timeout=PATIENCE)) and "method" in message:
            answer = None
            if message["method"] == "workspace/configuration":
                answer = [self._settings.get(item["section"]) for item in message["params"]["items"]]
            elif message["method"] == "workspace/workspaceFolders":
                answer = [self._workspace]
            self._send({"id": message["id"], "result": answer})
        return message

    def _send(self, message: dict[str, Any]) -> None:
        data = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(data), data))
        self._process.stdin.flush()

    def _listen(self) -> None:
        while header := self._process.stdout.readline():
            if header.lower().startswith(b"content-length:"):
                length = int(header.split(b":")[1])
                while self._process.stdout.readline().strip():
                    pass
                self._messages.put(json.loads(self._process.stdout.read(length)))


def sections(flat: dict[str, Any]) -> dict[str, Any]:
    """Settings as a server asks for them (yaml: {schemaStore: {enable: ...}}) from how VS Code writes them (yaml.schemaStore.enable)."""
    nested: dict[str, Any] = {}
    for name, value in flat.items():
        *path, last = [name] if name.startswith("[") else name.split(".")
        place = nested
        for part in path:
            place = place.setdefault(part, {})
        place[last] = value
    return nested
