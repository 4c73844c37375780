"""Issues by key, read over REST: state, type and links. Their texts are nobody's evidence here and are not read."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import StringConstraints

from csvgen.clock import Clock
from csvgen.model.base import Line, Value
from csvgen.model.counterpart import Said
from csvgen.targets.databricks.settings import Url
from csvgen.targets.probing.counterpart import declared
from csvgen.targets.probing.credentials import Lookup, Reference, secret
from csvgen.targets.probing.facts import Measured, facts, inside, need
from csvgen.targets.probing.part import Part, Probe
from csvgen.targets.probing.reader import Reader
from csvgen.views import Fact

Key = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]+-[0-9]+$", max_length=40)]
PATHS = (r"/rest/api/[23]/issue/[A-Z][A-Z0-9_]+-[0-9]+",)


class Jira(Value):
    """One Jira, and the issues a validation stands on."""

    url: Url
    token: Reference
    user: Line | None = None
    """With a user the token goes as a password of it (Jira Cloud); without, as a bearer token (Jira Data Center)."""
    counterpart: Said | None = None
    change: Key | None = None
    deviations: tuple[Key, ...] = ()


def issues(j: Reader, version: str, keys: tuple[str, ...]) -> tuple[Fact, ...]:
    """State, category of the state, type and links of each issue. An issue that is not there, or may not be seen, is not known."""
    made: tuple[Fact, ...] = ()
    for key in keys:
        path = f"/rest/api/{version}/issue/{key}"
        answer = j.get(path, {"fields": "status,issuetype,issuelinks,resolution"})
        fields = inside(answer, "fields", where=path)
        status = inside(fields, "status", where=path)
        made += facts(
            j.source(path),
            {
                f"state of {key}": status.get("name"), f"category of {key}": status.get("statusCategory", {}).get("key"),
                f"type of {key}": fields.get("issuetype", {}).get("name"), f"resolution of {key}": (fields.get("resolution") or {}).get("name"),
                f"links of {key}": [k for link in fields.get("issuelinks", ()) if (k := _other(link))],
            },
        )  # fmt: skip
    return made


def deviations(j: Reader, version: str, change: str, keys: tuple[str, ...]) -> tuple[Fact, ...]:
    """The deviations, and whether each is done and linked with the change."""
    found = issues(j, version, keys)
    by = {f.name: f.value for f in found}
    unlinked = [k for k in keys if change not in by[f"links of {k}"].split("; ")]
    waiting = [k for k in keys if by[f"category of {k}"] != "done"]
    return (
        *facts(
            j.source(f"/rest/api/{version}/issue/..."),
            {
                "deviations": Measured(len(keys), "issues"),
                "deviations not linked with the change": unlinked,
                "deviations that are not done": waiting,
            },
        ),
        *found,
    )


def _other(link: Any) -> str:
    return str((link.get("outwardIssue") or link.get("inwardIssue") or {}).get("key", ""))


def part(settings: Jira, clock: Clock, lookup: Lookup | None = None) -> Part:
    """The change and its deviations."""
    host = urlsplit(settings.url).hostname or ""
    own = f".{host}".endswith(".atlassian.net")
    answers = declared(settings.counterpart, own, "Jira")
    version = "3" if settings.user else "2"

    @cache
    def j() -> Reader:
        token = secret(settings.token, lookup)

        def headers() -> Mapping[str, str]:
            if settings.user is None:
                return {"Authorization": f"Bearer {token.reveal()}"}
            pair = base64.b64encode(f"{settings.user}:{token.reveal()}".encode()).decode("ascii")
            return {"Authorization": f"Basic {pair}"}

        return Reader("jira", settings.url, PATHS, answers, clock, headers)

    def change() -> str:
        return need(settings.change, "jira.change")

    def keys() -> tuple[str, ...]:
        need(settings.deviations, "jira.deviations")
        return settings.deviations

    probes: dict[str, Probe] = {
        "change": lambda: issues(j(), version, (change(),)),
        "deviations": lambda: deviations(j(), version, change(), keys()),
    }
    return Part("jira", f"jira {host}", probes, dict.fromkeys(probes, lambda: answers))
