"""Asking an HTTP system. What the world keeps back is `Unanswered` and names what is missing; it is never taken for an answer."""

from __future__ import annotations

import email.utils
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.utils import get_environ_proxies

from csvgen.clock import Clock
from csvgen.errors import ConfigError
from csvgen.ports import Outcome
from csvgen.targets.http.description import Call, Description, Kept
from csvgen.targets.http.places import MISSING, at, body, filled, optional
from csvgen.targets.skew import in_step
from csvgen.views import Unanswered, Unreachable

_MOST = 20_000_000
_GATEWAYS = (502, 503, 504)
_TRIES = 3
_SERVER_ERROR = 500


@dataclass(frozen=True)
class Answer:
    """What the system answered, once it did."""

    status: str
    content: bytes
    accepted: bool
    absent: bool
    kind: str
    """Of a refusal: what it is about."""
    where: str

    def json(self) -> Any:
        """The content as JSON, decimals as they were written. Raises Unreachable for what is none."""
        try:
            return json.loads(self.content, parse_float=str)
        except (ValueError, RecursionError):
            raise Unreachable("the answer is no JSON", where=self.where) from None


class Client:
    """One connection to the system."""

    def __init__(
        self, description: Description, address: str, secrets: Callable[[Kept], str], root: Path, clock: Clock,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:  # fmt: skip
        self.description = description
        self._address = address.rstrip("/")
        self._secrets = secrets
        self._clock = clock
        self._wait = wait
        self._session = requests.Session()
        self._session.trust_env = False  # no netrc: credentials come from where the description says, and from nowhere else
        self._session.proxies = get_environ_proxies(self._address)
        self._session.verify = _authority(description, root)

    def close(self) -> None:
        self._session.close()

    def ask(self, call: Call, given: Mapping[str, Any], session: str | None = None) -> Answer:
        """Send a request and classify its answer. Raises Unanswered, Unreachable."""
        where = f"{call.method} {urlsplit(self._address).netloc}{filled(call.path, given, path=True).split('?')[0]}"
        answer = self._sent(call, given, session, where)
        status, kinds = str(answer.status_code), {**self.description.refusals, **call.refusals}
        accepted, absent = status in call.accepted, status in call.absent
        if not accepted and not absent and status not in kinds:
            _judged(answer, where)
        return Answer(status, answer.content, accepted, absent, "" if accepted or absent else kinds[status], where)

    def outcome(self, call: Call, given: Mapping[str, Any], session: str | None = None) -> Outcome:
        """A verb that is accepted or refused."""
        answer = self.ask(call, given, session)
        document = MISSING if not answer.content.strip() else self._document(answer)
        said = optional(call.message or self.description.message, given, document) or f"HTTP {answer.status}"
        if answer.absent:
            return Outcome(False, said, "", {"kind": "input"})
        if not answer.accepted:
            return Outcome(False, said, "", {"kind": answer.kind})
        facts = {name: filled(place, given, document, where=answer.where) for name, place in call.facts.items()}
        return Outcome(True, said, filled(call.reference, given, document, where=answer.where) if call.reference else "", facts)

    @staticmethod
    def _document(answer: Answer) -> Any:
        try:
            return answer.json()
        except Unreachable:
            if answer.accepted:
                raise
            return MISSING  # a refusal may be a page for people

    def _sent(self, call: Call, given: Mapping[str, Any], session: str | None, where: str) -> requests.Response:
        """Sent again where the system asks for it; a gateway that is down is asked again for reading only, because a write may have arrived."""
        waited, patience = 0.0, float(self.description.patience)
        reads = call.method in ("GET", "HEAD") or call.reads == "yes"
        for tried in range(1, _TRIES + 1):
            answer = self._once(call, given, session, where)
            again = answer.status_code == requests.codes.too_many_requests or (answer.status_code in _GATEWAYS and reads)
            pause = _pause(answer, self._clock, tried)
            if not again or tried == _TRIES or waited + pause > patience:
                return answer
            self._wait(pause)
            waited += pause
        raise AssertionError("the last try is given back")

    def _once(self, call: Call, given: Mapping[str, Any], session: str | None, where: str) -> requests.Response:
        made = {} if call.body is None else {"json": body(call.body, given, where)}
        try:
            with self._session.request(
                call.method, self._address + filled(call.path, given, where=where, path=True), headers=self._headers(session),
                timeout=float(self.description.timeout), allow_redirects=False, stream=True, **made,
            ) as answer:  # fmt: skip
                content = answer.raw.read(_MOST + 1, decode_content=True)
        except requests.exceptions.SSLError as problem:
            raise Unanswered(f"the certificate of the server is not believed: {_certificate(problem)}", where=where) from None
        except requests.exceptions.Timeout:
            raise Unanswered(f"no answer within {self.description.timeout} s", where=where) from None
        except requests.RequestException as problem:
            why = "connection refused" if "refused" in str(problem) else type(problem).__name__
            raise Unanswered(
                f"nobody answers at the address ({why})", where=where, hint="is the network there, is the system up?"
            ) from None
        except OSError as problem:
            raise Unanswered(f"the answer broke off ({type(problem).__name__})", where=where) from None
        if len(content) > _MOST:
            raise Unreachable(f"the answer has more than {_MOST} bytes", where=where)
        answer._content = content  # noqa: SLF001 - read once, with its limit, and kept where the library keeps it
        in_step(self._clock, answer.headers.get("Date"), where, self.description.skew)
        return answer

    def _headers(self, session: str | None) -> dict[str, str]:
        fixed = {n: v if isinstance(v, str) else self._secrets(v) for n, v in self.description.headers.items()}
        mine = {} if session is None else {n: filled(v, {"session": session}) for n, v in self.description.session.items()}
        if any(c in v for v in mine.values() for c in "\r\n"):
            raise ConfigError("a session with a line break in it cannot be sent")
        return {**fixed, **mine}


def rows(answer: Answer, place: str) -> list[Any]:
    """The list at a place of an answer. Raises Unreachable where there is none."""
    found = at(answer.json(), place.strip("{}"))
    if not isinstance(found, list):
        raise Unreachable(f"the answer has no list at {place.strip('{}')}, which the description names", where=answer.where)
    return found


def _authority(description: Description, root: Path) -> bool | str:
    if description.authority is None:
        return True
    path = root / description.authority
    if not path.is_file():
        raise ConfigError("the certificate authority of the server is not there", where=description.authority)
    return str(path)


def _certificate(problem: Exception) -> str:
    """What is wrong with it, in the words of OpenSSL, without addresses in memory."""
    text = str(problem)
    return (
        text.split("certificate verify failed: ", 1)[1].split(" (_ssl", 1)[0]
        if "certificate verify failed: " in text
        else "no TLS"
    )


def _pause(answer: requests.Response, clock: Clock, tried: int) -> float:
    """Seconds to wait, as the answer says (seconds or a date), else a little longer each time."""
    said = answer.headers.get("Retry-After", "")
    if said.isdecimal():
        return float(said)
    try:
        return max((email.utils.parsedate_to_datetime(said) - clock.now()).total_seconds(), 0.0)
    except (ValueError, TypeError):
        return 0.2 * tried


def _judged(answer: requests.Response, where: str) -> None:
    """Raises for a status that is neither accepted nor a refusal of the description."""
    code = answer.status_code
    if code == requests.codes.too_many_requests:
        said = answer.headers.get("Retry-After", "")[:40]
        raise Unanswered("throttled: too many requests" + (f", again after {said}" if said else ""), where=where)
    if code >= _SERVER_ERROR:
        raise Unanswered(f"the server answered HTTP {code}: it could not serve the request", where=where)
    words = {
        401: "the credentials are missing, wrong or expired", 403: "the account has no permission",
        407: "the proxy asks for credentials", 423: "the resource is locked",
    }  # fmt: skip
    if code in words:
        raise Unanswered(f"{words[code]} (HTTP {code}), and the description does not name this a refusal", where=where)
    if answer.is_redirect:
        raise Unanswered("the server sends elsewhere, and nobody follows with credentials", where=where, hint="mend the address")
    raise Unreachable(f"HTTP {code} is named by the description neither as accepted nor as a refusal", where=where)
