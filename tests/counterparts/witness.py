"""sigsum-witness (Debian package sigsum-go): a witness of others, written to C2SP tlog-witness, that watches one log.

    with witness(folder, key) as seen:      key: the csvgen NoteKey of a log whose name is the sigsum origin of its key
        seen.url, seen.verifier
        seen.post(body) -> (status, body)   a request as one likes it
        seen.size()                         what its state file says

Its own notes call it a testing tool. The Debian build answers 404 to everything unless an older router of Go is asked for.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import re
import shutil
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from csvgen.crypto.notes import COSIGNATURE, NoteKey, Verifier

from . import TOOLS, answers, free_port, running

PATH = os.pathsep.join((str(TOOLS / "usr" / "bin"), os.environ.get("PATH", "")))


def sigsum_key() -> NoteKey:
    """A log's key, named as sigsum names its log."""
    private = Ed25519PrivateKey.generate()
    name = hashlib.sha256(private.public_key().public_bytes_raw()).hexdigest()
    return NoteKey(f"sigsum.org/v1/tree/{name}", private)


@dataclass
class Seen:
    url: str
    verifier: Verifier
    folder: Path

    def post(self, body: bytes) -> tuple[int, bytes]:
        request = urllib.request.Request(f"{self.url}/add-checkpoint", body, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as problem:
            with problem:
                return problem.code, problem.read()

    def size(self) -> int:
        """Tree size the witness remembers, from its state file; 0 when it has seen nothing."""
        state = self.folder / "state"
        found = re.search(r"^size=(\d+)$", state.read_text(), re.MULTILINE) if state.exists() else None
        return int(found[1]) if found else 0


def ask(old: int, proof: tuple[bytes, ...], note: bytes) -> bytes:
    """The body of a request (C2SP tlog-witness, add-checkpoint)."""
    lines = "".join(base64.b64encode(h).decode() + "\n" for h in proof)
    return f"old {old}\n{lines}\n".encode() + note


@contextlib.contextmanager
def witness(folder: Path, log: NoteKey) -> Iterator[Seen]:
    """A running witness; started again in the same folder it goes on from its state."""
    folder.mkdir(parents=True, exist_ok=True)
    key = folder / "witness.key"
    if not key.exists():
        _tool("sigsum-key", "generate", "-o", str(key))
    public = log.private.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    (folder / "log.pub").write_bytes(public + b" log\n")
    raw = bytes.fromhex(_tool("sigsum-key", "to-hex", "-k", f"{key}.pub").strip())
    port = free_port()
    command = [
        shutil.which("sigsum-witness", path=PATH) or "sigsum-witness",
        "--signing-key", str(key), "--log-key", str(folder / "log.pub"), "--state-file", str(folder / "state"),
        f"127.0.0.1:{port}",
    ]  # fmt: skip
    with running(command, lambda: answers(port), folder / "witness.log", env={"GODEBUG": "httpmuxgo121=0"}):
        name = f"sigsum.org/v1/witness/{hashlib.sha256(raw).hexdigest()}"
        yield Seen(f"http://127.0.0.1:{port}", Verifier(name, COSIGNATURE, raw), folder)


def _tool(*command: str) -> str:
    name = shutil.which(command[0], path=PATH) or command[0]
    return subprocess.run([name, *command[1:]], check=True, capture_output=True, text=True).stdout
