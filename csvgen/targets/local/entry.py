"""The port Entry of the local target: its forms, each a function of the application as any other program calls it.

Some functions take their values one by one, some as one YAML document, as it is handed in at the command line. A field that was left
out is left out here too; what the application makes of that is its own affair.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from csvgen.ports import Outcome
from csvgen.targets.local.connection import Port

Values = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Form:
    """One form: the function it goes to, and what becomes of its fields there."""

    arguments: Mapping[str, str] = field(default_factory=dict)
    """Field -> argument of the function."""
    document: Mapping[str, str] = field(default_factory=dict)
    """Field -> its place in the YAML document that the function takes (``potency.model``)."""
    attached: Callable[[Values], bytes] | None = None
    """The file that is handed in with it."""
    blank: tuple[str, ...] = ()
    """Fields that stand blank in the mask until somebody fills them in."""

    @property
    def fields(self) -> tuple[str, ...]:
        return (*self.arguments, *self.document)

    def asked(self, values: Values) -> dict[str, Any]:
        """The arguments of the function. Raises KeyError for a field that is not on the form."""
        if strange := [name for name in values if name not in self.fields]:
            raise KeyError(strange[0])
        values = dict.fromkeys(self.blank, "") | dict(values)
        found: dict[str, Any] = {argument: values[name] for name, argument in self.arguments.items() if name in values}
        if self.document:
            found["document"] = _yaml({place: values[name] for name, place in self.document.items() if name in values})
        if self.attached is not None:
            found["content"] = self.attached(values)
        return found


def _yaml(places: Values) -> str:
    """A YAML document of two levels, every value in quotes: what was typed stays text until the application reads it."""
    top = [f"{place}: {json.dumps(value)}" for place, value in places.items() if "." not in place]
    parts: dict[str, list[str]] = {}
    for place, value in places.items():
        part, _, name = place.partition(".")
        if name:
            parts.setdefault(part, []).append(f"  {name}: {json.dumps(value)}")
    return "\n".join([*top, *(line for part, lines in parts.items() for line in (f"{part}:", *lines))]) + "\n"


def _certificate(values: Values) -> bytes:
    """A certificate that says what the form says."""
    return "".join(f"{name}: {value}\n" for name, value in sorted(values.items())).encode("utf-8")


def _same(*names: str) -> dict[str, str]:
    return {name: name for name in names}


_POTENCY = ("model", "label_claim", "unit", "r_squared", "low", "high", "decimals")

FORMS: Mapping[str, _Form] = {
    "instrument": _Form({"id": "instrument", "kind": "kind", "named": "named"}),
    "calibration": _Form(
        {"instrument": "instrument", "certificate": "certificate", "calibrated_on": "calibrated_on", "calibration_due": "due"},
        attached=_certificate,
    ),
    "retirement": _Form(_same("source")),
    "procedure": _Form(
        {"id": "procedure", **_same("title", "version", "effective_from", "effective_until")}, blank=("effective_until",)
    ),
    "training": _Form(_same("person", "procedure", "version", "trained_on", "expires")),
    "material": _Form(
        _same("ticket"),
        _same("id", "name", "grade", "manufacturer", "address", "laboratory", "specification", "method", "period", "months"),
    ),
    "method": _Form(
        _same("ticket", "evidence"),
        _same("id", "title", "retests", "retest_by") | {name: f"potency.{name}" for name in _POTENCY},
    ),
}
"""Form -> what it asks for. `retirement` ends the use of an instrument or sender (``instrument/PR-001``)."""


class LocalEntry(Port):
    """ports.Entry."""

    def forms(self, session: str) -> Mapping[str, tuple[str, ...]]:
        self._connection.ask("Access.whoami", session=session)
        return {name: form.fields for name, form in FORMS.items()}

    def enter(self, session: str, form: str, values: Mapping[str, str], reason: str) -> Outcome:
        asked = FORMS[form].asked(values)
        outcome = self._connection.outcome(f"Entry.{form}", session=session, reason=reason, **asked)
        return dataclasses.replace(outcome, facts={**outcome.facts, **_shown(form)}) if outcome.accepted else outcome


def _shown(form: str) -> dict[str, str]:
    """Under which names the fields of a form stand in the record that came of it, where they are not the same."""
    shown = {name: f"content.{place}" for name, place in FORMS[form].document.items()}
    if form == "calibration":
        shown["instrument"] = "id"
    return {f"shown:{name}": place for name, place in shown.items()}
