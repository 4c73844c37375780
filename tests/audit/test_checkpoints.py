"""Signed notes and checkpoints, held against the log of others; and the key, which lies outside of the database."""

from __future__ import annotations

import base64
import datetime as dt
import stat
import tarfile
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from csvgen.audit.checkpoint import (
    checkpoint_key,
    read_checkpoint,
    sign_checkpoint,
    trust_key,
    trusted_keys,
    trusted_keys_file,
)
from csvgen.canonical import digest_bytes
from csvgen.config import load_config
from csvgen.crypto.notes import (
    COSIGNATURE,
    ED25519,
    Line,
    Note,
    NoteKey,
    Verifier,
    cosign,
    read_note,
    read_verifiers,
    sign,
)
from csvgen.errors import BadInput, ConfigError, NotIntact

VECTORS = Path(__file__).parent / "vectors"
KEY = NoteKey("csvgen/tests/1", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
ROOT, HEAD = bytes(range(32)), digest_bytes(b"the last event")


def log_of_others() -> dict[str, bytes]:
    with tarfile.open(VECTORS / "tessera_testdata_log.tar.gz") as archive:
        members = [m for m in archive if m.isfile() and Path(m.name).name.startswith("checkpoint")]
        return {Path(m.name).name: archive.extractfile(m).read() for m in members}  # type: ignore[union-attr]


def test_all_checkpoints_of_the_log_of_others_verify() -> None:
    verifiers = read_verifiers((VECTORS / "log.vkey").read_text(), "log.vkey")
    found = log_of_others()
    sizes = []
    for name, data in found.items():
        note = read_note(data, name)
        (vouched,) = note.vouched(verifiers, name)
        assert vouched.by.name == "example.com/log/testdata"
        sizes.append((name, read_checkpoint(note).size))
    assert sorted(size for _, size in sizes) == [*range(13), 13, 14, 15, 15]
    assert all(size == int(name.partition(".")[2] or 15) for name, size in sizes)


def test_no_bit_of_a_note_of_others_can_change() -> None:
    verifiers = read_verifiers((VECTORS / "log.vkey").read_text(), "log.vkey")
    data = log_of_others()["checkpoint.15"]
    for at in range(len(data)):
        changed = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        with pytest.raises(NotIntact):
            read_note(changed).vouched(verifiers)


# ------------------------------------------------------------------ notes


def test_a_note_holds_for_its_key_and_text_alone() -> None:
    note = sign("what is said\n", KEY)
    assert read_note(bytes(note)) == note
    assert [v.by for v in note.vouched([KEY.verifier])] == [KEY.verifier]
    other = NoteKey(KEY.name, Ed25519PrivateKey.generate())
    with pytest.raises(NotIntact, match="no key that is believed"):
        note.vouched([other.verifier])
    with pytest.raises(NotIntact, match="does not belong"):
        Note("what was said\n", note.lines).vouched([KEY.verifier])


def test_a_wrong_signature_of_a_known_key_is_an_error_even_beside_a_good_one() -> None:
    note, witness = sign("said\n", KEY), NoteKey("witness.example/w", Ed25519PrivateKey.generate())
    wrong = sign("other\n", witness).lines[0]
    with pytest.raises(NotIntact, match=r"witness\.example/w does not belong"):
        note.cosigned([wrong]).vouched([KEY.verifier, witness.verifier])
    assert len(note.cosigned([wrong]).vouched([KEY.verifier])) == 1  # a key nobody knows is passed over


def test_a_cosignature_tells_the_time_and_signs_it() -> None:
    witness = NoteKey("witness.example/w", Ed25519PrivateKey.generate())
    verifier = Verifier(witness.name, COSIGNATURE, witness.verifier.public)
    moment = dt.datetime(2026, 11, 21, 8, 0, tzinfo=dt.UTC)
    note = sign("said\n", KEY)
    line = cosign(note.text, witness, moment)
    assert [v.moment for v in note.cosigned([line]).vouched([verifier])] == [moment]
    later = Line(line.name, line.key_id, (int.from_bytes(line.value[:8], "big") + 1).to_bytes(8, "big") + line.value[8:])
    with pytest.raises(NotIntact):
        note.cosigned([later]).vouched([verifier])
    with pytest.raises(NotIntact):  # the same key as a key of a log is another key
        note.cosigned([line]).vouched([witness.verifier])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"text without signatures\n",
        b"text\n\n",
        b"\n\n\xe2\x80\x94 a AAAAAAA=\n",
        b"text\n\n\xe2\x80\x94 a not-base64\n",
        b"text\n\n- a AAAAAAA=\n",
        b"text\n\n\xe2\x80\x94 a+b AAAAAAAA\n",
        b"text\n\n\xe2\x80\x94 a AAAAAAAA",
        b"text\n\n\xe2\x80\x94 a AAAAAAAA\r\n",
        b"te\x1bxt\n\n\xe2\x80\x94 a AAAAAAAA\n",
        b"text\xff\n\n\xe2\x80\x94 a AAAAAAAA\n",
        b"text\n\n\xe2\x80\x94 a AAAAAAAA\n\n",
        b"text\n\n" + "— a AAAAAAAA\n".encode() * 101,
    ],
)
def test_what_is_no_note_is_refused(data: bytes) -> None:
    with pytest.raises(NotIntact):
        read_note(data)


def test_keys_travel_as_one_line() -> None:
    text = f"# the log\n{KEY.verifier.vkey}\n\n{KEY.verifier.vkey}\n"
    assert read_verifiers(text, "keys") == (KEY.verifier,)
    name, key_id, key = KEY.verifier.vkey.split("+", 2)
    assert base64.b64decode(key)[0] == ED25519
    assert len(key_id) == 8
    for bad in (f"{name}+00000000+{key}", f"other+{key_id}+{key}", f"{name}+{key_id}", "words", f"{name}+{key_id}+{key[:-4]}"):
        with pytest.raises(BadInput, match="no key of a signed note"):
            read_verifiers(bad, "keys")


# ------------------------------------------------------------------ checkpoints


def test_a_checkpoint_says_origin_size_root_and_head() -> None:
    found = read_checkpoint(sign_checkpoint(57, ROOT, HEAD, KEY))
    assert (found.origin, found.size, found.root, found.head, found.name) == (KEY.name, 57, ROOT, HEAD, "000000000057")


def test_a_log_watched_by_sigsum_has_three_lines() -> None:
    """Sigsum forbids further lines; its witness refuses them."""
    key = NoteKey("sigsum.org/v1/tree/" + "0" * 64, KEY.private)
    note = sign_checkpoint(57, ROOT, HEAD, key)
    assert note.text.count("\n") == 3
    assert read_checkpoint(note).head is None


@pytest.mark.parametrize(
    "text",
    [
        "origin\n57\n",
        "origin\n057\n" + base64.b64encode(ROOT).decode() + "\n",
        "origin\n-1\n" + base64.b64encode(ROOT).decode() + "\n",
        "origin\n57\n" + base64.b64encode(ROOT[:31]).decode() + "\n",
        "origin\n57\nnot base64\n",
        "origin\n57\n" + base64.b64encode(ROOT).decode() + "\n\nmore\n",
        "origin\n57\n" + base64.b64encode(ROOT).decode() + "\nhead sha256:00\n",
        f"origin\n57\n{base64.b64encode(ROOT).decode()}\nhead {HEAD}\nhead {HEAD}\n",
        "\n57\n" + base64.b64encode(ROOT).decode() + "\n",
    ],
)
def test_a_note_that_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(NotIntact):
        read_checkpoint(sign(text, KEY))


# ------------------------------------------------------------------ the key


def project(folder: Path, audit: str = "") -> Path:
    (folder / "csvgen.toml").write_text(
        f"[csvgen]\nproject = 'Ten lots / \"A\"'\nrecords = 'sqlite:///state/records.db'\n[audit]\n{audit}\n"
    )
    return folder


def test_the_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    config = load_config(project(tmp_path), environ={})
    key = checkpoint_key(config)
    path = tmp_path / "state" / "checkpoint.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert checkpoint_key(config).verifier == key.verifier
    assert key.name.startswith("csvgen/Ten-lots-A/")
    assert b"PRIVATE KEY" in path.read_bytes()


def test_another_key_is_another_log(tmp_path: Path) -> None:
    """A database that was put in the place of ours cannot go by its name: the name holds a part of the key's digest."""
    first = checkpoint_key(load_config(project(tmp_path), environ={}))
    (tmp_path / "state" / "checkpoint.key").unlink()
    assert checkpoint_key(load_config(tmp_path, environ={})).name != first.name


def test_a_log_that_sigsum_watches_is_named_by_its_key(tmp_path: Path) -> None:
    import hashlib

    key = checkpoint_key(load_config(project(tmp_path, "origin = 'sigsum'\nkey = 'elsewhere.key'"), environ={}))
    assert key.name == "sigsum.org/v1/tree/" + hashlib.sha256(key.verifier.public).hexdigest()
    assert (tmp_path / "elsewhere.key").exists()


def test_keys_that_are_believed_lie_beside_the_trust_roots(tmp_path: Path) -> None:
    config = load_config(project(tmp_path), environ={})
    assert trusted_keys(config) == ()
    assert trust_key(config, KEY.verifier)
    assert not trust_key(config, KEY.verifier)
    assert trusted_keys(config) == (KEY.verifier,)
    assert trusted_keys_file(config) == tmp_path / "trust" / "checkpoints.vkey"


def test_a_file_that_is_no_key_is_an_error_of_settings(tmp_path: Path) -> None:
    config = load_config(project(tmp_path, "key = 'bad.key'"), environ={})
    (tmp_path / "bad.key").write_text("no key")
    with pytest.raises(ConfigError, match="no Ed25519 key"):
        checkpoint_key(config)
    named = load_config(project(tmp_path, "origin = 'two words'"), environ={})
    with pytest.raises(ConfigError, match="origin"):
        checkpoint_key(named)
