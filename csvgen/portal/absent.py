"""What nobody gave a name to."""

from __future__ import annotations

from starlette.responses import Response

from csvgen.errors import BadInput
from csvgen.portal.visit import Visit


def absent(visit: Visit, what: str, name: str) -> Response:
    """A page that says so, with the status of a thing that is not there."""
    problem = BadInput(f"there is no {what} of this name", where=name, hint="Trace looks for any id, and for parts of one")
    return visit.page("error.html", 404, title=f"No such {what}", problem=problem)
