"""A project with nothing in it but an empty system, and csvgen run in it as its users run it."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from unittest.mock import patch

import pytest

from csvgen.cli import main
from csvgen.marks import load

from ..tiny import clean_environment

CORPUS = Path(__file__).parent / "corpus"
GENERATOR = "LLMTextCompletionProgram_deepseek/deepseek-chat 2025-08-19"


def make(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "csvgen.toml").write_text(
        '[csvgen]\nproject = "imports"\nrecords = "sqlite:///records/records.db"\n', encoding="utf-8"
    )
    (folder / "requirements_specs" / "lab").mkdir(parents=True)
    (folder / "requirements_specs" / "lab" / "system.yaml").write_text("format: csvgen.system/1\n", encoding="utf-8")
    return folder


def csvgen(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    """The entry point of the script, called in this process."""
    words = [str(a) for a in arguments]
    out, err = io.StringIO(), io.StringIO()
    with (
        contextlib.chdir(cwd), patch.object(sys, "argv", ["csvgen", *words]), patch.dict(os.environ, clean_environment(), clear=True),
        contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), pytest.raises(SystemExit) as end,
    ):  # fmt: skip
        main()
    return subprocess.CompletedProcess(words, int(end.value.code), out.getvalue(), err.getvalue())


def preview(*arguments: object, cwd: Path) -> tuple[int, dict]:
    """Exit code and the preview as a program gets it."""
    done = csvgen("import", "-s", "lab", "--format", "json", *arguments, cwd=cwd)
    assert "Traceback" not in done.stderr
    return done.returncode, (json.loads(done.stdout) if done.stdout else {"error": done.stderr})


def written(project: Path, file: str = "urs/imported.yaml") -> dict[str, dict]:
    """Id -> requirement, as it stands in the file."""
    marked, findings = load((project / "requirements_specs" / "lab" / file).read_bytes(), file)
    assert marked is not None, findings
    return {r["id"]: r for r in marked.value["requirements"]}


def files(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}
