"""The second person of an attended step: proved by a password here, or anew at the identity provider of the organisation, for one answer alone.

Whoever signs on there does so in the browser of the first person, whose session goes on as it was: the answer is stated first and kept with
the proof, which serves that question of that sitting, once. As at the terminal, the second person's own session ends as soon as they are known.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from csvgen.errors import Refused
from csvgen.identity.id_token import Proof
from csvgen.identity.sessions import Session
from csvgen.identity.signed_on import RECORD, SignedOn, subject_id
from csvgen.model.people import Account
from csvgen.portal.sign_on import Proved, Purpose, of_session
from csvgen.portal.stating import to_provider
from csvgen.portal.views import url
from csvgen.portal.visit import Visit
from csvgen.workflow import attending
from csvgen.workflow.sittings import Sitting

_OTHERWISE = "answer again; the provider asks a second person anew for each answer"


def at_provider(visit: Visit) -> bool:
    """Whether the form says that the second person signs on at the provider."""
    return visit.form.get("elsewhere") == "yes"


def awaited(given: Mapping[str, Any]) -> bool:
    """Whether an answer holds what a second person says, and not yet who that is."""
    return "agree" in given and "second" not in given


def by_password(visit: Visit, sitting: Sitting, person: str) -> dict[str, Any]:
    """Who proves now, by the components of an account here, to be another person. Raises Refused, with its event."""
    with visit.room.hashing:
        session = visit.directory.log_in(person, visit.form.get("password", ""), visit.form.get("code", "").strip())
    return _second(visit, sitting, session)


def _second(visit: Visit, sitting: Sitting, session: Session) -> dict[str, Any]:
    found = attending.second_person(visit.directory, session, sitting.seated.by)
    if isinstance(found, str):
        raise Refused(found, rule="RR-G02")
    return found.model_dump(mode="json")


# ------------------------------------------------------------ at the identity provider


def to_them(visit: Visit, sitting: Sitting, given: Mapping[str, Any]) -> Response:
    """To the provider, with the answer as it stands: another one takes another log-in."""
    run = sitting.seated.run
    purpose = Purpose(what="second", then=url("/attended", run), record=run, digest=_question(sitting), answer=dict(given))
    return to_provider(visit, purpose, of_session(visit.who.id))


def _question(sitting: Sitting) -> str:
    """Which question of which sitting; numbers begin anew with each sitting, the name of its folder does not."""
    return f"{sitting.folder.name} {sitting.turn}"


def _held(visit: Visit, sitting: Sitting) -> Proved | None:
    return visit.room.sign_ons.held(visit.who.id, "second", sitting.seated.run, _question(sitting))


def proved(visit: Visit, sitting: Sitting, verdicts: Mapping[str, Any]) -> list[tuple[str, str]] | None:
    """What stands to be put on record with the second person who came back from the provider; None where there is nobody, or it shall be otherwise."""
    found = None if sitting.works or visit.asked("anew") == "yes" else _held(visit, sitting)
    if found is None or not isinstance(visit.directory, SignedOn):
        return None
    person, answer = _whose(visit.directory, found.proof), found.purpose.answer
    actual = answer.get("corrected") or next((v[1] for v in answer.values() if isinstance(v, tuple)), "")
    said = {
        "Second person": attending.performer(person).shown if person is not None else "nobody who is known here",
        "Proved there": ", ".join(found.proof.components),
        "Corrected step": answer.get("number", ""),
        "Actual result": actual,
        "Verdict": verdicts[answer["verdict"]][0] if "verdict" in answer else "",
        "Why the first answer was wrong": answer.get("why", ""),
        "Note for the deviation": answer.get("note", ""),
        "The second person says": "the answer is as I see it"
        if answer["agree"] == "y"
        else f"it is not; I see: {answer['sees']}",
    }
    return [(term, str(words)) for term, words in said.items() if words]


def _whose(directory: SignedOn, proof: Proof) -> Account | None:
    """Whose proof it is, to be told; it is worth nothing before it is used up."""
    found = directory.ledger.latest(RECORD, subject_id(proof.issuer, proof.subject))
    return directory.account(str(found.content["person"])) if found is not None else None


def answered(visit: Visit, sitting: Sitting, _ask: str) -> dict[str, Any]:
    """The answer as it stood when the second person was led to the provider. Their proof is used up by this, whatever comes of it.

    Raises Refused where there is none for this question, or it proves nobody who may be second person here; with its event.
    """
    found = visit.room.sign_ons.take(visit.who.id, "second", sitting.seated.run, _question(sitting))
    if found is None or not isinstance(visit.directory, SignedOn):
        why = "the log-in of the second person at the identity provider was for something else, was used, or is too old"
        raise Refused(why, rule="RR-N02", hint=_OTHERWISE)
    return {**found.purpose.answer, "second": _second(visit, sitting, visit.directory.admit(found.proof))}
