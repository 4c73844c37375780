"""Who signs next, who may not, and when a record has what it needs."""

from __future__ import annotations

import datetime as dt
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csvgen import clock
from csvgen.crypto.trust import Trust
from csvgen.signature.routing import ALWAYS_APART, awaiting, separation_problem, standing

from .signing import ROUTE, all_signed, document, signed


@pytest.fixture(scope="module")
def complete(pki):
    on = document(pki)
    return on, all_signed(pki, on)


def test_complete_record_is_approved(pki, complete):
    found = standing(*complete, pki.trust)
    assert found.complete
    assert found.approved
    assert (found.missing, found.problems, found.trusted) == ((), (), True)


def test_unknown_trust_is_not_approval(complete):
    found = standing(*complete, Trust.none)
    assert (found.complete, found.trusted, found.approved) == (True, None, False)


def test_false_root_is_not_approval(complete, attacker):
    found = standing(*complete, attacker.trust)
    assert not found.approved
    assert len(found.problems) == 3
    assert all("no trusted root vouches" in p for p in found.problems)


def test_stations_wait_one_after_the_other(complete):
    on, _ = complete
    assert [awaiting(on, set(range(1, n))).meaning for n in (1, 2, 3)] == [m for m, _ in ROUTE]
    assert awaiting(on, {1, 2, 3}) is None
    assert awaiting(on, {1, 3}).number == 2, "a later one does not stand for an earlier one"


@pytest.mark.parametrize("count", [0, 1, 2])
def test_every_signature_is_needed(pki, complete, count):
    on, all_of_them = complete
    found = standing(on, all_of_them[:count], pki.trust)
    assert not found.approved
    assert not found.problems, "what is there is right; it is only not all"
    assert [m.number for m in found.missing] == list(range(count + 1, 4))


@pytest.mark.parametrize("order", [o for o in itertools.permutations(range(3)) if o != (0, 1, 2)])
def test_any_other_order_is_a_problem(pki, complete, order):
    on, all_of_them = complete
    found = standing(on, [all_of_them[n] for n in order], pki.trust)
    assert not found.approved
    assert found.problems


def test_surplus_signature_is_a_problem(pki, complete):
    on, all_of_them = complete
    extra = signed(pki, on, 2, all_of_them, number=4)
    assert any("asks for no further signature" in p for p in standing(on, (*all_of_them, extra), pki.trust).problems)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"role": "tester"}, "was made in the role tester, not validation-lead"),
        ({"meaning": "reviewed"}, "has the meaning reviewed, not authored"),
        ({"revision": 2}, "stands on another record"),
        ({"record": "TNY-FS"}, "stands on another record"),
        ({"number": 2}, "has another number"),
        ({"previous": ("sha256:" + "0" * 64,)}, "does not follow the signatures before it"),
    ],
)
def test_what_makes_a_signature_stand_wrongly(pki, changed, words):
    on = document(pki)
    assert any(words in p for p in standing(on, (signed(pki, on, 0, **changed),), pki.trust).problems)


def test_signature_on_the_revision_before_does_not_count(pki, complete):
    on, all_of_them = complete
    found = standing(on.model_copy(update={"revision": 2}), all_of_them, pki.trust)
    assert not found.approved
    assert all("stands on another record" in p for p in found.problems[:3])


def test_signature_before_its_record_was_composed(pki):
    on = document(pki)
    early = signed(pki, on, 0, signed=clock.stored(pki.now - dt.timedelta(seconds=1)))
    assert any("earlier than the record" in p for p in standing(on, (early,), pki.trust).problems)


def test_signature_before_the_one_it_follows(pki):
    on = document(pki)
    first = signed(pki, on, 0, signed=clock.stored(pki.now + dt.timedelta(minutes=1)))
    second = signed(pki, on, 1, (first,))
    assert any("earlier than the signature before" in p for p in standing(on, (first, second), pki.trust).problems)


def test_same_person_in_meanings_kept_apart(pki):
    on = document(pki)
    first = signed(pki, on, 0)
    again = signed(pki, on, 1, (first,), by=0)
    assert any("may not sign it as reviewed" in p for p in standing(on, (first, again), pki.trust).problems)


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from([m for m, _ in ROUTE])), max_size=3),
    st.sampled_from("abc"),
    st.booleans(),
)
@settings(max_examples=150, deadline=None)
def test_separation_holds_in_both_directions(earlier, person, turned):
    """Whichever of two meanings comes first, the same person never has both; another person always may."""

    class Said:
        def __init__(self, person: str, meaning: str) -> None:
            self.person, self.meaning = person, meaning

    class Record:
        separation = (("approved", "authored"),) if turned else (("authored", "approved"),)

    for meaning, other in (("authored", "approved"), ("approved", "authored")):
        problem = separation_problem(Record, [Said(*e) for e in earlier], person, meaning)
        assert bool(problem) is ((person, other) in earlier)
    assert not separation_problem(Record, [Said(*e) for e in earlier], person, "reviewed")


# ------------------------------------------------------------ declined


def test_declined_record_goes_no_further(pki):
    on = document(pki)
    first = signed(pki, on, 0)
    refused = signed(pki, on, 1, (first,), meaning="declined")
    found = standing(on, (first, refused), pki.trust)
    assert (found.complete, found.approved, found.problems) == (False, False, ())
    assert found.declined == refused.record
    assert [m.number for m in found.missing] == [2, 3], "a refusal is no signature of its station"
    late = signed(pki, on, 2, (first, refused), number=2)
    assert any("follows a signature that declined" in p for p in standing(on, (first, refused, late), pki.trust).problems)


# ------------------------------------------------------------ on paper


def paper(pki):
    from csvgen.model.signature import RequiredSignature

    stations = tuple(
        RequiredSignature(number=n, meaning=m, role=r, by="paper" if n == 2 else "electronic")
        for n, (m, r) in enumerate(ROUTE, 1)
    )
    return document(pki, signatures=stations)


def test_station_on_paper_is_done_by_its_verified_copy_and_by_nothing_else(pki):
    on = paper(pki)
    first = signed(pki, on, 0)
    last = signed(pki, on, 2, (first,))
    complete = standing(on, (first, last), pki.trust, paper={2: True})
    assert complete.approved
    assert not standing(on, (first, last), pki.trust).complete, "without the copy the second station is missing"
    assert any("has another number" in p for p in standing(on, (first, last), pki.trust).problems), "and the third came too early"
    assert standing(on, (first, last), pki.trust, paper={2: None}).trusted is None
    electronic = signed(pki, on, 1, (first,))
    problems = standing(on, (first, electronic), pki.trust).problems
    assert any("electronically where the route asks for a signature on paper" in p for p in problems)


def test_pairs_that_are_always_apart_hold_without_being_configured(pki):
    on = document(pki, separation=())
    first = signed(pki, on, 0)
    assert not separation_problem(on, [first.record], "p-0001", "approved")
    assert separation_problem(on, [first.record], "p-0001", "approved", ALWAYS_APART)
