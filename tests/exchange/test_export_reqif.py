"""ReqIF, judged by those who read it: the library reqif, StrictDoc, and the schema's own order of elements."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from reqif.parser import ReqIFParser

from csvgen.errors import BadInput
from csvgen.exchange import own
from csvgen.exchange.writers import reqif_file

from .specs import SYSTEM, desk, gathered, written

BASE = {"id": "URS-H-1", "title": "t", "statement": "s", "rationale": "r", "category": "function", "gxp": "no", "phase": "OQ"}


def test_the_library_reads_every_word(tmp_path: Path) -> None:
    hard = "a <b> & \"c\" 'd' ]]>\n\n  second line, &#10; and &amp;\n=1+1"
    specs = written(tmp_path, [BASE | {"statement": hard, "title": '<&">'}])
    bundle = ReqIFParser.parse_from_string(reqif_file.write(gathered(specs)).decode())
    content = bundle.core_content.req_if_content
    (found,) = content.spec_objects
    said = {a.definition_ref: a.value for a in found.attributes}
    assert said["_REQUIREMENT-statement"] == hard
    assert said["_REQUIREMENT-title"] == '<&">'
    assert bundle.exceptions == []


def test_files_are_specifications_and_risks_are_related(tmp_path: Path) -> None:
    bundle = ReqIFParser.parse_from_string(reqif_file.write(gathered(desk(tmp_path))).decode())
    content = bundle.core_content.req_if_content
    assert [(s.long_name, [c.spec_object for c in s.children]) for s in content.specifications] == [
        ("urs/a.yaml", ["_URS-D-001", "_URS-D-002"]),
        ("urs/b.yaml", ["_URS-D-003"]),
        ("risks", ["_RA-D-1"]),
    ]
    assert [(r.source, r.target) for r in content.spec_relations] == [("_RA-D-1", "_URS-D-001"), ("_RA-D-1", "_URS-D-003")]
    names = {d.long_name for t in content.spec_types for d in getattr(t, "attribute_definitions", None) or ()}
    assert {"ReqIF.ForeignID", "ReqIF.Name", "ReqIF.Text", "CRITERIA", "ATTRIBUTES"} <= names
    identifiers = [
        o.identifier for o in (*content.spec_objects, *content.spec_relations, *content.specifications, *content.spec_types)
    ]
    assert len(set(identifiers)) == len(identifiers)


def test_the_schema_of_the_omg_is_kept(tmp_path: Path) -> None:
    """Judged by the program of the library, with the schema it brings."""
    (tmp_path / "copy.reqif").write_bytes(reqif_file.write(gathered(desk(tmp_path))))
    done = subprocess.run(
        [Path(sys.executable).with_name("reqif"), "validate", "--use-reqif-schema", "copy.reqif"],
        cwd=tmp_path, capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 schema issues found" in done.stdout, done.stdout


def test_no_time_of_day_is_in_it(tmp_path: Path) -> None:
    export = gathered(desk(tmp_path))
    data = reqif_file.write(export)
    assert data.count(b'LAST-CHANGE="') == data.count(b'LAST-CHANGE="1970-01-01T00:00:00Z"') > 10
    dated = reqif_file.write(export, last_change="2025-01-02T03:04:05Z")
    assert data.replace(b"1970-01-01T00:00:00Z", b"2025-01-02T03:04:05Z") == dated


def test_strictdoc_reads_it(tmp_path: Path) -> None:
    (tmp_path / "copy.reqif").write_bytes(reqif_file.write(gathered(desk(tmp_path))))
    subprocess.run(
        [Path(sys.executable).with_name("strictdoc"), "convert", "copy.reqif", "out"],
        cwd=tmp_path, check=True, capture_output=True, timeout=180,
    )  # fmt: skip
    found = {p.name: p.read_text(encoding="utf-8") for p in (tmp_path / "out").glob("*.sdoc")}
    assert set(found) == {"urs_a_yaml.sdoc", "urs_b_yaml.sdoc", "risks.sdoc"}
    assert (
        "UID: URS-D-002\nTITLE: =1+1 is text\nSTATEMENT: >>>\nThe desk shall show 1.10 as 1.10.\n<<<" in found["urs_a_yaml.sdoc"]
    )
    assert "The file is the record.\nNothing else is." in found["urs_a_yaml.sdoc"]
    assert "VALUE: URS-D-003" in found["risks.sdoc"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b"<REQ-IF ", b'<!DOCTYPE x [<!ENTITY a "b">]><REQ-IF ', "document type"),
        (b"</REQ-IF>", b"", "cannot be read|can be read"),
        (b"<SPEC-OBJECTS>", b"<SPEC-OBJECTS><SPEC-OBJECT/>", "can be read"),
        (b"<CORE-CONTENT>", b"<CORE-CONTENT><X>", "can be read"),
        (b"by: SOP-1", b"by: [", "not YAML"),
    ],
)
def test_a_damaged_file_is_refused_with_its_place(tmp_path: Path, old: bytes, new: bytes, said: str) -> None:
    data = reqif_file.write(gathered(desk(tmp_path)))
    assert data.count(old) == 1
    with pytest.raises(BadInput, match=said) as caught:
        own.read(data.replace(old, new), "x.reqif")
    assert caught.value.where.startswith("x.reqif")


def test_a_requirement_of_somebody_else_is_an_entry_too(tmp_path: Path) -> None:
    data = reqif_file.write(gathered(desk(tmp_path)))
    found = own.read(data.replace(b"URS-D-003", b"URS-D-555"), "x.reqif")
    assert found is not None
    assert [e.id for e in found.entries] == ["URS-D-001", "URS-D-002", "URS-D-555"]
    assert found.system == SYSTEM


def test_what_xml_cannot_hold_is_refused_by_its_id(tmp_path: Path) -> None:
    specs = written(tmp_path, [BASE | {"title": "a\uffffb"}])
    with pytest.raises(BadInput, match="XML cannot hold") as caught:
        reqif_file.write(gathered(specs))
    assert caught.value.where == "URS-H-1, title"
