"""The same log over HTTP: ``python serve.py PORT``, with the password in FRIDGE_PASSWORD."""

from __future__ import annotations

import json
import os
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from fridge import Fridge, No

FRIDGE = Fridge(Path(__file__).with_name("served.json"), os.environ["FRIDGE_PASSWORD"])
STATUS = {"session": 401, "credentials": 401, "input": 422, "rule": 409}


class Handler(BaseHTTPRequestHandler):
    def answer(self) -> None:
        content = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or "{}")
        token, parts = self.headers.get("X-Token", ""), self.path.strip("/").split("/")
        try:
            status, made = self.made(token, parts, content)
        except No as refusal:
            status, made = STATUS[refusal.kind], {"words": str(refusal)}
        data = json.dumps(made).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def made(self, token: str, parts: list[str], content: dict[str, str]) -> tuple[int, dict[str, str]]:
        match self.command, *parts:
            case "POST", "login":
                return 200, {"token": FRIDGE.log_in(content["user"], content["password"])}
            case "GET", "me":
                FRIDGE.known(token)
                return 200, {"user": "mona"}
            case "POST", "readings":
                return 201, {"number": FRIDGE.register(token, content.get("number", ""), content.get("temperature", ""))}
            case "GET", "readings", number:
                found = FRIDGE.reading(token, number)
                return (
                    (404, {"words": "there is no such reading"})
                    if found is None
                    else (200, {"number": number, "temperature": found})
                )
        return 404, {"words": "there is no such thing"}

    do_GET = do_POST = answer  # noqa: N815 - the names of the library


HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
