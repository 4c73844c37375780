"""The OpenAPI document of the JSON interface, made of the table of routes: what is not declared there is not described, and not answered."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic.json_schema import models_json_schema

from csvgen.portal.answers import Problem
from csvgen.portal.routing import Route

_SCHEMAS = "#/components/schemas/"
_REFUSALS = {
    401: "nobody is logged in, or the session has ended",
    403: "the role matrix does not allow it",
    422: "something that was asked cannot be used",
    503: "the project cannot be read now",
}


class Description(BaseModel):
    """An OpenAPI document; its own shape is told by the standard."""

    model_config = ConfigDict(extra="allow")

    openapi: str
    info: dict[str, Any]
    paths: dict[str, Any]


def describe(routes: Iterable[Route], cookie: str, version: str) -> dict[str, Any]:
    """Every route that gives JSON; `cookie` is the one that carries a session."""
    told = [r for r in routes if r.gives is not None]
    models = sorted({r.gives for r in told if r.gives is not None} | {Problem}, key=lambda m: m.__name__)
    _, schemas = models_json_schema([(m, "serialization") for m in models], ref_template=_SCHEMAS + "{model}")
    return {
        "openapi": "3.1.0",
        "info": {"title": "csvgen review room", "version": version, "description": "Reads what the pages of the room show; changes nothing."},
        "paths": {r.path: {"get": _operation(r)} for r in told},
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {"session": {"type": "apiKey", "in": "cookie", "name": cookie}},
        },
        "security": [{"session": []}],
    }  # fmt: skip


def _operation(route: Route) -> dict[str, Any]:
    parts = re.findall(r"\{(\w+)\}", route.path)
    path = [{"name": n, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}} for n in parts]
    query = [
        {"name": q.name, "in": "query", "required": q.needed, "description": q.words, "schema": q.schema} for q in route.query
    ]
    refusals = {**_REFUSALS, **({404: "there is no such thing"} if parts else {})}
    return {
        "operationId": route.path.removeprefix("/api/").partition("/")[0].removesuffix(".json"),
        "summary": route.words,
        "description": f"Function of the role matrix: {route.may}.",
        "parameters": [*path, *query],
        "responses": {
            "200": _response("what was asked for", route.gives.__name__ if route.gives else ""),
            **{str(status): _response(words, Problem.__name__) for status, words in sorted(refusals.items())},
        },
    }


def _response(words: str, model: str) -> dict[str, Any]:
    return {"description": words, "content": {"application/json": {"schema": {"$ref": _SCHEMAS + model}}}}
