"""The work of the station: lines, batches, inspections, and what is proposed and takes effect by signature alone."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from vials import bounds
from vials.pictures import digest, kit, read
from vials.scoring import Model, brightness
from vials.settings import Settings
from vials.store import Record, Store, now

_TICKET = re.compile(r"CHG-[0-9]{1,8}")
DECISIONS = ("accept", "reject")
MANUAL = "manual"
NOT_VALIDATED = "the line is not in its validated state; a person decides"
DRIFTED = "drift is under review; a person decides"
_MOST = 100_000


class No(Exception):
    """An answer that is a refusal."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status
        self.words = words


@dataclass(frozen=True)
class Form:
    """Who may enter it, what it asks for, and what becomes of it when quality signs."""

    roles: tuple[str, ...]
    required: tuple[str, ...]
    status: str
    optional: tuple[str, ...] = ()
    lists: Mapping[str, tuple[str, ...]] | None = None


FORMS = {
    "line": Form(("administrator",), ("id",), "no model"),
    "promotion": Form(("administrator",), ("id", "line", "model", "ticket"), "proposed"),
    "batch": Form(("operator",), ("id", "line", "purpose"), "open", (), {"purpose": ("production", "trial", "challenge")}),
    "inspection": Form(("operator",), ("id", "batch"), "decided", ("picture", "content")),
    "disposition": Form(("operator",), ("id", "batch", "decision"), "proposed", (), {"decision": ("released", "rejected")}),
    "qualification": Form(("administrator",), ("id", "line", "batch"), "proposed"),
    "review": Form(("administrator",), ("id", "batch", "conclusion"), "proposed"),
}


class Work:
    def __init__(self, store: Store, settings: Settings) -> None:
        self.store = store
        self.settings = settings
        self.kit = kit()
        self._models: dict[str, Model] = {}

    # ------------------------------------------------------------ entering

    def enter(self, person: str, kind: str, content: Mapping[str, object], reason: str) -> str:
        """A new record of a kind; its id. Raises No."""
        form = FORMS[kind]
        fields = {name: str(content.get(name, "")) for name in (*form.required, *form.optional)}
        for name in form.required:
            if not fields[name].strip():
                raise No(422, f"{name}: a value is required")
        for name, allowed in (form.lists or {}).items():
            if fields[name] not in allowed:
                raise No(422, f"{name}: none of {', '.join(allowed)}")
        if self.store.newest(kind, fields["id"]):
            raise No(409, f"id: there is a {kind} of this id")
        special: Callable[[str, dict[str, str]], tuple[str, dict[str, str]]] | None = getattr(self, f"_{kind}", None)
        status, made = special(person, fields) if special else (form.status, fields)
        self.store.write(kind, fields["id"], status, made)
        self.store.told(person, "CREATE", f"{kind}/{fields['id']}", new=made.get("decision", ""), reason=reason)
        return fields["id"]

    def there(self, kind: str, identity: str) -> Record:
        found = self.store.newest(kind, identity)
        if found is None:
            raise No(422, f"{kind}: there is no {kind} {identity!r}")
        return found

    def _line(self, _person: str, fields: dict[str, str]) -> tuple[str, dict[str, str]]:
        return "no model", {**fields, "model": "", "digest": "", "validated": "no", "why": "no model is in effect"}

    def _promotion(self, _person: str, fields: dict[str, str]) -> tuple[str, dict[str, str]]:
        self.there("line", fields["line"])
        if not _TICKET.fullmatch(fields["ticket"]):
            raise No(422, "ticket: a model changes under a change ticket (CHG-...)")
        model = self._file(fields["model"])
        return "proposed", {**fields, "digest": model.digest, "training": model.training}

    def _file(self, version: str) -> Model:
        try:
            return self.settings.model(version)
        except ValueError as problem:
            raise No(422, f"model: {problem}") from None

    def _batch(self, _person: str, fields: dict[str, str]) -> tuple[str, dict[str, str]]:
        if self.there("line", fields["line"]).status == "no model":
            raise No(409, "line: no model is in effect")
        return "open", fields

    def _disposition(self, _person: str, fields: dict[str, str]) -> tuple[str, dict[str, str]]:
        batch = self.there("batch", fields["batch"])
        if batch.status != "open":
            raise No(409, f"batch: it is {batch.status}")
        return "proposed", fields

    # ------------------------------------------------------------ inspecting

    def _inspection(self, person: str, fields: dict[str, str]) -> tuple[str, dict[str, str]]:
        batch = self.there("batch", fields["batch"])
        if batch.status != "open":
            raise No(409, f"batch: it is {batch.status}")
        line = self.there("line", batch.fields["line"])
        data = self._picture(fields)
        try:
            picture = read(data)
        except ValueError as problem:
            raise No(422, f"picture: {problem}") from None
        model, light = self._in_effect(line), brightness(picture)
        score = model.score(picture)
        told = f"{score:.4f}"
        decision, why = ("reject", "the score is at or above the threshold") if float(told) >= float(model.threshold) else (
            "accept", "the score is below the threshold")  # fmt: skip
        if batch.fields["purpose"] != "challenge" and self._drift(batch.id, score, light):
            decision, why = MANUAL, DRIFTED
        elif batch.fields["purpose"] == "production" and line.fields["validated"] != "yes":
            decision, why = MANUAL, NOT_VALIDATED
        shown = digest(data)
        values = (fields["id"], batch.id, shown, model.digest, score, light, decision)
        self.store.db.execute(
            "insert into seen (inspection, batch, sha256, model, score, brightness, decision) values (?,?,?,?,?,?,?)", values
        )
        return "waits for a person" if decision == MANUAL else "decided", {
            "id": fields["id"], "batch": batch.id, "picture": shown, "model": model.version, "digest": model.digest, "score": told,
            "threshold": model.threshold, "brightness": f"{light:.1f}", "decision": decision, "why": why, "by": person, "at": now(),
        }  # fmt: skip

    def _picture(self, fields: Mapping[str, str]) -> bytes:
        if bool(fields["picture"]) == bool(fields["content"]):
            raise No(422, "picture: a vial of the test kit, or the content of a picture, one of them")
        if fields["picture"]:
            if fields["picture"] not in self.kit:
                raise No(422, f"picture: the test kit has no vial {fields['picture']!r}")
            return self.kit[fields["picture"]]
        if len(fields["content"]) > _MOST:
            raise No(422, "picture: the content is too long")
        try:
            return base64.b64decode(fields["content"], validate=True)
        except ValueError:
            raise No(422, "picture: the content is no base64 of a picture") from None

    def _in_effect(self, line: Record) -> Model:
        """The model of a line. A file that is not the one that was promoted decides nothing."""
        if line.fields["digest"] not in self._models:
            model = self._file(line.fields["model"])
            if model.digest != line.fields["digest"]:
                raise No(409, "model: the file is not the one that was promoted")
            self._models[model.digest] = model
        return self._models[line.fields["digest"]]

    def _drift(self, batch: str, score: float, light: float) -> bool:
        """Whether the station has drifted in this batch, the latest picture included. A first sign opens a review."""
        there = self.store.newest("drift", batch)
        if there is not None and there.status == "open":
            return True
        since = int(there.fields["seen"]) if there else 0
        rows = [(r["score"], r["brightness"]) for r in self.store.seen(batch) if r["seq"] > since]
        window = [*rows, (score, light)][-self.settings.window :]
        if len(window) < self.settings.window:
            return False
        mean_score, mean_light = (sum(values) / len(window) for values in zip(*window, strict=True))
        said = self.settings
        if said.brightness_low <= mean_light <= said.brightness_high and mean_score <= said.score_high:
            return False
        fields = {
            "batch": batch, "mean_brightness": f"{mean_light:.1f}", "mean_score": f"{mean_score:.4f}",
            "pictures": str(len(window)), "seen": str(since), "conclusion": "",
        }  # fmt: skip
        self.store.write("drift", batch, "open", fields)
        words = f"mean brightness {fields['mean_brightness']}, mean score {fields['mean_score']} of {len(window)} pictures"
        self.store.told("station", "DEVIATION", f"drift/{batch}", new="open", reason=words)
        return True

    # ------------------------------------------------------------ what a person decides instead

    def override(self, person: str, record: Record, field: str, value: str, reason: str) -> None:
        """Another decision on a vial than the model's, with its reason."""
        if record.kind != "inspection" or field != "decision":
            raise No(422, f"{field}: this field cannot be changed")
        if not reason.strip():
            raise No(422, "reason: another decision needs its reason")
        if value not in DECISIONS:
            raise No(422, f"decision: none of {', '.join(DECISIONS)}")
        batch = self.there("batch", record.fields["batch"])
        if batch.status != "open":
            raise No(409, f"batch: it is {batch.status}")
        old = record.fields["decision"]
        self.store.write("inspection", record.id, "decided by a person", {**record.fields, "decision": value, "why": reason})
        self.store.told(person, "UPDATE", record.name, field="decision", old=old, new=value, reason=reason)

    # ------------------------------------------------------------ what takes effect by signature

    def meaning(self, record: Record) -> str:
        """What a signature on a record means. Raises No where there is nothing to sign."""
        meanings = {
            "promotion": "promoted", "qualification": "qualified", "review": "reviewed", "disposition": record.fields.get("decision", ""),
        }  # fmt: skip
        if record.kind not in meanings:
            raise No(409, f"{record.kind}: there is nothing to sign")
        if record.status != "proposed":
            raise No(409, f"{record.kind}: it is {record.status}")
        return meanings[record.kind]

    def take_effect(self, person: str, record: Record) -> int:
        """Do what was proposed; the version that is signed. Raises No, and then nothing is done."""
        effect: Callable[[str, Record], None] = getattr(self, f"_sign_{record.kind}")
        effect(person, record)
        return self.store.write(record.kind, record.id, "in effect", record.fields)

    def _sign_promotion(self, person: str, record: Record) -> None:
        said, line = record.fields, self.there("line", record.fields["line"])
        if self._file(said["model"]).digest != said["digest"]:
            raise No(409, "model: the file changed since it was proposed")
        why = f"model {said['model']} came under {said['ticket']}; the challenge set has not been passed since"
        fields = {**line.fields, "model": said["model"], "digest": said["digest"], "validated": "no", "why": why}
        self.store.write("line", line.id, "in use", fields)
        for name in ("model", "digest", "validated"):
            if line.fields[name] != fields[name]:
                old = line.fields[name]
                self.store.told(person, "UPDATE", line.name, field=name, old=old, new=fields[name], reason=said["ticket"])

    def _sign_disposition(self, person: str, record: Record) -> None:
        batch = self.there("batch", record.fields["batch"])
        if batch.status != "open":
            raise No(409, f"batch: it is {batch.status}")
        if record.fields["decision"] == "released":
            self._may_be_released(batch)
        self.store.write("batch", batch.id, record.fields["decision"], batch.fields)
        self.store.told(
            person,
            "UPDATE",
            batch.name,
            field="status",
            old="open",
            new=record.fields["decision"],
            reason=f"disposition {record.id}",
        )

    def _may_be_released(self, batch: Record) -> None:
        if batch.fields["purpose"] != "production":
            raise No(409, f"batch: a {batch.fields['purpose']} batch holds no product")
        seen = self.store.seen(batch.id)
        if not seen:
            raise No(409, "batch: no vial of it was inspected")
        waiting = [r["inspection"] for r in seen if self.there("inspection", r["inspection"]).fields["decision"] == MANUAL]
        if waiting:
            raise No(409, f"batch: vials wait for a person: {len(waiting)}")
        drift = self.store.newest("drift", batch.id)
        if drift is not None and drift.status == "open":
            raise No(409, "batch: drift is under review")

    def _sign_review(self, person: str, record: Record) -> None:
        drift = self.there("drift", record.fields["batch"])
        if drift.status != "open":
            raise No(409, "drift: no review is open")
        rows = self.store.seen(drift.id)
        fields = {**drift.fields, "seen": str(rows[-1]["seq"]), "conclusion": record.fields["conclusion"]}
        self.store.write("drift", drift.id, "closed", fields)
        self.store.told(
            person, "UPDATE", drift.name, field="status", old="open", new="closed", reason=record.fields["conclusion"]
        )

    def _review(self, _person: str, fields: dict[str, str]) -> tuple[str, dict[str, str]]:
        if self.there("drift", fields["batch"]).status != "open":
            raise No(409, "drift: no review is open")
        return "proposed", fields

    # ------------------------------------------------------------ the validated state of a line

    def _qualification(self, _person: str, fields: dict[str, str]) -> tuple[str, dict[str, str]]:
        line, batch = self.there("line", fields["line"]), self.there("batch", fields["batch"])
        if batch.fields["line"] != line.id or batch.fields["purpose"] != "challenge":
            raise No(422, "batch: no challenge batch of this line")
        set_, truth = self.settings.challenge_set()
        seen = self.store.seen(batch.id)
        pictures = [r["sha256"] for r in seen]
        if sorted(pictures) != sorted(truth):
            missing, strange = len(set(truth) - set(pictures)), len(set(pictures) - set(truth))
            raise No(422, f"challenge set: {missing} of {len(truth)} are missing, {strange} are not of it, seen {len(pictures)}")
        if {r["model"] for r in seen} != {line.fields["digest"]}:
            raise No(422, "challenge set: it was not seen by the model that is in effect")
        found = [(truth[r["sha256"]], r["decision"] == "reject") for r in seen]
        tp, fn = found.count((True, True)), found.count((True, False))
        tn, fp = found.count((False, False)), found.count((False, True))
        sensitivity, specificity = bounds.lower_bound(tp, tp + fn), bounds.lower_bound(tn, tn + fp)
        counts = {
            "tp": str(tp), "fn": str(fn), "tn": str(tn), "fp": str(fp), "challenge_set": set_, "model": line.fields["model"],
            "digest": line.fields["digest"], "sensitivity_bound": bounds.told(sensitivity), "specificity_bound": bounds.told(specificity),
        }  # fmt: skip
        if sensitivity < self.settings.sensitivity or specificity < self.settings.specificity:
            words = ", ".join(
                f"{name} {counts[name]}" for name in ("tp", "fn", "tn", "fp", "sensitivity_bound", "specificity_bound")
            )
            raise No(422, f"challenge set: not passed: {words}")
        return "proposed", {**fields, **counts}

    def _sign_qualification(self, person: str, record: Record) -> None:
        line = self.there("line", record.fields["line"])
        if line.fields["digest"] != record.fields["digest"]:
            raise No(409, "line: another model came into effect since")
        fields = {**line.fields, "validated": "yes", "why": f"the challenge set was passed, qualification {record.id}"}
        self.store.write("line", line.id, "in use", fields)
        old = line.fields["validated"]
        self.store.told(person, "UPDATE", line.name, field="validated", old=old, new="yes", reason=f"qualification {record.id}")
