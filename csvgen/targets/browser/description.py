"""The description of a browser system (`csvgen.browser-target/1`): which pages to open, what to fill in and press, and where to read.

Strict YAML, every finding with its line. Credentials are never in it: it names environment variables or files. ``{name}`` in a text stands
for what the port is asked with. A place on a page is named as a person finds it: by role and name, label, text, or else by CSS.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, Field, model_validator

from csvgen.model.base import Line, Name, Value
from csvgen.model.counterpart import Said
from csvgen.targets.described import read_as, schema_of
from csvgen.targets.http.description import Account, Kept, Kind, Seconds, refuse_address

V = TypeVar("V", bound=Value)
TYPED_UNSEEN = "{password}"


def _page(text: str) -> str:
    if not text.startswith("/") or text.startswith("//"):
        raise ValueError("a page is a path of the system itself: /studies/{id}")
    return text


Page = Annotated[Line, AfterValidator(_page)]


class Place(Value):
    """One place on a page."""

    role: Line | None = None
    name: Line | None = None
    """Accessible name of a place that is named by its role."""
    label: Line | None = None
    text: Line | None = None
    css: Line | None = None

    @model_validator(mode="after")
    def _one(self) -> Place:
        if sum(x is not None for x in (self.role, self.label, self.text, self.css)) != 1:
            raise ValueError("name a place one way: role (with name), label, text or css")
        if self.name is not None and self.role is None:
            raise ValueError("name goes with role: {role: button, name: Save}")
        return self

    @property
    def words(self) -> str:
        """As messages name it."""
        return ", ".join(f"{k} {v!r}" for k, v in self.model_dump(exclude_none=True).items())


class Step(Value):
    """One thing a person does."""

    open: Page | None = None
    fill: Place | None = None
    press: Place | None = None
    """A button or link that leads to a page: the next one is waited for."""
    click: Place | None = None
    """One that stays on the page."""
    value: str | None = None
    """What is filled in. ``{password}`` goes into password fields only."""

    @model_validator(mode="after")
    def _one(self) -> Step:
        if sum(x is not None for x in (self.open, self.fill, self.press, self.click)) != 1:
            raise ValueError("a step is one of open, fill, press, click")
        if (self.fill is None) != (self.value is None):
            raise ValueError("fill goes with value, and nothing else does")
        return self


class Refusal(Value):
    """How the system says no."""

    shown: Place
    holds: Line | None = None
    """Words that stand in it; without them whatever stands there is this refusal."""
    kind: Kind


class Act(Value):
    """Something the system accepts or refuses."""

    steps: tuple[Step, ...] = ()
    accepted: Place
    """Shown when it was accepted, and not before."""
    refused: tuple[Refusal, ...] | None = None
    """In place of those of the whole description."""
    tells: Mapping[Name, Place] = Field(default_factory=dict)
    """Parts of the page of acceptance, for `reference`."""
    reference: Line = ""


class FormAct(Act):
    """A form: its page, its fields and how it is handed over."""

    fields: Mapping[Line, Place] = Field(min_length=1)
    reason: Place | None = None
    submit: tuple[Step, ...] = Field(min_length=1)
    display: Mapping[Line, Line] = Field(default_factory=dict)
    """Field of the form -> name it stands under in the record, where that is another."""


class View(Value):
    """A page that is read. Opening and clicking is all that reading does."""

    steps: tuple[Step, ...] = Field(min_length=1)
    shown: Place
    """What tells that the page is the one that is meant."""
    absent: Place | None = None
    """What tells that there is no such thing."""

    @model_validator(mode="after")
    def _reads(self) -> View:
        if any(step.press is not None for step in self.steps):
            raise ValueError("a page that is read is opened, not pressed for: open it by its address, or click")
        return self


class RecordPage(View):
    version: Place | None = None
    state: Place | None = None
    fields: Mapping[Line, Place] = Field(min_length=1)


class Listing(View):
    """Rows of a page; each part by CSS inside of its row."""

    rows: Line
    each: Mapping[Line, Line] = Field(min_length=1)


class RecordPages(Value):
    """A kind of record. ``{id}`` is its id behind the kind: of ``study/S-1`` it is ``S-1``."""

    read: RecordPage
    history: Listing | None = None
    """`each` says version, state and, as ``field:NAME``, the fields."""
    change: Act | None = None
    delete: Act | None = None
    sign: Act | None = None
    signatures: Listing | None = None


class AccessActs(Value):
    log_in: Act
    log_out: Act | None = None
    whoami: Act | None = None
    accounts: Listing | None = None


class TrailPages(Value):
    entries: Listing
    actions: Mapping[Line, Line] = Field(default_factory=dict)
    """Names of theirs -> names that the steps know."""


class Clock(View):
    utc: Place
    source: Line = "(not said)"


class InstallationPages(Value):
    components: Listing | None = None
    """`each` says name, version and, where it is shown, sha256."""
    configuration: Listing | None = None
    """`each` says name and value."""
    clock: Clock | None = None


class Description(Value):
    """A system people use in a browser."""

    format: Literal["csvgen.browser-target/1"]
    name: Line
    address: Line | Kept
    counterpart: Said
    instance: Line
    timeout: Seconds = "10"
    refused: tuple[Refusal, ...] = ()
    accounts: Mapping[Name, Account] = Field(default_factory=dict)
    access: AccessActs | None = None
    records: Mapping[Name, RecordPages] = Field(default_factory=dict)
    forms: Mapping[Line, FormAct] = Field(default_factory=dict)
    audit_trail: TrailPages | None = None
    installation: InstallationPages | None = None

    @model_validator(mode="after")
    def _safe(self) -> Description:
        if isinstance(self.address, str):
            refuse_address(self.address)
        needed = [
            ("installation.components", "components", ("name", "version")),
            ("installation.configuration", "configuration", ("name", "value")),
        ]
        for where, verb, parts in needed:
            listing = getattr(self.installation, verb, None)
            if listing is not None and (missing := [p for p in parts if p not in listing.each]):
                raise ValueError(f"{where} does not say where {missing[0]} stands in a row")
        return self


def read_description(path: Path, shown: str) -> Description:
    """The description in a file. Raises ConfigError with every finding and its line."""
    return read_as(Description, path, shown)


@cache
def schema() -> dict[str, Any]:
    """JSON Schema of the description, for editors."""
    return schema_of(Description)
