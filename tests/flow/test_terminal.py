"""The flow as people see it: commands of their own, secrets typed on a terminal, refusals in words."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ..tiny import clean_environment, runner

pexpect = pytest.importorskip("pexpect")


def csvgen(root: Path, *arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "csvgen", "-C", str(root), *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env=env or clean_environment(), stdin=subprocess.DEVNULL
    )


class Screen:
    """One command on a pseudo-terminal, and everything that was shown on it."""

    def __init__(self, root: Path, *arguments: str) -> None:
        import io

        self.child = pexpect.spawn(
            sys.executable,
            ["-m", "csvgen", "-C", str(root), *arguments],
            encoding="utf-8",
            timeout=30,
            dimensions=(60, 160),
            env=clean_environment(),
        )
        self.child.delaybeforesend = None
        self.shown = self.child.logfile_read = io.StringIO()

    def type(self, *pairs: tuple[str, str]) -> None:
        for prompt, text in pairs:
            self.child.expect_exact(prompt)
            self.child.sendline(text)

    def end(self) -> tuple[int, str]:
        self.child.expect(pexpect.EOF)
        self.child.close()
        return self.child.exitstatus, self.shown.getvalue()


def test_session_at_the_desk_from_log_in_to_log_out(tiny):
    project = tiny("founded")
    project.report("plan", "risk")
    password = project.password("ruth.amsel")
    screen = Screen(project.root, "sign")
    screen.type(("User id", "ruth.amsel"), ("Password", password))
    screen.type(("Meaning", "approved"), ("Reason", "fit for its purpose"), ("User id", "ruth.amsel"), ("Password", password))
    screen.type(("Meaning", "approved"), ("Reason", "ratings agreed"))
    assert screen.child.expect_exact(["User id", "Password"]) == 1, "the second signing of a session asks for the password alone"
    screen.child.sendline(password)
    code, shown = screen.end()
    assert code == 0
    assert "2 signed." in shown
    assert password not in shown, "what is typed where nothing is echoed never appears"
    assert "sha256:" in shown
    assert "I approve this record for its purpose." in shown, "the statement is shown before it is signed"
    assert project.state.approved("plan")
    assert project.state.approved("risk")


def test_blank_meaning_leaves_a_record_unsigned(tiny):
    project = tiny("founded")
    project.report("plan")
    screen = Screen(project.root, "sign")
    screen.type(("User id", "ruth.amsel"), ("Password", project.password("ruth.amsel")), ("Meaning", ""))
    code, shown = screen.end()
    assert (code, "0 signed." in shown) == (0, True)
    assert not project.state.latest("TNY-VP").signatures


def test_wrong_password_at_the_terminal_is_refused_in_one_uniform_sentence(tiny):
    project = tiny("founded")
    answers = set()
    for user, password in (("ruth.amsel", "wrong wrong wrong"), ("no.such.person", "wrong wrong wrong"), ("ci-runner", "x")):
        screen = Screen(project.root, "sign")
        screen.type(("User id", user), ("Password", password))
        code, shown = screen.end()
        assert code == 1
        assert "Traceback" not in shown
        answers.add(shown.splitlines()[-1].strip())
    assert len(answers) == 1, answers


def test_refused_run_ends_with_findings_and_its_rule(tiny):
    project = tiny("specified")
    done = csvgen(project.root, "run", "OQ", "--formal", env=runner(project.root))
    assert (done.returncode, done.stdout) == (1, "")
    assert "RR-F02" in done.stderr


@pytest.mark.parametrize("arguments", [["sign"], ["pki", "init"], ["people", "activate", "ruth.amsel"]])
def test_acts_of_people_are_refused_without_a_terminal(tiny, arguments):
    """Neither a pipe nor a script signs, and there is no option that would take the secret."""
    project = tiny("founded")
    project.report("plan")
    count = project.ledger.head().count
    command = [sys.executable, "-m", "csvgen", "-C", str(project.root), *arguments]
    secret = project.password("ruth.amsel")
    typed = f"ruth.amsel\n{secret}\napproved\nx\nruth.amsel\n{secret}\n"
    done = subprocess.run(command, input=typed, capture_output=True, text=True, check=False, env=clean_environment())
    if arguments == ["sign"]:
        assert (done.returncode, "needs a terminal" in done.stderr) == (2, True)
        assert project.ledger.head().count == count
    else:
        assert (done.returncode, "say who you are" in done.stderr) == (1, True)
        assert project.ledger.events()[-1].action == "authority-refused"
    assert not project.state.latest("TNY-VP").signatures


def test_secret_comes_neither_from_the_environment_nor_from_an_argument(tiny):
    project = tiny("founded")
    project.report("plan")
    secret = project.password("ruth.amsel")
    names = ("CSVGEN_PASSWORD", "CSVGEN_SECRET", "CSVGEN_PASSPHRASE", "PASSWORD", "CSVGEN_SIGN_PASSWORD")
    environment = (
        clean_environment() | dict.fromkeys(names, secret) | {"CSVGEN_USER": "ruth.amsel", "CSVGEN_USER_ID": "ruth.amsel"}
    )
    for arguments in (["sign"], ["sign", "--password", secret], ["sign", f"--password={secret}"], ["sign", "-p", secret]):
        command = [sys.executable, "-m", "csvgen", "-C", str(project.root), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, stdin=subprocess.DEVNULL)
        assert done.returncode == 2
    assert not project.state.latest("TNY-VP").signatures
