"""examples/vial-inspection: its configuration items, its models, and its bounds against other arithmetic. The station runs in test_vial_station."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from fractions import Fraction
from math import comb
from pathlib import Path
from types import ModuleType

import pytest
import yaml

from csvgen.canonical import digest_bytes
from csvgen.cli import examples
from csvgen.execution.observe import Blocked

ROOT = Path(__file__).parents[2]
SYSTEM = "vial-inspection"
EXAMPLE = ROOT / "examples" / SYSTEM
SPECIFICATION = EXAMPLE / "requirements_specs" / SYSTEM


def run(code: str, *, at: Path = EXAMPLE) -> str:
    """What a few lines of Python print, with the modules of the example, in a process of their own."""
    given = {**os.environ, "PYTHONPATH": str(EXAMPLE), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([sys.executable, "-c", code], env=given, cwd=at, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_what_init_writes_has_the_step_definitions_and_nothing_that_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Step definitions are written by people; features, pictures and the data of an instance are not."""
    used = Path(shutil.copytree(EXAMPLE, tmp_path / SYSTEM))
    for made in (
        f"protocols/{SYSTEM}/OQ/URS-VIA-003.feature",
        f"protocols/{SYSTEM}/protocols.lock",
        "pictures/challenge/good-001.pgm",
        "instance/vials.db",
    ):
        (used / made).parent.mkdir(parents=True, exist_ok=True)
        (used / made).write_bytes(b"x")
    monkeypatch.setattr(examples, "folders", lambda: {SYSTEM: used})
    written = set(examples.files(SYSTEM))
    assert {f"protocols/{SYSTEM}/conftest.py", ".gitignore", "models/1.0.0.json", "vials/app.py"} <= written
    assert not [n for n in written if n.split("/")[0] in ("pictures", "instance") or n.endswith((".feature", ".lock"))]


# ------------------------------------------------------------ configuration items


def test_the_baseline_names_the_files_as_they_are() -> None:
    """Changed a program, model or list of the example? It is a new release: python -m vials.make digests, and installation.yaml."""
    sections = yaml.safe_load((SPECIFICATION / "installation.yaml").read_text())["sections"]
    items = {item["subject"]: item["expected"] for section in sections for item in section["items"]}
    models = {f"model_{p.stem}": str(digest_bytes(p.read_bytes())) for p in (EXAMPLE / "models").glob("*.json")}
    programs = {p.stem: str(digest_bytes(p.read_bytes())) for p in (EXAMPLE / "vials").glob("*.py") if p.stem in items}
    data = {
        name: str(digest_bytes((SPECIFICATION / "data" / f"{name}.json").read_bytes()))
        for name in ("training", "retraining", "challenge")
    }
    sets = {"training_set_1.0.0": data["training"], "training_set_1.1.0": data["retraining"], "challenge_set": data["challenge"]}
    assert len(models) == 2
    assert len(programs) == 7
    found = {**models, **programs, **sets}
    assert {name: items[name] for name in found} == found


def test_the_phrases_name_the_models_and_the_challenge_set_of_the_baseline() -> None:
    items = {
        i["subject"]: i["expected"]
        for s in yaml.safe_load((SPECIFICATION / "installation.yaml").read_text())["sections"]
        for i in s["items"]
    }
    text = (SPECIFICATION / "pq" / "scenarios.yaml").read_text()
    assert set(re.findall(r'model "(\S+)" with the digest "(\S+)"', text)) == {
        (v, items[f"model_{v}"]) for v in ("1.0.0", "1.1.0")
    }
    assert set(re.findall(r'locked with the digest "(\S+)"', text)) == {items["challenge_set"]}


def test_pictures_are_those_of_the_locked_lists_and_no_set_shares_one() -> None:
    lists = {p.stem: json.loads(p.read_bytes()) for p in (SPECIFICATION / "data").glob("*ing.json")}
    lists["challenge"] = json.loads((SPECIFICATION / "data" / "challenge.json").read_bytes())
    sets = {name: [row["sha256"] for row in said["pictures"]] for name, said in lists.items()}
    assert {name: len(found) for name, found in sets.items()} == {
        "training": 440, "retraining": 560, "tuning": 600, "challenge": 300,
    }  # fmt: skip
    every = [one for found in sets.values() for one in found]
    assert len(set(every)) == len(every)
    drawn = run(
        "from vials.make import set_of, listed; import sys; sys.stdout.write(listed('challenge', set_of('challenge')).decode())"
    )
    assert drawn.encode() == (SPECIFICATION / "data" / "challenge.json").read_bytes()


def test_the_challenge_set_was_drawn_when_models_and_thresholds_were_fixed() -> None:
    """Its seed follows from the files of the models: nobody could know it before, or choose among sets afterwards."""
    models = b"".join((EXAMPLE / "models" / f"{v}.json").read_bytes() for v in ("1.0.0", "1.1.0"))
    seed = int(hashlib.sha256(models).hexdigest()[:8], 16)
    assert json.loads((SPECIFICATION / "data" / "challenge.json").read_bytes())["seed"] == seed
    assert (
        run("from pathlib import Path; from vials.make import seed_of_challenge; print(seed_of_challenge(Path()))") == f"{seed}\n"
    )
    assert str(seed) in (ROOT / "docs" / "vision.md").read_text()


def test_a_training_record_names_threshold_and_tuning_set_and_the_model_has_that_threshold() -> None:
    tuning = str(digest_bytes((SPECIFICATION / "data" / "tuning.json").read_bytes()))
    for version in ("1.0.0", "1.1.0"):
        said = json.loads((SPECIFICATION / "data" / f"training-record-{version}.json").read_bytes())
        model = (EXAMPLE / "models" / f"{version}.json").read_bytes()
        assert (said["tuning"], said["digest"]) == (tuning, str(digest_bytes(model)))
        assert said["threshold"] == json.loads(model)["threshold"]


def test_the_rule_of_the_threshold_takes_what_a_set_is_most_likely_passed_with() -> None:
    """Scores made up so that one threshold is right: 60 defects at 0.42, 60 good vials at 0.38; the chance is checked by scipy."""
    told = run(
        "from vials.make import passing, tuned\n"
        "print(*tuned([0.42] * 60 + [0.38] * 60, [True] * 60 + [False] * 60)[0:1])\n"
        "print(*tuned([0.42] * 60 + [0.11] * 60, [True] * 60 + [False] * 60)[0:1])\n"
        "print(f'{passing(0.98, 180, 0.95):.9f} {passing(0.98, 120, 0.90):.9f}')"
    )
    from scipy.stats import binom

    chances = f"{binom.sf(176, 180, 0.98):.9f} {binom.sf(113, 120, 0.98):.9f}"  # 3 misses of 180, 6 of 120 may be
    assert told.splitlines() == ["0.40", "0.15", chances], "of equals the lowest"


def test_a_model_is_numbers_and_another_file_is_refused(tmp_path: Path) -> None:
    said = json.loads((EXAMPLE / "models" / "1.0.0.json").read_bytes())
    assert set(said) == {"format", "version", "threshold", "training", "measures", "means", "scales", "weights", "bias"}
    for change in ({"format": "pickle"}, {"measures": ["brightness"]}):
        (tmp_path / "1.0.0.json").write_text(json.dumps({**said, **change}))
        told = run(
            "from pathlib import Path; from vials.settings import Settings\n"
            f"try: Settings(Path({str(tmp_path)!r}), Path('x')).model('1.0.0')\nexcept ValueError as no: print(no)"
        )
        assert "is no model of these measures" in told


# ------------------------------------------------------------ bounds


def steps() -> ModuleType:
    """The step definitions of the example."""
    import importlib.util

    spec = importlib.util.spec_from_file_location("vial_steps", EXAMPLE / "protocols" / SYSTEM / "conftest.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["vial_steps"] = module
    spec.loader.exec_module(module)
    return module


def station_bound(hits: int, of: int) -> float:
    import importlib.util

    spec = importlib.util.spec_from_file_location("vial_bounds", EXAMPLE / "vials" / "bounds.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.lower_bound(hits, of)


@pytest.mark.parametrize(
    ("hits", "of"), [(180, 180), (177, 180), (176, 180), (114, 120), (113, 120), (60, 120), (1, 3), (59, 59)]
)
def test_bounds_are_where_the_exact_binomial_tail_is_one_in_twenty(hits: int, of: int) -> None:
    """The definition itself, in fractions: at the bound, so many hits or more come about with a probability of 5 %."""
    for bound in (steps().lower_bound(hits, of), station_bound(hits, of)):
        p = Fraction(bound).limit_denominator(10**12)
        tail = sum((comb(of, n) * p**n * (1 - p) ** (of - n) for n in range(hits, of + 1)), Fraction(0))
        assert abs(float(tail) - 0.05) < 1e-7


def test_bounds_against_printed_numbers_of_samples() -> None:
    """Zero failures: n = 59 for 95/95 and n = 29 for 95/90, as tables of success-run samples say. And no hit proves nothing."""
    bound = steps().lower_bound
    assert bound(58, 58) < 0.95 <= bound(59, 59)
    assert bound(28, 28) < 0.90 <= bound(29, 29)
    assert (bound(0, 20), station_bound(0, 20)) == (0.0, 0.0)
    assert steps().told(0.94999) == "0.9499"


def test_without_scipy_no_bound_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The case is blocked and says what to install; nothing else reckons in its place."""
    monkeypatch.setitem(sys.modules, "scipy.stats", None)
    with pytest.raises(Blocked, match="vision"):
        steps().lower_bound(1, 2)
