"""The browser: a program of the machine, driven by Playwright. What the world keeps back is `Unanswered`; it is never taken for an answer."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from csvgen.clock import Clock
from csvgen.extras import how_to_add
from csvgen.targets.browser.description import TYPED_UNSEEN, Place, Refusal, Step
from csvgen.targets.http.places import filled
from csvgen.targets.skew import in_step
from csvgen.views import Unanswered, Unreachable

Keep = Callable[[bytes, str], None]
"""Takes a picture and its name."""

_KNOWN = ("chromium", "chromium-browser", "google-chrome", "microsoft-edge")
_TOO_MANY, _SERVER_ERROR = 429, 500
_POLL = 40
_SIZE = {"width": 1024, "height": 768}
_NET = re.compile(r"net::(ERR_[A-Z_]+)")
_NETWORK = {
    "CERT": "the certificate of the server is not believed",
    "HTTP_RESPONSE": "the server answered with an error and without a page",
}
_MALFORMED = ("Cannot type text into", "Malformed value")
_ROWS = """(rows, each) => rows.map(row => Object.fromEntries(Object.entries(each).map(([name, css]) => {
  const found = row.querySelectorAll(css); return [name, found.length === 1 ? found[0].innerText : null]; })))"""


@dataclass
class _Driver:
    """Playwright's driver can be started once in a process; targets share it."""

    running: Any = None
    users: int = 0


_DRIVER = _Driver()


@dataclass(frozen=True)
class Seen:
    """What came of an act: accepted, or refused, in the words of the page."""

    accepted: bool
    words: str
    kind: str = ""


class NotTaken(Exception):
    """The page itself kept a form from being handed over: a field that has to be filled in, a list without the value."""


class Refusing(Exception):
    """The system said no before all was done: the page that was to be filled in is not given."""

    def __init__(self, seen: Seen) -> None:
        super().__init__(seen.words)
        self.seen = seen


def program(said: str) -> Path:
    """The browser of this machine. Raises Unanswered where there is none."""
    found = shutil.which(said) if said else next(filter(None, map(shutil.which, _KNOWN)), None)
    if found is None:
        raise Unanswered(
            f"no browser {said}" if said else f"no browser; looked for {', '.join(_KNOWN)}",
            where="csvgen.toml", hint='install Chromium, or name it: browser = "..."; csvgen fetches none',
        )  # fmt: skip
    return Path(found)


class Browser:
    """One running browser, with a context of its own for each session: as if each person sat at another machine."""

    def __init__(self, address: str, browser: Path, seconds: float, clock: Clock) -> None:
        try:
            from playwright.sync_api import Error, sync_playwright
        except ImportError:
            raise Unanswered("Playwright is not installed", where="extra browser", hint=how_to_add("browser")) from None
        self._error: type[Exception] = Error
        self._address, self._host = address.rstrip("/"), urlsplit(address).netloc
        self._milliseconds = seconds * 1000
        self._clock = clock
        self._pages: dict[str, Any] = {}
        self._opened = 0
        self.keep: Keep | None = None
        if _DRIVER.running is None:
            _DRIVER.running = sync_playwright().start()
        _DRIVER.users += 1
        alone = f"--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE {urlsplit(address).hostname}"
        try:
            self._running = _DRIVER.running.chromium.launch(
                executable_path=str(browser), args=["--disable-dev-shm-usage", "--disable-background-networking", alone]
            )
        except Error as problem:
            self._leave()
            raise Unanswered(
                f"the browser {browser.name} does not start: {str(problem).splitlines()[0][:200]}", where="csvgen.toml"
            ) from None

    @property
    def version(self) -> str:
        return f"Chromium {self._running.version}"

    def close(self) -> None:
        with suppress(self._error):
            self._running.close()
        self._leave()

    @staticmethod
    def _leave() -> None:
        _DRIVER.users -= 1
        if not _DRIVER.users:
            _DRIVER.running.stop()
            _DRIVER.running = None

    # ------------------------------------------------------------ sessions

    def fresh(self) -> str:
        """A new context in which nobody is logged in; its name."""
        self._opened += 1
        name = f"browser-{self._opened}"
        with self._world("a new window"):
            context = self._running.new_context(
                viewport=_SIZE, locale="en-GB", timezone_id="UTC", accept_downloads=False, service_workers="block"
            )
            context.set_default_timeout(self._milliseconds)
            self._pages[name] = context.new_page()
        return name

    def drop(self, name: str) -> None:
        with suppress(self._error):
            self._pages.pop(name).context.close()

    @contextmanager
    def page(self, session: str | None) -> Iterator[Any]:
        """The page of a session; one that was never opened is asked for as somebody whom nobody knows."""
        if session in self._pages:
            yield self._pages[session]
            return
        name = self.fresh()
        try:
            yield self._pages[name]
        finally:
            self.drop(name)

    # ------------------------------------------------------------ doing

    def carry_out(self, page: Any, steps: tuple[Step, ...], given: Mapping[str, Any], refusals: tuple[Refusal, ...]) -> None:
        """What a person does, one thing after the other. Raises Unanswered, Unreachable, NotTaken, Refusing."""
        for number, step in enumerate(steps):
            if number and (said := self.refusal(page, refusals, given)) is not None:
                raise Refusing(said)
            if step.open is not None:
                self._open(page, filled(step.open, given, path=True))
            elif step.fill is not None:
                self.fill(page, step.fill, filled(step.value or "", given), secret=TYPED_UNSEEN in (step.value or ""))
            elif step.press is not None:
                self._press(page, step.press, given)
            elif step.click is not None:
                with self._world(step.click.words):
                    self._one(page, step.click, given).click()

    def fill(self, page: Any, place: Place, value: str, *, secret: bool = False) -> None:
        """A field, a list, or a password. A list that has no such value, and a field that cuts it off, have refused it."""
        with self._world(place.words):
            found = self._one(page, place, {})
            kind = found.evaluate("e => e.tagName === 'INPUT' ? e.type : e.tagName.toLowerCase()")
            if secret and kind != "password":
                raise Unreachable(f"{place.words} is no password field: what is typed there would be seen", where=self._host)
            if kind == "select":
                offered = found.locator("option").all_inner_texts()
                if value not in offered:
                    raise NotTaken(f"the list offers no {value!r}; it offers {', '.join(offered)}")
                found.select_option(label=value)
                return
            most = found.evaluate("e => e.maxLength ?? -1")
            if 0 <= most < len(value):
                raise NotTaken(f"the field takes {most} characters, and not {len(value)}")
            try:
                found.fill(value)
            except self._error as problem:
                if any(words in str(problem) for words in _MALFORMED):
                    raise NotTaken(f"the field takes no {value!r}") from None
                raise
            if not secret and found.input_value() != value:
                raise NotTaken(f"the field takes {found.input_value()!r} for {value!r}")

    def _open(self, page: Any, path: str) -> None:
        with self._world(f"GET {path.partition('?')[0]}"):
            try:
                answer = page.goto(self._address + path)
            except self._error:
                self._renew(page)
                raise
            self._judged(answer, path.partition("?")[0])

    def _renew(self, page: Any) -> None:
        """Another page in the same window: the browser's own page about a failure would come in between the next one."""
        for name in [n for n, held in self._pages.items() if held is page]:
            self._pages[name] = page.context.new_page()
            page.close()

    def _press(self, page: Any, place: Place, given: Mapping[str, Any]) -> None:
        with self._world(place.words):
            found = self._one(page, place, given)
            kept = found.evaluate("e => e.form && !e.formNoValidate && !e.form.noValidate && !e.form.checkValidity()")
            if kept:
                said = found.evaluate(
                    "e => { const f = e.form.querySelector(':invalid:not(fieldset)'); return f.validationMessage; }"
                )
                found.click()
                raise NotTaken(str(said))
            try:
                with page.expect_navigation() as next_page:
                    found.click()
            except self._error as problem:
                if _NET.search(str(problem)):
                    self._renew(page)
                raise
            self._judged(next_page.value, place.words)

    def _judged(self, answer: Any, what: str) -> None:
        """A page that could not be served is no answer, nor is one of a server in another time."""
        if answer is None:
            return
        in_step(self._clock, answer.headers.get("date"), f"{self._host}, {what}")
        if answer.status == _TOO_MANY or answer.status >= _SERVER_ERROR:
            raise Unanswered(
                f"the server answered HTTP {answer.status}: it could not serve the page", where=f"{self._host}, {what}"
            )

    @contextmanager
    def _world(self, what: str) -> Iterator[None]:
        """Errors of the driver, as the ports tell them."""
        try:
            yield
        except self._error as problem:
            said, where = str(problem), f"{self._host}, {what}"
            if network := _NET.search(said):
                words = next((told for part, told in _NETWORK.items() if part in network[1]), "nobody answers at the address")
                raise Unanswered(f"{words} ({network[1]})", where=where, hint="is the network there, is the system up?") from None
            if "has been closed" in said or "crashed" in said:
                raise Unanswered("the browser has ended", where=where) from None
            told = (
                f"nothing came of it within {self._milliseconds / 1000:g} s" if "Timeout" in said else said.splitlines()[0][:200]
            )
            raise Unreachable(told, where=where) from None

    # ------------------------------------------------------------ looking

    def _found(self, page: Any, place: Place, given: Mapping[str, Any]) -> Any:
        """Every visible thing at a place."""

        def word(text: str) -> str:
            return filled(text, given)

        if place.role is not None:
            named = {} if place.name is None else {"name": word(place.name), "exact": True}
            found = page.get_by_role(place.role, **named)
        elif place.label is not None:
            found = page.get_by_label(word(place.label), exact=True)
        elif place.text is not None:
            found = page.get_by_text(word(place.text), exact=True)
        else:
            found = page.locator(word(place.css or ""))
        return found.filter(visible=True)

    def _one(self, page: Any, place: Place, given: Mapping[str, Any]) -> Any:
        """The one visible thing at a place, waited for. Nothing is guessed where there are several."""
        found = self._found(page, place, given)
        until = time.monotonic() + self._milliseconds / 1000
        while not (count := found.count()) and time.monotonic() < until:
            page.wait_for_timeout(_POLL)
        if count != 1:
            several = f"{count} of them, where one is meant" if count else "no such place"
            raise Unreachable(f"the page shows {several}: {place.words}", where=self._host)
        return found

    def text(self, page: Any, place: Place, given: Mapping[str, Any]) -> str:
        """What a person reads there; of a field what stands in it."""
        with self._world(place.words):
            found = self._one(page, place, given)
            entered = found.evaluate("e => 'value' in e && ['INPUT', 'TEXTAREA'].includes(e.tagName) && e.type !== 'password'")
            return str(found.input_value() if entered else found.inner_text()).strip()

    def settled(self, page: Any, accepted: Place, refusals: tuple[Refusal, ...], given: Mapping[str, Any]) -> Seen:
        """Whether the page says yes or no. Raises Unreachable where it says neither in time, or both."""
        until = time.monotonic() + self._milliseconds / 1000
        with self._world("the answer"):
            while True:
                yes, no = self._found(page, accepted, given), self.refusal(page, refusals, given)
                if there := yes.count():
                    if no is not None:
                        raise Unreachable(f"the page says yes and no: {accepted.words}, and {no.words!r}", where=self._host)
                    return Seen(True, yes.first.inner_text().strip() if there else "")
                if no is not None:
                    return no
                if time.monotonic() > until:
                    raise Unreachable(f"the page says neither yes nor no: no {accepted.words}, and no refusal", where=self._host)
                page.wait_for_timeout(_POLL)

    def refusal(self, page: Any, refusals: tuple[Refusal, ...], given: Mapping[str, Any]) -> Seen | None:
        """The first refusal that is shown."""
        for refusal in refusals:
            found = self._found(page, refusal.shown, given)
            words = " ".join(found.all_inner_texts()).strip() if found.count() else None
            if words is not None and (refusal.holds or "") in words:
                return Seen(False, words or f"the page shows {refusal.shown.words}", refusal.kind)
        return None

    def rows(self, page: Any, css: str, each: Mapping[str, str]) -> list[dict[str, str]]:
        """Each row with its parts, as they are read. Raises Unreachable for a part that a row has not, or has twice."""
        with self._world(css):
            made = page.locator(css).evaluate_all(_ROWS, dict(each))
        for number, row in enumerate(made, 1):
            if missing := [name for name, value in row.items() if value is None]:
                raise Unreachable(
                    f"row {number} of {css} has not one place for {missing[0]}: {each[missing[0]]}", where=self._host
                )
        return [{name: str(value).strip() for name, value in row.items()} for row in made]

    def picture(self, page: Any, name: str) -> None:
        """Hand a picture of the whole page over, where somebody keeps it. Passwords are covered."""
        if self.keep is not None:
            with self._world("a picture"):
                shot = page.screenshot(full_page=True, animations="disabled", mask=[page.locator("input[type=password]")])
            self.keep(shot, name)
