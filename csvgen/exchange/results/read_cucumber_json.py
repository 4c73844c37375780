"""Cucumber JSON: the frozen form that Cucumber, behave and stock pytest-bdd write, each a little differently.

https://github.com/cucumber/cucumber-json-schema; behave: features without uri, tags as plain text, a status of the scenario, steps
without a result where they were not reached. The form says nothing of retries: a scenario that passed after a failure looks passed.
Stock pytest-bdd leaves a step that has no definition, and all after it, out of the file: a pass in it shows nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from csvgen.exchange.readers.base import Unreadable
from csvgen.exchange.results.json_text import Number, list_of, load, object_of, text_of
from csvgen.exchange.results.seen import Found, Raw, Seen, first
from csvgen.model.imported import ForeignVerdict, worst

VERSION = 1
_NANO = Decimal("0.000000001")
_NOTHING = "no result"
_STOCK = (
    "stock pytest-bdd leaves steps without a definition out of this form; a pass in it can be a scenario that was never executed"
)


def read(files: Sequence[Raw], found: Found) -> None:
    """All scenarios of all features."""
    for raw in files:
        features = load(raw)
        if not isinstance(features, list):
            raise Unreadable("Cucumber JSON is a list of features", where=raw.name)
        for feature in features:
            _feature(object_of(feature, raw.name), raw, found)
    found.odd(files[0].name, "this form does not say whether a scenario was tried again; ask whoever ran it")


def _feature(feature: Mapping[str, Any], raw: Raw, found: Found) -> None:
    uri = text_of(feature.get("uri")) or text_of(feature.get("location")).rpartition(":")[0] or text_of(feature.get("name"))
    own = _tags(feature, raw, found)
    background: list[Any] = []
    since = len(found.seen)
    for one in list_of(feature.get("elements"), raw.name):
        element = object_of(one, raw.name)
        if text_of(element.get("type")) == "background":
            background = [s for s in list_of(element.get("steps"), raw.name) if isinstance(s, dict) and "result" in s]
            continue
        _scenario(element, uri, (*own, *_tags(element, raw, found)), background, raw, found)
        background = []
    if _stock(feature, raw):
        found.odd(raw.name, f"{_STOCK}; import its JUnit file")
        found.not_passed(since, ForeignVerdict.UNKNOWN, _STOCK)


def _stock(feature: Mapping[str, Any], raw: Raw) -> bool:
    """Whether stock pytest-bdd wrote it: a language, and steps whose definition is nowhere."""
    steps = [s for e in list_of(feature.get("elements"), raw.name) for s in list_of(e.get("steps"), raw.name)]
    nowhere = all(object_of(object_of(s, raw.name).get("match") or {}, raw.name).get("location") == "" for s in steps)
    return "language" in feature and nowhere


def _scenario(element: Mapping[str, Any], uri: str, tags: tuple[str, ...], background: list[Any], raw: Raw, found: Found) -> None:
    identity = f"{uri}::{text_of(element.get('name')).strip()}"
    steps = [object_of(s, raw.name) for s in (*background, *list_of(element.get("steps"), raw.name))]
    hooks = [object_of(h, raw.name) for n in ("before", "after") for h in list_of(element.get(n), raw.name)]
    hooks += [object_of(h, raw.name) for s in steps for n in ("before", "after") for h in list_of(s.get(n), raw.name)]
    words = [_word(s, raw) for s in steps]
    around = [_word(h, raw) for h in hooks]
    whole = text_of(element.get("status"))
    verdict = worst(found.verdict(w, identity) for w in words)
    if not steps:
        verdict = ForeignVerdict.NOT_RUN
    verdict = worst([verdict, *(found.verdict(w, identity) for w in (*around, *([whole] if whole else [])))])
    results = [object_of(p.get("result") or {}, raw.name) for p in (*steps, *hooks)]
    behave = bool(whole)
    found.add(
        Seen(
            identity=identity,
            title=text_of(element.get("name")),
            status=whole or ", ".join(dict.fromkeys((*words, *around))) or _NOTHING,
            verdict=verdict,
            reason="" if verdict is ForeignVerdict.PASSED else first(_message(r) for r in results) or _told(words, around, whole),
            place=text_of(element.get("location")) or _place(element),
            started=found.moment(text_of(element.get("start_timestamp")), identity),
            seconds=_seconds(results, Decimal(1) if behave else _NANO, identity, found),
            carries=tags,
        )
    )


def _place(element: Mapping[str, Any]) -> str:
    line, identity = text_of(element.get("line")), text_of(element.get("id"))
    return ", ".join(p for p in (f"line {line}" if line else "", identity) if p)


def _word(part: Mapping[str, Any], raw: Raw) -> str:
    """Status of a step or hook; one that was never reached has no result."""
    return text_of(object_of(part.get("result") or {}, raw.name).get("status")) or _NOTHING


def _message(result: Mapping[str, Any]) -> str:
    said = result.get("error_message")
    return "\n".join(str(line) for line in said) if isinstance(said, list) else text_of(said)


def _told(words: Sequence[str], around: Sequence[str], whole: str) -> str:
    if not words:
        return "it has no step"
    odd = [w for w in (*words, *around, whole) if w and w != "passed"]
    return f"{odd[0]}" if odd else ""


def _seconds(results: Sequence[Mapping[str, Any]], unit: Decimal, identity: str, found: Found) -> str:
    total = Decimal(0)
    for result in results:
        said = result.get("duration")
        if isinstance(said, str) and not isinstance(said, Number):
            found.odd(identity, "a duration written as text")
        total += Decimal(found.seconds(text_of(said), unit, identity) or 0)
    return f"{total.normalize():f}" if total else ""


def _tags(part: Mapping[str, Any], raw: Raw, found: Found) -> tuple[str, ...]:
    tags = tuple(text_of(t.get("name")) if isinstance(t, dict) else text_of(t) for t in list_of(part.get("tags"), raw.name))
    for tag in tags:
        found.note("tag", tag)
    return tags
