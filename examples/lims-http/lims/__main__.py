"""Start the LIMS: ``python -m lims HOME [--port 8765] [--idle 900]``. The first start makes its people; their passwords lie in HOME/secrets."""

from __future__ import annotations

import argparse
import os
import secrets
from pathlib import Path

import uvicorn

from lims.app import make_app
from lims.defects import switched_on
from lims.store import Store

PEOPLE = {
    "analyst": ("a.mori", "Aiko Mori"), "reviewer": ("r.weiss", "Rosa Weiss"), "quality": ("q.okoro", "Quentin Okoro"),
    "auditor": ("u.silva", "Ugo Silva"), "administrator": ("d.novak", "Dana Novak"),
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(prog="lims")
    parser.add_argument("home", type=Path)
    parser.add_argument("--port", type=int, default=8765)
    parser.add_argument("--idle", type=float, default=900.0)
    given = parser.parse_args()
    (given.home / "secrets").mkdir(parents=True, exist_ok=True, mode=0o700)
    store = Store(given.home / "lims.db")
    for role, (user, name) in PEOPLE.items():
        if store.person(user) is None:
            password = secrets.token_urlsafe(18)
            store.add_person(user, name, role, password)
            handle = os.open(given.home / "secrets" / role, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(password)
    uvicorn.run(make_app(store, switched_on(), given.idle), host="127.0.0.1", port=given.port, log_level="warning")


if __name__ == "__main__":
    main()
