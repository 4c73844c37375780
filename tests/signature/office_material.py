"""Office files to attack: a Word document and a workbook, each at its stages from unsigned to signed by three."""

from __future__ import annotations

import datetime as dt
import io
import warnings
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from csvgen.crypto.keys import Credential
from csvgen.crypto.trust import Trust

SIG1, SIG2, SIG3 = (f"_xmlsignatures/sig{n}.xml" for n in (1, 2, 3))
TYPES, ROOT_RELS, ORIGIN_RELS = "[Content_Types].xml", "_rels/.rels", "_xmlsignatures/_rels/origin.sigs.rels"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
Change = bytes | None | Callable[[bytes], bytes]


def parts_of(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        return {name: file.read(name) for name in file.namelist()}


def zipped(parts: Mapping[str, bytes] | list[tuple[str, bytes]]) -> bytes:
    """An archive as csvgen writes it, but in the order given and with whatever names."""
    out = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as file:
        warnings.simplefilter("ignore", UserWarning)  # a name used twice is what some of these files are about
        for name, content in parts.items() if isinstance(parts, Mapping) else parts:
            info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            ours = name == TYPES or name.endswith(".rels") or name.startswith("_xmlsignatures/")
            info.compress_type, info.create_system = zipfile.ZIP_STORED if ours else zipfile.ZIP_DEFLATED, 0
            file.writestr(info, content)
    return out.getvalue()


def ordered(parts: Mapping[str, bytes]) -> bytes:
    """The archive with its entries in the order csvgen gives them: what is found is not found by the order."""
    return zipped(sorted(parts.items(), key=lambda entry: (entry[0] != TYPES, entry[0])))


def changed(data: bytes, parts: Mapping[str, Change]) -> bytes:
    """The file with some parts changed: bytes, None for gone, or a function of the bytes before. Nothing else differs."""
    found = parts_of(data)
    for name, content in parts.items():
        before = found.get(name)
        if content is None:
            del found[name]
        else:
            found[name] = content(found[name]) if callable(content) else content
        assert before != found.get(name), f"{name} was not changed"
    return ordered(found)


def swap(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    """The first of some bytes exchanged; they have to be there."""

    def change(content: bytes) -> bytes:
        assert old in content, old
        return content.replace(old, new, 1)

    return change


def relationship(name: str, kind: str, target: str, mode: str = "") -> bytes:
    said = f' TargetMode="{mode}"' if mode else ""
    kind = kind if ":" in kind else f"{OFFICE}/{kind}"
    return f'<Relationship Id="{name}" Type="{kind}" Target="{target}"{said}></Relationship></Relationships>'.encode()


def related(name: str, kind: str, target: str, mode: str = "") -> Callable[[bytes], bytes]:
    """One relationship more, in its place by the order of ids when `name` sorts last."""
    return swap(b"</Relationships>", relationship(name, kind, target, mode))


def typed(part: str, kind: str) -> Callable[[bytes], bytes]:
    """One content type more."""
    return swap(b"</Types>", f'<Override ContentType="{kind}" PartName="{part}"></Override></Types>'.encode())


@dataclass(frozen=True)
class Office:
    """One kind of Office file with all a test of both kinds needs."""

    kind: str
    room: ModuleType
    pki: Any
    stages: tuple[bytes, ...]
    lines: tuple[str, ...]
    folder: str
    main: str
    text: tuple[str, bytes, bytes]
    """A part, words in it, and words an attacker would like better."""
    styles: str
    rels: str
    """The relationships of the main part."""

    def __repr__(self) -> str:
        return self.kind

    def inspect(self, data: bytes, trust: Trust | None = None) -> Any:
        return self.room.inspect(data, trust or self.pki.trust)

    def sign(
        self, data: bytes, number: int, line: str | None = None, *, by: Credential | None = None, moment: dt.datetime | None = None,
        authority: Any = None, **said: object,
    ) -> bytes:  # fmt: skip
        moment = moment or self.pki.now
        from csvgen import clock

        shown = self.pki.manifestation(number, **{"signed": clock.stored(moment), **said})
        by = by or self.pki.people[number]
        return self.room.sign(data, by, line_id=line, manifestation=shown, moment=moment, authority=authority)

    def faults(self, data: bytes) -> str:
        """Every fault as one text; an attack nobody noticed gives an empty one."""
        return "; ".join(self.inspect(data).faults)
