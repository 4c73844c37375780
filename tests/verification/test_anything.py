"""csvgen verify PATH for whatever can be verified: recognised by content, offline, in text and JSON, and never a traceback."""

from __future__ import annotations

import io
import json
import random
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import jsonschema
import pytest

from csvgen.audit.proof import make_proof
from csvgen.crypto.notes import read_note
from csvgen.errors import ConfigError
from csvgen.verification.outside import NOTHING
from csvgen.verification.recognise import Kind, recognise
from csvgen.verification.report import schema_text
from csvgen.verification.verify import verify
from csvgen.workflow.partial import export_partial

from ..tiny import OPERATOR, clean_environment
from .anchored import Anchored
from .conftest import light_copy

APPROVALS = "protocols/tiny/approvals"
THINGS = {
    Kind.PACKAGE: ".",
    Kind.PDF: "documents/TNY-URS-r1.pdf",
    Kind.WORD: "documents/TNY-URS-r1.docx",
    Kind.EXCEL: "documents/TNY-IQR-r1-matrix.xlsx",
    Kind.SIGNATURE: f"{APPROVALS}/TNY-URS/r1/01-mara.ivens.json",
    Kind.APPROVALS: APPROVALS,
    Kind.RUN: "runs/IQ-001",
    Kind.TRAIL: "audit/events.jsonl",
    Kind.CHECKPOINT: "audit/checkpoints",
}
"""What a package holds of each kind."""
FOLDERS = (Kind.PACKAGE, Kind.PARTIAL, Kind.APPROVALS, Kind.RUN)


@pytest.fixture(scope="session")
def things(anchored: Anchored, tmp_path_factory: pytest.TempPathFactory) -> dict[Kind, Path]:
    """One of each kind that can be verified."""
    found = {kind: anchored.package / name for kind, name in THINGS.items()}
    found[Kind.CHECKPOINT] = max(found[Kind.CHECKPOINT].glob("*.note"))
    folder = tmp_path_factory.mktemp("things")
    found[Kind.ARCHIVE] = folder / "package.zip"
    with zipfile.ZipFile(found[Kind.ARCHIVE], "w") as archive:
        for path in sorted(p for p in anchored.package.rglob("*") if p.is_file()):
            archive.write(path, f"tiny/{path.relative_to(anchored.package)}")
    found[Kind.PARTIAL] = folder / "partial"
    owner = anchored.owner.copy(folder / "owner")
    export_partial(owner.state, owner.ledger, owner.clock, OPERATOR, owner.seal, found[Kind.PARTIAL], "URS-TNY-002")
    found[Kind.PROOF] = folder / "event-7.tlog-proof"
    note = read_note(found[Kind.CHECKPOINT].read_bytes())
    ledger = anchored.owner.ledger
    found[Kind.PROOF].write_bytes(bytes(make_proof(7, ledger.inclusion(7, int(note.text.split("\n")[1])), note)))
    (folder / "event-7.json").write_bytes(ledger.bodies()[6])
    return found


ELSEWHERE = (Kind.INSTANCE, Kind.RUN_RECORD, Kind.OUTSIDE_RUN, Kind.CERTIFICATE, Kind.CHALLENGE, Kind.CHALLENGES, Kind.IMPORTED)
"""Those of an instance of a pipeline are shown in test_instance.py, challenges in tests/challenge/test_challenge.py,
imported evidence in tests/exchange/test_results_import_flow.py."""
KINDS = [k for k in Kind if k not in ELSEWHERE]


def csvgen(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "csvgen", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=clean_environment(), cwd=cwd)


def test_every_kind_is_recognised(things):
    assert set(things) == set(KINDS), "a kind that nothing shows"
    for kind, path in things.items():
        assert recognise(path)[0] is kind


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_verifies(kind, things, anchored):
    verification = verify(things[kind], anchored.believed, anchored.outside(anchor=False))
    assert verification, verification.failed or verification.unknown
    assert verification.kind == (Kind.PACKAGE if kind is Kind.ARCHIVE else kind)
    assert all(s.state == "VALID" for s in verification.signatures)


@pytest.mark.parametrize("kind", KINDS)
def test_nobody_is_believed_without_trust(kind, things):
    """The mathematics hold, and who it was is unknown: not verified, and nothing is called wrong."""
    from csvgen.crypto.trust import Trust

    verification = verify(things[kind], Trust.none, NOTHING)
    assert not verification
    assert not verification.failed
    assert verification.unknown
    assert not verification.invalid
    assert {s.state for s in verification.signatures} <= {"UNDECIDED"}
    assert "could not be decided" in verification.bottom_line


@pytest.mark.parametrize("kind", [k for k in KINDS if k not in FOLDERS])
def test_name_and_suffix_decide_nothing(kind, things, tmp_path):
    copy = tmp_path / "report.txt"
    shutil.copy(things[kind], copy)
    assert recognise(copy)[0] is kind
    lying = tmp_path / "other.pdf"
    lying.write_bytes(b"This is a letter.\n")
    with pytest.raises(ConfigError):
        recognise(lying)


@pytest.mark.parametrize("name", ["package.json", f"{APPROVALS}/TNY-URS/r1/document.json", "runs/IQ-001/seal.json"])
def test_a_record_of_a_folder_stands_for_its_folder(name, anchored):
    _, found = recognise(anchored.package / name)
    assert found == (anchored.package / name).parent


def test_signature_file_stands_for_its_record(anchored):
    path = anchored.package / APPROVALS / "TNY-URS/r1/01-mara.ivens.p7s"
    assert recognise(path) == (Kind.SIGNATURE, path.with_suffix(".json"))


@pytest.mark.parametrize(
    "data", [b"", b"x", b"{}", b"[]", b"null", b"\x30\x82", b"{" * 9000, b"%PDF", b"\xff" * 100, b'{"format": 1}']
)
def test_unknown_thing_is_a_usage_error_that_says_what_can_be_verified(data, tmp_path):
    path = tmp_path / "thing"
    path.write_bytes(data)
    with pytest.raises(ConfigError) as refused:
        recognise(path)
    for word in ("package", "PDF", "Word", "signature record", "run", "audit trail", "checkpoint", "inclusion proof"):
        assert word in refused.value.hint


def test_usage_errors_exit_with_two_and_say_so_on_stderr(tmp_path, anchored):
    (tmp_path / "letter.txt").write_text("Dear inspector", encoding="utf-8")
    for arguments in (
        ["letter.txt"],
        ["."],
        [],
        ["letter.txt", "--trust", "letter.txt"],
        [str(anchored.package), "--anchor", "letter.txt"],
    ):
        done = csvgen("verify", *arguments, cwd=tmp_path)
        assert done.returncode == 2, done
        assert not done.stdout
        assert "Traceback" not in done.stderr


# ------------------------------------------------------------ as a command


@pytest.mark.parametrize("kind", [Kind.PACKAGE, Kind.PDF, Kind.SIGNATURE, Kind.PROOF])
def test_json_report_keeps_its_schema(kind, things, anchored, tmp_path):
    """Needs no project: it is run in an empty folder, with the trust folder a reader has."""
    done = csvgen("verify", str(things[kind]), "--trust", str(anchored.trust), "--format", "json", cwd=tmp_path)
    found = json.loads(done.stdout)
    jsonschema.Draft202012Validator(json.loads(schema_text())).validate(found)
    assert (done.returncode, found["verified"], found["exit"]) == (0, True, 0), found["bottom_line"]
    assert (found["format"], found["kind"]) == ("csvgen.verification/1", str(kind))
    stamp = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
    assert stamp.fullmatch(found["checked"])
    assert all(stamp.fullmatch(s["signed"]) for s in found["signatures"])


def test_schema_that_ships_is_the_schema_of_what_is_printed(tmp_path):
    """Documented fields, closed sets; a report with a key more or less is none."""
    done = csvgen("verify", "--schema", cwd=tmp_path)
    assert done.stdout == schema_text()
    schema = json.loads(done.stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    for name, part in [("", schema), *schema["$defs"].items()]:
        for field, said in part.get("properties", {}).items():
            assert said.get("description") or "const" in said or "$ref" in said.get("items", {}), (name, field)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"format": "csvgen.verification/1"}, schema)


def test_text_shows_name_time_with_offset_meaning_and_answers(things, anchored, tmp_path):
    done = csvgen("verify", str(things[Kind.APPROVALS] / "TNY-URS"), "--trust", str(anchored.trust), cwd=tmp_path)
    line = next(row for row in done.stdout.splitlines() if "ruth.amsel" in row)
    assert re.search(
        r"VALID +record TNY-URS r1 03-ruth.amsel.json: Ruth Amsel \(fictitious\) \(ruth.amsel\), approved, as quality, ", line
    )
    assert re.search(
        r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+00:00  \[intact yes, valid yes, trusted yes, whole yes, time proven unknown\]", line
    )
    assert not re.search(r"\d\d:\d\d:\d\d(?! \+00:00)", done.stdout), "no time without its offset"


def test_hostile_text_reaches_no_terminal(things, tmp_path):
    folder = tmp_path / "r1"
    shutil.copytree(things[Kind.APPROVALS] / "TNY-URS" / "r1", folder)
    path = folder / "01-mara.ivens.json"
    path.write_bytes(path.read_bytes().replace(b"Mara Ivens (fictitious)", "Mara \x1b[31m\u202eX".encode()))
    done = csvgen("verify", str(folder), cwd=tmp_path)
    assert done.returncode == 1
    assert "INVALID" in done.stdout
    assert not set("\x1b\u202e") & set(done.stdout)


# ------------------------------------------------------------ damaged, halved, hostile


def test_trail_without_any_checkpoint_is_not_verified(things, anchored, tmp_path):
    """Whoever can write the file can chain it anew."""
    shutil.copy(things[Kind.TRAIL], tmp_path / "events.jsonl")
    verification = verify(tmp_path / "events.jsonl", anchored.believed, anchored.outside(anchor=False))
    assert not verification
    assert [c.name for c in verification.unknown] == ["the trail is the one that others saw"]
    assert verify(tmp_path / "events.jsonl", anchored.believed, anchored.outside()), "with what the anchor holds it is"


def test_old_state_of_a_trail_against_the_anchor(anchored):
    verification = verify(anchored.yesterday / "audit", anchored.believed, anchored.outside())
    assert [c.name for c in verification.failed] == ["the trail is as long as others saw it"]


def test_document_whose_route_is_not_at_its_end(things, anchored, tmp_path):
    """The PDF as it was after its first signature: everything in it holds, and it says who is missing."""
    data = things[Kind.PDF].read_bytes()
    ends = [m.end() for m in re.finditer(rb"%%EOF\n?", data)]
    for end in ends[1:-1]:
        (tmp_path / "half.pdf").write_bytes(data[:end])
        verification = verify(tmp_path / "half.pdf", anchored.believed, anchored.outside(anchor=False))
        assert not verification
        names = [c.name for c in verification.failed]
        assert "every place for a signature is filled" in names


def test_signature_record_of_another_document(things, anchored, tmp_path):
    folder = tmp_path / "r1"
    shutil.copytree(things[Kind.APPROVALS] / "TNY-URS" / "r1", folder)
    shutil.copy(things[Kind.APPROVALS] / "TNY-VP" / "r1" / "document.json", folder / "document.json")
    verification = verify(folder / "01-mara.ivens.json", anchored.believed, anchored.outside(anchor=False))
    (signature,) = verification.signatures
    assert (signature.state, signature.intact, signature.valid, signature.whole) == ("INVALID", "yes", "yes", "no")


def test_proof_of_another_event(things, anchored, tmp_path):
    for path in (things[Kind.PROOF], things[Kind.PROOF].with_suffix(".json")):
        shutil.copy(path, tmp_path)
    (tmp_path / "event-7.json").write_bytes(anchored.owner.ledger.bodies()[7])
    verification = verify(tmp_path / "event-7.tlog-proof", anchored.believed, anchored.outside(anchor=False))
    assert verification.failed


@pytest.mark.parametrize("hostile", ["outside", "twice", "link"])
def test_archive_that_would_write_elsewhere_is_refused(hostile, tmp_path, anchored):
    path = tmp_path / "package.tar"
    with tarfile.open(path, "w") as archive:
        names = {"outside": ["../package.json"], "twice": ["package.json", "package.json"], "link": ["package.json"]}[hostile]
        for name in names:
            member = tarfile.TarInfo(name)
            member.type, member.linkname = (tarfile.SYMTYPE, "/etc/hostname") if hostile == "link" else (tarfile.REGTYPE, "")
            archive.addfile(member, io.BytesIO())
    verification = verify(path, anchored.believed, NOTHING)
    assert [c.name for c in verification.failed] == ["archive can be unpacked"]
    assert not (tmp_path.parent / "package.json").exists()


def test_tar_of_a_package_verifies_too(anchored, tmp_path):
    with tarfile.open(tmp_path / "package.tar.gz", "w:gz") as archive:
        archive.add(anchored.package, "package")
    assert verify(tmp_path / "package.tar.gz", anchored.believed, anchored.outside(anchor=False))


@pytest.mark.parametrize("kind", [k for k in KINDS if k not in FOLDERS])
def test_damage_is_an_answer_and_never_a_traceback(kind, things, anchored, tmp_path):
    """Single changes at random places of one file of each kind: not verified, or not recognised any more."""
    dice = random.Random(f"damage {kind}")
    source = things[kind]
    folder = tmp_path / "damaged"
    folder.mkdir()
    for path in source.parent.glob(f"{source.stem}.*"):
        shutil.copy(path, folder)
    if kind is Kind.TRAIL:
        shutil.copytree(source.parent / "checkpoints", folder / "checkpoints")
    data, outside = source.read_bytes(), anchored.outside(anchor=False)
    for _ in range(12 if kind in (Kind.PDF, Kind.WORD, Kind.EXCEL, Kind.ARCHIVE) else 60):
        changed = bytearray(data)
        place = dice.randrange(len(data))
        match dice.randrange(4):
            case 0:
                changed[place] ^= 1 << dice.randrange(8)
            case 1:
                del changed[place : place + dice.choice((1, 9))]
            case 2:
                changed[place:place] = dice.randbytes(3)
            case _:
                del changed[place:]
        (folder / source.name).write_bytes(bytes(changed))
        try:
            verification = verify(folder / source.name, anchored.believed, outside)
        except ConfigError:
            continue
        assert not verification, (kind, place)
        assert not any("Error" in c.detail and "(" not in c.detail for c in verification.failed)


def test_folder_that_is_none_of_these(tmp_path, anchored):
    light_copy(anchored.package / "documents", tmp_path / "documents")
    with pytest.raises(ConfigError):
        recognise(tmp_path / "documents")
