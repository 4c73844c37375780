"""Style, keys and htmx, and the licence that comes with it."""

from __future__ import annotations

from starlette.responses import Response

from csvgen.portal.routing import EVERYBODY, Pages
from csvgen.portal.static import files
from csvgen.portal.visit import Visit

PAGES = Pages()


@PAGES.get("/static/{name}", may=EVERYBODY, words="style and scripts of the pages")
def shipped(visit: Visit) -> Response:
    found = files().get(visit.part("name"))
    if found is None:
        return Response(status_code=404)
    kept = "public, max-age=31536000, immutable" if visit.asked("v") == found.mark else "no-cache"
    return Response(found.data, media_type=found.media_type, headers={"Cache-Control": kept})
