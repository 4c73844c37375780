"""Opening a project: its records, the people in them with the rights in force, and the checkpoints that keep the trail fixed outside.

Every door needs the same: the command line once for a command, the review room once for all its visitors.
"""

from __future__ import annotations

import platform

from csvgen.audit.anchors import checkpoint, due, open_anchors
from csvgen.audit.ledger import Ledger, open_ledger
from csvgen.audit.settings import audit_settings
from csvgen.clock import Clock
from csvgen.config import Config
from csvgen.identity.admission import in_force, stricter
from csvgen.identity.directory import Directory
from csvgen.identity.rights import project_matrix
from csvgen.identity.settings import Security, read_security
from csvgen.model.audit import Actor
from csvgen.store.database import open_database
from csvgen.workflow.keys import refuse_foreign_records


def records(config: Config, clock: Clock) -> Ledger:
    """The records of a project. Raises ConfigError when they are another project's."""
    refuse_foreign_records(config)
    return open_ledger(open_database(config.records), clock, audit_settings(config).clock)


def this_machine() -> str:
    return platform.node() or "this machine"


def people(config: Config, ledger: Ledger, clock: Clock, source: str) -> tuple[Directory, Security, str]:
    """The people of a project with the rights and rules in force, its security settings, and a warning ("" without one)."""
    security = read_security(config.security)
    bell = security.bell(config.root, config.project)
    made = _kind(config)(ledger, clock, security.policy, source, bell=bell)
    made.matrix, warning = in_force(made, project_matrix(config.root))
    made.policy = stricter(made, made.policy)
    return made, security, warning


def _kind(config: Config) -> type[Directory]:
    """With [sign_on], a directory that knows the identity provider's subjects."""
    if not config.sign_on:
        return Directory
    from csvgen.identity.signed_on import SignedOn

    return SignedOn


def fix(config: Config, ledger: Ledger, clock: Clock, actor: Actor, why: str) -> tuple[str, ...]:
    """A checkpoint of the trail, as after every signature. An anchor out of reach stops nobody: it is an event, and is told."""
    return checkpoint(ledger, open_anchors(config), clock, actor, why).problems


def keep_up(config: Config, ledger: Ledger, clock: Clock, actor: Actor) -> tuple[str, ...]:
    """A checkpoint where one is due by number of events or by time; so between two there are never many more. What went wrong."""
    why = due(ledger, audit_settings(config), clock.now())
    return fix(config, ledger, clock, actor, why) if why else ()
