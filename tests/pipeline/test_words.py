"""What the application says when it refuses: about its records, never about the machine it runs on.

Asked through the table of the server, so that the words are those that leave the process; the trail is read as well.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from csvgen.errors import CsvgenError
from csvgen.pipeline.release import QcRelease
from csvgen.targets.local.server import answer, verbs
from csvgen.targets.local.wire import encode

METADATA = {"method": "LIN-01", "sample": "S1", "instrument": "PR-001"}
ABSOLUTE = re.compile(r"(?<![\w.])/(?:tmp|home|root|work|var|usr|private|opt)/")


def asked(lab, verb: str, **args: object) -> str:
    """The whole answer as text."""
    line = json.dumps({"id": 1, "verb": verb, "args": {k: encode(v) for k, v in args.items()}}).encode()
    return json.dumps(answer(verbs(lab.app), line), ensure_ascii=False)


def ingest(lab, lot: str, name: str = "plate.csv", **more: str) -> str:
    return asked(
        lab,
        "Pipeline.ingest",
        session=lab.session("analyst"),
        lot=lot,
        file_name=name,
        content=lab.plate("1.000"),
        metadata={**METADATA, **more},
    )


def raw_file(lab) -> Path:
    return next(p for p in (lab.home / "raw").rglob("*") if p.is_file())


def overwrite(path: Path, data: bytes) -> None:
    path.chmod(0o600)
    path.write_bytes(data)


def arrived_before_damage(lab) -> str:
    """The same bytes come again after their stored copy was damaged."""
    ingest(lab, "L-1")
    overwrite(raw_file(lab), b"other bytes")
    return ingest(lab, "L-2")


def processed_after_damage(lab) -> str:
    ingest(lab, "L-1")
    overwrite(raw_file(lab), b"other bytes")
    return asked(lab, "Pipeline.process", session=lab.session("analyst"), lot="L-1")


def processed_after_loss(lab) -> str:
    ingest(lab, "L-1")
    raw_file(lab).unlink()
    return asked(lab, "Pipeline.process", session=lab.session("analyst"), lot="L-1")


def bad_content(lab) -> str:
    return asked(
        lab,
        "Pipeline.ingest",
        session=lab.session("analyst"),
        lot="L-1",
        file_name="a.csv",
        content=b"#qc-plate/1\nx",
        metadata=METADATA,
    )


def name_with_path(lab) -> str:
    return ingest(lab, "L-1", name="../../etc/passwd")


def table_gone(lab) -> str:
    session = lab.session("analyst")
    connection = sqlite3.connect(lab.home / "qc.db")
    connection.execute("DROP TABLE record")
    connection.commit()
    connection.close()
    return asked(lab, "Records.read", session=session, record="lot/L-1")


def anchor_damaged(lab) -> str:
    session = lab.session("analyst")
    (lab.home / "trail.head").write_bytes(b"{")
    return asked(lab, "Pipeline.process", session=session, lot="L-1")


def anchor_gone(lab) -> str:
    session = lab.session("analyst")
    (lab.home / "trail.head").unlink()
    return asked(lab, "Pipeline.process", session=session, lot="L-1")


REFUSALS: dict[Callable, str] = {
    arrived_before_damage: "plate.csv: the stored file is not the one registered under this digest",
    processed_after_damage: "plate.csv: the stored file has the digest",
    processed_after_loss: "plate.csv: the stored file is missing",
    bad_content: "a.csv:2: the file is truncated",
    name_with_path: "not a file name",
    table_gone: "the records database refused: no such table: record",
    anchor_damaged: "audit trail: not a canonical JSON record",
    anchor_gone: "the anchor of the audit trail is missing",
}


@pytest.mark.parametrize("act", REFUSALS, ids=lambda a: a.__name__)
def test_a_refusal_names_the_record_and_no_path_of_the_machine(lab, act: Callable) -> None:
    said = act(lab)
    assert REFUSALS[act] in said
    assert json.loads(said)["refused"]["kind"] in ("input", "integrity", "store")
    connection = sqlite3.connect(lab.home / "qc.db")
    trail = b"\n".join(body for (body,) in connection.execute("SELECT body FROM audit_event"))
    connection.close()
    for text in (said, trail.decode()):
        assert str(lab.home) not in text
        assert not ABSOLUTE.search(text), text[:500]


def test_an_instance_that_cannot_be_opened_is_named_without_its_place(lab, home: Path, tmp_path: Path) -> None:
    for folder, words in (
        (home, "this instance is open already"),
        (tmp_path / "nowhere", "no instance of QC release is installed here"),
    ):
        with pytest.raises(CsvgenError, match=words) as caught:
            QcRelease(folder, lab.clock)
        assert str(tmp_path) not in str(caught.value)
        assert folder.name in str(caught.value)
