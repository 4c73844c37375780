"""The access list of any past moment, and people who were in two places at once (RR-D04, RR-N06)."""

from __future__ import annotations

import pytest

from csvgen.errors import BadInput
from csvgen.identity import access_list
from csvgen.identity.access_list import as_of, moment
from csvgen.identity.admission import Gate, put_in_force
from csvgen.identity.directory import Directory
from csvgen.identity.rights import Role

from .house import ADMIN, OTHER, PASSWORD, House, person, technical


def listed(people: Directory, at: str) -> dict[str, dict[str, str]]:
    return {a.id: a.row() for a in as_of(people.ledger, moment(at), people.matrix, people.policy.idle_seconds)}


@pytest.fixture
def history(people: Directory, house: House) -> Directory:
    """08:00 anna active, bert pending; 09:00 anna becomes reviewer; 10:00 cleo comes; 11:00 anna is locked; 12:00 she is retired."""
    house.clock.wait(3600)
    people.set_roles(ADMIN, "anna", ("reviewer",), "moved")
    house.clock.wait(3600)
    people.add(ADMIN, technical("cleo", owner="anna"))
    house.clock.wait(3600)
    people.set_state(ADMIN, "anna", "locked", "on leave")
    house.clock.wait(3600)
    people.set_state(ADMIN, "anna", "retired", "left")
    return people


def test_the_list_is_that_of_the_moment(history: Directory) -> None:
    assert listed(history, "2026-11-21T07:59:59Z") == {}
    first = listed(history, "2026-11-21T08:30Z")
    assert sorted(first) == ["anna", "bert"]
    assert (first["anna"]["state"], first["anna"]["roles"], first["anna"]["end"]) == ("active", "tester", "")
    assert "sign performed" in first["anna"]["rights"]
    assert (first["bert"]["state"], first["bert"]["rights"]) == ("pending", "")
    second = listed(history, "2026-11-21T09:00Z")
    assert (second["anna"]["roles"], second["anna"]["change"]) == ("reviewer", "2026-11-21 09:00:00 +00:00")
    assert "sign performed" not in second["anna"]["rights"]
    assert "review trail" in second["anna"]["rights"]
    assert listed(history, "2026-11-21T10:30+00:00")["cleo"]["owner"] == "anna"
    assert listed(history, "2026-11-21T12:30+01:00")["anna"]["state"] == "locked", "the zone of the reader counts"
    last = listed(history, "2027-11-21T00:00Z")["anna"]
    assert (last["state"], last["rights"]) == ("retired", "")
    assert (last["start"], last["end"]) == ("2026-11-21 08:00:00 +00:00", "2026-11-21 12:00:00 +00:00")


def test_the_rights_are_those_the_roles_had_then(people: Directory, house: House) -> None:
    """The project changed what a tester may do; the list of yesterday says what a tester could do yesterday."""
    Gate(people, ADMIN).settle(ADMIN, {"policy": "as it is"})
    house.clock.wait(86_400)
    roles = {**people.matrix.roles, "tester": Role(words="executes only", functions=("run",))}
    put_in_force(people, ADMIN, people.matrix.model_copy(update={"roles": roles}), "testers execute only")
    assert "sign performed" in listed(people, "2026-11-21T12:00Z")["anna"]["rights"]
    assert listed(people, "2026-11-22T12:00Z")["anna"]["rights"] == "run"
    event = people.ledger.events(action="roles-changed")[-1]
    assert (event.person, event.reason) == (ADMIN.person, "testers execute only")
    assert any("sign performed" in c.old and "sign performed" not in c.new for c in event.changes), "the old value is readable"


@pytest.mark.parametrize(
    "text", ["2026-11-01", "2026-11-01T12:00", "2026-11-01 12:00Z", "now", "", "12:00Z", "2026-13-01T12:00Z"]
)
def test_a_moment_is_a_day_a_time_and_a_zone(text: str) -> None:
    with pytest.raises(BadInput) as caught:
        moment(text)
    assert caught.value.rule == "RR-T06"


def test_formulas_are_no_formulas_in_a_spreadsheet(people: Directory) -> None:
    people.add(ADMIN, person("cleo", "=HYPERLINK(x) Someone", name_reason="as in the passport"))
    (row,) = [a for a in as_of(people.ledger, moment("2027-01-01T00:00Z"), people.matrix, 900) if a.id == "cleo"]
    assert row.harmless()["printed_name"] == "'=HYPERLINK(x) Someone"
    assert row.row()["printed_name"] == "=HYPERLINK(x) Someone"


# ------------------------------------------------------------------ two hosts at once


def anomalies(people: Directory) -> dict[str, str]:
    return {k: v["anomalies"] for k, v in listed(people, "2027-01-01T00:00Z").items() if v["anomalies"]}


def test_one_person_on_two_hosts_at_once_is_in_the_list(people: Directory, house: House) -> None:
    people.log_in("anna", PASSWORD)
    house.clock.wait(899)
    house.directory("csvgen on bench-2").log_in("anna", PASSWORD)
    assert anomalies(people) == {
        "anna": "2026-11-21 08:14:59 +00:00: logged in from csvgen on bench-2 while from csvgen on bench-1"
    }
    before = as_of(people.ledger, moment("2026-11-21T08:10Z"), people.matrix, 900)
    assert not any(a.anomalies for a in before), "it had not happened yet"


def test_who_logged_out_idled_out_or_stays_on_one_host_is_not(people: Directory, house: House) -> None:
    other = house.directory("csvgen on bench-2")
    people.log_out(people.log_in("anna", PASSWORD))
    other.log_out(other.log_in("anna", PASSWORD))
    people.log_in("anna", PASSWORD)
    people.log_in("anna", PASSWORD)
    house.clock.wait(900)
    other.log_in("anna", PASSWORD)
    people.set_password(ADMIN, "bert", OTHER)
    people.log_in("bert", OTHER)
    assert anomalies(people) == {}


def test_acts_in_a_session_keep_it_open_for_the_comparison(people: Directory, house: House) -> None:
    session = people.log_in("anna", PASSWORD)
    house.clock.wait(800)
    with people.ledger.change(people.actor(session)) as change:
        change.note("export", "something")
    house.clock.wait(800)
    house.directory("csvgen on bench-2").log_in("anna", PASSWORD)
    assert "anna" in anomalies(people)


def test_columns_are_what_the_rule_asks_for() -> None:
    assert {"id", "printed_name", "roles", "rights", "start", "change", "end"} <= set(access_list.Access.COLUMNS)
