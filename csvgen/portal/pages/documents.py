"""The list of documents: every record in its newest revision, where it stands and whom it waits for."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from csvgen.portal.routing import Pages
from csvgen.portal.visit import Visit
from csvgen.signature.approvals import Approval
from csvgen.trace.content import COMPOSED
from csvgen.workflow.concluding import concludes
from csvgen.workflow.state import ProjectState
from csvgen.workflow.telling import standing_word

PAGES = Pages()
_PAGE = 50


@dataclass(frozen=True, slots=True)
class Line:
    """One record in the list."""

    approval: Approval
    standing: str
    life: str
    last: str
    """Time of the last thing that happened to it."""

    @property
    def words(self) -> str:
        d = self.approval.document
        return f"{d.id} {d.kind} {d.title} {self.standing}".casefold()


def lines(state: ProjectState) -> tuple[Line, ...]:
    """Newest revisions by id; worked out once while the files stay."""
    newest = {a.document.id: a for a in state.approvals}
    return tuple(
        Line(a, standing_word(state, a), state.life(a), max((a.document.composed, *(s.record.signed for s in a.signatures))))
        for a in newest.values()
    )


@PAGES.get("/documents", may="use", words="all records, where they stand", nav="Documents", order=20)
def documents(visit: Visit) -> Response:
    found: tuple[Line, ...] = visit.once("documents", lines)
    words, life, kind = visit.asked("find").strip(), visit.asked("life"), visit.asked("kind")
    lives, kinds = sorted({line.life for line in found}), sorted({line.approval.document.kind for line in found})
    chosen = [
        line
        for line in found
        if all(w in line.words for w in words.casefold().split())
        and life in ("", line.life)
        and kind in ("", line.approval.document.kind)
    ]
    page, pages = visit.number("page"), max(1, -(-len(chosen) // _PAGE))
    shown = chosen[(page - 1) * _PAGE : page * _PAGE]
    return visit.page(
        "documents.html", title="Documents", lines=shown, total=len(found), found=len(chosen), number=min(page, pages), pages=pages,
        asked={"find": words, "life": life, "kind": kind}, lives=lives, kinds=kinds,
        concluded=[k for k in COMPOSED if concludes(k)],
    )  # fmt: skip
