"""How well the suggester finds the paragraphs a person would cite: figures for the development and the held-out part.

    python scripts/measure_suggester.py [--misses]

The lines, their labels and the rule that splits them are described in tests/catalog/PROVENANCE.md. The third row measures the
requirements of the shipped specifications against the paragraphs they cite; nobody labelled those for this purpose.
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from csvgen.catalog.clauses import clauses, find
from csvgen.catalog.suggest import suggest
from csvgen.marks import load

ROOT = Path(__file__).resolve().parents[1]
LABELLED = ROOT / "tests" / "catalog" / "labelled.yaml"


@dataclass(frozen=True)
class Line:
    id: str
    text: str
    clauses: frozenset[str]
    part: str


@dataclass(frozen=True)
class Figures:
    lines: int
    positives: int
    precision_at_1: float
    recall_at_3: float
    recall_at_5: float
    left_alone: float
    """Share of the lines without a paragraph for which nothing is suggested; 1 when there is no such line."""

    def __str__(self) -> str:
        return (
            f"{self.lines:5} lines, {self.positives:4} with a paragraph   precision@1 {self.precision_at_1:.3f}"
            f"   recall@3 {self.recall_at_3:.3f}   recall@5 {self.recall_at_5:.3f}   left alone {self.left_alone:.3f}"
        )


def part_of(source: str, identity: str) -> str:
    """The split: the first byte of the SHA-256 of ``source#id``; even is development, odd is held out."""
    return "held-out" if hashlib.sha256(f"{source}#{identity}".encode()).digest()[0] % 2 else "dev"


def labelled() -> list[Line]:
    return [
        Line(entry["id"], entry["text"], frozenset(entry["clauses"]), part_of(entry["source"], entry["id"]))
        for entry in _read(LABELLED)["lines"]
    ]


def shipped() -> list[Line]:
    """Requirements of the shipped specifications that cite Part 11 or Annex 11; other regulations are not suggested."""
    entries = [r for f in sorted((ROOT / "requirements_specs").glob("*/urs/*.yaml")) for r in _read(f)["requirements"]]
    lines = []
    for entry in entries:
        cited = {c.id for text in entry["clauses"] if (c := find(text)) is not None and c.catalog != "predicate"}
        if cited:
            lines.append(Line(entry["id"], f"{entry['title']}. {entry['statement']}", frozenset(cited), "shipped"))
    return lines


def figures(lines: Sequence[Line]) -> Figures:
    positives = [line for line in lines if line.clauses]
    negatives = [line for line in lines if not line.clauses]
    ranked = {line.id: [s.clause.id for s in suggest(line.text, 5)] for line in lines}
    return Figures(
        lines=len(lines),
        positives=len(positives),
        precision_at_1=_mean(bool(line.clauses & set(ranked[line.id][:1])) for line in positives),
        recall_at_3=_mean(len(line.clauses & set(ranked[line.id][:3])) / len(line.clauses) for line in positives),
        recall_at_5=_mean(len(line.clauses & set(ranked[line.id])) / len(line.clauses) for line in positives),
        left_alone=_mean(not ranked[line.id] for line in negatives),
    )


def _mean(values: Iterable[float]) -> float:
    held = [float(v) for v in values]
    return sum(held) / len(held) if held else 1.0


def _read(path: Path) -> Any:
    marked, findings = load(path.read_bytes(), path.name)
    if marked is None:
        raise SystemExit(str(findings[0]))
    return marked.value


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--misses", action="store_true", help="show the development lines that are not answered as labelled")
    arguments = parser.parse_args()
    lines = labelled()
    unknown = sorted({c for line in lines for c in line.clauses} - clauses().keys())
    if unknown:
        raise SystemExit(f"labels no catalog has: {', '.join(unknown)}")
    for part in ("dev", "held-out"):
        print(f"{part:9}{figures([line for line in lines if line.part == part])}")
    print(f"{'shipped':9}{figures(shipped())}")
    if arguments.misses:
        for line in lines:
            got = [f"{s.clause.id} {s.score} {s.words}" for s in suggest(line.text)]
            if line.part == "dev" and line.clauses != {s.clause.id for s in suggest(line.text)}:
                print(f"\n{line.id}: {line.text}\n   labelled {sorted(line.clauses)}\n   " + "\n   ".join(got))


if __name__ == "__main__":
    main()
