"""What the specification language can say stands in the documents, and what is signed binds it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from csvgen.errors import ConfigError
from csvgen.model import spec as noun
from csvgen.model.report import Facts, Report, Table
from csvgen.model.spec import Spec
from csvgen.report.compose import compose, escape
from csvgen.templates import Templates
from csvgen.trace.content import content_of

from .material import material, report_of, spec_with

SUPPLIER = noun.Supplier(
    id="db", name="Database house", delivers=("store",), assessed_by="audit", assessed_on="2026-03-01", outcome="accepted-with-conditions",
    conditions=("Upgrades are announced.",), reason="It holds every record.", agreement="QAA-12",
)  # fmt: skip
MACHINE = noun.Drafted(generator="drafter", version="3.1")
INPUTS = {
    "room": noun.DecimalInput(type="decimal", value="5.0", unit="°C", low="2.0", high="8.0", resolution="0.1"),
    "state": noun.EnumerationInput(type="enumeration", value="open", values=("open", "closed")),
    "who": noun.RoleInput(type="role", value="quality"),
    "wait": noun.DurationInput(type="duration", value="15", unit="min", high="20"),
}


def said(report: Report) -> str:
    cells = [cell for b in report.blocks if isinstance(b, Table) for row in b.rows for cell in row]
    facts = [f"{k}: {v}" for b in report.blocks if isinstance(b, Facts) for k, v in b.rows]
    return "\n".join([*map(str, cells), *facts])


def with_requirement(**changes: object) -> Spec:
    spec = spec_with(())
    first, *rest = spec.requirements
    return replace(spec, requirements=(first.model_copy(update=changes), *rest))


CASES = {
    "suppliers": ("plan", replace(spec_with(()), suppliers=(SUPPLIER,)), ("Database house", "accepted with conditions by audit on 2026-03-01", "Condition: Upgrades are announced.", "Agreement: QAA-12")),
    "impact": ("urs", with_requirement(impact=("patient-safety",)), ("GxP: yes (patient-safety)",)),
    "machine": ("urs", with_requirement(drafted=MACHINE), ("Drafted by a machine: drafter 3.1",)),
    "a citation no catalog has": ("urs", with_requirement(clauses=("11.10(e)", "ICH Q9")), ("11.10(e) Audit trail; ICH Q9",)),
    "import": ("urs", with_requirement(origin="old.xlsx:7", attributes={"Old id": "17"}), ("Imported from old.xlsx:7", "Old id: 17")),
    "typed values": (
        "urs",
        with_requirement(criteria=(noun.Criterion(id="ac-9", title="Typed", then=("{room}",), inputs=INPUTS),)),
        ("room: 5.0 °C, allowed 2.0 to 8.0, in steps of 0.1", "state: open, one of open, closed", "who: the role quality", "wait: 15 min, allowed any to 20"),
    ),
    "level": ("fs", replace(spec_with(()), functions=(spec_with(()).functions[0].model_copy(update={"level": "design", "drafted": MACHINE}),)), ("Level: design", "Mark: Drafted by a machine: drafter 3.1")),
    "risk": ("risk", replace(spec_with(()), risks=(spec_with(()).risks[0].model_copy(update={"drafted": MACHINE, "challenge": noun.Challenge(how="The file is cut", fault="cut")}),)), ("Drafted by a machine: drafter 3.1", "Challenge: The file is cut (fault cut)")),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_it_is_printed_and_bound(name: str) -> None:
    kind, spec, words = CASES[name]
    changed = replace(material(kind), spec=spec)
    text = said(compose(changed, Templates(None, escape)))
    before = said(report_of(kind))
    for word in words:
        assert word in text
        assert word not in before
    digests = {content_of(kind, s, changed.protocol, lambda: changed.matrix, (), ()) for s in (spec, spec_with(()))}
    assert len(digests) == 2, "what is printed is not bound by what is signed"


def test_data_flow_and_environments_of_the_worked_example() -> None:
    assert "Registration and raw store" in said(report_of("urs"))
    assert "Validation instance" in said(report_of("plan"))
    system = spec_with(()).system.model_copy(update={"data_flow": None, "environments": ()})
    for kind in ("urs", "plan"):
        bare = compose(replace(material(kind), spec=replace(spec_with(()), system=system)), Templates(None, escape))
        assert "Registration and raw store" not in said(bare)
        assert "Validation instance" not in said(bare)


def test_protocol_yaml_names_another_template(tmp_path) -> None:
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "short-urs.md.j2").write_text("# Short\n\nOnly this.\n", encoding="utf-8")
    source = material("urs")
    settings = source.spec.settings.model_copy(update={"templates": {"urs": "short-urs.md.j2"}})
    report = compose(replace(source, spec=replace(source.spec, settings=settings)), Templates(tmp_path, escape))
    assert len(report.blocks) < 5
    for wrong in ("not-there.md.j2", "../../secrets.md.j2"):
        settings = source.spec.settings.model_copy(update={"templates": {"urs": wrong}})
        with pytest.raises(ConfigError, match="template"):
            compose(replace(source, spec=replace(source.spec, settings=settings)), Templates(tmp_path, escape))


def _content(kind: str, spec: Spec, bound: str = "csvgen.document/2") -> object:
    m = material(kind)
    return content_of(kind, spec, m.protocol, lambda: m.matrix, m.runs, m.deviations, bound)


def _other_statement(spec: Spec) -> Spec:
    """The statement of the first requirement of the OQ says something else."""
    at = next(n for n, r in enumerate(spec.requirements) if r.phase == "OQ")
    changed = spec.requirements[at].model_copy(update={"statement": "The system shall nearly register every file."})
    return replace(spec, requirements=(*spec.requirements[:at], changed, *spec.requirements[at + 1 :]))


def _low(spec: Spec) -> Spec:
    """Every risk is rated low."""
    low = noun.Rating(rating="low", reason="as judged now")
    high = noun.Rating(rating="high", reason="as judged now")
    risks = tuple(r.model_copy(update={"severity": low, "probability": low, "detectability": high}) for r in spec.risks)
    return replace(spec, risks=risks)


def _rerouted(kind: str, spec: Spec) -> Spec:
    route = spec.settings.routes[kind]
    routes = {**spec.settings.routes, kind: route.model_copy(update={"title": "Another title"})}
    return replace(spec, settings=spec.settings.model_copy(update={"routes": routes}))


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("oq-protocol", _other_statement),
        ("oq-report", _other_statement),
        ("plan", _low),
        ("iq-protocol", _low),
        ("oq-protocol", _low),
        (
            "risk",
            lambda s: replace(s, requirements=tuple(r.model_copy(update={"verification": "inspection"}) for r in s.requirements)),
        ),
        ("urs", lambda s: replace(s, installation=s.installation.model_copy(update={"sections": s.installation.sections[:-1]}))),
        ("urs", lambda s: replace(s, scenarios=tuple(x.model_copy(update={"covers": x.covers[1:]}) for x in s.scenarios))),
        *((kind, lambda s, kind=kind: _rerouted(kind, s)) for kind in ("plan", "urs", "fs", "risk", "iq-protocol", "oq-report")),
    ],
)
def test_what_a_document_quotes_of_other_parts_is_bound_too(kind: str, change) -> None:
    spec = spec_with(())
    assert _content(kind, change(spec)) != _content(kind, spec)


def test_a_document_signed_under_the_first_rule_is_compared_by_the_first_rule() -> None:
    spec = spec_with(())
    assert _content("oq-protocol", _other_statement(spec), "csvgen.document/1") == _content(
        "oq-protocol", spec, "csvgen.document/1"
    )
    assert _content("oq-protocol", spec, "csvgen.document/1") != _content("oq-protocol", spec)
