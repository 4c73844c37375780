"""Checks a bound adapter: what it offers, how its verbs answer, and whether what claims to read changes nothing.

It logs in with the accounts prepared for the validation, asks for things that are not there, and asks with a session that was never
opened. It creates, changes and signs nothing; what a log-in leaves in the audit trail of the system is all that stays.
"""

from __future__ import annotations

import inspect
import itertools
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from csvgen.canonical import canonical_json, digest_bytes
from csvgen.errors import CsvgenError, Refused
from csvgen.model.counterpart import WORTH, Counterpart
from csvgen.ports import PORTS, Outcome, Secret, Target, TestAccount
from csvgen.targets.kit.model import Conformance, Looked, Standing
from csvgen.targets.kit.shapes import misfit
from csvgen.views import NotOffered, Unanswered

ROLES = ("analyst", "reviewer", "quality", "auditor", "administrator", "operator", "user")
"""Tried one after the other for a prepared account, where the caller names none."""
NEVER, NOTHING = "never-opened", "csvgen-target-check-nothing"


class Look:
    """Collects what was looked at."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.found: list[Looked] = []
        self.secrets: list[str] = []

    def say(self, about: str, what: str, standing: Standing, seen: str = "") -> None:
        for secret in self.secrets:
            seen = seen.replace(secret, "(a password)")
        self.found.append(Looked(about, what, standing, " ".join(seen.split())[:400]))

    def judge(self, about: str, what: str, problem: str) -> bool:
        """Holds where there is no problem."""
        self.say(about, what, "FINDING" if problem else "holds", problem)
        return not problem

    def ask(self, port: str, verb: str, *given: Any, raises: type[Exception] | None = None) -> tuple[bool, Any]:
        """Ask a verb and look at the type of its answer. Gives whether an answer of the right type came, and the answer.

        `raises`: the exception the port promises for what is asked here. A refusal of a verb that gives data may be raised as Refused.
        """
        about, implementation = f"{port}.{verb}", self.target.port(port)
        wanted = typing.get_type_hints(getattr(PORTS[port], verb)).get("return", Any)
        what = f"raises {raises.__name__} for what there is not" if raises else "answers with the type the port declares"
        try:
            answer = getattr(implementation, verb)(*given)
        except NotOffered as lacks:
            self.say(about, what, "not asked", f"{lacks.message}; a case that needs it is BLOCKED")
            return False, None
        except Unanswered as kept:
            self.say(about, what, "BLOCKED", f"{kept.where}: {kept.message}" if kept.where else kept.message)
            return False, None
        except Exception as problem:  # noqa: BLE001 - whatever an adapter raises is what is looked at
            told = f"{type(problem).__name__}: {problem}"
            if raises is not None and isinstance(problem, raises):
                self.say(about, what, "holds")
            elif isinstance(problem, Refused) and wanted is not Outcome:
                self.say(about, "a refusal of data is raised as Refused", "holds", str(problem.message))
            elif isinstance(problem, Refused):
                self.say(about, "a refusal is a value (Outcome.accepted is False)", "FINDING", f"raised {told}")
            else:
                self.say(about, what, "FINDING", f"raised {told}")
            return False, None
        if raises is not None:
            self.say(about, what, "FINDING", f"it answered with {type(answer).__name__}")
            return False, None
        fits = self.judge(about, what, misfit(answer, wanted))
        self._no_secret(about, answer)
        return fits, answer

    def _no_secret(self, about: str, answer: object) -> None:
        shown = repr(answer)
        if any(secret in shown for secret in self.secrets):
            self.say(about, "no answer shows a password", "FINDING", "the password of the prepared account stands in the answer")

    def refused(self, port: str, verb: str, *given: Any, kind: str = "") -> None:
        """A verb that has to say no, as a value, for the reason named."""
        fits, answer = self.ask(port, verb, *given)
        if fits and isinstance(answer, Outcome):
            problem = f"it accepted: {answer.message}" if answer.accepted else ""
            if not problem and kind and answer.facts.get("kind") != kind:
                problem = f"the kind of the refusal is {answer.facts.get('kind', '(not said)')!r}"
            why = f"refuses, and says that it is about the {kind}" if kind else "refuses what there is not"
            self.judge(f"{port}.{verb}", why, problem)


def check(target: Target, *, faults: str = "", roles: Sequence[str] = ROLES) -> Conformance:
    """All that can be looked at of a bound target. Never raises for what the adapter does."""
    look = Look(target)
    counterparts = _target(look)
    offered = tuple(name for name in PORTS if _port(look, name) is not None)
    sound = {name for name in offered if _verbs(look, name)}
    session, account = _access(look, roles) if "Access" in sound else ("", None)
    if session:
        before = _standing(look, session, sound)
        for name, asks in _READS.items():
            if name in sound:
                asks(look, session)
        _unchanged(look, before, _standing(look, session, sound))
        _no_session(look, sound)
        assert account is not None
        look.refused("Access", "log_in", account.user_id + NOTHING, account.password)
        fits, left = look.ask("Access", "log_out", session)
        if fits:
            look.judge("Access.log_out", "ends the session", "" if left.accepted else f"it refused: {left.message}")
            look.refused("Access", "whoami", session, kind="session")
    elif "Installation" in sound:
        _installation(look, "")
    if "Probes" in sound:
        _probes(look)
    for name in sorted(sound - {"Access", "Installation", "Probes", *(_READS if session else ())}):
        look.say(
            name,
            "its verbs were called",
            "not asked",
            "they need an open session" if name in _READS else "they would change the system",
        )
    lacking = tuple(n for n in PORTS if n not in offered)
    return Conformance(
        _text(target, "name"),
        _text(target, "instance"),
        counterparts,
        offered,
        lacking,
        faults or "none installed",
        tuple(look.found),
    )


def _text(target: Target, name: str) -> str:
    try:
        return str(getattr(target, name, "") or "(not said)")
    except Exception as problem:  # noqa: BLE001 - an adapter of others
        return f"({type(problem).__name__})"


def _target(look: Look) -> tuple[Counterpart, ...]:
    for name in ("name", "instance"):
        told = getattr(look.target, name, None)
        look.judge(
            f"Target.{name}", "is text that is not blank", "" if isinstance(told, str) and told.strip() else f"it is {told!r}"
        )
    look.judge("Target.close", "is there", "" if callable(getattr(look.target, "close", None)) else "it cannot be closed")
    try:
        found: Any = getattr(look.target, "counterparts", None)
        nothing: Any = look.target.port("NoSuchPort")
    except Exception as problem:  # noqa: BLE001 - an adapter of others
        standing: Standing = "BLOCKED" if isinstance(problem, Unanswered) else "FINDING"
        look.say(
            "Target", "says who answers, and None for a port it has not", standing, f"raised {type(problem).__name__}: {problem}"
        )
        return ()
    look.judge(
        "Target.port",
        "is None for a port it does not offer",
        "" if nothing is None else f"it is of type {type(nothing).__name__}",
    )
    good = isinstance(found, tuple) and bool(found) and all(isinstance(c, Counterpart) and c.kind != "not said" for c in found)
    look.judge("Target.counterparts", "says who answers: real server, emulator or stub", "" if good else f"it says {found!r}")
    return found if good else ()


def _port(look: Look, name: str) -> object | None:
    try:
        return look.target.port(name)
    except Exception as problem:  # noqa: BLE001 - an adapter of others
        look.say(name, "is offered, or None", "FINDING", f"raised {type(problem).__name__}: {problem}")
        return None


def _verbs(look: Look, name: str) -> bool:
    """Whether a port has every verb, each callable as the protocol calls it."""
    implementation, count, problems = look.target.port(name), 0, 0
    for verb, declared in inspect.getmembers(PORTS[name], inspect.isfunction):
        if verb.startswith("_"):
            continue
        count += 1
        if problem := _uncallable(getattr(implementation, verb, None), declared):
            problems += 1
            look.say(f"{name}.{verb}", "is there, and takes what the port gives it", "FINDING", problem)
    if not problems:
        look.say(name, f"all {count} verbs are there and take what the port gives them", "holds")
    return not problems


def _uncallable(found: object, declared: Callable[..., Any]) -> str:
    """Why a verb cannot be called as its protocol calls it."""
    if not callable(found):
        return "it is missing: the port is offered by half"
    wanted = list(inspect.signature(declared).parameters.values())[1:]
    required = [p for p in wanted if p.default is inspect.Parameter.empty]
    try:
        for given in (required, wanted):
            inspect.signature(found).bind(*(None for _ in given))
    except (TypeError, ValueError) as fault:
        return f"it cannot be called with ({', '.join(p.name for p in wanted)}): {fault}"
    return ""


# ------------------------------------------------------------ sessions


def _access(look: Look, roles: Sequence[str]) -> tuple[str, TestAccount | None]:
    look.ask("Access", "test_account", NOTHING, raises=KeyError)
    access: Any = look.target.port("Access")
    account: TestAccount | None = None
    for role in roles:
        try:
            account = access.test_account(role)
            break
        except KeyError:
            continue
        except Exception as problem:  # noqa: BLE001 - an adapter of others
            standing: Standing = "BLOCKED" if isinstance(problem, Unanswered) else "FINDING"
            look.say(
                "Access.test_account", "gives the account of a role", standing, f"raised {type(problem).__name__}: {problem}"
            )
            return "", None
    if account is None:
        look.say(
            "Access.test_account", "there is an account prepared for the validation", "not asked", f"none for {', '.join(roles)}"
        )
        return "", None
    if not look.judge("Access.test_account", "gives the account of a role", misfit(account, TestAccount)):
        return "", None
    look.secrets.append(account.password.reveal())
    look.judge(
        "Access.test_account", "does not show its password", "" if account.password.reveal() not in repr(account) else "it does"
    )
    look.refused("Access", "log_in", NOTHING, Secret("not the password 1!"))
    fits, opened = look.ask("Access", "log_in", account.user_id, account.password)
    if not fits:
        return "", None
    told = f"accepted {opened.accepted}, session {opened.reference!r}: {opened.message}"
    opens = opened.accepted and opened.reference
    if not look.judge("Access.log_in", "opens a session for the prepared account", "" if opens else told):
        return "", None
    fits, alive = look.ask("Access", "whoami", opened.reference)
    if fits:
        look.judge("Access.whoami", "knows the session that is open", "" if alive.accepted else f"it refused: {alive.message}")
    look.refused("Access", "whoami", NEVER, kind="session")
    return opened.reference, account


def _no_session(look: Look, sound: set[str]) -> None:
    """Verbs that write, asked with a session that was never opened and about what there is not: the refusal is looked at."""
    for name, verb, given in (
        ("Access", "create_account", (NOTHING, "Nobody", ("analyst",), Secret("not the password 1!"))),
        ("Access", "retire_account", (NOTHING, "check")),
        ("Records", "change", (NOTHING, "field", "value", "check")),
        ("Records", "delete", (NOTHING, "check")),
        ("Signing", "sign", (NOTHING, "reviewed", "check", NOTHING, Secret("not the password 1!"))),
        ("AuditTrail", "export_outcome", ()),
    ):
        if name in sound:
            look.refused(name, verb, NEVER, *given, kind="session")


# ------------------------------------------------------------ what claims to read


def _installation(look: Look, _session: str) -> None:
    for verb in ("components", "configuration", "clock", "storage"):
        fits, answer = look.ask("Installation", verb)
        if fits and verb == "clock":
            from csvgen.clock import parsed

            try:
                parsed(answer.utc)
                problem = ""
            except ValueError:
                problem = f"{answer.utc!r} is no time of record (UTC, to the microsecond)"
            look.judge("Installation.clock", "tells UTC in stored form", problem)


def _records(look: Look, session: str) -> None:
    fits, nothing = look.ask("Records", "read", session, NOTHING)
    if fits:
        look.judge("Records.read", "is None for a record there is not", "" if nothing is None else "it made one up")
    fits, nothing = look.ask("Records", "history", session, NOTHING)
    if fits:
        look.judge("Records.history", "is empty for a record there is not", "" if nothing == () else f"{len(nothing)} versions")


def _trail(look: Look, session: str) -> None:
    fits, entries = look.ask("AuditTrail", "entries", session)
    if fits and entries:
        numbers = [e.number for e in entries]
        rising = all(a <= b for a, b in itertools.pairwise(numbers))
        look.judge("AuditTrail.entries", "come in rising numbers", "" if rising else "they do not")
        fits, later = look.ask("AuditTrail", "entries", session, "", numbers[0])
        if fits:
            early = [e.number for e in later if e.number <= numbers[0]]
            look.judge(
                "AuditTrail.entries", "with `after` gives later entries only", f"it gave entry {early[0]}" if early else ""
            )
        fits, about = look.ask("AuditTrail", "entries", session, NOTHING)
        if fits:
            look.judge("AuditTrail.entries", "about a record there is not are none", f"it gave {len(about)}" if about else "")
    elif fits:
        look.say("AuditTrail.entries", "hold something to look at", "not asked", "this account is shown no entry")
    look.ask("AuditTrail", "export", session)
    look.ask("AuditTrail", "integrity", session)


def _signing(look: Look, session: str) -> None:
    look.ask("Signing", "forms")
    fits, found = look.ask("Signing", "signatures", session, NOTHING)
    if fits:
        look.judge("Signing.signatures", "of a record there is not are none", "" if found == () else f"it gave {len(found)}")


def _entry(look: Look, session: str) -> None:
    look.ask("Entry", "forms", session)
    look.ask("Entry", "enter", session, NOTHING, {"x": "x"}, "check", raises=KeyError)


def _probes(look: Look) -> None:
    """The probes need no session: each is carried out, as they only read. A fact without its source is worth nothing."""
    look.ask("Probes", "probe", NOTHING, raises=KeyError)
    look.ask("Probes", "counterpart", NOTHING, raises=KeyError)
    fits, names = look.ask("Probes", "probes")
    if not fits:
        return
    told = "it names none" if not names else "" if len(set(names)) == len(names) else "it names one twice"
    look.judge("Probes.probes", "names each probe once", told)
    for name in names:
        fits, said = look.ask("Probes", "counterpart", name)
        if fits:
            known = any(said.startswith(kind) and worth in said for kind, worth in WORTH.items() if kind != "not said")
            what = f"of {name} says who answers, and what that is worth"
            look.judge("Probes.counterpart", what, "" if known else f"it says {said!r}")
        fits, facts = look.ask("Probes", "probe", name)
        if fits:
            bare = [f.name or "(no name)" for f in facts if not (f.name.strip() and f.value.strip() and f.source.strip())]
            twice = len({f.name for f in facts}) < len(facts)
            problem = (
                "it tells nothing"
                if not facts
                else f"{bare[0]} has a blank part"
                if bare
                else "one fact stands twice"
                if twice
                else ""
            )
            look.judge("Probes.probe", f"of {name} gives facts, each once, with name, value and source", problem)


_LEFT = ("log-in", "export", "refused", "session")
"""What looking at a system may leave in its trail: log-ins, copies taken, refusals."""

_READS: Mapping[str, Callable[[Look, str], None]] = {
    "Installation": _installation, "Records": _records, "AuditTrail": _trail, "Signing": _signing, "Entry": _entry,
}  # fmt: skip


def _standing(look: Look, session: str, sound: set[str]) -> dict[str, str]:
    """What the system holds, as far as it shows it: entries but for those of log-ins, accounts, configuration."""
    asks: dict[str, Callable[[], Any]] = {}
    trail: Any = look.target.port("AuditTrail")
    access: Any = look.target.port("Access")
    installation: Any = look.target.port("Installation")
    if "AuditTrail" in sound:
        asks["audit trail"] = lambda: [e for e in trail.entries(session) if not any(word in e.action for word in _LEFT)]
    asks["accounts"] = lambda: access.accounts(session)
    if "Installation" in sound:
        asks["configuration"] = installation.configuration
        asks["components"] = installation.components
    found: dict[str, str] = {}
    for name, ask in asks.items():
        try:
            found[name] = str(digest_bytes(canonical_json(ask())))
        except (CsvgenError, TypeError, ValueError, AttributeError):
            found[name] = ""
    return found


def _unchanged(look: Look, before: dict[str, str], after: dict[str, str]) -> None:
    """What claims to read was called between the two."""
    for name, earlier in before.items():
        what = f"the {name} {'is' if name == 'audit trail' else 'are'} as before, after all that claims to read"
        if not earlier or not after[name]:
            look.say("reading", what, "not asked", f"the prepared account is not shown the {name}")
        else:
            look.judge("reading", what, "" if earlier == after[name] else "it changed")
