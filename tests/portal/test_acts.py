"""Acts by signature and by registration in the room: withdrawing, concluding, a signature by hand, a hand-over; all as the commands do them."""

from __future__ import annotations

import io
import json
import re
import zipfile
from pathlib import Path

import pytest

from csvgen.crypto.keys import read_pkcs12
from csvgen.errors import BadInput
from csvgen.workflow import handover_file
from csvgen.workflow.handover import sign_handover

from ..flow.test_handover import SECRET, Sponsor, act
from ..tiers import each, some
from ..tiny import OPERATOR, Tiny, cheap_secrets, make_project, specification
from .attended import picture
from .conftest import Visitors, words

WITHDRAWN = {"meaning": "withdrawn", "reason_code": "made-in-error", "reason": "put up too early"}


def stated(browser, person: str, address: str, **changed: str) -> dict[str, str]:
    page = browser.get(address).text
    digest = re.search(r'name="digest" value="([^"]+)"', page)
    return {
        "digest": digest.group(1) if digest else "", "user_id": person, "password": browser.tiny.password(person), **WITHDRAWN, **changed,
    }  # fmt: skip


# ------------------------------------------------------------ withdrawing


def test_a_request_for_signatures_is_withdrawn_by_signature_and_waits_for_nobody(visitors):
    room = visitors("founded")
    room.tiny.report("plan")
    browser = room.of("ruth.amsel")
    address = "/documents/TNY-VP/withdraw"
    assert f'href="{address}"' in browser.get("/documents/TNY-VP").text
    told = browser.told(address)
    record = room.tiny.state.latest("TNY-VP").document
    assert str(record.digest) in told
    assert "I withdraw this revision; nobody may rely on it." in told
    assert "checked" not in browser.page
    assert "selected" not in browser.page
    before = room.tiny.ledger.head().count
    assert browser.post(address, stated(browser, "ruth.amsel", address)).headers["location"] == "/documents/TNY-VP"
    approval = room.tiny.state.latest("TNY-VP")
    assert (approval.withdrawn.record.person, approval.withdrawn.record.reason) == ("ruth.amsel", "put up too early")
    assert approval.awaiting is None
    assert "withdraw" in [e.action for e in room.tiny.ledger.events(after=before)]
    told = browser.told("/")
    assert "Nothing waits for you" in told
    assert "Nothing waits for anybody else" in told
    assert "and cannot be withdrawn" in browser.told(address)
    assert f'href="{address}"' not in browser.get("/documents/TNY-VP").text


@pytest.mark.parametrize(
    ("changed", "why"),
    each(
        3,
        [
            ({"meaning": ""}, "this is no meaning"),
            ({"meaning": "approved"}, "waits for the signature 'withdrawn'"),
            ({"reason": " "}, "in the signer's own words"),
            ({"password": "Not-this-one-9z"}, "user id or password is not right"),
            ({"digest": "sha256:" + "0" * 64}, "not the record you were shown"),
        ],
    ),
)
def test_what_is_not_stated_or_proved_withdraws_nothing(visitors, changed, why):
    room = visitors("founded")
    room.tiny.report("plan")
    browser = room.of("ruth.amsel")
    answer = browser.post("/documents/TNY-VP/withdraw", stated(browser, "ruth.amsel", "/documents/TNY-VP/withdraw", **changed))
    assert answer.status_code == 403
    assert why in words(answer.text)
    assert "Nothing was withdrawn" in words(answer.text)
    assert room.tiny.state.latest("TNY-VP").withdrawn is None
    assert browser.tiny.password("ruth.amsel") not in answer.text


# ------------------------------------------------------------ concluding


@pytest.fixture(scope="module")
def concluding(stages, tmp_path_factory):
    """The IQ has its report, by the rule eligible; the OQ was not executed."""
    with cheap_secrets():
        yield Visitors(stages.at("iq-closed").copy(tmp_path_factory.mktemp("concluding") / "project"))


def test_a_conclusion_is_a_persons_and_stands_in_the_report(concluding):
    room = concluding
    browser = room.of("mara.ivens")
    assert 'href="/conclude/iq-report"' in browser.get("/documents/TNY-IQR").text
    told = browser.told("/conclude/iq-report")
    assert "✓ eligible" in told
    assert "A phase is eligible when every planned case passed" in told
    assert "checked" not in browser.page
    made = browser.post("/conclude/iq-report", {"outcome": "not passed", "text": "The <b>second</b> lock is open."})
    assert made.headers["location"] == "/documents/TNY-IQR", words(made.text)
    record = room.tiny.state.latest("TNY-IQR").document
    assert (record.revision, record.conclusion.outcome) == (2, "not passed")
    assert record.conclusion.by == "Mara Ivens (fictitious) (mara.ivens)"
    assert "not passed , in the words of Mara Ivens (fictitious) (mara.ivens): The <b>second</b> lock is open." in browser.told(
        "/documents/TNY-IQR"
    )
    assert "<b>second" not in browser.page
    browser.get("/conclude/iq-report")
    again = browser.post("/conclude/iq-report", {"outcome": "not passed", "text": "The <b>second</b> lock is open."})
    assert again.headers["location"] == "/documents/TNY-IQR"
    assert room.tiny.state.latest("TNY-IQR").document.revision == 2, "it says that already"


def test_better_than_the_rule_is_not_offered(concluding):
    browser = concluding.of("mara.ivens")
    told = browser.told("/conclude/oq-report")
    assert "✗ not eligible" in told
    assert "It cannot be composed yet" in told


@pytest.mark.slow
def test_a_conclusion_is_never_better_than_the_rule(stages, tmp_path):
    with cheap_secrets():
        tiny = stages.at("iq-closed").copy(tmp_path / "project")
        (tiny.root / "two.txt").write_text("3\n", encoding="utf-8")
        tiny.execute("OQ")
        tiny.review("OQ-001")
        tiny.dispose(
            tiny.state.opened[-1].id, decision="accept-with-restriction", restriction="the second number is not used", retest=()
        )
        browser = Visitors(tiny).of("mara.ivens")
        told = browser.told("/conclude/oq-report")
        assert "eligible with restrictions" in told
        assert "the second number is not used" in told
        assert re.search(r'value="passed" required disabled', browser.page)
        better = browser.post("/conclude/oq-report", {"outcome": "passed", "text": "All is well <script>alert(1)</script>"})
        assert better.status_code == 403
        assert "better than the rule gives" in words(better.text)
        assert "<script>alert" not in better.text, "and what was typed is still there, as words"
        assert "&lt;script&gt;alert(1)" in better.text
        assert tiny.state.latest("TNY-OQR") is None
        made = browser.post(
            "/conclude/oq-report", {"outcome": "passed with restrictions", "text": "Fit, but for the second number."}
        )
        assert made.headers["location"] == "/documents/TNY-OQR"
        assert tiny.state.latest("TNY-OQR").document.conclusion.outcome == "passed with restrictions"


@pytest.mark.parametrize(
    ("kind", "fields", "status", "why"),
    [
        ("iq-report", {"outcome": "", "text": "x"}, 422, "choose what you conclude"),
        ("iq-report", {"outcome": "not passed", "text": "  "}, 422, "may not be blank"),
        ("iq-report", {"outcome": "not passed", "text": "a\u202eb"}, 422, "hidden characters"),
        ("plan", {"outcome": "not passed", "text": "x"}, 422, "has no conclusion"),
        ("../etc", {"outcome": "not passed", "text": "x"}, 404, "no such page"),
    ],
)
def test_conclusions_that_cannot_be_used(concluding, kind, fields, status, why):
    browser = concluding.of("mara.ivens")
    browser.get("/conclude/iq-report")
    answer = browser.post(f"/conclude/{kind}", fields)
    assert (answer.status_code, why in words(answer.text)) == (status, True), words(answer.text)


# ------------------------------------------------------------ by hand


@pytest.fixture(scope="module")
def on_paper(tmp_path_factory):
    """The reviewer of the requirements signs with a pen."""
    files = specification()
    files["protocol.yaml"]["routes"]["urs"]["stations"][1]["by"] = "paper"
    with cheap_secrets():
        made = Tiny(make_project(tmp_path_factory.mktemp("paper") / "project", files))
        made.found()
        made.report("urs")
        made.sign("mara.ivens", "TNY-URS")
        yield made


@pytest.fixture
def paper(on_paper, tmp_path):
    with cheap_secrets():
        yield Visitors(on_paper.copy(tmp_path / "project"))


SAID = {"printed_name": "Oskar Lindqvist", "dated": "2026-11-21 09:15 +01:00", "original": "Archive, binder 12, <b>page 3</b>"}


def test_a_scan_is_registered_and_compared_by_a_second_person(paper):
    registrar, second = paper.of("mara.ivens"), paper.of("ruth.amsel")
    address = "/documents/TNY-URS/paper"
    assert f'href="{address}"' in registrar.get("/documents/TNY-URS").text
    registrar.get(address)
    scan = picture("white", "PNG")
    answer = registrar.post(address, SAID, files={"scan": ("../page.png", scan, "text/html")})
    assert answer.headers["location"] == "/documents/TNY-URS-R1-P2"
    told = registrar.told("/documents/TNY-URS-R1-P2")
    assert "<b>page 3</b>" in told
    assert "<b>page 3" not in registrar.page
    file = second.client.get("/documents/TNY-URS-R1-P2/r/1/file/1")
    assert file.content == scan
    assert "sandbox" in file.headers["content-security-policy"]
    form = stated(
        second, "ruth.amsel", "/sign/TNY-URS-R1-P2", meaning="verified", reason_code="true-copy", reason="compared them"
    )
    assert second.post("/sign/TNY-URS-R1-P2", form).status_code == 303
    assert "true copy verified by Ruth Amsel" in second.told("/documents/TNY-URS")
    assert paper.tiny.state.latest("TNY-URS").awaiting.number == 3


@pytest.mark.parametrize(
    ("name", "data", "why"),
    some(
        [
            ("a.png", b"\x89PNG\r\n\x1a\n" + b"no picture", "this picture is not taken"),
            ("a.pdf", b"MZ\x90\0program", "this kind of file is not taken"),
            ("a.txt", b"plain words", "a scan is a PDF, PNG, JPEG or TIFF file"),
            ("a.png", b"", "the file is empty"),
            ("", b"", "no file was chosen"),
        ],
        lambda v: "picture" in v[2],
    ),
)
def test_scans_that_are_none(paper, name, data, why):
    browser = paper.of("mara.ivens")
    browser.get("/documents/TNY-URS/paper")
    answer = browser.post(
        "/documents/TNY-URS/paper", SAID, files={"scan": (name, data, "image/png")} if name else {"x": ("", b"", "")}
    )
    assert (answer.status_code, why in words(answer.text)) == (422, True), words(answer.text)
    assert 'value="Oskar Lindqvist"' in answer.text, "what was typed stands"
    assert "not taken" not in why or paper.tiny.ledger.events()[-1].action == "request-refused"
    assert paper.tiny.state.latest("TNY-URS-R1-P2") is None


def test_an_electronic_station_takes_no_picture(visitors):
    room = visitors("founded")
    room.tiny.report("plan")
    browser = room.of("mara.ivens")
    assert "a picture is never one" in browser.told("/documents/TNY-VP/paper")
    answer = browser.post("/documents/TNY-VP/paper", SAID, files={"scan": ("a.png", picture("white", "PNG"), "image/png")})
    assert (answer.status_code, room.tiny.state.latest("TNY-VP-R1-P1")) == (403, None)
    assert browser.post("/documents/TNY-VP/paper", {**SAID, "dated": ""}).status_code == 422


# ------------------------------------------------------------ hand-overs


@pytest.fixture(scope="module")
def sponsored(tmp_path_factory):
    from csvgen.crypto import certificates

    files = specification()
    files["protocol.yaml"]["routes"]["urs"]["stations"][1]["role"] = "sponsor"
    files["system.yaml"]["roles"].append({"id": "sponsor", "name": "Sponsor", "responsibility": "Reviews."})
    with cheap_secrets():
        made = Tiny(make_project(tmp_path_factory.mktemp("handing") / "project", files))
        sponsor = Sponsor(made.clock.now())
        made.found()
        made.directory.register_external(
            OPERATOR, sponsor.account, certificates.pem([sponsor.credential.certificate]).decode("ascii")
        )
        (made.root / "trust" / "external.pem").write_bytes(certificates.pem([sponsor.root.certificate]))
        made.report("urs")
        made.sign("mara.ivens", "TNY-URS")
        yield made, sponsor


@pytest.fixture
def handing(sponsored, tmp_path):
    with cheap_secrets():
        yield Visitors(sponsored[0].copy(tmp_path / "project")), sponsored[1]


def zipped(folder: Path, around: str = "") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            archive.write(path, f"{around}{path.relative_to(folder).as_posix()}")
    return out.getvalue()


def handed(room, browser, to: Path) -> tuple[Path, str]:
    """The folder as the signer unpacks it, and the digest as the page tells it."""
    browser.get("/documents/TNY-URS/handover")
    answer = browser.post("/documents/TNY-URS/handover", {"signer": "sponsor.brandt"})
    assert answer.headers["location"] == "/documents/TNY-URS/handover", words(answer.text)
    told = re.search(
        r"sha256:[0-9a-f]{64}", browser.told("/documents/TNY-URS/handover").partition("Digest to be told")[2]
    ).group()
    file = browser.client.get(f"/documents/TNY-URS/handover/{told}")
    assert "TNY-URS-r1-sponsor.brandt.zip" in file.headers["content-disposition"]
    with zipfile.ZipFile(io.BytesIO(file.content)) as archive:
        archive.extractall(to)
    return to / "TNY-URS-r1-sponsor.brandt", told


def test_a_record_goes_out_as_a_file_and_comes_back_signed(handing, tmp_path):
    room, sponsor = handing
    browser = room.of("mara.ivens")
    folder, told = handed(room, browser, tmp_path)
    made = sign_handover(folder, told, read_pkcs12(sponsor.key_file(), SECRET), act(), room.tiny.clock)
    browser.get("/handovers")
    answer = browser.post("/handovers", files={"answer": ("back.zip", zipfile_of(folder), "application/zip")})
    assert answer.headers["location"] == "/documents/TNY-URS", words(answer.text)
    assert room.tiny.state.latest("TNY-URS").signatures[-1].digest == made.digest
    assert "✓ answered" in browser.told("/documents/TNY-URS/handover")
    browser.get("/handovers")
    again = browser.post("/handovers", files={"answer": ("back.zip", zipfile_of(folder), "application/zip")})
    assert again.status_code == 403
    assert "imported already" in words(again.text)


def zipfile_of(folder: Path) -> bytes:
    return zipped(folder, f"{folder.name}/")


@pytest.mark.slow
def test_an_answer_that_was_changed_on_the_way_is_refused(handing, tmp_path):
    room, sponsor = handing
    browser = room.of("mara.ivens")
    folder, told = handed(room, browser, tmp_path)
    sign_handover(folder, told, read_pkcs12(sponsor.key_file(), SECRET), act(), room.tiny.clock)
    (signed,) = (folder / "answer").glob("*.json")
    body = json.loads(signed.read_text(encoding="utf-8"))
    signed.write_text(json.dumps({**body, "reason": "no remark"}), encoding="utf-8")
    browser.get("/handovers")
    answer = browser.post("/handovers", files={"answer": ("back.zip", zipped(folder), "application/zip")})
    assert answer.status_code in (403, 409, 422)
    assert "Nothing was taken back" in words(answer.text)
    assert len(room.tiny.state.latest("TNY-URS").signatures) == 1
    assert "hand-over-refused" in [e.action for e in room.tiny.ledger.events()][-3:] or answer.status_code == 422


def test_nobody_else_can_be_asked(handing):
    room, _ = handing
    browser = room.of("mara.ivens")
    for signer in ("", "oskar.lindqvist", "nobody.here"):
        browser.get("/documents/TNY-URS/handover")
        answer = browser.post("/documents/TNY-URS/handover", {"signer": signer})
        assert answer.status_code == 403
        assert "no registered person of another organisation" in words(answer.text)
    assert [e for e in room.tiny.ledger.events() if e.action == "hand-over"] == []
    assert browser.get("/documents/TNY-URS/handover/sha256:" + "0" * 64).status_code == 422


def a_zip(*entries: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"PK\x03\x04 broken", "no ZIP that can be read"),
        (b"words", "no ZIP that can be read"),
        (a_zip(), "is empty"),
        (a_zip(("../../outside.json", b"x")), "belongs to no hand-over"),
        (a_zip(("/handover.json", b"x")), "belongs to no hand-over"),
        (a_zip(("handover.json", b"x"), ("a\\b.json", b"x")), "belongs to no hand-over"),
        (a_zip(("handover.json", b"x"), ("deep/er/file.json", b"x")), "belongs to no hand-over"),
        (a_zip(("handover.json", b"x"), ("HANDOVER.json", b"y")), "belongs to no hand-over"),
        (a_zip(*((f"{n}.json", b"x") for n in range(201))), "more than any hand-over"),
    ],
    ids=lambda v: v if isinstance(v, str) else "",
)
def test_archives_that_are_none(data, why):
    with pytest.raises(BadInput, match=why), handover_file.unpacked(data):
        raise AssertionError("it was unpacked")


def test_a_bomb_is_not_unpacked(monkeypatch):
    """What it says of itself is believed no further than to refuse it: an entry that holds more is no ZIP that can be read."""
    monkeypatch.setattr(handover_file, "_BYTES", 1_000)
    with pytest.raises(BadInput, match="more than any hand-over"), handover_file.unpacked(a_zip(("handover.json", b"0" * 2_000))):
        raise AssertionError("it was unpacked")
    lying = a_zip(("handover.json", b"0" * 2_000)).replace((2_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    with pytest.raises(BadInput), handover_file.unpacked(lying):
        raise AssertionError("it was unpacked")


def test_who_may_not_is_offered_none_of_it(visitors):
    room = visitors("founded")
    room.tiny.report("plan")
    page = room.of("pavel.broz").get("/documents/TNY-VP").text
    for act_of_others in ("/withdraw", "/paper", "/handover", "/conclude/"):
        assert act_of_others not in page
