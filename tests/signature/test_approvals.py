"""Approval folders: read back as they were written, and every damage told without a crash."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from csvgen.canonical import canonical_json, digest_bytes
from csvgen.errors import NotIntact
from csvgen.signature.approvals import folder_of, latest, load, read_approval

from .signing import all_signed, document

CONTENT = canonical_json({"format": "x", "says": "something"})


@pytest.fixture(scope="module")
def written(pki, tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("approvals")
    on = document(pki, content=digest_bytes(CONTENT))
    folder = folder_of(root, on)
    folder.mkdir(parents=True)
    (folder / "document.json").write_bytes(canonical_json(on))
    (folder / "content.json").write_bytes(CONTENT)
    for signature in all_signed(pki, on):
        (folder / f"{signature.name}.json").write_bytes(signature.body)
        (folder / f"{signature.name}.p7s").write_bytes(signature.cms)
    return root


@pytest.fixture
def root(written, tmp_path) -> Path:
    return Path(shutil.copytree(written, tmp_path / "approvals"))


def only(root: Path):
    (found,) = load(root)
    return found


def test_round_trip(root, pki):
    found = only(root)
    assert found.standing(pki.trust).approved
    assert found.content == {"format": "x", "says": "something"}
    assert found.completed == found.signatures[-1].record.signed
    assert not found.problems


def test_no_folder_is_no_approval(tmp_path):
    assert load(tmp_path / "nowhere") == ()


def test_newest_revision_is_the_latest_even_past_nine(root, pki):
    for revision in (2, 10, 9):
        on = document(pki, revision=revision)
        folder_of(root, on).mkdir()
        (folder_of(root, on) / "document.json").write_bytes(canonical_json(on))
    found = load(root)
    assert [a.document.revision for a in found] == [1, 2, 9, 10]
    assert latest(found, "TNY-URS").document.revision == 10
    assert latest(found, "TNY-FS") is None


@pytest.mark.parametrize("name", ["content.json", "01-p-0001.json", "02-p-0002.p7s"])
def test_one_byte_more(root, pki, name):
    path = root / "TNY-URS" / "r1" / name
    path.write_bytes(path.read_bytes() + b" ")
    found = only(root)
    assert any(path.stem in p for p in found.problems)
    assert not found.standing(pki.trust).approved


@pytest.mark.parametrize("name", ["01-p-0001.json", "01-p-0001.p7s", "03-p-0003.json", "03-p-0003.p7s"])
def test_one_file_missing(root, pki, name):
    (root / "TNY-URS" / "r1" / name).unlink()
    found = only(root)
    assert found.problems
    assert not found.standing(pki.trust).approved


@pytest.mark.parametrize("name", ["note.txt", "01-p-0001.json.bak", "04-p-0001.p7s", "1-x.json", ".hidden"])
def test_file_that_does_not_belong(root, pki, name):
    (root / "TNY-URS" / "r1" / name).write_bytes(b"{}\n")
    assert not only(root).standing(pki.trust).approved


def test_signature_under_another_file_name(root, pki):
    folder = root / "TNY-URS" / "r1"
    for suffix in ("json", "p7s"):
        (folder / f"01-p-0001.{suffix}").rename(folder / f"01-p-0009.{suffix}")
    assert any("holds signature 01-p-0001" in p for p in only(root).problems)


def test_record_in_the_folder_of_another(root, pki):
    (root / "TNY-URS").rename(root / "TNY-FS")
    assert any("says it is TNY-URS revision 1" in p for p in only(root).problems)


@pytest.mark.parametrize("text", [b"", b"null\n", b"[]\n", b"{}\n", b"\xff\n"])
def test_document_record_that_cannot_be_read_stops_with_its_place(root, text):
    path = root / "TNY-URS" / "r1" / "document.json"
    path.write_bytes(text)
    with pytest.raises(NotIntact, match=r"document\.json"):
        read_approval(path.parent)


def test_content_that_is_no_json_but_named_rightly(pki, root):
    """Content of another shape than any record has is kept for the reader as it is, and judged by who reads it."""
    path = root / "TNY-URS" / "r1" / "content.json"
    path.write_bytes(b"not json at all\n")
    document_file = path.with_name("document.json")
    value = json.loads(document_file.read_bytes())
    document_file.write_bytes(canonical_json({**value, "content": digest_bytes(b"not json at all\n")}))
    with pytest.raises(NotIntact, match=r"content\.json"):
        only(root)
