"""protocols.lock: an id is given once and for ever, whatever comes and goes around it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csvgen.errors import BadInput
from csvgen.protocol.lock import Lock

GREETING = "URS-P-001/ac-1/as-written"


def remove_greeting(project) -> str:
    """Take URS-P-001 out of the specification; returns its text, to put it back."""
    urs = project.specs / "probe" / "urs" / "urs.yaml"
    text = urs.read_text(encoding="utf-8")
    start, end = text.index("  - id: URS-P-001"), text.index("  - id: URS-P-002")
    urs.write_text(text[:start] + text[end:], encoding="utf-8")
    project.edit("risk/risks.yaml", "requirements: [URS-P-001, URS-P-004]", "requirements: [URS-P-004]")
    project.edit("pq/pq.yaml", "covers: [URS-P-001, URS-P-002, URS-P-004]", "covers: [URS-P-002, URS-P-004]")
    return text[start:end]


def put_back(project, text: str) -> None:
    project.edit("urs/urs.yaml", "  - id: URS-P-002", text + "  - id: URS-P-002")
    project.edit("risk/risks.yaml", "requirements: [URS-P-004]", "requirements: [URS-P-001, URS-P-004]")


def test_the_lock_only_grows(drafted) -> None:
    before = drafted.files()["protocols.lock"]
    remove_greeting(drafted)
    assert drafted.csvgen("draft").code == 0
    after = drafted.files()["protocols.lock"]
    assert after.startswith(before)
    added = [json.loads(line) for line in after[len(before) :].splitlines()]
    assert added == [{"key": GREETING, "retired": "yes", "tc": "TC-OQ-0001"}]


def test_an_id_is_never_reused_after_its_requirement_went(drafted) -> None:
    removed = remove_greeting(drafted)
    assert drafted.csvgen("draft").code == 0
    put_back(drafted, removed)
    assert drafted.csvgen("draft").code == 0
    ids = drafted.ids()
    assert ids[GREETING] == "TC-OQ-0008", "one new id, not the old one"
    assert "TC-OQ-0001" not in ids.values()


def test_the_highest_id_is_not_reused_when_it_was_the_last(drafted) -> None:
    drafted.edit("urs/urs.yaml", "weak: [holds the user id, is one character repeated]", "weak: [holds the user id]")
    assert drafted.csvgen("draft").code == 0
    drafted.edit("urs/urs.yaml", "weak: [holds the user id]", "weak: [holds the user id, is all blanks]")
    assert drafted.csvgen("draft").code == 0
    assert drafted.ids()["URS-P-002/ac-1/weak/weak=is all blanks"] == "TC-OQ-0008"


def test_a_new_order_keeps_every_id(drafted) -> None:
    before = drafted.ids()
    drafted.edit(
        "urs/urs.yaml",
        "weak: [holds the user id, is one character repeated]",
        "weak: [is one character repeated, holds the user id]",
    )
    drafted.edit("urs/urs.yaml", "title: Passwords", "title: Other words for it")
    installation = drafted.specs / "probe" / "installation.yaml"
    lines = installation.read_text(encoding="utf-8").split("\n")
    first, second = (next(n for n, line in enumerate(lines) if f"id: {name}" in line) for name in ("length", "idle"))
    lines[first], lines[second] = lines[second], lines[first]
    installation.write_text("\n".join(lines), encoding="utf-8")
    assert drafted.csvgen("draft").code == 0
    assert drafted.ids() == before
    text = drafted.files()["IQ/IQ-P-01.feature"].decode()
    assert text.index("TC-IQ-0002") < text.index("TC-IQ-0001"), "the rows moved, and took their ids along"


def test_a_new_row_in_front_shifts_nobody(drafted) -> None:
    before = drafted.ids()
    drafted.edit("urs/urs.yaml", "weak: [holds", "weak: [is all blanks, holds")
    assert drafted.csvgen("draft").code == 0
    after = drafted.ids()
    assert before.items() < after.items()
    assert after["URS-P-002/ac-1/weak/weak=is all blanks"] == "TC-OQ-0008"


DAMAGE = {
    "a line cut off": lambda lines: [*lines[:-1], lines[-1][:20]],
    "a line that is not JSON": lambda lines: [*lines[:3], "<<<<<<< HEAD", *lines[3:]],
    "an id given twice": lambda lines: [*lines, '{"key":"other","tc":"TC-OQ-0001"}'],
    "a key given twice": lambda lines: [*lines, f'{{"key":"{GREETING}","tc":"TC-OQ-0099"}}'],
    "a retirement of nothing": lambda lines: [*lines, '{"key":"other","retired":"yes","tc":"TC-OQ-0099"}'],
    "a retirement under another key": lambda lines: [*lines, '{"key":"other","retired":"yes","tc":"TC-OQ-0001"}'],
    "an id of no phase": lambda lines: [*lines, '{"key":"other","tc":"TC-XQ-0001"}'],
    "a list": lambda lines: [*lines, '["TC-OQ-0099"]'],
    "a number for an id": lambda lines: [*lines, '{"key":"other","tc":7}'],
    "a list for a key": lambda lines: [*lines, '{"key":["other"],"tc":"TC-OQ-0099"}'],
    "an unknown member": lambda lines: [*lines, '{"key":"other","tc":"TC-OQ-0099","x":"y"}'],
    "an unclear retirement": lambda lines: [*lines, '{"key":"other","tc":"TC-OQ-0099","retired":"no"}'],
    "an empty line": lambda lines: [lines[0], "", *lines[1:]],
    "bytes that are no text": lambda lines: [*lines, '{"key":"\udcff","tc":"TC-OQ-0099"}'],
    "no newline at the end": lambda lines: lines,
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_lock_is_refused_with_its_place(drafted, damage: str) -> None:
    path = drafted.protocols / "protocols.lock"
    lines = path.read_text(encoding="utf-8").splitlines()
    end = "" if damage == "no newline at the end" else "\n"
    path.write_bytes(("\n".join(DAMAGE[damage](lines)) + end).encode("utf-8", "surrogateescape"))
    before = drafted.files()
    said = drafted.csvgen("draft")
    assert said.code == 1
    assert "protocols.lock:" in said.error
    assert "damaged or contradicts an earlier one" in said.error
    assert "restore it from version control" in said.error
    assert drafted.files() == before


def test_a_feature_may_not_use_an_id_that_the_lock_does_not_hold(drafted) -> None:
    drafted.edit("protocols/probe/OQ/URS-P-001.feature", "TC-OQ-0001", "TC-OQ-0777")
    said = drafted.csvgen("check")
    assert said.code == 1
    assert "OQ/URS-P-001.feature:20:1: error PRT418 TC-OQ-0777 is not an active id of protocols.lock" in said.out


def test_a_feature_may_not_use_a_retired_id(drafted) -> None:
    kept = (drafted.protocols / "OQ" / "URS-P-001.feature").read_bytes()
    remove_greeting(drafted)
    assert drafted.csvgen("draft").code == 0
    (drafted.protocols / "OQ" / "again.feature").write_bytes(kept)
    assert "PRT418 TC-OQ-0001 is not an active id" in drafted.csvgen("check").out


def test_two_features_may_not_use_one_id(drafted) -> None:
    text = (drafted.protocols / "OQ" / "URS-P-001.feature").read_bytes()
    (drafted.protocols / "OQ" / "twice.feature").write_bytes(text)
    said = drafted.csvgen("check")
    assert said.code == 1
    assert "PRT417 TC-OQ-0001 stands twice; also in OQ/URS-P-001.feature" in said.out


KEYS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)


@given(st.lists(st.tuples(st.sampled_from(["IQ", "OQ", "PQ"]), st.sets(KEYS, max_size=5)), max_size=6))
def test_whatever_comes_and_goes_ids_are_unique_and_the_file_reads_back(rounds: list[tuple[str, set[str]]]) -> None:
    """Rounds of drafting, each with other keys of any text: read, take, retire, write, and the file before is its beginning."""
    data, ever = b"", {}
    for phase, keys in rounds:
        lock = Lock.read(data, "lock")
        for key in sorted(keys):
            tc = lock.take(phase, key)
            assert ever.setdefault(tc, key) == key, "an id belongs to one key for ever"
        lock.keep_only(keys)
        assert lock.data.startswith(data)
        data = lock.data
    assert Lock.read(data, "lock").data == data


def test_reading_names_the_line() -> None:
    with pytest.raises(BadInput) as caught:
        Lock.read(b'{"key":"a","tc":"TC-OQ-0001"}\n{"key":"b","tc":"TC-OQ-0001"}\n', "protocols.lock")
    assert caught.value.where == "protocols.lock:2"
