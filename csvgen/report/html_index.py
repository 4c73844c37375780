"""The index page of a package: what is in it, what is not as it should be, and how to check it. A browser is enough."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from csvgen.report.html_page import facts, lines, page, table, text, word

DOCUMENTS = ("Document", "Revision", "Title", "Signatures", "Files")
RUNS = ("Run", "Mode", "Verdicts", "Begun", "Sealed", "Files")
GAPS = ("Gap", "Subject", "Detail")
DEVIATIONS = ("Deviation", "Run", "Case", "Disposition")
_CHECKS = (
    "sha256sum --check --strict --quiet SHA256SUMS",
    "python3 -I -S check_package.py",
    "openssl cms -verify -binary -inform DER -in package.p7s -content package.json -CAfile roots.pem -purpose any -out /dev/null",
    "csvgen verify . --trust TRUST-FOLDER --anchor CHECKPOINTS-KEPT-ELSEWHERE",
)


@dataclass(frozen=True, slots=True)
class Link:
    words: str
    path: str
    """Relative to the page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """What the page tells. Every text is literal."""

    title: str
    organisation: str
    banner: str
    made: str
    made_by: str
    state: str
    gaps: Sequence[tuple[str, str, str]]
    documents: Sequence[tuple[str, str, str, str, Sequence[Link]]]
    runs: Sequence[tuple[str, str, str, str, str, Sequence[Link]]]
    deviations: Sequence[tuple[str, str, str, str]]
    others: Sequence[tuple[str, Sequence[Link]]]
    """What else there is, with where it lies."""


def draw(index: Index) -> bytes:
    """The page as UTF-8; the same values give the same bytes."""
    return page(index.title, _body(index))


def _links(links: Sequence[Link]) -> str:
    return ", ".join(f'<a href="{text(quote(link.path, safe="/"))}">{lines(link.words)}</a>' for link in links) or "none"


def _body(index: Index) -> Iterator[str]:
    yield "<header>"
    if index.banner:
        yield f'<p class="banner">{lines(index.banner)}</p>'
    yield f'<p class="organisation">{lines(index.organisation)}</p><h1>{lines(index.title)}</h1>'
    yield f'<p class="subtitle">Made {text(index.made)} by {lines(index.made_by)}. {lines(index.state)}</p>'
    yield '<p class="notice">This page is a guide to the package and no record. What counts are the signed PDF files, the signed records '
    yield "and the seals; each link below leads to one of them or to data beside them.</p></header>"
    yield '<main id="main">'
    yield '<h2 id="gaps">What is open, first</h2>'
    yield from table(GAPS, [[lines(t) for t in row] for row in index.gaps] or [["Nothing: the matrix has no gap."]], label="Gaps")
    yield '<h2 id="documents">Documents</h2>'
    rows = ([lines(i), lines(r), lines(t), lines(s), _links(files)] for i, r, t, s, files in index.documents)
    yield from table(DOCUMENTS, list(rows) or [["No document was composed."]], label="Documents")
    yield '<h2 id="runs">Runs</h2>'
    found = [
        [lines(run), lines(mode), _verdicts(said), lines(begun), lines(sealed), _links(files)]
        for run, mode, said, begun, sealed, files in index.runs
    ]
    yield from table(RUNS, found or [["Nothing was executed."]], label="Runs")
    yield '<h2 id="deviations">Deviations</h2>'
    yield from table(
        DEVIATIONS, [[lines(t) for t in row] for row in index.deviations] or [["None was opened."]], label="Deviations"
    )
    yield '<h2 id="others">What else there is</h2>'
    yield from facts((name, _links(links)) for name, links in index.others)
    yield '<h2 id="check">How to check it</h2>'
    yield "<p>In this folder. The root certificates must have reached you another way than the package; nothing inside it can say whom to believe.</p>"
    yield from (f'<p class="mono">{text(line)}</p>' for line in _CHECKS)
    yield "<p>The first two need no csvgen and no key: they tell that the package agrees with itself. The third tells who sealed it; README.txt "
    yield "has the command for a signature. The last works everything out anew, and says what it could not know.</p>"
    yield "</main>"


def _verdicts(said: str) -> str:
    return "<br>".join(word(part) for part in said.split("\n"))
