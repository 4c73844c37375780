"""pipeline process: one lot, several, or all that wait."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from csvgen.cli.instances import FORMAT, Desk, desk, instance_options, telling
from csvgen.cli.project import say
from csvgen.diagnostics import one_line
from csvgen.errors import ConfigError, Exit

if TYPE_CHECKING:
    from csvgen.ports import Outcome


@click.command("process")
@click.argument("lots", nargs=-1)
@click.option("--all", "every", is_flag=True, help="Every lot that waits for processing and for nothing else.")
@click.option(
    "--workers", type=click.IntRange(1, 256), help="As one batch, in so many processes.  [default: one by one, in this one]"
)
@click.option(
    "--resume", default="", metavar="BATCH", help="Go on with a batch that was interrupted; lots it has written are left out."
)
@instance_options
@FORMAT
def process(lots: tuple[str, ...], every: bool, workers: int | None, resume: str, home: Path, person: str, form: str) -> Exit:
    """Perform the pipeline on LOTS, with the approved code, and put each run on record.

    Each lot stands for itself: one that is refused is told by name, and the others are processed. Exit code 1 when one was refused or
    its run is invalid. Results and digests are the same one by one and in any number of workers.
    """
    if bool(lots) == every:
        raise ConfigError("either LOTS or --all", where="process")
    with desk(home, person) as at:
        named = lots or at.app.many.waiting(at.session)
        if not named:
            say("no lot waits for processing")
        code = Exit.FINE
        with telling(form) as tell:
            for outcome in _processed(at, named, workers, resume):
                code = max(code, tell(outcome))
    return code


def _processed(at: Desk, lots: Sequence[str], workers: int | None, resume: str) -> Iterator[Outcome]:
    many = at.app.many
    if resume or (workers and lots):
        try:
            with click.progressbar(length=len(lots), label="lots", file=sys.stderr) as bar:
                done = many.process_batch(at.session, lots, workers=workers or 0, resume=resume, seen=lambda _: bar.update(1))
        except KeyboardInterrupt:
            for batch in many.open_batches(at.session):
                say(f"interrupted; what was written stands. To go on: csvgen pipeline process --all --resume {batch}")
            raise
        yield from done
    elif len(lots) == 1:
        yield at.app.runs.process(at.session, lots[0])
    else:
        yield from many.process_each(at.session, lots, seen=_counted(len(lots)))


def _counted(total: int) -> Callable[[str], None]:
    """Says which of how many is taken in hand, on the terminal."""
    numbers = itertools.count(1)

    def seen(subject: str) -> None:
        say(one_line(f"{next(numbers)}/{total} {subject.removeprefix('lot/')}"))

    return seen
