"""A conclusion in a person's own words: bound by the signatures on a report, printed in it, and never better than the rule."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from csvgen.cli import forms
from csvgen.errors import BadInput, ConfigError, Refused
from csvgen.model.audit import Actor
from csvgen.model.people import Account
from csvgen.model.signature import WrittenConclusion
from csvgen.report.compose import compose
from csvgen.report.markdown import escape
from csvgen.templates import Templates
from csvgen.trace.matrix import trace
from csvgen.trace.written import better_than
from csvgen.verification.evidence import _better
from csvgen.workflow.concluding import refuse_conclusion

from ..report.material import material, protocol_with, spec_with
from ..report.test_compose import facts

ACTOR = Actor("mara.ivens", "Mara Ivens", "validation-lead", "test")


def written(outcome: str, text: str = "Fit for the intended use.") -> WrittenConclusion:
    return WrittenConclusion.model_validate({"outcome": outcome, "text": text, "by": "Mara Ivens (mara.ivens)"})


@pytest.mark.parametrize(
    ("outcome", "allowed"),
    [
        ("eligible", {"passed", "passed with restrictions", "not passed"}),
        ("eligible with restrictions", {"passed with restrictions", "not passed"}),
        ("not eligible", {"not passed"}),
    ],
)
def test_it_may_be_worse_than_the_rule_and_never_better(outcome, allowed):
    every = ("passed", "passed with restrictions", "not passed")
    assert {w for w in every if not better_than(written(w), outcome)} == allowed


@pytest.mark.parametrize("kind", ["validation-summary", "oq-report"])
def test_it_stands_in_the_report_with_its_author(kind):
    m = material(kind, written=written("not passed", "Not yet: backup is open."))
    found = facts(compose(m, Templates(None, escape)))
    assert (found["Conclusion"], found["In the words of"]) == ("NOT PASSED", "Mara Ivens (mara.ivens)")
    assert found["Words"] == "Not yet: backup is open."
    assert "Conclusion" not in facts(compose(material(kind), Templates(None, escape))), "nobody wrote one"


def test_a_report_with_a_better_one_is_not_put_up_and_a_plan_has_none():
    state = SimpleNamespace(
        overall=SimpleNamespace(outcome="eligible with restrictions"), conclusion=lambda _phase: SimpleNamespace(outcome="not eligible")
    )  # fmt: skip
    refuse_conclusion(state, "validation-summary", written("passed with restrictions"))
    refuse_conclusion(state, "plan", None)
    with pytest.raises(Refused, match="'passed' is better than the rule gives \\(eligible with restrictions\\)") as refusal:
        refuse_conclusion(state, "validation-summary", written("passed"))
    assert refusal.value.rule == "RR-F04"
    with pytest.raises(Refused, match="better than the rule gives \\(not eligible\\)"):
        refuse_conclusion(state, "pq-report", written("passed with restrictions"))
    with pytest.raises(Refused, match="a plan has no conclusion"):
        refuse_conclusion(state, "plan", written("not passed"))


@pytest.mark.parametrize("kind", ["validation-summary", "oq-report"])
def test_verification_applies_the_rule_anew(kind):
    """In a package without a run nothing is eligible, whatever somebody signed."""
    spec = spec_with(())
    protocol = protocol_with(spec, "")
    package = SimpleNamespace(spec=spec, protocol=protocol, runs=(), approval=lambda *_: None)
    matrix = trace(spec, protocol, (), ())

    def fault(outcome: str) -> str:
        return _better(package, matrix, SimpleNamespace(kind=kind, conclusion=written(outcome)))

    assert fault("passed with restrictions").endswith("is better than the rule gives (not eligible)")
    assert fault("not passed") == ""


def test_the_file_is_a_persons_and_says_what_is_wrong_with_it(tmp_path):
    file = tmp_path / "conclusion.yaml"

    def account(kind: str) -> SimpleNamespace:
        found = Account(id="mara.ivens", kind=kind, printed_name="Mara Ivens", roles=("validation-lead",))
        return SimpleNamespace(account=lambda _id: found)

    file.write_text("outcome: passed\ntext: Fit.\n", encoding="utf-8")
    read = forms.written(file, ("validation-summary",), account("person"), ACTOR)
    assert read is not None
    assert (read.outcome, read.by) == ("passed", "Mara Ivens (mara.ivens)")
    with pytest.raises(Refused, match="written by a person"):
        forms.written(file, ("validation-summary",), account("technical"), ACTOR)
    with pytest.raises(ConfigError, match="belongs to one report"):
        forms.written(file, ("iq-report", "oq-report"), account("person"), ACTOR)
    file.write_text("outcome: perfect\ntext: Fit.\n", encoding="utf-8")
    with pytest.raises(BadInput, match="outcome") as refusal:
        forms.written(file, ("validation-summary",), account("person"), ACTOR)
    assert "conclusion.yaml:1" in str(refusal.value.where)
    assert forms.written(None, ("plan", "urs"), account("technical"), ACTOR) is None
