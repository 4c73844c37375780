"""The evidence pack from outside: coreutils, Python without csvgen, a browser's parser; before and after somebody tampered with it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

from csvgen.crypto.trust import Trust
from csvgen.model.package import PackageManifest
from csvgen.signature.approvals import load
from csvgen.templates import shipped
from csvgen.verification.checks import Checks
from csvgen.verification.evidence import Material
from csvgen.verification.index import check_index
from csvgen.verification.package import verify_package
from csvgen.workflow.pack import sums, zipped

from .conftest import light_copy
from .forging import Forger

CHECKER = "check_package.py"


@pytest.fixture
def packed(stages, tmp_path) -> Path:
    return light_copy(stages.package(), tmp_path / "package")


def sha256sum(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"], cwd=folder, capture_output=True, text=True, check=False
    )


def check(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """From outside: isolated, no site packages, no csvgen on any path."""
    command = [sys.executable, "-I", "-S", str(folder / CHECKER), *arguments]
    return subprocess.run(command, cwd="/", capture_output=True, text=True, check=False, env={})


def rewrite(path: Path, data: bytes) -> None:
    path.unlink()
    path.write_bytes(data)


# ------------------------------------------------------------------ as it was made


def test_coreutils_and_the_program_inside_agree_with_an_honest_package(packed):
    done = sha256sum(packed)
    assert (done.returncode, done.stdout) == (0, "")
    told = check(packed)
    assert told.returncode == 0, told.stdout + told.stderr
    assert told.stdout.splitlines()[-1].startswith("0 faults. Not told here")
    assert "run          OQ-001  {'PASSED': 2}" in told.stdout
    assert told.stdout.count("\nsignature ") == json.loads((packed / "package.json").read_bytes())["signatures"]
    assert check(packed, str(packed)).returncode == 0, "also when the folder is named"


def test_the_sums_name_every_file_but_the_sealed_manifest_and_themselves(packed):
    named = {line.split("  ", 1)[1] for line in (packed / "SHA256SUMS").read_text().splitlines()}
    there = {p.relative_to(packed).as_posix() for p in packed.rglob("*") if p.is_file()}
    assert there - named == {"package.json", "package.p7s", "SHA256SUMS"}
    sealed = {f["path"] for f in json.loads((packed / "package.json").read_bytes())["files"]}
    assert {"SHA256SUMS", "index.html", CHECKER} <= sealed, "the seal covers them"


def test_the_program_is_short_imports_nothing_foreign_and_says_what_it_does_not_check():
    text = (shipped() / "package" / CHECKER).read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 100
    imported = {line.split()[1] for line in text.splitlines() if line.startswith(("import ", "from "))}
    assert imported <= {"hashlib", "json", "sys", "pathlib"} <= set(sys.stdlib_module_names)
    assert "does NOT tell who sealed or signed" in text


def test_without_a_package_the_program_says_what_it_is_for(tmp_path):
    shutil.copy(shipped() / "package" / CHECKER, tmp_path / CHECKER)
    done = check(tmp_path)
    assert done.returncode == 2
    assert "Exit codes" in done.stderr


def test_odd_file_names_are_escaped_as_coreutils_reads_them(tmp_path):
    for name in ("plain.txt", "two\nlines.txt", "back\\slash.txt", "Ångström μ.txt", "  blanks .txt"):
        (tmp_path / name).write_bytes(name.encode())
    (tmp_path / "SHA256SUMS").write_bytes(sums(tmp_path))
    assert sha256sum(tmp_path).returncode == 0
    rewrite(tmp_path / "two\nlines.txt", b"changed")
    assert sha256sum(tmp_path).returncode == 1


# ------------------------------------------------------------------ after tampering


SAMPLE = (
    "matrix.json",
    "index.html",
    "documents/TNY-OQR-r1.pdf",
    "documents/TNY-OQR-r1.html",
    "audit/events.jsonl",
    "runs/OQ-001/run.json",
)


@pytest.mark.parametrize("name", SAMPLE)
def test_one_byte_more_is_named_by_both(packed, name):
    path = packed / name
    rewrite(path, path.read_bytes() + b" ")
    assert name in sha256sum(packed).stdout
    done = check(packed)
    assert done.returncode == 1
    assert f"FAULT        {name} was changed" in done.stdout


def test_a_file_more_a_file_less_and_a_link_are_faults(packed):
    (packed / "documents" / "more.pdf").write_bytes(b"%PDF-")
    (packed / "README.txt").unlink()
    (packed / "matrix.xlsx").unlink()
    (packed / "matrix.xlsx").symlink_to(packed / "matrix.json")
    told = check(packed).stdout
    assert "documents/more.pdf does not belong to the package" in told
    assert "README.txt is missing" in told
    assert "matrix.xlsx was changed" in told


def resum(folder: Path) -> None:
    """What somebody without a key can do: new sums and a manifest of their own."""
    rewrite(folder / "SHA256SUMS", sums(folder))
    manifest = json.loads((folder / "package.json").read_bytes())
    import hashlib

    for entry in manifest["files"]:
        data = (folder / entry["path"]).read_bytes()
        entry |= {"size": len(data), "sha256": f"sha256:{hashlib.sha256(data).hexdigest()}"}
    rewrite(folder / "package.json", json.dumps(manifest).encode())


CHAINS = {
    "a verdict in a journal": ("runs/OQ-001/journal.main.jsonl", b'"PASSED"', b'"FAILED"', "journal.main.jsonl line "),
    "a verdict in a seal": ("runs/OQ-001/run.json", b'"formal"', b'"former"', "OQ-001 is not the run that was sealed"),
    "an event": ("audit/events.jsonl", b'"publish"', b'"polish"', "audit/events.jsonl line "),
    "what was signed": (
        "protocols/tiny/approvals/TNY-URS/r1/document.json",
        b'"revision":1',
        b'"revision":2',
        "does not stand on its record",
    ),
}


@pytest.mark.parametrize("what", CHAINS)
def test_with_sums_and_manifest_made_anew_the_chains_still_tell(packed, what):
    name, old, new, words = CHAINS[what]
    data = (packed / name).read_bytes()
    assert old in data
    rewrite(packed / name, data.replace(old, new, 1))
    resum(packed)
    assert sha256sum(packed).returncode == 0, "sums alone prove nothing to who did not get them another way"
    done = check(packed)
    assert done.returncode == 1
    assert words in done.stdout
    assert "was changed" not in done.stdout


def test_whatever_stands_in_a_file_the_program_answers_in_one_line(packed):
    for data in (b"", b"[]", b"\xff\xfe", b"{" * 100_000, b'{"files":[]}'):
        rewrite(packed / "package.json", data)
        done = check(packed)
        assert done.returncode == 1
        assert "Traceback" not in done.stdout + done.stderr


def test_control_characters_never_reach_the_terminal(packed):
    path = packed / "audit" / "events.jsonl"
    rewrite(
        packed / "runs" / "OQ-001" / "seal.json",
        (packed / "runs" / "OQ-001" / "seal.json").read_bytes().replace(b'"PASSED"', b'"\\u001b[2J"'),
    )
    assert path.is_file()
    assert "\x1b" not in check(packed).stdout


# ------------------------------------------------------------------ the index page


class Links(HTMLParser):
    def __init__(self, data: bytes) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(data.decode("utf-8"))

    def handle_starttag(self, tag, attrs):
        self.found += [v for n, v in attrs if tag == "a" and n == "href" and not v.startswith("#")]


def test_every_link_leads_to_a_file_and_every_document_is_linked(packed):
    links = [unquote(link) for link in Links((packed / "index.html").read_bytes()).found]
    assert all((packed / link).is_file() for link in links)
    documents = {f"documents/{p.name}" for p in (packed / "documents").iterdir() if not p.name.endswith(".json")}
    assert documents <= set(links)
    assert {
        "runs/IQ-001/seal.json",
        "runs/IQ-002/seal.json",
        "runs/OQ-001/seal.json",
        "matrix.xlsx",
        CHECKER,
        "SHA256SUMS",
    } <= set(links)


def checked(folder: Path):
    manifest = PackageManifest.model_validate(json.loads((folder / "package.json").read_bytes()))
    material = Material.read(folder, manifest, load(folder / "protocols" / "tiny" / "approvals"), Trust.none)
    checks = Checks()
    check_index(folder, material, checks)
    return checks.result().checks[0]


LIES = {
    "a run that passed": (b'bad">FAILED 1', b'good">PASSED 1', "IQ-001"),
    "a signature more": (b">2 of 2<", b">3 of 3<", "TNY-"),
    "no gap": (b">case not run<", b">case<", "case"),
    "a disposition": (b">retest<", b">closed<", "DEV-001"),
    "a link out": (b'href="matrix.xlsx"', b'href="https://example.invalid/"', "which is not in the package"),
    "a link above": (b'href="matrix.xlsx"', b'href="../package/../secret"', "which is not in the package"),
    "a script": (b"</main>", b"<script>x</script></main>", "it holds 'script'"),
}


@pytest.mark.parametrize("what", LIES)
def test_an_index_that_says_otherwise_is_told(packed, what):
    old, new, words = LIES[what]
    path = packed / "index.html"
    data = path.read_bytes()
    assert checked(packed).outcome == "holds"
    assert old in data
    rewrite(path, data.replace(old, new, 1))
    found = checked(packed)
    assert found.outcome == "fails"
    assert words in found.detail


def test_a_sealed_package_with_a_lying_index_or_page_is_not_verified(stages, packed):
    """By somebody with the key of the seal: the digests hold, what the pages say does not."""
    forger = Forger(packed, stages.at("oq-closed").seal)
    for name, old, new in (
        ("index.html", b'bad">FAILED 1', b'good">PASSED 1'),
        ("documents/TNY-OQR-r1.html", b">PASSED</span>", b">FAILED</span>"),
    ):
        path = packed / name
        forger.write(path, path.read_bytes().replace(old, new))
    forger.write(packed / "SHA256SUMS", sums(packed))
    forger.repack()
    assert check(packed).returncode == 0, "it says that it does not know what documents say"
    told = {c.name: c.detail for c in verify_package(packed, stages.at("oq-closed").state.trust).failed}
    assert set(told) == {
        "index page tells of what the package holds",
        "Word, PDF and screen files say what their records were drawn from",
    }
    assert "TNY-OQR-r1.html" in told["Word, PDF and screen files say what their records were drawn from"]


# ------------------------------------------------------------------ as one file


def test_the_zip_is_the_same_bytes_each_time_and_unpacks_to_the_same_files(packed, tmp_path):
    zipped(packed, tmp_path / "one.zip")
    zipped(packed, tmp_path / "two.zip")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    subprocess.run(["unzip", "-q", "one.zip", "-d", "out"], cwd=tmp_path, check=True)
    assert sha256sum(tmp_path / "out" / "package").returncode == 0
    assert check(tmp_path / "out" / "package").returncode == 0
