"""Defects of files, as a table tells them: what each makes of the bytes, and that a defect that is none is told."""

from __future__ import annotations

import pytest

from csvgen.errors import CsvgenError
from csvgen.steps.malformed import defective

FILE = b"one\ntwo\nthree\n"


@pytest.mark.parametrize(
    ("defect", "made"),
    [
        ("it is empty", b""),
        ("a byte order mark before it", b"\xef\xbb\xbfone\ntwo\nthree\n"),
        ("in UTF-16", "one\ntwo\nthree\n".encode("utf-16")),
        ("in Latin-1", b"one\ntwo\nthree\n\xb5\n"),
        ("line 2 is gone", b"one\nthree\n"),
        ("line 2 stands twice", b"one\ntwo\ntwo\nthree\n"),
        ("line 2 is: t[tab]w[quote]o", b'one\nt\tw"o\nthree\n'),
        ("line 2 is: [nothing]", b"one\n\nthree\n"),
        ("after line 1: and: a half[blank]", b"one\nand: a half \ntwo\nthree\n"),
        ("cut after line 2", b"one\ntwo\n"),
        ("cut after line 2 without its end", b"one\ntwo"),
        ("text: e[end]t becomes: e t", b"one two\nthree\n"),
        ("text: t becomes: [bell]", b"one\n\awo\nthree\n"),
    ],
)
def test_a_defect_is_what_the_table_says(defect: str, made: bytes) -> None:
    assert defective(FILE, defect) == made


@pytest.mark.parametrize(
    ("defect", "words"),
    [
        ("line 4 is gone", "the file has 3 lines"),
        ("line 0 is gone", "the file has 3 lines"),
        ("line 2 is lost", "knows no defect"),
        ("cut after line 2 somewhere", "knows no defect"),
        ("after line 2 is: x", "knows no defect"),
        ("made worse", "knows no defect"),
        ("text: four becomes: five", "changes nothing"),
        ("cut after line 3", "changes nothing"),
        ("line 2 is: two", "changes nothing"),
    ],
)
def test_a_defect_that_is_none_ends_the_case(defect: str, words: str) -> None:
    with pytest.raises(CsvgenError, match=words):
        defective(FILE, defect)
