"""examples/vial-inspection from outside: written by init, drafted, and executed against a real station, sound and spoilt.

Each defect is planted in the program, model or pictures of a copy of the project; the requirement it breaks has to be found failing.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from importlib.metadata import version
from math import comb
from pathlib import Path

import pytest
from pypdf import PdfReader

from csvgen.canonical import digest_bytes
from csvgen.evidence.read import read_run
from csvgen.model.evidence import Evidence
from csvgen.protocol.files import read_protocol
from csvgen.workflow.state import ProjectState, read_state
from tests.targets.serving import served
from tests.tiny import Tiny, cheap_secrets

ROOT = Path(__file__).parents[2]
SYSTEM = "vial-inspection"
EXAMPLE = ROOT / "examples" / SYSTEM
SPECIFICATION = EXAMPLE / "requirements_specs" / SYSTEM
pytestmark = pytest.mark.slow


def make(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    given = {**os.environ, "PYTHONPATH": str(project), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "vials.make", *arguments]
    return subprocess.run(command, env=given, cwd=project, capture_output=True, text=True, check=False)


def csvgen(project: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "csvgen", "-C", str(project), *arguments]
    given = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONDONTWRITEBYTECODE": "1", **environment}
    return subprocess.run(command, env=given, cwd=ROOT, capture_output=True, text=True, check=False)


@contextmanager
def station(project: Path) -> Iterator[str]:
    """The station of a project, running; its address."""
    with served(["vials", "instance", "--idle", "4"], project, project, "/api/about") as address:
        yield address


@pytest.fixture(scope="module")
def drafted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example as init writes it, with its pictures and its protocol."""
    project = tmp_path_factory.mktemp("vials") / "project"
    for done in (
        csvgen(ROOT, "init", str(project), "--example", SYSTEM), csvgen(project, "check"), make(project, "pictures"), csvgen(project, "draft"),
    ):  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
    return project


def executed(project: Path, what: str, address: str) -> tuple[Evidence, dict[str, str], str]:
    """A run: its evidence, the requirement or scenario of each case, and what was printed."""
    chosen = str(project / what) if "/" in what else what
    done = csvgen(project, "run", chosen, VIALS_URL=address)
    runs = sorted((project / "output" / SYSTEM / "runs").iterdir(), key=lambda p: p.name)
    protocol, _ = read_protocol(project / "protocols" / SYSTEM, SYSTEM)
    assert "Traceback" not in done.stdout + done.stderr
    return read_run(runs[-1]), {c.id: c.requirements[0] for c in protocol.cases}, done.stdout + done.stderr


def failing(evidence: Evidence, requirement: dict[str, str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for r in evidence.results:
        if r.verdict != "PASSED":
            found.setdefault(requirement[r.case], set()).add(str(r.verdict))
    return found


def observed(evidence: Evidence) -> list[tuple[str, str, bool]]:
    """What, actual and whether it holds, of every observation."""
    return [(o.what, o.actual, o.holds) for r in evidence.results for step in r.steps for o in step.observations]


def test_every_phase_passes_and_the_counts_are_evidence(drafted: Path, tmp_path: Path) -> None:
    project = Path(shutil.copytree(drafted, tmp_path / "p"))
    with station(project) as address:
        installed, _, _ = executed(project, "IQ", address)
        operated, requirement, told = executed(project, "OQ", address)
        performed, covered, _ = executed(project, "PQ", address)
    assert failing(installed, requirement) == failing(operated, requirement) == failing(performed, covered) == {}
    assert (len(installed.results), len(performed.results)) == (21, 2)
    assert {requirement[r.case] for r in operated.results} == {f"URS-VIA-{n:03d}" for n in range(3, 16)}
    assert "real server Vial inspection station 1.0.0" in told
    seen = observed(performed)
    values: dict[str, list[str]] = {}
    for what, actual, _ in seen:
        values.setdefault(what, []).append(actual)
    for runs in range(3):  # one qualification of 1.0.0 alone; one of it and one of the re-trained model
        tp, fn, tn, fp = (
            int(next(v for w, v in values.items() if w.startswith(f"{n},"))[runs]) for n in ("TP", "FN", "TN", "FP")
        )
        assert (tp + fn, tn + fp) == (180, 120)
        for what, hits, of in (("sensitivity", tp, 180), ("specificity", tn, 120)):
            bound = float(values[f"lower 95 % confidence bound of the {what}"][runs])
            p = Fraction(str(bound))
            tails = [
                sum(comb(of, n) * q**n * (1 - q) ** (of - n) for n in range(hits, of + 1)) for q in (p, p + Fraction(1, 10_000))
            ]
            assert tails[0] <= Fraction(5, 100) < tails[1]
    challenge = str(digest_bytes((project / "requirements_specs" / SYSTEM / "data" / "challenge.json").read_bytes()))
    assert values["digest of the list challenge.json"] == [challenge] * 2
    models = [str(digest_bytes((project / "models" / f"{v}.json").read_bytes())) for v in ("1.0.0", "1.1.0")]
    assert values["models that decided"] == [f"1.0.0 {models[0]}"] * 2 + [f"1.1.0 {models[1]}"]
    secrets = [p.read_text() for p in (project / "instance" / "secrets").iterdir()]
    held = b"".join(p.read_bytes() for p in (project / "output").rglob("*") if p.is_file())
    assert not [s for s in secrets if s.encode() in held]


@pytest.mark.parametrize("model", ["1.0.0", "1.1.0"])
def test_a_model_is_trained_again_to_the_same_numbers(model: str, drafted: Path) -> None:
    again = [make(drafted, "train", model).stdout for _ in range(2)]
    assert again[0] == again[1]
    trained, kept = (json.loads(t) for t in (again[0], (EXAMPLE / "models" / f"{model}.json").read_text()))
    numbers = ("means", "scales", "weights")
    for name in numbers:
        assert [float(n) for n in trained[name]] == pytest.approx([float(n) for n in kept[name]], abs=1e-4)
    assert {k: v for k, v in trained.items() if k not in (*numbers, "bias")} == {
        k: v for k, v in kept.items() if k not in (*numbers, "bias")
    }
    record = json.loads((SPECIFICATION / "data" / f"training-record-{model}.json").read_bytes())
    assert record["digest"] == str(digest_bytes((EXAMPLE / "models" / f"{model}.json").read_bytes()))
    if record["packages"] == {name: version(name) for name in record["packages"]}:
        assert trained == kept


def test_a_picture_that_is_not_the_listed_one_trains_nothing(drafted: Path, tmp_path: Path) -> None:
    project = Path(shutil.copytree(drafted, tmp_path / "p"))
    shutil.copy(project / "pictures/training/good-001.pgm", project / "pictures/training/good-002.pgm")
    done = make(project, "train", "1.0.0")
    assert (done.returncode, done.stdout) == (1, "")
    assert "good-002.pgm is not the picture of the locked list" in done.stderr


# ------------------------------------------------------------ what must be found


@dataclass(frozen=True)
class Planted:
    """A defect in one line of the program, and the cases that have to find it."""

    file: str
    sound: str
    broken: str
    found_by: str
    feature: str = ""


PLANTED = {
    "another decision without a reason": Planted("work.py", "if not reason.strip():", "if reason is None:", "URS-VIA-008"),
    "a trail without the decision before": Planted(
        "work.py", 'field="decision", old=old, new=value', 'field="decision", new=value', "URS-VIA-008"
    ),
    "an operator decides otherwise": Planted(
        "app.py",
        'self.who(request, "quality", act="decide',
        'self.who(request, "quality", "operator", act="decide',
        "URS-VIA-003",
    ),
    "drift is not looked for": Planted("work.py", "if len(window) < self.settings.window:", "if len(window) > 0:", "URS-VIA-012"),
    "drift is told and the model goes on": Planted("work.py", "decision, why = MANUAL, DRIFTED", "why = DRIFTED", "URS-VIA-012"),
    "drift is seen one picture too early": Planted(
        "work.py", "if len(window) < self", "if len(window) + 1 < self", "URS-VIA-012"
    ),
    "a password signs nothing and everything": Planted(
        "app.py", 'or not self.store.opens(person["id"], str(content.get("password", "")))', "", "URS-VIA-009"
    ),
    "a model without a ticket": Planted("work.py", 'if not _TICKET.fullmatch(fields["ticket"]):', "if False:", "URS-VIA-010"),
    "a model in effect before it is signed": Planted(
        "work.py",
        'return "proposed", {**fields, "digest": model.digest, "training": model.training}',
        'self.store.write("line", fields["line"], "in use", {"id": fields["line"], "model": model.version, "digest": model.digest, "validated": "no", '
        '"why": ""})\n        return "proposed", {**fields, "digest": model.digest, "training": model.training}',
        "URS-VIA-010",
    ),
    "a new model decides at once": Planted(
        "work.py",
        """elif batch.fields["purpose"] == "production" and line.fields["validated"] != "yes":""",
        "elif False:",
        "URS-VIA-011",
    ),
    "a part of the challenge set qualifies": Planted(
        "work.py", "if sorted(pictures) != sorted(truth):", "if False:", "URS-VIA-011"
    ),
    "open vials are released": Planted("work.py", "        if waiting:", "        if False:", "URS-VIA-009"),
    "a decision record names another model": Planted(
        "work.py", '"digest": model.digest, "score"', '"digest": shown, "score"', "URS-VIA-007"
    ),
    "an export that leaves refusals out": Planted(
        "app.py",
        '"select * from audit order by seq"',
        """ "select * from audit where action != 'REFUSED' order by seq" """,
        "URS-VIA-013",
    ),
    "any purpose of a batch": Planted("work.py", "if fields[name] not in allowed:", "if not allowed:", "URS-VIA-014"),
    "a decision without its time": Planted("work.py", '"by": person, "at": now(),', '"by": person, "at": "",', "URS-VIA-007"),
    "the score is rounded for the record": Planted(
        "work.py", '"digest": model.digest, "score": told,', '"digest": model.digest, "score": told[:4],', "URS-VIA-007"
    ),
    "a threshold of one half": Planted(
        "work.py", "if float(told) >= float(model.threshold)", "if float(told) >= 0.5", "URS-VIA-007"
    ),
    "a retired account goes on": Planted(
        "app.py", 'if person is None or person["state"] != "active":', "if person is None:", "URS-VIA-003"
    ),
    "the model's own decision is overwritten": Planted(
        "store.py",
        "version = 1 if before is None else before.version + 1",
        'self.db.execute("delete from records where kind = ? and id = ?", '
        "(kind, identity))\n        version = 1 if before is None else before.version + 1",
        "URS-VIA-008",
    ),
    "a new model keeps the validated state": Planted(
        "work.py",
        '"validated": "no", "why": why}',
        '"validated": line.fields["validated"], "why": why}',
        "URS-VIA-023",
        "PQ/PQ-VIA-02",
    ),
}
"""Each is looked for by the cases of its requirement, in a run of that feature alone."""


def spoilt(drafted: Path, to: Path, file: str, sound: str, broken: str) -> Path:
    project = Path(shutil.copytree(drafted, to))
    program = project / "vials" / file
    text = program.read_text(encoding="utf-8")
    assert text.count(sound) == 1, f"{sound} stands {text.count(sound)} times in {file}"
    program.write_text(text.replace(sound, broken), encoding="utf-8")
    return project


@pytest.mark.parametrize("defect", PLANTED)
def test_a_planted_defect_is_found_by_its_requirement(defect: str, drafted: Path, tmp_path: Path) -> None:
    planted = PLANTED[defect]
    project = spoilt(drafted, tmp_path / "p", planted.file, planted.sound, planted.broken)
    with station(project) as address:
        evidence, _, _ = executed(project, f"protocols/{SYSTEM}/{planted.feature or f'OQ/{planted.found_by}'}.feature", address)
    protocol, _ = read_protocol(project / "protocols" / SYSTEM, SYSTEM)
    shows = {c.id for c in protocol.cases if planted.found_by in c.requirements}
    assert "FAILED" in {str(r.verdict) for r in evidence.results if r.case in shows}


def retrained(project: Path, **change: object) -> None:
    """Another model under the same version."""
    path = project / "models" / "1.0.0.json"
    path.write_text(json.dumps({**json.loads(path.read_bytes()), **change}), encoding="utf-8")


def worse(project: Path) -> None:
    """A model that misses a part of the defects."""
    retrained(project, bias=str(float(json.loads((project / "models" / "1.0.0.json").read_bytes())["bias"]) - 6))


def nervous(project: Path) -> None:
    """A model that sees defects in good vials."""
    retrained(project, bias=str(float(json.loads((project / "models" / "1.0.0.json").read_bytes())["bias"]) + 6))


def swapped(project: Path) -> None:
    """A vial that is hard to judge gives way to an easy one."""
    shutil.copy(project / "pictures/challenge/particle-001.pgm", project / "pictures/challenge/particle-002.pgm")


def relabelled(project: Path) -> None:
    """The list calls a vial with a defect good."""
    path = project / "requirements_specs" / SYSTEM / "data" / "challenge.json"
    text = path.read_text()
    path.write_text(text.replace('"truth": "crack"', '"truth": "good"', 1))


def added(project: Path) -> None:
    shutil.copy(project / "pictures/challenge/good-001.pgm", project / "pictures/challenge/good-900.pgm")


def gone(project: Path) -> None:
    (project / "pictures/challenge/good-001.pgm").unlink()


def leaked(project: Path) -> None:
    """A picture of the challenge set was used for training."""
    data = project / "requirements_specs" / SYSTEM / "data"
    challenge, training = (json.loads((data / f"{n}.json").read_bytes()) for n in ("challenge", "training"))
    training["pictures"][0] = challenge["pictures"][0]
    (data / "training.json").write_text(json.dumps(training))


SPOILT: dict[str, tuple[Callable[[Path], None], str, str]] = {
    "worse": (worse, "FAILED", "models that decided"),
    "swapped": (swapped, "FAILED", "pictures that are not the listed ones"),
    "relabelled": (relabelled, "FAILED", "digest of the list challenge.json"),
    "added": (added, "FAILED", "files beside the listed ones"),
    "gone": (gone, "BLOCKED", "python -m vials.make pictures"),
    "leaked": (leaked, "FAILED", "pictures in both sets"),
}


@pytest.mark.parametrize("what", SPOILT)
def test_pq_finds_a_spoilt_set_or_model(what: str, drafted: Path, tmp_path: Path) -> None:
    spoil, verdict, words = SPOILT[what]
    project = Path(shutil.copytree(drafted, tmp_path / "p"))
    spoil(project)
    with station(project) as address:
        evidence, _, _ = executed(project, f"protocols/{SYSTEM}/PQ/PQ-VIA-01.feature", address)
    (result,) = evidence.results
    assert str(result.verdict) == verdict
    told = [w for w, _, holds in observed(evidence) if not holds] if verdict == "FAILED" else [result.reason]
    assert any(words in t for t in told), told


@pytest.mark.parametrize(("spoil", "words"), [(worse, "sensitivity"), (nervous, "specificity")])
def test_a_worse_model_that_was_approved_fails_by_its_bound(
    spoil: Callable[[Path], None], words: str, drafted: Path, tmp_path: Path
) -> None:
    """Somebody took the worse model into the specification, too: what is left is what it does."""
    project = Path(shutil.copytree(drafted, tmp_path / "p"))
    sound = str(digest_bytes((project / "models" / "1.0.0.json").read_bytes()))
    spoil(project)
    other = str(digest_bytes((project / "models" / "1.0.0.json").read_bytes()))
    for path in (project / "requirements_specs" / SYSTEM).rglob("*.yaml"):
        path.write_text(path.read_text().replace(sound, other))
    assert csvgen(project, "draft").returncode == 0
    with station(project) as address:
        evidence, _, _ = executed(project, f"protocols/{SYSTEM}/PQ/PQ-VIA-01.feature", address)
    assert [w for w, _, holds in observed(evidence) if not holds] == [f"lower 95 % confidence bound of the {words}"]


def test_iq_finds_another_model_set_and_program(drafted: Path, tmp_path: Path) -> None:
    project = spoilt(drafted, tmp_path / "p", "scoring.py", "_DARK = 9.0", "_DARK = 12.0")
    worse(project)
    relabelled(project)
    with station(project) as address:
        evidence, _, _ = executed(project, "IQ", address)
    failed = {what for what, _, holds in observed(evidence) if not holds}
    assert failed == {"configuration value model_1.0.0", "configuration value challenge_set", "digest of component scoring"}


def test_a_model_file_exchanged_after_its_promotion_decides_nothing(drafted: Path, tmp_path: Path) -> None:
    """The station looks at the digest, whatever the version says: restarted on another file, the line stands still."""
    project = Path(shutil.copytree(drafted, tmp_path / "p"))
    with station(project):
        pass  # LINE-1 got its model
    worse(project)
    with station(project) as address:
        evidence, requirement, _ = executed(project, f"protocols/{SYSTEM}/OQ/URS-VIA-007.feature", address)
    assert {requirement[r.case] for r in evidence.results} == {"URS-VIA-007"}
    told = " ".join(actual for _, actual, _ in observed(evidence))
    assert "the file is not the one that was promoted" in told
    assert [str(r.verdict) for r in evidence.results].count("PASSED") == 1, "what is no picture is refused as ever"


# ------------------------------------------------------------ the whole way, with signatures


class Vials(Tiny):
    """The project, driven through the functions of the workflow."""

    @property
    def state(self) -> ProjectState:
        return read_state(self.config, SYSTEM)

    def all_sign(self) -> None:
        for person in ("mara.ivens", "oskar.lindqvist", "tomas.feld", "ruth.amsel"):
            self.sign(person)


def text_of(project: Path, document: str) -> str:
    path = project / "output" / SYSTEM / "documents" / document / "r1" / f"{document}-r1.pdf"
    return " ".join(" ".join(page.extract_text().split()) for page in PdfReader(path).pages)


def test_the_whole_way_with_signatures_ends_in_a_report_that_tells_the_counts(
    drafted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = Path(shutil.copytree(drafted, tmp_path / "p"))
    with cheap_secrets(), station(project) as address:
        monkeypatch.setenv("VIALS_URL", address)
        flow = Vials(project)
        flow.found()
        flow.report("plan", "urs", "fs", "risk")
        flow.publisher().procedure("SOP-VIA-001")
        flow.all_sign()
        flow.report("iq-protocol", "oq-protocol", "pq-protocol")
        flow.all_sign()
        for phase in ("IQ", "OQ", "PQ"):
            assert {str(r.verdict) for r in flow.execute(phase).results} == {"PASSED"}
            flow.review(f"{phase}-001")
            flow.report(f"{phase.lower()}-report")
            flow.all_sign()
        flow.report("traceability-matrix")
    told = text_of(project, "VIA-PQR")
    assert "ELIGIBLE: the phase may be concluded as passed" in told
    assert "0.9834 [180 of 180; Clopper-Pearson, exact, one-sided;" in told
    assert "0.9037 [114 of 120; Clopper-Pearson, exact, one-sided;" in told
    assert re.search(r"Gaps of the matrix 0\b", text_of(project, "VIA-RTM"))
