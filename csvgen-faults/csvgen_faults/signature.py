"""Faults of electronic signatures: components, meaning, manifestation, linking."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from typing import Any

from csvgen.audit.ledger import Change
from csvgen.audit.merkle import EMPTY
from csvgen.audit.tree import as_digest
from csvgen.identity.credentials import Credentials
from csvgen.identity.directory import Directory
from csvgen.pipeline import certificate_pages, decisions, forms
from csvgen.pipeline.decisions import MEANINGS, Decisions
from csvgen.pipeline.signing import VALID, VOID, Judged, Signatures
from csvgen.signature import record as signature_record
from csvgen.signature.manifestation import Manifestation
from csvgen_faults import fault
from csvgen_faults.patching import replace

# ------------------------------------------------------------ components


def _entered(otherwise: Callable[[Any, str, str, str], tuple[str, str]]) -> None:
    """Sign with other components than those entered. `otherwise` gets session, user id, password and the right password.

    The right one is remembered from log-in: the key of the signer lies under it, and opens for nothing else.
    """
    known: dict[str, str] = {}

    def log_in(original: Any, self: Any, person: str, password: str, *more: Any, **named: Any) -> Any:
        session = original(self, person, password, *more, **named)
        known[person] = password
        return session

    def hand(original: Any, self: Any, session: Any, word: str, reason: str, user_id: str, password: str) -> Any:
        right = known.get(session.account.id, password)
        return original(self, session, word, reason, *otherwise(session, user_id, password, right))

    replace(Directory, "log_in", log_in)
    replace(Signatures, "hand", hand)


@fault("signature-password-not-checked")
def _() -> None:
    """An empty one is still refused."""
    _entered(lambda _session, user_id, password, right: (user_id, password and right))


@fault("signature-one-component")
def _() -> None:
    _entered(lambda session, user_id, password, _right: (user_id or session.account.id, password))


@fault("signature-later-by-click")
def _() -> None:
    _entered(
        lambda session, user_id, password, right: (user_id, right if session.signings and not user_id else password)
    )  # fmt: skip


@fault("signature-other-id-accepted")
def _() -> None:
    _entered(lambda session, user_id, password, _right: (user_id and session.account.id, password))


@fault("signature-series-survives-session")
def _() -> None:
    def begin(original: Any, self: Any, account: Any, **named: Any) -> Any:
        before = max((s.signings for s in self.sessions.values() if s.account.id == account.id), default=0)
        session = original(self, account, **named)
        session.signings = before
        return session

    replace(Directory, "_begin", begin)


@fault("signature-components-misstated")
def _() -> None:
    def hand(original: Any, self: Any, *given: Any) -> Any:
        return dataclasses.replace(original(self, *given), components=("user id", "password"))

    replace(Signatures, "hand", hand)


@fault("signature-other-trail-named")
def _() -> None:
    """The root over nothing, whatever came before."""
    replace(Change, "root", lambda _original, _self: as_digest(EMPTY))


@fault("signature-picture-without-time")
def _() -> None:
    def lines(original: Any, self: Any, room: int | None = None) -> tuple[str, ...]:
        return tuple(line for line in original(self, room) if not line.startswith("Signed: "))

    replace(Manifestation, "lines", lines)


# ------------------------------------------------------------ meaning and person


def _taken_as_review(applies: Callable[[str], bool]) -> None:
    """Words that are no meaning are taken: the lot is signed as reviewed."""

    def sign(original: Any, self: Any, session: str, record: str, meaning: str, *hand: Any) -> Any:
        if applies(meaning):
            self._reviews.packet(session, record)
            meaning = "reviewed"
        return original(self, session, record, meaning, *hand)

    def named(
        original: Any,
        self: Any,
        session: str,
        record: str,
        meaning: str,
        reason: str,
        user_id: str,
        password: str,
        packet: str = "",
    ) -> Any:
        return sign(original, self, session, record, meaning, reason, user_id, password, packet)

    replace(Decisions, "sign", named)


@fault("signature-without-meaning")
def _() -> None:
    _taken_as_review(lambda meaning: not meaning.strip())


@fault("signature-meaning-unlisted")
def _() -> None:
    _taken_as_review(lambda meaning: bool(meaning.strip()) and meaning not in MEANINGS)


@fault("signature-of-own-work")
def _() -> None:
    """The release still takes another person."""

    def refuse_own(original: Any, core: Any, subject: str, session: Any, what: str) -> None:
        if what != "review it":
            original(core, subject, session, what)

    replace(decisions, "refuse_own", refuse_own)


@fault("signature-of-disposition-lost")
def _() -> None:
    def make(original: Any, self: Any, change: Any, version: Any, hand: Any) -> Any:
        return None if hand.word == "disposed" else original(self, change, version, hand)

    replace(Signatures, "make", make)


# ------------------------------------------------------------ manifestation


def _shown(label: str, key: str, value: Callable[[str], str]) -> None:
    """Show one part of every signature otherwise, in each form; a part without value is not shown."""

    def rows(original: Any, sheet: Any) -> Iterator[Any]:
        for block in original(sheet):
            yield [(name, value(text) if name == label else text) for name, text in block if name != label or value(text)]

    def as_data(original: Any, sheet: Any) -> Any:
        told = original(sheet)
        return told | {"signatures": [s | {key: value(s[key])} for s in told["signatures"]]}

    replace(forms, "_signature_rows", rows)
    replace(forms, "as_data", as_data)


@fault("signature-name-not-shown")
def _() -> None:
    """The user id is still there."""

    def rows(original: Any, sheet: Any) -> Iterator[Any]:
        views = (view for view, _, _ in sheet.signatures)
        for view, block in zip(views, original(sheet), strict=True):
            yield [(name, f"({view.user_id})" if name == "Signed by" else text) for name, text in block]

    def as_data(original: Any, sheet: Any) -> Any:
        told = original(sheet)
        return told | {"signatures": [s | {"printed_name": ""} for s in told["signatures"]]}

    replace(forms, "_signature_rows", rows)
    replace(forms, "as_data", as_data)


@fault("signature-time-without-offset")
def _() -> None:
    _shown("Signed at", "signed", lambda text: text.rpartition(" +")[0])


@fault("signature-meaning-not-shown")
def _() -> None:
    _shown("Meaning", "meaning", lambda _text: "")


@fault("signature-missing-in-print")
def _() -> None:
    def render(original: Any, sheet: Any, form: str) -> Any:
        return original(dataclasses.replace(sheet, signatures=()) if form == "print" else sheet, form)

    replace(decisions, "render", render)


# ------------------------------------------------------------ linking


@fault("signature-check-blind")
def _() -> None:
    """What is signed and what stands there are not compared; a signature that is gone is still missed."""

    def judge(original: Any, self: Any, target: str, body: bytes, cms: bytes, content: Any) -> Any:
        judged = original(self, target, body, cms, content)
        return Judged(judged.content, judged.record, VALID) if judged.status.startswith("INVALID") else judged

    replace(Signatures, "_judge", judge)


@fault("signature-not-bound-to-record")
def _() -> None:
    """A signature is judged as what it says it stands on, wherever it stands."""

    def judge(original: Any, self: Any, target: str, body: bytes, cms: bytes, content: Any) -> Any:
        return original(self, str(json.loads(body).get("record", target)), body, cms, content)

    replace(Signatures, "_judge", judge)


@fault("signature-removal-unnoticed")
def _() -> None:
    def check(original: Any, self: Any, target: str, given: Any) -> Any:
        return tuple(p for p in original(self, target, given) if not p.startswith("the audit trail tells of a signature"))

    replace(Signatures, "check", check)


@fault("signature-survives-change")
def _() -> None:
    def status(original: Any, self: Any, *given: Any) -> Any:
        found = original(self, *given)
        return VALID if found == VOID else found

    replace(Signatures, "_status", status)


@fault("signature-of-pdf-partial")
def _() -> None:
    """Something is written behind what was signed, before the file is kept."""
    replace(
        certificate_pages, "signed", lambda original, *given, **named: original(*given, **named) + b"% end of the certificate\n"
    )


@fault("signature-names-not-compared")
def _() -> None:
    replace(signature_record, "_disagreement", lambda *_: "")


@fault("signature-lost-device-in-use")
def _() -> None:
    replace(Credentials, "report_lost", lambda *_: None)
