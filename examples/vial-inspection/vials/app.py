"""The web interface of the station: log-in, people, forms, records, signatures, audit trail."""

from __future__ import annotations

import csv
import html
import io
import json
import re
import secrets
import sqlite3
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from vials.pictures import digest
from vials.settings import VERSION, Settings
from vials.store import Record, Store, hashed, now
from vials.work import FORMS, No, Work

ROLES = ("operator", "quality", "administrator", "auditor")
SHORTEST = 12
Verb = Callable[[Request, dict[str, object]], Response | dict[str, object]]


def make_app(store: Store, settings: Settings) -> Starlette:
    station = Station(store, settings)
    record = "/api/records/{kind:str}/{id:str}"
    table: list[tuple[str, str, Verb]] = [
        ("POST", "/api/login", station.log_in), ("POST", "/api/logout", station.log_out), ("GET", "/api/me", station.me),
        ("POST", "/api/password", station.password), ("GET", "/api/users", station.users), ("POST", "/api/users", station.add_user),
        ("POST", "/api/users/{id:str}/retire", station.retire), ("POST", "/api/forms/{kind:str}", station.enter),
        ("GET", record, station.read), ("PATCH", record, station.change), ("DELETE", record, station.delete),
        ("GET", f"{record}/versions", station.versions), ("GET", f"{record}/signatures", station.signatures),
        ("POST", f"{record}/signatures", station.sign), ("GET", f"{record}/page", station.page),
        ("GET", "/api/audit", station.audit), ("GET", "/api/audit/export", station.export), ("GET", "/api/about", station.about),
    ]  # fmt: skip
    return Starlette(routes=[Route(path, station.answer(verb), methods=[method]) for method, path, verb in table])


class Station:
    def __init__(self, store: Store, settings: Settings) -> None:
        self.store = store
        self.settings = settings
        self.work = Work(store, settings)

    def answer(self, verb: Verb) -> Callable[[Request], Awaitable[Response]]:
        """What a verb says, in one transaction with its entries of the audit trail. A refusal leaves its entry and nothing else."""

        async def handled(request: Request) -> Response:
            raw = await request.body()
            try:
                content = json.loads(raw) if raw else {}
            except ValueError:
                content = None
            if not isinstance(content, dict):
                return JSONResponse({"detail": "the body is no JSON object"}, 400)
            with self.store.lock:
                self.store.db.execute("begin immediate")
                try:
                    made = verb(request, content)
                except No as refusal:
                    made = JSONResponse({"detail": refusal.words}, refusal.status)
                except BaseException:
                    self.store.db.execute("rollback")
                    raise
                self.store.db.execute("commit")
            return made if isinstance(made, Response) else JSONResponse(made)

        return handled

    def trying(self, person: str, thing: str, act: Callable[[], object]) -> object:
        """Do it whole or not at all; a refusal is on record."""
        self.store.db.execute("savepoint act")
        try:
            made = act()
        except No as refusal:
            self.store.db.execute("rollback to act")
            self.store.told(person, "REFUSED", thing, reason=refusal.words)
            raise
        self.store.db.execute("release act")
        return made

    # ------------------------------------------------------------ who asks

    def who(self, request: Request, *roles: str, act: str = "") -> sqlite3.Row:
        """The person of the session. A role that may not is told so, and it is on record."""
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        found = self.store.one("select * from sessions where token = ?", token)
        if found is None or time.time() - found["used"] > self.settings.idle:
            raise No(401, "there is no session, or it is over")
        person = self.store.person(found["person"])
        if person is None or person["state"] != "active":
            raise No(401, "there is no session, or it is over")
        self.store.db.execute("update sessions set used = ? where token = ?", (time.time(), token))
        if roles and person["role"] not in roles:
            words = f"the role {person['role']} may not {act}"
            self.store.told(person["id"], "REFUSED", request.url.path.removeprefix("/api/"), reason=words)
            raise No(403, words)
        return person

    def refuse(self, person: str, thing: str, words: str, status: int = 422) -> No:
        self.store.told(person, "REFUSED", thing, reason=words)
        return No(status, words)

    def log_in(self, _request: Request, content: dict[str, object]) -> dict[str, object]:
        user, password = str(content.get("user", "")), str(content.get("password", ""))
        person = self.store.person(user)
        state = "unknown account" if person is None else f"account is {person['state']}"
        if person is None or person["state"] != "active" or not self.store.opens(user, password):
            wrong = person is not None and person["state"] == "active"
            self.store.told(user, "LOGIN_FAILED", f"account/{user}", reason="wrong password" if wrong else state)
            if wrong:
                self._count(user)
            raise No(401, "user or password is wrong")
        token = secrets.token_urlsafe(24)
        self.store.db.execute("update people set failures = 0 where id = ?", (user,))
        self.store.db.execute("insert into sessions values (?, ?, ?)", (token, user, time.time()))
        self.store.told(user, "LOGIN", f"account/{user}")
        return {"token": token, "detail": f"welcome, {person['name']}"}

    def _count(self, user: str) -> None:
        self.store.db.execute("update people set failures = failures + 1 where id = ?", (user,))
        person = self.store.person(user)
        if person is not None and person["failures"] >= self.settings.attempts:
            self.store.db.execute("update people set state = 'locked' where id = ?", (user,))
            words = f"locked after {self.settings.attempts} wrong passwords"
            self.store.told("station", "ACCOUNT_LOCKED", f"account/{user}", reason=words)

    def log_out(self, request: Request, _content: dict[str, object]) -> dict[str, object]:
        person = self.who(request)
        self.store.db.execute("delete from sessions where token = ?", (request.headers["authorization"].removeprefix("Bearer "),))
        self.store.told(person["id"], "LOGOUT", f"account/{person['id']}")
        return {"detail": "good-bye"}

    def me(self, request: Request, _content: dict[str, object]) -> dict[str, object]:
        person = self.who(request)
        return {"detail": f"{person['name']} is logged in", "user": person["id"]}

    def password(self, request: Request, content: dict[str, object]) -> dict[str, object]:
        person, chosen = self.who(request), str(content.get("password", ""))
        if len(chosen) < SHORTEST:
            raise self.refuse(person["id"], f"account/{person['id']}", f"a password has at least {SHORTEST} characters")
        salt = secrets.token_bytes(16)
        self.store.db.execute("update people set salt = ?, hash = ? where id = ?", (salt, hashed(chosen, salt), person["id"]))
        self.store.told(person["id"], "PASSWORD", f"account/{person['id']}")
        return {"detail": "the password is changed"}

    # ------------------------------------------------------------ people

    def users(self, request: Request, _content: dict[str, object]) -> dict[str, object]:
        self.who(request, "administrator", "auditor", act="see the accounts")
        found = self.store.all("select * from people order by id")
        return {"users": [{"user": p["id"], "name": p["name"], "role": p["role"], "state": p["state"]} for p in found]}

    def add_user(self, request: Request, content: dict[str, object]) -> dict[str, object]:
        person = self.who(request, "administrator", act="create accounts")
        user, role = str(content.get("user", "")), str(content.get("role", ""))
        taken = {_plain(p["id"]) for p in self.store.all("select id from people")}
        if not user.isascii() or not _plain(user) or _plain(user) in taken:
            words = f"the id {user!r} belongs, or belonged, to somebody, or looks like one that does"
            raise self.refuse(person["id"], f"account/{user}", words, 409)
        if role not in ROLES:
            raise self.refuse(person["id"], f"account/{user}", f"role: none of {', '.join(ROLES)}")
        self.store.add_person(user, str(content.get("name", "")), role, str(content.get("password", "")))
        self.store.told(person["id"], "CREATE", f"account/{user}", new=role, reason="new person")
        return {"detail": f"account {user} is created", "user": user}

    def retire(self, request: Request, content: dict[str, object]) -> dict[str, object]:
        person, user = self.who(request, "administrator", act="retire accounts"), request.path_params["id"]
        if self.store.person(user) is None:
            raise self.refuse(person["id"], f"account/{user}", "there is no such account", 404)
        self.store.db.execute("update people set state = 'retired' where id = ?", (user,))
        self.store.told(person["id"], "RETIRE", f"account/{user}", reason=str(content.get("reason", "")))
        return {"detail": f"account {user} is retired"}

    # ------------------------------------------------------------ records

    def enter(self, request: Request, content: dict[str, object]) -> dict[str, object]:
        kind = request.path_params["kind"]
        if kind not in FORMS:
            raise No(404, "there is no such form")
        person = self.who(request, *FORMS[kind].roles, act=f"enter the form {kind}")
        thing, reason = f"{kind}/{content.get('id', '')}", str(content.get("reason", ""))
        identity = self.trying(person["id"], thing, lambda: self.work.enter(person["id"], kind, content, reason))
        return {"detail": "entered", "id": identity}

    def _named(self, request: Request) -> Record:
        found = self.store.newest(request.path_params["kind"], request.path_params["id"])
        if found is None:
            raise No(404, "there is no such record")
        return found

    def read(self, request: Request, _content: dict[str, object]) -> dict[str, object]:
        self.who(request)
        found = self._named(request)
        return {"id": found.name, "version": found.version, "status": found.status, "fields": found.fields}

    def versions(self, request: Request, _content: dict[str, object]) -> dict[str, object]:
        self.who(request)
        found = self._named(request)
        rows = self.store.all("select * from records where kind = ? and id = ? order by version", found.kind, found.id)
        return {"versions": [{"version": r.version, "status": r.status, "fields": r.fields} for r in map(Record, rows)]}

    def change(self, request: Request, content: dict[str, object]) -> dict[str, object]:
        person, found = self.who(request, "quality", act="decide otherwise than the model"), self._named(request)
        field, value, reason = (str(content.get(name, "")) for name in ("field", "value", "reason"))
        self.trying(person["id"], found.name, lambda: self.work.override(person["id"], found, field, value, reason))
        return {"detail": "changed", "id": found.id}

    def delete(self, request: Request, _content: dict[str, object]) -> dict[str, object]:
        person, found = self.who(request), self._named(request)
        raise self.refuse(person["id"], found.name, "records are kept for their retention period", 409)

    # ------------------------------------------------------------ signatures

    def _signed(self, found: Record) -> list[dict[str, str]]:
        return [
            {
                "user": s["person"], "name": s["name"], "at": s["at"], "meaning": s["meaning"],
                "status": "valid" if s["version"] == found.version else "void: the record was changed after it was signed",
            }
            for s in self.store.signatures(found.kind, found.id)
        ]  # fmt: skip

    def signatures(self, request: Request, _content: dict[str, object]) -> dict[str, object]:
        self.who(request)
        return {"signatures": self._signed(self._named(request))}

    def sign(self, request: Request, content: dict[str, object]) -> dict[str, object]:
        person, found = self.who(request, "quality", act="sign"), self._named(request)
        meaning = str(content.get("meaning", ""))

        def act() -> None:
            if content.get("user") != person["id"] or not self.store.opens(person["id"], str(content.get("password", ""))):
                raise No(422, "user id and password do not prove who signs")
            if meaning != self.work.meaning(found):
                raise No(422, f"meaning: this is signed as {self.work.meaning(found)}")
            version = self.work.take_effect(person["id"], found)
            values = (found.kind, found.id, version, person["id"], person["name"], now(), meaning)
            self.store.db.execute("insert into signatures values (?, ?, ?, ?, ?, ?, ?)", values)
            reason = str(content.get("reason", ""))
            self.store.told(person["id"], "SIGN", found.name, field="signature", new=meaning, reason=reason)

        self.trying(person["id"], found.name, act)
        return {"detail": f"signed as {meaning}"}

    def page(self, request: Request, _content: dict[str, object]) -> Response:
        self.who(request)
        found = self._named(request)
        rows = "".join(f"<tr><td>{html.escape(k)}</td><td>{html.escape(v)}</td></tr>" for k, v in found.fields.items())
        marks = "".join(
            f"<p>Signed by: {html.escape(s['name'])} ({s['user']}), {s['at']}, {html.escape(s['meaning'])}: {s['status']}</p>"
            for s in self._signed(found)
        )
        return HTMLResponse(f"<h1>{html.escape(found.name)}</h1><p>{html.escape(found.status)}</p><table>{rows}</table>{marks}")

    # ------------------------------------------------------------ audit trail, installation

    def audit(self, request: Request, _content: dict[str, object]) -> dict[str, object]:
        self.who(request)
        after, about = request.query_params.get("after", "0"), request.query_params.get("record", "")
        rows = self.store.all(
            "select * from audit where seq > ? and (? = '' or object = ?) order by seq",
            int(after) if after.isdecimal() else 0,
            about,
            about,
        )
        return {"entries": [dict(r) for r in rows]}

    def export(self, request: Request, _content: dict[str, object]) -> Response:
        self.who(request, "auditor", "administrator", act="export the audit trail")
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerows(tuple(row) for row in self.store.all("select * from audit order by seq"))
        return PlainTextResponse(out.getvalue(), media_type="text/csv")

    def about(self, _request: Request, _content: dict[str, object]) -> dict[str, object]:
        files = sorted(Path(__file__).parent.glob("*.py"))
        parts = [{"name": f.stem, "version": VERSION, "sha256": digest(f.read_bytes())} for f in files]
        return {
            "name": "Vial inspection station", "version": VERSION, "parts": parts, "configuration": self.settings.told(), "time": now(),
        }  # fmt: skip


def _plain(user: str) -> str:
    return re.sub(r"[^a-z0-9]", "", user.casefold())
