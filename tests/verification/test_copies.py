"""Copies for inspection (21 CFR 11.10(b)) and finding records (11.10(c)): complete ones, partial ones, and each record by its id."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from csvgen.canonical import digest_bytes
from csvgen.errors import ConfigError
from csvgen.workflow.finding import Query, find, moment
from csvgen.workflow.partial import export_partial

from ..tiny import OPERATOR, Tiny, clean_environment
from .anchored import Anchored


@pytest.fixture(scope="module")
def manifest(anchored: Anchored) -> dict:
    return json.loads((anchored.package / "package.json").read_bytes())


def test_complete_copy_holds_every_record_in_both_forms(anchored, manifest):
    """Counted against the source, each item by its SHA-256; every composed record to read and as data (RR-B01, RR-B02)."""
    state, ledger = anchored.owner.state, anchored.owner.ledger
    for entry in manifest["files"]:
        data = (anchored.package / entry["path"]).read_bytes()
        assert (entry["size"], entry["sha256"]) == (len(data), digest_bytes(data))
    names = {entry["path"] for entry in manifest["files"]}
    for approval in state.approvals:
        document = approval.document
        folder = f"protocols/tiny/approvals/{document.id}/r{document.revision}"
        assert f"{folder}/document.json" in names
        assert {f"{folder}/{s.name}.{suffix}" for s in approval.signatures for suffix in ("json", "p7s")} <= names
        if document.kind == "procedure":
            assert {r.file for r in document.renditions} <= names
        elif document.renditions:
            assert {f"documents/{r.file}" for r in document.renditions} <= names
            assert {Path(r.file).suffix for r in document.renditions} >= {".pdf", ".docx"}
    lines = (anchored.package / "audit" / "events.jsonl").read_bytes().splitlines(keepends=True)
    assert tuple(lines) == ledger.bodies()[: len(lines)]
    source = {p.relative_to(run.folder).as_posix() for run in state.runs for p in Path(run.folder).rglob("*") if p.is_file()}
    assert {n.split("/", 2)[2] for n in names if n.startswith("runs/")} == source
    counts = manifest["counts"]
    assert (counts["records"], counts["signatures"], counts["runs"]) == (20, 29, 4)
    assert counts["audit events"] == len(lines)


# ------------------------------------------------------------ partial


@pytest.fixture(scope="module")
def partial(anchored: Anchored, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("partial")
    owner = anchored.owner.copy(root / "owner")
    export_partial(owner.state, owner.ledger, owner.clock, OPERATOR, owner.seal, root / "copy", "URS-TNY-001")
    assert owner.ledger.events(action="export-partial")
    return root / "copy"


@pytest.mark.needs("pdftotext")
def test_partial_copy_says_so_with_its_filter_on_every_page(partial):
    done = subprocess.run(["pdftotext", "-layout", str(partial / "copy.pdf"), "-"], capture_output=True, text=True, check=True)
    pages = done.stdout.rstrip("\f").split("\f")
    assert len(pages) > 1
    for page in pages:
        assert "PARTIAL COPY - only requirement URS-TNY-001" in " ".join(page.split())
    text = " ".join(done.stdout.split())
    assert "TC-IQ-0001" in text
    assert "FAILED" in text, "failed executions are not left out"
    assert "TC-OQ-0001" not in text


def test_partial_copy_says_so_in_its_manifest_and_counts_what_is_left_out(partial):
    said = json.loads((partial / "partial.json").read_bytes())
    assert said["copy_of"] == "PARTIAL"
    assert "URS-TNY-001" in said["filter"]
    assert said["counts"] == {"requirements": [1, 4], "test cases": [1, 4], "executions": [2, 5], "evidence files": [2, 6]}
    data = json.loads((partial / "data.json").read_bytes())
    assert data["copy"] == "PARTIAL"
    assert [e["run"] for e in data["executions"]] == ["IQ-001", "IQ-002"]
    attached = [a["sha256"] for e in data["executions"] for s in e["result"]["steps"] for a in s["attachments"]]
    for digest in attached:
        assert digest_bytes((partial / "evidence" / digest.removeprefix("sha256:")).read_bytes()) == digest


def test_partial_copy_is_never_taken_for_a_package(partial, anchored, tmp_path):
    from csvgen.verification.verify import verify

    verification = verify(partial, anchored.believed, anchored.outside(anchor=False))
    assert verification
    assert verification.kind == "PARTIAL copy"
    assert "PARTIAL" in verification.bottom_line
    (partial / "package.json").write_bytes((partial / "partial.json").read_bytes())
    assert not verify(partial, anchored.believed, anchored.outside(anchor=False))
    (partial / "package.json").unlink()


def test_partial_copy_of_nothing_is_refused(anchored, tmp_path):
    owner = anchored.owner.copy(tmp_path / "owner")
    with pytest.raises(ConfigError):
        export_partial(owner.state, owner.ledger, owner.clock, OPERATOR, owner.seal, tmp_path / "copy", "URS-TNY-999")
    assert not (tmp_path / "copy").exists()


# ------------------------------------------------------------ finding


@pytest.fixture(scope="module")
def state(anchored: Anchored):
    return anchored.owner.state


def test_found_by_id(state):
    assert Counter(h.kind for h in find(state, Query(id="tny-urs"))) == {"record": 1, "signature": 3}
    assert [h.kind for h in find(state, Query(id="TC-IQ-0001 in IQ-002"))] == ["execution"]
    assert not find(state, Query(id="TNY-NOTHING"))


def test_found_by_revision(state):
    assert find(state, Query(id="TNY-URS", revision=1))
    assert not find(state, Query(id="TNY-URS", revision=2))


def test_found_by_person(state):
    signed = find(state, Query(person="pavel.broz", kind="signature"))
    assert {h.title for h in signed} == {"Pavel Broz (fictitious), reviewed"}
    assert len(signed) == 4
    assert {h.kind for h in find(state, Query(person="ci-runner"))} == {"run", "execution"}


def test_found_by_date_range(state):
    run = state.run("OQ-001")
    inside = find(state, Query(kind="run", since=run.plan.created, until=run.seal.sealed))
    assert [h.id for h in inside] == ["OQ-001"]
    assert not find(state, Query(until="2020-01-01T00:00:00.000000Z"))


def test_found_by_requirement(state):
    found = find(state, Query(requirement="URS-TNY-001"))
    assert {h.kind for h in found} == {"requirement", "risk", "case", "record", "signature", "run", "execution", "deviation"}
    assert "TC-OQ-0001" not in {h.id for h in found}


def test_found_by_clause(state):
    exact, above = find(state, Query(clause="11.10(a)")), find(state, Query(clause="11.10"))
    assert {h.id for h in exact if h.kind == "requirement"} == {r.id for r in state.spec.requirements}
    assert exact == above
    assert not find(state, Query(clause="11.1")), "11.10 is not 11.1"


def test_every_hit_lies_where_it_is_said_to(anchored, state):
    for hit in find(state, Query()):
        assert (anchored.owner.root / re.sub(r":\d+$", "", hit.where)).exists(), hit


@pytest.mark.parametrize("text", ["2026-11-21T08:00:00", "yesterday", "", "21.11.2026", "2026-13-01"])
def test_time_without_offset_is_refused(text):
    with pytest.raises(ConfigError):
        moment(text)


def test_day_is_whole_and_utc():
    assert moment("2026-11-21") == "2026-11-21T00:00:00.000000Z"
    assert moment("2026-11-21", end=True) == "2026-11-21T23:59:59.999999Z"
    assert moment("2026-11-21T08:30:00+01:00") == "2026-11-21T07:30:00.000000Z"


def test_command_shows_time_with_offset_and_json_utc(anchored, tmp_path):
    def csvgen(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "csvgen", "-C", str(anchored.owner.root), "find", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False, env=clean_environment(), cwd=tmp_path)

    told = csvgen("TNY-URS", "--person", "ruth.amsel", "--kind", "signature")
    assert told.returncode == 0
    assert re.search(
        r"Ruth Amsel \(fictitious\), approved .* \d\d:\d\d:\d\d \+00:00  protocols/tiny/approvals/TNY-URS/r1/03-ruth", told.stdout
    )
    found = json.loads(csvgen("TNY-URS", "--kind", "signature", "--format", "json").stdout)
    assert [h["people"] for h in found] == [["mara.ivens"], ["oskar.lindqvist"], ["ruth.amsel"]]
    assert all(t.endswith("Z") for h in found for t in h["times"])
    assert csvgen("NOTHING-AT-ALL").returncode == 1
    assert csvgen("--since", "yesterday").returncode == 2


def test_random_ids_of_a_thousand_requirements(tmp_path):
    """Each found alone, with the cases that serve it, without reading anything by hand (RR-C04)."""
    from ..tiny import make_project, specification

    files = specification()
    first = files["urs/urs.yaml"]["requirements"]
    more = [{**first[1], "id": f"URS-TNY-{n:04d}", "title": f"Number {n}"} for n in range(1000, 2000)]
    files["urs/urs.yaml"]["requirements"] = [*first, *more]
    files["fs/fs.yaml"]["functions"][0]["implements"] += [m["id"] for m in more]
    files["risk/risk.yaml"]["risks"][1]["requirements"] += [m["id"] for m in more]
    project = Tiny(make_project(tmp_path / "large", files))
    state = project.state
    dice = random.Random(4)
    for number in dice.sample(range(1000, 2000), 20):
        found = find(state, Query(requirement=f"URS-TNY-{number}"))
        kinds = Counter(h.kind for h in found)
        assert kinds["requirement"] == 1
        assert kinds["case"] >= 1
        assert all(f"URS-TNY-{number}" in h.requirements for h in found)
