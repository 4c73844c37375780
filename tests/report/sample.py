"""A rich report and matrix: every kind of block, long tables, long digests, and text that means harm."""

from __future__ import annotations

from csvgen.canonical import digest
from csvgen.model.execution import Verdict
from csvgen.model.matrix import Attempt, Gap, Link, Matrix, ReverseRow, Row
from csvgen.model.report import (
    ApprovalPage,
    Block,
    Bullets,
    Column,
    Contents,
    Facts,
    Heading,
    PageBreak,
    Paragraph,
    Report,
    SignatureSlot,
    Table,
    Timeline,
    TimelineEntry,
)  # fmt: skip

HOSTILE = (
    "<script>alert('x')</script> & <b>bold</b> &amp; ]]> <![CDATA[",
    '=HYPERLINK("http://example.invalid/","click")',
    "+1+2",
    "-1-2",
    "@SUM(A1:A9)",
    "bell\x07 null\x00 tab\t return\r end",
    "over\u202eride and zero\u200bwidth and \ufeff mark",
    "W" * 300,
    "two\nlines and\n\na blank one",
    "_x0041_ is five letters",
    "{{ jinja }} %s %(x)s ${y} \\n",
    "Greek μΩ, arrows → ≤ ≥, Cyrillic Проверка, accents Ångström",
    "no glyph: \u4e2d\u6587 \U0001f600 \u2713 and Hebrew \u05d0\u05d1",
    "<w:p/> w:t </w:t></w:r> <para> <font color=red>",
    "  leading and   inner   spaces",
)

SLOTS = (
    SignatureSlot(1, "signature-1", "Validation Engineer", "authored", "I wrote this document; it says what I mean."),
    SignatureSlot(
        2, "signature-2", "Process Owner, Quality Control", "reviewed", "I read this record; it is complete and accurate."
    ),
    SignatureSlot(3, "signature-3", "System Owner", "approved", "I approve this record for its purpose."),
    SignatureSlot(4, "signature-4", "Quality Unit", "approved", "I approve this record for its purpose."),
)

STEP_COLUMNS = (
    Column("Step", 0.05, "id"),
    Column("Instruction", 0.25),
    Column("Expected", 0.19),
    Column("Observed", 0.21),
    Column("Verdict", 0.09, "verdict"),
    Column("Evidence", 0.12, "id"),
    Column("Deviation", 0.09, "id"),
)


def step_table(case: str, rows: int, *, failing: int = 0, caption: str = "Steps as executed") -> Table:
    """A step table of so many rows; row `failing` (from 1) fails, what follows is not run."""
    made = []
    for n in range(1, rows + 1):
        verdict = "PASSED" if not failing or n < failing else "FAILED" if n == failing else "NOT_RUN"
        observed = {
            "PASSED": f"equal: {n * 7 % 100}.25 mg/mL, read from records.read of sample S-{n:04d}",
            "FAILED": "not equal: audit entry holds no old value; expected 12.40 mg/mL beside the new one",
            "NOT_RUN": "",
        }[verdict]
        made.append(
            (
                str(n),
                f'When user u.weber changes result {n} of sample S-{n:04d} to {n * 7 % 100}.25 mg/mL with reason "transcription error"',
                f"Then result {n} reads {n * 7 % 100}.25 mg/mL and its audit entry names old and new value",
                observed,
                verdict,
                f"{case}.{n}.1" if verdict != "NOT_RUN" else "",
                "DEV-QC-003" if verdict == "FAILED" else "",
            )
        )
    return Table(STEP_COLUMNS, tuple(made), caption)


def case_blocks(case: str, title: str, rows: int, *, failing: int = 0) -> tuple[Block, ...]:
    return (
        Heading(2, f"{case} {title}", case),
        Facts(
            (
                ("Objective", "Show that a change to a result is refused without a reason and recorded with one."),
                ("Traces to", "URS-QC-014, URS-QC-015; risk RISK-QC-007 (high)"),
                ("Type", "positive, negative, boundary, challenge"),
                (
                    "Executed",
                    "run OQ-002, 2026-11-21 08:33:01 +00:00 to 2026-11-21 08:33:09 +00:00, account ci-runner (technical)",
                ),
                ("Case digest", str(digest({"case": case}))),
                ("Verdict", "FAILED" if failing else "PASSED"),
            )
        ),
        step_table(case, rows, failing=failing),
    )


def report(
    *, banner: str = "DEMONSTRATION - not for use in a regulated process", official: str = "pdf", rows: int = 40
) -> Report:
    blocks: tuple[Block, ...] = (
        ApprovalPage(SLOTS),
        PageBreak(),
        Contents(),
        PageBreak(),
        Heading(1, "Purpose and scope"),
        Paragraph(
            "This report records the operational qualification of the QC release pipeline, version 2.4.1, as it was executed in "
            "runs OQ-001 and OQ-002. It says which requirements have evidence, which do not, and what remains open. It does not "
            "say that a system is fit for a use that is not described in the requirements."
        ),
        Paragraph(
            "The matrix (QC-TM-001) lists every requirement with its cases; this report prints the cases and their steps.", "note"
        ),
        Paragraph("One case failed. Deviation DEV-QC-003 is open and blocks the release of the system.", "warning"),
        Heading(2, "In scope"),
        Bullets(
            (
                "Ingestion of instrument files, calculation and rounding of results, and the review of results by a second person.",
                "Electronic signatures: re-authentication, manifestation, binding of the signature to its record.",
                "Audit trail: completeness, attribution, resistance to change.",
            )
        ),
        Heading(2, "Order of execution"),
        Bullets(
            ("IQ closed before OQ started.", "OQ-001 was partial; it stays on record.", "OQ-002 repeated the failed case."),
            numbered=True,
        ),
        Heading(2, "Command used"),
        Paragraph("csvgen run --formal --order QC-EO-002 \\\n    --target local --phase OQ", "mono"),
        Paragraph("A test that can not fail shows nothing.", "quote"),
        Heading(1, "System and environment"),
        Facts(
            (
                ("System", "qc-release 2.4.1"),
                ("Instance", "qualification, host val-qc-01"),
                ("Recording system", "csvgen 0.1.0, Python 3.11.7"),
                ("Clock", "NTP, offset below 2 ms at start"),
                ("Open question", ""),
            )
        ),
        Table(
            (Column("Component", 0.26), Column("Version", 0.14, "id"), Column("SHA-256", 0.60, "mono")),
            tuple(
                (name, "2.4.1", digest({"component": name}).hex) for name in ("pipeline", "signature", "audit-trail", "portal")
            ),
            "Installed components",
        ),
        Table(
            (Column("Component", 0.5), Column("Difference", 0.5)),
            (),
            "Differences from the installed baseline",
            "No difference was found.",
        ),
        Heading(1, "Results"),
        Table(
            (
                Column("Requirement", 0.16, "id"),
                Column("Title", 0.40),
                Column("Case", 0.16, "id"),
                Column("Verdict", 0.28, "verdict"),
            ),
            (
                ("URS-QC-014", "A result can be changed only with a reason", "TC-OQ-0001", "PASSED"),
                ("URS-QC-015", "A change keeps old and new value", "TC-OQ-0002", "FAILED"),
                ("URS-QC-016", "The audit trail cannot be switched off", "TC-OQ-0003", "BLOCKED"),
                ("URS-QC-017", "Results are rounded half to even", "TC-OQ-0001", "NOT_APPLICABLE"),
                ("URS-QC-018", "A second person reviews each result", "TC-OQ-0003", "SKIPPED"),
            ),
            "Requirements and their verdicts",
        ),
        Heading(1, "Executed cases"),
        Paragraph("Each case is printed as it was approved, with what was observed beside what was expected."),
        *case_blocks("TC-OQ-0001", "A change needs a reason", rows),
        *case_blocks("TC-OQ-0002", "A change keeps old and new value", 9, failing=6),
        *case_blocks("TC-OQ-0003", "A second person reviews each result", 3),
        Heading(1, "Text that means harm"),
        Heading(2, "Heading with <b> & ]]> and a \u202e mark\nand a second line"),
        *(Paragraph(text) for text in HOSTILE),
        Bullets(HOSTILE),
        Facts(tuple((text[:20], text) for text in HOSTILE)),
        Table(
            (Column("Text", 0.4), Column("Mono", 0.3, "mono"), Column("Verdict", 0.15, "verdict"), Column("Id", 0.15, "id")),
            tuple((text, text, text, text) for text in HOSTILE),
            "Hostile <caption> & =1+1",
        ),
        Heading(3, "A third level"),
        Paragraph("Headings of level three are numbered but not listed in the contents."),
        Heading(1, "Approvals and runs in order of time"),
        Timeline(
            (
                TimelineEntry(
                    "2026-11-02 09:14:22 +00:00",
                    "approval",
                    "URS QC-URS-001 revision 3 approved",
                    "Mara Ivens (fictitious), Process Owner",
                ),
                TimelineEntry(
                    "2026-11-05 13:40:07 +00:00",
                    "approval",
                    "OQ protocol QC-OQP-001 revision 2 approved",
                    "Jonas Meier, Quality Unit",
                ),
                TimelineEntry(
                    "2026-11-20 16:02:55 +00:00", "record", "Execution order QC-EO-001 issued", "Jonas Meier, Quality Unit"
                ),
                TimelineEntry(
                    "2026-11-20 17:11:31 +00:00",
                    "run",
                    "Run OQ-001: 2 of 3 cases executed, 1 failed; partial",
                    "ci-runner (technical)",
                ),
                TimelineEntry(
                    "2026-11-20 17:12:00 +00:00",
                    "deviation",
                    "DEV-QC-003 opened: change without old value",
                    "ci-runner (technical)",
                ),
                TimelineEntry(
                    "2026-11-21 08:33:09 +00:00", "run", "Run OQ-002: 3 of 3 cases executed, 1 failed", "ci-runner (technical)"
                ),
                TimelineEntry(
                    "2026-11-21 09:20:44 +00:00", "record", "Executed record reviewed", "Mara Ivens (fictitious), Process Owner"
                ),
            )
        ),
    )
    return Report(
        id="QC-OQR-001",
        title="Operational qualification report",
        subtitle="QC release pipeline 2.4.1: runs OQ-001 and OQ-002",
        revision=2,
        organisation="Example Biologics GmbH, Quality Control",
        system="qc-release",
        status="FOR APPROVAL",
        banner=banner,
        date="2026-11-21 09:30:00 +00:00",
        made_by="csvgen 0.1.0",
        made_from=(
            ("Specification qc-release 2.4.1", str(digest("spec"))),
            ("Protocol QC-OQP-001 revision 2", str(digest("protocol"))),
            ("Run OQ-001", str(digest("run 1"))),
            ("Run OQ-002", str(digest("run 2"))),
        ),
        content=str(digest("content")),
        official=official,
        cover=(
            ("System version", "2.4.1"),
            ("Process owner", "Mara Ivens (fictitious)"),
            ("GxP impact", "yes"),
            ("Supersedes", "QC-OQR-001 revision 1"),
        ),
        blocks=blocks,
    )


def long_report(rows: int) -> Report:
    """A report of one table with so many rows."""
    small = report(banner="")
    blocks = (Heading(1, "Long table"), step_table("TC-OQ-0099", rows))
    values = {name: getattr(small, name) for name in Report.__slots__}
    return Report(**{**values, "blocks": blocks})


def matrix() -> Matrix:
    def attempt(run: str, verdict: Verdict, case: str, deviation: str = "") -> Attempt:
        return Attempt(run=run, verdict=verdict, evidence=(f"{case}.1.1", f"{case}.2.1"), deviation=deviation)

    def link(case: str, title: str, *attempts: Attempt) -> Link:
        final = attempts[-1].verdict if attempts else Verdict.NOT_RUN
        return Link(case=case, title=title, technique="positive", attempts=attempts, final=final)

    first = link("TC-OQ-0001", "A change needs a reason", attempt("OQ-001", Verdict.PASSED, "TC-OQ-0001"))
    second = link(
        "TC-OQ-0002", "A change keeps old and new value",
        attempt("OQ-001", Verdict.FAILED, "TC-OQ-0002", "DEV-QC-003"), attempt("OQ-002", Verdict.PASSED, "TC-OQ-0002"),
    )  # fmt: skip
    installed = link("TC-IQ-0001", "Components are the approved ones", attempt("IQ-001", Verdict.PASSED, "TC-IQ-0001"))
    never = link("TC-PQ-0001", "A batch is released end to end")

    def row(number: int, title: str, coverage: str, reason: str, *links: Link) -> Row:
        return Row(
            requirement=f"URS-QC-{number:03d}", title=title, category="audit trail", clauses=("21 CFR 11.10(e)", "Annex 11 9"),
            functions=("FS-QC-004",), risks=("RISK-QC-007",), priority="high", verification="test", links=links,
            coverage=coverage, reason=reason, residual=("RISK-QC-007: supported by passing tests",),
        )  # fmt: skip

    rows = (
        row(14, "A result can be changed only with a reason", "passed", "every case passed in its last run", first, installed),
        row(15, "A change keeps old and new value", "passed", "failed in OQ-001 (DEV-QC-003), passed in OQ-002", second),
        row(16, "A batch is released end to end", "gap", "TC-PQ-0001 has not been run", never, first),
        row(17, "Operators are trained", "procedure", "SOP-QC-031"),
        *(row(100 + n, text, "failed", text, first) for n, text in enumerate(HOSTILE)),
    )
    reverse = tuple(
        ReverseRow(
            case=item.case, title=item.title, phase=item.case[3:5], requirements=requirements, risks=("RISK-QC-007",),
            final=item.final, runs=tuple(a.run for a in item.attempts),
        )
        for item, requirements in (
            (installed, ("URS-QC-014",)),
            (first, ("URS-QC-014", "URS-QC-016")),
            (second, ("URS-QC-015",)),
            (never, ("URS-QC-016",)),
        )
    )  # fmt: skip
    gaps = (
        Gap(kind="requirement-not-passed", subject="URS-QC-016", detail="its case TC-PQ-0001 has not been run"),
        Gap(kind="case-not-run", subject="TC-PQ-0001", detail='=HYPERLINK("http://example.invalid/")'),
    )
    return Matrix(
        system="qc-release", version="2.4.1", spec=digest("spec"), protocol={"IQ": digest("iq"), "OQ": digest("oq"), "PQ": digest("pq")},
        runs={"IQ-001": digest("iq1"), "OQ-001": digest("oq1"), "OQ-002": digest("oq2")}, rows=rows, reverse=reverse, gaps=gaps,
    )  # fmt: skip
