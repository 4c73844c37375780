"""References between files: what is named must be there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from csvgen.model import spec as noun
from csvgen.spec.registry import Context, Found, Hit, Index, Item, error


def _unknown(index: Index, owner: Item, key: str, ids: Iterable[str], *, or_function: bool = False) -> Iterator[Found]:
    """Ids that are nowhere. One that stands in an entry or file with a mistake of its own is somewhere."""
    for identity in () if index.unread else ids:
        there = identity in index.requirement or (or_function and identity in index.function)
        if not there and (identity in index.kind or identity not in index.names):
            neither = f"{owner.id} names {identity}, which is neither a requirement nor an item"
            message = neither if or_function else f"{owner.id} names the requirement {identity}, which does not exist"
            yield Found(
                owner,
                message,
                key,
                "correct the id, or add what it names" if or_function else "correct the id, or add the requirement",
            )


@error("RSK201", "index")
def risks_have_requirements(index: Index, _context: Context) -> Iterator[Found]:
    """A risk names a requirement that does not exist: an orphan risk decides nothing."""
    for item in index.of("risk"):
        yield from _unknown(index, item, "requirements", item.says["requirements"])


@error("FSP251", "index")
def functions_implement(index: Index, _context: Context) -> Iterator[Found]:
    """A function of the specification implements a requirement, or an item of the level above, that does not exist."""
    for item in index.of("function"):
        yield from _unknown(index, item, "implements", item.says["implements"], or_function=True)


@error("PQS551", "index")
def scenarios_cover(index: Index, _context: Context) -> Iterator[Found]:
    """A business scenario covers a requirement that does not exist."""
    for item in index.of("scenario"):
        yield from _unknown(index, item, "covers", item.says["covers"])


@error("INS501", "index")
def baseline_requirements(index: Index, _context: Context) -> Iterator[Found]:
    """A section of the installation baseline belongs to a requirement that does not exist or is not of phase IQ."""
    for item in index.of("section"):
        named = item.says["requirement"]
        yield from _unknown(index, item, "requirement", [named])
        found = index.requirement.get(named)
        if found is not None and found.says["phase"] != "IQ":
            yield Found(item, f"{item.id} belongs to {found.id}, which is verified in {found.says['phase']}, not in IQ")


@error("URS105", "requirement")
def documents_are_there(r: noun.Requirement, context: Context) -> Iterator[Hit]:
    """A requirement met otherwise names a document that is not among the files of the specification."""
    if r.covered is not None and r.covered.document and r.covered.document not in context.files:
        yield Hit(f"{r.id} names the document {r.covered.document!r}, which is not there", ("covered", "document"))
