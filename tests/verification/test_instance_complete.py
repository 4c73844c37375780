"""What was taken away from an instance, and what is looked at where nothing is: a check over nothing never says that all is well."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from csvgen.canonical import digest_bytes
from csvgen.model.verification import Outcome
from csvgen.pipeline.instance import Settings
from csvgen.verification import instance_runs

from ..tiny import Stages
from .instances import Content, Thief, checked, failed, shown, worked

WHOLE, INVESTIGATED = "what was decided has all it rests on", "every failing value was investigated"
RECORDS, RUNS = "records are those the audit trail tells of", "run records agree with themselves"
CERTIFICATES = "certificates say what was released"
TRAIL, PDF = "audit trail is unbroken", "certificates are signed whole by who released"
HELD = "signing certificates are those of the accounts"
INTACT, VALID = "signatures of people are intact", "signatures of people are valid"
STANDING, NAMED = "packages installed here are as they were installed", "code of each run is the promoted artifact it names"
GIVEN = "results of the lots are those their runs gave"
DECISIONS = "decisions carry valid signatures"


@pytest.fixture(scope="module")
def made(stages: Stages) -> Path:
    return shown(stages)


@pytest.fixture
def base(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "copy"))


def removed(kind: str, identity: str) -> Callable[[Thief], None]:
    """Every version of a record out of its table; its events stay."""

    def act(thief: Thief) -> None:
        with sqlite3.connect(thief.home / "qc.db") as connection:
            guards = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
            for name, _ in guards:
                connection.execute(f"DROP TRIGGER {name}")
            connection.execute("DELETE FROM record WHERE kind = ? AND id LIKE ?", (kind, identity))
            for _, sql in guards:
                connection.execute(sql)

    return act


def twice(thief: Thief) -> None:
    """A second version of a run, which another run's event seems to tell of."""
    with sqlite3.connect(thief.home / "qc.db") as connection:
        connection.execute(
            "INSERT INTO record (kind, id, version, body, sha256, event) "
            "SELECT kind, id, 2, body, sha256, event FROM record WHERE kind = 'run' AND id = 'RUN-0001'"
        )


def with_keys(kind: str, identity: str, change: Callable[[Content], object]) -> Callable[[Thief], None]:
    return lambda t: t.rewrite(kind, identity, lambda c: change(c) and None, rehash=True, with_keys=True)


def unsigned(thief: Thief) -> None:
    """A PDF that nobody signed in the place of the certificate, everything but the people's signatures made to fit."""
    import io

    import pikepdf

    plain = io.BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.save(plain)
    data = plain.getvalue()
    place = thief.stored("results", digest_bytes(data))
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(data)
    thief.rewrite("certificate", "COA-0001", lambda c: c.update(pdf=digest_bytes(data)), rehash=True, with_keys=True)


def appended(thief: Thief) -> None:
    """Something behind the signed bytes of a certificate: a reader may show it, and the signer never saw it."""
    import io

    from pyhanko.pdf_utils.generic import TextStringObject
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    signed = thief.stored("results", thief.content("certificate", "COA-0001")["pdf"]).read_bytes()
    more = IncrementalPdfFileWriter(io.BytesIO(signed))
    more.root["/Lang"] = TextStringObject("xx")
    more.update_root()
    out = io.BytesIO()
    more.write(out)
    data = out.getvalue()
    assert data.startswith(signed)
    place = thief.stored("results", digest_bytes(data))
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(data)
    thief.rewrite("certificate", "COA-0001", lambda c: c.update(pdf=digest_bytes(data)), rehash=True, with_keys=True)


def an_event(thief: Thief) -> None:
    """Who acted, in the row of one event, and nothing else."""
    with sqlite3.connect(thief.home / "qc.db") as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        (body,) = connection.execute("SELECT body FROM audit_event WHERE seq = 40").fetchone()
        connection.execute(
            "UPDATE audit_event SET body = ? WHERE seq = 40", (bytes(body).replace(b'"person":"', b'"person":"x'),)
        )


def other_hand(thief: Thief) -> None:
    """The certificate of an account exchanged, as if another key had been its own."""
    with sqlite3.connect(thief.home / "qc.db") as connection:
        versions = connection.execute(
            "SELECT max(version) FROM record WHERE kind = 'account' AND id = ?", (signer(thief),)
        ).fetchone()
    assert versions
    thief.rewrite("account", signer(thief), lambda c: c.update(certificate=""), rehash=True, with_keys=True)


def signer(thief: Thief) -> str:
    return str(thief.content("signature", "lot/DEMO-1#1")["person"])


def bent_signature(thief: Thief) -> None:
    thief.rewrite("signature", "lot/DEMO-1#1", lambda c: c.update(cms=c["cms"][:-8] + "AAAAAAA="), rehash=True, with_keys=True)


def another_value(content: Content) -> None:
    content["tests"] = content["tests"][1:]


@dataclass(frozen=True)
class Row:
    what: str
    act: Callable[[Thief], object]
    found_by: str
    words: str


TABLE = (
    Row("an investigation", removed("deviation", "INV-0001"), INVESTIGATED, "potency of RUN-0003 is out of specification, and nobody investigated"),
    Row("an investigation, told by the trail", removed("deviation", "INV-0001"), RECORDS, "deviation/INV-0001"),
    Row("an investigation of another kind", with_keys("deviation", "INV-0001", lambda c: c.update(kind="no instrument")), INVESTIGATED, "nobody investigated"),
    Row("a certificate", removed("certificate", "COA-0001"), WHOLE, "lot DEMO-1 is released, and it has no certificate"),
    Row("a certificate of another lot", with_keys("certificate", "COA-0001", lambda c: c.update(lot="DEMO-9")), WHOLE, "DEMO-1 is released, and it has no certificate"),
    Row("a review packet", with_keys("lot", "DEMO-1", lambda c: c.update(review=None)), WHOLE, "lot DEMO-1 is released, and no review packet was drawn"),
    Row("the runs of a lot", with_keys("lot", "DEMO-1", lambda c: c.update(runs=[])), WHOLE, "lot DEMO-1 is released, and there is no run of it"),
    Row("a run record", removed("run", "RUN-0001"), WHOLE, "lot DEMO-1 is released, and there is no run of it"),
    Row("the results of a lot", with_keys("lot", "DEMO-1", lambda c: c.update(tests=[])), WHOLE, "in specification with 0 results"),
    Row("one result of a lot", with_keys("lot", "DEMO-2", another_value), GIVEN, "is left out"),
    Row("a lot record", removed("lot", "DEMO-1"), WHOLE, "lot DEMO-1 is released, and there is no record of it"),
    Row(
        "the disposition of a deviation", with_keys("deviation", "INV-0001", lambda c: c.update(lot="DEMO-1", subject="lot/DEMO-1", state="open")),
        WHOLE, "lot DEMO-1 is released with an open deviation: INV-0001",
    ),
    Row("the verdict", with_keys("lot", "DEMO-1", lambda c: c.update(verdict="out of specification")), WHOLE, "it is out of specification with"),
    Row("a signature", removed("signature", "lot/DEMO-1#1"), DECISIONS, "lot DEMO-1 is released without a valid signature as"),
    Row("a byte of a signature", bent_signature, INTACT, "lot/DEMO-1#1"),
    Row("a byte of a signature, valid", bent_signature, VALID, "lot/DEMO-1#1"),
    Row("the certificate of an account", other_hand, HELD, "never had the certificate that signed"),
    Row("the signature of a certificate of analysis", unsigned, CERTIFICATES, "its PDF is signed by nobody"),
    Row("that nothing stands behind a signature", appended, PDF, "COA-0001"),
    Row("who acted", an_event, TRAIL, "event 40"),
    Row("who issued a certificate", with_keys("certificate", "COA-0001", lambda c: c.update(by="nobody.else")), CERTIFICATES, "issued by nobody.else, its PDF is signed by"),
    Row(
        "the material of a certificate", with_keys("material", "EX-PROTEIN", lambda c: c.update(manufacturer="Somebody else")),
        CERTIFICATES, "it does not say what material EX-PROTEIN version 1 says",
    ),
    Row("the promotion of the code", removed("promotion", "%"), NAMED, "was not promoted here by two signatures before it ran"),
    Row("that a run is written once", twice, RUNS, "RUN-0001 was written 2 times; a run is written once"),
)  # fmt: skip


@pytest.mark.parametrize("row", TABLE, ids=lambda r: r.what)
def test_what_was_taken_away_is_named(base: Path, row: Row) -> None:
    row.act(Thief(base))
    found = failed(base)
    assert row.found_by in found, found
    assert row.words in found[row.found_by]


def test_checks_over_nothing_say_so(shared: Path, tmp_path: Path) -> None:
    base = worked(shared, tmp_path, Settings(), lambda _: None)
    found = checked(base)
    assert found, found.bottom_line
    nothing = {c.name for c in found.checks if c.detail == "nothing to look at"}
    assert {WHOLE, INVESTIGATED, GIVEN, RUNS, NAMED, DECISIONS, CERTIFICATES} <= nothing
    assert {c.outcome for c in found.checks if c.name in nothing} == {Outcome.NOTE}
    assert not [c for c in found.checks if c.outcome is Outcome.HOLDS and c.detail.startswith("0 ")]


def test_results_performed_again_by_altered_packages_prove_nothing(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands in for a changed file here is found in `tests/pipeline/test_flow.py`; here it must reach the answer."""
    monkeypatch.setattr(instance_runs, "altered", lambda _: ("package numpy: numpy/core.py is not what was installed",))
    assert failed(made) == {STANDING: "package numpy: numpy/core.py is not what was installed"}
