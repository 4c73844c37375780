"""What commands share: the project around a folder, its system, its records, the seal key, and the gate in front of its records."""

from __future__ import annotations

import functools
import getpass
import os
import platform
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from csvgen.clock import Clock, SystemClock
from csvgen.config import Config, load_config
from csvgen.diagnostics import one_line
from csvgen.errors import ConfigError, Refused
from csvgen.model.audit import Actor

if TYPE_CHECKING:  # each of these would load a whole room
    from csvgen.audit.ledger import Ledger
    from csvgen.identity.admission import Admission, Credentials
    from csvgen.identity.directory import Directory
    from csvgen.identity.id_token import Proof
    from csvgen.identity.sessions import Session
    from csvgen.identity.settings import Security
    from csvgen.workflow.documents import Publisher
    from csvgen.workflow.state import ProjectState

_ADMITTED, _OPENED = "csvgen.admitted", "csvgen.opened"


@dataclass
class Project:
    """Opened late and piece by piece: most commands need little of it."""

    folder: Path
    named: str | None = None
    """System named on the command line."""

    @cached_property
    def config(self) -> Config:
        return load_config(self.folder)

    @cached_property
    def clock(self) -> Clock:
        return SystemClock()

    @cached_property
    def system(self) -> str:
        """The system meant: the one named, or the only one there is."""
        from csvgen.workflow.system import system_meant

        return system_meant(self.config, self.named)

    @cached_property
    def state(self) -> ProjectState:
        from csvgen.workflow.state import read_state

        return read_state(self.config, self.system)

    @cached_property
    def ledger(self) -> Ledger:
        """The records of the project: opened once in a command, for the gate and for what it lets in."""
        context = click.get_current_context(silent=True)
        opened: dict[str, Ledger] = context.meta.setdefault(_OPENED, {}) if context else {}
        if self.config.records not in opened:
            opened[self.config.records] = self._open()
        return opened[self.config.records]

    def _open(self) -> Ledger:
        from csvgen.workflow.opening import records

        return records(self.config, self.clock)

    @cached_property
    def directory(self) -> Directory:
        from csvgen.workflow.opening import people

        made, _, warning = people(self.config, self.ledger, self.clock, self.source)
        if warning:
            say(f"{warning} (csvgen people roles)")
        return made

    def prove(self, what: str) -> Proof:
        """A fresh log-in at the identity provider, by whoever sits at this terminal. Raises Refused."""
        from csvgen.identity.loopback import fresh_log_in
        from csvgen.identity.sign_on_settings import Settings

        settings = Settings.read(self.config.sign_on, self.config.root)
        return fresh_log_in(settings, self.clock, lambda url: say(f"{what}: log in with your browser at\n  {url}"))

    def enter(self, **kept: Any) -> Session:
        """A person says who they are at this terminal: at the identity provider when they leave the user id blank, or here."""
        from csvgen.identity.signed_on import SignedOn

        directory = self.directory
        if not isinstance(directory, SignedOn):
            return directory.log_in(*self.ask_who(), **kept)
        person = str(click.prompt("User id (blank: sign on)", default="", show_default=False, err=True))
        return directory.log_in(*self.ask_who(person), **kept) if person else directory.admit(self.prove("To begin"), **kept)

    @cached_property
    def security(self) -> Security:
        from csvgen.identity.settings import read_security

        return read_security(self.config.security)

    @property
    def source(self) -> str:
        return f"csvgen on {platform.node() or 'this machine'}"

    @property
    def operator(self) -> Actor:
        """Who acts: the account that `guard` admitted to this command. Raises Refused when it admitted nobody."""
        admission = _admission()
        if admission is None:
            raise Refused("nobody was admitted to this command", rule="RR-D01")
        return admission.actor

    @property
    def caller(self) -> Actor:
        """The account of the operating system that runs a command: a claim, which opens nothing but the founding of a project."""
        try:
            name = getpass.getuser()
        except (KeyError, OSError):
            name = "unknown"
        return Actor(f"os:{name}", f"operating system account {name}", "(not authenticated)", self.source)

    def admit(self, function: str) -> Admission:
        """Let the caller in to a function, or raise Refused; the refusal is an event."""
        from csvgen.audit.anchors import settle
        from csvgen.identity.admission import Gate

        gate = Gate(self.directory, self.caller)
        admission = gate.admit(function, self._brought())
        gate.settle(admission.actor, self.security.model_dump())
        settle(self.ledger, self.config, admission.actor)
        return admission

    def _brought(self) -> Credentials:
        from csvgen.identity.admission import Credentials

        file = os.environ.get("CSVGEN_TOKEN_FILE", "")
        try:
            token = Path(file).read_text(encoding="utf-8").strip() if file else ""
        except (OSError, UnicodeDecodeError):
            raise ConfigError("the token file cannot be read", where=file, hint="CSVGEN_TOKEN_FILE") from None
        account = os.environ.get("CSVGEN_ACCOUNT", "")
        return Credentials(account, token, self.kept_session(), self.ask_who if at_terminal() else None)

    @property
    def founding(self) -> bool:
        """Whether the founder of the project acts in this command: nobody is in office yet."""
        admission = _admission()
        return admission is not None and admission.account is None

    def kept_session(self) -> str:
        """The id of the session of csvgen login, or an empty string."""
        file = self.session_file
        return file.read_text(encoding="ascii", errors="replace").strip() if file.is_file() else ""

    def ask_who(self, person: str = "") -> tuple[str, str, str]:
        """User id, password and, of whom it is asked, a one-time code, typed at this terminal."""
        person = person or str(click.prompt("User id", err=True))
        password = ask_secret("Password")
        return person, password, ask_secret("One-time code") if self.directory.asks_code(person) else ""

    @property
    def session_file(self) -> Path:
        """Holds the id of the session of this account of the operating system; readable by nobody else."""
        return self.config.state / f"session-{os.getuid()}"

    def keep_up(self) -> None:
        """A checkpoint of the trail where one is due by number of events or by time; so between two there are never many more."""
        from csvgen.workflow.opening import keep_up

        for problem in keep_up(self.config, self.ledger, self.clock, self.operator):
            say(one_line(problem))

    def publisher(self) -> Publisher:
        from csvgen.workflow.documents import Publisher
        from csvgen.workflow.keys import seal_key

        return Publisher(self.state, self.ledger, self.clock, self.operator, seal_key(self.config))


def _admission() -> Admission | None:
    context = click.get_current_context(silent=True)
    return context.meta.get(_ADMITTED) if context else None


def system_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """The --system option every command of the flow has."""
    return click.option("--system", "-s", "named", default=None, help="System; not needed where there is only one.")(function)


def guard(command: click.Command, path: tuple[str, ...] = ()) -> click.Command:
    """A command, and all below it, behind the gate: the one place where authority is checked.

    `identity/data/functions.yaml` says which function each command is; a flag can make it another (``run --formal``). A command that
    stands neither there nor among the open ones is refused.
    """
    here = (*path, command.name or "")
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            guard(inner, here)
    elif command.callback is not None:
        command.callback = _guarded(command.callback, " ".join(here))
    return command


def _guarded(callback: Callable[..., Any], name: str) -> Callable[..., Any]:
    @functools.wraps(callback)
    def admitted(*arguments: Any, **options: Any) -> Any:
        from csvgen.identity.rights import own_matrix

        matrix, context = own_matrix(), click.get_current_context()
        names = [f"{name} --{flag}" for flag, value in context.params.items() if value is True]
        entered = any(n in matrix.open for n in names)  # a flag can make it one that needs nobody, or who enters there
        function = None if entered else next((matrix.commands[n] for n in (*names, name) if n in matrix.commands), None)
        if function is not None:
            context.meta[_ADMITTED] = Project(context.obj, context.params.get("named")).admit(function)
        elif not entered and name not in matrix.open:
            raise Refused(f"nothing says who may use the command {name!r}", rule="RR-D01")
        code = callback(*arguments, **options)
        if function is not None:
            Project(context.obj).keep_up()
        return code

    return admitted


def say(text: str) -> None:
    """Talk to a person: stderr."""
    click.echo(text, err=True)


def at_terminal() -> bool:
    """Whether a person can be asked."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))


def need_terminal(what: str) -> None:
    """Refuse acts of a person that are not done at a terminal: nothing signs unattended."""
    if not at_terminal():
        raise ConfigError(
            f"{what} is an act of a person and needs a terminal", hint="run it in a terminal; there is no flag for passwords"
        )


def ask_secret(prompt: str) -> str:
    """A secret typed at a terminal, never echoed, never an argument."""
    return str(click.prompt(prompt, hide_input=True, default="", show_default=False, err=True))
