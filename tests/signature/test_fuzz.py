"""Whatever the bytes: an inspection answers, and never says that a changed file is the one that was signed."""

from __future__ import annotations

import io
import os
import warnings
import zipfile
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from csvgen.crypto.profile import PADES, outside_profile
from csvgen.crypto.trust import Trust
from csvgen.errors import CsvgenError, NotIntact
from csvgen.signature import pdf, word
from csvgen.signature.archive import read_archive

EXAMPLES = int(os.environ.get("CSVGEN_FUZZ_EXAMPLES", "150"))
thoroughly = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    print_blob=True,
    derandomize="CSVGEN_FUZZ_EXAMPLES" not in os.environ,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)

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
@thoroughly
def test_a_damaged_office_file(pki, signed_docx, changes):
    check_office(pki, signed_docx, edited(signed_docx[2], changes))


@given(st.floats(0, 1, exclude_max=True), st.booleans(), edits)
@thoroughly
def test_a_damaged_part_of_an_office_file(pki, signed_docx, where, among_all, changes):
    """The archive is sound, one part is damaged: mostly the signatures and the two lists that hold the package together."""
    with zipfile.ZipFile(io.BytesIO(signed_docx[2])) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    chosen = sorted(n for n in parts if among_all or "_xmlsignatures" in n or n.endswith(".rels") or n.startswith("["))
    name = chosen[int(where * len(chosen))]
    parts[name] = edited(parts[name], changes)
    check_office(pki, signed_docx, zipped(parts))


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
@thoroughly
def test_parts_of_an_office_file_exchanged(pki, signed_docx, changes):
    """Parts removed, renamed, exchanged and doubled."""
    with zipfile.ZipFile(io.BytesIO(signed_docx[2])) as file:
        entries = [(name, file.read(name)) for name in file.namelist()]
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
    check_office(pki, signed_docx, zipped(entries))


@given(st.binary(max_size=300))
@thoroughly
def test_any_bytes_as_container(data):
    assert outside_profile(data, PADES, padded=True)


def zipped(parts) -> bytes:
    out = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        warnings.simplefilter("ignore", UserWarning)
        for name, content in parts.items() if isinstance(parts, dict) else parts:
            file.writestr(name, content)
    return out.getvalue()


def check_office(pki, stages, data: bytes) -> None:
    """No fault is found only where the document is the same but for its properties, and each signature says what it said."""
    found = word.inspect(data, pki.trust)
    if found.faults:
        return
    signatures = [replace(s, part="") for s in found.signatures]
    known = [replace(s, part="") for s in word.inspect(stages[2], pki.trust).signatures]
    # Neither the number of signatures nor their order is protected by the format.
    assert all(signature in known for signature in signatures)
    assert len({s.person for s in signatures}) == len(signatures)
    if signatures:
        parts, before = dict(read_archive(data)), dict(read_archive(stages[2]))
        same = {name for name in before if not name.startswith(("_xmlsignatures", "docProps/core", "docProps/app", "["))}
        assert all(parts[name] == before[name] or name.endswith(".rels") for name in same)
