"""Structural rules of the data sets: variables that must be there, keys that must be unique, values that can be. SDTMIG 3.2."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from csvgen.errors import BadInput
from csvgen.pipeline.clinical.dataset import Dataset, Row
from csvgen.pipeline.clinical.dates import when
from csvgen.pipeline.clinical.plan import Plan
from csvgen.pipeline.numbers import number

_MOST_NAMED = 5


@dataclass(frozen=True)
class Rules:
    """What one data set must be like."""

    key: tuple[str, ...]
    filled: tuple[str, ...]
    """Variables that must be there and have a value in each row."""
    there: tuple[str, ...] = ()
    """Variables that must be there; a value may be missing."""
    numbers: tuple[str, ...] = ()
    not_negative: tuple[str, ...] = ()
    domain: bool = True
    """Whether DOMAIN must name the data set in each row."""


RULES = {
    "DM": Rules(
        key=("USUBJID",),
        filled=("STUDYID", "DOMAIN", "USUBJID", "SUBJID", "SITEID", "ARM", "ACTARM", "SEX", "RACE", "AGE", "AGEU"),
        there=("RFSTDTC", "RFENDTC", "RFPENDTC", "DTHDTC", "DTHFL", "DMDTC", "ETHNIC"),
        numbers=("AGE",),
        not_negative=("AGE",),
    ),
    "EX": Rules(
        key=("USUBJID", "EXSEQ"),
        filled=("STUDYID", "DOMAIN", "USUBJID", "EXSEQ", "EXTRT", "EXDOSE", "EXDOSU", "EXSTDTC", "VISITNUM"),
        there=("EXENDTC",),
        numbers=("EXSEQ", "EXDOSE", "VISITNUM"),
        not_negative=("EXDOSE",),
    ),
    "TS": Rules(
        key=("TSPARMCD", "TSSEQ"), filled=("STUDYID", "DOMAIN", "TSPARMCD", "TSSEQ"), there=("TSVAL",), numbers=("TSSEQ",)
    ),
    "ADTTE": Rules(
        key=("USUBJID", "PARAMCD"),
        filled=("STUDYID", "USUBJID", "PARAMCD", "PARAM", "TRTP", "AVAL", "CNSR"),
        numbers=("AVAL", "CNSR"),
        not_negative=("AVAL", "CNSR"),
        domain=False,
    ),
}
"""By name of the data set."""


def rules_of(domain: str) -> Rules:
    """The rules of a data set. A findings domain has them by its two letters."""
    if domain in RULES:
        return RULES[domain]
    return Rules(
        key=("USUBJID", f"{domain}SEQ"),
        filled=("STUDYID", "DOMAIN", "USUBJID", f"{domain}SEQ", f"{domain}TESTCD", f"{domain}TEST"),
        there=(f"{domain}STRESN", f"{domain}DTC"),
        numbers=(f"{domain}SEQ", f"{domain}STRESN"),
    )


def check(data: Dataset, plan: Plan, where: str) -> None:
    """Raises BadInput, naming file, row and variable, for the first thing that cannot be."""
    rules = rules_of(data.domain)
    if absent := [n for n in (*rules.filled, *rules.there) if n not in data.names]:
        raise BadInput(f"the variable {', '.join(absent)} is missing", where=where)
    kinds = {v.name: v.kind for v in data.variables}
    ruled = {*rules.filled, *rules.there, *rules.numbers}
    if wrong := [n for n in kinds if n in ruled and (kinds[n] == "number") != (n in rules.numbers)]:
        raise BadInput(f"the variable {', '.join(wrong)} is of type {kinds[wrong[0]]}", where=where)
    for row in data.each():
        _row(row, rules, plan, where)
    keys = Counter(tuple(row[n] for n in rules.key) for row in data.each())
    if twice := [" ".join(k) for k, n in keys.items() if n > 1]:
        raise BadInput(f"{', '.join(rules.key)} must be unique; there twice: {some(twice)}", where=where)


def _row(row: Row, rules: Rules, plan: Plan, where: str) -> None:
    place = f"{where} row {row.number}"
    for name in rules.filled:
        if not row[name]:
            raise BadInput("the value is missing", where=f"{place} {name}")
    if row["STUDYID"] != plan.study:
        raise BadInput(f"study {row['STUDYID'][:40]!r}, expected is {plan.study!r}", where=f"{place} STUDYID")
    if rules.domain and row["DOMAIN"] != row.domain:
        raise BadInput(f"domain {row['DOMAIN'][:8]!r}, expected is {row.domain!r}", where=f"{place} DOMAIN")
    for name in rules.not_negative:
        if number(row[name], f"{place} {name}") < 0:
            raise BadInput(f"lies below zero: {row[name]}", where=f"{place} {name}")
    _dates(row, plan, place)
    if row.domain == "ADTTE" and row["CNSR"] not in ("0", "1"):
        raise BadInput(f"{row['CNSR']} is neither 0 (event) nor 1 (censored)", where=f"{place} CNSR")


def _dates(row: Row, plan: Plan, place: str) -> None:
    for name, value in dates(row):
        found = when(value, f"{place} {name}")
        if plan.received and found.first > dt.date.fromisoformat(plan.received):
            raise BadInput(f"{value} lies after {plan.received}, when the data arrived", where=f"{place} {name}")
    if row.domain == "EX" and row["EXENDTC"] and when(row["EXSTDTC"]).first > when(row["EXENDTC"]).last:
        raise BadInput(f"ends on {row['EXENDTC']}, before it begins on {row['EXSTDTC']}", where=f"{place} EXENDTC")


def dates(row: Row) -> Iterator[tuple[str, str]]:
    """Variables of a row that are dates, with their values; missing ones left out."""
    return ((name, row[name]) for name in row.values if name.endswith("DTC") and row[name])


def some(names: Iterable[str]) -> str:
    """The first few of many, and how many there are."""
    listed = list(names)
    more = f" and {len(listed) - _MOST_NAMED} more" if len(listed) > _MOST_NAMED else ""
    return ", ".join(n[:60] for n in listed[:_MOST_NAMED]) + more
