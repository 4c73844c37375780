"""My queue and the list of documents: what waits for whom and why, who else can, and what does not hold any more."""

from __future__ import annotations

import json

from .conftest import words


def test_queue_says_what_waits_for_me_and_who_can_sign_the_rest(visitors):
    room = visitors("founded")
    room.tiny.report("plan", "urs", "risk")
    author, quality = room.of("mara.ivens"), room.of("ruth.amsel")
    told = author.told("/")
    mine, _, others = told.partition("Waiting for others")
    assert "TNY-URS r1" in mine
    assert "authored as validation-lead (station 1 of 3)" in mine
    assert "TNY-VP" not in mine
    assert "TNY-VP r1" in others
    assert "does not hold the role quality" in others
    assert "approved as quality: Ruth Amsel (fictitious) (ruth.amsel)" in others
    assert quality.told("/").index("TNY-VP r1") < quality.told("/").index("TNY-RA r1"), "oldest first"


def test_queue_is_as_the_files_are_now(visitors):
    room = visitors("founded")
    browser = room.of("mara.ivens")
    assert "Nothing waits for you" in browser.told("/")
    room.tiny.report("urs")
    assert "TNY-URS r1" in browser.told("/").partition("Waiting for others")[0]
    room.tiny.sign("mara.ivens", "TNY-URS")
    mine, _, others = browser.told("/").partition("Waiting for others")
    assert "TNY-URS" not in mine
    assert "signed so far" not in others or "Mara Ivens" in others


def test_separation_of_duties_is_told_with_who_can(visitors):
    room = visitors("founded")
    room.tiny.report("urs")
    room.tiny.sign("mara.ivens", "TNY-URS")
    account = room.tiny.directory.account("mara.ivens")
    both = ("validation-lead", "process-owner")
    from ..tiny import OPERATOR

    training = tuple(account.training[0].model_copy(update={"role": r}) for r in both)
    with room.tiny.ledger.change(OPERATOR, "two hats") as change:
        change.put("account", account.id, account.model_copy(update={"roles": both, "training": training}).model_dump())
    others = room.of("mara.ivens").told("/").partition("Waiting for others")[2]
    assert "has signed this record as authored; the same person may not sign it as reviewed" in others
    assert "Oskar Lindqvist" in others


def test_record_that_cannot_be_signed_now_says_why(visitors):
    room = visitors("founded")
    room.tiny.report("urs")
    path = room.tiny.root / "requirements_specs" / "tiny" / "urs" / "urs.yaml"
    urs = json.loads(path.read_text())
    urs["requirements"][1]["statement"] = "The first file shall say 1, always."
    path.write_text(json.dumps(urs))
    told = room.of("mara.ivens").told("/")
    assert "cannot be signed now" in told
    assert "the project says something else now than this revision" in told


def test_signed_and_changed_is_void_and_stands_first(visitors):
    room = visitors("specified")
    path = room.tiny.root / "requirements_specs" / "tiny" / "urs" / "urs.yaml"
    urs = json.loads(path.read_text())
    urs["requirements"][1]["statement"] = "The first file shall say 1, always."
    path.write_text(json.dumps(urs))
    told = room.of("ruth.amsel").told("/")
    assert "VOID TNY-URS r1" in told
    assert "'The first file shall say 1.' -> 'The first file shall say 1, always.'" in told


def test_documents_are_found_by_words_kind_and_state(reading):
    browser = reading.of("pavel.broz")
    everything = browser.told("/documents")
    assert "TNY-URS r1" in everything
    assert "TNY-RUN-IQ-001 r1" in everything
    only = browser.told("/documents?find=executed%20record")
    assert ("TNY-RUN-IQ-002" in only, "TNY-URS" in only) == (True, False)
    assert "TNY-VP" not in browser.told("/documents?kind=urs")
    assert browser.told("/documents?life=approved").count("approved") > 3
    assert "0 of" in browser.told("/documents?find=nothing-is-called-so")


def test_hostile_words_are_words(visitors):
    """Texts of a specification, and of an address, are shown and never run, turn around or hide."""
    room = visitors("founded")
    path = room.tiny.root / "requirements_specs" / "tiny" / "system.yaml"
    system = json.loads(path.read_text())
    system["name"] = "<script>alert('n')</script>"
    path.write_text(json.dumps(system))
    room.tiny.report("urs")
    browser = room.of("mara.ivens")
    for address in ("/", "/documents", "/documents?find=%3Cscript%3Ealert(1)%3C%2Fscript%3E%22%27", "/login?then=%22%3E%3Cb%3E"):
        page = browser.get(address).text
        assert "<script>alert" not in page
        assert '"><b>' not in page
    turned = browser.get("/documents?find=abc%E2%80%AEtxt")
    assert "\u202e" not in turned.text
    assert "\\u202e" in turned.text


def test_specification_that_cannot_be_read_is_told_in_words(visitors):
    room = visitors("founded")
    browser = room.of("mara.ivens")
    (room.tiny.root / "requirements_specs" / "tiny" / "urs" / "urs.yaml").write_text("format: [")
    answer = browser.get("/")
    assert answer.status_code == 409
    assert "csvgen check" in words(answer.text)


def test_a_long_queue_is_turned_by_links(visitors, monkeypatch):
    from csvgen.portal import paging

    monkeypatch.setattr(paging.part, "__defaults__", (1,))
    room = visitors("founded")
    room.tiny.report("plan", "urs", "risk")
    browser = room.of("ruth.amsel")
    mine, _, others = browser.told("/").partition("Waiting for others")
    assert "Waiting for me 2" in mine
    assert "TNY-VP r1" in mine
    assert "TNY-RA r1" not in mine
    assert 'rel="next" href="/?page=2"' in browser.page
    mine, _, others = browser.told("/?page=2").partition("Waiting for others")
    assert "TNY-RA r1" in mine
    assert "TNY-URS r1" in others
    assert 'rel="next"' not in browser.page
