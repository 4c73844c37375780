"""Acts on the trail as a whole: a copy of it for others, which is itself an event."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from csvgen.audit.export import TrailCopy, csv_table, json_lines, take
from csvgen.audit.ledger import Ledger
from csvgen.audit.selection import Selection
from csvgen.clock import Clock, stored
from csvgen.model.audit import Actor

Form = Literal["jsonl", "csv", "pdf"]


def export_trail(
    ledger: Ledger, clock: Clock, actor: Actor, selection: Selection, form: Form, project: str
) -> tuple[bytes, TrailCopy]:
    """A copy in one form. That it was made, by whom and with which filter, is the last event of a complete one."""
    made = stored(clock.now())
    with ledger.change(actor) as change:
        change.note("export-trail", "trail", facts={"form": form, "selection": str(selection)})
        head, root = change.head, change.root()
    copy = take(ledger.each_body(), selection, head, bytes.fromhex(root.hex), made)
    return _forms(project)[form](copy), copy


def _forms(project: str) -> dict[Form, Callable[[TrailCopy], bytes]]:
    def pdf(copy: TrailCopy) -> bytes:
        from csvgen.report.trail import draw_trail

        return draw_trail(copy, project)

    return {"jsonl": json_lines, "csv": csv_table, "pdf": pdf}
