"""A small but whole specification, and a way to break it in one place."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def broken(tmp_path: Path) -> Callable[..., list[str]]:
    """Copy the worked example, replace one text in one file, and give back the findings as concise lines."""

    def make(file: str, old: str, new: str) -> list[str]:
        from csvgen.rendering import render_text
        from csvgen.spec.load import load_system

        root = tmp_path / "requirements_specs"
        shutil.rmtree(root, ignore_errors=True)
        shutil.copytree(REPOSITORY / "requirements_specs" / "qc-release", root / "qc-release")
        path = root / "qc-release" / file
        text = path.read_text(encoding="utf-8")
        assert text.count(old) >= 1, f"{old!r} is not in {file}"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        loaded = load_system(root, "qc-release")
        return [line for line in render_text(loaded.findings.items).split("\n") if line and not line.startswith(" ")]

    return make
