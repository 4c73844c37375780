"""Revocation lists: made by one authority, one after another."""

from __future__ import annotations

import pytest
from cryptography import x509

from csvgen.crypto import certificates
from csvgen.crypto.revocation import REASONS, Revocation, newest, revoke, written
from csvgen.crypto.trust import Trust, issued_by, read_chain
from csvgen.errors import Refused

from .conftest import DAY, NOW


@pytest.fixture(scope="module")
def root():
    return certificates.make_root("Fictitious Works", NOW, demonstration=False)


@pytest.mark.parametrize("reason", sorted(REASONS))
def test_list_says_what_when_and_why(root, reason):
    crl = revoke(None, root, Revocation(7, NOW, reason, NOW - DAY), NOW)
    entry = crl.get_revoked_certificate_by_serial_number(7)
    assert entry.revocation_date_utc == NOW
    assert entry.extensions.get_extension_for_class(x509.CRLReason).value.reason is REASONS[reason]
    assert entry.extensions.get_extension_for_class(x509.InvalidityDate).value.invalidity_date_utc == NOW - DAY
    assert issued_by(crl, root.certificate)


def test_lists_go_on_from_each_other(root):
    first = revoke(None, root, Revocation(7, NOW, "superseded"), NOW)
    second = revoke(first, root, Revocation(8, NOW, "superseded"), NOW)
    assert {e.serial_number for e in second} == {7, 8}
    chain = read_chain(written(Trust((), (first,)), crl=second), "x")
    assert chain.crls == (second,), "a newer list stands in the place of the older"
    assert newest(Trust((), (second, first)), root.certificate) == second
    assert newest(Trust.none, root.certificate) is None


def test_what_is_refused(root):
    first = revoke(None, root, Revocation(7, NOW, "superseded"), NOW)
    other = certificates.make_root("Fictitious Works", NOW, demonstration=False)
    for listed, revocation, words in (
        (first, Revocation(7, NOW, "superseded"), "revoked before"), (first, Revocation(8, NOW + DAY, "superseded"), "not at a time to come"),
        (first, Revocation(8, NOW, "superseded", NOW + DAY), "not at a time to come"),
        (revoke(None, other, None, NOW), Revocation(8, NOW, "superseded"), "not signed by this authority"),
    ):  # fmt: skip
        with pytest.raises(Refused, match=words):
            revoke(listed, root, revocation, NOW)


def test_lists_of_others_stay_when_ours_is_renewed(root):
    other = certificates.make_root("Another Works", NOW, demonstration=False)
    theirs, ours = revoke(None, other, None, NOW), revoke(None, root, None, NOW)
    chain = read_chain(
        written(Trust((), (theirs, ours), intermediates=(other.certificate,)), crl=revoke(ours, root, None, NOW)), "x"
    )
    assert theirs in chain.crls
    assert ours not in chain.crls
    assert chain.intermediates == (other.certificate,)
