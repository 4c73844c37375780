"""Every property of every file explains itself and shows an example that is right; and the schema is the same everywhere."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from csvgen.marks import load
from csvgen.spec.files import MANY, SINGLE
from csvgen.spec.schema import GLOBS, KINDS, json_schema, schema_of, text_of

from ..tiny import REPOSITORY, clean_environment


def inner(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The schemas inside a schema that are no properties, each with a word for the way to it."""
    for key in ("items", "additionalProperties", "then", "else"):
        if isinstance(schema.get(key), dict):
            yield key, schema[key]
    for key in ("allOf", "anyOf"):
        yield from ((f"{key}/{n}", part) for n, part in enumerate(schema.get(key, ())))
    yield from ((f"patternProperties/{n}", part) for n, part in enumerate(schema.get("patternProperties", {}).values()))


def properties(schema: dict[str, Any], path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Path and schema of every property that can be reached."""
    for name, part in schema.get("properties", {}).items():
        yield f"{path}.{name}", part
        yield from properties(part, f"{path}.{name}")
    for way, part in inner(schema):
        yield from properties(part, f"{path}/{way}")


def shortcomings(schema: dict[str, Any], path: str) -> list[str]:
    """What is wrong with the words and examples of the properties."""
    found = []
    for place, part in properties(schema, path):
        if len(part.get("description", "")) < 8 or not part["description"].endswith("."):
            found.append(f"{place}: no description")
        if not part.get("examples"):
            found.append(f"{place}: no example")
        wrong = [e.message for x in part.get("examples", ()) for e in jsonschema.Draft7Validator(part).iter_errors(x)]
        found += [f"{place}: wrong example: {message[:120]}" for message in wrong]
        free = "string" in part.get("type", ()) and not {"enum", "const", "default", "if"} & set(part)
        if free and len(part.get("examples", ())) < 2:
            found.append(f"{place}: editors type a sole example in by themselves; a second one makes it an example")
        closed = part.get("else", part)
        if "enum" in closed and "format" not in place and not place.endswith(".type"):
            meanings = closed.get("enumDescriptions", [])
            found += [
                f"{place}: the word {word} is not explained"
                for n, word in enumerate(closed["enum"])
                if not "".join(meanings[n : n + 1])
            ]
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_every_property_has_a_description_and_examples_that_are_right(kind):
    schema = schema_of(kind)
    jsonschema.Draft7Validator.check_schema(schema)
    assert not shortcomings(schema, kind)


def test_one_schema_for_all_files_has_them_too():
    schema = json_schema()
    jsonschema.Draft7Validator.check_schema(schema)
    assert not shortcomings(schema, "all")


def test_no_property_is_passed_over():
    """Each field of each model is found by the walk, at its place."""
    paths = [path for kind in KINDS for path, _ in properties(schema_of(kind), kind)]
    assert len(paths) > 250
    assert {"risk.risks/items.severity.rating", "urs.requirements/items.criteria/items.inputs/patternProperties/0/allOf/0/then.low",
            "protocol.routes.deviation.stations/items.meaning", "system.data_flow.nodes/items.stages"} <= set(paths)  # fmt: skip
    for kind, row in KINDS.items():
        assert list(schema_of(kind)["properties"]) == list(row.model.model_fields)


def test_examples_keep_the_order_a_person_writes_in():
    assert list(schema_of("protocol")["properties"]["depth"]["examples"][0]) == ["low", "medium", "high"]
    assert list(schema_of("urs")["properties"]["requirements"]["examples"][0][0])[:3] == ["id", "title", "statement"]


@pytest.mark.parametrize(
    ("path", "change", "words"),
    [
        (("rationale",), {"description": ""}, ".rationale: no description"),
        (("rationale",), {"examples": []}, ".rationale: no example"),
        (("rationale",), {"examples": ["one"]}, ".rationale: editors type"),
        (("phase",), {"examples": ["XQ"]}, ".phase: wrong example"),
        (("phase",), {"enumDescriptions": ["a", "b"]}, ".phase: the word PQ is not explained"),
    ],
)
def test_what_is_missing_is_named(path, change, words):
    schema = copy.deepcopy(schema_of("urs"))
    place = schema["properties"]["requirements"]["items"]
    for name in path:
        place = place["properties"][name]
    place.update(change)
    assert [s for s in shortcomings(schema, "urs") if words in s]


@pytest.mark.parametrize("kind", KINDS)
def test_the_example_of_a_whole_file_is_taken_by_csvgen(kind):
    for example in schema_of(kind)["examples"]:
        taken = KINDS[kind].model.model_validate(example)
        assert set(example) <= taken.model_fields_set


def test_every_kind_of_file_has_its_schema_and_its_place():
    assert set(KINDS) == {kind.name for kind in (*SINGLE.values(), *MANY.values())}
    folder = REPOSITORY / "requirements_specs" / "qc-release"
    for kind in ("system", "urs", "oracles"):
        found = list(folder.glob(GLOBS[kind]))
        assert found
        for path in found:
            value = load(path.read_bytes(), path.name)[0].value
            assert not list(jsonschema.Draft7Validator(schema_of(kind)).iter_errors(value))
            assert not list(jsonschema.Draft7Validator(json_schema()).iter_errors(value))


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("urs", {"format": "csvgen.urs/1", "requirements": [{"id": "URS-1"}]}),
        ("urs", {"format": "csvgen.risk/1", "requirements": []}),
        ("system", {"format": "csvgen.system/1", "colour": "red"}),
        ("protocol", {"format": "csvgen.protocol-settings/1", "routes": {"memo": {}}}),
    ],
)
def test_what_csvgen_refuses_is_refused(kind, value):
    assert list(jsonschema.Draft7Validator(schema_of(kind)).iter_errors(value))
    assert list(jsonschema.Draft7Validator(json_schema()).iter_errors(value))


def csvgen(*arguments: str, cwd: Path, seed: str = "0") -> subprocess.CompletedProcess[str]:
    environment = clean_environment() | {"PYTHONHASHSEED": seed}
    return subprocess.run(
        [sys.executable, "-m", "csvgen", *arguments], capture_output=True, text=True, check=False, cwd=cwd, env=environment
    )


def test_the_same_bytes_by_every_way(tmp_path):
    """To the terminal, to a file and to a folder; under any hash seed; and nothing else is left behind."""
    assert csvgen("schema", "--folder", "a/b", cwd=tmp_path, seed="1").returncode == 0
    written = {p.name: p.read_text(encoding="utf-8") for p in (tmp_path / "a" / "b").iterdir()}
    assert written == {f"{kind}.schema.json": text_of(schema_of(kind)) for kind in KINDS}
    assert csvgen("schema", "--kind", "urs", cwd=tmp_path, seed="2").stdout == written["urs.schema.json"]
    whole = csvgen("schema", cwd=tmp_path).stdout
    assert csvgen("schema", "--out", "whole.json", cwd=tmp_path).stdout == ""
    assert (tmp_path / "whole.json").read_text(encoding="utf-8") == whole
    assert json.loads(whole) == json_schema()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a", "whole.json"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--kind", "memo"], "kinds: system, plan"),
        (["--folder", "x", "--kind", "urs"], "does not go with"),
        (["--out", "file/below.json"], "cannot be written"),
    ],
)
def test_what_cannot_be_written_is_said(tmp_path, arguments, words):
    (tmp_path / "file").write_text("")
    done = csvgen("schema", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert words in done.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file"]
