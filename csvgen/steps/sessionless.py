"""Every function of the system, called with a session that was never opened."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, cast

from pytest_bdd import then, when

from csvgen.errors import CsvgenError
from csvgen.ports import PORTS, Entry, Message, Outcome, Secret, Target
from csvgen.steps.access import account
from csvgen.steps.common import Bench, phrase
from csvgen.steps.refusing import UNSAID, refusal

_HARNESS = {
    "test_account", "attack", "falsify", "damage_file", "remove_file", "another", "authority", "inject", "withdraw", "exposed",
    "offer_artifact", "tamper_artifact", "restored", "left_in", "damage_backup", "close", "put_up", "permissions", "set_clock",
}  # fmt: skip
"""Functions of the ports that act on the side of the tests, not in the system."""


def port_verbs(target: Target, *, session: bool) -> list[tuple[str, str]]:
    """Every function of every port the target has, those that take a session or those that take none (but the log-in)."""
    found = []
    for name in PORTS:
        for verb, function in inspect.getmembers(target.port(name), inspect.isroutine):
            if verb.startswith("_") or verb in _HARNESS or verb == "log_in":
                continue
            if ("session" in inspect.signature(function).parameters) == session:
                found.append((name, verb))
    return found


@when("every function of the system is called on that lot with a session that was never opened")
def no_session(bench: Bench) -> None:
    known = {
        "user_id": account(bench).user_id, "roles": ("analyst",), "password": account(bench).password,
        "record": bench.world.facts["lot"], "lot": bench.world.facts["lot"], "file_name": "plate.csv", "content": b"x",
        "metadata": {}, "meaning": "reviewed", "form": "screen", "field": "comment", "decision": "reject", "signatures": (),
        "x": ("1", "2", "3"), "y": ("1", "2", "3"), "values": ("1", "2"), "model": "linear", "after": 0,
        "message": Message(b"x", {}), "code": Secret("000000"), "files": {"x": b"x"}, "signature": b"x",
    }  # fmt: skip
    answers = _forms_answered(bench)
    functions = [(name, verb) for name, verb in port_verbs(bench.target, session=True) if (name, verb) != ("Entry", "enter")]
    bench.world.facts["to be tried"] = [*answers, *(f"{name}.{verb}" for name, verb in functions)]  # each form is one of its own
    for name, verb in functions:
        function = getattr(bench.target.port(name), verb)
        others = list(inspect.signature(function).parameters.values())[1:]
        given_ = (known.get(p.name, ("x",) if str(p.annotation).startswith("tuple") else "x") for p in others)
        answers[f"{name}.{verb}"] = answered(function, "never-opened", *given_)
    bench.world.facts["answers"] = answers
    bench.observe.note("functions called", str(len(answers)), source="every port of the target")


def _forms_answered(bench: Bench) -> dict[str, Outcome]:
    """What each form says to a session that was never opened; which forms there are is asked with one that is."""
    entry = bench.target.port("Entry")
    if entry is None:
        return {}
    _, opened = bench.actors.log_in("analyst")
    if not opened.accepted:
        raise CsvgenError(f"the analyst could not log in: {opened.message}")
    forms: Mapping[str, tuple[str, ...]] = cast("Entry", entry).forms(bench.actors.session("analyst"))
    return {
        f"Entry.enter, form {form}": answered(cast("Entry", entry).enter, "never-opened", form, dict.fromkeys(fields, "x"), "x")
        for form, fields in forms.items()
    }


def answered(function: Callable[..., Any], *arguments: Any) -> Outcome:
    """What came of a call, whether the function gives an outcome or data, and whether a refusal is given or raised."""
    try:
        result = function(*arguments)
    except CsvgenError as problem:
        return Outcome(False, problem.message, "", {"kind": getattr(problem, "kind", UNSAID)})
    return result if isinstance(result, Outcome) else Outcome(True, _given(result))


_GIVEN: Mapping[str, str] = {
    "RecordView": "the record was given", "LotView": "the lot was given", "RecordCopy": "the copy was given", "dict": "the values were given",
    "bytes": "the file was given", "str": "the text was given", "NoneType": "done, without an answer", "TraceView": "the trace was given",
}  # fmt: skip


def _given(result: object) -> str:
    """What a function gave that answers with data, in words."""
    if isinstance(result, tuple | list):
        return "a list that is not empty was given" if result else "an empty list was given"
    return _GIVEN.get(type(result).__name__, "data were given")


@then("the system refuses every one of them for want of a session")
def all_refused(bench: Bench) -> None:
    answers: dict[str, Outcome] = bench.world.facts["answers"]
    for name, given_answer in sorted(answers.items()):
        told = f"{name}: {given_answer.message}"
        bench.observe(f"answer of {name}", expected=_NO_SESSION, actual=refusal(given_answer), source=told)
    functions: list[str] = bench.world.facts["to be tried"]
    left_out = sorted(_asked_for(bench.target) - {name.partition(",")[0] for name in functions})
    source = "ports of the system as csvgen describes them, against the functions that were called"
    bench.observe(
        "functions with a session that were not called", expected="none", actual="; ".join(left_out) or "none", source=source
    )
    refused = sum(refusal(a) == _NO_SESSION for a in answers.values())
    bench.observe(
        "functions refused for want of a session, of those the system has",
        expected=str(len(functions)),
        actual=str(refused),
        source="answers to the functions",
    )


_NO_SESSION = "refused; reason: session"


def _asked_for(target: Target) -> set[str]:
    """The functions with a session that the ports themselves declare: a list that does not come from the system that is tried."""
    declared = {name: port for name, port in PORTS.items() if target.port(name) is not None}
    return {
        f"{name}.{verb}"
        for name, port in declared.items()
        for verb, function in inspect.getmembers(port, inspect.isfunction)
        if not verb.startswith("_") and verb not in _HARNESS and "session" in inspect.signature(function).parameters
    }


@then(phrase('the only functions beside the log-in that answer without a session are "{public}"'))
def public_functions(bench: Bench, public: str) -> None:
    names = sorted(f"{name}.{verb}" for name, verb in port_verbs(bench.target, session=False))
    actual = "; ".join(names)
    bench.observe("functions that take no session", expected="; ".join(sorted(public.split("; "))), actual=actual, source="ports")
