"""The browser target against a tool with a web face only, and against pages that lie, break and lure."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from csvgen.errors import ConfigError, Refused
from csvgen.ports import Secret
from csvgen.targets import bind
from csvgen.targets.browser.description import read_description
from csvgen.targets.browser.pages import program
from csvgen.views import NotOffered, Unanswered, Unreachable
from tests.targets.serving import served

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "stability-tool"
NEVER = "never-opened"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The tool running, and the folder in which its instance lies."""
    home = tmp_path_factory.mktemp("stability")
    (home / "target").mkdir()
    (home / "target" / "stability.yaml").write_bytes((EXAMPLE / "target" / "stability.yaml").read_bytes())
    with served(["stability", "instance"], home, EXAMPLE, "/about") as url:
        yield url, home


class Pictures(list[tuple[bytes, str]]):
    def __call__(self, picture: bytes, name: str) -> None:
        self.append((picture, name))

    @property
    def names(self) -> list[str]:
        return [name for _, name in self]


@pytest.mark.needs("chromium")
def test_the_tool_is_used_as_people_use_it(address: tuple[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """One browser for all of it: starting one takes longer than asking it."""
    url, home = address
    monkeypatch.setenv("STABILITY_URL", url)
    target = bind("validation", {"adapter": "browser", "description": "target/stability.yaml", "root": str(home)})
    try:
        pictures = Pictures()
        access, entry, records = (target.port(p) for p in ("Access", "Entry", "Records"))
        assert "Chromium" in target.instance
        assert [c.kind for c in target.counterparts] == ["real server"]
        account = access.test_account("analyst")
        wrong = access.log_in(account.user_id, Secret("wrong"))
        assert (wrong.accepted, wrong.facts["kind"], wrong.message) == (False, "credentials", "user or password is wrong")
        assert not pictures, "nobody kept them yet"
        target.show_to(pictures)
        session = access.log_in(account.user_id, account.password).reference
        assert access.whoami(session).accepted
        assert access.whoami(NEVER).facts["kind"] == "session"

        assert entry.enter(session, "method", {"id": "M-1", "text": "HPLC, <b>10</b> min"}, "x").reference == "method/M-1"
        study = {"id": "S-1", "product": "A", "batch": "B", "condition": "25 °C / 60 % RH", "method": "M-1"}
        odd = entry.enter(session, "study", {**study, "condition": "99 °C"}, "x")
        assert (odd.accepted, odd.facts["kind"]) == (False, "input")
        assert "the list offers no '99 °C'" in odd.message
        assert entry.enter(session, "study", study, "x").accepted
        made = entry.enter(session, "result", {"id": "R-1", "study": "S-1", "months": "3", "assay": "99.40"}, "x")
        assert (made.accepted, made.reference) == (True, "result/R-1")
        twice = entry.enter(session, "result", {"id": "R-1", "study": "S-1", "months": "3", "assay": "99.40"}, "x")
        assert (twice.facts["kind"], twice.message) == ("rule", "id: there is a result R-1")
        again = entry.enter(session, "re-validation", {"method": "M-1", "evidence": "E"}, "x")
        assert (again.facts["kind"], "may not" in again.message) == ("authority", True), "refused before the form was given"
        view = records.read(session, "result/R-1")
        assert (view.version, view.state, view.fields["assay"]) == (1, "entered", "99.40")
        assert records.read(session, "method/M-1").fields["text"] == "HPLC, <b>10</b> min", "as a person reads it"
        assert records.read(session, "result/R-9") is None
        assert records.change(session, "result/R-1", "assay", "99.5", "").facts["kind"] == "input"
        assert records.change(session, "result/R-1", "assay", "99.5", "typing error").accepted
        assert [v.fields["assay"] for v in records.history(session, "result/R-1")] == ["99.40", "99.5"]
        with pytest.raises(Refused):
            records.read(NEVER, "result/R-1")
        with pytest.raises(NotOffered):
            records.delete(session, "result/R-1", "x")
        changed = target.port("AuditTrail").entries(session, "result/R-1")[-1]
        assert (changed.old, changed.new, changed.reason, changed.user_id) == ("99.40", "99.5", "typing error", account.user_id)
        assert access.log_out(session).accepted
        assert access.whoami(session).facts["kind"] == "session", "its window stays open, and the tool itself has to refuse it"

        assert {"log-in of a.lind: accepted", "form result: filled in", "form result: accepted", "record result/R-1"} <= set(
            pictures.names
        )
        assert {"form re-validation: refused", "audit trail", "change of result/R-1: refused"} <= set(pictures.names)
        assert all(picture.startswith(b"\x89PNG") for picture, _ in pictures)
        assert not any("who is logged in" in name for name in pictures.names)
        told = len(pictures)
        target.show_to(None)
        records_read = target.port("Installation").configuration()
        assert (records_read["lowest assay"], len(pictures)) == ("95.0", told)
    finally:
        target.close()


# ------------------------------------------------------------ pages that lie, break and lure

PAGES = {
    "/yes": "<h1>Welcome</h1>",
    "/both": '<h1>Welcome</h1><p role="alert">no</p>',
    "/neither": "<h1>Something else</h1>",
    "/hidden": '<h1 style="display:none">Welcome</h1>',
    "/twice": "<h1>Welcome</h1><p class=v>1</p><p class=v>2</p>",
    "/once": "<h1>Welcome</h1><p class=v> 1.50 </p>",
    "/seen": "<form method=post action=/yes><label>word <input type=text name=w></label><button>Go</button></form>",
    "/needed": "<form action=/yes><label>word <input name=w required></label><button>Go</button></form>",
    "/short": "<form action=/yes><label>word <input name=w maxlength=3></label><button>Go</button></form>",
    "/dead": "<h1>Welcome</h1><button>Go</button>",
    "/broken": "<h1>Welcome</h1>",
    "/of-yore": "<h1>Welcome</h1><p class=v>1</p>",
    "/too-many": "<h1>Welcome</h1><p class=v>1</p>",
    "/number": "<form action=/yes><label>word <input type=number name=w></label><button>Go</button></form>",
    "/to-broken": "<form action=/broken><label>word <input name=w></label><button>Go</button></form>",
}
DESCRIBED = """
format: csvgen.browser-target/1
name: pages
address: {{env: PAGES_URL}}
instance: pages of a test
counterpart: {{kind: stub, name: pages, version: "1"}}
timeout: "0.5"
refused: [{{shown: {{role: alert}}, kind: rule}}]
access: {{log_in: {{steps: [{{open: "/yes"}}], accepted: {{role: heading, name: Welcome}}}}}}
forms:
{forms}
records:
  page:
    read: {{steps: [{{open: "/{{id}}"}}], shown: {{role: heading, name: Welcome}}, fields: {{v: {{css: .v}}}}}}
"""
FORM = '  {name}: {{steps: [{{open: "/{name}"}}], fields: {{word: {{label: word}}}}, submit: [{{press: {{role: button, name: Go}}}}], accepted: {{role: heading, name: Welcome}}}}'
SIGN = (
    '    sign: {steps: [{open: "/seen"}, {fill: {label: word}, value: "{password}"}], accepted: {role: heading, name: Welcome}}\n'
)


@pytest.fixture(scope="module")
def pages() -> Iterator[tuple[ThreadingHTTPServer, list[str]]]:
    """A server of those pages, and the hosts it was asked under."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def date_time_string(self, timestamp: float | None = None) -> str:
            return super().date_time_string(0 if self.path.startswith("/of-yore") else timestamp)

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            asked.append(f"{self.headers['Host'].partition(':')[0]} {path}")
            lure = f'<h1>Welcome</h1><p class=v>1</p><img src="http://localhost:{self.server.server_address[1]}/lure.png">'
            body = (lure if path == "/lured" else PAGES.get(path, "")).encode()
            self.send_response(429 if path == "/too-many" else 503 if path.startswith("/broken") else 200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing is said."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server, asked
    server.shutdown()
    server.server_close()


@pytest.mark.needs("chromium")
def test_a_page_is_believed_only_where_it_says_one_thing(
    pages: tuple[ThreadingHTTPServer, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, asked = pages
    monkeypatch.setenv("PAGES_URL", f"http://127.0.0.1:{server.server_address[1]}")
    forms = "\n".join(FORM.format(name=n) for n in ("needed", "short", "number", "to-broken"))
    (tmp_path / "pages.yaml").write_text(DESCRIBED.format(forms=forms) + SIGN)
    target = bind("validation", {"adapter": "browser", "description": "pages.yaml", "root": str(tmp_path)})
    try:
        records, entry = target.port("Records"), target.port("Entry")
        session = target.port("Access").log_in("x", Secret("y")).reference
        assert records.read(session, "page/once").fields == {"v": "1.50"}
        for page, words in (
            ("both", "says yes and no"), ("neither", "neither yes nor no"), ("hidden", "neither yes nor no"), ("twice", "2 of them"),
            ("yes", "no such place"),
        ):  # fmt: skip
            with pytest.raises(Unreachable, match=words):
                records.read(session, f"page/{page}")
        with pytest.raises(Unanswered, match="HTTP 503"):
            records.read(session, "page/broken")
        with pytest.raises(Unanswered, match="clock skew"):
            records.read(session, "page/of-yore")
        with pytest.raises(Unanswered, match="HTTP 429"):
            records.read(session, "page/too-many")
        with pytest.raises(Unanswered, match="HTTP 503"):
            entry.enter(session, "to-broken", {"word": "x"}, "")
        needed = entry.enter(session, "needed", {}, "")
        assert (needed.accepted, needed.facts["kind"], bool(needed.message)) == (False, "input", True), "the page kept it back"
        for form, words in (("short", "takes 3 characters, and not 4"), ("number", "takes no 'long'")):
            kept = entry.enter(session, form, {"word": "long"}, "")
            assert (kept.accepted, kept.facts["kind"], words in kept.message) == (False, "input", True), form
            assert entry.enter(session, form, {"word": "123"}, "").accepted, form
        with pytest.raises(Unanswered, match="without a page"):
            records.read(session, "page/broken-off")
        with pytest.raises(Unreachable, match="no password field"):
            target.port("Signing").sign(session, "page/once", "m", "r", "x", Secret("not to be seen"))
        assert records.read(session, "page/lured").fields == {"v": "1"}
        assert "127.0.0.1 /lured" in asked
        assert not [a for a in asked if a.startswith("localhost")], "nothing but the system itself is asked"
        server.shutdown()
        server.server_close()
        with pytest.raises(Unanswered, match="nobody answers at the address"):
            records.read(session, "page/once")
    finally:
        target.close()


# ------------------------------------------------------------ without a browser


def test_no_browser_is_what_the_world_keeps_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STABILITY_URL", "http://127.0.0.1:9")
    settings = {"adapter": "browser", "description": "target/stability.yaml", "root": str(EXAMPLE)}
    with pytest.raises(Unanswered, match="no browser /nowhere/chromium"):
        bind("validation", {**settings, "browser": "/nowhere/chromium"})
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Unanswered, match="no browser; looked for chromium"):
        program("")
    monkeypatch.delenv("STABILITY_URL")
    with pytest.raises(Unanswered, match="STABILITY_URL is not set"):
        bind("validation", settings)
    monkeypatch.setenv("STABILITY_URL", "http://tool.example")
    with pytest.raises(ConfigError, match="passwords travel by https"):
        bind("validation", settings)
    with pytest.raises(ConfigError, match="does not know"):
        bind("validation", {**settings, "headless": "no"})


MISTAKES = {
    "two ways to a place": ("{role: heading, name: Stability studies}", "{role: heading, label: x}", "name a place one way"),
    "a name without a role": ('{shown: {css: "[role=alert].rule"}, kind: rule}', "{shown: {css: a, name: b}, kind: rule}", "name goes with role"),
    "a step that does nothing": ("{open: /login}", "{}", "a step is one of open"),
    "a value for nobody": ("{open: /login}", "{open: /login, value: x}", "fill goes with value"),
    "another host": ("{open: /login}", "{open: //evil.example/}", "a path of the system itself"),
    "reading by a button": ("[{open: /about}]", "[{press: {css: a}}]", "opened, not pressed for"),
    "a password in it": ("password: {file: instance/secrets/analyst}", "password: geheim", "accounts.analyst.password"),
    "nobody answers": ("kind: real server", "kind: not said", "say who answers"),
    "no value of a setting": ('{name: "td:nth-child(1)", value: "td:nth-child(2)"}', '{name: "td"}', "does not say where value stands"),
    "an unknown key": ("timeout:", "patience:", "patience"),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_each_mistake_is_told_with_its_line(mistake: str, tmp_path: Path) -> None:
    good, bad, words = MISTAKES[mistake]
    text = (EXAMPLE / "target" / "stability.yaml").read_text(encoding="utf-8")
    assert good in text
    (tmp_path / "d.yaml").write_text(text.replace(good, bad, 1), encoding="utf-8")
    with pytest.raises(ConfigError) as found:
        read_description(tmp_path / "d.yaml", "d.yaml")
    assert words in str(found.value)
    assert "d.yaml:" in str(found.value)
    assert "geheim" not in str(found.value)
