"""The application: every route behind the same steps - who is it, may they, is the form ours - and every error a page without a traceback."""

from __future__ import annotations

import os
import secrets
import tempfile
import traceback
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from anyio import CapacityLimiter, to_thread
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route as Path
from starlette.types import ASGIApp

from csvgen import __version__
from csvgen.errors import BadInput, ConfigError, CsvgenError, NotIntact, Refused
from csvgen.identity.directory import Directory
from csvgen.identity.sessions import Session
from csvgen.portal.answers import Problem
from csvgen.portal.forms import Form, read_form
from csvgen.portal.guard import SAFE, Guard, TooLarge
from csvgen.portal.queries import check
from csvgen.portal.room import Room
from csvgen.portal.routing import EVERYBODY, Route, routes
from csvgen.portal.seats import same
from csvgen.portal.views import environment, url
from csvgen.portal.visit import FORM_MARK, Visit, own_address

_NOTHING = Form({}, {}, {})
_STATUS = ((Refused, 403), (NotIntact, 409), (BadInput, 422), (ConfigError, 409))
"""What an error of csvgen is to a browser; any other of ours is a 503."""


class NotHere(Exception):
    """Nobody is logged in, or not any more; with the reason as it is told."""


def make_app(room: Room, origins: tuple[str, ...]) -> ASGIApp:
    """The room as an ASGI application, for the origins its pages are reached at."""
    limiter = CapacityLimiter(room.settings.threads)
    paths = [Path(r.path, _endpoint(room, r, limiter), methods=[r.method], name=r.name) for r in routes()]
    handlers: dict[Any, Any] = {HTTPException: _no_such_page, TooLarge: partial(_too_large, room), Exception: _fault}
    app = Starlette(routes=paths, exception_handlers=handlers)
    return Guard(app, origins, secure=room.settings.secure, most=room.settings.upload_bytes, refused=room.refused)


def _endpoint(room: Room, route: Route, limiter: CapacityLimiter) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        form = _NOTHING
        try:
            if request.method not in SAFE:
                most = room.settings.upload_bytes if route.files else room.settings.form_bytes
                form = await read_form(request, most, files=route.files)
        except CsvgenError as problem:
            await _tell(room, "form", problem.message, request)
            return error_page(_status(problem), problem)
        return await to_thread.run_sync(partial(answer, room, route, request, form), limiter=limiter)

    return endpoint


def answer(room: Room, route: Route, request: Request, form: Form) -> Response:
    """One request, in a thread of its own: let in or not, and then the page."""
    room.tell_refused()
    directory = room.directory(request.client.host if request.client else "unknown")
    visit = Visit(room, request, route, directory, form=form.fields, lists=form.lists, files=form.files)
    try:
        _let_in(visit)
        if route.gives is not None:
            check(route.query, request.query_params.multi_items())
        response = route.show(visit)
        if route.method not in SAFE and visit.session is not None and not visit.session.ended:
            room.keep_up(visit.actor)
    except NotHere as problem:
        response = _to_the_door(visit, str(problem))
    except CsvgenError as problem:
        response = error_page(_status(problem), problem, visit)
    except Exception as problem:  # noqa: BLE001 - the last net: a bug must not show its traceback to a visitor
        response = error_page(500, _logged(problem), visit)
    if route.method not in SAFE and visit.seat is not None:
        visit.seat.acted = room.moment()
    _set_cookies(visit, response)
    return response


# ------------------------------------------------------------ who is it, may they, is the form ours


def _let_in(visit: Visit) -> None:
    """Raises NotHere or Refused. A refused function is an event, and so is a form that does not come from a page of the session."""
    room, route, request = visit.room, visit.route, visit.request
    identity = request.cookies.get(room.cookie, "")
    seat = room.seats.of(identity, request.headers.get("user-agent", "")) if identity else None
    if seat is not None:
        visit.session = _still(visit.directory, seat.session, quiet=route.quiet)
        visit.seat = seat if visit.session is not None else None
        if visit.seat is None:
            room.left(seat.session)
    _token_of_open_forms(visit)
    if route.may == EVERYBODY:
        if route.method not in SAFE:
            _refuse_foreign_form(visit, visit.seat.token if visit.seat is not None else visit.open_token)
        return
    if visit.session is None or visit.seat is None:
        raise NotHere("your session has ended; log in again" if identity else "")
    if why := visit.directory.may(visit.account, route.may):
        visit.directory.refused_function(visit.actor, route.may, why)
        raise Refused(why, rule="RR-G01", hint=_who_may(visit, route.may))
    if route.method not in SAFE:
        _refuse_foreign_form(visit, visit.seat.token)


def _still(directory: Directory, identity: str, *, quiet: bool) -> Session | None:
    known = directory.sessions.get(identity)
    used = known.last_used if known is not None else None
    try:
        session = directory.session(identity)
    except Refused:
        return None
    if quiet and used is not None:
        session.last_used = used
    return session


def _refuse_foreign_form(visit: Visit, token: str) -> None:
    if token and same(visit.form.get(FORM_MARK, ""), token):
        return
    why = "the form does not come from a page of this session"
    if visit.session is not None:
        visit.directory.refused_function(visit.actor, visit.route.may or visit.route.name, why)
    else:
        visit.refused("form", why)
    raise Refused(why, hint="go back, load the page again and fill in the form", rule="RR-D01")


def _token_of_open_forms(visit: Visit) -> None:
    name = f"{visit.room.cookie}-form"
    nonce = visit.request.cookies.get(name, "")
    plain = visit.route.quiet or visit.route.path.startswith("/static")  # nobody fills in a form there
    if not nonce and visit.request.method in SAFE and visit.route.may == EVERYBODY and not plain:
        nonce = visit.cookies[name] = secrets.token_urlsafe(24)
    visit.open_token = visit.room.seats.before(nonce) if nonce else ""


def _who_may(visit: Visit, function: str) -> str:
    """The roles that hold a function, for a message that says who can."""
    matrix = visit.directory.matrix
    held = ", ".join(name for name in matrix.roles if matrix.holds(name, function))
    return f"to {matrix.functions[function].words} takes one of these roles: {held or 'none holds it'}"


def _to_the_door(visit: Visit, why: str) -> Response:
    asked = visit.request.url.path + (f"?{visit.request.url.query}" if visit.request.url.query else "")
    visit.cookies[visit.room.cookie] = None
    if visit.route.gives is not None:
        return _told(
            401, CsvgenError(why or "nobody is logged in", hint="log in at /login; the cookie of that session is all there is")
        )
    then = own_address(asked) if visit.request.method in SAFE else "/"
    response = visit.go(url("/login", then=then if then != "/" else "", ended="yes" if why else ""))
    if visit.piece:
        response.headers["HX-Redirect"] = response.headers["location"]
    return response


# ------------------------------------------------------------ cookies


def _set_cookies(visit: Visit, response: Response) -> None:
    secure = visit.room.settings.secure
    for name, value in visit.cookies.items():
        if value is None:
            response.delete_cookie(name, path="/", secure=secure, httponly=True, samesite="strict")
        else:
            response.set_cookie(name, value, path="/", secure=secure, httponly=True, samesite="strict")


# ------------------------------------------------------------ errors


def _status(problem: CsvgenError) -> int:
    return next((status for kind, status in _STATUS if isinstance(problem, kind)), 503)


def error_page(status: int, problem: CsvgenError, visit: Visit | None = None) -> Response:
    """An error in words: where, what, how to mend it, and the rule."""
    values = {"title": "This cannot be done", "problem": problem}
    if visit is not None and visit.route.gives is not None:
        return _told(status, problem)
    if visit is not None:
        return visit.page("error.html", status, **values)
    return _bare(status, problem)


def _told(status: int, problem: CsvgenError) -> Response:
    """An error of the JSON interface."""
    return JSONResponse(Problem.of(problem).model_dump(), status, {"Content-Disposition": 'attachment; filename="api.json"'})


def _bare(status: int, problem: CsvgenError) -> Response:
    """Without a visitor: no navigation and no name."""
    from starlette.responses import HTMLResponse

    page = environment().get_template("error.html").render(
        layout="bare.html", title="This cannot be done", problem=problem
    )  # fmt: skip
    return HTMLResponse(page, status)


def _logged(problem: Exception) -> CsvgenError:
    """What a visitor is told of a bug: the name of a log that whoever keeps the server finds."""
    handle, name = tempfile.mkstemp(prefix="csvgen-portal-", suffix=".log")
    with os.fdopen(handle, "w", encoding="utf-8") as log:
        log.write(f"csvgen {__version__}\n\n{''.join(traceback.format_exception(problem))}")
    mark = os.path.basename(name)  # noqa: PTH119 - a name, no path
    return CsvgenError(
        "something went wrong in the review room; nothing was changed by this page", hint=f"tell the administrator: {mark}"
    )


async def _no_such_page(request: Request, problem: Exception) -> Response:
    status = problem.status_code if isinstance(problem, HTTPException) else 500
    words = {404: "there is no such page", 405: "this address takes another kind of request"}.get(
        status, "this request cannot be answered"
    )
    made = (_told if request.url.path.startswith("/api/") else _bare)(status, CsvgenError(words))
    if isinstance(problem, HTTPException) and (allowed := (problem.headers or {}).get("Allow")):
        made.headers["Allow"] = allowed
    return made


async def _too_large(room: Room, request: Request, _problem: Exception) -> Response:
    problem = CsvgenError("this is larger than what is taken here")
    await _tell(room, "size", problem.message, request)
    return _bare(413, problem)


async def _tell(room: Room, kind: str, why: str, request: Request) -> None:
    """Of what was refused before a page saw it."""
    address = request.client.host if request.client else "unknown"
    await to_thread.run_sync(room.refused, kind, why, address, f"{request.method} {request.url.path}")


async def _fault(_request: Request, problem: Exception) -> Response:
    return _bare(500, _logged(problem))
