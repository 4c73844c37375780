"""What a residual rating is worth: an approved claim, until the tests that mitigate the risk pass in the runs at hand."""

from __future__ import annotations

from collections.abc import Mapping

from csvgen.model.execution import Verdict
from csvgen.model.risk import ResidualStatus, Risk
from csvgen.model.scheme import Scheme
from csvgen.risk.scheme import assess, assess_residual

_AGAINST = (Verdict.FAILED, Verdict.ERROR)


def residual_status(risk: Risk, scheme: Scheme, verdicts: Mapping[str, Verdict]) -> ResidualStatus:
    """`verdicts`: case -> verdict of its last counted run, for every case that names the risk; NOT_RUN where there is none.

    One failure takes the rating back to the initial one. It is shown only when there is a case and every case passed; blocked,
    skipped, undefined and not run decide nothing.
    """
    if risk.residual is None:
        initial = assess(risk, scheme)
        reason = f"{initial.risk_class}; {scheme.id} has no rating that a control could change"
        return ResidualStatus(risk.id, "not rated", initial.priority, reason)
    if failed := sorted(case for case, verdict in verdicts.items() if verdict in _AGAINST):
        reason = "a mitigating test failed"
        return ResidualStatus(risk.id, "back to initial", assess(risk, scheme).priority, reason, tuple(failed))
    priority = assess_residual(risk, scheme).priority
    if verdicts and all(verdict is Verdict.PASSED for verdict in verdicts.values()):
        return ResidualStatus(risk.id, "shown", priority, f"supported by {len(verdicts)} passed cases", tuple(sorted(verdicts)))
    waiting = tuple(sorted(case for case, verdict in verdicts.items() if verdict is not Verdict.PASSED))
    return ResidualStatus(risk.id, "claimed", priority, "not yet supported", waiting)
