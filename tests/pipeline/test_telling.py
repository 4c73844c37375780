"""What a terminal shows of trail and packet: short, nothing a person must see left out, and what is shortened counted."""

from __future__ import annotations

import json
import re

from csvgen.canonical import canonical_json
from csvgen.pipeline import telling
from csvgen.pipeline.sheet import readable
from csvgen.pipeline.words import words
from csvgen.ports import AuditEntry

SHA = "sha256:" + "ab" * 32
HOW = "csvgen pipeline trail L-1 --full"


def entry(
    number: int, field: str, old: str, new: str, record: str = "lot/L-1", action: str = "modify", reason: str = "as asked"
) -> AuditEntry:
    return AuditEntry(
        number,
        "2026-11-21T10:00:00.000000Z",
        "+00:00",
        "val.analyst",
        "Validation Analyst",
        action,
        record,
        field,
        old,
        new,
        reason,
    )


def text(value: object) -> str:
    return canonical_json(value).decode("utf-8").strip()


def test_the_first_value_of_a_record_is_a_block_and_a_change_says_old_new_and_reason() -> None:
    told = telling.trail(
        [
            entry(1, "comment", "", "first", action="create", reason="arrived"),
            entry(1, "method", "", "LIN-01", action="create", reason="arrived"),
            entry(1, "sha256", "", SHA, action="create", reason="arrived"),
            entry(2, "comment", "first", "second"),
            entry(2, "sha256", "", SHA),
            entry(3, "", "", "", action="sign-reviewed-refused", reason="not yours"),
        ],
        HOW,
    ).lines
    assert told == [
        "     1 2026-11-21 10:00:00 +00:00 val.analyst  create lot/L-1  (arrived)",
        "         new: comment first; method LIN-01",
        "     2 2026-11-21 10:00:00 +00:00 val.analyst  modify lot/L-1 comment: first -> second  (as asked)",
        "     3 2026-11-21 10:00:00 +00:00 val.analyst  sign-reviewed-refused lot/L-1  (not yours)",
        "People: val.analyst is Validation Analyst",
    ]


def test_a_refused_attempt_before_the_record_is_there_does_not_hide_its_first_value() -> None:
    told = telling.trail(
        [
            entry(1, "", "", "", action="ingest-refused", reason="empty"),
            entry(2, "comment", "", "x"),
            entry(2, "method", "", "y"),
        ],
        HOW,
    ).lines
    assert "         new: comment x; method y" in told


def test_of_a_changed_table_the_entries_that_differ_are_told_whole() -> None:
    before = text({"a.csv": {"standing": "accepted", "version": 1}})
    after = text({"a.csv": {"standing": "accepted", "version": 1}, "b.csv": {"standing": "quarantined", "version": 1}})
    long = text([{"name": f"test {i}", "verdict": "in specification", "remark": "x" * 40} for i in range(9)])
    told = telling.trail(
        [
            entry(1, "lot", "", "L-1"),
            entry(2, "files", before, after),
            entry(2, "tests", "[]", long),
            entry(3, "verdict", "ok", ""),
        ],
        HOW,
    )
    joined = " ".join(" ".join(told.lines).split())
    assert "files.b.csv: - -> standing quarantined, version 1" in joined
    assert "a.csv" not in joined, "it did not change"
    assert joined.count("verdict in specification") == 9
    assert joined.count("x" * 40) == 9, "of a change every character is told"
    assert "verdict: ok -> -" in joined
    assert told.shortened == 0


def test_digests_encoded_bytes_and_long_tables_are_shortened_and_counted() -> None:
    encoded = "QUJD" * 300
    facts = text({f"fact {i:02d}": "1.234567" for i in range(40)})
    told = telling.trail(
        [entry(1, "cms", "", encoded), entry(1, "digest", "", SHA), entry(1, "facts", "", facts), entry(1, "runs", "", "[]")], HOW
    )
    joined = " ".join(" ".join(told.lines).split())
    assert encoded not in joined
    assert "(1200 characters, sha256:" in joined
    assert f"digest {SHA[:19]}..." in joined
    assert re.search(r"fact 00 1\.234567, .* \.\.\. \(40 in all\)", joined)
    assert told.shortened == 3
    assert told.lines[-1] == f"3 values are shortened here, and the digests of record versions left out; whole: {HOW}"


def test_a_persons_text_that_looks_like_a_table_is_shown_as_it_was_typed() -> None:
    for typed in ('{"a":"seen","a":"hidden"}', '{ "a": "x" }', '{"only a name":""}', "[not json", "{}"):
        told = telling.trail([entry(1, "lot", "", "L-1"), entry(2, "comment", "x", typed)], HOW)
        assert f"comment: x -> {typed}" in " ".join(told.lines), typed


def test_full_is_every_field_whole() -> None:
    encoded = "QUJD" * 300
    (line,) = telling.fields([entry(1, "cms", "", encoded)])
    assert line.endswith(f"cms: - -> {encoded}  (as asked)")


def test_steps_and_phases_are_lines_for_people() -> None:
    phases = [
        {"phase": "laboratory investigation", "findings": "pipette read", "cause": "", "evidence": ["file/L-1:n.csv"], "by": "a"}
    ]
    rows = dict(readable("deviation", {"id": "INV-0001", "phases": phases, "empty": []}))
    assert rows["phases 1"] == "phase laboratory investigation, findings pipette read, evidence (file/L-1:n.csv), by a"
    assert rows["empty"] == ""
    assert words({"steps": [{"step": "a"}, {"step": "b"}]}) == "steps ((step a); (step b))"


# ------------------------------------------------------------------ of a real lot


def test_the_trail_of_a_lot_nobody_touched_twice_is_short_and_whole(lab) -> None:
    lab.bring("L-1", "released")
    entries = lab.app.trail.entries(lab.session("auditor"), "L-1")
    told = telling.trail(entries, HOW)
    assert len(entries) > 90
    assert len(told.lines) < 50
    assert max(map(len, told.lines)) <= 130
    joined = " ".join(" ".join(told.lines).split())
    for e in entries:
        assert f"{e.number:>6} ".strip() in joined
        if e.field != "sha256" and e.new and not e.new.startswith(("[", "{", "sha256:")) and e.field not in ("body", "cms"):
            assert e.new in joined, e


def test_the_packet_on_a_terminal_tells_every_value_of_what_the_signature_binds(lab) -> None:
    lab.processed("L-1")
    lab.app.records.change(lab.session("analyst"), "L-1", "comment", "second reading", "typed wrongly")
    session = lab.session("reviewer")
    lines = lab.app.decisions.review_lines(session, "L-1")
    joined = " ".join(" ".join(lines).split())
    data = json.loads(lab.app.decisions.review_packet(session, "L-1").electronic)
    assert f"Review packet: {lab.app.decisions._reviews._shown[session, 'L-1'].shown.packet}" in joined
    newest = {r["record"]: r for r in data["records"]}
    for record in newest.values():
        assert f"{record['record']} version {record['version']}, " in joined
    run = newest["run/RUN-0001"]["content"]
    for name, value in {**run["parameters"], **run["facts"]}.items():
        assert f"{name} {value}" in joined
    for step in run["steps"]:
        assert f"step {step['step']}, " in joined
    assert "comment: - -> second reading (typed wrongly)" in joined
    assert '{"' not in joined
    assert "DEMONSTRATION" in joined
    assert lab.app.decisions.sign(session, "L-1", "reviewed", "read", lab.user("reviewer"), lab.password("reviewer")).accepted
