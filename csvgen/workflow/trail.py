"""Acts on the trail as a whole: copies of it for others, each of which is itself an event, and proofs of single events."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from csvgen.audit.anchored import believed, outside_of
from csvgen.audit.anchors import checkpoint, open_anchors
from csvgen.audit.export import TrailCopy, csv_table, json_lines, take
from csvgen.audit.ledger import Ledger
from csvgen.audit.proof import Proof, make_proof
from csvgen.audit.selection import Selection
from csvgen.audit.tiles import tiles
from csvgen.audit.tree import WIDTH
from csvgen.clock import Clock, stored
from csvgen.config import Config
from csvgen.errors import NotIntact, Refused
from csvgen.model.audit import Actor

Form = Literal["jsonl", "csv", "pdf"]


def export_trail(
    ledger: Ledger, clock: Clock, actor: Actor, selection: Selection, form: Form, project: str, language: str = ""
) -> tuple[bytes, TrailCopy]:
    """A copy in one form. That it was made, by whom and with which filter, is the last event of a complete one.

    `language`: of what csvgen says in a copy to read; data are the same in every language.
    """
    made = stored(clock.now())
    with ledger.change(actor) as change:
        change.note("export-trail", "trail", facts={"form": form, "selection": str(selection)})
        head, root = change.head, change.root()
    copy = take(ledger.each_body(), selection, head, bytes.fromhex(root.hex), made)
    return _forms(project, language)[form](copy), copy


def _forms(project: str, language: str) -> dict[Form, Callable[[TrailCopy], bytes]]:
    def pdf(copy: TrailCopy) -> bytes:
        from csvgen.report.trail import draw_trail
        from csvgen.report.wording import shipped_wording

        return draw_trail(copy, project, shipped_wording(language))

    return {"jsonl": json_lines, "csv": csv_table, "pdf": pdf}


def export_tiles(ledger: Ledger, clock: Clock, actor: Actor, config: Config, destination: Path) -> tuple[str, ...]:
    """The whole trail in the layout of C2SP tlog-tiles, under a checkpoint made for it. Returns what there is to say about it."""
    with ledger.change(actor) as change:
        change.note("export-trail", "trail", facts={"form": "tiles", "selection": "all events"})
    made = checkpoint(ledger, open_anchors(config), clock, actor, "export")
    said = list(made.problems)
    destination.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".tiles-", dir=destination.parent) as temporary, ledger.tree(made.size) as tree:
        folder = Path(temporary) / "tiles"
        for file in tiles(tree, made.note):
            if file.missing:
                said.append(f"{file.path} is left out: {file.missing}")
                continue
            path = folder / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file.data)
        folder.rename(destination)
    return (*said, f"{made.size} events -> {destination}")


def prove(ledger: Ledger, config: Config, seq: int) -> tuple[Proof, bytes]:
    """A proof of event `seq` under the newest checkpoint that is believed and over it, and the bytes of the event."""
    newest = max(believed(outside_of(config)), key=lambda pair: pair[1].size, default=None)
    if newest is None or newest[1].size < seq:
        raise Refused(f"no checkpoint covers event {seq} yet", hint="csvgen audit checkpoint")
    note, state = newest
    if ledger.root(state.size) != state.root:
        raise NotIntact("the trail is not the one of its newest checkpoint", hint="csvgen audit check names the place")
    with ledger.tree(state.size) as tree:
        body = tree.entries((seq - 1) // WIDTH)[(seq - 1) % WIDTH]
        return make_proof(seq, tree.inclusion(seq - 1), note), body
