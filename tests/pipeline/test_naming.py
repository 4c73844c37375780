"""Records found by their ids, signatures shown, and where studies stand."""

from __future__ import annotations

import pytest

from csvgen.errors import BadInput
from csvgen.pipeline.sheet import find


def test_a_record_is_found_by_its_id_alone(lab) -> None:
    lab.bring("L-1", "released", "1.000")
    auditor = lab.session("auditor")
    for asked, kind in (
        ("RUN-0001", "run"),
        ("L-1", "lot"),
        ("COA-0001", "certificate"),
        ("LIN-01", "method"),
        ("ART-0001", "artifact"),
    ):
        assert lab.app.decisions.manifestation(auditor, asked, "screen").startswith(f"Record: {kind}/{asked}")
    assert {e.record for e in lab.app.trail.entries(auditor, "RUN-0001")} == {"run/RUN-0001"}
    assert len(lab.app.decisions.signatures(auditor, "L-1")) == 2
    with pytest.raises(BadInput, match="no record 'RUN-9'") as refused:
        lab.app.decisions.manifestation(auditor, "RUN-9", "screen")
    assert "deviation" in refused.value.hint
    lab.ingest("RUN-0001", lab.plate("1.000"))
    with pytest.raises(BadInput, match=r"'RUN-0001' names several records; say which: lot/RUN-0001, run/RUN-0001"):
        lab.app.decisions.manifestation(auditor, "RUN-0001", "screen")
    assert find(lab.app._core, "run/RUN-0001") == ("run", "RUN-0001")


def test_a_signature_is_shown_with_what_was_signed(lab) -> None:
    lab.bring("L-1", "reviewed")
    auditor, name = lab.session("auditor"), "signature/lot/L-1#1"
    shown = lab.app.decisions.manifestation(auditor, name, "screen")
    assert "State: valid" in shown
    assert "statement: reviewed: I read this record" in shown
    assert f"record_digest: {lab.app._core.ledger.latest('lot', 'L-1').sha256}" in shown
    kept = lab.app._core.ledger.latest("signature", "lot/L-1#1").content
    assert kept["body"] not in shown
    assert f"body: {len(kept['body'])} characters of base64" in shown
    assert kept["body"] in lab.app.decisions.manifestation(auditor, name, "data")
    lab.app.records.change(lab.session("analyst"), "L-1", "comment", "x", "y")
    assert "State: void: record changed after signing" in lab.app.decisions.manifestation(auditor, name, "screen")
