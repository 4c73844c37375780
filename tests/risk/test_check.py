"""A scheme with a hole, a gap, an overlap or a step back is refused, and the value is shown."""

from __future__ import annotations

import itertools
from dataclasses import replace
from math import prod
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csvgen.canonical import digest
from csvgen.model.scheme import Band, Graded, Product, Scale, Scales, Scheme, Single, TwoStep
from csvgen.risk.check import scheme_problems
from csvgen.risk.scheme import rate, scheme

FACTORS = ("severity", "probability", "detectability", "relevance")
LEVELS = ("low", "medium", "high")
RPN = scheme("rpn-1-5")
GAMP = scheme("gamp5-two-step")


def scale(*grades: str | tuple[str, int]) -> Scale:
    pairs = [(g, None) if isinstance(g, str) else (g[0], str(g[1])) for g in grades]
    return Scale(title="T", meaning="m", grades=tuple(Graded(grade=g, label=g, number=n) for g, n in pairs))


def made(scales: Scales, computation: Product | TwoStep | Single) -> Scheme:
    return Scheme(id="own", version="1", title="Own", scales=scales, computation=computation, digest=digest("own"))


def bands(*rows: tuple[int, int, str]) -> Product:
    return Product(kind="product", bands=tuple(Band(low=str(a), high=str(b), priority=p) for a, b, p in rows))


def five(*rows: tuple[int, int, str]) -> Scheme:
    return replace(RPN, computation=bands(*rows))


def two_step(**changed: Any) -> Scheme:
    return replace(GAMP, computation=GAMP.computation.model_copy(update=changed))


def without(table: Any, row: str, column: str = "") -> dict[str, dict[str, str]]:
    if not column:
        return {k: v for k, v in table.items() if k != row}
    return {**table, row: {k: v for k, v in table[row].items() if k != column}}


C, P = GAMP.computation.classes, GAMP.computation.priority
ONE = scale("not-high", "high")

BAD: list[tuple[str, Scheme, tuple[str | int, ...], str]] = [
    # gaps and overlaps: only what the scales can produce counts
    ("gap of one value", five((1, 20, "low"), (25, 64, "medium"), (65, 125, "high")), ("computation", "bands"),
     "24 lies in no band (severity 2 x probability 3 x detectability 4 = 24)"),
    ("gap of several values", five((1, 12, "low"), (30, 125, "high")), ("computation", "bands"),
     "15, 16, 18, 20, 24 and 2 more lie in no band (severity 1 x probability 3 x detectability 5 = 15)"),
    ("gap at the end", five((1, 12, "low"), (13, 120, "high")), ("computation", "bands"), "125 lies in no band"),
    ("gap at the beginning", five((2, 125, "high")), ("computation", "bands"), "1 lies in no band"),
    ("overlap of one value", five((1, 12, "low"), (12, 125, "high")), ("computation", "bands", 1),
     "12 lies in two bands, 1 to 12 and 12 to 125 (severity 1 x probability 3 x detectability 4 = 12)"),
    ("overlap of several values", five((1, 16, "low"), (12, 125, "high")), ("computation", "bands", 1),
     "12, 15, 16 lie in two bands"),
    ("band that nothing reaches", five((1, 6, "low"), (7, 7, "medium"), (8, 125, "high")), ("computation", "bands", 1),
     "no ratings lead into the band 7 to 7"),
    ("band turned round", five((12, 1, "low"), (1, 125, "high")), ("computation", "bands", 0), "the band 12 to 1 ends before it begins"),
    # order
    ("priority goes down", five((1, 12, "medium"), (13, 36, "low"), (37, 125, "high")), ("computation",),
     "severity 1, probability 2, detectability 4 is medium (RPN 8), but severity 2, probability 2, detectability 4 is low (RPN 16), and"),
    ("a class of less", two_step(priority={**P, "1": {"high": "low", "medium": "high", "low": "high"}, "2": {**P["2"], "high": "medium"}}),
     ("computation",), "is medium (class 2), but severity medium, probability high, detectability high is low (class 1)"),
    ("detectability the wrong way", two_step(priority={**P, "3": {"high": "medium", "medium": "low", "low": "low"}}),
     ("computation",), "detectability high is medium (class 3), but severity low, probability low, detectability medium is low (class 3)"),
    ("single the wrong way", made(Scales(severity=ONE), Single(kind="single", priority={"not-high": "high", "high": "low"})),
     ("computation",), "severity not-high is high (not-high), but severity high is low (high)"),
    ("numbers the wrong way", made(Scales(severity=scale(("a", 1), ("b", 3), ("c", 2)), probability=scale("1", "2")), bands((1, 6, "low"))),
     ("scales", "severity", "grades", 2), "severity goes from b = 3 back to c = 2"),
    # holes
    ("row of classes", two_step(classes=without(C, "low")), ("computation", "classes"), "there is no class severity low"),
    ("cell of classes", two_step(classes=without(C, "low", "high")), ("computation", "classes", "low"),
     "there is no class for severity low, probability high"),
    ("row of priorities", two_step(priority=without(P, "3")), ("computation", "priority"), "there is no priority class 3"),
    ("cell of priorities", two_step(priority=without(P, "3", "low")), ("computation", "priority", "3"),
     "there is no priority for class 3, detectability low"),
    ("class that nothing reaches", two_step(priority={**P, "4": P["3"]}), ("computation", "priority", "4"), "no rating leads to class 4"),
    ("grade the scale does not have", two_step(classes={**C, "huge": C["high"]}), ("computation", "classes", "huge"),
     "no rating leads to severity huge"),
    ("hole in a single", made(Scales(severity=ONE), Single(kind="single", priority={"high": "high"})), ("computation", "priority"),
     "there is no priority severity not-high"),
    # scales
    ("grade twice", made(Scales(severity=scale("1", "2", "1"), probability=scale("1", "2")), bands((1, 4, "low"))),
     ("scales", "severity", "grades", 2), "severity has the grade 1 twice"),
    ("grade without a number", made(Scales(severity=scale("low", ("high", 2)), probability=scale("1", "2")), bands((1, 4, "low"))),
     ("scales", "severity", "grades", 0), "severity low has no number"),
    ("two steps over two scales", replace(GAMP, scales=GAMP.scales.model_copy(update={"detectability": None})), ("scales",),
     "a two-step scheme rates severity, probability and detectability; here are severity, probability"),
    ("single over two scales", made(Scales(severity=ONE, probability=ONE), Single(kind="single", priority={"not-high": "low", "high": "high"})),
     ("scales",), "a single scheme rates severity alone"),
    ("product of one scale", made(Scales(severity=scale("1", "2")), bands((1, 2, "low"))), ("scales",), "at least one scale more"),
]  # fmt: skip


@pytest.mark.parametrize(("bad", "path", "said"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_bad_scheme_is_refused_with_the_value_shown(bad: Scheme, path: tuple[str | int, ...], said: str) -> None:
    found = scheme_problems(bad)
    assert found
    assert found[0].path == path
    assert said in str(found[0])


def test_what_no_ratings_can_give_is_no_gap_and_no_overlap() -> None:
    """Three grades of 1 to 5 never give 7, 11, 13 or 14."""
    assert not scheme_problems(five((1, 6, "low"), (8, 10, "medium"), (12, 125, "high")))
    assert not scheme_problems(five((1, 7, "low"), (7, 14, "medium"), (13, 125, "high")))


# ------------------------------------------------------------------ properties


def everything(rated: dict[str, Scale]) -> list[tuple[str, ...]]:
    return list(itertools.product(*(s.names for s in rated.values())))


@st.composite
def products(draw: st.DrawFn) -> Scheme:
    """Two to four scales with numbers that never shrink, and bands cut anywhere, with any priorities."""
    scales = {
        factor: scale(*((f"g{i}", n) for i, n in enumerate(sorted(draw(st.lists(st.integers(1, 6), min_size=2, max_size=4))))))
        for factor in draw(st.sampled_from([FACTORS[:2], FACTORS[:3], FACTORS]))
    }
    most = prod(s.grades[-1].value for s in scales.values())
    cuts = sorted(draw(st.sets(st.integers(1, most), max_size=3)))
    rows = [(a + 1, b, draw(st.sampled_from(LEVELS))) for a, b in itertools.pairwise([0, *cuts, most]) if a < b]
    if draw(st.booleans()):
        rows = [(a, b, p) for (a, b, _), p in zip(rows, sorted((r[2] for r in rows), key=LEVELS.index), strict=True)]
    if draw(st.booleans()):
        shift = draw(st.integers(-2, 2))
        rows = [(max(1, rows[0][0] + shift), max(1, rows[0][1] + shift), rows[0][2]), *rows[1:]]
    return made(Scales(**scales), bands(*rows))


def is_good_product(s: Scheme) -> bool:
    """Worked out the slow way: every number in one band, every band with a number, and all pairs of ratings in order."""
    assert isinstance(s.computation, Product)
    rated, rows = s.scales.rated, [(int(b.low), int(b.high), LEVELS.index(b.priority)) for b in s.computation.bands]
    table = {}
    for indexes in itertools.product(*(range(len(x.grades)) for x in rated.values())):
        number = prod(x.grades[i].value for x, i in zip(rated.values(), indexes, strict=True))
        inside = [row for row in rows if row[0] <= number <= row[1]]
        if len(inside) != 1:
            return False
        table[indexes] = inside[0]
    if set(table.values()) != set(rows) or len(set(rows)) != len(rows):
        return False
    return all(table[a][2] <= table[b][2] for a in table for b in table if all(i <= j for i, j in zip(a, b, strict=True)))


@given(products())
def test_a_product_is_accepted_exactly_when_it_is_whole_and_in_order(s: Scheme) -> None:
    assert (not scheme_problems(s)) == is_good_product(s)


@st.composite
def matrices(draw: st.DrawFn) -> Scheme:
    """Two steps over scales of two or three grades with any classes and any priorities; sometimes in order by making."""
    s, p, d = ([f"g{i}" for i in range(draw(st.integers(2, 3)))] for _ in range(3))
    ordered = draw(st.booleans())
    offset = draw(st.integers(0, 1))
    classes = {
        a: {b: str(min(2, (i + j + offset) // 2)) if ordered else draw(st.sampled_from("012")) for j, b in enumerate(p)}
        for i, a in enumerate(s)
    }
    used = sorted({c for row in classes.values() for c in row.values()})
    priority = {
        c: {g: LEVELS[min(2, (int(c) + k) // 2)] if ordered else draw(st.sampled_from(LEVELS)) for k, g in enumerate(d)}
        for c in used
    }
    scales = Scales(severity=scale(*s), probability=scale(*p), detectability=scale(*d))
    return made(scales, TwoStep(kind="two-step", classes=classes, priority=priority))


@given(matrices())
def test_worse_ratings_never_ask_for_less_in_an_accepted_scheme(s: Scheme) -> None:
    rated = s.scales.rated
    level = {g: LEVELS.index(rate(s, dict(zip(rated, g, strict=True))).priority) for g in everything(rated)}
    in_order = all(level[a] <= level[b] for a in level for b in level if all(x <= y for x, y in zip(a, b, strict=True)))
    assert (not scheme_problems(s)) == in_order
