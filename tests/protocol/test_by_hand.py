"""Cases written by hand: their ids come from the lock and stay theirs, the same findings find them, and no drafting touches them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from csvgen.protocol.adopt import adopt
from csvgen.protocol.draft import draft
from csvgen.protocol.files import State, read_lock, read_protocol, standings
from csvgen.spec.load import load_system
from csvgen.templates import Templates

from .conftest import Project

FILE = "OQ/URS-P-001.feature"
OWN = """@OQ @URS-P-001 @risk-low
Feature: The label printer

  Scenario: {tc} out of paper
    Given the probe is on
    When somebody asks
    Then the answer is "hello"
"""


def drafted_now(project: Project):
    spec = load_system(project.specs, "probe").spec
    assert spec is not None
    return draft(spec, read_lock(project.protocols), Templates(None, str))


def adopted(project: Project, path: str = FILE, reason: str = "The rig needs a step that no pattern has."):
    """As the command does it, without the records that the audit event goes to (tests/flow/test_drafting.py has these)."""
    made = adopt(project.protocols, path, reason, drafted_now(project))
    (project.protocols / path).write_bytes(made.text)
    (project.protocols / "protocols.lock").write_bytes(made.lock)
    return made


def edit(project: Project) -> None:
    project.edit(f"protocols/probe/{FILE}", "      When somebody asks", "      When somebody asks\n      And waits for a minute")


def state(project: Project, path: str = FILE) -> State:
    return next(s.state for s in standings(project.protocols, drafted_now(project)) if s.path == path)


# ------------------------------------------------------------------ adopting


def test_an_adopted_file_is_left_alone_and_keeps_its_ids(drafted) -> None:
    before = drafted.ids()
    edit(drafted)
    assert state(drafted) is State.EDITED
    made = adopted(drafted)
    assert (made.cases, made.left_out) == (("TC-OQ-0001",), ())
    assert state(drafted) is State.BY_HAND
    text = drafted.files()[FILE]
    assert drafted.csvgen("draft").code == 0
    assert drafted.csvgen("draft", "--check").code == 0
    assert (drafted.files()[FILE], drafted.ids()) == (text, before)
    assert b"# csvgen: reason The rig needs a step that no pattern has.\n" in text
    protocol, findings = read_protocol(drafted.protocols, "probe")
    assert not findings.errors
    assert [s.text for s in protocol.case["TC-OQ-0001"].steps][2] == "waits for a minute"


def test_the_reason_stands_in_the_lock_for_ever(drafted) -> None:
    before = drafted.files()["protocols.lock"]
    edit(drafted)
    adopted(drafted)
    after = drafted.files()["protocols.lock"]
    assert after.startswith(before)
    entry = json.loads(after[len(before) :])
    assert (entry["adopted"], entry["reason"]) == (FILE, "The rig needs a step that no pattern has.")
    assert drafted.csvgen("draft").code == 0
    assert drafted.files()["protocols.lock"] == after


def test_an_id_of_an_adopted_file_outlives_the_row_it_was_drafted_for(drafted) -> None:
    """Taking the row out of the specification would retire the id; a file written by hand still uses it."""
    path = "OQ/URS-P-002.feature"
    drafted.edit(f"protocols/probe/{path}", "holds the user id", "holds the user id twice")
    adopted(drafted, path)
    drafted.edit("urs/urs.yaml", "weak: [holds the user id, is one character repeated]", "weak: [is one character repeated]")
    assert drafted.csvgen("draft").code == 0
    assert "TC-OQ-0006" in drafted.ids().values()
    assert not read_protocol(drafted.protocols, "probe")[1].errors


def test_a_change_of_what_it_was_drafted_from_asks_for_another_look(drafted) -> None:
    edit(drafted)
    adopted(drafted)
    drafted.edit("urs/urs.yaml", "shall greet whoever asks", "shall greet whoever asks nicely")
    said = drafted.csvgen("draft", "--check")
    assert said.code == 1
    assert f"hand-written {FILE}" in said.out
    assert "has changed since it was adopted" in said.out
    text = drafted.files()[FILE]
    assert drafted.csvgen("draft").code == 0
    assert drafted.files()[FILE] == text
    adopted(drafted, reason="Looked at; still right.")
    assert drafted.csvgen("draft", "--check").code == 0
    assert drafted.files()[FILE].count(b"# csvgen: reason") == 1


def test_taking_the_header_away_does_not_make_a_file_ones_own(drafted) -> None:
    path = drafted.protocols / FILE
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[3:]))
    said = drafted.csvgen("draft", "--check")
    assert (said.code, said.out.split()[:2]) == (1, ["edited", FILE])
    assert "csvgen adopt" in drafted.csvgen("draft").error


def test_a_file_that_was_given_up_is_drafted_again_under_the_same_ids(drafted) -> None:
    before, fresh = drafted.ids(), drafted.files()[FILE]
    edit(drafted)
    adopted(drafted)
    (drafted.protocols / FILE).unlink()
    assert drafted.csvgen("draft").code == 0
    assert (drafted.files()[FILE], drafted.ids()) == (fresh, before)
    path = drafted.protocols / FILE
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[3:]))
    assert state(drafted) is State.EDITED, "the reason of then is no reason for now"


REFUSED = {
    "nobody edited it": (lambda _p: None, "nobody edited it", FILE, "because"),
    "no such file": (lambda _p: None, "there is no feature file", "OQ/URS-P-404.feature", "because"),
    "a reason that says nothing": (edit, "must say something", FILE, " - "),
    "a reason of two lines": (edit, "one line of printable text", FILE, "one\ntwo"),
    "a reason with a hidden character": (edit, "one line of printable text", FILE, "right\u202eleft"),
    "an id that the lock does not hold": (
        lambda p: p.edit(f"protocols/probe/{FILE}", "TC-OQ-0001", "TC-OQ-0777"), "not an active id", FILE, "because",
    ),
    "an id of another file": (
        lambda p: p.edit(f"protocols/probe/{FILE}", "TC-OQ-0001", "TC-OQ-0002"), "stands twice", "OQ/URS-P-002.feature", "because",
    ),
    "a case that looks at nothing": (
        lambda p: p.edit(f"protocols/probe/{FILE}", 'Then the answer is "hello"', "And nothing"), "looks at nothing", FILE, "because",
    ),
    "a file that is not Gherkin": (
        lambda p: p.edit(f"protocols/probe/{FILE}", "Feature:", "Fature:"), "not Gherkin", FILE, "because",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_may_not_be_adopted_is_refused_and_nothing_is_written(drafted, name: str) -> None:
    change, words, path, reason = REFUSED[name]
    change(drafted)
    if name == "an id of another file":
        drafted.edit(f"protocols/probe/{path}", "a good password", "a very good password")
    before = drafted.files()
    from csvgen.errors import CsvgenError

    with pytest.raises(CsvgenError, match=words):
        adopt(drafted.protocols, path, reason, drafted_now(drafted))
    assert drafted.files() == before


# ------------------------------------------------------------------ numbering


def test_a_case_of_ones_own_takes_its_id_from_the_lock(drafted) -> None:
    said = drafted.csvgen("number", "OQ", "printer, out of paper", "printer, jammed")
    assert said.out == "TC-OQ-0008  printer, out of paper\nTC-OQ-0009  printer, jammed\n"
    (drafted.protocols / "OQ" / "printer.feature").write_text(OWN.format(tc="TC-OQ-0008"), encoding="utf-8")
    assert drafted.csvgen("check").code == 0
    assert drafted.csvgen("draft").code == 0
    protocol, findings = read_protocol(drafted.protocols, "probe")
    assert not findings.errors
    assert protocol.case["TC-OQ-0008"].requirements == ("URS-P-001",), "it serves its requirement like a drafted one"
    assert drafted.csvgen("number", "OQ", "printer, jammed").out == "TC-OQ-0009  printer, jammed\n", "asked again, told again"
    drafted.edit("urs/urs.yaml", "weak: [holds", "weak: [is all blanks, holds")
    assert drafted.csvgen("draft").code == 0
    assert drafted.ids()["URS-P-002/ac-1/weak/weak=is all blanks"] == "TC-OQ-0010", "the number is taken"


def test_the_same_findings_find_a_case_of_ones_own(drafted) -> None:
    assert drafted.csvgen("number", "OQ", "printer").code == 0
    path = drafted.protocols / "OQ" / "printer.feature"
    path.write_text(OWN.format(tc="TC-OQ-0008").replace("    Then the answer", "    And the answer"), encoding="utf-8")
    assert "PRT416 TC-OQ-0008 has no Then" in drafted.csvgen("check", "--format", "concise").out
    path.write_text(OWN.format(tc="TC-OQ-0099"), encoding="utf-8")
    assert "PRT418 TC-OQ-0099 is not an active id" in drafted.csvgen("check", "--format", "concise").out


def test_an_id_of_ones_own_is_retired_by_its_owner_alone(drafted) -> None:
    assert drafted.csvgen("number", "OQ", "printer").code == 0
    path = drafted.protocols / "OQ" / "printer.feature"
    path.write_text(OWN.format(tc="TC-OQ-0008"), encoding="utf-8")
    assert "still stands in a feature file" in drafted.csvgen("number", "--retire", "TC-OQ-0008").error
    assert "drafting retires it" in drafted.csvgen("number", "--retire", "TC-OQ-0001").error
    path.unlink()
    assert drafted.csvgen("number", "--retire", "TC-OQ-0008").code == 0
    assert "not an active id" in drafted.csvgen("number", "--retire", "TC-OQ-0008").error
    assert drafted.csvgen("number", "OQ", "printer").out == "TC-OQ-0009  printer\n", "never the same number again"


@pytest.mark.parametrize("key", ["", " ", "a\nb", "a\u202eb", "x" * 500])
def test_a_key_is_one_readable_line(drafted, key: str) -> None:
    before = drafted.files()
    assert drafted.csvgen("number", "OQ", key).code == 1
    assert drafted.files() == before


# ------------------------------------------------------------------ two at once, and a death between


def test_two_processes_never_give_one_number_twice(drafted) -> None:
    """Each holds the folder while it reads and writes the lock."""
    command = [sys.executable, "-m", "csvgen", "-C", str(drafted.root), "number", "OQ"]
    running = [subprocess.Popen([*command, f"key {n}"], stdout=subprocess.PIPE, text=True) for n in range(4)]
    given = [p.communicate()[0].split()[0] for p in running]
    assert len(set(given)) == 4
    assert sorted(given) == ["TC-OQ-0008", "TC-OQ-0009", "TC-OQ-0010", "TC-OQ-0011"]


def test_a_lock_that_grew_meanwhile_is_not_overwritten(drafted, monkeypatch: pytest.MonkeyPatch) -> None:
    from csvgen.protocol import redraft

    inner = redraft.draft

    def slow(spec, lock, templates):
        done = inner(spec, lock, templates)
        path = drafted.protocols / "protocols.lock"
        path.write_bytes(path.read_bytes() + b'{"key":"hand/other","tc":"TC-OQ-0008"}\n')
        return done

    monkeypatch.setattr(redraft, "draft", slow)
    drafted.edit("urs/urs.yaml", "weak: [holds", "weak: [is all blanks, holds")
    before = drafted.files()
    said = drafted.csvgen("draft")
    assert (said.code, "was changed meanwhile" in said.error) == (1, True)
    assert {k: v for k, v in drafted.files().items() if k != "protocols.lock"} == {
        k: v for k, v in before.items() if k != "protocols.lock"
    }


DIE = """
import os, signal, sys
from csvgen import canonical
from csvgen.cli import main

inner, count = getattr(canonical, {name!r}), 0


def dying(*arguments, **more):
    global count
    count += 1
    if count == {number}:
        os.kill(os.getpid(), signal.SIGKILL)
    return inner(*arguments, **more)


canonical.{name} = dying
sys.argv = ["csvgen", "-C", {root!r}, "draft"]
main()
"""


@pytest.mark.parametrize(
    ("name", "number"), [("stage", 1), ("_fsync_folder", 1), ("stage", 2), ("stage", 4), ("_fsync_folder", 2)]
)
def test_killed_anywhere_nothing_is_half_written(project, name: str, number: int) -> None:
    """Before the lock, after it, among the files: each file is whole or not there, and the next draft finishes what was begun."""
    script = DIE.format(name=name, number=number, root=str(project.root))
    done = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True, env={**os.environ})
    assert done.returncode == -signal.SIGKILL, done.stderr
    partial = {k: v for k, v in project.files().items() if k.endswith(".feature")}
    other = Project(project.root / "other")
    other.root.mkdir()
    import shutil

    shutil.copytree(project.specs, other.specs)
    (other.root / "csvgen.toml").write_bytes((project.root / "csvgen.toml").read_bytes())
    assert other.csvgen("draft").code == 0
    assert all(other.files()[k] == v for k, v in partial.items()), "whole, or not there"
    assert project.csvgen("draft").code == 0
    assert project.files() == other.files(), "the same files and ids, and no litter"
    assert Path(project.protocols).is_dir()
