"""Signing against a real server, with the records in SQLite and in PostgreSQL: two at the same moment, and a server that dies meanwhile."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from http.client import RemoteDisconnected
from http.cookiejar import CookieJar
from pathlib import Path

import pytest

from csvgen.model.people import Account
from csvgen.signature import pdf_inspect, word
from csvgen.workflow.keys import issue_to_person, root_key

from ..on_server import cluster_with_roles, on_server
from ..tiny import OPERATOR, PASSPHRASE, Tiny, cheap_secrets, clean_environment
from .conftest import served, words

GOOD = {"meaning": "approved", "reason_code": "fit-for-purpose", "reason": "read it twice"}
SECOND = "renate.holm"
"""Of quality too: either of the two may give the same signature."""
RECORDS = ("TNY-VP", "TNY-RA", "TNY-FS")


@pytest.fixture(params=["SQLite", pytest.param("PostgreSQL", marks=[pytest.mark.slow, pytest.mark.needs("postgresql")])])
def project(request, stages, tmp_path, monkeypatch) -> Iterator[Tiny]:
    """A record waits for quality, who are two."""
    with cheap_secrets():
        tiny = stages.at("founded").copy(tmp_path / "project")
        _employ(tiny)
        if request.param == "SQLite":
            tiny.report("plan")
            yield tiny
            return
        with cluster_with_roles(tmp_path) as cluster:
            moved = on_server(tiny, cluster, tmp_path / "data", monkeypatch)
            moved.report("plan")
            yield moved
            moved.database.close()


def _employ(tiny: Tiny) -> None:
    directory = tiny.directory
    like = directory.account("ruth.amsel").model_dump()
    made = {**like, "id": SECOND, "printed_name": "Renate Holm (fictitious)", "state": "pending", "certificate": ""}
    directory.add(OPERATOR, Account.model_validate(made))
    directory.set_password(OPERATOR, SECOND, tiny.password(SECOND))
    issue_to_person(
        tiny.config, directory, tiny.clock, OPERATOR,
        person=SECOND, password=tiny.password(SECOND), root=root_key(tiny.config, PASSPHRASE), organisation="Example (fictitious)",
    )  # fmt: skip


class Client:
    """One person's browser, without any of the room's own code."""

    def __init__(self, address: str, tiny: Tiny, person: str) -> None:
        self.address, self.tiny, self.person = address, tiny, person
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        page = self.send("/login")[1]
        self.send("/login", {"token": _field(page, "token"), "person": person, "password": tiny.password(person), "code": ""})

    def send(self, path: str, fields: dict[str, str] | None = None) -> tuple[int, str]:
        data = urllib.parse.urlencode(fields).encode() if fields is not None else None
        asked = urllib.request.Request(self.address + path, data, {"Origin": self.address} if data else {})
        try:
            with self._opener.open(asked, timeout=60) as answer:
                return answer.status, answer.read().decode("utf-8")
        except urllib.error.HTTPError as refusal:
            return refusal.code, refusal.read().decode("utf-8")

    def form(self, record: str) -> dict[str, str]:
        """The page of a record as it is filled in before anybody presses the button."""
        page = self.send(f"/sign/{record}")[1]
        first = {"user_id": self.person} if 'name="user_id"' in page else {}
        shown = {"token": _field(page, "token"), "digest": _field(page, "digest")}
        return {**shown, **GOOD, **first, "password": self.tiny.password(self.person)}


def _field(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]+)"', page)
    assert found, words(page)
    return unescape(found.group(1))


def at_once(*acts: Callable[[], tuple[int, str]]) -> list[tuple[int, str]]:
    barrier = threading.Barrier(len(acts))

    def act(one: Callable[[], tuple[int, str]]) -> tuple[int, str]:
        barrier.wait(60)
        return one()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(act, acts))


def test_two_who_sign_the_same_record_at_the_same_moment_leave_one_signature(project):
    project.report("risk", "fs")
    with served(project) as (address, _):
        two = [Client(address, project, person) for person in ("ruth.amsel", SECOND)]
        for record in RECORDS:
            forms = [client.form(record) for client in two]
            assert forms[0]["digest"] == forms[1]["digest"]
            told = at_once(*(lambda c=c, f=f, r=record: c.send(f"/sign/{r}", f) for c, f in zip(two, forms, strict=True)))
            assert sorted(status for status, _ in told) == [200, 403], [words(page)[:400] for _, page in told]
            refused = words(next(page for status, page in told if status == 403))
            assert "by somebody else meanwhile" in refused or "waits for a signature: it is" in refused, refused
    state, events = project.state, project.ledger.events(action="sign")
    for record in RECORDS:
        approval = state.latest(record)
        assert (len(approval.signatures), approval.problems) == (1, ())
        assert [e.person for e in events if e.record == f"{record} r1"] == [approval.signatures[0].record.person]
        assert state.valid(approval)
        folder = project.root / "output" / "tiny" / "documents" / record / "r1"
        assert _signatures(folder, record, state.trust) == (1, 1)
    assert project.ledger.problems() == ()


@pytest.mark.slow
def test_what_two_say_of_the_same_record_at_the_same_moment_is_both_on_record(project):
    with served(project) as (address, _):
        two = [Client(address, project, person) for person in ("ruth.amsel", "mara.ivens")]
        tokens = [_field(client.send("/documents/TNY-VP")[1], "token") for client in two]
        said = [{"token": token, "words": f"said by {c.person}"} for c, token in zip(two, tokens, strict=True)]
        told = at_once(*(lambda c=c, f=f: c.send("/documents/TNY-VP/comment", f) for c, f in zip(two, said, strict=True)))
        assert [status for status, _ in told] == [200, 200]
        page = words(two[0].send("/documents/TNY-VP")[1])
        assert "said by ruth.amsel" in page
        assert "said by mara.ivens" in page
    kept = {v.id: v.content["said"][0]["person"] for v in project.ledger.all("comment")}
    assert kept.keys() == {"TNY-VP-C001", "TNY-VP-C002"}
    assert {*kept.values()} == {"ruth.amsel", "mara.ivens"}


def _signatures(folder: Path, record: str, trust) -> tuple[int, int]:
    """Of people, in the PDF and in the Word file."""
    pdf = pdf_inspect.inspect((folder / f"{record}-r1.pdf").read_bytes(), trust).signatures
    return len([s for s in pdf if not s.is_seal]), len(
        word.inspect((folder / f"{record}-r1.docx").read_bytes(), trust).signatures
    )


# ------------------------------------------------------------ a server that dies

KILLED = """
import os, signal, sys
from csvgen.{module} import {name} as room
real = room.{function}
def dies(*a, **k):
    os.kill(os.getpid(), signal.SIGKILL)
room.{function} = dies
sys.argv = ["csvgen", "-C", {root!r}, "serve", "--port", "0"]
from csvgen.cli import main
main()
"""


@pytest.mark.parametrize(
    ("module", "name", "function", "signed"),
    [("workflow", "signing", "sign_files", False), ("audit", "ledger", "place", True)],
    ids=["before the commit", "between commit and files"],
)
def test_killed_server_leaves_it_signed_or_not_and_never_half(project, module, name, function, signed):
    code = KILLED.format(module=module, name=name, function=function, root=str(project.root))
    root = Path(__file__).parents[2]
    environment = {**clean_environment(), "PYTHONPATH": str(root)}
    with subprocess.Popen([sys.executable, "-c", code], env=environment, cwd=root, stderr=subprocess.PIPE, text=True) as server:
        address = server.stderr.readline().rsplit(" ", 1)[-1].strip()
        assert address.startswith("http"), server.stderr.read()
        client = Client(address, project, "ruth.amsel")
        form = client.form("TNY-VP")
        try:
            with pytest.raises((ConnectionError, RemoteDisconnected)):
                client.send("/sign/TNY-VP", form)
            assert server.wait(30) == -signal.SIGKILL
        finally:
            server.kill()
    head = project.ledger.head().count  # opening the records finishes what was committed
    state = project.state
    approval = state.latest("TNY-VP")
    assert (len(approval.signatures), approval.problems) == (int(signed), ())
    assert ("sign" in [e.action for e in project.ledger.events()]) is signed
    assert project.ledger.head().count == head
    folder = project.root / "output" / "tiny" / "documents" / "TNY-VP" / "r1"
    assert _signatures(folder, "TNY-VP", state.trust) == (int(signed), int(signed))
    assert project.ledger.problems() == ()
    if not signed:
        assert project.sign("ruth.amsel", "TNY-VP"), "and it can be signed now"
