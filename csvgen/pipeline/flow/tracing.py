"""From anything to all it came from and all that came of it: ticket, commit, artifact, run, file, product, result, lot, certificate, signature.

The graph is not kept: it is read from the records each time, so it cannot say anything they do not. An edge stands once, and is found from both
its ends: whatever leads forwards leads back.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from csvgen.audit.tree import raw
from csvgen.canonical import read_canonical
from csvgen.errors import BadInput
from csvgen.pipeline.core import Core
from csvgen.pipeline.flow.record import RunRecord
from csvgen.store.tables import record

_OF_PEOPLE = frozenset({"account", "configuration", "settings", "training", "condition"})
"""Kinds that are about persons and settings; no result comes from them."""
_TELLING = ("name", "pipeline", "subject", "verdict", "state", "meaning", "printed_name", "standing", "ticket")
_VERSIONED = frozenset({"file", "dataset"})
"""Kinds whose every version is an origin of its own: what a run read stays what it read. Of a dataset it is the version of the table."""


@dataclass(frozen=True, slots=True)
class Row:
    """One version of one record of the ledger."""

    kind: str
    id: str
    version: int
    sha256: str
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Node:
    """Something that can be asked for."""

    id: str
    """``run/RUN-0001``, ``file/L-1:plate.csv@2``, ``product/RUN-0001:potency-values``, ``ticket/CHG-7``."""
    kind: str
    digest: str
    """Of its bytes where it has any (file, product), else of its record; empty for a ticket and a commit."""
    words: str


@dataclass(frozen=True, slots=True, order=True)
class Edge:
    """`target` came of `source`."""

    source: str
    target: str
    words: str


@dataclass(frozen=True)
class Trace:
    """What was found for a question."""

    asked: str
    starts: tuple[Node, ...]
    """Several when the question names several things: the same bytes as two files, a name in two lots."""
    up: tuple[Edge, ...]
    """Edges on the way to all that the starts came from, nearest first."""
    down: tuple[Edge, ...]
    """Edges on the way to all that came of them, nearest first."""
    nodes: Mapping[str, Node]
    """Every node of these edges, by id."""


@dataclass
class Graph:
    """Nodes and edges, as the records tell them."""

    nodes: dict[str, Node] = field(default_factory=dict)
    edges: set[Edge] = field(default_factory=set)

    def add(self, identity: str, digest: str = "", words: str = "") -> str:
        """A node; what is known of it first by name only is filled in when its record comes."""
        known = self.nodes.get(identity)
        if known is None or (not known.digest and digest) or (not known.words and words):
            self.nodes[identity] = Node(identity, identity.partition("/")[0], digest, words)
        return identity

    def join(self, source: str, target: str, words: str) -> None:
        """An edge; nothing for an end that is not named."""
        if all(end.partition("/")[2] for end in (source, target)):
            self.add(source)
            self.add(target)
            self.edges.add(Edge(source, target, words))

    def trace(self, asked: str) -> Trace:
        """Raises BadInput when nothing here has that id, name or digest."""
        starts = tuple(self.nodes[i] for i in sorted(self._meant(asked.strip())))
        if not starts:
            raise BadInput(
                f"nothing here is called {asked[:80]!r}",
                hint="ask by the id of a record, run, lot, ticket, commit, by the name of a file, or by a digest; what an orchestrator"
                " performed step by step is no record of this instance",
            )
        above, below = self._by("target"), self._by("source")
        up, down = _walk(starts, above, "source"), _walk(starts, below, "target")
        ids = {n.id for n in starts} | {end for e in (*up, *down) for end in (e.source, e.target)}
        return Trace(asked, starts, up, down, {i: self.nodes[i] for i in sorted(ids)})

    def _by(self, end: str) -> dict[str, list[Edge]]:
        found: dict[str, list[Edge]] = {}
        for edge in sorted(self.edges):
            found.setdefault(getattr(edge, end), []).append(edge)
        return found

    def _meant(self, asked: str) -> Iterator[str]:
        if not asked:
            return
        digits = re.fullmatch(r"(?:sha256:)?([0-9a-f]{8,64})", asked)  # eight digits are enough to ask by
        for node in self.nodes.values():
            name = node.id.partition("/")[2]
            bare = name.rpartition("@")[0] if node.kind in _VERSIONED and "@" in name else name
            if (
                asked in (node.id, name, bare, node.id.rpartition("@")[0], bare.partition(":")[2])
                or (digits and node.digest.startswith(f"sha256:{digits[1]}"))
                or (node.kind == "commit" and digits and name.startswith(digits[1]))
            ):
                yield node.id


def trace(core: Core, asked: str) -> Trace:
    """Everything upward and downward of what is asked for: an id, a name, or a digest. Raises BadInput when there is no such thing."""
    return graph(rows(core)).trace(asked)


def rows(core: Core) -> tuple[Row, ...]:
    """Every version of every record, oldest first."""
    with core.database.read() as connection:
        found = connection.execute(select(record).order_by(record.c.event)).all()
    return tuple(Row(r.kind, r.id, r.version, r.sha256, read_canonical(raw(r.body))) for r in found if r.kind not in _OF_PEOPLE)


def graph(records: Iterable[Row]) -> Graph:
    """The graph that records tell. Of a kind that has versions every one counts, of all others the latest."""
    latest: dict[tuple[str, str], Row] = {}
    for row in records:
        latest[(row.kind, f"{row.id}@{row.version}" if row.kind == "file" else row.id)] = row
    made = Graph()
    for row in latest.values():
        _READERS.get(row.kind, _any)(made, row)
    return made


def _any(made: Graph, row: Row) -> None:
    """A record of any kind: it came of the lot, run, artifact or other record it names."""
    told = row.content
    here = made.add(f"{row.kind}/{row.id}", row.sha256, _words(row))
    named: dict[str, str] = {}
    for name in ("subject", "of"):
        value = str(told.get(name, ""))
        if "/" in value and value != here:
            named[value] = value
    for name in ("lot", "run", "artifact", "method", "investigation"):
        kind = "deviation" if name == "investigation" else name
        if isinstance(said := told.get(name), str) and kind != row.kind:
            named[f"{kind}/{said}"] = f"{name} {said}"
    for source, words in named.items():  # a lot named twice, as lot and as subject, is one edge
        made.join(source, here, f"{row.kind} of {words}")
    _change(made, told, here)


def _change(made: Graph, told: Mapping[str, Any], here: str) -> None:
    ticket, commit = str(told.get("ticket", "")), str(told.get("commit", ""))
    made.join(f"ticket/{ticket}", f"commit/{commit}", f"commit made for {ticket}")
    if commit:
        made.join(f"commit/{commit}", here, f"made from commit {commit}")
    else:
        made.join(f"ticket/{ticket}", here, f"made for {ticket}")


def _file(made: Graph, row: Row) -> None:
    told = row.content
    here = made.add(f"file/{row.id}@{row.version}", str(told.get("digest", row.sha256)), _words(row))
    for name in ("instrument", "source", "sender"):
        made.join(f"{name}/{told.get(name) or ''}", here, f"came from {name} {told.get(name)}")
    subject = str(told.get("subject") or f"lot/{told.get('lot') or ''}")
    made.join(here, subject, f"file of {subject.replace('/', ' ', 1)}")


def _set_aside(made: Graph, row: Row) -> None:
    """A file that was set aside says why and by whom; no run stands behind it."""
    told = row.content
    here = made.add(f"set-aside/{row.id}", row.sha256, _words(row))
    file = f"file/{told.get('lot')}:{told.get('file')}@{told.get('version')}"
    by = f", signed by {told.get('decided_name')}" if told.get("decided_name") else ""
    made.join(file, here, f"{told.get('state')}: {told.get('cause')}; proposed by {told.get('name')}{by}")
    made.join(here, f"lot/{told.get('lot')}", f"{told.get('state')} in lot {told.get('lot')}")


def _dataset(made: Graph, row: Row) -> None:
    here = made.add(f"dataset/{row.id}", str(row.content.get("rows", row.sha256)), _words(row))
    _change(made, row.content, here)


def _run(made: Graph, row: Row) -> None:
    told = row.content
    other = told.get("format") != RunRecord.model_fields["format"].default
    here = made.add(f"run/{row.id}", row.sha256, f"NO RUN RECORD: {_words(row)}" if other else _words(row))
    if told.get("artifact"):
        artifact = f"artifact/{told['artifact']}"
        made.join(artifact, here, f"ran the code of {told['artifact']}")
        _change(made, told, artifact)
    else:
        _change(made, told, here)
    for name, source in dict(told.get("inputs", {})).items():
        if isinstance(source, Mapping):
            made.join(f"{source['record']}@{source['version']}", here, f"read as {name}")
        else:  # runs of the first release name files and digests
            made.join(f"file/{told.get('lot')}:{name}@{source}", here, f"read as {name}")
    made.join(f"method/{told.get('method') or ''}", here, f"by method {told.get('method')} version {told.get('method_version')}")
    made.join(f"run/{told.get('repeats') or ''}", here, f"repeats {told.get('repeats')}")
    for name, sha256 in dict(told.get("products", {})).items():
        made.join(here, made.add(f"product/{row.id}:{name}", str(sha256), f"{name} of {row.id}"), f"gave {name}")
    subject = str(told.get("subject") or f"lot/{told.get('lot') or ''}")
    made.join(here, subject, f"run of {subject}")


def _lot(made: Graph, row: Row) -> None:
    told = row.content
    here = made.add(f"lot/{row.id}", row.sha256, _words(row))
    made.join(f"method/{told.get('method') or ''}", here, f"tested by method {told.get('method')}")
    made.join(f"material/{told.get('material') or ''}", here, f"lot of material {told.get('material')}")
    for test in told.get("tests", ()):
        name, run = str(test.get("name", "")), str(test.get("run", ""))
        result = made.add(
            f"result/{row.id}:{name}", "", f"{name}: {test.get('reported')} {test.get('unit')}, {test.get('verdict')}"
        )
        made.join(f"product/{run}:{test.get('part')}-values" if run else "", result, "reported from")
        made.join(result, here, f"result of lot {row.id}")


def _batch_part(made: Graph, row: Row) -> None:
    batch = f"batch/{row.content.get('batch')}"
    for run in dict(row.content.get("runs", {})).values():
        made.join(batch, f"run/{run}", "ran in the batch")


def _study(made: Graph, row: Row) -> None:
    made.add(f"study/{row.id}", row.sha256, _words(row))


_READERS = {
    "file": _file,
    "set-aside": _set_aside,
    "dataset": _dataset,
    "run": _run,
    "lot": _lot,
    "batch-part": _batch_part,
    "study": _study,
}


def _words(row: Row) -> str:
    """What a person sees of a record beside its id."""
    names = ("pipeline", "subject", "operator_name", "started") if row.kind == "run" else _TELLING
    parts = [row.content.get(name) for name in names]
    words = ", ".join(dict.fromkeys(str(p) for p in parts if p and isinstance(p, str)))
    return words[:200]


def _walk(starts: Iterable[Node], edges: Mapping[str, list[Edge]], far: str) -> tuple[Edge, ...]:
    """Breadth first: each edge once, nearest first."""
    waiting, seen = [n.id for n in starts], {n.id for n in starts}
    found: dict[Edge, None] = {}
    for here in waiting:
        for edge in edges.get(here, ()):
            found[edge] = None
            if (there := getattr(edge, far)) not in seen:
                seen.add(there)
                waiting.append(there)
    return tuple(found)
