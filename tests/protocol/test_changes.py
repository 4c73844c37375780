"""What drafting would change is told scenario by scenario, in steps and rows, before a byte is written; and as JSON for machines."""

from __future__ import annotations

import json

from csvgen.protocol.changes import difference

FEATURE = """@OQ @URS-P-001
Feature: f
  Requirement: the probe shall

  Rule: ac-1 limits

    @boundary
    Scenario Outline: <tc> values at the limit
      Given the probe is on
      When <value> is asked
      Then the answer is "<answer>"

      Examples: boundary: at the limit
        | tc         | value | answer |
        | TC-OQ-0001 | 1     | yes    |
        | TC-OQ-0002 | 2     | no     |

    Scenario: TC-OQ-0003 alone
      Given the probe is on
      Then it is warm
"""


def lines(old: str, new: str) -> list[str]:
    found = difference(old, new)
    return [*found.about, *(f"{s.sign} {s.name}" for s in found.scenarios), *(line for s in found.scenarios for line in s.lines)]


def test_the_same_text_changes_nothing() -> None:
    assert difference(FEATURE, FEATURE).scenarios == ()
    assert lines(FEATURE, FEATURE) == []


def test_a_step_is_told_with_its_number_and_both_wordings() -> None:
    found = difference(FEATURE, FEATURE.replace("Then it is warm", "Then it is cold"))
    assert lines(FEATURE, FEATURE.replace("Then it is warm", "Then it is cold")) == [
        "~ ac-1 limits: alone", "step 2: Then it is warm -> Then it is cold",
    ]  # fmt: skip
    assert (found.added, found.removed, found.changed) == ((), (), ("TC-OQ-0003",))


def test_a_step_in_front_moves_nobody() -> None:
    new = FEATURE.replace("      When <value>", "      And it is Monday\n      When <value>")
    assert lines(FEATURE, new) == ["~ ac-1 limits: values at the limit", "+ step 2: And it is Monday"]
    assert difference(FEATURE, new).changed == ("TC-OQ-0001", "TC-OQ-0002"), "every row of it says something else now"


def test_rows_come_go_and_change_under_their_ids() -> None:
    new = FEATURE.replace("| TC-OQ-0001 | 1     | yes    |", "| TC-OQ-0009 | 3     | yes    |").replace(
        "2     | no ", "2     | yes"
    )
    assert lines(FEATURE, new) == [
        "~ ac-1 limits: values at the limit", "+ row TC-OQ-0009 value=3 answer=yes", "- row TC-OQ-0001 value=1 answer=yes",
        "~ row TC-OQ-0002 answer=no -> yes",
    ]  # fmt: skip
    found = difference(FEATURE, new)
    assert (found.added, found.removed, found.changed) == (("TC-OQ-0009",), ("TC-OQ-0001",), ("TC-OQ-0002",))


def test_another_title_is_no_new_scenario() -> None:
    assert lines(FEATURE, FEATURE.replace("values at the limit", "limits")) == [
        "~ ac-1 limits: limits", "title: values at the limit -> limits",
    ]  # fmt: skip


def test_a_scenario_comes_and_goes() -> None:
    short = FEATURE.partition("    Scenario: TC-OQ-0003")[0]
    assert lines(FEATURE, short) == ["- ac-1 limits: alone"]
    assert lines(short, FEATURE) == ["+ ac-1 limits: alone", "2 steps, 1 case: TC-OQ-0003"]


def test_words_above_the_scenarios_are_told_however_they_were_wrapped() -> None:
    assert lines(FEATURE, FEATURE.replace("the probe shall", "the probe shall\n  > greet")) == [
        "- Requirement: the probe shall", "+ Requirement: the probe shall greet",
    ]  # fmt: skip
    assert lines(FEATURE.replace("the probe shall", "the probe\n  > shall"), FEATURE) == []


def test_draft_tells_before_it_writes_and_check_only_tells(drafted) -> None:
    drafted.edit("urs/urs.yaml", 'the answer is \\"hello\\"', 'the answer is \\"good day\\"')
    drafted.edit("urs/urs.yaml", "weak: [holds the user id,", "weak: [is all blanks,")
    checked = drafted.csvgen("draft", "--check")
    assert checked.code == 1
    written = drafted.csvgen("draft")
    assert written.out == checked.out, "the same words before and without writing"
    assert [line for line in written.out.splitlines() if line.startswith(("  ~", "      "))] == [
        "  ~ ac-1 a greeting is given: a greeting is given",
        '      step 3: Then the answer is "hello" -> Then the answer is "good day"',
        "  ~ ac-1 password rules: a weak password is refused (weak: <weak>)",
        "      + row TC-OQ-0008 weak=is all blanks",
        "      - row TC-OQ-0006 weak=holds the user id",
    ]
    assert "what it follows from has changed; its words have not" in written.out, "the scenario of the PQ covers it"


def test_json_is_json_and_nothing_else(drafted) -> None:
    settled = drafted.csvgen("draft", "--check", "--format", "json")
    assert (settled.code, json.loads(settled.out)["settled"], json.loads(settled.out)["fresh"]) == (0, True, 6)
    drafted.edit("urs/urs.yaml", "weak: [holds the user id,", "weak: [is all blanks,")
    said = drafted.csvgen("draft", "--check", "--format", "json")
    value = json.loads(said.out)
    assert (said.code, value["format"], value["settled"], value["fresh"]) == (1, "csvgen.draft/1", False, 4)
    (file,) = [f for f in value["files"] if f["path"] == "OQ/URS-P-002.feature"]
    assert (file["state"], file["written"]) == ("stale", False)
    assert file["scenarios"] == [{
        "sign": "~", "scenario": "ac-1 password rules: a weak password is refused (weak: <weak>)", "added": ["TC-OQ-0008"], "removed": ["TC-OQ-0006"],
        "changed": [], "lines": ["+ row TC-OQ-0008 weak=is all blanks", "- row TC-OQ-0006 weak=holds the user id"],
    }]  # fmt: skip
    assert [f["written"] for f in json.loads(drafted.csvgen("draft", "--format", "json").out)["files"]] == [True, True]


def test_the_errors_of_a_specification_are_another_exit_code_than_a_change(drafted) -> None:
    drafted.edit("urs/urs.yaml", "phase: OQ", "phase: XQ")
    said = drafted.csvgen("draft", "--check", "--format", "json")
    assert (said.code, said.out) == (2, "")


def test_hostile_words_reach_the_terminal_as_one_line(drafted) -> None:
    path = drafted.protocols / "OQ" / "URS-P-001.feature"
    path.write_bytes(path.read_bytes().replace(b"somebody asks", b"\x1b[2Jsomebody asks"))
    said = drafted.csvgen("draft", "--check")
    assert said.code == 1
    assert "\x1b" not in said.out
    assert "\\u001b[2Jsomebody asks" in said.out
