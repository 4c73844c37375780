"""The probes of a forge by name, bound to its settings."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from csvgen.clock import Clock
from csvgen.targets.forge import github, gitlab
from csvgen.targets.forge.settings import Forge
from csvgen.targets.probing.counterpart import declared
from csvgen.targets.probing.credentials import Lookup, secret
from csvgen.targets.probing.part import Part, Probe
from csvgen.targets.probing.reader import Reader

_NAMES = {"github": "GitHub", "gitlab": "GitLab"}


def part(settings: Forge, clock: Clock, lookup: Lookup | None = None) -> Part:
    """Protection, commits and changes of one branch."""
    answers = declared(settings.counterpart, settings.url is None, _NAMES[settings.kind])
    forge = {"github": github, "gitlab": gitlab}[settings.kind]

    @cache
    def g() -> Reader:
        token = secret(settings.token, lookup)

        def headers() -> Mapping[str, str]:
            if settings.kind == "github":
                return {**github.HEADERS, "Authorization": f"Bearer {token.reveal()}"}
            return {"PRIVATE-TOKEN": token.reveal()}

        return Reader(settings.kind, settings.address, forge.PATHS, answers, clock, headers)

    probes: dict[str, Probe] = {
        "branch-protection": lambda: forge.protection(g(), settings),
        "commits": lambda: forge.commits(g(), settings),
        "changes": lambda: forge.changes(g(), settings),
    }
    return Part(
        "forge", f"{settings.kind} {settings.repository} {settings.branch}", probes, dict.fromkeys(probes, lambda: answers)
    )
