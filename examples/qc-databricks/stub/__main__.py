"""python -m stub FOLDER [--port N]: answer from answers.json until it is stopped, and write FOLDER/platform.yaml, which leads csvgen here.

Every answer says by a header that a stub gave it. csvgen does not believe settings that call this a real server.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

ANSWERS = Path(__file__).with_name("answers.json")
DIGEST = "sha256:" + hashlib.sha256(Path(__file__).read_bytes() + ANSWERS.read_bytes()).hexdigest()
PLACE = "/Volumes/qc/release/artifacts/qc_release-1.0.0-py3-none-any.whl"
WHO = f'{{kind: stub, name: qc-databricks, version: "1", digest: "{DIGEST}"}}'
PLATFORM = """# Written by the stub: the example against itself. A real account takes platform.yaml.
format: csvgen.platform/1
title: QC release on Databricks, a stub
databricks:
  host: {url}
  token: {{env: STUB_TOKEN}}
  counterpart: {who}
  account_host: {url}
  account_id: acc
  account_token: {{env: STUB_TOKEN}}
  workspace_id: "99"
  groups: [qc-engineers, qc-release-managers]
  job: "77"
  cluster_policy: P1
  git_folder: "5"
  tables: [qc.release.results]
  signed_artifacts:
    {place}: "{artifact}"
forge:
  kind: github
  url: {url}
  repository: example/qc-release
  token: {{env: STUB_TOKEN}}
  counterpart: {who}
vault:
  url: {url}
  token: {{env: STUB_TOKEN}}
  counterpart: {who}
  secrets: [kv/qc/signing]
jira:
  url: {url}
  token: {{env: STUB_TOKEN}}
  counterpart: {who}
  change: CHG-12
  deviations: [DEV-3, DEV-4]
"""


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        name = parse_qs(parts.query).get("filter", [""])[0].partition('"')[2].rstrip('"')
        found = json.loads(ANSWERS.read_bytes()).get(f"{parts.path}#{name}" if name else parts.path)
        data = (
            found.encode()
            if isinstance(found, str)
            else json.dumps({"message": "Not Found"} if found is None else found).encode()
        )
        self.send_response(404 if found is None else 200)
        self.send_header("X-Csvgen-Counterpart", "stub; qc-databricks; 1")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_arguments: object) -> None:
        """Nothing on the screen."""


def main() -> None:
    """Serve until stopped."""
    reading = argparse.ArgumentParser(prog="python -m stub")
    reading.add_argument("folder", type=Path)
    reading.add_argument("--port", type=int, default=0)
    asked = reading.parse_args()
    server = ThreadingHTTPServer(("127.0.0.1", asked.port), Handler)
    artifact = hashlib.sha256(json.loads(ANSWERS.read_bytes())[f"/api/2.0/fs/files{PLACE}"].encode()).hexdigest()
    asked.folder.mkdir(parents=True, exist_ok=True)
    url = f"http://127.0.0.1:{server.server_address[1]}"
    text = PLATFORM.format(url=url, who=WHO, place=PLACE, artifact=f"sha256:{artifact}")
    (asked.folder / "platform.yaml").write_text(text, encoding="utf-8")
    print(f"a stub answers at {url}; export CSVGEN_PLATFORM={asked.folder / 'platform.yaml'} STUB_TOKEN=any", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
