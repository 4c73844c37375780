"""Keys that never leave their token: smart cards, USB tokens and hardware security modules, spoken to by PKCS#11 (OASIS, v2.40).

The PIN is typed for one opening and kept nowhere. Which driver is loaded is the machine's own matter and comes from its environment:
a path in a project or a database would let whoever writes there run code.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote_to_bytes

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, load_der_public_key

from csvgen.crypto.keys import Algorithm, Credential, TokenKey, algorithm, public_bytes, signed_by
from csvgen.errors import BadInput, ConfigError, Refused

if TYPE_CHECKING:
    import pkcs11

MODULE = "CSVGEN_PKCS11_MODULE"
_PROBE = b"csvgen: does this key belong to this certificate?"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a key lies: label of the token and id of the key on it (CKA_ID)."""

    token: str
    key: bytes

    @property
    def uri(self) -> str:
        """As RFC 7512 writes it, without PIN and without module."""
        return f"pkcs11:token={quote(self.token, safe='')};id={''.join(f'%{byte:02X}' for byte in self.key)};type=private"

    @classmethod
    def read(cls, uri: str) -> Place:
        """Raises BadInput for anything but what `uri` writes."""
        scheme, _, path = uri.partition(":")
        named = dict(part.partition("=")[::2] for part in path.split(";"))
        found = cls(unquote_to_bytes(named.get("token", "")).decode("utf-8", "replace"), unquote_to_bytes(named.get("id", "")))
        if scheme != "pkcs11" or not found.token or not found.key or found.uri != uri:
            raise BadInput(f"{uri[:80]!r} does not name a key on a token")
        return found


def module(environ: Mapping[str, str] = os.environ) -> str:
    """The driver of this machine's tokens. Raises ConfigError when none is named."""
    path = environ.get(MODULE, "")
    if not os.path.isabs(path) or not os.path.isfile(path):  # noqa: PTH117, PTH113 - the text as the environment has it
        raise ConfigError(
            f"{MODULE} does not name a PKCS#11 driver",
            hint=f"set it to the whole path of the driver of the token, e.g. {MODULE}=/usr/lib/softhsm/libsofthsm2.so",
        )
    return path


class _Key:
    """A private key in an open session of its token."""

    def __init__(self, key: Any, kind: Algorithm) -> None:
        self._key = key
        self._kind = kind

    def sign(self, data: bytes) -> bytes:
        from pkcs11 import Mechanism

        if self._kind is Algorithm.RSA:
            return bytes(self._key.sign(data, mechanism=Mechanism.SHA256_RSA_PKCS))
        raw = bytes(self._key.sign(hashlib.sha256(data).digest(), mechanism=Mechanism.ECDSA))
        half = len(raw) // 2
        return encode_dss_signature(int.from_bytes(raw[:half], "big"), int.from_bytes(raw[half:], "big"))


@contextmanager
def opened(place: Place, certificate: x509.Certificate, pin: str, driver: str) -> Iterator[Credential]:
    """The credential of a key on a token, to sign with inside the block; the session with the token ends behind it.

    Raises Refused when the PIN is not right, the token or the key is not there, the key could be copied off the token, or is not that
    of the certificate.
    """
    with _session(driver, place.token, pin, write=False) as session:
        key = _private(session, place)
        credential = Credential(_Key(key, algorithm(certificate)), certificate)
        if not signed_by(certificate, _PROBE, credential.sign(_PROBE)):
            raise Refused("the key on the token is not that of the certificate on record")
        yield credential


def make_key(place: Place, pin: str, driver: str) -> ec.EllipticCurvePublicKey:
    """A new ECDSA P-256 key made on the token, never to leave it. Raises Refused when there is a key with this id."""
    from pkcs11 import Attribute, KeyType, ObjectClass
    from pkcs11.util.ec import encode_ec_public_key, encode_named_curve_parameters

    with _session(driver, place.token, pin, write=True) as session:
        if list(session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.ID: place.key})):
            raise Refused(f"the token {place.token!r} has a key with the id {place.key.hex()} already")
        curve = {Attribute.EC_PARAMS: encode_named_curve_parameters("secp256r1")}
        parameters = session.create_domain_parameters(KeyType.EC, curve, local=True)
        never_out = {Attribute.EXTRACTABLE: False, Attribute.SENSITIVE: True}
        public, _ = parameters.generate_keypair(store=True, id=place.key, label="csvgen", private_template=never_out)
        key = load_der_public_key(encode_ec_public_key(public))
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise Refused("the token made another kind of key than it was asked for")
    return key


def certificates(token: str, pin: str, driver: str) -> dict[bytes, x509.Certificate]:
    """Certificates on a token for which it also holds the private key: id of the key -> certificate."""
    from pkcs11 import Attribute, ObjectClass

    with _session(driver, token, pin, write=False) as session:
        found = {
            bytes(o[Attribute.ID]): bytes(o[Attribute.VALUE])
            for o in session.get_objects({Attribute.CLASS: ObjectClass.CERTIFICATE})
        }
        keys = {bytes(o[Attribute.ID]) for o in session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY})}
    return {key: x509.load_der_x509_certificate(der) for key, der in sorted(found.items()) if key in keys}


def keep_certificate(place: Place, certificate: x509.Certificate, pin: str, driver: str) -> None:
    """Put a certificate beside its key on the token, where other programs look for it."""
    from pkcs11 import Attribute, CertificateType, ObjectClass

    with _session(driver, place.token, pin, write=True) as session:
        session.create_object(
            {
                Attribute.CLASS: ObjectClass.CERTIFICATE, Attribute.CERTIFICATE_TYPE: CertificateType.X_509, Attribute.TOKEN: True,
                Attribute.ID: place.key, Attribute.LABEL: "csvgen", Attribute.SUBJECT: certificate.subject.public_bytes(),
                Attribute.VALUE: certificate.public_bytes(Encoding.DER),
            }
        )  # fmt: skip


def _private(session: pkcs11.Session, place: Place) -> Any:
    from pkcs11 import Attribute, ObjectClass

    found = list(session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.ID: place.key}))
    if len(found) != 1:
        raise Refused(f"the token {place.token!r} has {len(found) or 'no'} private key(s) with the id {place.key.hex()}")
    if found[0][Attribute.EXTRACTABLE] or not found[0][Attribute.SENSITIVE]:
        raise Refused("this key could be copied off its token; only one that cannot leave it is accepted", rule="RR-N07")
    return found[0]


@contextmanager
def _session(driver: str, token: str, pin: str, *, write: bool) -> Iterator[pkcs11.Session]:
    """A session as the token's user. What the driver says becomes a refusal in plain words, without the PIN."""
    try:
        import pkcs11
        from pkcs11 import exceptions as wrong
    except ImportError:
        raise ConfigError("keys on a token need python-pkcs11", hint="pip install 'csvgen[token]'") from None
    try:
        library = pkcs11.lib(driver)
        library.reinitialize()  # a token put in since, or another process's changes, are seen
        with library.get_token(token_label=token).open(user_pin=pin, rw=write) as session:
            yield session
    except wrong.NoSuchToken:
        raise Refused(f"there is no token {token!r} here", hint="is it plugged in?") from None
    except wrong.MultipleTokensReturned:
        raise Refused(f"more than one token is called {token!r}") from None
    except (wrong.PinIncorrect, wrong.PinInvalid, wrong.PinLenRange):
        raise Refused("the PIN is not right; the token counts such attempts and locks itself", rule="RR-D02") from None
    except wrong.PinLocked:
        raise Refused("the token has locked itself after too many wrong PINs", rule="RR-P04") from None
    except wrong.PKCS11Error as problem:
        raise Refused(f"the token {token!r} could not do this ({type(problem).__name__})") from None
    except RuntimeError:  # python-pkcs11 cannot load the driver
        raise ConfigError(f"{driver} is not a PKCS#11 driver") from None


__all__ = ["MODULE", "Place", "TokenKey", "certificates", "keep_certificate", "make_key", "module", "opened", "public_bytes"]
