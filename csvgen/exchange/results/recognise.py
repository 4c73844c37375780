"""Which format a file or folder of results has, told by its content; and the reader of each."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from csvgen.exchange.readers.base import Unreadable
from csvgen.exchange.results import read_allure, read_ctrf, read_cucumber_json, read_junit, read_messages, read_robot
from csvgen.exchange.results.seen import Found, Raw
from csvgen.model.imported import ForeignResults, Form

_HEAD = 65_536


@dataclass(frozen=True)
class Reader:
    """How a form is read, and the version of that: what a new version reads otherwise is another reading."""

    version: int
    read: Callable[[Sequence[Raw], Found], None]


READERS: Mapping[Form, Reader] = {
    "junit": Reader(read_junit.VERSION, read_junit.read),
    "cucumber-json": Reader(read_cucumber_json.VERSION, read_cucumber_json.read),
    "cucumber-messages": Reader(read_messages.VERSION, read_messages.read),
    "allure": Reader(read_allure.VERSION, read_allure.read),
    "robot": Reader(read_robot.VERSION, read_robot.read),
    "ctrf": Reader(read_ctrf.VERSION, read_ctrf.read),
}
_KNOWN = "junit, cucumber-json, cucumber-messages, allure, robot, ctrf"


def read(files: Sequence[Raw], form: Form | None) -> tuple[ForeignResults, tuple[str, ...]]:
    """The results in the files, and what they claim of runs of csvgen. Raises Unreadable for what is none of the formats."""
    chosen = form or recognised(files)
    found = Found(chosen)
    reader = READERS[chosen]
    reader.read(files, found)
    return found.results(reader.version, files[0].name), tuple(dict.fromkeys(found.claims))


def recognised(files: Sequence[Raw]) -> Form:
    """The one form of all the files; a folder of Allure results is told by one of them."""
    if any(f.name.endswith((read_allure.RESULT, read_allure.CONTAINER)) for f in files):
        return "allure"
    forms = {f.name: _form(f) for f in files}
    if odd := [name for name, form in forms.items() if form is None]:
        raise Unreadable(
            "this is none of the formats of results that are known here", where=odd[0], hint=f"--as one of: {_KNOWN}"
        )
    different = sorted({str(f) for f in forms.values()})
    if len(different) > 1:
        raise Unreadable(f"files of several formats in one folder: {', '.join(different)}", where=files[0].name)
    return next(f for f in forms.values() if f is not None)


def _form(raw: Raw) -> Form | None:
    with raw.path.open("rb") as file:
        head = file.read(_HEAD)
    text = _text(head).lstrip("\ufeff \t\r\n")
    if text.startswith("<"):
        root = re.search(r"<(?![?!])(?:[\w.-]+:)?([\w.-]+)", re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL))
        named: Mapping[str, Form] = {"robot": "robot", "testsuites": "junit", "testsuite": "junit"}
        return named.get(root[1]) if root else None
    if re.match(r"\[\s*[{\]]", text):
        return "cucumber-json"
    if text.startswith("{"):
        return "cucumber-messages" if _envelope(text) else "ctrf" if '"results"' in text else None
    return None


def _text(head: bytes) -> str:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head.decode("utf-16", errors="replace")
    return head.decode("utf-8", errors="replace")


def _envelope(text: str) -> bool:
    """Whether the first line is a message by itself."""
    line = text.partition("\n")[0]
    try:
        value = json.loads(line)
    except ValueError:
        return (
            re.match(r'\{\s*"(?:' + "|".join(read_messages.ENVELOPES) + r')"\s*:', line) is not None
            and '"results"' not in line[:200]
        )
    return isinstance(value, dict) and bool(set(value) & set(read_messages.ENVELOPES))
