r"""The fixed words of documents in a language: English as it stands in the code, others by wording files.

    say("Test cases of the {phase}", phase=phase)      a fixed phrase; prints as English
    own(requirement.title)                             the project's words where a fixed phrase could stand: never translated
    joined("\n", lines)                                several of either
    told(row.reason)                                   a sentence of an earlier room, recognised by the sentences of the wording file

Whoever composes a block says which is which; nobody who composes knows a language. At the end `in_language` puts every phrase into the
words of the document's language, and refuses a document with one that is neither: no page mixes languages by oversight.

A language that ships with csvgen is read from its wording file, a project's own is carried by the text of each document (`Report.words`):
either way a document can be read back years later with nothing but csvgen.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from functools import cache, lru_cache
from operator import is_
from typing import Any

from csvgen.errors import ConfigError
from csvgen.model.picture import Picture
from csvgen.model.report import (
    Block,
    Bullets,
    Column,
    Facts,
    Heading,
    Paragraph,
    Report,
    SignatureSlot,
    Table,
)
from csvgen.templates import shipped

ENGLISH = ""
_PLACE = re.compile(r"\{([a-z_]+)\}")
_VERDICTS = re.compile(r"\b(NOT)_(RUN|APPLICABLE)\b")
_FIXED: Mapping[type, tuple[str, ...]] = {
    Heading: ("text",), Paragraph: ("text",), Bullets: ("items",), Column: ("title",), Table: ("caption", "empty"),
    Picture: ("caption", "alt", "empty"), SignatureSlot: ("statement",), Report: ("status", "banner"),
}  # fmt: skip
"""Where a text is a fixed phrase unless it says that it is the project's own."""


class Own(str):
    """Words of the project or of a template."""

    __slots__ = ()


class Told(str):
    """A sentence that was made before anybody composed: in a matrix, a conclusion, a proposal."""

    __slots__ = ()


class Said(str):
    """A fixed phrase, or several texts in one."""

    __slots__ = ("between", "parts", "phrase", "values")
    phrase: str
    values: Mapping[str, str]
    parts: tuple[str, ...]
    between: str


def own(text: str) -> Own:
    """Text that is the project's, in a place where a fixed phrase could stand."""
    return Own(text)


def told(text: str) -> Told:
    """A sentence of csvgen that came as plain text, out of a room or a file that knows no phrases."""
    return Told(spelled(text))


def spelled(text: str) -> str:
    """A verdict, or a sentence with verdicts, as people read it: ``NOT RUN``. The record has an underscore there."""
    return _VERDICTS.sub(r"\1 \2", text) if "_" in text else str(text)


def say(phrase: str, **values: str) -> Said:
    """A fixed phrase with its places filled; a value may be a phrase itself."""
    return _filled_in(phrase, values) if values else _alone(phrase)


@lru_cache(maxsize=1024)
def _alone(phrase: str) -> Said:
    return _filled_in(phrase, {})


def _filled_in(phrase: str, values: Mapping[str, str]) -> Said:
    made = Said(filled(phrase, values))
    made.phrase, made.values, made.parts, made.between = phrase, values, (), ""
    return made


def joined(between: str, parts: Iterable[str]) -> Said:
    """Phrases and texts of the project in one text."""
    parts = tuple(parts)
    made = Said(between.join(parts))
    made.phrase, made.values, made.parts, made.between = "", {}, parts, between
    return made


def on_one_line(text: str) -> str:
    """A text without its line ends, phrases in it still phrases."""
    if isinstance(text, Said) and not text.phrase:
        return joined(" ".join(text.between.split("\n")), map(on_one_line, text.parts))
    return " ".join(text.split("\n")) if type(text) is str else text


def filled(phrase: str, values: Mapping[str, str]) -> str:
    """A phrase with its places filled, all at once: what a value holds is no place."""
    parts = _cut(phrase)
    if len(parts) == 1:
        return phrase
    return "".join([values[part] if n % 2 else part for n, part in enumerate(parts)])


@lru_cache(maxsize=1 << 10)
def _cut(phrase: str) -> tuple[str, ...]:
    """A phrase as text, name, text, name, text: cut once, filled some ten thousand times."""
    return tuple(_PLACE.split(phrase))


@dataclass(frozen=True, slots=True)
class Wording:
    """The words of one language."""

    language: str
    phrases: Mapping[str, str]
    sentences: Mapping[str, str] = field(default_factory=dict)
    """Of texts that come without their phrase; a place that is called ``told`` holds such a text again."""

    def say(self, phrase: str, **values: str) -> str:
        """A phrase in this language. Raises ConfigError where it has none."""
        if not self.language:
            return filled(phrase, values)
        if phrase not in self.phrases:
            raise _missing(self.language, [phrase])
        return filled(self.phrases[phrase], values)

    def all(self, phrases: Iterable[str]) -> tuple[str, ...]:
        """Several."""
        return tuple(self.say(p) for p in phrases)

    def recognised(self, text: str) -> str:
        """A sentence of an earlier room in this language; one that is not known stands as a quotation, and is marked as one."""
        if not self.language or not any(c.isalpha() for c in text):
            return text
        for form, phrase, said in _forms(self.language, tuple(self.sentences.items())):
            if found := form.fullmatch(text):
                values = {n: self.recognised(v) if n.startswith(TOLD) else v for n, v in found.groupdict().items()}
                return filled(said or phrase, values)
        return self.say(QUOTED, text=text)


TOLD = "told"
_IDS = dict.fromkeys(
    ("case", "requirement", "deviation", "run", "risk", "verdict", "phase", "priority", "number", "fault"), r"\S+?"
)
"""Places that hold one word: an id, a verdict, a number."""
_IDS["verdict"] = r"(?:NOT RUN|NOT APPLICABLE|\S+?)"
QUOTED = "in the words of the record: {text}"
"""Around a sentence that no wording file knows: nothing of another language stands on a page without saying why."""
IN_ENGLISH = Wording(ENGLISH, {})


@lru_cache(maxsize=8)
def _forms(_language: str, sentences: tuple[tuple[str, str], ...]) -> tuple[tuple[re.Pattern[str], str, str], ...]:
    """Each sentence as a form to recognise it by, those that say most by themselves first."""
    ordered = sorted(sentences, key=lambda pair: -len(_PLACE.sub("", pair[0])))
    return tuple((_form(phrase), phrase, said) for phrase, said in ordered)


def _form(phrase: str) -> re.Pattern[str]:
    pieces = _PLACE.split(phrase)
    parts = [re.escape(piece) if n % 2 == 0 else f"(?P<{piece}>{_IDS.get(piece, '.*?')})" for n, piece in enumerate(pieces)]
    return re.compile("".join(parts), re.DOTALL)


@cache
def wording(language: str) -> Wording:
    """The wording of a language by its short name (``de``); of English by an empty one. Raises ConfigError for a language without any."""
    if not language:
        return IN_ENGLISH
    path = shipped() / "wording" / f"{language}.toml"
    if not re.fullmatch("[a-z]{2}", language) or not path.is_file():
        raise ConfigError(f"csvgen has no wording for the language {language!r}", hint=f"there are: {', '.join(languages())}")
    said = tomllib.loads(path.read_text(encoding="utf-8"))
    return Wording(language, said["phrases"], said["sentences"])


def shipped_wording(language: str) -> Wording:
    """The wording of a language for what is no document and carries none: English where the language is a project's own."""
    return wording(language) if language in languages()[1:] else IN_ENGLISH


def wording_of(report: Report) -> Wording:
    """The wording of a composed report: the one it carries, where its language is a project's own."""
    return Wording(report.language, dict(report.words)) if report.words else wording(report.language)


def languages() -> tuple[str, ...]:
    """Every language with a wording file, English first."""
    return ("en", *sorted(p.stem for p in (shipped() / "wording").glob("*.toml") if p.stem != "en"))


def in_language(report: Report, language: str | Wording) -> Report:
    """A composed report in its language, every text a plain one. Raises ConfigError naming every phrase without a wording."""
    words, missing = language if isinstance(language, Wording) else wording(language), dict[str, None]()
    said: Report = _walk(replace(report, language=words.language), words, missing)
    if missing:
        raise _missing(words.language, list(missing))
    carried = words.language and words.language not in languages()
    return replace(said, words=tuple(words.phrases.items())) if carried else said


def blocks_in(blocks: tuple[Block, ...], words: Wording) -> tuple[Block, ...]:
    """Blocks in a language, every text a plain one. Raises ConfigError as `in_language` does."""
    missing = dict[str, None]()
    said: tuple[Block, ...] = tuple(_walk(block, words, missing) for block in blocks)
    if missing:
        raise _missing(words.language, list(missing))
    return said


def _missing(language: str, phrases: list[str]) -> ConfigError:
    return ConfigError(
        f"no wording in the language {language!r} for: {'; '.join(repr(p) for p in phrases)}",
        hint="a document is in one language: it is not composed until the wording file of the language has the phrase",
    )


def _walk(value: Any, words: Wording, missing: dict[str, None], *, fixed: bool = False) -> Any:
    if isinstance(value, str):
        return _text(value, words, missing, fixed=fixed)
    if not words.language:
        return _as_it_stands(value)
    if isinstance(value, Facts):
        return Facts(tuple((_text(n, words, missing, fixed=True), _text(v, words, missing, fixed=False)) for n, v in value.rows))
    if isinstance(value, tuple):
        same = not fixed and all(type(item) is str for item in value)  # a row of plain texts: nearly all of a long table
        return value if same else tuple(_walk(item, words, missing, fixed=fixed) for item in value)
    kind: Any = type(value)
    parts = _parts(kind)
    old = [getattr(value, name) for name, _ in parts]
    new = [_walk(item, words, missing, fixed=fixed) for item, (_, fixed) in zip(old, parts, strict=True)]
    if all(map(is_, old, new)):
        return value
    return replace(value, **{name: item for (name, _), item in zip(parts, new, strict=True)})


def _as_it_stands(value: Any) -> Any:
    """The same in English, which is what every phrase stands in: only plain texts are wanted."""
    if isinstance(value, tuple):
        found = tuple([v if type(v) is str else str(v) if isinstance(v, str) else _as_it_stands(v) for v in value])
        return value if all(map(is_, found, value)) else found
    kind: Any = type(value)
    parts = _parts(kind)
    if not parts:
        return value
    old = tuple([getattr(value, name) for name, _ in parts])
    new = _as_it_stands(old)
    return value if new is old else replace(value, **{name: item for (name, _), item in zip(parts, new, strict=True)})


@cache
def _parts(kind: Any) -> tuple[tuple[str, bool], ...]:
    """The fields of a dataclass, and of each whether it holds fixed words; none of anything else."""
    names = _FIXED.get(kind, ())
    return tuple((f.name, f.name in names) for f in fields(kind)) if is_dataclass(kind) else ()


def _text(text: str, words: Wording, missing: dict[str, None], *, fixed: bool) -> str:
    if isinstance(text, Told):
        return words.recognised(str(text))
    if isinstance(text, Said):
        if not text.phrase:
            return text.between.join(_text(p, words, missing, fixed=False) for p in text.parts)
        values = {name: _text(v, words, missing, fixed=False) for name, v in text.values.items()}
        return filled(_phrase(text.phrase, words, missing), values)
    if fixed and not isinstance(text, Own):
        return _phrase(text if type(text) is str else str(text), words, missing)
    return text if type(text) is str else str(text)


def _phrase(phrase: str, words: Wording, missing: dict[str, None]) -> str:
    if not words.language or not any(c.isalpha() for c in phrase):
        return phrase
    if phrase not in words.phrases:
        missing[phrase] = None
        return phrase
    return words.phrases[phrase]


def places(phrase: str) -> Iterator[str]:
    """The names of the places in a phrase."""
    return (found[1] for found in _PLACE.finditer(phrase))
