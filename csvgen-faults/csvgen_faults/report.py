"""Faults of reports: certificate of analysis, review packet, copies."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from csvgen.audit.ledger import Change, Version
from csvgen.pipeline import certificate_pages
from csvgen.pipeline.review import Reviews
from csvgen.report.pdf_page import Ink
from csvgen_faults import fault
from csvgen_faults.patching import replace

Rows = tuple[tuple[str, str], ...]
_ITEM = "Batch"


@fault("report-item-missing")
def _() -> None:
    """The certificate does not name its batch on the cover."""
    replace(certificate_pages, "_cover", lambda original, content: tuple(row for row in original(content) if row[0] != _ITEM))


@fault("report-item-twice")
def _() -> None:
    """The certificate names its batch twice."""
    replace(
        certificate_pages,
        "_cover",
        lambda original, content: tuple(r for row in original(content) for r in [row] * (1 + (row[0] == _ITEM))),
    )


@fault("report-shows-other-value")
def _() -> None:
    """The certificate prints another result than it was made from."""

    def results(original: Callable[..., Any], found: Sequence[Mapping[str, Any]], completed: Mapping[str, str]) -> Any:
        return original([{**each, "reported": "100.9"} for each in found], completed)

    replace(certificate_pages, "_results", results)


@fault("report-shows-other-lot")
def _() -> None:
    """The review packet holds the records of all lots."""

    def records(original: Callable[..., Iterator[Version]], reviews: Any, lot: str) -> Iterator[Version]:
        yield from original(reviews, lot)
        yield from (v for v in reviews._core.ledger.all("lot") if v.id != lot)

    replace(Reviews, "_records", records)


@fault("report-pages-unnumbered")
def _() -> None:
    """No page says which it is."""

    def right(original: Callable[..., None], ink: Ink, x: float, y: float, text: str, kind: Any) -> None:
        if not text.startswith("Page "):
            original(ink, x, y, text, kind)

    replace(Ink, "right", right)


@fault("report-without-entry")
def _() -> None:
    """Copies and certificates are handed out without a word in the trail."""

    def note(original: Callable[..., Any], change: Change, action: str, *told: Any, **more: Any) -> Any:
        return None if action == "copy" else original(change, action, *told, **more)

    replace(Change, "note", note)
