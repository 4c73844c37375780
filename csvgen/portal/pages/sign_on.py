"""Signing on at the organisation's identity provider: to be let in, and anew for each signature (`portal.stating`) and second person."""

from __future__ import annotations

from starlette.responses import Response

from csvgen.errors import Refused
from csvgen.identity.id_token import Proof
from csvgen.identity.signed_on import SignedOn
from csvgen.portal.pages.door import form_again, let_in
from csvgen.portal.routing import EVERYBODY, Pages
from csvgen.portal.sign_on import CALLBACK, Purpose, of_door, of_session
from csvgen.portal.stating import to_provider
from csvgen.portal.views import url
from csvgen.portal.visit import Visit, own_address

PAGES = Pages()
_ANSWER = ("code", "state", "iss", "error", "error_description")


@PAGES.post("/sign-on", may=EVERYBODY, words="begin a log-in at the identity provider")
def begin(visit: Visit) -> Response:
    if visit.session is not None:
        return visit.go("/")
    then = own_address(visit.form.get("then", "/"))
    try:
        return to_provider(visit, Purpose(what="log-in", then=then), of_door(visit.open_token))
    except Refused as problem:
        return form_again(visit, then, problem)


@PAGES.get(CALLBACK, may=EVERYBODY, words="where the identity provider sends a browser back to", quiet=True)
def callback(visit: Visit) -> Response:
    """Changes nothing. A browser that comes from elsewhere brings no cookie of ours (SameSite=Strict); the next address gets them."""
    address = url("/sign-on/back", **{n: visit.asked(n) for n in _ANSWER})
    made = visit.page("sign_on_back.html", title="Back from the identity provider", address=address)
    made.headers["Refresh"] = f"0; url={address}"
    return made


@PAGES.get(
    "/sign-on/back",
    may=EVERYBODY,
    words="take the answer of the identity provider: a log-in, or the proof for one signature or one second person",
)
def back(visit: Visit) -> Response:
    """The answer is good for the browser that began, for what it began, once."""
    room, session = visit.room, visit.session
    bindings = (
        *((of_session(session.id),) if session is not None else ()),
        *((of_door(visit.open_token),) if visit.open_token else ()),
    )
    try:
        purpose, proof = room.sign_ons.finish(bindings, visit.asked("state"), visit.request.url.query)
        return _proved(visit, purpose, proof)
    except Refused as problem:
        visit.refused("sign-on", problem.message)
        if session is not None:
            raise
        return form_again(visit, "/", problem)


def _proved(visit: Visit, purpose: Purpose, proof: Proof) -> Response:
    if purpose.what != "log-in":
        if visit.session is None:
            raise Refused("your session ended meanwhile; nothing was done with it", rule="RR-N04")
        visit.room.sign_ons.keep(visit.session.id, purpose, proof)
        return visit.go(purpose.then)
    if not isinstance(visit.directory, SignedOn):
        raise Refused("this project has no identity provider", rule="RR-N01")
    return let_in(visit, visit.directory.admit(proof), purpose.then)
