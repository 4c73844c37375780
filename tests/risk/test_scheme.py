"""The two-step scheme: every combination of ratings, worked out by hand from the published matrices, and nothing else by hand."""

from __future__ import annotations

import itertools
from dataclasses import replace
from importlib import resources
from pathlib import Path

import pytest

from csvgen.errors import BadInput, ConfigError
from csvgen.marks import load
from csvgen.model.scheme import FirstSchemeFile
from csvgen.risk import read as room
from csvgen.risk.scheme import assess, assess_residual, highest, rate, rating_scheme, scheme, worse
from csvgen.spec.load import load_system

ROOT = Path(__file__).parents[2] / "requirements_specs"

# severity probability detectability -> class, priority. Written out on purpose: a loop over the matrices would repeat their faults.
VECTORS = """
    low    low    low    3 medium
    low    low    medium 3 low
    low    low    high   3 low
    low    medium low    3 medium
    low    medium medium 3 low
    low    medium high   3 low
    low    high   low    2 high
    low    high   medium 2 medium
    low    high   high   2 low
    medium low    low    3 medium
    medium low    medium 3 low
    medium low    high   3 low
    medium medium low    2 high
    medium medium medium 2 medium
    medium medium high   2 low
    medium high   low    1 high
    medium high   medium 1 high
    medium high   high   1 medium
    high   low    low    2 high
    high   low    medium 2 medium
    high   low    high   2 low
    high   medium low    1 high
    high   medium medium 1 high
    high   medium high   1 medium
    high   high   low    1 high
    high   high   medium 1 high
    high   high   high   1 medium
"""
TABLE = [line.split() for line in VECTORS.split("\n") if line.strip()]


def test_the_table_is_whole() -> None:
    levels = ("low", "medium", "high")
    assert [tuple(row[:3]) for row in TABLE] == list(itertools.product(levels, levels, levels))


@pytest.mark.parametrize("row", TABLE, ids=" ".join)
def test_class_and_priority_of_every_combination(row: list[str]) -> None:
    severity, probability, detectability, risk_class, priority = row
    ratings = {"severity": severity, "probability": probability, "detectability": detectability}
    found = rate(scheme("gamp5-two-step"), ratings)
    assert (found.risk_class, found.priority) == (f"class {risk_class}", priority)


def test_the_catalog_tells_of_the_same_matrices() -> None:
    """The guidance entry of the catalog carries its own vectors; both must say what the table above says."""
    data = resources.files("csvgen.catalog").joinpath("data", "others.yaml").read_bytes()
    marked, _ = load(data, "others.yaml")
    assert marked is not None
    entry = next(e for e in marked.value["entries"] if e["id"] == "gamp5-2e")
    vectors = [
        [v["severity"].lower(), v["probability"].lower(), v["detectability"].lower(), v["risk_class"], v["risk_priority"].lower()]
        for v in entry["risk_method"]["test_vectors"]
    ]
    assert len(vectors) == 27
    assert sorted(vectors) == sorted(TABLE)


def test_ratings_of_the_worked_example_lead_to_what_the_table_says() -> None:
    table = {tuple(row[:3]): (f"class {row[3]}", row[4]) for row in TABLE}
    spec = load_system(ROOT, "qc-release").spec
    assert spec is not None
    assert len(spec.risks) > 20
    for risk in spec.risks:
        initial = assess(risk, spec.scheme)
        assert (initial.risk_class, initial.priority) == table[
            risk.severity.rating, risk.probability.rating, risk.detectability.rating
        ]
        left = assess_residual(risk, spec.scheme)
        assert (left.risk_class, left.priority) == table[
            risk.severity.rating, risk.residual.probability.rating, risk.residual.detectability.rating
        ]


def test_more_of_anything_bad_never_lowers_the_priority() -> None:
    rank = {"low": 0, "medium": 1, "high": 2}
    table = {tuple(row[:3]): rank[row[4]] for row in TABLE}
    for (severity, probability, detectability), found in table.items():
        for other, height in rank.items():
            if height >= rank[severity]:
                assert table[other, probability, detectability] >= found
            if height >= rank[probability]:
                assert table[severity, other, detectability] >= found
            if height <= rank[detectability]:
                assert table[severity, probability, other] >= found


def test_the_highest_priority_decides_and_none_is_low() -> None:
    assert highest(["low", "high", "medium"]) == "high"
    assert highest([]) == "low"


def test_a_priority_is_worse_when_it_asks_for_more() -> None:
    levels = ("low", "medium", "high")
    assert [(a, b) for a in levels for b in levels if worse(a, b)] == [("medium", "low"), ("high", "low"), ("high", "medium")]


# ------------------------------------------------------------------ nobody types a priority


@pytest.mark.parametrize("key", ["priority", "class", "risk_class", "risk_priority"])
@pytest.mark.parametrize("value", ["low", "high", "1"])
def test_a_typed_class_or_priority_is_refused(tmp_path: Path, key: str, value: str) -> None:
    """Even one that agrees: the next change of a rating would leave it standing."""
    import shutil

    shutil.copytree(Path(__file__).parents[1] / "spec" / "small", tmp_path / "specs")
    path = tmp_path / "specs" / "probe" / "risk" / "risks.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("    controls:", f'    {key}: "{value}"\n    controls:', 1), encoding="utf-8")
    loaded = load_system(tmp_path / "specs", "probe")
    assert loaded.spec is None
    found = loaded.findings.errors[0]
    assert (found.rule, found.location.line) == ("SPC002", 13)
    assert found.hint == "class and priority are computed from the ratings; remove this key"


# ------------------------------------------------------------------ schemes


def test_an_unknown_scheme_is_refused_by_name() -> None:
    with pytest.raises(ConfigError, match="no risk scheme 'gamp6'") as caught:
        scheme("gamp6")
    assert "gamp5-two-step" in caught.value.hint


@pytest.mark.parametrize(
    ("hole", "said"),
    [
        ('  low: {low: "3", medium: "3", high: "2"}\n', "there is no class severity low"),
        (', high: "2"}', "there is no class for severity low, probability high"),
        ('  "3": {high: low, medium: low, low: medium}\n', "there is no priority class 3"),
    ],
)
def test_a_scheme_with_a_hole_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hole: str, said: str) -> None:
    """A scheme file of one's own, in the place of the shipped ones; nothing else is replaced."""
    shipped = Path(room.__file__).parent / "schemes" / "gamp5-two-step.yaml"
    text = shipped.read_text(encoding="utf-8")
    assert hole in text
    folder = tmp_path / "schemes"
    folder.mkdir()
    (folder / "own.yaml").write_text(text.replace(hole, "}" if hole.endswith("}") else "", 1), encoding="utf-8")
    monkeypatch.setattr(room.resources, "files", lambda _: tmp_path)
    with pytest.raises(BadInput, match=said) as caught:
        scheme("own")
    assert caught.value.where.startswith("own.yaml:")


def test_the_digest_that_signed_risk_assessments_name_stays() -> None:
    """It enters the content of every risk assessment approved so far; the value is that of the first release."""
    first = "sha256:e2dd179fe97115181c516fee93ee6f4cf5780eedc7ac2e9166141846124fb74e"
    assert scheme("gamp5-two-step").digest == first


def test_the_digest_of_a_scheme_follows_its_values() -> None:
    marked, _ = load((Path(room.__file__).parent / "schemes" / "gamp5-two-step.yaml").read_bytes(), "x.yaml")
    assert marked is not None
    words = {("class_" if k == "class" else k): v for k, v in marked.value.items()}
    assert FirstSchemeFile.model_validate(words).scheme == scheme("gamp5-two-step")
    changed = {**words["priority"], "3": {"high": "low", "medium": "low", "low": "low"}}
    assert FirstSchemeFile.model_validate({**words, "priority": changed}).scheme.digest != scheme("gamp5-two-step").digest


def test_the_scheme_of_a_specification_is_its_own_before_a_shipped_one() -> None:
    spec = load_system(ROOT, "qc-release").spec
    assert spec is not None
    assert rating_scheme(spec) is scheme("gamp5-two-step")
    own = replace(scheme("fda-csa"), id="site-csa")
    brought = replace(spec, scheme="site-csa", schemes={"site-csa": own})
    assert rating_scheme(brought) is own
    assert brought.parts()["schemes"] == {"site-csa": own.digest}
    assert "schemes" not in spec.parts(), "what was approved without any keeps its digest"
    with pytest.raises(ConfigError):
        rating_scheme(replace(spec, scheme="site-csa"))
