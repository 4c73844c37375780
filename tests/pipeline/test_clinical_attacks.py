"""Clinical data that were tampered with: a subject altered, another study's file, an older run shown as the current one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from csvgen.canonical import Digest
from csvgen.errors import BadInput, NotIntact, Refused

from .clinical_lab import frame, xpt
from .test_clinical_studies import RUN, STUDY, Group, at, stages  # noqa: F401 - fixtures

At = Callable[[str], Group]


def product(group: Group, run: str, name: str) -> Path:
    """Where the bytes of a product lie."""
    made = Digest(group.lab.app._core.ledger.latest("run", run).content["products"][name])
    return group.lab.home / "results" / made.hex[:2] / made.hex


def overwritten(path: Path, data: bytes) -> None:
    path.chmod(0o644)
    path.write_bytes(data)


@pytest.mark.parametrize("name", ["adsl", "adtte", "adsl-xpt"])
def test_one_subject_altered_in_a_derived_table(at: At, name: str) -> None:  # noqa: F811
    group = at("reviewed")
    group.hold("freeze")
    group.hold("lock")
    path = product(group, RUN, name)
    data = path.read_bytes()
    place = data.index(b"01-701-1015")
    overwritten(path, data[:place] + b"01-701-1016" + data[place + 11 :])
    with pytest.raises(NotIntact):
        group.studies.product(group.lab.session("auditor"), STUDY, name)
    with pytest.raises(NotIntact):
        group.sign("released", "quality")
    if name != "adsl-xpt":  # origins are told from the tables themselves
        with pytest.raises(NotIntact):
            group.studies.rows(group.lab.session("auditor"), RUN, "ADSL", ("01-701-1015",))
    assert group.seen()[1] == "reviewed"


@pytest.mark.parametrize("name", ["dm", "ex", "ts"])
def test_the_file_of_another_study_is_refused_by_row_and_variable(at: At, name: str) -> None:  # noqa: F811
    group = at("processed")
    other = frame(name)
    other["STUDYID"] = "CDISCPILOT02"
    before = group.seen()
    with pytest.raises(BadInput, match=rf"sdtm_{name}.xpt row 1 STUDYID: study 'CDISCPILOT02', expected is 'CDISCPILOT01'"):
        group.deliver(name, xpt(other, name.upper()))
    assert group.seen() == before, "the tables that are in force stay in force"


def test_one_row_of_another_study_among_the_right_ones(at: At) -> None:  # noqa: F811
    group = at("processed")
    mixed = frame("ex")
    mixed.loc[400, "STUDYID"] = "CDISCPILOT02"
    with pytest.raises(BadInput, match="row 401 STUDYID"):
        group.deliver("ex", xpt(mixed, "EX"))


def test_another_studys_subjects_under_the_name_of_this_one(at: At) -> None:  # noqa: F811
    """Whoever forged the name of the study as well: nobody in DM has had these doses."""
    group = at("delivered")
    forged = frame("ex")
    forged["USUBJID"] = forged["USUBJID"].str.replace("01-", "99-", n=1)
    group.deliver("ex", xpt(forged, "EX"))
    with pytest.raises(BadInput, match=r"ex.xpt: subject that DM does not know: 99-701-1015 \(row 1\)"):
        group.process()
    assert group.lab.app._core.ledger.all("run") == ()


def test_two_inputs_swapped(at: At) -> None:  # noqa: F811
    group = at("processed")
    with pytest.raises(BadInput):
        group.deliver("dm", xpt(frame("ex"), "EX"))
    with pytest.raises(BadInput):
        group.deliver("ex", xpt(frame("dm"), "DM"))


def test_the_landed_file_replaced_by_another_studys(at: At) -> None:  # noqa: F811
    group = at("delivered")
    other = frame("dm")
    other["STUDYID"] = "CDISCPILOT02"
    landed = group.lab.app._core.known("study", STUDY, type(group.studies.study(group.lab.session("auditor"), STUDY)[0]))[0].files
    overwritten(group.lab.stored(landed["dm"].sha256), xpt(other, "DM"))
    with pytest.raises(NotIntact, match=r"dm\.xpt"):
        group.process()
    assert group.lab.app._core.ledger.all("run") == ()


def test_a_table_of_an_older_run_is_not_shown_as_the_current_one(at: At) -> None:  # noqa: F811
    group = at("reviewed")
    older = product(group, RUN, "adsl").read_bytes()
    changed = frame("dm")
    changed.loc[0, "AGE"] = changed.loc[0, "AGE"] + 1
    group.deliver("dm", xpt(changed, "DM"))
    auditor = group.lab.session("auditor")
    with pytest.raises(Refused, match="no tables in force"):
        group.studies.product(auditor, STUDY, "adsl")
    run = group.process().facts["run"]
    current = group.studies.product(auditor, STUDY, "adsl")
    assert (run, current != older) == ("RUN-0002", True)
    overwritten(product(group, run, "adsl"), older)
    with pytest.raises(NotIntact):
        group.studies.product(auditor, STUDY, "adsl")
    with pytest.raises(NotIntact):
        group.sign("reviewed", "reviewer")
