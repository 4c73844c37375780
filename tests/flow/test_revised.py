"""What a new revision changes, in the words of its history: entries that came, changed and went, since the last approved one."""

from __future__ import annotations

from csvgen.signature.void import changes
from csvgen.workflow.revised import summed


def entry(name: str, text: str) -> dict[str, str]:
    return {"id": name, "statement": text}


def test_entries_are_told_by_what_happened_to_them():
    before = {"urs": [entry("URS-A-001", "one"), entry("URS-A-002", "two")], "oracles": []}
    now = {"urs": [entry("URS-A-001", "eins"), entry("URS-A-003", "three")], "oracles": []}
    told = summed(changes(before, now))
    assert told == "added URS-A-003. changed URS-A-001. removed URS-A-002. urs/URS-A-001/statement: 'one' -> 'eins'"


def test_a_field_that_came_is_a_change_of_its_entry():
    before = {"urs": [entry("URS-A-001", "one")]}
    now = {"urs": [{**entry("URS-A-001", "one"), "origin": "a file"}]}
    assert summed(changes(before, now)) == "changed URS-A-001. urs/URS-A-001/origin: added 'a file'"


def test_what_is_no_entry_is_told_by_its_part_and_many_are_counted():
    before = {"plan": {"purpose": "a", "training": "b"}, "urs": [entry(f"URS-A-{n:03d}", "x") for n in range(20)]}
    now = {"plan": {"purpose": "c", "training": "b"}, "urs": [entry(f"URS-A-{n:03d}", "y") for n in range(20)]}
    told = summed(changes(before, now))
    assert told.startswith("changed plan, URS-A-000, URS-A-001")
    assert " and 9 more. plan/purpose: 'a' -> 'c'; " in told
    assert told.endswith("; and 16 further fields")
