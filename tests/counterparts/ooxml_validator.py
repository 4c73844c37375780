"""The validator of Microsoft's Open XML SDK: the schemas of ECMA-376 as Office reads them, and the rules that no schema can say.

    faults({"report.docx": data})  ->  {"report.docx": ()}, or what is wrong, as "/word/document.xml: ..."

It is the nearest thing to Word itself that runs here: what Word repairs when it opens a file is mostly what this one tells. It is not Word:
that no file is repaired has to be tried with Word.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

_PROGRAM = (
    Path(__file__).parents[2] / ".tools" / "ooxml" / "node_modules" / "@xarsh" / "ooxml-validator-linux-x64" / "ooxml-validator"
)


def program() -> Path | None:
    """The validator; None where it is not installed. The package is one for Linux on x86-64."""
    return _PROGRAM if _PROGRAM.is_file() and platform.machine() == "x86_64" else None


def faults(files: Mapping[str, bytes]) -> dict[str, tuple[str, ...]]:
    """What is wrong with each file; nothing for a sound one. Raises AssertionError where the validator says nothing that can be read."""
    command = program()
    assert command is not None
    if not os.access(command, os.X_OK):
        command.chmod(0o755)  # npm runs no scripts here, and the package leaves it to one
    found: dict[str, tuple[str, ...]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, data in files.items():
            path = Path(folder) / name
            path.write_bytes(data)
            done = subprocess.run(
                [str(command), str(path)], capture_output=True, text=True, check=False, timeout=120,
                env={**os.environ, "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"},
            )  # fmt: skip
            assert done.stdout.strip().startswith("{"), done.stderr[-2000:]
            told = json.loads(done.stdout)
            found[name] = tuple(f"{e['path']}: {e['description']} ({e['xPath']})" for e in told["errors"])
            assert told["ok"] == (not found[name])
    return found
