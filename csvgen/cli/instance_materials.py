"""pipeline material, lot: what lots are lots of, and which lot is a lot of what."""

from __future__ import annotations

from pathlib import Path

import click

from csvgen.cli.instances import FORMAT, REASON, asked, desk, instance_options, told
from csvgen.errors import Exit


@click.group("material")
def material() -> None:
    """Materials as certificates name them: proposed with a ticket, effective when quality has signed."""


@material.command("change")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--ticket", required=True, help="Change ticket.")
@click.option("--reason", required=True, help="Kept in the audit trail.")
@instance_options
@FORMAT
def material_change(file: Path, ticket: str, reason: str, home: Path, person: str, form: str) -> Exit:
    """Propose the material in FILE (YAML), new or changed."""
    with desk(home, person) as at:
        text = file.read_text(encoding="utf-8", errors="replace")
        return told(at.app.materials.change(at.session, text, ticket, reason), form)


@material.command("approve")
@click.argument("change")
@REASON
@instance_options
def material_approve(change: str, reason: str | None, home: Path, person: str) -> Exit:
    """Sign for quality that the material of CHANGE (MD-0001) is effective. Lots that were given an earlier version keep theirs."""
    with desk(home, person) as at:
        at.show(f"material-change/{change}")
        why, approve = asked(reason), at.app.materials.approve
        return told(at.sign(lambda user, word: approve(at.session, change, why, user, word)))


@click.command("lot")
@click.argument("lot")
@click.option("--material", required=True, help="Material it is a lot of.")
@click.option("--manufactured", required=True, metavar="DAY", help="Day it was made.")
@click.option(
    "--expires", default="", metavar="DAY", help="Expiry or retest date, if earlier than the rule of the material says."
)
@click.option("--reason", required=True, help="Kept in the audit trail.")
@instance_options
@FORMAT
def lot(lot: str, material: str, manufactured: str, expires: str, reason: str, home: Path, person: str, form: str) -> Exit:
    """Say, or correct, what LOT is a lot of. What stood there before stays in the trail, and a signed review is void by it."""
    with desk(home, person) as at:
        return told(at.app.materials.describe(at.session, lot, material, manufactured, expires, reason), form)
