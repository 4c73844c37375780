"""ReqIF 1.2: a specification for each urs file, a spec object for each requirement, and one for each risk, related to it.

All attributes are of type STRING, one text each (`csvgen.exchange.cells`); title, statement and id bear the names that tools
agree on (``ReqIF.Name``, ``ReqIF.Text``, ``ReqIF.ForeignID``). LAST-CHANGE is demanded by the schema; a specification does not
say when it changed (version control does), so it is what the caller says, by default the epoch, and never the time of day: the
same requirements give the same bytes.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from typing import Any

from csvgen.diagnostics import Location, one_line
from csvgen.errors import BadInput, ConfigError
from csvgen.exchange.cells import flat, unflat
from csvgen.exchange.changes import FIELDS, Base
from csvgen.exchange.export import FORMAT, Export, Own, base, exported
from csvgen.exchange.model import Entry, Leftover
from csvgen.exchange.readers.base import plain_xml

EPOCH = "1970-01-01T00:00:00Z"
_NAMES = {"id": "ReqIF.ForeignID", "title": "ReqIF.Name", "statement": "ReqIF.Text"}
_COLUMNS = {name: _NAMES.get(name, name.upper()) for name in (*FIELDS, "exported")}
"""Field -> name of its attribute."""
_BREAKS = {"\n": "\ue00a", "\t": "\ue009"}
"""Stand-ins while the library writes: in an attribute of XML only a character reference keeps a line break."""
_REQUIREMENT, _RISK = "_REQUIREMENT", "_RISK"


_HOMES = {
    "ReqIFBundle": "reqif_bundle",
    "ReqIFCoreContent": "models.reqif_core_content",
    "ReqIFDataTypeDefinitionString": "models.reqif_data_type",
    "ReqIFNamespaceInfo": "models.reqif_namespace_info",
    "ReqIFObjectLookup": "object_lookup",
    "ReqIFParser": "parser",
    "ReqIFReqIFContent": "models.reqif_req_if_content",
    "ReqIFReqIFHeader": "models.reqif_reqif_header",
    "ReqIFSpecHierarchy": "models.reqif_spec_hierarchy",
    "ReqIFSpecObject": "models.reqif_spec_object",
    "ReqIFSpecObjectType": "models.reqif_spec_object_type",
    "ReqIFSpecRelation": "models.reqif_spec_relation",
    "ReqIFSpecRelationType": "models.reqif_spec_relation_type",
    "ReqIFSpecification": "models.reqif_specification",
    "ReqIFSpecificationType": "models.reqif_specification_type",
    "ReqIFUnparser": "unparser",
    "SpecAttributeDefinition": "models.reqif_spec_object_type",
    "SpecObjectAttribute": "models.reqif_spec_object",
    "SpecObjectAttributeType": "models.reqif_types",
}
"""Class of the library -> its module. An installation without the extra has none of them."""


def _of(name: str) -> Any:
    """A class of the library, loaded when it is needed."""
    try:
        return getattr(importlib.import_module(f"reqif.{_HOMES[name]}"), name)
    except ImportError:
        raise ConfigError(
            "ReqIF needs the library reqif, which is not installed", hint='pip install "csvgen[exchange]"'
        ) from None


def write(export: Export, *, last_change: str = EPOCH) -> bytes:
    """The file. `last_change`: xsd:dateTime. Raises BadInput, naming the requirement, for text that XML cannot hold."""
    header = _of("ReqIFReqIFHeader")(
        identifier=f"_{export.digest.hex}", comment=FORMAT, creation_time=last_change, req_if_tool_id="csvgen",
        req_if_version="1.0", source_tool_id=export.made_by, title=f"Requirements of {export.system}",
    )  # fmt: skip
    bundle = _of("ReqIFBundle")(
        namespace_info=_of("ReqIFNamespaceInfo").create_default(),
        req_if_header=header,
        core_content=_of("ReqIFCoreContent")(_Content(export, last_change).made()),
        tool_extensions_tag_exists=False,
        lookup=_of("ReqIFObjectLookup").empty(),
        exceptions=[],
    )
    text: str = _of("ReqIFUnparser").unparse(bundle)
    for char, stand_in in _BREAKS.items():
        text = text.replace(stand_in, f"&#{ord(char)};")
    return text.encode("utf-8")


class _Content:
    """The content of a ReqIF file in the words of the library."""

    def __init__(self, export: Export, last_change: str) -> None:
        self._export, self._at = export, last_change

    def made(self) -> Any:

        export, at = self._export, self._at
        objects = [
            self._object(_REQUIREMENT, h.id, {f: flat(f, h.fields.get(f)) for f in FIELDS} | {"exported": exported(h)})
            for h in export.requirements
        ] + [self._object(_RISK, r.id, {"id": r.id, "title": r.failure_mode}) for r in export.risks]
        relations = [
            _of("ReqIFSpecRelation")(
                identifier=f"_{r.id}-{i}", relation_type_ref="_PARENT", source=f"_{r.id}", target=f"_{i}", last_change=at
            )
            for r in export.risks
            for i in r.requirements
            if i in export.threats
        ]
        return _of("ReqIFReqIFContent")(
            data_types=[
                _of("ReqIFDataTypeDefinitionString")(identifier="_TEXT", last_change=at, long_name="Text", max_length="1000000")
            ],
            spec_types=[
                self._type(_REQUIREMENT, "REQUIREMENT", _COLUMNS),
                self._type(_RISK, "RISK", {f: _COLUMNS[f] for f in ("id", "title")}),
                _of("ReqIFSpecRelationType")(identifier="_PARENT", last_change=at, long_name="Parent"),
                _of("ReqIFSpecificationType")(identifier="_FILE", last_change=at, long_name="File", is_self_closed=True),
            ],
            spec_objects=objects,
            spec_relations=relations,
            specifications=list(self._specifications()),
        )

    def _type(self, identifier: str, name: str, columns: Mapping[str, str]) -> Any:
        return _of("ReqIFSpecObjectType")(
            identifier=identifier,
            last_change=self._at,
            long_name=name,
            attribute_definitions=[
                _of("SpecAttributeDefinition")(
                    attribute_type=_of("SpecObjectAttributeType").STRING, identifier=f"{identifier}-{field}", last_change=self._at,
                    datatype_definition="_TEXT", long_name=column,
                )
                for field, column in columns.items()
            ],
        )  # fmt: skip

    def _object(self, kind: str, name: str, texts: Mapping[str, str]) -> Any:

        values = [
            _of("SpecObjectAttribute")(
                _of("SpecObjectAttributeType").STRING, f"{kind}-{field}", _carried(text, f"{name}, {field}")
            )
            for field, text in texts.items()
            if text
        ]
        return _of("ReqIFSpecObject")(identifier=f"_{name}", attributes=values, spec_object_type=kind, last_change=self._at)

    def _specifications(self) -> Iterator[Any]:

        files: dict[str, list[str]] = {}
        for h in self._export.requirements:
            files.setdefault(f"urs/{h.file.name}", []).append(h.id)
        if self._export.risks:
            files["risks"] = [r.id for r in self._export.risks]
        for n, (title, names) in enumerate(files.items(), 1):
            children = [
                _of("ReqIFSpecHierarchy")(
                    identifier=f"_{n}-{name}", spec_object=f"_{name}", level=1, last_change=self._at, is_self_closed=False
                )
                for name in names
            ]
            yield _of("ReqIFSpecification")(
                identifier=f"_SPECIFICATION-{n}", last_change=self._at, long_name=_carried(title, title), specification_type="_FILE",
                children=children,
            )  # fmt: skip


def _carried(text: str, where: str) -> str:
    if any(c in "\ufffe\uffff\ue009\ue00a" or "\ud800" <= c <= "\udfff" for c in text):
        raise BadInput("this text holds a character that XML cannot hold", where=where, hint="export as csv or jsonl")
    return "".join(_BREAKS.get(c, c) for c in text)


def read(data: bytes, name: str) -> Own:
    """The entries of a file `write` made, edited or not. Raises BadInput with file and spec object."""
    text = plain_xml(data, name)
    try:
        bundle: Any = _of("ReqIFParser").parse_from_string(text)
        content = bundle.core_content.req_if_content
        kinds: dict[str, dict[str, str]] = {
            t.identifier: {d.identifier: d.long_name for d in t.attribute_definitions or ()}
            for t in content.spec_types
            if hasattr(t, "attribute_map")
        }
        found = [
            (o.identifier, o.spec_object_type, [(kinds[o.spec_object_type][a.definition_ref], a.value) for a in o.attributes])
            for o in content.spec_objects or ()
        ]
        title = str(bundle.req_if_header.title or "")
    except Exception as problem:  # noqa: BLE001 - the library raises whatever a damaged file leads it to
        what = one_line(str(problem))[:200] or type(problem).__name__
        raise BadInput(f"not a ReqIF file that can be read: {what}", where=name) from None
    fields = {column: field for field, column in _COLUMNS.items()}
    entries: list[Entry] = []
    leftovers: list[Leftover] = []
    bases: dict[str, Base] = {}
    for identifier, kind, attributes in found:
        if kind == _RISK:
            continue
        where = f"{name} {identifier}"
        for column, value in attributes:
            if column not in fields:
                leftovers.append(Leftover(place=Location(where), text=str(value), why=f"there is no field {column!r}"))
        texts = {fields[c]: v for c, v in attributes if c in fields and isinstance(v, str)}
        values = {f: unflat(f, texts[f], f"{where} {f}") for f in FIELDS if f in texts}
        entries.append(Entry(fields={f: v for f, v in values.items() if v is not None}, place=Location(where)))
        if (was := base(texts.get("exported", ""))) is not None:
            bases[entries[-1].id] = was
    return Own(
        source=name, reader="csvgen reqif", entries=tuple(entries), leftovers=tuple(leftovers),
        system=title.removeprefix("Requirements of "), columns=FIELDS, bases=bases,
    )  # fmt: skip
