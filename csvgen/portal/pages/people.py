"""Administration of people: accounts with roles and training. The acts are those of `csvgen people`. Rights are in `pages.rights`.

What takes a secret of somebody else (the custodian's passphrase, a new password, a one-time secret) stays at the terminal.
"""

from __future__ import annotations

from starlette.responses import Response

from csvgen.portal.absent import absent
from csvgen.portal.pages.rights import certificates
from csvgen.portal.routing import Pages
from csvgen.portal.views import url
from csvgen.portal.visit import Visit
from csvgen.workflow import administering
from csvgen.workflow.authority import status

PAGES = Pages()


@PAGES.get(
    "/people", may="use", words="who there is, with which roles, and what is missing before they may sign", nav="People", order=80
)
def people(visit: Visit) -> Response:
    return visit.page(
        "people.html", title="People", people=administering.people(visit.directory, visit.now), roles=visit.directory.matrix.roles,
        events=visit.room.ledger.head().count,
    )  # fmt: skip


@PAGES.get("/people/{id}", may="use", words="one account: roles, training, identity, certificates, acts on it")
def person(visit: Visit) -> Response:
    identity = visit.part("id")
    found = next((p for p in administering.people(visit.directory, visit.now) if p.account.id == identity), None)
    if found is None:
        return absent(visit, "account", identity)
    keys = [c for c in certificates(visit) if c.person == identity]
    return visit.page(
        "person.html", title=found.account.printed_name, one=found, a=found.account, matrix=visit.directory.matrix, keys=keys,
        standing=lambda c: status(c, visit.room.clock.now()), today=visit.now[:10],
    )  # fmt: skip


# ------------------------------------------------------------ acts


@PAGES.post("/people", may="administer people", words="register an account")
def add(visit: Visit) -> Response:
    made = administering.add(visit.directory, visit.actor, visit.form, visit.lists.get("roles", ()))
    return visit.go(
        url("/people", made.id), f"{made.id} is registered; the password is set at a terminal: csvgen people activate {made.id}"
    )


@PAGES.post("/people/{id}/roles", may="administer people", words="give an account other roles")
def roles(visit: Visit) -> Response:
    identity, given = visit.part("id"), visit.lists.get("roles", ())
    visit.directory.give_roles(visit.actor, identity, tuple(given), administering.said(visit.field("reason")))
    return visit.go(url("/people", identity), f"{identity} holds: {', '.join(given)}")


@PAGES.post("/people/{id}/state", may="administer people", words="lock, unlock or retire an account")
def state(visit: Visit) -> Response:
    identity = visit.part("id")
    now = administering.put_into(visit.directory, visit.actor, identity, visit.field("act"), visit.field("reason"))
    return visit.go(url("/people", identity), f"{identity} is {now}.")


@PAGES.post("/people/{id}/training", may="identify people", words="put a training on record")
def training(visit: Visit) -> Response:
    identity = visit.part("id")
    made = administering.train(visit.directory, visit.actor, identity, visit.form)
    return visit.go(url("/people", identity), f"{identity}: trained as {made.role} on {made.on}")


@PAGES.post("/people/{id}/identity", may="identify people", words="put on record how an identity was established")
def identified(visit: Visit) -> Response:
    identity = visit.part("id")
    made = administering.identify(visit.directory, visit.actor, identity, visit.form)
    return visit.go(url("/people", identity), f"{identity}: identity verified on {made.on} by {made.verified_by}")
