"""Install an instance of QC release for a validation: ``python -m csvgen.targets.local.install HOME [key=value ...]``.

It gets its own database, keys, configuration records, instruments, methods, and one account for each role; then these accounts build
and promote the shipped pipelines and put procedures and training on record, by the functions of the application that everybody uses.
The passwords of the accounts are random and lie in ``HOME/test-accounts.json`` (mode 0600), for the harness alone: an account of a
validation has no person who could remember one.
"""

from __future__ import annotations

import datetime as dt
import itertools
import os
import secrets
import sys
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

import csvgen
from csvgen.canonical import canonical_json
from csvgen.clock import SystemClock, stored
from csvgen.errors import ConfigError, CsvgenError
from csvgen.marks import load
from csvgen.model.base import Line, Value
from csvgen.pipeline import settings as bounds
from csvgen.pipeline import setup
from csvgen.pipeline.instance import Settings
from csvgen.pipeline.method import Method
from csvgen.pipeline.nouns import Instrument
from csvgen.pipeline.people import People
from csvgen.pipeline.release import QcRelease

ACCOUNTS = "test-accounts.json"
TICKET = "CHG-0001 installation of the validation instance (example)"
COMMIT = f"release {csvgen.__version__}"
EVIDENCE = "none: this instance is where the evidence comes from"
_CALIBRATED = dt.timedelta(days=365)


_BENCH = {"repeated_data": "told"}
"""A test bench brings the same constructed data to many lots; in an instance for work that opens a deviation."""


_WHILE_INSTALLING = ("idle_seconds",)
"""Set at the end, by the administrator: an installation on a slow machine pauses for longer than a session of two seconds lives."""


class _Instrument(Value):
    id: str
    kind: Line
    named: Line


class _Account(Value):
    user_id: str
    printed_name: Line
    roles: tuple[str, ...]


class _Procedure(Value):
    id: str
    title: Line
    version: str
    needed_by: tuple[str, ...]
    """Pipelines and methods."""


class Master(Value):
    """The table ``data/master.yaml``."""

    format: Literal["qc.master/1"]
    organisation: Line
    instruments: tuple[_Instrument, ...]
    methods: tuple[Method, ...]
    accounts: Mapping[str, _Account]
    pipelines: tuple[str, ...]
    """Shipped pipelines that are promoted at installation."""
    procedures: tuple[_Procedure, ...]
    """In effect from the day of installation; every account that works with data is trained in them."""


def master() -> Master:
    """The master data of a validation instance. Raises ConfigError when the table is faulty."""
    data = resources.files("csvgen.targets.local").joinpath("data", "master.yaml").read_bytes()
    marked, findings = load(data, "master.yaml")
    if marked is None:
        raise ConfigError(findings[0].message, where=str(findings[0].location))
    try:
        return Master.model_validate(marked.value)
    except ValidationError as problem:
        raise ConfigError(f"{problem.error_count()} faults in the master data", where="master.yaml") from None


def install(home: Path, settings: Mapping[str, str], parts: Settings | None = None) -> None:
    """Make an instance in a folder that is not there or empty. `settings` override the default configuration, `parts` say where its parts are.

    Each account gets a first password from the administrator and then sets its own, as people do; only that one can sign.
    """
    data, clock = master(), SystemClock()
    settings = {"environment": "qualification", **settings}
    for key in settings.keys() & set(_WHILE_INSTALLING):
        bounds.checked(key, settings[key])
    passwords = {key: secrets.token_urlsafe(18) for key in data.accounts}
    administrator = data.accounts["administrator"]
    first = secrets.token_urlsafe(18)
    due = stored(clock.now() + _CALIBRATED)[:10]
    setup.create(
        home,
        clock,
        organisation=data.organisation,
        configuration=_BENCH | {key: value for key, value in settings.items() if key not in _WHILE_INSTALLING},
        instruments=[Instrument(id=i.id, kind=i.kind, named=i.named, calibration_due=due) for i in data.instruments],
        methods=data.methods,
        administrator=(administrator.user_id, administrator.printed_name, first),
        demonstration=True,
        parts=parts,
    )
    accounts = {
        key: {"user_id": a.user_id, "printed_name": a.printed_name, "role": " and ".join(a.roles), "password": passwords[key]}
        for key, a in data.accounts.items()
    }
    handle = os.open(home / ACCOUNTS, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "wb") as stream:
        stream.write(canonical_json(accounts))
    with QcRelease(home, clock) as app:
        _own_password(app.access, administrator.user_id, first, passwords["administrator"])
        session = app.access.log_in(administrator.user_id, passwords["administrator"]).reference
        for key, account in data.accounts.items():
            if key != "administrator":
                first = secrets.token_urlsafe(18)
                app.access.create_account(session, account.user_id, account.printed_name, account.roles, first)
                _own_password(app.access, account.user_id, first, passwords[key])
        app.access.log_out(session)
        people = {key: setup.Hand(a.user_id, passwords[key]) for key, a in data.accounts.items()}
        for pipeline in data.pipelines if settings.get("second_factor") != "signing" else ():
            # Where every signature takes a code nobody can sign yet: their devices are enrolled by whoever tests that.
            setup.promote(
                app, pipeline, settings["environment"], builder=people["analyst-2"], reviewer=people["reviewer"],
                quality=people["quality"], ticket=TICKET, commit=COMMIT, reason="as released", evidence=EVIDENCE,
            )  # fmt: skip
        _qualify(app, people, data, (stored(clock.now())[:10], due))
        with people["administrator"].at_work(app) as session:
            for key in (k for k in _WHILE_INSTALLING if k in settings):
                app.records.configure(session, key, settings[key], "value of this instance, set when it was complete")


def _qualify(app: QcRelease, people: Mapping[str, setup.Hand], data: Master, days: tuple[str, str]) -> None:
    """Procedures in effect from today, and training of every account that works with data."""
    (today, expires), why = days, "master data of the validation"
    with people["quality"].at_work(app) as session:
        for procedure in data.procedures:
            told = (procedure.id, procedure.title, procedure.version, today, "", why)
            app.conditions.register_procedure(session, *told)
        for subject in dict.fromkeys(s for p in data.procedures for s in p.needed_by):
            needed = tuple(p.id for p in data.procedures if subject in p.needed_by)
            app.conditions.require_procedures(session, subject, needed, why)
    trained = [a.user_id for a in data.accounts.values() if not {"analyst", "reviewer", "quality"}.isdisjoint(a.roles)]
    with people["administrator"].at_work(app) as session:
        for procedure, user_id in itertools.product(data.procedures, trained):
            app.conditions.register_training(session, user_id, procedure.id, procedure.version, today, expires, why)


def _own_password(access: People, user_id: str, first: str, own: str) -> None:
    access.set_password(access.log_in(user_id, first).reference, own)


def main(arguments: list[str]) -> int:
    """The command: HOME, then settings as key=value."""
    if not arguments or any("=" not in a for a in arguments[1:]):
        sys.stderr.write("usage: python -m csvgen.targets.local.install HOME [key=value ...]\n")
        return 2
    try:
        install(Path(arguments[0]), dict(a.split("=", 1) for a in arguments[1:]))
    except CsvgenError as problem:
        sys.stderr.write(f"{problem}\n")
        return int(problem.exit_code)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
