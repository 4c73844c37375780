"""Who sits at which attended run: for a door with many visitors. Each sitting is a process of its own; nothing that counts is kept here.

The journal is the truth: when this process dies, the sittings notice that nobody answers any more, and pause.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

from csvgen.clock import shown
from csvgen.errors import BadInput, Refused
from csvgen.model.attended import Performer
from csvgen.model.audit import Actor
from csvgen.workflow.uploads import Received

_ENDING = 30.0
"""Seconds a sitting may take to put on record that its person left."""
GONE = "the page is not the one that is open now: the step was answered meanwhile, or in another window"


@dataclass(frozen=True, slots=True)
class Seated:
    """Who sits at a run, and since when."""

    run: str
    by: Performer
    session: str
    """Of the door; another one of the same person is another browser."""
    since: str


@dataclass(eq=False)
class Sitting:
    """One person at one run."""

    seated: Seated
    process: subprocess.Popen[bytes]
    folder: Path
    """For files on their way, and for what the process says when it breaks."""
    question: Mapping[str, Any] | None = None
    ended: Mapping[str, Any] | None = None
    draft: dict[str, str] = field(default_factory=dict)
    """What was typed at the question that stands, and not taken yet. Never a password."""
    problem: str = ""
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _answered: int = 0

    def listen(self) -> None:
        """In a thread of its own: take what the process says, until it ends."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            message = json.loads(line)
            with self._changed:
                if message["kind"] == "question":
                    self.question = message
                else:
                    self.ended = message
                self._changed.notify_all()
        self.process.wait()
        for pipe in (self.process.stdout, self.process.stdin):
            with suppress(OSError):  # what was never read there is lost with the process
                pipe.close()  # type: ignore[union-attr]
        with self._changed:
            self.ended = self.ended or {
                "outcome": "broken",
                "message": self._broken(),
                "hint": "",
                "rule": "",
                "left": 0,
                "said": [],
            }
            self._changed.notify_all()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _broken(self) -> str:
        """What a visitor is told: the name of a log that whoever keeps the server finds, and no trace."""
        handle, name = tempfile.mkstemp(prefix="csvgen-attended-", suffix=".log")
        with os.fdopen(handle, "wb") as log:
            log.write((self.folder / "said").read_bytes() or b"it ended without a word")
        return f"the process that carried the case out ended; tell the administrator: {os.path.basename(name)}"  # noqa: PTH119 - a name, no path

    @property
    def turn(self) -> int:
        return int(self.question["turn"]) if self.question is not None else 0

    @property
    def works(self) -> bool:
        """Whether it has no question now: it begins, or the step library executes."""
        return self.ended is None and self.turn <= self._answered

    def wait(self, seconds: float) -> None:
        """Until it asks or has ended, or so long."""
        with self._changed:
            self._changed.wait_for(lambda: not self.works, seconds)

    def say(self, turn: int, given: Mapping[str, Any], seconds: float) -> None:
        """Answer the question that stands, once. Raises BadInput where it is another one than the page showed."""
        with self._changed:
            if self.ended is not None or turn != self.turn or turn <= self._answered:
                raise BadInput(GONE, hint="look at the step as it stands now, then answer it", rule="RR-X05")
            self._answered, self.problem = turn, ""
            self.send({"turn": turn, "given": dict(given)})
            self._changed.wait_for(lambda: not self.works, seconds)

    def leave(self, why: str) -> None:
        """The person leaves, or is taken to have left. Returns when that is on record."""
        self.send({"leave": why})
        with self._changed:
            self._changed.wait_for(lambda: self.ended is not None, _ENDING)

    def here(self) -> None:
        """The person looks at the page: they have not gone away."""
        self.send({"here": True})

    def lay_down(self, received: Received) -> dict[str, str]:
        """A received file where the process finds it."""
        handle, path = tempfile.mkstemp(dir=self.folder)
        with os.fdopen(handle, "wb") as stream:
            stream.write(received.data)
        return {"path": path, "name": received.name, "media_type": received.media_type, "kind": received.kind}

    def send(self, message: Mapping[str, Any]) -> None:
        """One message to the process; one that has ended tells so by itself."""
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(json.dumps(message, ensure_ascii=True).encode("ascii") + b"\n")
            self.process.stdin.flush()
        except (BrokenPipeError, ValueError):
            return  # it has ended, and says so by itself


class Sittings:
    """All sittings of one door, at most one of a run."""

    def __init__(self, root: Path, system: str) -> None:
        self._root, self._system = root, system
        self._lock = threading.Lock()
        self._of: dict[str, Sitting] = {}

    def of(self, run: str) -> Sitting | None:
        """The newest sitting at a run; it may have ended."""
        with self._lock:
            return self._of.get(run)

    def begin(self, seated: Seated, actor: Actor, phase: str, *, goes_on: bool, idle: float) -> Sitting:
        """Raises Refused where somebody sits there already, with who it is. Whether they may is decided in the process that begins."""
        with self._lock:
            held = self._of.get(seated.run)
            if held is not None and held.ended is None:
                raise Refused(held_by(held.seated), rule="RR-F02", hint="they pause it on their page; what was answered stays")
            made = self._begun(seated)
            self._of[seated.run] = made
        order = {
            "root": str(self._root), "system": self._system, "run": seated.run, "phase": phase, "actor": asdict(actor), "idle": idle,
            "resume": seated.run if goes_on else "",
        }  # fmt: skip
        made.send(order)
        threading.Thread(target=made.listen, name=f"sitting {seated.run}", daemon=True).start()
        return made

    def _begun(self, seated: Seated) -> Sitting:
        folder = Path(tempfile.mkdtemp(prefix="csvgen-sitting-"))
        said: IO[bytes]
        with (folder / "said").open("wb") as said:
            process = subprocess.Popen(  # a session of its own: Ctrl-C at the server ends its input, and it pauses
                [sys.executable, "-m", "csvgen.workflow.attending_apart"], cwd=self._root, stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, stderr=said, start_new_session=True,
            )  # fmt: skip
        return Sitting(seated, process, folder)

    def left(self, session: str, why: str) -> None:
        """A session of the door has ended: whatever it held is let go."""
        with self._lock:
            held = [s for s in self._of.values() if s.seated.session == session and s.ended is None]
        for sitting in held:
            sitting.leave(why)

    def close(self) -> None:
        """All of them leave; what is on record stays."""
        with self._lock:
            held = [s for s in self._of.values() if s.ended is None]
        for sitting in held:
            sitting.leave("the review room was closed")


def held_by(seated: Seated) -> str:
    return f"{seated.by.shown} sits at {seated.run} since {shown(seated.since)}"
