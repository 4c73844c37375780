"""Time stamps of signed PDF files are renewed before they end, as an act on record; or nothing is changed."""

from __future__ import annotations

import datetime as dt

import pytest

from csvgen.canonical import digest_bytes
from csvgen.crypto import certificates
from csvgen.crypto.timestamps import time_authority
from csvgen.errors import CsvgenError, Refused
from csvgen.signature import pdf, pdf_archive
from csvgen.workflow import renewal

from ..counterparts.openssl_tsa import openssl_tsa
from ..tiny import OPERATOR, SYSTEM
from .test_desk import Seat
from .test_stamped import settled

pytestmark = pytest.mark.needs("openssl")
LONG = dt.timedelta(days=36_500)


@pytest.fixture
def stamped(tiny, tmp_path):
    """A signed plan with the stamp of one authority, and a second authority that lasts longer."""
    project = tiny("founded")
    project.report("plan")
    with openssl_tsa(tmp_path / "tsa") as tsa:
        (project.root / "trust" / "tsa.pem").write_bytes(certificates.pem(tsa.roots))
        settled(project, tsa.url)
        Seat(project, "ruth.amsel").sign("TNY-VP")
        yield project, tsa


def plan_file(project):
    return project.root / "output" / SYSTEM / "documents" / "TNY-VP" / "r1" / "TNY-VP-r1.pdf"


def ends(project):
    return pdf_archive.due(plan_file(project).read_bytes())


def test_only_what_ends_soon_is_due(stamped) -> None:
    project, _ = stamped
    end = ends(project)
    day = dt.timedelta(days=1)
    assert not list(renewal.endings(project.state, end - 10 * day, 9 * day))
    (found,) = renewal.endings(project.state, end - 10 * day, 11 * day)
    assert (found.record, found.path.name, found.ends) == ("TNY-VP r1", "TNY-VP-r1.pdf", end)


def test_a_stamp_that_would_last_no_longer_is_not_put(stamped) -> None:
    project, _ = stamped
    before = plan_file(project).read_bytes()
    (found,) = renewal.endings(project.state, project.clock.now(), LONG)
    with pytest.raises(Refused, match="no later than the one that is there"):
        renewal.renew(found, time_authority(project.config), project.state.trust, project.ledger, project.clock, OPERATOR)
    assert plan_file(project).read_bytes() == before
    assert not [e for e in project.ledger.events() if e.action == "renew"]


def test_a_further_stamp_covers_all_and_is_on_record(stamped) -> None:
    """The authority has a new certificate by then; here the old stamp is taken to have ended earlier, so that no year has to pass."""
    project, tsa = stamped
    before = plan_file(project).read_bytes()
    (found,) = renewal.endings(project.state, project.clock.now(), LONG)
    sooner = renewal.Ending(found.record, found.path, found.ends - dt.timedelta(days=300))
    end = renewal.renew(sooner, time_authority(project.config), project.state.trust, project.ledger, project.clock, OPERATOR)
    after = plan_file(project).read_bytes()
    assert end == found.ends
    assert after.startswith(before)
    believed = project.state.trust
    times = type(believed)((*believed.roots, *tsa.roots), believed.crls, intermediates=believed.intermediates)
    seen = pdf.inspect(after, times)
    assert len(seen.time_stamps) == len(pdf.inspect(before, times).time_stamps) + 1
    assert not seen.faults
    (event,) = [e for e in project.ledger.events() if e.action == "renew"]
    told = {c.field: c.new for c in event.changes}
    assert (told["before"], told["after"]) == (digest_bytes(before), digest_bytes(after))
    assert project.state.approved("plan")


def test_an_authority_that_does_not_answer_changes_nothing(stamped) -> None:
    project, tsa = stamped
    before = plan_file(project).read_bytes()
    (found,) = renewal.endings(project.state, project.clock.now(), LONG)
    tsa.status = 503
    with pytest.raises(CsvgenError):
        renewal.renew(found, time_authority(project.config), project.state.trust, project.ledger, project.clock, OPERATOR)
    assert plan_file(project).read_bytes() == before
