"""A team's own pipeline processes lots: the method names it, signatures promote it, and what it gives is held against the method."""

from __future__ import annotations

import io
import json
import os
import shutil
import sys
from fractions import Fraction
from pathlib import Path

import pytest

from csvgen.canonical import canonical_json
from csvgen.errors import BadInput, NotIntact, Refused
from csvgen.pipeline import own_results
from csvgen.pipeline.flow import check
from csvgen.pipeline.flow.record import RunRecord
from csvgen.pipeline.method import Method
from csvgen.pipeline.methods import read_method
from csvgen.verification.instance_runs import _parameters
from csvgen.verification.instance_seen import Seen

from ..tiny import REPOSITORY, clean_environment
from .conftest import Lab
from .promoting import COMMIT, EVIDENCE, TICKET, Hands, team

OWN = REPOSITORY / "examples" / "pipeline" / "own"
METHOD = (OWN / "method.yaml").read_text(encoding="utf-8")


def ready(lab: Lab, source: Path = OWN / "response-factor", method: str = METHOD) -> Hands:
    """The pipeline built and promoted, the method in force."""
    hands = Hands(lab)
    hands.promote(hands.build(source, "response-factor"))
    effective(lab, method)
    return hands


def effective(lab: Lab, method: str) -> None:
    change = lab.app.methods.change(lab.session("analyst"), method, TICKET, EVIDENCE, "a new method").reference.split("/")[1]
    lab.app.methods.approve(lab.session("quality"), change, "fit", lab.user("quality"), lab.password("quality"))


def by_hand(signal: str) -> Fraction:
    """Per cent of 1000, from the response factors of the levels above zero of `Lab.plate`."""
    factors = [Fraction(s) / Fraction(level) for level, s in (("500", "0.5"), ("1000", "1"), ("1500", "1.5"))]
    return Fraction(signal) / (sum(factors) / 3) / 1000 * 100


def test_a_lot_of_it_from_data_to_release(lab: Lab) -> None:
    ready(lab)
    lab.ingest("L-1", lab.plate("1.0104"), method="RF-01")
    told = lab.process("L-1")
    assert (told.accepted, told.facts["verdict"]) == (True, "in specification")
    run = lab.app._core.known("run", "RUN-0001", RunRecord)[0]
    assert (run.pipeline, run.method, run.method_version, run.parameters["own.rsd"]) == ("response-factor", "RF-01", 1, "2.0")
    assert run.artifact != lab.app._core.ledger.all("artifact")[0].id
    (test,) = lab.view("L-1").tests
    assert Fraction(test.unrounded) == by_hand("1.0104") == Fraction("101.04")
    assert (test.reported, test.limit) == ("101.0", "95.0 to 105.0 %")
    assert lab.sign("L-1", "reviewed", "reviewer").accepted
    assert lab.sign("L-1", "released", "quality").accepted
    lab.ingest("L-2", lab.plate("1.0506"), method="RF-01")
    assert "out of specification; investigation" in lab.process("L-2").message
    assert check.problems(lab.app._core) == ()


def test_a_run_that_is_not_suitable_and_data_it_cannot_use(lab: Lab) -> None:
    ready(lab)
    lab.ingest("L-1", lab.plate("1.000", standards=(("0", "0"), ("500", "0.5"), ("1000", "1.1"))), method="RF-01")
    assert "scatter by more than 2.0 per cent" in lab.process("L-1").message
    assert lab.view("L-1").verdict == "invalid run"


def test_lots_of_two_pipelines_in_one_command(lab: Lab) -> None:
    ready(lab)
    for name, signal, method in (("L-1", "1.000", "RF-01"), ("L-2", "1.001", "LIN-01"), ("L-3", "1.002", "RF-01")):
        lab.ingest(name, lab.plate(signal), method=method)
    *lots, first, second = lab.app.many.process_batch(lab.session("analyst"), ["L-1", "L-2", "L-3"], workers=1)
    assert [o.accepted for o in lots] == [True] * 3
    assert [o.facts["performed"] for o in (first, second)] == ["2", "1"]
    runs = {v.content["subject"]: v.content["pipeline"] for v in lab.app._core.ledger.all("run")}
    assert runs == {"lot/L-1": "response-factor", "lot/L-2": "qc-release", "lot/L-3": "response-factor"}


def test_without_promotion_no_lot_of_it_is_processed(lab: Lab) -> None:
    effective(lab, METHOD)
    hands = Hands(lab)
    artifact = hands.build(OWN / "response-factor", "response-factor")
    for name, signal in (("L-1", "1.000"), ("L-2", "1.001")):
        lab.ingest(name, lab.plate(signal), method="RF-01" if name == "L-1" else "LIN-01")
    with pytest.raises(Refused, match="no signed artifact of pipeline 'response-factor' is promoted to qualification"):
        lab.process("L-1")
    hands.promote(artifact, "development")  # not far enough
    told = lab.app.many.process_batch(lab.session("analyst"), ["L-1", "L-2"], workers=1)
    assert [o.accepted for o in told] == [False, True, False, True]
    assert "no signed artifact" in told[0].facts["refused"]


LYING = {
    "passes what fails": ('"out of specification"', '"in specification"', "by the method it is out of specification"),
    "rounds in its favour": (
        "half_up(value, int(given",
        "half_up(Fraction(105), int(given",
        "the unrounded value rounds to 105.1",
    ),
    "another limit": ('f"{low} to {high} %"', '"90.0 to 110.0 %"', "limit '95.0 to 105.0 %'"),
    "a value less": ("canonical_json([row])", "canonical_json([])", "no value of potency"),
    "a value more": ("canonical_json([row])", "canonical_json([row, row | {'name': 'retest'}])", "has no test retest"),
    "the value twice": ("canonical_json([row])", "canonical_json([row, row])", "is there twice"),
    "of another part": ('"part": "potency"', '"part": "impurity"', "no value of potency"),
}


@pytest.mark.parametrize("lie", LYING)
def test_what_the_method_does_not_say_is_not_kept(lab: Lab, tmp_path: Path, lie: str) -> None:
    before, after, words = LYING[lie]
    source = Path(shutil.copytree(OWN / "response-factor", tmp_path / "team"))
    report = source / "steps" / "report.py"
    assert before in report.read_text()
    report.write_text(report.read_text().replace(before, after))
    ready(lab, source)
    lab.ingest("L-1", lab.plate("1.0506"), method="RF-01")
    with pytest.raises(NotIntact, match=words):
        lab.process("L-1")
    batch = lab.app.many.process_many(lab.session("analyst"), ["L-1"], workers=1)
    assert words in batch.facts["lot/L-1"]
    assert lab.app._core.ledger.all("run") == ()
    assert lab.app._core.state("L-1") == "registered"
    assert check.orphans(lab.app._core) == (), "nothing of it is kept"


def test_a_pipeline_that_fits_no_method_gives_no_result(lab: Lab, tmp_path: Path) -> None:
    hands = Hands(lab)
    hands.promote(hands.build(team(tmp_path / "team")))
    effective(lab, METHOD.replace("response-factor", "doubling"))
    lab.ingest("L-1", lab.plate("1.000"), method="RF-01")
    with pytest.raises(BadInput, match="takes no input plate"):
        lab.process("L-1")
    assert lab.app._core.ledger.all("run") == ()


def test_what_a_method_may_say_of_its_pipeline() -> None:
    shipped = METHOD.replace("pipeline: response-factor\n", "")
    with pytest.raises(BadInput, match="own constants are for a team's own pipeline"):
        read_method(shipped)
    with pytest.raises(BadInput, match="cannot be the name of a constant"):
        read_method(METHOD.replace("rsd:", "r.sd:"))
    with pytest.raises(BadInput, match="pipeline"):
        read_method(METHOD.replace("response-factor", "../other"))
    plain = read_method("\n".join(line for line in shipped.splitlines() if not line.startswith("own")))
    assert not {"pipeline", "own"} & plain.model_dump().keys(), "a method of before has the digest it had"


def test_impurities_are_held_against_their_limits() -> None:
    method = Method.model_validate(
        {
            "id": "X-1",
            "title": "x",
            "pipeline": "mine",
            "impurity": {"main": "Main", "each": "0.20", "total": "0.50", "decimals": 2},
        }
    )

    def row(name: str, value: str, limit: str, verdict: str) -> dict[str, str]:
        told = {"name": name, "part": "impurity", "unrounded": value, "reported": value, "unit": "%"}
        return told | {"limit": limit, "verdict": verdict}

    each = row("impurity A", "0.30", "not more than 0.20 %", "out of specification")
    total = row("total impurities", "0.30", "not more than 0.50 %", "in specification")
    main = row("area Main", "99.70", "", "for information")
    good = [each, total, main]

    def told(rows: list[dict[str, str]]) -> list[str]:
        return list(own_results.problems(method, {"chromatogram"}, {"impurity-values": canonical_json(rows)}))

    assert told(good) == []
    assert (
        "by the method it is out of specification" in told([each | {"verdict": "for information", "limit": ""}, total, main])[0]
    )
    assert told([each, main]) == ["no value of total impurities"]
    assert list(own_results.problems(method, {"chromatogram"}, {})) == ["impurity-values is missing"]
    assert "there without data" in next(own_results.problems(method, set(), {"impurity-values": canonical_json(good)}))


def test_from_outside_a_run_of_another_pipeline_is_told(lab: Lab) -> None:
    lab.processed("L-1")
    run = lab.app._core.known("run", "RUN-0001", RunRecord)[0]

    class Only(Seen):
        def __init__(self) -> None:
            self.kept = lab.app._core.ledger.latest("method", "LIN-01")

        def version(self, *_: object) -> object:
            return self.kept

    there = Only()
    assert list(_parameters(there, run)) == []
    (told,) = _parameters(there, run.model_copy(update={"pipeline": "response-factor"}))
    assert "it ran response-factor, method LIN-01 version 1 says qc-release" in told


@pytest.mark.slow  # ten processes, each with the cost of its imports
def test_by_commands_alone(home: Path, tmp_path: Path) -> None:
    pexpect = pytest.importorskip("pexpect")
    accounts = json.loads((home / "test-accounts.json").read_bytes())
    (tmp_path / "plate.csv").write_bytes(Lab.plate("1.0104"))

    def does(who: str, *arguments: str, signs: bool = False, code: int = 0) -> str:
        user, password = accounts[who]["user_id"], accounts[who]["password"]
        shown = io.StringIO()
        child = pexpect.spawn(
            sys.executable, ["-m", "csvgen", "pipeline", *arguments, "--home", str(home), "--as", user], encoding="utf-8",
            timeout=90, dimensions=(60, 400), env=clean_environment() | {"PYTHONPATH": os.environ.get("PYTHONPATH", "")}, cwd=str(tmp_path),
        )  # fmt: skip
        child.delaybeforesend, child.logfile_read = None, shown
        for prompt, text in (("Password", password), *((("User id", user), ("Password", password)) if signs else ())):
            child.expect_exact(prompt)
            child.sendline(text)
        child.expect(pexpect.EOF)
        child.close()
        assert child.exitstatus == code, shown.getvalue()
        return shown.getvalue()

    built = does(
        "analyst", "artifact", "build", "response-factor", "--from", str(OWN / "response-factor"), "--ticket", TICKET,
        "--commit", COMMIT, signs=True,
    )  # fmt: skip
    artifact = built[built.index("ART-") :][:8]
    for stage in ("development", "qualification"):
        does("reviewer", "promote", "review", artifact, stage, "--reason", "read", signs=True)
        does("quality", "promote", "approve", artifact, stage, "--reason", "fit", signs=True)
    does("analyst", "method", "change", str(OWN / "method.yaml"), "--ticket", TICKET, "--evidence", EVIDENCE, "--reason", "new")
    does("quality", "method", "approve", "MC-0001", "--reason", "fit", signs=True)
    does("analyst", "ingest", "L-1", "plate.csv", "--method", "RF-01", "--sample", "S1", "--instrument", "PR-001")
    assert "L-1 processed in run RUN-0001: in specification" in does("analyst", "process", "--all")
    assert '"pipeline": "response-factor"' in does("auditor", "show", "run/RUN-0001", "--format", "json").replace('":"', '": "')
