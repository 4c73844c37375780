"""A room whose people sign on at a real identity provider, and what a browser does on its way there and back."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from html import unescape
from typing import Any
from urllib.parse import urlsplit

from csvgen.identity.sign_on import Provider
from csvgen.identity.sign_on_settings import Settings
from csvgen.identity.signed_on import SignedOn
from csvgen.model.people import Policy

from ..tiny import OPERATOR, Tiny
from .conftest import Browser, Visitors

SUBJECTS = {"ruth.amsel": "subject-ada", "mara.ivens": "subject-ben"}


def new_second() -> None:
    """`auth_time` counts whole seconds; a person takes longer than one."""
    begun = int(time.time())
    while int(time.time()) == begun:
        time.sleep(0.02)


def configure(tiny: Tiny, idp: Any, **more: str) -> None:
    (tiny.root / "idp.secret").write_text(idp.secret, encoding="utf-8")
    table = {"issuer": idp.issuer, "client_id": idp.client_id, "client_secret_file": "idp.secret", "amr": "pwd otp", **more}
    toml = tiny.root / "csvgen.toml"
    lines = "".join(f'{name} = "{value}"\n' for name, value in table.items())
    toml.write_text(f"{toml.read_text(encoding='utf-8')}\n[sign_on]\n{lines}", encoding="utf-8")


def link(tiny: Tiny, idp: Any, person: str) -> None:
    """As `csvgen sign-on link`: the person logs in at the provider, watched; the key stays under the secret it was locked with."""
    provider = Provider.discovered(Settings.read(tiny.config.sign_on, tiny.root))
    asked = provider.ask("http://127.0.0.1:7777/callback", datetime.now(UTC))
    proof = provider.finish(asked, idp.log_in(idp.browser(), asked.url, SUBJECTS[person]), datetime.now(UTC))
    SignedOn(tiny.ledger, tiny.clock, Policy(), "test").link(OPERATOR, person, proof, "watched by the office")
    new_second()


def linked_room(tiny: Tiny, idp: Any, *people: str, **more: str) -> Visitors:
    configure(tiny, idp, **more)
    for person in people:
        link(tiny, idp, person)
    return Visitors(tiny)


def away(answer: Any) -> str:
    """Where a page leads to at the provider."""
    assert answer.status_code == 200, answer.text
    found = re.search(r'rel="noreferrer" href="([^"]+)"', answer.text)
    assert found, answer.text
    assert answer.headers["refresh"] == f"0; url={unescape(found.group(1))}"
    return unescape(found.group(1))


@dataclass
class Way:
    """One way to the provider and back."""

    idp: Any
    browser: Browser

    def there(self, address: str, subject: str, **more: str) -> str:
        """Logs in there; the address the browser is sent back to, as path and query."""
        parts = urlsplit(self.idp.log_in(self.idp.browser(), address, subject, **more))
        assert f"{parts.scheme}://{parts.netloc}" == "http://127.0.0.1:8137"
        return f"{parts.path}?{parts.query}"

    def back(self, path: str, room: Visitors) -> Any:
        """From elsewhere a browser brings no cookie (SameSite=Strict); from the page it is led on by it brings them."""
        stranger = room.browser()
        first = stranger.get(path)
        assert first.status_code == 200
        assert "set-cookie" not in first.headers, "a new cookie here would replace the one the log-in is bound to"
        return self.browser.get(first.headers["refresh"].removeprefix("0; url="))

    def log_in(self, room: Visitors, subject: str, **more: str) -> Any:
        self.browser.get("/login")
        return self.back(self.there(away(self.browser.post("/sign-on", {"then": "/documents"})), subject, **more), room)
