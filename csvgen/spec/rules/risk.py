"""Risks: ratings that fit their scheme, and residuals that do not promise what cannot be."""

from __future__ import annotations

from collections.abc import Iterator

from csvgen.errors import CsvgenError
from csvgen.model import spec as noun
from csvgen.risk.rated import grade_problems, residual_problems
from csvgen.risk.scheme import assess, assess_residual, scheme, worse
from csvgen.spec.registry import Context, Hit, error


@error("RSK203", "assessment")
def known_scheme(a: noun.RiskAssessment, context: Context) -> Iterator[Hit]:
    """The risk scheme named is not one csvgen knows, nor one of the project."""
    try:
        if a.scheme not in context.schemes and a.scheme not in context.broken_schemes:  # RSK208 speaks of those
            scheme(a.scheme)
    except CsvgenError as problem:
        yield Hit(problem.message, ("scheme",), problem.hint)


@error("RSK206", "risk")
def grades_of_the_scheme(r: noun.Risk, context: Context) -> Iterator[Hit]:
    """A rating is not a grade of the scheme's scale: schemes are never mixed in one table."""
    if context.scheme is not None:
        for problem in grade_problems(r, context.scheme):
            yield Hit(f"{r.id}: {problem.message}", problem.path, problem.hint)


@error("RSK207", "risk")
def residual_can_be_claimed(r: noun.Risk, context: Context) -> Iterator[Hit]:
    """A residual rating claims what no control can bring about: another severity, or something worse than before."""
    if context.scheme is not None:
        for problem in residual_problems(r, context.scheme):
            yield Hit(f"{r.id}: {problem.message}", problem.path, problem.hint)


@error("RSK204", "risk")
def residual_not_worse(r: noun.Risk, context: Context) -> Iterator[Hit]:
    """The residual priority of a risk is worse than its initial one: controls cannot make it worse, so a rating is wrong."""
    if context.scheme is None or grade_problems(r, context.scheme):
        return
    initial, residual = assess(r, context.scheme), assess_residual(r, context.scheme)
    if worse(residual.priority, initial.priority):
        yield Hit(f"{r.id}: residual priority {residual.priority} is worse than the initial {initial.priority}", ("residual",))
