"""JSON Schema (draft-07) of each kind of specification file, from the same models that validate it."""

from __future__ import annotations

from typing import Any

from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from csvgen.spec.load import MANY, SINGLE


def json_schema() -> dict[str, Any]:
    """One schema for all files; the `format` line of a file picks its branch."""
    models = [*SINGLE.values(), *MANY.values()]
    refs, definitions = models_json_schema(
        [(m, "validation") for m in models],
        ref_template="#/definitions/{model}",
        schema_generator=GenerateJsonSchema,
    )
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": "https://csvgen.invalid/spec.schema.json",
        "title": "csvgen specification",
        "description": "A file under requirements_specs/<system>/. All scalars are text.",
        "type": "object",
        "required": ["format"],
        "oneOf": [refs[m, "validation"] for m in models],
        "definitions": definitions["$defs"],
    }
