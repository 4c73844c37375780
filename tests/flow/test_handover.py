"""A signer of another organisation: the record goes out, comes back signed with a certificate of theirs, or is refused (RR-O03)."""

from __future__ import annotations

import datetime as dt
import json
import shutil

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

from csvgen.canonical import canonical_json
from csvgen.clock import FixedClock
from csvgen.crypto import certificates
from csvgen.crypto.keys import read_pkcs12
from csvgen.errors import BadInput, CsvgenError, NotIntact, Refused
from csvgen.model.people import Account
from csvgen.signature import pdf, word
from csvgen.workflow import telling
from csvgen.workflow.handover import hand_over, sign_handover, take_back
from csvgen.workflow.signing import Act

from ..tiny import OPERATOR, SYSTEM, Tiny, cheap_secrets, make_project, specification
from .test_desk import footprint

SECRET = b"the sponsor's own secret"


class Sponsor:
    """Another organisation: its authority, and one person with a key of theirs."""

    def __init__(self, now: dt.datetime) -> None:
        self.root = certificates.make_root("Sponsor Ltd (fictitious)", now, demonstration=True)
        self.credential = certificates.issue_person(
            self.root, person="S-4711", printed_name="Ilse Brandt (fictitious)", organisation="Sponsor Ltd", now=now
        )

    def key_file(self) -> bytes:
        c = self.credential
        return pkcs12.serialize_key_and_certificates(b"key", c.key, c.certificate, None, BestAvailableEncryption(SECRET))

    @property
    def account(self) -> Account:
        return Account.model_validate(
            {
                "id": "sponsor.brandt", "kind": "external", "printed_name": "Ilse Brandt (fictitious)", "roles": ["sponsor"],
                "identity": {"method": "Passport at the kick-off", "verified_by": "ruth.amsel", "on": "2024-01-10"},
                "accountability": {"policy": "SOP-ESIG r1", "on": "2024-01-10"},
                "training": [{"role": "sponsor", "subject": "Reading of validation records", "on": "2024-01-11"}],
            }
        )  # fmt: skip


@pytest.fixture(scope="module")
def founded(tmp_path_factory):
    """A project whose sponsor reviews the requirements; the first station has signed."""
    files = specification()
    files["protocol.yaml"]["routes"]["urs"]["stations"][1]["role"] = "sponsor"
    files["system.yaml"]["roles"].append({"id": "sponsor", "name": "Sponsor", "responsibility": "Reviews."})
    made = Tiny(make_project(tmp_path_factory.mktemp("handover") / "project", files))
    sponsor = Sponsor(made.clock.now())
    with cheap_secrets():
        made.found()
        pem = certificates.pem([sponsor.credential.certificate]).decode("ascii")
        made.directory.register_external(OPERATOR, sponsor.account, pem)
        (made.root / "trust" / "external.pem").write_bytes(certificates.pem([sponsor.root.certificate]))
        made.report("urs")
        made.sign("mara.ivens", "TNY-URS")
    return made, sponsor


@pytest.fixture
def sponsor(founded):
    return founded[1]


@pytest.fixture
def project(founded, tmp_path):
    with cheap_secrets():
        yield founded[0].copy(tmp_path / "project")


@pytest.fixture
def sent(project, tmp_path):
    """The folder as it left, and the digest told by telephone."""
    to = tmp_path / "sent"
    return to, hand_over(project.state, project.directory, project.clock, OPERATOR, "TNY-URS", "sponsor.brandt", to)


def act(**changed: str) -> Act:
    values = {"meaning": "reviewed", "reason_code": "remarks-stated", "reason": "one remark by letter", "password": "", **changed}
    return Act(**values)


def answer(project, sent, sponsor, **changed: str):
    folder, told = sent
    return sign_handover(folder, told, read_pkcs12(sponsor.key_file(), SECRET), act(**changed), project.clock)


def take(project, folder):
    return take_back(project.state, project.directory, project.clock, OPERATOR, folder)


def test_way_there_and_back(project, sent, sponsor):
    folder, told = sent
    assert "handover.json" in (folder / "README.txt").read_text(encoding="utf-8")
    made = answer(project, sent, sponsor)
    assert (made.record.signer, made.record.person, made.record.evidence) == ("external", "sponsor.brandt", {"handover": told})
    assert len(project.state.latest("TNY-URS").signatures) == 1, "nothing is ours before it is taken back"
    take(project, folder)
    approval = project.state.latest("TNY-URS")
    assert approval.done == {1, 2}
    assert not approval.standing(project.state.trust, project.state.external).problems
    assert "reviewed" in telling.signature_words(project.state, approval)[1]
    files = project.root / "output" / SYSTEM / "documents" / "TNY-URS" / "r1"
    people = [s for s in pdf.inspect((files / "TNY-URS-r1.pdf").read_bytes(), project.state.external).signatures if not s.is_seal]
    assert [s.printed_name for s in people] == ["Mara Ivens (fictitious)", "Ilse Brandt (fictitious)"]
    assert len(word.inspect((files / "TNY-URS-r1.docx").read_bytes(), project.state.trust).signatures) == 2
    event = project.ledger.events()[-1]
    assert (event.action, event.person, event.reason) == ("sign", "sponsor.brandt", "one remark by letter")
    project.sign("ruth.amsel", "TNY-URS")
    assert project.state.approved("urs")


def test_without_trust_in_the_other_authority_nothing_comes_in(project, sent, sponsor):
    answer(project, sent, sponsor)
    (project.root / "trust" / "external.pem").unlink()
    with pytest.raises(Refused, match="not trusted"):
        take(project, sent[0])
    assert len(project.state.latest("TNY-URS").signatures) == 1


def test_authority_of_the_other_organisation_vouches_for_nobody_of_ours(project, sponsor):
    """A certificate of theirs with one of our ids and names is not believed, neither as a member's nor at the station of a member."""
    from csvgen.signature import record

    forger = certificates.issue_person(
        sponsor.root, person="ruth.amsel", printed_name="Ruth Amsel (fictitious)", organisation="x", now=project.clock.now()
    )
    first = project.state.latest("TNY-URS").signatures[0].record
    forged = record.make(
        first.model_copy(
            update={"person": "ruth.amsel", "printed_name": "Ruth Amsel (fictitious)", "certificate": forger.fingerprint}
        ),
        forger,
    )
    assert forged.judged(project.state.trust, project.state.external).trusted is False


# ------------------------------------------------------------ changed on its way there


@pytest.mark.parametrize("name", ["TNY-URS-r1.pdf", "document.json", "said.json", "01-mara.ivens.json", "handover.json"])
def test_outsider_does_not_sign_what_was_changed_on_the_way(project, sent, sponsor, name):
    path = sent[0] / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(CsvgenError):
        answer(project, sent, sponsor)
    assert not (sent[0] / "answer").exists()


def test_folder_that_is_whole_but_not_the_one_that_was_told_is_not_signed(project, sent, sponsor):
    """Everything re-hashed by who holds the channel: only the telephone finds it."""
    path = sent[0] / "handover.json"
    order = json.loads(path.read_bytes())
    path.write_bytes(canonical_json({**order, "title": "Something harmless"}))
    with pytest.raises(Refused, match="changed on its way") as refusal:
        answer(project, sent, sponsor)
    assert refusal.value.rule == "RR-O03"


@pytest.mark.parametrize("told", ["", "sha256:", "00112233445566778899"])
def test_digest_must_be_told(project, sent, sponsor, told):
    with pytest.raises(Refused, match="digest"):
        sign_handover(sent[0], told, sponsor.credential, act(), project.clock)


def test_another_key_than_the_registered_one_signs_nothing(project, sent, sponsor):
    other = certificates.issue_person(
        sponsor.root,
        person="S-4711",
        printed_name="Ilse Brandt (fictitious)",
        organisation="Sponsor Ltd",
        now=project.clock.now(),
    )
    with pytest.raises(Refused, match="not the certificate that is registered"):
        sign_handover(sent[0], sent[1], other, act(), project.clock)


def test_wrong_secret_opens_no_key(sponsor):
    with pytest.raises(Refused, match="could not be opened"):
        read_pkcs12(sponsor.key_file(), b"guess")


@pytest.mark.parametrize("changed", [{"meaning": "approved"}, {"meaning": ""}, {"reason_code": ""}, {"reason": "-"}])
def test_outsider_states_meaning_code_and_reason_too(project, sent, sponsor, changed):
    with pytest.raises(Refused):
        answer(project, sent, sponsor, **changed)


# ------------------------------------------------------------ changed on its way back


def flip(path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


@pytest.mark.parametrize(
    "name",
    [
        "answer/TNY-URS-r1.pdf",
        "answer/TNY-URS-r1.docx",
        "answer/02-sponsor.brandt.json",
        "answer/02-sponsor.brandt.p7s",
        "handover.json",
    ],
)
def test_answer_changed_on_its_way_back_is_refused_and_told(project, sent, sponsor, name):
    answer(project, sent, sponsor)
    before = footprint(project)
    flip(sent[0] / name)
    with pytest.raises(CsvgenError):
        take(project, sent[0])
    assert footprint(project) == before
    assert len(project.state.latest("TNY-URS").signatures) == 1


def test_file_that_was_handed_over_comes_back_with_the_signature_and_nothing_else(project, sent, sponsor):
    """The unsigned file in the place of the signed one; a second signature; a file too much."""
    answer(project, sent, sponsor)
    kept = shutil.copytree(sent[0], sent[0].with_name("kept"))
    (sent[0] / "answer" / "TNY-URS-r1.pdf").write_bytes((sent[0] / "TNY-URS-r1.pdf").read_bytes())
    with pytest.raises(NotIntact, match="exactly one signature more"):
        take(project, sent[0])
    (kept / "answer" / "note.txt").write_text("please read", encoding="utf-8")
    with pytest.raises(NotIntact, match="too much or too little"):
        take(project, kept)
    told = [e for e in project.ledger.events() if e.action == "hand-over-refused"]
    assert [e.record for e in told] == ["TNY-URS r1"] * 2


def test_folder_that_never_left_here_does_not_come_back(project, sent, sponsor, tmp_path):
    answer(project, sent, sponsor)
    fresh = tmp_path / "fresh"
    told = hand_over(project.state, project.directory, project.clock, OPERATOR, "TNY-URS", "sponsor.brandt", fresh)
    assert told != sent[1]
    (fresh / "answer").mkdir()
    for path in (sent[0] / "answer").iterdir():
        shutil.copyfile(path, fresh / "answer" / path.name)
    with pytest.raises(NotIntact, match=r"another (evidence|audit)"):
        take(project, fresh)


def test_answer_is_taken_once_and_without_one_nothing(project, sent, sponsor):
    with pytest.raises(BadInput, match="no answer"):
        take(project, sent[0])
    answer(project, sent, sponsor)
    take(project, sent[0])
    with pytest.raises(Refused, match="imported already"):
        take(project, sent[0])


@pytest.mark.parametrize("hours", [-48, 48])
def test_time_of_the_answer_must_be_plausible(project, sent, sponsor, hours):
    """Signed before it was handed over, or after it was received."""
    folder, told = sent
    clock = FixedClock(project.clock.now() + dt.timedelta(hours=hours))
    if hours < 0:
        with pytest.raises(Refused, match="set back"):
            sign_handover(folder, told, sponsor.credential, act(), clock)
        return
    sign_handover(folder, told, sponsor.credential, act(), clock)
    with pytest.raises(Refused, match="received now"):
        take(project, folder)


def test_record_signed_by_somebody_else_meanwhile_is_handed_over_again(project, sent, sponsor, tmp_path):
    answer(project, sent, sponsor)
    again = tmp_path / "again"
    told = hand_over(project.state, project.directory, project.clock, OPERATOR, "TNY-URS", "sponsor.brandt", again)
    answer(project, (again, told), sponsor)
    take(project, again)
    with pytest.raises(Refused, match=r"waited for|may not|does not hold"):
        take(project, sent[0])


# ------------------------------------------------------------ who


def test_only_a_registered_external_person_gets_a_hand_over(project, tmp_path):
    for person in ("ruth.amsel", "ci-runner", "no.such.person"):
        with pytest.raises(Refused, match="no registered person of another organisation"):
            hand_over(project.state, project.directory, project.clock, OPERATOR, "TNY-URS", person, tmp_path / "to")
    assert not (tmp_path / "to").exists()


def test_external_person_neither_logs_in_nor_signs_here(project):
    with pytest.raises(Refused):
        project.directory.log_in("sponsor.brandt", "anything at all")


def test_outsider_may_decline(project, sent, sponsor):
    answer(project, sent, sponsor, meaning="declined", reason_code="incomplete")
    take(project, sent[0])
    assert telling.standing_word(project.state, project.state.latest("TNY-URS")).startswith("DECLINED by Ilse Brandt")


@pytest.mark.needs("openssl")
def test_openssl_checks_the_answer_with_the_sponsors_root_alone(project, sent, sponsor, tmp_path):
    import subprocess

    answer(project, sent, sponsor)
    (tmp_path / "root.pem").write_bytes(certificates.pem([sponsor.root.certificate]))
    name = sent[0] / "answer" / "02-sponsor.brandt"
    command = ["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", f"{name}.p7s", "-content", f"{name}.json",
               "-CAfile", str(tmp_path / "root.pem"), "-purpose", "any", "-out", "/dev/null"]  # fmt: skip
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0


# ------------------------------------------------------------ what the plan says of it


def test_plan_of_an_open_system_prints_each_measure(tmp_path):
    """RR-O02: used or not needed, with the reason; a specification that leaves one out is not accepted."""
    from csvgen.report.spec_blocks import identification
    from csvgen.spec.load import load_system

    from ..tiny import write_specification

    files = specification()
    measures = [
        {"name": "encryption", "used": "no", "reason": "Nothing to hide."},
        {"name": "digital-signature", "used": "yes", "reason": "Each hand-over."},
    ]
    for said in (measures, measures[:1], []):
        files["system.yaml"]["classification"] = {
            "kind": "open",
            "reason": "Hosted; QC answers for the records.",
            "measures": said,
        }
        write_specification(tmp_path, files)
        loaded = load_system(tmp_path / "requirements_specs", SYSTEM)
        if said == measures:
            (facts,) = identification(loaded.spec)
            told = dict(facts.rows)
            assert told["Measure of 21 CFR 11.30: encryption"] == "not needed: Nothing to hide."
            assert told["Measure of 21 CFR 11.30: digital signature"] == "used: Each hand-over."
        else:
            assert "SYS712" in {f.rule for f in loaded.findings.errors}
