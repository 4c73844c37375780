"""Text of a specification in Gherkin: it is refused with its place, or it stands there as text and as nothing else.

What a reader of the feature finds is compared with what the same specification gives with harmless text in that place: the
same rules, scenarios, steps, tables and tags. The reference parser reads the file, not ours.
"""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from gherkin.parser import Parser
from gherkin.pickles.compiler import Compiler
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from csvgen.model.base import hazard
from csvgen.protocol.draft import draft
from csvgen.protocol.gherkin import cell, prose
from csvgen.protocol.lock import Lock
from csvgen.spec.load import Loaded, load_system
from csvgen.templates import Templates

SMALL = Path(__file__).parents[1] / "spec" / "small" / "probe"
HARMLESS = "harmless words"
IN_SHORT = " in short"
"""How the column ends that a title has for a value too long for it: a long text adds it, whatever it says."""
TEMPLATES = Templates(None, str)

# Where text of an author reaches a feature: file, path to the value.
PLACES: dict[str, tuple[str, tuple[str | int, ...]]] = {
    "requirement title": ("urs/urs.yaml", ("requirements", 0, "title")),
    "statement": ("urs/urs.yaml", ("requirements", 0, "statement")),
    "criterion title": ("urs/urs.yaml", ("requirements", 0, "criteria", 0, "title")),
    "given": ("urs/urs.yaml", ("requirements", 0, "criteria", 0, "given", 0)),
    "when": ("urs/urs.yaml", ("requirements", 0, "criteria", 0, "when", 0)),
    "then": ("urs/urs.yaml", ("requirements", 0, "criteria", 0, "then", 0)),
    "title of a criterion with a pattern": ("urs/urs.yaml", ("requirements", 1, "criteria", 0, "title")),
    "parameter in a table": ("urs/urs.yaml", ("requirements", 1, "criteria", 0, "parameters", "weak", 0)),
    "failure mode": ("risk/risks.yaml", ("risks", 0, "failure_mode")),
    "section title": ("installation.yaml", ("sections", 0, "title")),
    "item title": ("installation.yaml", ("sections", 0, "items", 0, "title")),
    "item subject": ("installation.yaml", ("sections", 0, "items", 0, "subject")),
    "item expected": ("installation.yaml", ("sections", 0, "items", 0, "expected")),
    "release": ("installation.yaml", ("release",)),
    "scenario title": ("pq/pq.yaml", ("scenarios", 0, "title")),
    "process": ("pq/pq.yaml", ("scenarios", 0, "process")),
    "end user": ("pq/pq.yaml", ("scenarios", 0, "end_users", 0)),
    "environment": ("pq/pq.yaml", ("environment",)),
    "scenario then": ("pq/pq.yaml", ("scenarios", 1, "then", 0)),
}
STORY = ("pq/pq.yaml", ("scenarios", 0, "steps", 0))

HOSTILE = [
    '=HYPERLINK("http://x.invalid","y")', "<script>alert(1)</script>", "]]>", "one\ntwo", "a\n\n  Scenario: smuggled\n    Then it passes",
    "x\n@smuggled", "x\n  Rule: smuggled", "x\n# csvgen: fingerprint 0", "Scenario: smuggled", "Examples:", "Feature: smuggled", "Background:", "Rule: smuggled",
    "@smuggled", "#comment", "# language: fr", '"""', "```", "| a | b |", "|", "\\", "\\|", "\\n", "a | b", "ends in \\", "<placeholder>", "<tc>", "<weak>", "<subject>", "{{ 7 * 7 }}",
    "{% raw %}", "* step", "Given a smuggled step", "And a smuggled step", 'x" and "y', "x' OR 1=1", "\t tab", " before", "after ", "nul\0", "bell\x07", "esc\x1b[2J", "del\x7f", "nel\x85", "ls\u2028ps\u2029",
    "rlo\u202etxt", "zwsp\u200b", "bom\ufeff", "\r\nScenario: smuggled", "x\rScenario: smuggled", "\x0bScenario: smuggled", "\x0cScenario: smuggled", "\x1cScenario: smuggled", "ünï ✓ 漢字", "x" * 399,
]  # fmt: skip


def place(document: Any, path: tuple[str | int, ...], text: str) -> None:
    for part in path[:-1]:
        document = document[part]
    document[path[-1]] = text


@dataclass
class Bench:
    root: Path
    shapes: dict[str, dict[str, list[Any]]] = field(default_factory=dict)

    def load(self, file: str, path: tuple[str | int, ...], text: str) -> Loaded:
        """The small system with a text in one place. JSON is YAML: every character is escaped, nothing depends on the writer."""
        document = yaml.load((SMALL / file).read_text(encoding="utf-8"), yaml.BaseLoader)
        place(document, path, text)
        target = self.root / "probe" / file
        kept = target.read_bytes()
        try:
            target.write_text(json.dumps(document, indent=1), encoding="utf-8")
            return load_system(self.root, "probe")
        finally:
            target.write_bytes(kept)

    def harmless(self, place_name: str) -> dict[str, list[Any]]:
        """The shape of each feature with harmless words in a place; worked out once."""
        if place_name not in self.shapes:
            self.shapes[place_name] = {
                name: shape(body) for name, body in written(self.load(*PLACES[place_name], HARMLESS)).items()
            }
        return self.shapes[place_name]


def written(loaded: Loaded) -> dict[str, str]:
    assert loaded.spec is not None
    return dict(draft(loaded.spec, Lock(), TEMPLATES).files)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    root = tmp_path_factory.mktemp("hostile") / "requirements_specs"
    shutil.copytree(SMALL, root / "probe")
    return Bench(root)


def shape(text: str) -> list[Any]:
    """What a runner would see: tags, rules, scenarios, kinds of steps, tables and comments, without the words."""
    document: Any = Parser().parse(text)
    feature = document["feature"]
    found: list[Any] = [
        sorted(t["name"] for t in feature["tags"]),
        len(document["comments"]),
        feature["language"],
        feature["keyword"],
    ]
    for child in feature["children"]:
        rule = child["rule"]
        found.append(["rule", sorted(t["name"] for t in rule["tags"])])
        for inner in rule["children"]:
            scenario = inner["scenario"]
            found.append(["scenario", scenario["keyword"], sorted(t["name"] for t in scenario["tags"])])
            found.append([(s["keyword"], "docString" in s, "dataTable" in s) for s in scenario["steps"]])
            for examples in scenario["examples"]:
                header = [c["value"] for c in examples["tableHeader"]["cells"]]
                own = [n for n in header if not n.endswith(IN_SHORT)]
                found.append(
                    [
                        sorted(t["name"] for t in examples["tags"]),
                        own,
                        [len(r["cells"]) - len(header) + len(own) for r in examples["tableBody"]],
                    ]
                )
    return found


def shown(text: str) -> str:
    """All words that reach a reader: names, descriptions, and steps with their rows filled in."""
    words = [text]
    for pickle in pickles(text):
        words += [pickle["name"], *(s["text"] for s in pickle["steps"])]
    return "\n".join(words)


def pickles(text: str) -> list[Any]:
    document: Any = Parser().parse(text)
    document["uri"] = "x"
    return list(Compiler().compile(document))


def judge(bench: Bench, place_name: str, text: str) -> None:
    file, path = PLACES[place_name]
    loaded = bench.load(file, path, text)
    if loaded.findings.errors:
        for found in loaded.findings.errors:
            assert found.location.file == f"requirements_specs/probe/{file}", found
            assert found.location.line > 1, found
            assert found.rule
        return
    hostile = written(loaded)
    harmless = bench.harmless(place_name)
    assert hostile.keys() == harmless.keys()
    for name, body in hostile.items():
        assert shape(body) == harmless[name], (name, body)
        names = [p["name"] for p in pickles(body)]
        assert all(re.fullmatch(r"TC-[IOP]Q-\d{4} .+", n) and n.count("TC-") == 1 for n in names), names
        assert not hazard(body, newline=True), f"{text!r} reaches the file as it is"
    said = " ".join("\n".join(shown(t) for t in hostile.values()).split())
    said = re.sub(r" > ", " ", said)
    wanted = " ".join(cell(text).split()), " ".join(text.split())
    assert any(w in said for w in wanted), f"{text!r} is neither refused nor there"


@pytest.mark.parametrize("place_name", PLACES)
def test_hostile_text_is_refused_with_its_place_or_stands_as_text(bench: Bench, place_name: str) -> None:
    for text in HOSTILE[list(PLACES).index(place_name) % 3 :: 3]:  # each text meets six places; mixtures meet all
        judge(bench, place_name, text)


FRAGMENTS = st.sampled_from(
    [
        *HOSTILE,
        "a",
        "B",
        " ",
        "\n",
        "Scenario:",
        "Scenario Outline:",
        "Then ",
        "<",
        ">",
        "|",
        "\\",
        '"',
        "@",
        "#",
        ":",
        "\t",
        "\r",
    ]
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(sorted(PLACES)), st.lists(FRAGMENTS | st.text(max_size=6), min_size=1, max_size=5).map("".join))
def test_no_mixture_smuggles_a_step(bench: Bench, place_name: str, text: str) -> None:
    judge(bench, place_name, text)


@pytest.mark.parametrize(
    "line",
    [
        "a step without keyword",
        "Scenario: smuggled",
        "@tag",
        "# comment",
        "| a |",
        '"""',
        "Given",
        "GIVEN x",
        "* ",
        "Then a <tc>",
    ],
)
def test_a_line_of_a_story_is_a_step_or_a_finding(bench: Bench, line: str) -> None:
    loaded = bench.load(*STORY, line)
    assert [d.rule for d in loaded.findings.errors] == ["PQS553" if line != "Then a <tc>" else "PRT406"]
    assert loaded.findings.errors[0].location.line > 1


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\u2028\u2029"), max_size=30))
def test_a_cell_is_read_back_as_it_was(text: str) -> None:
    table = f"Feature: f\n Scenario Outline: s\n  Given x\n  Examples:\n   | a | b |\n   | {cell(text)} | end |\n"
    document: Any = Parser().parse(table)
    row = document["feature"]["children"][0]["scenario"]["examples"][0]["tableBody"][0]
    assert [c["value"] for c in row["cells"]] == [text.strip(), "end"]


TOKENS = ["Scenario:", "Rule:", "Examples:", "Background:", "@smuggled", "#", "|", '"""', "```", "*", "Given", "Feature:", "word"]


@given(
    st.lists(st.sampled_from(TOKENS) | st.text(st.characters(exclude_categories=["Cs"]), max_size=5), max_size=80)
    .map(" ".join)
    .filter(str.strip)
)
def test_prose_is_description_and_nothing_else(text: str) -> None:
    lines = "\n".join(f"  {line}" for line in prose("Requirement", text))
    document: Any = Parser().parse(f"Feature: f\n{lines}\n\n  Scenario: s\n    Given x\n")
    assert len(document["feature"]["children"]) == 1
    assert not document["comments"]
    assert not document["feature"]["tags"]
    assert "".join(document["feature"]["description"].replace("\n  > ", " ").split()) == "".join(f"Requirement:{text}".split())
