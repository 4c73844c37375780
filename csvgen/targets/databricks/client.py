"""The interface of a workspace, by GET alone. The SDK makes the credentials (token, or OAuth of a service principal); the reader carries them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from csvgen.clock import Clock
from csvgen.extras import how_to_add
from csvgen.model.counterpart import Counterpart
from csvgen.targets.databricks.settings import Databricks
from csvgen.targets.probing.counterpart import declared
from csvgen.targets.probing.credentials import Lookup, secret
from csvgen.targets.probing.reader import Reader
from csvgen.views import Unanswered

_ONE = r"[\w.%-]+"
WORKSPACE = (
    r"/api/2\.0/preview/scim/v2/Groups",
    rf"/api/2\.0/permissions/(?:jobs|cluster-policies|repos)/{_ONE}",
    r"/api/2\.0/policies/clusters/get",
    r"/api/2\.0/ip-access-lists",
    r"/api/2\.0/workspace-conf",
    rf"/api/2\.0/repos/{_ONE}",
    r"/api/2\.2/jobs/get",
    r"/api/2\.2/jobs/runs/list",
    rf"/api/2\.1/unity-catalog/tables/{_ONE}",
    rf"/api/2\.1/unity-catalog/effective-permissions/table/{_ONE}",
    r"/api/2\.0/lineage-tracking/table-lineage",
    r"/api/2\.0/fs/files/Volumes/[\w./%-]+",
)
ACCOUNT = (
    rf"/api/2\.0/accounts/{_ONE}/workspaces/{_ONE}",
    rf"/api/2\.0/accounts/{_ONE}/private-access-settings/{_ONE}",
)
"""Paths that probes need; each is read by GET and changes nothing."""
_OWN = (".cloud.databricks.com", ".azuredatabricks.net", ".gcp.databricks.com", ".azuredatabricks.us", ".databricks.us")


def counterpart(settings: Databricks) -> Counterpart:
    """Who answers. Raises ConfigError where an address, of the workspace or of the account, is not of Databricks and nothing is said."""
    hosts = [urlsplit(address).hostname or "" for address in (settings.host, settings.account_host) if address is not None]
    return declared(settings.counterpart, all(f".{host}".endswith(_OWN) for host in hosts), "Databricks")


def workspace(settings: Databricks, clock: Clock, lookup: Lookup | None) -> Reader:
    """The workspace."""
    return Reader("databricks", settings.host, WORKSPACE, counterpart(settings), clock, _headers(settings, lookup))


def account(settings: Databricks, clock: Clock, lookup: Lookup | None) -> Reader:
    """The account that the workspace belongs to. Raises Unanswered naming what the settings do not say."""
    if settings.account_host is None or settings.account_id is None or settings.account_token is None:
        raise Unanswered(
            "the settings name no account: private links are told by the account, not by the workspace",
            hint="databricks.account_host, databricks.account_id, databricks.account_token",
        )
    token = settings.account_token

    def headers() -> Mapping[str, str]:
        return {"Authorization": f"Bearer {secret(token, lookup).reveal()}"}

    return Reader("databricks account", settings.account_host, ACCOUNT, counterpart(settings), clock, headers)


def _headers(settings: Databricks, lookup: Lookup | None) -> Callable[[], Mapping[str, str]]:
    """A token as it is; for a service principal the SDK gets one, and renews it."""
    if settings.token is not None:
        token = settings.token
        return lambda: {"Authorization": f"Bearer {secret(token, lookup).reveal()}"}
    if settings.client_id is None or settings.client_secret is None:
        raise Unanswered("no credentials: the settings refer to none", hint="databricks.token, or client_id and client_secret")
    names, principal = settings.client_id, settings.client_secret

    @cache
    def config() -> Any:
        try:
            from databricks.sdk.core import Config
        except ImportError:
            raise Unanswered("the SDK of Databricks is not installed here", hint=how_to_add("databricks")) from None
        return Config(
            host=settings.host, client_id=secret(names, lookup).reveal(), client_secret=secret(principal, lookup).reveal(),
            auth_type="oauth-m2m", product="csvgen", retry_timeout_seconds=20, http_timeout_seconds=30,
        )  # fmt: skip

    def headers() -> Mapping[str, str]:
        try:
            return dict(config().authenticate())
        except Unanswered:
            raise
        except Exception as problem:  # noqa: BLE001 - the library raises what it likes; its words may quote the environment
            raise Unanswered(
                f"no credentials: no token was given for them ({type(problem).__name__})", where="databricks"
            ) from None

    return headers
