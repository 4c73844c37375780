"""In front of every page: what is answered at all, where a form may come from, how much it may hold, and what browsers are told.

This stands outside of the application, so that no page, error or file can leave without it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from anyio import to_thread
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from csvgen.portal.settings import host_of

SAFE = ("GET", "HEAD", "OPTIONS")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
"""No script and no style but our own files; nothing in a frame; no form that goes elsewhere."""
FILE_POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
"""For what somebody else wrote: evidence, documents. Whatever it is, it runs nowhere."""
_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",  # with no-referrer browsers send `Origin: null` and no form could be told from a foreign one
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cache-Control": "no-store",
}
_YEAR = 31_536_000
Told = Callable[[str, str, str, str], None]
"""Is told of a refusal: its kind, why, the address it came from, and what was asked."""


@dataclass(frozen=True, slots=True)
class _Refusal:
    kind: str
    why: str
    status: int


class Guard:
    """An ASGI application around the room. `most` is the largest body of any request; pages set narrower limits of their own."""

    def __init__(self, app: ASGIApp, origins: tuple[str, ...], *, secure: bool, most: int, refused: Told) -> None:
        self._app = app
        self._origins = origins
        self._hosts = frozenset(host_of(o) for o in origins)
        self._secure = secure
        self._most = most
        self._told = refused

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1000})
                return
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        told = _Told(send, secure=self._secure)
        if refusal := self._refusal(scope["method"], headers):
            where = scope["client"][0] if scope.get("client") else "unknown"
            await to_thread.run_sync(self._told, refusal.kind, refusal.why, where, f"{scope['method']} {scope['path']}")
            await PlainTextResponse(refusal.why, refusal.status)(scope, receive, told.send)
            return
        counted = _Counted(receive, self._most)
        await self._app(scope, counted.receive, told.send)

    def _refusal(self, method: str, headers: Headers) -> _Refusal | None:
        if headers.get("host", "") not in self._hosts:  # a name of somebody else that was made to point here (DNS rebinding)
            return _Refusal("host", "this server does not answer under this name", 421)
        length = headers.get("content-length", "0")
        if not (length.isascii() and length.isdigit()) or int(length) > self._most:
            return _Refusal("size", "this is larger than anything that is taken here", 413)
        if method not in SAFE and (why := self._foreign(headers)):
            return _Refusal("origin", why, 403)
        return None

    def _foreign(self, headers: Headers) -> str:
        """Why a request that could change something does not come from a page of this room, or an empty string.

        A browser says both; what neither says is no browser, and the room is for browsers.
        """
        site, origin = headers.get("sec-fetch-site"), headers.get("origin")
        if site is None and origin is None:
            return "this request does not say which page it comes from"
        if site not in (None, "same-origin") or origin not in (None, *self._origins):
            return "this form does not come from a page of this room"
        return ""


class _Told:
    """Adds what browsers are told to the head of every answer; a page can only make it narrower."""

    def __init__(self, send: Send, *, secure: bool) -> None:
        self._send = send
        self._secure = secure

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
            if self._secure:
                headers["Strict-Transport-Security"] = f"max-age={_YEAR}"
        await self._send(message)


class _Counted:
    """Counts what really arrives: a length is only a claim, and a body in chunks makes none."""

    def __init__(self, receive: Receive, most: int) -> None:
        self._receive = receive
        self._left = most

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._left -= len(message.get("body", b""))
            if self._left < 0:
                raise TooLarge
        return message


class TooLarge(Exception):
    """More arrives than is taken."""
