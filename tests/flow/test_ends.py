"""How the way of a revision ends: declined, withdrawn, void by a change, superseded. Each stays visible for ever."""

from __future__ import annotations

import json

import pytest

from csvgen.errors import Refused
from csvgen.signature import pdf, word
from csvgen.workflow import gates, telling
from csvgen.workflow.finding import Query, find
from csvgen.workflow.signing import SigningDesk, waiting
from csvgen.workflow.voiding import note_void

from ..tiny import OPERATOR, SYSTEM
from .test_desk import Seat, footprint


@pytest.fixture
def project(tiny):
    made = tiny("founded")
    made.report("urs")
    return made


def words(project, document: str) -> str:
    return telling.standing_word(project.state, project.state.latest(document))


def folder(project, document: str, revision: int = 1):
    return project.root / "output" / SYSTEM / "documents" / document / f"r{revision}"


def events(project, action: str) -> list:
    return [e for e in project.ledger.events() if e.action == action]


def facts(event) -> dict[str, str]:
    return {c.field: c.new for c in event.changes}


def edit(project, old: str, new: str) -> None:
    path = project.root / "requirements_specs" / SYSTEM / "urs" / "urs.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


# ------------------------------------------------------------ declined


def test_declined_record_stops_and_says_so_everywhere(project):
    project.sign("mara.ivens", "TNY-URS")
    made = Seat(project, "oskar.lindqvist").sign(
        "TNY-URS", meaning="declined", reason_code="incorrect", reason="the limit is wrong"
    )
    assert (made.record.meaning, made.record.number, made.record.why) == ("declined", 2, "incorrect: the limit is wrong")
    assert "DECLINED by Oskar Lindqvist" in words(project, "TNY-URS")
    assert "incorrect: the limit is wrong" in words(project, "TNY-URS")
    assert project.state.life(project.state.latest("TNY-URS")) == "declined"
    assert not [w for w in waiting(project.state) if w.document.id == "TNY-URS"], "nobody is asked any more"
    (event,) = events(project, "decline")
    assert (event.person, event.record, event.reason) == ("oskar.lindqvist", "TNY-URS r1", "the limit is wrong")
    with pytest.raises(StopIteration):
        Seat(project, "ruth.amsel").sign("TNY-URS")
    files = folder(project, "TNY-URS")
    in_pdf = [s for s in pdf.inspect((files / "TNY-URS-r1.pdf").read_bytes(), project.state.trust).signatures if not s.is_seal]
    in_word = word.inspect((files / "TNY-URS-r1.docx").read_bytes(), project.state.trust).signatures
    assert "declined" in in_pdf[1].reason
    assert in_word[1].meaning == "declined"


def test_after_a_decline_a_new_revision_begins_the_route_anew(project):
    Seat(project, "mara.ivens").sign("TNY-URS", meaning="declined", reason_code="unclear", reason="read it aloud")
    project.report("urs")
    newest = project.state.latest("TNY-URS")
    assert (newest.document.revision, newest.done, newest.ended) == (2, frozenset(), "")
    first = next(a for a in project.state.approvals if a.document.id == "TNY-URS" and a.document.revision == 1)
    assert first.ended == "declined", "it stays what it was"
    rows = telling.history(project.state, "TNY-URS", 3, newest.document.composed)
    assert "declined by Mara Ivens (fictitious): unclear: read it aloud" in rows[0][2]


def test_only_who_is_asked_declines(project):
    before = footprint(project)
    with pytest.raises(Refused, match="does not hold the role"):
        Seat(project, "oskar.lindqvist").sign("TNY-URS", meaning="declined", reason_code="incorrect")
    assert footprint(project) == before


# ------------------------------------------------------------ withdrawn


def withdraw(project, person: str, document: str, **changed: str):
    seat = Seat(project, person)
    act = project.act(person, "withdrawn", **{"reason_code": "made-in-error", **changed})
    return SigningDesk(seat.state, seat.directory, project.clock).withdraw(seat.session, document, act)


def test_withdrawn_revision_is_signed_off_with_a_reason_and_can_be_followed(project):
    withdraw(project, "mara.ivens", "TNY-URS", reason="wrong template")
    assert words(project, "TNY-URS").startswith("WITHDRAWN by Mara Ivens (fictitious) (validation-lead)")
    assert not [w for w in waiting(project.state) if w.document.id == "TNY-URS"]
    (event,) = events(project, "withdraw")
    assert (event.person, event.reason, facts(event)["life"]) == ("mara.ivens", "wrong template", "in review -> withdrawn")
    (hit,) = find(project.state, Query(id="TNY-URS", kind="signature"))
    assert hit.title == "Mara Ivens (fictitious), withdrawn", "who asks what a person signed learns of this signature too"
    assert (project.root / hit.where).is_file()
    with pytest.raises(Refused, match="cannot become withdrawn") as refusal:
        withdraw(project, "mara.ivens", "TNY-URS")
    assert refusal.value.rule == "RR-F01"
    project.report("urs")
    assert project.state.latest("TNY-URS").document.revision == 2


def test_withdrawal_takes_the_right_the_components_and_a_reason(project):
    before = footprint(project)
    for person, changed in (
        ("mara.ivens", {"password": "wrong wrong wrong"}),
        ("mara.ivens", {"reason_code": "incorrect"}),
        ("mara.ivens", {"reason": "."}),
        ("oskar.lindqvist", {}),
        ("pavel.broz", {}),
    ):
        with pytest.raises(Refused):
            withdraw(project, person, "TNY-URS", **changed)
    assert footprint(project) == before


def test_issued_order_that_is_withdrawn_is_not_executed_and_is_reconciled(tiny):
    """RR-K03: issued = executed + withdrawn."""
    project = tiny("approved")
    project.order("IQ")
    assert project.state.life(project.state.latest("TNY-XO-IQ-001")) == "issued"
    withdraw(project, "nadia.corso", "TNY-XO-IQ-001", reason="the instance was not ready")
    with pytest.raises(Refused, match="was withdrawn"):
        project.run("IQ")
    project.order("IQ")
    project.configure("failures_to_lock", "3")
    project.run("IQ")
    rows = telling.copies(project.state, "IQ")
    assert [(copy, fate, run) for copy, _, fate, run in rows] == [
        ("TNY-XO-IQ-001 r1", "withdrawn", "none"), ("TNY-XO-IQ-001 r2", "executed", "IQ-001"),
    ]  # fmt: skip
    project.review("IQ-001")
    project.report("iq-report")
    said = project.state.latest("TNY-IQR")
    assert said is not None
    assert "2 issued = 1 executed + 1 withdrawn" in text_of(folder(project, "TNY-IQR") / "TNY-IQR-r1.pdf")


def text_of(path) -> str:
    import subprocess

    done = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, text=True, check=True)
    return " ".join(done.stdout.split())


def test_report_waits_while_an_issued_copy_is_neither_executed_nor_withdrawn(tiny):
    project = tiny("iq-failed")
    (case,) = [o.case for o in project.state.opened]
    project.dispose("DEV-001", retest=[case])
    project.order("IQ", case)
    project.review("IQ-001")
    assert gates.may_compose(project.state, "iq-report") == "issued, and neither executed nor withdrawn: TNY-XO-IQ-002 r1"
    withdraw(project, "nadia.corso", "TNY-XO-IQ-002")
    assert gates.may_compose(project.state, "iq-report") == ""


# ------------------------------------------------------------ void


def approve(project) -> None:
    project.sign_all("mara.ivens", "oskar.lindqvist", "ruth.amsel")
    assert project.state.approved("urs")


def test_change_after_signing_voids_visibly_and_names_each_field(project):
    """RR-L05: with what was signed and what is there now; the trail tells of it once."""
    approve(project)
    edit(project, "The second file shall say 2.", "The second file shall say 3.")
    state = project.state
    assert words(project, "TNY-URS").startswith("VOID: signed by 3, and changed since")
    (changed,) = [c for c in state.void(state.latest("TNY-URS")) if "statement" in c.path and c.path.startswith("urs/")]
    assert (changed.path, changed.old, changed.new) == (
        "urs/URS-TNY-003/statement", "The second file shall say 2.", "The second file shall say 3.",
    )  # fmt: skip
    lines = telling.signature_words(state, state.latest("TNY-URS"))
    assert len(lines) == 3
    assert all(line.startswith("VOID (the record was changed afterwards): ") for line in lines)
    assert not state.approved("urs")
    assert note_void(state, project.ledger, OPERATOR) == ("TNY-URS r1",)
    assert note_void(state, project.ledger, OPERATOR) == (), "once for each state it is void by"
    project.report("urs")
    (event,) = events(project, "void")
    assert event.record == "TNY-URS r1"
    assert "The second file shall say 3." in facts(event)["changed urs/URS-TNY-003/statement"]
    rows = telling.history(project.state, "TNY-URS", 2, event.at)
    assert "approved" in rows[0][2]


def test_new_revision_says_what_changed_and_the_old_one_is_superseded_and_kept(project):
    """RR-K01, RR-K02: the earlier revision stays retrievable, under the signatures it had."""
    approve(project)
    before = {p.name: p.read_bytes() for p in folder(project, "TNY-URS").iterdir()}
    edit(project, "The second file shall say 2.", "The second file shall say 3.")
    project.report("urs")
    first = next(a for a in project.state.approvals if a.document.id == "TNY-URS")
    assert telling.standing_word(project.state, first) == "superseded by r2 (3 of 3 signatures)"
    assert project.state.life(first) == "approved", "superseded only by an approved later revision"
    shown = text_of(folder(project, "TNY-URS", 2) / "TNY-URS-r2.pdf")
    assert "urs/URS-TNY-003/statement: 'The second file shall say 2.' -> 'The second file shall say 3.'" in shown
    approve(project)
    assert project.state.life(first) == "superseded"
    assert {p.name: p.read_bytes() for p in folder(project, "TNY-URS").iterdir()} == before
    assert first.standing(project.state.trust).approved, "what it says is still what was signed"


def test_nobody_signs_a_void_record_further(project):
    project.sign("mara.ivens", "TNY-URS")
    edit(project, "The second file shall say 2.", "The second file shall say 3.")
    seat = Seat(project, "oskar.lindqvist")
    with pytest.raises(Refused, match="compose a new revision"):
        seat.sign("TNY-URS")
    assert words(project, "TNY-URS").startswith("VOID")


def test_signature_tampered_with_is_shown_as_invalid_everywhere_we_list_it(project):
    """RR-M07: on the terminal, as data, and in a document composed from the record."""
    approve(project)
    path = next((project.root / "protocols" / SYSTEM / "approvals" / "TNY-URS" / "r1").glob("02-*.json"))
    path.write_bytes(path.read_bytes().replace(b'"reviewed"', b'"approved"', 1))
    state = project.state
    approval = state.latest("TNY-URS")
    assert words(project, "TNY-URS") == "INVALID: 1 signature cannot be verified"
    assert any(line.startswith("INVALID signature 02-oskar.lindqvist") for line in telling.signature_words(state, approval))
    rows = telling.told(state, approval)["signatures"]
    assert [r["status"] for r in rows if r["printed_name"].startswith("Oskar")] == ["INVALID"]
    assert len(rows) == 3, "it is shown, not left out"
    (reference,) = [r for r in telling.references(state, ("urs",)) if r.id == "TNY-URS"]
    assert reference.approved.startswith("not approved: INVALID")
    assert json.dumps(rows)


# ------------------------------------------------------------ separation across records


def test_who_took_part_in_an_execution_neither_reviews_nor_approves_it(tiny):
    """RR-G02: even with the role, the training, and no pair configured."""
    project = tiny("iq-failed")
    account = project.directory.account("nadia.corso")
    training = (*account.training, account.training[0].model_copy(update={"role": "reviewer"}))
    changed = account.model_copy(update={"roles": ("tester", "reviewer"), "training": training})
    with project.ledger.change(OPERATOR, "two hats") as change:
        change.put("account", account.id, changed.model_dump())
    project.publisher().run_record("IQ-001")
    account = project.directory.account("tomas.feld")
    with project.ledger.change(OPERATOR, "stands in") as change:
        stands_in = (*account.training, account.training[0].model_copy(update={"role": "tester"}))
        change.put(
            "account",
            account.id,
            account.model_copy(update={"roles": (*account.roles, "tester"), "training": stands_in}).model_dump(),
        )
    project.sign("tomas.feld", "TNY-RUN-IQ-001")
    with pytest.raises(Refused, match="took part in the execution") as refusal:
        Seat(project, "nadia.corso").sign("TNY-RUN-IQ-001")
    assert refusal.value.rule == "RR-G02"
    assert "Pavel Broz" in refusal.value.hint


# ------------------------------------------------------------ copies for reading


def pages_of(path) -> list[str]:
    import subprocess

    done = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, text=True, check=True)
    return [" ".join(page.split()) for page in done.stdout.split("\f")[:-1]]


def test_copy_of_a_superseded_revision_says_so_on_every_page_and_the_original_stays_valid(project, tmp_path):
    """RR-K01: the mark is on the copy; one byte more in the original would break its signatures."""
    approve(project)
    edit(project, "The second file shall say 2.", "The second file shall say 3.")
    void = telling.reading_copy(project.state, project.state.latest("TNY-URS"))
    project.report("urs")
    first = next(a for a in project.state.approvals if a.document.id == "TNY-URS")
    original = folder(project, "TNY-URS") / "TNY-URS-r1.pdf"
    before = original.read_bytes()
    for name, data, mark in (("void", void, "VOID"), ("old", telling.reading_copy(project.state, first), "SUPERSEDED")):
        path = tmp_path / f"{name}.pdf"
        path.write_bytes(data)
        assert pages_of(path)
        assert all(f"{mark} - copy for reading of TNY-URS-r1.pdf" in page for page in pages_of(path))
        assert "Ruth Amsel (fictitious)" in " ".join(pages_of(path)), "the manifestations are still there to be read"
        assert pdf.inspect(data, project.state.trust).signatures == (), "a copy carries no signature"
    assert original.read_bytes() == before
    assert not pdf.inspect(before, project.state.trust).faults


# ------------------------------------------------------------ the workbook


def test_workbook_of_the_matrix_is_signed_by_the_signers_of_its_report(tiny):
    """A rendition of the report that prints the matrix: bound by the record, signed at the same moments, by the same keys."""
    from csvgen.signature import excel

    project = tiny("iq-closed")
    (path,) = folder(project, "TNY-IQR").glob("*-matrix.xlsx")
    approval = project.state.latest("TNY-IQR")
    found = excel.inspect(path.read_bytes(), project.state.trust)
    assert not found.faults
    assert [(str(s.fingerprint), s.trusted) for s in found.signatures] == [
        (str(s.record.certificate), True) for s in approval.signatures
    ]  # fmt: skip
    (rendition,) = [r for r in approval.document.renditions if r.file == path.name]
    assert excel.without_signatures(path.read_bytes()) == rendition.sha256
    assert not rendition.official


def test_changed_workbook_is_not_signed(tiny):
    from csvgen.errors import NotIntact
    from csvgen.report.excel import draw

    project = tiny("iq-closed")
    path = project.root / "requirements_specs" / SYSTEM / "risk" / "risk.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("It goes wrong", "It goes badly wrong"), encoding="utf-8")
    project.report("iq-report") if not project.state.current(project.state.latest("TNY-IQR")) else None
    withdraw(project, "mara.ivens", "TNY-IQR")
    project.report("iq-report")
    newest = project.state.latest("TNY-IQR").document
    (book,) = folder(project, "TNY-IQR", newest.revision).glob("*-matrix.xlsx")
    book.write_bytes(draw(project.state.matrix, title="Another", document_id="TNY-IQR", made_by="x"))
    with pytest.raises(NotIntact, match="nobody may sign it"):
        Seat(project, "mara.ivens").sign("TNY-IQR")


def test_document_that_nobody_could_sign_is_not_published(project):
    """A site's own reference document with hidden text: said when it is composed, and nothing is written."""
    import docx

    from ..tiny import REPOSITORY

    place = project.root / "templates" / "reference.docx"
    place.parent.mkdir(exist_ok=True)
    reference = docx.Document(str(REPOSITORY / "templates" / "reference.docx"))
    hidden = reference.sections[0].header.paragraphs[0].add_run("approved in advance")
    hidden.font.hidden = True
    reference.save(str(place))
    before = footprint(project)
    with pytest.raises(Refused, match="nobody could sign the Word file"):
        project.report("plan")
    assert footprint(project) == before
