"""The demonstration from end to end, with this very code, and what judges who know nothing of csvgen say of its documents.

Real: every command as a process of its own, the terminal, the database, the instance of the system, pdfsig, LibreOffice, openssl. The
people are fictitious and their passwords made up anew; the test holds them, to look for them in every file.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from csvgen.evidence.read import read_run
from csvgen.model.picture import Control, Curve, Picture, Shots
from csvgen.report import neutral

from .. import forking

ROOT = Path(__file__).parents[2]
KINDS = ("VP", "URS", "FS", "RA", "SD", "IQP", "OQP", "PQP", "IQR", "OQR", "PQR", "CB", "DVL", "EVI", "RTM", "RGA", "VSR", "RC")


@dataclass(frozen=True)
class Demo:
    folder: Path
    printed: str
    secrets: tuple[str, ...]

    @property
    def package(self) -> Path:
        return self.folder / "qc-release" / "package"

    @property
    def roots(self) -> Path:
        return self.folder / "trust" / "roots.pem"


_DRIVER = """
import json, os, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import demo
if sys.argv[4:]:
    sys.path.append(sys.argv[4])
    from tests import forking
    forking.install()
folder = Path(sys.argv[2])
demo.project(folder)
held = demo.Demonstration(folder)
Path(sys.argv[3]).write_text(json.dumps([*held.passwords.values(), held.passphrase]))
held.whole()
"""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """Run once, as a process; the script's own class is used, so that the passwords it makes up are known."""
    base = tmp_path_factory.mktemp("demonstration")
    folder, kept = base / "demo", base / "secrets.json"
    command = [sys.executable, "-c", _DRIVER, str(ROOT / "examples" / "qc-release"), str(folder), str(kept)]
    if forking.wanted():  # the servers of the system under validation too
        command.append(str(ROOT))
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=2400, cwd=base)
    assert done.returncode == 0, f"{done.stdout[-2000:]}\n{done.stderr[-3000:]}"
    return Demo(folder, done.stdout, tuple(json.loads(kept.read_text())))


@pytest.fixture(scope="module")
def trusting(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate store of Mozilla's kind that trusts the root of the demonstration."""
    store = tmp_path_factory.mktemp("nss")
    subprocess.run(["certutil", "-N", "-d", f"sql:{store}", "--empty-password"], check=True, capture_output=True)
    add = ["certutil", "-A", "-d", f"sql:{store}", "-n", "demo", "-t", "C,C,C", "-i", str(demo.roots)]
    subprocess.run(add, check=True, capture_output=True)
    return store


def documents(demo: Demo, suffix: str) -> list[Path]:
    found = sorted((demo.package / "documents").glob(f"*{suffix}"))
    assert [p.name for p in found] == sorted(f"QCR-{kind}-r1{suffix}" for kind in KINDS)
    return found


def test_it_ends_verified_and_says_what_was_checked(demo: Demo) -> None:
    assert "VERIFIED: all" in demo.printed
    assert "signatures on 30 records" in demo.printed
    assert "NOT complete: 1 gap row" in demo.printed
    assert [int(n) for n in re.findall(r"^\[ *(\d+)/16\]", demo.printed, re.MULTILINE)] == list(range(1, 17))


def test_nothing_typed_in_secret_is_in_any_file(demo: Demo) -> None:
    """Neither in clear nor inside a compressed Office part; the records and keys of the project included."""
    assert len(demo.secrets) == 8, "seven people and the custodian"
    needles = [secret.encode("ascii") for secret in demo.secrets]
    looked = 0
    for path in (p for p in demo.folder.rglob("*") if p.is_file()):
        contents = [path.read_bytes()]
        if path.suffix in {".docx", ".xlsx"}:
            with zipfile.ZipFile(path) as archive:
                contents += [archive.read(name) for name in archive.namelist()]
        looked += 1
        assert not any(needle in content for needle in needles for content in contents), path
    assert looked > 300


def test_the_story_it_promises_is_in_the_matrix(demo: Demo) -> None:
    matrix = json.loads((demo.package / "matrix.json").read_bytes())
    states = [row["coverage"] for row in matrix["rows"]]
    assert (states.count("passed"), states.count("procedure"), states.count("not-applicable")) == (78, 2, 1), states
    assert len(matrix["gaps"]) == 1
    attempts = {
        link["case"]: [(a["run"], a["verdict"]) for a in link["attempts"]] for row in matrix["rows"] for link in row["links"]
    }
    assert [a for a in attempts.values() if len(a) > 1] == [[("IQ-001", "FAILED"), ("IQ-002", "PASSED")]]
    assert [v for a in attempts.values() for r, v in a if r == "OQ-001"].count("BLOCKED") == 1


@pytest.mark.needs("pdftotext")
def test_what_a_person_typed_of_the_certificate_is_on_the_printed_certificate(demo: Demo) -> None:
    """The demonstration types what a person would see; here the page itself, which the terminal named, is read by somebody else."""
    log = (demo.folder / "demo.log").read_text(encoding="utf-8")
    (named,) = re.findall(r"kept: certificate of \S+LOT-D \(application/pdf, \d+ bytes\): (\S+)", log)
    printed = subprocess.run(["pdftotext", "-layout", named, "-"], capture_output=True, text=True, check=True).stdout
    lines = [line.split() for line in printed.splitlines()]
    for test, limit, result in (
        ("potency", "95.0 to 105.0 %", "100.5 %"),
        ("impurity Imp-A", "not more than 0.20 %", "0.20 %"),
        ("impurity Imp-B", "not more than 0.20 %", "0.14 %"),
        ("total impurities", "not more than 0.50 %", "0.34 %"),
        ("area Main", "no limit", "99.66 %"),
    ):
        assert any(line[: len(row)] == row for line in lines if (row := f"{test} {limit} {result}".split())), (test, printed)
    assert all("RELEASED" in page for page in printed.split("\f")[:-1])
    assert re.search(r"Validation Quality \(val\.quality\)\s+2\d{3}-\d\d-\d\d \d\d:\d\d:\d\d \+00:00\s+released", printed)
    attended = [r for r in read_run(demo.package / "runs" / "PQ-001").results if r.performed_by]
    assert [(r.case, [p.person for p in r.performed_by]) for r in attended] == [("TC-PQ-0004", ["nadia.corso"])]


@pytest.mark.needs("pdftoppm")
def test_the_pq_report_draws_its_readings_a_calibration_and_the_page_that_was_looked_at(demo: Demo) -> None:
    (path,) = (demo.package / "documents").glob("QCR-PQR-r*.text.json")
    shown = [b.shows for b in neutral.read(path.read_bytes()).blocks if isinstance(b, Picture)]
    potency = next(p for p in shown if isinstance(p, Control) and p.quantity == "potency")
    assert [(r.value, r.holds) for r in potency.readings] == [("100.5", True), ("69.8", False), ("100.5", True), ("100.5", True)]
    assert any(isinstance(p, Curve) for p in shown)
    (page,) = (shot for p in shown if isinstance(p, Shots) for shot in p.shots)
    assert page.told.startswith("certificate-page-1.png, image/png")
    assert page.png


@pytest.mark.needs("pdfsig", "certutil")
def test_pdfsig_calls_every_signature_valid_and_trusts_it_with_the_root_alone(demo: Demo, trusting: Path) -> None:
    signed = 0
    for path in documents(demo, ".pdf"):
        with_root = subprocess.run(
            ["pdfsig", "-nssdir", f"sql:{trusting}", path], capture_output=True, text=True, check=True
        ).stdout
        without = subprocess.run(["pdfsig", path], capture_output=True, text=True, check=True).stdout
        number = with_root.count("Signature #")
        assert number >= 3, path
        assert with_root.count("Signature is Valid.") == without.count("Signature is Valid.") == number, path
        assert with_root.count("Certificate is Trusted.") == number, path
        assert "Certificate is Trusted." not in without, path
        signed += number
    assert signed == 67  # forty-nine of people, eighteen seals


@pytest.mark.needs("soffice", "uno", "certutil")
def test_libreoffice_calls_every_signature_valid_and_trusted(demo: Demo, trusting: Path, tmp_path: Path) -> None:
    judge = ROOT / "scripts" / "ask_libreoffice.py"
    command = ["/usr/bin/python3", judge, tmp_path / "profile", trusting, *documents(demo, ".docx")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    found = [signature for signatures in json.loads(done.stdout).values() for signature in signatures]
    assert len(found) == 49
    assert all(s["valid"] and s["certificate"] == 0 for s in found)


@pytest.mark.needs("openssl")
def test_openssl_verifies_every_signature_record(demo: Demo) -> None:
    records = sorted((demo.package / "protocols").rglob("approvals/*/r*/*.p7s"))
    assert len(records) == 69
    for path in records:
        command = ["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", path, "-content", path.with_suffix(".json")]
        done = subprocess.run(
            [*command, "-CAfile", demo.roots, "-purpose", "any", "-out", os.devnull], capture_output=True, check=False
        )
        assert done.returncode == 0, (path, done.stderr)


@pytest.mark.needs("pdftotext")
def test_every_page_says_demonstration_and_which_page_it_is(demo: Demo) -> None:
    for path in documents(demo, ".pdf"):
        pages = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, text=True, check=True).stdout.split(
            "\f"
        )[:-1]
        for number, page in enumerate(pages, 1):
            assert "DEMONSTRATION" in page, (path, number)
            assert "not a GxP record" in page, (path, number)
            assert f"Page {number} of {len(pages)}" in page, (path, number)
            assert path.stem.removesuffix("-r1") in page, (path, number)


def test_a_byte_more_is_found_and_named(demo: Demo) -> None:
    """The same command a newcomer types; every other file of a package is tried in tests/verification."""
    victim = demo.package / "documents" / "QCR-PQR-r1.pdf"
    whole = victim.read_bytes()
    victim.write_bytes(whole + b"x")
    try:
        command = [sys.executable, "-m", "csvgen", "verify", str(demo.package), "--trust", str(demo.roots)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    finally:
        victim.write_bytes(whole)
    assert done.returncode == 1
    assert "QCR-PQR-r1.pdf" in done.stdout
    assert "NOT VERIFIED" in done.stdout


_NEVER = re.compile(
    r"\bcompliant\b|\bfda[- ]approved\b|\bapproved by (?:the )?fda\b|\bcomplian(?:t|ce) with (?:21|part|annex|gxp|gmp)",
    re.IGNORECASE,
)
_CERTIFIED = re.compile(r"\bcertified\b", re.IGNORECASE)
_OF_A_VALUE = re.compile(r"value|computed|\bsets?\b|statisti|analysis of variance|reference", re.IGNORECASE)
"""A reference value is certified by the body that measured it; nothing else in csvgen's output ever is."""


def _claims(text: str) -> list[str]:
    text = re.sub(
        r"\s+", " ", text.replace("A Risk-Based Approach to Compliant GxP Computerized Systems", "")
    )  # the title of a guide
    found = [text[max(0, m.start() - 40) : m.end() + 40] for m in _NEVER.finditer(text)]
    near = ((text[max(0, m.start() - 80) : m.end() + 80]) for m in _CERTIFIED.finditer(text))
    return found + [around for around in near if not _OF_A_VALUE.search(around)]


@pytest.mark.parametrize(
    "claim",
    ["csvgen is Part 11 compliant.", "an FDA-approved system", "in compliance with 21 CFR Part 11", "csvgen is certified."],
)
def test_the_search_for_claims_finds_them(claim: str) -> None:
    assert _claims(f"Before. {claim} After.")


@pytest.mark.needs("pdftotext")
def test_nothing_that_was_made_claims_to_be_compliant_or_certified(demo: Demo) -> None:
    """FDA certifies no systems (FDA 2024 Q28); csvgen says which clauses have evidence and what is open (RR-AI3)."""
    texts = {"what the commands printed": demo.printed}
    for path in sorted(p for p in demo.package.rglob("*") if p.is_file()):
        if path.suffix == ".pdf":
            texts[path.name] = subprocess.run(["pdftotext", path, "-"], capture_output=True, text=True, check=True).stdout
        elif path.suffix in (".docx", ".xlsx"):
            with zipfile.ZipFile(path) as archive:
                texts[path.name] = " ".join(
                    re.sub(r"<[^>]+>", " ", archive.read(n).decode("utf-8")) for n in archive.namelist() if n.endswith(".xml")
                )
        else:
            texts[path.name] = path.read_bytes().decode("utf-8", "replace")
    assert len(texts) > 100
    assert not {name: found for name, text in texts.items() if (found := _claims(text))}
