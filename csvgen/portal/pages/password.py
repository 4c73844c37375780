"""Replacing one's own password, logged in or not: it may have expired, and then nobody is let in with it. As `csvgen people password`."""

from __future__ import annotations

from starlette.responses import Response

from csvgen.errors import BadInput, CsvgenError, Refused
from csvgen.portal.routing import EVERYBODY, Pages
from csvgen.portal.visit import Visit

PAGES = Pages()


@PAGES.get("/password", may=EVERYBODY, words="the form to replace one's own password")
def page(visit: Visit) -> Response:
    return _page(visit)


def _page(visit: Visit, problem: CsvgenError | None = None, status: int = 200) -> Response:
    person = visit.form.get("person", "") or (visit.session.account.id if visit.session is not None else "")
    return visit.page(
        "password.html",
        status,
        title="Replace your password",
        person=person.strip(),
        problem=problem,
        policy=visit.directory.policy,
    )


@PAGES.post("/password", may=EVERYBODY, words="replace one's own password, which is proved first")
def replace(visit: Visit) -> Response:
    """Signing key and device go under the new one; every session of the person ends, this one too."""
    room, person = visit.room, visit.field("person").strip()
    if visit.field("new") != visit.field("again"):
        return _page(visit, BadInput("the new password and the one typed again differ", hint="type both anew"), 422)
    try:
        with room.hashing:
            visit.directory.change_password(person, visit.field("old"), visit.field("new"), visit.form.get("code", "").strip())
    except Refused as problem:
        return _page(visit, problem, 403)
    if visit.session is not None and visit.session.ended:
        room.sittings.left(visit.session.id, f"{person} replaced the password")
        room.left(visit.session.id)
        visit.cookies[room.cookie] = None
    return visit.go("/login?replaced=yes")
