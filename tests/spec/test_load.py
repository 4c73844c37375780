"""Bad specifications: each gets a clear finding with file, line, column, rule and hint; the good one gets none."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

from csvgen.diagnostics import Severity
from csvgen.spec.load import load_system, systems
from csvgen.spec.registry import RULES
from csvgen.spec.schema import json_schema

ROOT = Path(__file__).parents[2] / "requirements_specs"


@pytest.mark.parametrize("system", systems(ROOT))
def test_shipped_specifications_have_no_errors(system: str) -> None:
    loaded = load_system(ROOT, system)
    assert loaded.spec is not None
    assert not loaded.findings.errors


def test_worked_example_is_a_real_one() -> None:
    spec = load_system(ROOT, "qc-release").spec
    assert spec is not None
    assert len(spec.requirements) >= 30
    assert {r.category for r in spec.requirements} >= {
        "function",
        "audit-trail",
        "e-signature",
        "access",
        "data-integrity",
        "installation",
        "performance",
    }
    cited = {c for r in spec.requirements for c in r.clauses}
    assert {"21 CFR 211.68(b)", "21 CFR 211.192", "11.10(e)", "11.70"} <= cited
    assert any(c.startswith("21 CFR 211.194") for c in cited)
    assert not [d for d in load_system(ROOT, "qc-release").findings.items if d.severity is Severity.WARNING]


CASES = [
    ("urs/10-function.yaml", "    statement: >-\n      The system shall register", "    statment: >-\n      The system shall register", "SPC002", "did you mean 'statement'"),
    ("urs/10-function.yaml", "  - id: URS-QC-002", "  - id: URS-QC-001", "SPC006", "the id URS-QC-001 is taken"),
    ("urs/10-function.yaml", '"11.10(a)", "11.10(c)"]', '"11.10(a)", "11.10(z)"]', "CIT301", "cites '11.10(z)'"),
    ("urs/10-function.yaml", '"11.10(a)", "11.10(c)"]', '"11.3(b)(6)", "11.10(c)"]', "CIT302", "11.3(b)(6)"),
    ("urs/10-function.yaml", '"11.10(a)", "11.10(c)"]', '"11.10", "11.10(c)"]', "CIT303", "a lead-in"),
    ("risk/risks.yaml", "requirements: [URS-QC-001]", "requirements: [URS-QC-999]", "RSK201", "URS-QC-999, which does not exist"),
    ("risk/risks.yaml", "scheme: gamp5-two-step", "scheme: gamp6", "RSK203", "no risk scheme 'gamp6'"),
    ("risk/risks.yaml", "    severity: {rating: high,", "    priority: low\n    severity: {rating: high,", "SPC002", "unknown key 'priority'"),
    ("risk/risks.yaml", "rating: high", "rating: hihg", "RSK206", "'hihg' is no grade of severity"),
    ("urs/10-function.yaml", "title: Registration of instrument files", 'title: "Registration\\nof files"', "TXT901", "one line of printable text"),
    ("urs/10-function.yaml", "title: Registration of instrument files", 'title: "Registration\\x07"', "TXT901", "U+0007"),
    ("urs/10-function.yaml", "title: Registration of instrument files", 'title: "Regi\\u202Estration"', "TXT901", "RIGHT-TO-LEFT OVERRIDE"),
    ("urs/10-function.yaml", "id: URS-QC-001", "id: URS-QC-\u041e01", "SPC005", "does not have the form"),
    ("urs/10-function.yaml", "  - id: URS-QC-001", "\t- id: URS-QC-001", "YML003", "not YAML"),
    ("urs/10-function.yaml", "file-integrity@1", "file-integrity@9", "PRT401", "there is no pattern"),
    ("urs/10-function.yaml", "instrument: PR-001}", "instrumnt: PR-001}", "PRT402", "did you mean 'instrument'"),
    ("urs/10-function.yaml", "file: gen5-bca-plate.txt", "file: nowhere.txt", "PRT402", "which is not under data/"),
    ("urs/10-function.yaml", "oracle: ORA-POTENCY-1", "oracle: ORA-POTENCY-2", "PRT402", "which is not under oracles/"),
    ("urs/10-function.yaml", 'low: "95.0"', 'low: "ninety"', "PRT402", "is not a decimal number"),
    ("urs/20-audit-trail.yaml", "reason: moved after", "reason: <script> moved after", "PRT402", "cannot stand in a Gherkin step"),
    ("pq/release-testing.yaml", '- Given the "analyst" is logged in', '- Obviously the "analyst" is logged in', "PQS553", "does not begin with Given"),
    ("pq/release-testing.yaml", "covers: [URS-QC-001,", "covers: [URS-QC-888,", "PQS551", "URS-QC-888"),
    ("protocol.yaml", "role: quality", "role: qualty", "APR601", "unknown to system.yaml"),
    ("protocol.yaml", "  - {first: authored, second: approved,", "  - {first: authored, second: issued,", "APR602", "lets one person sign authored and approved"),
    ("system.yaml", 'gamp: "5"', 'gamp: "2"', "SPC004", "'2' is not one of"),
    ("system.yaml", "id: qc-release", "id: qc-other", "SPC009", "the folder is 'qc-release'"),
    ("urs/30-e-signature.yaml", "    covered:\n      by: SOP-QC-014", "    rationale: again\n    covered:\n      by: SOP-QC-014", "YML009", "stands here again"),
    ("urs/30-e-signature.yaml", "document: procedures/SOP-QC-014.md", "document: procedures/SOP-QC-015.md", "URS105", "which is not there"),
    ("fs/functions.yaml", "implements: [URS-QC-001,", "implements: [URS-QC-777,", "FSP251", "URS-QC-777"),
    ("installation.yaml", "requirement: URS-QC-033", "requirement: URS-QC-001", "INS501", "not in IQ"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "rule", "words"), CASES, ids=[f"{c[3]}-{n}" for n, c in enumerate(CASES)])
def test_bad_input_is_a_finding_with_its_place(
    broken: Callable[..., list[str]], file: str, old: str, new: str, rule: str, words: str
) -> None:
    lines = [line for line in broken(file, old, new) if f" {rule} " in line]
    assert lines, f"no finding {rule}"
    text = "\n".join(lines)
    # The words may stand in the hint, which the concise lines leave out; look at both.
    if words not in text:
        from csvgen.rendering import render_text

        text = render_text(load_system(Path(_last_root(broken)), "qc-release").findings.items)
    assert words in text
    assert re.match(r"requirements_specs/qc-release/\S+:\d+:\d+: (error|warning) ", lines[0])
    place = lines[0].split(":")
    assert place[0].endswith(file), lines[0]
    assert int(place[1]) > 0, lines[0]


def _last_root(broken: Callable[..., list[str]]) -> str:
    closure = {v.cell_contents for v in broken.__closure__ or () if isinstance(v.cell_contents, Path)}
    return str(next(iter(closure)) / "requirements_specs")


def test_all_findings_at_once(broken: Callable[..., list[str]]) -> None:
    lines = broken("urs/10-function.yaml", '    gxp: "yes"\n    phase: OQ', "    gxp: maybe\n    phase: XQ\n    colour: red")
    assert {"SPC002", "SPC004"} <= {line.split(" ")[2] for line in lines}
    assert len(lines) >= 3


STRANGE = {
    "capital suffix": (lambda f: (f / "urs" / "80.YAML").write_text("a: b\n"), "urs/80.YAML"),
    "yml": (lambda f: (f / "urs" / "80.yml").write_text("a: b\n"), "urs/80.yml"),
    "json": (lambda f: (f / "urs" / "80.json").write_text("{}\n"), "urs/80.json"),
    "linked folder": (lambda f: (f / "urs" / "more").symlink_to(f / "data"), "urs/more"),
    "linked file": (lambda f: (f / "urs" / "80.yaml").symlink_to(f / "plan.yaml"), "urs/80.yaml"),
    "broken link for an optional file": (lambda f: (f / "suppressions.yaml").symlink_to(f / "nowhere"), "suppressions.yaml"),
}


@pytest.mark.parametrize("name", STRANGE)
def test_what_nobody_reads_does_not_pass(tmp_path: Path, name: str) -> None:
    import shutil

    folder = Path(shutil.copytree(ROOT / "qc-release", tmp_path / "specs" / "qc-release"))
    make, file = STRANGE[name]
    make(folder)
    found = load_system(tmp_path / "specs", "qc-release").findings.errors
    assert any(d.location.file == f"specs/qc-release/{file}" and d.rule in {"SPC001", "SPC008"} for d in found), found


def test_a_system_without_system_yaml_is_not_overlooked(tmp_path: Path) -> None:
    (tmp_path / "specs" / "lims" / "urs").mkdir(parents=True)
    (tmp_path / "specs" / "lims" / "system.yml").write_text("format: csvgen.system/1\n")
    assert systems(tmp_path / "specs") == ("lims",)
    found = load_system(tmp_path / "specs", "lims").findings.errors
    assert [d.hint for d in found if d.rule == "SPC008"] == ["the ending is .yaml here: system.yaml"]


def test_an_id_that_cannot_be_one_is_said_once(broken: Callable[..., list[str]]) -> None:
    lines = broken("urs/10-function.yaml", "  - id: URS-QC-002", "  - id: URS-QC-2a")
    assert [line.split(" ")[2] for line in lines] == ["SPC005"], lines


def test_a_file_nobody_reads_is_a_finding(tmp_path: Path) -> None:
    import shutil

    shutil.copytree(ROOT / "qc-release", tmp_path / "specs" / "qc-release")
    (tmp_path / "specs" / "qc-release" / "risks.yaml").write_text("a: b\n")
    loaded = load_system(tmp_path / "specs", "qc-release")
    assert [d.rule for d in loaded.findings.errors] == ["SPC008"]


def test_schema_is_draft_7_and_accepts_the_shipped_files() -> None:
    """An independent validator, over the same literal text the loader reads."""
    from csvgen.marks import load

    schema = json_schema()
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)
    files = [p for p in ROOT.rglob("*.yaml") if "data" not in p.parts]
    assert len(files) > 15
    for path in files:
        read, _ = load(path.read_bytes(), path.name)
        assert read is not None
        errors = [e.message[:200] for e in validator.iter_errors(read.value)]
        assert not errors, f"{path}: {errors}"
    assert list(validator.iter_errors({"format": "csvgen.urs/1", "requirements": [{"id": "URS-1"}]}))


def test_digest_is_of_content_not_of_layout(tmp_path: Path) -> None:
    import shutil

    shutil.copytree(ROOT / "qc-release", tmp_path / "specs" / "qc-release")
    before = load_system(tmp_path / "specs", "qc-release").spec
    urs = tmp_path / "specs" / "qc-release" / "urs"
    (urs / "10-function.yaml").rename(urs / "99-renamed.yaml")
    text = (urs / "20-audit-trail.yaml").read_text()
    (urs / "20-audit-trail.yaml").write_text("# a comment more\n" + text.replace("phase: OQ", "phase:   OQ"))
    after = load_system(tmp_path / "specs", "qc-release").spec
    assert before is not None
    assert after is not None
    assert before.digest == after.digest
    (urs / "20-audit-trail.yaml").write_text(text.replace("shall record who", "shall record whom"))
    changed = load_system(tmp_path / "specs", "qc-release").spec
    assert changed is not None
    assert changed.digest != before.digest


def test_every_rule_has_a_page() -> None:
    assert len(RULES) >= 20
    for code, function in RULES.items():
        assert re.fullmatch(r"[A-Z]{3}\d{3}", code)
        assert len((function.__doc__ or "").strip()) > 40, code
