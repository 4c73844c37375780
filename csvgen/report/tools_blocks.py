"""Tools and data a document rests on, each with what is known of its adequacy (Annex 11, clause 4.7)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from csvgen import __version__
from csvgen.catalog.clauses import editions
from csvgen.model.evidence import Evidence
from csvgen.model.report import Block, Paragraph
from csvgen.report.spec_blocks import table
from csvgen.report.wording import say
from csvgen.trace.matrix import reported

OWN = "not assessed"
BY_CSVGEN = "not assessed on its own"
WHY = (
    "Not assessed: csvgen has no adequacy package of its own yet, and what it uses has to be covered by it (Annex 11, clause 4.7). What does not "
    "rest on the tools: expected results are approved before the execution, a second person reviews each executed record, and the files of a "
    "package can be compared with their digests without csvgen. That csvgen executes, compares and prints rightly is believed until it is assessed."
)
RECORDER = "csvgen (recorder of the runs)"
_USES = {
    "pytest": "collects and runs the cases",
    "pytest-bdd": "matches the steps of a case with step code",
    "gherkin-official": "reads the feature files",
    "cryptography": "keys, certificates, seals",
    "sqlalchemy": "keeps records",
    "python-docx": "draws Word files",
    "reportlab": "draws PDF files",
    "pyhanko": "signatures in PDF files",
    "openpyxl": "draws workbooks",
}


def tools(runs: Sequence[Evidence]) -> tuple[Block, ...]:
    """csvgen, what the formal runs recorded of the machine they ran on, and the data printed from the catalogues."""
    rows = [("csvgen", __version__, say("drafts, executes, records, composes, verifies"), say(OWN)), *_recorded(runs)]
    rows += [
        (say("catalog {name}", name=name), edition, say("regulation text and paraphrases"), digest)
        for name, edition, digest in editions()
    ]
    return table("Tools and data used", "Tool:17|Version:12|Use:28|Adequacy or digest:43", rows), Paragraph(WHY)


def _recorded(runs: Sequence[Evidence]) -> Iterator[tuple[str, str, str, str]]:
    """Versions as the runs recorded them; a tool that several runs had in several versions has them all."""
    found: dict[str, dict[str, list[str]]] = {}
    for run in runs:
        e = run.environment
        if e is None or not reported(run):
            continue
        seen = [(RECORDER, e.csvgen), ("Python", e.python)]
        seen += [(p.name, p.version) for p in e.packages if p.name.lower() in _USES]
        for name, version in seen:
            found.setdefault(name, {}).setdefault(version, []).append(run.run)
    for name, versions in found.items():
        own = name == RECORDER
        use = _USES.get(name.lower(), "executes and records the runs" if own else "carries out the code of the tools")
        told = "\n".join(versions) if len(versions) == 1 else "\n".join(f"{v} ({', '.join(of)})" for v, of in versions.items())
        yield say(RECORDER) if own else name, told, say(use), say(OWN if own else BY_CSVGEN)
