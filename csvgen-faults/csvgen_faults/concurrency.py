"""Faults that need two people at the same time: the server does several acts at once, and they meet where it hurts most."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from csvgen.audit.ledger import Change
from csvgen.pipeline import record_keeping
from csvgen.pipeline.anchored import AnchoredLedger
from csvgen.pipeline.arrivals import Arrivals
from csvgen.pipeline.people import People
from csvgen.pipeline.record_keeping import RecordKeeping
from csvgen.pipeline.signing import Signatures
from csvgen.ports import Outcome
from csvgen.targets.local import server
from csvgen_faults import fault
from csvgen_faults.patching import replace, swap

_PATIENCE = 1.5
"""Seconds an act waits for another one to meet; who acts alone goes on after them."""


class _NoTurn:
    """What the server holds while it does one act, holding nothing."""

    def acquire(self) -> None: ...

    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...


def _at_once(*verbs: str) -> Callable[[], None]:
    """Let these acts overlap, but for what they write, and no others; gives a place at which two of them wait for one another."""
    swap(server, "Turn", _NoTurn)
    barrier, turn, writing = threading.Barrier(2), threading.Lock(), threading.Lock()

    def answer(original: Callable[..., Any], table: Any, line: bytes) -> Any:
        if any(f'"{verb}"'.encode() in line for verb in verbs):
            return original(table, line)
        with turn:
            return original(table, line)

    @contextmanager
    def change(original: Callable[..., AbstractContextManager[Change]], *asked: Any, **more: Any) -> Iterator[Change]:
        with writing, original(*asked, **more) as made:
            yield made

    replace(server, "answer", answer)
    replace(AnchoredLedger, "change", change)

    def meet() -> None:
        try:
            barrier.wait(_PATIENCE)
        except threading.BrokenBarrierError:
            barrier.reset()

    return meet


@fault("concurrency-lost-update")
def _() -> None:
    """A change reads the record, waits for the other to have read it too, and writes all of it."""
    meet = _at_once("Records.change")

    def line(original: Callable[..., str], text: str, what: str, **more: Any) -> str:
        if what == "reason":  # the last that is looked at before the change is written
            meet()
        return original(text, what, **more)

    replace(record_keeping, "line", line)


@fault("concurrency-both-sign")
def _() -> None:
    """Two people pass the gates of a signature together; then both sign."""
    meet = _at_once("Signing.sign")

    def hand(original: Callable[..., Any], *typed: Any) -> Any:
        proved = original(*typed)
        meet()
        return proved

    replace(Signatures, "hand", hand)


@fault("concurrency-signed-unseen")
def _() -> None:
    """What was shown is compared before the other changes it, and the signature is put on what there was, over the change."""
    meet = _at_once("Signing.sign", "Records.change")

    def hand(original: Callable[..., Any], *typed: Any) -> Any:
        proved = original(*typed)
        meet()  # now the change may begin
        meet()  # now it is done
        return proved

    def change(original: Callable[..., Outcome], *asked: Any, **more: Any) -> Outcome:
        meet()
        try:
            return original(*asked, **more)
        finally:
            meet()

    replace(Signatures, "hand", hand)
    replace(RecordKeeping, "change", change)


def _second_dropped(verb: str, owner: Any, said: Callable[..., Outcome]) -> None:
    """Of two that come together only the first is done; the second is told `said`."""
    meet, busy = _at_once(verb), threading.Lock()

    def act(original: Callable[..., Outcome], self: Any, *asked: Any, **more: Any) -> Outcome:
        meet()
        if not busy.acquire(blocking=False):
            return said(*asked, **more)
        try:
            return original(self, *asked, **more)
        finally:
            busy.release()

    replace(owner, verb.partition(".")[2], act)


@fault("concurrency-loser-not-told")
def _() -> None:
    _second_dropped("Records.change", RecordKeeping, lambda **asked: Outcome(True, f"{asked['record']} changed", asked["record"]))


@fault("concurrency-one-id-twice")
def _() -> None:
    _second_dropped("Access.create_account", People, lambda **asked: Outcome(True, f"account {asked['user_id']} created"))


@fault("concurrency-file-overwritten")
def _() -> None:
    def said(**asked: Any) -> Outcome:
        return Outcome(True, "registered as version 1", f"file/{asked['lot']}:{asked['file_name']}")

    _second_dropped("Pipeline.ingest", Arrivals, said)
