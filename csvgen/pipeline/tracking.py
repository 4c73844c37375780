"""Runs told to a tracking server (MLflow), sealed in our own audit trail, and compared with that seal later.

A run on an MLflow server stays open for changes for ever: tags, metrics and artifacts of an ended run can be replaced without a trace.
So the sending ends with reading back what the server shows; that, as a whole, becomes a record here (kind ``tracked``) with its digest,
the seal. `check_tracked` reads the server again and names each difference.

The intention to send is written in the change that writes the run (`Tracking.announce`). A server that is down, or a process that dies
before it has sent, leaves a record that says so, and `send_pending` sends what waits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from csvgen.audit.ledger import Change, Ledger
from csvgen.canonical import digest, digest_bytes
from csvgen.errors import CsvgenError, Refused
from csvgen.model.audit import Actor
from csvgen.model.base import Line, Value
from csvgen.pipeline.core import Core
from csvgen.pipeline.experiments import OWN, NoSuchRun, Server, ServerTrouble, Shown, Statement, statement
from csvgen.pipeline.flow.flows import Flows
from csvgen.pipeline.flow.record import RunRecord
from csvgen.ports import Outcome

KIND = "tracked"


class Tracked(Value):
    """What is known here of one run on the tracking server (record kind ``tracked``, its id is that of the run)."""

    format: Literal["csvgen.tracked/1"] = "csvgen.tracked/1"
    run: str
    server: Line
    state: Literal["pending", "sent"]
    why: str = ""
    """Of one that is pending: what kept it from being sent."""
    mlflow_run: str = ""
    """Its id over there."""
    seal: str = ""
    """Digest of `shown`."""
    shown: Shown | None = None
    """The run as the server showed it when it had been sent."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Something about a tracked run that is not as it was sealed."""

    kind: Literal["changed", "gone", "pending", "unreachable", "stranger", "seal"]
    run: str
    what: str

    def __str__(self) -> str:
        return f"{self.run}: {self.what}"


class Tracking:
    """Telling one tracking server of the runs of an instance. Raises ConfigError for an address that is none."""

    def __init__(self, core: Core, server: str, experiment: str = "csvgen") -> None:
        self._core = core
        self._url = server
        self._experiment = experiment
        self._server = Server(server)

    def announce(self, change: Change, record: RunRecord) -> None:
        """Say, in the change that writes the run, that it is to be sent. From then on it is never forgotten."""
        said = Tracked(run=record.id, server=self._url, state="pending", why="not sent yet")
        change.put(KIND, record.id, said.model_dump(), action="announce-tracking")

    def send(self, actor: Actor, run: str) -> Outcome:
        """Send one announced run, read it back, and seal what the server shows of it.

        Trouble with the server is no error: the run stays pending, with the reason, in the trail. Raises BadInput for a run that
        was not announced, Refused for one that was sent, NotIntact when its record or products are not what they were.
        """
        known, _ = self._core.known(KIND, run, Tracked)
        if known.state == "sent":
            raise Refused(f"run {run} was sent already, as {known.mlflow_run}; a sealed run is not sent again")
        record, _ = self._core.known("run", run, RunRecord)
        flows = Flows(self._core)
        said = statement(record, {name: flows.product(record, name) for name in record.products}, self._core.keys.fingerprint)
        try:
            identity, shown = self._sent(f"{self._experiment} {record.pipeline}", said)
        except ServerTrouble as problem:
            return self._pending(actor, known, str(problem))
        seal = digest(shown)
        sealed = known.model_copy(
            update={"server": self._url, "state": "sent", "why": "", "mlflow_run": identity, "seal": seal, "shown": shown}
        )
        with self._core.ledger.change(actor, f"run {run} sent to {self._url}") as change:
            change.put(KIND, run, sealed.model_dump(), action="seal-tracking")
        return Outcome(True, f"run {run} sent as {identity}", f"{KIND}/{run}", {"mlflow_run": identity, "seal": seal})

    def send_pending(self, session: str) -> tuple[Outcome, ...]:
        """Send every run that waits, in order."""
        with self._core.acting(session, "track") as acting:
            waiting = [v.id for v in self._core.ledger.all(KIND) if v.content.get("state") == "pending"]
            return tuple(self.send(self._core.actor(acting), run) for run in waiting)

    def _sent(self, experiment: str, said: Statement) -> tuple[str, Shown]:
        identity = self._server.send(experiment, said)
        shown = self._server.shown(identity)
        if wrong := tuple(missing(said, shown)):
            raise ServerTrouble(f"the server does not show the {', '.join(wrong)} it was sent", where=self._url)
        return identity, shown

    def _pending(self, actor: Actor, known: Tracked, why: str) -> Outcome:
        words = why.replace("\n", " ")[:600]
        with self._core.ledger.change(actor, words) as change:
            change.put(KIND, known.run, known.model_copy(update={"why": words}).model_dump(), action="tracking-failed")
        return Outcome(
            False, f"run {known.run} is kept here and could not be sent: {words}", f"{KIND}/{known.run}", {"why": words}
        )


def tracking_of(core: Core) -> Tracking | None:
    """The tracking of an instance, if its settings name a server."""
    url = core.settings.tracking
    return Tracking(core, url) if url else None


def check_tracked(ledger: Ledger, open_server: Callable[[str], Server] = Server) -> tuple[Difference, ...]:
    """Every way in which the tracking servers do not show what was sealed. A server that does not answer is a finding too."""
    found: list[Difference] = []
    servers: dict[str, tuple[Server | None, str]] = {}
    ours: dict[str, set[str]] = {}
    instances: dict[str, set[str]] = {}
    runs = {v.id: v.sha256 for v in ledger.all("run")}
    for version in ledger.all(KIND):
        known = Tracked.model_validate(version.content)
        if known.state == "pending":
            found.append(Difference("pending", known.run, f"was never sent to {known.server}: {known.why}"))
        if known.state == "pending" or known.shown is None:
            continue
        found += [Difference("seal", known.run, words) for words in _seal_problems(known, known.shown, runs.get(known.run, ""))]
        if known.server not in servers:
            servers[known.server] = _opened(open_server, known.server)
        server, trouble = servers[known.server]
        if server is None:
            found.append(Difference("unreachable", known.run, f"cannot be compared: {trouble}"))
            continue
        ours.setdefault(known.server, set()).add(known.mlflow_run)
        instances.setdefault(known.server, set()).add(known.shown.tags.get(f"{OWN}instance", ""))
        found += _compared(server, known, known.shown)
    for url, ids in ours.items():
        found += _strangers(servers[url][0], url, instances[url], ids)
    return tuple(found)


def _opened(open_server: Callable[[str], Server], url: str) -> tuple[Server | None, str]:
    """The server, if it answers at all: asked once, so that one that is down is not waited for again and again."""
    try:
        server = open_server(url)
        server.claiming("nobody")
    except CsvgenError as problem:
        return None, str(problem)
    return server, ""


def _compared(server: Server, known: Tracked, sealed: Shown) -> list[Difference]:
    try:
        now = server.shown(known.mlflow_run)
    except NoSuchRun:
        return [Difference("gone", known.run, f"the server has no run {known.mlflow_run} any more")]
    except ServerTrouble as problem:
        return [Difference("unreachable", known.run, f"cannot be compared: {problem}")]
    if now.stage == "deleted" != sealed.stage:
        return [Difference("gone", known.run, f"its run {known.mlflow_run} was deleted on the server")]
    return [Difference("changed", known.run, words) for words in differences(sealed, now)]


def _strangers(server: Server | None, url: str, instances: set[str], ours: set[str]) -> Iterator[Difference]:
    """Runs over there that call themselves ours and were never sent from here."""
    if server is None:
        return
    try:
        for instance in sorted(instances - {""}):
            for identity in sorted(set(server.claiming(instance)) - ours):
                yield Difference("stranger", identity, f"a run on {url} calls itself one of this instance and was not sent by it")
    except ServerTrouble as problem:
        yield Difference("unreachable", url, f"cannot be searched: {problem}")


def _seal_problems(known: Tracked, sealed: Shown, run: str) -> Iterator[str]:
    if digest(sealed) != known.seal:
        yield f"the seal is not the digest of what it seals, {digest(sealed)}"
    if sealed.tags.get(f"{OWN}record") != run:
        yield "the run record is not the one that was sent"


_SINGLE = ("name", "experiment", "status", "stage", "user", "started", "ended")
_NAMED = (("params", "parameter"), ("metrics", "metric"), ("tags", "tag"), ("artifacts", "artifact"))


def differences(sealed: Shown, now: Shown) -> Iterator[str]:
    """In words, each way in which a run is not as it was sealed."""
    for name in _SINGLE:
        if (old := getattr(sealed, name)) != (new := getattr(now, name)):
            yield f"its {name} is {new!r}, sealed was {old!r}"
    for part, word in _NAMED:
        before, after = getattr(sealed, part), getattr(now, part)
        for name in sorted({*before, *after}):
            if name not in after:
                yield f"{word} {name!r} is gone, sealed was {_told(before[name])}"
            elif name not in before:
                yield f"{word} {name!r} was added: {_told(after[name])}"
            elif before[name] != after[name]:
                yield f"{word} {name!r} is {_told(after[name])}, sealed was {_told(before[name])}"
    for words in sorted({*sealed.linked} ^ {*now.linked}):
        yield f"{words} was {'added' if words in now.linked else 'taken away'}"


def missing(said: Statement, shown: Shown) -> Iterator[str]:
    """What the server does not show of what it was sent, or shows beside it (tags of its own excepted)."""
    metrics = {name: (f"{float(value)!r}@0",) for name, value in said.metrics.items()}
    artifacts: Mapping[str, object] = {name: digest_bytes(data) for name, data in said.artifacts.items()}
    tags = {name: value for name, value in shown.tags.items() if name.startswith(OWN)}
    for word, sent, there in (
        ("parameters", said.params, shown.params),
        ("metrics", metrics, shown.metrics),
        ("tags", said.tags, tags),
        ("artifacts", artifacts, shown.artifacts),
        ("name", said.name, shown.name),
        ("status", said.status, shown.status),
        ("state", "active", shown.stage),
    ):
        if sent != there:
            yield word


def _told(value: object) -> str:
    return ", ".join(value) if isinstance(value, tuple) else repr(value)
