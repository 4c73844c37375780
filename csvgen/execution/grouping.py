"""Cases of one group go to one worker of pytest-xdist: what they share is not fought over.

xdist has a way of its own for this, the mark xdist_group; xdist 3.8 writes the group into a private field that pytest 9.2 no longer has,
and then groups nothing without a word. Its hook for schedulers is public.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest
    from xdist.remote import Producer
    from xdist.scheduler import LoadScopeScheduling


def scheduler(config: pytest.Config, log: Producer, groups: Mapping[str, str]) -> LoadScopeScheduling:
    """Hands out whole groups. `groups`: case id -> name of its group; a case without one is a group of its own."""
    from xdist.scheduler import LoadScopeScheduling

    class ByGroup(LoadScopeScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            return groups.get(nodeid.rpartition("::")[2], nodeid)

    return ByGroup(config, log)
