"""What is installed and how it is protected (port Installation). Read without a session: an IQ reads it before anyone logs in."""

from __future__ import annotations

from collections.abc import Mapping

from csvgen.clock import SystemClock, parsed, stored
from csvgen.pipeline import components
from csvgen.pipeline.anchored import guards, guards_digest
from csvgen.pipeline.core import DATABASE, KEYS, Core
from csvgen.pipeline.reach import reach
from csvgen.ports import ClockReading, ComponentState

_SYNCHRONOUS = {0: "OFF", 1: "NORMAL", 2: "FULL", 3: "EXTRA"}


class Facts:
    """Facts of one instance; nothing of a controlled record is among them."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def components(self) -> tuple[ComponentState, ...]:
        """Components with the digest of their source files, packages with their versions."""
        return components.states()

    def configuration(self) -> Mapping[str, str]:
        """The settings in force."""
        return self._core.configuration()

    def clock(self) -> ClockReading:
        """The time the application writes into its records, and the zone in which its newest record says its time."""
        clock = self._core.clock
        source = "clock of the operating system" if isinstance(clock, SystemClock) else f"{type(clock).__name__}, for tests"
        newest = self._core.ledger.events()[-1].at
        return ClockReading(stored(clock.now()), zone_of(newest), f"{source}; newest recorded time {newest}")

    def storage(self) -> Mapping[str, str]:
        """Permission bits, who can reach the store, append-only guards, and what the database promises about a commit."""
        home = self._core.home
        modes = {
            "home": home,
            "database": home / DATABASE,
            "key folder": home / KEYS,
            "authority key": home / KEYS / "ca.p12",
            "anchor key": home / KEYS / "trail.key",
        }
        found = {f"mode of {name}": f"{path.stat().st_mode & 0o777:04o}" for name, path in modes.items()}
        found |= {**self._core.raw.facts(), **reach(home)}
        with self._core.database.read() as connection:
            names, told = [name for name, _, _ in guards(connection)], str(guards_digest(connection))
            pragmas = {
                p: connection.exec_driver_sql(f"PRAGMA {p}").scalar()
                for p in ("journal_mode", "synchronous", "recursive_triggers")
            }
        found["append-only guards"] = ", ".join(names)
        found["digest of the guards"] = told
        found["journal mode"] = str(pragmas["journal_mode"]).upper()
        found["synchronous"] = _SYNCHRONOUS.get(int(pragmas["synchronous"] or 0), "unknown")
        found["recursive triggers"] = "ON" if pragmas["recursive_triggers"] else "OFF"
        return found


def zone_of(time: str) -> str:
    """The zone a recorded time says by its own text: UTC for the stored form, otherwise what it ends with."""
    try:
        parsed(time)
    except ValueError:
        return time[19:] or "none"
    return "UTC"
