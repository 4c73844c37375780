"""instance.toml: strict keys, clear refusals, no secrets, and the same values back."""

from __future__ import annotations

import dataclasses
import email
from email.policy import default
from pathlib import Path

import pytest

from csvgen.errors import BadInput, ConfigError
from csvgen.pipeline import instance
from csvgen.pipeline.instance import Settings

from .conftest import Lab

EVERY = Settings(
    landing="s3://raw-data/qc?endpoint=https://store.example.org&region=eu-1",
    tracking="https://mlflow.example.org",
    lineage="lineage.jsonl",
    images="registry.example.org:5000/steps",
    delta="s3://tables/qc?endpoint=https://store.example.org",
)


def test_without_a_file_no_part_is_a_server(tmp_path: Path) -> None:
    assert instance.read(tmp_path) == Settings()
    assert Settings().remote == ()
    assert Settings().landing == "local"


@pytest.mark.parametrize("settings", [Settings(), EVERY], ids=["none", "every part"])
def test_what_is_written_is_read(tmp_path: Path, settings: Settings) -> None:
    settings.write(tmp_path)
    assert instance.read(tmp_path) == settings
    with pytest.raises(BadInput):
        dataclasses.replace(settings, tracking="http://another.example").write(tmp_path)
    assert instance.read(tmp_path) == settings


def test_every_part_that_is_a_server_is_told() -> None:
    assert EVERY.remote == ("landing", "tracking", "images", "delta")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[pipeline", "not TOML"),
        ("[pipelines]\n", "unknown table 'pipelines'"),
        ("[pipeline]\nlandig = 'local'\n", "unknown setting pipeline.landig"),
        ("[pipeline]\nlanding = 3\n", "pipeline.landing must be text"),
        ("pipeline = 'local'\n", "'pipeline' must be a table"),
        ("[pipeline]\nlanding = 'nfs://x'\n", "pipeline.landing cannot be"),
        ("[pipeline]\nlanding = 's3://B'\n", "pipeline.landing cannot be"),
        ("[pipeline]\nlanding = 's3://key:secret@bucket/x'\n", "holds a user or a password"),
        ("[pipeline]\nlanding = 's3://bucket/x?secret_access_key=abc'\n", "holds a credential"),
        ("[pipeline]\ntracking = 'https://user@mlflow.example'\n", "holds a user or a password"),
        ("[pipeline]\ntracking = 'https://mlflow.example?token=abc'\n", "holds a credential"),
        ("[pipeline]\ntracking = 'mlflow.example'\n", "pipeline.tracking cannot be"),
        ("[pipeline]\ntracking = 'http://[x'\n", "is no address"),
        ("[pipeline]\nlineage = '../lineage.jsonl'\n", "pipeline.lineage cannot be"),
        ("[pipeline]\nlineage = '/etc/lineage.jsonl'\n", "pipeline.lineage cannot be"),
        ("[pipeline]\nimages = 'Registry:5000'\n", "pipeline.images cannot be"),
        ("[pipeline]\nimages = 'user@registry:5000'\n", "pipeline.images cannot be"),
        ('[pipeline]\nimages = "a\\nb"\n', "a character that cannot stand there"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_place(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "instance.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as refused:
        instance.read(tmp_path)
    assert words in refused.value.message
    assert refused.value.where == "instance.toml"
    assert "secret" not in refused.value.message.replace("secret_", ""), "what was typed there is not repeated"


# ------------------------------------------------------------------ on record


def changes(lab: Lab) -> dict[str, tuple[str, str]]:
    return {e.field: (e.old, e.new) for e in lab.events("settings-changed") if e.field != "sha256"}


def opened(home: Path) -> Lab:
    lab = Lab(home)
    lab.app.close()
    return Lab(home)


def test_an_installation_records_what_it_begins_with(lab) -> None:
    first = lab.app._core.ledger.versions("settings", "instance.toml")
    assert [v.content for v in first] == [{"file": "none", **dataclasses.asdict(Settings())}]


def test_an_edited_file_is_recorded_once_with_old_and_new(home: Path) -> None:
    Settings(alerts="security@example.org").write(home)
    lab = opened(home)
    assert changes(lab) == {"file": ("none", "there"), "alerts": ("", "security@example.org")}
    assert {e.user_id for e in lab.events("settings-changed")} == {"system"}
    lab.app.close()
    (home / "instance.toml").write_text('[pipeline]\nlineage = "runs.jsonl"\n')
    lab = opened(home)
    assert [v.number for v in lab.app._core.ledger.versions("settings", "instance.toml")] == [1, 2, 3]
    lab.app.close()


def test_whom_the_settings_named_before_is_told_that_nobody_will_be(home: Path) -> None:
    """21 CFR 11.300(d): a line taken away must not be the way to silence."""
    Settings(alerts="security@example.org").write(home)
    opened(home).app.close()
    before = set((home / "alerts").glob("*.eml"))
    (home / "instance.toml").write_text("")
    lab = opened(home)
    (mail,) = (email.message_from_bytes(p.read_bytes(), policy=default) for p in set((home / "alerts").glob("*.eml")) - before)
    assert mail["To"] == "security@example.org"
    assert "settings changed" in mail["Subject"]
    assert "alerts is '', recorded is 'security@example.org'" in mail.get_content()
    assert lab.app._core.settings.bell is None
    lab.app.close()


def test_a_person_can_read_it(home: Path) -> None:
    Settings(lineage="runs.jsonl").write(home)
    lab = opened(home)
    assert lab.app.records.read(lab.session("auditor"), "settings/instance.toml").fields["lineage"] == "runs.jsonl"
    lab.app.close()


def test_a_file_that_cannot_be_used_opens_nothing_and_records_nothing(home: Path) -> None:
    (home / "instance.toml").write_text("[pipeline]\nlandig = 'local'\n")
    with pytest.raises(ConfigError, match="unknown setting"):
        Lab(home)
    (home / "instance.toml").unlink()
    lab = Lab(home)
    assert not changes(lab)
    lab.app.close()
