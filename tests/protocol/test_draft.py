"""Drafting: one feature for each thing to be shown, the same bytes everywhere, and nobody's change lost in silence."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from csvgen.protocol.gherkin import read_feature

REPOSITORY = Path(__file__).parents[2]


def draft_in_process(root: Path, system: str, seed: str, locale: str) -> dict[str, bytes]:
    """Draft into an empty protocol folder by a process of its own, with hash seed, locale and time zone given."""
    environment = {**os.environ, "PYTHONHASHSEED": seed, "LC_ALL": locale, "TZ": "Pacific/Chatham" if seed != "0" else "UTC"}
    command = [sys.executable, "-m", "csvgen", "-C", str(root), "draft", "-s", system]
    done = subprocess.run(command, env=environment, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    folder = root / "protocols" / system
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def shuffled_copy(source: Path, target: Path, seed: int) -> None:
    """The same files, created in another order: what a folder lists first is not the same."""
    paths = sorted(p for p in source.rglob("*") if p.is_file())
    random.Random(seed).shuffle(paths)
    for path in paths:
        place = target / path.relative_to(source)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(path.read_bytes())


def test_the_same_specification_gives_the_same_bytes_anywhere(tmp_path: Path) -> None:
    drafts = []
    for number, (seed, locale) in enumerate((("0", "C"), ("4711", "C.UTF-8"))):
        root = tmp_path / str(number)
        shuffled_copy(REPOSITORY / "requirements_specs" / "qc-release", root / "requirements_specs" / "qc-release", number)
        (root / "csvgen.toml").write_text('[csvgen]\nproject = "p"\n', encoding="utf-8")
        drafts.append(draft_in_process(root, "qc-release", seed, locale))
    assert len(drafts[0]) > 30
    assert drafts[0] == drafts[1]


def test_order_of_requirements_in_the_files_means_nothing(project, tmp_path: Path) -> None:
    assert project.csvgen("draft").code == 0
    before = project.files()
    urs = project.specs / "probe" / "urs" / "urs.yaml"
    head, *parts = urs.read_text(encoding="utf-8").split("  - id: URS-")
    for number, part in enumerate(reversed(parts)):
        (urs.parent / f"{number}.yaml").write_text(f"{head}  - id: URS-{part}", encoding="utf-8")
    urs.unlink()
    assert project.csvgen("draft", "--check").code == 0
    assert project.csvgen("draft").code == 0
    assert project.files() == before


# ------------------------------------------------------------------ what is drafted


def test_one_feature_for_each_thing_to_be_shown(drafted) -> None:
    assert sorted(drafted.files()) == [
        "IQ/IQ-P-01.feature", "IQ/IQ-P-02.feature",
        "OQ/URS-P-001.feature", "OQ/URS-P-002.feature",
        "PQ/PQ-P-01.feature", "PQ/PQ-P-02.feature",
        "protocols.lock",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("file", "tags", "cases"),
    [
        ("OQ/URS-P-001.feature", {"OQ", "URS-P-001", "RA-P-001", "risk-low"}, 1),
        ("OQ/URS-P-002.feature", {"OQ", "URS-P-002", "RA-P-002", "risk-high"}, 6),
        ("IQ/IQ-P-01.feature", {"IQ", "URS-P-003", "RA-P-002", "risk-high"}, 2),
        ("PQ/PQ-P-01.feature", {"PQ", "URS-P-001", "URS-P-002", "URS-P-004", "RA-P-001", "RA-P-002", "risk-high"}, 1),
        ("PQ/PQ-P-02.feature", {"PQ", "URS-P-004", "RA-P-001", "risk-low"}, 1),
    ],
)
def test_features_carry_what_they_serve_as_tags(drafted, file: str, tags: set[str], cases: int) -> None:
    text = drafted.files()[file].decode()
    assert {t.lstrip("@") for t in text.split("\n")[3].split()} == tags
    feature, findings = read_feature(text, file)
    assert not findings
    assert feature is not None
    assert len(feature.cases) == cases
    for case in feature.cases:
        assert tags <= set(case.tags)
        assert case.technique in case.tags


def test_every_table_begins_with_the_permanent_id(drafted) -> None:
    text = drafted.files()["OQ/URS-P-002.feature"].decode()
    tables = [block.split("\n") for block in text.split("Examples: ")[1:]]
    assert [table[1].split("|")[1].strip() for table in tables] == ["tc"] * 4
    feature, _ = read_feature(text, "x")
    assert feature is not None
    assert [c.id for c in feature.cases] == [f"TC-OQ-{n:04d}" for n in range(2, 8)]


def test_depth_follows_the_priority_of_the_risk(project) -> None:
    """The same criterion at low priority loses its boundary cases, and keeps the negative floor of its pattern."""
    project.edit("risk/risks.yaml", "severity: {rating: high,", "severity: {rating: low,")
    project.edit("risk/risks.yaml", "probability: {rating: medium,", "probability: {rating: low,")
    project.edit(
        "risk/risks.yaml", "detectability: {rating: low, reason: Nobody sees it.}", "detectability: {rating: high, reason: Seen.}"
    )
    project.edit(
        "risk/risks.yaml", "detectability: {rating: low, reason: Unchanged.}", "detectability: {rating: high, reason: Unchanged.}"
    )
    assert project.csvgen("draft").code == 0
    feature, _ = read_feature(project.files()["OQ/URS-P-002.feature"].decode(), "x")
    assert feature is not None
    assert {c.technique for c in feature.cases} == {"positive", "negative"}
    assert {c.priority for c in feature.cases} == {"low"}


def test_what_the_policy_asks_and_nobody_gives_is_told(project) -> None:
    project.edit("risk/risks.yaml", "requirements: [URS-P-002, URS-P-003]", "requirements: [URS-P-001, URS-P-002, URS-P-003]")
    said = project.csvgen("draft")
    assert "gap: URS-P-001: negative: high priority asks for it" in said.error
    assert "gap: URS-P-001: boundary: high priority asks for it" in said.error


# ------------------------------------------------------------------ draft --check


def check_says(project, code: int, *words: str) -> None:
    before = project.files()
    said = project.csvgen("draft", "--check")
    assert said.code == code, said
    assert all(word in said.out for word in words), said.out
    assert project.files() == before, "a check writes nothing"


def test_check_is_content_with_fresh_files(drafted) -> None:
    check_says(drafted, 0)


def test_check_finds_a_stale_file(drafted) -> None:
    drafted.edit("urs/urs.yaml", "shall greet whoever asks", "shall greet whoever asks nicely")
    check_says(drafted, 1, "stale    OQ/URS-P-001.feature")


def test_a_changed_rating_makes_stale_what_it_touches_and_nothing_else(drafted) -> None:
    drafted.edit("risk/risks.yaml", "severity: {rating: low,", "severity: {rating: medium,")
    said = drafted.csvgen("draft", "--check")
    assert [line.split()[:2] for line in said.out.splitlines() if not line.startswith(" ")] == [
        ["stale", "OQ/URS-P-001.feature"], ["stale", "PQ/PQ-P-01.feature"], ["stale", "PQ/PQ-P-02.feature"],
    ]  # fmt: skip


def test_a_changed_template_makes_every_file_stale(drafted) -> None:
    folder = drafted.root / "templates" / "feature"
    folder.mkdir(parents=True)
    shipped = (REPOSITORY / "templates" / "feature" / "protocol.feature.j2").read_text(encoding="utf-8")
    (folder / "protocol.feature.j2").write_text(shipped.replace("  Rule: ", "\n  Rule: ", 1), encoding="utf-8")
    said = drafted.csvgen("draft", "--check")
    assert said.code == 1
    assert said.out.count("stale") == 6


def test_check_finds_a_hand_edited_file_and_draft_does_not_overwrite_it(drafted) -> None:
    drafted.edit("protocols/probe/OQ/URS-P-001.feature", 'the answer is "hello"', 'the answer is "good day"')
    check_says(drafted, 1, "edited   OQ/URS-P-001.feature")
    before = drafted.files()
    said = drafted.csvgen("draft")
    assert said.code == 1
    assert "edited by hand since csvgen wrote it: OQ/URS-P-001.feature" in said.error
    assert "PRT420" in said.error
    assert drafted.files() == before, "refused: nothing is written, not even the files that were fresh"


def test_an_edit_stays_an_edit_when_the_specification_changes_too(drafted) -> None:
    drafted.edit("protocols/probe/OQ/URS-P-001.feature", 'the answer is "hello"', 'the answer is "good day"')
    drafted.edit("urs/urs.yaml", "shall greet whoever asks", "shall greet")
    check_says(drafted, 1, "edited   OQ/URS-P-001.feature")


@pytest.mark.parametrize("line", [1, 2])
def test_a_header_that_was_touched_is_noticed(drafted, line: int) -> None:
    path = drafted.protocols / "OQ" / "URS-P-001.feature"
    lines = path.read_text(encoding="utf-8").split("\n")
    lines[line] = lines[line][:-1] + ("0" if lines[line][-1] != "0" else "1")
    path.write_text("\n".join(lines), encoding="utf-8")
    check_says(drafted, 1, "OQ/URS-P-001.feature")


def test_check_finds_an_orphan_and_draft_removes_it(drafted) -> None:
    text = (drafted.specs / "probe" / "pq" / "pq.yaml").read_text(encoding="utf-8")
    (drafted.specs / "probe" / "pq" / "pq.yaml").write_text(text.split("  - id: PQ-P-02")[0], encoding="utf-8")
    check_says(drafted, 1, "orphan   PQ/PQ-P-02.feature  -1", "retired: TC-PQ-0002")
    assert drafted.csvgen("draft").code == 0
    assert "PQ/PQ-P-02.feature" not in drafted.files()


def test_check_finds_a_missing_file(drafted) -> None:
    (drafted.protocols / "IQ" / "IQ-P-02.feature").unlink()
    check_says(drafted, 1, "missing  IQ/IQ-P-02.feature  +1", "1 case: TC-IQ-0003")


def test_a_hand_written_feature_is_left_alone(drafted) -> None:
    own = drafted.protocols / "OQ" / "own.feature"
    own.write_text("@OQ @URS-P-001 @risk-low\nFeature: own\n", encoding="utf-8")
    check_says(drafted, 0)
    assert drafted.csvgen("draft").code == 0
    assert own.exists()


def test_nothing_is_drafted_from_a_specification_with_errors(project) -> None:
    project.edit("urs/urs.yaml", "phase: OQ", "phase: XQ")
    said = project.csvgen("draft")
    assert said.code == 2
    assert "has 1 errors" in said.error
    assert not project.protocols.exists()


@pytest.mark.parametrize(
    "command", [["scripts/make_release.py", "--check"], ["-m", "csvgen", "draft", "--check", "-s", "qc-release"]]
)
def test_the_shipped_protocols_are_those_of_the_shipped_specification(command: list[str]) -> None:
    done = subprocess.run([sys.executable, *command], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_placeholder_of_a_pattern_survives_in_a_shipped_protocol() -> None:
    features = sorted((Path(__file__).parents[2] / "protocols").glob("*/*/*.feature"))
    assert len(features) > 30
    left = [
        f"{path.name}: {line}"
        for path in features
        for line in path.read_text(encoding="utf-8").splitlines()
        if "{{" in line or "{%" in line
    ]
    assert not left


INPUTS = """        given: [the probe is on]
        inputs:
          room: {type: decimal, value: "5.0", unit: "°C", low: "2.0", high: "8.0", resolution: "0.1"}
          who: {type: role, value: quality}
          wait: {type: duration, value: "15", unit: min}
          state: {type: enumeration, value: open, values: [open, closed]}
"""


def test_typed_values_stand_in_the_steps_as_they_were_written(project) -> None:
    urs = project.specs / "probe" / "urs" / "urs.yaml"
    text = urs.read_text(encoding="utf-8")
    assert text.count("        given: [the probe is on]\n") == 1
    then = '        then: ["at {room} the {who} sees {state} after {wait}"]\n'
    head, _, tail = text.replace("        given: [the probe is on]\n", INPUTS).partition("        then: [")
    urs.write_text(head + then + tail.partition("\n")[2], encoding="utf-8")
    done = project.csvgen("draft")
    drafted = (
        (project.root / "protocols" / "probe" / "OQ" / "URS-P-001.feature").read_text(encoding="utf-8")
        if done.code == 0
        else done.error
    )
    assert "at 5.0 °C the quality sees open after 15 min" in drafted
