"""certomancer: a certificate authority with OCSP, revocation lists and an RFC 3161 time-stamp authority, on loopback.

    with authority(folder) as pki:
        pki.roots                              certificates to believe
        pki.time_stamps                        URL of the time-stamp authority
        signer = pki.issue("Mara Ivens (fictitious)", "mara.ivens")      a csvgen Credential, its chain in it
        pki.revoke(signer)                     since the beginning of this minute, or since a given moment
        pki.revocation_list()                  DER, as published now

It runs in a process of its own, because it and pyHanko both add to the same tables of asn1crypto. The process reads its settings
again whenever the file changes; certificates once issued stay the same bytes.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_EVER = {"valid-from": "2020-01-01T00:00:00+0000", "valid-to": "2060-01-01T00:00:00+0000"}


def _usage(*names: str) -> dict[str, Any]:
    return {"id": "key_usage", "critical": True, "smart-value": {"schema": "key-usage", "params": list(names)}}


def _ca(path_length: int | None) -> dict[str, Any]:
    value = {"ca": True} | ({} if path_length is None else {"path_len_constraint": path_length})
    return {"id": "basic_constraints", "critical": True, "value": value}


_END = {"id": "basic_constraints", "critical": True, "value": {"ca": False}}
_LISTS = {
    "id": "crl_distribution_points",
    "smart-value": {"schema": "crl-dist-url", "params": {"crl-repo-names": ["issuing"]}},
}
_SERVICES = {
    "id": "authority_information_access",
    "smart-value": {
        "schema": "aia-urls",
        "params": {"ocsp-responder-names": ["issuing"], "ca-issuer-links": [{"repo": "root", "cert-labels": ["issuing"]}]},
    },
}


def _eku(*names: str, critical: bool = False) -> dict[str, Any]:
    return {"id": "extended_key_usage", "critical": critical, "value": list(names)}


def _certificate(subject: str, issuer: str, *extensions: dict[str, Any], validity: dict[str, str] = _EVER) -> dict[str, Any]:
    return {
        "subject": subject,
        "subject-key": subject,
        "issuer": issuer,
        "authority-key": issuer,
        "validity": validity,
        "extensions": list(extensions),
    }


def _settings(url: str) -> dict[str, Any]:
    names = ("root", "issuing", "responder", "tsa")
    pki = {
        "keyset": "tests",
        "entity-defaults": {"organization-name": "csvgen tests (fictitious)"},
        "entities": {
            "root": {"common-name": "Test root"},
            "issuing": {"common-name": "Test issuing authority"},
            "responder": {"common-name": "Test OCSP responder"},
            "tsa": {"common-name": "Test time-stamp authority"},
        },
        "certs": {
            "root": _certificate("root", "root", _ca(None), _usage("key_cert_sign", "crl_sign")),
            "issuing": _certificate("issuing", "root", _ca(0), _usage("key_cert_sign", "crl_sign")),
            "responder": _certificate(
                "responder",
                "issuing",
                _END,
                _usage("digital_signature"),
                _eku("ocsp_signing"),
                {"id": "ocsp_no_check"},
            ),
            "tsa": _certificate("tsa", "root", _END, _usage("digital_signature"), _eku("time_stamping", critical=True)),
        },
        "services": {
            "ocsp": {"issuing": {"for-issuer": "issuing", "responder-cert": "responder"}},
            "crl-repo": {
                "issuing": {"for-issuer": "issuing", "simulated-update-schedule": "PT1M"},
                "root": {"for-issuer": "root", "simulated-update-schedule": "P90D"},
            },
            "cert-repo": {"root": {"for-issuer": "root"}, "issuing": {"for-issuer": "issuing"}},
            "time-stamping": {"tsa": {"signing-cert": "tsa"}},
        },
    }
    return {
        "external-url-prefix": url,
        "keysets": {"tests": {"path-prefix": "keys", "keys": {n: {"path": f"{n}.pem"} for n in names}}},
        "pki-architectures": {"tests": pki},
    }


@dataclass
class Authority:
    """What stands on the other side, and how to ask it."""

    folder: Path
    url: str
    _config: dict[str, Any]
    _people: int = 0
    _labels: dict[int, str] = field(default_factory=dict)

    @property
    def time_stamps(self) -> str:
        return f"{self.url}/tests/tsa/tsa"

    @property
    def ocsp(self) -> str:
        return f"{self.url}/tests/ocsp/issuing"

    @property
    def roots(self) -> tuple[Any, ...]:
        return (self._certificate("root", "root"),)

    @property
    def issuing(self) -> Any:
        """The authority that issues to people."""
        return self._certificate("root", "issuing")

    @property
    def tsa_certificate(self) -> Any:
        return self._certificate("root", "tsa")

    def trust_file(self, path: Path) -> Path:
        """The roots as a PEM file."""
        from csvgen.crypto.certificates import pem

        path.write_bytes(pem(self.roots))
        return path

    def issue(self, printed_name: str, person: str, *, validity: tuple[dt.datetime, dt.datetime] | None = None) -> Any:
        """A person's credential from the issuing authority: ECDSA P-256, with the places of OCSP and revocation list in it."""
        from csvgen.crypto.keys import Credential

        self._people += 1
        label = f"person{self._people}"
        key = _new_key(self.folder, label)
        pki = self._config["pki-architectures"]["tests"]
        self._config["keysets"]["tests"]["keys"][label] = {"path": f"{label}.pem"}
        pki["entities"][label] = {
            "organizational-unit-name": "People",
            "common-name": printed_name,
            "serial-number": person,
        }
        when = _EVER
        if validity is not None:
            when = {"valid-from": validity[0].isoformat(), "valid-to": validity[1].isoformat()}
        usages = (_usage("digital_signature", "non_repudiation"), _eku("email_protection", "1.3.6.1.5.5.7.3.36"))
        pki["certs"][label] = _certificate(label, "issuing", _END, *usages, _LISTS, _SERVICES, validity=when)
        self._write()
        certificate = self._certificate("issuing", label)
        self._labels[certificate.serial_number] = label
        return Credential(key, certificate, (self.issuing,))

    def revoke(self, credential: Any, since: dt.datetime | None = None) -> None:
        """From `since` on the authority no longer stands by this certificate. Lists are of each full minute, so that is the default."""
        label = self._labels[credential.certificate.serial_number]
        moment = since or dt.datetime.now(dt.UTC).replace(second=0, microsecond=0)
        revocation = {"revoked-since": moment.isoformat(), "reason": "key_compromise"}
        self._config["pki-architectures"]["tests"]["certs"][label]["revocation"] = revocation
        self._write()

    def revocation_list(self, issuer: str = "issuing") -> bytes:
        """The newest list of the issuing authority or of the root, DER."""
        return self._get(f"crls/{issuer}/latest.crl")

    def _certificate(self, repository: str, label: str) -> Any:
        from cryptography import x509

        name = "ca.crt" if repository == label else f"issued/{label}.crt"
        return x509.load_der_x509_certificate(self._get(f"certs/{repository}/{name}"))

    def _get(self, path: str) -> bytes:
        with urllib.request.urlopen(f"{self.url}/tests/{path}", timeout=20) as answer:
            return bytes(answer.read())

    def _write(self) -> None:
        fresh = self.folder / "pki.json.new"
        fresh.write_text(json.dumps(self._config))
        fresh.replace(self.folder / "pki.json")


def _new_key(folder: Path, label: str, *, rsa_bits: int = 0) -> Any:
    from cryptography.hazmat.primitives.asymmetric import ec, rsa
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = rsa.generate_private_key(65537, rsa_bits) if rsa_bits else ec.generate_private_key(ec.SECP256R1())
    (folder / "keys").mkdir(parents=True, exist_ok=True)
    data = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "keys" / f"{label}.pem").write_bytes(data)
    return key


@contextlib.contextmanager
def authority(folder: Path) -> Iterator[Authority]:
    """A running authority of its own, with fresh keys in `folder`. The time-stamp authority signs with RSA, all others with ECDSA."""
    from . import answers, free_port, running

    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    for label in ("root", "issuing", "responder"):
        _new_key(folder, label)
    _new_key(folder, "tsa", rsa_bits=2048)
    found = Authority(folder, url, _settings(url))
    found._write()
    command = [sys.executable, "-P", __file__, str(folder / "pki.json"), str(port)]
    with running(command, lambda: answers(port), folder / "authority.log"):
        yield found


# ------------------------------------------------------------------ the process itself


def _serve(path: Path, port: int) -> None:
    from wsgiref.simple_server import WSGIRequestHandler, make_server

    from certomancer.integrations.animator import Animator, AnimatorArchStore
    from certomancer.registry import CertomancerConfig

    issued: dict[Any, Any] = {}
    state: dict[str, Any] = {"seen": None, "application": None}

    def application(environ: Any, start: Any) -> Any:
        text = path.read_text()
        if text != state["seen"]:
            config = CertomancerConfig(json.loads(text), key_search_dir=str(path.parent))
            for architecture in config.pki_archs.values():
                architecture._cert_cache.update(issued)
                for label in architecture._cert_specs:
                    issued[label] = architecture.get_cert(label)
            state.update(seen=text, application=Animator(AnimatorArchStore(config.pki_archs), with_web_ui=False))
        return state["application"](environ, start)

    class Quiet(WSGIRequestHandler):
        def log_message(self, *_: Any) -> None:
            """Only errors are worth a line."""

    make_server("127.0.0.1", port, application, handler_class=Quiet).serve_forever()


if __name__ == "__main__":
    _serve(Path(sys.argv[1]), int(sys.argv[2]))
