"""Versions of Delta tables as inputs of a pipeline: pinned by table, version and content, and refused when they are not that any more.

What the pin holds (`Dataset.content`): the schema, and for each file of the version its path, size, partition and SHA-256. Not the rows alone:
the files of a version never change, so their digests say everything, can be computed without believing any reader, and stay the same when a library
learns to read types in another way. A compaction that moves the same rows into other files is another version, with a pin of its own. The
commit file of the version is pinned beside it, for it says who made the version under which ticket; it may go in time (log clean-up), it
may never say something else.

What a step is given: the rows as text, one canonical JSON object a line, in the order of the files, made from the very bytes that were hashed. So
a step needs no Parquet, and the digest of its input means the same on every machine. Numbers are written as they are; a column of a nested type
cannot be written so and is refused. A table is held in memory whole; larger ones belong into steps that read files.

`DeltaTable.history()` of a table loaded at an older version names the versions wrongly (seen with deltalake 1.6.6), so the commit
file itself is read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from csvgen.canonical import canonical_json, digest, digest_bytes
from csvgen.clock import stored
from csvgen.errors import BadInput, ConfigError, NotIntact, Refused
from csvgen.extras import how_to_add
from csvgen.model.base import Line, Sha256, Stamp, Value, hazard
from csvgen.pipeline.core import Core
from csvgen.pipeline.flow.flows import Given
from csvgen.ports import Outcome

_ID = re.compile(r"[a-z][a-z0-9-]{0,39}")
_TABLE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*")
_MOST_VERSIONS = 2**53
_READER = 1
"""The reader version of the Delta protocol whose tables are plain files of plain columns."""


class Dataset(Value):
    """One version of a table (record kind ``dataset``, id ``reference-values@3``). Written once."""

    format: str = "csvgen.dataset/1"
    name: str
    table: Line
    """Where it lies, below the store of tables that the instance names."""
    version: int
    content: Sha256
    """Over schema and files."""
    rows: Sha256
    """Of the rows as a step is given them."""
    count: int
    files: int
    size: int
    """Bytes of all files."""
    columns: tuple[Line, ...]
    commit_file: str
    """Digest of the commit file of this version."""
    committed: Line
    """What that file says of time and operation."""
    ticket: str
    commit: str
    by: str
    at: Stamp


@dataclass(frozen=True, slots=True)
class Content:
    """One version of a table as it lies there now."""

    content: str
    rows: bytes
    count: int
    files: int
    size: int
    columns: tuple[str, ...]
    commit_file: str
    committed: str
    ticket: str
    commit: str


class Datasets:
    """Registering versions of tables, and reading them as registered. `store`: folder or ``s3://bucket/prefix?endpoint=URL``."""

    def __init__(self, core: Core, store: str = "") -> None:
        self._core = core
        self._store = store or core.settings.delta

    def register(self, session: str, name: str, table: str, version: int) -> Outcome:
        """Register one version of a table under a name. Raises BadInput for one that is not there or cannot be used, NotIntact when it was
        registered with other content.
        """
        with self._core.acting(session, "register_dataset", f"dataset/{name[:40]}") as acting:
            if not _ID.fullmatch(name):
                raise BadInput(f"not a name of a dataset: {name[:60]!r} (lower-case letters, digits and hyphens)")
            try:
                found = read(self._address(table), version)
            except NotIntact as problem:
                raise BadInput(problem.message, where=problem.where) from None
            identity = f"{name}@{version}"
            if known := self._core.latest("dataset", identity, Dataset):
                _same(known[0], found)
                raise BadInput(f"version {version} of {known[0].table} is registered as {name} already")
            made = Dataset(
                name=name,
                table=table,
                version=version,
                content=found.content,
                rows=digest_bytes(found.rows),
                count=found.count,
                files=found.files,
                size=found.size,
                columns=found.columns,
                commit_file=found.commit_file,
                committed=found.committed,
                ticket=found.ticket,
                commit=found.commit,
                by=acting.account.id,
                at=stored(self._core.clock.now()),
            )
            with self._core.ledger.change(self._core.actor(acting), f"version {version} of table {table}") as change:
                change.put("dataset", identity, made.model_dump(), action="register-dataset")
        facts = {"content": made.content, "rows": str(made.count), "ticket": made.ticket, "commit": made.commit}
        told = f" (ticket {made.ticket or 'not told'}, commit {made.commit or 'not told'})"
        words = f"dataset {name} registered: version {version} of {table}, {made.count} rows in {made.files} files{told}"
        return Outcome(True, words, f"dataset/{identity}", facts)

    def given(self, name: str, version: int) -> Given:
        """A registered version as the input of a pipeline. Raises BadInput when it is not registered, NotIntact when it is gone or other."""
        known, _ = self._core.known("dataset", f"{name}@{version}", Dataset)
        return again(self._store, known)

    def check(self, session: str, name: str, version: int) -> Outcome:
        """A registered version, read once more and compared; not accepted when it is gone or is not what was registered."""
        self._core.admit(session, "read", f"dataset/{name[:40]}")
        identity = f"{name}@{version}"
        known, _ = self._core.known("dataset", identity, Dataset)
        facts = {"table": known.table, "content": str(known.content), "rows": str(known.count), "files": str(known.files),
                 "ticket": known.ticket, "commit": known.commit, "registered": f"{known.at} by {known.by}"}  # fmt: skip
        try:
            self.given(name, version)
        except (NotIntact, Refused) as problem:
            return Outcome(False, f"{problem.where}: {problem.message}", f"dataset/{identity}", facts)
        return Outcome(True, f"dataset {identity} is what was registered", f"dataset/{identity}", facts)

    def problems(self) -> tuple[str, ...]:
        """Every registered version that is gone or not what was registered; in words."""
        told: list[str] = []
        for kept in self._core.ledger.all("dataset"):
            known = Dataset.model_validate(kept.content)
            try:
                self.given(known.name, known.version)
            except (NotIntact, ConfigError, Refused) as problem:
                told.append(f"dataset {kept.id}: {problem.message}")
        return tuple(told)

    def _address(self, table: str) -> str:
        return _address(self._store, table)


def again(store: str, known: Dataset) -> Given:
    """A registered version of a table, read once more and compared. Raises NotIntact when it is gone or other, ConfigError when no store
    is named or Delta tables cannot be read here, Refused when the store does not answer.
    """
    found = read(_address(store, known.table), known.version)
    _same(known, found)
    return Given(f"dataset/{known.name}", known.version, found.rows, f"{known.table}@{known.version}")


def _address(store: str, table: str) -> str:
    if not store:
        raise ConfigError("this instance names no store of tables", hint='[pipeline] delta = "FOLDER or s3://..."')
    if not _TABLE.fullmatch(table):
        raise BadInput(f"not the name of a table: {table[:60]!r}")
    head, mark, query = store.partition("?")
    return f"{head.rstrip('/')}/{table}{mark}{query}"


def read(address: str, version: int) -> Content:
    """One version of the table at an address. Raises NotIntact when version or files are gone, BadInput for a table of another make,
    ConfigError when Delta tables cannot be read here, Refused when a server does not answer.
    """
    try:
        from deltalake import DeltaTable
        from deltalake.exceptions import DeltaError
    except ModuleNotFoundError:
        raise ConfigError("datasets from Delta tables need the package deltalake", hint=how_to_add("delta")) from None
    place, options = _opened(address)
    where = f"{place.rpartition('/')[2]} version {version}"
    if not 0 <= version < _MOST_VERSIONS:
        raise NotIntact("this version of the table is not there", where=where)
    try:
        table = DeltaTable(place, version=version, storage_options=options)
        _plain(table, where)
        schema = json.loads(table.schema().to_json())
        listed = sorted(_actions(table), key=lambda a: str(a["path"]))
    except OSError as problem:
        raise _unread(problem, options, where) from None
    except DeltaError as problem:
        raise NotIntact(f"this version of the table is not there: {_first(problem)}", where=where) from None
    files: list[object] = []
    rows: list[dict[str, str | None]] = []
    size = 0
    for action in listed:
        path, data = str(action["path"]), _bytes(place, options, str(action["path"]), where)
        partition = {k: None if v is None else str(v) for k, v in dict(action.get("partition") or {}).items()}
        files.append([path, len(data), digest_bytes(data), partition])
        rows += _rows(data, schema, partition, f"{where}, {path}")
        size += len(data)
    commit = _bytes(place, options, f"_delta_log/{version:020d}.json", where, needed=False)
    told = _commit_info(commit, where)
    return Content(
        content=digest({"schema": schema, "files": files}),
        rows=b"".join(canonical_json(row) for row in rows),
        count=len(rows),
        files=len(files),
        size=size,
        columns=tuple(f"{f['name']}: {f['type']}" for f in schema["fields"]),
        commit_file=digest_bytes(commit) if commit else "",
        committed=f"{told.get('operation', 'unknown')} at {told.get('timestamp', 'unknown')} ms",
        ticket=_text(told.get("ticket")),
        commit=_text(told.get("commit")),
    )


def _same(known: Dataset, found: Content) -> None:
    where = f"dataset {known.name} version {known.version}"
    if found.content != known.content:
        raise NotIntact(f"the table has the content {found.content}, registered was {known.content}", where=where)
    if digest_bytes(found.rows) != known.rows:
        raise NotIntact("the same files give other rows than were registered", where=where)
    if found.commit_file and found.commit_file != known.commit_file:
        raise NotIntact("the log of the table says something else of this version than when it was registered", where=where)


def _opened(address: str) -> tuple[str, dict[str, str]]:
    """Address and options of the store. Credentials come from the environment, never from here."""
    parts = urlsplit(address)
    if parts.scheme != "s3":
        return address, {}
    endpoint = dict(parse_qsl(parts.query)).get("endpoint", "")
    options = {"aws_conditional_put": "etag", "aws_region": "us-east-1"}
    if endpoint:
        options |= {"aws_endpoint": endpoint, "aws_virtual_hosted_style_request": "false"}
    if urlsplit(endpoint).scheme == "http":
        if urlsplit(endpoint).hostname not in ("127.0.0.1", "localhost"):
            raise ConfigError("a store of tables is spoken to in plain text on this machine only", where=endpoint)
        options["aws_allow_http"] = "true"
    return f"s3://{parts.netloc}{parts.path}", options


def _plain(table: Any, where: str) -> None:
    protocol = table.protocol()
    if protocol.min_reader_version > _READER:
        raise BadInput(
            f"the table needs reader version {protocol.min_reader_version} of the Delta protocol; {_READER} can be pinned here",
            where=where,
        )


def _actions(table: Any) -> list[dict[str, Any]]:
    import pyarrow as pa

    return list(pa.table(table.get_add_actions(flatten=False)).to_pylist())


def _bytes(place: str, options: Mapping[str, str], path: str, where: str, *, needed: bool = True) -> bytes:
    """A file of the table. Paths stand in the log as URLs do (Delta protocol, Add File)."""
    from deltalake.fs import DeltaStorageHandler
    from pyarrow.fs import PyFileSystem

    try:
        with PyFileSystem(DeltaStorageHandler(place, dict(options))).open_input_file(unquote(path)) as stream:
            return bytes(stream.read())
    except FileNotFoundError:
        if needed:
            raise NotIntact(f"this version of the table is gone: its file {path} was removed", where=where) from None
        return b""
    except OSError as problem:
        raise _unread(problem, options, where) from None


def _unread(problem: OSError, options: Mapping[str, str], where: str) -> NotIntact | Refused:
    """A folder says what is in it; of a server that gives no answer nothing is known."""
    if options and not isinstance(problem, FileNotFoundError):
        return Refused(f"the store of tables cannot be asked: {_first(problem)}", where=where)
    return NotIntact(f"this version of the table is not there: {_first(problem)}", where=where)


def _rows(
    data: bytes, schema: Mapping[str, Any], partition: Mapping[str, str | None], where: str
) -> Iterator[dict[str, str | None]]:
    """The rows of one file, every value as text; a value that is not there is null."""
    import pyarrow as pa
    from pyarrow import parquet

    try:
        table = parquet.read_table(pa.BufferReader(data))
    except (pa.ArrowException, OSError) as problem:
        raise NotIntact(f"the file is no Parquet: {_first(problem)}", where=where) from None
    names = [str(f["name"]) for f in schema["fields"]]
    columns: dict[str, list[str | None]] = {}
    for name in names:
        if name in partition:
            columns[name] = [partition[name]] * table.num_rows
        elif name in table.column_names:
            columns[name] = _texts(table.column(name), f"{where}, column {name}")
        else:  # a column that came after this file was written
            columns[name] = [None] * table.num_rows
    for values in zip(*columns.values(), strict=True):
        yield dict(zip(columns, values, strict=True))


def _texts(column: Any, where: str) -> list[str | None]:
    import pyarrow as pa
    from pyarrow import types

    kind = column.type
    if types.is_nested(kind):
        raise BadInput(f"a column of type {kind} cannot be given to a step", where=where)
    if types.is_floating(kind):
        return [None if v is None else repr(float(v)) for v in column.to_pylist()]
    if types.is_boolean(kind):
        return [None if v is None else str(v).lower() for v in column.to_pylist()]
    if types.is_binary(kind) or types.is_large_binary(kind) or types.is_fixed_size_binary(kind):
        return [None if v is None else v.hex() for v in column.to_pylist()]
    return list(column.cast(pa.string()).to_pylist())


def _commit_info(data: bytes, where: str) -> dict[str, Any]:
    try:
        for text in data.decode("utf-8").splitlines():
            if isinstance(found := json.loads(text).get("commitInfo"), dict):
                return found
    except (ValueError, AttributeError, RecursionError):
        raise NotIntact("the log of this version cannot be read", where=where) from None
    return {}


def _text(value: object) -> str:
    """What somebody wrote into a commit, when it is one harmless line."""
    return value[:100] if isinstance(value, str) and not hazard(value, newline=False) else ""


def _first(problem: BaseException) -> str:
    words = str(problem).strip().splitlines()
    return "".join(c for c in (words[0] if words else type(problem).__name__) if not hazard(c, newline=False))[:200]
