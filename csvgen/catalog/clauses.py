"""Clauses of the regulations, found by the ways people write them: ``21 CFR 11.10(e)``, ``§ 11.10(e)``, ``11.10(e)``, ``A11-9``."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from csvgen.canonical import Digest, digest_bytes
from csvgen.catalog.files import content, read

CATALOGS = ("part11", "annex11", "predicate")

_PREFIX = re.compile(
    r"^(?:21\s*CFR[\s,]*(?:part\s*)?|part\s+(?=11\.|211\.)|(?:part\s*)?(?:11|211)\s*[,:]\s*(?=(?:§{1,2}\s*|section\s+|sec\.\s*)?(?:11|211)\.)"
    r"|§{1,2}\s*|section\s+|sec\.\s*)+",
    re.IGNORECASE,
)
_ANNEX = re.compile(
    r"^(?:(?:EU\s*(?:GMP\s*)?)?Annex\s*11(?!\d)[,:\s-]*(?:clause\s*|section\s*|§\s*)?)(P|\d+(?:\.\d+)?)$", re.IGNORECASE
)
_REGULATION = re.compile(
    r"\b(?:C\.?F\.?R|U\.?S\.?C|EudraLex|ICH|ISO|IEC|IEEE|ASTM|ANSI|NIST|USP|NF|JP|Ph\.?\s?Eur|PIC/?S|WHO|MHRA|EMA|FDA|PMDA|NMPA|ANVISA|TGA|OECD"
    r"|GAMP|GMP|GLP|GCP|GDP|GDPR|HIPAA|MDR|IVDR|AMG|AMWHV|EU|EN|DIN|TRS)\b|\bAnnex\s\d|§\s?\d|\bA11-\d|^(?:58|1[01]|2\d\d|8\d\d)\.\d"
    r"|\b(?:Directive|Regulation|Act|Chapter|Part|Guideline)s?\b[^;]{0,40}\d",
    re.IGNORECASE,
)
"""Names by which regulations, standards and guidelines are cited."""
_FAMILY = re.compile(r"(A11(?=-)|\d+(?=\.))")


@dataclass(frozen=True, slots=True)
class Clause:
    id: str
    catalog: str
    edition: str
    heading: str
    text: str
    """Exact text where the catalog may hold it, else a paraphrase in own words."""
    exact: bool
    control: str
    """technical, procedural, hybrid or not_applicable."""
    citable: str
    """yes, broad, plan or no: whether a requirement may cite it."""
    enforced: bool
    """Enforced by FDA in any case; not applicable needs quality approval (RR-R08)."""


@cache
def clauses() -> Mapping[str, Clause]:
    """Every clause of every catalog, by canonical id."""
    found: dict[str, Clause] = {}
    for name in CATALOGS:
        data = read(name)
        for entry in data["clauses"]:
            text = entry.get("text") if entry.get("text") not in (None, "null") else None
            found[entry["id"]] = Clause(
                id=entry["id"],
                catalog=name,
                edition=data["edition"],
                heading=entry["heading"],
                text=text or entry.get("paraphrase", ""),
                exact=text is not None,
                control=entry.get("control_type", "hybrid"),
                citable=entry.get("citable_by_requirement", "yes"),
                enforced=entry.get("fda_2003_discretion") == "none",
            )
    return found


def editions() -> tuple[tuple[str, str, Digest], ...]:
    """Catalog, edition and digest of its file: named on every document (RR-A07)."""
    edition = {c.catalog: c.edition for c in clauses().values()}
    return tuple((name, edition[name], digest_bytes(content(name))) for name in CATALOGS)


@lru_cache(maxsize=4096)  # the same clauses are cited again and again, and several rules look at each
def canonical(citation: str) -> str:
    """The canonical id of a citation as people write it; the text itself when it has no known shape."""
    text = citation.strip()
    if match := _ANNEX.match(text):
        return f"A11-{match[1]}"
    text = _PREFIX.sub("", text).replace(" ", "")
    if dotted := re.fullmatch(r"(\d+\.\d+)((?:\.[a-z0-9]+)+)", text):
        text = dotted[1] + "".join(f"({p})" for p in dotted[2].strip(".").split("."))
    return text


def find(citation: str) -> Clause | None:
    return clauses().get(canonical(citation))


def nearest(citation: str) -> tuple[str, ...]:
    """Known ids of the same regulation close to a wrong one, best first; of all of them when it does not show its regulation."""
    wrong = canonical(citation)
    own = _FAMILY.match(wrong)
    if own is None and names_regulation(citation):
        return ()
    ids = [i for i in clauses() if own is None or i.startswith((f"{own[0]}.", f"{own[0]}-"))]
    return tuple(difflib.get_close_matches(wrong, ids, n=3, cutoff=0.6))


def names_regulation(text: str) -> bool:
    """Whether a text names a regulation, a standard or a guideline that people cite, held here or not."""
    return _REGULATION.search(text[:400]) is not None
