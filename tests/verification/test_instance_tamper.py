"""What `csvgen verify` finds in an instance somebody tampered with: one table, what is changed, by which means, the check that names it.

Three hands do it: one that changes files; one with rights on the database, who drops the triggers, changes a row and re-hashes the trail
to its end; one who holds the keys that lie in the folder as well, and lets the anchor tell of the new trail. The last is stopped by what
people signed: by the records they signed, by the trail up to their signatures, and by the results that come out again.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from csvgen.canonical import canonical_json, digest, digest_bytes

from ..tiny import Stages
from .instances import Content, Thief, checked, failed, failing, shown

LANDED, LOOSE = "raw files are those registered on arrival", "no raw file is there unregistered"
RECORDS, ANCHORED, GUARDS, TRAIL = (
    "records are those the audit trail tells of",
    "audit trail is the one its anchor tells of",
    "guards of the database are in place",
    "audit trail is unbroken",
)
FIXED = "audit trail still has the head each signature names"
INPUTS, WHOLE = "inputs of the runs are those registered", "run records agree with themselves"
PARAMETERS = "parameters of the runs are those of the method"
AGAIN = "results come out again from the same inputs"
ARTIFACTS, NAMED = "artifacts are what their builders signed", "code of each run is the promoted artifact it names"
IMAGES = "images of the runs are those the artifacts pin"
PRODUCTS = "outputs of the runs are there, unchanged"
GIVEN, PACKETS = "results of the lots are those their runs gave", "review packets are those that were signed"
CERTIFICATES = "certificates say what was released"
SETTINGS = "settings are those the audit trail last told of"
STAND = "signatures stand on the records they were made for"
DECISIONS = "decisions carry valid signatures"


@dataclass(frozen=True)
class Row:
    """One attack."""

    what: str
    means: str
    act: Callable[[Thief], object]
    found_by: tuple[str, ...]
    """Checks that must fail; others may."""
    words: str
    """What the first of them must say."""


def raw(thief: Thief) -> Path:
    return thief.stored("raw", thief.content("file", "DEMO-1:%")["digest"])


def other_bytes(thief: Thief) -> None:
    """Other data for the same name: stored under their own digest, registered as if they had arrived."""
    data = raw(thief).read_bytes().replace(b"1.998", b"1.898")
    place = thief.stored("raw", digest_bytes(data))
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(data)
    place.chmod(0o444)
    file = "DEMO-1:gen5-bca-plate.txt"
    raw(thief).unlink()
    thief.rewrite("file", file, lambda c: c.update(digest=digest_bytes(data)), rehash=True)
    thief.rewrite("file", "DEMO-3:gen5-bca-plate.txt", lambda c: c.update(digest=digest_bytes(data)), rehash=True, with_keys=True)


def added(thief: Thief) -> None:
    data = b"brought in by nobody"
    place = thief.stored("raw", digest_bytes(data))
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(data)


def code(thief: Thief) -> Path:
    return next((thief.home / "artifacts").glob("*/code/potency.py"))


def potency_product(thief: Thief) -> Path:
    return thief.stored("results", thief.content("run", "RUN-0003")["products"]["potency-values"])


def better_result(thief: Thief) -> None:
    """The failing lot passes: the output, the run record, every digest in it, the lot and the trail say so."""
    values = json.loads(potency_product(thief).read_bytes())
    values[0] |= {"reported": "99.8", "unrounded": "99.78815220485039588993896", "verdict": "in specification"}
    data = canonical_json(values)
    place = thief.stored("results", digest_bytes(data))
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(data)

    def run(content: Content) -> None:
        content["products"]["potency-values"] = digest_bytes(data)
        for step in content["steps"]:
            if "potency-values" in step["outputs"]:
                step["outputs"]["potency-values"] = digest_bytes(data)
        content["outputs"] = digest({"potency-values": digest_bytes(data)})

    def lot(content: Content) -> None:
        content["tests"][0] |= values[0]
        content["verdict"] = "in specification"

    thief.rewrite("run", "RUN-0003", run, rehash=True)
    thief.rewrite("lot", "DEMO-3", lot, rehash=True, with_keys=True)


def left_out(thief: Thief) -> None:
    """One of the values a run gave is no longer among those of the lot."""
    thief.rewrite("lot", "DEMO-2", lambda c: c.update(tests=c["tests"][1:]), rehash=True, with_keys=True)


def other_limit(thief: Thief) -> None:
    def method(content: Content) -> None:
        content["potency"]["low"] = "60.0"

    thief.rewrite("method", "DEMO-POTENCY", method, rehash=True, with_keys=True)


def parameter(content: Content) -> None:
    content["parameters"]["potency.low"] = "60.0"


def image(content: Content) -> None:
    step = next(s for s in content["steps"] if s["state"] == "performed")
    step["image"] = f"registry.example:5000/steps@sha256:{'0' * 64}"


def released(thief: Thief) -> None:
    thief.rewrite("status", "DEMO-3", lambda c: c.update(state="released"), rehash=True, with_keys=True)


def cut(thief: Thief) -> None:
    with sqlite3.connect(thief.home / "qc.db") as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        last = connection.execute("SELECT max(seq) FROM audit_event").fetchone()[0]
        connection.execute("DELETE FROM audit_event WHERE seq = ?", (last,))
        connection.execute("DELETE FROM record WHERE event = ?", (last,))


def without_guards(thief: Thief) -> None:
    with sqlite3.connect(thief.home / "qc.db") as connection:
        connection.execute("DROP TRIGGER record_no_update")


def other_certificate(thief: Thief) -> None:
    content = thief.content("certificate", "COA-0001")
    data = thief.stored("results", content["data"]).read_bytes().replace(b'"100.5"', b'"101.5"')
    place = thief.stored("results", digest_bytes(data))
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(data)
    thief.rewrite("certificate", "COA-0001", lambda c: c.update(data=digest_bytes(data)), rehash=True, with_keys=True)


def artifact_record(thief: Thief) -> None:
    other = digest_bytes(b"other code")
    thief.rewrite("artifact", "ART-0001", lambda c: c.update(code=other), rehash=True, with_keys=True)


def in_row(kind: str, identity: str, **values: Any) -> Callable[[Thief], None]:
    return lambda t: t.rewrite(kind, identity, lambda c: c.update(values))


def rehashed(kind: str, identity: str, **values: Any) -> Callable[[Thief], None]:
    return lambda t: t.rewrite(kind, identity, lambda c: c.update(values), rehash=True)


def with_keys(kind: str, identity: str, **values: Any) -> Callable[[Thief], None]:
    return lambda t: t.rewrite(kind, identity, lambda c: c.update(values), rehash=True, with_keys=True)


def settings(*, record: bool = True, keys: bool = False) -> Callable[[Thief], None]:
    """Every run is told to another file; the record of the settings says so too, if asked for."""

    def act(thief: Thief) -> None:
        (thief.home / "instance.toml").write_text('[pipeline]\nlineage = "copied.jsonl"\n')
        if record:
            thief.rewrite("settings", "instance.toml", lambda c: c.update(lineage="copied.jsonl"), rehash=True, with_keys=keys)

    return act


FILE = "DEMO-2:empower-pq.json"
TABLE = (
    Row("raw file", "one byte changed on disk", lambda t: t.bend(raw(t)), (LANDED, AGAIN), "file/DEMO-1:gen5-bca-plate.txt"),
    Row("raw file", "removed from disk", lambda t: raw(t).unlink(), (LANDED, AGAIN), "missing"),
    Row("raw file", "another laid beside them", added, (LOOSE,), "unregistered"),
    Row("raw file", "exchanged, registry, trail and anchor made to fit", other_bytes, (INPUTS, FIXED), "RUN-0001 plate: the run read"),
    Row("registry row", "in the row", in_row("file", FILE, instrument="PR-001"), (RECORDS,), f"file/{FILE} version 1"),
    Row("registry row", "re-hashed", rehashed("file", FILE, by="lena.oster"), (ANCHORED, FIXED), "anchored"),
    Row("registry row", "re-hashed, with the keys", with_keys("file", FILE, by="lena.oster"), (FIXED, DECISIONS), "is not the one it was signed after"),
    Row("step code", "one byte of the artifact changed", lambda t: t.bend(code(t)), (ARTIFACTS,), "changed: code/potency.py"),
    Row("step code", "a file put into the artifact", lambda t: code(t).with_name("more.py").write_text("x = 1\n"), (ARTIFACTS,), "more.py"),
    Row("step code", "the artifact's record, with the keys", artifact_record, (ARTIFACTS, NAMED, FIXED), "another code than the signed manifest"),
    Row("parameters", "in the run record's row", lambda t: t.rewrite("run", "RUN-0001", parameter), (RECORDS,), "run/RUN-0001 version 1"),
    Row(
        "parameters", "in the run record, with the keys",
        lambda t: t.rewrite("run", "RUN-0001", parameter, rehash=True, with_keys=True),
        (PARAMETERS, WHOLE, FIXED), "RUN-0001: potency.low was 60.0, method DEMO-POTENCY version 1 says 95.0",
    ),
    Row("parameters", "in the method, with the keys", other_limit, (PARAMETERS, FIXED), "potency.low was 95.0, method DEMO-POTENCY version 1 says 60.0"),
    Row(
        "image", "another digest in the run record, with the keys",
        lambda t: t.rewrite("run", "RUN-0001", image, rehash=True, with_keys=True),
        (IMAGES, WHOLE, FIXED), "pins none",
    ),
    Row("output", "one byte changed on disk", lambda t: t.bend(potency_product(t)), (PRODUCTS, GIVEN), "RUN-0003 potency-values"),
    Row("output", "removed from disk", lambda t: potency_product(t).unlink(), (PRODUCTS, GIVEN), "missing"),
    Row("output", "a better result, in run, lot, trail and anchor", better_result, (AGAIN, STAND, FIXED), "RUN-0003: potency-values comes out as"),
    Row("result", "left out of the lot, with the keys", left_out, (GIVEN, FIXED), "what RUN-0002 gave is left out: impurity Acetophenone"),
    Row("run record", "in the row", in_row("run", "RUN-0001", operator="lena.oster"), (RECORDS,), "run/RUN-0001"),
    Row(
        "run record", "told to be of another format, with the keys", with_keys("run", "RUN-0001", format="csvgen.outside-run/1"),
        (WHOLE, GIVEN, FIXED), "RUN-0001 cannot be read",
    ),
    Row("run record", "re-hashed", rehashed("run", "RUN-0001", operator="lena.oster"), (ANCHORED, FIXED, DECISIONS), "anchored"),
    Row("run record", "re-hashed, with the keys", with_keys("run", "RUN-0001", operator="lena.oster"), (DECISIONS, FIXED), "reviewed by lena.oster"),
    Row("run record", "another artifact, with the keys", with_keys("run", "RUN-0001", artifact="ART-0002"), (NAMED, FIXED), "there is no artifact ART-0002"),
    Row("run record", "its digest of outputs, with the keys", with_keys("run", "RUN-0002", outputs=digest_bytes(b"x")), (WHOLE, FIXED), "RUN-0002"),
    Row("lot record", "another verdict, with the keys", with_keys("lot", "DEMO-3", verdict="in specification"), (STAND, GIVEN), "lot/DEMO-3"),
    Row("state of a lot", "released without a signature, with the keys", released, (DECISIONS,), "lot DEMO-3 is released without a valid signature as released"),
    Row("certificate", "one byte of the PDF", lambda t: t.bend(t.stored("results", t.content("certificate", "COA-0001")["pdf"])), (CERTIFICATES,), "COA-0001"),
    Row("certificate", "other data, with the keys", other_certificate, (CERTIFICATES,), "its results are not those of lot DEMO-1"),
    Row("review packet", "one byte on disk", lambda t: t.bend(t.stored("results", t.content("lot", "DEMO-1")["review"]["packet"])), (PACKETS,), "lot DEMO-1"),
    Row("settings", "the file edited", settings(record=False), (SETTINGS,), "lineage is 'copied.jsonl', recorded is ''"),
    Row("settings", "the file removed", lambda t: (t.home / "instance.toml").unlink(), (SETTINGS,), "instance.toml is gone"),
    Row("settings", "the file and its record, re-hashed", settings(), (ANCHORED, FIXED), "anchored"),
    Row("settings", "the file and its record, with the keys", settings(keys=True), (FIXED,), "is not the one it was signed after"),
    Row("audit trail", "its last event cut off", cut, (ANCHORED,), "events are missing at its end"),
    Row("audit trail", "a guard of the database taken away", without_guards, (GUARDS,), "guards"),
)  # fmt: skip


@pytest.fixture(scope="module")
def made(stages: Stages) -> Path:
    return shown(stages)


@pytest.fixture
def base(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "copy"))


def test_untouched_it_is_verified(made: Path) -> None:
    found = checked(made)
    assert found, found.bottom_line
    assert {n for row in TABLE for n in row.found_by} <= {c.name for c in found.checks}


@pytest.mark.parametrize("row", TABLE, ids=lambda r: f"{r.what}: {r.means}")
def test_each_change_is_found_and_named(base: Path, row: Row) -> None:
    row.act(Thief(base))
    judged = checked(base)
    found = failing(judged)
    assert set(row.found_by) <= found.keys(), found
    assert row.words in found[row.found_by[0]]
    assert not judged


def test_rehashing_alone_leaves_chain_and_records_whole(base: Path) -> None:
    """The thief of this table is a good one: but for what people signed and what comes out again, the forged trail is in order."""
    with_keys("file", FILE, by="lena.oster")(Thief(base))
    found = failed(base)
    assert not {TRAIL, RECORDS, ANCHORED, GUARDS} & found.keys()
