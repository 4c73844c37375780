"""Drift: what differs between any two readings of the system, and readings that were never made (RR-X09)."""

from __future__ import annotations

from csvgen.evidence.drift import Reading, drift
from csvgen.model.execution import Component, TargetState

AT = "2026-11-21T10:00:00.000000Z"


def reading(worker: str, when: str, *, version: str = "1.0", instance: str = "here", **configuration: str) -> Reading:
    state = TargetState(
        name="validation", instance=instance, components=(Component(name="audit", version=version, sha256="aa"),),
        configuration=tuple(sorted(configuration.items())), read_at=AT,
    )  # fmt: skip
    return Reading(worker, when, state)


def test_same_system_throughout_is_no_drift():
    assert drift([reading(w, when, limit="3") for w in ("gw0", "gw1") for when in ("start", "end")]) == ()
    assert drift([]) == ()


def test_component_value_and_instance_are_named_with_both_readings():
    first = reading("gw0", "start", limit="3")
    assert drift([first, reading("gw0", "end", version="1.1", limit="3")]) == (
        "component audit: '1.0 aa' at the start of gw0, '1.1 aa' at the end of gw0",
    )
    assert drift([first, reading("gw0", "end", limit="4")]) == (
        "configuration limit: '3' at the start of gw0, '4' at the end of gw0",
    )
    assert drift([first, reading("gw0", "end")]) == (
        "configuration limit: '3' at the start of gw0, '(absent)' at the end of gw0",
    )
    assert "instance: 'here'" in drift([first, reading("gw0", "end", limit="3", instance="there")])[0]


def test_a_worker_that_read_another_system_than_the_first_is_told():
    """Each worker for itself read the same twice."""
    readings = [
        reading("gw0", "start"),
        reading("gw0", "end"),
        reading("gw1", "start", version="2"),
        reading("gw1", "end", version="2"),
    ]
    assert [told.rpartition(" at the ")[2] for told in drift(readings)] == ["start of gw1", "end of gw1"]


def test_a_reading_that_was_never_made_is_told_except_of_old_runs():
    readings = [reading("gw0", "start"), reading("gw0", "end"), reading("gw1", "start")]
    assert drift(readings) == ("gw1 read the system at its start and never again",)
    assert drift(readings, old=True) == ()
    assert drift([reading("gw0", "end")]) == ("gw0 read the system at its end only",)


def test_old_runs_show_what_differs_all_the_same():
    assert drift([reading("main", "start"), reading("main", "end", version="2")], old=True) != ()
