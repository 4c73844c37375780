"""glewlwyd (Debian): an identity provider with password and one-time codes (TOTP), in a folder of its own, set up by its own interface.

    with glewlwyd(folder) as idp:
        idp.issuer, idp.client_id, idp.secret
        idp.log_in(browser, url, "ada", code=...)      plays the person; gives the address csvgen is sent back to
        idp.code("ada")                                 the code her device shows now

Its web pages are a program in the browser; what they send to the interface behind them is sent here.
"""

from __future__ import annotations

import contextlib
import os
import re
import sqlite3
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import httpx2
import pyotp

from . import Counterpart, answers, free_port, running

_SQL = Path("/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3")
_ADMIN = {"username": "admin", "password": "password"}
PASSWORDS = {"ada": "ada at glewlwyd 1815", "ben": "ben at glewlwyd 1871", "cyd": "cyd at glewlwyd 1903"}
CLIENT, SECRET = "csvgen-tests", "a secret of the tests alone"


@dataclass(frozen=True)
class Glewlwyd:
    base: str
    counterpart: Counterpart
    devices: dict[str, str] = field(default_factory=dict)
    """Person -> key of the device for one-time codes (base32)."""
    client_id: str = CLIENT
    secret: str = SECRET
    browsers: list[httpx2.Client] = field(default_factory=list)

    @property
    def issuer(self) -> str:
        return f"{self.base}/api/oidc"

    def browser(self) -> httpx2.Client:
        """Without any session there; closed with the provider at the latest."""
        self.browsers.append(httpx2.Client(follow_redirects=False, trust_env=False, timeout=20))
        return self.browsers[-1]

    def code(self, person: str, at: int | None = None) -> str:
        totp = pyotp.TOTP(self.devices[person])
        return totp.now() if at is None else totp.at(at)

    def password(self, browser: httpx2.Client, person: str, password: str = "") -> httpx2.Response:
        return browser.post(f"{self.base}/api/auth", json={"username": person, "password": password or PASSWORDS[person]})

    def one_time_code(self, browser: httpx2.Client, person: str, code: str) -> httpx2.Response:
        given = {"username": person, "scheme_type": "otp", "scheme_name": "otp", "value": {"value": code}}
        return browser.post(f"{self.base}/api/auth", json=given)

    def log_in(self, browser: httpx2.Client, url: str, person: str, *, code: str) -> str:
        """Follow the address; where the log-in page is shown, send both components and go on. Raises AssertionError when refused."""
        page = browser.get(url)
        asked = 0
        while not (answer := _answer(page)):
            assert page.is_redirect, (page.status_code, page.text[:300])
            place = page.headers["location"]
            assert asked == 0, f"asked again: {place}"
            asked += 1
            first, second = self.password(browser, person), self.one_time_code(browser, person, code)
            assert (first.status_code, second.status_code) == (200, 200), "the components were refused"
            back = httpx2.URL(place).params["callback_url"]
            page = browser.get(f"{back}&g_continue")
        return answer


def _answer(page: httpx2.Response) -> str:
    """Where the browser is sent back to, as an address; of a form that posts itself, with its fields behind."""
    if page.is_redirect:
        place = page.headers["location"]
        return place if "/callback" in place else ""
    fields = re.findall(r'name="([^"]+)"[^>]*value="([^"]*)"', page.text)
    return f"http://127.0.0.1/callback?{urlencode(fields)}" if fields else ""


def _set_up(idp: Glewlwyd, keys: Path) -> None:
    with idp.browser() as office:

        def put(path: str, **value: object) -> None:
            done = office.post(f"{idp.base}/api/{path}", json=value)
            assert done.status_code == 200, (path, done.status_code, done.text)

        put("auth", **_ADMIN)
        put(
            "mod/scheme/", module="otp", name="otp", display_name="one-time code", expiration=600, max_use=0, allow_user_register=True,
            parameters={
                "issuer": "csvgen tests", "secret-minimum-size": 16, "otp-length": 6, "hotp-allow": False, "totp-allow": True,
                "totp-window": 1, "totp-start-offset": 0, "hotp-window": 0,
            },
        )  # fmt: skip
        done = office.put(
            f"{idp.base}/api/scope/openid",
            json={
                "name": "openid", "display_name": "Open ID", "description": "Open ID Connect", "password_required": True, "password_max_age": 60,
                "scheme": {"2": [{"scheme_type": "otp", "scheme_name": "otp"}]}, "scheme_required": {"2": 1},
            },
        )  # fmt: skip
        assert done.status_code == 200, done.text
        put(
            "mod/plugin/", module="oidc", name="oidc", display_name="OpenID Connect",
            parameters={
                "iss": idp.issuer, "jwt-type": "rsa", "jwt-key-size": "256", "key": (keys / "key.pem").read_text(),
                "cert": (keys / "public.pem").read_text(), "access-token-duration": 600, "refresh-token-duration": 600, "code-duration": 60,
                "refresh-token-rolling": False, "allow-non-oidc": False, "auth-type-code-enabled": True, "auth-type-token-enabled": False,
                "auth-type-id-token-enabled": True, "auth-type-none-enabled": False, "auth-type-password-enabled": False,
                "auth-type-client-enabled": False, "auth-type-refresh-enabled": False, "scope": [], "additional-parameters": [],
                "claims": [], "subject-type": "public", "allowed-scope": ["openid"], "pkce-allowed": True, "pkce-required": True,
                "pkce-method-plain-allowed": False, "jwks-show": True, "auth-type-code-revoke-replayed": True, "secret-type": "",
                "address-claim": {"type": "no"}, "name-claim": "no", "email-claim": "no", "scope-claim": "no",
            },
        )  # fmt: skip
        put(
            "client/", client_id=idp.client_id, name="csvgen", enabled=True, confidential=True, password=idp.secret, client_secret=idp.secret,
            scope=[], authorization_type=["code", "id_token"], redirect_uri=["http://127.0.0.1/callback"], token_endpoint_auth_method=["client_secret_basic"],
        )  # fmt: skip
        for person, password in PASSWORDS.items():
            put(
                "user/",
                username=person,
                name=f"{person} (fictitious)",
                password=password,
                scope=["openid", "g_profile"],
                enabled=True,
            )
            idp.devices[person] = pyotp.random_base32()
    for person in PASSWORDS:
        with idp.browser() as browser:
            assert idp.password(browser, person).status_code == 200
            device = {"type": "TOTP", "secret": idp.devices[person], "time_step_size": 30}
            given = {"username": person, "scheme_type": "otp", "scheme_name": "otp", "value": device}
            done = browser.post(f"{idp.base}/api/profile/scheme/register/", json=given)
            assert done.status_code == 200, (done.status_code, done.text)
            done = browser.put(f"{idp.base}/api/auth/grant/{idp.client_id}/", json={"scope": "openid"})
            assert done.status_code == 200, (done.status_code, done.text)


@contextlib.contextmanager
def glewlwyd(folder: Path) -> Iterator[Glewlwyd]:
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    database = sqlite3.connect(folder / "glewlwyd.db")
    database.executescript(_SQL.read_text())
    database.commit()
    database.close()
    for command in ("openssl genrsa -out key.pem 2048", "openssl rsa -in key.pem -pubout -out public.pem"):
        subprocess.run(command.split(), cwd=folder, check=True, capture_output=True)
    settings = folder / "glewlwyd.conf"
    settings.write_text(
        f'port={port}\nbind_address="127.0.0.1"\nexternal_url="{base}"\nlogin_url="login.html"\napi_prefix="api"\n'
        'log_mode="console"\nlog_level="WARNING"\ncookie_secure=0\ncookie_same_site="empty"\nsession_expiration=3600\n'
        'session_key="GLEWLWYD2_SESSION_ID"\nadmin_session_authentication="cookie"\nprofile_session_authentication="cookie"\n'
        'allow_multiple_user_per_session=true\nlogin_api_enabled=true\nadmin_scope="g_admin"\nprofile_scope="g_profile"\n'
        'user_module_path="/usr/lib/glewlwyd/user"\n'
        'client_module_path="/usr/lib/glewlwyd/client"\nuser_auth_scheme_module_path="/usr/lib/glewlwyd/scheme"\n'
        'plugin_module_path="/usr/lib/glewlwyd/plugin"\nhash_algorithm="SHA512"\n'
        f'database = {{ type = "sqlite3"; path = "{folder / "glewlwyd.db"}"; }};\n'
    )
    said = subprocess.run(["glewlwyd", "--version"], capture_output=True, text=True, check=False)
    version = (said.stdout + said.stderr).strip().splitlines()[0][:60]
    environ = {k: "" for k in os.environ if k.lower().endswith("_proxy")}
    with running(["glewlwyd", "-c", settings], lambda: answers(port), folder / "glewlwyd.log", env=environ):
        idp = Glewlwyd(base, Counterpart("glewlwyd", version, "real server"))
        _set_up(idp, folder)
        yield idp
        for browser in idp.browsers:
            browser.close()
