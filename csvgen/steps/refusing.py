"""Refusals for a reason: a request refused for another reason than the one expected proves nothing about it."""

from __future__ import annotations

from pytest_bdd import then

from csvgen.ports import Outcome
from csvgen.steps.common import Bench, last

UNSAID = "(not said)"


def refusal(outcome: Outcome, about: str = "reason", fact: str = "kind") -> str:
    """Whether a request was refused, and what the system says the refusal is about, as one text."""
    return f"{'accepted' if outcome.accepted else 'refused'}; {about}: {outcome.facts.get(fact) or UNSAID}"


def refused_for(bench: Bench, wanted: str, about: str = "reason", fact: str = "kind") -> None:
    """One row: that it was refused, and what the system says the refusal is about."""
    outcome = last(bench)
    bench.observe(
        "answer of the system",
        expected=f"refused; {about}: {wanted}",
        actual=refusal(outcome, about, fact),
        source=f"{bench.world.about}: {outcome.message}",
    )


@then("the system refuses it for lack of authority")
def refuses_for_authority(bench: Bench) -> None:
    """A refusal for another reason (a missing lot, a wrong state) would prove nothing about authority."""
    refused_for(bench, "authority")
