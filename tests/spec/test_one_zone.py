"""One report, one zone: the specification names UTC and takes nothing else (RR-T02)."""

from __future__ import annotations

from pathlib import Path

import pytest

from csvgen.spec.load import load_system

from ..tiny import specification, write_specification


@pytest.mark.parametrize(("zone", "good"), [("UTC", True), ("Europe/Berlin", False), ("+02:00", False), ("utc", False)])
def test_a_specification_takes_one_zone(tmp_path: Path, zone: str, good: bool) -> None:
    files = specification()
    files["system.yaml"]["time_zone"] = zone
    write_specification(tmp_path, files)
    system = next(p.parent.name for p in tmp_path.rglob("system.yaml"))
    root = next(p.parent.parent for p in tmp_path.rglob("system.yaml"))
    loaded = load_system(root, system)
    assert (loaded.spec is not None) is good
    if not good:
        assert [f for f in loaded.findings.errors if "time_zone" in f.message or "UTC" in f.message]
