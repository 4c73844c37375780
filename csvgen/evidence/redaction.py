"""Redaction: secrets that are known are taken out of everything a run writes, before it is written.

What was observed is judged first and redacted after, so a comparison never works on what is shown instead of what was seen
(`csvgen.execution.recorder`). A value that is short or common is left alone and told: taking "1234" out of a record would hide more
than it protects. Ids, digests, times and the approved wording stay as they are; a secret that stands in a script is none.

What cannot be found is not found: a secret in base64, encrypted or drawn into a picture. docs/evidence.md says so.
"""

from __future__ import annotations

import html
import io
import json
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from typing import Any
from urllib.parse import quote

from csvgen.errors import BadInput
from csvgen.model.execution import (
    Attachment,
    CaseResult,
    ClockOffset,
    CodeFile,
    Environment,
    Observation,
    RunPlan,
    StepCode,
    StepResult,
    TargetState,
)

SHORTEST = 4
_FEWEST_DIGITS = 6
"""A number of fewer digits is a year, a count or a limit more often than a secret."""
_COMMON = frozenset((
    "admin", "changeme", "default", "demo", "empty", "example", "false", "guest", "local", "login", "none", "null",
    "password", "passwd", "passphrase", "qwerty", "root", "secret", "test", "tester", "token", "true", "undefined",
    "unknown", "user", "username", "validation",
))  # fmt: skip
"""Words that stand in records for themselves."""
_STRUCTURE = frozenset((
    "format", "kind", "seq", "prev", "at", "case", "case_digest", "digest", "number", "keyword", "text", "title",
    "verdict", "comparison", "started", "finished", "captured", "sha256", "id", "media_type", "worker", "line",
    "function", "when", "read_at", "seconds", "limit_seconds", "redacted", "redactions",
))  # fmt: skip
"""Fields that hold no text of the system: ids, digests, times, and the words of the approved script."""
_FIELDS = frozenset(
    name
    for model in (
        RunPlan,
        Environment,
        ClockOffset,
        TargetState,
        CaseResult,
        StepResult,
        Observation,
        Attachment,
        StepCode,
        CodeFile,
    )
    for name in model.model_fields
)
_LARGEST_MEMBER = 50_000_000
"""Bytes of an archive that are searched; a larger one is refused when there is something to search for."""
_MARK = "[redacted: {}]"


class Redaction:
    """The secrets of a run: name -> value. The values stay in this process."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._left: dict[str, str] = {}
        self.found: Counter[str] = Counter()
        """Name -> places it was taken out of."""

    def __bool__(self) -> bool:
        return bool(self._names or self._left)

    @property
    def looks(self) -> bool:
        """Whether there is a secret to look for."""
        return bool(self._names)

    def add(self, name: str, value: str) -> None:
        """Know a secret from now on. A value known already keeps its first name; a second value of a name gets a number."""
        if not value or value in self._names:
            return
        name = " ".join(re.sub(r"[^\w .:/@-]", "_", name).split())[:80] or "secret"
        if any(known in name for known in (value, *self._names)):
            name = "a secret whose name would tell it"
        names = {*self._names.values(), *self._left}
        why = _why_left(value) or ("left: a word of the name of a secret" if any(value in n for n in names) else "")
        if why and self._left.get(name) == why:
            return
        name = next(n for n in (name, *(f"{name} {k}" for k in range(2, len(names) + 3))) if n not in names)
        if why:
            self._left[name] = why
            return
        self._names[value] = name
        self.__dict__.pop("_pattern", None)

    @property
    def states(self) -> dict[str, str]:
        """Name -> what is done about it. No value can be told from it."""
        return dict(sorted((dict.fromkeys(self._names.values(), "taken out") | self._left).items()))

    @cached_property
    def _pattern(self) -> tuple[re.Pattern[str], dict[str, str]]:
        """What to look for, longest first, and the name of each; marks made before are stepped over."""
        spellings = {s: name for value, name in self._names.items() for s in _spellings(value)}
        marks = [_MARK.format(name) for name in self._names.values()]
        parts = sorted(spellings, key=lambda s: (-len(s), s))
        return re.compile("|".join(map(re.escape, [*marks, *parts]))), spellings

    def names_in(self, text: str) -> tuple[str, ...]:
        """Names of the secrets a text holds, in their order."""
        if not self._names:
            return ()
        pattern, names = self._pattern
        return tuple(dict.fromkeys(names[m[0]] for m in pattern.finditer(text) if m[0] in names))

    def text(self, text: str) -> str:
        """The text without secrets."""
        if not self._names:
            return text
        pattern, names = self._pattern

        def instead(match: re.Match[str]) -> str:
            name = names.get(match[0])
            if name is None:
                return match[0]
            self.found[name] += 1
            return _MARK.format(name)

        return pattern.sub(instead, text)

    def content(self, value: Any) -> Any:
        """Plain content of a journal line, every text of it redacted but for its structure."""
        if not self._names:
            return value
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {k: v if k in _STRUCTURE and not isinstance(v, dict) else self.content(v) for k, v in value.items()}
        return [self.content(v) for v in value] if isinstance(value, list) else value

    def data(self, data: bytes, name: str) -> tuple[bytes, int]:
        """A file without secrets, and the places they were taken out of.

        Raises BadInput for a file that holds one and is not text: bytes cannot be taken out of it without breaking it.
        """
        if not self._names:
            return data, 0
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            text = None
        if text is not None and "\0" not in text:
            before = self.found.total()
            return self.text(text).encode("utf-8"), self.found.total() - before
        for part in _parts(data, name):
            if told := self._in_bytes(part):
                raise BadInput(
                    f"{name!r} holds the secret {told!r} and is no text that it could be taken out of",
                    hint="attach an extract, or make the file without it",
                )
        return data, 0

    def _in_bytes(self, data: bytes) -> str:
        _, names = self._pattern
        every = ((s.encode(code), name) for s, name in names.items() for code in ("utf-8", "utf-16-le", "utf-16-be"))
        return next((name for spelled, name in every if spelled in data), "")


def _why_left(value: str) -> str:
    if len(value) < SHORTEST:
        return f"left: shorter than {SHORTEST} characters"
    if value.lower() in _COMMON:
        return "left: a common word"
    if value in _FIELDS:
        return "left: a word of the record itself"
    if value.isdecimal() and len(value) < _FEWEST_DIGITS:
        return f"left: a number of fewer than {_FEWEST_DIGITS} digits"
    return "left: one character repeated" if len(set(value)) == 1 else ""


def _spellings(value: str) -> set[str]:
    """A secret as texts hold it: itself, in JSON, in a Python message, in an address, in HTML."""
    quoted = value.replace("\\", "\\\\").replace("'", "\\'")
    found = {
        quoted,
        value,
        json.dumps(value)[1:-1],
        json.dumps(value, ensure_ascii=False)[1:-1],
        repr(value)[1:-1],
        html.escape(value),
    }
    return {s for s in found | {html.escape(value, quote=False), quote(value, safe=""), quote(value)} if len(s) >= SHORTEST}


def _parts(data: bytes, name: str) -> Iterator[bytes]:
    """The file, and what is packed in it."""
    yield data
    if not zipfile.is_zipfile(io.BytesIO(data)):
        return
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(i.file_size for i in archive.infolist()) > _LARGEST_MEMBER:
                raise BadInput(f"{name!r} unpacks to more than {_LARGEST_MEMBER} bytes and cannot be searched for secrets")
            for info in archive.infolist():
                with archive.open(info) as member:  # what a member says of its size is no promise
                    yield member.read(_LARGEST_MEMBER)
    except (zipfile.BadZipFile, RuntimeError, OSError, ValueError, EOFError) as problem:
        raise BadInput(f"{name!r} cannot be searched for secrets ({type(problem).__name__})") from None
