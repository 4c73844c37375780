"""Whatever the bytes: an inspection answers, and never says that a changed file is the one that was signed."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from csvgen.crypto.profile import PADES, outside_profile
from csvgen.crypto.trust import Trust
from csvgen.errors import CsvgenError, NotIntact
from csvgen.signature import pdf, word
from csvgen.signature.archive import read_archive

from .office_material import ordered, parts_of, zipped

EXAMPLES = int(os.environ.get("CSVGEN_FUZZ_EXAMPLES", "150"))
thoroughly = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    print_blob=True,
    derandomize="CSVGEN_FUZZ_EXAMPLES" not in os.environ,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)

both_kinds = settings(thoroughly, max_examples=EXAMPLES // 2)
"""Of what runs on a Word document and on a workbook, so that both together are as many."""

edits = st.lists(
    st.tuples(
        st.sampled_from(["flip", "cut", "insert", "double", "number"]),
        st.floats(0, 1, exclude_max=True),
        st.integers(0, 255),
        st.binary(max_size=12),
    ),
    min_size=1,
    max_size=4,
)


def edited(data: bytes, changes: list[tuple[str, float, int, bytes]]) -> bytes:
    """The file with some small damage: at each place (a share of the length) a bit, a hole, an insertion, a repetition."""
    for kind, where, amount, piece in changes:
        at = int(where * len(data))
        if kind == "flip":
            data = data[:at] + bytes([data[at] ^ (1 << amount % 8)]) + data[at + 1 :] if data else data
        elif kind == "cut":
            data = data[:at] + data[at + amount :]
        elif kind == "insert":
            data = data[:at] + piece + data[at:]
        elif kind == "double":
            data = data[:at] + data[at : at + amount] + data[at:]
        else:  # another number where a number stands: offsets, lengths, counts
            digit = next((n for n in range(at, min(at + 400, len(data))) if data[n : n + 1].isdigit()), None)
            if digit is not None:
                data = data[:digit] + str(amount * 7919).encode() + data[digit + 1 :]
    return data


@given(
    st.one_of(
        st.binary(max_size=400), st.binary(max_size=200).map(lambda tail: b"%PDF-1.7\n" + tail + b"\nstartxref\n9\n%%EOF\n")
    )
)
@thoroughly
def test_any_bytes_as_pdf(data):
    assert pdf.inspect(data, Trust.none).signatures == ()


@given(
    st.one_of(st.binary(max_size=400), st.binary(max_size=200).map(lambda head: b"PK\x03\x04" + head + b"PK\x05\x06" + bytes(18)))
)
@thoroughly
def test_any_bytes_as_office_file(data):
    assert word.inspect(data, Trust.none).problems
    with pytest.raises(CsvgenError):
        word.without_signatures(data)
    with pytest.raises(NotIntact):
        read_archive(data)


@given(edits)
@thoroughly
def test_a_damaged_pdf(pki, signed_pdf, changes):
    data = edited(signed_pdf[3], changes)
    found = pdf.inspect(data, pki.trust)
    if data != signed_pdf[3] and not found.faults:
        assert data in signed_pdf  # cut off behind an earlier signature, and nothing else


@given(edits)
@both_kinds
def test_a_damaged_office_file(office, changes):
    check_office(office, edited(office.stages[2], changes))


@given(st.floats(0, 1, exclude_max=True), st.booleans(), edits)
@both_kinds
def test_a_damaged_part_of_an_office_file(office, where, among_all, changes):
    """The archive is sound, one part is damaged: mostly the signatures and the two lists that hold the package together."""
    parts = parts_of(office.stages[2])
    chosen = sorted(n for n in parts if among_all or "_xmlsignatures" in n or n.endswith(".rels") or n.startswith("["))
    name = chosen[int(where * len(chosen))]
    parts[name] = edited(parts[name], changes)
    check_office(office, ordered(parts))


moves = st.lists(
    st.tuples(
        st.sampled_from(["remove", "rename", "exchange", "double"]),
        st.floats(0, 1, exclude_max=True),
        st.floats(0, 1, exclude_max=True),
        st.sampled_from(["", "x", ".xml", "/x"]),
    ),
    min_size=1,
    max_size=3,
)


@given(moves)
@both_kinds
def test_parts_of_an_office_file_exchanged(office, changes):
    """Parts removed, renamed, exchanged and doubled."""
    entries = list(parts_of(office.stages[2]).items())
    for kind, first, second, tail in changes:
        one, two = int(first * len(entries)), int(second * len(entries))
        if kind == "remove":
            del entries[one]
        elif kind == "rename":
            entries[one] = (entries[two][0] + tail, entries[one][1])
        elif kind == "exchange":
            entries[one], entries[two] = (entries[one][0], entries[two][1]), (entries[two][0], entries[one][1])
        else:
            entries.append(entries[one])
    check_office(office, zipped(entries))


def mutations(data: bytes, number: int, seed: int) -> Iterator[bytes]:
    """Single changes at random places: a bit, a byte, a byte gone, a byte more."""
    chance = random.Random(seed)
    for _ in range(number):
        at, byte = chance.randrange(len(data)), bytes([chance.randrange(256)])
        yield chance.choice(
            [
                data[:at] + bytes([data[at] ^ (1 << chance.randrange(8))]) + data[at + 1 :],
                data[:at] + byte + data[at + 1 :],
                data[:at] + data[at + 1 :],
                data[:at] + byte + data[at:],
            ]
        )


def accepted(office, number: int, seed: int) -> int:
    """How many of so many random single mutations of a signed file, and of one part of it in a sound archive, are accepted."""
    data, found = office.stages[2], 0
    for changed in mutations(data, number, seed):
        found += changed != data and not office.inspect(changed).faults
    parts = parts_of(data)
    chance = random.Random(seed)
    for _ in range(number // 10):
        name = chance.choice([n for n in parts if parts[n]])
        changed = next(mutations(parts[name], 1, chance.randrange(1 << 30)))
        found += changed != parts[name] and not office.inspect(ordered({**parts, name: changed})).faults
    return found


def test_no_single_change_is_accepted(office):
    assert office.faults(office.stages[2]) == ""
    assert accepted(office, 400, 20261121) == 0


@pytest.mark.slow
def test_none_of_ten_thousand_single_changes_is_accepted(office):
    assert accepted(office, 10_000, 4) == 0


@given(st.binary(max_size=300))
@thoroughly
def test_any_bytes_as_container(data):
    assert outside_profile(data, PADES, padded=True)


def check_office(office, data: bytes) -> None:
    """A file without a fault is the signed file itself, or one that is not signed at all and so says nothing."""
    found = office.inspect(data)
    if not found.faults:
        assert data in office.stages or found.signatures == ()
