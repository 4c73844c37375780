"""Damaged files: a good file with one defect, told in words that the table of the script shows.

| defect | what is done to the bytes |
|---|---|
| line 7 is gone; line 7 stands twice | a line left out, or written twice |
| line 7 is: ... | a line in other words; ``[tab]``, ``[end]`` of a line, ``[quote]``, ``[blank]``, ``[bell]``, ``[nothing]`` stand for what a table cannot show |
| after line 7: ... | a line more |
| cut after line 7; cut after line 7 without its end | everything behind it left out |
| text: ... becomes: ... | the first place where a text stands, in other words |
| it is empty | no byte |
| a byte order mark before it; in UTF-16; in Latin-1 | another encoding; Latin-1 with a sign that is another one there |
"""

from __future__ import annotations

import codecs
import re
from pathlib import PurePosixPath

from pytest_bdd import then, when

from csvgen.clock import SystemClock
from csvgen.errors import CsvgenError
from csvgen.steps.common import Bench, answer, phrase
from csvgen.steps.held import held
from csvgen.steps.lots import Sent, ingest

_LINE = re.compile(r"(?P<cut>cut )?(?P<after>after )?line (?P<number>\d+)(?P<what>.*)", re.DOTALL)
_SIGNS = {"tab": "\t", "end": "\n", "quote": '"', "blank": " ", "bell": "\a", "nothing": ""}
_TEXT = re.compile(r"text: (?P<old>.+) becomes: (?P<new>.*)", re.DOTALL)


def defective(content: bytes, defect: str) -> bytes:
    """A file with a defect. Raises CsvgenError for a defect nobody here knows, and for one that changes nothing."""
    made = _made(content, defect)
    if made == content:
        raise CsvgenError(f"the defect {defect!r} changes nothing of the file")
    return made


def _made(content: bytes, defect: str) -> bytes:
    match defect:
        case "it is empty":
            return b""
        case "a byte order mark before it":
            return codecs.BOM_UTF8 + content
        case "in UTF-16":
            return content.decode("utf-8").encode("utf-16")
        case "in Latin-1":
            return content + "µ\n".encode("latin-1")
    if found := _TEXT.fullmatch(defect):
        return content.replace(_bytes(found["old"]), _bytes(found["new"]), 1)
    if found := _LINE.fullmatch(defect):
        lines = content.splitlines(keepends=True)
        at = int(found["number"])
        if not 1 <= at <= len(lines):
            raise CsvgenError(f"the file has {len(lines)} lines; the defect is in line {at}")
        if (changed := _line(lines, at, found)) is not None:
            return b"".join(changed)
    raise CsvgenError(f"the step library knows no defect {defect!r}")


def _line(lines: list[bytes], at: int, found: re.Match[str]) -> list[bytes] | None:
    before, line, after = lines[: at - 1], lines[at - 1], lines[at:]
    bare = line.rstrip(b"\r\n")
    end, way, (act, _, told) = line[len(bare) :], f"{found['cut'] or ''}{found['after'] or ''}", found["what"].partition(": ")
    made: dict[str, list[bytes]] = {
        "cut after ": [*before, line],
        "cut after  without its end": [*before, bare],
        " is gone": [*before, *after],
        " stands twice": [*before, line, line, *after],
        " is": [*before, _bytes(told) + end, *after],
        "after ": [*before, line, _bytes(told) + end, *after],
    }
    return made.get(f"{way}{act}")


def _bytes(text: str) -> bytes:
    for name, sign in _SIGNS.items():
        text = text.replace(f"[{name}]", sign)
    return text.encode()


@when(
    phrase(
        'the file "{file}" is brought in as lot "{lot}" from instrument "{instrument}" by method "{method}", with the defect "{defect}"'
    )
)
def bring_defective(bench: Bench, file: str, lot: str, instrument: str, method: str, defect: str) -> None:
    content = defective(bench.testdata.read(file), defect)
    bench.attach(content, name=f"{PurePosixPath(file).name}, {defect}", media_type="application/octet-stream")
    _bring(bench, file, lot, content, f"{file} with the defect: {defect}", instrument=instrument, method=method)


@when(
    phrase(
        'the file "{file}" is brought in as lot "{lot}" from instrument "{instrument}" by method "{method}" as sample "{sample}"'
    )
)
def bring_whole(bench: Bench, file: str, lot: str, instrument: str, method: str, sample: str) -> None:
    content = bench.testdata.read(file)
    _bring(bench, file, lot, content, f"{file} as it is", instrument=instrument, method=method, sample=sample)


def _bring(bench: Bench, file: str, lot: str, content: bytes, what: str, **metadata: str) -> None:
    begun = SystemClock().now()
    outcome = ingest(bench, "analyst", bench.lot(lot), PurePosixPath(file).name, content, **metadata)
    bench.world.take("Pipeline.ingest", outcome)
    bench.world.facts.setdefault("sent", {})[(lot, file)] = Sent(content, outcome.reference, begun, SystemClock().now())
    bench.observe.note(what, answer(outcome), source="Pipeline.ingest")


@then(phrase('the system holds nothing of lot "{lot}"'))
def holds_nothing(bench: Bench, lot: str) -> None:
    found = held(bench, bench.lot(lot))
    told = "; ".join(f"{name}: {value}" for name, value in found.items()) or "nothing"
    bench.observe(f"lot {bench.lot(lot)}", expected="nothing", actual=told, source="Records.history, Pipeline.lot")
