"""External signers: handing a record over, signing it in another organisation, and taking the answer back (21 CFR 11.30)."""

from __future__ import annotations

import datetime as dt
import shutil
import tempfile
from pathlib import Path

from csvgen.canonical import Digest, canonical_json, digest_bytes
from csvgen.clock import Clock, local_offset, parsed, shown, stored
from csvgen.crypto.keys import Credential, fingerprint
from csvgen.errors import BadInput, NotIntact, Refused
from csvgen.identity.directory import Directory
from csvgen.model.audit import Actor
from csvgen.model.people import Account
from csvgen.model.signature import DECLINED, REASONS, SCHEME, STATEMENTS, DocumentRecord, SignatureRecord
from csvgen.signature import handover as form
from csvgen.signature import record as signature_record
from csvgen.signature.approvals import Approval, folder_of
from csvgen.signature.handover import ANSWER, COMPONENTS, HANDOVER, README, Handover, read_handover, read_record
from csvgen.signature.record import Signature
from csvgen.workflow import gates
from csvgen.workflow.renditions import PDF, read_signed, sign_files, text_file, unsigned_digest, words_of
from csvgen.workflow.signing import Act, Waiting, barred, refuse_words
from csvgen.workflow.state import ProjectState, documents_folder

_SKEW = dt.timedelta(minutes=5)
"""How far the clock of another organisation may be ahead of ours."""


def hand_over(
    state: ProjectState, directory: Directory, clock: Clock, actor: Actor, document_id: str, person: str, to: Path
) -> Digest:
    """Make the folder `to` for an external signer. Returns the digest to be told by another channel; the trail keeps it.

    Raises Refused where the record does not wait for this person.
    """
    if to.exists():
        raise Refused("this folder exists; a hand-over is never overwritten", where=str(to))
    approval, account = _waiting_for(state, directory, document_id, person, stored(clock.now()))
    document, station = approval.document, approval.awaiting
    if station is None:
        raise Refused(f"{document_id} waits for nobody")
    files = read_signed(documents_folder(state, document), document)
    beside = sorted(p for p in folder_of(_approvals(state), document).iterdir() if p.is_file())
    text = documents_folder(state, document) / text_file(document)  # the words of the box come from it
    beside += [text] if text.is_file() else []
    sent = {path.name: data for path, data in files.items()} | {p.name: p.read_bytes() for p in beside}
    with directory.ledger.change(actor) as change:
        order = Handover.model_validate(
            {
                "record": document.id, "revision": document.revision, "record_digest": document.digest, "title": document.title,
                "number": station.number, "meaning": station.meaning, "role": station.role, "statement": STATEMENTS[station.meaning],
                "reasons": REASONS[station.meaning], "decline_reasons": REASONS[DECLINED], "person": account.id,
                "printed_name": account.printed_name, "certificate": _registered(account),
                "previous": tuple(s.digest for s in approval.signatures), "audit_count": change.head.count,
                "audit_head": change.head.hash, "audit_root": change.root(), "demonstration": document.demonstration,
                "exported": stored(clock.now()), "files": {name: digest_bytes(data) for name, data in sent.items()},
            }
        )  # fmt: skip
        body = canonical_json(order)
        handed = digest_bytes(body)
        to.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".handover-", dir=to.parent) as temporary:
            made = Path(temporary) / "folder"
            made.mkdir()
            for name, data in {**sent, HANDOVER: body, README: _readme(order).encode("utf-8")}.items():
                (made / name).write_bytes(data)
            change.note("hand-over", f"{document.id} r{document.revision}", facts={"handover": handed, "to": account.id})
            made.rename(to)
    return handed


def sign_handover(folder: Path, told: str, credential: Credential, act: Act, clock: Clock) -> Signature:
    """Sign what was handed over, at the signer's own place: no project and no database of ours. Writes ``answer/``.

    `told`: the digest heard by another channel; `credential`: the signer's own. Raises Refused or NotIntact, and writes nothing then.
    """
    order, handed = read_handover(folder)
    form.refuse_untold(handed, told)
    document = read_record(folder, order)
    if (folder / ANSWER).exists():
        raise Refused("this hand-over was answered already", where=ANSWER)
    if credential.fingerprint != order.certificate:
        raise Refused(
            "this is not the certificate that is registered for the signer", hint="use the registered key", rule="RR-L04"
        )
    now = stored(clock.now())
    refuse_words(order.record, order.role, act, (order.meaning, DECLINED), now, order.exported)
    made = signature_record.make(
        SignatureRecord.model_validate(
            {
                "record": order.record, "revision": order.revision, "record_digest": order.record_digest, "number": order.number,
                "meaning": act.meaning, "statement": STATEMENTS[act.meaning], "reason_code": act.reason_code, "reason": act.reason,
                "person": order.person, "printed_name": order.printed_name, "role": order.role, "signed": now,
                "offset": local_offset(), "components": COMPONENTS, "first_in_session": True,
                "certificate": credential.fingerprint, "previous": order.previous, "audit_count": order.audit_count,
                "audit_head": order.audit_head, "audit_root": order.audit_root, "scheme": SCHEME,
                "demonstration": order.demonstration, "signer": "external", "evidence": {"handover": handed},
            }
        ),
        credential,
    )  # fmt: skip
    signed = sign_files(read_signed(folder, document), document, made.record, credential, words=words_of(folder, document))
    with tempfile.TemporaryDirectory(prefix=".answer-", dir=folder.parent) as temporary:
        answer = Path(temporary) / ANSWER
        answer.mkdir()
        for name, data in {f"{made.name}.json": made.body, f"{made.name}.p7s": made.cms}.items():
            (answer / name).write_bytes(data)
        for path, data in signed.items():
            (answer / path.name).write_bytes(data)
        shutil.move(answer, folder / ANSWER)
    return made


def take_back(state: ProjectState, directory: Directory, clock: Clock, actor: Actor, folder: Path) -> Signature:
    """Import an answer: the signature and the signed files become part of the record, or nothing does (RR-O03)."""
    now = clock.now()
    order, handed = read_handover(folder)
    about = f"{order.record} r{order.revision}"
    try:
        _refuse_strange(directory, about, handed)
        approval, account = _waiting_for(state, directory, order.record, order.person, stored(now))
        made, files = _answer(state, approval, folder, order, handed, now)
    except (Refused, NotIntact) as refusal:
        with directory.ledger.change(actor) as change:
            change.note("hand-over-refused", about, reason=refusal.message, facts={"handover": handed})
        raise
    signer = Actor(account.id, account.printed_name, made.record.role, f"hand-over {handed.short}, received by {actor.person}")
    with directory.ledger.change(signer, made.record.reason) as change:
        facts = {"signature": str(made.digest), "document": str(order.record_digest), "meaning": made.record.meaning,
                 "reason-code": str(made.record.reason_code), "components": ", ".join(COMPONENTS), "handover": str(handed)}  # fmt: skip
        place = folder_of(_approvals(state), approval.document)
        for path, data in {**files, place / f"{made.name}.json": made.body, place / f"{made.name}.p7s": made.cms}.items():
            facts[path.name] = change.file(path, data)
        change.note("sign", about, facts=facts)
        if made.record.meaning == DECLINED:
            change.note("decline", about, facts={"reason-code": str(made.record.reason_code)})
    return made


def _answer(
    state: ProjectState, approval: Approval, folder: Path, order: Handover, handed: Digest, now: dt.datetime
) -> tuple[Signature, dict[Path, bytes]]:
    """The signature of an answer, and the signed files by the paths they get here; whatever is wrong with them is raised."""
    name = f"{order.number:02d}-{order.person}"
    answer = folder / ANSWER
    if not answer.is_dir():
        raise BadInput("there is no answer in this hand-over yet", where=ANSWER)
    wanted = {f"{name}.json", f"{name}.p7s", *(r.file for r in approval.document.renditions)}
    there = {p.name for p in answer.iterdir()}
    if any(p.is_symlink() or not p.is_file() for p in answer.iterdir()) or there != wanted:
        raise NotIntact(f"the answer holds {', '.join(sorted(there ^ wanted))} too much or too little", where=ANSWER)
    made = signature_record.read(
        (answer / f"{name}.json").read_bytes(), (answer / f"{name}.p7s").read_bytes(), f"{ANSWER}/{name}.p7s"
    )
    r = made.record
    if problem := form.disagreement(order, handed, r):
        raise NotIntact(problem, where=f"{name}.json", rule="RR-O03")
    if not order.exported <= r.signed <= stored(now + _SKEW):
        raise Refused(
            f"the answer says it was signed {shown(r.signed)}; it was handed over {shown(order.exported)} and is received now",
            rule="RR-T01",
        )
    judged = made.judged(state.trust, state.external)
    if judged.trusted is not True:
        where = state.config.trust.with_name("external.pem")
        raise Refused(
            f"the signer's certificate is not trusted: {judged.reason}", hint=f"authorities of other organisations: {where}"
        )
    if tuple(s.digest for s in approval.signatures) != order.previous:
        raise Refused(f"{order.record} was signed by somebody else meanwhile", hint="hand it over again", rule="RR-X12")
    return made, _checked_files(state, approval.document, answer, made)


def _checked_files(state: ProjectState, document: DocumentRecord, answer: Path, made: Signature) -> dict[Path, bytes]:
    """The signed files: the ones that were handed over, with this one signature more and nothing else."""
    found: dict[Path, bytes] = {}
    for path, before in read_signed(documents_folder(state, document), document).items():
        data = (answer / path.name).read_bytes()
        rendition = next(r for r in document.renditions if r.file == path.name)
        if unsigned_digest(data, rendition.media_type) != rendition.sha256:
            raise NotIntact("is not the document that was handed over", where=path.name, rule="RR-O03")
        seen, faults = _inspected(data, rendition.media_type)
        known, _ = _inspected(before, rendition.media_type)
        if faults:
            raise NotIntact(faults[0], where=path.name, rule="RR-O03")
        if seen != [*known, (str(fingerprint(made.certificate)), parsed(made.record.signed).replace(microsecond=0))]:
            raise NotIntact("does not carry exactly one signature more: the signer's", where=path.name, rule="RR-O03")
        if rendition.media_type == PDF and not data.startswith(before):
            raise NotIntact("is not the file that was handed over with something appended", where=path.name, rule="RR-O03")
        found[path] = data
    return found


def _inspected(data: bytes, media_type: str) -> tuple[list[tuple[str, dt.datetime | None]], tuple[str, ...]]:
    """Certificate and time of every signature of a person, in order; and what is wrong."""
    from csvgen.crypto.trust import Trust
    from csvgen.signature import excel, pdf, word
    from csvgen.workflow.renditions import WORD

    if media_type == PDF:
        looked = pdf.inspect(data, Trust.none)
        return [(str(s.fingerprint), s.claimed) for s in looked.signatures if not s.is_seal], tuple(looked.faults)
    office = (word if media_type == WORD else excel).inspect(data, Trust.none)
    return [(str(s.fingerprint), s.claimed) for s in office.signatures], tuple(office.faults)


def _refuse_strange(directory: Directory, about: str, handed: Digest) -> None:
    """Only what this project handed over comes back, and only once."""
    digests = [(e.action, c.new) for e in directory.ledger.events(record_id=about) for c in e.changes if c.field == "handover"]
    if ("hand-over", str(handed)) not in digests:
        raise Refused("this hand-over was changed, or was never made here", hint="csvgen audit show --record", rule="RR-O03")
    if ("sign", str(handed)) in digests:
        raise Refused("the answer to this hand-over was imported already", rule="RR-O03")


def _waiting_for(state: ProjectState, directory: Directory, document_id: str, person: str, now: str) -> tuple[Approval, Account]:
    approval, account = state.latest(document_id), directory.account(person)
    if approval is None or (station := approval.awaiting) is None:
        raise Refused(f"no signature on {document_id} is waited for", hint="csvgen status")
    if account is None or account.kind != "external":
        raise Refused(f"{person!r} is no registered person of another organisation", hint="csvgen people add", rule="RR-D01")
    if station.by != "electronic":
        raise Refused(f"{document_id} waits for a signature on paper", rule="RR-L07")
    item = Waiting(approval, station, gates.may_sign(state, approval))
    if item.refusal:
        raise Refused(f"{document_id} cannot be signed now: {item.refusal}", rule="RR-X12")
    if found := barred(state, account, item, now):
        raise found
    if why := directory.may(account, f"sign {station.meaning}"):
        raise Refused(why, rule="RR-G01")
    return approval, account


def _registered(account: Account) -> Digest:
    from csvgen.crypto.certificates import read_pem

    return fingerprint(read_pem(account.certificate.encode("ascii"), f"account/{account.id}")[0])


def _approvals(state: ProjectState) -> Path:
    return state.config.approvals(state.spec.system.id)


def _readme(order: Handover) -> str:
    return f"""Hand-over of {order.record} revision {order.revision} to {order.printed_name}

You are asked for one electronic signature: {order.meaning} ({order.role}).
Statement: {order.statement}

1. Ask the sender by another channel (telephone, letter) for the digest of this hand-over. Without csvgen:  sha256sum {HANDOVER}
2. Read the files. What is signed is the record document.json; it names each file by its SHA-256.
3. csvgen sign --handover THIS-FOLDER --key YOUR-KEY.p12     (asks for the digest, meaning, reason and the secret of your key)
4. Send the folder back. The folder "answer" is new; nothing else was changed.

Your signature can be checked with tools that are not ours:
openssl cms -verify -binary -inform DER -in answer/{order.number:02d}-{order.person}.p7s -content answer/{order.number:02d}-{order.person}.json \\
    -CAfile YOUR-CA.pem -purpose any -out /dev/null
"""
