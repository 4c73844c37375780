"""Where each route is declared, once, with who may use it: pages register themselves, and the role table is made of what they say."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from csvgen.identity.rights import Matrix
from csvgen.portal.queries import Query

if TYPE_CHECKING:
    from pydantic import BaseModel
    from starlette.responses import Response

    from csvgen.portal.visit import Visit

    Show = Callable[[Visit], Response]

EVERYBODY = ""
"""Instead of a function: also who is not logged in. Only the way in, and what it needs to be seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One address, one method, one function of the role matrix."""

    method: str
    path: str
    may: str
    """Function of the role matrix, or `EVERYBODY`."""
    words: str
    """What it does, for the role table."""
    show: Show
    nav: str = ""
    """Its words in the main navigation, if it stands there."""
    order: int = 50
    """Place in the navigation."""
    files: bool = False
    """Whether its form may hold files."""
    quiet: bool = False
    """Asked by the browser by itself, again and again: it does not keep a session alive."""
    gives: type[BaseModel] | None = None
    """What a route of the JSON interface answers with; None for a page."""
    query: tuple[Query, ...] = ()
    """What may be asked of a route of the JSON interface; anything else is refused there."""

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"


class Pages:
    """The routes of one module."""

    def __init__(self) -> None:
        self.routes: list[Route] = []

    def get(
        self, path: str, *, may: str, words: str, nav: str = "", order: int = 50, quiet: bool = False
    ) -> Callable[[Show], Show]:
        """A page to be read; it changes nothing."""

        def declare(show: Show) -> Show:
            self.routes.append(Route(method="GET", path=path, may=may, words=words, show=show, nav=nav, order=order, quiet=quiet))
            return show

        return declare

    def json(
        self, path: str, *, may: str, words: str, gives: type[BaseModel], query: tuple[Query, ...] = ()
    ) -> Callable[[Show], Show]:
        """A route of the JSON interface, which only reads; the document that describes it is made of what stands here."""

        def declare(show: Show) -> Show:
            self.routes.append(Route(method="GET", path=path, may=may, words=words, show=show, gives=gives, query=query))
            return show

        return declare

    def post(self, path: str, *, may: str, words: str, files: bool = False) -> Callable[[Show], Show]:
        """An act; its form comes from a page of the room, with the token of the session."""

        def declare(show: Show) -> Show:
            self.routes.append(Route(method="POST", path=path, may=may, words=words, show=show, files=files))
            return show

        return declare


@cache
def routes() -> tuple[Route, ...]:
    """Every route of every module below `csvgen.portal.pages`, each once. Raises ValueError for one that is declared twice."""
    from csvgen.portal import pages

    found: dict[str, Route] = {}
    for module in sorted(pkgutil.iter_modules(pages.__path__), key=lambda m: m.name):
        declared = getattr(importlib.import_module(f"{pages.__name__}.{module.name}"), "PAGES", None)
        for route in declared.routes if isinstance(declared, Pages) else ():
            if found.setdefault(route.name, route) is not route:
                raise ValueError(f"{route.name} is declared twice")
    return tuple(found.values())


def navigation() -> tuple[Route, ...]:
    """Routes of the main navigation, in their order."""
    return tuple(sorted((r for r in routes() if r.nav), key=lambda r: (r.order, r.nav)))


def role_table(matrix: Matrix) -> Iterator[tuple[str, str, str, tuple[str, ...]]]:
    """Each route, what it does, the function it is, and the roles that hold it; everybody where it is open."""
    for route in routes():
        roles = ("everybody",) if route.may == EVERYBODY else tuple(r for r in matrix.roles if matrix.holds(r, route.may))
        yield route.name, route.words, route.may or "(open)", roles
