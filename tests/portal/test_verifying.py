"""Verify in the room: the numbered checks, a file that was changed, and the command that says the same elsewhere."""

from __future__ import annotations

import html
import re
import shlex
import subprocess
import sys
from pathlib import Path

from ..tiny import clean_environment
from .conftest import words

RUN = "output/tiny/runs/IQ-001"


def test_the_command_that_is_shown_says_offline_what_the_page_says(visitors):
    room = visitors("iq-failed")
    browser = room.of("pavel.broz")
    told = browser.told(f"/verify?thing={RUN}&run=yes")
    line = re.search(r"(VERIFIED: all \d+ checks hold[^.]*?) trust roots:", told)
    assert line, told
    shown = html.unescape(re.search(r"<pre>(csvgen verify [^<]+)</pre>", browser.page).group(1))
    assert shown == f"csvgen verify {RUN} --trust trust/roots.pem"
    repository = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-m", *shlex.split(shown)], cwd=room.tiny.root, capture_output=True, text=True, check=False,
        env=clean_environment() | {"PYTHONPATH": str(repository)},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    last = done.stdout.splitlines()[-1]
    assert last.startswith("VERIFIED: all")
    assert last.split(";")[0] == line.group(1).split(";")[0]
    numbered = re.findall(r"^ +(\d+) ", done.stdout, re.MULTILINE)
    assert numbered == re.findall(r'data-title="No\.">(\d+)<', browser.page)


def test_a_changed_file_is_not_verified_and_the_check_says_where(visitors):
    room = visitors("iq-failed")
    journal = next((room.tiny.root / RUN).glob("journal.*.jsonl"))
    journal.write_bytes(journal.read_bytes().replace(b'"5"', b'"3"'))
    browser = room.of("pavel.broz")
    told = browser.told(f"/verify?thing={RUN}&run=yes")
    assert "NOT VERIFIED" in told
    assert "✗ fails" in told
    assert "was changed after sealing" in told or "does not follow the line before it" in told


def test_a_signed_document_shows_each_answer_of_each_signature(reading):
    browser = reading.of("pavel.broz")
    told = browser.told("/verify?thing=output/tiny/documents/TNY-URS/r1/TNY-URS-r1.pdf&run=yes")
    assert "Mara Ivens (fictitious)" in told
    assert "✓ VALID" in told
    assert "? unknown" in told, "nobody else vouches for the time"


def test_nothing_but_the_things_of_the_project_is_read(reading):
    browser = reading.of("pavel.broz")
    for name in ("/etc/passwd", "../..", "csvgen.toml", "trust", "records/records.db", "%3Cscript%3E"):
        answer = browser.get(f"/verify?thing={name}&run=yes")
        assert answer.status_code == 422, name
        assert "not one of the things of this project" in words(answer.text)
        assert "<script>%3" not in answer.text


def test_nothing_to_verify_is_said(visitors):
    assert "There is nothing to verify yet" in visitors("founded").of("pavel.broz").told("/verify")
