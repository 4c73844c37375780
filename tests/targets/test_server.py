"""The server's side of the wire: whatever comes in, an answer goes out, and no secret with it."""

from __future__ import annotations

import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csvgen.errors import CsvgenError
from csvgen.ports import AuditEntry, LotView, Outcome, RecordView, Secret, TestResult
from csvgen.targets.local import server
from csvgen.targets.local.install import ACCOUNTS
from csvgen.targets.local.wire import decode, encode

# ------------------------------------------------------------------ values on the wire

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
MAPPING = st.dictionaries(TEXT, TEXT, max_size=4)
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    TEXT,
    st.binary(max_size=50),
    MAPPING,
    st.builds(Outcome, st.booleans(), TEXT, TEXT, MAPPING),
    st.builds(RecordView, TEXT, st.integers(), TEXT, MAPPING),
    st.builds(AuditEntry, st.integers(), *[TEXT] * 10),
    st.builds(LotView, TEXT, TEXT, TEXT, st.tuples(st.builds(TestResult, *[TEXT] * 6)), MAPPING, MAPPING),
)


@given(st.one_of(VALUES, st.lists(VALUES, max_size=3).map(tuple)))
def test_what_is_sent_arrives(value: object) -> None:
    assert decode(json.loads(json.dumps(encode(value)))) == value


@given(st.dictionaries(st.sampled_from(["$bytes", "$map", "$value", "fields", "x"]), TEXT, max_size=3))
def test_names_of_the_wire_may_be_names_of_people(value: dict[str, str]) -> None:
    assert decode(json.loads(json.dumps(encode(value)))) == value


@pytest.mark.parametrize("value", [1.5, Decimal(1), Secret("x"), {1}, object(), CsvgenError("x")])
def test_what_has_no_form_is_not_sent(value: object) -> None:
    with pytest.raises(TypeError):
        encode(value)


@pytest.mark.parametrize(
    "value",
    [1.5, {}, {"a": 1}, {"$bytes": "***"}, {"$map": []}, {"$value": "Secret", "fields": {}}, {"$value": "Outcome", "fields": {"a": 1}},
     {"$value": "Outcome", "fields": []}, {"$bytes": "", "x": 1}],
)  # fmt: skip
def test_what_was_never_sent_is_not_read(value: object) -> None:
    with pytest.raises(ValueError, match=r".*"):
        decode(value)


# ------------------------------------------------------------------ lines


def talk(home: Path, *lines: bytes) -> list[dict[str, object]]:
    command = [sys.executable, "-m", "csvgen.targets.local.server", str(home)]
    done = subprocess.run(command, input=b"".join(line + b"\n" for line in lines), capture_output=True, check=True, timeout=60)
    assert done.stderr == b""
    return [json.loads(line) for line in done.stdout.splitlines()]


def ask(verb: str, **args: object) -> bytes:
    return json.dumps({"id": 1, "verb": verb, "args": {k: encode(v) for k, v in args.items()}}).encode()


def test_whatever_comes_in_an_answer_goes_out(home: Path) -> None:
    malformed = [b"", b"{", b"[]", b"null", b"{}", b"\xff\xfe", b'{"id": 1}', b'{"id": 1, "verb": "x", "args": []}', b"[" * 5000, b'{"id": 1, "verb": "Access.log_in", "args": {"user_id": 1.5}}']  # fmt: skip
    refused = [
        ask("Access.nothing"),
        ask("__class__"),
        ask("Access._core"),
        ask("Access.log_in", user_id="x"),
        ask("Access.log_in", user_id="x", password="y", more="z"),
        ask("Access.log_in", user_id=1, password="y"),
        ask("Pipeline.statistics", session="x", values="12"),
        ask("Pipeline.ingest", session="x", lot="L", file_name="f", content="text", metadata={}),
        ask("Pipeline.ingest", session="x", lot="L", file_name="f", content=b"", metadata={"a": b"x"}),
        ask("Signing.check_signatures", session="x", record="L", signatures=("x",)),
        ask("Access.whoami", session="\x00"),
    ]
    surrogate = b'{"id": 1, "verb": "Access.log_in", "args": {"user_id": "\\ud800", "password": "x"}}'
    ready, *answers = talk(home, *malformed, *refused, surrogate, ask("Installation.clock"))
    assert set(ready) == {"ready"}
    assert all("malformed request" in str(a["error"]) for a in answers[: len(malformed)])
    assert all("refused" in a for a in answers[len(malformed) : -2])
    assert set(answers[-2]) & {"refused", "error"}
    assert "ok" in answers[-1]
    assert len(answers) == len(malformed) + len(refused) + 2


def test_an_error_tells_its_place_and_nothing_of_what_was_sent() -> None:
    def fails(session: str) -> None:
        raise RuntimeError(f"the secret was {session}")

    told = server.answer({"X.fails": fails}, ask("X.fails", session="hunter2 hunter2"))
    assert told["error"] == f"RuntimeError at {Path(__file__).name}:{fails.__code__.co_firstlineno + 1}"
    assert "hunter2" not in json.dumps(told)


NOISY = """
import sys
from csvgen.targets.local import server
real = server.verbs
server.verbs = lambda app: {**real(app), "X.noisy": lambda: print("a library talks") or "quiet"}
sys.exit(server.main([sys.argv[1]]))
"""


def test_what_a_library_prints_is_not_an_answer(home: Path) -> None:
    done = subprocess.run([sys.executable, "-c", NOISY, str(home)], input=ask("X.noisy") + b"\n", capture_output=True, check=True)
    assert [json.loads(line) for line in done.stdout.splitlines()][1:] == [{"id": 1, "ok": "quiet"}]
    assert done.stderr == b"a library talks\n"


def test_the_command_line(tmp_path: Path) -> None:
    for arguments, code, words in (([], 2, "usage:"), ([str(tmp_path)], 2, "no instance of QC release is installed here")):
        done = subprocess.run(
            [sys.executable, "-m", "csvgen.targets.local.server", *arguments], capture_output=True, text=True, check=False
        )
        assert (done.returncode, words in done.stderr, done.stdout) == (code, True, "")


def test_the_installer(tmp_path: Path) -> None:
    def run(*arguments: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-m", "csvgen.targets.local.install", *arguments], capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout + done.stderr

    home = tmp_path / "qc"
    assert run()[0] == 2
    assert run(str(home), "nonsense")[0] == 2
    assert "there is no setting 'audit'" in run(str(home), "audit=off")[1]
    assert not home.exists()
    assert run(str(home), "idle_seconds=5") == (0, "")
    assert (home / ACCOUNTS).stat().st_mode & 0o777 == 0o600
    assert home.stat().st_mode & 0o777 == 0o700
    code, said = run(str(home))
    assert (code, "not empty" in said) == (2, True)


# ------------------------------------------------------------------ secrets


def secrets_of(home: Path) -> list[bytes]:
    return [a["password"].encode() for a in json.loads((home / ACCOUNTS).read_bytes()).values()]


def test_no_secret_is_anywhere_but_in_the_accounts_file(bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.plate("L-1")
    bench.sign("L-1", "reviewed", "reviewer", Secret("tried and wrong 1"))
    bench.sign("L-1", "reviewed", "reviewer")
    bench.sign("L-1", "released", "quality")
    administrator = bench.session("administrator")
    bench.port("Access").create_account(administrator, "new.person", "New Person", ("analyst",), Secret("first of a new person"))
    bench.port("Access").set_password(bench.session("analyst-2"), Secret("second of an analyst"))
    auditor = bench.session("auditor")
    told = bench.port("AuditTrail").export(auditor)
    told += repr(bench.port("AuditTrail").entries(auditor)).encode()
    copy = bench.port("Records").copy(auditor, "L-1")
    told += copy.human + copy.electronic + repr(bench.port("Records").read(auditor, "account/new.person")).encode()
    bench.target.close()
    looked_for = [*secrets_of(bench.home), b"tried and wrong 1", b"first of a new person", b"second of an analyst"]
    assert len(looked_for) == 12
    files = [p for p in bench.home.rglob("*") if p.is_file() and p.name != ACCOUNTS]
    assert {"qc.db", "server.log", "trail.head", "ca.p12"} <= {p.name for p in files}
    for secret in looked_for:
        assert secret not in told
        for path in files:
            assert secret not in path.read_bytes(), path.name
    assert (bench.home / ACCOUNTS).stat().st_mode & 0o777 == 0o600
    assert (bench.home / "server.log").stat().st_mode & 0o777 == 0o600


def test_secrets_are_not_in_the_command_or_environment_of_the_process(bench) -> None:
    bench.plate("L-1")
    process = Path(f"/proc/{bench.target.pid}")
    seen = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
    assert b"csvgen.targets.local.server" in seen
    for secret in secrets_of(bench.home):
        assert secret not in seen
