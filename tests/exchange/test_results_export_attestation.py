"""The attestation of a run: read by the library of in-toto, verified by that of DSSE and by openssl, and made only of what the project sealed."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from pathlib import Path
from unittest.mock import patch
from xml.etree import ElementTree as ET

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from google.protobuf import json_format
from in_toto_attestation.predicates.test_result.v0 import test_result_pb2
from in_toto_attestation.v1 import statement_pb2
from in_toto_attestation.v1.statement import Statement
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import SSlibKey

from csvgen.canonical import digest_file
from csvgen.errors import Refused
from csvgen.exchange.results.attestation import PAYLOAD, PREDICATE, envelope, statement
from csvgen.model.execution import Verdict

from ..tiny import runner
from . import executed
from . import project as project_of_tests
from .project import csvgen


@pytest.fixture(scope="module")
def sealer():
    return executed.sealer()


def told(made: bytes) -> dict:
    return json.loads(base64.b64decode(json.loads(made)["payload"]))


def opened(made: bytes, credential) -> bytes:
    """The payload, once the signature over it is verified."""
    found = Envelope.from_dict(json.loads(made))
    assert found.payload_type == PAYLOAD
    found.verify([SSlibKey.from_crypto(credential.certificate.public_key())], 1)
    return found.payload


def test_another_library_verifies_it_and_notices_a_change(tmp_path, sealer) -> None:
    made = envelope(executed.copied(executed.plain(tmp_path / "OQ-001", sealed_with=sealer)), sealer)
    assert json.loads(opened(made, sealer))["predicateType"] == PREDICATE
    changed = json.loads(made)
    changed["payload"] = base64.b64encode(base64.b64decode(changed["payload"]).replace(b"PASSED", b"FAILED")).decode()
    with pytest.raises(VerificationError):
        opened(json.dumps(changed).encode(), sealer)
    with pytest.raises(VerificationError):
        opened(made, executed.sealer())


@pytest.mark.needs("openssl")
def test_openssl_verifies_the_bare_signature(tmp_path, sealer) -> None:
    """Over what the DSSE protocol says is signed, put together here."""
    made = json.loads(envelope(executed.copied(executed.plain(tmp_path / "OQ-001", sealed_with=sealer)), sealer))
    kind, body = made["payloadType"].encode(), base64.b64decode(made["payload"])
    (tmp_path / "signed").write_bytes(b" ".join([b"DSSEv1", str(len(kind)).encode(), kind, str(len(body)).encode(), body]))
    (tmp_path / "sig").write_bytes(base64.b64decode(made["signatures"][0]["sig"]))
    key = sealer.certificate.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "key.pem").write_bytes(key)
    command = ["openssl", "dgst", "-sha256", "-verify", "key.pem", "-signature", "sig", "signed"]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == 0
    (tmp_path / "signed").write_bytes((tmp_path / "signed").read_bytes() + b" ")
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode != 0


def test_subjects_are_the_sealed_files_and_the_library_of_in_toto_takes_it(tmp_path, sealer) -> None:
    folder = executed.plain(tmp_path / "OQ-001", sealed_with=sealer)
    said = told(envelope(executed.copied(folder), sealer))
    assert {s["name"]: f"sha256:{s['digest']['sha256']}" for s in said["subject"]} == {
        f"OQ-001/{name}": digest_file(folder / name) for name in ("seal.json", "run.json", "journal.main.jsonl")
    }
    Statement.copy_from_pb(json_format.ParseDict(said, statement_pb2.Statement())).validate()
    own = {k: v for k, v in said["predicate"].items() if k != "csvgen"}
    predicate = json_format.ParseDict(own, test_result_pb2.TestResult())
    assert predicate.result == "PASSED"
    assert list(predicate.passed_tests) == ["TC-OQ-0001", "TC-OQ-0002"]
    assert {c.name for c in predicate.configuration} == {"protocol of the OQ", "specification", "execution order"}


def test_the_same_run_gives_the_same_bytes(tmp_path, sealer) -> None:
    folder = executed.plain(tmp_path / "OQ-001", sealed_with=sealer)
    assert envelope(executed.copied(folder), sealer) == envelope(executed.copied(folder), sealer)


def test_only_a_formal_run_of_everything_in_which_all_passed_is_passed(tmp_path, sealer) -> None:
    def predicate(folder: Path) -> dict:
        return statement(executed.copied(folder))["predicate"]

    both = ["TC-OQ-0001", "TC-OQ-0002"]
    lesser = ({"mode": "engineering"}, {"scope": "partial"}, {"scope": "retest"})
    for number, changed in enumerate(lesser):
        found = predicate(executed.plain(tmp_path / f"OQ-{number}", sealed_with=sealer, **changed))
        assert (found["result"], found["passedTests"], found["warnedTests"]) == ("WARNED", [], both)
        assert found["csvgen"]["marks"]
    found = predicate(executed.every_verdict(tmp_path / "OQ-009", sealer))
    assert found["result"] == "FAILED"
    assert len(found["failedTests"]) == 8, "what was not decided did not pass"
    assert set(found["csvgen"]["verdicts"].values()) == {str(v) for v in Verdict}
    assert "copy of run OQ-009" in found["csvgen"]["copy"]


# ------------------------------------------------------------ the command


def test_the_command_attests_what_this_project_sealed_and_the_trail_tells_it(tiny) -> None:
    project = tiny("iq-failed")
    done = _attest(project.root, "IQ-001")
    assert done.returncode == 0, done.stderr
    made = (project.root / "IQ-001.intoto.jsonl").read_bytes()
    said = json.loads(opened(made, project.seal))
    assert said["predicate"]["result"] == "FAILED", "the one case of this run failed"
    run = project.root / "output" / "tiny" / "runs" / "IQ-001"
    assert said["subject"][0]["digest"]["sha256"] == digest_file(run / "seal.json").hex
    event = project.ledger.events(action="export-attestation")
    assert len(event) == 1
    assert "there already" in _attest(project.root, "IQ-001").stderr
    done = csvgen("export", "results", "IQ-001", "--to", "junit", "-o", "x.xml", cwd=project.root)
    assert done.returncode == 0, "a plain copy asks nobody who they are"
    suite = ET.parse(project.root / "x.xml").getroot()[0]
    facts = {p.get("name"): p.get("value") for p in suite.iter("property")}
    assert (facts["requirement"], facts["mode"], facts["verdict"]) == ("URS-TNY-001", "formal", "FAILED")
    assert facts["feature"].startswith("IQ/")
    assert "'3'" in suite.find(".//failure").text, "expected and observed stand in the reason"


def test_a_run_sealed_by_somebody_else_is_not_attested(tiny, sealer) -> None:
    """A folder with a perfect seal of another system: our signature over it would lend it our name."""
    project = tiny("iq-failed")
    folder = executed.plain(project.root / "output" / "tiny" / "runs" / "OQ-777", sealed_with=sealer)
    done = _attest(project.root, "OQ-777")
    assert done.returncode == 1
    assert "cannot be verified" in done.stderr
    assert not (project.root / "OQ-777.intoto.jsonl").exists()
    assert not project.ledger.events(action="export-attestation")
    shutil.rmtree(folder)


def test_nobody_attests_without_being_let_in(tiny) -> None:
    project = tiny("iq-failed")
    done = csvgen("export", "attestation", "IQ-001", cwd=project.root)
    assert done.returncode == 1
    assert not (project.root / "IQ-001.intoto.jsonl").exists()


def test_a_key_that_does_not_fit_is_refused(tmp_path, sealer, monkeypatch) -> None:
    monkeypatch.setattr("csvgen.crypto.keys.algorithm", lambda _certificate: "RSA")
    copy = executed.copied(executed.plain(tmp_path / "OQ-001", sealed_with=sealer))
    with pytest.raises(Refused, match="ECDSA P-256"):
        envelope(copy, sealer)


def _attest(root: Path, run: str) -> subprocess.CompletedProcess[str]:
    """As the technical account of the project, which may export."""
    with patch.object(project_of_tests, "clean_environment", lambda: runner(root)):
        return csvgen("export", "attestation", run, cwd=root)
