"""The vocabulary of a form: tags of content controls in a company's own Word template, and what stands at each.

A control tagged ``csvgen:title`` takes the title wherever the company wants it. A table row whose controls carry the tags of a
listing is a prototype: it is repeated for each entry, with its formatting.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from csvgen.report.outline import Outline
from csvgen.report.text import BLANK

PREFIX = "csvgen:"
BODY = "body"
"""Where the document itself goes: from the approval page, or what follows it, to the end."""
REGION = "csvgen_body"
"""The bookmark around it in a filled form."""

REQUIRED = ("organisation", "title", "subtitle", "content-digest", "text-digest", "official", BODY)
OPTIONAL = ("document-id", "revision", "identity", "status", "date", "system", "content", "made-by", "footer", "banner")
SINGLE = (*REQUIRED, *OPTIONAL)

FACTS, APPROVAL = "facts", "approval"
IN_PLACE: Mapping[str, tuple[str, ...]] = {
    FACTS: ("facts.name", "facts.value"),
    APPROVAL: ("approval.number", "approval.role", "approval.meaning", "approval.statement", "approval.signature"),
}
"""Listings that are filled where their prototype row stands. `facts` is required; without `approval` the page is drawn in the body."""
SPECIMENS: Mapping[str, tuple[str, ...]] = {
    "script": ("script.step", "script.kind", "script.instruction", "script.expected"),
    "executed": (
        "executed.step", "executed.instruction", "executed.expected", "executed.observed", "executed.verdict", "executed.evidence",
        "executed.deviation",
    ),
}  # fmt: skip
"""Tables that show how every table of this kind in the body shall look: steps of a script before, and after its execution."""
LISTINGS: Mapping[str, tuple[str, ...]] = {**IN_PLACE, **SPECIMENS}
KNOWN = (*SINGLE, *(tag for tags in LISTINGS.values() for tag in tags))
CARRIED = ("organisation", "title", "status")
"""What header and footer of a form hold by tags, so that csvgen adds none of its own: these, the identity, and the digest."""
CARRIED_EITHER = (("identity",), ("document-id", "revision")), (("footer",), ("content", "made-by"))


def values(plan: Outline) -> dict[str, str]:
    """What stands at each single tag."""
    report = plan.report
    digests = [value for _, value in plan.digests]
    found = {
        "organisation": report.organisation, "title": report.title, "subtitle": report.subtitle, "document-id": report.id,
        "revision": str(report.revision), "identity": f"{report.id} · {plan.revision}", "status": report.status,
        "date": report.date, "system": report.system, "content-digest": digests[0], "text-digest": digests[1],
        "content": plan.short, "made-by": report.made_by, "footer": f"{plan.short} · {report.made_by}",
        "banner": report.banner, "official": plan.official,
    }  # fmt: skip
    return {tag: text if text.strip() else BLANK for tag, text in found.items()}


def carries(tags: AbstractSet[str]) -> bool:
    """Whether these tags say everything a page has to carry, its number aside."""
    return tags >= set(CARRIED) and all(any(tags >= set(one) for one in either) for either in CARRIED_EITHER)
