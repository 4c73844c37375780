"""The pages on security say what is there: every route stands in the threat model with its function, and every test they name exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from csvgen.portal.routing import EVERYBODY, routes

ROOT = Path(__file__).parents[2]
DOCS, TESTS = ROOT / "docs", ROOT / "tests"
_ROUTE = re.compile(r"`((?:GET|POST) /[^`]*)`")


def named() -> list[tuple[str, str]]:
    """Each route of the table with the function of its row."""
    text = (DOCS / "portal-threat-model.md").read_text(encoding="utf-8")
    section = text.partition("\n## Every route\n")[2].partition("\n## ")[0]
    rows = [line.strip("|").split("|") for line in section.splitlines() if _ROUTE.search(line)]
    return [(route, may.strip()) for routes_of, may, _ in rows for route in _ROUTE.findall(routes_of)]


def test_the_threat_model_names_every_route_once_with_its_function():
    assert sorted(named()) == sorted((r.name, r.may if r.may != EVERYBODY else "open") for r in routes())


def known() -> set[str]:
    """Test files (`test_door`, `flow/test_desk`, `tests/portal/test_attended.py`) and test functions (`test_...`)."""
    found: set[str] = set()
    for path in TESTS.rglob("*.py"):
        where = path.relative_to(TESTS)
        found |= set(re.findall(r"^ *def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE))
        found |= {str(where), str(where.with_suffix("")), f"tests/{where}", f"tests/{where.with_suffix('')}"}
        if where.parts[0] == "portal":
            found.add(where.stem)
    return found | {f"{p.name}/" for p in TESTS.iterdir() if p.is_dir()}


@pytest.mark.parametrize("page", ["portal-threat-model.md", "asvs.md"])
def test_every_test_the_pages_name_exists(page):
    text = (DOCS / page).read_text(encoding="utf-8")
    said = set(re.findall(r"`((?:tests/)?(?:\w+/)?test_\w+(?:\.py)?)`", text)) | set(re.findall(r"`(\w+/)`", text)) - {"portal/"}
    assert len(said) > 20
    assert sorted(said - known()) == []
