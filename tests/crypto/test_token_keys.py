"""Keys on a token (PKCS#11), held against SoftHSM2."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from csvgen.crypto import certificates, cms, token_keys
from csvgen.crypto.keys import Algorithm, signed_by
from csvgen.crypto.token_keys import Place
from csvgen.errors import BadInput, ConfigError, Refused

from ..counterparts.softhsm import PIN, SoftHsm, softhsm
from .conftest import DAY, NOW, issue

pytestmark = pytest.mark.needs("softhsm2-util")


@pytest.fixture(scope="module")
def hsm(tmp_path_factory):
    with softhsm(tmp_path_factory.mktemp("hsm")) as found:
        yield found


@pytest.fixture(scope="module")
def ada(hsm: SoftHsm) -> tuple[Place, x509.Certificate]:
    """A key made on a token, certified by our authority, its certificate beside it."""
    place = Place(hsm.token("ada's card; no. 1"), b"\x01\xab\xff")
    key = token_keys.make_key(place, PIN, hsm.driver)
    root = certificates.make_root("Fictitious Works", NOW, demonstration=True)
    certificate = certificates.certify_person(
        root,
        key,
        person="a.lovelace",
        printed_name="Ada Lovelace",
        organisation="Works",
        now=NOW,
        until=NOW + 9 * DAY,
        publishes=False,
    )
    token_keys.keep_certificate(place, certificate, PIN, hsm.driver)
    return place, certificate


def test_a_key_made_on_a_token_signs(hsm, ada):
    place, certificate = ada
    with token_keys.opened(place, certificate, PIN, hsm.driver) as credential:
        signed = cms.sign(b"record", credential, NOW)
        with pytest.raises(Refused, match="never leaves"):
            _ = credential.key
    assert cms.verify(b"record", signed, "x").certificate == certificate


def test_the_key_cannot_be_taken_off(hsm, ada):
    """Asked by the driver itself, as a thief with the PIN would."""
    import pkcs11
    from pkcs11 import Attribute, KeyType, ObjectClass, exceptions
    from pkcs11.mechanisms import Mechanism

    place, _ = ada
    with pkcs11.lib(hsm.driver).get_token(token_label=place.token).open(user_pin=PIN, rw=True) as session:
        (key,) = session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.ID: place.key})
        with pytest.raises(exceptions.AttributeSensitive):
            _ = key[Attribute.VALUE]
        wrapping = session.generate_key(KeyType.AES, 256)
        with pytest.raises(exceptions.KeyUnextractable):
            wrapping.wrap_key(key, mechanism=Mechanism.AES_KEY_WRAP)
        with pytest.raises(exceptions.AttributeReadOnly):
            key[Attribute.EXTRACTABLE] = True


@pytest.mark.parametrize("pin", ["471101", "", "4" * 300, "4711"])
def test_another_pin_is_refused(hsm, ada, pin):
    place, certificate = ada
    with pytest.raises(Refused, match="PIN is not right") as told, token_keys.opened(place, certificate, pin, hsm.driver):
        pass
    assert pin == "" or pin not in str(told.value)


def test_what_is_not_there(hsm, ada):
    place, certificate = ada
    for wrong, words in ((Place("nobody", place.key), "no token"), (Place(place.token, b"\x07"), "no private key")):
        with pytest.raises(Refused, match=words), token_keys.opened(wrong, certificate, PIN, hsm.driver):
            pass


def test_certificate_of_somebody_else(hsm, ada):
    place, _ = ada
    other = issue("Ada Lovelace").certificate
    with pytest.raises(Refused, match="not that of the certificate"), token_keys.opened(place, other, PIN, hsm.driver):
        pass


def test_an_id_is_never_overwritten(hsm, ada):
    with pytest.raises(Refused, match="already"):
        token_keys.make_key(ada[0], PIN, hsm.driver)


@pytest.mark.parametrize("kind", list(Algorithm))
def test_a_card_of_the_organisation(hsm, tmp_path, kind):
    """The card office made key and certificate; we find and use them."""
    key = {
        Algorithm.RSA: lambda: rsa.generate_private_key(65537, 2048),
        Algorithm.ECDSA_P384: lambda: ec.generate_private_key(ec.SECP384R1()),
        Algorithm.ECDSA_P256: lambda: ec.generate_private_key(ec.SECP256R1()),
    }[kind]()
    label = hsm.token(f"card {kind}")
    (tmp_path / "k.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    hsm.import_key(label, tmp_path / "k.pem", "a1")
    made = issue("Ada Lovelace", key=key).certificate
    token_keys.keep_certificate(Place(label, b"\xa1"), made, PIN, hsm.driver)
    assert token_keys.certificates(label, PIN, hsm.driver) == {b"\xa1": made}
    with token_keys.opened(Place(label, b"\xa1"), made, PIN, hsm.driver) as credential:
        assert signed_by(made, b"x", credential.sign(b"x"))
        assert cms.verify(b"record", cms.sign(b"record", credential, NOW), "x").certificate == made


def test_a_key_that_can_be_copied_is_not_accepted(hsm):
    from pkcs11 import Attribute, KeyType, lib
    from pkcs11.util.ec import encode_ec_public_key, encode_named_curve_parameters

    label = hsm.token("loose")
    library = lib(hsm.driver)
    library.reinitialize()
    with library.get_token(token_label=label).open(user_pin=PIN, rw=True) as session:
        curve = {Attribute.EC_PARAMS: encode_named_curve_parameters("secp256r1")}
        parameters = session.create_domain_parameters(KeyType.EC, curve, local=True)
        loose = {Attribute.EXTRACTABLE: True, Attribute.SENSITIVE: False}
        public, _ = parameters.generate_keypair(store=True, id=b"\x01", private_template=loose)
        encode_ec_public_key(public)
    with (
        pytest.raises(Refused, match="copied off its token"),
        token_keys.opened(Place(label, b"\x01"), issue("Ada Lovelace").certificate, PIN, hsm.driver),
    ):
        pass


def test_the_driver_is_the_machines_own_matter(hsm, tmp_path):
    assert token_keys.module() == hsm.driver
    for environ in ({}, {token_keys.MODULE: "libsofthsm2.so"}, {token_keys.MODULE: str(tmp_path / "none.so")}):
        with pytest.raises(ConfigError, match="does not name"):
            token_keys.module(environ)
    (tmp_path / "text.so").write_text("no driver")
    with (
        pytest.raises((ConfigError, Refused)),
        token_keys.opened(Place("x", b"\x01"), issue("Ada Lovelace").certificate, PIN, str(tmp_path / "text.so")),
    ):
        pass


@pytest.mark.parametrize("label", ["ada", "ada's card; no. 1", "Ключ %41", "a=b;id=%01", "a?module-path=/tmp/x.so"])
def test_place_of_a_key_reads_back_as_written(label):
    place = Place(label, b"\x00\xff")
    assert Place.read(place.uri) == place
    assert "?" not in place.uri


@pytest.mark.parametrize(
    "uri",
    ["", "pkcs11:", "file:/x", "pkcs11:token=a;id=%01", "pkcs11:token=a;id=%01;type=private?module-path=/tmp/x.so", "pkcs11:id=%01;token=a;type=private"],
)  # fmt: skip
def test_other_spellings_of_a_place_are_refused(uri):
    with pytest.raises(BadInput):
        Place.read(uri)
