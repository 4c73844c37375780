"""The readable forms of a record: screen, print, data. All from one sheet, all with every signature and its status (RR-M04)."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser

from csvgen.clock import shown
from csvgen.pipeline.sheet import Sheet
from csvgen.ports import AuditEntry

FORMS = ("screen", "print", "data")
FLAG = "this changed integration turns a failing result into a passing one"
DEMONSTRATION = "DEMONSTRATION instance: simulated signatures, not a GxP record"

_ENCODED = re.compile(r"[A-Za-z0-9+/=_-]{400,}")
"""Bytes written as text, a kept signature for example: nobody reads them off a screen."""


def render(sheet: Sheet, form: str) -> str:
    """One form as text: the screen's lines, the text of the printed page, or JSON."""
    if form == "screen":
        return "\n".join(_screen(sheet)) + "\n"
    if form == "print":
        return printed_text(page(sheet))
    return json.dumps(as_data(sheet), indent=2, ensure_ascii=False) + "\n"


def head(sheet: Sheet) -> Iterator[tuple[str, str]]:
    """What every form begins with: which record, which version, where it stands."""
    yield "Record", sheet.record
    yield "Version", f"{sheet.version}, {'changed since first entry' if sheet.version > 1 else 'as first entered'}"
    yield "State", sheet.state
    yield "SHA-256 of the record", sheet.sha256
    if sheet.demonstration:
        yield "Note", DEMONSTRATION
    yield from (("Note", note) for note in sheet.notes)


def _signature_rows(sheet: Sheet) -> Iterator[list[tuple[str, str]]]:
    for view, statement, reason in sheet.signatures:
        yield [
            ("Signed by", f"{view.printed_name} ({view.user_id})"),
            ("Signed at", shown(view.at) if view.at else "unknown"),
            ("Meaning", view.meaning),
            ("Statement", statement),
            ("Reason", reason),
            ("Status", view.status),
        ]


def _screen(sheet: Sheet) -> Iterator[str]:
    for name, value in (*head(sheet), *sheet.rows):
        yield f"{name}: {_ENCODED.sub(_told, value)}"
    yield "Signatures:" if sheet.signatures else "Signatures: none"
    for rows in _signature_rows(sheet):
        yield ""
        yield from (f"  {name}: {value}" for name, value in rows if value)


def _told(encoded: re.Match[str]) -> str:
    return f"{encoded[0][:16]}... ({len(encoded[0])} characters; whole on print and as data)"


def as_data(sheet: Sheet) -> dict[str, object]:
    """The sheet as JSON types, names as on the other forms."""
    return {
        "record": sheet.record,
        "version": sheet.version,
        "state": sheet.state,
        "sha256": sheet.sha256,
        "demonstration": sheet.demonstration,
        "notes": list(sheet.notes),
        "fields": dict(sheet.fields),
        "signatures": [
            {
                "printed_name": view.printed_name,
                "user_id": view.user_id,
                "signed": shown(view.at) if view.at else "unknown",
                "signed_utc": view.at,
                "offset": view.offset,
                "meaning": view.meaning,
                "statement": statement,
                "reason": reason,
                "status": view.status,
            }
            for view, statement, reason in sheet.signatures
        ],
    }


# ------------------------------------------------------------------ pages

_STYLE = (
    "body{font:10pt/1.4 sans-serif;margin:2em;max-width:60em}table{border-collapse:collapse;margin:1em 0;width:100%}"
    "th,td{border:1px solid #999;padding:.2em .5em;text-align:left;vertical-align:top;overflow-wrap:anywhere}th{width:30%}"
)


def page(sheet: Sheet, history: Sequence[Sheet] = (), trail: Sequence[AuditEntry] = ()) -> str:
    """A printable page: record, signatures, and for a copy its earlier versions and its audit trail. No script, no link."""
    parts = [f"<h1>{_e(sheet.record)}</h1>", _table([*head(sheet), *sheet.rows]), "<h2>Signatures</h2>"]
    parts += [_table([(n, v) for n, v in rows if v]) for rows in _signature_rows(sheet)] or ["<p>none</p>"]
    for earlier in history:
        parts += [f"<h2>Version {earlier.version}</h2>", _table(list(earlier.rows))]
    return _document(sheet.record, [*parts, *_trail(trail)])


def review_page(sheet: Sheet, records: Sequence[Sheet], trail: Sequence[AuditEntry], packet: str) -> str:
    """What a reviewer reads before signing: the lot, every version of every record about it, and its whole audit trail."""
    parts = [f"<h1>Review of {_e(sheet.record)}</h1>", _table([*head(sheet), *sheet.rows, ("Review packet", packet)])]
    for one in records:
        flag = [("Flag", FLAG)] if one.fields.get("turns") == "yes" else []
        parts += [f"<h2>{_e(one.record)} version {one.version}, {_e(one.state)}</h2>", _table([*flag, *one.rows])]
    return _document(f"Review of {sheet.record}", [*parts, *_trail(trail)])


def _trail(trail: Sequence[AuditEntry]) -> Iterator[str]:
    if not trail:
        return
    yield "<h2>Audit trail</h2>"
    columns = ("No.", "Time (UTC)", "Person", "Action", "Record", "Field", "Old", "New", "Reason")
    rows = [
        (str(t.number), shown(t.at), f"{t.printed_name} ({t.user_id})", t.action, t.record, t.field, t.old, t.new, t.reason)
        for t in trail
    ]
    cells = "".join(f"<tr>{''.join(f'<td>{_e(c)}</td>' for c in row)}</tr>" for row in rows)
    yield f"<table><tr>{''.join(f'<th>{c}</th>' for c in columns)}</tr>{cells}</table>"


def _document(title: str, parts: Sequence[str]) -> str:
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{_e(title)}</title>'
        f"<style>{_STYLE}</style></head><body>{''.join(parts)}</body></html>\n"
    )


def _table(rows: Sequence[tuple[str, str]]) -> str:
    return "<table>" + "".join(f"<tr><th>{_e(n)}</th><td>{_e(v)}</td></tr>" for n, v in rows) + "</table>"


def _e(text: str) -> str:
    return html.escape(text, quote=True)


def printed_text(document: str) -> str:
    """The text a printed page shows, one line for each heading, paragraph and table row, cells joined by ``: ``."""
    reader = _Text()
    reader.feed(document)
    return "\n".join(": ".join(cells) for cells in reader.lines if cells) + "\n"


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[list[str]] = []
        self._visible = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - signature of the base class
        self._visible = tag in ("h1", "h2", "p", "th", "td")
        if tag in ("h1", "h2", "p", "tr"):
            self.lines.append([])
        if self._visible:
            self.lines[-1].append("")

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002 - signature of the base class
        self._visible = False

    def handle_data(self, data: str) -> None:
        if self._visible:
            self.lines[-1][-1] += data
