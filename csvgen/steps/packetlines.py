"""The review packet as a terminal shows it: what a reviewer reads there is what the packet holds.

Nothing of the system's own drawing is used here: what has to stand in the lines is worked out from the data of the packet.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from csvgen.clock import shown
from csvgen.steps.common import Bench
from csvgen.steps.lots import view

_VERSION = "sha256"
"""The field of an entry that names the new version itself; what changed stands in the other fields."""
_PLAIN = 60
"""Longer values may be shortened, or broken over lines inside a word."""
_SHORTENED = re.compile(r"(\d+) values are shortened here")
SOURCE = "Signing.review_lines against Signing.review_packet"

Entry = Mapping[str, Any]


def take(bench: Bench, lot: str) -> None:
    """By the auditor, before the reviewer is shown the packet: what the reviewer was shown stays the newest, and no time is lost after it."""
    port = bench.port("Signing")
    if hasattr(port, "review_lines"):
        bench.actors.log_in("auditor")
        bench.world.facts["packet lines"] = port.review_lines(bench.actors.session("auditor"), lot)


def look(bench: Bench, lot: str, packet: Mapping[str, Any]) -> None:
    """Files and run of the lot; and as a terminal shows it, where the system can: records with their changes, events with their values."""
    held = {str(r["record"]) for r in packet.get("records", [])}
    told = {str(e["record"]) for e in packet.get("audit_trail", [])}
    found = view(bench, lot)
    own = [f"file/{lot}:{name}" for name in found.files] + [f"run/{found.run_record.get('id', '(no run)')}"]
    for what, names in (("records", held), ("entries", told)):
        missing = "; ".join(n for n in own if n not in names) or "none"
        bench.observe(
            f"files and run of the lot without {what} in the packet", expected="none", actual=missing, source="Pipeline.lot"
        )
    if "packet lines" not in bench.world.facts:
        return
    lines: tuple[str, ...] = bench.world.facts["packet lines"]
    bench.attach("\n".join(lines), name=f"review packet of {lot} as a terminal shows it", media_type="text/plain")
    text = " ".join(" ".join(lines).split())
    newest: dict[str, Mapping[str, Any]] = {str(r["record"]): r for r in packet.get("records", [])}
    wanted = {
        "records with what was changed of them": list(_records(newest)),
        "values of records": list(_values(newest)),
        "events with their values": list(_events(packet.get("audit_trail", []), newest)),
    }
    for what, parts in wanted.items():
        bench.observe(f"{what} to be read", expected="1", actual=str(len(parts)), by="at-least", source=SOURCE)
        missing = "; ".join(p for p in parts if p not in text) or "none"
        bench.observe(f"{what} that are not in the lines", expected="none", actual=missing, source=SOURCE)
    never = [r for r, v in newest.items() if v["version"] == 1 and re.search(rf"{re.escape(r)} version 1,[^:]* changed \d", text)]
    bench.observe("records told as changed that never were", expected="none", actual="; ".join(never) or "none", source=SOURCE)
    short, most = sum(int(n) for n in _SHORTENED.findall(text)), text.count("...")
    bench.observe("values told as shortened", expected="1", actual=str(short), by="at-least", source=SOURCE)
    bench.observe(
        "values told as shortened, against cuts in the lines", expected=str(most), actual=str(short), by="at-most", source=SOURCE
    )


def _records(newest: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for record, found in newest.items():
        yield f"{record} version {found['version']},"
        if found["version"] > 1:
            yield f"changed {found['version'] - 1} times: see the trail"


def _values(newest: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for record, found in newest.items():
        if not record.startswith("lot/"):  # of a lot the rows are shown, which are drawn from several fields
            yield from (f"{name}: {v}" for name, v in found["content"].items() if isinstance(v, str) and _is_plain(v))


def _is_plain(value: str) -> bool:
    return (
        bool(value)
        and len(value) <= _PLAIN
        and value[:1] not in "[{"
        and "sha256:" not in value
        and value == " ".join(value.split())
    )


def _events(entries: Sequence[Entry], newest: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    seen: set[str] = set()
    for number, group in groupby(entries, key=lambda e: e["number"]):
        event = list(group)
        first, changes = event[0], [e for e in event if e["field"] and e["field"] != _VERSION]
        subject = str(first["record"])
        head = f"{number} {shown(first['at'])} {first['user_id']} {first['action']} {subject}"
        new = subject not in seen
        if first["field"]:
            seen.add(subject)
        if first["reason"]:
            yield " ".join(f"({first['reason']})".split())
        if new and changes and subject in newest and newest[subject]["version"] == 1:
            yield f"{head}, new, as shown above"
            continue
        yield head
        said = {first["user_id"], first["printed_name"], subject, subject.partition("/")[2]}
        for e in changes:
            if new and _is_plain(e["new"]) and e["new"] not in said:
                yield f"{e['field']} {e['new']}"
            elif not new and all(not v or _is_plain(v) for v in (e["old"], e["new"])):
                yield f"{e['field']}: {e['old'] or '-'} -> {e['new'] or '-'}"
