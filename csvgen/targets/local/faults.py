"""ports.Faults: an instance that is thrown away, served by a process that another distribution has broken.

Nothing of csvgen can break anything. What can is found by its entry point (group ``csvgen.faults``), whose value is the module of a
server: ``python -m <module> FAULT -- HOME``. Without it, or on an instance that is not marked disposable, the port is not offered.
"""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points

from csvgen.ports import Outcome, Unreachable
from csvgen.targets.local.connection import Connection, Line, Port

GROUP, NAME = "csvgen.faults", "local"
MARK = "disposable"


def seeder() -> EntryPoint | None:
    """The entry point of what can break this target, or None."""
    return next(iter(entry_points(group=GROUP, name=NAME)), None)


def offered(connection: Line) -> LocalFaults | None:
    """The port, where the instance says that it is thrown away and something can break it."""
    found = seeder()
    if not isinstance(connection, Connection):
        return None  # a further connection started no process
    if found is None or dict(connection.ask("Installation.configuration")).get(MARK) != "yes":
        return None
    return LocalFaults(connection, found.value)


class LocalFaults(Port):
    """ports.Faults. One fault at a time; it holds from before the instance is opened until it is withdrawn."""

    def __init__(self, connection: Connection, module: str) -> None:
        super().__init__(connection)
        self._process = connection
        self._module = module

    def inject(self, fault: str) -> Outcome:
        """Serve the instance by a broken process. Not accepted when the fault is not known or finds nothing to break; it is sound then."""
        try:
            self._process.restart((self._module, fault, "--"))
        except Unreachable as problem:
            self._process.restart()
            return Outcome(False, f"the broken process did not come up: {problem.message.rpartition(' | ')[2]}")
        return Outcome(True, f"served with the fault {fault}", fault)

    def withdraw(self, fault: str) -> Outcome:
        """Serve the instance by the released process again."""
        self._process.restart()
        return Outcome(True, f"served without the fault {fault}", fault)
