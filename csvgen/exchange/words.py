"""Words of other tools for values that are a closed set here: SHALL is must, High is must, Usability is a function."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from csvgen.catalog.cite import cited_in
from csvgen.catalog.clauses import find
from csvgen.exchange.columns import plain

_CLOSED: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "priority": {
        "must": ("must", "shall", "mandatory", "required", "essential", "high", "critical", "m", "must have"),
        "should": ("should", "recommended", "desirable", "medium", "s", "should have"),
        "could": ("could", "may", "optional", "low", "nice to have", "c", "could have"),
    },
    "gxp": {"yes": ("yes", "y", "true", "x", "gxp", "gmp", "relevant", "1"), "no": ("no", "n", "false", "none", "not relevant", "non gxp", "0")},
    "phase": {"IQ": ("iq", "installation qualification"), "OQ": ("oq", "operational qualification"), "PQ": ("pq", "performance qualification")},
    "verification": {
        "test": ("test", "testing", "t"),
        "inspection": ("inspection", "review", "i"),
        "procedure": ("procedure", "sop"),
        "vendor-evidence": ("vendor evidence", "supplier evidence", "vendor"),
        "justification": ("justification",),
    },
}  # fmt: skip
_CATEGORIES: tuple[tuple[str, str], ...] = (
    ("audit-trail", r"audit[ -]?trail"),
    ("e-signature", r"signature|sign-off"),
    ("access", r"security|access|authenti|authori[sz]|user (?:management|roles?)|passwords?|segregation"),
    ("data-integrity", r"data integrity|records?|retention|backup|archiv"),
    ("performance", r"performance|capacity|availability|throughput|response time|scalab"),
    ("installation", r"installation|infrastructure|hardware|platform"),
    ("procedure", r"procedur|training|sops?\b"),
    ("function", r"function|interface|integration|report|usability"),
)
_OF_RULES = re.compile(r"regulat|complian|part 11|annex 11|gxp|quality", re.IGNORECASE)


def closed(field: str, said: str) -> str | None:
    """The value here for a word of another tool; None for a word that is not known."""
    if field == "category":
        return category_of(said, "")
    words = plain(said)
    return next((value for value, known in _CLOSED[field].items() if words in known), None)


def category_of(section: str, statement: str) -> str | None:
    """A category by the words of the headings, the nearest first; under headings of regulation by the statement too."""
    for heading in reversed(section.split(" > ")):
        for category, words in _CATEGORIES:
            if re.search(words, heading, re.IGNORECASE):
                return category
        if _OF_RULES.search(heading):
            for category, words in _CATEGORIES[:4]:
                if re.search(words, statement, re.IGNORECASE):
                    return category
    return None


def clauses_in(text: str) -> list[str]:
    """Clauses a text names itself, as far as a catalog has them and a requirement may cite them; none is guessed."""
    found: dict[str, None] = {}
    for cited in cited_in(text):
        clause = find(cited.id) if cited.id and cited.tidy and not cited.draft else None
        if clause is not None and clause.citable in {"yes", "broad"}:
            found[clause.id] = None
    return list(found)


def listed_clauses(text: str) -> tuple[list[str], list[str]]:
    """Citations of a column of citations: those a catalog has, and the others."""
    known: list[str] = []
    other: list[str] = []
    for line in re.split(r"[;\n]", text):
        whole = line.strip(" •-")
        for part in [whole] if find(whole) is not None else re.split(r",(?![^(]*\))", whole):
            if said := part.strip():
                (known if find(said) is not None else other).append(said)
    return known, other


def allowed(field: str) -> tuple[str, ...]:
    """The values of a closed set."""
    return tuple(c for c, _ in _CATEGORIES) if field == "category" else tuple(_CLOSED[field])


def close(fields: dict[str, Any], attributes: dict[str, str]) -> dict[str, str]:
    """Words of the file for the values of closed sets; a word that is not the value itself is kept as an attribute.

    Gives the words that are not understood, by their field.
    """
    unknown: dict[str, str] = {}
    for name in ("category", "gxp", "priority", "phase", "verification"):
        if (said := fields.get(name)) is None:
            continue
        value = closed(name, said)
        if value is None or value.casefold() != said.casefold():
            attributes.setdefault(f"{name.capitalize()} in the file", said)
        if value is None:
            unknown[name] = fields.pop(name)
        else:
            fields[name] = value
    return unknown


def cite(fields: dict[str, Any], attributes: dict[str, str], statement: str, assumed: dict[str, str]) -> None:
    """Clauses as a column lists them, else as the statement names them."""
    if isinstance(cited := fields.get("clauses"), str):
        known, other = listed_clauses(cited)
        fields["clauses"] = known
        if other:
            attributes.setdefault("Citations no catalog has", "\n".join(other))
    elif cited is None and (named := clauses_in(statement)):
        fields["clauses"] = named
        assumed["clauses"] = "as the statement names them"
