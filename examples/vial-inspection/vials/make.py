"""Sets of pictures and models: ``python -m vials.make pictures | lock NAME | tune VERSION | train VERSION | record VERSION | seed | digests``.

`pictures` draws every locked set again and compares each file with its list; `lock` writes the list of a new set, once; `tune` says what each
threshold gives on the tuning set and which one the rule takes; `train` prints the file of a model and `record` the record of a training; `seed` says the
seed of the challenge set, which follows from the files of the models. `tune`, `train` and `record` need scikit-learn, the service does not.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from functools import cache
from pathlib import Path

from vials.bounds import lower_bound
from vials.pictures import Picture, digest, drawn, read, written
from vials.scoring import FORMAT, MEASURES, measured, model_of
from vials.settings import Settings

SETS = {
    "training": (1101, {"good": 220, "particle": 80, "crack": 80, "underfill": 60}),
    "retraining": (1102, {"good": 260, "particle": 140, "crack": 100, "underfill": 60}),
    "tuning": (3301, {"good": 240, "particle": 160, "crack": 120, "underfill": 80}),
    "challenge": (2251787156, {"good": 120, "particle": 80, "crack": 60, "underfill": 40}),
}
"""Name -> seed, and how many vials of each kind."""
MODELS = {"1.0.0": "training", "1.1.0": "retraining"}
"""Version -> the set it is trained on."""
THRESHOLDS = {"1.0.0": "0.10", "1.1.0": "0.10"}
"""Version -> what `tuned` takes for it on the tuning set, and nothing else."""
LISTS, PICTURES, HELD = Path("requirements_specs/vial-inspection/data"), Path("pictures"), Path("models")


def set_of(name: str) -> dict[str, bytes]:
    """File name -> content of every picture of a set."""
    seed, counts = SETS[name]
    return {f"{kind}-{n:03d}.pgm": written(drawn(kind, seed, n)) for kind, count in counts.items() for n in range(count)}


def listed(name: str, pictures: dict[str, bytes]) -> bytes:
    """The list of a set: each file with its digest and what the vial is."""
    rows = [{"file": f, "sha256": digest(data), "truth": f.partition("-")[0]} for f, data in sorted(pictures.items())]
    lines = ",\n".join(json.dumps(row) for row in rows)
    return f'{{"format": "vial-set/1", "set": "{name}", "seed": {SETS[name][0]}, "pictures": [\n{lines}\n]}}\n'.encode()


def lock(root: Path, name: str) -> None:
    """Write the list of a set. Raises FileExistsError: a locked set is not locked again."""
    path = root / LISTS / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as file:
        file.write(listed(name, set_of(name)))


def pictures(root: Path) -> None:
    """Draw every set, compare it with its list, and write its files. Raises SystemExit where list and pictures differ."""
    for name in SETS:
        made = set_of(name)
        if listed(name, made) != (root / LISTS / f"{name}.json").read_bytes():
            raise SystemExit(f"{name}: the pictures are not those of the locked list")
        folder = root / PICTURES / name
        folder.mkdir(parents=True, exist_ok=True)
        for file, data in made.items():
            (folder / file).write_bytes(data)
        print(f"{name}: {len(made)} pictures as listed")


def taken(root: Path, name: str) -> tuple[bytes, list[Picture], list[bool]]:
    """List, pictures, and which have a defect, of a locked set. Raises SystemExit for a picture that is not the listed one."""
    manifest = (root / LISTS / f"{name}.json").read_bytes()
    found, truth = [], []
    for row in json.loads(manifest)["pictures"]:
        data = (root / PICTURES / name / row["file"]).read_bytes()
        if digest(data) != row["sha256"]:
            raise SystemExit(f"{name}/{row['file']} is not the picture of the locked list")
        found.append(read(data))
        truth.append(row["truth"] != "good")
    return manifest, found, truth


def tuned(scores: list[float], truth: list[bool]) -> tuple[str, list[tuple[str, int, int, float]]]:
    """The threshold, by a rule that leaves nothing to choose; and for each one tried: TP, TN, and the chance to pass.

    Of 0.05, 0.10 ... 0.95 that one is taken at which a challenge set is passed with the highest chance, of equals the lowest. The true rates
    are taken as (hits + 1/2) / (number + 1) of the tuning set, so that no rate is 1.
    """
    limits, rows, counts = Settings(HELD, LISTS), [], SETS["challenge"][1]
    defects, good = sum(truth), truth.count(False)
    for step in range(5, 100, 5):
        tp = sum(d and score >= step / 100 for score, d in zip(scores, truth, strict=True))
        tn = sum(not d and score < step / 100 for score, d in zip(scores, truth, strict=True))
        found = passing((tp + 0.5) / (defects + 1), sum(counts.values()) - counts["good"], limits.sensitivity)
        rows.append((f"{step / 100:.2f}", tp, tn, found * passing((tn + 0.5) / (good + 1), counts["good"], limits.specificity)))
    return max(rows, key=lambda row: row[3])[0], rows


def passing(rate: float, of: int, limit: float) -> float:
    """The chance that so many vials prove the limit when the true rate is this one."""
    return math.fsum(math.comb(of, hits) * rate**hits * (1 - rate) ** (of - hits) for hits in range(fewest(of, limit), of + 1))


@cache
def fewest(of: int, limit: float) -> int:
    """So many hits at least prove the limit; one more than there are vials where none do."""
    return next((of + 1 - misses for misses in range(of + 2) if lower_bound(of - misses, of) < limit), 0)


def tune(root: Path, version: str) -> str:
    """What each threshold gives for a model on the tuning set, and the one the rule takes. The challenge set is not read."""
    at = root / HELD / f"{version}.json"
    model, (_, pictures, truth) = model_of(at), taken(root, "tuning")
    chosen, rows = tuned([float(f"{model.score(p):.4f}") for p in pictures], truth)
    lines = [f"{t}  TP {tp} of {sum(truth)}  TN {tn} of {truth.count(False)}  chance {chance:.3f}" for t, tp, tn, chance in rows]
    return "\n".join([*lines, f"model {version}: threshold {chosen}", ""])


def seed_of_challenge(root: Path) -> int:
    """The seed of the challenge set: the first 32 bits of the digest of the models' files. It cannot be known before the thresholds are fixed,
    and nobody can choose among sets afterwards.
    """
    return int(digest(b"".join((root / HELD / f"{version}.json").read_bytes() for version in MODELS))[7:15], 16)


def train(root: Path, version: str) -> bytes:
    """The file of a model, trained on the pictures of its locked list. Raises SystemExit for a picture that is not the listed one."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    manifest, pictures, truth = taken(root, MODELS[version])
    found = [measured(p) for p in pictures]
    scaler = StandardScaler().fit(found)
    fitted = LogisticRegression(C=10.0, solver="newton-cholesky", tol=1e-10, max_iter=500).fit(scaler.transform(found), truth)
    said = {
        "format": FORMAT, "version": version, "threshold": THRESHOLDS[version], "training": digest(manifest), "measures": MEASURES,
        "means": _told(scaler.mean_), "scales": _told(scaler.scale_), "weights": _told(fitted.coef_[0]), "bias": _told(fitted.intercept_)[0],
    }  # fmt: skip
    return (json.dumps(said, indent=1) + "\n").encode()


def _told(numbers: list[float]) -> list[str]:
    """Six decimals: what a last bit of another processor changes is not in them."""
    return [f"{n:.6f}" for n in numbers]


def record(root: Path, version: str) -> bytes:
    """What a training was: set, code, packages, and the digest of what came of it."""
    from importlib.metadata import version as installed

    name = MODELS[version]
    said = {
        "format": "vial-training/1", "model": version, "digest": digest(train(root, version)), "set": name,
        "list": digest((root / LISTS / f"{name}.json").read_bytes()), "seed": str(SETS[name][0]),
        "measures": digest((root / "vials/scoring.py").read_bytes()),
        "threshold": THRESHOLDS[version], "tuning": digest((root / LISTS / "tuning.json").read_bytes()),
        "packages": {package: installed(package) for package in ("numpy", "scikit-learn", "scipy")},
        "command": f"python -m vials.make train {version}",
    }  # fmt: skip
    return (json.dumps(said, indent=1) + "\n").encode()


def digests(root: Path) -> None:
    """What the approved baseline names, by file."""
    for path in sorted([*root.glob("vials/*.py"), *(root / HELD).glob("*.json"), *(root / LISTS).glob("*.json")]):
        print(digest(path.read_bytes()), path.relative_to(root).as_posix())


def main() -> None:
    parser = argparse.ArgumentParser(prog="vials.make")
    parser.add_argument("what", choices=["pictures", "lock", "tune", "train", "record", "seed", "digests"])
    parser.add_argument("name", nargs="?", default="")
    given = parser.parse_args()
    root = Path.cwd()
    match given.what:
        case "lock":
            lock(root, given.name)
        case "tune":
            sys.stdout.write(tune(root, given.name))
        case "seed":
            print(seed_of_challenge(root))
        case "train":
            sys.stdout.buffer.write(train(root, given.name))
        case "record":
            sys.stdout.buffer.write(record(root, given.name))
        case "digests":
            digests(root)
        case _:
            pictures(root)


if __name__ == "__main__":
    main()
