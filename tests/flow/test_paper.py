"""Signatures by hand: a scan, the place of the paper, a second person's comparison; never an electronic signature (RR-L07)."""

from __future__ import annotations

import pytest

from csvgen.canonical import digest_bytes
from csvgen.clock import stored
from csvgen.errors import BadInput, Refused
from csvgen.workflow import telling
from csvgen.workflow.paper import register
from csvgen.workflow.signing import for_person

from ..tiny import SYSTEM, Tiny, make_project, specification
from .test_desk import Seat, footprint
from .test_ends import text_of

SCAN = b"\x89PNG\r\n\x1a\n" + b"a page with ink on it"


@pytest.fixture(scope="module")
def founded(tmp_path_factory):
    """A project whose second station of the requirements signs on paper."""
    from ..tiny import cheap_secrets

    files = specification()
    files["protocol.yaml"]["routes"]["urs"]["stations"][1]["by"] = "paper"
    made = Tiny(make_project(tmp_path_factory.mktemp("paper") / "project", files))
    with cheap_secrets():
        made.found()
        made.report("urs")
    return made


@pytest.fixture
def project(founded, tmp_path):
    from ..tiny import cheap_secrets

    with cheap_secrets():
        yield founded.copy(tmp_path / "project")


def registered(project, scan: bytes = SCAN, by: str = "mara.ivens", **changed: str):
    values = {
        "printed_name": "Oskar Lindqvist",
        "dated": "2026-11-21 09:15 +01:00",
        "original": "Archive, binder 12, page 3",
        **changed,
    }
    return register(
        project.publisher(), "TNY-URS", scan, registrar=project.directory.account(by), now=stored(project.clock.now()), where="scan.png",
        **values,
    )  # fmt: skip


def words(project) -> list[str]:
    return [w for w in telling.signature_words(project.state, project.state.latest("TNY-URS")) if w.startswith("handwritten")]


def test_page_has_a_blank_row_for_the_pen_and_no_field_for_a_key(project):
    from csvgen.signature import pdf

    path = project.root / "output" / SYSTEM / "documents" / "TNY-URS" / "r1" / "TNY-URS-r1.pdf"
    assert "By hand, on a printed copy" in text_of(path)
    project.sign("mara.ivens", "TNY-URS")
    with pytest.raises(Refused, match="no signature field"):
        pdf.sign(
            path.read_bytes(),
            project.credential("oskar.lindqvist"),
            field="signature-2",
            manifestation=_shown(project),
            moment=project.clock.now(),
        )


def _shown(project):
    from csvgen.signature.manifestation import Manifestation

    now = project.clock.now()
    return Manifestation(
        printed_name="Oskar Lindqvist (fictitious)", role="process-owner", meaning="reviewed", reason="x", signed=stored(now),
        record_id="TNY-URS", revision=1, record_digest=digest_bytes(b"x"), demonstration=True,
    )  # fmt: skip


def test_way_of_a_signature_by_hand(project):
    project.sign("mara.ivens", "TNY-URS")
    made = registered(project)
    (line,) = words(project)
    assert line.startswith("handwritten on paper: reviewed by Oskar Lindqvist (process-owner), dated 2026-11-21 09:15 +01:00, ")
    assert line.endswith(f"scan {digest_bytes(SCAN)}, original at Archive, binder 12, page 3, true copy NOT YET VERIFIED")
    waits = project.state.latest("TNY-URS")
    assert (waits.awaiting.number, waits.done) == (2, {1}), "a scan alone does nothing"
    project.sign("ruth.amsel", made.id)
    (line,) = words(project)
    assert "true copy verified by Ruth Amsel (fictitious) (quality)" in line
    approval = project.state.latest("TNY-URS")
    assert approval.done == {1, 2}
    assert len(approval.signatures) == 1, "it never counts as an electronic signature"
    assert not any(s.record.person == "oskar.lindqvist" for a in project.state.approvals for s in a.signatures)
    project.sign("ruth.amsel", "TNY-URS")
    assert project.state.approved("urs")
    assert not [e for e in project.ledger.events() if e.action == "sign" and e.person == "oskar.lindqvist"]


def test_station_on_paper_takes_no_electronic_signature(project):
    project.sign("mara.ivens", "TNY-URS")
    with pytest.raises(Refused, match="on paper") as refusal:
        Seat(project, "oskar.lindqvist").sign("TNY-URS")
    assert refusal.value.rule == "RR-L07"
    state = project.state
    assert not for_person(state, project.directory.account("oskar.lindqvist"), stored(project.clock.now()))


def test_picture_at_an_electronic_station_is_refused(project):
    """The first station signs electronically: a scan is not taken for it, whoever offers it."""
    before = footprint(project)
    with pytest.raises(Refused, match="a picture is never one") as refusal:
        registered(project, printed_name="Mara Ivens")
    assert refusal.value.rule == "RR-L07"
    assert footprint(project) == before


@pytest.mark.parametrize("scan", [b"", b"GIF89a...", b"<svg/>", b"PK\x03\x04"])
def test_scan_is_a_page_and_nothing_else(project, scan):
    project.sign("mara.ivens", "TNY-URS")
    with pytest.raises(BadInput, match="a scan is a PDF"):
        registered(project, scan)


def test_copy_is_verified_by_a_second_person(project):
    """Neither by who registered it nor by who is said to have signed it."""
    project.sign("mara.ivens", "TNY-URS")
    made = registered(project, by="ruth.amsel")
    with pytest.raises(Refused, match="a second person compares it") as refusal:
        Seat(project, "ruth.amsel").sign(made.id)
    assert refusal.value.rule == "RR-L07"
    account = project.directory.account("ruth.amsel")
    made = registered(project, printed_name=account.printed_name)
    with pytest.raises(Refused, match="another person compares"):
        Seat(project, "ruth.amsel").sign(made.id)


def test_hand_that_signed_what_is_kept_apart_is_refused(project):
    project.sign("mara.ivens", "TNY-URS")
    with pytest.raises(Refused, match="may not sign it as reviewed"):
        registered(project, printed_name=project.directory.account("mara.ivens").printed_name)


@pytest.mark.parametrize("change", ["other scan", "no scan", "other words"])
def test_changed_scan_or_record_undoes_the_station(project, change):
    project.sign("mara.ivens", "TNY-URS")
    made = registered(project)
    project.sign("ruth.amsel", made.id)
    folder = project.root / "protocols" / SYSTEM / "approvals" / made.id / "r1"
    if change == "other scan":
        (folder / "scan-2.png").write_bytes(SCAN + b"!")
    elif change == "no scan":
        (folder / "scan-2.png").unlink()
    else:
        path = folder / "content.json"
        path.write_bytes(path.read_bytes().replace(b"binder 12", b"binder 13"))
    assert project.state.latest("TNY-URS").done == {1}
    assert not project.state.approved("urs")


def test_scan_belongs_to_the_revision_it_was_made_of(project):
    project.sign("mara.ivens", "TNY-URS")
    project.sign("ruth.amsel", registered(project).id)
    path = project.root / "requirements_specs" / SYSTEM / "urs" / "urs.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("shall say 2.", "shall say 3."), encoding="utf-8")
    project.report("urs")
    project.sign("mara.ivens", "TNY-URS")
    assert project.state.latest("TNY-URS").done == {1}
