"""The one place that hashes, and the one place that writes files which must be whole.

A digest is taken over *content*: `canonical_json` sorts keys, drops white space, keeps UTF-8 and refuses floats, so that
two values that say the same thing have the same bytes on any machine, hash seed and locale. Measured values travel as
text or `Decimal`, never as binary floats.

    >>> digest({"b": "2", "a": "1"}) == digest({"a": "1", "b": "2"})
    True
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import json.encoder
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any, Self

from csvgen.errors import BadInput, NotIntact

_FEW = 32
"""Files that are synced one by one; more are synced together."""
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


class Digest(str):
    """``sha256:`` and 64 lower-case hex digits; any other text cannot be one."""

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        if not _DIGEST.fullmatch(text):
            raise ValueError(f"not a digest: {text!r}")
        return super().__new__(cls, text)

    @property
    def hex(self) -> str:
        return self[7:]

    @property
    def short(self) -> str:
        """The first twelve hex digits, as shown beside a document id."""
        return self[7:19]


_LEAVES = frozenset({str, int, bool, type(None)})


def _encoder() -> Callable[[Any], str]:
    """The spelling of the standard library. It makes its encoder anew for each value; made once, a line of a journal takes half the time."""
    whole = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    make, text = getattr(json.encoder, "c_make_encoder", None), getattr(json.encoder, "c_encode_basestring", None)
    if make is None or text is None:  # an interpreter without it
        return whole.encode
    pieces = make(None, whole.default, text, None, whole.key_separator, whole.item_separator, True, False, False)
    return lambda value: "".join(pieces(value, 0))


_ENCODE = _encoder()


def _no_float(text: str) -> None:
    raise TypeError(f"the number {text} has no canonical form")


_DECODE = json.JSONDecoder(parse_float=_no_float, parse_constant=_no_float).decode


def plain(value: Any) -> Any:  # noqa: C901, PLR0911, PLR0912 - a table of types, one line each
    """A value as JSON types only. Raises TypeError for floats and anything else without one canonical spelling."""
    kind = type(value)
    if kind in _LEAVES:  # nearly everything in a record is one of these, a plain dict or a plain list
        return value
    if kind is dict:
        return {k if type(k) is str else str(k): v if type(v) in _LEAVES else plain(v) for k, v in value.items()}
    if kind is list or kind is tuple:
        return [v if type(v) in _LEAVES else plain(v) for v in value]
    if isinstance(value, str):
        return str(value.value) if isinstance(value, Enum) else str(value)
    if hasattr(kind, "fields_said"):  # a noun of the model
        said: dict[str, Any] = value.fields_said()
        for k, v in said.items():
            if type(v) not in _LEAVES:
                said[k] = plain(v)
        return said
    if isinstance(value, bool | int):
        return value
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, dt.datetime):
        raise TypeError("times enter records as stored text, see clock.stored")
    if hasattr(value, "model_dump"):
        return plain(value.model_dump(mode="python"))
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if isinstance(value, frozenset | set):
        return sorted(plain(v) for v in value)
    raise TypeError(f"{type(value).__name__} has no canonical form")


def canonical_json(value: Any) -> bytes:
    """Sorted keys, no white space, UTF-8, no floats, one trailing newline."""
    return spelled(plain(value))


def spelled(value: Any) -> bytes:
    """The canonical JSON of what `plain` gave."""
    return _ENCODE(value).encode("utf-8") + b"\n"


def text_of(value: Any) -> str:
    """`spelled` as a part of something larger: text, and without the line break."""
    return _ENCODE(value)


def joined(parts: Mapping[str, str]) -> str:
    """The `text_of` a mapping, from that of each of its values."""
    return "{" + ",".join(f"{_ENCODE(name)}:{parts[name]}" for name in sorted(parts)) + "}"


def read_canonical(data: bytes, where: str = "") -> Any:
    """Parse canonical JSON and refuse any other spelling of it, so that no byte of a record file is without meaning."""
    try:
        value = _DECODE(data.decode("utf-8"))
        same = spelled(value) == data
    except (ValueError, TypeError, RecursionError) as problem:
        raise NotIntact(f"not a canonical JSON record: {problem}", where=where) from None
    if not same:
        raise NotIntact("the bytes are not the canonical spelling of this record", where=where)
    return value


def digest(value: Any) -> Digest:
    """SHA-256 over the canonical JSON of a value."""
    return digest_bytes(canonical_json(value))


def digest_bytes(data: bytes) -> Digest:
    return str.__new__(Digest, "sha256:" + hashlib.sha256(data).hexdigest())  # a digest by its making: nothing to be looked at


def digest_file(path: Path) -> Digest:
    with path.open("rb") as stream:
        return Digest("sha256:" + hashlib.file_digest(stream, "sha256").hexdigest())


def _fsync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def stage(path: Path, data: bytes, ending: str = ".staged", *, sync: bool = True) -> Path:
    """Write `data` durably under a temporary name beside `path` and return that name; `place` puts it in its place.

    Without `sync` the bytes are durable only after whoever stages many files has synced them all.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    import tempfile

    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=ending, dir=path.parent)
    staged = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            if sync:
                os.fsync(stream.fileno())
    except OSError:  # a full disk: half a file is nothing that anybody should find
        staged.unlink(missing_ok=True)
        raise
    staged.chmod(0o644)
    return staged


def place(staged: Path, path: Path) -> None:
    """Atomically give a staged file its name."""
    staged.replace(path)
    _fsync_folder(path.parent)


def write(path: Path, data: bytes) -> None:
    """Replace a file as a whole or not at all."""
    place(stage(path, data), path)


def write_all(files: Mapping[Path, bytes], ending: str) -> None:
    """Replace many files, each as a whole or not at all: all are durable under temporary names before the first gets its own.

    What a killed process left under such names (`ending`) in these folders is taken away first; nobody reads it.
    """
    for folder in {path.parent for path in files if path.parent.is_dir()}:
        for left in folder.glob(f".*{ending}"):
            left.unlink()
    many = len(files) > _FEW
    staged = {path: stage(path, data, ending, sync=not many) for path, data in files.items()}
    if many:
        os.sync()  # one for all; a file at a time would wait for the disk once each
    for path, temporary in staged.items():
        temporary.replace(path)
    for folder in {path.parent for path in files}:
        _fsync_folder(folder)


def write_once(path: Path, data: bytes) -> None:
    """Create a file that must never change. The same bytes again are fine; other bytes are refused."""
    if path.exists():
        if path.read_bytes() == data:
            return
        raise BadInput("this record exists already with other content; records are never overwritten", where=str(path))
    staged = stage(path, data)
    try:
        os.link(staged, path)
    except FileExistsError:  # a linked file is whole from the first moment, so it can be compared
        if path.read_bytes() != data:
            raise BadInput("another process wrote this record meanwhile", where=str(path)) from None
    finally:
        staged.unlink(missing_ok=True)
    _fsync_folder(path.parent)


def normalised_zip(entries: Iterable[tuple[str, bytes | Iterable[bytes]]], first: str = "") -> bytes:
    """A ZIP whose bytes depend on names and contents only: fixed dates, attributes, order (`first`, then sorted).

    A large entry may come in pieces, so that it is never in memory as a whole.
    """
    import zipfile  # only those who write archives wait for it

    out = io.BytesIO()
    ordered = sorted(entries, key=lambda entry: (entry[0] != first, entry[0]))
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, data in ordered:
            info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 0
            info.external_attr = 0
            with archive.open(info, "w") as entry:
                for piece in (data,) if isinstance(data, bytes) else data:
                    entry.write(piece)
    return out.getvalue()
