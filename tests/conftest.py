"""What all tests share: a test that needs a program from outside says so, and is skipped without it, but never in CI."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache

import pytest


@cache
def _present(tool: str) -> bool:
    if tool == "uno":  # LibreOffice's bindings belong to the interpreter of the system, not to ours
        return subprocess.run(["/usr/bin/python3", "-c", "import uno"], capture_output=True, check=False).returncode == 0
    return shutil.which(tool) is not None


def pytest_runtest_setup(item: pytest.Item) -> None:
    missing = [tool for mark in item.iter_markers("needs") for tool in mark.args if not _present(tool)]
    if missing and os.environ.get("CI") == "true":
        pytest.fail(f"this test needs {', '.join(missing)}, and in CI nothing is skipped", pytrace=False)
    if missing:
        pytest.skip(f"needs {', '.join(missing)}")
