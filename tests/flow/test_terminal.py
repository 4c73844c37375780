"""The flow as people see it: commands of their own, secrets typed on a terminal, refusals in words."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from pathlib import Path

import pytest

from csvgen.canonical import digest_bytes

from ..tiers import some
from ..tiny import clean_environment, runner

pexpect = pytest.importorskip("pexpect")


def csvgen(root: Path, *arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "csvgen", "-C", str(root), *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env=env or clean_environment(), stdin=subprocess.DEVNULL
    )


class Screen:
    """One command on a pseudo-terminal, and everything that was shown on it."""

    def __init__(self, root: Path, *arguments: str, env: dict[str, str] | None = None) -> None:
        import io

        self.child = pexpect.spawn(
            sys.executable,
            ["-m", "csvgen", "-C", str(root), *arguments],
            encoding="utf-8",
            timeout=30,
            dimensions=(60, 160),
            env=env or clean_environment(),
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


def stated(meaning: str, code: str, reason: str) -> tuple[tuple[str, str], ...]:
    return ("Meaning", meaning), ("Code of the reason", code), ("Reason in your own words", reason)


def test_session_at_the_desk_from_log_in_to_log_out(tiny):
    project = tiny("founded")
    project.report("plan", "risk")
    password = project.password("ruth.amsel")
    screen = Screen(project.root, "sign")
    screen.type(("User id", "ruth.amsel"), ("Password", password))
    screen.type(*stated("approved", "fit-for-purpose", "fit for its purpose"), ("User id", "ruth.amsel"), ("Password", password))
    screen.type(*stated("approved", "conditional", "ratings agreed"))
    assert screen.child.expect_exact(["User id", "Password"]) == 1, "the second signing of a session asks for the password alone"
    screen.child.sendline(password)
    code, shown = screen.end()
    assert code == 0
    assert "2 signed." in shown
    assert password not in shown, "what is typed where nothing is echoed never appears"
    assert "sha256:" in shown
    assert "I approve this record for its purpose." in shown, "the statement is shown before it is signed"
    first = shown.index("Meaning (blank")
    for document in ("TNY-VP", "TNY-RA"):
        record = str(project.state.latest(document).document.digest)
        assert 0 <= shown.index(f"{document} revision 1  {record}") < first, (
            "a batch shows every record before the first is signed (RR-N05)"
        )
    events = [e for e in project.ledger.events() if e.action == "sign"]
    assert len(events) == 2, "one signature for each record"
    assert [e for e in project.ledger.events() if e.action == "checkpoint"], "and a checkpoint of the trail at each"
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
    typed = f"ruth.amsel\n{secret}\napproved\nfit-for-purpose\nx\nruth.amsel\n{secret}\n"
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


def test_declined_at_the_terminal_and_shown_by_every_form(tiny):
    """The text, the data and the table of one record say the same of the same signature (RR-M04, RR-M06)."""
    import csv
    import io
    import json

    project = tiny("founded")
    project.report("plan")
    password = project.password("ruth.amsel")
    screen = Screen(project.root, "sign")
    screen.type(("User id", "ruth.amsel"), ("Password", password))
    screen.type(("Meaning", "no such meaning"), ("Meaning", "declined"), ("Code of the reason", "no such code"))
    screen.type(
        *stated("declined", "incomplete", "scope of the interfaces")[1:], ("User id", "ruth.amsel"), ("Password", password)
    )
    code, shown = screen.end()
    assert (code, "Declined" in shown) == (0, True)
    assert shown.count("That is not one of the words above") == 2, "a slip is asked for again; nobody begins anew"
    assert "0 signed, 1 declined." in shown
    text, data, table = (
        csvgen(project.root, "show", "TNY-VP", *form) for form in ((), ("--format", "json"), ("--format", "csv"))
    )
    (said,) = json.loads(data.stdout)["signatures"]
    assert (said["printed_name"], said["meaning"], said["status"]) == ("Ruth Amsel (fictitious)", "declined", "valid")
    assert said["shown"].endswith(" +00:00")
    (row,) = csv.DictReader(io.StringIO(table.stdout))
    for form in (text.stdout, data.stdout, " ".join(row.values())):
        assert all(words in form for words in ("Ruth Amsel (fictitious)", "declined", said["shown"], "scope of the interfaces"))
    assert "DECLINED by Ruth Amsel" in csvgen(project.root, "status").stdout
    assert (text.returncode, data.returncode) == (0, 0)


def test_invalid_signature_is_invalid_in_every_form(tiny):
    import json

    project = tiny("founded")
    project.report("plan")
    project.sign("ruth.amsel", "TNY-VP")
    path = next((project.root / "protocols" / "tiny" / "approvals" / "TNY-VP" / "r1").glob("01-*.json"))
    path.write_bytes(path.read_bytes().replace(b'"printed_name":"Ruth Amsel', b'"printed_name":"\\u001b[2JEve Amsel'))
    for form in ((), ("--format", "json"), ("--format", "csv")):
        done = csvgen(project.root, "show", "TNY-VP", *form)
        assert done.returncode == 1
        assert "INVALID" in done.stdout
        assert "\x1b" not in done.stdout, "a hostile name commands no terminal"
    assert "INVALID" in csvgen(project.root, "status").stdout
    assert json.loads(csvgen(project.root, "show", "TNY-VP", "--format", "json").stdout)["standing"].startswith("INVALID")


@pytest.mark.parametrize("harm", some(["changed", "missing"], lambda harm: harm == "changed"))
def test_readable_file_that_is_not_what_was_written_is_told_in_every_form(tiny, harm):
    """Nobody takes a document for approved as it lies there: the record holds, the file that people read does not."""
    import json

    project = tiny("founded")
    project.report("plan")
    project.sign("ruth.amsel", "TNY-VP")
    show = ("show", "TNY-VP")
    good = csvgen(project.root, *show)
    path = next((project.root / "output").rglob("TNY-VP-r1.pdf"))
    assert (good.returncode, "DAMAGED" in good.stdout, str(digest_bytes(path.read_bytes())) in good.stdout) == (0, False, True)
    if harm == "changed":
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
    else:
        path.unlink()
    for form in ((), ("--format", "json"), ("--format", "csv")):
        assert csvgen(project.root, *show, *form).returncode == 1
    assert f"DAMAGED: the file {'is' if harm == 'missing' else 'was'} {harm}" in csvgen(project.root, *show).stdout
    files = {r["file"]: r["problem"] for r in json.loads(csvgen(project.root, *show, "--format", "json").stdout)["renditions"]}
    assert (harm in files["TNY-VP-r1.pdf"], files["TNY-VP-r1.docx"]) == (True, "")
    assert "DAMAGED TNY-VP-r1.pdf" in csvgen(project.root, "status").stdout


def test_trail_of_one_document_is_found_by_its_id_and_by_its_revision(tiny):
    project = tiny("founded")
    project.report("plan", "urs")
    heads = [
        [line for line in csvgen(project.root, "audit", "show", "--record", name).stdout.splitlines() if " publish " in line]
        for name in ("TNY-VP", "TNY-VP r1", "TNY-VP r2", "TNY-V")
    ]
    assert [len(found) for found in heads] == [1, 1, 0, 0]
    assert heads[0][0].endswith("publish TNY-VP r1")


def test_void_record_is_void_in_status_trace_and_show(tiny):
    project = tiny("founded")
    project.report("plan")
    project.sign("ruth.amsel", "TNY-VP")
    path = project.root / "requirements_specs" / "tiny" / "plan.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("To show the flow.", "To show another flow."), encoding="utf-8")
    for command in (("status",), ("show", "TNY-VP"), ("trace",)):
        done = csvgen(project.root, *command)
        told = done.stdout + done.stderr
        assert "VOID" in told, command
        assert "plan/purpose" in told, command
        assert "To show another flow." in told, command


def now(seconds: int) -> dt.datetime:
    return dt.datetime.now(dt.UTC) + dt.timedelta(seconds=seconds)


def test_one_time_code_is_a_component_of_the_first_signing(tiny):
    """Where a person has a device: its code is asked for at the log-in and at the first signing, each another one."""
    pyotp = pytest.importorskip("pyotp")
    project = tiny("founded")
    project.report("plan")
    password = project.password("ruth.amsel")
    enrolling = Screen(project.root, "people", "enrol")
    enrolling.type(("User id", "ruth.amsel"), ("Password", password))
    enrolling.child.expect(r"secret=([A-Z2-7]+)")
    device = pyotp.TOTP(enrolling.child.match[1])
    enrolling.type(("First one-time code", device.at(now(-30))))
    assert enrolling.end()[0] == 0
    for code in (device.at(now(3000)), ""):
        screen = Screen(project.root, "sign")
        screen.type(("User id", "ruth.amsel"), ("Password", password), ("One-time code", code))
        assert screen.end()[0] == 1
    screen = Screen(project.root, "sign")
    screen.type(("User id", "ruth.amsel"), ("Password", password), ("One-time code", device.at(now(0))))
    screen.type(*stated("approved", "fit-for-purpose", "read"), ("User id", "ruth.amsel"), ("Password", password))
    screen.type(("One-time code", device.at(now(30))))
    code, shown = screen.end()
    assert code == 0, shown
    (made,) = project.state.latest("TNY-VP").signatures
    assert made.record.components == ("user id", "password", "one-time code")


def test_two_signers_at_the_same_moment_one_wins_and_the_other_is_told(tiny):
    """Two processes, two people who may both sign this station; both prove their components before either is done."""
    from ..tiny import OPERATOR

    project = tiny("founded")
    project.report("plan")
    account = project.directory.account("tomas.feld")
    training = (*account.training, account.training[0].model_copy(update={"role": "quality"}))
    with project.ledger.change(OPERATOR, "stands in") as change:
        change.put("account", account.id, account.model_copy(update={"roles": ("quality",), "training": training}).model_dump())
    screens = {person: Screen(project.root, "sign") for person in ("ruth.amsel", "tomas.feld")}
    for person, screen in screens.items():
        screen.type(("User id", person), ("Password", project.password(person)))
        screen.type(*stated("approved", "fit-for-purpose", "read"), ("User id", person))
        screen.child.expect_exact("Password")
    for person, screen in screens.items():
        screen.child.sendline(project.password(person))
    ends = {person: screen.end() for person, screen in screens.items()}
    assert sorted(code for code, _ in ends.values()) == [0, 1], ends
    assert sum("by somebody else meanwhile" in shown for _, shown in ends.values()) == 1
    (made,) = project.state.latest("TNY-VP").signatures
    assert ends[made.record.person][0] == 0
    assert project.state.approved("plan")


def test_named_record_that_waits_for_others_says_for_whom(tiny):
    project = tiny("founded")
    project.report("urs")
    screen = Screen(project.root, "sign", "TNY-URS", "TNY-NIL")
    screen.type(("User id", "ruth.amsel"), ("Password", project.password("ruth.amsel")))
    code, shown = screen.end()
    assert code == 1
    assert "It waits for authored as validation-lead: Mara Ivens (fictitious) (mara.ivens)" in shown
    assert "nothing called TNY-NIL waits" in shown


# ------------------------------------------------------------ on paper, by others, withdrawn


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    """The second station of the requirements signs on paper; the plan is approved by a sponsor."""
    from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

    from csvgen.crypto import certificates

    from ..tiny import OPERATOR, Tiny, cheap_secrets, make_project, specification
    from .test_handover import SECRET, Sponsor

    files = specification()
    files["protocol.yaml"]["routes"]["urs"]["stations"][1]["by"] = "paper"
    files["protocol.yaml"]["routes"]["fs"] = {"title": "FS", "stations": [{"meaning": "approved", "role": "sponsor"}]}
    files["system.yaml"]["roles"].append({"id": "sponsor", "name": "Sponsor", "responsibility": "Approves."})
    made = Tiny(make_project(tmp_path_factory.mktemp("mixed") / "project", files))
    sponsor = Sponsor(made.clock.now())
    with cheap_secrets():
        made.found()
        pem = certificates.pem([sponsor.credential.certificate]).decode("ascii")
        made.directory.register_external(OPERATOR, sponsor.account, pem)
        (made.root / "trust" / "external.pem").write_bytes(certificates.pem([sponsor.root.certificate]))
        made.report("urs", "fs")
        made.sign("mara.ivens", "TNY-URS")
    c = sponsor.credential
    (made.root / "sponsor.p12").write_bytes(
        pkcs12.serialize_key_and_certificates(b"key", c.key, c.certificate, None, BestAvailableEncryption(SECRET))
    )
    return made


def test_scan_is_registered_at_the_terminal(mixed):
    scan = mixed.root / "scan.pdf"
    scan.write_bytes(b"%PDF-1.4 a page with ink")
    screen = Screen(mixed.root, "sign", "TNY-URS", "--paper", "--scan", str(scan))
    screen.type(("User id", "ruth.amsel"), ("Password", mixed.password("ruth.amsel")))
    screen.type(
        ("Name of the person", "Oskar Lindqvist"), ("Date, time and zone", "2026-11-21 09:00 +01:00"), ("Place", "Binder 12")
    )
    code, shown = screen.end()
    assert code == 0, shown
    assert "a second person compares" in shown
    assert "handwritten on paper" in csvgen(mixed.root, "show", "TNY-URS").stdout
    assert "on paper" in csvgen(mixed.root, "status").stdout


def test_sponsor_signs_at_their_own_terminal_with_nothing_of_ours_but_the_folder(mixed, tmp_path):
    """No project around, no database, no account; the digest is typed as it was heard."""
    import shutil

    from csvgen.workflow.handover import hand_over

    from ..tiny import OPERATOR
    from .test_handover import SECRET

    sent = tmp_path / "sent"
    told = hand_over(mixed.state, mixed.directory, mixed.clock, OPERATOR, "TNY-FS", "sponsor.brandt", sent)
    key = Path(shutil.copyfile(mixed.root / "sponsor.p12", tmp_path / "sponsor.p12"))
    wrong = Screen(tmp_path, "sign", "--handover", str(sent), "--key", str(key))
    wrong.type(("Digest that was told", "0000000000000000"))
    code, shown = wrong.end()
    assert (code, "do not sign it" in shown) == (1, True)
    screen = Screen(tmp_path, "sign", "--handover", str(sent), "--key", str(key))
    heard = " ".join(told.hex[i : i + 4] for i in range(0, 20, 4))
    screen.type(("Digest that was told", heard), *stated("approved", "fit-for-purpose", "agreed with our QA"))
    screen.type(("Secret of your key", SECRET.decode()))
    code, shown = screen.end()
    assert code == 0, shown
    assert SECRET.decode() not in shown
    assert sorted(p.suffix for p in (sent / "answer").iterdir()) == [".docx", ".json", ".p7s", ".pdf"]


def test_withdrawn_at_the_terminal(mixed):
    screen = Screen(mixed.root, "withdraw", "TNY-FS")
    screen.type(("User id", "mara.ivens"), ("Password", mixed.password("mara.ivens")))
    screen.type(*stated("withdrawn", "made-in-error", "wrong sponsor"), ("User id", "mara.ivens"))
    screen.type(("Password", mixed.password("mara.ivens")))
    code, shown = screen.end()
    assert code == 0, shown
    assert "WITHDRAWN by Mara Ivens" in csvgen(mixed.root, "status").stdout
