"""Administration of rules: rights in force, policies, keys; what is changed is changed by the verbs of `csvgen people`, with a reason."""

from __future__ import annotations

from starlette.responses import Response

from csvgen.errors import BadInput, CsvgenError, Refused
from csvgen.identity.rights import project_matrix
from csvgen.identity.settings import read_security
from csvgen.identity.tightening import RULES
from csvgen.model.certificate import Certificate
from csvgen.portal.routing import Pages
from csvgen.portal.visit import Visit
from csvgen.workflow import administering
from csvgen.workflow.authority import status
from csvgen.workflow.keys import RECORD

PAGES = Pages()


@PAGES.get("/rights", may="use", words="which role may use which function, the policies in force, and the keys on record")
def rights(visit: Visit) -> Response:
    return _page(visit)


def _page(visit: Visit, problem: CsvgenError | None = None, status_code: int = 200) -> Response:
    room, directory = visit.room, visit.directory
    security, now = read_security(room.config.security), room.clock.now()
    return visit.page(
        "rights.html", status_code, title="Rights, policies and keys", matrix=directory.matrix, policy=directory.policy.model_dump(),
        rules=administering.policy_rules(directory, security.policy), settings_apart=administering.settings_apart(directory, security),
        roles_apart=administering.roles_apart(directory, project_matrix(room.config.root)), problem=problem, typed=visit.form,
        points=security.open_points(*directory.security_days()), keys=certificates(visit),
        standing=lambda c: status(c, now), days_left=lambda c: administering.days_left(c.until, now),
        lists=administering.revocation_lists(room.config, now),
    )  # fmt: skip


def certificates(visit: Visit) -> list[Certificate]:
    return sorted(
        (Certificate.model_validate(v.content) for v in visit.room.ledger.all(RECORD)), key=lambda c: (c.since, c.subject)
    )


@PAGES.post("/rights/review", may="administer people", words="put the periodic check of accounts and passwords on record")
def reviewed(visit: Visit) -> Response:
    visit.directory.reviewed(visit.actor, visit.field("reason"))
    return visit.go("/rights", "The periodic check is on record.")


@PAGES.post(
    "/rights/policy", may="configure", words="make rules for passwords, lock-out and sessions stricter, or take that back"
)
def tighten(visit: Visit) -> Response:
    """As `csvgen people policy`. What is not taken comes back with what was typed, and nothing is changed."""
    given = {n: visit.form[n] for n in RULES if n in visit.form}
    try:
        stand = administering.tighten(visit.room.config, visit.directory, visit.actor, given, visit.field("reason"))
    except (BadInput, Refused) as problem:
        return _page(visit, problem, 422 if isinstance(problem, BadInput) else 403)
    told = ", ".join(f"{n.replace('_', ' ')} {v}" for n, v in stand.items())
    return visit.go("/rights", f"Set by an act, and in force at once: {told}." if told else "No rule is set by an act any more.")


@PAGES.post("/rights/settings", may="configure", words="put the security settings of csvgen.toml on record")
def settings(visit: Visit) -> Response:
    administering.take_over_settings(visit.room.config, visit.directory, visit.actor, visit.field("reason"))
    return visit.go("/rights", "The settings of csvgen.toml are on record and count.")


@PAGES.post("/rights/roles", may="configure", words="put roles.yaml in force")
def roles(visit: Visit) -> Response:
    count = administering.take_over_roles(visit.room.config, visit.directory, visit.actor, visit.field("reason"))
    return visit.go("/rights", f"{count} roles are in force as roles.yaml says.")
