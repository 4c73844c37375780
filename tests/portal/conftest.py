"""The tiny project with its review room: visited in this process, or as a server of its own."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import unescape
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from csvgen.clock import Clock
from csvgen.portal.app import make_app
from csvgen.portal.room import Room
from csvgen.portal.settings import PortalSettings

from ..tiny import SYSTEM, Tiny, cheap_secrets, clean_environment

ORIGIN = "http://127.0.0.1:8137"
_TOKEN = re.compile(r'name="token" value="([^"]+)"')


class Browser:
    """One person's browser: keeps cookies, follows nothing, and sends what browsers send of where a form comes from."""

    def __init__(self, client: TestClient, tiny: Tiny) -> None:
        self.client = client
        self.tiny = tiny
        self.page = ""

    def get(self, address: str, **headers: str):
        answer = self.client.get(address, headers=headers, follow_redirects=False)
        if answer.headers.get("content-type", "").startswith("text/html"):
            self.page = answer.text
        return answer

    @property
    def token(self) -> str:
        found = _TOKEN.search(self.page)
        return unescape(found.group(1)) if found else ""

    def post(self, address: str, fields: dict[str, str] | None = None, *, token: str | None = None, origin: str = ORIGIN, **more):
        form = {"token": self.token if token is None else token, **(fields or {})}
        headers = {"Origin": origin, "Sec-Fetch-Site": "same-origin", **more.pop("headers", {})}
        answer = self.client.post(address, data=form, headers=headers, follow_redirects=False, **more)
        if answer.headers.get("content-type", "").startswith("text/html"):
            self.page = answer.text
        return answer

    def log_in(self, person: str, /, **changed: str):
        self.get("/login")
        return self.post("/login", {"person": person, "password": self.tiny.password(person), "code": "", **changed})

    def told(self, address: str) -> str:
        """The words of a page that is fine."""
        answer = self.get(address)
        assert answer.status_code == 200, (address, answer.status_code, words(answer.text))
        return words(answer.text)


def words(page: str) -> str:
    """What a reader reads of a page."""
    text = re.sub(r"<(script|style)\b.*?</\1>|<[^>]+>", " ", page.partition("<body")[2], flags=re.DOTALL)
    return " ".join(unescape(text).split())


class Visitors:
    """The room of one project, and as many browsers as come."""

    def __init__(self, tiny: Tiny, clock: Clock | None = None, **settings: object) -> None:
        self.tiny = tiny
        told = {
            "look_seconds": 0,
            "reading_seconds": 60,
            **settings,
        }  # tests change files and look at once; what is kept for a moment has tests of its own
        self.room = Room(tiny.config, SYSTEM, PortalSettings(**told), clock)
        self.app = make_app(self.room, (ORIGIN,))

    def browser(self, agent: str = "a browser", address: str = "127.0.0.1") -> Browser:
        client = TestClient(self.app, base_url=ORIGIN, headers={"User-Agent": agent}, client=(address, 50_000))
        return Browser(client, self.tiny)

    def of(self, person: str, **more: str) -> Browser:
        """A browser in which this person is logged in."""
        browser = self.browser(**more)
        answer = browser.log_in(person)
        assert answer.status_code == 303, words(answer.text)
        return browser


@pytest.fixture
def visitors(tiny: Callable[[str], Tiny]) -> Callable[..., Visitors]:
    """The room of a copy of the tiny project at a stage, to be changed at will."""
    return lambda stage="founded", **more: Visitors(tiny(stage), **more)


@pytest.fixture(scope="module")
def reading(stages, tmp_path_factory) -> Iterator[Visitors]:
    """The room of a project that has come far, for tests that change no records but by logging in."""
    with cheap_secrets():
        yield Visitors(stages.at("iq-closed").copy(tmp_path_factory.mktemp("reading") / "project"))


@contextmanager
def served(tiny: Tiny, *arguments: str) -> Iterator[tuple[str, subprocess.Popen]]:
    """The real command in a process of its own; its address, and the process. However busy the machine is, a page waits for what changed."""
    toml = tiny.root / "csvgen.toml"
    if "[portal]" not in (said := toml.read_text(encoding="utf-8")):
        toml.write_text(f'{said}\n[portal]\nreading_seconds = "60"\n', encoding="utf-8")
    command = [sys.executable, "-m", "csvgen", "-C", str(tiny.root), "serve", "--port", "0", *arguments]
    root = Path(__file__).parents[2]
    environment = {**clean_environment(), "PYTHONPATH": str(root), "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(command, cwd=root, env=environment, stderr=subprocess.PIPE, text=True)
    try:
        line = process.stderr.readline()
        address = line.rsplit(" ", 1)[-1].strip()
        assert address.startswith("http"), line + process.stderr.read()
        yield address, process
    finally:
        process.terminate()
        process.wait(30)
        process.stderr.close()


def wait_until(condition: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.05)
