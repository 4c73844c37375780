"""csvgen pipeline: the demonstration without a server, and an instance of one's own worked in from terminals."""

from __future__ import annotations

import datetime as dt
import io
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ..tiny import REPOSITORY, clean_environment

pexpect = pytest.importorskip("pexpect")

DATA = REPOSITORY / "examples" / "pipeline"
PASSWORDS = {
    "edda.holm": "bright-Otter-by-Night-74", "jonas.reber": "slow-Comet-over-Tiles-85", "lena.oster": "green-Anvil-in-Snow-31",
    "karl.brandis": "plain-Kettle-at-Dawn-56",
}  # fmt: skip


def csvgen(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "csvgen", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env=clean_environment(), cwd=cwd, stdin=subprocess.DEVNULL
    )


def typed(*arguments: str, cwd: Path, answers: tuple[tuple[str, str], ...]) -> tuple[int, str]:
    """A command on a terminal of its own: (prompt, what is typed) in order; its exit code and everything shown."""
    shown = io.StringIO()
    child = pexpect.spawn(
        sys.executable, ["-m", "csvgen", "pipeline", *arguments], encoding="utf-8", timeout=60, dimensions=(80, 300),
        env=clean_environment(), cwd=str(cwd),
    )  # fmt: skip
    child.delaybeforesend, child.logfile_read = None, shown
    for prompt, text in answers:
        child.expect_exact(prompt)
        child.sendline(text)
    child.expect(pexpect.EOF)
    child.close()
    return child.exitstatus, shown.getvalue()


class Lab:
    """An instance in a folder, worked in by people at terminals."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.screens = ""

    def does(self, person: str, *arguments: str, answers: tuple[tuple[str, str], ...] = (), code: int = 0) -> str:
        ended, shown = typed(
            *arguments, "--home", "qc", "--as", person, cwd=self.folder, answers=(("Password", PASSWORDS[person]), *answers)
        )
        self.screens += shown
        assert ended == code, shown
        assert "internal error" not in shown
        return shown

    def signs(self, person: str, *arguments: str, code: int = 0) -> str:
        return self.does(person, *arguments, answers=(("User id", person), ("Password", PASSWORDS[person])), code=code)


# ------------------------------------------------------------ the demonstration


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    folder = tmp_path_factory.mktemp("demonstration")
    return folder, csvgen("pipeline", "run", "qc-release", "--format", "json", cwd=folder)


def test_runs_at_once_with_results_beside_reference_values(shown):
    folder, done = shown
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    assert made["agrees"] is True
    assert made["demonstration"] is True
    assert {r["subject"] for r in made["results"]} == set(made["runs"])
    assert all(r["agrees"] and float(r["difference"]) <= float(r["within"]) for r in made["results"])
    ketones = {r["test"]: r["unrounded"] for r in made["results"] if r["test"].startswith("impurity ")}
    raw = json.loads((DATA / "data" / "empower-pq.json").read_bytes())
    for peak in (p["fields"] for r in raw["values"]["results"] if r["fields"]["SampleName"] == "PQ Std 10x" for p in r["peaks"]):
        if peak["Name"] != "Acetone":  # the main peak is no impurity
            assert float(ketones[f"impurity {peak['Name']}"]) == pytest.approx(peak["PctArea"], rel=1e-11)
    assert made["states"] == {"DEMO-1": "released", "DEMO-2": "released", "DEMO-3": "rejected"}
    assert all(re.fullmatch(r"RUN-\d{4}", run) for run in made["runs"].values())
    assert "DEMONSTRATION" in done.stderr
    assert (folder / "output" / "pipeline" / "qc-release" / "instance" / "qc.db").is_file()
    assert set(made["certificates"]) == {"DEMO-1", "DEMO-2"}, "the rejected lot has none"
    assert all((folder / path).read_bytes().startswith(b"%PDF-") for path in made["certificates"].values())


def test_what_it_leaves_is_verified_from_outside(shown):
    folder, done = shown
    made = json.loads(done.stdout)
    verified = csvgen("verify", made["instance"], "--trust", made["trust"], "--format", "json", cwd=folder)
    report = json.loads(verified.stdout)
    assert verified.returncode == 0, report["bottom_line"]
    assert report["kind"] == "instance of a pipeline"
    assert len(report["signatures"]) >= 6
    assert "DEMONSTRATION" in (folder / made["trust"] / "roots.pem").read_text() or all(
        "(fictitious)" in s["printed_name"] for s in report["signatures"]
    )


@pytest.mark.slow  # said of every kind of thing in tests/verification
def test_without_a_root_nobody_of_it_is_trusted(shown):
    folder, done = shown
    assert csvgen("verify", json.loads(done.stdout)["instance"], cwd=folder).returncode == 1


@pytest.mark.slow  # one more whole demonstration: half a minute
def test_a_result_that_differs_from_its_reference_is_a_finding(shown, tmp_path):
    """The limit is compared with what was calculated: another reference value in the plan, and the command says so."""
    folder = tmp_path / "_examples"
    shutil.copytree(DATA, folder)
    plan = folder / "qc-release.yaml"
    plan.write_text(plan.read_text(encoding="utf-8").replace('"100.5218474973"', '"100.5218484973"'), encoding="utf-8")
    code = (
        "import sys; from pathlib import Path; from csvgen.pipeline import demonstration\n"
        f"demonstration.folder = lambda: Path({str(folder)!r})\n"
        "from csvgen.cli import main; sys.argv = ['csvgen', 'pipeline', 'run', 'qc-release']; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env=clean_environment(), cwd=tmp_path
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert re.search(r"FAIL reference 100\.5218484973: .*differs 9\.9e-07 %, limit 0\.0000001 %", done.stdout)
    assert done.stdout.count("ok   reference") == 6


def test_an_earlier_demonstration_is_moved_aside_and_a_full_folder_is_refused(tmp_path):
    (tmp_path / "output" / "pipeline" / "qc-release").mkdir(parents=True)
    kept = tmp_path / "output" / "pipeline" / "qc-release" / "mine.txt"
    kept.write_text("kept")
    done = csvgen("pipeline", "run", "qc-release", "--home", str(kept.parent), cwd=tmp_path)
    assert (done.returncode, kept.read_text()) == (2, "kept")
    assert "not empty" in done.stderr
    assert csvgen("pipeline", "run", "nothing", cwd=tmp_path).returncode == 2
    assert kept.with_name("qc-release-1").exists() is False, "nothing is moved for a pipeline that is not shown"


# ------------------------------------------------------------ an instance of one's own


@pytest.mark.slow  # some twenty-five processes, each with the real cost of a password
def test_a_lot_from_arrival_to_release_by_people_at_terminals(tmp_path):
    lab = Lab(tmp_path)
    shutil.copy(DATA / "data" / "gen5-bca-plate.txt", tmp_path)
    twice = (("New password", PASSWORDS["edda.holm"]), ("The same again", PASSWORDS["edda.holm"]))
    arguments = (
        "--organisation",
        "A laboratory (fictitious)",
        "--administrator",
        "edda.holm",
        "--name",
        "Edda Holm (fictitious)",
    )
    code, screen = typed(
        "install",
        "qc",
        *arguments,
        "--master",
        str(DATA / "master.yaml"),
        "--set",
        "environment=qualification",
        "--set",
        "second_factor=none",
        cwd=tmp_path,
        answers=twice,
    )
    assert code == 0, screen
    for person, name, role in (
        ("jonas.reber", "Jonas Reber (fictitious)", "analyst"),
        ("lena.oster", "Lena Oster (fictitious)", "reviewer"),
        ("karl.brandis", "Karl Brandis (fictitious)", "quality"),
    ):
        first = "first-Word-of-Many-90"
        new = (("New password", first), ("The same again", first))
        lab.does("edda.holm", "account", "add", person, "--name", name, "--role", role, answers=new)
        own = (("Password", first), ("New password", PASSWORDS[person]), ("The same again", PASSWORDS[person]))
        code, screen = typed("account", "password", "--home", "qc", "--as", person, cwd=tmp_path, answers=own)
        assert code == 0, screen
    made = (dt.datetime.now(dt.UTC).date() - dt.timedelta(days=30)).isoformat()
    what = ("--material", "EX-PROTEIN", "--manufactured", made)
    given = ("--method", "BCA-01", "--sample", "SPL1", "--instrument", "PR-001", *what)
    for fact, words in (("sample", "'sample' is no KEY=VALUE"), ("sample=SPL2", "sample is given twice")):
        wrong = ("ingest", "L-1", "gen5-bca-plate.txt", *given, "--fact", fact, "--home", "qc", "--as", "jonas.reber")
        code, screen = typed(*wrong, cwd=tmp_path, answers=())
        assert (code, words in screen) == (2, True), screen
    told = lab.does("jonas.reber", "ingest", "L-1", "gen5-bca-plate.txt", *given, "--format", "json")
    (brought,) = json.loads(told[told.index("[") : told.rindex("]") + 1])
    assert brought["message"].startswith("file gen5-bca-plate.txt registered as version 1"), "one document, however many files"
    assert "waits for analyst: processing" in lab.does("jonas.reber", "status")
    assert "no signed artifact" in lab.does("jonas.reber", "process", "L-1", code=1), "code that nobody promoted does not run"
    lab.signs("jonas.reber", "artifact", "build", "qc-release", "--ticket", "CHG-7", "--commit", "release 1.0.0")
    for stage in ("development", "qualification"):
        signed = lab.signs("lena.oster", "promote", "review", "ART-0001", stage, "--reason", "read")
        assert "reviewed for" in signed
        assert re.search(r"code: sha256:[0-9a-f]{64}\s.*Your signature:", signed, re.DOTALL), (
            "who signs sees first what is signed"
        )
        assert max(map(len, signed.splitlines())) < 1000, "a kept signature is not read off a screen"
        assert "promoted to" in lab.signs("karl.brandis", "promote", "approve", "ART-0001", stage, "--reason", "fit")
    assert "in specification" in lab.does("jonas.reber", "process", "L-1")
    refused = lab.does("lena.oster", "process", "L-1", code=1)
    assert "the role reviewer may not process a lot [RR-G01]" in refused
    packet = lab.signs("lena.oster", "review", "L-1", "--reason", "raw data and trail looked at")
    assert "100.5 %, in specification" in packet
    assert re.search(r"jonas\.reber\)?:? .*process", packet), "the trail of the lot is part of what is reviewed"
    assert "signed as reviewed" in packet
    assert "certificate COA-0001 issued" in lab.signs("karl.brandis", "release", "L-1", "--reason", "meets its specification")
    lab.does("karl.brandis", "certificate", "L-1", "certificate.pdf")
    assert (tmp_path / "certificate.pdf").read_bytes().startswith(b"%PDF-")
    certified = json.loads((tmp_path / "certificate.json").read_bytes())
    assert certified["results"][0]["reported"] == "100.5"
    assert (certified["material"]["id"], certified["lot"]["manufactured_on"]) == ("EX-PROTEIN", made)
    traced = lab.does("karl.brandis", "trace", "CHG-7")
    assert re.search(r"and of it came\s.*run/RUN-0001", traced, re.DOTALL)
    assert "the outputs are identical" in lab.does("jonas.reber", "repeat", "RUN-0001", "--reason", "asked by an inspector")
    lab.does("karl.brandis", "record", "RUN-0001", "run.json")
    assert json.loads((tmp_path / "run.json").read_bytes())["ticket"] == "CHG-7"
    assert "done" in lab.does("karl.brandis", "status")
    own = csvgen("verify", "qc", "--trust", "qc/keys/ca.pem", cwd=tmp_path)
    assert own.returncode == 1
    assert "qc/keys/ca.pem lies inside what is verified, and nothing vouches for itself" in own.stdout
    shutil.copy(tmp_path / "qc" / "keys" / "ca.pem", tmp_path / "kept.pem")
    verified = csvgen("verify", "qc", "--trust", "kept.pem", cwd=tmp_path)
    assert verified.returncode == 0, verified.stdout
    for secret in PASSWORDS.values():
        assert secret not in lab.screens


def test_a_wrong_password_and_an_unknown_account_are_refused_alike(shown):
    folder, done = shown
    home = json.loads(done.stdout)["instance"]
    screens = []
    for person in ("jonas.reber", "nobody.at-all"):
        code, screen = typed(
            "status", "--home", home, "--as", person, cwd=folder, answers=(("Password", "wrong-Word-of-Many-90"),)
        )
        assert code == 1, screen
        assert "wrong-Word" not in screen
        screens.append(screen)
    assert screens[0] == screens[1]


def test_nobody_works_without_a_terminal_and_a_folder_without_instance_is_told(tmp_path, shown):
    folder, done = shown
    home = str(folder / json.loads(done.stdout)["instance"])
    refused = csvgen("pipeline", "status", "--home", home, "--as", "jonas.reber", cwd=tmp_path)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "terminal" in refused.stderr
    code, screen = typed("status", "--home", "nowhere", "--as", "a", cwd=tmp_path, answers=())
    assert code == 2
    assert "there is no instance of a pipeline here" in screen
