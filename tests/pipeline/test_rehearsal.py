"""What is known before is said before anybody types a secret: acts go as far as their signature, and nothing is done."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from csvgen.errors import CsvgenError, Refused
from tests.pipeline.test_trail import rows

Act = Callable[[str, str], object]


def acts(lab) -> dict[str, tuple[Act, str]]:
    """Each act that is signed, at a moment at which it is refused whatever is typed, with words of the refusal."""
    app, s = lab.app, lab.session
    return {
        "review": (lambda u, w: app.decisions.sign(s("reviewer"), "L-1", "reviewed", "x", u, w), "already reviewed"),
        "release": (lambda u, w: app.decisions.sign(s("quality"), "L-1", "released", "x", u, w), "out of specification"),
        "dispose": (lambda u, w: app.decisions.dispose(s("quality"), "INV-0001", "accept", "x", u, w), "cannot be accepted"),
        "quarantine": (lambda u, w: app.arrivals.decide_quarantined(s("quality"), "L-1", "plate.csv", "accept", "x", u, w), "not in quarantine"),
        "invalidate": (lambda u, w: app.investigations.invalidate(s("quality"), "INV-0001", "2", "x", u, w), "no assignable cause"),
        "integration": (lambda u, w: app.integrations.sign_integration(s("reviewer"), "RI-0001", "x", u, w), "no reintegration"),
        "build": (lambda u, w: app.artifacts.build(s("analyst"), "nothing", "CHG-1", "c", u, w), "nothing"),
        "promote review": (lambda u, w: app.promotions.review(s("reviewer"), "ART-0001", "qualification", "none: x", "x", u, w), "already"),
        "promote approve": (lambda u, w: app.promotions.approve(s("quality"), "ART-0001", "qualification", "x", u, w), "already"),
        "withdraw": (lambda u, w: app.promotions.withdraw(s("quality"), "ART-0009", "x", u, w), "ART-0009"),
        "method": (lambda u, w: app.methods.approve(s("quality"), "MC-0001", "x", u, w), "MC-0001"),
        "revalidation": (lambda u, w: app.revalidations.complete(s("quality"), "qc-release", "x", "x", u, w), "evidence"),
        "extension": (lambda u, w: app.revalidations.extend(s("quality"), "qc-release", "2020-01-01", "x", u, w), "not into the past"),
        "certificate": (lambda u, w: app.certificates.correct_certificate(s("quality"), "L-1", "x", "x", u, w), "certificate"),
        "study plan": (lambda u, w: app.study_decisions.approve(s("quality"), "S-1:1", "x", u, w), "S-1:1"),
        "study hold": (lambda u, w: app.study_decisions.hold(s("quality"), "S-1", "freeze", "x", u, w), "S-1"),
        "study sign": (lambda u, w: app.study_decisions.sign(s("reviewer"), "S-1", "reviewed", "x", u, w), "S-1"),
    }  # fmt: skip


@pytest.fixture
def failing(lab):
    """A lot out of specification, reviewed."""
    lab.bring("L-1", "reviewed", "1.300")
    return lab


def test_every_signed_act_is_refused_before_components_are_asked_for(failing) -> None:
    for name, (act, words) in acts(failing).items():
        with pytest.raises(CsvgenError) as refused:
            failing.app.access.rehearse(lambda act=act: act("", ""))
        assert words in str(refused.value), name
        assert "component" not in str(refused.value), name


def test_an_act_that_may_be_signed_stops_there_and_does_nothing(lab) -> None:
    lab.bring("L-1", "reviewed")
    session = lab.session("quality")
    lab.app.access.whoami(session)
    before = rows(lab)
    act = lambda user, word: lab.app.decisions.sign(session, "L-1", "released", "meets it", user, word)  # noqa: E731 - as the door gives it
    assert lab.app.access.rehearse(lambda: act("", "")) is None
    assert rows(lab) == before
    assert lab.view("L-1").state == "reviewed"
    with pytest.raises(Refused, match="user id and password"):
        act("", "")
    assert act(lab.user("quality"), lab.password("quality")).accepted


def test_who_cannot_sign_at_all_is_told_before_the_password(lab) -> None:
    lab.bring("L-1", "processed")
    lab.app.access.create_account(
        lab.session("administrator"), "new.person", "New Person", ("reviewer",), "first-Word-of-Many-90"
    )
    session = lab.app.access.log_in("new.person", "first-Word-of-Many-90").reference
    lab.app.decisions.review_packet(session, "L-1")
    with pytest.raises(Refused, match="must first set a password of their own"):
        lab.app.access.rehearse(lambda: lab.app.decisions.sign(session, "L-1", "reviewed", "x", "", ""))


def test_what_asks_for_no_signature_is_done_and_its_outcome_comes_back(lab) -> None:
    lab.ingest("L-1", lab.plate("1.000"))
    told = lab.app.access.rehearse(lambda: lab.app.records.change(lab.session("analyst"), "L-1", "comment", "x", "y"))
    assert told is not None
    assert told.accepted
