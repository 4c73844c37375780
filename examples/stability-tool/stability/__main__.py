"""Start the tool: ``python -m stability HOME [--port 8766]``. The first start makes its people; their passwords lie in HOME/secrets."""

from __future__ import annotations

import argparse
import os
import secrets
from pathlib import Path

import uvicorn

from stability.app import make_app
from stability.store import Store

PEOPLE = {
    "analyst": ("a.lind", "Asta Lind"), "reviewer": ("r.bello", "Remy Bello"), "quality": ("q.haas", "Quirin Haas"),
    "auditor": ("u.ferro", "Uma Ferro"),
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(prog="stability")
    parser.add_argument("home", type=Path)
    parser.add_argument("--port", type=int, default=8766)
    given = parser.parse_args()
    (given.home / "secrets").mkdir(parents=True, exist_ok=True, mode=0o700)
    store = Store(given.home / "stability.db")
    for role, (user, name) in PEOPLE.items():
        if store.one("select 1 from people where id = ?", user) is None:
            password = secrets.token_urlsafe(18)
            store.add_person(user, name, role, password)
            handle = os.open(given.home / "secrets" / role, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(password)
    uvicorn.run(make_app(store), host="127.0.0.1", port=given.port, log_level="warning")


if __name__ == "__main__":
    main()
