"""The recorder's own one-time codes, against the vectors of RFC 6238, appendix B, and what a refusal may leave in a trail."""

from __future__ import annotations

import base64

import pytest

from csvgen.ports import AuditEntry
from csvgen.steps.factor import totp
from csvgen.steps.states import grown

SECRET = base64.b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    ("moment", "code"),
    [(59, "94287082"), (1111111109, "07081804"), (1234567890, "89005924"), (2000000000, "69279037"), (20000000000, "65353130")],
)
def test_codes_are_those_of_the_standard(moment: int, code: str):
    assert totp(SECRET, moment // 30) == code[-6:]  # the vectors have eight digits; six of them are the last six


def entry(number: int, action: str) -> AuditEntry:
    return AuditEntry(number, "2026-06-23T08:00:00Z", "+00:00", "someone", "Someone", action, "lot/L-1", "", "", "", "")


def test_growth_of_a_trail_is_told_event_by_event():
    before = (entry(1, "create"), entry(2, "process"))
    assert grown(before, before) == "nothing"
    assert grown(before, (*before, entry(3, "sign-released-refused"))) == "sign-released-refused by someone"
    assert grown(before, (*before, entry(3, "x"), entry(4, "y"))) == "x by someone; y by someone"
    assert grown(before, (entry(1, "create"), entry(3, "x"))) == "entry 2 is gone; x by someone"
