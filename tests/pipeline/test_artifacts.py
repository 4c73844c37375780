"""What may be registered as an artifact, and what is found of one that was touched."""

from __future__ import annotations

import base64
import datetime as dt
import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from csvgen.canonical import canonical_json, digest_bytes, read_canonical
from csvgen.crypto import certificates
from csvgen.crypto.keys import Credential
from csvgen.errors import BadInput, NotIntact, Refused
from csvgen.pipeline import bundle_signing, instance
from csvgen.pipeline.artifacts import Artifact, folder_of, require_signed
from csvgen.pipeline.keyring import open_own
from tests.pipeline.promoting import COMMIT, STEPS, TICKET, Hands, team


@pytest.fixture
def hands(lab) -> Hands:
    return Hands(lab)


@pytest.fixture
def artifact(hands, tmp_path) -> Artifact:
    return found(hands, hands.build(team(tmp_path / "team")))


def found(hands: Hands, identity: str) -> Artifact:
    return hands.core.known("artifact", identity, Artifact)[0]


def credential(hands: Hands, who: str) -> Credential:
    return open_own(hands.core.directory, hands.lab.user(who), hands.lab.password(who))


def elsewhere(hands: Hands, artifact: Artifact, place: Path) -> Path:
    """A copy of a bundle, to be offered by somebody."""
    return Path(shutil.copytree(folder_of(hands.core, artifact), place))


def writable(path: Path) -> Path:
    path.chmod(0o600)
    return path


# ------------------------------------------------------------------ registering


def test_an_artifact_tells_what_it_is(hands, artifact) -> None:
    assert (artifact.pipeline, artifact.version, artifact.ticket, artifact.commit) == ("doubling", "1", TICKET, COMMIT)
    assert (artifact.builder, artifact.shipped) == (hands.lab.user("analyst"), "no")
    folder = folder_of(hands.core, artifact)
    names = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert names == {"manifest.json", "definition.yaml", "lock.json", "code/steps.py"}
    manifest = read_canonical((folder / "manifest.json").read_bytes())
    assert manifest["code"] == digest_bytes(canonical_json([["steps.py", digest_bytes(STEPS.encode())]]))
    assert artifact.manifest == digest_bytes((folder / "manifest.json").read_bytes())
    event = hands.lab.events("register-artifact")[-1]
    assert (event.record, event.user_id) == (f"artifact/{artifact.id}", hands.lab.user("analyst"))
    require_signed(hands.core, artifact)


def test_the_signature_is_one_that_model_signing_itself_verifies(hands, artifact, tmp_path) -> None:
    """Their command, in a process of its own, with nothing of ours but the root."""
    (tmp_path / "root.pem").write_bytes(certificates.pem([hands.core.keys.root]))
    (tmp_path / "signature").write_bytes(base64.b64decode(artifact.signature))
    command = [sys.executable, "-m", "model_signing", "verify", "certificate", str(folder_of(hands.core, artifact))]
    command += ["--signature", str(tmp_path / "signature"), "--certificate_chain", str(tmp_path / "root.pem")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, "succeeded" in done.stdout + done.stderr) == (0, True)
    writable(folder_of(hands.core, artifact) / "code" / "steps.py").write_text("x = 1\n")
    assert subprocess.run(command, capture_output=True, text=True, check=False).returncode != 0


def test_neither_signing_nor_verifying_asks_the_network_or_writes_the_key(hands, artifact, tmp_path, monkeypatch) -> None:
    def no(*_: object, **__: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket, "create_connection", no)
    monkeypatch.setattr(socket.socket, "connect", no)
    written: list[bytes] = []
    monkeypatch.setattr(Path, "write_bytes", lambda path, data, _kept=Path.write_bytes: written.append(data) or _kept(path, data))
    signature = bundle_signing.sign(folder_of(hands.core, artifact), credential(hands, "analyst"), hands.core.keys.root)
    bundle_signing.verify(folder_of(hands.core, artifact), signature, hands.core.keys.root)
    assert written
    assert not [data for data in written if b"PRIVATE KEY" in data]


def test_a_bundle_signed_elsewhere_is_registered(hands, artifact, tmp_path) -> None:
    folder = elsewhere(hands, artifact, tmp_path / "copy")
    manifest = read_canonical((folder / "manifest.json").read_bytes()) | {"ticket": "CHG-0043"}
    writable(folder / "manifest.json").write_bytes(canonical_json(manifest))
    signature = bundle_signing.sign(folder, credential(hands, "analyst"), hands.core.keys.root)
    answer = hands.lab.app.artifacts.register(hands.lab.session("analyst-2"), folder, signature)
    identity = answer.reference.removeprefix("artifact/")
    assert identity > artifact.id
    assert (found(hands, identity).builder, found(hands, identity).ticket) == (hands.lab.user("analyst"), "CHG-0043")
    with pytest.raises(Refused, match=f"registered already, as {identity}"):
        hands.lab.app.artifacts.register(hands.lab.session("analyst-2"), folder, signature)


def test_nothing_is_registered_without_a_signature_that_holds(hands, artifact, tmp_path) -> None:
    folder = elsewhere(hands, artifact, tmp_path / "copy")
    before = hands.core.ledger.all("artifact")
    for signature in (b"", b"{}", b"[]", b"\xff", json.dumps({"verificationMaterial": {}}).encode(), b"[" * 100_000):
        with pytest.raises(NotIntact, match="not a model-signing signature"):
            hands.lab.app.artifacts.register(hands.lab.session("analyst"), folder, signature)
    good = json.loads(base64.b64decode(artifact.signature))
    value = bytearray(base64.b64decode(good["dsseEnvelope"]["signatures"][0]["sig"]))
    value[-1] ^= 1
    good["dsseEnvelope"]["signatures"][0]["sig"] = base64.b64encode(value).decode()
    with pytest.raises(NotIntact, match="not its signer's"):
        hands.lab.app.artifacts.register(hands.lab.session("analyst"), folder, json.dumps(good).encode())
    assert hands.core.ledger.all("artifact") == before
    assert len(hands.lab.events("register-artifact-refused")) == 7


def test_a_stranger_is_refused(hands, artifact, tmp_path) -> None:
    """The stranger's root has the name of ours, the stranger's certificate the id of our analyst."""
    folder = elsewhere(hands, artifact, tmp_path / "copy")
    now = hands.lab.clock.now()
    theirs = certificates.make_root("QC release validation instance (example data)", now, demonstration=True)
    stranger = certificates.issue_person(
        theirs, person=artifact.builder, printed_name=artifact.builder_name, organisation="any", now=now
    )
    for root in (theirs.certificate, hands.core.keys.root):
        signature = bundle_signing.sign(folder, stranger, root)
        with pytest.raises(Refused, match="somebody this instance does not know"):
            hands.lab.app.artifacts.register(hands.lab.session("analyst"), folder, signature)


def test_a_system_of_ours_is_no_builder(hands, artifact, tmp_path) -> None:
    folder = elsewhere(hands, artifact, tmp_path / "copy")
    seal = certificates.issue_system(hands.core.keys._authority, name="a seal", organisation="any", now=hands.lab.clock.now())
    with pytest.raises(Refused, match="somebody this instance does not know"):
        hands.lab.app.artifacts.register(
            hands.lab.session("analyst"), folder, bundle_signing.sign(folder, seal, hands.core.keys.root)
        )


def test_a_key_that_was_replaced_and_an_account_that_ended_sign_nothing_new(hands, artifact, tmp_path) -> None:
    folder = elsewhere(hands, artifact, tmp_path / "copy")
    old = credential(hands, "analyst")
    manifest = read_canonical((folder / "manifest.json").read_bytes()) | {"ticket": "CHG-0043"}
    writable(folder / "manifest.json").write_bytes(canonical_json(manifest))
    signature = bundle_signing.sign(folder, old, hands.core.keys.root)
    hands.lab.app.access.set_password(hands.lab.session("analyst"), "quite another word 7")
    with pytest.raises(Refused, match="with a key that is not theirs any more"):
        hands.lab.app.artifacts.register(hands.lab.session("analyst-2"), folder, signature)


def test_a_certificate_that_has_expired_signs_nothing_new(hands, artifact, tmp_path) -> None:
    """Their verifier looks at the time the certificate began; ours at the time of registration."""
    folder = elsewhere(hands, artifact, tmp_path / "copy")
    manifest = read_canonical((folder / "manifest.json").read_bytes()) | {"ticket": "CHG-0043"}
    writable(folder / "manifest.json").write_bytes(canonical_json(manifest))
    signature = bundle_signing.sign(folder, credential(hands, "analyst"), hands.core.keys.root)
    hands.lab.clock.ahead = dt.timedelta(days=4 * 365)
    with pytest.raises(Refused, match="does not count now: the certificate had expired"):
        hands.lab.app.artifacts.register(hands.lab.session("analyst-2", anew=True), folder, signature)


def test_the_builder_is_who_signed(hands, artifact, tmp_path) -> None:
    folder = elsewhere(hands, artifact, tmp_path / "copy")
    signature = bundle_signing.sign(folder, credential(hands, "analyst-2"), hands.core.keys.root)
    with pytest.raises(Refused, match=r"says 'val.analyst' built it, and val.analyst-2 signed it"):
        hands.lab.app.artifacts.register(hands.lab.session("analyst"), folder, signature)


def test_building_takes_the_components_of_the_builder(hands, tmp_path) -> None:
    source = team(tmp_path / "team")
    session = hands.lab.session("analyst")
    with pytest.raises(Refused):
        hands.lab.app.artifacts.build(session, "doubling", TICKET, COMMIT, hands.lab.user("analyst"), "a wrong password", source)
    with pytest.raises(Refused, match="may not build an artifact"):
        hands.build(source, who="quality")
    assert "doubling" not in [v.content["pipeline"] for v in hands.core.ledger.all("artifact")]


@pytest.mark.parametrize(
    ("ticket", "commit", "words"), [(" ", COMMIT, "change ticket is missing"), (TICKET, "the newest", "commit")]
)
def test_ticket_and_commit_are_needed(hands, tmp_path, ticket: str, commit: str, words: str) -> None:
    components = hands.components("analyst")
    with pytest.raises((Refused, BadInput), match=words):
        hands.lab.app.artifacts.build(
            hands.lab.session("analyst"), "doubling", ticket, commit, *components, team(tmp_path / "team")
        )


# ------------------------------------------------------------------ what a bundle may not hold


def _link(folder: Path) -> None:
    (folder / "data.csv").symlink_to("/etc/hostname")


def _linked_folder(folder: Path) -> None:
    (folder / "more").symlink_to(folder.parent)


def _pipe(folder: Path) -> None:
    os.mkfifo(folder / "pipe.py")


def _hidden(folder: Path) -> None:
    (folder / ".git").mkdir()
    (folder / ".git" / "steps.py").write_text("x")


def _compiled(folder: Path) -> None:
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "steps.cpython-311.pyc").write_bytes(b"x")


def _control(folder: Path) -> None:
    (folder / "a\nb.py").write_text("x")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (_link, "symbolic link: 'data.csv'"),
        (_linked_folder, "symbolic link: 'more'"),
        (_pipe, "no file: 'pipe.py'"),
        (_hidden, "hidden or unreadable name: '.git'"),
        (_compiled, "compiled code: '__pycache__'"),
        (_control, "unreadable name"),
    ],
)
def test_what_leads_out_or_hides_is_refused(hands, tmp_path, spoil, words: str) -> None:
    spoil(team(tmp_path / "team"))
    with pytest.raises(BadInput, match=words):
        hands.build(tmp_path / "team")
    assert not list((hands.lab.home / "artifacts").glob("*.staged"))


@pytest.mark.parametrize("name", ["/etc/passwd", "../steps.py", ""])
def test_a_statement_about_files_elsewhere_is_refused(hands, artifact, tmp_path, name: str) -> None:
    bundle = json.loads(base64.b64decode(artifact.signature))
    statement = json.loads(base64.b64decode(bundle["dsseEnvelope"]["payload"]))
    statement["predicate"]["resources"][0]["name"] = name
    bundle["dsseEnvelope"]["payload"] = base64.b64encode(json.dumps(statement).encode()).decode()
    with pytest.raises(NotIntact, match="not a model-signing signature"):
        bundle_signing.verify(folder_of(hands.core, artifact), json.dumps(bundle).encode(), hands.core.keys.root)


def test_a_signer_cannot_leave_files_out_of_the_statement(hands, artifact, tmp_path) -> None:
    """Their library leaves out what the signer asks it to; every file of ours is in the statement or the bundle is refused."""
    from model_signing import hashing, signing

    folder = elsewhere(hands, artifact, tmp_path / "copy")
    (folder / "code" / "extra.py").write_text("x = 1\n")
    one = credential(hands, "analyst")
    (tmp_path / "chain.pem").write_bytes(certificates.pem([hands.core.keys.root]))
    (tmp_path / "own.pem").write_bytes(certificates.pem([one.certificate]))
    with bundle_signing._key_of(one) as key:
        config = signing.Config().use_certificate_signer(
            private_key=key, signing_certificate=tmp_path / "own.pem", certificate_chain=[tmp_path / "chain.pem"]
        )
    config.set_hashing_config(hashing.Config().set_ignored_paths(paths=["code/extra.py"])).sign(folder, tmp_path / "signature")
    with pytest.raises(NotIntact, match=r"added: code/extra\.py"):
        bundle_signing.verify(folder, (tmp_path / "signature").read_bytes(), hands.core.keys.root)


@pytest.mark.parametrize(
    ("definition", "steps", "words"),
    [
        (None, "def other(work): ...\n", "no function steps:double"),
        (None, "def double(work:\n", "no module steps that can be read"),
        ("format: csvgen.pipeline/1\n", STEPS, "definition.yaml"),
        ("format: [\n", STEPS, "definition.yaml"),
    ],
)
def test_a_bundle_that_could_not_run_is_refused(hands, tmp_path, definition: str | None, steps: str, words: str) -> None:
    source = team(tmp_path / "team", steps=steps)
    if definition:
        (source / "definition.yaml").write_text(definition)
    with pytest.raises(Exception, match=words) as refused:
        hands.build(source)
    assert type(refused.value).__module__ == "csvgen.errors"
    assert "doubling" not in [v.content["pipeline"] for v in hands.core.ledger.all("artifact")]


def test_nothing_of_a_bundle_runs_when_it_is_built(hands, tmp_path) -> None:
    mark = tmp_path / "it ran"
    hands.build(team(tmp_path / "team", steps=f"open({str(mark)!r}, 'w')\n{STEPS}"))
    assert not mark.exists()


def test_a_team_does_not_take_the_name_of_a_shipped_pipeline(hands, tmp_path) -> None:
    with pytest.raises(Refused, match="the name of a pipeline that comes with csvgen"):
        hands.build(team(tmp_path / "team", pipeline="qc-release"), "qc-release")
    with pytest.raises(BadInput, match="holds the pipeline doubling, not 'halving'"):
        hands.build(team(tmp_path / "other"), "halving")


IMAGE = "127.0.0.1:5000/doubling@sha256:" + "a" * 64


def in_an_image(folder: Path) -> Path:
    """A team's folder without code: its step lies in an image."""
    source = team(folder)
    (source / "steps.py").unlink()
    path = source / "definition.yaml"
    path.write_text(path.read_text().replace("gives: [doubled]", f"gives: [doubled], image: {json.dumps(IMAGE)}"))
    return source


def test_images_are_named_by_digest_and_come_from_the_registry_of_the_instance(hands, tmp_path) -> None:
    source = in_an_image(tmp_path / "team")
    core = hands.lab.app._core
    core.settings = instance.Settings(images="registry.example:5000")
    with pytest.raises(Refused, match=r"images come from registry\.example:5000, and not 127\.0\.0\.1:5000/doubling"):
        hands.build(source)
    core.settings = instance.Settings(images="127.0.0.1:5000")
    assert found(hands, hands.build(source)).images == {"double": IMAGE}


def test_a_step_in_an_image_does_not_run_where_no_registry_is_named(hands, tmp_path) -> None:
    hands.promote(hands.build(in_an_image(tmp_path / "team")))
    with pytest.raises(NotIntact, match="is not performed outside it"):
        hands.run()


# ------------------------------------------------------------------ every file that differs is named


def _changed(code: Path) -> None:
    data = bytearray((code / "steps.py").read_bytes())
    data[40] ^= 1
    writable(code / "steps.py").write_bytes(data)


def _added(code: Path) -> None:
    (code / "more.py").write_text("x = 1\n")


def _removed(code: Path) -> None:
    (code / "steps.py").unlink()


def _renamed(code: Path) -> None:
    (code / "steps.py").rename(code / "paces.py")


@pytest.mark.parametrize(
    ("touch", "words"),
    [
        (_changed, r"changed: code/steps\.py$"),
        (_added, r"added: code/more\.py$"),
        (_removed, r"missing: code/steps\.py$"),
        (_renamed, r"renamed: code/steps\.py to code/paces\.py$"),
    ],
)
def test_each_file_that_differs_is_named(hands, artifact, touch, words: str) -> None:
    touch(folder_of(hands.core, artifact) / "code")
    with pytest.raises(NotIntact, match=words):
        require_signed(hands.core, artifact)


@pytest.mark.parametrize("name", ["manifest.json", "definition.yaml", "lock.json"])
def test_the_papers_of_a_bundle_are_under_the_signature_too(hands, artifact, name: str) -> None:
    path = writable(folder_of(hands.core, artifact) / name)
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(NotIntact, match=f"changed: {name}"):
        require_signed(hands.core, artifact)


def test_a_record_that_says_other_things_than_its_files_is_found(hands, artifact) -> None:
    for field, value in (
        ("ticket", "CHG-0001"),
        ("commit", "fffffff"),
        ("builder", "val.quality"),
        ("code", "sha256:" + "0" * 64),
    ):
        with pytest.raises(NotIntact, match="says other things than its signed files"):
            require_signed(hands.core, artifact.model_copy(update={field: value}))
    shutil.rmtree(folder_of(hands.core, artifact))
    with pytest.raises(NotIntact, match="are gone"):
        require_signed(hands.core, artifact)
