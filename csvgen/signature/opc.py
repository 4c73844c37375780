"""An Office package (.docx, .xlsx) as parts, content types and relationships (ISO/IEC 29500-2, Open Packaging Conventions).

Here stands what a signature covers and what it leaves out. As in Office and LibreOffice four things are left out:
``[Content_Types].xml`` (each signed part's content type is in its reference instead), the signatures themselves, and the
two property parts ``docProps/core.xml`` and ``docProps/app.xml`` with the relationships to them, which office programs and
document management systems rewrite. What csvgen signs binds those two all the same: see `office_part.Ground`.
"""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from csvgen.canonical import Digest, digest, digest_bytes
from csvgen.errors import NotIntact
from csvgen.signature import xml
from csvgen.signature.archive import Packed, read_archive, write_archive

CONTENT_TYPES = "/[Content_Types].xml"
ROOT_RELATIONSHIPS = "/_rels/.rels"
FOLDER = "/_xmlsignatures/"
ORIGIN = f"{FOLDER}origin.sigs"
ORIGIN_RELATIONSHIPS = f"{FOLDER}_rels/origin.sigs.rels"
OPEN_PARTS = frozenset({"/docProps/app.xml", "/docProps/core.xml"})
"""Property parts that no office program signs."""

RELATIONSHIPS_TYPE = "application/vnd.openxmlformats-package.relationships+xml"
ORIGIN_TYPE = "application/vnd.openxmlformats-package.digital-signature-origin"
SIGNATURE_TYPE = "application/vnd.openxmlformats-package.digital-signature-xmlsignature+xml"
TO_ORIGIN = f"{xml.RELATIONSHIPS}/digital-signature/origin"
TO_SIGNATURE = f"{xml.RELATIONSHIPS}/digital-signature/signature"
_KEYS = {f"{{{xml.CONTENT_TYPES}}}Default": "Extension", f"{{{xml.CONTENT_TYPES}}}Override": "PartName"}
_RELATIONSHIP = f"{{{xml.RELATIONSHIPS}}}Relationship"
_NEEDED = {"Id", "Type", "Target"}
_TO_PROPERTIES = frozenset(
    {
        "http://schemas.openxmlformats.org/officeDocument/2006/relationships/extended-properties",
        f"{xml.RELATIONSHIPS}/metadata/core-properties",
    }
)


@dataclass(frozen=True, slots=True)
class Relationship:
    """One line of a ``.rels`` part; `mode` is ``Internal`` or ``External``."""

    id: str
    type: str
    target: str
    mode: str

    @property
    def is_open(self) -> bool:
        """Whether a signature leaves this relationship of the package out."""
        target = posixpath.normpath(posixpath.join("/", self.target))
        if self.type == TO_ORIGIN:
            return target == ORIGIN and self.mode == "Internal"
        return self.type in _TO_PROPERTIES and target in OPEN_PARTS and self.mode == "Internal"


@dataclass(frozen=True)
class Package:
    """Parts by name, each name with its leading slash."""

    parts: Mapping[str, bytes]
    packed: Mapping[str, Packed] = field(default_factory=dict, repr=False)
    """How the parts lie in the archive they come from; a part that is new or changed has none."""
    _known: dict[str, bytes] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def read(cls, data: bytes) -> Package:
        """Raises NotIntact for anything but one clean archive with a content type for every part."""
        found = {f"/{name}": packed for name, packed in read_archive(data)}
        package = cls({name: packed.content for name, packed in found.items()}, found)
        for part in package.parts:
            if part != CONTENT_TYPES:
                package.content_type(part)
        return package

    def with_parts(self, changed: Mapping[str, bytes]) -> Package:
        """The package with some parts replaced or added."""
        kept = {name: packed for name, packed in self.packed.items() if changed.get(name, packed.content) == packed.content}
        return Package({**self.parts, **changed}, kept)

    def sha256(self, part: str) -> bytes:
        """SHA-256 of a part as it is (32 bytes), worked out once."""
        if part not in self._known:
            self._known[part] = hashlib.sha256(self.parts[part]).digest()
        return self._known[part]

    def spelling(self, part: str) -> bytes:
        """The list of content types or a list of relationships in the one spelling csvgen gives it.

        No white space: the standard drops it from lists of relationships before digesting, xmlsec (and with it LibreOffice)
        digests it. Signatures are listed in their order, everything else is sorted; names of parts are spelled as the parts are.
        """
        if part == CONTENT_TYPES:
            root = xml.new(xml.CONTENT_TYPES, "Types")
            (defaults, overrides), spelled = self._types, {name.lower(): name for name in self.parts}
            for extension, kind in sorted(defaults.items()):
                xml.add(root, "Default", Extension=extension, ContentType=kind)
            for name, kind in sorted(overrides.items()):
                xml.add(root, "Override", PartName=spelled.get(name, name), ContentType=kind)
            return xml.document(root)
        listed = self.relationships(part)
        return _list_of(listed if part == ORIGIN_RELATIONSHIPS else sorted(listed, key=lambda r: r.id))

    def in_our_spelling(self) -> Package:
        """The package with its lists in our spelling; no signature depends on theirs."""
        return self.with_parts(
            {part: self.spelling(part) for part in self.parts if part == CONTENT_TYPES or is_relationships(part)}
        )

    def with_signature(self, signature: bytes) -> Package:
        """With one more signature part, its content type, and the relationships that lead to it; lists in our spelling.

        Raises NotIntact when its place is taken.
        """
        number = len(self.signature_parts()) + 1
        part, target = f"{FOLDER}sig{number}.xml", f"sig{number}.xml"
        if part in self.parts or self.default_types.get("sigs", ORIGIN_TYPE) != ORIGIN_TYPE:
            raise NotIntact(f"{part} is in use, though there are {number - 1} signatures, or .sigs is something else here")
        types = xml.parse(self.parts[CONTENT_TYPES], CONTENT_TYPES)
        if "sigs" not in self.default_types:
            xml.add(types, "Default", Extension="sigs", ContentType=ORIGIN_TYPE)
        xml.add(types, "Override", PartName=part, ContentType=SIGNATURE_TYPE)
        at_root = self.relationships(ROOT_RELATIONSHIPS) if ROOT_RELATIONSHIPS in self.parts else ()
        listed = self.relationships(ORIGIN_RELATIONSHIPS) if number > 1 else ()
        added = {
            CONTENT_TYPES: xml.document(types),
            part: signature,
            ORIGIN: b"",
            ORIGIN_RELATIONSHIPS: _list_of((*listed, _next(listed, TO_SIGNATURE, target))),
        }
        if number == 1:
            added[ROOT_RELATIONSHIPS] = _list_of((*at_root, _next(at_root, TO_ORIGIN, ORIGIN[1:])))
        return self.with_parts(added).in_our_spelling()

    def without_signatures(self) -> Package:
        """As it was before any signature, lists in our spelling."""
        parts = {name: data for name, data in self.parts.items() if not name.startswith(FOLDER)}
        types = xml.parse(parts[CONTENT_TYPES], CONTENT_TYPES)
        for element in xml.elements(types):
            if element.get("ContentType") == ORIGIN_TYPE or element.get("PartName", "").lower().startswith(FOLDER):
                types.remove(element)
        at_root = [r for r in self.relationships(ROOT_RELATIONSHIPS) if r.type != TO_ORIGIN]
        return Package({**parts, CONTENT_TYPES: xml.document(types), ROOT_RELATIONSHIPS: _list_of(at_root)}).in_our_spelling()

    def put_together_otherwise(self) -> tuple[str, ...]:
        """Parts that are not as they come out when the signatures are put, one by one, on the package without them."""
        again = self.without_signatures()
        for part in self.signature_parts():
            again = again.with_signature(self.parts[part])
        return tuple(sorted(name for name in {*again.parts, *self.parts} if again.parts.get(name) != self.parts.get(name)))

    def to_bytes(self) -> bytes:
        """The archive: content types first, then by name. What csvgen writes itself is stored, all else stays packed as it came.

        A deflated content can be packed in more than one way, and a stored one in one only: with `packing` nothing is open.
        """
        ordered = sorted(self.parts, key=lambda name: (name != CONTENT_TYPES, name))
        return write_archive((name[1:], self._packed_for_us(name)) for name in ordered)

    def _packed_for_us(self, name: str) -> Packed:
        if _is_ours(name):
            return Packed.stored(self.parts[name])
        return self.packed.get(name) or Packed.deflated(self.parts[name])

    def packing(self) -> Digest:
        """Digest over how everything but our lists and signatures is packed; it stays the same while signatures are added."""
        packed = {name: self._packed_for_us(name) for name in self.parts if not _is_ours(name)}
        return digest({name: [str(p.method), digest_bytes(p.data)] for name, p in packed.items()})

    def content_type(self, part: str) -> str:
        """Media type of a part. Raises NotIntact when the package gives it none."""
        defaults, overrides = self._types
        extension = posixpath.basename(part).rpartition(".")[2].lower()
        found = overrides.get(part.lower()) or defaults.get(extension)
        if found is None:
            raise NotIntact("this part has no content type", where=part)
        return found

    @property
    def default_types(self) -> Mapping[str, str]:
        """Content types by extension, in lower case."""
        return self._types[0]

    @cached_property
    def _types(self) -> tuple[dict[str, str], dict[str, str]]:
        """Content types by extension and by part name, both in lower case."""
        if CONTENT_TYPES not in self.parts:
            raise NotIntact("this is not an Office file: it has no content types")
        root = xml.parse(self.parts[CONTENT_TYPES], CONTENT_TYPES)
        found: dict[str, dict[str, str]] = {"Extension": {}, "PartName": {}}
        for element in xml.elements(root):
            key = _KEYS.get(element.tag, "")
            if sorted(element.attrib) != sorted(("ContentType", key)) or len(element):
                raise NotIntact("this list of content types is not in the form Office knows", where=CONTENT_TYPES)
            name = element.get(key).lower()
            if name in found[key]:
                raise NotIntact(f"two content types for {name!r}", where=CONTENT_TYPES)
            found[key][name] = element.get("ContentType")
        return found["Extension"], found["PartName"]

    def relationships(self, part: str) -> tuple[Relationship, ...]:
        """Relationships listed in a ``.rels`` part. Raises NotIntact for a duplicate id or anything that is no relationship."""
        root = xml.parse(self.parts[part], part)
        found = []
        for element in xml.elements(root):
            known = _NEEDED <= set(element.attrib) <= _NEEDED | {"TargetMode"}
            if element.tag != _RELATIONSHIP or not known or len(element) or (element.text or "").strip():
                raise NotIntact("this list holds something that is no relationship", where=part)
            get = element.get
            found.append(Relationship(get("Id"), get("Type"), get("Target"), get("TargetMode", "Internal")))
        if len({r.id for r in found}) != len(found):
            raise NotIntact("two relationships of one id", where=part)
        return tuple(found)

    def must_be_signed(self) -> tuple[str, ...]:
        """Every part a complete signature covers, sorted. A list of relationships counts only for those it has to cover."""
        return tuple(
            sorted(
                part
                for part in self.parts
                if part != CONTENT_TYPES
                and not part.startswith(FOLDER)
                and part not in OPEN_PARTS
                and (not is_relationships(part) or self.signed_ids(part))
            )
        )

    def signed_ids(self, part: str) -> tuple[str, ...]:
        """Ids of the relationships in a ``.rels`` part that a complete signature covers, sorted."""
        left_out = (lambda r: r.is_open) if part == ROOT_RELATIONSHIPS else (lambda _: False)
        return tuple(sorted(r.id for r in self.relationships(part) if not left_out(r)))

    def signature_parts(self) -> tuple[str, ...]:
        """Signature parts in the order they were added: those the origin part points to.

        Raises NotIntact when the folder of the signatures holds anything else, or a signature is not linked.
        """
        here = {part for part in self.parts if part.startswith(FOLDER)}
        here |= {part for part in self.parts if part not in here and self._is_signature_type(part)}
        at_root = self.relationships(ROOT_RELATIONSHIPS) if ROOT_RELATIONSHIPS in self.parts else ()
        linked = [r for r in at_root if r.type == TO_ORIGIN]
        if not here and not linked:
            return ()
        if len(linked) != 1 or not linked[0].is_open or not {ORIGIN, ORIGIN_RELATIONSHIPS} <= here or self.parts[ORIGIN]:
            raise NotIntact("the signatures of the package are not linked the way they must be")
        found = []
        for relationship in self.relationships(ORIGIN_RELATIONSHIPS):
            part = posixpath.normpath(posixpath.join(FOLDER, relationship.target))
            if relationship.type != TO_SIGNATURE or relationship.mode != "Internal" or part in found or part not in here:
                raise NotIntact(f"the list of signatures points to {relationship.target!r}", where=ORIGIN_RELATIONSHIPS)
            if self.content_type(part) != SIGNATURE_TYPE:
                raise NotIntact("a signature is listed with another content type", where=part)
            found.append(part)
        if rest := sorted(here - set(found) - {ORIGIN, ORIGIN_RELATIONSHIPS}):
            raise NotIntact(f"{', '.join(rest)}: among the signatures, but no listed signature")
        return tuple(found)

    def _is_signature_type(self, part: str) -> bool:
        return part != CONTENT_TYPES and self.content_type(part) in {SIGNATURE_TYPE, ORIGIN_TYPE}

    def transformed(self, part: str, ids: Iterable[str]) -> bytes:
        """The relationships transform of ISO/IEC 29500-2, then Canonical XML.

        Chosen relationships only, sorted by id, target mode spelled out, no white space. Raises NotIntact when one is missing.
        """
        by_id = {r.id: r for r in self.relationships(part)}
        root = xml.new(xml.RELATIONSHIPS, "Relationships")
        for name in sorted(ids):
            if name not in by_id:
                raise NotIntact(f"the relationship {name!r} is missing", where=part)
            found = by_id[name]
            xml.add(root, "Relationship", Id=found.id, Type=found.type, Target=found.target, TargetMode=found.mode)
        return xml.canonical(root)

    def digest_without_signatures(self) -> Digest:
        """Digest over all parts as they were before any signature, whatever the spelling of the two lists OPC keeps.

        Names and contents of the parts, sorted; content types as the pairs they are, relationships in their canonical form;
        without the folder of the signatures, the relationship to it and the content types only it needs.
        """
        defaults, overrides = self._types
        types = {
            "extension": {k: v for k, v in defaults.items() if v != ORIGIN_TYPE},
            "part": {k: v for k, v in overrides.items() if not k.startswith(FOLDER)},
        }
        parts = {name: self._digest_of(name) for name in self.parts if name != CONTENT_TYPES and not name.startswith(FOLDER)}
        return digest({"content types": types, "parts": parts})

    def _digest_of(self, part: str) -> Digest:
        if not is_relationships(part):
            return Digest(f"sha256:{self.sha256(part).hex()}")
        return digest_bytes(self.transformed(part, (r.id for r in self.relationships(part) if r.type != TO_ORIGIN)))


def target_of(part: str, target: str) -> str:
    """The part that a relationship listed in a ``.rels`` part leads to, as a name without steps up."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(posixpath.dirname(part)), target))


def source_of(part: str) -> str:
    """The part whose relationships a ``.rels`` part lists; an empty string for the package itself."""
    folder, name = posixpath.split(part)
    return posixpath.join(posixpath.dirname(folder), name.removesuffix(".rels")).rstrip("/")


def _is_list(part: str) -> bool:
    return part == CONTENT_TYPES or is_relationships(part)


def _is_ours(part: str) -> bool:
    """What csvgen writes: lists in its own spelling, and signatures."""
    return _is_list(part) or part.startswith(FOLDER)


def _list_of(relationships: Iterable[Relationship]) -> bytes:
    root = xml.new(xml.RELATIONSHIPS, "Relationships")
    for r in relationships:
        mode = {} if r.mode == "Internal" else {"TargetMode": r.mode}
        xml.add(root, "Relationship", Id=r.id, Type=r.type, Target=r.target, **mode)
    return xml.document(root)


def _next(listed: Sequence[Relationship], kind: str, target: str) -> Relationship:
    """A relationship more, with the first id that is free."""
    taken = {r.id for r in listed}
    number = next(n for n in range(1, len(taken) + 2) if f"rId{n}" not in taken)
    return Relationship(f"rId{number}", kind, target, "Internal")


def is_relationships(part: str) -> bool:
    """Whether a name is that of a list of relationships."""
    folder, name = posixpath.split(part)
    return name.endswith(".rels") and posixpath.basename(folder) == "_rels"
