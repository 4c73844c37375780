"""What may be appended to a signed PDF: signatures in the fields left empty for them, and time stamps with what proves them.

Built from pyHanko's difference analysis, which explains every object of a revision or calls it suspicious, with the shortest
list of explanations that lets csvgen's own revisions pass. A time-stamp authority stamps whatever anybody sends it, so a
revision that ends in a good time stamp is no better than one without: it may bring an invisible field for that stamp, and
certificates and revocation lists in the document security store (ETSI EN 319 142-1, 5.4), and nothing that could be seen.
Objects that nothing refers to are refused as well: what a document hides today, another update shows tomorrow.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.diff_analysis import StandardDiffPolicy
    from pyhanko.sign.diff_analysis.form_rules_api import FieldComparisonContext

STAMP_FIELD = "time-stamp-"
"""How the names of the fields of document time stamps begin; their number follows."""

_STAMP_KEYS = frozenset({"/FT", "/T", "/Type", "/Subtype", "/F", "/Rect", "/P", "/V"})
"""All that the field of a time stamp holds: no appearance, no action, no kids."""
_STREAM_KEYS = frozenset({"/Length", "/Filter", "/Type"})


def of(dictionary: Any, key: str, default: Any = None) -> Any:
    """The value of a PDF dictionary, followed through its reference; pyHanko's `get` gives the reference."""
    return dictionary[key] if key in dictionary else default  # noqa: SIM401 - see above


@cache
def policy() -> StandardDiffPolicy:
    """The rules; the same for all files."""
    from pyhanko.sign import diff_analysis as diff

    class StampField(diff.SigFieldCreationRule):
        """A new field is invisible and is a time stamp's; pyHanko alone would also let pass visible ones, and signatures."""

        def apply(self, context: FieldComparisonContext) -> Iterable[Any]:
            before, after = (_field_list(revision) for revision in (context.old, context.new))
            if after[: len(before)] != before:
                raise diff.SuspiciousModification("the form lists its fields in another order")
            for name, spec in context.field_specs.items():
                if spec.old_field_ref is None:
                    _refuse_other_field(str(name), spec.new_field)
            return super().apply(context)

    class Store(diff.DSSCompareRule):
        """Streams in the store are DER and nothing more: no name of a file outside, no further objects behind them."""

        def apply(self, old: Any, new: Any) -> Iterable[Any]:
            _refuse_other_store(of(new.root, "/DSS"))
            return super().apply(old, new)

    properties = diff.CatalogModificationRule({"/AcroForm", "/DSS", "/Extensions", "/Version"})  # type: ignore[no-untyped-call]
    harmless = diff.ModificationLevel.LTA_UPDATES
    structure = [rule.as_qualified(harmless) for rule in (diff.XrefStreamRule(), diff.ObjectStreamRule(), Store())]

    class Filled(diff.SigFieldModificationRule):
        """A field that was there is filled by a signature made for it: not by a time stamp, not by one that stands elsewhere too."""

        def check_form_field(self, fq_name: str, spec: Any, context: FieldComparisonContext) -> Iterable[Any]:
            if spec.old_field_ref is not None and "/V" not in spec.old_field:
                _refuse_borrowed_value(fq_name, spec.new_field, context.old)
            return super().check_form_field(fq_name, spec, context)

    creation = StampField()  # type: ignore[no-untyped-call]
    filled = Filled(
        allow_in_place_appearance_stream_changes=False, always_modifiable=frozenset(), value_update_keys={"/AP", "/V"}
    )
    form = diff.FormUpdatingRule([creation, filled], ignored_acroform_keys={"/Fields"})
    return diff.StandardDiffPolicy(
        global_rules=[properties, *structure], form_rule=form, ignore_orphaned_objects=False, ignore_identical_objects=False
    )


@dataclass(frozen=True, slots=True)
class Protection:
    """What a signature allows behind it."""

    revision: int
    level: int | None = None
    """DocMDP: the highest level of change it allows; None when it says nothing, which allows all that the rules here allow."""
    locked: Any = None
    """FieldMDP: pyHanko's value for the fields it locks."""


def allowed(reader: PdfFileReader, protections: Sequence[Protection]) -> frozenset[int]:
    """Revisions of the signatures that allow everything that came after them.

    Each revision is held against the one before it, so that nothing can be put right later, and what two rules allow one after
    the other has to be allowed step by step.
    """
    if not protections:
        return frozenset()
    total = reader.xrefs.total_revisions
    first = min(p.revision for p in protections)
    levels = {number: _level(reader, number, protections) for number in range(first + 1, total)}

    def holds(protection: Protection) -> bool:
        later = [levels[number] for number in range(protection.revision + 1, total)]
        most = protection.level
        return all(level is not None and (most is None or level <= most) for level in later)

    return frozenset(p.revision for p in protections if holds(p))


def _level(reader: PdfFileReader, number: int, protections: Sequence[Protection]) -> int | None:
    """How much a revision changed against the one before, by pyHanko's scale; None for what nobody may change."""
    old, new = reader.get_historical_resolver(number - 1), reader.get_historical_resolver(number)
    earlier = [p for p in protections if p.revision < number]
    try:
        locks = [p.locked for p in earlier if p.locked is not None] or [None]
        found = [policy().apply(old, new, field_mdp_spec=lock, doc_mdp=None) for lock in locks]
        return max(int(result.modification_level.value) for result in found)
    except Exception:  # noqa: BLE001 - suspicious or not readable: in either case nobody allowed it
        return None


def _field_list(revision: Any) -> list[Any]:
    """References of the fields of the form, in its order, which is the order of signing."""
    listed = revision.root["/AcroForm"]["/Fields"]
    return [listed.raw_get(n).reference for n in range(len(listed))]


def _refuse_other_field(name: str, field: Any) -> None:
    from pyhanko.sign.diff_analysis import SuspiciousModification

    stamp = name.startswith(STAMP_FIELD) and of(of(field, "/V", {}), "/Type") == "/DocTimeStamp"
    if not stamp or not set(field) <= _STAMP_KEYS or any(float(edge) != 0 for edge in of(field, "/Rect", ())):
        raise SuspiciousModification(f"the field {name!r} was added, and it is not the invisible one of a time stamp")


def _refuse_borrowed_value(name: str, field: Any, old: Any) -> None:
    from pyhanko.sign.diff_analysis import SuspiciousModification

    if field is None or "/V" not in field:
        return
    if not old.is_ref_unassignable(field.get_value_as_reference("/V")) or of(field["/V"], "/Type") != "/Sig":
        raise SuspiciousModification(f"the field {name!r} was filled with something else than a signature of its own")


def _refuse_other_store(store: Any) -> None:
    from pyhanko.pdf_utils.generic import StreamObject
    from pyhanko.sign.diff_analysis import SuspiciousModification

    if store is None:
        return
    for kind in ("/Certs", "/CRLs", "/OCSPs"):
        for entry in of(store, kind, ()):
            stream = entry.get_object()
            if not isinstance(stream, StreamObject) or not set(stream) <= _STREAM_KEYS:
                raise SuspiciousModification(f"the security store holds something in {kind} that is no plain DER")
