"""Faults of data entry: limits, lists, required fields, forms of values, keys, and refusals that are not the end of it."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from csvgen.audit.ledger import Ledger
from csvgen.errors import BadInput, Refused
from csvgen.pipeline import conditions, materials, methods, source_keeping
from csvgen.pipeline.conditions import Procedure
from csvgen.pipeline.core import Core
from csvgen.pipeline.deviations import open_deviation
from csvgen.pipeline.materials import Material
from csvgen.pipeline.method import Method
from csvgen.pipeline.source_keeping import SourceKeeping
from csvgen_faults import fault
from csvgen_faults.patching import replace

# ------------------------------------------------------------ what a document says


def _said(document: str, field: str) -> str | None:
    """A value as it stands in the YAML document, still in its escapes; None when the field was left out."""
    found = re.search(rf'^ *{field}: "(.*)"$', document, re.MULTILINE)
    return found[1] if found else None


def _saying(document: str, field: str, value: str) -> str:
    return re.sub(rf'^( *){field}: ".*"$', lambda m: f'{m[1]}{field}: "{value}"', document, flags=re.MULTILINE)


def _let_in(field: str, stand_in: str) -> Callable[..., Material]:
    """Read a material whose field would be refused, and give it the refused value all the same."""

    def read(original: Callable[[str], Material], document: str) -> Material:
        try:
            return original(document)
        except BadInput as problem:
            said = _said(document, field)
            if said is None or f"{field}:" not in problem.message:
                raise
            return original(_saying(document, field, stand_in)).model_copy(update={field: said})

    return read


# ------------------------------------------------------------ limits


def _moved_day(days: int) -> Callable[..., str]:
    """The day a first day is compared with, moved."""
    return lambda original, core: (dt.date.fromisoformat(original(core)) + dt.timedelta(days=days)).isoformat()


def _method_with(limits: Callable[[str], bool]) -> Callable[..., Method]:
    """Read a method whose least R squared is refused, and take it where the function says so."""

    def read(original: Callable[[str], Method], document: str) -> Method:
        try:
            return original(document)
        except BadInput as problem:
            said = _said(document, "r_squared") or ""
            if "R squared" not in problem.message or not limits(said):
                raise
            read_ = original(_saying(document, "r_squared", "0.5"))
            potency = read_.potency
            return read_.model_copy(update={"potency": potency and potency.model_copy(update={"r_squared": said})})

    return read


@fault("entry-range-limit-exclusive")
def _() -> None:
    def read(original: Callable[[str], Method], document: str) -> Method:
        method = original(document)
        if method.potency is not None and float(method.potency.r_squared) in (0.0, 1.0):
            raise BadInput(f"R squared lies between 0 and 1, not at {method.potency.r_squared}")
        return method

    replace(methods, "read_method", read)
    replace(conditions, "today", _moved_day(1))


@fault("entry-range-not-checked")
def _() -> None:
    replace(methods, "read_method", _method_with(lambda _: True))
    replace(conditions, "today", _moved_day(-10_000))


@fault("entry-range-one-step-too-wide")
def _() -> None:
    replace(methods, "read_method", _method_with(lambda said: said in ("-0.001", "1.001")))
    replace(conditions, "today", _moved_day(-1))


@fault("entry-value-altered")
def _() -> None:
    """Zeros at the end of a number are dropped."""

    def read(original: Callable[[str], Method], document: str) -> Method:
        method = original(document)
        potency = method.potency
        short = potency and potency.model_copy(update={"r_squared": potency.r_squared.rstrip("0") or "0"})
        return method.model_copy(update={"potency": short})

    replace(methods, "read_method", read)


# ------------------------------------------------------------ lists


@fault("entry-unlisted-accepted")
def _() -> None:
    replace(materials, "read_material", _let_in("period", "expiry"))


@fault("entry-listed-refused")
def _() -> None:
    def read(original: Callable[[str], Material], document: str) -> Material:
        if _said(document, "period") == "retest":
            raise BadInput("period: must be 'expiry'", where="material.yaml")
        return original(document)

    replace(materials, "read_material", read)


@fault("entry-list-spelling-folded")
def _() -> None:
    def read(original: Callable[[str], Material], document: str) -> Material:
        said = _said(document, "period")
        return original(document if said is None else _saying(document, "period", said.strip().lower()))

    replace(materials, "read_material", read)


# ------------------------------------------------------------ required fields

_REQUIRED = ("name", "manufacturer", "address", "specification")


def _not_asked(original: Callable[[str], Material], document: str) -> Material:
    gone = [name for name in _REQUIRED if _said(document, name) is None]
    made = original(document + "".join(f'{name}: "x"\n' for name in gone))
    return made.model_copy(update=dict.fromkeys(gone, ""))


@fault("entry-required-not-asked")
def _() -> None:
    replace(materials, "read_material", _not_asked)
    replace(source_keeping, "line", lambda original, text, *what: original(text or "(none)", *what) and text)


@fault("entry-spaces-count-as-value")
def _() -> None:
    def read(original: Callable[[str], Material], document: str) -> Material:
        blank = {name: said for name in _REQUIRED if (said := _said(document, name)) is not None and not said.strip()}
        for name in blank:
            document = _saying(document, name, "x")
        return original(document).model_copy(update=blank)

    replace(materials, "read_material", read)
    replace(source_keeping, "line", lambda original, text, *what: original(text if text.strip() else "x", *what) and text)


@fault("entry-optional-asked")
def _() -> None:
    def read(original: Callable[[str], Material], document: str) -> Material:
        if _said(document, "grade") is None:
            raise BadInput("grade: is missing", where="material.yaml")
        return original(document)

    replace(materials, "read_material", read)


# ------------------------------------------------------------ forms of values


def _procedure(of: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> Callable[..., Any]:
    """Values of a procedure, changed before they are read."""
    return lambda original, noun, given: original(noun, of(given) if noun is Procedure else given)


@fault("entry-format-not-checked")
def _() -> None:
    def read(original: Callable[..., Any], noun: type, given: Mapping[str, Any]) -> Any:
        try:
            return original(noun, given)
        except BadInput:
            if noun is not Procedure:
                raise
            return Procedure.model_construct(**given)

    replace(conditions, "_value", read)
    replace(materials, "read_material", _let_in("grade", ""))


@fault("entry-impossible-day-accepted")
def _() -> None:
    def moved(given: Mapping[str, Any]) -> Mapping[str, Any]:
        day = str(given["effective_from"])
        return {**given, "effective_from": f"{day[:4]}-03-01" if day.endswith("-02-29") and int(day[:4]) % 4 else day}

    replace(conditions, "_value", _procedure(moved))


@fault("entry-look-alike-accepted")
def _() -> None:
    def folded(given: Mapping[str, Any]) -> Mapping[str, Any]:
        return {name: unicodedata.normalize("NFKC", value) for name, value in given.items()}

    replace(conditions, "_value", _procedure(folded))


@fault("entry-unseen-character-accepted")
def _() -> None:
    replace(materials, "read_material", lambda original, document: original(re.sub(r"\\u(?:0000|202e|200b)", "", document)))


@fault("entry-long-text-cut")
def _() -> None:
    def read(original: Callable[[str], Material], document: str) -> Material:
        said = _said(document, "grade")
        return original(document if said is None else _saying(document, "grade", said[:100]))

    replace(materials, "read_material", read)


# ------------------------------------------------------------ keys

_blind: list[str] = []
"""Not empty while nobody looks whether a key is taken."""


def _looking_away() -> None:
    replace(Core, "latest", lambda original, core, kind, *asked: None if kind in _blind else original(core, kind, *asked))
    replace(
        Ledger,
        "versions",
        lambda original, ledger, kind, *asked: () if f"{kind} versions" in _blind else original(ledger, kind, *asked),
    )


@contextmanager
def _without(what: str) -> Iterator[None]:
    _blind.append(what)
    try:
        yield
    finally:
        _blind.clear()


@fault("entry-duplicate-accepted")
def _() -> None:
    _looking_away()

    def register(original: Callable[..., Any], keeping: SourceKeeping, *told: str, **named: str) -> Any:
        with _without("instrument"):
            return original(keeping, *told, **named)

    def calibrate(original: Callable[..., Any], keeping: SourceKeeping, **named: Any) -> Any:
        with _without("instrument versions"):
            return original(keeping, **named)

    replace(SourceKeeping, "register_instrument", register)
    replace(SourceKeeping, "calibrate", calibrate)


_LATIN = str.maketrans("АВЕНКМОРСТХ", "ABEHKMOPCTX")


@fault("entry-duplicate-in-other-spelling")
def _() -> None:
    _looking_away()

    def register(original: Callable[..., Any], keeping: SourceKeeping, *, instrument: str, **named: str) -> Any:
        if keeping._core.ledger.latest("instrument", instrument) is not None:
            return original(keeping, instrument=instrument, **named)
        with _without("instrument"):
            return original(keeping, instrument=instrument.translate(_LATIN).upper(), **named)

    def calibrate(original: Callable[..., Any], keeping: SourceKeeping, *, certificate: str, **named: Any) -> Any:
        if certificate == certificate.strip().upper():
            return original(keeping, certificate=certificate, **named)
        with _without("instrument versions"):
            return original(keeping, certificate=certificate.strip(), **named)

    replace(SourceKeeping, "register_instrument", register)
    replace(SourceKeeping, "calibrate", calibrate)


@fault("entry-retired-key-reused")
def _() -> None:
    def found(original: Callable[..., Any], core: Core, kind: str, *asked: Any) -> Any:
        known = original(core, kind, *asked)
        return None if kind == "instrument" and known is not None and known[0].state == "retired" else known

    replace(Core, "latest", found)


# ------------------------------------------------------------ refusals


def _after_refusals(then: Callable[[Core, Any, str], None]) -> None:
    """What is done when an act was refused, before the refusal is told."""

    def acting(original: Callable[..., Any], core: Core, token: str, function: str, about: str = "") -> Any:
        @contextmanager
        def around() -> Iterator[Any]:
            with original(core, token, function, about) as session:
                try:
                    yield session
                except (Refused, BadInput):
                    then(core, session, about)
                    raise

        return around()

    replace(Core, "acting", acting)


@fault("entry-refused-but-written")
def _() -> None:
    def written(core: Core, session: Any, about: str) -> None:
        content = {"subject": about or "nothing", "procedures": []}
        with core.ledger.change(core.actor(session), "kept all the same") as change:
            change.put("condition", f"refused-{core.ledger.head().count}", content)

    _after_refusals(written)


_TEXTS = ("comment", "kind", "title")
"""Fields in which a new version differs."""


@fault("entry-refusal-makes-version")
def _() -> None:
    def again(core: Core, session: Any, about: str) -> None:
        kind, _, identity = about.partition("/")
        known = core.ledger.latest(kind, identity)
        field = next((name for name in _TEXTS if known is not None and name in known.content), "")
        if known is None or not field:
            return
        with core.ledger.change(core.actor(session), "as before") as change:
            change.put(kind, identity, known.content | {field: f"{known.content[field]} *"})

    _after_refusals(again)


@fault("entry-refusal-opens-deviation")
def _() -> None:
    def opened(core: Core, session: Any, about: str) -> None:
        if about.startswith("lot/"):
            with core.ledger.change(core.actor(session), "an act was refused") as change:
                open_deviation(core, change, about, "no instrument", "an act was refused")

    _after_refusals(opened)


# ------------------------------------------------------------ fields together


class _Alone(str):
    """A day that is compared with no other."""

    __slots__ = ()

    def __lt__(self, _: object) -> bool:
        return False


@fault("entry-fields-judged-alone")
def _() -> None:
    def read(original: Callable[..., Any], noun: type, given: Mapping[str, Any]) -> Any:
        made = original(noun, given)
        return made.model_copy(update={"effective_until": _Alone(made.effective_until)}) if noun is Procedure else made

    replace(conditions, "_value", read)


@fault("entry-second-field-lost")
def _() -> None:
    replace(conditions, "_value", _procedure(lambda given: {**given, "effective_until": ""}))
