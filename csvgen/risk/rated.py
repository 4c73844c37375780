"""Whether the ratings of a risk are ratings of its scheme, and whether what is claimed with controls can be claimed."""

from __future__ import annotations

from collections.abc import Iterator

from csvgen.model.risk import Rating, Risk
from csvgen.model.scheme import FACTORS, Factor, Scheme
from csvgen.risk.check import Problem

CONTROLLED: tuple[Factor, ...] = ("probability", "detectability")
"""What a control can make better."""


def grade_problems(risk: Risk, scheme: Scheme) -> tuple[Problem, ...]:
    """Ratings, initial and residual, that the scheme does not know or that are missing. A grade of another scheme is one of them."""
    return tuple(_grade_problems(risk, scheme))


def _grade_problems(risk: Risk, scheme: Scheme) -> Iterator[Problem]:
    rated = scheme.scales.rated
    given: list[tuple[tuple[str, ...], Factor, Rating | None]] = [((f,), f, getattr(risk, f)) for f in FACTORS]
    if risk.residual is not None:
        given += [(("residual", f), f, getattr(risk.residual, f)) for f in ("severity", *CONTROLLED)]
    for path, factor, rating in given:
        scale, name = rated.get(factor), " ".join(path)
        if rating is None:
            if scale is not None and len(path) == 1:
                yield Problem(path, f"{name} is not rated, and {scheme.id} needs it", f"allowed: {', '.join(scale.names)}")
        elif scale is None:
            yield Problem(path, f"{scheme.id} has no scale for {name}", f"remove it; it rates {', '.join(rated)}")
        elif rating.rating not in scale.names:
            message = f"{rating.rating!r} is no grade of {name} in {scheme.id}"
            yield Problem(path, message, f"allowed: {', '.join(scale.names)}; schemes are never mixed")


def residual_problems(risk: Risk, scheme: Scheme) -> tuple[Problem, ...]:
    """Residual ratings that are missing, or that no control can bring about. Grades outside the scheme are left to `grade_problems`.

    Severity given again must be the initial one. Lower: the harm of a failure is the same however it is guarded (ICH Q9(R1); FMEA
    practice). Higher: then the initial rating was too low, and it is the initial one that decides how deep is tested.
    """
    return tuple(_residual_problems(risk, scheme))


def _residual_problems(risk: Risk, scheme: Scheme) -> Iterator[Problem]:
    rated = scheme.scales.rated
    residual = risk.residual
    changeable = [f for f in CONTROLLED if f in rated]
    if residual is None:
        if changeable:
            yield Problem((), f"there is no residual rating, and {scheme.id} rates {' and '.join(changeable)}", "add residual")
        return
    severity = residual.severity
    if severity is not None and severity.rating != risk.severity.rating and severity.rating in rated["severity"].names:
        lower = not rated["severity"].worse(severity.rating, risk.severity.rating)
        hint = (
            "a control never makes the harm smaller" if lower else "if the harm can be that bad, the initial severity is too low"
        )
        message = f"residual severity {severity.rating} is not the initial {risk.severity.rating}"
        yield Problem(("residual", "severity"), message, f"{hint}; leave it out or repeat the initial one")
    for factor in changeable:
        before, after, scale = getattr(risk, factor), getattr(residual, factor), rated[factor]
        if after is None:
            message = f"residual {factor} is not rated, and {scheme.id} needs it"
            yield Problem(("residual",), message, f"allowed: {', '.join(scale.names)}; the initial one if no control changes it")
        elif (
            before is not None and {before.rating, after.rating} <= set(scale.names) and scale.worse(after.rating, before.rating)
        ):
            message = f"residual {factor} {after.rating} is worse than the initial {before.rating}"
            yield Problem(("residual", factor), message, "controls cannot make it worse; one of the two ratings is wrong")
