"""A plan says what an import would do, to the word; carrying it out does that and nothing else, or nothing at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from csvgen.errors import BadInput, Refused
from csvgen.exchange import plan as plan_room
from csvgen.exchange.changes import FIELDS, Base
from csvgen.exchange.plan import apply, fields_digest, held, plan, texts
from csvgen.exchange.preview import as_json, as_text, summary
from csvgen.model.urs import Requirement

from .specs import SYSTEM, desk, entry


def there(specs: Path, name: str) -> dict[str, Any]:
    return next(dict(h.fields) for h in held(specs, SYSTEM) if h.id == name)


def test_what_stands_there_is_held_word_for_word(tmp_path: Path) -> None:
    found = held(desk(tmp_path), SYSTEM)
    assert [(h.id, h.place.file, h.place.line) for h in found] == [
        ("URS-D-001", "requirements_specs/desk/urs/a.yaml", 4),
        ("URS-D-002", "requirements_specs/desk/urs/a.yaml", 28),
        ("URS-D-003", "requirements_specs/desk/urs/b.yaml", 3),
    ]
    assert found[0].fields["rationale"] == "The file is the record.\nNothing else is.\n"
    assert found[1].fields["priority"] == "should", "importance is the older name of priority"
    assert held(tmp_path, "nobody") == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [", "not YAML"),
        ("format: x\n", "no list of requirements"),
        ("requirements:\n  - title: x\n", "no id"),
        ("requirements:\n  - x\n", "no id"),
        ("requirements:\n  - {id: [x]}\n", "no id"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, text: str, said: str) -> None:
    specs = desk(tmp_path)
    (specs / SYSTEM / "urs" / "c.yaml").write_text(text)
    with pytest.raises(BadInput, match=said) as caught:
        held(specs, SYSTEM)
    assert "desk/urs/c.yaml" in caught.value.where
    assert caught.value.hint


def test_defaults_are_those_of_the_model() -> None:
    for name, value in plan_room._DEFAULTS.items():
        assert Requirement.model_fields[name].default == value
    defaults = {n: f.default for n, f in Requirement.model_fields.items() if not f.is_required()}
    assert all(d in plan_room._EMPTY or n in plan_room._DEFAULTS for n, d in defaults.items())


def test_each_field_is_compared_on_its_own(tmp_path: Path) -> None:
    specs = desk(tmp_path)
    came = entry(**there(specs, "URS-D-002") | {"title": "Other", "gxp": "yes", "verification": "test"})
    made = plan(held(specs, SYSTEM), [came], FIELDS)
    assert [(c.field, c.old, c.new) for c in made.changes] == [("title", "=1+1 is text", "Other"), ("gxp", "no", "yes")]
    assert [h.id for h in made.absent] == ["URS-D-001", "URS-D-003"]
    assert plan(held(specs, SYSTEM), [came], {"gxp"}).changes[0].field == "gxp"
    assert len(plan(held(specs, SYSTEM), [came], {"gxp"}).changes) == 1


@pytest.mark.parametrize(
    "same",
    [
        {"priority": "must"}, {"verification": "test"}, {"impact": []}, {"attributes": {}}, {"origin": ""},
        {"statement": "\nThe desk shall keep every file that arrives unaltered.\n"},
        {"rationale": "The file is the record.\nNothing else is."},
    ],
)  # fmt: skip
def test_what_goes_without_saying_is_no_difference(tmp_path: Path, same: dict[str, Any]) -> None:
    specs = desk(tmp_path)
    made = plan(held(specs, SYSTEM), [entry(**there(specs, "URS-D-001") | same)], FIELDS)
    assert not made
    assert made.unchanged == ("URS-D-001",)


def test_a_criterion_is_compared_without_what_goes_without_saying(tmp_path: Path) -> None:
    specs = desk(tmp_path)
    fields = there(specs, "URS-D-001")
    first, second = fields["criteria"]
    came = entry(**fields | {"criteria": [first | {"technique": "positive", "given": []}, second]})
    assert not plan(held(specs, SYSTEM), [came], FIELDS)
    other = entry(**fields | {"criteria": [first, second | {"technique": "positive"}]})
    assert [c.field for c in plan(held(specs, SYSTEM), [other], FIELDS).changes] == ["criteria"]


@pytest.mark.parametrize(
    ("entries", "why"),
    [
        ([entry(title="x")], "no id"),
        ([entry(id="URS-D-9", title="a"), entry(id="URS-D-9", title="b")], "2 times"),
        ([entry(id="URS-D-9", title="a")], "a value is needed here"),
        ([entry(id="lower", title="a")], "id: "),
        ([entry(id="URS-D-002", category="nonsense")], "category: "),
    ],
)
def test_what_cannot_be_is_a_conflict_and_nothing_is_written(tmp_path: Path, entries: list[Any], why: str) -> None:
    specs = desk(tmp_path)
    made = plan(held(specs, SYSTEM), entries, {"category"})
    assert why in made.conflicts[0].why
    assert made.conflicts[0].place.file == "in.csv"
    before = {p: p.read_bytes() for p in specs.rglob("*.yaml")}
    with pytest.raises(Refused, match="nothing was written"):
        apply(made, specs / SYSTEM / "urs" / "new.yaml")
    assert {p: p.read_bytes() for p in specs.rglob("*.yaml")} == before


def test_an_id_that_stands_twice_in_the_specification_is_a_conflict(tmp_path: Path) -> None:
    specs = desk(tmp_path)
    path = specs / SYSTEM / "urs" / "b.yaml"
    path.write_text(path.read_text().replace("URS-D-003", "URS-D-002"))
    made = plan(held(specs, SYSTEM), [entry(id="URS-D-002", title="x")], {"title"})
    assert "more than once" in made.conflicts[0].why


def test_the_rest_is_written_when_asked_for(tmp_path: Path) -> None:
    specs = desk(tmp_path)
    came = [entry(id="URS-D-002", title="Better"), entry(title="nameless")]
    made = plan(held(specs, SYSTEM), came, {"title"})
    apply(made, specs / "new.yaml", partial=True)
    assert there(specs, "URS-D-002")["title"] == "Better"


def test_a_base_tells_who_changed_what(tmp_path: Path) -> None:
    specs = desk(tmp_path)
    now = there(specs, "URS-D-002")
    older, base = now | {"title": "Older"}, Base("URS-D-002", fields_digest(now | {"title": "Older"}))
    untouched = plan(held(specs, SYSTEM), [entry(**older)], FIELDS, {"URS-D-002": base})
    assert (untouched.changes, untouched.conflicts) == ((), ())
    both = plan(held(specs, SYSTEM), [entry(**older | {"gxp": "yes"})], FIELDS, {"URS-D-002": base})
    assert "export again" in both.conflicts[0].why
    here = Base("URS-D-002", fields_digest(now))
    mine = plan(held(specs, SYSTEM), [entry(**now | {"gxp": "yes"})], FIELDS, {"URS-D-002": here})
    assert [c.field for c in mine.changes] == ["gxp"]


def test_a_file_changed_meanwhile_is_refused(tmp_path: Path) -> None:
    specs = desk(tmp_path)
    made = plan(held(specs, SYSTEM), [entry(id="URS-D-002", title="x"), entry(id="URS-D-003", title="y")], {"title"})
    path = specs / SYSTEM / "urs" / "b.yaml"
    path.write_text("format: csvgen.urs/1\nrequirements: []\n")
    before = {p: p.read_bytes() for p in specs.rglob("*.yaml")}
    with pytest.raises(Refused, match="changed since it was read"):
        texts(made, specs / "new.yaml")
    with pytest.raises(Refused, match="changed since it was read"):
        apply(made, specs / SYSTEM / "urs" / "new.yaml")
    assert {p: p.read_bytes() for p in specs.rglob("*") if p.is_file()} == before


def test_a_change_in_the_last_moment_is_refused_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    specs = desk(tmp_path)
    path = specs / SYSTEM / "urs" / "b.yaml"
    made = plan(held(specs, SYSTEM), [entry(id="URS-D-003", title="y")], {"title"})
    real = plan_room.stage

    def slow(place: Path, data: bytes) -> Path:
        path.write_text(path.read_text() + "# somebody was here\n")
        return real(place, data)

    monkeypatch.setattr(plan_room, "stage", slow)
    with pytest.raises(Refused, match="changed since it was read"):
        apply(made, specs / "new.yaml")
    assert "somebody" in path.read_text()
    assert sorted(p.name for p in path.parent.iterdir()) == ["a.yaml", "b.yaml"], "nothing is left lying about"


def test_new_requirements_go_to_the_end_of_the_named_file(tmp_path: Path) -> None:
    specs = desk(tmp_path)
    new = there(specs, "URS-D-002") | {"id": "URS-D-010"}
    more = there(specs, "URS-D-003") | {"id": "URS-D-011"}
    target = specs / SYSTEM / "urs" / "new.yaml"
    assert apply(plan(held(specs, SYSTEM), [entry(**new)], FIELDS), target) == (target,)
    first = target.read_text()
    assert apply(plan(held(specs, SYSTEM), [entry(**more)], FIELDS), target) == (target,)
    assert target.read_text().startswith(first)
    assert [h.id for h in held(specs, SYSTEM) if h.file == target] == ["URS-D-010", "URS-D-011"]
    assert there(specs, "URS-D-011") == more


def test_a_change_and_a_new_one_in_the_same_file(tmp_path: Path) -> None:
    specs = desk(tmp_path)
    path = specs / SYSTEM / "urs" / "b.yaml"
    came = [entry(**there(specs, "URS-D-003") | {"title": "T"}), entry(**there(specs, "URS-D-002") | {"id": "URS-D-010"})]
    apply(plan(held(specs, SYSTEM), came, FIELDS), path)
    assert there(specs, "URS-D-003")["title"] == "T"
    assert [h.id for h in held(specs, SYSTEM) if h.file == path] == ["URS-D-003", "URS-D-010"]


def test_the_older_name_of_a_field_stays(tmp_path: Path) -> None:
    specs = desk(tmp_path)
    made = plan(held(specs, SYSTEM), [entry(**there(specs, "URS-D-002") | {"priority": "could"})], FIELDS)
    (text,) = texts(made, specs / "x.yaml").values()
    assert b"importance: could" in text
    assert b"priority" not in text


def test_a_new_field_stands_where_the_model_has_it(tmp_path: Path) -> None:
    specs = desk(tmp_path)
    came = entry(**there(specs, "URS-D-003") | {"clauses": ["11.10(e)"], "impact": ["data-integrity"]})
    (text,) = texts(plan(held(specs, SYSTEM), [came], FIELDS), specs / "x.yaml").values()
    keys = [line.strip(" -").split(":")[0] for line in text.decode().split("\n") if line[:2] in {"  ", "- "} and line[2:3] != " "]
    assert keys == [
        "id", "title", "statement", "rationale", "category", "clauses", "gxp", "phase", "impact", "drafted", "origin", "attributes",
    ]  # fmt: skip


def test_the_preview_says_every_word_and_cannot_be_forged(tmp_path: Path) -> None:
    specs = desk(tmp_path)
    came = [
        entry(**there(specs, "URS-D-001") | {"title": "Kept\x1b[31m\nnew     URS-X"}),
        entry(**there(specs, "URS-D-002") | {"gxp": "yes"}),
        entry(**there(specs, "URS-D-002") | {"id": "URS-D-010", "title": "Another"}),
    ]
    made = plan(held(specs, SYSTEM), came, FIELDS)
    shown = as_text(made)
    assert [line.split("  ")[0].split()[0] for line in shown.split("\n") if line[:1] != " "] == [
        "change",
        "new",
        "absent",
        "refused",
        "1",
    ]
    assert "- no" in shown
    assert "+ yes" in shown
    assert "\x1b" not in shown
    assert shown.endswith(summary(made))
    told = json.loads(json.dumps(as_json(made)))
    assert [(c["id"], c["field"], c["old"], c["new"]) for c in told["changes"]] == [("URS-D-002", "gxp", "no", "yes")]
    assert [n["id"] for n in told["new"]] == ["URS-D-010"]
    assert [a["id"] for a in told["absent"]] == ["URS-D-003"]
    assert told["conflicts"][0]["id"] == "URS-D-001"
