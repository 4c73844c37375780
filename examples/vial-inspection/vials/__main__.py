"""Start the station: ``python -m vials HOME [--port 8767] [--idle 900]``, in the folder that holds models and specification.

The first start makes its people; their passwords lie in HOME/secrets.
"""

from __future__ import annotations

import argparse
import os
import secrets
from pathlib import Path

import uvicorn

from vials.app import make_app
from vials.settings import Settings
from vials.store import Store

PEOPLE = {
    "operator": ("o.brandt", "Ole Brandt", "operator"), "analyst": ("a.ruiz", "Ana Ruiz", "operator"),
    "quality": ("q.amari", "Quila Amari", "quality"), "administrator": ("d.petrov", "Dimo Petrov", "administrator"),
    "auditor": ("u.lange", "Ute Lange", "auditor"),
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(prog="vials")
    parser.add_argument("home", type=Path)
    parser.add_argument("--port", type=int, default=8767)
    parser.add_argument("--idle", type=float, default=900.0)
    parser.add_argument("--models", type=Path, default=Path("models"))
    parser.add_argument("--challenge", type=Path, default=Path("requirements_specs/vial-inspection/data/challenge.json"))
    given = parser.parse_args()
    (given.home / "secrets").mkdir(parents=True, exist_ok=True, mode=0o700)
    store = Store(given.home / "vials.db")
    for name, (user, printed, role) in PEOPLE.items():
        if store.person(user) is None:
            password = secrets.token_urlsafe(18)
            store.add_person(user, printed, role, password)
            handle = os.open(given.home / "secrets" / name, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(password)
    settings = Settings(models=given.models, challenge=given.challenge, idle=given.idle)
    if store.newest("line", "LINE-1") is None:
        first = settings.model("1.0.0")
        why = "as installed; the challenge set has not been passed"
        fields = {"id": "LINE-1", "model": first.version, "digest": first.digest, "validated": "no", "why": why}
        store.write("line", "LINE-1", "in use", fields)
        store.told("station", "CREATE", "line/LINE-1", field="model", new=first.version, reason=why)
    uvicorn.run(make_app(store, settings), host="127.0.0.1", port=given.port, log_level="warning")


if __name__ == "__main__":
    main()
