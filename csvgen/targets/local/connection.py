"""Connections to a server process: started here, asked line by line, ended by its own id; further ones handed to it over a socket."""

from __future__ import annotations

import json
import os
import selectors
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

from csvgen.errors import Refused
from csvgen.ports import Outcome, Unreachable
from csvgen.targets.local.wire import decode, encode

SERVER = ("csvgen.targets.local.server",)
"""The module that serves an instance, with what it takes before the folder."""
LOG = "server.log"
ANSWER_SECONDS = 120.0
_END_SECONDS = 20.0
_LAST_LINES = 10


class SystemRefused(Refused):
    """The system said no. `kind` is what the refusal is about: authority, session, credentials, input, ... (see `server`)."""

    def __init__(self, message: str, kind: str, *, rule: str = "") -> None:
        super().__init__(message, rule=rule)
        self.kind = kind

    def outcome(self) -> Outcome:
        """The refusal as a value."""
        return Outcome(False, self.message, "", {"kind": self.kind, "rule": self.rule})


class Line:
    """One line of requests and answers. Not for use by several threads."""

    def __init__(self, requests: IO[bytes], answers: IO[bytes], home: Path) -> None:
        self._home = home
        self._requests = requests
        self._answers = answers
        self._waiting = b""
        self._number = 0
        self.instance = ""

    def ask(self, verb: str, **args: Any) -> Any:
        """What a function gives back. Raises SystemRefused when the system says no, Unreachable when no answer comes."""
        self._number += 1
        request = {"id": self._number, "verb": verb, "args": {name: encode(value) for name, value in args.items()}}
        if self._requests.closed:
            raise Unreachable("the connection to the system is closed")
        try:
            self._requests.write(json.dumps(request).encode("ascii") + b"\n")
            self._requests.flush()
        except OSError:
            raise self._dead() from None
        answer = self._line()
        while isinstance(late := answer.get("id"), int) and late < self._number:  # of a request that was given up
            answer = self._line()
        if answer.get("id") != self._number:
            raise Unreachable(f"the system answered another request than {verb}")
        if "refused" in answer:
            refusal = answer["refused"]
            raise SystemRefused(str(refusal["message"]), str(refusal["kind"]), rule=str(refusal["rule"]))
        if "ok" not in answer:
            raise Unreachable(f"the system could not answer {verb}: {answer.get('error', 'no reason given')}")
        try:
            return decode(answer["ok"])
        except ValueError as problem:
            raise Unreachable(f"the answer to {verb} cannot be read: {problem}") from None

    def outcome(self, verb: str, **args: Any) -> Outcome:
        """As `ask`, for functions that give an Outcome: a refusal is an outcome that was not accepted."""
        try:
            found = self.ask(verb, **args)
        except SystemRefused as refusal:
            return refusal.outcome()
        if not isinstance(found, Outcome):
            raise Unreachable(f"the answer to {verb} is not an outcome")
        return found

    def another(self) -> Line:
        """A further connection to the same process. Raises Unreachable on a connection that can hand none over."""
        raise Unreachable("further connections are asked of the first one")

    def close(self) -> None:
        """End this connection."""
        for stream in (self._requests, self._answers):
            try:
                stream.close()
            except OSError:  # the other end is gone already, with a request unread
                continue

    def _greeted(self) -> None:
        """Take the first line, in which the system says which instance it is."""
        try:
            self.instance = str(self._line().get("ready", ""))
        except BaseException:
            self.close()
            raise

    def _line(self) -> dict[str, Any]:
        """The next line of the server as JSON. Raises Unreachable when it ends, stays silent too long or speaks nonsense."""
        if self._answers.closed:
            raise Unreachable("the connection to the system is closed")
        until = time.monotonic() + ANSWER_SECONDS
        parts = [self._waiting]  # an export has many megabytes: nothing is copied or searched twice
        try:
            with selectors.DefaultSelector() as selector:
                selector.register(self._answers, selectors.EVENT_READ)
                while b"\n" not in parts[-1]:
                    if not selector.select(max(until - time.monotonic(), 0)):
                        raise Unreachable(f"the system gave no answer within {ANSWER_SECONDS:.0f} s")
                    data = os.read(self._answers.fileno(), 1 << 16)
                    if not data:
                        raise self._dead()
                    parts.append(data)
        finally:
            self._waiting = b"".join(parts)
        line, _, self._waiting = self._waiting.partition(b"\n")
        try:
            answer = json.loads(line)
        except ValueError:
            raise Unreachable("the system gave an answer that cannot be read") from None
        if not isinstance(answer, dict):
            raise Unreachable("the system gave an answer that cannot be read")
        return answer

    def _dead(self) -> Unreachable:
        return Unreachable("the system has ended this connection")


class Connection(Line):
    """One server process over its standard streams."""

    def __init__(self, home: Path, server: Sequence[str] = SERVER) -> None:
        self._start(home, server)

    def restart(self, server: Sequence[str] = SERVER) -> None:
        """End the process and start another on the same instance. Raises Unreachable when that one does not come up."""
        self.close()
        self._start(self._home, server)

    def _start(self, home: Path, server: Sequence[str]) -> None:
        self.server = server
        """The module that serves now, with what it takes before the folder."""
        self._door, theirs = socket.socketpair()
        handle = os.open(home / LOG, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
        with theirs, os.fdopen(handle, "ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                [sys.executable, "-m", *server, str(home), str(theirs.fileno())],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
                pass_fds=(theirs.fileno(),),
            )
        assert self._process.stdin is not None and self._process.stdout is not None  # noqa: PT018 - both are pipes
        super().__init__(self._process.stdin, self._process.stdout, home)
        self._greeted()

    @property
    def pid(self) -> int:
        """Process id of the server."""
        return self._process.pid

    def another(self) -> Line:
        """A further connection to the same process, for who works at the same time. It ends with the process, or by its own `close`."""
        ours, theirs = socket.socketpair()
        with ours, theirs:
            try:
                socket.send_fds(self._door, [b"+"], [theirs.fileno()])
            except OSError:
                raise self._dead() from None
            made = Line(ours.makefile("wb"), ours.makefile("rb"), self._home)
        made._greeted()  # noqa: SLF001 - one of our own
        return made

    def close(self) -> None:
        """End the process that was started here, and wait for it."""
        super().close()
        self._door.close()
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _dead(self) -> Unreachable:
        try:
            code: int | str = self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            code = "not known"
        last = (self._home / LOG).read_text("utf-8", errors="replace").splitlines()[-_LAST_LINES:]
        return Unreachable(f"the system has ended (exit code {code}): {' | '.join(last) or 'it left no message'}")


class Port:
    """A port that is answered over a connection."""

    def __init__(self, connection: Line) -> None:
        self._connection = connection
