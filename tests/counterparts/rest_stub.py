"""A stub of ours: answers GET by a table, in the shapes that a service documents, and says in each answer that it is a stub.

with stub("databricks", {"/api/2.2/jobs/get": {...}}) as server:
    server.address
    server.answers["/api/2.2/jobs/get"] = {...}           JSON; bytes; (status, JSON) ; (status, JSON, headers); a function of the query
    server.asked                                          what arrived: method and path
"""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

SAYS = "X-Csvgen-Counterpart"


@dataclass
class Stub:
    address: str
    answers: dict[str, Any]
    asked: list[tuple[str, str]] = field(default_factory=list)
    queries: list[dict[str, str]] = field(default_factory=list)
    sent: list[dict[str, str]] = field(default_factory=list)


@contextlib.contextmanager
def stub(name: str, answers: dict[str, Any]) -> Iterator[Stub]:
    """A running stub. What is not in the table is 404."""
    made = Stub("", dict(answers))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = dict(parse_qsl(parts.query))
            made.asked.append((self.command, parts.path))
            made.queries.append(query)
            made.sent.append(dict(self.headers))
            found = made.answers.get(parts.path, (404, {"message": "Not Found"}))
            if callable(found):
                found = found(query)
            status, body, headers = (*found, {})[:3] if isinstance(found, tuple) else (200, found, {})
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            for key, value in {SAYS: f"stub; {name}; 1", "Content-Type": "application/json", **headers}.items():
                if value:
                    self.send_header(key, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_LIST = do_GET  # noqa: N815 - as the library asks for them

        def date_time_string(self, timestamp: float | None = None) -> str:
            return made.answers.get("date") or super().date_time_string(timestamp)  # type: ignore[arg-type]

        def log_message(self, *_arguments: Any) -> None:
            """Nothing on the screen."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    made.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
