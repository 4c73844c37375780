"""What a person states and proves at an act by signature: with password and device here, or anew at the identity provider."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from starlette.responses import Response

from csvgen.errors import Refused
from csvgen.identity.signed_on import SignedOn
from csvgen.portal.sign_on import CALLBACK, Proved, Purpose, of_session
from csvgen.portal.visit import Visit
from csvgen.workflow import keys
from csvgen.workflow.signing import Act

What = Literal["sign", "withdraw"]


def asked(visit: Visit, what: What, record: str = "", digest: str = "") -> dict[str, Any]:
    """Which components the next signing of this session takes (21 CFR 11.200(a)(1)), and what is proved of them already."""
    directory, session = visit.directory, visit.who
    first, away = session.signings == 0, elsewhere(visit)
    return {
        "first": first, "code": first and directory.asks_code(session.account.id), "elsewhere": away,
        "token_label": keys.token_of(directory, session.account.id), "why_not": visit.room.sign_ons.why_not,
        "proved": proved(visit, what, record, digest) if away else None,
    }  # fmt: skip


def elsewhere(visit: Visit) -> bool:
    """Whether the visitor proves themselves at the identity provider of the organisation."""
    directory = visit.directory
    return isinstance(directory, SignedOn) and directory.linked(visit.account.id)


def act(form: Mapping[str, str], meaning: str, reason_code: str, reason: str) -> Act:
    """What the person stated and proved. A field that is missing is empty, and what is empty is refused where it is needed."""
    return Act(
        meaning=meaning, reason_code=reason_code, reason=" ".join(reason.split()), user_id=form.get("user_id", "").strip(),
        password=form.get("password", ""), one_time=form.get("code", "").strip(), pin=form.get("pin", ""),
    )  # fmt: skip


def of_form(visit: Visit) -> Act:
    """The act of a page that asks for one record."""
    return act(visit.form, *(visit.form.get(n, "") for n in ("meaning", "reason_code", "reason")))


# ------------------------------------------------------------ at the identity provider


def proved(visit: Visit, what: What, record: str, digest: str) -> Proved | None:
    """What the provider proved for this act of this session; None where nothing, or the person wants to state it otherwise."""
    return None if visit.asked("anew") == "yes" else visit.room.sign_ons.held(visit.who.id, what, record, digest)


def to_provider(visit: Visit, purpose: Purpose, binding: str) -> Response:
    """A page that leads to the provider. A form may not lead there itself: its policy says `form-action 'self'`, as it should."""
    scheme = "https" if visit.room.settings.secure else "http"
    back = f"{scheme}://{visit.request.headers.get('host', '')}{CALLBACK}"  # the guard answers under configured names only
    address = visit.room.sign_ons.begin(binding, back, purpose)
    made = visit.page("sign_on_go.html", title="To the identity provider", address=address, purpose=purpose)
    if address.isascii() and address.isprintable():
        made.headers["Refresh"] = f"0; url={address}"
    return made


def step_up(visit: Visit, what: What, record: str, digest: str, then: str) -> Response:
    """Keep what was stated, and have the person log in anew at the provider, for this act alone."""
    said = of_form(visit)
    purpose = Purpose(
        what=what, then=then, record=record, digest=digest, meaning=said.meaning, reason_code=said.reason_code, reason=said.reason
    )
    return to_provider(visit, purpose, of_session(visit.who.id))


def act_proved(visit: Visit, what: What, record: str, digest: str) -> Act:
    """The act as it was stated before the log-in, with its proof and the secret of the key. The proof is used up by this.

    Raises Refused where there is none: it took too long, was used, or was for another record.
    """
    found = visit.room.sign_ons.take(visit.who.id, what, record, digest)
    if found is None:
        raise Refused(
            "your log-in at the identity provider was for something else, was used, or is too old", rule="RR-N02",
            hint="state it again; the provider asks anew for each signature",
        )  # fmt: skip
    p, secret = found.purpose, visit.form.get("secret", "")
    where = {"pin": secret, "password": ""} if keys.token_of(visit.directory, visit.account.id) else {"password": secret}
    return Act(meaning=p.meaning, reason_code=p.reason_code, reason=p.reason, proof=found.proof, **where)
