"""What the commands of an instance share: which instance, who works in it, and what is asked of whoever signs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from csvgen.cli.project import ask_secret, need_terminal, say
from csvgen.errors import ConfigError, Exit, Refused

if TYPE_CHECKING:
    from csvgen.pipeline.release import QcRelease
    from csvgen.ports import Outcome

FORMAT = click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
REASON = click.option("--reason", help="In your own words; asked when not given.")


@dataclass
class Desk:
    """Somebody logged in to an instance, at this terminal, for one command."""

    app: QcRelease
    person: str
    session: str

    def show(self, record: str) -> None:
        """A record as the instance shows it. Whoever signs sees first what is signed."""
        from csvgen.diagnostics import one_line

        for line in self.app.decisions.manifestation(self.session, record, "screen").splitlines():
            click.echo(one_line(line))

    def sign(self, act: Callable[[str, str], Outcome]) -> Outcome:
        """An act that is a signature: every component is typed once more, for it alone (21 CFR 11.200(a)(1)(i)).

        What would be refused whatever is typed is refused before anything is asked.
        """
        if done := self.app.access.rehearse(lambda: act("", "")):
            return done
        say("Your signature:")
        user, password = str(click.prompt("User id", err=True)), ask_secret("Password")
        if self.app.access.takes_code(self.session):
            self.app.access.type_code(self.session, ask_secret("One-time code"))
        return act(user, password)


def instance_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """--home and --as."""
    function = click.option(
        "--as", "person", required=True, metavar="USER", help="Account of the instance; its password is asked."
    )(function)
    return click.option(
        "--home",
        type=click.Path(path_type=Path, file_okay=False),
        default=Path(),
        help="Folder of the instance.  [default: here]",
    )(function)


@contextmanager
def opened(home: Path) -> Iterator[QcRelease]:
    """The instance in a folder. Raises ConfigError when there is none, or when another process works in it."""
    from csvgen.clock import SystemClock
    from csvgen.pipeline.instance import is_instance
    from csvgen.pipeline.release import QcRelease

    if not is_instance(home):
        raise ConfigError(
            "there is no instance of a pipeline here", where=str(home), hint="--home FOLDER, or csvgen pipeline install FOLDER"
        )
    with QcRelease(home, SystemClock()) as app:
        yield app


@contextmanager
def desk(home: Path, person: str) -> Iterator[Desk]:
    """Log in at this terminal, work, log out."""
    need_terminal("working in an instance")
    with opened(home) as app:
        made = Desk(app, person, app.access.log_in(person, ask_secret("Password")).reference)
        try:
            yield made
        finally:
            with suppress(Refused):  # a session that has ended is over already
                app.access.log_out(made.session)


def asked(reason: str | None) -> str:
    """The reason given, or typed now."""
    return reason if reason is not None else str(click.prompt("Reason in your own words", err=True))


def told(outcome: Outcome, form: str = "text") -> Exit:
    """Print what came of an act; exit code 1 when the system did not do it."""
    from csvgen.diagnostics import one_line

    if form == "json":
        click.echo(json.dumps(asdict(outcome), indent=1, ensure_ascii=False))
    else:
        click.echo(one_line(outcome.message))
    return Exit.FINE if outcome.accepted else Exit.FINDINGS


@contextmanager
def telling(form: str) -> Iterator[Callable[[Outcome], Exit]]:
    """What came of several acts: told one by one, or as one JSON list at the end, which holds what was done before a refusal too."""
    outcomes: list[Outcome] = []

    def tell(outcome: Outcome) -> Exit:
        outcomes.append(outcome)
        if form == "json":
            return Exit.FINE if outcome.accepted else Exit.FINDINGS
        return told(outcome)

    try:
        yield tell
    finally:
        if form == "json":
            click.echo(json.dumps([asdict(o) for o in outcomes], indent=1, ensure_ascii=False))


def pairs(given: Sequence[str], option: str) -> dict[str, str]:
    """KEY=VALUE, as an option was given. Raises ConfigError for anything else, and for a key that comes twice."""
    found: dict[str, str] = {}
    for text in given:
        key, equals, value = text.partition("=")
        if not (key and equals):
            raise ConfigError(f"{text!r} is no KEY=VALUE", where=option)
        if key in found:
            raise ConfigError(f"{key} is given twice", where=option)
        found[key] = value
    return found


def ask_new_password(who: str) -> str:
    """A new password, typed twice. Raises ConfigError when the two differ."""
    first = ask_secret(f"New password of {who}")
    if ask_secret("The same again") != first:
        raise ConfigError("the two passwords differ; nothing was changed")
    return first
