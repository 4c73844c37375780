"""JSON Schema (draft-07) of each kind of specification file, for editors, from the same models that validate it.

An editor must not flag what csvgen takes. csvgen reads every scalar as text (`csvgen.marks`), an editor reads ``1.10`` as a
number and ``true`` as a truth value; so a text may be written as either here, and what it means stays with csvgen. The one
exception is a value left empty, which an editor cannot tell from a bare ``null`` or ``~``: it is flagged, with the hint to
put such a text in quotes.

References are written out: an editor shows the words of a property only where the property itself carries them. The other
way round, the example of a whole is made from the examples of its parts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from csvgen.spec.files import MANY, SINGLE, Kind
from csvgen.spec.words import WORDS

Schema = dict[str, Any]

DRAFT = "http://json-schema.org/draft-07/schema#"
KINDS: Mapping[str, Kind] = {kind.name: kind for kind in (*SINGLE.values(), *MANY.values())}
GLOBS: Mapping[str, str] = {kind.name: name for name, kind in SINGLE.items()} | {
    k.name: f"{f}/**/*.yaml" for f, k in MANY.items()
}
"""Kind -> which files below requirements_specs/<system>/ are of it."""

_SPELLED = {"number": ("1", "1.0", "-1", "1e3", "0x1F"), "boolean": ("true", "True")}
"""How YAML spells what is no text; a text with a pattern may be written so only if the pattern takes one of them."""
_EMPTY = "A text is expected. An empty value is none; put null, ~ and the like in quotes if they are the text."
_KEPT = ("title", "description", "minItems", "minProperties", "maxLength", "pattern", "required", "x-since")


def schema_of(kind: str) -> Schema:
    """The schema of one kind of file, by the name of the kind: urs, risk, system, ..."""
    return {"$schema": DRAFT, **_whole(kind), "title": f"csvgen {GLOBS[kind]}"}


def json_schema() -> Schema:
    """One schema for all files; the `format` line of a file picks its branch."""
    return {
        "$schema": DRAFT,
        "title": "csvgen specification",
        "description": "A file under requirements_specs/<system>/.",
        **_by("format", [_whole(kind) for kind in KINDS], "Says what this file is; it decides which keys it may have."),
    }


def text_of(schema: Schema) -> str:
    """A schema as it is written to a file: keys in the order of the model, the same on every machine."""
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


def _whole(kind: str) -> Schema:
    raw = KINDS[kind].model.model_json_schema(schema_generator=_AsWritten)
    return _Writer(raw.pop("$defs", {})).schema(raw)


class _AsWritten(GenerateJsonSchema):
    """Keys in the order of the model, in examples too."""

    def sort(self, value: Schema, parent_key: str | None = None) -> Schema:  # noqa: ARG002 - the signature is pydantic's
        return value


class _Writer:
    """Writes the schema of one model out, without references."""

    def __init__(self, definitions: Mapping[str, Schema]) -> None:
        self._definitions = definitions

    def schema(self, raw: Schema, name: str = "") -> Schema:
        """`raw` as an editor needs it. `name` is the property it belongs to: it finds the words of a closed set."""
        raw = self._resolved(raw)
        made = {key: raw[key] for key in _KEPT if key in raw} | self._shape(raw, name)
        if raw.get("default") not in (None, [], {}):
            made["default"] = raw["default"]
        if examples := raw.get("examples") or _composed(made):
            made["examples"] = examples
        return made

    def _resolved(self, raw: Schema) -> Schema:
        """Without reference, and without the null that only a default can be: no value in a file is None."""
        own = {key: value for key, value in raw.items() if key not in ("$ref", "anyOf")}
        if "$ref" in raw:
            return self._definitions[raw["$ref"].rpartition("/")[2]] | own
        real = [r for r in raw.get("anyOf", ()) if r.get("type") != "null"]
        return self._resolved(real[0] | own) if len(real) == 1 else raw

    def _shape(self, raw: Schema, name: str) -> Schema:  # noqa: PLR0911 - a table of shapes
        if "oneOf" in raw:
            return _by(raw["discriminator"]["propertyName"], [self.schema(r) for r in raw["oneOf"]], "Kind of the value.")
        if "anyOf" in raw:
            return {"anyOf": [self.schema(r, name) for r in raw["anyOf"]]}
        if "const" in raw:
            return {"type": "string", "const": raw["const"]}
        if "enum" in raw:
            return _closed(raw["enum"], WORDS.get(name, {}))
        if raw["type"] == "string":
            return _text(raw.get("pattern"))
        if raw["type"] == "array":
            return {"type": "array", "items": self.schema(raw["items"], name)}
        return {"type": "object"} | (self._properties(raw) if "properties" in raw else self._mapping(raw, name))

    def _properties(self, raw: Schema) -> Schema:
        """A closed set of keys. One that goes by a former name is taken under that name too, but no longer proposed."""
        made: Schema = {}
        for key, value in raw["properties"].items():
            made[key] = {k: v for k, v in self.schema(value, key).items() if k != "title"}
            if former := value.get("x-formerly"):
                made[former] = made[key] | {"description": f"The former name of {key}; write {key}.", "doNotSuggest": True}
        return {"properties": made, "additionalProperties": False}

    def _mapping(self, raw: Schema, name: str) -> Schema:
        """Keys of the writer's own; where they are words of a closed set they become properties, so that an editor proposes them."""
        if patterns := raw.get("patternProperties"):
            return {"patternProperties": {p: self.schema(v, name) for p, v in patterns.items()}, "additionalProperties": False}
        value = self.schema(raw["additionalProperties"], name)
        if (keys := raw.get("propertyNames", {}).get("enum")) is None:
            return {"additionalProperties": value}
        del raw["propertyNames"]
        value.pop("title", None)
        value.setdefault("examples", [v for example in raw.get("examples", ()) for v in example.values()])
        words = WORDS.get(name, {})
        return {"properties": {k: value | {"description": words.get(k, "")} for k in keys}, "additionalProperties": False}


def _text(pattern: str | None) -> Schema:
    """A text, which csvgen reads from any scalar."""
    if pattern is None:
        return {"type": ["string", *_SPELLED], "errorMessage": _EMPTY}
    taken = [kind for kind, spelled in _SPELLED.items() if any(re.search(pattern, s) for s in spelled)]
    return {"type": ["string", *taken] if taken else "string"}


def _closed(words: list[str], meanings: Mapping[str, str]) -> Schema:
    """One of a closed set of words. Digits among them may stand without quotes, and are proposed with them."""
    texts: Schema = {"enum": words}
    if meanings:
        texts["enumDescriptions"] = [meanings.get(word, "") for word in words]
    if not all(word.isdigit() for word in words):
        return {"type": "string"} | texts
    return {"type": ["string", "number"], "if": {"type": "number"}, "then": {"enum": [int(w) for w in words]}, "else": texts}


def _by(key: str, branches: list[Schema], words: str) -> Schema:
    """One of several objects, told apart by the text of one key; an editor proposes the other keys once that one is written."""
    values = [branch["properties"][key]["const"] for branch in branches]
    chosen = [
        {"if": {"properties": {key: {"const": value}}, "required": [key]}, "then": branch}
        for value, branch in zip(values, branches, strict=True)
    ]
    first = {"description": words, "type": "string", "enum": values, "examples": values}
    return {
        "type": "object",
        "properties": {key: first},
        "required": [key],
        "allOf": chosen,
        "examples": [branch["examples"][0] for branch in branches],
    }


def _composed(schema: Schema) -> list[Any]:
    """An example of a whole from the first examples of its parts: of what it must have, or else of its first part."""
    if "const" in schema:
        return [schema["const"]]
    if "properties" in schema:
        parts = {key: part["examples"][0] for key, part in schema["properties"].items() if part.get("examples")}
        needed = schema.get("required") or list(parts)[:1]
        return [{key: parts[key] for key in needed}] if parts.keys() >= set(needed) else []
    if "items" in schema:
        return [[schema["items"]["examples"][0]]] if schema["items"].get("examples") else []
    return list(schema.get("else", schema).get("enum", []))
