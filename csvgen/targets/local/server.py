"""The process of an instance: ``python -m csvgen.targets.local.server HOME [DOOR]``.

One request a line on standard input, one answer a line on standard output:

    {"id": 7, "verb": "Pipeline.process", "args": {"session": "...", "lot": "L-001"}}
    {"id": 7, "ok": <value>}                                             what the function gave back
    {"id": 7, "refused": {"message": ..., "kind": ..., "rule": ...}}     the system said no
    {"id": 7, "error": "KeyError at lots.py:41"}                         no answer could be made; the process goes on

DOOR is the number of an inherited socket over which whoever started the process hands it further connections (SCM_RIGHTS), for people who
work at the same time. Each is read by a thread of its own; what is asked over all of them is done one after the other (`Turn`), because an
act reads what it then changes.

Values are spelled as in `wire`. The first line is ``{"ready": <instance>}``. Secrets come only inside requests; no request
is ever written anywhere, and of an error only its type and place are told, because messages may quote what was sent.
"""

from __future__ import annotations

import contextlib
import inspect
import json
import os
import socket
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from csvgen.errors import BadInput, ConfigError, CsvgenError, NotIntact
from csvgen.pipeline.release import QcRelease
from csvgen.ports import Outcome
from csvgen.store.database import StoreError
from csvgen.targets.local import desk
from csvgen.targets.local.bench_clock import clock_of
from csvgen.targets.local.wire import decode, encode

Verb = Callable[..., Any]


def verbs(app: QcRelease) -> Mapping[str, Verb]:
    """Every function that can be asked for, by its name on the wire: port and function."""
    parts: dict[str, tuple[object, tuple[str, ...]]] = {
        "Installation": (app.installation, ("components", "configuration", "clock", "storage")),
        "Access": (
            app.access,
            (
                "log_in", "log_out", "whoami", "create_account", "retire_account", "unlock_account", "set_password", "accounts",
            ),
        ),
        "Records": (app.records, ("read", "history", "change", "delete", "copy", "configure")),
        "Continuity": (app.backups, ("backup", "restore")),
        "SecondFactor": (app.access, ("enrol_device", "confirm_device", "type_code")),
        "AuditTrail": (app.trail, ("entries", "export", "integrity")),
        "Signing": (app.decisions, ("sign", "review_packet", "signatures", "manifestation", "forms", "check_signatures", "review_lines")),
    }  # fmt: skip
    found = {f"{port}.{name}": getattr(part, name) for port, (part, names) in parts.items() for name in names}
    return found | {
        **desk.verbs(app),
        "Entry.instrument": app.sources.register_instrument,
        "Entry.calibration": app.sources.calibrate,
        "Entry.retirement": app.sources.retire,
        "Entry.procedure": app.conditions.register_procedure,
        "Entry.training": app.conditions.register_training,
        "Entry.material": app.materials.change,
        "Entry.method": app.methods.change,
        "Pipeline.ingest": app.arrivals.ingest,
        "Pipeline.process": app.runs.process,
        "Pipeline.dispose": app.decisions.dispose,
        "Pipeline.decide_quarantined": app.arrivals.decide_quarantined,
        "Pipeline.check_landing": app.arrivals.register.check_landing,
        "Pipeline.propose_aside": app.aside.propose,
        "Pipeline.set_aside": app.aside.sign,
        "Pipeline.refuse_aside": app.aside.refuse,
        "Pipeline.certificate": app.certificates.certificate,
        "Pipeline.build_artifact": app.artifacts.build,
        "Pipeline.review_promotion": app.promotions.review,
        "Pipeline.approve_promotion": app.promotions.approve,
        "Pipeline.withdraw_artifact": app.promotions.withdraw,
        "Pipeline.register_artifact": partial(_register, app),
        "Pipeline.change_method": app.methods.change,
        "Pipeline.approve_method": app.methods.approve,
        "Pipeline.extend_revalidation": app.revalidations.extend,
        "Pipeline.complete_revalidation": app.revalidations.complete,
        **{
            f"Pipeline.{name}": getattr(app.conditions, name)
            for name in ("register_procedure", "require_procedures", "register_training")
        },
        **{f"Pipeline.{name}": getattr(app.investigations, name) for name in ("investigate", "invalidate")},
        **{f"Pipeline.{name}": getattr(app.integrations, name) for name in ("reintegrate", "sign_integration")},
        **{f"Pipeline.{name}": getattr(app.provenance, name) for name in ("trace", "run_record", "repeat")},
        **{
            f"Pipeline.{name}": getattr(app.lots, name) for name in ("lot", "deviations", "check_file", "calibrate", "statistics")
        },
    }


def _register(app: QcRelease, session: str, files: Sequence[Mapping[str, bytes]], signature: bytes) -> Outcome:
    """A bundle comes as its files, each ``name`` and ``content``: what lies on the disk of the caller is nobody's business here."""
    with tempfile.TemporaryDirectory() as place:
        for file in files:
            name = PurePosixPath(file["name"].decode("utf-8", "replace"))
            if name.is_absolute() or ".." in name.parts or not name.parts:
                raise BadInput(f"no name of a file in a bundle: {str(name)[:80]!r}")
            path = Path(place, *name.parts)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file["content"])
        return app.artifacts.register(session, Path(place), signature)


def answer(table: Mapping[str, Verb], line: bytes) -> dict[str, Any]:
    """The answer to one line, whatever it holds."""
    number: Any = None
    try:
        request = json.loads(line.decode("utf-8"))
        number = request["id"] if isinstance(request["id"], int) else None
        name, args = str(request["verb"]), {str(k): decode(v) for k, v in request["args"].items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as problem:
        return {"id": number, "error": f"malformed request ({type(problem).__name__})"}
    verb = table.get(name)
    if verb is None:
        return _refused(number, f"no verb {name[:60]!r}")
    if why := _unfit(verb, args):
        return _refused(number, f"{name}: {why}")
    try:
        return {"id": number, "ok": encode(verb(**args))}
    except CsvgenError as refusal:
        told = refusal.where and not isinstance(refusal, StoreError)  # where the database lies is nobody's business out there
        where = f"{refusal.where}: " if told else ""
        return _refused(number, where + refusal.message, kind_of(refusal), refusal.rule)
    except Exception as problem:  # noqa: BLE001 - an answer is owed to every request; the process outlives its errors
        frame = traceback.extract_tb(problem.__traceback__)[-1]
        return {"id": number, "error": f"{type(problem).__name__} at {Path(frame.filename).name}:{frame.lineno}"}


_KINDS = {
    "RR-G01": "authority",
    "RR-D01": "session",
    "RR-N04": "session",
    "RR-D02": "credentials",
    "RR-N02": "credentials",
    "RR-N03": "credentials",
    "RR-N07": "credentials",
}


def kind_of(refusal: CsvgenError) -> str:
    """What a refusal is about: authority, session, credentials, input, integrity, store, or a rule of the process."""
    if isinstance(refusal, BadInput):
        return "input"
    if isinstance(refusal, NotIntact):
        return "integrity"
    if isinstance(refusal, StoreError):
        return "store"
    return _KINDS.get(refusal.rule, "rule")


def _refused(number: Any, message: str, kind: str = "input", rule: str = "") -> dict[str, Any]:
    return {"id": number, "refused": {"message": message, "kind": kind, "rule": rule}}


def _unfit(verb: Verb, args: Mapping[str, Any]) -> str:
    """Why arguments do not fit a function: names and the plain types of its annotations."""
    wanted = inspect.signature(verb, eval_str=True).parameters
    if missing := [n for n, p in wanted.items() if n not in args and p.default is p.empty]:
        return f"missing argument {missing[0]}"
    if unknown := [n for n in args if n not in wanted]:
        return f"unknown argument {unknown[0][:40]!r}"
    for name, value in args.items():
        kind = wanted[name].annotation
        if not _fits(value, kind):
            return f"the argument {name} is of the wrong type"
    return ""


_MOST = 2**53
"""Largest whole number that every reader of JSON takes for the same."""


def _fits(value: Any, kind: Any) -> bool:
    if kind in (str, bytes):
        return isinstance(value, kind)
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST
    if kind == bytes | BinaryIO:
        return isinstance(value, bytes)
    if kind == tuple[str, ...]:
        return isinstance(value, tuple) and all(isinstance(v, str) for v in value)
    if kind == Mapping[str, str]:
        return isinstance(value, dict) and all(isinstance(v, str) for v in value.values())
    return isinstance(value, tuple) and all(isinstance(v, dict) and all(isinstance(b, bytes) for b in v.values()) for v in value)


Turn = threading.Lock
"""One act at a time: who holds it has the whole instance."""


def serve(home: Path, requests: BinaryIO, answers: BinaryIO, door: socket.socket | None = None) -> None:
    """Answer requests until their stream ends; what comes over the door is served beside it, and ends with it."""
    with QcRelease(home, clock_of(home)) as app:
        table, turn = verbs(app), Turn()
        _write(answers, {"ready": app.instance})
        if door is not None:
            threading.Thread(target=_doorkeeper, args=(door, table, turn, app.instance), daemon=True).start()
        _converse(table, turn, requests, answers)
        turn.acquire()  # an act begun over another connection is finished; none begins after it, for the turn is never given back


def _converse(table: Mapping[str, Verb], turn: threading.Lock, requests: BinaryIO, answers: BinaryIO) -> None:
    for line in iter(requests.readline, b""):
        with turn:
            made = answer(table, line)
        _write(answers, made)


def _doorkeeper(door: socket.socket, table: Mapping[str, Verb], turn: threading.Lock, instance: str) -> None:
    """Take further connections until nobody can hand any over."""
    while True:
        _, handles, _, _ = socket.recv_fds(door, 1, 1)
        if not handles:
            return
        threading.Thread(target=_beside, args=(socket.socket(fileno=handles[0]), table, turn, instance), daemon=True).start()


def _beside(connection: socket.socket, table: Mapping[str, Verb], turn: threading.Lock, instance: str) -> None:
    """One further connection. Who closes it has ended nothing but it."""
    with connection, connection.makefile("rb") as requests, connection.makefile("wb") as answers, contextlib.suppress(OSError):
        _write(answers, {"ready": instance})
        _converse(table, turn, requests, answers)


def _write(stream: BinaryIO, value: dict[str, Any]) -> None:
    stream.write(json.dumps(value, allow_nan=False).encode("ascii") + b"\n")
    stream.flush()


def main(arguments: list[str]) -> int:
    """Serve one instance. Standard output belongs to the answers alone: what a library prints goes to standard error."""
    if len(arguments) not in (1, 2) or not all(a.isdigit() for a in arguments[1:]):
        sys.stderr.write("usage: python -m csvgen.targets.local.server HOME [DOOR]\n")
        return 2
    door = socket.socket(fileno=int(arguments[1])) if arguments[1:] else None
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    try:
        serve(Path(arguments[0]), sys.stdin.buffer, answers, door)
    except ConfigError as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    except CsvgenError as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    except (BrokenPipeError, KeyboardInterrupt):
        with contextlib.suppress(OSError):
            answers.close()
        return 130
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
