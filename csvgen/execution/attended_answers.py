"""What people type: read as verdicts, made harmless, and looked at for what a reviewer should know (RR-X04, RR-X05)."""

from __future__ import annotations

import datetime as dt
import mimetypes
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from csvgen.canonical import digest_bytes
from csvgen.clock import parsed, shown, stored
from csvgen.evidence.attachments import attachment_path
from csvgen.evidence.attended import answer
from csvgen.execution.observe import PASSED_BY_PERSON
from csvgen.model.attended import Flag
from csvgen.model.base import blank, hazard
from csvgen.model.evidence import Evidence
from csvgen.model.execution import AttachmentKind, StepResult, Verdict
from csvgen.model.protocol import Step

VERDICTS: Mapping[str, tuple[str, Verdict]] = {
    "p": ("passed", Verdict.PASSED),
    "f": ("failed", Verdict.FAILED),
    "b": ("blocked", Verdict.BLOCKED),
    "n": ("not executed", Verdict.NOT_RUN),
}
"""Letter -> word and verdict."""
DONE = "carried out as written"
"""What is expected of a step that is no check."""
QUICK_SECONDS = 2.0
"""An answer sooner than this after the step was shown is flagged: nobody reads, acts and writes in that time."""
MAX_FILE = 256 * 1024 * 1024


def harmless(text: str) -> str:
    """Typed text as it is recorded: control, direction and invisible characters are spelled out, so that no renderer obeys them."""
    return "".join(rf"\u{ord(c):04x}" if hazard(c, newline=False) else c for c in text.strip())


def says_nothing(text: str) -> bool:
    """Whether a person typed nothing that can be read."""
    return blank(text) or not any(c.isalnum() for c in text)


def expectation(step: Step) -> str:
    """What is expected at a step, in the words of the script."""
    if step.keyword != "Then":
        return DONE
    return whole(step)


def whole(step: Step) -> str:
    """A step with its table and text block."""
    return "\n".join([step.text, *(" | ".join(row) for row in step.table), *([step.doc] if step.doc else [])])


def spoken(letter: str, actual: str) -> str:
    """A verdict and what was seen, as a judgement holds them."""
    return f"{VERDICTS[letter][0]}: {actual}"


def words_of(said: str) -> str:
    """What was seen, without the word of the verdict before it."""
    return said.partition(": ")[2]


assert spoken("p", "").startswith(PASSED_BY_PERSON)


def _same(text: str) -> str:
    return " ".join(text.split()).casefold()


@dataclass
class Known:
    """What was said and kept in this run and the others before the answer at hand."""

    runs: Path | None = None
    """Folder of all runs."""
    run: str = ""
    said: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, evidence: Evidence) -> Known:
        """From what the run at hand holds already."""
        folder = Path(evidence.folder)
        made = cls(folder.parent, folder.name)
        for result in evidence.results:
            for step in result.steps:
                made.add(result.case, step)
        return made

    def add(self, case: str, step: StepResult) -> None:
        where = f"{case} step {step.number}"
        if said := words_of(answer(step)):
            self.said.setdefault(_same(said), where)
        for attachment in step.attachments:
            self.files.setdefault(attachment.sha256, where)

    # ------------------------------------------------------------ flags

    def of_words(self, expected: str, actual: str) -> Iterator[Flag]:
        if _same(actual) == _same(expected):
            yield Flag(kind="actual-is-expected", words="the actual text is word for word the expected one")
        if (where := self.said.get(_same(actual))) is not None:
            yield Flag(kind="same-words", words=f"the same words stand at {where}")

    def of_file(self, data: bytes, changed: dt.datetime | None, started: str, now: str) -> Iterator[Flag]:
        """Whether a file serves elsewhere, or is older (or younger) than the step it is attached to."""
        sha256 = digest_bytes(data)
        if (where := self.files.get(sha256)) is not None:
            yield Flag(kind="file-used-before", words=f"the same file serves {where} of this run")
        if self.runs is not None:
            others = sorted(p.parts[-4] for p in self.runs.glob(f"*/{attachment_path(sha256)}"))
            for other in (o for o in others if o != self.run):
                yield Flag(kind="file-used-before", words=f"the same file serves the run {other}")
        if changed is not None and not parsed(started) <= changed <= parsed(now):
            when = shown(stored(changed))
            yield Flag(kind="file-time", words=f"the file was last changed at {when}, which is not while the step went on")


def too_fast(seconds: float) -> Iterator[Flag]:
    if seconds < QUICK_SECONDS:
        yield Flag(kind="too-fast", words=f"answered {seconds:.1f} s after it was shown")


@dataclass(frozen=True)
class Picked:
    """A file a person named, read."""

    name: str
    data: bytes
    media_type: str
    changed: dt.datetime | None
    """When the file was last changed; None where nobody can say: a browser does not tell."""
    kind: AttachmentKind = "file"


def pick(typed: str) -> Picked | str:
    """Read the file a person named; a text says why it cannot be attached."""
    path = Path(typed.strip()).expanduser()
    try:
        if not path.is_file():
            return "there is no such file"
        if path.stat().st_size > MAX_FILE:
            return f"the file is larger than {MAX_FILE // 1024 // 1024} MiB"
        data, changed = path.read_bytes(), dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC)
    except (OSError, ValueError, OverflowError) as problem:
        return f"the file cannot be read ({type(problem).__name__})"
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return Picked(harmless(path.name) or "file", data, kind, changed)
