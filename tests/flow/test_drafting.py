"""Drafting beside what people signed: what a change touches, what must be signed again, and that the approved bytes stay."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from csvgen.errors import BadInput, NotIntact
from csvgen.workflow.drafting import adopt_file
from csvgen.workflow.telling import write_features

from ..tiny import OPERATOR, SYSTEM, redraft, specification, write_specification

FEATURE = "OQ/URS-TNY-002.feature"


def changed(project) -> None:
    """The first number shall be another one."""
    files = specification()
    files["urs/urs.yaml"]["requirements"][1]["criteria"][0]["then"] = ["the file one.txt says 7"]
    write_specification(project.root, files)


def csvgen(project, *arguments: str):
    from csvgen.cli import cli

    done = CliRunner().invoke(cli, ["-C", str(project.root), *arguments], standalone_mode=False)
    if done.exception is not None:
        raise done.exception
    return done


def test_a_change_tells_which_approval_it_touches_and_who_signs_again(tiny) -> None:
    project = tiny("approved")
    changed(project)
    said = csvgen(project, "draft", "--check")
    assert said.return_value == 1
    told = said.stdout.splitlines()
    assert any(line.startswith("touches TNY-OQP r1, approved (authored by Mara Ivens") for line in told), told
    assert "  TNY-OQP r1 stays as it was signed: csvgen show TNY-OQP --revision 1 --features FOLDER" in told
    assert "  to be signed again, as r2: csvgen report oq-protocol, then authored by validation-lead, approved by quality" in told
    assert not any("TNY-IQP" in line for line in told), "the IQ says what it said"
    value = json.loads(csvgen(project, "draft", "--check", "--format", "json").stdout)
    touched, beside = value["approvals"]
    assert (beside["document"], beside["sign_again"]) == ("TNY-PQP", []), "a scenario covers it; not a word of a case changes"
    assert (touched["document"], touched["revision"], touched["standing"]) == ("TNY-OQP", 1, "approved")
    assert [s["meaning"] for s in touched["sign_again"]] == ["authored", "approved"]
    assert touched["cases"] == ["TC-OQ-0001"]


def test_nothing_is_touched_where_nothing_was_published(tiny) -> None:
    project = tiny("specified")
    changed(project)
    assert "touches" not in csvgen(project, "draft").stdout


def test_what_was_approved_stays_to_the_byte_and_a_change_is_a_new_revision(tiny, tmp_path: Path) -> None:
    project = tiny("approved")
    folder = project.root / "protocols" / SYSTEM
    approved = {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.glob("OQ/*.feature")}
    record = project.root / "protocols" / SYSTEM / "approvals" / "TNY-OQP" / "r1"
    before = {p.name: p.read_bytes() for p in record.iterdir()}
    changed(project)
    csvgen(project, "draft")
    assert (folder / FEATURE).read_bytes() != approved[FEATURE]
    assert {p.name: p.read_bytes() for p in record.iterdir()} == before
    project.report("urs")
    project.sign_all("mara.ivens", "oskar.lindqvist", "ruth.amsel")
    project.approve_protocols("OQ")
    old, new = (a for a in project.state.approvals if a.document.id == "TNY-OQP")
    assert project.state.valid(old) and project.state.valid(new)
    assert project.state.life(old) == "superseded"
    write_features(old, tmp_path / "then")
    write_features(new, tmp_path / "now")
    assert {k: (tmp_path / "then" / k).read_bytes() for k in old.features} == approved
    assert (tmp_path / "now" / FEATURE).read_bytes() == (folder / FEATURE).read_bytes()


def test_the_kept_bytes_are_those_that_were_signed(tiny, tmp_path: Path) -> None:
    project = tiny("approved")
    path = project.root / "protocols" / SYSTEM / "approvals" / "TNY-OQP" / "r1" / "features.json"
    path.write_bytes(path.read_bytes().replace(b"says 1", b"says 2"))
    approval = project.state.latest("TNY-OQP")
    assert approval.problems
    assert not project.state.approved("oq-protocol")
    with pytest.raises(NotIntact):
        write_features(approval, tmp_path / "then")
    assert not (tmp_path / "then").exists()
    changed(project)
    assert "touches TNY-OQP r1, damaged" in csvgen(project, "draft", "--check").stdout


def test_a_package_with_the_kept_bytes_verifies(stages) -> None:
    kept = list(stages.package().glob("protocols/*/approvals/TNY-OQP/r1/features.json"))
    assert len(kept) == 1
    assert FEATURE in json.loads(kept[0].read_bytes())["features"]


# ------------------------------------------------------------------ adopting, on record


def edit(project) -> Path:
    path = project.root / "protocols" / SYSTEM / FEATURE
    path.write_text(
        path.read_text(encoding="utf-8").replace("is there", "is there", 1).replace("says 1", "says 1 "), encoding="utf-8"
    )
    path.write_text(
        path.read_text(encoding="utf-8").replace(
            "      Then the file", "      And the file two.txt is there\n      Then the file", 1
        ),
        encoding="utf-8",
    )
    return path


def test_adopting_is_an_event_with_its_reason(tiny) -> None:
    project = tiny("specified")
    edit(project)
    made = adopt_file(project.config, SYSTEM, project.ledger, OPERATOR, Path(FEATURE), "Both files are needed on the rig.")
    (event,) = project.ledger.events(action="adopt")
    facts = {c.field: c.new for c in event.changes}
    assert (event.record, event.reason, event.person) == (
        f"{SYSTEM}/{FEATURE}",
        "Both files are needed on the rig.",
        OPERATOR.person,
    )
    assert facts["cases"] == "TC-OQ-0001"
    assert facts["before"] == made.before
    assert not project.ledger.problems()
    project.approve_protocols("IQ", "OQ")
    assert project.state.approved("oq-protocol"), "it is approved like any other"
    assert [s.text for s in project.state.protocol.case["TC-OQ-0001"].steps][1] == "the file two.txt is there"


def test_a_refused_adoption_is_no_event_and_writes_nothing(tiny) -> None:
    project = tiny("specified")
    path = edit(project)
    before = path.read_bytes()
    with pytest.raises(BadInput, match="must say something"):
        adopt_file(project.config, SYSTEM, project.ledger, OPERATOR, path, "...")
    assert path.read_bytes() == before
    assert not project.ledger.events(action="adopt")


def test_an_adopted_file_keeps_its_reason_in_the_protocol_for_its_readers(tiny) -> None:
    import pypdf

    project = tiny("specified")
    edit(project)
    adopt_file(project.config, SYSTEM, project.ledger, OPERATOR, Path(FEATURE), "Both files are needed on the rig.")
    project.report("oq-protocol")
    (pdf,) = (project.root / "output").rglob("TNY-OQP-r1.pdf")
    text = " ".join(page.extract_text() for page in pypdf.PdfReader(pdf).pages)
    assert "Both files are needed on the rig." in " ".join(text.split())


def test_a_hand_written_file_whose_requirement_changed_keeps_the_gate_shut(tiny) -> None:
    from csvgen.errors import Refused

    project = tiny("specified")
    edit(project)
    adopt_file(project.config, SYSTEM, project.ledger, OPERATOR, Path(FEATURE), "Both files are needed on the rig.")
    changed(project)
    redraft(project.root)
    with pytest.raises(Refused, match=r"not as drafted: OQ/URS-TNY-002\.feature"):
        project.report("oq-protocol")
