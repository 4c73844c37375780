"""npm oidc-provider: a certified OpenID provider, with a log-in form of ours in front of two accounts.

with oidc_provider(folder) as idp:
    idp.issuer, idp.client_id, idp.secret
    idp.browser()                                  a browser without any session there
    idp.log_in(browser, url, "subject-ada")        plays the person; gives the address csvgen is sent back to
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx2

from . import TOOLS, Counterpart, answers, free_port, running

PASSWORDS = {"subject-ada": "ada at the provider", "subject-ben": "ben at the provider"}
CODE = "135790"
_INSTALLED = TOOLS / "oidc"
_SCRIPT = Path(__file__).parent / "oidc" / "server.mjs"


@dataclass(frozen=True)
class OidcProvider:
    issuer: str
    client_id: str
    secret: str
    counterpart: Counterpart
    browsers: list[httpx2.Client] = field(default_factory=list)

    def browser(self) -> httpx2.Client:
        """Without any session there; closed with the provider at the latest."""
        self.browsers.append(httpx2.Client(follow_redirects=False, trust_env=False, timeout=20))
        return self.browsers[-1]

    @property
    def asked(self) -> list[dict]:
        """What the log-in form was shown for, in order: prompt, reasons, acr_values."""
        return list(httpx2.get(f"{self.issuer}/asked", trust_env=False).json())

    def log_in(self, browser: httpx2.Client, url: str, subject: str, *, code: str = CODE, password: str = "") -> str:
        """Follow the address; fill in the form where it is shown. Gives the address the browser is sent back to in the end."""
        page, filled_in = browser.get(url), False
        while True:
            while page.is_redirect:
                place = page.headers["location"]
                if "/callback" in place:
                    return place
                page = browser.get(page.url.join(place))
            assert page.status_code == 200 and not filled_in, page.text
            given = {"login": subject, "password": password or PASSWORDS[subject], "code": code}
            page, filled_in = browser.post(page.url, data=given), True


@contextlib.contextmanager
def oidc_provider(folder: Path) -> Iterator[OidcProvider]:
    port, secret = free_port(), "a secret of the tests alone"
    script = folder / "server.mjs"
    shutil.copy(_SCRIPT, script)
    (folder / "node_modules").symlink_to(_INSTALLED / "node_modules")
    version = json.loads((_INSTALLED / "node_modules" / "oidc-provider" / "package.json").read_text())["version"]
    command = ["node", "--no-warnings", script, str(port), "csvgen-tests", secret]
    environ = {k: "" for k in os.environ if k.lower().endswith("_proxy")}
    with running(command, lambda: answers(port), folder / "provider.log", env=environ):
        idp = OidcProvider(
            f"http://127.0.0.1:{port}", "csvgen-tests", secret, Counterpart("oidc-provider", version, "real server")
        )
        yield idp
        for browser in idp.browsers:
            browser.close()
