"""Where the browser comes back to at the command line: one address of this machine, for one answer (RFC 8252, 7.3 and 8.3)."""

from __future__ import annotations

import hmac
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from csvgen.clock import Clock
from csvgen.errors import ConfigError, Refused
from csvgen.identity.sign_on import Proof, Provider, Settings

PATH = "/callback"
_DONE = b"<!doctype html><title>csvgen</title><p>Thank you. You can close this window and go back to csvgen.</p>"
_LONGEST = 16_384


class Listener:
    """Waits for the browser. Whoever else knocks is told nothing and changes nothing."""

    def __init__(self, port: int) -> None:
        self._state = ""
        self._answer = ""
        self._came = threading.Event()
        try:
            self._server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        except OSError:
            raise ConfigError(f"port {port} of this machine is in use", hint="[sign_on] port = 0 takes a free one") from None
        self.redirect_uri = f"http://127.0.0.1:{self._server.server_port}{PATH}"

    def expect(self, state: str) -> None:
        """From now on an answer with this `state` is taken, once."""
        self._state = state

    def wait(self, seconds: float) -> str:
        """The address the browser was sent to. Raises Refused when nobody came in time."""
        if not self._came.wait(seconds):
            raise Refused("nobody came back from the identity provider in time; nothing was done")
        return self._answer

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        listener = self

        class Handler(BaseHTTPRequestHandler):
            timeout = 10

            def do_GET(self) -> None:
                self._answer(self.path)

            def do_POST(self) -> None:
                """Form Post Response Mode (OAuth 2.0 multiple response types): the same, in the body."""
                size = self.headers.get("Content-Length", "")
                if self.path != PATH or not size.isascii() or not size.isdigit() or int(size) > _LONGEST:
                    self._answer("")
                    return
                self._answer(f"{PATH}?{self.rfile.read(int(size)).decode('ascii', 'replace')}")

            def _answer(self, path: str) -> None:
                good = len(path) <= 2 * _LONGEST and listener._takes(path)
                self.send_response(200 if good else 404)
                for name, value in (
                    ("Content-Type", "text/html; charset=utf-8"), ("Cache-Control", "no-store"), ("Referrer-Policy", "no-referrer"),
                    ("Content-Security-Policy", "default-src 'none'"), ("Content-Length", str(len(_DONE) if good else 0)),
                ):  # fmt: skip
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(_DONE if good else b"")

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Nothing: the path holds the code."""

        return Handler

    def _takes(self, path: str) -> bool:
        parts = urlsplit(path)
        given = parse_qs(parts.query).get("state", [""])
        right = bool(self._state) and hmac.compare_digest(given[0].encode(), self._state.encode())
        if parts.path != PATH or len(given) != 1 or not right or self._came.is_set():
            return False
        self._answer = f"{self.redirect_uri}?{parts.query}"
        self._came.set()
        return True

    def _serve(self) -> None:
        self._server.serve_forever(poll_interval=0.05)

    def _close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def listening(port: int = 0) -> Iterator[Listener]:
    """A listener inside the block, gone behind it. Only this machine reaches it."""
    listener = Listener(port)
    thread = threading.Thread(target=listener._serve, daemon=True)  # noqa: SLF001 - the block is the listener's own door
    thread.start()
    try:
        yield listener
    finally:
        listener._close()  # noqa: SLF001
        thread.join(5)


def fresh_log_in(settings: Settings, clock: Clock, show: Callable[[str], None], seconds: float = 300) -> Proof:
    """One log-in at the provider, now, by whoever sits here; `show` gets the address for the browser. Raises Refused."""
    provider = Provider.discovered(settings)
    with listening(settings.port) as listener:
        asked = provider.ask(listener.redirect_uri, clock.now())
        listener.expect(asked.state)
        show(asked.url)
        answer = listener.wait(seconds)
    return provider.finish(asked, answer, clock.now())
