"""The worked example from end to end, in a project folder of its own under output/demo.

    python examples/qc-release/demo.py          (make demo does this in a virtual environment)

Nothing here signs by itself: the script types what the fictitious people would type, both components at each signing, into
the same `csvgen sign` that a person uses, through a pseudo-terminal (see `commands`). The passwords are made up anew each time and kept
nowhere. The run is sealed by a system key, which is never a signature.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pexpect
from commands import Command, Terminal

from csvgen.model.signature import REASONS

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
SYSTEM = "qc-release"
STAGES = 16
LOOKS = 2.2
"""Seconds for which a person looks before an answer is typed. Faster answers are flagged for the reviewer, as nobody reads in less."""

ADMINISTRATOR = "ines.halvorsen"
ROLES = {
    "mara.ivens": ("authored",),
    "oskar.lindqvist": ("reviewed", "verified", "responsible"),
    "tomas.feld": ("reviewed", "responsible"),
    "ruth.amsel": ("approved",),
    "nadia.corso": ("issued", "performed"),
    "pavel.broz": ("reviewed",),
}

LATER = ("configuration-baseline", "deviation-log", "evidence-index", "traceability-matrix", "regulatory-assessment")
"""Documents over all phases, composed when the last of them is closed."""
READ = (
    "table 1 of the PDF has the five results that the list above has, word for word",
    "limit, result, unit and verdict of potency, Imp-A, Imp-B, total impurities and area Main stand in one line each; nothing is cut off; page 1 is kept at step 11",
    "RELEASED at the top of each page; table 2 names Validation Quality, released, with date and time; read in the PDF kept at step 10",
)
"""What is typed about the certificate, check by check. A test holds the printed certificate to it."""


class Demonstration:
    """One run through the flow. Every command is a process of its own, as a user would start it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.passwords = {person: secrets.token_urlsafe(15) for person in (ADMINISTRATOR, *ROLES)}
        self.passphrase = secrets.token_urlsafe(18)
        self.stage_number = 0
        self.started = time.monotonic()
        self.log = (folder / "demo.log").open("w", encoding="utf-8")

    # ------------------------------------------------------------ running commands

    def stage(self, text: str) -> None:
        self.stage_number += 1
        print(f"[{self.stage_number:>2}/{STAGES}] {time.monotonic() - self.started:5.1f} s  {text}", flush=True)

    def csvgen(self, *arguments: str, expect: int = 0) -> str:
        """Run a command; its exit code must be the one expected. Returns all it printed."""
        return self.finish(self.begin(*arguments), expect)

    def begin(self, *arguments: str) -> Command:
        """Start a command, to be finished later: what does not wait for each other is done at the same time.

        The administrator's session does what administers; the technical account, with its token, does the rest.
        """
        token = self.folder / "ci-runner.token"
        by_administrator = arguments[0] in ("people", "target") or not token.exists()
        account = {} if by_administrator else {"CSVGEN_ACCOUNT": "ci-runner", "CSVGEN_TOKEN_FILE": str(token)}
        return Command(("-C", str(self.folder), *arguments), account)

    def finish(self, command: Command, expect: int = 0) -> str:
        code, printed = command.finish()
        words = f"csvgen {' '.join(command.arguments[2:])}"
        self.tell(f"$ {words}\n{printed}[{time.monotonic() - command.begun:.1f} s]\n")
        if code != expect:
            sys.exit(f"{words} ended with {code}, expected {expect}:\n{printed}")
        return printed

    def terminal(self, *arguments: str) -> Terminal:
        return Terminal("-C", str(self.folder), *arguments)

    def ended(self, terminal: Terminal, what: str) -> None:
        code, screen = terminal.finish()
        self.tell(screen)
        if code != 0:
            sys.exit(f"{what} ended with {code}; see {self.log.name}\n{screen[-2000:]}")

    def tell(self, text: str) -> None:
        self.log.write(text + "\n")
        self.log.flush()

    # ------------------------------------------------------------ acts of people

    def make_authority(self) -> None:
        child = self.terminal("pki", "init")
        for prompt in ("Passphrase of the custodian", "The same again"):
            child.expect_exact(prompt)
            child.sendline(self.passphrase)
        self.ended(child, "pki init")

    def activate(self, person: str) -> None:
        child = self.terminal("people", "activate", person)
        for prompt, secret in (
            ("New password of", self.passwords[person]),
            ("The same again", self.passwords[person]),
            ("Passphrase of the custodian", self.passphrase),
        ):
            child.expect_exact(prompt)
            child.sendline(secret)
        self.ended(child, f"activation of {person}")

    def log_in(self, person: str) -> None:
        """A session that later commands go on with. No signature counts on it."""
        child = self.terminal("login")
        child.expect_exact("User id")
        child.sendline(person)
        child.expect_exact("Password")
        child.sendline(self.passwords[person])
        self.ended(child, f"log-in of {person}")

    def take_office(self, owner: str) -> None:
        """The administrator is in office; who founded the project can do nothing from here on. `owner` answers for the technical account."""
        self.activate(ADMINISTRATOR)
        self.log_in(ADMINISTRATOR)
        self.activate(owner)
        token = str(self.folder / "ci-runner.token")
        self.csvgen("people", "token", "ci-runner", "--out", token, "--reason", "composes, executes and exports")

    def sign(self, person: str, reason: str, code: str = "fit-for-purpose") -> int:
        """One session of one person at the signing desk; returns how many records were signed."""
        child = self.terminal("sign")
        child.expect_exact("User id")
        child.sendline(person)
        child.expect_exact("Password")
        child.sendline(self.passwords[person])
        signed = 0
        _, counted, ended = range(3)
        while True:
            found = child.expect([r"waits for: (\w+) as", r"(\d+) signed\.", pexpect.EOF])
            if found == ended:
                break
            if found == counted:
                signed = int(child.match[1])
                continue
            meaning = child.match[1]
            if meaning not in ROLES[person]:
                sys.exit(f"{person} is asked for {meaning!r}, which is not theirs")
            child.expect_exact("Meaning")
            child.sendline(meaning)
            child.expect_exact("Code of the reason")
            child.sendline(code if meaning == "approved" else next(iter(REASONS[meaning])))
            child.expect_exact("Reason in your own words")
            child.sendline(reason)
            asked = child.expect_exact(["User id", "Password"])
            if asked == 0:
                child.sendline(person)
                child.expect_exact("Password")
            child.sendline(self.passwords[person])
            child.expect(r"Signed \d{4}-\d\d-\d\d")
        self.ended(child, f"signing by {person}")
        if not signed:
            sys.exit(f"nothing waited for {person}; see {self.log.name}")
        return signed

    def attend(self, phase: str, person: str, *seen: str) -> None:
        """The cases of a person, at a terminal: what `person` saw, one answer for each check, each judged as passed."""
        child = self.terminal("run", phase, "--formal", "--attended")
        child.expect_exact("User id")
        child.sendline(person)
        child.expect_exact("Password")
        child.sendline(self.passwords[person])
        for number, words in enumerate(seen):
            child.expect_exact("Actual result")
            if number == 0 and (page := self.page_looked_at(str(child.before))) is not None:
                child.sendline("a")
                child.expect_exact("File (blank for none)")
                child.sendline(str(page))
                child.expect_exact(" attached ")
                child.expect_exact("Actual result")
            time.sleep(LOOKS)
            child.sendline(words)
            child.expect_exact("Verdict (p")
            child.sendline("p")
        child.expect_exact("Enter finishes the case")
        child.sendline("")
        self.ended(child, f"the attended cases of the {phase}")

    def page_looked_at(self, screen: str) -> Path | None:
        """A picture of the page that the terminal names, made while the person looks at it; none where there is no pdftoppm."""
        named = re.findall(r"kept: certificate of [^\r\n]*\(application/pdf, \d+ bytes\): (\S+)", screen)
        if not named or shutil.which("pdftoppm") is None:
            return None
        page = self.folder / "certificate-page-1"
        subprocess.run(["pdftoppm", "-r", "90", "-f", "1", "-l", "1", "-singlefile", "-png", named[-1], str(page)], check=True)
        return page.with_suffix(".png")

    def signed_by(self, *people: str, reason: str, code: str = "fit-for-purpose") -> int:
        """One after the other: each waits for the signature before theirs."""
        return sum(self.sign(person, reason, code) for person in people)

    # ------------------------------------------------------------ the flow

    def run_phase(self, phase: str, *, expect: int, retest: str = "") -> None:
        arguments = ["--retest", retest] if retest else []
        self.csvgen("order", phase, "--account", "ci-runner", *arguments)
        self.signed_by("nadia.corso", reason="trained on the protocol; instance ready")
        self.csvgen("run", phase, "--formal", expect=expect)

    def close_phase(self, *runs: str) -> None:
        self.csvgen("record", *runs)
        self.signed_by("nadia.corso", reason="execution watched from begin to seal")
        self.signed_by("pavel.broz", reason="executed record reviewed step by step")

    def report(self, phase: str, *people: str) -> None:
        self.csvgen("report", f"{phase.lower()}-report")
        self.signed_by(*people, reason=f"{phase} concluded by the stated rule")

    def people(self) -> Command:
        """Authority and people; the first documents are composed meanwhile."""
        self.stage("a small certificate authority is made; the administrator takes office and activates the people")
        self.csvgen("check", SYSTEM)
        self.csvgen("draft", "--check")
        self.make_authority()
        self.csvgen("people", "import", str(HERE / "people.yaml"))
        self.activate(ADMINISTRATOR)  # who founded the project can do nothing from here on
        self.log_in(ADMINISTRATOR)
        self.activate("tomas.feld")  # answers for the technical account
        self.csvgen(
            "people", "token", "ci-runner", "--out", str(self.folder / "ci-runner.token"), "--reason", "runs the executions"
        )
        composing = self.begin(
            "report", "plan", "urs", "fs", "risk", "system-description", "procedures"
        )  # needs nobody's key: meanwhile
        for person in (p for p in ROLES if p != "tomas.feld"):
            self.activate(person)
        return composing

    def whole(self) -> None:
        composing = self.people()

        self.stage("plan, requirements, functional specification and risk assessment are composed and signed")
        self.finish(composing)
        everybody = ("mara.ivens", "oskar.lindqvist", "tomas.feld", "ruth.amsel")
        count = self.signed_by(*everybody, reason="initial issue for release 1.0.0")
        print(self.csvgen("show", "QCR-URS"))

        self.stage(f"{count} signatures; IQ, OQ and PQ protocol are composed and signed before anything is executed")
        self.csvgen("report", "iq-protocol", "oq-protocol", "pq-protocol")
        installing = self.begin("target", "install", "validation", "--set", "failures_to_lock=5", "--set", "idle_seconds=5")
        self.signed_by(*everybody, reason="protocol fixes expected results before execution")
        self.csvgen("run", "OQ", "--formal", expect=1)  # refused: nothing is ordered, and the IQ is not closed

        self.stage("a validation instance is installed, with one configuration value that is not the approved one")
        self.finish(installing)

        self.stage("IQ, first run: the wrong value is found")
        self.run_phase("IQ", expect=1)
        case = self.failed("IQ-001")

        self.stage(f"the deviation of {case} is investigated, corrected and dispositioned by signature")
        reason = "CHG-2026-0117 approved value of the baseline"
        self.csvgen("target", "configure", "validation", "failures_to_lock", "3", "--reason", reason)
        self.investigate("DEV-001", "investigation-configuration.yaml", case)

        self.stage("IQ, second run: the released retest of that case")
        self.run_phase("IQ", expect=0, retest=case)
        self.close_phase("IQ-001", "IQ-002")

        self.stage("the IQ report is composed and signed; the gate to the OQ opens")
        self.report("IQ", "mara.ivens", "tomas.feld", "ruth.amsel")

        self.stage("OQ: every script against the running system")
        self.run_phase("OQ", expect=1)
        blocked = self.failed("OQ-001")

        self.stage(
            f"{blocked} is blocked (the validation has no second site); its gap is accepted with a restriction, by signature"
        )
        self.investigate("DEV-002", "investigation-backup.yaml", blocked)
        self.close_phase("OQ-001")
        self.report("OQ", "mara.ivens", "tomas.feld", "ruth.amsel")

        self.stage("PQ: three lots, by the roles that do this work; what a person has to judge waits")
        self.run_phase("PQ", expect=1)

        self.stage("a person reads the certificate of a fourth lot; that ends the run and seals it")
        self.attend("PQ", "nadia.corso", *READ)
        self.close_phase("PQ-001")

        self.stage("the PQ report is composed and signed")
        self.report("PQ", "mara.ivens", "oskar.lindqvist", "ruth.amsel")

        self.stage("what the validation came to: logs, matrix, assessment, summary and release certificate")
        self.conclude()

        self.stage("matrix and package")
        exporting = self.begin("export", "package")
        self.csvgen("trace", expect=1)  # one honest gap row
        self.finish(exporting)

        self.stage("csvgen verify")
        package = self.folder / SYSTEM / "package"
        print(self.csvgen("verify", str(package)))
        self.farewell(package)

    def conclude(self) -> None:
        """Documents over all phases; then the summary, which waits for them; then the certificate, which waits for the summary."""
        self.csvgen("report", *LATER)
        self.signed_by("mara.ivens", "ruth.amsel", reason="drawn from the records of this validation")
        self.csvgen("report", "validation-summary")
        self.signed_by("mara.ivens", "oskar.lindqvist", "ruth.amsel", reason="the summary says what the rule gives")
        self.csvgen("report", "release-certificate")
        self.signed_by("oskar.lindqvist", "ruth.amsel", reason="may be used with the restriction it names")

    def investigate(self, deviation: str, file: str, case: str) -> None:
        text = (HERE / file).read_text(encoding="utf-8").replace("@CASE@", case)
        copy = self.folder / file
        copy.write_text(text, encoding="utf-8")
        self.csvgen("deviation", "investigate", deviation, "--file", str(copy))
        agreed = "cause and impact understood; disposition as stated"
        self.signed_by("tomas.feld", "ruth.amsel", reason=agreed, code="disposition-agreed")

    def failed(self, run: str) -> str:
        """The one case of a run that did not pass."""
        found = re.findall(rf"(TC-\S+) in {run} ", self.csvgen("deviation", "list", expect=1))
        if len(found) != 1:
            sys.exit(f"expected one deviation in {run}, found {found}; see {self.log.name}")
        return str(found[0])

    def farewell(self, package: Path) -> None:
        base = Path(os.path.relpath(self.folder))
        print(f"Done in {time.monotonic() - self.started:.0f} s. DEMONSTRATION: simulated signatures, not a GxP record.")
        print(f"  package    {os.path.relpath(package)}")
        print(f"  documents  {base / SYSTEM / 'package' / 'documents'}")
        print(f"  matrix     {base / SYSTEM / 'package' / 'matrix.xlsx'}")
        print(f"  root       {base / 'trust' / 'roots.pem'}   (import it and a PDF reader calls the signers trusted)")
        print(f"  project    {base}   (csvgen -C {base} status)")


def project(folder: Path) -> None:
    """A fresh project with a copy of the worked example. An earlier demonstration is moved aside, never deleted."""
    if folder.exists():
        number = 1
        while (aside := folder.with_name(f"{folder.name}-{number}")).exists():
            number += 1
        folder.rename(aside)
        print(f"an earlier demonstration was moved to {os.path.relpath(aside)}")
    for name in ("requirements_specs", "protocols"):
        shutil.copytree(REPOSITORY / name / SYSTEM, folder / name / SYSTEM, ignore=shutil.ignore_patterns("approvals"))
    (folder / "csvgen.toml").write_text(
        '[csvgen]\nproject = "qc-release-demo"\noutput = "."\nrecords = "sqlite:///records/records.db"\n\n'
        '[target.validation]\nadapter = "local"\nhome = "suv"\n',
        encoding="utf-8",
    )


def main(folder: Path = REPOSITORY / "output" / "demo") -> None:
    project(folder)
    Demonstration(folder).whole()


if __name__ == "__main__":
    main()
