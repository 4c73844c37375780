"""What is said of a file of evidence is checked against its content."""

from __future__ import annotations

import io
import zipfile

import pytest

from csvgen.clock import SystemClock
from csvgen.evidence.kinds import require
from csvgen.execution.recorder import Attach, CaseRecorder
from csvgen.model.execution import Attachment, Verdict

from .conftest import case


def archive(name: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr(name, b"{}")
    return out.getvalue()


PNG, JPEG, TIFF = b"\x89PNG\r\n\x1a\nrest", b"\xff\xd8\xff\xe0rest", b"II*\x00rest"

GOOD = [
    ("text", b"plain", "text/plain"), ("text", b"", "text/plain"), ("log-extract", "2026 grün\n".encode(), "text/plain"), ("audit-trail-extract", b"x", "text/plain"),
    ("json", b'{"a": [1, null]}', "application/json"), ("csv", b'a,b\r\n"1\n2",3\r\n', "text/csv"), ("csv", b"\xef\xbb\xbfa;b\n1;2\n", "text/csv"),
    ("table", b'[["a","b"],["1","2"]]\n', "application/json"), ("image", PNG, "image/png"), ("image", TIFF, "image/tiff"), ("screenshot", JPEG, "image/jpeg"),
    ("playwright-trace", archive("trace.trace"), "application/zip"), ("file", b"\x00\xff", "application/octet-stream"),
]  # fmt: skip
BAD = [
    ("text", b"\xff\xfe", "no UTF-8"), ("log-extract", b"a\0b", "NUL"), ("audit-trail-extract", b"\xc3", "no UTF-8"),
    ("json", b"", "does not parse"), ("json", b"{'a': 1}", "does not parse"), ("json", b'{"a": NaN}', "NaN is no JSON"), ("json", b"[" * 100_000, "does not parse"),
    ("csv", b"a,b\n1\n", "row 2 has 1 cells, the head 2"), ("csv", b'a,"b\n', "does not parse"), ("csv", b"", "no head"), ("csv", b"\xff", "no UTF-8"),
    ("table", b'{"a": "b"}', "list of rows"), ("table", b"[[1]]", "list of texts"), ("table", b"[]", "no head"), ("table", b'[["a"],["b","c"]]', "row 2 has 2"),
    ("image", b"GIF8", "begins like no"), ("screenshot", b"<svg/>", "begins like no"), ("image", b"", "begins like no"), ("image", b"RIFFxxxxWAVE", "begins like no"),
    ("playwright-trace", b"PK\x03\x04broken", "no ZIP"), ("playwright-trace", archive("other.txt"), r"no file \*\.trace"),
]  # fmt: skip


@pytest.fixture
def recorder() -> CaseRecorder:
    made = CaseRecorder(case(1), SystemClock(), None, None, "main")
    made.open(made.case.steps[0])
    return made


@pytest.mark.parametrize(("kind", "data", "media_type"), GOOD, ids=lambda v: v if isinstance(v, str) else "")
def test_what_is_of_its_kind_is_kept_with_kind_and_media_type(recorder: CaseRecorder, kind, data: bytes, media_type: str) -> None:
    Attach(lambda: recorder)(data, name="x", kind=kind, media_type="" if kind != "file" else media_type)
    (kept,) = recorder.close(Verdict.PASSED).attachments
    assert (kept.kind, kept.media_type, kept.size) == (kind, media_type, len(data))


@pytest.mark.parametrize(("kind", "data", "words"), BAD, ids=lambda v: v if isinstance(v, str) else "")
def test_what_is_not_of_its_kind_is_no_evidence(recorder: CaseRecorder, kind, data: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Attach(lambda: recorder)(data, name="x", kind=kind)
    assert recorder.close(Verdict.PASSED).attachments == ()


def test_a_picture_is_of_the_media_type_it_is_called() -> None:
    require("image", PNG, "image/png")
    with pytest.raises(ValueError, match="the picture is image/png, not image/jpeg"):
        require("image", PNG, "image/jpeg")


def test_rows_are_a_table(recorder: CaseRecorder) -> None:
    Attach(lambda: recorder)([("lot", "value"), ("L-1", "7.0")], name="results")
    (kept,) = recorder.close(Verdict.PASSED).attachments
    assert (kept.kind, kept.media_type) == ("table", "application/json")


def test_the_digest_of_what_was_attached_before_there_were_kinds_is_the_same() -> None:
    from csvgen.canonical import digest

    old = {
        "id": "TC-OQ-0001.1.1",
        "name": "x",
        "media_type": "text/plain",
        "size": 1,
        "sha256": "sha256:" + "0" * 64,
        "captured": "2026-11-21T08:00:00.000000Z",
    }
    assert digest(Attachment.model_validate(old)) == digest(old)
