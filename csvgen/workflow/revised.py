"""What became of a record from one revision to the next, in few words: entries that were added, changed and removed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from csvgen.canonical import plain
from csvgen.model.spec import DocumentKind
from csvgen.report.wording import joined, say
from csvgen.signature.approvals import Approval
from csvgen.signature.void import Changed, changes
from csvgen.workflow.state import CODES, ProjectState

_LISTED = 5
_NAMES = 12


def since_approved(state: ProjectState, kind: DocumentKind, earlier: Sequence[Approval]) -> str:
    """What a new revision of a composed document changes, compared with the last one that was approved; where there is none, that."""
    approved = [a for a in earlier if state.valid(a)]
    if kind not in CODES:
        return say("content changed")
    if not approved:
        return say("content changed; no earlier revision was approved")
    last = approved[-1]
    number = f"r{last.document.revision}"
    if last.said is None:
        return say(
            "content changed since {number}, the last approved, which keeps no account of what it said; "
            "see the difference of the specification",
            number=number,
        )
    found = changes(last.said, plain(state.said(kind)))
    if not found:
        return say("the same content as {number}, the last approved", number=number)
    return say("since {number}, the last approved: {changes}", number=number, changes=summed(found))


def summed(found: Sequence[Changed]) -> str:
    """Entries by what happened to them, then the first fields with both values."""
    entries: dict[str, set[str]] = {}
    for c in found:
        entries.setdefault(_entry(c.path), set()).add(_what(c))
    groups = {
        word: [name for name, what in entries.items() if (what if len(what) == 1 else {"changed"}) == {word}]
        for word in ("added", "changed", "removed")
    }  # fmt: skip
    told: list[str] = [say(f"{word} {{names}}", names=_some(names)) for word, names in groups.items() if names]
    fields = [c.told for c in found if _what(c) == "changed"][:_LISTED]
    more = sum(_what(c) == "changed" for c in found) - len(fields)
    rest = [say("and {number} further fields", number=str(more))] if more else []
    told += [joined("; ", [*fields, *rest])] if fields else []
    return joined(". ", told)


def _entry(path: str) -> str:
    """``urs/URS-QC-001/statement`` is about URS-QC-001; what has no entry of its own is about its part."""
    names = path.partition(", order")[0].split("/")
    return next((n for n in names if n[:1].isupper() and "-" in n), names[0])


def _what(c: Changed) -> str:
    """Whether an entry came, went or changed: a field that came within an entry is a change of the entry."""
    within = _entry(c.path) != c.path.split("/")[-1]
    if within and "/" in c.path:
        return "changed"
    return "added" if not c.old else "removed" if not c.new else "changed"


def _some(names: Iterable[str]) -> str:
    listed = list(names)
    some = ", ".join(listed[:_NAMES])
    return say("{names} and {number} more", names=some, number=str(len(listed) - _NAMES)) if len(listed) > _NAMES else some
