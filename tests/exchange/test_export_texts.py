"""CSV, JSON Lines and needs.json: judged by the readers of the standard library, and refused with a place when damaged."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from csvgen.canonical import canonical_json
from csvgen.errors import BadInput, ConfigError
from csvgen.exchange import own
from csvgen.exchange.changes import FIELDS
from csvgen.exchange.export import gather
from csvgen.exchange.writers import csv_file, json_lines, needs_json

from .specs import SYSTEM, desk, gathered, written

BASE = {"id": "URS-H-1", "title": "t", "statement": "s", "rationale": "r", "category": "function", "gxp": "no", "phase": "OQ"}


def rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def test_csv_is_a_table_for_others(tmp_path: Path) -> None:
    data = csv_file.write(gathered(desk(tmp_path)))
    found = rows(data)
    assert [r["id"] for r in found] == ["URS-D-001", "URS-D-002", "URS-D-003"]
    assert found[0]["clauses"] == "11.10(a)\n11.10(c)"
    assert found[2]["risks"] == "RA-D-1"
    assert data.count(b"\r\n") == 4, "RFC 4180 ends a record with CRLF; line breaks in a cell are LF"
    assert csv_file.write(gathered(desk(tmp_path)), bom=True) == b"\xef\xbb\xbf" + data


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "'x", "''", "\uff1d1", "\t=1"])
def test_no_cell_of_a_csv_is_a_formula_and_the_mark_is_undone(tmp_path: Path, text: str) -> None:
    specs = written(tmp_path, [BASE | {"attributes": {"a": "b"}, "title": text if text.isprintable() else "t", "origin": "-o"}])
    data = csv_file.write(gathered(specs))
    for row in csv.reader(io.StringIO(data.decode(), newline="")):
        assert not any(cell[:1] in {"=", "+", "-", "@", "\t", "\r", "\n", "\uff1d"} for cell in row)
    found = own.read(data, "x.csv")
    assert found is not None
    assert found.entries[0].fields["title"] == (text if text.isprintable() else "t")
    assert found.entries[0].fields["origin"] == "-o"


def test_a_spreadsheet_may_write_semicolons_and_tabs(tmp_path: Path) -> None:
    data = csv_file.write(gathered(desk(tmp_path)))
    for delimiter in ";\t":
        out = io.StringIO()
        csv.writer(out, delimiter=delimiter).writerows(csv.reader(io.StringIO(data.decode(), newline="")))
        found = own.read(b"\xef\xbb\xbf" + out.getvalue().encode(), "x.csv")
        assert found is not None
        assert [e.fields for e in found.entries] == [e.fields for e in own.read(data, "x.csv").entries]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("old", "new", "where", "said"),
    [
        (b'"title"', b'"id"', "x.csv:1", "twice"),
        (b'"id"', b'"Id"', "x.csv:1", "no column 'id'"),
        (b'"Trail"', b'"Trail"x', "x.csv", "RFC 4180"),
        (b'"Trail"', b'"Tr\xffail"', "x.csv", "UTF-8"),
        (b'"Trail"', b'"Trail","","","","","","","","","","","","","","","","",""', "x.csv", "cells"),
        (b'"Trail",', b"", "x.csv", "17 cells"),
        (b"by: SOP-1", b"by: [", "x.csv", "not YAML"),
    ],
)
def test_a_damaged_csv_is_refused_with_its_place(tmp_path: Path, old: bytes, new: bytes, where: str, said: str) -> None:
    data = csv_file.write(gathered(desk(tmp_path)))
    assert data.count(old) == 1
    with pytest.raises(BadInput, match=said) as caught:
        own.read(data.replace(old, new), "x.csv")
    assert caught.value.where.startswith(where)


def test_the_place_of_a_csv_row_is_its_line(tmp_path: Path) -> None:
    data = csv_file.write(gathered(desk(tmp_path)))
    found = own.read(data, "x.csv")
    assert found is not None
    lines = data.decode().replace("\r\n", "\n").split("\n")
    for entry in found.entries:
        assert lines[entry.place.line - 1].startswith(f'"{entry.id}"')


def test_json_lines_are_canonical_and_complete(tmp_path: Path) -> None:
    data = json_lines.write(gathered(desk(tmp_path)))
    lines = data.splitlines(keepends=True)
    assert [json.loads(line)["id"] for line in lines] == ["URS-D-001", "URS-D-002", "URS-D-003"]
    assert all(canonical_json(json.loads(line)) == line for line in lines)
    third = json.loads(lines[2])
    assert third["attributes"] == {"Owner": "QA", "Note": "one\n two"}
    assert third["drafted"] == {"generator": "some model", "version": "1.0"}
    assert third["risks"] == ["RA-D-1"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b'"title":"Trail"', b'"title":1.10', ""),
        (b'"title":"Trail"', b'"title":null', "texts, lists"),
        (b'"title":"Trail"', b'"title":true', "texts, lists"),
        (b'"title":"Trail"', b'"title":"Trail","title":"x"', "twice"),
        (b'"title":"Trail"', b'"title"', "not JSON"),
        (b'"title":"Trail"', b'"title":' + b"[" * 5000 + b"]" * 5000, ""),
    ],
)
def test_damaged_json_lines(tmp_path: Path, old: bytes, new: bytes, said: str) -> None:
    data = json_lines.write(gathered(desk(tmp_path)))
    assert data.count(old) == 1
    if said:
        with pytest.raises(BadInput, match=said) as caught:
            own.read(data.replace(old, new), "x.jsonl")
        assert caught.value.where.startswith("x.jsonl:3")
        return
    try:
        found = own.read(data.replace(old, new), "x.jsonl")
    except BadInput as problem:
        assert problem.where.startswith("x.jsonl:3")
    else:
        assert found is not None
        assert found.entries[2].fields["title"] != "Trail"


def test_needs_have_the_shape_sphinx_needs_reads(tmp_path: Path) -> None:
    value = json.loads(needs_json.write(gathered(desk(tmp_path))))
    version = value["versions"][value["current_version"]]
    assert version["needs_amount"] == len(version["needs"]) == 4
    assert all(k == n["id"] for k, n in version["needs"].items())
    first = version["needs"]["URS-D-001"]
    assert (first["type"], first["title"], first["links"]) == ("req", "Keeping of files", ["RA-D-1"])
    assert first["content"] == "The desk shall keep every file that arrives unaltered."
    assert first["tags"] == ["data-integrity", "OQ"]
    risk = version["needs"]["RA-D-1"]
    assert (risk["type"], risk["links"]) == ("risk", ["URS-D-001", "URS-D-003"])
    linked = {i for n in version["needs"].values() for i in n["links"]}
    assert linked <= set(version["needs"]), "no link leads nowhere"
    assert all(isinstance(first[f], str) for f in FIELDS if f != "statement"), "options of a need are texts"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b'"title": "Trail"', b'"title": ["Trail"]', "must be a text"),
        (b'"current_version": "1"', b'"current_version": "2"', "no needs"),
        (b'"current_version": "1"', b'"current_version": []', "no needs"),
        (b'"needs": {', b'"needs": {"x": 1, ', "must be an object"),
        (b'"project"', b"project", "not JSON"),
    ],
)
def test_damaged_needs(tmp_path: Path, old: bytes, new: bytes, said: str) -> None:
    data = needs_json.write(gathered(desk(tmp_path)))
    assert data.count(old) == 1
    with pytest.raises(BadInput, match=said) as caught:
        own.read(data.replace(old, new), "x.json")
    assert caught.value.where.startswith("x.json")


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"{", b"[]", b"id,title\n1,2\n", b"<x/>", b"\xff\xfe", b'{"format": 1}', b"# Title\n"]
)
def test_files_of_others_are_not_ours(data: bytes) -> None:
    assert own.read(data, "x") is None


def test_what_cannot_be_exported_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no requirements"):
        gather(tmp_path, "nobody", "x")
    specs = desk(tmp_path)
    path = specs / SYSTEM / "urs" / "b.yaml"
    path.write_text(path.read_text().replace("URS-D-003", "URS-D-002"))
    with pytest.raises(BadInput, match="URS-D-002 is taken"):
        gathered(specs)
    path.write_text(path.read_text().replace("gxp:", "gpx:"))
    with pytest.raises(BadInput, match="gxp") as caught:
        gathered(specs)
    assert caught.value.hint == "csvgen check"
    path.write_text("a: [")
    with pytest.raises(BadInput, match="not YAML"):
        gathered(specs)


def test_the_digest_of_a_copy_is_of_what_is_said(tmp_path: Path) -> None:
    specs = desk(tmp_path)
    before = gathered(specs).digest
    path = specs / SYSTEM / "urs" / "a.yaml"
    path.write_text(path.read_text().replace("# in words", "# otherwise").replace("importance: should", "priority: should"))
    assert gathered(specs).digest == before
    path.write_text(path.read_text().replace("1.10", "1.1"))
    assert gathered(specs).digest != before
