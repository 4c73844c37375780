"""What commands share: the project around a folder, its system, its records, and the seal key."""

from __future__ import annotations

import getpass
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
from csvgen.errors import ConfigError
from csvgen.model.audit import Actor

if TYPE_CHECKING:  # each of these would load a whole room
    from csvgen.audit.ledger import Ledger
    from csvgen.identity.directory import Directory
    from csvgen.workflow.documents import Publisher
    from csvgen.workflow.state import ProjectState


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
        from csvgen.spec.load import systems

        there = systems(self.config.requirements_specs)
        if self.named is not None:
            if self.named not in there:
                raise ConfigError(
                    f"no system {self.named!r} under requirements_specs/", hint=f"systems there: {', '.join(there) or 'none'}"
                )
            return self.named
        if len(there) == 1:
            return there[0]
        raise ConfigError(f"name a system: {', '.join(there) or 'there is none under requirements_specs/'}", hint="--system NAME")

    @cached_property
    def state(self) -> ProjectState:
        from csvgen.workflow.state import read_state

        return read_state(self.config, self.system)

    @cached_property
    def ledger(self) -> Ledger:
        from csvgen.audit.ledger import open_ledger
        from csvgen.store.database import open_database

        return open_ledger(open_database(self.config.records), self.clock)

    @cached_property
    def directory(self) -> Directory:
        from csvgen.identity.directory import Directory
        from csvgen.model.people import Policy

        return Directory(self.ledger, self.clock, Policy(), self.source)

    @property
    def source(self) -> str:
        return f"csvgen on {platform.node() or 'this machine'}"

    @property
    def operator(self) -> Actor:
        """The account of the operating system that runs a command. It can compose and export; it can never sign."""
        try:
            name = getpass.getuser()
        except (KeyError, OSError):
            name = "unknown"
        return Actor(f"os:{name}", f"operating system account {name}", "operator", self.source)

    def publisher(self) -> Publisher:
        from csvgen.workflow.documents import Publisher
        from csvgen.workflow.keys import seal_key

        return Publisher(self.state, self.ledger, self.clock, self.operator, seal_key(self.config))


def system_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """The --system option every command of the flow has."""
    return click.option("--system", "-s", "named", default=None, help="System; not needed where there is only one.")(function)


def say(text: str) -> None:
    """Talk to a person: stderr."""
    click.echo(text, err=True)


def need_terminal(what: str) -> None:
    """Refuse acts of a person that are not done at a terminal: nothing signs unattended."""
    if not all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr)):
        raise ConfigError(
            f"{what} is an act of a person and needs a terminal", hint="run it in a terminal; there is no flag for passwords"
        )


def ask_secret(prompt: str) -> str:
    """A secret typed at a terminal, never echoed, never an argument."""
    return str(click.prompt(prompt, hide_input=True, default="", show_default=False, err=True))
