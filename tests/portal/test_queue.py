"""My queue and the list of documents: what waits for whom and why, who else can, and what does not hold any more."""

from __future__ import annotations

import json
import re

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
    assert "Waiting for my signature 2" in mine
    assert "TNY-VP r1" in mine
    assert "TNY-RA r1" not in mine
    assert 'rel="next" href="/?page=2"' in browser.page
    mine, _, others = browser.told("/?page=2").partition("Waiting for others")
    assert "TNY-RA r1" in mine
    assert "TNY-URS r1" in others
    assert 'rel="next"' not in browser.page


def work(browser) -> str:
    """The words of the part that tells of what is no signature."""
    return browser.told("/").partition("Other work waiting for me")[2].partition("Waiting for others")[0]


def test_a_record_that_was_sent_back_waits_for_who_puts_it_up_again(visitors):
    room = visitors("founded")
    room.tiny.report("urs")
    room.tiny.sign("mara.ivens", "TNY-URS")
    author, owner = room.of("mara.ivens"), room.of("oskar.lindqvist")
    assert work(author) == ""
    item = re.search(r'name="digest" value="([^"]+)"', owner.get("/sign/TNY-URS").text).group(1)
    said = {"meaning": "declined", "reason_code": "unclear", "reason": "which file <b>first</b>?", "user_id": "oskar.lindqvist"}
    assert (
        owner.post("/sign/TNY-URS", {"digest": item, **said, "password": room.tiny.password("oskar.lindqvist")}).status_code
        == 303
    )
    assert "TNY-URS sent back by Oskar Lindqvist (fictitious) (process-owner): which file <b>first</b>?" in work(author)
    assert 'href="/documents/TNY-URS"' in author.page
    assert "<b>first" not in author.page
    assert work(owner) == "", "who sent it back has done their part"
    assert [(t["kind"], t["about"]) for t in author.get("/api/queue").json()["work"]] == [("record", "TNY-URS")]
    author.get("/documents/TNY-URS")
    assert author.post("/documents/TNY-URS/compose").status_code == 303
    assert work(author) == "", "the next revision is up"


def test_a_comment_waits_for_whose_word_is_next(visitors):
    room = visitors("specified")
    author, reviewer, other = room.of("mara.ivens"), room.of("pavel.broz"), room.of("oskar.lindqvist")
    reviewer.get("/documents/TNY-URS")
    assert reviewer.post("/documents/TNY-URS/comment", {"words": "Which?"}).status_code == 303
    assert "asked by Pavel Broz (fictitious); answer it" in work(author)
    assert "TNY-URS-C001" not in work(reviewer) + work(other)
    author.get("/documents/TNY-URS")
    assert author.post("/documents/TNY-URS/answer", {"comment": "TNY-URS-C001", "words": "That."}).status_code == 303
    assert "answered by Mara Ivens (fictitious); go on, or close it" in work(reviewer)
    assert work(author) == ""
    reviewer.get("/documents/TNY-URS")
    assert reviewer.post("/documents/TNY-URS/answer", {"comment": "TNY-URS-C001", "close": "yes"}).status_code == 303
    assert work(reviewer) == ""


def test_a_deviation_waits_for_who_may_investigate(visitors):
    room = visitors("iq-failed")
    assert "DEV-001 TC-IQ-0001 in IQ-001: nobody has investigated it" in work(room.of("nadia.corso"))
    assert "DEV-001" not in work(room.of("ruth.amsel")), "her role does not investigate"
