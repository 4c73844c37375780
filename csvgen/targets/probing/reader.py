"""HTTP that can only read. The guard sits in the transport: a writing method, or a path that no probe needs, never leaves this process."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from csvgen.clock import Clock
from csvgen.model.counterpart import Counterpart
from csvgen.targets.probing.counterpart import SAYS, contradicted, short
from csvgen.targets.probing.facts import NotAllowed
from csvgen.targets.skew import in_step
from csvgen.views import Unanswered

_TIMEOUT = (5, 30)
_MOST = 20_000_000
_PAGES = 50
_READING = ("GET", "HEAD", "LIST")
_BAD_TOKEN = b"Invalid JWT token"
"""Airflow 3 says 403 to a token it does not know, as to one that has too few rights."""


class Guard(HTTPAdapter):
    """A transport to one address that refuses what is not on its list of verbs and paths. Raises NotAllowed before anything is sent.

    `posted`: paths of which the service documents that a POST only searches, or hands out a token; nothing else goes by POST.
    """

    def __init__(self, paths: Sequence[str], base: str, verbs: Sequence[str] = ("GET",), posted: Sequence[str] = ()) -> None:
        super().__init__(max_retries=0)
        self._paths = tuple(re.compile(p) for p in paths)
        self._posted = tuple(re.compile(p) for p in posted)
        parts = urlsplit(base)
        self._origin, self._prefix = (parts.scheme, parts.netloc), parts.path.rstrip("/")
        self._verbs = tuple(v for v in verbs if v in _READING)

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        """As the library calls it."""
        parts = urlsplit(request.url or "")
        path = parts.path
        if (parts.scheme, parts.netloc) != self._origin:
            raise NotAllowed(f"{request.method} {path} was not sent: it goes to another address than the settings say")
        inner = path.removeprefix(self._prefix)
        if request.method == "POST" and ".." not in path and any(p.fullmatch(inner) for p in self._posted):
            return super().send(request, *args, **options)
        if request.method not in self._verbs or request.body:
            raise NotAllowed(f"{request.method} {path} was not sent: a probe only reads")
        if ".." in path or not any(p.fullmatch(inner) for p in self._paths):
            raise NotAllowed(f"{request.method} {path} was not sent: no probe needs it")
        return super().send(request, *args, **options)


def guarded(guard: Guard) -> requests.Session:
    """A session every way out of which goes through the guard."""
    session = requests.Session()
    session.adapters.clear()
    session.mount("https://", guard)
    session.mount("http://", guard)
    return session


class Reader:
    """JSON from one address, by GET but for what `posted` names. Whatever the world does is an Unanswered that names what is missing."""

    def __init__(
        self, what: str, base: str, paths: Sequence[str], counterpart: Counterpart, clock: Clock,
        headers: Callable[[], Mapping[str, str]] = dict, posted: Sequence[str] = (),
    ) -> None:  # fmt: skip
        self.what = what
        self.base = base.rstrip("/")
        self.counterpart = counterpart
        self.clock = clock
        self._headers = headers
        self.session = guarded(Guard(paths, self.base, posted=posted))

    def source(self, path: str, verb: str = "GET") -> str:
        """How an observation names a call, and who answered."""
        return f"{verb} {path} [{short(self.counterpart)}]"

    def get(self, path: str, query: Mapping[str, str] | None = None, *, absent: Sequence[str] = ()) -> Any:
        """The answer as JSON; None where the answer is 404 in one of the words of `absent`, which is an answer."""
        answer = self._asked(path, query)
        if answer.status_code == requests.codes.not_found and (text := self._message(answer)) and any(a in text for a in absent):
            return None
        return self._json(answer, path)

    def posted(self, path: str, body: Mapping[str, Any]) -> Any:
        """The answer as JSON of a POST that changes nothing: a search, or a log-in. Raises NotAllowed for a path that is none."""
        return self._json(self._asked(path, None, body), path)

    def refused(self, path: str, query: Mapping[str, str] | None = None) -> bool:
        """Whether this caller is turned away: told to log in, sent to a page for it, or forbidden."""
        answer = self._asked(path, query)
        if answer.is_redirect or answer.status_code in (requests.codes.unauthorized, requests.codes.forbidden):
            return True
        self._judged(answer, path)
        return False

    def content(self, path: str, query: Mapping[str, str] | None = None) -> bytes | None:
        """A file as it is; None where there is none."""
        answer = self._asked(path, query)
        if answer.status_code == requests.codes.not_found:
            return None
        self._judged(answer, path)
        return answer.content

    def pages(self, path: str, query: Mapping[str, str], most: int, size: int = 100) -> Iterator[Any]:
        """Rows of a list that is numbered in pages (``page``, ``per_page``), at most so many."""
        given = 0
        for page in range(1, _PAGES + 1):
            rows = self.get(path, {**query, "page": str(page), "per_page": str(size)})
            if not isinstance(rows, list):
                raise Unanswered("the answer is no list where one is documented", where=f"{self.what} {path}")
            for row in rows[: most - given]:
                given += 1
                yield row
            if given >= most or len(rows) < size:
                return

    def _json(self, answer: requests.Response, path: str) -> Any:
        self._judged(answer, path)
        try:
            return json.loads(answer.content)
        except (ValueError, RecursionError):
            raise Unanswered("the answer is no JSON: another program answers here", where=f"{self.what} {path}") from None

    def _asked(self, path: str, query: Mapping[str, str] | None, body: Mapping[str, Any] | None = None) -> requests.Response:
        where = f"{self.what} {path}"
        try:
            with self.session.request(
                "GET" if body is None else "POST",
                self.base + path,
                params=query,
                json=body,
                headers=dict(self._headers()),
                timeout=_TIMEOUT,
                allow_redirects=False,
                stream=True,
            ) as answer:
                content = answer.raw.read(_MOST + 1, decode_content=True)
                if len(content) > _MOST:
                    raise Unanswered(f"the answer has more than {_MOST} bytes", where=where)
                answer._content = content  # noqa: SLF001 - read once, with its limit, and kept where the library keeps it
        except requests.exceptions.SSLError:
            raise Unanswered("the certificate of the server is not believed", where=where) from None
        except requests.RequestException as problem:
            raise Unanswered(f"no network, or nobody answers ({type(problem).__name__})", where=where) from None
        except OSError as problem:
            raise Unanswered(f"the answer broke off ({type(problem).__name__})", where=where) from None
        contradicted(self.counterpart, answer.headers.get(SAYS), where)
        in_step(self.clock, answer.headers.get("Date"), where)
        return answer

    @staticmethod
    def _message(answer: requests.Response) -> str:
        """What an error says of itself, for comparing only; never passed on, because it may quote anything."""
        return answer.content[:2_000].decode("utf-8", "replace")

    def _judged(self, answer: requests.Response, path: str) -> None:
        code, where = answer.status_code, f"{self.what} {path}"
        if code == requests.codes.ok or (code == requests.codes.created and answer.request.method == "POST"):
            return
        spent = answer.headers.get("X-RateLimit-Remaining") == "0" or answer.headers.get("RateLimit-Remaining") == "0"
        if code == requests.codes.too_many_requests or (code == requests.codes.forbidden and spent):
            again = answer.headers.get("Retry-After", "")
            raise Unanswered("throttled: too many requests" + (f", again in {again[:12]} s" if again else ""), where=where)
        words = {
            401: "the credentials are missing, wrong or expired",
            403: "the account of the probes has no permission to read this",
            404: "not there, or the account of the probes may not see it",
        }
        if code in words:
            meant = 401 if code == requests.codes.forbidden and _BAD_TOKEN in answer.content[:2_000] else code
            raise Unanswered(f"{words[meant]} (HTTP {code})", where=where)
        if answer.is_redirect:
            raise Unanswered("the server sends elsewhere, and nobody follows with credentials: mend the address", where=where)
        raise Unanswered(f"the server answered HTTP {code}", where=where)
