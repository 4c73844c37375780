"""What all nouns share: frozen values, closed sets of keys, and text that cannot carry hidden characters."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    StringConstraints,
    ValidationError,
    model_serializer,
)
from pydantic_core import PydanticCustomError

from csvgen.canonical import Digest
from csvgen.clock import parsed


class Value(BaseModel):
    """A frozen value; an unknown key or a wrong type means it cannot be built."""

    model_config = ConfigDict(
        defer_build=True, frozen=True, extra="forbid", arbitrary_types_allowed=True, ser_json_inf_nan="strings"
    )

    @classmethod
    def assembled(cls, **fields: Any) -> Self:
        """A value of parts that were made by csvgen itself a moment ago: they are taken as they are. Whatever comes from outside is validated,
        by the class itself, and so is this once it is read back from a record.
        """
        new = cls.__new__(cls)
        object.__setattr__(new, "__dict__", {**_defaults(cls), **fields})
        object.__setattr__(new, "__pydantic_fields_set__", set(fields))
        object.__setattr__(new, "__pydantic_extra__", None)
        object.__setattr__(new, "__pydantic_private__", None)
        return new

    def fields_said(self) -> dict[str, Any]:
        """What `model_dump` gives, but for the values inside, which stay what they are: a journal line is made of it."""
        shape = _shape(type(self))
        if shape is None:
            return self.model_dump(mode="python")
        have, (names, grown) = self.__dict__, shape
        made = {name: have[name] for name in names}
        for name, default in grown:
            if (value := have[name]) != default:
                made[name] = value
        return made


def later(default: Any, description: str, **more: Any) -> Any:
    """A field that came after the first release; see `Grown`."""
    return Field(default=default, description=description, json_schema_extra={"x-since": "0.2.0"}, **more)


@cache
def _later_fields(model: type[BaseModel]) -> tuple[tuple[str, Any], ...]:
    """Names and defaults of the fields of a model that came later."""
    extras = ((name, f, f.json_schema_extra) for name, f in model.model_fields.items())
    return tuple((name, f.default) for name, f, extra in extras if isinstance(extra, dict) and "x-since" in extra)


@cache
def _defaults(model: type[BaseModel]) -> dict[str, Any]:
    """The fields of a model, each with its default; those that have none hold their place in the order."""
    return {name: f.get_default(call_default_factory=True) for name, f in model.model_fields.items()}


@cache
def _shape(model: type[BaseModel]) -> tuple[tuple[str, ...], tuple[tuple[str, Any], ...]] | None:
    """Names of the fields of a model, and names and defaults of those that came later; None for one that tells its content its own way."""
    told = model.__pydantic_decorators__
    own = getattr(model, "_content", None) not in (None, Grown._content)  # noqa: SLF001 - its neighbour
    if own or told.field_serializers or told.computed_fields or any(f.exclude for f in model.model_fields.values()):
        return None
    grown = _later_fields(model) if issubclass(model, Grown) else ()
    return tuple(n for n in model.model_fields if n not in dict(grown)), grown


def first_fault(problem: ValidationError) -> str:
    """What does not fit a model, in one line: how many faults, and field and fault of the first. For people who mend the file."""
    first = problem.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"]) or "the record itself"
    count = problem.error_count()
    return f"{place}: {in_words(first)}" + (f" (the first of {count} faults)" if count > 1 else "")


_FORMS = {r"^[A-Z][A-Z0-9-]{1,39}$": "a capital letter, then 1 to 39 capital letters, digits or hyphens"}
"""Forms that people meet when they enter something, in their words."""
_FAULTS = {
    "missing": "is missing",
    "extra_forbidden": "is not known here",
    "literal_error": "must be {expected}",
    "string_too_long": "has more than {max_length} characters",
    "string_too_short": "has fewer characters than {min_length}",
    "string_pattern_mismatch": "is not written as it must be: {pattern}",
}


def in_words(fault: Mapping[str, Any]) -> str:
    """One fault of a value in the words of whoever entered it: those of the library are words for programmers."""
    words = _FAULTS.get(fault["type"])
    if words is None:
        return str(fault["msg"]).removeprefix("Value error, ")
    said = {name: _FORMS.get(value, value) if name == "pattern" else value for name, value in fault.get("ctx", {}).items()}
    return words.format(**said)


class Grown(Value):
    """A value whose set of fields grew after documents that bind its digest had been signed.

    A later field that has its default says nothing and stays out of the content, so that the digest of what was approved
    before is still the digest of the same words.
    """

    @model_serializer(mode="wrap")
    def _content(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        content: dict[str, Any] = handler(self)
        for name, default in _later_fields(type(self)):
            if getattr(self, name) == default:
                content.pop(name, None)
        return content


_JOINERS = {"\u200c", "\u200d"}
"""Zero-width joiners belong to the spelling of several languages; they stay allowed in prose, not in ids."""
_UNSEEN = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0]")
"""Letters and marks for Unicode, nothing for the eye: a joiner of graphemes, fillers of Hangul and Khmer, the empty Braille cell."""
_BLANK = re.compile("[\\s\u034f\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200d\u2060\u2800\u3164\ufeff\uffa0]*")


def hazard(text: str, *, newline: bool) -> str:
    """The name of the first character that would make text lie or break a renderer, or an empty string."""
    if (text.isascii() or not _UNSEEN.search(text)) and (
        text.isprintable() or (newline and text.replace("\n", "").isprintable())
    ):
        return ""  # no character of the categories below is printable; nearly all text ends here
    for char in text:
        category = unicodedata.category(char)
        if char == "\n" and newline:
            continue
        if (
            category in {"Cc", "Cs", "Co"}
            or char in "\u2028\u2029"
            or (category == "Cf" and char not in _JOINERS)
            or _UNSEEN.match(char)
        ):
            return f"U+{ord(char):04X} {unicodedata.name(char, 'control character')}"
    return ""


def blank(text: str) -> bool:
    """Whether the eye sees nothing of a text."""
    return not text.strip() if text.isascii() else _BLANK.fullmatch(text) is not None


def _line(text: str) -> str:
    if blank(text):
        raise PydanticCustomError("TXT902", "this may not be blank")
    if found := hazard(text, newline=False):
        raise PydanticCustomError("TXT901", "this must be one line of printable text; it holds {found}", {"found": found})
    return text


def _text(text: str) -> str:
    if blank(text):
        raise PydanticCustomError("TXT902", "this may not be blank")
    if found := hazard(text, newline=True):
        raise PydanticCustomError("TXT901", "text may not hold hidden characters; it holds {found}", {"found": found})
    return text.strip("\n")


_STAMP = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")


def _stamp(text: str) -> str:
    try:
        if _STAMP.fullmatch(text):
            dt.datetime.fromisoformat(text[:-1])  # the same answer, twenty times quicker; a journal holds thousands
        else:
            parsed(text)
    except ValueError:
        raise PydanticCustomError("TXT903", "not a time of record (UTC, to the microsecond): {text}", {"text": text}) from None
    return text


def _digest(text: str) -> Digest:
    try:
        return Digest(text)
    except ValueError:
        raise PydanticCustomError("TXT904", "not a SHA-256 digest: {text}", {"text": text}) from None


Line = Annotated[str, StringConstraints(max_length=400), AfterValidator(_line)]
"""One line of prose."""
Text = Annotated[str, StringConstraints(max_length=20_000), AfterValidator(_text)]
"""Prose that may run over several lines."""
Id = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9]*(?:-[A-Z0-9]+)+$", max_length=48)]
"""Upper-case ASCII, parts joined by hyphens: ``URS-QC-014``. Look-alike letters cannot occur."""
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(?:[-.][a-z0-9]+)*$", max_length=64)]
"""Lower-case ASCII name: ``process-owner``."""
Version = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z][0-9A-Za-z.+-]*$", max_length=40)]
Stamp = Annotated[str, AfterValidator(_stamp)]
"""A time of record, see `csvgen.clock`."""
Sha256 = Annotated[str, AfterValidator(_digest)]
PLACEHOLDER = "TO BE WRITTEN"
"""Stands where a required text is not known yet; the rules find it, and nothing with it can be drafted."""
YesNo = Literal["yes", "no"]
Phase = Literal["IQ", "OQ", "PQ"]
Level = Literal["low", "medium", "high"]
Asked = Literal[
    "positive", "negative", "boundary", "boundary-3", "combination", "transition", "sneak", "audit-content", "no-change"
]
"""A technique that a depth policy may ask for; see `csvgen.model.protocol.Technique`, which has the business scenario, too."""
PHASES: tuple[Phase, ...] = ("IQ", "OQ", "PQ")
