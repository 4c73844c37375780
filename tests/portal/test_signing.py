"""Signing in the browser: what the page shows and asks, what is refused with who can, and that nothing is ever half signed."""

from __future__ import annotations

import datetime as dt
import json
import re
from html import unescape

import pyotp
import pytest

from csvgen.identity.accounts import UNIFORM
from csvgen.signature import pdf_inspect, word

from .conftest import words

GOOD = {"meaning": "approved", "reason_code": "fit-for-purpose", "reason": "read it twice"}


def stated(browser, person: str, address: str, **changed: str) -> dict[str, str]:
    """The form of a sign page as the person fills it in."""
    page = browser.get(address).text
    digest = re.search(r'name="digest" value="([^"]+)"', page)
    return {
        "digest": digest.group(1) if digest else "",
        "user_id": person,
        "password": browser.tiny.password(person),
        **GOOD,
        **changed,
    }


def test_page_shows_what_is_signed_and_chooses_nothing(visitors):
    room = visitors("founded")
    room.tiny.report("plan")
    browser = room.of("ruth.amsel")
    told = browser.told("/sign/TNY-VP")
    record = room.tiny.state.latest("TNY-VP").document
    for shown in ("TNY-VP", str(record.digest), record.digest.short, "I approve this record for its purpose.", "DEMONSTRATION"):
        assert shown in told
    page = browser.page
    assert "checked" not in page
    assert "selected" not in page
    assert re.findall(r'<input[^>]*type="password"[^>]*value=', page) == []
    assert page.index('value="approved"') < page.index('value="declined"')
    for other in ("reviewed", "authored", "withdrawn"):
        assert f'value="{other}"' not in page


def test_one_signature_then_the_files_are_there(visitors):
    room = visitors("founded")
    room.tiny.report("plan")
    browser = room.of("ruth.amsel")
    answer = browser.post("/sign/TNY-VP", stated(browser, "ruth.amsel", "/sign/TNY-VP"))
    assert (answer.status_code, answer.headers["location"]) == (303, "/signed/TNY-VP/1/1")
    told = browser.told("/signed/TNY-VP/1/1")
    assert "Ruth Amsel (fictitious) (quality)" in told
    assert "Meaning: approved" in told
    assert "Reason: fit-for-purpose: read it twice" in told
    assert room.tiny.state.approved("plan")
    files = {n: browser.client.get(f"/documents/TNY-VP/r/1/file/{n}") for n in (1, 2)}
    found = {re.search(r"filename\*=UTF-8''(.+)$", f.headers["content-disposition"]).group(1): f.content for f in files.values()}
    in_pdf = [s for s in pdf_inspect.inspect(found["TNY-VP-r1.pdf"], room.tiny.state.trust).signatures if not s.is_seal]
    in_word = word.inspect(found["TNY-VP-r1.docx"], room.tiny.state.trust).signatures
    assert (len(in_pdf), len(in_word)) == (1, 1)
    assert "sandbox" in files[1].headers["content-security-policy"]
    event = next(e for e in reversed(room.tiny.ledger.events()) if e.action == "sign")
    assert (event.person, event.reason) == ("ruth.amsel", "read it twice")
    assert browser.client.get("/documents/TNY-VP/r/1/copy").content.startswith(b"%PDF")


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"meaning": ""}, "this is no meaning of a signature"),
        ({"meaning": "reviewed"}, "waits for the signature 'approved'"),
        ({"reason_code": ""}, "this is no reason code"),
        ({"reason": "  "}, "needs a reason in the signer's own words"),
        ({"reason": "x\u202ey"}, "U+202E"),
        ({"user_id": ""}, "takes user id and password"),
        ({"user_id": "mara.ivens"}, "takes user id and password"),
        ({"password": ""}, "the password"),
        ({"password": "Not-this-one-9z"}, UNIFORM),
        ({"digest": "sha256:" + "0" * 64}, "is not the record you were shown"),
    ],
)
def test_what_is_not_stated_or_proved_signs_nothing(signing_room, changed, why):
    room, browser = signing_room
    before = room.tiny.state.latest("TNY-VP").signatures
    answer = browser.post("/sign/TNY-VP", stated(browser, "ruth.amsel", "/sign/TNY-VP", **changed))
    assert answer.status_code == 403
    assert why in words(answer.text)
    assert "Nothing was signed" in words(answer.text)
    assert room.tiny.state.latest("TNY-VP").signatures == before == ()
    secret = changed.get("password") or browser.tiny.password("ruth.amsel")
    assert secret not in answer.text
    directory = room.tiny.directory
    with room.tiny.ledger.change(directory.as_owner(directory.account("ruth.amsel"))) as change:
        change.keep_secret("ruth.amsel", "failures", "0")


@pytest.fixture(scope="module")
def signing_room(stages, tmp_path_factory):
    from ..tiny import cheap_secrets
    from .conftest import Visitors

    with cheap_secrets():
        room = Visitors(stages.at("founded").copy(tmp_path_factory.mktemp("signing") / "project"))
        room.tiny.report("plan")
        yield room, room.of("ruth.amsel")


def test_first_signing_of_a_session_takes_all_components_and_a_later_one_the_password(visitors):
    room = visitors("founded")
    room.tiny.report("plan", "risk")
    browser = room.of("ruth.amsel")
    assert 'name="user_id"' in browser.get("/sign/TNY-VP").text
    browser.post("/sign/TNY-VP", stated(browser, "ruth.amsel", "/sign/TNY-VP"))
    assert 'name="user_id"' not in browser.get("/sign/TNY-RA").text
    browser.post("/sign/TNY-RA", stated(browser, "", "/sign/TNY-RA", password=room.tiny.password("ruth.amsel")))
    records = [room.tiny.state.latest(i).signatures[0].record for i in ("TNY-VP", "TNY-RA")]
    assert [r.components for r in records] == [("user id", "password"), ("password",)]
    assert [r.first_in_session for r in records] == [True, False]


def test_device_is_asked_for_a_code_of_its_own_at_the_first_signing(visitors):
    room = visitors("founded")
    room.tiny.report("plan")
    person, secret = "ruth.amsel", room.tiny.password("ruth.amsel")
    key = room.tiny.directory.enrol(person, secret)
    now = dt.datetime.now(dt.UTC)
    room.tiny.directory.confirm_enrolment(person, secret, pyotp.TOTP(key).at(now - dt.timedelta(seconds=30)))
    browser, login = room.browser(), pyotp.TOTP(key).at(now)
    assert browser.log_in(person, code=login).status_code == 303
    form = stated(browser, person, "/sign/TNY-VP")
    assert 'name="code"' in browser.page
    for code in ("", login):
        assert browser.post("/sign/TNY-VP", {**form, "code": code}).status_code == 403
    following = pyotp.TOTP(key).at(now + dt.timedelta(seconds=30))
    assert browser.post("/sign/TNY-VP", {**form, "code": following}).status_code == 303
    assert room.tiny.state.latest("TNY-VP").signatures[0].record.components == ("user id", "password", "one-time code")


def test_order_of_the_route_and_separation_are_kept_with_who_can(visitors):
    room = visitors("founded")
    room.tiny.report("urs")
    early = room.of("ruth.amsel").get("/sign/TNY-URS")
    assert early.status_code == 403
    assert "who can: authored as validation-lead: Mara Ivens" in words(early.text)
    author = room.of("mara.ivens")
    author.post("/sign/TNY-URS", stated(author, "mara.ivens", "/sign/TNY-URS", meaning="authored", reason_code="initial-issue"))
    again = author.get("/sign/TNY-URS")
    assert again.status_code == 403
    assert "Oskar Lindqvist" in words(again.text)
    forced = author.post("/sign/TNY-URS", {**GOOD, "meaning": "reviewed", "reason_code": "complete-and-accurate", "digest": str(room.tiny.state.latest("TNY-URS").document.digest), "password": room.tiny.password("mara.ivens")})  # fmt: skip
    assert forced.status_code == 403
    assert len(room.tiny.state.latest("TNY-URS").signatures) == 1
    assert [e.action for e in room.tiny.ledger.events() if e.person == "mara.ivens"][-1] in ("signing-refused", "checkpoint")


def test_sent_back_with_a_reason_and_put_up_again(visitors):
    room = visitors("founded")
    room.tiny.report("plan")
    browser = room.of("ruth.amsel")
    sent = stated(browser, "ruth.amsel", "/sign/TNY-VP", meaning="declined", reason_code="unclear", reason="which files?")
    assert browser.post("/sign/TNY-VP", sent).status_code == 303
    told = browser.told("/documents/TNY-VP")
    assert "DECLINED by Ruth Amsel" in told
    assert "which files?" in told
    assert browser.get("/sign/TNY-VP").status_code == 403
    room.tiny.report("plan")
    assert "TNY-VP r2" in browser.told("/").partition("Waiting for others")[0]
    assert "revision 1" in browser.told("/documents/TNY-VP")


def test_record_changed_while_it_was_read_is_not_signed(visitors):
    room = visitors("founded")
    room.tiny.report("plan")
    browser = room.of("ruth.amsel")
    form = stated(browser, "ruth.amsel", "/sign/TNY-VP")
    path = room.tiny.root / "requirements_specs" / "tiny" / "plan.yaml"
    plan = json.loads(path.read_text())
    plan["purpose"] = "Another purpose."
    path.write_text(json.dumps(plan))
    answer = browser.post("/sign/TNY-VP", form)
    assert "the project says something else now" in words(answer.text)
    room.tiny.report("plan")
    answer = browser.post("/sign/TNY-VP", form)
    assert "is not the record you were shown" in words(answer.text)
    assert room.tiny.state.latest("TNY-VP").signatures == ()


def test_file_that_was_changed_is_not_given(visitors):
    room = visitors("founded")
    room.tiny.report("plan", "risk")
    folder = room.tiny.root / "output" / "tiny" / "documents"
    (folder / "TNY-VP" / "r1" / "TNY-VP-r1.pdf").write_bytes((folder / "TNY-RA" / "r1" / "TNY-RA-r1.pdf").read_bytes())
    browser = room.of("ruth.amsel")
    number = [r.media_type for r in room.tiny.state.latest("TNY-VP").document.renditions].index("application/pdf") + 1
    assert browser.get(f"/documents/TNY-VP/r/1/file/{number}").status_code == 409
    assert browser.get("/documents/TNY-VP/r/1/file/99").status_code == 422
    assert browser.get("/documents/..%2f..%2fcsvgen.toml/r/1/file/1").status_code in (404, 422)


def test_several_records_each_shown_and_each_signed_by_itself(visitors):
    room = visitors("founded")
    room.tiny.report("plan", "risk", "fs", "urs")
    browser = room.of("ruth.amsel")
    told = browser.told("/batch")
    assert [n in told for n in ("TNY-VP r1", "TNY-RA r1", "TNY-FS r1", "TNY-URS r1")] == [True, True, True, False]
    digests = dict(re.findall(r'name="digest ([^"]+)" value="([^"]+)"', browser.page))
    form = {f"digest {n}": unescape(d) for n, d in digests.items()}
    form |= {
        "record": ["TNY-VP", "TNY-FS"],
        "reason": "read both",
        "user_id": "ruth.amsel",
        "password": room.tiny.password("ruth.amsel"),
    }
    answer = browser.post("/batch", form)
    assert answer.status_code == 403, "a record without a meaning is not signed"
    assert re.findall(r'<input type="checkbox"[^>]* checked>', answer.text), "what was chosen stands there still"
    assert form["password"] not in answer.text
    assert room.tiny.state.latest("TNY-VP").signatures == ()
    form |= {
        f"{n} {i}": v for i in ("TNY-VP", "TNY-FS") for n, v in (("meaning", "approved"), ("reason_code", "fit-for-purpose"))
    }
    browser.get("/batch")
    assert browser.post("/batch", form).status_code == 303
    assert "You signed 2 records: TNY-VP, TNY-FS." in browser.told("/")
    assert [len(room.tiny.state.latest(i).signatures) for i in ("TNY-VP", "TNY-FS", "TNY-RA")] == [1, 1, 0]
