"""Random single mutations of signed PDF files: whatever is changed, and wherever, the file is not accepted.

Two files: B-B (nothing behind the last signature) and B-LTA (the last token has nothing over it: see `pdf_token`). A mutation that gives
back the very file, or cuts it off behind an earlier signature, is none: the record's count of signatures tells that (test_pdf_shadow.py).
"""

from __future__ import annotations

import datetime as dt
import random

import pytest

from csvgen.crypto.trust import Trust
from csvgen.signature import pdf

from .times import Tsa

SEED = 20261121


def mutated(data: bytes, chance: random.Random) -> bytes:
    """One mutation: a bit, a byte, a hole, an insertion, or two blocks exchanged."""
    at, size = chance.randrange(len(data)), chance.choice((1, 1, 2, 7, 64, 1000))
    kind = chance.choice(("bit", "byte", "delete", "insert", "swap"))
    if kind == "bit":
        return data[:at] + bytes([data[at] ^ (1 << chance.randrange(8))]) + data[at + 1 :]
    if kind == "byte":
        return data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :]
    if kind == "delete":
        return data[:at] + data[at + size :]
    if kind == "insert":
        piece = chance.randbytes(size) if chance.random() < 0.5 else data[at : at + size]
        where = chance.randrange(len(data) + 1)
        return data[:where] + piece + data[where:]
    other = chance.randrange(len(data))
    first, second = sorted((at, other))
    size = min(size, second - first, len(data) - second)
    one, two = data[first : first + size], data[second : second + size]
    return data[:first] + two + data[first + size : second] + one + data[second + size :]


@pytest.fixture(scope="session")
def files(pki, make) -> dict[str, tuple[bytes, tuple[bytes, ...], Trust]]:
    """Name -> file, its earlier stages, whom to believe about time."""
    tsa = Tsa(pki.now, pki.now + dt.timedelta(days=700))
    plain = make.pdf(2)
    stages = [plain, pdf.seal(plain, pki.system, pki.now)]
    stages.append(pki.sign_pdf(stages[-1], 0))
    stages.append(pki.sign_pdf(stages[-1], 1))
    archived = stages[:2]
    for number in range(2):
        archived = [*archived, pdf.sign(
            archived[-1], pki.people[number], field=f"signature-{number + 1}", manifestation=pki.manifestation(number),
            moment=pki.now, authority=tsa, trust=pki.trust,
        )]  # fmt: skip
    return {
        "B-B": (stages[-1], tuple(stages[:-1]), Trust(tsa.roots)),
        "B-LTA": (archived[-1], tuple(archived[:-1]), Trust(tsa.roots)),
    }


def accepted(pki, files, name: str, count: int, seed: int) -> list[int]:
    """Numbers of the mutations that nothing was found wrong with."""
    data, earlier, times = files[name]
    chance = random.Random(seed)
    wrong = []
    for number in range(count):
        forged = mutated(data, chance)
        if forged == data or forged in earlier:
            continue
        found = pdf.inspect(forged, pki.trust, times=times)
        if not found.faults:
            wrong.append(number)
    return wrong


@pytest.mark.parametrize("name", ["B-B", "B-LTA"])
def test_the_file_itself_is_accepted(pki, files, name):
    data, _, times = files[name]
    found = pdf.inspect(data, pki.trust, times=times)
    assert found.faults == ()
    assert len(found.signatures) == 3


@pytest.mark.parametrize("name", ["B-B", "B-LTA"])
def test_100_mutations(pki, files, name):
    assert accepted(pki, files, name, 100, SEED) == []


@pytest.mark.parametrize("name", ["B-B", "B-LTA"])
def test_mutations_of_the_last_container(pki, files, name):
    """Where a general reader notices one change in three: 40 single digits of the last signature or token, padding included."""
    data, _, times = files[name]
    start = data.rindex(b"/Contents <") + len(b"/Contents ")
    end = data.index(b">", start) + 1
    chance = random.Random(SEED)
    for _ in range(40):
        at = chance.randrange(start, end)
        digit = chance.choice([d for d in b"0123456789ABCDEFabcdef" if d != data[at]])
        forged = data[:at] + bytes([digit]) + data[at + 1 :]
        assert pdf.inspect(forged, pki.trust, times=times).faults, (at - start, chr(data[at]), chr(digit))


@pytest.mark.slow
@pytest.mark.parametrize("part", range(10))
@pytest.mark.parametrize("name", ["B-B", "B-LTA"])
def test_10_000_mutations(pki, files, name, part):
    """Twice ten parts of 500: 10,000 in all."""
    assert accepted(pki, files, name, 500, SEED + 1 + part) == []
