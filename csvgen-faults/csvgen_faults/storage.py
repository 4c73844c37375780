"""Faults of the store: its protection, and what it keeps of files."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any, BinaryIO

from csvgen.pipeline import register
from csvgen.pipeline.core import DATABASE, Core
from csvgen.pipeline.deviations import deviations_of
from csvgen.pipeline.landing.local import LocalStore
from csvgen.pipeline.lots import Lots
from csvgen.pipeline.register import Register
from csvgen.ports import Outcome
from csvgen_faults import fault
from csvgen_faults.patching import replace

Anything = Callable[..., Any]


def _while_open(broken: Callable[[Core], Callable[[], None]]) -> None:
    """`broken` is done to an instance when it is opened; what it gives undoes it when the instance is closed."""
    undo: list[Callable[[], None]] = []

    def opened(original: Anything, core: Core, *given: Any) -> None:
        original(core, *given)
        undo.append(broken(core))

    def close(original: Anything, core: Core) -> None:
        while undo:
            undo.pop()()
        original(core)

    replace(Core, "_open", opened)
    replace(Core, "close", close)


@fault("storage-readable-by-all")
def _() -> None:
    def readable(core: Core) -> Callable[[], None]:
        before = {path: path.stat().st_mode & 0o777 for path in (core.home, core.home / DATABASE)}
        for path, mode in before.items():
            path.chmod(mode | (mode & 0o500) >> 6)

        def again() -> None:
            for path, mode in before.items():
                path.chmod(mode)

        return again

    _while_open(readable)


@fault("storage-guards-missing")
def _() -> None:
    def unguarded(core: Core) -> Callable[[], None]:
        with core.database.write() as transaction:
            guards = transaction.rows("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            for name, _ in guards:
                transaction.connection.exec_driver_sql(f"DROP TRIGGER {name}")

        def again() -> None:
            with core.database.write() as transaction:
                for _, statement in guards:
                    transaction.connection.exec_driver_sql(statement)

        return again

    _while_open(unguarded)


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


@fault("storage-second-damage-not-told")
def _() -> None:
    def damaged(original: Anything, self: Register, change: Any, landed: Any, finding: Any) -> None:
        about = {k.file.about for k in self._core.files.of(landed.digest)}
        known = [d for subject in about for d in deviations_of(self._core, subject)]
        if not any(d.kind == register.DAMAGED and d.state == "open" for d in known):
            original(self, change, landed, finding)

    replace(Register, "_damaged", damaged)
