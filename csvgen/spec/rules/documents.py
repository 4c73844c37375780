"""Which documents a validation needs: what is proposed, against what the plan decides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from csvgen.spec.proposal import Known, proposed_of
from csvgen.spec.registry import Context, Found, Index, rule
from csvgen.spec.rules.placeholders import is_placeholder
from csvgen.spec.rules.priorities import priorities


@rule("SPC013", "index")
def documents_decided(index: Index, context: Context) -> Iterator[Found]:
    """The plan decides nothing about a kind of document that is proposed as needed: nobody would miss it before the summary does."""
    if context.system is None or context.plan is None or not index.complete:
        return  # what cannot be read may ask for more, or decide it
    here = Counter(r.says["phase"].lower() for r in index.of("requirement"))
    here["pq"] += len(index.of("scenario"))
    known = Known(
        components=context.system.components,
        suppliers=context.suppliers.suppliers if context.suppliers is not None else (),
        records=context.system.records,
        deliverables=context.plan.deliverables,
        high=tuple(name for name, level in priorities(index, context).items() if level == "high"),
        here=here,
        settings=sum(section.says["settings"] for section in index.of("section")),
    )
    open_ones = [p.kind for p in proposed_of(known) if p.standing.startswith("open") and not is_placeholder(p.words)]
    for plan in index.of("plan") if open_ones else ():
        message = f"the plan does not decide whether these documents are needed, and they are proposed: {', '.join(open_ones)}"
        yield Found(
            plan,
            message,
            hint='name them under kinds of a deliverable with needed: "yes" or "no"; csvgen report --proposed says why',
        )
