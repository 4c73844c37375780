"""The way in and out: user id, password and one-time code, proved by identity, which counts failures and locks.

Who signs on at the identity provider comes in by `pages.sign_on`, to the same place.
"""

from __future__ import annotations

from starlette.responses import Response

from csvgen.errors import Refused
from csvgen.identity.sessions import Session
from csvgen.portal.routing import EVERYBODY, Pages
from csvgen.portal.visit import Visit, own_address

PAGES = Pages()


@PAGES.get("/login", may=EVERYBODY, words="the form to log in")
def door(visit: Visit) -> Response:
    if visit.session is not None:
        return visit.go("/")
    then, replaced = own_address(visit.asked("then", "/")), visit.asked("replaced") == "yes"
    return _form(visit, then, ended=visit.asked("ended") == "yes", replaced=replaced)


def _form(
    visit: Visit, then: str, status: int = 200, problem: Refused | None = None, *, ended: bool = False, replaced: bool = False,
    person: str = "",
) -> Response:  # fmt: skip
    return visit.page(
        "login.html", status, title="Log in", then=then, problem=problem, ended=ended, replaced=replaced, person=person,
        sign_ons=visit.room.sign_ons,
    )  # fmt: skip


def form_again(visit: Visit, then: str, problem: Refused) -> Response:
    """The form once more, with what was refused."""
    return _form(visit, then, 401, problem)


@PAGES.post("/login", may=EVERYBODY, words="log in")
def log_in(visit: Visit) -> Response:
    """A new session in any case: an id from before is never kept, so that nobody can prepare one for another."""
    room, then = visit.room, own_address(visit.form.get("then", "/"))
    person = visit.field("person").strip()
    try:
        with room.hashing:
            session = visit.directory.log_in(person, visit.field("password"), visit.form.get("code", "").strip())
        return let_in(visit, session, then)
    except Refused as problem:
        return _form(visit, then, 401, problem, person=person)


def let_in(visit: Visit, session: Session, then: str) -> Response:
    """Somebody was proved to be the owner of an account. Raises Refused for an account that may not even read."""
    room = visit.room
    _refuse_without_use(visit, session)
    if visit.session is not None:
        visit.directory.log_out(visit.session)
        room.left(visit.session.id)
    room.forget_ended()
    room.seats.take(session.id, visit.request.headers.get("user-agent", ""))
    visit.cookies[room.cookie] = session.id
    return visit.go(then)


def _refuse_without_use(visit: Visit, session: Session) -> None:
    """Who may not even read is not let in, although the components were right."""
    if why := visit.directory.may(session.account, "use"):
        visit.directory.refused_function(visit.directory.actor(session), "use", why)
        visit.directory.log_out(session)
        raise Refused(why, rule="RR-G01")


@PAGES.post("/logout", may=EVERYBODY, words="log out")
def log_out(visit: Visit) -> Response:
    if visit.session is not None:
        visit.room.sittings.left(visit.session.id, f"{visit.account.id} logged out")
        visit.directory.log_out(visit.session)
        visit.room.left(visit.session.id)
    visit.cookies[visit.room.cookie] = None
    return visit.go("/login")
