"""A witness of others (C2SP tlog-witness): it remembers the last checkpoint it saw, and cosigns another only if it is its growth.

    POST <url>/add-checkpoint        old size, consistency proof, checkpoint
    200 and its signature lines      honest growth
    409 and the size it saw          it remembers another size; asked again with a proof from there
    422, 400, 403, 404               not a growth of what it saw, badly asked, key or log unknown to it

Whoever holds every key of the recording system still cannot make a witness forget.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from csvgen.audit.checkpoint import Checkpoint, read_checkpoint
from csvgen.crypto.notes import Note, Verifier, read_lines
from csvgen.errors import CsvgenError, Exit, NotIntact

Prove = Callable[[int, int], Sequence[bytes]]
"""Consistency proof from an older to a newer size of the log."""

_WAIT = (5.0, 20.0)
_LARGEST = 100_000
_OK, _CONFLICT, _INCONSISTENT, _FORBIDDEN, _UNKNOWN = 200, 409, 422, 403, 404


class NoWitness(CsvgenError):
    """The witness could not be reached, does not know this log, or gave no cosignature that can be believed."""

    exit_code = Exit.FINDINGS


class Contradicted(NotIntact):
    """What somebody outside saw of this trail is not what the trail is now."""


@dataclass(frozen=True)
class Witness:
    """One witness by the prefix of its address, and its key as it gave it to us (`vkey`, type 4)."""

    url: str
    verifier: Verifier
    _seen: dict[str, int] = field(default_factory=dict, repr=False, compare=False)
    """Origin -> size it last cosigned, as far as this process knows: a hint that saves a question."""

    def cosign(self, note: Note, prove: Prove) -> Note:
        """The note with this witness's cosignature below. Raises Contradicted when it saw something else, NoWitness."""
        checkpoint = read_checkpoint(note)
        known = self._seen.get(checkpoint.origin, 0)
        old = known if known <= checkpoint.size else 0
        status, body = self._ask(note, checkpoint, old, prove)
        if status == _CONFLICT:
            seen = self._size(body)
            if seen > checkpoint.size:
                raise self._contradicted(
                    f"it saw {seen} events, and now there are {checkpoint.size}: the trail was cut or rolled back"
                )
            if seen == old:
                raise self._contradicted(f"it saw another trail of {seen} events")
            old = seen
            status, body = self._ask(note, checkpoint, old, prove)
        if status == _INCONSISTENT or (status == _CONFLICT and self._size(body) == checkpoint.size == old):
            raise self._contradicted(f"of the {old} events it saw, at least one is not as it was")
        if status != _OK:
            reasons = {_FORBIDDEN: "it does not know our key", _UNKNOWN: "it does not know this log"}
            raise self._failed(reasons.get(status, f"HTTP {status}"))
        cosigned = self._believed(note, body)
        self._seen[checkpoint.origin] = checkpoint.size
        return cosigned

    def _believed(self, note: Note, body: bytes) -> Note:
        """Only lines of the witness we know are taken over, and they must hold."""
        try:
            lines = read_lines(body.decode("utf-8"), self.url)
            ours = [line for line in lines if (line.name, line.key_id) == (self.verifier.name, self.verifier.key_id)]
            cosigned = note.cosigned(ours)
            cosigned.vouched([self.verifier], self.url)
        except (UnicodeDecodeError, NotIntact):
            raise self._failed("its answer is no cosignature of the key we know") from None
        return cosigned

    def _ask(self, note: Note, checkpoint: Checkpoint, old: int, prove: Prove) -> tuple[int, bytes]:
        import requests

        proof = prove(old, checkpoint.size) if 0 < old < checkpoint.size else ()
        lines = "".join(base64.b64encode(h).decode("ascii") + "\n" for h in proof)
        question = f"old {old}\n{lines}\n".encode() + bytes(note)
        try:
            with requests.post(
                f"{self.url.rstrip('/')}/add-checkpoint", data=question, timeout=_WAIT, stream=True, allow_redirects=False
            ) as answer:
                return answer.status_code, b"".join(answer.iter_content(_LARGEST))[:_LARGEST]
        except requests.RequestException as problem:
            raise self._failed(f"it cannot be reached ({type(problem).__name__})") from None

    def _size(self, body: bytes) -> int:
        text = body.decode("ascii", "replace").strip()
        if not text.isdigit() or len(text) > 18:  # noqa: PLR2004 - more than any log will hold
            raise self._failed("it refused, and does not say what it saw")
        return int(text)

    def _contradicted(self, why: str) -> Contradicted:
        return Contradicted(f"the witness contradicts: {why}", where=self.url, hint="csvgen audit check names the place")

    def _failed(self, why: str) -> NoWitness:
        return NoWitness(f"no cosignature: {why}", where=self.url)
