"""Certificates of analysis: from the record, one for each release, readable and signed, corrected only by a revision."""

from __future__ import annotations

import hashlib
import json
import subprocess
from pathlib import Path

import pytest

from csvgen.clock import shown
from csvgen.crypto.trust import Trust
from csvgen.errors import CsvgenError, NotIntact, Refused
from csvgen.pipeline import certificate_pages
from csvgen.signature.pdf import inspect


def released(lab, lot: str = "L-1", signal: str = "0.9996"):
    lab.processed(lot, signal)
    lab.sign(lot, "reviewed", "reviewer")
    return lab.sign(lot, "released", "quality", reason="all in order")


def certificate(lab, lot: str = "L-1", who: str = "quality"):
    return lab.app.certificates.certificate(lab.session(who), lot)


def correct(
    lab, remark: str = "Storage was printed wrongly: 5 C.", reason: str = "misprint", who: str = "quality", lot: str = "L-1"
):
    return lab.app.certificates.correct_certificate(lab.session(who), lot, remark, reason, lab.user(who), lab.password(who))


def text(pdf: bytes, folder: Path, *options: str) -> str:
    (folder / "c.pdf").write_bytes(pdf)
    done = subprocess.run(["pdftotext", "-layout", *options, "c.pdf", "-"], cwd=folder, capture_output=True, check=True)
    return done.stdout.decode()


def digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def fields(lab, number: str = "COA-0001") -> dict[str, str]:
    return dict(lab.app.records.read(lab.session("auditor"), f"certificate/{number}").fields)


# ------------------------------------------------------------------ what it says


def test_a_release_gives_a_certificate_of_what_is_on_record(lab, tmp_path: Path) -> None:
    outcome = released(lab)
    assert outcome.message == "lot L-1 signed as released; certificate COA-0001 issued"
    copy = certificate(lab)
    data = json.loads(copy.electronic)
    (result,) = data["results"]
    view = lab.view("L-1")
    assert (result["reported"], result["unrounded"], result["limit"], result["verdict"], result["run"]) == (
        view.tests[0].reported, view.tests[0].unrounded, "95.0 to 105.0 %", "in specification", "RUN-0001",
    )  # fmt: skip
    run = view.run_record
    assert (data["runs"][0]["outputs"], data["runs"][0]["code"], data["runs"][0]["artifact"]) == (
        run["outputs"], run["code"], run["artifact"],
    )  # fmt: skip
    assert data["files"]["plate.csv"]["sha256"] == view.files["plate.csv"]
    signatures = lab.app.decisions.signatures(lab.session("auditor"), "L-1")
    assert [(s["printed_name"], s["signed"], s["meaning"], s["status"]) for s in data["signatures"]] == [
        (s.printed_name, s.at, s.meaning, "valid") for s in signatures
    ]
    page = " ".join(text(copy.human, tmp_path).split())
    for words in (
        "Certificate of analysis", "COA-0001", "RELEASED", "L-1", "LIN-01 version 1", "95.0 to 105.0 %", result["unrounded"],
        "100.0 %", "in specification", "RUN-0001", *(shown(s.at) for s in signatures), *(s.printed_name for s in signatures),
        "reviewed: I read this record", "released: I approve this lot", "DEMONSTRATION",
    ):  # fmt: skip
        assert words in page, words


def test_what_came_before_the_result_is_not_left_out(lab, tmp_path: Path) -> None:
    lab.processed("L-1", "0.900")
    lab.app.investigations.investigate(
        lab.session("reviewer"),
        "INV-0001",
        "laboratory investigation",
        "weighed out anew",
        "pipette out of order",
        ("logbook 41",),
    )
    lab.app.investigations.invalidate(
        lab.session("quality"), "INV-0001", "1", "established", lab.user("quality"), lab.password("quality")
    )
    lab.ingest("L-1", lab.plate("1.000"), "retest.csv", who="analyst-2")
    lab.process("L-1", "analyst-2")
    lab.sign("L-1", "reviewed", "reviewer")
    lab.sign("L-1", "released", "quality")
    copy = certificate(lab)
    data = json.loads(copy.electronic)
    assert [w["value"]["reported"] for w in data["withdrawn"]] == ["90.0"]
    assert [r["name"] for r in data["results"]] == ["potency, retest 1 of 1"]
    assert [r["id"] for r in data["runs"]] == ["RUN-0001", "RUN-0002"]
    page = " ".join(text(copy.human, tmp_path).split())
    for words in ("Results that do not count, and why", "90.0 %", "assignable cause: pipette out of order", "INV-0001"):
        assert words in page, words


def test_the_trail_names_the_digests_of_both_files(lab) -> None:
    released(lab)
    copy, record = certificate(lab), fields(lab)
    assert (record["pdf"], record["data"]) == (digest(copy.human), digest(copy.electronic))
    (event,) = lab.events("certify")[:1]
    told = {e.field: e.new for e in lab.events("certify")}
    assert (event.record, told["pdf"], told["data"]) == ("certificate/COA-0001", record["pdf"], record["data"])


def test_the_pdf_can_be_judged_without_the_system(lab, tmp_path: Path) -> None:
    released(lab)
    pdf = certificate(lab).human
    found = inspect(pdf, Trust((lab.app._core.keys.root,)))
    (signature,) = found.signatures
    assert (signature.printed_name, signature.intact, signature.valid, signature.trusted) == (
        "Validation Quality",
        True,
        True,
        True,
    )
    (tmp_path / "c.pdf").write_bytes(pdf)
    told = subprocess.run(["pdfsig", "-nocert", "c.pdf"], cwd=tmp_path, capture_output=True, text=True, check=False).stdout
    assert "Signature is Valid" in told
    assert "Total document signed" in told
    subprocess.run(["qpdf", "--check", "c.pdf"], cwd=tmp_path, capture_output=True, check=True)


def test_a_changed_word_is_seen(lab) -> None:
    released(lab)
    pdf = bytearray(certificate(lab).human)
    pdf[len(pdf) // 3] ^= 1
    (signature,) = inspect(bytes(pdf), Trust((lab.app._core.keys.root,))).signatures or (None,)
    assert signature is None or not signature.intact


def test_the_same_data_give_the_same_pages(lab) -> None:
    released(lab)
    data = json.loads(certificate(lab).electronic)
    assert certificate_pages.draw(data) == certificate_pages.draw(data)
    other = data | {"results": [data["results"][0] | {"reported": "99.9"}]}
    assert certificate_pages.draw(other) != certificate_pages.draw(data)


def test_hostile_words_are_words(lab, tmp_path: Path) -> None:
    lab.processed("L-1")
    lab.app.records.change(lab.session("analyst"), "L-1", "storage", "<b>5 &amp; 8</b> =1+1", "label")
    lab.sign("L-1", "reviewed", "reviewer")
    lab.sign("L-1", "released", "quality")
    assert "<b>5 &amp; 8</b> =1+1" in text(certificate(lab).human, tmp_path)


# ------------------------------------------------------------------ one for each release


@pytest.mark.parametrize("state", ["registered", "processed", "reviewed", "rejected"])
def test_a_lot_that_is_not_released_has_none(lab, state: str) -> None:
    lab.bring("L-1", state)
    for ask in (lab.app.certificates.certificate, lab.app.certificates.certificate_copy):
        with pytest.raises(Refused, match="lot L-1 is not released: it has no certificate of analysis"):
            ask(lab.session("quality"), "L-1")
    assert lab.app._core.ledger.all("certificate") == ()


def test_each_release_has_a_number_of_its_own(lab) -> None:
    assert [released(lab, lot, signal).facts["certificate"] for lot, signal in (("L-1", "1.000"), ("L-2", "1.001"))] == [
        "COA-0001", "COA-0002",
    ]  # fmt: skip
    assert json.loads(certificate(lab, "L-2").electronic)["lot"]["lot"] == "L-2"


def test_without_a_certificate_there_is_no_release(lab, monkeypatch: pytest.MonkeyPatch) -> None:
    lab.bring("L-1", "reviewed")

    def broken(_content: object) -> bytes:
        raise NotIntact("the page cannot be drawn")

    monkeypatch.setattr(certificate_pages, "draw", broken)
    before = {p for p in (lab.home / "results").rglob("*") if p.is_file()}
    with pytest.raises(NotIntact):
        lab.sign("L-1", "released", "quality")
    assert lab.view("L-1").state == "reviewed"
    assert [s.meaning for s in lab.app.decisions.signatures(lab.session("auditor"), "L-1")] == ["reviewed"]
    assert {p for p in (lab.home / "results").rglob("*") if p.is_file()} == before
    monkeypatch.undo()
    assert lab.sign("L-1", "released", "quality").facts["certificate"] == "COA-0001"


# ------------------------------------------------------------------ drafts, copies


def test_a_draft_says_so_on_every_page_and_cannot_be_signed(lab, tmp_path: Path) -> None:
    lab.bring("L-1", "reviewed")
    draft = lab.app.certificates.certificate_draft(lab.session("quality"), "L-1").human
    pages = text(draft, tmp_path).split("\f")[:-1]
    assert len(pages) > 1
    assert all("DRAFT - this lot is not released, and this is no certificate of analysis" in " ".join(p.split()) for p in pages)
    assert "COA-" not in "".join(pages)
    assert "is the official rendition" not in " ".join("".join(pages).split())
    assert inspect(draft, Trust.none).signatures == ()
    assert b"/FT /Sig" not in draft
    lab.sign("L-1", "released", "quality")
    with pytest.raises(Refused, match="lot L-1 is released and has a certificate"):
        lab.app.certificates.certificate_draft(lab.session("quality"), "L-1")


def test_a_copy_is_marked_on_every_page(lab, tmp_path: Path) -> None:
    released(lab)
    copy = lab.app.certificates.certificate_copy(lab.session("auditor"), "L-1").human
    pages = text(copy, tmp_path).split("\f")[:-1]
    assert all("UNSIGNED COPY. 1 signature in the original: valid" in " ".join(p.split()) for p in pages)
    assert inspect(copy, Trust.none).signatures == ()
    assert len([e for e in lab.events("copy") if e.record == "certificate/COA-0001"]) >= 1


@pytest.mark.parametrize("file", ["pdf", "data"])
def test_a_file_that_was_changed_is_not_handed_out(lab, file: str) -> None:
    released(lab)
    sha = fields(lab)[file].removeprefix("sha256:")
    path = lab.home / "results" / sha[:2] / sha
    path.chmod(0o600)
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(NotIntact, match="has the digest"):
        certificate(lab)


@pytest.mark.parametrize("who", ["administrator"])
def test_who_may_not_read_one(lab, who: str) -> None:
    released(lab)
    with pytest.raises(Refused, match="may not read a certificate of analysis"):
        certificate(lab, who=who)


# ------------------------------------------------------------------ corrected


def test_a_corrected_certificate_is_a_revision_that_names_the_old(lab, tmp_path: Path) -> None:
    released(lab)
    old = certificate(lab)
    assert correct(lab).message == "COA-0001 revision 2 replaces revision 1"
    new = certificate(lab)
    record = fields(lab)
    assert (record["revision"], record["replaces"], record["reason"]) == ("2", digest(old.human), "misprint")
    page = " ".join(text(new.human, tmp_path).split())
    for words in ("Revision 2", "RELEASED, CORRECTED", "Storage was printed wrongly", "misprint"):
        assert words in page, words
    assert digest(old.human)[:40] in page.replace(" ", "")
    assert json.loads(new.electronic)["results"] == json.loads(old.electronic)["results"], "a correction measures nothing anew"
    versions = lab.app.records.history(lab.session("auditor"), "certificate/COA-0001")
    assert [v.fields["pdf"] for v in versions] == [digest(old.human), digest(new.human)]
    (signature,) = lab.app.decisions.signatures(lab.session("auditor"), "certificate/COA-0001")
    assert (signature.meaning, signature.user_id, signature.valid) == ("corrected", lab.user("quality"), True)
    correct(lab, remark="Again.")
    assert fields(lab)["revision"] == "3"
    assert [s.valid for s in lab.app.decisions.signatures(lab.session("auditor"), "certificate/COA-0001")] == [False, True]


@pytest.mark.parametrize(
    ("remark", "reason", "who", "words"),
    [
        ("x", " - ", "quality", "the reason is missing"),
        ("", "misprint", "quality", "the remark is missing"),
        ("x\u202e", "misprint", "quality", "the remark holds"),
        ("x", "misprint", "analyst", "may not correct a certificate"),
        ("x", "misprint", "reviewer", "may not correct a certificate"),
    ],
)
def test_corrections_that_are_none(lab, remark: str, reason: str, who: str, words: str) -> None:
    released(lab)
    with pytest.raises(CsvgenError, match=words):
        correct(lab, remark, reason, who)
    assert fields(lab)["revision"] == "1"


def test_nothing_to_correct_without_a_certificate(lab) -> None:
    lab.bring("L-1", "reviewed")
    with pytest.raises(Refused, match="it has no certificate of analysis"):
        correct(lab)
