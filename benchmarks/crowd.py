"""Many people in the review room at once, with time to think between two pages, on PostgreSQL. Called by `portal.py --people`."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import re
import shutil
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any

import corpus

PASSWORD = "Kestrel-over-the-weir-47"
BEHIND = b'class="warning behind"'
PATIENCE = 300.0
"""Seconds after which an edit that no page shows is told as such."""
OWN = "sqlite:///records/records.db"
_TOKEN = re.compile(r'name="token" value="([^"]+)"')


_FIRST = ("anneke", "bela", "chiara", "dmitri", "elif", "farid", "gudrun", "hideo", "ioana", "jorge", "katya", "lars", "mehmet", "noor", "olga",
          "petra", "quentin", "rosa", "soren", "tuulikki")  # fmt: skip
_LAST = ("abelard", "brezhny", "corvino", "dubois", "eriksen", "fontaine", "gruber", "hakonsen", "ibarra", "jankovic")


def person(number: int) -> str:
    return f"{_FIRST[number % len(_FIRST)]}.{_LAST[number // len(_FIRST) % len(_LAST)]}"


def invite(folder: Path, people: int) -> str:
    """So many reviewers with a password each, and the executed record of the run, which waits for any one of them; its id."""
    from csvgen.config import load_config
    from csvgen.model.people import Account
    from csvgen.workflow.documents import Publisher
    from csvgen.workflow.keys import seal_key
    from csvgen.workflow.queue import item_of
    from csvgen.workflow.signing import SigningDesk
    from csvgen.workflow.state import read_state
    from tests.tiny import OPERATOR, Tiny, cheap_secrets

    tiny = Tiny(folder)
    directory = tiny.directory
    like = directory.account("pavel.broz")
    with cheap_secrets():  # the first log-in of each hashes the password anew, at the cost the policy asks for
        for number in range(people):
            name = person(number)
            if directory.account(name) is None:
                printed = f"{name.replace('.', ' ').title()} (fictitious)"
                made = {**like.model_dump(), "id": name, "printed_name": printed, "state": "pending", "certificate": ""}
                directory.add(OPERATOR, Account.model_validate(made))
                directory.set_password(OPERATOR, name, PASSWORD)
    config = load_config(folder)
    state = read_state(config, "bench")
    identity = state.document_id("run-record", "OQ-001")
    if state.latest(identity) is None:
        Publisher(state, tiny.ledger, tiny.clock, OPERATOR, seal_key(config)).run_record("OQ-001")
        state, tester = read_state(config, "bench"), "nadia.corso"
        with cheap_secrets():
            session = directory.log_in(tester, tiny.password(tester))
            SigningDesk(state, directory, tiny.clock).sign(session, item_of(state, identity), tiny.act(tester, "performed"))
    return identity


def kept_in(folder: Path, url: str) -> None:
    toml = folder / "csvgen.toml"
    toml.write_text(re.sub(r'records = ".*"', f'records = "{url}"', toml.read_text(encoding="utf-8")), encoding="utf-8")


@contextlib.contextmanager
def on_server(folder: Path, work: Path) -> Iterator[tuple[Path, dict[str, str]]]:
    """The project with its records on a PostgreSQL of its own, that syncs; and the environment in which its keys are found."""
    from csvgen.store.database import open_database
    from csvgen.store.rights import grant_application_role
    from tests.counterparts.postgres import postgresql
    from tests.on_server import move

    with postgresql(work) as cluster:
        cluster.run("CREATE ROLE keeper LOGIN", "CREATE ROLE app LOGIN", "CREATE DATABASE records OWNER keeper")
        owner = cluster.url("records", "keeper")
        open_database(owner).close()
        grant_application_role(owner, "app")
        move(f"sqlite:///{folder}/records/records.db", cluster.url("records"))
        data = work / "data"
        shutil.copytree(folder / "records", data / "csvgen" / "bench")
        try:
            kept_in(folder, cluster.url("records", "app"))
            yield folder, {"XDG_DATA_HOME": str(data)}
        finally:
            kept_in(folder, OWN)


# ------------------------------------------------------------ what people ask for


def mix(size: int, record: str, digests: list[str]) -> list[tuple[int, str, Callable[[random.Random], str]]]:
    """How often, which page, and what is asked of it."""

    def some(make: Callable[[int], str]) -> Callable[[random.Random], str]:
        return lambda chance: make(1 + chance.randrange(size))

    return [
        (14, "my queue", lambda _: "/"),
        (5, "documents", lambda _: "/documents"),
        (7, "one record", lambda _: f"/documents/{record}"),
        (8, "review, as it opens", lambda _: f"/review/{record}"),
        (24, "review, one step on", some(lambda i: f"/review/{record}?case=TC-OQ-{i:04d}")),
        (4, "evidence", lambda c: f"/evidence/OQ-001/{c.choice(digests)}"),
        (3, "sign (the page)", lambda _: f"/sign/{record}"),
        (6, "matrix, a page", lambda c: f"/matrix?page={1 + c.randrange(max(1, size // 50))}"),
        (5, "matrix, filtered by an id", some(lambda i: f"/matrix?find={corpus.requirement_id(i)}")),
        (8, "requirement", some(lambda i: f"/requirements/{corpus.requirement_id(i)}")),
        (6, "trace", some(lambda i: f"/trace?id={corpus.requirement_id(i)}")),
        (3, "audit trail", lambda c: f"/audit?page={1 + c.randrange(4)}"),
        (3, "dashboard", lambda _: "/dashboard"),
        (2, "runs", lambda _: "/runs"),
        (2, "run, a page", lambda c: f"/runs/OQ-001?page={1 + c.randrange(max(1, size // 20))}"),
    ]


COMMENT = "comment (an act)"
COMMENTS = 0.02
STATIC = 0.12
"""Part of the requests that put a comment on record; and that ask for the static file in the place of the page."""


@dataclass
class Told:
    """What was measured."""

    spent: dict[str, list[float]] = field(default_factory=dict)
    static: dict[str, list[float]] = field(default_factory=dict)
    size: dict[str, int] = field(default_factory=dict)
    log_in: list[float] = field(default_factory=list)
    behind: list[float] = field(default_factory=list)
    """Of pages that said that files are being read anew."""
    wrong: list[str] = field(default_factory=list)
    memory: list[tuple[float, float]] = field(default_factory=list)
    """Minutes, MB."""
    processor: float = 0.0
    """Seconds the server needed for all of it."""
    anew: str = ""

    def took(self, where: dict[str, list[float]], name: str, seconds: float) -> None:
        where.setdefault(name, []).append(seconds)


class Reader:
    """One person at one browser."""

    def __init__(self, address: str, number: int, told: Told) -> None:
        import httpx2

        self.name, self.told, self.chance = person(number), told, random.Random(number)
        headers = {"User-Agent": f"browser {number}"}
        self.client = httpx2.AsyncClient(base_url=address, verify=False, headers=headers, timeout=120, follow_redirects=False)
        self.lost = httpx2.TransportError
        self.origin = {"Origin": address, "Sec-Fetch-Site": "same-origin"}

    async def ask(self, path: str, form: dict[str, str] | None = None) -> tuple[Any, float]:
        begun = time.perf_counter()
        try:
            answer = await (self.client.get(path) if form is None else self.client.post(path, data=form, headers=self.origin))
        except self.lost as problem:
            self.told.wrong.append(f"{path}: {type(problem).__name__} after {time.perf_counter() - begun:.0f} s")
            raise
        spent = time.perf_counter() - begun
        if answer.status_code not in (200, 303):
            self.told.wrong.append(f"{path}: {answer.status_code} {answer.text[:300]!r}")
        return answer, spent

    async def token(self, path: str) -> str:
        answer, _ = await self.ask(path)
        found = _TOKEN.search(answer.text)
        return unescape(found.group(1)) if found else ""

    async def log_in(self) -> None:
        token = await self.token("/login")
        form = {"token": token, "person": self.name, "password": PASSWORD, "code": "", "then": "/"}
        answer, spent = await self.ask("/login", form)
        if answer.status_code != 303:  # noqa: PLR2004
            raise SystemExit(f"log-in of {self.name}: {answer.status_code} {answer.text[:2000]}")
        self.told.log_in.append(spent)

    async def read(self, until: float, think: float, pages: list[Any], record: str) -> None:
        weights = [p[0] for p in pages]
        await asyncio.sleep(self.chance.uniform(0, think))
        while time.monotonic() < until:
            _, name, make = self.chance.choices(pages, weights)[0]
            with contextlib.suppress(self.lost):  # it is counted
                await self.act(name, make, record)
            await asyncio.sleep(self.chance.expovariate(1 / think))

    async def act(self, name: str, make: Callable[[random.Random], str], record: str) -> None:
        if self.chance.random() < COMMENTS:
            await self.comment(record)
        elif self.chance.random() < STATIC:
            _, spent = await self.ask(f"/static/{file_of(name)}")
            self.told.took(self.told.static, name, spent)
        else:
            answer, spent = await self.ask(make(self.chance))
            self.told.took(self.told.spent, name, spent)
            if BEHIND in answer.content:
                self.told.behind.append(spent)

    async def comment(self, record: str) -> None:
        case = f"TC-OQ-{1 + self.chance.randrange(50):04d}"
        token = await self.token(f"/review/{record}?case={case}")
        form = {"token": token, "case": case, "step": "", "words": f"Read by {self.name}; the value is as expected."}
        answer, spent = await self.ask(f"/review/{record}/comment", form)
        if answer.status_code == 303:  # noqa: PLR2004
            self.told.took(self.told.spent, COMMENT, spent)


def file_of(name: str) -> str:
    return re.sub(r"[^a-z]+", "-", name).strip("-") + ".html"


# ------------------------------------------------------------ the measurement


def memory_of(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return int(next(x for x in lines if x.startswith("VmRSS")).split()[1]) / 1024


def processor_of(pid: int) -> float:
    """Seconds, of all threads."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def watch(pid: int, began: float, until: float, told: Told) -> None:
    while time.monotonic() < until:
        told.memory.append(((time.monotonic() - began) / 60, memory_of(pid)))
        await asyncio.sleep(min(60.0, max(1.0, (until - began) / 10)))


async def change(folder: Path, at: float, reader: Reader, told: Told) -> None:
    """Somebody edits one requirement meanwhile: how long until the pages show it, and that they say so until then."""
    await asyncio.sleep(max(0.0, at - time.monotonic()))
    path, words = folder / "requirements_specs" / "bench" / "urs" / "0001.yaml", f"Changed meanwhile {time.time_ns()}"
    before = path.read_text(encoding="utf-8")
    written = re.sub(r"(?m)^(    title: ).*$", rf"\g<1>{words}", before, count=1)
    path.write_text(written, encoding="utf-8")
    begun, marked, shown = time.monotonic(), 0, False
    try:
        while not shown and time.monotonic() - begun < PATIENCE:
            with contextlib.suppress(reader.lost):
                answer, _ = await reader.ask(f"/requirements/{corpus.requirement_id(1)}")
                shown = words in answer.text
                marked += not shown and BEHIND in answer.content
            await asyncio.sleep(0.5)
    finally:
        path.write_text(before, encoding="utf-8")
    took = time.monotonic() - begun
    told.anew = (
        f"One requirement was edited meanwhile: {took:.0f} s later the pages {'showed' if shown else 'STILL DID NOT SHOW'} it; "
        f"asked for twice a second in between, {marked} of them said that files are being read."
    )


@dataclass(frozen=True)
class Plan:
    """How many, how long, and what they ask for."""

    folder: Path
    people: int
    minutes: float
    think: float
    """Seconds, on average."""
    size: int
    edit: bool
    """Whether somebody changes a requirement meanwhile."""


async def crowd(address: str, pid: int, plan: Plan, pages: list[Any], record: str, static: Path) -> Told:
    told, people, minutes, think = Told(), plan.people, plan.minutes, plan.think
    readers = [Reader(address, n, told) for n in range(people)]
    await readers[0].log_in()
    usual, readers[0].client.timeout = readers[0].client.timeout, 1800  # the first page waits until all of the project is read
    for _, name, make in pages:  # each page once: what is made once is made, and the static file has its size
        answer, _ = await readers[0].ask(make(readers[0].chance))
        (static / file_of(name)).write_bytes(answer.content)
        told.size[name] = len(answer.content)
        await readers[0].ask(f"/static/{file_of(name)}")
    readers[0].client.timeout = usual
    await asyncio.gather(*(r.log_in() for r in readers[1:]))
    began, needed = time.monotonic(), processor_of(pid)
    until = began + 60 * minutes
    tasks = [r.read(until, think, pages, record) for r in readers]
    tasks.append(watch(pid, began, until, told))
    if plan.edit:
        tasks.append(change(plan.folder, began + 30 * minutes, readers[0], told))
    await asyncio.gather(*tasks)
    told.memory.append(((time.monotonic() - began) / 60, memory_of(pid)))
    told.processor = processor_of(pid) - needed
    for reader in readers:
        await reader.client.aclose()
    return told


def slope(points: list[tuple[float, float]]) -> float:
    """MB a minute, by least squares."""
    return statistics.linear_regression([x for x, _ in points], [y for _, y in points]).slope if len(points) > 2 else 0.0  # noqa: PLR2004


def at(spent: list[float], part: float) -> float:
    return sorted(spent)[min(len(spent) - 1, int(part * len(spent)))] * 1000


def lines_of(told: Told, plan: Plan) -> list[str]:
    everything = [s for each in told.spent.values() for s in each]
    plain = [s for each in told.static.values() for s in each]
    lines = [
        f"{plan.people} people logged in at the same moment, the last was in after {max(told.log_in):.0f} s (passwords are proved two at a time).",
        f"Then {plan.minutes:g} minutes, {plan.think:g} s on average between two requests of a person: {len(everything) + len(plain):,} requests,",
        f"{len(told.wrong)} of all refused or failed.\n",
        "| page | asked | bytes | median, ms | 95th percentile, ms | static file of the same size: median; 95th, ms | ratio of medians |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, spent in sorted(told.spent.items(), key=lambda item: -len(item[1])):
        size = f"{told.size[name]:,}" if name in told.size else "-"
        lines.append(
            f"| {name} | {len(spent)} | {size} | {at(spent, 0.5):.0f} | {at(spent, 0.95):.0f} | {_beside(spent, told.static.get(name, []))} |"
        )
    lines.append(
        f"| **all** | {len(everything)} | - | {at(everything, 0.5):.0f} | **{at(everything, 0.95):.0f}** | {_beside(everything, plain)} |"
    )
    each = told.processor / (len(everything) + len(plain)) * 1000
    lines += [
        "",
        f"The server needed {told.processor:.0f} s of processor for all of it, {each:.0f} ms for each request, looking at files and reading them included.",
    ]
    if told.anew:
        lines.append(told.anew)
    if told.behind:
        middle, late = at(told.behind, 0.5), at(told.behind, 0.95)
        lines.append(
            f"Pages of all people that said so: {len(told.behind)}, {middle:.0f} ms in the median, {late:.0f} at the 95th percentile."
        )
    half = told.memory[len(told.memory) // 2 :]
    grown = f"{slope(told.memory):+.2f} MB a minute, {slope(half):+.2f} in the second half"
    lines += ["", f"Memory of the server, MB: {', '.join(f'{mb:.0f}' for _, mb in told.memory)}. Slope {grown}."]
    return [*lines, *(f"Not as it should be: {w}" for w in told.wrong[:5])]


def _beside(spent: list[float], plain: list[float]) -> str:
    if not plain:
        return "- | -"
    return f"{at(plain, 0.5):.1f}; {at(plain, 0.95):.1f} | {at(spent, 0.5) / at(plain, 0.5):.1f}"


def measure(plan: Plan, server: str, environment: dict[str, str]) -> list[str]:
    """`server`: the program of `portal.py` that serves the room with a folder of static files beside."""
    from csvgen.evidence.read import read_run

    folder = plan.folder
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that server and database end too
    run = read_run(folder / "output" / "bench" / "runs" / "OQ-001")
    digests = [str(a.sha256).removeprefix("sha256:") for r in run.results for s in r.steps for a in s.attachments]
    kept_in(folder, OWN)  # a measurement that was killed may have left another address behind
    record = invite(folder, plan.people)
    static, work = folder / "static", folder.with_name(folder.name + "-server")
    shutil.rmtree(static, ignore_errors=True)
    shutil.rmtree(work, ignore_errors=True)
    static.mkdir()
    work.mkdir()
    before = os.getloadavg()[0]
    with on_server(folder, work) as (_, keys):
        command = [sys.executable, "-c", server, str(folder), str(static)]
        process = subprocess.Popen(
            command, stderr=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1], env=environment | keys
        )
        try:
            said = process.stderr.readline()  # type: ignore[union-attr]
            address = said.rsplit(" ", 1)[-1].strip()
            if not address.startswith("http"):
                raise SystemExit(said + process.stderr.read())  # type: ignore[union-attr]
            told = asyncio.run(crowd(address, process.pid, plan, mix(plan.size, record, digests), record, static))
        finally:
            process.terminate()
            process.wait(60)
    after = os.getloadavg()[0]
    load = f"Load of the machine before {before:.1f}, at the end {after:.1f}; the people and PostgreSQL run on the same {os.cpu_count()} cores."
    return [*lines_of(told, plan), load]
