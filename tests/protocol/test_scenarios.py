"""Performance qualification: the features name who takes part and where; what a person decides is no machine's to pass."""

from __future__ import annotations

from csvgen.protocol.gherkin import read_feature

MORE = """end_users: [Analyst, Reviewer]
    named_users: {Analyst: "N. Corso (fictitious)"}
    attended: ["The reviewer judges whether the label can be read."]
    covers: [URS-P-004]"""


def short_day(project) -> str:
    assert project.csvgen("draft").code == 0
    return project.files()["PQ/PQ-P-02.feature"].decode()


def test_a_scenario_names_its_end_users_and_where_it_runs(project) -> None:
    project.edit("pq/pq.yaml", "end_users: [Analyst, Reviewer]\n    covers: [URS-P-004]", MORE)
    text = short_day(project)
    assert "  End users: Analyst: N. Corso (fictitious), Reviewer\n" in text
    assert "  Environment: As in production.\n" in text
    assert "  Decided by a person: The reviewer judges whether the label can be read.\n" in text
    feature, findings = read_feature(text, "x")
    assert feature is not None and not findings
    assert "attended" in feature.cases[0].tags


def test_without_a_decision_nothing_is_attended(project) -> None:
    assert "attended" not in short_day(project)


def test_what_a_person_decides_is_no_part_of_older_words(drafted) -> None:
    """Keys that came later and are not used change neither bytes nor fingerprint of what was approved."""
    before = drafted.files()["PQ/PQ-P-02.feature"]
    drafted.edit("pq/pq.yaml", "end_users: [Analyst, Reviewer]\n    covers: [URS-P-004]", MORE)
    assert drafted.csvgen("draft").code == 0
    drafted.edit("pq/pq.yaml", MORE, "end_users: [Analyst, Reviewer]\n    covers: [URS-P-004]")
    assert drafted.csvgen("draft").code == 0
    assert drafted.files()["PQ/PQ-P-02.feature"] == before
