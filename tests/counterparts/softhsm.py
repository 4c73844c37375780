"""SoftHSM2: a PKCS#11 token in software, in a folder of its own; an emulator of the hardware, a real implementation of the interface.

with softhsm(folder) as hsm:
    hsm.token("ada")          a fresh token of that label, PIN `PIN`
    hsm.driver                the PKCS#11 driver; also in the environment, where csvgen looks for it
"""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from csvgen.crypto.token_keys import MODULE

from . import Counterpart

PIN, SO_PIN = "471100", "08150815"
_DRIVERS = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
)


@dataclass(frozen=True)
class SoftHsm:
    folder: Path
    driver: str
    counterpart: Counterpart

    def token(self, label: str) -> str:
        command = ["softhsm2-util", "--init-token", "--free", "--label", label, "--pin", PIN, "--so-pin", SO_PIN]
        subprocess.run(command, check=True, capture_output=True)
        return label

    def import_key(self, label: str, key: Path, identity: str, *, pin: str = PIN) -> None:
        """Put a private key (PKCS#8 in PEM) on a token, as an organisation's card office does."""
        command = ["softhsm2-util", "--import", str(key), "--token", label, "--label", "card", "--id", identity, "--pin", pin]
        subprocess.run(command, check=True, capture_output=True)


@contextlib.contextmanager
def softhsm(folder: Path) -> Iterator[SoftHsm]:
    """Tokens below `folder`, for this process and those it starts."""
    (folder / "tokens").mkdir(parents=True)
    settings = folder / "softhsm2.conf"
    settings.write_text(f"directories.tokendir = {folder / 'tokens'}\nobjectstore.backend = file\nlog.level = ERROR\n")
    driver = next(d for d in _DRIVERS if Path(d).exists())
    with patch.dict(os.environ, {"SOFTHSM2_CONF": str(settings), MODULE: driver}):
        version = subprocess.run(["softhsm2-util", "--version"], check=True, capture_output=True, text=True).stdout.strip()
        yield SoftHsm(folder, driver, Counterpart("SoftHSM2", version, "emulator"))
