"""Faults of the ways things take: states, gates, signed code, change tickets, second factor, access from outside, backup and restore."""

from __future__ import annotations

import json
import shutil
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

from csvgen.audit.ledger import Change, system_actor
from csvgen.canonical import canonical_json, digest_bytes
from csvgen.errors import NotIntact, Refused
from csvgen.identity import factors
from csvgen.identity.directory import Directory
from csvgen.pipeline import artifacts, backup, facts, methods
from csvgen.pipeline.artifacts import Artifacts
from csvgen.pipeline.certificates import Certificates
from csvgen.pipeline.core import RAW, Core
from csvgen.pipeline.decisions import Decisions
from csvgen.pipeline.flow import approved
from csvgen.pipeline.methods import Methods
from csvgen.pipeline.provenance import Provenance
from csvgen.pipeline.reach import reach
from csvgen.ports import Outcome
from csvgen_faults import fault
from csvgen_faults.patching import replace, swap

Original = Callable[..., Any]

# ------------------------------------------------------------ states


@fault("audit-refused-act-without-entry")
def _() -> None:
    def silent(original: Original, self: Change, action: str, *args: Any, **named: Any) -> Any:
        of_an_act = action.endswith("-refused") and action.removesuffix("-refused") not in (
            "log-in",
            "signing",
            "authority",
            "access",
        )
        return None if of_an_act else original(self, action, *args, **named)

    replace(Change, "note", silent)


@fault("pipeline-state-not-kept")
def _() -> None:
    def moved(original: Original, self: Decisions, session: str, record: str, *args: Any, **named: Any) -> Any:
        try:
            return original(self, session, record, *args, **named)
        except Refused:
            lot, core = record.removeprefix("lot/"), self._core
            if core.state(lot):
                with core.ledger.change(system_actor()) as change:
                    other = "registered" if core.state(lot) != "registered" else "processed"
                    change.put("status", lot, {"lot": lot, "state": other}, reason="moved")
            raise

    replace(Decisions, "sign", moved)


# ------------------------------------------------------------ gates


@fault("pipeline-method-not-approved-used")
def _() -> None:
    def at_once(original: Original, self: Methods, *args: Any, **named: Any) -> Any:
        done = original(self, *args, **named)
        proposed = self._core.ledger.latest("method-change", done.reference.partition("/")[2])
        assert proposed is not None
        with self._core.ledger.change(system_actor(), "effective at once") as change:
            change.put("method", proposed.content["method"], proposed.content["content"])
        return done

    replace(Methods, "change", at_once)
    replace(methods, "require_effective", lambda _original, *_: None)


@fault("pipeline-author-approves-method")
def _() -> None:
    def by_another(original: Original, self: Core, kind: str, *args: Any, **named: Any) -> Any:
        found, version = original(self, kind, *args, **named)
        return (found.model_copy(update={"by": "somebody.else"}) if kind == "method-change" else found), version

    replace(Core, "known", by_another)


# ------------------------------------------------------------ code and tickets


@fault("pipeline-ticket-blank-accepted")
def _() -> None:
    def unasked(original: Original, text: str, what: str, **named: Any) -> Any:
        return text if what == "change ticket" else original(text, what, **named)

    replace(artifacts, "line", unasked)


@fault("pipeline-certificate-without-ticket")
def _() -> None:
    def without(original: Original, self: Certificates, *args: Any, **named: Any) -> Any:
        content = original(self, *args, **named)
        return content | {"runs": [run | {"ticket": "", "commit": ""} for run in content["runs"]]}

    replace(Certificates, "_content", without)


def _let_in(*refusals: type[Exception]) -> None:
    def registered(original: Original, self: Artifacts, *args: Any, **named: Any) -> Any:
        try:
            return original(self, *args, **named)
        except refusals as refusal:
            if "registered already" in str(refusal):
                raise
            return Outcome(True, "artifact registered", "artifact/ART-9999")

    replace(Artifacts, "register", registered)


@fault("pipeline-unsigned-artifact-registered")
def _() -> None:
    _let_in(NotIntact)


@fault("pipeline-unknown-signer-accepted")
def _() -> None:
    _let_in(Refused)


@fault("pipeline-altered-artifact-runs")
def _() -> None:
    replace(approved, "require_signed", lambda _original, *_: None)


@fault("pipeline-run-names-other-code")
def _() -> None:
    def other(original: Original, self: Provenance, *args: Any, **named: Any) -> bytes:
        record = json.loads(original(self, *args, **named))
        return canonical_json(record | {"code": digest_bytes(b"other code")})

    replace(Provenance, "run_record", other)


# ------------------------------------------------------------ second factor


@fault("signature-code-not-asked")
def _() -> None:
    def password_alone(
        original: Original, self: Directory, person: str, password: str, _code: str, what: str, **named: Any
    ) -> Any:
        return original(self, person, password, "", what, **(named | {"device": False}))

    replace(Directory, "_proved", password_alone)


@fault("signature-code-not-checked")
def _() -> None:
    def any_code(_original: Original, _key: str, code: str, moment: Any) -> int:
        return int(moment.timestamp()) // factors.STEP_SECONDS if code else -1

    replace(factors, "step_of", any_code)


@fault("signature-code-serves-twice")
def _() -> None:
    def not_kept(original: Original, self: Change, owner: str, name: str, value: str) -> None:
        if name != "code-step":
            original(self, owner, name, value)

    replace(Change, "keep_secret", not_kept)


@fault("signature-old-code-accepted")
def _() -> None:
    swap(factors, "_DRIFT", 20)


@fault("signature-device-not-needed")
def _() -> None:
    def optional(original: Original, self: Directory, session: Any, *args: Any, **named: Any) -> Any:
        asked, account = self.policy, self.account(session.account.id)
        if account is not None and account.factor != "enrolled":
            self.policy = asked.model_copy(update={"second_factor": "optional"})
        try:
            return original(self, session, *args, **named)
        finally:
            self.policy = asked

    replace(Directory, "components", optional)


# ------------------------------------------------------------ access from outside

_open: list[socket.socket] = []


@fault("storage-port-open")
def _() -> None:
    _open.append(socket.create_server(("127.0.0.1", 0)))


@fault("storage-openings-not-told")
def _() -> None:
    wanted = {"files others may write": "none", "links that lead out of the store": "none"}
    replace(facts, "reach", lambda _original, home: {**reach(home), "who may reach the store": "its owner alone", **wanted})


# ------------------------------------------------------------ backup and restore


@fault("storage-backup-leaves-out-file")
def _() -> None:
    def without_newest(original: Original, core: Core) -> Any:
        names = original(core)
        raw = [name for name in names if name.startswith(f"{RAW}/")]
        newest = max(raw, key=lambda name: (core.home / name).stat().st_mtime_ns, default="")
        return tuple(name for name in names if name != newest)

    replace(backup, "_files", without_newest)


@fault("storage-damaged-backup-restored")
def _() -> None:
    def laid(_original: Original, content: Path, staged: Path, _manifest: Any) -> None:
        shutil.copytree(content, staged, dirs_exist_ok=True)

    replace(backup, "_lay", laid)


@fault("storage-restored-open")
def _() -> None:
    def laid(original: Original, content: Path, staged: Path, manifest: Any) -> None:
        original(content, staged, manifest)
        for path in (p for p in staged.rglob("*") if p.is_file()):
            path.chmod(0o666)

    replace(backup, "_lay", laid)


@fault("storage-forged-backup-restored")
def _() -> None:
    replace(backup, "restore", lambda original, place, home, clock, _expected=None: original(place, home, clock, None))


@fault("storage-restored-over-other")
def _() -> None:
    def over(original: Original, place: Path, home: Path, *args: Any) -> Any:
        for path in home.iterdir() if home.is_dir() else ():
            path.unlink()
        return original(place, home, *args)

    replace(backup, "restore", over)


@fault("storage-recovery-point-not-told")
def _() -> None:
    replace(backup, "told", lambda _original, _done: "restored")


def _restored_otherwise(change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """In the restored environment, which is one whose trail tells of a restore, a lot is read otherwise than it was."""
    from csvgen.pipeline.record_keeping import RecordKeeping

    def read(original: Original, self: RecordKeeping, *args: Any, **named: Any) -> Any:
        found = original(self, *args, **named)
        if not self._core.ledger.events(action="restored"):
            return found
        from dataclasses import replace as other

        return tuple(other(v, fields=change(dict(v.fields))) if v.id.startswith("lot/") else v for v in found)

    replace(RecordKeeping, "history", read)


@fault("record-restore-loses-field")
def _() -> None:
    _restored_otherwise(lambda fields: {name: value for name, value in fields.items() if name != "verdict"})


@fault("record-restore-alters-value")
def _() -> None:
    _restored_otherwise(lambda fields: fields | {"verdict": "out of specification"})
