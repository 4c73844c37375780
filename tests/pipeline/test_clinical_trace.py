"""From each derived record to its source rows and back: the rows a record names are enough to make it again, and no others have part."""

from __future__ import annotations

import dataclasses
import datetime as dt
from functools import cache

import pytest

from csvgen.errors import BadInput, NotIntact
from csvgen.pipeline.clinical.adsl import ADSL, SITES, adsl, sites
from csvgen.pipeline.clinical.baseline import BASELINE, baseline
from csvgen.pipeline.clinical.dataset import Row
from csvgen.pipeline.clinical.efficacy import EFFICACY, efficacy
from csvgen.pipeline.clinical.subject import gathered
from csvgen.pipeline.clinical.tracing import GIVEN, Origin, Tracing
from csvgen.pipeline.clinical.tte import ADTTE, adtte
from tests.pipeline.clinical_lab import PLAN, frame, given, perform, pilot, records, xpt

CUT = dt.date(2015, 3, 31)


@cache
def tracing() -> Tracing:
    return Tracing(pilot().products)


def again(origin: Origin) -> dict[tuple[str, ...], tuple[str, ...]]:
    """Every record of the table that comes out of these rows alone."""
    of = {d: [r for r in origin.rows if r.domain == d] for d in ("DM", "EX", "TS")}
    cut, cut_rows = (CUT, tuple(of["TS"])) if of["TS"] else (None, ())
    found = gathered(of["DM"], of["EX"], PLAN, cut)
    made, shape = {
        "ADSL": (lambda: adsl(found, cut_rows), ADSL),
        "ADSITE": (lambda: sites(found, PLAN), SITES),
        "ADBASE": (lambda: baseline(found, (), cut_rows), BASELINE),
        "ADTTE": (lambda: adtte(found, cut_rows), ADTTE),
    }[origin.table]
    return {shape.key_of(r.values): r.values for r in made()}


def test_every_record_comes_again_from_the_rows_it_names_and_from_nothing_else() -> None:
    keys = [k for k in tracing().every() if k[0] != "EFFICACY"]
    assert len(keys) == 254 + 17 + 5 * 254 + 2 * 254
    for table, key in keys:
        origin = tracing().origin(table, key)
        assert again(origin)[key] == tuple(tracing().record(table, key).values()), (table, key)
        subjects = {r["USUBJID"] for r in origin.rows if r.domain != "TS"}
        assert table == "ADSITE" or subjects == {key[0]}


def test_every_statistic_comes_again_from_the_rows_it_names() -> None:
    """Through the times of exactly those subjects; sets of rows that are the same are worked out once."""
    seen: dict[frozenset[tuple[str, int]], dict[tuple[str, ...], tuple[str, ...]]] = {}
    keys = [k for k in tracing().every() if k[0] == "EFFICACY"]
    assert len(keys) == len(records(pilot(), "efficacy")) > 200
    for table, key in keys:
        origin = tracing().origin(table, key)
        place = frozenset((r.domain, r.number) for r in origin.rows) | {(key[0], 0), (key[1], 0)}
        if place not in seen:
            seen[place] = {EFFICACY.key_of(r.values): r.values for r in efficacy(key[0], _times(origin, key), PLAN)}
        assert seen[place][key] == tuple(tracing().record(table, key).values()), key
    assert len(seen) == 3 * (3 + 2 + 1)


def _times(origin: Origin, key: tuple[str, ...]) -> list[dict[str, str]]:
    if key[0] == GIVEN:
        assert not origin.through
        return [dict(r.values) for r in origin.rows]
    subjects: dict[str, list[Row]] = {}
    for row in origin.rows:
        if row.domain != "TS":
            subjects.setdefault(row["USUBJID"], []).append(row)
    ts = [r for r in origin.rows if r.domain == "TS"]
    made = []
    for rows in subjects.values():
        found = again(dataclasses.replace(origin, table="ADTTE", rows=(*rows, *ts)))
        made.append(dict(zip(ADTTE.names, found[rows[0]["USUBJID"], key[1]], strict=True)))
    assert len(origin.through) == len(made)
    return made


def test_back_and_forth_name_each_other() -> None:
    there = {(t, k): {(r.domain, r.number) for r in tracing().origin(t, k).rows} for t, k in tracing().every() if k[0] != GIVEN}
    for domain, count in (("DM", 306), ("EX", 591), ("TS", 48)):
        for number in range(1, count + 1, 1 if domain == "TS" else 13):
            back = {(t, k) for t, k in tracing().derived(domain, number) if k[0] != GIVEN}
            assert back == {about for about, rows in there.items() if (domain, number) in rows}
    screen_failure = frame("dm").index[frame("dm").ARM == "Screen Failure"][0] + 1
    assert tracing().derived("DM", int(screen_failure)) == ()


def test_a_source_row_is_named_by_place_sequence_number_and_digest() -> None:
    found = [r.source for r in tracing().origin("ADSL", ("01-701-1015",)).rows]
    assert [(s.domain, s.row, s.seq) for s in found] == [
        ("DM", 1, ""),
        ("EX", 1, "1"),
        ("EX", 2, "2"),
        ("EX", 3, "3"),
        ("TS", 38, "1"),
    ]
    changed = frame("ex")
    changed.loc[0, "EXDOSU"] = "g"
    other = Tracing(perform(given() | {"ex": xpt(changed, "EX")}).products).origin("ADSL", ("01-701-1015",))
    assert [a.source.digest == b.digest for a, b in zip(other.rows, found, strict=True)] == [True, False, True, True, True]
    assert tracing().origin("ADTTE", ("01-701-1015", "TTDTH")).rule == "adtte/1.0"


@pytest.mark.parametrize("product", ["ex-rows", "adsl-trace", "adsl"])
def test_rows_traces_and_tables_that_do_not_belong_together_are_found(product: str) -> None:
    data = pilot().products[product]
    old, new = {
        "ex-rows": (b'"2014-01-02","2014-01-16"', b'"2014-01-02","2014-01-15"'),
        "adsl-trace": (b'"01-701-1015"]', b'"01-701-1016"]'),
        "adsl": (b"CDISCPILOT01,01-701-1015", b"CDISCPILOT01,01-701-1016"),
    }[product]
    assert data.count(old) == 1
    products = {**pilot().products, product: data.replace(old, new)}
    with pytest.raises(NotIntact):
        Tracing(products).origin("ADSL", ("01-701-1015",))


def test_what_is_not_there_is_said_with_what_there_is() -> None:
    with pytest.raises(BadInput, match="no record '01-701-9999' in 'ADSL'; tables are ADSL, ADSITE, ADBASE, ADTTE, EFFICACY"):
        tracing().origin("ADSL", ("01-701-9999",))
    with pytest.raises(BadInput, match="no row 592 in 'EX'"):
        tracing().derived("EX", 592)
