"""The index page of a package: an inspector opens it first, so it must tell of the records, runs and gaps that are there, and of no others."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from csvgen.canonical import read_canonical
from csvgen.model.matrix import Matrix
from csvgen.report.html_index import DEVIATIONS, DOCUMENTS, GAPS, RUNS, disposition, gap, signed
from csvgen.report.readback import Grid, plain
from csvgen.report.readback_html import read
from csvgen.report.text import visible
from csvgen.report.wording import IN_ENGLISH, Wording, shipped_wording
from csvgen.verification.belonging import INDEX
from csvgen.verification.checks import Checks
from csvgen.verification.evidence import disposed

if TYPE_CHECKING:
    from csvgen.verification.evidence import Material

_LINK = re.compile(rb'href="([^"#][^"]*)"')
Rows = set[tuple[str, ...]]


def check_index(folder: Path, material: Material, checks: Checks) -> None:
    """One check; none in packages of before 0.2.0, which have no such page."""
    path = folder / INDEX
    if not path.is_file():
        return
    data = path.read_bytes()
    reading, acting = read(data)
    faults = [f"it holds '{what}'" for what in acting]
    grids = {piece.titles: piece for piece in reading.pieces if isinstance(piece, Grid)}
    words = shipped_wording(material.spec.system.language)
    words = words if words.all(GAPS) in grids else IN_ENGLISH  # an earlier csvgen wrote it in English in every language
    for titles, (columns, wanted) in _wanted(folder, material, words).items():
        found = (
            {tuple(row[n] for n in columns) for row in grids[titles].rows if len(row) == len(titles)} if titles in grids else None
        )
        if found is None:
            faults.append(f"there is no table of {titles[0]}")
        elif found != wanted:
            odd = min(found ^ wanted)
            faults.append(f"'{' '.join(odd)[:90]}' stands only in one of the page and the package")
    targets = {
        unquote(link.decode("utf-8", "replace")).replace("&amp;", "&").replace("&#x27;", "'") for link in _LINK.findall(data)
    }
    faults += [f"it leads to {t[:90]}, which is not in the package" for t in sorted(targets) if not _inside(folder, t)]
    checks.add(
        "index page tells of what the package holds", faults, f"{len(targets)} links, each to a file of the package", INDEX
    )


def _inside(folder: Path, target: str) -> bool:
    path = (folder / target).resolve()
    return path.is_file() and folder.resolve() in path.parents


def _wanted(folder: Path, material: Material, words: Wording) -> dict[tuple[str, ...], tuple[tuple[int, ...], Rows]]:
    """Titles of each table -> which of its columns decide, and what must stand in them."""
    matrix = Matrix.model_validate(read_canonical((folder / "matrix.json").read_bytes(), "matrix.json"))
    drawn = [a for a in material.approvals if a.document.renditions and a.document.text is not None]
    documents = {
        (
            a.document.id,
            str(a.document.revision),
            a.document.title,
            signed(len(a.done), len(a.document.signatures), a.ended, words),
        )
        for a in drawn
    }
    runs = {
        (r.run, " ".join(f"{v} {n}" for v, n in r.seal.summary.verdicts.items()) if r.seal else words.say("never sealed"))
        for r in material.runs
    }
    deviations = {(d.id, d.run, disposition(str(d.decision or "") if d.signed else "", words)) for d in disposed(material)}
    gaps = {gap(g, words) for g in matrix.gaps}

    def told(rows: Collection[tuple[str, ...]]) -> Rows:
        return {tuple(plain(visible(text)) for text in row) for row in rows}

    return {
        words.all(DOCUMENTS): ((0, 1, 2, 3), told(documents)),
        words.all(RUNS): ((0, 2), told(runs)),
        words.all(DEVIATIONS): ((0, 1, 3), told(deviations)),
        words.all(GAPS): ((0, 1, 2), told(gaps)),
    }
