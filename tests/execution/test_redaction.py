"""No secret that is known stands anywhere in a run folder; and no comparison is better for it."""

from __future__ import annotations

import io
import json
import os
import zipfile
from contextlib import suppress
from functools import cache
from itertools import product
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from csvgen.canonical import digest
from csvgen.clock import SystemClock, stored
from csvgen.errors import BadInput, ConfigError
from csvgen.evidence.journal import Kind
from csvgen.evidence.read import read_run
from csvgen.evidence.redaction import Redaction
from csvgen.execution.environment import environment
from csvgen.execution.observe import ExpectationFailed, judge
from csvgen.execution.recorder import Attach, CannotShow, CaseRecorder, Observe
from csvgen.execution.secrets import Learning, listed
from csvgen.execution.session import WorkerRecorder, planned, write_plan
from csvgen.model.execution import Comparison, Component, RunPlan, TargetState, Verdict
from csvgen.model.protocol import Step, TestCase
from csvgen.verification.evidence import verdict_faults
from csvgen.views import Secret
from csvgen.views import TestAccount as Account

CLOCK = SystemClock()
CASE = TestCase(
    id="TC-OQ-0001", title="probe", phase="OQ", requirements=(), risks=(), priority="low", technique="positive", rule="", why="", ports=(),
    tags=(), steps=(Step(keyword="Given", text="a"), Step(keyword="Then", text="b")),
)  # fmt: skip


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The surroundings of the process are read once; reading them starts git each time."""
    monkeypatch.setattr("csvgen.execution.session.environment", cache(environment))


def known(*values: str) -> Redaction:
    made = Redaction()
    for number, value in enumerate(values):
        made.add(f"S{number}", value)
    return made


class Going:
    """A run that goes: one case, its first step open."""

    def __init__(self, folder: Path, redaction: Redaction) -> None:
        now = stored(CLOCK.now())
        plan = RunPlan(
            run="dev-1", system="probe", phase="OQ", mode="engineering", protocol=digest("p"), target="none", scope="complete",
            planned=planned([CASE]), created=now, account="tests",
        )  # fmt: skip
        write_plan(folder, plan)
        self.folder = folder
        self.worker = WorkerRecorder(folder, "main", CLOCK, folder, redaction=redaction)
        self.case: CaseRecorder = self.worker.case(CASE)
        self.case.open(CASE.steps[0])
        self.observe, self.attach = Observe(lambda: self.case), Attach(lambda: self.case)

    def end(self, verdict: Verdict = Verdict.PASSED, reason: str = ""):
        self.case.close(verdict, reason)
        self.case.open(CASE.steps[1])
        self.observe("fine", expected="1", actual="1", source="probe")
        self.case.close(Verdict.PASSED)
        self.case.finish()
        self.worker.close()
        return read_run(self.folder)


def written(folder: Path) -> list[bytes]:
    return [p.read_bytes() for p in folder.rglob("*") if p.is_file()]


def texts(value: object) -> list[str]:
    """Every text of a JSON value, as it is meant."""
    if isinstance(value, dict):
        return [t for k, v in value.items() for t in (k, *texts(v))]
    if isinstance(value, list):
        return [t for v in value for t in texts(v)]
    return [value] if isinstance(value, str) else []


EXAMPLES = int(os.environ.get("CSVGEN_TEST_EXAMPLES", "15"))
_FORMAT = " ".join(get_args(Kind)) + "csvgen.journal/1 csvgen.run/1 PASSED ERROR engineering operating system clock complete"
"""Words of the record itself, which hypothesis finds in the source and tries."""
LETTERS = st.characters(min_codepoint=33, max_codepoint=0x17F, exclude_categories=("Cc", "Cs"))
SECRETS = st.lists(st.text(LETTERS, min_size=8, max_size=24), min_size=1, max_size=4, unique=True)


@settings(
    max_examples=EXAMPLES,
    derandomize=EXAMPLES == 15,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(SECRETS, st.text(LETTERS, max_size=5), st.data())
def test_no_secret_is_anywhere_in_a_run_folder(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest, secrets: list[str], around: str, data: st.DataObject
) -> None:
    redaction = known(*secrets)
    looked_for = [s for n, s in enumerate(secrets) if redaction.states.get(f"S{n}") == "taken out"]
    assume(looked_for)
    assume(not any(s in _FORMAT for s in secrets))
    going = Going(tmp_path_factory.mktemp("run") / "dev-1", redaction)
    request.addfinalizer(going.worker.close)
    text = around.join(data.draw(st.permutations(secrets))) + around
    state = TargetState(
        name=text,
        instance=text,
        components=(Component(name=text, version="1"),),
        configuration=((text, text),),
        read_at=stored(CLOCK.now()),
    )
    going.worker.target(state, "start")
    with pytest.raises(ExpectationFailed) as failed:
        going.observe(text, expected=text, actual=f"not {text}", source=text, unit=text)
    going.observe.note(text, text * 300, source=text)
    going.attach(text, name=text)
    going.attach(json.dumps({"told": text}), name="a", kind="json")
    going.attach([["head"], [text]], name="b", kind="table")
    going.case.phase(Verdict.ERROR, f"setup: {text}")
    evidence = going.end(Verdict.ERROR, f"{text} and {text!r} and {json.dumps(text)}")
    assert evidence.problems == ()
    everything = written(going.folder)
    lines = [json.loads(line) for path in going.folder.glob("*.json*") for line in path.read_bytes().splitlines()]
    attached = [p.read_text(encoding="utf-8") for p in (going.folder / "evidence").rglob("*") if p.is_file()]
    said = [t for line in lines for t in texts(line)] + attached
    for text in attached:
        with suppress(ValueError):
            said += texts(json.loads(text))
    for secret in looked_for:
        assert not [b for b in everything if secret.encode() in b]
        assert not [t for t in said if secret in t]
        assert secret not in str(failed.value)
    assert sum(places for _, _, places in evidence.redactions) > 0


# ------------------------------------------------------------------ comparisons

TEXTS = [
    "hunter22", "hunter2", "unter22x", "1234567", "123456", "1234568", "refused: hunter22", "[redacted: S0]", "[redacted: S1]", "S0", "redacted",
    "abc", "", "hunter22 and 1234567", "hunter22hunter22", "HUNTER22", "7", "hunter22\nabc", "abc\nredacted", "1234567|1234567",
]  # fmt: skip
COMPARISONS: tuple[Comparison, ...] = get_args(Comparison)


@pytest.mark.parametrize("comparison", COMPARISONS)
def test_a_failed_comparison_is_never_bettered_and_a_kept_one_can_be_checked_again(comparison: Comparison) -> None:
    """Judged raw, then redacted. Whatever the record says of a comparison holds for what it shows, or it says that it does not hold."""
    redaction, tolerance, met = known("hunter22", "1234567"), "1" if comparison == "within" else "", 0
    for wanted, seen in product(TEXTS, TEXTS):
        recorder = CaseRecorder(CASE, CLOCK, None, None, "main", redaction)
        recorder.open(CASE.steps[1])
        raw = judge(comparison, wanted, seen, tolerance)
        try:
            recorder.observe("value", comparison, wanted, seen, "probe", "", tolerance)
            refused = False
        except CannotShow:
            refused = True
        except ValueError:
            continue
        met += 1
        result = recorder.close(Verdict.ERROR if refused else Verdict.PASSED)
        (kept,) = result.observations
        about = f"{wanted!r} {comparison} {seen!r}"
        assert raw or not kept.holds, about
        assert raw or result.verdict is not Verdict.PASSED, about
        assert raw or not refused, f"{about}: what fails anyway is a failure, not an error"
        assert not kept.holds or judge(kept.comparison, kept.expected, kept.actual, kept.tolerance), about
        assert verdict_faults(Path(), "label", recorder.finish()) == [], about
    assert met > 20


def test_two_secrets_do_not_become_one() -> None:
    recorder = CaseRecorder(CASE, CLOCK, None, None, "main", known("first-secret", "second-secret"))
    recorder.open(CASE.steps[1])
    seen = recorder.observe("password", "equal", "first-secret", "second-secret", "probe", "")
    assert (seen.expected, seen.actual, seen.holds) == ("[redacted: S0]", "[redacted: S1]", False)
    assert recorder.close(Verdict.PASSED).verdict is Verdict.FAILED


def test_a_secret_is_not_cut_into_a_piece_that_stays() -> None:
    """The longest value kept ends in the middle of the secret."""
    recorder = CaseRecorder(CASE, CLOCK, None, None, "main", known("correct-horse-battery"))
    recorder.open(CASE.steps[0])
    seen = recorder.observe("log", "recorded", "", "x" * 3995 + "correct-horse-battery" + "y" * 50, "probe", "")
    assert "corre" not in seen.actual
    assert "corre" not in recorder.close(Verdict.ERROR, "x" * 3995 + "correct-horse-battery").reason


# ------------------------------------------------------------------ what is left alone, and told


@pytest.mark.parametrize(
    ("value", "state"),
    [
        ("abc", "shorter than 4"),
        ("true", "a common word"),
        ("Password", "a common word"),
        ("2026", "fewer than 6 digits"),
        ("00000000", "one character"),
    ],
)
def test_short_and_common_values_are_left_and_told(value: str, state: str) -> None:
    found = known(value)
    assert state in found.states["S0"]
    assert found.text(f"a {value} b") == f"a {value} b"


def test_a_name_never_tells_its_secret() -> None:
    found = Redaction()
    found.add("password of amy.jones", "amy.jones")
    found.add("target x: token", "target")
    assert "amy.jones" not in found.text("amy.jones is here") + "".join(found.states)
    found.add("again", "whose name")
    assert found.states["again"] == "left: a word of the name of a secret"


def test_ids_digests_times_and_the_wording_of_the_script_stay() -> None:
    content = {
        "sha256": "sha256:beefcafe",
        "case": "TC-OQ-0001",
        "result": {"text": "Given beefcafe", "reason": "beefcafe"},
        "at": "beefcafe",
    }
    assert known("beefcafe").content(content) == {**content, "result": {"text": "Given beefcafe", "reason": "[redacted: S0]"}}


# ------------------------------------------------------------------ files


def archive(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in members.items():
            made.writestr(name, data)
    return out.getvalue()


@pytest.mark.parametrize(
    "data",
    [b"\x89PNG\r\n\x1a\n\xff hunter22 \xff", archive(**{"trace.trace": b'{"typed": "hunter22"}'}), "hunter22".encode("utf-16")],
    ids=["in bytes", "packed", "in UTF-16"],
)
def test_a_file_that_is_no_text_and_holds_a_secret_is_refused(data: bytes, tmp_path: Path) -> None:
    going = Going(tmp_path / "dev-1", known("hunter22"))
    with pytest.raises(BadInput, match="holds the secret 'S0'"):
        going.attach(data, name="screen")
    going.end(Verdict.ERROR, "refused")
    assert not (going.folder / "evidence").exists()


def test_a_file_that_would_not_be_of_its_kind_any_more_is_refused() -> None:
    recorder = CaseRecorder(CASE, CLOCK, None, None, "main", known("1234567"))
    recorder.open(CASE.steps[0])
    with pytest.raises(ValueError, match="does not parse"):
        recorder.attach(b'{"pin": 1234567}', name="x", kind="json")


def test_other_archives_and_pictures_are_kept_byte_for_byte(tmp_path: Path) -> None:
    going = Going(tmp_path / "dev-1", known("hunter22"))
    data = archive(**{"trace.trace": b"{}"})
    going.attach(data, name="trace", kind="playwright-trace")
    going.end()
    assert data in written(going.folder)


# ------------------------------------------------------------------ where the list comes from


def test_the_list_comes_from_settings_and_environment() -> None:
    targets = {
        "lims": {
            "adapter": "http",
            "password": "in-the-file",
            "api_key": "key-of-lims",
            "token_env": "LIMS_TOKEN",
            "password_file": "/run/pw",
            "monkey": "banana",
        }
    }
    found = listed({"redact": "DB_PASSWORD, NOT_SET"}, targets, {"DB_PASSWORD": "db-secret", "LIMS_TOKEN": "lims-secret"})
    assert set(found.states) == {
        "variable DB_PASSWORD",
        "target lims: password",
        "target lims: api_key",
        "target lims: token_env",
    }
    assert found.text("db-secret in-the-file key-of-lims lims-secret /run/pw banana").count("[redacted: ") == 4
    with pytest.raises(ConfigError, match="names of environment variables") as told:
        listed({"redact": "s3cret!!"}, {}, {})
    assert "s3cret" not in str(told.value)


def test_passwords_of_test_accounts_become_known_when_a_step_asks() -> None:
    class Access:
        def test_account(self, role: str) -> Account:
            return Account("amy", "Amy", role, Secret("amys-own-secret"))

        def whoami(self) -> str:
            return "amy"

    class Target:
        name = "probe"

        def port(self, name: str) -> object:
            return Access() if name == "Access" else None

    redaction = Redaction()
    target = Learning(Target(), redaction)  # type: ignore[arg-type]
    assert target.name == "probe"
    assert target.port("Records") is None
    assert target.port("Access").whoami() == "amy"
    assert set(dir(target.port("Access"))) == set(dir(Access()))
    assert not redaction
    assert target.port("Access").test_account("analyst").password.reveal() == "amys-own-secret"
    assert redaction.text("amys-own-secret") == "[redacted: password of amy]"


def lines(folder: Path, kind: str) -> list[dict]:
    found = [json.loads(line) for line in (folder / "journal.main.jsonl").read_bytes().splitlines()]
    return [entry["content"] for entry in found if entry["kind"] == kind]


def test_a_secret_that_becomes_known_later_is_taken_out_of_what_the_end_of_the_case_says_again(tmp_path: Path) -> None:
    going = Going(tmp_path, known())
    going.observe.note("shown", "correct-horse-battery", source="probe")
    going.case.close(Verdict.PASSED)
    going.worker.redaction.add("late", "correct-horse-battery")
    going.case.open(CASE.steps[1])
    going.observe("fine", expected="1", actual="1", source="probe")
    going.case.close(Verdict.PASSED)
    going.case.finish()
    going.worker.close()
    assert read_run(tmp_path).problems == ()
    (finished,) = lines(tmp_path, "case-finished")
    assert "correct-horse-battery" not in json.dumps(finished)
    assert finished["result"]["steps"][0]["observations"][0]["actual"] == "[redacted: late]"


@settings(max_examples=20, deadline=None)
@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=40))
def test_what_the_end_of_a_case_says_again_is_what_its_steps_said(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    """Whatever stands in a text: the lines are canonical (reading refuses others), and the one repeats the others."""
    folder = tmp_path_factory.mktemp("run")
    going = Going(folder, known())
    going.observe.note('"steps":[]', f'{text}"}}],"steps":[', source="probe")
    assert going.end().problems == ()
    (finished,) = lines(folder, "case-finished")
    assert finished["result"]["steps"] == [step["result"] for step in lines(folder, "step")]
    assert len(finished["result"]["steps"]) == len(CASE.steps)
