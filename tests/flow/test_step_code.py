"""Step code is part of the script: a protocol is approved with it, and no other code executes it formally."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from csvgen.canonical import canonical_json, digest_file
from csvgen.cli import cli
from csvgen.clock import stored
from csvgen.crypto.trust import trust_at
from csvgen.errors import ConfigError, NotIntact, Refused
from csvgen.model.approved_code import ApprovedCode
from csvgen.model.execution import Verdict
from csvgen.model.verification import Outcome
from csvgen.verification.outside import NOTHING
from csvgen.verification.verify import verify
from csvgen.workflow import step_code, telling

STEPS = "project/protocols/tiny/conftest.py"
CHECK = "step code that ran is the step code that was approved"


def edit(project, text: str = "\n# another\n", name: str = "conftest.py") -> Path:
    path = project.root / "protocols" / "tiny" / name
    path.write_text((path.read_text(encoding="utf-8") if path.exists() else "") + text, encoding="utf-8")
    return path


def checked(project):
    package = project.export(project.root / f"package-{len(project.state.runs)}")
    found = verify(package, trust_at(project.config.trust), NOTHING)
    return next(c for c in found.checks if c.name == CHECK)


def test_a_protocol_names_the_code_of_every_step_and_another_code_is_refused_before_anything_begins(tiny):
    project = tiny("iq-closed")
    protocol = project.state.latest("TNY-OQP")
    code = protocol.code
    assert digest_file(project.root / "protocols" / "tiny" / "conftest.py") == code.files[STEPS]
    cases = [c.id for c in project.state.protocol.of("OQ")]
    assert list(code.cases) == cases
    assert [code.of(cases[0], n).function for n in (1, 2)] == ["there", "says"]
    assert all(code.of(c, n) is not None for c in cases for n in (1, 2))
    iq = project.state.latest("TNY-IQP").code
    assert any(name.startswith("csvgen/steps/") for name in iq.files), "the built-in library is step code like any other"

    project.order("OQ")
    was, path = code.files[STEPS], edit(project)
    now = digest_file(path)
    with pytest.raises(Refused) as refusal:
        project.run("OQ")
    said = str(refusal.value)
    assert refusal.value.rule == "RR-F02"
    assert f"{cases[0]} step 1 runs {STEPS}" in said
    assert was[:19] in said and now[:19] in said
    assert "csvgen report oq-protocol" in said
    assert project.state.run("OQ-001") is None
    assert not project.ledger.events(record_id="OQ-001", action="run-begin"), "nothing was begun"


def test_the_code_as_it_is_approved_anew_executes_and_the_package_says_so(tiny):
    project = tiny("iq-closed")
    order = project.order("OQ")
    edit(project)
    (*_, (_, _, why)) = telling.history(project.state, "TNY-OQP", 2, stored(project.clock.now()))
    assert "Step code changed: TC-OQ-0001 step 1 runs project/protocols/tiny/conftest.py, which is sha256:" in why, why
    project.approve_protocols("OQ")
    assert project.state.latest("TNY-OQP").document.revision == 2
    with pytest.raises(Refused, match=f"TNY-OQP r2 is approved with it; then withdraw {order} and order anew"):
        project.run("OQ")
    project.report("oq-protocol")
    assert project.state.latest("TNY-OQP").document.revision == 2, "nothing changed since"


def test_a_new_file_of_the_team_and_one_that_is_gone_are_other_code(tiny):
    project = tiny("iq-closed")
    (project.root / "protocols" / "tiny" / "PQ" / "conftest.py").write_text("X = 1\n", encoding="utf-8")
    project.order("OQ")  # another phase has no part in this one
    new = edit(project, "def pytest_collection_modifyitems(): pass\n", "OQ/conftest.py")
    with pytest.raises(
        Refused, match=r"project/protocols/tiny/OQ/conftest.py, a file of the step code, is sha256:\w+ and was not approved"
    ):
        project.run("OQ")
    new.unlink()
    (project.root / "protocols" / "tiny" / "conftest.py").unlink()
    with pytest.raises(Refused, match=f"{STEPS}, which is not there and was approved as sha256:"):
        project.run("OQ")


def test_an_order_is_not_even_put_up_for_other_code(tiny):
    project = tiny("iq-closed")
    edit(project)
    with pytest.raises(Refused, match="the step code is not the code that TNY-OQP r1 was approved with"):
        project.publisher().order("OQ", (), "ci-runner", "tomas.feld")


def test_the_executing_process_compares_what_its_steps_resolve_to(tiny, monkeypatch):
    """The files at hand were looked at, and changed before pytest loaded them."""
    project = tiny("iq-closed")
    project.order("OQ")
    monkeypatch.setattr(step_code, "refuse_other_code", lambda *_: None)
    edit(project)
    with pytest.raises(NotIntact, match="refused"):
        project.run("OQ")
    run = project.state.run("OQ-001")
    assert run.seal is None
    assert all(r.verdict is Verdict.NOT_RUN for r in run.results)
    assert any(f"step 1 runs {STEPS}, which is sha256:" in told for told in run.unsealable), run.unsealable


def test_a_package_is_verified_against_the_approved_code(tiny, monkeypatch):
    """What holds is verified in tests/scale/test_formal.py, of a merged run."""
    project = tiny("iq-closed")
    for gate in ("refuse_other_code", "options"):  # somebody went round both
        monkeypatch.setattr(step_code, gate, lambda *_: ())
    path = edit(project)
    path.write_text(
        path.read_text(encoding="utf-8").replace(
            "def says(observe, attach, name, text):", "def says(observe, attach, name, text):\n    assert True"
        ),
        encoding="utf-8",
    )
    project.execute("OQ")
    bad = checked(project)
    assert bad.outcome is Outcome.FAILS
    assert "OQ-001: TC-OQ-0001 step 2 ran protocols/tiny/conftest.py" in bad.detail
    assert f"OQ-001: {STEPS} was sha256:" in bad.detail


@pytest.mark.slow
def test_a_protocol_from_before_lists_nothing_and_stays_what_it_was(tiny, monkeypatch):
    project = tiny("specified")
    monkeypatch.setattr(type(project.publisher()), "_beside", without_code(type(project.publisher())._beside))
    project.approve_protocols("IQ")
    monkeypatch.undo()
    assert "code" not in json.loads(canonical_json(project.state.latest("TNY-IQP").document))
    edit(project)
    project.report("iq-protocol")
    assert project.state.latest("TNY-IQP").document.revision == 1, "it says nothing of step code, so nothing of it changed"
    project.execute("IQ")
    assert step_code.told(project.state, "IQ") == (
        "Step code of IQ-001: TNY-IQP r1 was approved without a list of it; what ran was not compared with an approval.",
    )


def without_code(original):
    return lambda self, kind: {name: data for name, data in original(self, kind).items() if name != "code.json"}


def test_step_code_that_cannot_be_loaded_is_not_approved_and_a_phase_without_cases_has_none(tiny):
    project = tiny("specified")
    edit(project, "\nimport nothing_of_this_name\n")
    with pytest.raises(ConfigError, match=r"the step code of the IQ cannot be looked up: .*nothing_of_this_name"):
        project.report("iq-protocol")
    assert project.state.latest("TNY-IQP") is None
    empty = replace(project.state)
    empty.__dict__["_read"] = (replace(project.state.protocol, features=()), project.state.findings)
    assert step_code.listed(empty, "IQ") == ApprovedCode()


def test_status_tells_which_step_code_is_not_what_was_approved_and_how_to_mend_it(tiny):
    project = tiny("approved")
    assert "STEP CODE" not in status(project)
    path = edit(project)
    (iq, oq, pq) = (line for line in status(project).splitlines() if "STEP CODE DIFFERS" in line)
    now = digest_file(path)
    for line in (oq, pq):
        assert line.strip().startswith("STEP CODE DIFFERS from what was approved: TC-")
        assert f"step 1 runs {STEPS}, which is {now[:19]}" in line
    assert f"{STEPS}, a file of the step code, is {now[:19]}" in iq, (
        "the IQ uses the built-in library; the file could change it all the same"
    )
    assert "no formal run begins with it: put the files back, or csvgen report oq-protocol" in status(project)
    project.report("oq-protocol")
    told = status(project)
    assert told.count("STEP CODE DIFFERS") == 2, "the new revision names the code as it is"
    assert "csvgen report oq-protocol" not in told


def status(project) -> str:
    made = CliRunner().invoke(cli, ["-C", str(project.root), "status"], standalone_mode=False)
    assert made.exception is None, made.exception
    return made.output
