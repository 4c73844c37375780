"""Faults of what is refused: the refusal is not on record, or what was refused is done all the same."""

from __future__ import annotations

import inspect
from typing import Any

from csvgen.audit.ledger import Change, system_actor
from csvgen.errors import Refused
from csvgen.identity.credentials import Credentials
from csvgen.identity.directory import Directory
from csvgen.pipeline.people import People
from csvgen.pipeline.promotion import Promotions
from csvgen_faults import fault
from csvgen_faults.patching import replace

BREAKER = system_actor("fault")


def _asked(original: Any, *arguments: Any, **named: Any) -> dict[str, Any]:
    """The arguments of a call by their names, however they were given."""
    return dict(inspect.signature(original).bind(*arguments, **named).arguments)


@fault("audit-refusal-without-entry")
def _() -> None:
    """The session is refused its function; the note of it is left out."""

    def silent(original: Any, change: Change, action: str, *about: Any, **more: Any) -> Any:
        return None if action == "authority-refused" else original(change, action, *about, **more)

    replace(Change, "note", silent)


@fault("audit-refused-log-in-without-why")
def _() -> None:
    """Why a log-in was refused is in no entry."""

    def why(original: Any, change: Change, action: str, *about: Any, **more: Any) -> Any:
        return original(change, action, *about, **(more | {"reason": "refused"} if action == "log-in-refused" else more))

    replace(Change, "note", why)


@fault("audit-password-in-entry")
def _() -> None:
    """A person sets a password, and the reason of the entry repeats it."""

    def telling(original: Any, self: Any, actor: Any, person: str, password: str, *_reason: str, **more: Any) -> Any:
        return original(self, actor, person, password, **{**more, "reason": f"password set to {password}"})

    replace(Credentials, "set_password", telling)


@fault("access-denied-and-done")
def _() -> None:
    """An account whose retirement is refused for lack of authority is retired all the same."""

    def done(original: Any, *given: Any, **named: Any) -> Any:
        asked = _asked(original, *given, **named)
        try:
            return original(**asked)
        except Refused as refusal:
            if refusal.rule == "RR-G01":
                asked["self"]._directory.set_state(BREAKER, asked["user_id"], "retired", asked["reason"])
            raise

    replace(People, "retire_account", done)


@fault("access-refused-password-counts")
def _() -> None:
    """A password that is refused by the rules is set all the same."""

    def set_anyway(original: Any, self: Any, actor: Any, person: str, password: str, *rest: Any, **more: Any) -> Any:
        try:
            return original(self, actor, person, password, *rest, **more)
        except Refused as refusal:
            if refusal.rule == "RR-P02":
                self.password_problem = lambda *_: ""
                original(self, actor, person, password, *rest, **more)
                del self.password_problem
            raise

    replace(Credentials, "set_password", set_anyway)


@fault("access-locked-opened-by-trying")
def _() -> None:
    """A locked account is refused, and open from then on."""

    def opening(original: Any, self: Any, person: str, *components: Any, **more: Any) -> Any:
        before = self.account(person)
        try:
            return original(self, person, *components, **more)
        except Refused:
            if before is not None and before.state == "locked":
                self.set_state(BREAKER, person, "active", "tried again")
            raise

    replace(Directory, "_proved", opening)


@fault("access-refused-id-ends-holder")
def _() -> None:
    """An id that is taken is refused, and whoever has it is retired."""

    def ending(original: Any, *given: Any, **named: Any) -> Any:
        asked = _asked(original, *given, **named)
        try:
            return original(**asked)
        except Refused as refusal:
            directory = asked["self"]._directory
            holder = directory.account(asked["user_id"])
            if refusal.rule == "RR-U01" and holder is not None and holder.state == "active":
                directory.set_state(BREAKER, asked["user_id"], "retired", "id asked for again")
            raise

    replace(People, "create_account", ending)


@fault("pipeline-refused-review-alters-artifact")
def _() -> None:
    """A review that is refused for the person changes the artifact."""

    def altering(original: Any, *given: Any, **named: Any) -> Any:
        asked = _asked(original, *given, **named)
        try:
            return original(**asked)
        except Refused as refusal:
            if refusal.rule == "RR-G02":
                with asked["self"]._core.ledger.change(BREAKER, "refused") as change:
                    latest = change.latest("artifact", asked["artifact"])
                    change.put("artifact", asked["artifact"], {**latest.content, "ticket": "of somebody else"}, action="modify")
            raise

    replace(Promotions, "review", altering)
