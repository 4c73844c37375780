"""Studies in an installed instance: deliveries, tables, signatures, data held still. What is refused, by whom, and what is void after."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from csvgen.canonical import Digest
from csvgen.errors import BadInput, NotIntact, Refused
from csvgen.pipeline.clinical.row_lines import read_lines
from csvgen.pipeline.clinical.studies import Studies
from csvgen.pipeline.datasets import Datasets
from tests.pipeline.clinical_group import STUDY, Group
from tests.pipeline.clinical_lab import FILES, PLAN_TEXT, frame, original, pilot, xpt
from tests.pipeline.conftest import Lab

RUN = "RUN-0001"
STAGES = ("empty", "delivered", "processed", "reviewed")


@pytest.fixture(scope="module")
def stages(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instance at each stage of the work, made once; tests work on copies."""
    folder = tmp_path_factory.mktemp("stages")
    before = installed
    for stage in STAGES:
        lab = Lab(Path(shutil.copytree(before, folder / stage)))
        work = Group(lab)
        {
            "empty": work.with_sender,
            "delivered": work.delivered,
            "processed": work.process,
            "reviewed": lambda work=work: work.sign("reviewed", "reviewer"),
        }[stage]()
        lab.app.close()
        before = folder / stage
    return folder


@pytest.fixture
def at(stages: Path, tmp_path: Path) -> Iterator[Callable[[str], Group]]:
    """A group at work in a copy of the instance at a stage."""
    opened: list[Lab] = []

    def begin(stage: str) -> Group:
        opened.append(Lab(Path(shutil.copytree(stages / stage, tmp_path / stage))))
        return Group(opened[-1])

    yield begin
    for lab in opened:
        lab.app.close()


@pytest.fixture
def group(at: Callable[[str], Group]) -> Group:
    """Nothing but the sender is known."""
    return at("empty")


def test_from_delivery_to_released_tables(at: Callable[[str], Group]) -> None:
    group = at("reviewed")
    run = RUN
    assert group.seen() == ("open", "reviewed")
    group.hold("freeze")
    group.hold("lock")
    assert group.sign("released", "quality").accepted
    assert group.seen() == ("locked", "released")
    assert [(j.content["meaning"], j.status) for j in group.decisions.signatures(group.lab.session("auditor"), STUDY)] == [
        ("tables reviewed", "valid"),
        ("tables released", "valid"),
    ]
    record = group.lab.app._core.ledger.latest("run", run).content
    assert record["subject"] == f"study/{STUDY}"
    assert set(record["inputs"]) == set(FILES)
    assert record["inputs"]["ts"]["record"] == f"file/study/{STUDY}:ts.xpt"
    assert record["parameters"]["encodings.ts"] == "WINDOWS-1252"
    assert [s["state"] for s in record["steps"] if s["step"] == "read-findings"] == ["not applicable"]
    assert group.studies.product(group.lab.session("auditor"), STUDY, "adsl").startswith(b"STUDYID,USUBJID")
    assert group.lab.app.trail._core.ledger.problems() == ()


def test_records_are_traced_from_the_run(at: Callable[[str], Group]) -> None:
    group = at("processed")
    run = RUN
    session = group.lab.session("auditor")
    origin = group.studies.rows(session, run, "ADTTE", ("01-701-1015", "TTDISC"))
    assert [(r.domain, r.number) for r in origin.rows] == [("DM", 1), ("EX", 1), ("EX", 2), ("EX", 3), ("TS", 38)]
    assert ("ADSL", ("01-701-1015",)) in group.studies.derived(session, run, "EX", 1)


def test_a_run_repeated_gives_the_same_and_a_second_result_needs_new_data(at: Callable[[str], Group]) -> None:
    group = at("processed")
    again = group.studies.repeat(group.lab.session("analyst"), STUDY)
    assert again.accepted
    first = group.lab.app._core.ledger.latest("run", RUN).content
    assert again.facts["outputs"] == first["outputs"]
    assert group.lab.app._core.ledger.latest("run", again.facts["run"]).content["repeats"] == RUN
    with pytest.raises(Refused, match="gave the tables of these data under this plan"):
        group.process()


# ------------------------------------------------------------------ deliveries


def test_a_second_delivery_is_a_new_version_and_takes_the_tables_out_of_force(at: Callable[[str], Group]) -> None:
    group = at("reviewed")
    run = RUN
    changed = frame("ex")
    changed.loc[0, "EXDOSU"] = "MG"
    told = group.deliver("ex", xpt(changed, "EX"))
    assert told.facts["version"] == "2"
    assert group.seen() == ("open", "none")
    with pytest.raises(Refused, match="the tables of study CDISCPILOT01 are not derived"):
        group.sign("released", "quality")
    assert [j.status for j in group.decisions.signatures(group.lab.session("auditor"), STUDY)] == [
        "void: record changed after signing"
    ]
    assert group.process().facts["run"] != run
    core = group.lab.app._core
    assert next(v.content["digest"] for v in core.ledger.versions("file", f"study/{STUDY}:ex.xpt")) in {
        str(i["sha256"]) for i in core.ledger.latest("run", run).content["inputs"].values()
    }


def test_the_same_delivery_again_is_told_and_changes_nothing(at: Callable[[str], Group]) -> None:
    group = at("reviewed")
    assert "registered already" in group.deliver("dm").message
    assert group.seen() == ("open", "reviewed")


def test_a_file_cut_between_two_rows_is_found_by_the_manifest_alone(group: Group) -> None:
    """Where the end of a row is the end of a card, the format cannot tell that rows are missing."""
    from math import gcd

    from csvgen.pipeline.clinical.layout import read_layout

    group.register()
    data = original("ex")
    layout = read_layout(data, "ex.xpt")
    start = len(data) - -(-len(layout.data) // 80) * 80
    rows = 80 // gcd(80, layout.width)
    short = data[: start + rows * layout.width]
    assert read_layout(short, "ex.xpt").data == layout.data[: rows * layout.width]
    with pytest.raises(BadInput, match=f"the file holds {rows} rows, its manifest says 591"):
        group.deliver("ex", short, records="591")
    with pytest.raises(BadInput, match="its manifest says sha256:00"):
        group.deliver("ex", data, sha256="sha256:" + "0" * 64)
    assert group.deliver("ex", data, records="591", sha256=_digest(data)).accepted


def _digest(data: bytes) -> str:
    import hashlib

    return "sha256:" + hashlib.sha256(data).hexdigest()


def test_what_breaks_a_rule_is_not_kept(group: Group) -> None:
    group.register()
    before = {p for p in (group.lab.home / "raw").rglob("*") if p.is_file()}
    for data, words in (
        (original("dm")[:-80], "cut off"),
        (xpt(frame("dm").iloc[[0, 0]], "DM"), "must be unique"),
        (b"", "empty"),
    ):
        with pytest.raises(BadInput, match=words):
            group.deliver("dm", data)
    future = frame("dm")
    future.loc[0, "RFENDTC"] = (group.lab.clock.now() + dt.timedelta(days=2)).date().isoformat()
    with pytest.raises(BadInput, match=r"sdtm_dm.xpt row 1 RFENDTC: .* lies after .*, when the data arrived"):
        group.deliver("dm", xpt(future, "DM"))
    assert {p for p in (group.lab.home / "raw").rglob("*") if p.is_file()} == before
    assert group.lab.app._core.ledger.versions("file", f"study/{STUDY}:dm.xpt") == ()
    assert len(group.lab.events("study-ingest-refused")) == 4


def test_a_sender_nobody_registered_is_quarantined_and_not_processed(group: Group) -> None:
    group.register()
    told = group.deliver("dm", sender="SOMEBODY")
    assert not told.accepted
    assert "quarantined: the sender 'SOMEBODY' is not registered" in told.message
    group.deliver("ex")
    with pytest.raises(Refused, match="the newest file of dm is in quarantine"):
        group.process()
    assert group.deliver("dm").facts["version"] == "2"
    assert group.process().accepted


def test_an_encoding_declared_with_the_delivery_is_a_parameter_of_the_run(group: Group) -> None:
    group.register(PLAN_TEXT.replace(b"encodings:\n  ts: WINDOWS-1252\n", b""))
    with pytest.raises(BadInput, match="not UTF-8"):
        group.deliver("ts")
    assert group.deliver("ts", encoding="WINDOWS-1252").facts["encoding"] == "WINDOWS-1252"
    group.deliver("dm")
    group.deliver("ex")
    run = group.process().facts["run"]
    assert group.lab.app._core.ledger.latest("run", run).content["parameters"]["encodings.ts"] == "WINDOWS-1252"


def test_a_byte_changed_in_the_landing_stops_processing_and_signing(at: Callable[[str], Group]) -> None:
    group = at("reviewed")
    group.hold("freeze")
    stored = group.lab.stored(_digest(original("ex")))
    stored.chmod(0o644)
    stored.write_bytes(original("ex").replace(b"2014-01-16", b"2014-01-15", 1))
    for act in (lambda: group.hold("lock"), lambda: group.sign("rejected", "quality")):
        with pytest.raises(NotIntact, match="digest"):
            act()


def test_a_changed_product_cannot_be_signed(at: Callable[[str], Group]) -> None:
    group = at("processed")
    run = RUN
    made = group.lab.app._core.ledger.latest("run", run).content["products"]["adsl"]
    path = group.lab.home / "results" / Digest(made).hex[:2] / Digest(made).hex
    path.chmod(0o644)
    path.write_bytes(path.read_bytes().replace(b"DISCONTINUED", b"COMPLETED", 1))
    with pytest.raises(NotIntact):
        group.sign("reviewed", "reviewer")
    with pytest.raises(NotIntact):
        group.studies.product(group.lab.session("auditor"), STUDY, "adsl")


# ------------------------------------------------------------------ who and when


def test_who_made_them_does_not_review_them(at: Callable[[str], Group]) -> None:
    group = at("delivered")
    group.process(who="analyst-reviewer")
    with pytest.raises(Refused, match="derived the tables of study CDISCPILOT01 and may not decide") as refused:
        group.sign("reviewed", "analyst-reviewer")
    assert refused.value.rule == "RR-G02"
    assert group.sign("reviewed", "reviewer").accepted


def test_who_reviewed_does_not_release(at: Callable[[str], Group]) -> None:
    group = at("processed")
    group.sign("reviewed", "reviewer-quality")
    group.hold("freeze")
    group.hold("lock")
    for meaning in ("released", "rejected"):
        with pytest.raises(Refused, match="reviewed the tables of study CDISCPILOT01 and may not decide") as refused:
            group.sign(meaning, "reviewer-quality")
        assert refused.value.rule == "RR-G02"
    assert group.sign("released", "quality").accepted


def test_who_brought_in_data_does_not_review(group: Group) -> None:
    group.register()
    for name in FILES:
        group.deliver(name, who="analyst-reviewer" if name == "ex" else "analyst")
    group.process()
    with pytest.raises(Refused, match="brought in data of study CDISCPILOT01") as refused:
        group.sign("reviewed", "analyst-reviewer")
    assert refused.value.rule == "RR-G02"


@pytest.mark.parametrize(
    ("who", "act"),
    [
        ("reviewer", lambda g, w: g.deliver("dm", who=w)),
        ("quality", lambda g, w: g.process(who=w)),
        ("analyst", lambda g, w: g.sign("reviewed", w)),
        ("reviewer", lambda g, w: g.sign("released", w)),
        ("analyst", lambda g, w: g.hold("freeze", w)),
        ("reviewer", lambda g, w: g.hold("lock", w)),
        ("auditor", lambda g, w: g.register(who=w)),
        ("administrator", lambda g, w: g.process(who=w)),
    ],
)
def test_roles(group: Group, who: str, act: object) -> None:
    group.register()
    with pytest.raises(Refused, match="may not") as refused:
        act(group, who)
    assert refused.value.rule == "RR-G01"


def test_release_needs_review_and_locked_data(at: Callable[[str], Group]) -> None:
    group = at("processed")
    with pytest.raises(Refused, match="are processed; they cannot be released now"):
        group.sign("released", "quality")
    group.sign("reviewed", "reviewer")
    with pytest.raises(Refused, match="the data of study CDISCPILOT01 are open; tables are released on locked data"):
        group.sign("released", "quality")
    with pytest.raises(Refused, match="lock needs them frozen"):
        group.hold("lock")
    with pytest.raises(Refused):
        group.decisions.sign(group.lab.session("quality"), STUDY, "released", "", group.lab.user("quality"), "wrong password")


def test_held_data_take_no_delivery_and_no_plan(at: Callable[[str], Group]) -> None:
    group = at("reviewed")
    group.hold("freeze")
    with pytest.raises(Refused, match="are frozen; a delivery needs them reopened"):
        group.deliver("dm")
    with pytest.raises(Refused, match="are frozen; its plan cannot change"):
        group.register(PLAN_TEXT.replace(b'last_visit: "12"', b'last_visit: "13"'))
    group.hold("reopen")
    assert group.seen() == ("open", "reviewed")


def test_reopening_locked_data_opens_a_deviation_that_waits_for_quality(at: Callable[[str], Group]) -> None:
    group = at("reviewed")
    group.hold("freeze")
    group.hold("lock")
    deviation = group.hold("reopen", reason="query 17 answered late").facts["deviation"]
    assert group.studies.waiting(group.lab.session("auditor"), STUDY) == (deviation,)
    group.hold("freeze")
    group.hold("lock")
    with pytest.raises(Refused, match=f"open deviation: {deviation}"):
        group.sign("released", "quality")
    lab = group.lab
    lab.app.decisions.dispose(
        lab.session("quality"), deviation, "accept", "same data", lab.user("quality"), lab.password("quality")
    )
    assert group.sign("released", "quality").accepted
    with pytest.raises(Refused, match="are released; their data stay locked"):
        group.hold("reopen")


def test_data_that_contradict_the_plan_open_a_deviation_and_review_waits(group: Group) -> None:
    group.register()
    changed = frame("ex")
    changed.loc[0, "EXDOSE"] = 54.0
    group.deliver("dm")
    group.deliver("ex", xpt(changed, "EX"))
    told = group.process()
    with pytest.raises(Refused, match=f"open deviation: {told.facts['deviations']}") as refused:
        group.sign("reviewed", "reviewer")
    assert refused.value.rule == "RR-F04"


def test_a_changed_plan_takes_the_tables_out_of_force(at: Callable[[str], Group]) -> None:
    group = at("reviewed")
    group.register(PLAN_TEXT.replace(b'pooled: "900"', b'pooled: "999"') + b'pooled: "999"\n')
    assert group.seen() == ("open", "none")
    with pytest.raises(Refused, match="has this plan already"):
        group.register(PLAN_TEXT + b'pooled: "999"\n')


# ------------------------------------------------------------------ tables as a source


def test_versions_of_delta_tables_give_the_same_tables_as_the_files(at: Callable[[str], Group], tmp_path: Path) -> None:
    deltalake, pyarrow = pytest.importorskip("deltalake"), pytest.importorskip("pyarrow")
    group = at("empty")
    core, analyst = group.lab.app._core, group.lab.session("analyst")
    tables = Datasets(core, str(tmp_path / "tables"))
    studies = Studies(core, tables=tables)
    group.register()
    for name in ("dm", "ex"):
        data = frame(name).astype(object).where(frame(name).notna(), None)
        deltalake.write_deltalake(str(tmp_path / "tables" / name), pyarrow.Table.from_pandas(data, preserve_index=False))
        tables.register(analyst, name, name, 0)
        assert studies.link(analyst, STUDY, name, name, 0).accepted
    group.deliver("ts")
    group.deliver("analysis")
    told = studies.process(analyst, STUDY)
    auditor = group.lab.session("auditor")
    for product in ("adsl", "baseline", "adtte", "efficacy", "sites", "adsl-xpt"):
        assert studies.product(auditor, STUDY, product) == pilot().products[product], product
    record = core.ledger.latest("run", told.facts["run"]).content
    assert (record["inputs"]["dm"]["record"], record["inputs"]["dm"]["version"]) == ("dataset/dm", 0)
    first = next((tmp_path / "tables" / "ex").glob("*.parquet"))
    first.write_bytes(first.read_bytes()[:-1] + b"?")
    with pytest.raises(NotIntact, match=r"the table has the content|is no Parquet"):
        studies.repeat(analyst, STUDY)


def test_rows_of_a_table_are_held_to_the_same_rules() -> None:
    good = '{"DOMAIN":"EX","EXDOSE":"54.0","USUBJID":"1"}\n'
    found = read_lines(good.encode(), "EX", "table")
    assert (found.names, found.rows) == (("DOMAIN", "EXDOSE", "USUBJID"), (("EX", "54", "1"),))
    for bad, words in (
        (good + '{"DOMAIN":"EX"}', "row 2: the row has other columns"),
        (good.replace("54.0", "NaN"), "row 1 EXDOSE: not a decimal number"),
        (good.replace("54.0", "1e999"), "row 1 EXDOSE: no number that a data set can hold"),
        ("{not json", "row 1: not a row of a table"),
        ('{"EXDOSE":54.0}', "row 1: not a row of a table"),
    ):
        with pytest.raises(BadInput, match=words):
            read_lines(bad.encode(), "EX", "table")
