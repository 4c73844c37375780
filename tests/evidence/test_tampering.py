"""Evidence that was touched: whatever is changed, removed, added or moved is told, before the seal and after it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from csvgen.canonical import canonical_json, digest_bytes, read_canonical
from csvgen.errors import NotIntact
from csvgen.evidence.attachments import attachment_path
from csvgen.evidence.seal import SEAL
from csvgen.model.execution import Verdict


def test_an_untouched_run_has_no_problem(finished) -> None:
    evidence = finished.read()
    assert evidence.problems == ()
    assert evidence.seal is None
    assert not evidence.sealed
    assert [r.verdict for r in evidence.results] == [Verdict.PASSED, Verdict.PASSED]


# ------------------------------------------------------------------ the journal

Lines = list[bytes]


def edited(line: bytes, old: str, new: str) -> bytes:
    assert old.encode() in line
    return line.replace(old.encode(), new.encode(), 1)


def forged(line: bytes) -> bytes:
    """A line written anew, canonical and with the right number and predecessor: only its own digest is another."""
    entry = read_canonical(line)
    entry["at"] = "2026-11-21T09:00:00.000000Z"
    return canonical_json(entry)


ATTACKS: dict[str, Callable[[Lines], Lines]] = {
    "a value changed": lambda x: [*x[:5], edited(x[5], '"holds":true', '"holds":false'), *x[6:]],
    "a line forged with its number and predecessor": lambda x: [*x[:5], forged(x[5]), *x[6:]],
    "a line removed": lambda x: [*x[:5], *x[6:]],
    "the first line removed": lambda x: x[1:],
    "two lines exchanged": lambda x: [*x[:5], x[6], x[5], *x[7:]],
    "a line twice": lambda x: [*x[:6], x[5], *x[6:]],
    "a line inserted": lambda x: [
        *x[:5],
        b'{"at":"","content":{},"format":"csvgen.journal/1","kind":"step","prev":"","seq":6}\n',
        *x[5:],
    ],
    "a blank put into a line": lambda x: [*x[:5], x[5].replace(b'":', b'": ', 1), *x[6:]],
    "a line that is not JSON": lambda x: [*x[:5], b"nothing\n", *x[5:]],
    "a line of another format": lambda x: [*x[:5], edited(x[5], "csvgen.journal/1", "csvgen.journal/2"), *x[6:]],
    "a byte that is no text": lambda x: [*x[:5], x[5][:10] + b"\xff" + x[5][10:], *x[6:]],
    "content that is a list": lambda x: [*x[:5], canonical_json({**json.loads(x[5]), "content": []}), *x[6:]],
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_touched_journal_is_told_by_line_and_cannot_be_sealed(finished, attack: str) -> None:
    finished.journal.write_bytes(b"".join(ATTACKS[attack](finished.lines())))
    evidence = finished.read()
    assert evidence.problems
    assert evidence.problems[0].startswith("journal.main.jsonl: line ")
    assert evidence.results[1].verdict is not Verdict.PASSED, "nothing behind the damage counts"
    with pytest.raises(NotIntact, match="cannot be sealed"):
        finished.seal()
    assert not (finished.folder / SEAL).exists()


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_touched_journal_of_a_sealed_run_is_told(sealed, attack: str) -> None:
    sealed.journal.write_bytes(b"".join(ATTACKS[attack](sealed.lines())))
    evidence = sealed.read()
    assert not evidence.sealed
    assert "journal.main.jsonl was changed after sealing" in evidence.problems
    assert "the journals do not end as sealed" in evidence.problems


def test_lines_missing_at_the_end_are_told_by_the_seal(sealed) -> None:
    """The chain alone cannot know; the seal names the last line."""
    sealed.journal.write_bytes(b"".join(sealed.lines()[:-1]))
    evidence = sealed.read()
    assert evidence.problems == ("journal.main.jsonl was changed after sealing", "the journals do not end as sealed")


def test_a_whole_journal_written_anew_is_told_by_the_seal(sealed) -> None:
    """Every digest of the chain made anew: consistent in itself, and not what was sealed."""
    plan = digest_bytes((sealed.folder / "run.json").read_bytes())
    head, lines = plan, []
    for line in sealed.lines():
        entry = read_canonical(line) | {"prev": head}
        lines.append(canonical_json(json.loads(json.dumps(entry).replace('"it answers"', '"it answers well"'))))
        head = digest_bytes(lines[-1])
    sealed.journal.write_bytes(b"".join(lines))
    evidence = sealed.read()
    assert not any("line" in p for p in evidence.problems)
    assert "journal.main.jsonl was changed after sealing" in evidence.problems


def test_a_verdict_better_than_its_steps_is_told(begun) -> None:
    """Written by a recorder that lies: the chain is whole, the verdict does not follow from the steps."""
    from csvgen.evidence.journal import Journal

    begun.record(begun.case(1))
    entries = [read_canonical(line) for line in begun.lines()]
    begun.journal.unlink()
    journal = Journal(begun.folder, "main", digest_bytes((begun.folder / "run.json").read_bytes()))
    for entry in entries:
        content = json.loads(json.dumps(entry["content"]))
        if entry["kind"] == "case-finished":
            content["result"]["steps"][2]["verdict"] = "FAILED"
        journal.write(entry["kind"], entry["at"], **content)
    journal.close()
    assert begun.read().problems == ("TC-OQ-0001 says PASSED but not all of its steps do",)


# ------------------------------------------------------------------ attachments


@pytest.mark.parametrize("when", ["before the seal", "after it"])
@pytest.mark.parametrize("touch", ["changed", "missing"])
def test_a_touched_attachment_is_told(finished, when: str, touch: str) -> None:
    if when == "after it":
        finished.seal()
    path = finished.attachment()
    assert path == finished.folder / attachment_path(digest_bytes(b"what was seen"))
    if touch == "changed":
        path.chmod(0o644)
        path.write_bytes(b"what was wished for")
    else:
        path.unlink()
    problems = finished.read().problems
    assert f"evidence TC-OQ-0001.3.1 {'was changed' if touch == 'changed' else 'is missing'}" in problems
    assert f"evidence TC-OQ-0002.3.1 {'was changed' if touch == 'changed' else 'is missing'}" in problems, (
        "both cases point to it"
    )
    if when == "before the seal":
        with pytest.raises(NotIntact, match="cannot be sealed"):
            finished.seal()
    else:
        name = path.relative_to(finished.folder).as_posix()
        assert f"{name} was changed after sealing" in problems or f"{name} is sealed but missing" in problems


def test_an_attachment_in_place_of_another_is_told(begun) -> None:
    """Two runs' worth of evidence in one folder, the content of one put in place of the other: each whole, neither itself."""
    begun.record(begun.case(1), worker="main", attach=b"first")
    begun.record(begun.case(2), worker="gw1", attach=b"second")
    first, second = (begun.folder / attachment_path(digest_bytes(data)) for data in (b"first", b"second"))
    assert begun.read().problems == ()
    first.chmod(0o644)
    first.write_bytes(second.read_bytes())
    assert begun.read().problems == ("evidence TC-OQ-0001.3.1 was changed",)


def test_a_run_without_its_seal_is_visibly_unsealed(sealed) -> None:
    (sealed.folder / SEAL).unlink()
    evidence = sealed.read()
    assert evidence.seal is None
    assert evidence.digest is None
    assert not evidence.sealed


# ------------------------------------------------------------------ the sealed folder


@pytest.mark.parametrize(
    ("touch", "words"),
    [
        (
            lambda f: (f / "run.json").write_bytes(
                (f / "run.json").read_bytes().replace(b'"account":"tests"', b'"account":"testt"')
            ),
            "run.json was changed after sealing",
        ),
        (lambda f: (f / "journal.main.jsonl").unlink(), "journal.main.jsonl is sealed but missing"),
        (lambda f: (f / "more.txt").write_bytes(b"x"), "more.txt is not part of the sealed run"),
        (lambda f: (f / "journal.gw9.jsonl").write_bytes(b""), "journal.gw9.jsonl is not part of the sealed run"),
        (lambda f: (f / "seal.json").write_bytes(b"{}\n"), "not of a format known here"),
        (lambda f: (f / "seal.json").write_bytes((f / "seal.json").read_bytes() + b" "), "not the canonical spelling"),
        (lambda f: (f / "seal.json").write_bytes(b"\x00"), "not a canonical JSON record"),
    ],
)
def test_a_touched_sealed_folder_is_told(sealed, touch: Callable[[Path], object], words: str) -> None:
    touch(sealed.folder)
    evidence = sealed.read()
    assert not evidence.sealed
    assert any(words in p for p in evidence.problems), evidence.problems


def test_a_seal_with_other_contents_does_not_carry_its_signature(sealed) -> None:
    from csvgen.crypto import cms
    from csvgen.errors import CsvgenError

    body = (sealed.folder / "seal.json").read_bytes()
    signature = (sealed.folder / "seal.p7s").read_bytes()
    assert cms.verify(body, signature, "seal.p7s")
    with pytest.raises(CsvgenError):
        cms.verify(body.replace(b'"complete":true', b'"complete":fals'), signature, "seal.p7s")


def test_a_plan_exchanged_with_its_whole_journal_is_told(sealed, tmp_path: Path) -> None:
    """run.json and journal of another run, each whole: the seal names the plan it was made for."""
    body = json.loads((sealed.folder / "run.json").read_bytes())
    (sealed.folder / "run.json").write_bytes(canonical_json(body | {"account": "somebody"}))
    assert "run.json is not the plan that was sealed" in sealed.read().problems


def test_a_plan_that_cannot_be_read_is_an_error_with_its_place(finished) -> None:
    (finished.folder / "run.json").write_bytes(b'{"format":"csvgen.run/2"}\n')
    with pytest.raises(NotIntact, match="not of a format known here") as caught:
        finished.read()
    assert caught.value.where.endswith("run.json")


def test_a_run_is_sealed_once(sealed) -> None:
    before = (sealed.folder / SEAL).read_bytes()
    with pytest.raises(NotIntact, match="sealed already"):
        sealed.seal()
    assert (sealed.folder / SEAL).read_bytes() == before
