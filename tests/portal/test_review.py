"""Review by exception, comments, and what becomes of a record that is sent back or changed."""

from __future__ import annotations

import dataclasses
import io
import json
import re
import zipfile
from html import unescape

import pytest

from csvgen.evidence.kinds import table
from csvgen.model.execution import Attachment
from csvgen.portal.differences import marked
from csvgen.portal.showing import shown_as
from csvgen.signature.void import Changed

from ..tiers import each
from .conftest import ORIGIN, words


def test_gauges_lead_to_what_failed_and_show_expected_beside_observed(reading):
    browser = reading.of("pavel.broz")
    told = browser.told("/review/TNY-RUN-IQ-001")
    assert "1 failed" in told
    assert "1 deviations" in told
    assert "0 not run" in told
    only = browser.told("/review/TNY-RUN-IQ-001?only=failed")
    assert "deviation DEV-001" in only
    page = browser.page
    assert "<mark>3</mark>" in page, "expected, with the difference marked"
    assert "<mark>5</mark>" in page
    assert "executed in IQ-001, IQ-002" in only
    report = browser.told("/review/TNY-IQR")
    assert "0 failed" in report, "in the report its last execution counts"
    assert "1 executed again" in report


def test_navigator_counts_and_keys_have_links(reading):
    browser = reading.of("pavel.broz")
    told = browser.told("/review/TNY-OQP")
    total = int(re.search(r"(\d+) all cases", told).group(1))
    assert total > 1
    assert f"1 of {total}" in told
    following = re.search(r'data-key="j" href="([^"]+)"', browser.page).group(1)
    assert f"2 of {total}" in browser.told(following.replace("&amp;", "&"))
    assert 'data-key="k"' in browser.page


def test_evidence_is_shown_beside_with_its_digest_and_given_as_a_file_that_runs_nowhere(visitors):
    room = visitors("oq-closed")
    browser = room.of("pavel.broz")
    browser.told("/review/TNY-RUN-OQ-001")
    link = re.search(r'href="([^"]*evidence=([0-9a-f]{64})[^"]*)"', browser.page)
    told = browser.told(link.group(1).replace("&amp;", "&"))
    assert link.group(2) in told
    assert "its bytes are the ones that were recorded" in told
    assert '<pre tabindex="0" aria-label="Text of the evidence">1' in browser.page
    answer = browser.client.get(f"/evidence/OQ-001/{link.group(2)}")
    assert answer.status_code == 200
    assert answer.headers["content-disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["content-type"] == "application/octet-stream"
    kept = next((room.tiny.root / "output" / "tiny" / "runs" / "OQ-001").glob(f"evidence/*/{link.group(2)}"))
    kept.chmod(0o600)
    kept.write_bytes(b"<script>alert(1)</script>")
    assert browser.get(f"/evidence/OQ-001/{link.group(2)}").status_code == 409
    assert browser.get("/evidence/OQ-001/" + "0" * 64).status_code == 422
    assert browser.get("/evidence/..%2f..%2fOQ-001/" + link.group(2)).status_code in (404, 422)


@pytest.mark.parametrize(
    ("expected", "actual", "left", "right"),
    [
        ("a 3 b", "a 5 b", ["3"], ["5"]),
        ("same", "same", [], []),
        ("", "something", [], ["something"]),
        ("one two", "one two three", [], [" three"]),
        ("x" * 5_000, "y", ["x" * 5_000], ["y"]),
    ],
)
def test_what_differs_is_marked_and_nothing_is_lost(expected, actual, left, right):
    first, second = marked(expected, actual)
    assert ("".join(t for _, t in first), "".join(t for _, t in second)) == (expected, actual)
    assert ([t for d, t in first if d], [t for d, t in second if d]) == (left, right)


@pytest.mark.parametrize(
    ("kind", "media", "data", "form"),
    [
        (
            "table",
            "application/json",
            table([["lot", "result"], ["A-1", "<b>"]]),
            {"head": ["lot", "result"], "rows": [["A-1", "<b>"]], "cut": 0},
        ),
        ("table", "application/json", b"{}", {"text": "{}", "cut": 0}),
        ("log-extract", "text/plain", b"x" * 100_001, {"text": "x" * 100_000, "cut": 1}),
        ("text", "text/plain", b"\xff\xfe", {}),
        ("screenshot", "image/png", b"\x89PNG", {}),
        ("file", "image/svg+xml", b"<svg/>", {}),
        ("playwright-trace", "application/zip", b"PK", {}),
    ],
)
def test_evidence_is_shown_as_what_it_is(kind, media, data, form):
    named = Attachment(
        id="TC.1.1",
        name="n",
        media_type=media,
        size=1,
        sha256="sha256:" + "0" * 64,
        captured="2026-11-22T00:00:00.000000Z",
        kind=kind,
    )
    shown = shown_as(named, data)
    expected = (
        {"table": "table", "screenshot": "picture", "log-extract": "text"}.get(kind, "file")
        if "head" in form or kind != "table"
        else "text"
    )
    assert shown == {"form": expected, **form}


def test_comment_answer_and_close_are_in_the_audit_trail(visitors):
    room = visitors("approved")
    room.tiny.publisher()
    reviewer, author = room.of("pavel.broz"), room.of("mara.ivens")
    told = reviewer.told("/review/TNY-OQP")
    case = re.search(r"TC-OQ-\d+", told).group()
    hostile = "Which file? <script>alert(1)</script>"
    answer = reviewer.post("/review/TNY-OQP/comment", {"case": case, "step": "1", "words": hostile})
    assert answer.status_code == 303
    told = author.told(f"/review/TNY-OQP?case={case}")
    assert f"TNY-OQP-C001 at step 1 {chr(0x25CB)} open" in told
    assert hostile in told
    assert "<script>alert(1)" not in author.page
    assert (
        author.post("/review/TNY-OQP/answer", {"comment": "TNY-OQP-C001", "words": "The first.", "close": "yes"}).status_code
        == 403
    )
    author.told(f"/review/TNY-OQP?case={case}")
    assert author.post("/review/TNY-OQP/answer", {"comment": "TNY-OQP-C001", "words": "The first."}).status_code == 303
    reviewer.told("/review/TNY-OQP")
    assert reviewer.post("/review/TNY-OQP/answer", {"comment": "TNY-OQP-C001", "close": "yes"}).status_code == 303
    assert "closed" in reviewer.told("/documents/TNY-OQP").partition("Comments")[2]
    events = [(e.action, e.person, e.reason) for e in room.tiny.ledger.events() if e.record == "comment/TNY-OQP-C001"]
    assert events == [
        ("comment", "pavel.broz", hostile), ("answer", "mara.ivens", "The first."), ("comment-closed", "pavel.broz", "settled"),
    ]  # fmt: skip
    for bad in (
        {"words": " "},
        {"words": "x", "case": "TC-OQ-9999"},
        {"words": "a\u202eb"},
        {"words": "x", "case": case, "step": "one"},
    ):
        reviewer.told("/review/TNY-OQP")
        assert reviewer.post("/review/TNY-OQP/comment", bad).status_code == 422
    assert room.tiny.ledger.problems() == ()


def test_place_is_kept_for_the_person_and_this_revision(visitors):
    room = visitors("approved")
    reviewer = room.of("pavel.broz")
    cases = re.findall(r"TC-OQ-\d+", reviewer.told("/review/TNY-OQP"))
    assert reviewer.post("/review/TNY-OQP/place", {"case": cases[-1]}).status_code == 303
    assert f"Back to my place: {cases[-1]}" in room.of("pavel.broz").told("/review/TNY-OQP")
    assert "Back to my place" not in room.of("mara.ivens").told("/review/TNY-OQP")


def test_changed_record_is_void_with_the_difference_and_the_next_revision_says_what_changed(visitors):
    room = visitors("approved")
    path = room.tiny.root / "requirements_specs" / "tiny" / "urs" / "urs.yaml"
    urs = json.loads(path.read_text())
    urs["requirements"][1]["title"] = "The first number"
    path.write_text(json.dumps(urs))
    author = room.of("mara.ivens")
    told = author.told("/documents/TNY-URS")
    assert "VOID : changed after it was signed" in told
    assert "<del>First number</del>" in author.page
    assert "<ins>The first number</ins>" in author.page
    assert room.of("pavel.broz").post("/documents/TNY-URS/compose", token=None).status_code == 403
    author.get("/documents/TNY-URS")
    assert author.post("/documents/TNY-URS/compose").status_code == 303
    assert "TNY-URS revision 2 is composed" in author.told("/documents/TNY-URS")
    assert "TNY-URS r2" in author.told("/").partition("Waiting for others")[0]


def test_record_without_cases_and_unknown_ones_are_told(reading):
    browser = reading.of("pavel.broz")
    for address, why in (
        ("/review/TNY-VP", "no cases to go through"),
        ("/review/NO-SUCH", "there is no record"),
        ("/documents/X?r=1", "there is no record"),
    ):
        answer = browser.get(address)
        assert answer.status_code == 422
        assert why in words(answer.text)
    assert ORIGIN


@pytest.mark.parametrize("words_", each(3, ["x" * 4_001, "   ", "a\u202eb"]))
def test_a_comment_that_cannot_be_taken_comes_back_as_it_was_typed(visitors, words_):
    room = visitors("specified")
    browser = room.of("pavel.broz")
    browser.get("/documents/TNY-URS")
    answer = browser.post("/documents/TNY-URS/comment", {"words": words_})
    assert answer.status_code == 422
    shown = re.search(r"<textarea[^>]*>(.*?)</textarea>", answer.text, re.DOTALL).group(1)
    assert shown == words_.replace("\u202e", "\\u202e")
    assert f"{len(words_)} characters were typed" in words(answer.text)
    assert browser.post("/documents/TNY-URS/comment", {"words": "shorter"}).status_code == 303


def test_a_long_list_of_cases_is_turned_by_links(visitors, monkeypatch):
    """Both ways, and the last part says how many are left."""
    from csvgen.portal.pages import review as page

    monkeypatch.setattr(page, "_PAGE", 1)
    browser = visitors("approved").of("pavel.broz")
    first = browser.get("/review/TNY-OQP").text
    (on,) = re.findall(r'rel="next" href="([^"]+)">next 1<', first)
    assert 'rel="prev"' not in first
    second = browser.get(unescape(on).partition("#")[0]).text
    (back,) = re.findall(r'rel="prev" href="([^"]+)">previous 1<', second)
    assert 'rel="next"' not in second
    assert "cases 2 to 2 of 2" in words(second)
    assert "cases 1 to 1 of 2" in browser.told(unescape(back).partition("#")[0])


def test_a_gauge_that_nothing_was_counted_by_says_so(reading):
    """No number stands where nobody looked: results of a protocol, a challenge that was not made, a first revision."""
    browser = reading.of("pavel.broz")
    protocol = browser.told("/review/TNY-OQP").partition("Cases")[0]
    assert "failed" not in protocol and "not run" not in protocol
    assert "? unproven scripts: no whole challenge is on record" in protocol
    assert "? changed since last approved: no approved revision before this one" in protocol
    assert "0 unproven" not in protocol


def test_what_changed_outside_of_the_cases_is_listed(reading, monkeypatch):
    from csvgen.portal.pages import review as page

    changed = (Changed("cases/TC-OQ-0001/title", "a", "b"), Changed("objective", "<b>old</b>", "new"))
    real = page.review
    monkeypatch.setattr(page, "review", lambda *given: dataclasses.replace(real(*given), changed=changed, since="r1"))
    monkeypatch.setattr(page, "reviewed", lambda visit, approval: page.review(visit.state, approval))
    browser = reading.of("pavel.broz")
    told = browser.told("/review/TNY-OQP")
    assert "1 field changed outside of the cases since r1 objective : <b>old</b> → new" in told
    assert "<del>&lt;b&gt;old&lt;/b&gt;</del>" in browser.page


def test_a_script_that_was_not_challenged_as_it_is_now_is_unproven(stages):
    """Other words than those that were challenged prove nothing about these; words that were never challenged neither."""
    from types import SimpleNamespace

    from csvgen.challenge.plan import executable, scripts
    from csvgen.workflow import reviewing

    state = stages.at("specified").state
    first, second, *_ = executable(state.protocol)
    (script,) = scripts([first])

    def told(digest: str) -> dict[str, str]:
        planned = SimpleNamespace(challenge="CHL-001", scripts=[script.model_copy(update={"digest": digest})])
        challenge = SimpleNamespace(plan=planned, trials=())
        return dict(reviewing._unproven(SimpleNamespace(challenge=challenge, protocol=state.protocol)))

    assert told(first.digest)[first.id].startswith("unproven in CHL-001")
    assert told("sha256:" + "0" * 64)[first.id] == "not challenged in its present words: CHL-001 had others"
    assert told(first.digest)[second.id] == "not challenged in its present words: CHL-001 had none of it"


def _trace(*events: dict[str, object], name: str = "0-trace.trace") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, "\n".join(json.dumps(e) for e in events) + "\n{half a li")
    return out.getvalue()


def _evidence(kind: str, media: str, data: bytes) -> dict[str, object]:
    sha = "sha256:" + "0" * 64
    at = "2026-11-22T00:00:00.000000Z"
    return shown_as(Attachment(id="TC.1.1", name="n", media_type=media, size=1, sha256=sha, captured=at, kind=kind), data)


def test_a_trace_says_what_the_browser_did_and_never_what_was_typed():
    did = {"type": "before", "callId": "c1", "class": "Frame", "method": "fill", "params": {"selector": "#pw", "value": "secret"}}
    went = {"type": "before", "callId": "c2", "title": 'Navigate to "/x"', "params": {"url": "http://a/<b>"}}
    wrong = {"type": "after", "callId": "c2", "error": {"error": {"message": "net::ERR"}}}
    shown = _evidence("playwright-trace", "application/zip", _trace(did, went, wrong))
    assert shown["form"] == "trace"
    assert shown["rows"] == [["1", "Frame.fill", "#pw", ""], ["2", 'Navigate to "/x"', "http://a/<b>", "net::ERR"]]
    assert "secret" not in str(shown)
    broken = bytearray(_trace(did))
    broken[60:90] = b"\0" * 30
    for hostile in (bytes(broken), _trace({"type": "before", "params": []}, name="a.txt"), _trace([1], name="a.trace")):
        assert _evidence("playwright-trace", "application/zip", hostile)["form"] == "file"
    many = _trace(*({**did, "callId": str(n)} for n in range(600)))
    assert (_evidence("playwright-trace", "application/zip", many)["cut"], len(many) < 20_000) == (100, True)


def test_tables_and_json_are_spread_out_as_long_as_they_say_the_same():
    shown = _evidence("csv", "text/csv", b'lot,result\nA-1,"x, y"\n')
    assert shown == {"form": "table", "head": ["lot", "result"], "rows": [["A-1", "x, y"]], "cut": 0}
    assert _evidence("csv", "text/csv", b"a,b\nc\n")["form"] == "text"
    assert _evidence("json", "application/json", b'{"a":[1,"x y"]}')["text"] == '{\n  "a": [\n    1,\n    "x y"\n  ]\n}'
    for kept in (b'{"a":1.50}', b'{"a":1,"a":2}', b"{broken"):
        assert _evidence("json", "application/json", kept)["text"] == kept.decode()
