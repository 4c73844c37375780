"""Allure results: a folder of *-result.json, *-container.json and attachments (https://allurereport.org/docs/how-it-works/).

Results with one historyId are attempts of one test, in the order of their time: so Allure itself counts them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from csvgen.exchange.readers.base import Unreadable
from csvgen.exchange.results.json_text import Number, list_of, load, object_of, text_of
from csvgen.exchange.results.seen import Found, Raw, Seen, whole
from csvgen.model.imported import ForeignVerdict

VERSION = 1
RESULT, CONTAINER = "-result.json", "-container.json"
_MILLI = Decimal("0.001")
_LABELS = {"framework", "host", "thread", "language", "package", "parentSuite", "suite", "subSuite", "testClass", "testMethod"}
"""Labels that say where a test ran or stands, not what it is about."""


def read(files: Sequence[Raw], found: Found) -> None:
    """All results of the folder."""
    results = [(raw, object_of(load(raw), raw.name)) for raw in files if raw.name.endswith(RESULT)]
    if not results:
        raise Unreadable(f"there is no *{RESULT} among its files", where=files[0].name)
    broken = _broken(files, found)
    uuids = [text_of(r.get("uuid")) for _, r in results]
    if twice := next((u for n, u in enumerate(uuids) if u and u in uuids[:n]), ""):
        raise Unreadable(f"the result {twice!r} stands twice", where=files[0].name)
    known = {r.name.rpartition("/")[2] for r in files}
    ordered = sorted(results, key=lambda pair: (_at(pair[1]), pair[0].name))
    tries: dict[str, int] = {}
    for raw, result in ordered:
        history = text_of(result.get("historyId"))
        tries[history] = tries.get(history, 0) + 1
        _result(raw, result, broken, tries[history] if history else None, found)
        for missing in sorted(set(_attachments(result)) - known):
            found.odd(raw.name, f"its attachment {missing[:80]!r} is not in the folder")


def _result(raw: Raw, result: Mapping[str, Any], broken: Mapping[str, str], attempt: int | None, found: Found) -> None:
    word = text_of(result.get("status")) or "no status"
    details = object_of(result.get("statusDetails") or {}, raw.name)
    identity = text_of(result.get("fullName")) or text_of(result.get("name"))
    verdict = found.verdict(word, identity)
    reason = text_of(details.get("message")) or word
    around = broken.get(text_of(result.get("uuid")), "")
    if verdict is ForeignVerdict.PASSED and around:
        verdict, reason = ForeignVerdict.ERROR, f"its {around} did not pass"
    elif verdict is ForeignVerdict.PASSED and details.get("flaky") is True:
        verdict, reason = ForeignVerdict.FLAKY, "the file itself calls it flaky"
    elif verdict is ForeignVerdict.PASSED and text_of(result.get("stage")) not in ("", "finished"):
        verdict, reason = ForeignVerdict.NOT_RUN, f"its stage is {text_of(result.get('stage'))}, not finished"
    start, stop = text_of(result.get("start")), text_of(result.get("stop"))
    found.add(
        Seen(
            identity=identity,
            title=text_of(result.get("name")),
            status=word,
            verdict=verdict,
            reason="" if verdict is ForeignVerdict.PASSED else reason,
            place=_place(result, raw),
            started=found.epoch(start, _MILLI, identity),
            seconds=_between(start, stop, identity, found),
            carries=_carries(result, raw, found),
            attempt=attempt,
        )
    )


def _broken(files: Sequence[Raw], found: Found) -> dict[str, str]:
    """By uuid of a result, which of its set-ups or tear-downs did not pass."""
    names: dict[str, str] = {}
    for raw in (f for f in files if f.name.endswith(CONTAINER)):
        container = object_of(load(raw), raw.name)
        for kind, word in (("befores", "set-up"), ("afters", "tear-down")):
            for fixture in (object_of(f, raw.name) for f in list_of(container.get(kind), raw.name)):
                status = text_of(fixture.get("status"))
                if status not in ("", "passed"):  # finalizers of pytest are written without a status
                    found.verdict(status, raw.name)
                    for child in list_of(container.get("children"), raw.name):
                        names.setdefault(text_of(child), f"{word} {text_of(fixture.get('name'))!r}")
    return names


def _carries(result: Mapping[str, Any], raw: Raw, found: Found) -> tuple[str, ...]:
    carried = []
    for label in (object_of(one, raw.name) for one in list_of(result.get("labels"), raw.name)):
        name, value = text_of(label.get("name")), text_of(label.get("value"))
        if name == "framework" and not found.tool:
            found.tool = value
        found.note(name, value)
        if name not in _LABELS:
            carried.append(f"{name}={value}")
    for link in (object_of(one, raw.name) for one in list_of(result.get("links"), raw.name)):
        found.note(text_of(link.get("type")) or "link", text_of(link.get("name")))
        carried.append(f"{text_of(link.get('type')) or 'link'}={text_of(link.get('name'))}")
    return tuple(carried)


def _place(result: Mapping[str, Any], raw: Raw) -> str:
    """What tells two tests of one name apart: their parameters, by the history that Allure keeps of each."""
    parameters = [object_of(p, raw.name) for p in list_of(result.get("parameters"), raw.name)]
    shown = ", ".join(f"{text_of(p.get('name'))}={text_of(p.get('value'))}" for p in parameters)
    history = text_of(result.get("historyId"))
    return f"{shown} {history[:12]}".strip() if shown else history[:12]


def _attachments(part: Mapping[str, Any]) -> list[str]:
    own = [text_of(a.get("source")) for a in part.get("attachments") or () if isinstance(a, dict)]
    return own + [n for s in part.get("steps") or () if isinstance(s, dict) for n in _attachments(s)]


def _at(result: Mapping[str, Any]) -> int:
    return whole(text_of(result.get("start"))) or 0


def _between(start: str, stop: str, identity: str, found: Found) -> str:
    for said in (start, stop):
        if said and not isinstance(said, Number):
            found.odd(identity, "a time written as text")
    begun, ended = whole(start), whole(stop)
    if begun is None or ended is None:
        return found.seconds("" if not start or not stop else "not a number", _MILLI, identity)
    return found.seconds(str(ended - begun), _MILLI, identity)
