"""An insider who can put files into the project but holds no key; and one file handed over that two programs read differently."""

from __future__ import annotations

import gzip
import io
import lzma
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from csvgen.crypto.trust import chain_file
from csvgen.errors import ConfigError, NotIntact, Refused
from csvgen.model.signature import OWN_TEMPLATE
from csvgen.signature.approvals import load
from csvgen.store.database import open_database
from csvgen.templates import shipped
from csvgen.verification.archive import unpacked
from csvgen.verification.belonging import check_templates
from csvgen.verification.checks import Checks
from csvgen.verification.package import verify_package
from csvgen.verification.recognise import recognise
from csvgen.workflow.authority import Authority

from ..tiny import OPERATOR, PASSPHRASE, SYSTEM, Tiny, clean_environment, make_project
from .anchored import Anchored
from .conftest import light_copy
from .forging import Forger

REVOCATIONS = "revocations of the trail are in the lists"
PLACES = "every file belongs to a record, a run or the specification"


@pytest.fixture
def owner(anchored: Anchored, tmp_path: Path) -> Tiny:
    return anchored.owner.copy(tmp_path / "owner")


# ------------------------------------------------------------ files put into the project


@pytest.mark.parametrize("place", ["leak.txt", "approvals/leak.txt", "approvals/TNY-URS/r1/said.json", "OQ/leak.feature"])
def test_link_to_a_secret_is_not_handed_out(place, owner, tmp_path):
    """Whoever may commit could otherwise have any file that the exporting account reads, the custodian's key among them."""
    link = owner.config.protocol_folder(SYSTEM) / place
    target = owner.config.state / "root.key"
    if link.exists():  # a link to the very content, so that no digest tells
        target = shutil.copy(link, tmp_path / "elsewhere")
        link.unlink()
    link.symlink_to(target)
    with pytest.raises((Refused, NotIntact)):
        owner.export(tmp_path / "package")
    assert not (tmp_path / "package").exists()


@pytest.mark.parametrize(
    "place", ["TNY-URS-r2-approved.pdf", "approvals/memo.txt", "approvals/TNY-URS/r2.pdf", "OQ/below/more.feature"]
)
def test_file_that_no_record_names_is_not_sealed(place, owner, tmp_path):
    """It would lie in a package of which everything else is signed."""
    stray = owner.config.protocol_folder(SYSTEM) / place
    stray.parent.mkdir(exist_ok=True)
    stray.write_bytes(b"Approved: Ruth Amsel")
    with pytest.raises(Refused, match="belongs to no record"):
        owner.export(tmp_path / "package")
    assert not (tmp_path / "package").exists()


@pytest.mark.parametrize(
    "place", [f"protocols/{SYSTEM}/memo.pdf", "documents/TNY-URS-r2.pdf", "audit/more.jsonl", "runs/IQ-009/note.txt", "trust/roots.pem", "READ ME FIRST.txt"]
)  # fmt: skip
def test_sealed_file_that_no_record_names_is_found(place, anchored, tmp_path):
    """By a thief of the seal key, or exported by an earlier csvgen."""
    forger = Forger(light_copy(anchored.package, tmp_path / "package"), anchored.owner.seal)
    stray = forger.folder / place
    stray.parent.mkdir(exist_ok=True)
    stray.write_bytes(b"Approved: Ruth Amsel")
    verification = anchored.verify(forger.repack(), anchor=True)
    assert not verification
    assert [c.name for c in verification.failed] == [PLACES]
    assert place in verification.failed[0].detail


def test_notes_beside_the_specification_are_told_in_the_bottom_line(owner, anchored, tmp_path):
    (owner.config.requirements_specs / SYSTEM / "TNY-URS-signed.pdf").write_bytes(b"Approved: Ruth Amsel")
    verification = verify_package(owner.export(tmp_path / "package"), anchored.believed)
    assert "1 file(s) beside the specification" in verification.bottom_line
    assert any("TNY-URS-signed.pdf" in c.detail for c in verification.checks if c.name == "beside the specification")


def test_old_revocation_list_put_back(owner, tmp_path):
    """The reader has no newer list than the one in the package; the trail tells that there is one."""
    chain = chain_file(owner.config.trust)
    old = chain.read_bytes()
    authority = Authority(owner.config, owner.directory, owner.clock, OPERATOR, "Example")
    held = next(c for c in authority.listed() if c.person == "ruth.amsel" and c.revoked is None)
    authority.revoke(held.fingerprint, PASSPHRASE, "key-compromise")
    honest = verify_package(owner.export(tmp_path / "honest"), _roots(owner, tmp_path))
    assert REVOCATIONS not in [c.name for c in honest.failed]
    chain.write_bytes(old)
    forged = verify_package(owner.export(tmp_path / "forged"), _roots(owner, tmp_path))
    (check,) = [c for c in forged.failed if c.name == REVOCATIONS]
    assert "ruth.amsel" in check.detail


def _roots(owner: Tiny, tmp_path: Path):
    """A reader who has nothing but the root."""
    from csvgen.crypto.trust import trust_at

    (tmp_path / "reader").mkdir(exist_ok=True)
    return trust_at(Path(shutil.copy(owner.config.trust, tmp_path / "reader" / "roots.pem")))


@pytest.mark.parametrize("own", ["documents/urs.md.j2", "reference.docx"])
def test_template_of_the_project_is_named_in_the_record_and_told(own, stages, tmp_path):
    """The content digest binds what was specified; what a template adds beside it stands in no digest that is worked out again."""
    plain, bent = (stages.at("founded").copy(tmp_path / name) for name in ("plain", "bent"))
    template = bent.root / "templates" / own
    template.parent.mkdir(parents=True)
    same = template.with_name("plan.md.j2")
    same.write_bytes((shipped() / "documents" / "plan.md.j2").read_bytes())
    template.write_bytes((shipped() / own).read_bytes())
    if template.suffix == ".j2":
        template.write_text(template.read_text() + "\nEverybody agreed with everything.\n")
    else:
        with zipfile.ZipFile(template, "a") as archive:
            archive.writestr("docProps/more.txt", "x")
    for project, told in ((plain, False), (bent, True)):
        project.report("urs")
        (approval,) = load(project.config.approvals(SYSTEM))
        named = [n for n in approval.document.derived_from if n.startswith(OWN_TEMPLATE)]
        assert named == ([f"{OWN_TEMPLATE} {own}"] if told else [])
        checks = Checks()
        check_templates((approval,), checks)
        assert ("whether the project's own templates show all of the content" in checks.result().missing) is told


def test_folder_that_brings_its_own_trust_is_told(stages, tmp_path):
    """A signed file, the root that vouches for it, and a csvgen.toml around both, all from one hand."""
    given = tmp_path / "given"
    project = stages.at("specified")
    shutil.copytree(project.root / "trust", given / "trust")
    shutil.copy(next(project.config.documents(SYSTEM).rglob("TNY-URS-r1.pdf")), given)
    (given / "csvgen.toml").write_text('[csvgen]\nproject = "given"\n')
    told = "trust roots that came another way (--trust): those of the project around here were taken"
    for more, shown in ((), True), (("--trust", str(project.root / "trust")), False):
        command = [sys.executable, "-m", "csvgen", "verify", "TNY-URS-r1.pdf", *more]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=clean_environment(), cwd=given)
        assert "VERIFIED" in done.stdout.splitlines()[-1], done.stderr
        assert (told in done.stdout.splitlines()[-1]) is shown


@pytest.mark.parametrize(
    "url", ["mysql://root:secret@host/x", "nonsense+driver:///x", "sqlite+pysqlcipher:///x", "sqlite:////proc/nowhere/records.db"]
)
def test_records_where_they_cannot_be_are_a_setting_to_mend(url):
    """No other driver is loaded because a file of the repository names it, and no internal error."""
    with pytest.raises(ConfigError) as refused:
        open_database(url)
    assert "secret" not in str(refused.value)


def test_message_that_quotes_a_hostile_file_is_harmless_text(tmp_path):
    """A file of the repository could otherwise write on the terminal of whoever works there: a title, a colour, a line that was never said."""
    root = make_project(tmp_path / "project")
    (root / "roles.yaml").write_text(
        'format: csvgen.roles/1\nroles:\n  "x\\e]0;all well\\a\\e[2J":\n    words: a\n    functions: []\n'
    )
    command = [sys.executable, "-m", "csvgen", "-C", str(root), "people", "list"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=clean_environment())
    assert done.returncode == 1
    assert "roles.yaml" in done.stderr
    assert not set("\x1b\x07") & set(done.stdout + done.stderr)


# ------------------------------------------------------------ one file, two readings


def _zip(word: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("package.json", word * 100)
        archive.writestr("README.txt", word)
    return made.getvalue()


def _tar(word: str) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name in ("package.json", "README.txt"):
            member = tarfile.TarInfo(name)
            member.size = len(word)
            archive.addfile(member, io.BytesIO(word.encode()))
    return made.getvalue()


def _commented() -> bytes:
    made = io.BytesIO(_zip("good"))
    with zipfile.ZipFile(made, "a") as archive:
        archive.comment = b"%PDF-1.7 another document"
    return made.getvalue()


def _with_extra() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        entry = zipfile.ZipInfo("package.json")
        text = b"%PDF-1.7 another document".ljust(400)
        entry.extra = b"\xfe\xca" + len(text).to_bytes(2, "little") + text
        archive.writestr(entry, "good")
    return made.getvalue()


TWICE: dict[str, Callable[[], bytes]] = {
    "tar, then zip": lambda: _tar("evil") + _zip("good"),
    "tar, then tar": lambda: _tar("good") + _tar("evil"),
    "zip, then zip": lambda: _zip("evil") + _zip("good"),
    "zip, then tar": lambda: _zip("good") + _tar("evil"),
    "gzip, then zip": lambda: gzip.compress(_tar("evil")) + _zip("good"),
    "xz, then zip": lambda: lzma.compress(_tar("evil")) + _zip("good"),
    "zip with a document in its comment": _commented,
    "zip with a document before its first file": _with_extra,
}


@pytest.mark.parametrize("how", TWICE)
def test_archive_that_two_programs_read_differently(how, tmp_path):
    path = tmp_path / "package.tar"
    path.write_bytes(TWICE[how]())
    with pytest.raises(NotIntact), unpacked(path):
        pass


@pytest.mark.parametrize("make", [_zip, _tar, lambda w: gzip.compress(_tar(w)), lambda w: lzma.compress(_tar(w))])
def test_honest_archive_is_unpacked(make, tmp_path):
    """The last file of a tar may be a ZIP of its own, as Word and Excel files are."""
    path = tmp_path / "package"
    path.write_bytes(make("good"))
    with unpacked(path) as folder:
        assert (folder / "README.txt").read_text() == "good"


def test_tar_that_ends_with_an_office_file(tmp_path):
    with tarfile.open(tmp_path / "package", "w") as archive:
        for name, data in (("package.json", b"{}"), ("z.xlsx", _zip("cells"))):
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    with unpacked(tmp_path / "package") as folder:
        assert (folder / "z.xlsx").read_bytes() == _zip("cells")


def test_two_names_of_one_file_in_an_archive(tmp_path):
    with tarfile.open(tmp_path / "package.tar", "w") as archive:
        for name in ("package.json", "./package.json"):
            archive.addfile(tarfile.TarInfo(name), io.BytesIO())
    with pytest.raises(NotIntact, match="twice"), unpacked(tmp_path / "package.tar"):
        pass


@pytest.mark.parametrize("kind", ["csvgen.document/2", "csvgen.run/1", "csvgen.seal/1", "csvgen.package/1", "csvgen.partial/1"])
def test_folder_does_not_answer_for_any_file_in_it(kind, anchored, tmp_path):
    """Verifying a file beside signed records must not say what holds for the records."""
    folder = shutil.copytree(anchored.package / "protocols" / SYSTEM / "approvals", tmp_path / "approvals")
    (folder / "another.json").write_text(f'{{"format":"{kind}","says":"something else"}}')
    with pytest.raises(ConfigError, match="nothing that can be verified"):
        recognise(folder / "another.json")
