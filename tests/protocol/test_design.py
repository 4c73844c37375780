"""Design by the depth policy: what a priority asks for is drafted, what it cannot get is told, what was approved stays."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

from csvgen.patterns.policy import default
from csvgen.protocol.gherkin import read_feature
from csvgen.spec.load import load_system

MATRIX = {
    "roles": ["analyst", "quality", "auditor"],
    "functions": ["ingest", "release"],
    "rights": [{"role": "analyst", "function": "ingest", "outcome": "allowed"}, {"outcome": "denied"}],
}


def policy(**changed: dict[str, Any]) -> dict[str, Any]:
    content = {**default().model_dump(mode="json", exclude_none=True), "id": "probe-depth"}
    return {**content, **{level: {**content[level], **more} for level, more in changed.items()}}


def use_policy(project, **changed: dict[str, Any]) -> None:
    """depth.yaml instead of the key of protocol.yaml."""
    no_key(project)
    (project.specs / "probe" / "depth.yaml").write_text(yaml.safe_dump(policy(**changed)), encoding="utf-8")


def no_key(project) -> None:
    path = project.specs / "probe" / "protocol.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r"^depth:\n(  .*\n)+", "", text, flags=re.MULTILINE), encoding="utf-8")


def edit_urs(project, change) -> None:
    path = project.specs / "probe" / "urs" / "urs.yaml"
    content = yaml.load(path.read_text(encoding="utf-8"), yaml.BaseLoader)
    change({r["id"]: r for r in content["requirements"]})
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")


def with_matrix(project, **changed: object) -> None:
    """URS-P-002, of high priority, is about rights."""

    def change(requirements: dict[str, Any]) -> None:
        requirements["URS-P-002"]["criteria"] = [
            {"id": "ac-1", "title": "rights", "pattern": "permission-matrix@2", "parameters": {**MATRIX, **changed}}
        ]

    edit_urs(project, change)


def feature(project, name: str) -> str:
    return project.files()[f"OQ/{name}.feature"].decode()


# ------------------------------------------------------------------ which policy holds


def test_without_any_policy_of_its_own_the_shipped_one_holds_and_is_bound(project) -> None:
    no_key(project)
    spec = load_system(project.specs, "probe").spec
    assert spec is not None
    assert spec.depth == default()
    assert spec.parts()["depth"].digest == default().digest


def test_the_first_form_keeps_the_digests_of_what_was_approved_under_it(project) -> None:
    spec = load_system(project.specs, "probe").spec
    assert spec is not None
    assert spec.depth is None
    assert "depth" not in spec.parts()
    assert spec.part_digest("plan", "settings", "depth") == spec.part_digest("plan", "settings")


@pytest.mark.parametrize("kind", ["plan", "risk", "oq-protocol"])
def test_a_changed_policy_changes_what_plan_risk_assessment_and_protocols_bind(project, kind: str) -> None:
    from csvgen.model.protocol import Protocol
    from csvgen.trace.content import content_of

    said = set()
    for limit in ("1000", "999"):
        use_policy(project, low={"row_limit": limit})
        spec = load_system(project.specs, "probe").spec
        assert spec is not None
        said.add(content_of(kind, spec, Protocol(system="probe", features=()), lambda: None, [], []))  # type: ignore[arg-type, return-value]
    assert len(said) == 2


def test_a_priority_that_changes_makes_its_features_stale_and_no_others(project) -> None:
    use_policy(project)
    assert project.csvgen("draft").code == 0
    use_policy(project, low={"techniques": ["positive", "negative"]})
    said = project.csvgen("draft", "--check")
    assert [line.split()[:2] for line in said.out.splitlines() if line.startswith("stale")] == [
        ["stale", "OQ/URS-P-001.feature"], ["stale", "PQ/PQ-P-01.feature"], ["stale", "PQ/PQ-P-02.feature"],
    ]  # fmt: skip


def test_documents_print_the_policy_with_its_reason_and_digest(project) -> None:
    from csvgen.model.report import Paragraph, Table
    from csvgen.report.depth_blocks import depth

    use_policy(project)
    spec = load_system(project.specs, "probe").spec
    assert spec is not None
    assert spec.depth is not None
    printed = depth(spec)
    table, words = (b for b in printed if isinstance(b, Table))
    assert any("boundary-3" in row[0] for row in words.rows), "the words of the policy are explained below it"
    assert "boundary-3" in str(table.rows[0])
    assert "at every step" in str(table.rows[0])
    told = " ".join(str(b.text) for b in printed if isinstance(b, Paragraph))
    assert f"Policy probe-depth@1, digest {spec.depth.digest}. {spec.depth.reason}" in told


# ------------------------------------------------------------------ what is drafted


def test_the_line_above_a_table_names_technique_risk_reason_and_what_was_counted(project) -> None:
    use_policy(project)
    with_matrix(project)
    assert project.csvgen("draft").code == 0
    lines = [line.strip() for line in feature(project, "URS-P-002").splitlines() if "Examples:" in line]
    assert lines == [
        f"Examples: {technique} (RA-P-002; high priority): {which} cells of the matrix, each on a lot in the state the function asks "
        f"for; full decision table together with {other}: t=2, 6 of 6 tuples"
        for technique, which, other in (("positive", "allowed", "denied"), ("negative", "denied", "allowed"))
    ]


def test_what_the_policy_asks_and_nobody_gives_is_a_row_and_what_has_no_meaning_is_told_apart(project) -> None:
    use_policy(project)
    with_matrix(project)
    said = project.csvgen("draft").error
    assert "gap: URS-P-002: audit-content: high priority asks for it; no criterion of the requirement gives it" in said
    assert "gap: URS-P-002: no-change" in said
    assert "gap: URS-P-002: combination" not in said, "the pattern says why it has none of its own"


def test_a_role_more_keeps_every_row_and_id_and_adds_its_own(project) -> None:
    use_policy(project)
    with_matrix(project)
    assert project.csvgen("draft").code == 0
    before, rows = project.ids(), table_rows(feature(project, "URS-P-002"))
    with_matrix(project, roles=["visitor", *MATRIX["roles"]])
    assert project.csvgen("draft").code == 0
    after = table_rows(feature(project, "URS-P-002"))
    assert {key: tc for key, tc in project.ids().items() if key in before} == before
    assert [row[1:] for row in after[len(rows) :]] == [["visitor", "ingest"], ["visitor", "release"]]
    assert after[: len(rows)] == rows, "each in its place, although the new role stands first"


def table_rows(text: str) -> list[list[str]]:
    return [
        [cell.strip() for cell in line.strip(" |").split("|")] for line in text.splitlines() if line.strip().startswith("| TC-")
    ]


def test_more_rows_than_the_policy_allows_stop_the_draft_and_write_nothing(project) -> None:
    use_policy(project, high={"row_limit": "5", "full_table": "0"})
    with_matrix(project)
    said = project.csvgen("draft")
    assert said.code == 1
    assert "URS-P-002/ac-1: the full decision table of role (3) x function (2) has 6 rows; the limit is 5 [PRT446]" in said.error
    assert not project.protocols.exists()


def test_high_priority_leaves_evidence_at_every_step_where_the_policy_says_so(project) -> None:
    use_policy(project)
    assert project.csvgen("draft").code == 0
    tagged = {
        path: b"@evidence-every-step" in data.split(b"\n")[3] for path, data in project.files().items() if path.startswith("OQ")
    }
    assert tagged == {"OQ/URS-P-001.feature": False, "OQ/URS-P-002.feature": True}


def test_the_same_bytes_under_two_hash_seeds_and_two_locales(project, tmp_path: Path) -> None:
    use_policy(project)
    with_matrix(
        project, roles=[f"role {n}" for n in range(12)] + ["analyst"], functions=["ingest", *(f"function {n}" for n in range(9))]
    )
    found = []
    for seed, locale in (("0", "C"), ("4711", "C.UTF-8")):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "LC_ALL": locale, "TZ": "Pacific/Chatham" if seed != "0" else "UTC"}
        for path in project.protocols.rglob("*"):
            if path.is_file():
                path.unlink()
        command = [sys.executable, "-m", "csvgen", "-C", str(project.root), "draft"]
        done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        found.append(project.files())
    assert len(table_rows(found[0]["OQ/URS-P-002.feature"].decode())) == 130
    assert found[0] == found[1]


# ------------------------------------------------------------------ charter


def chartered(project, scheme: str = "gamp5-two-step") -> str:
    use_policy(project, low={"charter": "charter", "time_box": "45"})
    if scheme == "fda-csa":
        path = project.specs / "probe" / "risk" / "risks.yaml"
        content = yaml.load(path.read_text(encoding="utf-8"), yaml.BaseLoader)
        content["scheme"] = scheme
        for risk, grade in zip(content["risks"], ("not-high", "high"), strict=True):
            risk["severity"]["rating"] = grade
            for gone in ("probability", "detectability", "residual"):
                del risk[gone]
        path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    said = project.csvgen("draft")
    assert said.code == 0, project.csvgen("check").out
    return feature(project, "URS-P-001")


def test_a_charter_stands_for_the_scripts_of_low_priority(project) -> None:
    text = chartered(project)
    (case,) = read_feature(text, "x")[0].cases  # type: ignore[union-attr]
    assert {"charter", "attended"} <= set(case.tags)
    assert "Mission: find out whether this holds, and what else happens: The probe shall greet whoever asks." in text
    assert "Time box: 45 minutes" in text
    assert [s.text for s in case.steps if s.keyword == "Then"] == [
        "the notes of the session are on record",
        "every issue found is on record, or that there was none",
        "the conclusion of the person is on record",
    ]
    assert "charter" not in feature(project, "URS-P-002"), "high priority keeps its scripts"


@pytest.mark.parametrize(("scheme", "cited"), [("gamp5-two-step", False), ("fda-csa", True)])
def test_csa_is_cited_only_where_the_project_rates_by_it(project, scheme: str, cited: bool) -> None:
    assert ("Computer Software Assurance" in chartered(project, scheme)) is cited


def test_a_pattern_with_a_floor_keeps_its_scripts_beside_a_charter(project) -> None:
    def change(requirements: dict[str, Any]) -> None:
        second = deepcopy(requirements["URS-P-002"]["criteria"][0])
        requirements["URS-P-001"]["criteria"].append({**second, "id": "ac-2"})

    edit_urs(project, change)
    found = read_feature(chartered(project), "x")[0]
    assert found is not None
    assert {("charter" in c.tags, c.technique) for c in found.cases} == {
        (True, "positive"),
        (False, "positive"),
        (False, "negative"),
    }
