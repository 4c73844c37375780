"""A visit: one request of one person, and everything a page may do with it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar
from urllib.parse import quote

from markupsafe import Markup, escape
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from csvgen.clock import stored
from csvgen.errors import BadInput
from csvgen.identity.directory import Directory
from csvgen.identity.sessions import Session
from csvgen.model.audit import Actor
from csvgen.model.people import Account
from csvgen.portal.guard import FILE_POLICY
from csvgen.portal.room import Room
from csvgen.portal.routing import EVERYBODY, Route, navigation
from csvgen.portal.seats import Seat
from csvgen.portal.snapshot import Snapshot
from csvgen.portal.views import environment
from csvgen.workflow.state import ProjectState

FORM_MARK = "token"
"""Field of every form."""
T = TypeVar("T")
_SHOWN = ("image/png", "image/jpeg", "image/gif", "image/webp")
"""What a browser may show by itself: pictures made of points, which hold nothing that runs."""


@dataclass(frozen=True, slots=True)
class Upload:
    """One file of a form. Name and type are what the sender says: nothing follows from them."""

    name: str
    media_type: str
    data: bytes


@dataclass
class Visit:
    """What a page function gets."""

    room: Room
    request: Request
    route: Route
    directory: Directory
    seat: Seat | None = None
    session: Session | None = None
    form: Mapping[str, str] = field(default_factory=dict)
    """Fields of a POST; one that was not sent is missing."""
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Fields of a POST that were sent more than once, such as boxes that were ticked."""
    files: Mapping[str, Upload] = field(default_factory=dict)
    open_token: str = ""
    """Token of a form that is filled in before anybody is logged in."""
    cookies: dict[str, str | None] = field(default_factory=dict)
    """Cookies to set with the answer; None takes one away."""

    # ------------------------------------------------------------ who, when, what

    @property
    def who(self) -> Session:
        """The session of the visitor; only on routes that are not open."""
        if self.session is None:
            raise AssertionError("this route is open; nobody need be logged in")
        return self.session

    @property
    def account(self) -> Account:
        return self.who.account

    @property
    def actor(self) -> Actor:
        return self.directory.actor(self.who)

    @property
    def here(self) -> Seat:
        if self.seat is None:
            raise AssertionError("this route is open; nobody need be logged in")
        return self.seat

    @property
    def now(self) -> str:
        """Time of record."""
        return stored(self.room.clock.now())

    @cached_property
    def _look(self) -> tuple[Snapshot, str]:
        acted = self.seat.acted if self.seat is not None else 0
        return self.room.look(thorough=self.request.method == "POST", after=acted)

    @property
    def snapshot(self) -> Snapshot:
        """The project as its files are when it is first asked for, or a moment before; before an act every file is looked at."""
        return self._look[0]

    @property
    def behind(self) -> str:
        """Until when the project was as this page shows it, while its files are being read; empty where it shows what they say."""
        return self._look[1] if "_look" in self.__dict__ else ""

    def anew(self) -> ProjectState:
        """The project as its files are now, after an act of this visit."""
        self.__dict__.pop("_look", None)
        return self.state

    @property
    def state(self) -> ProjectState:
        return self.snapshot.state

    def once(
        self, name: str, make: Callable[[ProjectState], T], of: Callable[[ProjectState], tuple[object, ...]] | None = None
    ) -> T:
        """What `make` gives for the project as it is now; kept for everybody until a file changes.

        With `of`, which tells everything it is made of, until one of these is another: other files may change. A function that holds
        nothing of the visit is asked again as soon as a file changed, before the next visitor needs it.
        """
        found: T = self.snapshot.once(name, make, of)
        return found

    @property
    def people(self) -> tuple[Account, ...]:
        """All accounts as they are now."""
        return self.room.accounts(self.directory)

    def may(self, function: str) -> bool:
        """Whether the visitor may use a function: to show what they can do. Whether they do it is decided where it is done."""
        return not self.directory.may(self.account, function)

    def refused(self, kind: str, why: str) -> None:
        """Put on record that something of this request was turned away; who asks too often is told by number."""
        address = self.request.client.host if self.request.client else "unknown"
        asked = f"{self.request.method} {self.request.url.path}"
        self.room.refused(kind, why, address, asked, self.actor if self.session is not None else None)

    # ------------------------------------------------------------ what was asked

    def part(self, name: str) -> str:
        """A part of the path."""
        return str(self.request.path_params[name])

    def asked(self, name: str, default: str = "") -> str:
        """A value of the query."""
        return str(self.request.query_params.get(name, default))

    def number(self, name: str, default: int = 1, least: int = 1) -> int:
        """A whole number of the query; what is none counts as not given."""
        text = self.asked(name)
        return max(least, int(text)) if text.isascii() and text.isdigit() and len(text) < 9 else default  # noqa: PLR2004

    def field(self, name: str) -> str:
        """A field of the form. Raises BadInput when it was not sent."""
        if name not in self.form:
            raise BadInput(f"the form lacks the field {name!r}", hint="go back, load the page again and fill in the form")
        return self.form[name]

    def sent(self, name: str, hint: str) -> Upload:
        """A file of the form. Raises BadInput where none was chosen."""
        if name not in self.files:
            raise BadInput("no file was chosen", hint=hint)
        return self.files[name]

    @property
    def piece(self) -> bool:
        """Whether htmx asks for a piece of a page."""
        return self.request.headers.get("hx-request") == "true"

    # ------------------------------------------------------------ answers

    def page(self, template: str, status: int = 200, **values: Any) -> Response:
        """A page from a template that extends `layout`."""
        seat, account = self.seat, self.session.account if self.session is not None else None
        nav = [r for r in navigation() if account is not None and (r.may == EVERYBODY or self.may(r.may))]
        token = seat.token if seat is not None else self.open_token
        common: dict[str, Any] = {
            "layout": "piece.html" if self.piece else "base.html", "account": account, "nav": nav, "path": self.request.url.path,
            "said": seat.told() if seat is not None and not self.piece else [], "project": self.room.config.project,
            "system": self.room.system, "may": self.may, "behind": self.behind, "form_token": lambda: _field(FORM_MARK, token),
        }  # fmt: skip
        return HTMLResponse(environment().get_template(template).render({**common, **values}), status)

    def json(self, value: BaseModel, status: int = 200) -> Response:
        """A value of the JSON interface. Whatever is not ASCII is written as its number, so that nothing hides in it."""
        data = json.dumps(value.model_dump(mode="json"), ensure_ascii=True)
        told = {"Csvgen-Behind-Since": self.behind} if self.behind else {}
        return Response(
            data,
            status,
            media_type="application/json",
            headers={"Content-Disposition": 'attachment; filename="api.json"', **told},
        )

    def go(self, address: str, said: str = "") -> Response:
        """To another page of the room, after an act. `said` is told there, once."""
        if said and self.seat is not None:
            self.seat.tell(said)
        return RedirectResponse(own_address(address), 303)

    def file(self, data: bytes, name: str, media_type: str, *, inside: bool = False) -> Response:
        """A file that goes out: as a download, or (`inside`) a picture that a page shows. It runs nowhere, whatever is in it."""
        shown = inside and media_type in _SHOWN
        headers = {
            "Content-Security-Policy": FILE_POLICY,
            "Content-Disposition": f"{'inline' if shown else 'attachment'}; filename*=UTF-8''{quote(name, safe='')}",
        }
        return Response(data, media_type=media_type if shown else "application/octet-stream", headers=headers)


def own_address(address: str) -> str:
    """An address of this room, or its first page: nobody is sent elsewhere by what stands in an address or a form."""
    good = (
        address.startswith("/")
        and not address.startswith("//")
        and "\\" not in address
        and address.isprintable()
        and address.isascii()
    )
    return address if good else "/"


def _field(name: str, value: str) -> Markup:
    return Markup('<input type="hidden" name="{}" value="{}">').format(name, escape(value))
