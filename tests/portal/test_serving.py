"""`csvgen serve` as a process: it says where it is, serves, refuses unsafe settings, and ends when told to."""

from __future__ import annotations

import signal
import urllib.request

import pytest
from click.testing import CliRunner

from csvgen.cli import cli
from csvgen.errors import ConfigError
from csvgen.portal.settings import read_portal

from .conftest import served


def test_command_serves_pages_and_ends_when_told(stages, tmp_path):
    tiny = stages.at("founded").copy(tmp_path / "project")
    with served(tiny) as (address, process):
        with urllib.request.urlopen(f"{address}/login") as answer:
            page = answer.read().decode("utf-8")
            assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
            assert "server" not in {n.lower() for n in answer.headers}
        assert "User id" in page
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 130
        assert "Traceback" not in process.stderr.read()


@pytest.mark.parametrize(
    ("table", "why"),
    [
        ({"address": "0.0.0.0"}, "passwords would travel in the clear"),
        ({"address": "0.0.0.0", "origin": "http://review.example.org"}, "passwords would travel in the clear"),
        ({"origin": "https://review.example.org"}, "who speaks https"),
        ({"certificate": "server.pem"}, "certificate and key belong together"),
        ({"adress": "127.0.0.1"}, "unknown setting 'adress'"),
        ({"port": "many"}, "port"),
        ({"origin": "https://review.example.org/path"}, "origin"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(table, why):
    with pytest.raises(ConfigError, match=why):
        read_portal(table)


def test_settings_are_taken_from_the_project(stages, tmp_path):
    tiny = stages.at("drafted").copy(tmp_path / "project")
    toml = tiny.root / "csvgen.toml"
    toml.write_text(toml.read_text() + '\n[portal]\nidle_seconds = 300\naddress = "0.0.0.0"\n')
    told = CliRunner().invoke(cli, ["-C", str(tiny.root), "serve", "--port", "0"], standalone_mode=False)
    assert isinstance(told.exception, ConfigError)
    assert "in the clear" in str(told.exception)


def test_shorter_limits_decide():
    from csvgen.model.people import Policy

    settings = read_portal({"idle_seconds": "300", "session_seconds": "90000"})
    strict = settings.strict(Policy())
    assert (strict.idle_seconds, strict.session_seconds) == (300, 43_200)


def test_role_table_is_printed(stages, tmp_path):
    tiny = stages.at("founded").copy(tmp_path / "project")
    told = CliRunner().invoke(cli, ["-C", str(tiny.root), "serve", "--routes"], standalone_mode=False)
    assert told.return_value == 0, told.output
    assert "GET /documents" in told.output
    assert "POST /login" in told.output
