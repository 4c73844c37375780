"""The matrix in the room: both ways, gaps first; the pages of a requirement, a risk and a case; any id and digest traced."""

from __future__ import annotations

import json

import pytest

from csvgen.portal.views import environment
from csvgen.signature.void import Changed

from .conftest import words


@pytest.fixture(scope="module")
def browser(reading):
    return reading.of("pavel.broz")


def order(told: str, *parts: str) -> bool:
    places = [told.index(p) for p in parts]
    return places == sorted(places)


def test_gaps_stand_first_and_each_list_leads_to_the_other(browser):
    told = browser.told("/matrix")
    assert order(told, "URS-TNY-002 ✗ gap", "URS-TNY-001 ✓ passed", "URS-TNY-004 – procedure")
    backward = browser.told("/matrix?view=cases")
    assert order(backward, "TC-OQ-0001 ○ not run", "TC-IQ-0001 ✓ passed")
    assert "DEV-001" in backward
    assert "requirement not passed" in browser.told("/matrix?view=gaps")


def test_filters_work_both_ways_and_stand_in_the_address(browser):
    only = browser.told("/matrix?find=TC-IQ-0001")
    assert ("URS-TNY-001" in only, "URS-TNY-002" in only) == (True, False)
    assert "1 of 4" in only
    cases = browser.told("/matrix?view=cases&find=URS-TNY-003&phase=OQ")
    assert ("TC-OQ-0002" in cases, "TC-PQ-0001" in cases) == (True, False)
    assert "Nothing fits this filter" in browser.told("/matrix?standing=failed")
    page = browser.get("/matrix?view=cases&find=URS&page=99").text
    assert "TC-OQ-0001" in page, "beyond the end is the last page"
    assert 'value="URS"' in page


def test_a_requirement_shows_risks_cases_runs_evidence_deviations_and_history(browser):
    told = browser.told("/requirements/URS-TNY-001")
    for part in (
        "The installation shall have the approved values.", "RA-TNY-001", "high (class 2)", "low shown: supported by 1 passed cases",
        "IQ-001 ✗ failed DEV-001", "IQ-002 ✓ passed", "installation as read", "DEV-001 ✓ closed", "TNY-URS r1 ✓ approved",
        "As approved in TNY-URS r1; nothing of it has changed since",
    ):  # fmt: skip
        assert part in told, part


def test_what_changed_since_the_last_approved_revision_is_shown_word_for_word(visitors):
    room = visitors("specified")
    browser = room.of("pavel.broz")
    path = room.tiny.root / "requirements_specs" / "tiny" / "urs" / "urs.yaml"
    urs = json.loads(path.read_text())
    urs["requirements"][1]["statement"] = "The first file shall say <b>one</b>."
    path.write_text(json.dumps(urs))
    page = browser.get("/requirements/URS-TNY-002").text
    assert "Changed since TNY-URS r1 was approved" in page
    assert "<del>The first file shall say 1.</del>" in page
    assert "<ins>The first file shall say &lt;b&gt;one&lt;/b&gt;.</ins>" in page
    assert "nothing of it has changed since" in browser.told("/requirements/URS-TNY-003")


def test_a_risk_and_a_case_lead_on(browser):
    risk = browser.told("/risks/RA-TNY-001")
    assert "shown: supported by 1 passed cases" in risk
    assert "URS-TNY-001 ✓ passed" in risk
    case = browser.told("/cases/TC-IQ-0001")
    assert order(case, "Serves URS-TNY-001", "IQ-002 ✓ passed yes", "IQ-001 ✗ failed yes", "DEV-001 ✓ closed in IQ-001: retest")


@pytest.mark.parametrize(
    ("asked", "leads_to"),
    [
        ("URS-TNY-001", ("Requirements (1) URS-TNY-001", "RA-TNY-001", "TC-IQ-0001 ✓ passed", "IQ-001 IQ-002", "DEV-001")),
        ("urs-tny-001", ("Requirements (1) URS-TNY-001",)),
        ("RA-TNY-001", ("URS-TNY-001", "TC-IQ-0001")),
        ("FS-TNY-01", ("Requirements (3)",)),
        ("TC-IQ-0001", ("URS-TNY-001", "IQ-001 failed", "IQ-002 passed")),
        ("IQ-001", ("run IQ-001", "DEV-001", "TNY-RUN-IQ-001 r1", "TNY-XO-IQ-001 r1")),
        ("IQ-001 TC-IQ-0001.1.1", ("evidence IQ-001 TC-IQ-0001.1.1", "step 1", "URS-TNY-001")),
        ("DEV-001", ("deviation DEV-001", "URS-TNY-001", "TNY-DEV-001 r1")),
        ("TNY-URS r1", ("document TNY-URS r1",)),
        ("tny-run-iq-001", ("document TNY-RUN-IQ-001 r1", "TC-IQ-0001", "DEV-001")),
    ],
)
def test_any_id_is_traced(browser, asked, leads_to):
    told = browser.told(f"/trace?id={asked.replace(' ', '+')}")
    for part in leads_to:
        assert part in told, (asked, part)


def test_a_digest_and_its_first_digits_are_traced_to_what_they_are_of(browser, reading):
    run = reading.tiny.state.run("IQ-001")
    evidence = next(a.sha256 for r in run.results for s in r.steps for a in s.attachments)
    for asked in (evidence, evidence.removeprefix("sha256:"), evidence[7:19].upper()):
        told = browser.told(f"/trace?id={asked}")
        assert "evidence IQ-001 TC-IQ-0001.1.1" in told, asked
        assert "Requirements (1) URS-TNY-001" in told
    assert "run IQ-001" in browser.told(f"/trace?id={run.digest}")
    urs = reading.tiny.state.latest("TNY-URS").document
    assert "document TNY-URS r1" in browser.told(f"/trace?id={urs.digest.short}")


def test_parts_of_an_id_and_words_find_what_holds_them(browser):
    told = browser.told("/trace?id=urs-tny")
    assert all(f"URS-TNY-00{n}" in told for n in (1, 2, 3, 4))
    assert "URS-TNY-003" in browser.told("/trace?id=second+number")
    assert "Nothing is called" in browser.told("/trace?id=URS-NOBODY-999")
    assert "Nothing is called" in browser.told("/trace?id=" + "f" * 64)


@pytest.mark.parametrize("address", ["/requirements/URS-NO-1", "/risks/RA-NO-1", "/cases/TC-OQ-9999", "/cases/..%2F..%2Fsecret"])
def test_what_is_not_there_is_said_in_words(browser, address):
    answer = browser.get(address)
    assert answer.status_code == 404
    assert "there is no" in words(answer.text)


def test_hostile_words_of_an_earlier_revision_are_words():
    bad = "<script>alert(1)</script>"
    shown = (
        environment()
        .get_template("parts.html")
        .module.changes([Changed(bad, bad, bad), Changed(bad, "", bad), Changed(bad, bad, "")])
    )
    assert "<script>" not in shown
    assert shown.count("&lt;script&gt;") == 7


def test_hostile_words_are_words(visitors):
    """Of every field of the specification that these pages print, and of what is typed into their filters."""
    bad = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
    room = visitors("founded")
    folder = room.tiny.root / "requirements_specs" / "tiny"
    for name in ("urs/urs.yaml", "risk/risk.yaml", "fs/fs.yaml"):
        said = json.loads((folder / name).read_text())
        for entries in (v for v in said.values() if isinstance(v, list)):
            for entry in (e for e in entries if isinstance(e, dict)):
                for field in {"title", "statement", "rationale", "failure_mode", "cause", "effect", "behaviour"} & entry.keys():
                    entry[field] = f"{entry[field]} shall {bad}"
                if "attributes" in entry or "statement" in entry:
                    entry["attributes"] = {"Owner": bad}
                if "controls" in entry:
                    entry["controls"] = [bad]
        (folder / name).write_text(json.dumps(said))
    browser = room.of("ruth.amsel")
    typed = "%3Cscript%3Ealert(1)%3C/script%3E%22%27%3E%3Cimg%20src=x%20onerror=alert(2)%3E"
    printing = ["/matrix", "/requirements/URS-TNY-002", "/risks/RA-TNY-003", "/cases/TC-OQ-0001", "/trace?id=shall"]
    printing += [f"/matrix?find={typed}", f"/trace?id={typed}", "/requirements/%3Cscript%3Ealert(1)%3Cimg%20src=x%3E"]
    for address in (
        *printing,
        f"/matrix?standing={typed}",
        f"/matrix?view=cases&priority={typed}",
        f"/matrix?view={typed}&page={typed}",
    ):
        page = browser.get(address).text
        assert "<script>alert" not in page, address
        assert "<img" not in page, address
        assert ("&lt;script&gt;alert(1)" in page) >= (address in printing), address
