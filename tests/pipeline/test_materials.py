"""Materials: what a lot is a lot of, who says so, and what a certificate names (EU GMP Part II and ICH Q7, 11.4; WHO TRS 1010, annex 4)."""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from csvgen.errors import BadInput, NotIntact, Refused
from csvgen.pipeline import master
from csvgen.pipeline.materials import read_material

from .conftest import Lab

PROTEIN = """id: PROTEIN
name: Example protein
grade: Ph. Eur.
manufacturer: Example Biologics
address: 1 Example Road, Example Town; telephone +00 000 0000
laboratory: Example Laboratory, 2 Example Road
specification: SPEC-0042 version 3
method: LIN-01
period: expiry
months: 24
"""
OTHER = PROTEIN.replace("PROTEIN", "OTHER").replace("Example protein", "Another protein").replace("Biologics", "Chemicals")


@pytest.fixture(scope="module")
def furnished(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A laboratory with two materials in effect, that releases no lot without one."""
    home = Path(shutil.copytree(installed, tmp_path_factory.mktemp("materials") / "instance"))
    lab = Lab(home)
    for document in (PROTEIN, OTHER):
        approved(lab, document)
    setting(lab, "required")
    lab.app.close()
    return home


@pytest.fixture
def home(furnished: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(furnished, tmp_path / "instance"))


def setting(lab, value: str) -> None:
    """As it would have been installed: nobody changes it afterwards."""
    core = lab.app._core
    with core.ledger.change(core.actor(core.admit(lab.session("quality"), "lot")), "as installed") as change:
        change.put("configuration", "material", {"key": "material", "value": value})


def proposed(lab, document: str, who: str = "analyst") -> str:
    told = lab.app.materials.change(lab.session(who), document, "CHG-9", "new customer")
    return told.reference.removeprefix("material-change/")


def approve(lab, change: str, who: str = "quality"):
    return lab.app.materials.approve(lab.session(who), change, "agrees with the register", lab.user(who), lab.password(who))


def approved(lab, document: str):
    return approve(lab, proposed(lab, document))


def made(lab, days: int = 30) -> str:
    return (lab.clock.now().date() - dt.timedelta(days=days)).isoformat()


def described(lab, lot: str, material: str = "PROTEIN", day: str = "", expires: str = "", who: str = "analyst"):
    return lab.app.materials.describe(lab.session(who), lot, material, day or made(lab), expires, "label read again")


def brought(lab, lot: str = "L-1", signal: str = "1.000", **more: str):
    return lab.ingest(lot, lab.plate(signal), material="PROTEIN", manufactured_on=made(lab), **more)


def certificate(lab, lot: str = "L-1"):
    return lab.app.certificates.certificate(lab.session("quality"), lot)


def page(pdf: bytes, folder: Path) -> str:
    (folder / "c.pdf").write_bytes(pdf)
    done = subprocess.run(["pdftotext", "-layout", "c.pdf", "-"], cwd=folder, capture_output=True, check=True)
    return " ".join(done.stdout.decode().split())


def fields(lab, record: str) -> dict[str, str]:
    return dict(lab.app.records.read(lab.session("auditor"), record).fields)


# ------------------------------------------------------------ what a certificate names


def test_a_certificate_names_all_that_11_4_asks_for(lab, tmp_path: Path) -> None:
    brought(lab)
    lab.process("L-1")
    lab.sign("L-1", "reviewed", "reviewer")
    lab.sign("L-1", "released", "quality")
    copy, expires = certificate(lab), read_material(PROTEIN).ends(made(lab))
    data, text = json.loads(copy.electronic), page(copy.human, tmp_path)
    assert (data["material"]["name"], data["material"]["version"]) == ("Example protein", 1)
    assert (data["lot"]["manufactured_on"], data["lot"]["expires_on"]) == (made(lab), expires)
    run, signed = data["runs"][0], data["signatures"][-1]
    for words in (
        "Material Example protein (PROTEIN version 1)", "Grade Ph. Eur.", "Batch L-1",
        "Manufacturer Example Biologics, 1 Example Road, Example Town; telephone +00 000 0000",
        f"Date of manufacture {made(lab)}", f"Expiry date {expires}", "Specification SPEC-0042 version 3",
        "Example Laboratory, 2 Example Road", f"Tests completed {run['ended'][:10]}",
        f"potency 95.0 to 105.0 % 100.0 % in specification {run['ended'][:10]}", f"Date of release {signed['signed'][:10]}",
    ):  # fmt: skip
        assert words in text, words
    assert "not stated" not in text


def test_a_lot_goes_on_with_the_version_it_was_given(lab) -> None:
    brought(lab)
    approved(lab, PROTEIN.replace("version 3", "version 4"))
    lab.process("L-1")
    lab.sign("L-1", "reviewed", "reviewer")
    lab.sign("L-1", "released", "quality")
    assert json.loads(certificate(lab).electronic)["material"]["specification"] == "SPEC-0042 version 3"


def test_where_it_is_not_asked_for_a_certificate_says_that_nothing_is_stated(lab, tmp_path: Path) -> None:
    setting(lab, "not stated")
    lab.bring("L-1", "released")
    text = page(certificate(lab).human, tmp_path)
    for name in ("Material", "Grade", "Manufacturer", "Date of manufacture", "Expiry or retest date", "Specification"):
        assert f"{name} not stated" in text, name


# ------------------------------------------------------------ the gate


def test_a_lot_that_does_not_say_what_it_is_is_not_released(lab) -> None:
    lab.processed("L-1")
    words = "cannot be released: material, manufacturer, day of manufacture and expiry or retest date are not stated"
    with pytest.raises(Refused, match=words):
        lab.sign("L-1", "reviewed", "reviewer")
    (standing,) = lab.app.standing.lots(lab.session("analyst"))
    assert (standing.waits_for, standing.what) == ("analyst", "what the lot is: material and day of manufacture")
    described(lab, "L-1")
    lab.sign("L-1", "reviewed", "reviewer")
    assert lab.sign("L-1", "released", "quality").accepted


def test_a_lot_that_fails_can_be_rejected_without(lab) -> None:
    lab.bring("L-1", "rejected", "0.800")
    assert lab.view("L-1").state == "rejected"


@pytest.mark.parametrize("period", ["expiry", "retest"])
def test_a_lot_is_not_released_after_its_last_day(lab, period: str) -> None:
    approved(lab, PROTEIN.replace("PROTEIN", "SHORT").replace("period: expiry", f"period: {period}").replace("24", "1"))
    lab.ingest("L-1", lab.plate("1.000"), material="SHORT", manufactured_on=made(lab, 25))
    lab.process("L-1")
    lab.sign("L-1", "reviewed", "reviewer")
    lab.clock.ahead = dt.timedelta(days=20)
    with pytest.raises(Refused, match=rf"cannot be released: its {period} date \d{{4}}-\d\d-\d\d is past"):
        lab.app.decisions.sign(
            lab.session("quality", anew=True), "L-1", "released", "late", lab.user("quality"), lab.password("quality")
        )


def test_the_setting_is_given_at_installation_and_stays(lab) -> None:
    with pytest.raises(Refused, match="was fixed at installation"):
        lab.app.records.configure(lab.session("administrator"), "material", "not stated", "quicker")


# ------------------------------------------------------------ saying it, and saying it wrongly


def test_two_lots_swapped_are_seen_in_the_trail(lab) -> None:
    for lot, material, signal in (("L-1", "OTHER", "1.000"), ("L-2", "PROTEIN", "1.001")):  # each is the other's
        lab.ingest(lot, lab.plate(signal), material=material, manufactured_on=made(lab))
        lab.process(lot)
    lab.sign("L-1", "reviewed", "reviewer")
    described(lab, "L-1", "PROTEIN")
    described(lab, "L-2", "OTHER")
    told = [(e.record, e.old, e.new, e.user_id, e.reason) for e in lab.events() if e.field == "material" and e.old]
    assert told == [
        ("lot/L-1", "OTHER", "PROTEIN", lab.user("analyst"), "label read again"),
        ("lot/L-2", "PROTEIN", "OTHER", lab.user("analyst"), "label read again"),
    ]
    assert lab.view("L-1").state == "processed", "what was signed said something else"
    assert [s.status for s in lab.app.decisions.signatures(lab.session("auditor"), "L-1")] == [
        "void: record changed after signing"
    ]
    shown = lab.app.decisions.review_packet(lab.session("reviewer"), "L-1").human.decode()
    assert shown.count("OTHER") >= 1
    assert "PROTEIN" in shown


def test_what_a_lot_is_is_said_once(lab) -> None:
    brought(lab)
    others = {"material": "OTHER", "manufactured_on": made(lab, 3), "expires_on": made(lab, 1)}
    for key, other in others.items():
        words = rf"registered with the {key.replace('_', ' ')} '.*', not '{other}'; two lots cannot have one id"
        with pytest.raises(BadInput, match=words):
            lab.ingest("L-1", lab.peaks(Main="99.8"), "peaks.csv", instrument="HP-001", **{key: other})
    assert set(lab.view("L-1").files) == {"plate.csv"}
    assert lab.ingest("L-1", lab.peaks(Main="99.8"), "peaks.csv", instrument="HP-001", material="PROTEIN").accepted


@pytest.mark.parametrize("state", ["released", "rejected"])
def test_a_decided_lot_stays_what_it_was(lab, state: str) -> None:
    brought(lab, signal="1.000" if state == "released" else "0.800")
    lab.process("L-1")
    lab.sign("L-1", "reviewed", "reviewer")
    lab.sign("L-1", state, "quality")
    with pytest.raises(Refused, match=f"lot L-1 cannot be changed: it is already {state}"):
        described(lab, "L-1", "OTHER")


def test_what_a_lot_cannot_be(lab) -> None:
    lab.processed("L-1")
    for material, day, expires, words in (
        ("NOTHING", "", "", "no material 'NOTHING' is registered"),
        ("PROTEIN", "2999-01-01", "", "cannot have been made on 2999-01-01: that day has not come yet"),
        ("PROTEIN", "yesterday", "", "the day of manufacture must be a day such as"),
        ("PROTEIN", "2026-01-31", "2028-02-01", "has its expiry date on 2028-01-31 at the latest"),
        ("PROTEIN", "2026-01-31", "2026-01-31", "after it was made; not on 2026-01-31"),
        ("PROTEIN", "2026-01-31", "soon", "the expiry date must be a day such as"),
    ):
        with pytest.raises(BadInput, match=re.escape(words)):
            described(lab, "L-1", material, day, expires)
    for who in ("reviewer", "quality", "administrator", "auditor"):
        with pytest.raises(Refused, match="may not change a lot record"):
            described(lab, "L-1", who=who)
    assert lab.app._core.ledger.latest("lot", "L-1").content["material"] == ""


def test_a_lot_of_another_method_is_no_lot_of_it(lab) -> None:
    lab.ingest("L-1", lab.plate("1.000"), method="BCA-01")
    with pytest.raises(BadInput, match=r"lot L-1 is tested by method BCA-01; Example protein \(PROTEIN\) is tested by LIN-01"):
        described(lab, "L-1")


def test_the_day_alone_says_nothing(lab) -> None:
    with pytest.raises(BadInput, match="manufactured_on without material"):
        lab.ingest("L-1", lab.plate("1.000"), manufactured_on=made(lab))
    assert lab.view("L-1") is None


def test_an_earlier_last_day_is_taken(lab) -> None:
    brought(lab, expires_on=made(lab, -10))
    assert fields(lab, "lot/L-1")["expires_on"] == made(lab, -10)


@pytest.mark.parametrize(
    ("day", "months", "end"),
    [
        ("2026-01-31", 1, "2026-02-28"),
        ("2027-12-31", 2, "2028-02-29"),
        ("2026-02-28", 12, "2027-02-28"),
        ("2026-12-15", 1, "2027-01-15"),
        ("2026-11-30", 1, "2026-12-30"),
    ],
)
def test_the_rule_counts_months_of_the_calendar(day: str, months: int, end: str) -> None:
    assert read_material(PROTEIN).model_copy(update={"months": months}).ends(day) == end


# ------------------------------------------------------------ master data


def test_nothing_is_effective_before_quality_has_signed(lab) -> None:
    new = PROTEIN.replace("PROTEIN", "NEW")
    change = proposed(lab, new)
    lab.processed("L-1")
    with pytest.raises(BadInput, match="no material 'NEW' is registered"):
        described(lab, "L-1", "NEW")
    assert approve(lab, change).message == "material NEW version 1 is effective"
    (signature,) = lab.app.decisions.signatures(lab.session("auditor"), f"material-change/{change}")
    assert (signature.meaning, signature.user_id, signature.valid) == ("material effective", lab.user("quality"), True)
    assert described(lab, "L-1", "NEW").accepted


def test_a_version_that_nobody_signed_is_not_used(lab) -> None:
    """Written past the proposal, by whoever can reach the database with the program."""
    core = lab.app._core
    with core.ledger.change(core.actor(core.admit(lab.session("analyst"), "lot")), "longer") as change:
        change.put("material", "PROTEIN", read_material(PROTEIN.replace("months: 24", "months: 60")).model_dump())
    lab.processed("L-1")
    with pytest.raises(NotIntact, match="no valid signature of quality stands behind this version"):
        described(lab, "L-1")


def test_who_proposed_does_not_approve_and_an_overtaken_proposal_is_none(lab) -> None:
    first, second = (proposed(lab, PROTEIN.replace("version 3", f"version {n}")) for n in (4, 5))
    assert approve(lab, first).facts["version"] == "2"
    with pytest.raises(Refused, match=f"{second} was written against version 1 of PROTEIN"):
        approve(lab, second)
    with pytest.raises(BadInput, match="material PROTEIN says this already"):
        proposed(lab, PROTEIN.replace("version 3", "version 4"))


def test_materials_that_are_none_and_who_may_not_approve(lab) -> None:
    for old, new, words in (
        ("method: LIN-01", "method: NONE-01", "there is no such method"),
        ("months: 24", "months: 0", "months"),
        ("period: expiry", "period: never", "period"),
        ("manufacturer: Example Biologics\n", "", "manufacturer"),
        ("address: 1", "adress: 1", "address"),
        ("id: PROTEIN", "id: pro tein", "id"),
        ("name: Example protein", "name: ''", "name"),
    ):
        with pytest.raises(BadInput, match=words):
            proposed(lab, PROTEIN.replace(old, new))
    change = proposed(lab, PROTEIN.replace("version 3", "version 4"))
    for who in ("analyst", "reviewer", "administrator", "auditor"):
        with pytest.raises(Refused, match="may not approve a change of a material"):
            approve(lab, change, who)


def test_master_data_of_an_instance_hold_materials(tmp_path: Path) -> None:
    shipped = Path(__file__).parents[2] / "examples" / "pipeline" / "master.yaml"
    (found,) = master.read(shipped).materials
    assert (found.method, found.period) == ("BCA-01", "expiry")
    wrong = tmp_path / "master.yaml"
    wrong.write_text(shipped.read_text().replace("method: BCA-01", "method: OTHER-01"))
    with pytest.raises(BadInput, match="a material is tested by OTHER-01, and there is no such method"):
        master.read(wrong)


def test_a_material_leads_to_its_lots(lab) -> None:
    brought(lab)
    found = lab.app.provenance.trace(lab.session("auditor"), "material/PROTEIN")
    assert ("material/PROTEIN", "lot of material PROTEIN", "lot/L-1") in [(s.source, s.words, s.target) for s in found.down]
