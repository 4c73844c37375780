"""People at the command line: founding, sessions, resets, devices; secrets typed at a terminal and found nowhere afterwards."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import re
import stat
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

import pyotp
import pytest

from csvgen.audit.ledger import open_ledger
from csvgen.cli import main
from csvgen.clock import SystemClock
from csvgen.store.database import open_database

from ..tiny import PASSPHRASE, TOML, clean_environment, make_project
from .house import ADMIN

pexpect = pytest.importorskip("pexpect")

INES, MARA = "bright-Otter-by-Night-74", "slow-Comet-over-Tiles-85"
SECURITY = '\n[security]\ncontact = "security@example.org"\noutbox = "alerts"\n'


class House:
    """A project made from nothing, by commands alone."""

    def __init__(self, root: Path) -> None:
        self.root = make_project(root)
        (root / "csvgen.toml").write_text(TOML + SECURITY, encoding="utf-8")
        self.screens = ""

    def run(self, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        """The entry point of the script, called in this process, without a terminal."""
        out, err = io.StringIO(), io.StringIO()
        with (
            Path(os.devnull).open(encoding="utf-8") as nothing, patch.object(sys, "stdin", nothing),
            patch.object(sys, "argv", ["csvgen", "-C", str(self.root), *arguments]),
            patch.dict(os.environ, clean_environment() | env, clear=True),
            contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), pytest.raises(SystemExit) as end,
        ):  # fmt: skip
            main()
        return subprocess.CompletedProcess(arguments, int(end.value.code), out.getvalue(), err.getvalue())

    def type(self, *arguments: str, answers: tuple[tuple[str, str], ...]) -> tuple[int, str]:
        """A command on a pseudo-terminal: (prompt, what is typed) in order; gives back its exit code and its screen."""
        shown = io.StringIO()
        child = pexpect.spawn(
            sys.executable, ["-m", "csvgen", "-C", str(self.root), *arguments], encoding="utf-8", timeout=60, dimensions=(60, 200),
            env=clean_environment(),
        )  # fmt: skip
        child.delaybeforesend, child.logfile_read = None, shown
        for prompt, text in answers:
            child.expect_exact(prompt)
            child.sendline(text)
        child.expect(pexpect.EOF)
        child.close()
        self.screens += shown.getvalue()
        return child.exitstatus, shown.getvalue()

    def activate(self, person: str, password: str, once: str = "", passphrase: str = PASSPHRASE) -> tuple[int, str]:
        new = (("New password", password), ("The same again", password), ("Passphrase of the custodian", passphrase))
        return self.type("people", "activate", person, answers=((("One-time secret", once), *new) if once else new))

    def log_in(self, person: str, password: str, *more: tuple[str, str]) -> tuple[int, str]:
        return self.type("login", answers=(("User id", person), ("Password", password), *more))

    def state(self, person: str) -> str:
        listed = json.loads(self.run("people", "list", "--format", "json").stdout)["accounts"]
        return next(a["state"] for a in listed if a["id"] == person)

    @property
    def ledger(self):
        return open_ledger(open_database(f"sqlite:///{self.root / 'records' / 'records.db'}"), SystemClock())

    def said(self, *arguments: str, code: int = 0, **env: str) -> str:
        done = self.run(*arguments, **env)
        assert done.returncode == code, done.stdout + done.stderr
        assert "internal error" not in done.stderr
        return done.stdout + done.stderr


def identify(house: House, person: str) -> None:
    house.said("people", "identify", person, "--method", "passport seen", "--by", "site administration", "--on", "2026-01-12")


def test_a_project_from_its_first_administrator_to_a_lost_device(tmp_path: Path) -> None:
    house = House(tmp_path / "project")

    # Founding: who has the files registers people, and can do nothing else.
    assert "no active administrator yet" in house.said("report", "plan", code=1)
    assert (
        house.type("pki", "init", answers=(("Passphrase of the custodian", PASSPHRASE), ("The same again", PASSPHRASE)))[0] == 0
    )
    house.said("people", "add", "ines.halvorsen", "--name", "Ines Halvorsen (fictitious)", "--role", "administrator")
    house.said(
        "people",
        "add",
        "mara.ivens",
        "--name",
        "Mara Ivens (fictitious)",
        "--role",
        "validation-lead",
        "--email",
        "mara@example.org",
    )
    assert "RR-D03" in house.said("people", "add", "labuser", "--name", "Lab User", "--role", "tester", code=1)
    assert "RR-U01" in house.said("people", "add", "mara-1vens", "--name", "Mara Ivens (fictitious)", "--role", "tester", code=1)
    zeno = ("people", "add", "zeno.zahn", "--name", "Zeno Zahn (fictitious)", "--role")
    assert "there is no role 'testor'" in house.said(*zeno, "testor", code=1), "a slip of the pen is told, not kept"
    assert "RR-U02" in house.said("people", "activate", "ines.halvorsen", code=1), "told before anybody types a secret"
    identify(house, "ines.halvorsen")
    identify(house, "mara.ivens")
    assert "RR-D01" in house.said("people", "activate", "mara.ivens", code=1), "an administrator is first"
    assert house.activate("ines.halvorsen", INES, passphrase=MARA)[0] == 1
    assert house.state("ines.halvorsen") == "pending", (
        "nobody is half activated: the founder would have left without a certificate"
    )
    assert house.activate("ines.halvorsen", INES)[0] == 0

    # In office: the founder is nobody from here on.
    assert "say who you are" in house.said(
        "people", "add", "eve.moss", "--name", "Eve Moss (fictitious)", "--role", "administrator", code=1
    )
    assert house.log_in("ines.halvorsen", MARA)[0] == 1
    assert house.log_in("ines.halvorsen", INES)[0] == 0
    (kept,) = (house.root / "records").glob("session-*")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert house.activate("mara.ivens", MARA)[0] == 0
    assert "only its owner replaces it" in house.said("people", "activate", "mara.ivens", code=1)

    # What is on record of a person, and by the person.
    assert "there is no role" in house.said(
        "people", "train", "mara.ivens", "--role", "validation", "--subject", "SOP-1", "--on", "2026-01-13", code=1
    )
    house.said("people", "train", "mara.ivens", "--role", "validation-lead", "--subject", "SOP-1", "--on", "2026-01-13")
    assert "nobody verifies their own" in house.said(
        "people", "identify", "ines.halvorsen", "--method", "m", "--by", "b", "--on", "2026-01-12", code=1
    )
    assert house.type("people", "acknowledge", "SOP-1 r2", answers=(("User id", "mara.ivens"), ("Password", MARA)))[0] == 0
    assert "RR-G03" in house.said("people", "role", "mara.ivens", "administrator", "tester", "--reason", "x", code=1)
    assert "RR-G01" in house.said("report", "plan", code=1), "an administrator does not compose"

    # A technical account: named in the environment, its token in a file.
    token = tmp_path / "runner.token"
    house.said("people", "add", "ci-runner", "--name", "Executes orders", "--owner", "mara.ivens", "--role", "automation")
    house.said("people", "token", "ci-runner", "--out", str(token), "--reason", "builds")
    assert stat.S_IMODE(token.stat().st_mode) == 0o600
    assert "cannot be made" in house.said("people", "token", "ci-runner", "--out", str(token), "--reason", "builds", code=2)
    runner = {"CSVGEN_ACCOUNT": "ci-runner", "CSVGEN_TOKEN_FILE": str(token)}
    house.said("report", "plan", **runner)
    assert "may not administer people" in house.said("people", "lock", "mara.ivens", "--reason", "x", code=1, **runner)
    wrong = tmp_path / "wrong.token"
    wrong.write_text("x" * 43)
    assert "RR-D02" in house.said("report", "urs", code=1, **(runner | {"CSVGEN_TOKEN_FILE": str(wrong)}))

    # A device: enrolled by its owner, asked for, lost.
    enrolled, codes = enrol(house, "mara.ivens", MARA)
    assert enrolled == 0
    assert house.log_in("mara.ivens", MARA, ("One-time code", "000000"))[0] == 1
    assert house.log_in("ines.halvorsen", INES)[0] == 0
    lost = house.type("people", "lost", "--reason", "left on the train", answers=(("User id", "mara.ivens"), ("Password", MARA)))
    assert lost[0] == 0

    # A reset: one secret, shown once, for one purpose.
    code, screen = house.type("people", "reset", "mara.ivens", "--reason", "password forgotten", answers=())
    assert code == 0
    once = re.search(r"shown once: (\S+)", screen)[1]
    assert house.log_in("mara.ivens", MARA)[0] == 1
    assert "verified again" in house.said("people", "activate", "mara.ivens", code=1)
    assert house.log_in("ines.halvorsen", INES)[0] == 0
    identify(house, "mara.ivens")
    assert house.activate("mara.ivens", MARA + "-new", once)[0] == 0
    mails = "".join(p.read_text() for p in (house.root / "alerts").glob("*.eml"))
    assert "mara@example.org" in mails
    assert "password reset by ines.halvorsen" in mails

    # The access list, now and then; log-out; and no secret anywhere but where it belongs.
    rows = {r["id"]: r for r in csv.DictReader(io.StringIO(house.run("people", "list", "--format", "csv").stdout))}
    assert (rows["mara.ivens"]["device"], rows["ines.halvorsen"]["roles"]) == ("lost", "administrator")
    then = json.loads(house.run("people", "list", "--as-of", "2020-01-01T00:00Z", "--format", "json").stdout)
    assert then["accounts"] == []
    assert "[RR-U03]" in house.run("people", "list").stderr
    house.said("logout")
    assert "say who you are" in house.said("people", "lock", "mara.ivens", "--reason", "x", code=1)
    assert house.ledger.problems() == ()
    written = b"".join(p.read_bytes() for p in house.root.rglob("*") if p.is_file())
    for secret in (INES, MARA, MARA + "-new", PASSPHRASE, once, token.read_text().strip(), codes):
        assert secret.encode() not in written
    for secret in (INES, MARA, PASSPHRASE):
        assert secret not in house.screens


def enrol(house: House, person: str, password: str) -> tuple[int, str]:
    """The device reads the key from the screen and answers with its first code."""
    child = pexpect.spawn(
        sys.executable, ["-m", "csvgen", "-C", str(house.root), "people", "enrol"], encoding="utf-8", timeout=60,
        dimensions=(60, 300), env=clean_environment(),
    )  # fmt: skip
    child.delaybeforesend = None
    for prompt, text in (("User id", person), ("Password", password)):
        child.expect_exact(prompt)
        child.sendline(text)
    child.expect(r"secret=([A-Z2-7]{32})&issuer=csvgen%20tiny")
    key = child.match[1]
    child.expect_exact("First one-time code")
    child.sendline(pyotp.TOTP(key).at(datetime.now(UTC)))
    child.expect(pexpect.EOF)
    child.close()
    return child.exitstatus, key


OTHER_PROCESS = """
import sys
from csvgen.audit.ledger import open_ledger
from csvgen.clock import SystemClock
from csvgen.model.audit import Actor
from csvgen.store.database import open_database

database = open_database(sys.argv[1])
with open_ledger(database, SystemClock()).change(Actor("a", "A", "b", "c")) as change:
    change.note("probe", "from another process")
database.close()
"""


def test_a_database_opened_twice_in_one_process_stays_whole_when_another_process_ends(tmp_path: Path) -> None:
    """POSIX drops all locks of a process on a file when any descriptor of it is closed; the gate and the command open the same file."""
    url = f"sqlite:///{tmp_path / 'records.db'}"
    first = open_ledger(open_database(url), SystemClock())
    with first.change(ADMIN) as change:
        change.note("probe", "first")
    second = open_ledger(open_database(url), SystemClock())
    for _ in range(2):
        subprocess.run([sys.executable, "-c", OTHER_PROCESS, url], check=True, env=dict(os.environ))
        for ledger in (first, second):
            with ledger.change(ADMIN) as change:
                change.note("probe", "again")
    assert [e.action for e in first.events()] == ["probe"] * 7
    assert second.problems() == ()
