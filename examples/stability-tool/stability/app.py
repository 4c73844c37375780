"""The tool: sign-in, methods, studies, results, signatures, audit trail. A changed method stops its studies until quality has re-validated it."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Awaitable, Callable
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from pathlib import Path
from urllib.parse import parse_qsl, quote

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from stability import pages
from stability.store import Store, now

VERSION = "5.1"
LIMIT = Decimal("95.0")
"""Lowest assay within the specification, in % of the label claim."""
FEWEST = 3
"""Results from which on a shelf life is told."""
FORMS = {
    "method": ("id", "text"), "study": ("id", "product", "batch", "condition", "method"), "result": ("id", "study", "months", "assay"),
    "change": ("method", "text", "ticket"), "revalidation": ("method", "evidence"),
}  # fmt: skip
MAY = {
    "method": ("analyst",),
    "study": ("analyst",),
    "result": ("analyst",),
    "change": ("analyst",),
    "revalidation": ("quality",),
}
VALIDATED, DUE = "validated", "re-validation due"
ABSENT = 404


class No(Exception):
    """A refusal, its kind and its words."""

    def __init__(self, kind: str, words: str) -> None:
        super().__init__(words)
        self.kind = kind
        self.words = words


def program() -> str:
    """Digest over the files of the tool."""
    files = sorted(Path(__file__).parent.glob("*.py"))
    return "sha256:" + hashlib.sha256(b"".join(hashlib.sha256(f.read_bytes()).digest() for f in files)).hexdigest()


class Tool:
    def __init__(self, store: Store) -> None:
        self.store = store

    def answer(self, verb: Callable[[Request, dict[str, str]], Response]) -> Callable[[Request], Awaitable[Response]]:
        async def handled(request: Request) -> Response:
            typed = dict(parse_qsl((await request.body()).decode("utf-8", "replace"), keep_blank_values=True))
            with self.store.lock:
                try:
                    return verb(request, typed)
                except No as refusal:
                    if refusal.kind == "session":
                        return RedirectResponse("/login", 303)
                    person = self.person(request)
                    if refusal.kind != "absent":
                        self.store.told(person["id"], "Refused", request.url.path, reason=refusal.words)
                    words = pages.page("Not done", "", person["name"], pages.said(refusal.words, refusal.kind))
                    return HTMLResponse(words, {"authority": 403, "absent": ABSENT}.get(refusal.kind, 409))

        return handled

    # ------------------------------------------------------------ people

    def person(self, request: Request, *roles: str, act: str = "") -> dict[str, str]:
        found = self.store.one(
            "select people.* from sessions join people on people.id = person where token = ?",
            request.cookies.get("stability", ""),
        )
        if found is None:
            raise No("session", "nobody is signed in")
        if roles and found["role"] not in roles:
            raise No("authority", f"the role {found['role']} may not {act}")
        return dict(found)

    def login_page(self, _request: Request, _typed: dict[str, str]) -> Response:
        return HTMLResponse(pages.page("Sign in", pages.form("/login", ("user", "password"), "Sign in")))

    def login(self, _request: Request, typed: dict[str, str]) -> Response:
        user = typed.get("user", "")
        found = self.store.opens(user, typed.get("password", ""))
        if found is None:
            self.store.told(user, "Sign-in failed", f"person/{user}")
            notice = pages.said("user or password is wrong", "credentials")
            return HTMLResponse(pages.page("Sign in", pages.form("/login", ("user", "password"), "Sign in"), notice=notice), 401)
        token = secrets.token_urlsafe(24)
        self.store.db.execute("insert into sessions values (?, ?)", (token, user))
        self.store.told(user, "Signed in", f"person/{user}")
        answer = RedirectResponse("/", 303)
        answer.set_cookie("stability", token, httponly=True, samesite="strict")
        return answer

    def logout(self, request: Request, _typed: dict[str, str]) -> Response:
        person = self.person(request)
        self.store.db.execute("delete from sessions where token = ?", (request.cookies["stability"],))
        self.store.told(person["id"], "Signed out", f"person/{person['id']}")
        return RedirectResponse("/login", 303)

    def home(self, request: Request, _typed: dict[str, str]) -> Response:
        links = "".join(f'<li><a href="/{kind}/new">New {kind}</a></li>' for kind in FORMS)
        body = f'<ul>{links}<li><a href="/audit">Audit trail</a></li><li><a href="/about">About</a></li></ul>'
        return HTMLResponse(pages.page("Stability studies", body, self.person(request)["name"]))

    # ------------------------------------------------------------ entry

    def form(self, request: Request, _typed: dict[str, str]) -> Response:
        kind = request.path_params["form"]
        if kind not in FORMS:
            raise No("absent", "there is no such form")
        person = self.person(request, *MAY[kind], act=f"enter a {kind}")
        return HTMLResponse(pages.page(f"New {kind}", pages.form(f"/{kind}/new", FORMS[kind], "Save"), person["name"]))

    def enter(self, request: Request, typed: dict[str, str]) -> Response:
        kind = request.path_params["form"]
        if kind not in FORMS:
            raise No("absent", "there is no such form")
        person = self.person(request, *MAY[kind], act=f"enter a {kind}")
        given = {name: typed.get(name, "") for name in FORMS[kind]}
        if blank := [name for name, value in given.items() if not value.strip()]:
            raise No("input", f"{blank[0]}: a value is required")
        if kind in ("change", "revalidation"):
            return self._of_method(kind, person["id"], given)
        identity = given["id"]
        if not re.fullmatch(r"[A-Za-z0-9-]{1,40}", identity):
            raise No("input", "id: letters, digits and hyphens")
        if self.store.versions(kind, identity):
            raise No("rule", f"id: there is a {kind} {identity}")
        if kind == "study":
            self._validated(given["method"])
        if kind == "result":
            self._measured(given)
        self.store.keep(kind, identity, VALIDATED if kind == "method" else "entered", given)
        for name, value in given.items():
            self.store.told(person["id"], "Entered", f"{kind}/{identity}", name, "", value)
        return RedirectResponse(f"/{kind}/{identity}?done=saved", 303)

    def _validated(self, method: str) -> None:
        found = self.store.versions("method", method)
        if not found:
            raise No("input", f"method: there is no method {method}")
        if found[-1]["state"] == DUE:
            raise No("rule", f"re-validation of the method {method} is due since its version {found[-1]['version']}")

    def _measured(self, given: dict[str, str]) -> None:
        study = self.store.fields("study", given["study"])
        if study is None:
            raise No("input", f"study: there is no study {given['study']}")
        self._validated(study["method"])
        for name, low, high in (("months", "0", "60"), ("assay", "0.0", "150.0")):
            try:
                value = Decimal(given[name])
            except InvalidOperation:
                raise No("input", f"{name}: not a number") from None
            if not value.is_finite() or not Decimal(low) <= value <= Decimal(high):
                raise No("input", f"{name}: outside {low} to {high}")

    def _of_method(self, kind: str, person: str, given: dict[str, str]) -> Response:
        method = given["method"]
        fields = self.store.fields("method", method)
        if fields is None:
            raise No("input", f"method: there is no method {method}")
        was = self.store.versions("method", method)[-1]["state"]
        if kind == "change":
            self.store.keep("method", method, DUE, {**fields, "text": given["text"]})
            self.store.told(person, "Changed", f"method/{method}", "text", fields["text"], given["text"], given["ticket"])
            now, why = DUE, given["ticket"]
        else:
            if was != DUE:
                raise No("rule", f"re-validation of the method {method} is not due")
            self.store.keep("method", method, VALIDATED, fields)
            now, why = VALIDATED, given["evidence"]
        if now != was:
            self.store.told(person, "Changed", f"method/{method}", "state", was, now, why)
        return RedirectResponse(f"/method/{quote(method)}?done=saved", 303)

    # ------------------------------------------------------------ records

    def _record(self, request: Request) -> tuple[str, str, dict[str, str]]:
        kind, identity = request.path_params["kind"], request.path_params["id"]
        fields = self.store.fields(kind, identity) if kind in ("method", "study", "result") else None
        if fields is None:
            raise No("absent", "there is no such record")
        return kind, identity, fields

    def read(self, request: Request, _typed: dict[str, str]) -> Response:
        person = self.person(request)
        kind, identity, fields = self._record(request)
        versions = self.store.versions(kind, identity)
        last = versions[-1]
        shown = {**fields, "version": str(last["version"]), "state": last["state"]}
        if kind == "result":
            shown["shelf life"] = self._shelf_life(fields["study"])
        signed = [
            (
                s["person"],
                s["name"],
                s["at"],
                s["meaning"],
                "valid" if s["version"] == last["version"] else "void: the record was changed",
            )
            for s in self.store.all("select * from signatures where kind = ? and id = ?", kind, identity)
        ]
        names = tuple(fields)
        body = (
            pages.facts(shown)
            + "<h2>Versions</h2>"
            + pages.table(
                "versions",
                ("version", "state", *names),
                [(v["version"], v["state"], *json.loads(v["fields"]).values()) for v in versions],
            )
            + "<h2>Signatures</h2>"
            + pages.table("signatures", ("user", "name", "at", "meaning", "status"), signed)
            + "<h2>Change</h2>"
            + pages.form(f"/{kind}/{identity}/change", ("field", "value", "reason"), "Change")
            + "<h2>Sign</h2>"
            + pages.form(f"/{kind}/{identity}/sign", ("meaning", "user", "password"), "Sign")
        )
        notice = (
            pages.said(f"{request.query_params['done']}: {kind} {identity}")
            if request.query_params.get("done") in ("saved", "signed")
            else ""
        )
        return HTMLResponse(pages.page(f"{kind} {identity}", body, person["name"], notice))

    def _shelf_life(self, study: str) -> str:
        """Whole months until the fitted line reaches the limit, by exact fractions; nothing where there is no such line."""
        found = {
            r["id"]: json.loads(r["fields"])
            for r in self.store.all("select * from records where kind = 'result' order by version")
        }
        points = [(Fraction(f["months"]), Fraction(f["assay"])) for f in found.values() if f["study"] == study]
        if len(points) < FEWEST:
            return "(too few results)"
        n, x, y = len(points), sum(p[0] for p in points), sum(p[1] for p in points)
        spread = n * sum(p[0] ** 2 for p in points) - x * x
        if not spread:
            return "(one age only)"
        slope = (n * sum(p[0] * p[1] for p in points) - x * y) / spread
        if slope >= 0:
            return "(no decrease)"
        return str(max(0, (Fraction(LIMIT) - (y - slope * x) / n) // slope))

    def change(self, request: Request, typed: dict[str, str]) -> Response:
        person = self.person(request, "analyst", act="change a record")
        kind, identity, fields = self._record(request)
        name, value, reason = (typed.get(n, "") for n in ("field", "value", "reason"))
        if kind == "method":
            raise No("rule", "a method is changed by a change with its ticket")
        if name not in fields or name == "id":
            raise No("input", f"field: there is no {name} to be changed")
        if not reason.strip():
            raise No("input", "reason: a change needs its reason")
        if kind == "result":
            self._measured({**fields, name: value})
        if kind == "study" and name == "method":
            self._validated(value)
        self.store.keep(kind, identity, "changed", {**fields, name: value})
        self.store.told(person["id"], "Changed", f"{kind}/{identity}", name, fields[name], value, reason)
        return RedirectResponse(f"/{kind}/{identity}?done=saved", 303)

    def sign(self, request: Request, typed: dict[str, str]) -> Response:
        person = self.person(request, "reviewer", "quality", act="sign")
        kind, identity, _fields = self._record(request)
        if typed.get("user") != person["id"] or self.store.opens(person["id"], typed.get("password", "")) is None:
            raise No("credentials", "user or password is wrong")
        if not typed.get("meaning", "").strip():
            raise No("input", "meaning: a value is required")
        version = self.store.versions(kind, identity)[-1]["version"]
        self.store.db.execute(
            "insert into signatures values (?, ?, ?, ?, ?, ?, ?)",
            (kind, identity, version, person["id"], person["name"], now(), typed["meaning"]),
        )
        self.store.told(person["id"], "Signed", f"{kind}/{identity}", "meaning", "", typed["meaning"])
        return RedirectResponse(f"/{kind}/{identity}?done=signed", 303)

    def audit(self, request: Request, _typed: dict[str, str]) -> Response:
        person = self.person(request)
        after = request.query_params.get("after", "0")
        found = self.store.all("select * from trail where number > ? order by number", int(after) if after.isdecimal() else 0)
        heads = ("number", "at", "person", "name", "action", "record", "field", "old", "new", "reason")
        return HTMLResponse(pages.page("Audit trail", pages.table("trail", heads, [tuple(r) for r in found]), person["name"]))

    def about(self, _request: Request, _typed: dict[str, str]) -> Response:
        settings = pages.table(
            "settings",
            ("name", "value"),
            [("release", VERSION), ("lowest assay", str(LIMIT)), ("results for a shelf life", str(FEWEST))],
        )
        parts = pages.table("parts", ("name", "version", "digest of the program"), [("Stability tool", VERSION, program())])
        return HTMLResponse(pages.page("About", f'{parts}{settings}<p>Time of the server: <span id="clock">{now()}</span></p>'))


def make_app(store: Store) -> Starlette:
    tool = Tool(store)
    routes = (
        ("/", "GET", tool.home), ("/login", "GET", tool.login_page), ("/login", "POST", tool.login), ("/logout", "POST", tool.logout),
        ("/audit", "GET", tool.audit), ("/about", "GET", tool.about), ("/{form}/new", "GET", tool.form), ("/{form}/new", "POST", tool.enter),
        ("/{kind}/{id}", "GET", tool.read), ("/{kind}/{id}/change", "POST", tool.change), ("/{kind}/{id}/sign", "POST", tool.sign),
    )  # fmt: skip
    return Starlette(routes=[Route(path, tool.answer(verb), methods=[method]) for path, method, verb in routes])
