"""How much a run weighs: bytes by kind of evidence, and the largest files."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from csvgen.evidence.attachments import attachment_path
from csvgen.model.evidence import RunRead
from csvgen.model.execution import Attachment


@dataclass(frozen=True)
class Weight:
    """Of one run. A file that several steps attached is counted once, under the kind it was first attached as."""

    run: str
    kinds: tuple[tuple[str, int, int], ...]
    """Kind, files, bytes; the heaviest first."""
    largest: tuple[tuple[int, str, str], ...]
    """Bytes, id of the evidence (or file of the run), name."""

    @property
    def files(self) -> int:
        return sum(files for _, files, _ in self.kinds)

    @property
    def size(self) -> int:
        return sum(size for _, _, size in self.kinds)


def weigh(evidence: RunRead, largest: int = 5) -> Weight:
    """From the folder of a run as it is now."""
    folder = Path(evidence.folder)
    attached: dict[str, Attachment] = {}
    for attachment in (a for attachments in evidence.attached.values() for a in attachments):
        attached.setdefault(attachment_path(attachment.sha256), attachment)
    kinds: dict[str, list[int]] = defaultdict(list)
    every: list[tuple[int, str, str]] = []
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        name, size = path.relative_to(folder).as_posix(), path.stat().st_size
        found = attached.get(name)
        own = "journal" if name.startswith("journal.") else "plan and seal" if "/" not in name else "belongs to no step"
        kinds[found.kind if found else own].append(size)
        every.append((size, found.id if found else name, found.name if found else ""))
    rows = sorted(((kind, len(sizes), sum(sizes)) for kind, sizes in kinds.items()), key=lambda row: (-row[2], row[0]))
    return Weight(evidence.run, tuple(rows), tuple(sorted(every, key=lambda row: (-row[0], row[1]))[:largest]))


def in_words(size: int) -> str:
    """``512 B``, ``1.5 kB``, ``2.0 MB``: powers of ten, as storage is sold."""
    amount, units = float(size), ["B", "kB", "MB", "GB", "TB"]
    while amount >= 1000 and len(units) > 1:  # noqa: PLR2004 - a thousand
        amount, units = amount / 1000, units[1:]
    return f"{size} B" if units[0] == "B" else f"{amount:.1f} {units[0]}"
