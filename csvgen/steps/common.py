"""Fixtures every step leans on: the bound target, sessions of the business roles, names that are unique to run and case."""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import copy, deepcopy
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
from pytest_bdd import parsers, then

from csvgen.canonical import digest_bytes
from csvgen.clock import SystemClock, stored
from csvgen.config import Config, load_config
from csvgen.errors import ConfigError, CsvgenError
from csvgen.execution.observe import Blocked
from csvgen.execution.recorder import Attach, Observe
from csvgen.execution.secrets import Learning
from csvgen.model.counterpart import NOT_SAID
from csvgen.model.execution import Component, TargetState, Verdict
from csvgen.ports import Access, Installation, Outcome, Target, TestAccount
from csvgen.targets import bind
from csvgen.views import Unanswered

if TYPE_CHECKING:
    from csvgen.model.spec import Oracle, Spec

_PLACE = re.compile(r'"\{(?P<quoted>\w+)\}"|\{(?P<bare>\w+)(?::(?P<kind>[dg]))?\}')


class phrase(parsers.StepParser):  # noqa: N801 - used like pytest-bdd's own parsers
    """A step phrase with places: ``"{name}"`` takes any text without quotes, ``{n:d}`` a whole number, ``{x}`` one word.

    pytest-bdd's `parse` lets a place run over quotes, so that two phrases fit one step; here they cannot.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._kinds = {m["bare"]: m["kind"] for m in _PLACE.finditer(name) if m["bare"]}
        self.fixed = tuple(_PLACE.sub("\0", name).split("\0"))
        """Text before, between and after the places; steps are looked up by it."""

    @cached_property
    def _regex(self) -> re.Pattern[str]:
        """Made when a step is first held against it: of the phrases of the library most runs use a part."""
        parts, end = [], 0
        for place in _PLACE.finditer(self.name):
            inner = f'"(?P<{place["quoted"]}>[^"]*)"' if place["quoted"] else rf"(?P<{place['bare']}>\S+)"
            parts += [re.escape(self.name[end : place.start()]), inner]
            end = place.end()
        return re.compile("".join([*parts, re.escape(self.name[end:])]))

    def is_matching(self, name: str) -> bool:
        return self._regex.fullmatch(name) is not None

    def parse_arguments(self, name: str) -> dict[str, Any] | None:
        match = self._regex.fullmatch(name)
        if match is None:
            return None
        convert = {"d": int, "g": float, None: str}
        return {key: convert[self._kinds.get(key)](value) for key, value in match.groupdict().items()}


PASSED_ON = 1_000
"""Characters of a system's message quoted in an observation; of a longer one it says how long it is."""


def copied(value: Any) -> Any:
    """A copy of a value down to its parts; the value itself where that cannot be (a connection, a process)."""
    try:
        return deepcopy(value)
    except Exception:  # noqa: BLE001 - whatever hinders a copy, the value is what there is
        return value


@dataclass
class World:
    """What one case has done so far."""

    last: Outcome | None = None
    about: str = ""
    outcomes: list[tuple[str, Outcome]] = field(default_factory=list)
    judged: set[int] = field(default_factory=set)
    """Places, in `outcomes`, of the answers a step has looked at."""
    account: TestAccount | None = None
    facts: dict[str, Any] = field(default_factory=dict)

    def take(self, about: str, outcome: Outcome) -> Outcome:
        self.last, self.about = outcome, about
        self.outcomes.append((about, outcome))
        return outcome

    def copied(self) -> World:
        """As it is now. What cannot be copied (a connection that an earlier step opened) is shared."""
        made = copy(self)
        made.outcomes, made.judged = list(self.outcomes), set(self.judged)
        made.facts = {key: copied(value) for key, value in self.facts.items()}
        return made

    def judge(self) -> None:
        """A step looks at the latest answer and compares it with an expectation."""
        self.judged.add(len(self.outcomes) - 1)

    def unjudged(self) -> tuple[str, ...]:
        """The refusals no step looked at. A case that passes over one did not do what it says."""
        return tuple(
            f"{about}: {answer(outcome)}"
            for place, (about, outcome) in enumerate(self.outcomes)
            if not outcome.accepted and place not in self.judged
        )

    def settle(self) -> None:
        """At the end of a case. Raises CsvgenError for a refusal that no step looked at."""
        if overlooked := self.unjudged():
            raise CsvgenError(f"the system refused what no step looked at: {'; '.join(overlooked)}")


@dataclass(frozen=True)
class Bound:
    """A system's specification with its bound target."""

    config: Config
    spec: Spec
    target: Target


class Targets:
    """Targets of this process, bound once each; their state is recorded at start and end."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self._bound: dict[str, Bound] = {}
        self._kept: dict[str, Unanswered] = {}
        """Why a target could not be asked when it was bound: told to every case, and asked once."""

    def get(self, system: str) -> Bound:
        if system in self._kept:
            raise self._kept[system]
        try:
            return self._get(system)
        except Unanswered as kept:
            self._kept[system] = kept
            raise

    def _get(self, system: str) -> Bound:
        if system not in self._bound:
            if self._session.project is None:
                raise ConfigError("features that need a target must lie in a csvgen project", hint="a folder with csvgen.toml")
            from csvgen.spec.load import load_system

            config = load_config(self._session.project)
            loaded = load_system(config.requirements_specs, system)
            if loaded.spec is None or loaded.findings.errors:
                raise ConfigError(f"the specification of {system} has findings", hint="csvgen check")
            name = loaded.spec.settings.target
            if name not in config.targets:
                raise ConfigError(f"csvgen.toml names no target {name!r}", hint=f"add [target.{name}] with adapter = ...")
            stage, recorder = self._session.stage, self._session.recorder(system)
            target = bind(name, stage.settings({"root": str(config.root), **config.targets[name]}))
            try:
                recorder.target(target_state(target), "start")
                known = cast("Target", Learning(target, recorder.redaction))
                self._bound[system] = Bound(config, loaded.spec, stage.opened(known, recorder))
            except BaseException:
                target.close()
                raise
        return self._bound[system]

    def close(self) -> None:
        for system, bound in self._bound.items():
            recorder = self._session.recorder(system)
            try:
                self._session.stage.closing(bound.target, recorder)
                recorder.target(target_state(bound.target), "end")
            finally:
                bound.target.close()
        self._bound.clear()


def target_state(target: Target) -> TargetState:
    """Version and configuration as the system reports them; empty where it offers no port for it."""
    port = cast("Installation | None", target.port("Installation"))
    components = port.components() if port else ()
    configuration = port.configuration() if port else {}
    return TargetState(
        name=target.name,
        instance=target.instance,
        components=tuple(Component(name=c.name, version=c.version, sha256=c.sha256) for c in components),
        configuration=tuple(sorted(configuration.items())),
        read_at=stored(SystemClock().now()),
        counterparts=getattr(target, "counterparts", ()) or (NOT_SAID,),
    )


@pytest.fixture(scope="session")
def targets(pytestconfig: pytest.Config) -> Iterator[Targets]:
    """All targets of the process."""
    made = Targets(pytestconfig.pluginmanager.get_plugin("csvgen-session"))
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def bound(request: pytest.FixtureRequest, targets: Targets) -> Bound:
    return targets.get(getattr(request.node.parent, "system", ""))


@pytest.fixture
def target(bound: Bound) -> Target:
    """The system under validation of the case at hand."""
    return bound.target


def port(target: Target, name: str) -> Any:
    """A port of the target, or Blocked: a missing port is never skipped in silence."""
    found = target.port(name)
    if found is None:
        raise Blocked(f"the target {target.name} does not offer the port {name}")
    return found


class Names:
    """Names of test data, unique to run and case, so that one instance serves every run and nothing is used twice."""

    def __init__(self, run: str, case: str) -> None:
        self._prefix = f"{run}.{case.removeprefix('TC-')}"

    def lot(self, name: str) -> str:
        return f"{self._prefix}.{re.sub(r'[^A-Za-z0-9-]+', '-', name).strip('-')}"

    def user(self, name: str) -> str:
        """A user id: lower-case letters, digits and hyphens."""
        return re.sub(r"[^a-z0-9]+", "-", f"{self._prefix}-{name}".lower()).strip("-")[:40].rstrip("-")


class Actors:
    """Sessions of the business roles. A session still open is used again; a role logs in anew where a step says so."""

    def __init__(self, target: Target, sessions: dict[str, str]) -> None:
        self._target = target
        self._sessions = sessions

    @property
    def access(self) -> Access:
        return cast("Access", port(self._target, "Access"))

    def account(self, role: str) -> TestAccount:
        try:
            return self.access.test_account(role)
        except KeyError:
            raise Blocked(f"the target {self._target.name} has no account prepared for the role {role!r}") from None

    def log_in(self, role: str, *, anew: bool = False) -> tuple[TestAccount, Outcome]:
        account = self.account(role)
        if not anew and role in self._sessions:
            alive = self.access.whoami(self._sessions[role])
            if alive.accepted:
                return account, alive
        outcome = self.access.log_in(account.user_id, account.password)
        if outcome.accepted:
            self._sessions[role] = outcome.reference
        return account, outcome

    def session(self, role: str) -> str:
        """The session of a role that an earlier step opened; opened again if it idled away meanwhile."""
        if role not in self._sessions:
            raise CsvgenError(f"no step has logged in the {role}")
        if not self.access.whoami(self._sessions[role]).accepted:
            self.log_in(role, anew=True)
        return self._sessions[role]

    def known(self) -> frozenset[str]:
        """User ids of the prepared accounts that have had a session."""
        return frozenset(self.account(role).user_id for role in self._sessions)

    def on(self, target: Target) -> Actors:
        """The same sessions, spoken to over another target."""
        return Actors(target, dict(self._sessions))

    def raw_session(self, role: str) -> str:
        """The session as it is, without touching it."""
        return self._sessions.get(role, "")


@pytest.fixture(scope="session")
def open_sessions() -> dict[str, dict[str, str]]:
    """Sessions by target instance and role, kept over the cases of a run."""
    return {}


class TestData:
    """Files of the specification's data folder, refused when they are not what the approved specification binds."""

    __test__ = False

    def __init__(self, bound: Bound) -> None:
        self._folder = bound.config.requirements_specs / bound.spec.system.id
        self._spec = bound.spec

    def read(self, name: str) -> bytes:
        path = f"data/{name}"
        if path not in self._spec.files:
            raise CsvgenError(f"the file {name!r} is not bound by the specification")
        data = Path(self._folder / path).read_bytes()
        if digest_bytes(data) != self._spec.files[path]:
            raise CsvgenError(f"the file {name!r} is not the one the specification binds")
        return data

    def oracle(self, identity: str) -> Oracle:
        return self._spec.oracle[identity]


class Bench:
    """Everything a step needs: the target and its actors, names and data, what the case did so far, and the recorder."""

    def __init__(self, bound: Bound, actors: Actors, names: Names, observe: Observe, attach: Attach) -> None:
        self.target = bound.target
        self.actors = actors
        self.testdata = TestData(bound)
        self.observe = observe
        self.attach = attach
        self.world = World()
        self.lot = names.lot
        self.user = names.user

    def kept(self) -> Bench:
        """The bench as it is now; what comes later does not change it."""
        made = copy(self)
        made.world, made.actors = self.world.copied(), self.actors.on(self.target)
        return made

    def before(self, target: Target, world: World, observe: Observe, attach: Attach) -> Bench:
        """The same bench in front of another target, with another memory of the case and another recorder."""
        made = copy(self)
        made.target, made.world, made.observe, made.attach = target, world, observe, attach
        made.actors = self.actors.on(target)
        return made

    def port(self, name: str) -> Any:
        """A port of the target. Raises Blocked where the target does not offer it."""
        return port(self.target, name)


@pytest.fixture
def bench(
    request: pytest.FixtureRequest, bound: Bound, open_sessions: dict[str, dict[str, str]], observe: Observe, attach: Attach
) -> Iterator[Bench]:
    """The laboratory bench of one case. A case whose steps all passed over a refusal ends in error."""
    recorder = request.node.recorder
    # A name begins with a letter, with and without a folder to record into: user ids are made of it.
    run = recorder.folder.name if recorder.folder is not None else f"t{stored(SystemClock().now()).replace(':', '')[11:17]}"
    actors = Actors(bound.target, open_sessions.setdefault(bound.target.instance, {}))
    made = Bench(bound, actors, Names(run, recorder.case.id), observe, attach)
    show = getattr(bound.target, "show_to", None)  # see ports.Showing
    if show is not None:
        show(lambda picture, name: attach(picture, name=name, kind="screenshot"))
    try:
        yield made
    finally:
        if show is not None:
            show(None)
    if all(step.verdict is Verdict.PASSED for step in recorder.results):
        made.world.settle()


def answer(outcome: Outcome) -> str:
    """What the system answered, in one line."""
    said = " ".join(outcome.message.split())
    quoted = said if len(said) <= PASSED_ON else f"{said[:PASSED_ON]} ... ({len(said)} characters in all)"
    return f"{'accepted' if outcome.accepted else 'refused'}: {quoted}"


def last(bench: Bench) -> Outcome:
    """What the system answered to the latest request; the step that asks for it judges it."""
    if bench.world.last is None:
        raise CsvgenError("no step before this one asked the system for anything")
    bench.world.judge()
    return bench.world.last


@then("the system accepts it")
def accepts(bench: Bench) -> None:
    bench.observe(
        "answer of the system", expected="accepted: ", actual=answer(last(bench)), by="contains", source=bench.world.about
    )


@then("the system refuses it")
def refuses(bench: Bench) -> None:
    bench.observe(
        "answer of the system", expected="a refusal", actual=answer(last(bench)), by="refused", source=bench.world.about
    )


@then(phrase('the system refuses it with the words "{words}"'))
def refuses_with(bench: Bench, words: str) -> None:
    """One row for both: an answer that accepts is told as it is, and one that refuses must hold the words in what it says."""
    outcome = last(bench)
    if not outcome.accepted:
        bench.observe("refused with words", expected=words, actual=outcome.message, by="contains", source=bench.world.about)
    else:
        refuses(bench)


@then(phrase('the words of the answer hold "{words}"'))
def answer_holds(bench: Bench, words: str) -> None:
    bench.observe("words of the answer", expected=words, actual=answer(last(bench)), by="contains", source=bench.world.about)
