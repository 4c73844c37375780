"""True things in the wrong place: the signed certificate of an older revision or of another lot, the outputs of two lots, their data.

Whoever swaps them holds every key that lies in the folder, and no password. Nothing here is forged: each file was made, and signed, by
the system itself.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from csvgen.canonical import canonical_json, digest
from csvgen.clock import SystemClock
from csvgen.crypto.trust import trust_at
from csvgen.model.verification import Outcome
from csvgen.pipeline.core import Core
from csvgen.pipeline.instance import Settings
from csvgen.verification.outside import NOTHING
from csvgen.verification.verify import verify

from ..pipeline.conftest import Lab
from .instances import Content, Thief, checked, failed, worked

CERTIFICATES, FIXED = "certificates say what was released", "audit trail still has the head each signature names"
PRODUCTS, WHOLE = "outputs of the runs are there, unchanged", "run records agree with themselves"
AGAIN, GIVEN = "results come out again from the same inputs", "results of the lots are those their runs gave"
FIRST, SECOND = "COA-0001", "COA-0002"


def two_lots(lab: Lab) -> None:
    """L-2 was released first, and nobody signed anything after the certificate of L-1; L-2's was corrected."""
    for lot, signal in (("L-2", "1.004"), ("L-1", "0.996")):
        lab.ingest(lot, lab.plate(signal), product=f"Product of {lot}")
        lab.process(lot)
        lab.sign(lot, "reviewed", "reviewer")
        if lot == "L-1":
            lab.app.certificates.correct_certificate(
                lab.session("quality"), "L-2", "grade A", "remark asked for", lab.user("quality"), lab.password("quality")
            )
        lab.sign(lot, "released", "quality")


@pytest.fixture(scope="module")
def made(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return worked(shared, tmp_path_factory.mktemp("swapped"), Settings(), two_lots)


@pytest.fixture
def base(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "copy"))


def versions(thief: Thief, certificate: str) -> list[Content]:
    """Every revision, oldest first."""
    with closing(Core(thief.home, SystemClock())) as core:
        return [dict(v.content) for v in core.ledger.versions("certificate", certificate)]


def in_record(certificate: str, **fields: object) -> Callable[[Thief], None]:
    return lambda t: t.rewrite("certificate", certificate, lambda c: c.update(fields), rehash=True, with_keys=True)


def test_untouched_it_is_verified(made: Path) -> None:
    found = checked(made)
    assert found, found.bottom_line


def test_the_signed_pdf_of_the_revision_before(base: Path) -> None:
    thief = Thief(base)
    old, new = versions(thief, FIRST)
    assert old["pdf"] != new["pdf"] == thief.content("certificate", FIRST)["pdf"]
    in_record(FIRST, pdf=old["pdf"])(thief)
    words = failed(base)[CERTIFICATES]
    assert f"certificate/{FIRST} revision 2: its PDF is a signed one, and not of these data" in words


def test_the_bytes_of_the_revision_before_in_its_place(base: Path) -> None:
    thief = Thief(base)
    old, new = versions(thief, FIRST)
    thief.overwrite(thief.stored("results", new["pdf"]), thief.stored("results", old["pdf"]).read_bytes())
    assert f"certificate/{FIRST} revision 2, pdf: the stored file was changed" in failed(base)[CERTIFICATES]


def test_both_files_of_the_revision_before(base: Path) -> None:
    thief = Thief(base)
    old, _ = versions(thief, FIRST)
    in_record(FIRST, pdf=old["pdf"], data=old["data"])(thief)
    assert f"it calls itself {FIRST} revision 1" in failed(base)[CERTIFICATES]


def test_what_a_revision_replaces(base: Path) -> None:
    thief = Thief(base)
    in_record(FIRST, replaces=thief.content("certificate", SECOND)["pdf"])(thief)
    assert "what it replaces is not revision 1" in failed(base)[CERTIFICATES]


def test_the_certificate_of_another_lot_by_the_same_signer(base: Path) -> None:
    """The newest one, after which nobody signed: no signature fixes the trail there."""
    thief = Thief(base)
    other = thief.content("certificate", FIRST)
    in_record(SECOND, pdf=other["pdf"])(thief)
    found = failed(base)
    assert f"certificate/{SECOND} revision 1: its PDF is a signed one, and not of these data" in found[CERTIFICATES]
    assert FIXED not in found, "nothing but the certificate itself tells"


def test_data_that_say_more_of_the_lot_than_its_record(base: Path) -> None:
    thief = Thief(base)
    kept = thief.content("certificate", SECOND)["data"]
    data = json.loads(thief.stored("results", kept).read_bytes())
    data["lot"]["verdict"] = "in specification, twice tested"
    other = canonical_json(data)
    place = thief.stored("results", digest(data))
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(other)
    in_record(SECOND, data=digest(data))(thief)
    words = failed(base)[CERTIFICATES]
    assert "it says another verdict than lot L-1" in words
    assert "its PDF is a signed one, and not of these data" in words


def test_the_pdf_of_the_revision_before_beside_new_data(base: Path, tmp_path: Path) -> None:
    """As handed out, without the instance."""
    thief = Thief(base)
    old, new = versions(thief, FIRST)
    trust = trust_at(base / "trust" / "roots.pem")
    outcomes = []
    for number, revision in enumerate((new, old)):
        folder = tmp_path / str(number)
        folder.mkdir()
        shutil.copy(thief.stored("results", new["data"]), folder / "L-2.json")
        shutil.copy(thief.stored("results", revision["pdf"]), folder / "L-2.pdf")
        found = verify(folder / "L-2.json", trust, NOTHING)
        outcomes.append({c.name: c.outcome for c in found.checks}["it is what the signed PDF beside it stands for"])
    assert outcomes == [Outcome.HOLDS, Outcome.FAILS]


# ------------------------------------------------------------ products of two lots


def values(thief: Thief, run: str) -> str:
    return str(thief.content("run", run)["products"]["potency-values"])


def test_the_outputs_of_two_lots_on_disk(base: Path) -> None:
    thief = Thief(base)
    one, two = (thief.stored("results", values(thief, run)) for run in ("RUN-0001", "RUN-0002"))
    first, second = one.read_bytes(), two.read_bytes()
    assert first != second
    thief.overwrite(one, second)
    thief.overwrite(two, first)
    found = failed(base)
    assert "RUN-0001 potency-values: the stored file was changed" in found[PRODUCTS]
    assert "RUN-0002 potency-values: the stored file was changed" in found[PRODUCTS]


def test_the_outputs_of_two_lots_in_run_records_and_lots(base: Path) -> None:
    """Runs, lots, trail and anchor made to fit: each lot has the result of the other, and every file is whole."""
    thief = Thief(base)
    one, two = values(thief, "RUN-0001"), values(thief, "RUN-0002")
    tests = {lot: thief.content("lot", lot)["tests"] for lot in ("L-1", "L-2")}

    def product(sha256: str) -> Callable[[Content], None]:
        def change(content: Content) -> None:
            content["products"]["potency-values"] = sha256
            for step in content["steps"]:
                if "potency-values" in step["outputs"]:
                    step["outputs"]["potency-values"] = sha256
            content["outputs"] = digest({"potency-values": sha256})

        return change

    thief.rewrite("run", "RUN-0001", product(two), rehash=True)
    thief.rewrite("run", "RUN-0002", product(one), rehash=True)
    for lot, other in (("L-1", "L-2"), ("L-2", "L-1")):
        run = tests[lot][0]["run"]
        new = [t | {"run": run} for t in tests[other]]
        thief.rewrite("lot", lot, lambda c, new=new: c.update(tests=new), rehash=True, with_keys=True)
    found = failed(base)
    assert "RUN-0001: potency-values comes out as" in found[AGAIN]
    assert "RUN-0002: potency-values comes out as" in found[AGAIN]
    assert {CERTIFICATES, FIXED} <= found.keys()
    assert PRODUCTS not in found


def test_the_runs_of_two_lots(base: Path) -> None:
    thief = Thief(base)
    for run, lot in (("RUN-0001", "L-1"), ("RUN-0002", "L-2")):
        thief.rewrite("run", run, lambda c, lot=lot: c.update(subject=f"lot/{lot}"), rehash=True, with_keys=True)
    assert "is about lot/L-" in failed(base)[GIVEN]


def test_what_two_lots_are_called(base: Path) -> None:
    """The product a file was said to be of, exchanged between them in the registry."""
    thief = Thief(base)
    for lot, other in (("L-1", "L-2"), ("L-2", "L-1")):
        name = f"Product of {other}"
        thief.rewrite("file", f"{lot}:plate.csv", lambda c, n=name: c["metadata"].update(product=n), rehash=True, with_keys=True)
    assert FIXED in failed(base)
