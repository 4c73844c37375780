"""Approval folders: read back as they were written, and every damage told without a crash."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from csvgen.canonical import canonical_json, digest_bytes
from csvgen.errors import NotIntact
from csvgen.signature.approvals import folder_of, latest, load, read_approval

from .signing import all_signed, document, signed

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


# ------------------------------------------------------------ what does not verify is shown, not left out


@pytest.mark.parametrize("change", ["name", "cms", "gone"])
def test_signature_that_does_not_verify_is_kept_as_invalid(root, change):
    """RR-M07: with what its file claims, believed by nobody, and with why."""
    body, signature = (root / "TNY-URS" / "r1" / f"02-p-0002.{suffix}" for suffix in ("json", "p7s"))
    if change == "name":
        body.write_bytes(body.read_bytes().replace("Jürgen".encode(), b"Jorgen"))
    elif change == "cms":
        signature.write_bytes(signature.read_bytes()[:-1] + b"\0")
    else:
        body.unlink()
    (invalid,) = only(root).invalid
    assert invalid.name == "02-p-0002"
    assert invalid.told.startswith("INVALID signature 02-p-0002")
    if change == "name":
        assert "Jorgen" in invalid.told


def test_signature_cut_out_of_the_middle_is_missed_by_those_that_follow(root, pki):
    """Excised (21 CFR 11.70): files of the second signer are gone, as if they had never been."""
    for suffix in ("json", "p7s"):
        (root / "TNY-URS" / "r1" / f"02-p-0002.{suffix}").unlink()
    assert any("does not follow the signatures before it" in p for p in only(root).standing(pki.trust).problems)


def test_picture_in_the_place_of_a_signature_is_refused(root, pki):
    (root / "TNY-URS" / "r1" / "03-p-0003.png").write_bytes(b"\x89PNG\r\n\x1a\n a beautiful signature")
    assert any("a picture is never a signature (RR-L07)" in p for p in only(root).problems)
    assert not only(root).standing(pki.trust).approved


# ------------------------------------------------------------ withdrawn


def withdrawn(root, pki, **changed):
    found = only(root)
    act = signed(pki, found.document, 0, found.signatures, **{"number": 0, "meaning": "withdrawn", **changed})
    for suffix, data in (("json", act.body), ("p7s", act.cms)):
        (root / "TNY-URS" / "r1" / f"withdrawn.{suffix}").write_bytes(data)
    return only(root)


def test_withdrawn_revision_is_never_approved_again(root, pki):
    assert only(root).standing(pki.trust).approved
    found = withdrawn(root, pki)
    assert (found.ended, found.awaiting, found.completed) == ("withdrawn", None, "")
    assert not found.standing(pki.trust).approved
    assert not found.problems


@pytest.mark.parametrize("changed", [{"revision": 2}, {"record": "TNY-FS"}, {"meaning": "authored"}])
def test_withdrawal_of_another_record_withdraws_nothing_in_silence(root, pki, changed):
    found = withdrawn(root, pki, **changed)
    assert found.standing(pki.trust).problems
    assert not found.standing(pki.trust).approved


def test_withdrawal_that_was_taken_away_again_is_found_by_the_rest_of_it(root, pki):
    withdrawn(root, pki)
    (root / "TNY-URS" / "r1" / "withdrawn.json").unlink()
    assert not only(root).standing(pki.trust).approved


# ------------------------------------------------------------ what was said


def test_said_is_bound_by_its_digest(pki, tmp_path):
    words = canonical_json({"urs": [{"id": "URS-1", "statement": "It shall."}]})
    on = document(pki, said=digest_bytes(words))
    folder = folder_of(tmp_path, on)
    folder.mkdir(parents=True)
    (folder / "document.json").write_bytes(canonical_json(on))
    assert any("said.json" in p for p in only(tmp_path).problems), "missing"
    (folder / "said.json").write_bytes(words)
    assert (only(tmp_path).problems, only(tmp_path).said["urs"][0]["statement"]) == ((), "It shall.")
    (folder / "said.json").write_bytes(words.replace(b"shall", b"might"))
    assert only(tmp_path).problems
    assert only(tmp_path).said is None
