"""Faults of the store: its protection, and what it keeps of files."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any, BinaryIO

from csvgen.pipeline import register
from csvgen.pipeline.core import DATABASE, Core
from csvgen.pipeline.landing.local import LocalStore
from csvgen.pipeline.lots import Lots
from csvgen.pipeline.register import Register
from csvgen.ports import Outcome
from csvgen_faults import fault
from csvgen_faults.patching import replace

Anything = Callable[..., Any]


@fault("storage-readable-by-all")
def _() -> None:
    """Once the instance is open."""

    def opened(original: Anything, core: Core, *given: Any) -> None:
        original(core, *given)
        core.home.chmod(0o755)
        (core.home / DATABASE).chmod(0o644)

    replace(Core, "_open", opened)


@fault("storage-guards-missing")
def _() -> None:
    """All triggers of the database are dropped when the instance is opened."""

    def opened(original: Anything, core: Core, *given: Any) -> None:
        original(core, *given)
        with core.database.write() as transaction:
            for (name,) in transaction.rows("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
                transaction.connection.exec_driver_sql(f"DROP TRIGGER {name}")

    replace(Core, "_open", opened)


@fault("storage-digest-of-other-bytes")
def _() -> None:
    """What is stored, and what its digest is over, has other line ends than what was sent: the store took it for text."""

    def staged(original: Anything, store: LocalStore, source: BinaryIO, name: str) -> Any:
        data = source.read()
        if store.folder.name == "raw" and name.endswith((".txt", ".csv")):
            data = data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        return original(store, io.BytesIO(data), name)

    replace(LocalStore, "_staged", staged)


@fault("storage-sender-not-kept")
def _() -> None:
    replace(Register, "_record", lambda original, *given: original(*given).model_copy(update={"by": ""}))


@fault("storage-file-check-blind")
def _() -> None:
    def check_file(_: Anything, lots: Lots, session: str, lot: str, file_name: str) -> Outcome:
        lots._core.admit(session, "check_file", f"lot/{lot[:100]}")
        return Outcome(True, f"{file_name} is as registered on arrival", f"file/{lot}:{file_name}", {})

    replace(Lots, "check_file", check_file)


@fault("storage-inventory-blind")
def _() -> None:
    replace(register, "inventory", lambda *_, **__: ())


@fault("storage-missing-file-passed-over")
def _() -> None:
    def inventory(original: Anything, *given: Any, **named: Any) -> tuple[Any, ...]:
        return tuple(f for f in original(*given, **named) if f.fault != "missing")

    replace(register, "inventory", inventory)
