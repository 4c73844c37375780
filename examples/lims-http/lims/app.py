"""The web interface of the LIMS: log-in, people, samples, results, signatures, audit trail."""

from __future__ import annotations

import csv
import hashlib
import html
import io
import json
import re
import secrets
import sqlite3
import time
from collections.abc import Awaitable, Callable
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal, InvalidOperation
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from lims.store import Store, hashed, now

VERSION = "2.4.1"
ATTEMPTS = 3
SHORTEST = 12
SAMPLE = ("id", "product", "batch", "amount", "storage")
LOW, HIGH = Decimal("0.5"), Decimal("100.0")
"""Amount of a sample in mg."""


class No(Exception):
    """An answer that is a refusal."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status
        self.words = words


def make_app(store: Store, defects: frozenset[str], idle_seconds: float) -> Starlette:
    """The application. `defects`: see `lims.defects`."""
    lims = Lims(store, defects, idle_seconds)
    routes = [
        Route("/api/login", lims.answer(lims.log_in), methods=["POST"]),
        Route("/api/logout", lims.answer(lims.log_out), methods=["POST"]),
        Route("/api/me", lims.answer(lims.me)),
        Route("/api/password", lims.answer(lims.password), methods=["POST"]),
        Route("/api/users", lims.answer(lims.users)),
        Route("/api/users", lims.answer(lims.add_user), methods=["POST"]),
        Route("/api/users/{id}/retire", lims.answer(lims.retire), methods=["POST"]),
        Route("/api/samples", lims.answer(lims.add_sample), methods=["POST"]),
        Route("/api/results", lims.answer(lims.add_result), methods=["POST"]),
        Route("/api/audit", lims.answer(lims.audit)),
        Route("/api/audit/export", lims.answer(lims.export)),
        Route("/api/about", lims.answer(lims.about)),
    ]
    for verb, method, path in (
        (lims.read, "GET", ""), (lims.change, "PATCH", ""), (lims.delete, "DELETE", ""), (lims.versions, "GET", "/versions"),
        (lims.signatures, "GET", "/signatures"), (lims.sign, "POST", "/signatures"), (lims.page, "GET", "/page"),
    ):  # fmt: skip
        routes.append(Route(f"/api/{{kind:str}}/{{id}}{path}", lims.answer(verb), methods=[method]))
    return Starlette(routes=routes)


class Lims:
    def __init__(self, store: Store, defects: frozenset[str], idle_seconds: float) -> None:
        self.store = store
        self.defects = defects
        self.idle = idle_seconds

    def answer(
        self, verb: Callable[[Request, dict[str, str]], Response | dict[str, object]]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def handled(request: Request) -> Response:
            raw = await request.body()
            try:
                content = json.loads(raw) if raw else {}
            except ValueError:
                return JSONResponse({"detail": "the body is no JSON"}, 400)
            with self.store.lock:
                try:
                    made = verb(request, content)
                except No as refusal:
                    return JSONResponse({"detail": refusal.words}, refusal.status)
            return made if isinstance(made, Response) else JSONResponse(made)

        return handled

    # ------------------------------------------------------------ who asks

    def who(self, request: Request, *roles: str, act: str = "") -> sqlite3.Row:
        """The person of the session. A role that may not is told so, and it is on record."""
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        found = self.store.one("select * from sessions where token = ?", token)
        over = found is not None and "session" not in self.defects and time.time() - found["used"] > self.idle
        if found is None or over:
            raise No(401, "there is no session, or it is over")
        self.store.db.execute("update sessions set used = ? where token = ?", (time.time(), token))
        person = self.store.person(found["person"])
        assert person is not None
        if roles and person["role"] not in roles:
            words = f"the role {person['role']} may not {act}"
            self.store.told(person["id"], "REFUSED", request.url.path.removeprefix("/api/"), reason=words)
            raise No(403, words)
        return person

    def refuse(self, person: str, thing: str, words: str, status: int = 422) -> No:
        self.store.told(person, "REFUSED", thing, reason=words)
        return No(status, words)

    def log_in(self, _request: Request, content: dict[str, str]) -> dict[str, object]:
        user, password = str(content.get("user", "")), str(content.get("password", ""))
        person = self.store.person(user)
        if person is None or person["state"] != "active" or not self.store.opens(user, password):
            why = (
                "unknown account"
                if person is None
                else f"account is {person['state']}"
                if person["state"] != "active"
                else "wrong password"
            )
            self.store.told(user, "LOGIN_FAILED", f"account/{user}", reason=why)
            if why == "wrong password" and "lock-out" not in self.defects:
                self.store.db.execute("update people set failures = failures + 1 where id = ?", (user,))
                if person["failures"] + 1 >= ATTEMPTS:
                    self.store.db.execute("update people set state = 'locked' where id = ?", (user,))
                    self.store.told(
                        "system", "ACCOUNT_LOCKED", f"account/{user}", reason=f"locked after {ATTEMPTS} wrong passwords"
                    )
            raise No(401, "user or password is wrong")
        token = secrets.token_urlsafe(24)
        self.store.db.execute("update people set failures = 0 where id = ?", (user,))
        self.store.db.execute("insert into sessions values (?, ?, ?)", (token, user, time.time()))
        self.store.told(user, "LOGIN", f"account/{user}")
        return {"token": token, "detail": f"welcome, {person['name']}"}

    def log_out(self, request: Request, _content: dict[str, str]) -> dict[str, object]:
        person = self.who(request)
        self.store.db.execute("delete from sessions where token = ?", (request.headers["authorization"].removeprefix("Bearer "),))
        self.store.told(person["id"], "LOGOUT", f"account/{person['id']}")
        return {"detail": "good-bye"}

    def me(self, request: Request, _content: dict[str, str]) -> dict[str, object]:
        person = self.who(request)
        return {"detail": f"{person['name']} is logged in", "user": person["id"]}

    def password(self, request: Request, content: dict[str, str]) -> dict[str, object]:
        person = self.who(request)
        if len(content.get("password", "")) < SHORTEST:
            raise self.refuse(person["id"], f"account/{person['id']}", "a password has at least 12 characters")
        salt = secrets.token_bytes(16)
        self.store.db.execute(
            "update people set salt = ?, hash = ? where id = ?", (salt, hashed(content["password"], salt), person["id"])
        )
        self.store.told(person["id"], "PASSWORD", f"account/{person['id']}")
        return {"detail": "the password is changed"}

    # ------------------------------------------------------------ people

    def users(self, request: Request, _content: dict[str, str]) -> dict[str, object]:
        self.who(request, "administrator", "auditor", act="see the accounts")
        found = self.store.all("select * from people order by id")
        return {"users": [{"user": p["id"], "name": p["name"], "role": p["role"], "state": p["state"]} for p in found]}

    def add_user(self, request: Request, content: dict[str, str]) -> dict[str, object]:
        person = self.who(request, "administrator", act="create accounts")
        user = str(content.get("user", ""))
        plain = re.sub(r"[^a-z0-9]", "", user.casefold())
        taken = {re.sub(r"[^a-z0-9]", "", p["id"]) for p in self.store.all("select id from people where state != 'retired'")}
        if "retired-id" not in self.defects:
            taken |= {re.sub(r"[^a-z0-9]", "", p["id"]) for p in self.store.all("select id from people")}
        if not user.isascii() or plain in taken:
            raise self.refuse(
                person["id"],
                f"account/{user}",
                f"the id {user!r} belongs, or belonged, to somebody, or looks like one that does",
                409,
            )
        self.store.add_person(user, str(content["name"]), str(content["role"]), str(content["password"]))
        self.store.told(person["id"], "CREATE", f"account/{user}", reason="new person")
        return {"detail": f"account {user} is created", "user": user}

    def retire(self, request: Request, content: dict[str, str]) -> dict[str, object]:
        person, user = self.who(request, "administrator", act="retire accounts"), request.path_params["id"]
        if self.store.person(user) is None:
            raise self.refuse(person["id"], f"account/{user}", "there is no such account", 404)
        self.store.db.execute("update people set state = 'retired' where id = ?", (user,))
        self.store.told(person["id"], "RETIRE", f"account/{user}", reason=str(content.get("reason", "")))
        return {"detail": f"account {user} is retired"}

    # ------------------------------------------------------------ samples and results

    def add_sample(self, request: Request, content: dict[str, str]) -> dict[str, object]:
        person = self.who(request, "analyst", act="register samples")
        fields = {name: str(content.get(name, "")) for name in SAMPLE}
        thing = f"sample/{fields['id']}"
        for name in ("id", "product", "batch", "amount"):
            value = fields[name] if "blank-field" in self.defects and name == "product" else fields[name].strip()
            if not value:
                raise self.refuse(person["id"], thing, f"{name}: a value is required")
        self._amount(person["id"], thing, fields["amount"])
        if self.store.newest("sample", fields["id"]):
            raise self.refuse(person["id"], thing, "id: there is a sample of this id", 409)
        self.store.write("sample", fields["id"], 1, "registered", fields)
        self.store.told(person["id"], "CREATE", thing, reason=str(content.get("reason", "")))
        return {"detail": "registered", "id": fields["id"]}

    def add_result(self, request: Request, content: dict[str, str]) -> dict[str, object]:
        roles = ("analyst", "reviewer") if "access-entry" in self.defects else ("analyst",)
        person = self.who(request, *roles, act="register results")
        identity, sample = str(content.get("id", "")), str(content.get("sample", ""))
        thing = f"result/{identity}"
        reported = self._reported(person["id"], thing, str(content.get("value", "")))
        if not self.store.newest("sample", sample):
            raise self.refuse(person["id"], thing, "sample: there is no such sample")
        if self.store.newest("result", identity):
            raise self.refuse(person["id"], thing, "id: there is a result of this id", 409)
        fields = {"id": identity, "sample": sample, "value": str(content["value"]), "reported": reported}
        self.store.write("result", identity, 1, "registered", fields)
        self.store.told(person["id"], "CREATE", thing, reason=str(content.get("reason", "")))
        return {"detail": "registered", "id": identity}

    def _amount(self, person: str, thing: str, text: str) -> None:
        """The limits hold for an entry and for each change of it."""
        amount = self._number(person, thing, "amount", text)
        if amount < LOW or ("range" not in self.defects and amount > HIGH):
            raise self.refuse(person, thing, f"amount: outside {LOW} mg to {HIGH} mg")

    def _reported(self, person: str, thing: str, text: str) -> str:
        how = ROUND_HALF_EVEN if "rounding" in self.defects else ROUND_HALF_UP
        return str(self._number(person, thing, "value", text).quantize(Decimal("0.1"), how))

    def _number(self, person: str, thing: str, field: str, text: str) -> Decimal:
        try:
            number = Decimal(text)
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite():
            raise self.refuse(person, thing, f"{field}: not a number")
        return number

    def _named(self, request: Request) -> tuple[str, str, sqlite3.Row]:
        kind, identity = request.path_params["kind"].removesuffix("s"), request.path_params["id"]
        found = self.store.newest(kind, identity)
        if found is None:
            raise No(404, "there is no such record")
        return kind, identity, found

    def read(self, request: Request, _content: dict[str, str]) -> dict[str, object]:
        self.who(request)
        kind, identity, found = self._named(request)
        return {
            "id": f"{kind}/{identity}",
            "version": found["version"],
            "status": found["status"],
            "fields": json.loads(found["fields"]),
        }

    def versions(self, request: Request, _content: dict[str, str]) -> dict[str, object]:
        self.who(request)
        kind, identity, _ = self._named(request)
        found = self.store.all("select * from records where kind = ? and id = ? order by version", kind, identity)
        return {"versions": [{"version": r["version"], "status": r["status"], "fields": json.loads(r["fields"])} for r in found]}

    def change(self, request: Request, content: dict[str, str]) -> dict[str, object]:
        person = self.who(request, "analyst", act="change records")
        kind, identity, found = self._named(request)
        thing, fields = f"{kind}/{identity}", json.loads(found["fields"])
        reason, field, value = str(content.get("reason", "")), str(content.get("field", "")), str(content.get("value", ""))
        if not reason.strip() and "audit-reason" not in self.defects:
            raise self.refuse(person["id"], thing, "reason: a change needs its reason")
        if field not in fields or field in ("id", "reported"):
            raise self.refuse(person["id"], thing, f"{field}: this field cannot be changed")
        if field == "amount":
            self._amount(person["id"], thing, value)
        if field == "value":
            fields["reported"] = self._reported(person["id"], thing, value)
        old, fields[field] = fields[field], value
        self.store.write(kind, identity, found["version"] + 1, "registered", fields)
        shown = "" if "audit-old-value" in self.defects else old
        self.store.told(person["id"], "UPDATE", thing, field=field, old=shown, new=value, reason=reason)
        return {"detail": "changed", "id": identity}

    def delete(self, request: Request, _content: dict[str, str]) -> dict[str, object]:
        person = self.who(request)
        kind, identity, _ = self._named(request)
        raise self.refuse(person["id"], f"{kind}/{identity}", "records are kept for their retention period", 409)

    # ------------------------------------------------------------ signatures

    def signatures(self, request: Request, _content: dict[str, str]) -> dict[str, object]:
        self.who(request)
        kind, identity, found = self._named(request)
        rows = []
        for s in self.store.signatures(kind, identity):
            fits = s["version"] == found["version"] or "signature-void" in self.defects
            status = "valid" if fits else "void: the record was changed after it was signed"
            rows.append({"user": s["person"], "name": s["name"], "at": s["at"], "meaning": s["meaning"], "status": status})
        return {"signatures": rows}

    def sign(self, request: Request, content: dict[str, str]) -> dict[str, object]:
        person = self.who(request, "reviewer", act="sign records")
        kind, identity, found = self._named(request)
        thing, meaning = f"{kind}/{identity}", str(content.get("meaning", ""))
        proved = "signature-password" in self.defects or self.store.opens(person["id"], str(content.get("password", "")))
        if content.get("user") != person["id"] or not proved:
            raise self.refuse(person["id"], thing, "user id and password do not prove who signs")
        values = (kind, identity, found["version"], person["id"], person["name"], now(), meaning)
        self.store.db.execute("insert into signatures values (?, ?, ?, ?, ?, ?, ?)", values)
        self.store.told(person["id"], "SIGN", thing, field="signature", new=meaning, reason=str(content.get("reason", "")))
        return {"detail": f"signed as {meaning}"}

    def page(self, request: Request, content: dict[str, str]) -> Response:
        self.who(request)
        _, _, found = self._named(request)
        rows = "".join(
            f"<tr><td>{html.escape(k)}</td><td>{html.escape(v)}</td></tr>" for k, v in json.loads(found["fields"]).items()
        )
        signed = json.loads(self.answered(self.signatures(request, content)))["signatures"]
        marks = "".join(
            f"<p>Signed by: {html.escape(s['name'])} ({s['user']}), {s['at']}, {html.escape(s['meaning'])}: {s['status']}</p>"
            for s in signed
        )
        return HTMLResponse(f"<h1>{html.escape(request.path_params['id'])}</h1><table>{rows}</table>{marks}")

    @staticmethod
    def answered(made: dict[str, object]) -> str:
        return json.dumps(made)

    # ------------------------------------------------------------ audit trail, installation

    def audit(self, request: Request, _content: dict[str, str]) -> dict[str, object]:
        self.who(request)
        after = int(request.query_params.get("after", "0"))
        return {"entries": [dict(r) for r in self.store.all("select * from audit where seq > ? order by seq", after)]}

    def export(self, request: Request, _content: dict[str, str]) -> Response:
        self.who(request, "auditor", "administrator", act="export the audit trail")
        out = io.StringIO()
        writer = csv.writer(out)
        for row in self.store.all("select * from audit order by seq"):
            if not ("export" in self.defects and row["action"] == "REFUSED"):
                writer.writerow(tuple(row))
        return PlainTextResponse(out.getvalue(), media_type="text/csv")

    def about(self, _request: Request, _content: dict[str, str]) -> dict[str, object]:
        folder = Path(__file__).parent
        files = sorted(folder.glob("*.py"))
        parts = [
            {"name": f.name, "version": VERSION, "sha256": "sha256:" + hashlib.sha256(f.read_bytes()).hexdigest()} for f in files
        ]
        configuration = {
            "release": VERSION,
            "attempts": str(ATTEMPTS),
            "idle_seconds": f"{self.idle:g}",
            "amount_low": str(LOW),
            "amount_high": str(HIGH),
        }
        return {"name": "Example LIMS", "version": VERSION, "parts": parts, "configuration": configuration, "time": now()}
