"""The declarative HTTP adapter: what a description says, what is refused in one, and what the world does instead of answering."""

from __future__ import annotations

import datetime as dt
import email.utils
import json
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from csvgen.errors import ConfigError, Refused
from csvgen.model.counterpart import Counterpart
from csvgen.ports import Secret
from csvgen.targets import bind
from csvgen.targets.http.description import read_description, schema
from csvgen.views import NotOffered, Unanswered, Unreachable

PASSWORD = "kept-in-the-environment-9"
DESCRIPTION = """
format: csvgen.http-target/1
name: Stub
address: {env: STUB_URL}
instance: one
counterpart: {kind: stub, name: stub of the tests, version: "1"}
timeout: "3"
patience: "1"
accounts:
  analyst: {user_id: ada, printed_name: Ada Lund, password: {env: STUB_PASSWORD}}
access:
  log_in: {request: POST /login, body: {user: "{user_id}", secret: "{password}"}, reference: "{/token}"}
  whoami: {request: GET /me}
records:
  sample:
    read: {request: "GET /samples/{id}", absent: ["404"], version: "{/v}", state: "{/state}", fields: {amount: "{/data/0/amount}", unit: mg}}
    change: {request: "PATCH /samples/{id}", body: {"{field}": "{value}", reason: "{reason}"}}
forms:
  sample: {fields: [id, amount], enter: {request: POST /samples, body: "{values}", reference: "sample/{/id}"}}
audit_trail:
  entries:
    request: "GET /audit?after={after}"
    rows: "{/rows}"
    each: {number: "{/n}", at: "{/at}", user_id: "{/who}", action: "{/did}", record: "{/what}"}
  actions: {EDIT: change}
installation:
  clock: {request: GET /clock, utc: "{/now}"}
"""


class Stub:
    """Answers what a test told it to, and keeps what it was asked."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.answers: list[tuple[int, object, dict[str, str]]] = []
        self.asked: list[tuple[str, str, object, dict[str, str]]] = []
        stub = self

        class Handler(BaseHTTPRequestHandler):
            def _handle(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                stub.asked.append((self.command, self.path, json.loads(body) if body else None, dict(self.headers)))
                status, content, headers = stub.answers.pop(0) if len(stub.answers) > 1 else stub.answers[0]
                data = content if isinstance(content, bytes) else json.dumps(content).encode()
                self.send_response_only(status)
                for name, value in {"Content-Length": str(len(data)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_PATCH = do_DELETE = _handle  # noqa: N815 - the names of the library

            def log_message(self, *_: object) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if context is not None:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()
        self.url = f"{'https' if context else 'http'}://127.0.0.1:{self.server.server_port}"

    def says(self, status: int, content: object = b"", **headers: str) -> None:
        self.answers.append((status, content, {k.replace("_", "-"): v for k, v in headers.items()}))

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def stub() -> Iterator[Stub]:
    made = Stub()
    yield made
    made.close()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STUB_PASSWORD", PASSWORD)
    (tmp_path / "stub.yaml").write_text(DESCRIPTION)
    return tmp_path


@pytest.fixture
def target(stub: Stub, project: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    monkeypatch.setenv("STUB_URL", stub.url)
    made = bind("lims", {"adapter": "http", "description": "stub.yaml", "root": str(project)})
    yield made
    made.close()


# ------------------------------------------------------------ what the description says


def test_a_log_in_and_what_it_sends(stub: Stub, target) -> None:
    stub.says(200, {"token": "T-1", "detail": "welcome"})
    account = target.port("Access").test_account("analyst")
    opened = target.port("Access").log_in(account.user_id, account.password)
    assert (opened.accepted, opened.message, opened.reference) == (True, "welcome", "T-1")
    assert stub.asked[0][:3] == ("POST", "/login", {"user": "ada", "secret": PASSWORD})
    assert PASSWORD not in repr((account, opened, target.description))
    with pytest.raises(KeyError):
        target.port("Access").test_account("stranger")


def test_a_record_is_read_with_its_places_and_decimals_as_written(stub: Stub, target) -> None:
    stub.says(200, b'{"v": 3, "state": "new", "data": [{"amount": 0.10}]}')
    record = target.port("Records").read("T-1", "sample/A B/../1")
    assert (record.version, record.state, dict(record.fields)) == (3, "new", {"amount": "0.10", "unit": "mg"})
    method, path, _, headers = stub.asked[0]
    assert (method, path) == ("GET", "/samples/A%20B%2F..%2F1")  # an id never leaves its segment of the path
    assert headers["Authorization"] == "Bearer T-1"


def test_what_is_not_there_and_what_is_refused(stub: Stub, target) -> None:
    records = target.port("Records")
    stub.says(404, {"detail": "no"})
    assert records.read("T", "sample/1") is None
    stub.answers = [(403, {"detail": "you may not"}, {})]
    refused = records.change("T", "sample/1", "amount", "2", "typed wrong")
    assert (refused.accepted, refused.message, refused.facts) == (False, "you may not", {"kind": "authority"})
    assert stub.asked[-1][2] == {"amount": "2", "reason": "typed wrong"}
    with pytest.raises(Refused, match="you may not"):
        records.read("T", "sample/1")
    stub.answers = [(401, {"detail": "over"}, {})]
    assert target.port("Access").whoami("T").facts == {"kind": "session"}
    assert target.port("Access").log_in("ada", Secret("x")).facts == {"kind": "credentials"}


def test_a_form_sends_what_was_entered_and_nothing_else(stub: Stub, target) -> None:
    stub.says(201, {"id": "S-1"})
    entry = target.port("Entry")
    made = entry.enter("T", "sample", {"amount": "   "}, "why")
    assert (made.reference, stub.asked[0][2]) == ("sample/S-1", {"amount": "   "})
    with pytest.raises(KeyError):
        entry.enter("T", "letter", {}, "why")
    with pytest.raises(KeyError):
        entry.enter("T", "sample", {"weight": "1"}, "why")


def test_the_trail_in_our_words(stub: Stub, target) -> None:
    rows = [
        {"n": 1, "at": "2026-11-22T10:00:00+01:00", "who": "ada", "did": "EDIT", "what": "sample/1"},
        {"n": 2, "at": "2026-11-22T10:00:00", "who": "ada", "did": "LOOK", "what": "sample/2"},
    ]
    stub.says(200, {"rows": rows})
    first, second = target.port("AuditTrail").entries("T")
    assert (first.number, first.at, first.offset, first.action) == (1, "2026-11-22T09:00:00.000000Z", "+01:00", "change")
    assert (second.at, second.offset, second.action) == ("2026-11-22T10:00:00", "", "LOOK")  # a time without a zone stays one
    assert [e.number for e in target.port("AuditTrail").entries("T", "sample/2")] == [2]
    assert [e.number for e in target.port("AuditTrail").entries("T", "", 1)] == [2]


def test_what_is_not_described_is_not_offered(target) -> None:
    assert target.port("Signing") is None
    assert target.port("Pipeline") is None
    with pytest.raises(NotOffered, match="no call delete of this kind of record"):
        target.port("Records").delete("T", "sample/1", "why")
    with pytest.raises(NotOffered, match=r"no call audit_trail\.export"):
        target.port("AuditTrail").export("T")
    assert target.counterparts == (Counterpart(kind="stub", name="stub of the tests", version="1"),)


# ------------------------------------------------------------ what the world does


def whoami(target) -> object:
    return target.port("Access").whoami("T")


def test_throttling_is_waited_for_within_its_limit(stub: Stub, target) -> None:
    stub.says(429, b"", Retry_After="0")
    stub.says(200, {"detail": "here"})
    assert whoami(target).accepted
    assert len(stub.asked) == 2
    stub.answers = [(429, b"", {"Retry-After": "120"})]
    with pytest.raises(Unanswered, match="throttled: too many requests, again after 120"):
        whoami(target)
    assert len(stub.asked) == 3  # nobody waits two minutes, and nobody asks again before


def test_a_gateway_is_asked_again_for_reading_and_never_for_writing(stub: Stub, target) -> None:
    stub.says(503)
    stub.says(200, {"detail": "here"})
    assert whoami(target).accepted
    stub.answers, stub.asked = [(503, b"", {})], []
    with pytest.raises(Unanswered, match="HTTP 503"):
        target.port("Records").change("T", "sample/1", "amount", "2", "why")
    assert len(stub.asked) == 1


WORLD = {
    "internal error": ((500, b"<html>Traceback secret</html>", {}), Unanswered, "HTTP 500"),
    "a proxy wants credentials": ((407, b"", {}), Unanswered, "the proxy asks for credentials"),
    "sent elsewhere": ((302, b"", {"Location": "https://elsewhere.example/"}), Unanswered, "nobody follows with credentials"),
    "no JSON": ((200, b"<html>log in</html>", {}), Unreachable, "no JSON"),
    "a status nobody described": ((418, {"detail": "tea"}, {}), Unreachable, "neither as accepted nor as a refusal"),
    "another clock": (
        (200, {"detail": "x"}, {"Date": email.utils.format_datetime(dt.datetime(2020, 1, 1, tzinfo=dt.UTC))}), Unanswered, "clock skew",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", WORLD)
def test_no_answer_is_taken_for_one(case: str, stub: Stub, target) -> None:
    answer, raised, words = WORLD[case]
    stub.answers = [answer]
    with pytest.raises(raised, match=words) as caught:
        whoami(target)
    assert "Traceback" not in str(caught.value)
    assert "GET 127.0.0.1" in caught.value.where


def test_a_part_that_is_missing_is_no_blank(stub: Stub, target) -> None:
    stub.says(200, {"detail": "welcome"})
    with pytest.raises(Unreachable, match="the answer has no /token"):
        target.port("Access").log_in("ada", Secret(PASSWORD))
    stub.answers = [(200, {"rows": {"not": "a list"}}, {})]
    with pytest.raises(Unreachable, match="no list at /rows"):
        target.port("AuditTrail").entries("T")


def test_credentials_that_are_not_a_refusal_are_missing(stub: Stub, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key of the adapter's own: 401 is about us, and no answer of the system to a person."""
    monkeypatch.setenv("STUB_URL", stub.url)
    monkeypatch.setenv("KEY", "k")
    text = DESCRIPTION.replace("instance: one", 'instance: one\nheaders: {X-Key: {env: KEY}}\nrefusals: {"403": authority}')
    (project / "stub.yaml").write_text(text)
    bound = bind("lims", {"adapter": "http", "description": "stub.yaml", "root": str(project)})
    stub.says(401)
    with pytest.raises(Unanswered, match="credentials are missing, wrong or expired"):
        bound.port("Installation").clock()
    assert stub.asked[0][3]["X-Key"] == "k"
    monkeypatch.delenv("KEY")
    with pytest.raises(Unanswered, match="environment variable KEY is not set"):
        bound.port("Installation").clock()
    bound.close()


def test_nobody_there(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = Stub()
    gone.close()
    monkeypatch.setenv("STUB_URL", gone.url)
    bound = bind("lims", {"adapter": "http", "description": "stub.yaml", "root": str(project)})
    with pytest.raises(Unanswered, match="connection refused"):
        whoami(bound)
    bound.close()
    monkeypatch.delenv("STUB_URL")
    with pytest.raises(Unanswered, match="environment variable STUB_URL is not set"):
        bind("lims", {"adapter": "http", "description": "stub.yaml", "root": str(project)})


def certificate(folder: Path, days: int) -> ssl.SSLContext:
    """A server certificate of our own for 127.0.0.1 that ends in so many days from now."""
    import ipaddress

    key, now = ec.generate_private_key(ec.SECP256R1()), dt.datetime.now(dt.UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "stub")])
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(now - dt.timedelta(days=30)).not_valid_after(now + dt.timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    pem = made.public_bytes(serialization.Encoding.PEM)
    (folder / "ca.pem").write_bytes(pem)
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "both.pem").write_bytes(private + pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "both.pem")
    return context


@pytest.mark.parametrize(
    ("days", "believed", "words"), [(30, True, ""), (-1, True, "certificate has expired"), (30, False, "self-signed certificate")]
)
def test_certificates_are_always_checked(
    days: int, believed: bool, words: str, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Stub(certificate(project, days))
    monkeypatch.setenv("STUB_URL", server.url)
    if believed:
        (project / "stub.yaml").write_text(DESCRIPTION + "authority: ca.pem\n")
    server.says(200, {"detail": "here"})
    bound = bind("lims", {"adapter": "http", "description": "stub.yaml", "root": str(project)})
    if words:
        with pytest.raises(Unanswered, match=words):
            whoami(bound)
        assert not server.asked
    else:
        assert whoami(bound).accepted
    bound.close()
    server.close()


# ------------------------------------------------------------ what is refused in a description

WRONG = {
    "an unknown key": ("name: Stub", "name: Stub\ncolour: red", r"stub.yaml:4:9: colour: Extra inputs"),
    "a number of an answer": ('absent: ["404"]', 'absent: ["404a"]', r"stub.yaml:16:.*no HTTP status"),
    "a password in it": ("password: {env: STUB_PASSWORD}", "password: {value: hunter2}", r"stub.yaml:10:.*value"),
    "neither env nor file": ("password: {env: STUB_PASSWORD}", "password: {}", "name an environment variable"),
    "a request that is none": ("GET /me", "FETCH me", r"stub.yaml:13:.*a request is a method and a path"),
    "a read that writes": ('"GET /samples/{id}"', '"POST /samples/{id}"', "claims to read and is a POST"),
    "an open line": ("{env: STUB_URL}", "http://lims.example", "http:// is taken for this very machine"),
    "credentials in the address": ("{env: STUB_URL}", "https://me:pass@lims.example", "neither credentials nor a query"),
    "a token in a header": (
        "instance: one",
        "instance: one\nheaders: {Authorization: Bearer abcdefghijk}",
        "looks like a credential",
    ),
    "a key twice": ("name: Stub", "name: Stub\nname: Other", "stub.yaml:4:1"),
    "no counterpart": ('counterpart: {kind: stub, name: stub of the tests, version: "1"}', "", "counterpart: Field required"),
}


@pytest.mark.parametrize("fault", WRONG)
def test_a_wrong_description_is_told_with_its_line(fault: str, project: Path) -> None:
    old, new, words = WRONG[fault]
    assert old in DESCRIPTION
    (project / "stub.yaml").write_text(DESCRIPTION.replace(old, new))
    with pytest.raises(ConfigError, match=words) as caught:
        read_description(project / "stub.yaml", "stub.yaml")
    assert "hunter2" not in str(caught.value)


def test_an_address_from_the_environment_is_looked_at_too(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STUB_URL", "http://lims.example")
    with pytest.raises(ConfigError, match="this very machine"):
        bind("lims", {"adapter": "http", "description": "stub.yaml", "root": str(project)})
    with pytest.raises(ConfigError, match="which this adapter does not know"):
        bind("lims", {"adapter": "http", "description": "stub.yaml", "root": str(project), "password": "x"})
    with pytest.raises(ConfigError, match="cannot be read"):
        bind("lims", {"adapter": "http", "description": "none.yaml", "root": str(project)})


def test_the_schema_takes_the_shipped_description_and_nothing_else() -> None:
    import jsonschema

    from csvgen.marks import load

    shipped = Path(__file__).parents[2] / "examples" / "lims-http" / "target" / "lims.yaml"
    value = load(shipped.read_bytes(), "lims.yaml")[0].value
    jsonschema.validate(value, schema())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**value, "colour": "red"}, schema())


LISTED = {
    "/login": {"post": {}}, "/me": {"get": {}}, "/samples/{sample}": {"get": {}, "patch": {}}, "/samples": {"post": {}}, "/audit": {"get": {}}, "/clock": {"get": {}},
}  # fmt: skip


@pytest.mark.parametrize(
    ("left_out", "words"), [("", ""), ("/clock", "does not list GET /clock"), ("/samples/{sample}", "PATCH /samples/{id}")]
)
def test_what_the_document_of_the_system_does_not_list_is_a_finding(
    left_out: str, words: str, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STUB_URL", "http://127.0.0.1:1")
    paths = {k: v for k, v in LISTED.items() if k != left_out}
    (project / "openapi.json").write_text(json.dumps({"openapi": "3.1.0", "paths": paths}))
    (project / "stub.yaml").write_text(DESCRIPTION + "openapi: openapi.json\n")
    settings = {"adapter": "http", "description": "stub.yaml", "root": str(project)}
    if not words:
        bind("lims", settings).close()
        return
    with pytest.raises(ConfigError) as caught:
        bind("lims", settings)
    assert words in str(caught.value)
    (project / "openapi.json").write_text("[]")
    with pytest.raises(ConfigError, match="no OpenAPI document"):
        bind("lims", settings)
