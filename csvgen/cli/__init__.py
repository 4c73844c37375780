"""The command line: a thin door. Data goes to stdout, talk to stderr; errors become text and an exit code here and nowhere else."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import traceback
from pathlib import Path
from typing import NoReturn

os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # validation is ours alone; and no search for plugins at every start

import click

from csvgen import __version__
from csvgen.cli import (
    auditing,
    authoring,
    challenge,
    drafting,
    evidence,
    exchange,
    explaining,
    flow,
    gdp,
    importing_results,
    people,
    pipelines,
    pki,
    proof,
    renewing,
    results,
    rights,
    running,
    scaling,
    serving,
    sign_on,
    signing,
    starting,
    suggesting,
    targets,
    templating,
)  # fmt: skip
from csvgen.cli.project import guard
from csvgen.diagnostics import one_line
from csvgen.errors import NO_ROOM, CsvgenError, Exit


class Commands(click.Group):
    """Commands in the order of the work, not of the alphabet."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return list(self.commands)


@click.group(
    cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110}, invoke_without_command=True
)
@click.version_option(__version__, "-V", "--version", prog_name="csvgen")
@click.option("--project", "-C", type=click.Path(path_type=Path), default=Path(), help="Work on the project around this folder.")
@click.pass_context
def cli(ctx: click.Context, project: Path) -> None:
    """Computer System Validation as code: YAML in; executed, signed, verifiable IQ/OQ/PQ out.

    Exit codes: 0 fine, 1 findings (a failed or missing test, a gap, not verified, refused), 2 usage or configuration,
    3 internal error (a log file is named), 130 interrupted.
    """
    ctx.obj = project
    if ctx.invoked_subcommand is None:
        ctx.invoke(flow.status)


for command in (
    starting.init, starting.schema,
    authoring.check, explaining.explain, suggesting.suggest, drafting.draft, drafting.number, drafting.adopt, templating.template,
    exchange.import_,
    pki.pki, rights.people_group, sign_on.sign_on, people.login, people.logout,
    flow.report, signing.sign, signing.withdraw, signing.handover, signing.show, renewing.renew,
    flow.order, scaling.plan, running.run, scaling.merge, running.abandon, challenge.challenge, flow.record,
    importing_results.import_results, flow.deviation, flow.release, flow.trace, flow.status,
    evidence.evidence,
    results.export, proof.verify, gdp.gdp, proof.find, auditing.audit, targets.target, pipelines.pipeline,
    serving.serve,
):  # fmt: skip
    cli.add_command(guard(command))


def main() -> None:
    """Entry point of the `csvgen` script. Being told to end (SIGTERM) is an interruption like Ctrl-C: what was opened is closed."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        code = cli.main(standalone_mode=False)
        sys.exit(code if isinstance(code, int) else Exit.FINE)
    except click.exceptions.Abort:
        click.echo("interrupted", err=True)
        sys.exit(Exit.INTERRUPTED)
    except click.ClickException as problem:
        problem.show()
        sys.exit(Exit.USAGE)
    except CsvgenError as problem:
        for line in f"csvgen: {problem}".split("\n"):  # a message can quote a file that anybody wrote
            click.echo(one_line(line), err=True)
        sys.exit(problem.exit_code)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(Exit.FINE)
    except KeyboardInterrupt:
        sys.exit(Exit.INTERRUPTED)
    except OSError as problem:
        if problem.errno not in NO_ROOM:
            _internal(problem)
        click.echo("csvgen: a file could not be written: there is no room left on the disk", err=True)
        click.echo("  hint: make room and give the command again; what is there is whole", err=True)
        sys.exit(Exit.FINDINGS)
    except Exception as problem:  # noqa: BLE001 - the last net: a bug must not show its traceback to a user
        _internal(problem)


def _internal(problem: Exception) -> NoReturn:
    handle, name = tempfile.mkstemp(prefix="csvgen-", suffix=".log")
    with os.fdopen(handle, "w", encoding="utf-8") as log:
        log.write(f"csvgen {__version__}, Python {sys.version}\n\n{traceback.format_exc()}")
    click.echo(f"csvgen: internal error ({type(problem).__name__}); please report it with the log {name}", err=True)
    sys.exit(Exit.INTERNAL)
