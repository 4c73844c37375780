"""No secret is anywhere but where it is kept: the very bytes, in every spelling, looked for in all that an instance writes and hands out."""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from csvgen.crypto.keys import unlock
from csvgen.crypto.trust import trust_at
from csvgen.errors import Refused
from csvgen.pipeline.experiments import statement
from csvgen.pipeline.flow.flows import Flows
from csvgen.pipeline.flow.record import RunRecord
from csvgen.pipeline.instance import Settings
from csvgen.pipeline.keyring import open_own
from csvgen.targets.local.install import ACCOUNTS, install
from csvgen.verification.outside import NOTHING
from csvgen.verification.report import json_text, report, text_lines
from csvgen.verification.verify import verify

from ..pipeline.test_second_factor import STEP, Guarded
from ..tiny import cheap_secrets

WRONG = "my old password of last year 1"
KEPT = {ACCOUNTS, "keys/ca.p12", "keys/trail.key"}
"""Where secrets are: the passwords of the harness, and the two keys of the instance. Everything else is searched."""


@dataclass(frozen=True)
class Written:
    """What an instance wrote and handed out, by name; and what must be in none of it."""

    pieces: dict[str, bytes]
    secrets: dict[str, bytes]


def private(key) -> bytes:
    """The number itself, without what is public around it."""
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def scalar(key) -> bytes:
    numbers = key.private_numbers()
    value = numbers.private_value if hasattr(numbers, "private_value") else numbers.d
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def release(lab: Guarded) -> None:
    for who in ("reviewer", "quality"):
        lab.enrol(who)
    lab.processed("L-1")
    lab.sign_with("L-1", "reviewed", "reviewer", lab.code("reviewer"))
    lab.sign_with("L-1", "released", "quality", lab.code("quality"))
    lab.clock.ahead += STEP
    with pytest.raises(Refused):
        lab.app.access.log_in(lab.user("auditor"), WRONG)
    with pytest.raises(Refused):
        lab.app.access.type_code(lab.session("reviewer"), lab.code("reviewer"))
        lab.app.decisions.sign(lab.session("reviewer"), "L-1", "reviewed", "again", lab.user("reviewer"), WRONG)


def handed_out(lab: Guarded) -> Iterator[tuple[str, bytes]]:
    """Every copy and export the application gives."""
    app, auditor = lab.app, lab.session("auditor")
    yield "trail", app.trail.export(auditor)
    yield "entries", repr(app.trail.entries(auditor)).encode()
    yield "run record", app.provenance.run_record(auditor, "RUN-0001")
    yield "trace", repr(app.provenance.trace(auditor, "L-1")).encode()
    for user in lab.accounts.values():
        yield f"account {user['user_id']}", repr(app.records.history(auditor, f"account/{user['user_id']}")).encode()
    for record in ("lot/L-1", "settings/instance.toml", "configuration/second_factor"):
        yield record, repr(app.records.read(auditor, record)).encode()
    copies = {
        "lot": app.records.copy(auditor, "lot/L-1"),
        "certificate": app.certificates.certificate(auditor, "L-1"),
        "certificate copy": app.certificates.certificate_copy(auditor, "L-1"),
    }
    lab.processed("L-2", "1.003")
    copies["review packet"] = app.decisions.review_packet(lab.session("reviewer"), "L-2")
    for name, copy in copies.items():
        assert copy is not None
        yield f"{name}, for people", copy.human
        yield f"{name}, for machines", copy.electronic
    core = app._core
    flows = Flows(core)
    record = RunRecord.model_validate(core.ledger.latest("run", "RUN-0001").content)
    said = statement(record, {n: flows.product(record, n) for n in record.products}, core.keys.fingerprint)
    yield "MLflow", repr(said).encode()
    for name, data in said.artifacts.items():
        yield f"MLflow {name}", data


def told(home: Path, base: Path) -> Iterator[tuple[str, bytes]]:
    found = verify(home, trust_at(base / "roots.pem"), NOTHING)
    assert found, found.bottom_line
    yield (
        "verify, JSON",
        json_text(report(found, path=str(home), trust="", anchor="", checked="2026-01-01T00:00:00.000000Z")).encode(),
    )
    yield "verify, text", "\n".join(text_lines(found, None)).encode()


@contextmanager
def opened(home: Path) -> Iterator[Guarded]:
    lab = Guarded(home)
    try:
        yield lab
    finally:
        lab.app.close()


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    base = tmp_path_factory.mktemp("secrets")
    home = base / "instance"
    with cheap_secrets():
        install(home, {})
    Settings(lineage="lineage.jsonl", alerts="security@example.org").write(home)
    (base / "roots.pem").write_bytes((home / "keys" / "ca.pem").read_bytes())
    with cheap_secrets(), opened(home) as lab:
        release(lab)
        pieces = dict(handed_out(lab))
        found = {f"password of {k}": a["password"].encode() for k, a in lab.accounts.items()}
        found |= {f"session of {k}": token.encode() for k, token in lab._sessions.items()}
        found |= {f"device of {k}": key.encode() for k, key in lab.keys.items()}
        found |= {f"device of {k}, as bytes": base64.b32decode(key) for k, key in lab.keys.items()}
        for who in ("reviewer", "quality"):
            own = open_own(lab.app._core.directory, lab.user(who), lab.password(who))
            found |= {f"signing key of {who}": scalar(own.key), f"signing key of {who}, whole": private(own.key)}
    authority = unlock((home / "keys" / "ca.p12").read_bytes(), None)
    found |= {
        "key of the authority": scalar(authority.key),
        "key of the anchor": (home / "keys" / "trail.key").read_bytes().strip(),
    }
    found |= {"a password typed wrongly": WRONG.encode()}
    pieces |= dict(told(home, base))
    files = [p for p in home.rglob("*") if p.is_file() and p.relative_to(home).as_posix() not in KEPT]
    assert {"qc.db", "lineage.jsonl", "trail.head", "instance.toml"} <= {p.name for p in files}
    assert any(p.suffix == ".eml" for p in files), "an alert was written"
    pieces |= {p.relative_to(home).as_posix(): p.read_bytes() for p in files if p.stat().st_size}
    assert all(pieces.values())
    return Written(pieces, found)


def spellings(secret: bytes) -> Iterator[bytes]:
    """As it is, in hexadecimal, in UTF-16, and inside base64 at each of the three places it can begin."""
    yield secret
    yield secret.hex().encode()
    yield secret.hex().upper().encode()
    yield secret.decode("latin-1").encode("utf-16-le")
    for skip in range(3):
        whole = base64.b64encode(b"\0" * skip + secret).rstrip(b"=")
        inner = whole[4 if skip else 0 : -4]
        yield inner
        yield inner.replace(b"+", b"-").replace(b"/", b"_")


def unpacked(data: bytes) -> bytes:
    """With the streams of a PDF opened."""
    if not data.startswith(b"%PDF-"):
        return data
    parts = [data]
    for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", data, re.DOTALL):
        try:
            parts.append(zlib.decompress(stream))
        except zlib.error:
            continue
    assert len(parts) > 1
    return b"\n".join(parts)


def leaks(written: Written, *, also: dict[str, bytes] | None = None) -> list[str]:
    pieces = {name: unpacked(data) for name, data in (written.pieces | (also or {})).items()}
    return [
        f"{secret} in {name}"
        for secret, value in written.secrets.items()
        for name, data in pieces.items()
        if any(s in data for s in spellings(value))
    ]


def test_no_secret_is_in_anything(written: Written) -> None:
    assert len(written.secrets) > 20
    assert all(len(s) >= 16 for s in written.secrets.values()), "long enough not to be found by chance"
    assert leaks(written) == []


@pytest.mark.parametrize("spelled", ["plain", "hexadecimal", "base64 of more", "in a PDF"])
def test_the_search_would_find_it(written: Written, spelled: str) -> None:
    secret = written.secrets["device of reviewer"]
    hidden = {
        "plain": b"otpauth://totp/x?secret=" + secret,
        "hexadecimal": json.dumps({"seed": secret.hex()}).encode(),
        "base64 of more": base64.b64encode(b'{"user": "r", "seed": "' + secret + b'"}'),
        "in a PDF": b"%PDF-1.7\nstream\n" + zlib.compress(b"BT (" + secret + b") Tj ET") + b"\nendstream\n",
    }[spelled]
    assert leaks(written, also={"a leak": hidden}) == ["device of reviewer in a leak"]


def test_signing_keys_are_never_in_the_clear(written: Written) -> None:
    """Nor in any form of a private key that a program would read."""
    for name, data in written.pieces.items():
        assert b"BEGIN PRIVATE KEY" not in unpacked(data), name
        assert b"BEGIN EC PRIVATE KEY" not in unpacked(data), name
