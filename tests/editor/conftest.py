"""A project as `csvgen init` writes it, the shipped specifications beside it, and an editor's language server looking at both."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..conftest import TOOLS
from ..tiny import REPOSITORY, clean_environment
from .lsp import LanguageServer, sections

SPECIFICATIONS = "requirements_specs"


@pytest.fixture(scope="session")
def project(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("editor") / "lims"
    command = [sys.executable, "-m", "csvgen", "init", str(root), "--name", "Laboratory: records # 1"]
    subprocess.run(command, check=True, capture_output=True, env=clean_environment())
    for shipped in (REPOSITORY / SPECIFICATIONS).iterdir():
        shutil.copytree(shipped, root / SPECIFICATIONS / shipped.name)
    return root


@pytest.fixture(scope="session")
def server(project) -> Iterator[LanguageServer]:
    """The server with the settings that init wrote for VS Code."""
    settings = json.loads((project / ".vscode" / "settings.json").read_text(encoding="utf-8"))
    path = shutil.which("yaml-language-server", path=os.pathsep.join((TOOLS, os.environ.get("PATH", ""))))
    server = LanguageServer(path, project, sections(settings))
    server.ready(project / SPECIFICATIONS / "canary" / "system.yaml", "format: no such form\n")
    yield server
    server.close()
