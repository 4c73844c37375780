"""Which scheme a risk is rated by, and what it makes of the risk.

The schemes that come with csvgen lie in `schemes/`; a project may bring its own (`csvgen.risk.read`).
"""

from __future__ import annotations

from functools import cache

from csvgen.errors import BadInput, ConfigError
from csvgen.model.risk import Risk
from csvgen.model.scheme import Scheme
from csvgen.model.spec import Spec
from csvgen.risk.rate import LEVELS, Assessed, highest, rate, ratings_of, residual_ratings_of, worse
from csvgen.risk.read import read_shipped, shipped

__all__ = ["LEVELS", "Assessed", "assess", "assess_residual", "highest", "rate", "rating_scheme", "scheme", "worse"]


def assess(risk: Risk, by: Scheme | str) -> Assessed:
    """Initial class and priority of a risk, by a scheme or the name of one that comes with csvgen. Raises as `rate` and `scheme` do."""
    return rate(scheme(by) if isinstance(by, str) else by, ratings_of(risk))


def assess_residual(risk: Risk, by: Scheme | str) -> Assessed:
    """Class and priority claimed with controls; the initial ones where the scheme has no rating that a control could change."""
    return rate(scheme(by) if isinstance(by, str) else by, residual_ratings_of(risk))


def rating_scheme(spec: Spec) -> Scheme:
    """The scheme that a specification is rated by: its own of that name, or one that comes with csvgen. Raises as `scheme` does."""
    return spec.schemes.get(spec.scheme) or scheme(spec.scheme)


@cache
def scheme(name: str) -> Scheme:
    """The scheme of that name. Raises ConfigError when there is none, BadInput when its tables have a hole, gap or overlap."""
    known = shipped()
    if name not in known:
        raise ConfigError(f"no risk scheme {name!r}", hint=f"known schemes: {', '.join(known)}")
    found, findings = read_shipped(known[name].read_bytes(), known[name].name)
    if found is None:
        raise BadInput(findings[0].message, where=str(findings[0].location))
    return found
