"""The conformance kit finds a wrong or half adapter, calls an honest one honest, and shows no password."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from csvgen.cli import cli
from csvgen.errors import ConfigError, Refused
from csvgen.model.counterpart import Counterpart
from csvgen.ports import ClockReading, ComponentState, Fact, Outcome, RecordView
from csvgen.targets import bind
from csvgen.targets.kit.check import check
from csvgen.targets.kit.shapes import misfit
from csvgen.views import Unanswered

from .bound import PASSWORD, Access, AuditTrail, Bound


def findings(target: Bound) -> list[str]:
    return [f"{x.about}: {x.what}: {x.seen}" for x in check(target).looked if x.standing == "FINDING"]


def test_an_honest_adapter_holds() -> None:
    found = check(Bound())
    assert [x for x in found.looked if x.standing != "holds"] == []
    assert found.holds
    assert found.ports == ("Installation", "Access", "Records", "AuditTrail")
    assert {"Signing", "Pipeline", "Faults"} <= set(found.lacking)
    asked = {x.about for x in found.looked}
    assert {"Access.log_in", "Records.read", "AuditTrail.entries", "Installation.clock", "reading"} <= asked


def raises(problem: Exception):
    def verb(*_given: object) -> object:
        raise problem

    return verb


def writing(bound: Bound):
    """A read that leaves something."""

    def read(_session: str, record: str) -> None:
        last = bound.ports["AuditTrail"].held[-1]
        bound.ports["AuditTrail"].held.append(
            type(last)(last.number + 1, last.at, last.offset, "ada", "Ada Lund", "change", record, "x", "", "1", "")
        )

    return read


WRONG = {
    "no counterpart": (lambda b: setattr(b, "counterparts", ()), "Target.counterparts"),
    "a counterpart that is a word": (lambda b: setattr(b, "counterparts", ("real server",)), "Target.counterparts"),
    "no instance": (lambda b: setattr(b, "instance", ""), "Target.instance"),
    "a port for every name": (lambda b: setattr(b, "port", lambda n: b.ports.get(n, object())), "None for a port"),
    "half a port": (lambda b: b.ports.update(Records=type("Half", (), {"read": lambda s, a, c: None})()), "Records.change"),
    "a verb of other parameters": (lambda b: setattr(b.ports["Records"], "delete", lambda session: Outcome(False, "")), "Records.delete"),
    "a refusal that is raised": (lambda b: setattr(b.ports["Access"], "whoami", raises(Refused("no"))), "a refusal is a value"),
    "an error of its own": (lambda b: setattr(b.ports["Records"], "read", raises(ValueError("boom"))), "ValueError: boom"),
    "an unknown role has an account": (
        lambda b: setattr(b.ports["Access"], "test_account", lambda _role: Access().test_account("analyst")), "raises KeyError",
    ),
    "an answer of another type": (lambda b: setattr(b.ports["Records"], "history", lambda s, r: [RecordView(r, 1, "", {})]), "not a tuple"),
    "a wrong member of an answer": (
        lambda b: setattr(b.ports["Installation"], "components", lambda: (ComponentState("a", "component", 1),)), "version is of type int",
    ),
    "a clock of another form": (lambda b: setattr(b.ports["Installation"], "clock", lambda: ClockReading("yesterday", "", "")), "no time of record"),
    "a record made up": (lambda b: setattr(b.ports["Records"], "read", lambda s, r: RecordView(r, 1, "new", {})), "made one up"),
    "after is not heard": (
        lambda b: setattr(b.ports["AuditTrail"], "entries", lambda s, record="", after=0: AuditTrail().entries(s, record)), "later entries only",
    ),
    "a change without a session": (lambda b: setattr(b.ports["Records"], "change", lambda *_: Outcome(True, "done")), "Records.change"),
    "a refusal that does not say why": (lambda b: setattr(b.ports["Records"], "delete", lambda *_: Outcome(False, "no")), "(not said)"),
    "any password opens": (lambda b: setattr(b.ports["Access"], "log_in", lambda u, p: Outcome(True, "hello", "S1")), "Access.log_in: refuses"),
    "a session that does not end": (
        lambda b: setattr(b.ports["Access"], "log_out", lambda s: Outcome(True, "bye")), "Access.whoami: refuses, and says that it is about the session",
    ),
    "a read that writes": (lambda b: setattr(b.ports["Records"], "read", writing(b)), "the audit trail is as before"),
}  # fmt: skip


@pytest.mark.parametrize("lie", WRONG)
def test_a_wrong_adapter_is_found(lie: str) -> None:
    bound = Bound()
    spoil, told = WRONG[lie]
    spoil(bound)
    assert any(told in found for found in findings(bound)), findings(bound)


def test_a_password_in_an_answer_is_found_and_not_repeated() -> None:
    bound = Bound()
    sound = bound.ports["Access"].log_in
    bound.ports["Access"].log_in = lambda u, p: (
        Outcome(True, f"welcome, {p.reveal()}", "S1") if p.reveal() == PASSWORD and u == "ada" else sound(u, p)
    )
    found = check(bound)
    assert any("no answer shows a password" in x.what and x.standing == "FINDING" for x in found.looked)
    assert PASSWORD not in "\n".join(found.lines())
    assert PASSWORD not in json.dumps(found.content())


def test_what_the_world_keeps_back_is_blocked_and_never_holds() -> None:
    bound = Bound()
    bound.ports["Access"].log_in = raises(Unanswered("too many requests", where="https://lims.example"))
    found = check(bound)
    assert not found.holds
    assert next(x.seen for x in found.looked if x.standing == "BLOCKED") == "https://lims.example: too many requests"


class Probes:
    """A platform of one probe."""

    def probes(self) -> tuple[str, ...]:
        return ("forge.commits",)

    def probe(self, name: str) -> tuple[Fact, ...]:
        return {"forge.commits": (Fact("commits", "3", "", "GET /commits"),)}[name]

    def counterpart(self, name: str) -> str:
        return {"forge.commits": Bound.counterparts[0].words}[name]


def platform(**lies: object) -> Bound:
    """A platform has probes, and nobody logs in to it."""
    bound = Bound()
    bound.ports = {"Probes": Probes()}
    for verb, lie in lies.items():
        setattr(bound.ports["Probes"], verb, lie)
    return bound


def test_probes_are_carried_out_without_a_session() -> None:
    found = check(platform())
    assert found.holds
    assert {x.standing for x in found.looked if x.about.startswith("Probes")} == {"holds"}
    assert any(x.what.startswith("of forge.commits gives facts") for x in found.looked)
    kept = check(platform(probe=raises(Unanswered("no permission", where="https://forge.example"))))
    assert ("Probes.probe", "BLOCKED") in {(x.about, x.standing) for x in kept.looked}
    assert not kept.holds


WRONG_PROBES = {
    "a probe for every name": ({"probe": lambda _n: (Fact("a", "b", "", "c"),)}, "Probes.probe: raises KeyError"),
    "a counterpart for every name": ({"counterpart": lambda _n: Bound.counterparts[0].words}, "Probes.counterpart: raises KeyError"),
    "a counterpart that is a word": ({"counterpart": lambda n: {"forge.commits": "a server"}[n]}, "says who answers"),
    "a fact without source": ({"probe": lambda n: {"forge.commits": (Fact("commits", "3", "", ""),)}[n]}, "commits has a blank part"),
    "a fact twice": ({"probe": lambda n: {"forge.commits": (Fact("a", "1", "", "x"), Fact("a", "2", "", "x"))}[n]}, "one fact stands twice"),
    "no fact": ({"probe": lambda n: {"forge.commits": ()}[n]}, "it tells nothing"),
    "no probe": ({"probes": lambda: ()}, "it names none"),
    "another shape": ({"probe": lambda n: {"forge.commits": {"commits": "3"}}[n]}, "not a tuple"),
}  # fmt: skip


@pytest.mark.parametrize("lie", WRONG_PROBES)
def test_a_wrong_probe_is_found(lie: str) -> None:
    lies, told = WRONG_PROBES[lie]
    found = findings(platform(**lies))
    assert any(told in f for f in found), found


def test_an_adapter_that_offers_nothing_is_not_called_good_for_it() -> None:
    bound = Bound()
    bound.ports = {}
    bound.counterparts = "none"
    assert not check(bound).holds


@pytest.mark.parametrize(
    ("value", "wanted", "told"),
    [
        ((1, "a"), tuple[int, ...], "[1]"), ({"a": 1}, dict[str, str], "not str"), (None, str | None, ""), (3, str | None, "not str or None"),
        (True, int, "not int"), ((), tuple[str, ...], ""), (b"x", bytes, ""),
    ],
)  # fmt: skip
def test_shapes(value: object, wanted: object, told: str) -> None:
    found = misfit(value, wanted)
    assert (told in found) if told else not found, found


# ------------------------------------------------------------ the command


@pytest.fixture
def project(tmp_path: Path) -> Path:
    here = Path(__file__).with_name("bound.py").read_text()
    (tmp_path / "own_adapter.py").write_text(here)
    (tmp_path / "csvgen.toml").write_text(
        "[csvgen]\nproject = 'kit'\n"
        + "".join(
            f"[target.{n}]\nadapter = 'own_adapter:{f}'\n"
            for n, f in (("mine", "start"), ("blind", "blind"), ("gone", "nowhere"))
        )
        + "[target.word]\nadapter = 'mainframe'\n[target.nomodule]\nadapter = 'no_such_module_here:start'\n[target.path]\nadapter = 'own_adapter:PASSWORD'\n"
    )
    return tmp_path


def run(project: Path, *arguments: str):
    return CliRunner().invoke(cli, ["-C", str(project), "target", *arguments], standalone_mode=False, obj=project)


def test_the_command_tells_the_same_in_both_forms(project: Path) -> None:
    text, form = run(project, "check", "mine"), run(project, "check", "mine", "--format", "json")
    assert (text.return_value, form.return_value) == (0, 0)
    assert "Counterpart: stub bound.py 1" in text.stdout
    assert "A STUB: this proves the shape of our calls" in text.stdout
    content = json.loads(form.stdout)
    assert content["holds"] is True
    assert content["ports"] == ["Installation", "Access", "Records", "AuditTrail"]


def test_exit_codes(project: Path) -> None:
    blocked = run(project, "check", "blind")
    assert (blocked.return_value, blocked.stdout.split()[0]) == (1, "BLOCKED")
    assert "nobody answers at the address" in blocked.stdout
    for name, told in (
        ("word", "no adapter 'mainframe'"),
        ("nomodule", "cannot be imported"),
        ("gone", "cannot be imported"),
        ("path", "is no function"),
    ):
        answer = run(project, "check", name)
        assert isinstance(answer.exception, ConfigError), name
        assert told in str(answer.exception)
        assert answer.exception.exit_code == 2
    assert isinstance(run(project, "check", "unnamed").exception, ConfigError)


def test_the_list_binds_nothing(project: Path) -> None:
    listed = run(project, "list")
    assert "mine  own_adapter:start  (your own)" in listed.stdout
    assert "local" in json.loads(run(project, "list", "--format", "json").stdout)["adapters"]


def test_counterparts_say_what_they_are_worth() -> None:
    said = {kind: Counterpart(kind=kind, name="x", version="1").words for kind in ("real server", "emulator", "stub")}
    assert "not the behaviour of" not in said["real server"]
    assert all("the shape of our calls, and not the behaviour of" in said[kind] for kind in ("emulator", "stub"))
    assert bind("mine", {"adapter": "tests.targets.bound:start", "root": "."}).name == "mine"
