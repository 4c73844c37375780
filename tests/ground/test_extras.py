"""The command that adds an optional part says what works where csvgen came from: a checkout, a wheel, an index."""

from __future__ import annotations

import json
from importlib import metadata
from pathlib import Path

import pytest

from csvgen import extras
from csvgen.pipeline.flow import lock


class Installed:
    def __init__(self, origin: dict[str, object] | None) -> None:
        self.origin = origin

    def read_text(self, name: str) -> str | None:
        return json.dumps(self.origin) if self.origin is not None and name == "direct_url.json" else None


def test_in_a_checkout_it_is_the_folder_of_the_sources() -> None:
    assert extras.how_to_add("pipeline") == "in the folder of the sources: pip install -c constraints.txt -e '.[pipeline]'"


@pytest.mark.parametrize(
    ("origin", "command"),
    [
        (
            {"url": "file:///tmp/csvgen-1.0-py3-none-any.whl"},
            "pip install 'csvgen[delta] @ file:///tmp/csvgen-1.0-py3-none-any.whl'",
        ),
        (None, "pip install 'csvgen[delta]'"),
    ],
)
def test_of_an_installed_wheel_it_is_that_wheel_or_the_index(
    origin: dict[str, object] | None, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extras, "__file__", str(tmp_path / "csvgen" / "extras.py"))
    monkeypatch.setattr(extras.metadata, "distribution", lambda _name: Installed(origin))
    assert extras.how_to_add("delta") == command


def test_a_missing_package_of_the_pipeline_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> metadata.Distribution:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(lock.metadata, "distribution", missing)
    with pytest.raises(Exception, match="the package scipy is not installed") as told:
        lock._installed("scipy")
    assert told.value.hint.endswith("'.[pipeline]'")
