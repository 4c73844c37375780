"""Rules for passwords, lock-out and sessions that an administrator sets by an act: always stricter than the files of the project, never looser.

What stands in csvgen.toml is the floor, and whoever may write that file holds it. Above the floor a person in office decides, with
a reason and by name, and takes it back the same way. Each rule is an event with its old and its new value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from csvgen.errors import BadInput, Refused
from csvgen.identity.access_list import SETTINGS
from csvgen.identity.accounts import Accounts
from csvgen.model.audit import Actor
from csvgen.model.people import Policy

ACTS = "policy-by-act"
"""Id of the record beside those of the files."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule that may be tightened, with the range in which nobody locks everybody out by a slip of the pen."""

    words: str
    unit: str
    least: int
    most: int
    up: bool
    """Whether a larger number is the stricter one."""
    endless: bool = False
    """Whether 0 stands for: without end."""

    def strictness(self, value: int) -> float:
        """Larger is stricter."""
        if self.endless and value == 0:
            return float("-inf")
        return value if self.up else -value


RULES: Mapping[str, Rule] = {
    "failures_to_lock": Rule("failures in a row that lock an account", "failures", 2, 100, up=False),
    "source_failures": Rule("failures from one address before it has to wait", "failures", 2, 10_000, up=False, endless=True),
    "source_wait_seconds": Rule("longest waiting time of an address", "seconds", 1, 86_400, up=True),
    "minimum_length": Rule("shortest password", "characters", 8, 64, up=True),
    "password_history": Rule("earlier passwords that are not taken again", "passwords", 0, 50, up=True),
    "password_days": Rule("age at which a password has to be replaced", "days", 7, 3_650, up=False, endless=True),
    "idle_seconds": Rule("a session nobody used for so long has ended", "seconds", 60, 86_400, up=False),
    "session_seconds": Rule("longest life of a session", "seconds", 300, 604_800, up=False),
    "reset_seconds": Rule("life of the one-time secret of a reset", "seconds", 600, 604_800, up=False),
}


def acts(directory: Accounts) -> dict[str, int]:
    """The rules that were set by an act, and stand."""
    kept = directory.ledger.latest(SETTINGS, ACTS)
    return {n: int(v) for n, v in kept.content["policy"].items() if n in RULES} if kept is not None else {}


def tightened(policy: Policy, by_act: Mapping[str, int]) -> Policy:
    """The policy with each rule as strict as the act or itself, whichever is stricter."""
    current: dict[str, Any] = policy.model_dump()
    stricter = {n: v for n, v in by_act.items() if RULES[n].strictness(v) > RULES[n].strictness(current[n])}
    return policy.model_copy(update=stricter)


def tighten(directory: Accounts, actor: Actor, floor: Policy, given: Mapping[str, str], reason: str) -> Mapping[str, int]:
    """Set rules by an act; an empty value takes an act back, a rule that is not named stays. Returns the acts that stand now.

    `floor`: what counts without any act. Raises BadInput for what is no such rule or number, Refused for what would be looser.
    """
    if not any(c.isalnum() for c in reason):
        raise BadInput("a change of a policy needs a reason", rule="RR-E07")
    checked = {name: _number(name, text) for name, text in given.items() if text.strip()}
    current: dict[str, Any] = floor.model_dump()
    for name, value in checked.items():
        if RULES[name].strictness(value) < RULES[name].strictness(current[name]):
            raise Refused(
                f"{name.replace('_', ' ')}: {value} is looser than {current[name]}, which stands in csvgen.toml or on record",
                hint="by an act a rule is only made stricter; csvgen.toml is the floor", rule="RR-E11",
            )  # fmt: skip
    _known(given)
    with directory.ledger.change(actor, reason.strip()) as change:
        latest = change.latest(SETTINGS, ACTS)
        before = {n: int(v) for n, v in latest.content["policy"].items()} if latest is not None else {}
        after = {n: v for n, v in {**before, **checked}.items() if n not in given or given[n].strip()}
        if after == before:
            raise BadInput("this changes no rule")
        change.put(SETTINGS, ACTS, {"policy": dict(sorted(after.items()))}, action="policy-changed")
    return after


def _known(names: Iterable[str]) -> None:
    if unknown := sorted({*names} - {*RULES}):
        raise BadInput(f"there is no rule {unknown[0][:40]!r} that can be set by an act", hint=f"rules: {', '.join(RULES)}")


def _number(name: str, text: str) -> int:
    _known([name])
    rule, text = RULES[name], text.strip()
    if not text.isascii() or not text.isdigit() or len(text) > 9 or not rule.least <= int(text) <= rule.most:  # noqa: PLR2004
        raise BadInput(f"{name.replace('_', ' ')}: a whole number of {rule.unit} from {rule.least} to {rule.most}")
    return int(text)
