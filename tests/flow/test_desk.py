"""The signing desk: who may sign what, with which components, in which order; and what a refusal leaves behind."""

from __future__ import annotations

import datetime as dt
from dataclasses import MISSING, fields

import pytest

from csvgen.canonical import digest_bytes
from csvgen.clock import FixedClock, stored
from csvgen.crypto import certificates
from csvgen.errors import NotIntact, Refused
from csvgen.identity.directory import UNIFORM
from csvgen.model.signature import MEANINGS, SCHEME, SignatureRecord
from csvgen.signature import record as signature_record
from csvgen.workflow.signing import Act, SigningDesk, for_person, waiting

from ..tiny import OPERATOR


class Seat:
    """One person at the desk, logged in."""

    def __init__(self, project, person: str, code: str = "") -> None:
        self.project, self.person = project, person
        self.directory, self.state = project.directory, project.state
        self.session = self.directory.log_in(person, project.password(person), code)
        self.desk = SigningDesk(self.state, self.directory, project.clock)

    def item(self, document: str):
        return next(w for w in waiting(self.state) if w.document.id == document)

    def sign(self, document: str, **changed: str):
        item = self.item(document)
        meaning = changed.pop("meaning", item.station.meaning)
        return self.desk.sign(self.session, item, self.project.act(self.person, meaning, **changed))

    def offered(self) -> list[str]:
        return [w.document.id for w in for_person(self.state, self.session.account, stored(self.project.clock.now()))]


@pytest.fixture
def project(tiny):
    made = tiny("founded")
    made.report("urs", "plan", "risk")
    return made


def footprint(project) -> dict[str, str]:
    """Every file of the project but its records, by digest."""
    files = (p for p in project.root.rglob("*") if p.is_file() and "records" not in p.parts)
    return {str(p.relative_to(project.root)): digest_bytes(p.read_bytes()) for p in files}


# ------------------------------------------------------------ components, 21 CFR 11.200(a)(1)


def test_first_signing_takes_all_components_and_later_ones_the_password(project):
    seat = Seat(project, "ruth.amsel")
    first, second = seat.sign("TNY-VP"), seat.sign("TNY-RA", user_id="")
    assert (first.record.components, first.record.first_in_session) == (("user id", "password"), True)
    assert (second.record.components, second.record.first_in_session) == (("password",), False)
    told = [{c.field: c.new for c in e.changes} for e in project.ledger.events() if e.action == "sign"]
    assert [t["components"] for t in told] == ["user id, password", "password"]


def test_being_logged_in_counts_for_no_component(project):
    seat = Seat(project, "ruth.amsel")
    with pytest.raises(Refused) as refusal:
        seat.sign("TNY-VP", user_id="")
    assert refusal.value.rule == "RR-N02"
    with pytest.raises(Refused) as refusal:
        seat.sign("TNY-VP", password="")
    assert refusal.value.rule == "RR-N03"
    assert seat.session.signings == 0


def test_one_time_code_signs_once_and_only_with_all_other_components(project):
    """The code of the log-in is used up; without one, or with another's, nothing is signed."""
    pyotp = pytest.importorskip("pyotp")
    directory, password = project.directory, project.password("ruth.amsel")
    device = pyotp.TOTP(directory.enrol("ruth.amsel", password))
    moment = dt.datetime.now(dt.UTC)
    codes = [device.at(moment + dt.timedelta(seconds=s)) for s in (-30, 0, 30)]
    directory.confirm_enrolment("ruth.amsel", password, codes[0])
    seat = Seat(project, "ruth.amsel", codes[1])
    for wrong in ("", codes[1], codes[0], "000000"):
        with pytest.raises(Refused, match=UNIFORM):
            seat.sign("TNY-VP", one_time=wrong)
        project.directory.set_state(OPERATOR, "ruth.amsel", "active", "only the refusal is of interest here")
    assert not project.state.latest("TNY-VP").signatures


def test_a_new_session_begins_with_all_components_again(project):
    Seat(project, "ruth.amsel").sign("TNY-VP")
    with pytest.raises(Refused, match="user id and password"):
        Seat(project, "ruth.amsel").sign("TNY-RA", user_id="")


def test_nobody_signs_in_the_session_of_another(project):
    seat = Seat(project, "ruth.amsel")
    for user, password in (("mara.ivens", "mara.ivens"), ("mara.ivens", "ruth.amsel"), ("ruth.amsel", "mara.ivens")):
        with pytest.raises(Refused):
            seat.sign("TNY-VP", user_id=user, password=project.password(password))
        project.directory.set_state(OPERATOR, "ruth.amsel", "active", "only the refusal is of interest here")
        seat = Seat(project, "ruth.amsel")
    assert not project.state.latest("TNY-VP").signatures


# ------------------------------------------------------------ wrong passwords


def test_wrong_password_leaves_nothing_but_its_event(project):
    before = footprint(project)
    seat = Seat(project, "ruth.amsel")
    with pytest.raises(Refused, match=UNIFORM):
        seat.sign("TNY-VP", password="not the password at all")
    assert footprint(project) == before
    refused = [e for e in project.ledger.events() if e.action == "signing-refused"]
    assert [(e.person, e.reason) for e in refused] == [("ruth.amsel", "wrong password")]
    assert "not the password at all" not in b"".join(project.ledger.bodies()).decode("utf-8")


def test_three_failures_lock_the_account_even_for_its_right_password(project):
    seat = Seat(project, "ruth.amsel")
    for _ in range(3):
        with pytest.raises(Refused):
            seat.sign("TNY-VP", password="guess guess guess")
    assert project.directory.account("ruth.amsel").state == "locked"
    with pytest.raises(Refused, match="account locked") as refusal:
        seat.sign("TNY-VP")
    assert refusal.value.rule == "RR-N04"
    with pytest.raises(Refused, match=UNIFORM):
        Seat(project, "ruth.amsel")
    assert not project.state.latest("TNY-VP").signatures
    assert [e.action for e in project.ledger.events() if e.action in ("lock", "security-alert")] == ["lock", "security-alert"]


def test_two_failures_and_a_success_begin_the_count_anew(project):
    seat = Seat(project, "ruth.amsel")
    for document in ("TNY-VP", "TNY-RA"):
        for _ in range(2):
            with pytest.raises(Refused):
                seat.sign(document, password="guess guess guess")
        seat.sign(document)
    assert project.directory.account("ruth.amsel").state == "active"


def test_session_left_alone_signs_no_more(project):
    """Away too long, the period of controlled access is over: the next signing would be the first of a new one."""
    seat = Seat(project, "ruth.amsel")
    seat.sign("TNY-VP")
    seat.session.last_used -= dt.timedelta(seconds=seat.directory.policy.idle_seconds)
    with pytest.raises(Refused, match="log in again"):
        seat.sign("TNY-RA", user_id="")
    assert not project.state.latest("TNY-RA").signatures


def test_account_locked_elsewhere_signs_no_more_in_an_open_session(project):
    seat = Seat(project, "ruth.amsel")
    project.directory.set_state(OPERATOR, "ruth.amsel", "locked", "found a note with the password")
    with pytest.raises(Refused, match="account locked"):
        seat.sign("TNY-VP")


# ------------------------------------------------------------ role, meaning, order


def test_stations_are_signed_in_their_order(project):
    assert "TNY-URS" not in Seat(project, "ruth.amsel").offered(), "approval is not offered before authorship and review"
    with pytest.raises(Refused, match="does not hold the role validation-lead") as refusal:
        Seat(project, "ruth.amsel").sign("TNY-URS")
    assert refusal.value.rule == "RR-G01"
    assert refusal.value.hint == "who can: authored as validation-lead: Mara Ivens (fictitious) (mara.ivens)"
    assert project.sign("mara.ivens")
    with pytest.raises(Refused, match="does not hold the role process-owner"):
        Seat(project, "ruth.amsel").sign("TNY-URS")
    assert project.sign("oskar.lindqvist")
    assert project.sign("ruth.amsel", "TNY-URS")
    assert project.state.approved("urs")


def test_only_the_meaning_asked_for_is_taken(project):
    seat = Seat(project, "ruth.amsel")
    for meaning in (*(m for m in MEANINGS if m != "approved"), "", "agreed", "withdrawn"):
        with pytest.raises(Refused):
            seat.sign("TNY-VP", meaning=meaning)
    assert not project.state.latest("TNY-VP").signatures


def test_reason_code_is_one_of_the_meaning_and_nothing_fills_it_in(project):
    seat = Seat(project, "ruth.amsel")
    for code in ("", "because", "initial-issue", "Fit-For-Purpose"):
        with pytest.raises(Refused, match="no reason code") as refusal:
            seat.sign("TNY-VP", reason_code=code)
        assert "fit-for-purpose" in refusal.value.hint
    made = seat.sign("TNY-VP", reason_code="conditional", reason="until the next review")
    assert (made.record.reason_code, made.record.why) == ("conditional", "conditional: until the next review")
    stated = {f.name: f.default for f in fields(Act)}
    assert {stated[n] for n in ("meaning", "reason_code", "reason", "password")} == {MISSING}, "nothing has a default"


def test_refused_signing_is_an_event_that_repeats_nothing_typed(project):
    """Whoever types a password at the wrong prompt finds it in no event, message or file."""
    seat = Seat(project, "ruth.amsel")
    before = footprint(project)
    for changed in ({"meaning": "my secret 8z!"}, {"reason_code": "my secret 8z!"}, {"reason": "..."}):
        with pytest.raises(Refused) as refusal:
            seat.sign("TNY-VP", **changed)
        assert "8z!" not in str(refusal.value)
    assert footprint(project) == before
    refused = [e for e in project.ledger.events() if e.action == "signing-refused"]
    assert [(e.person, e.record) for e in refused] == [("ruth.amsel", "TNY-VP r1")] * 3
    assert b"8z!" not in b"".join(project.ledger.bodies())


@pytest.mark.parametrize("reason", ["", "   ", "...", "-"])
def test_signature_needs_a_reason_that_says_something(project, reason):
    with pytest.raises(Refused, match="reason"):
        Seat(project, "ruth.amsel").sign("TNY-VP", reason=reason)


def test_same_person_does_not_take_two_roles_that_are_kept_apart(project):
    """Even a person who holds both roles, trained for both."""
    account = project.directory.account("mara.ivens")
    both = {"roles": ("validation-lead", "process-owner", "quality")}
    training = tuple(account.training[0].model_copy(update={"role": r}) for r in both["roles"])
    with project.ledger.change(OPERATOR, "two hats") as change:
        change.put("account", account.id, account.model_copy(update={**both, "training": training}).model_dump())
    project.sign("mara.ivens", "TNY-URS")
    seat = Seat(project, "mara.ivens")
    assert "TNY-URS" not in seat.offered()
    with pytest.raises(Refused, match="may not sign it as reviewed") as refusal:
        seat.sign("TNY-URS")
    assert refusal.value.rule == "RR-G02"
    project.sign("oskar.lindqvist")
    with pytest.raises(Refused, match="may not sign it as approved"):
        Seat(project, "mara.ivens").sign("TNY-URS")
    assert "TNY-VP" in Seat(project, "mara.ivens").offered(), "on another record the role may be taken"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"training": ()}, "no training record"),
        ({"identity": None}, "identity .* has not been verified"),
        ({"accountability": None}, "accountability policy"),
        ({"roles": ("tester",)}, "does not hold the role quality"),
    ],
)
def test_right_to_sign_needs_role_training_identity_and_accountability(project, change, why):
    account = project.directory.account("ruth.amsel")
    with project.ledger.change(OPERATOR, "for this test") as changing:
        changing.put("account", account.id, account.model_copy(update=change).model_dump())
    with pytest.raises(Refused, match=why):
        Seat(project, "ruth.amsel").sign("TNY-VP")


def test_training_that_begins_tomorrow_gives_no_right_today(project):
    account = project.directory.account("ruth.amsel")
    later = tuple(t.model_copy(update={"on": "2999-01-01"}) for t in account.training)
    with project.ledger.change(OPERATOR, "planned course") as changing:
        changing.put("account", account.id, account.model_copy(update={"training": later}).model_dump())
    with pytest.raises(Refused, match="no training record"):
        Seat(project, "ruth.amsel").sign("TNY-VP")


def test_technical_account_can_neither_log_in_nor_have_a_password(project):
    with pytest.raises(Refused, match=UNIFORM):
        project.directory.log_in("ci-runner", "whatever it may be")
    with pytest.raises(Refused) as refusal:
        project.directory.set_password(OPERATOR, "ci-runner", "a-long-Passw0rd-indeed")
    assert refusal.value.rule == "RR-N10"


# ------------------------------------------------------------ what is signed


def test_file_that_is_not_the_one_of_the_record_is_not_signed(project):
    """A signature would otherwise cover a document that nobody composed."""
    folder = project.root / "output" / "tiny" / "documents"
    (folder / "TNY-VP" / "r1" / "TNY-VP-r1.pdf").write_bytes((folder / "TNY-RA" / "r1" / "TNY-RA-r1.pdf").read_bytes())
    with pytest.raises(NotIntact, match="nobody may sign it"):
        Seat(project, "ruth.amsel").sign("TNY-VP")
    assert not project.state.latest("TNY-VP").signatures


def test_one_signing_binds_record_pdf_word_and_trail(project):
    from csvgen.signature import pdf_inspect, word

    made = Seat(project, "ruth.amsel").sign("TNY-VP", reason="read it twice")
    folder = project.root / "output" / "tiny" / "documents" / "TNY-VP" / "r1"
    in_pdf = [
        s for s in pdf_inspect.inspect((folder / "TNY-VP-r1.pdf").read_bytes(), project.state.trust).signatures if not s.is_seal
    ]
    in_word = word.inspect((folder / "TNY-VP-r1.docx").read_bytes(), project.state.trust).signatures
    fingerprints = {str(made.record.certificate), *(str(s.fingerprint) for s in (*in_pdf, *in_word))}
    assert len(in_pdf) == len(in_word) == 1
    assert len(fingerprints) == 1
    event = project.ledger.events()[-1]
    assert (event.action, event.person, event.reason) == ("sign", "ruth.amsel", "read it twice")
    assert str(made.digest) in {c.new for c in event.changes}
    assert made.record.audit_count == event.seq - 1


def test_damaged_record_is_not_offered_as_sound(project):
    project.sign("mara.ivens", "TNY-URS")
    record = next((project.root / "protocols" / "tiny" / "approvals" / "TNY-URS" / "r1").glob("01-*.json"))
    record.write_bytes(record.read_bytes().replace(b'"checked"', b'"checkeD"'))
    seat = Seat(project, "oskar.lindqvist")
    assert "damaged" in seat.item("TNY-URS").refusal
    with pytest.raises(Refused, match="damaged"):
        seat.sign("TNY-URS", meaning="authored")


def test_second_of_two_signers_at_the_same_time_is_refused(project):
    """Both saw the record wait; only one signature has the place, and the file of the other is not overwritten."""
    account = project.directory.account("tomas.feld")
    training = (account.training[0].model_copy(update={"role": "quality"}),)
    with project.ledger.change(OPERATOR, "stands in") as changing:
        changing.put("account", account.id, account.model_copy(update={"roles": ("quality",), "training": training}).model_dump())
    late = Seat(project, "tomas.feld")
    assert "TNY-VP" in late.offered()
    Seat(project, "ruth.amsel").sign("TNY-VP")
    before = footprint(project)
    with pytest.raises(Refused, match="by somebody else meanwhile"):
        late.sign("TNY-VP")
    assert footprint(project) == before
    assert project.state.approved("plan")


def test_clock_set_back_between_two_signatures_is_refused(project):
    project.sign("mara.ivens", "TNY-URS")
    seat = Seat(project, "oskar.lindqvist")
    seat.desk._clock = FixedClock(dt.datetime.now(dt.UTC) - dt.timedelta(hours=1))
    with pytest.raises(Refused, match="it was set back") as refusal:
        seat.sign("TNY-URS")
    assert refusal.value.rule == "RR-E14"
    assert len(project.state.latest("TNY-URS").signatures) == 1


def test_killed_between_commit_and_placement_leaves_one_whole_signature(project, monkeypatch):
    """The event is written, the files have no names yet: whoever opens the records next finishes it."""
    from csvgen.audit import ledger as room

    seat = Seat(project, "ruth.amsel")

    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as killed:
        killed.setattr(room, "place", dies)
        with pytest.raises(KeyboardInterrupt):
            seat.sign("TNY-VP")
    assert not project.state.latest("TNY-VP").signatures
    assert project.ledger.head().count, "opening the records places what was committed"
    assert project.state.approved("plan")
    assert project.ledger.events()[-1].action == "sign"


def test_seal_of_the_system_is_no_signature(project):
    """The PDF is sealed before anybody signs; it counts for no station and for nobody."""
    from csvgen.signature import pdf

    approval = project.state.latest("TNY-VP")
    folder = project.root / "output" / "tiny" / "documents" / "TNY-VP" / "r1"
    (found,) = pdf.inspect((folder / "TNY-VP-r1.pdf").read_bytes(), project.state.trust).signatures
    assert found.is_seal
    assert (found.person, approval.done, approval.standing(project.state.trust).complete) == ("", frozenset(), False)
    record = signed_like(project, approval)
    with pytest.raises(NotIntact, match="a system can never sign for a person"):
        signature_record.make(record, project.seal)


def signed_like(project, approval) -> SignatureRecord:
    """A record that claims the seal's name for a station."""
    name = certificates.common_name(project.seal.certificate)
    return SignatureRecord(
        record=approval.document.id, revision=1, record_digest=approval.document.digest, number=1, meaning="approved",
        statement=MEANINGS["approved"], reason_code="fit-for-purpose", reason="x", person="system", printed_name=name, role="quality",
        signed=stored(project.clock.now()), offset="+00:00", components=("key",), first_in_session=True,
        certificate=project.seal.fingerprint, previous=(), audit_count=0, audit_head=digest_bytes(b""), audit_root=digest_bytes(b""),
        scheme=SCHEME,
    )  # fmt: skip


def test_record_names_head_and_root_of_the_trail_before_it(project):
    from csvgen.audit import merkle

    made = Seat(project, "ruth.amsel").sign("TNY-VP").record
    before = project.ledger.bodies()[: made.audit_count]
    assert made.audit_head == digest_bytes(before[-1])
    assert made.audit_root == f"sha256:{merkle.root([merkle.leaf_hash(b) for b in before]).hex()}"
