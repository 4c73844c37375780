"""A scheme of the project that cannot be used is said once, where it is wrong."""

from __future__ import annotations

import shutil
from pathlib import Path

from csvgen.spec.load import load_system

SMALL = Path(__file__).parent / "small"


def test_a_broken_scheme_is_not_also_unknown(tmp_path: Path) -> None:
    root = Path(shutil.copytree(SMALL, tmp_path / "specs"))
    (root / "probe" / "schemes").mkdir()
    (root / "probe" / "schemes" / "own.yaml").write_text("format: csvgen.risk-scheme/2\nid: own\n", encoding="utf-8")
    risks = root / "probe" / "risk" / "risks.yaml"
    risks.write_text(risks.read_text(encoding="utf-8").replace("scheme: gamp5-two-step", "scheme: own"), encoding="utf-8")
    found = {d.rule for d in load_system(root, "probe").findings.errors}
    assert found == {"RSK208"}
    (root / "probe" / "schemes" / "own.yaml").unlink()
    assert "RSK203" in {d.rule for d in load_system(root, "probe").findings.errors}
