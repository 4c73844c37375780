"""Certificates of analysis: made from the record at the moment of release, one number for each release, corrected only by a revision.

A certificate is two files under their digests in the results store: canonical JSON, which holds everything the certificate says and
what it was made from, and a PDF drawn from that JSON, signed in itself by the person who released. The record of kind
``certificate`` names both digests, so the trail does. A lot that is not released has a draft that says so on every page.
"""

from __future__ import annotations

from contextlib import ExitStack

from csvgen.audit.ledger import Change, Version
from csvgen.canonical import Digest, canonical_json, digest_bytes, plain, read_canonical
from csvgen.clock import parsed, stored
from csvgen.crypto.trust import Trust
from csvgen.errors import NotIntact, Refused
from csvgen.model.base import Line, Sha256, Stamp, Value
from csvgen.model.signature import SignatureRecord
from csvgen.pipeline import certificate_pages
from csvgen.pipeline.core import Core, line
from csvgen.pipeline.deviations import deviations_of
from csvgen.pipeline.flow.record import RunRecord
from csvgen.pipeline.materials import material_of
from csvgen.pipeline.nouns import Lot
from csvgen.pipeline.reintegration import of_lot as integrations_of
from csvgen.pipeline.runs import method_of
from csvgen.pipeline.signing import Hand, Signatures, word_of
from csvgen.ports import Outcome, RecordCopy

FORMAT = "qc.certificate/2"


class Certificate(Value):
    """One revision of a certificate of analysis (record kind ``certificate``)."""

    id: str
    """``COA-0001``: one number for each release; a corrected certificate keeps it."""
    lot: str
    revision: int
    pdf: Sha256
    data: Sha256
    replaces: str = ""
    """Digest of the PDF of the revision before."""
    remark: str = ""
    reason: str = ""
    """Why this revision replaces the one before."""
    by: str
    name: str
    issued: Stamp

    @property
    def title(self) -> Line:
        """As people name it."""
        return f"{self.id} revision {self.revision}"


class Certificates:
    """Issuing, correcting and handing out certificates."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._signatures = Signatures(core)

    # ------------------------------------------------------------ issuing

    def issue(self, change: Change, lot: Lot, version: Version, hand: Hand, signed: SignatureRecord, kept: ExitStack) -> str:
        """The certificate of a release, inside its change and after its signature; returns its number.

        The files go when the change does not happen. Raises NotIntact when the release is not among the signatures it would show.
        """
        number = f"COA-{len(self._core.ledger.all('certificate')) + 1:04d}"
        shown = self._manifestations(lot)
        if [s["digest"] for s in shown].count(str(signed.digest)) != 1:
            raise NotIntact("the certificate would not show the signature of the release", where=number)
        content = self._content(lot, version.number, version.sha256, shown) | {
            "number": number, "revision": 1, "status": "RELEASED", "issued": signed.signed,
        }  # fmt: skip
        self._put(change, content, hand, kept, moment=signed.signed, meaning="released", reason="certificate of the release")
        return number

    def correct_certificate(self, session: str, lot: str, remark: str, reason: str, user_id: str, password: str) -> Outcome:
        """A new revision with a remark, signed; it names the revision it replaces. What was measured is never corrected here.

        Raises Refused for a lot without certificate and without a reason.
        """
        with self._core.acting(session, "correct_certificate", f"lot/{lot[:100]}") as acting:
            current, before = self._of(lot)
            found, version = self._core.known("lot", lot, Lot)
            line(reason, "reason")
            line(remark, "remark")
            hand = self._signatures.hand(acting, "corrected", reason, user_id, password)
            now = stored(self._core.clock.now())
            shown = self._manifestations(found)
            content = self._content(found, version.number, version.sha256, shown) | {
                "number": current.id, "revision": before.number + 1, "status": "RELEASED, CORRECTED", "issued": now,
                "remark": remark, "reason": reason, "replaces": current.pdf, "corrected_by": hand.session.account.printed_name,
            }  # fmt: skip
            with ExitStack() as kept, self._core.ledger.change(self._core.actor(acting), reason) as change:
                new, put = self._put(change, content, hand, kept, moment=now, meaning="corrected", reason=reason)
                self._signatures.make(change, put, hand)
        return Outcome(True, f"{new.title} replaces revision {before.number}", f"certificate/{new.id}", {"pdf": str(new.pdf)})

    # ------------------------------------------------------------ handing out

    def certificate(self, session: str, lot: str) -> RecordCopy:
        """The newest certificate of a released lot: the signed PDF as issued, and its data. Raises Refused when there is none."""
        return self._handed(session, lot, marked=False)

    def certificate_copy(self, session: str, lot: str) -> RecordCopy:
        """As `certificate`; the PDF is marked as a copy and says what was found of its signature."""
        return self._handed(session, lot, marked=True)

    def certificate_draft(self, session: str, lot: str) -> RecordCopy:
        """What the certificate would say as of now, marked as a draft on every page, without number and without signature."""
        with self._core.acting(session, "certificate", f"lot/{lot[:100]}"):
            found, version = self._core.known("lot", lot, Lot)
            if self._core.state(lot) == "released":
                raise Refused(f"lot {lot} is released and has a certificate; a draft would compete with it", rule="RR-K01")
            content = self._content(found, version.number, version.sha256, self._manifestations(found)) | {
                "number": "DRAFT", "revision": 0, "status": "DRAFT - NOT RELEASED", "issued": stored(self._core.clock.now()),
            }  # fmt: skip
        return RecordCopy(certificate_pages.draw(content), "application/pdf", canonical_json(content), "application/json")

    def _handed(self, session: str, lot: str, *, marked: bool) -> RecordCopy:
        with self._core.acting(session, "certificate", f"lot/{lot[:100]}") as acting:
            current, version = self._of(lot)
            pdf = self._core.results.read(Digest(current.pdf), current.title)
            data = self._core.results.read(Digest(current.data), current.title)
            if marked:
                pdf = certificate_pages.copy_of(pdf, Trust((self._core.keys.root,)), self._core.clock.now())
            with self._core.ledger.change(self._core.actor(acting)) as change:
                facts = {"revision": str(version.number), "form": "copy" if marked else "as issued"}
                change.note("copy", f"certificate/{current.id}", facts=facts)
        return RecordCopy(pdf, "application/pdf", data, "application/json")

    def _of(self, lot: str) -> tuple[Certificate, Version]:
        self._core.known("lot", lot, Lot)
        if found := self._core.of_lot("certificate", lot, Certificate):
            return found[-1]
        raise Refused(f"lot {lot} is not released: it has no certificate of analysis", rule="RR-F01")

    # ------------------------------------------------------------ making

    def _put(
        self, change: Change, content: dict[str, object], hand: Hand, kept: ExitStack, *, moment: str, meaning: str, reason: str
    ) -> tuple[Certificate, Version]:
        """Draw, sign and keep both files, and write the record that names them."""
        data, account = canonical_json(content), hand.session.account
        lot = str(read_canonical(data)["lot"]["lot"])
        pdf = certificate_pages.signed(
            certificate_pages.draw(read_canonical(data)),
            hand.credential,
            printed_name=account.printed_name,
            role=", ".join(account.roles),
            meaning=meaning,
            reason=hand.reason,
            moment=parsed(moment),
            record=f"{content['number']}",
            revision=int(str(content["revision"])),
            digest=digest_bytes(data),
            demonstration=self._core.keys.demonstration,
        )
        record = Certificate(
            id=str(content["number"]),
            lot=lot,
            revision=int(str(content["revision"])),
            pdf=kept.enter_context(self._core.results.kept(pdf, "certificate")),
            data=kept.enter_context(self._core.results.kept(data, "certificate")),
            replaces=str(content.get("replaces", "")),
            remark=str(content.get("remark", "")),
            reason=str(content.get("reason", "")),
            by=account.id,
            name=account.printed_name,
            issued=moment,
        )
        return record, change.put("certificate", record.id, record.model_dump(), action="certify", reason=reason)

    def _content(self, lot: Lot, version: int, sha256: Digest, signatures: list[dict[str, str]]) -> dict[str, object]:
        """All that a certificate says, from the records and from nothing else."""
        method, material = method_of(self._core, lot), material_of(self._core, lot)
        runs = [self._core.known("run", r, RunRecord)[0] for r in lot.runs]
        decided = deviations_of(self._core, f"lot/{lot.lot}")
        return {
            "format": FORMAT,
            "organisation": self._core.keys.organisation,
            "instance": self._core.keys.fingerprint,
            "demonstration": "yes" if self._core.keys.demonstration else "no",
            "remark": "",
            "replaces": "",
            "reason": "",
            "lot": plain(lot.model_dump()) | {"record": f"lot/{lot.lot}", "version": version, "sha256": str(sha256)},
            "material": plain(material.model_dump()) | {"version": lot.material_version} if material else {},
            "method": {"id": method.id, "title": method.title, "version": lot.method_version},
            "results": [plain(t.model_dump()) for t in lot.tests],
            "withdrawn": [plain(w.model_dump()) for w in lot.withdrawn],
            "deviations": [plain(d.model_dump()) for d in decided],
            "set_aside": [plain(a.model_dump()) for a in lot.aside],
            "reintegrations": [
                plain(r.model_dump(include={"id", "file", "reason", "name", "at", "state", "turns"}))
                for r in integrations_of(self._core, lot.lot)
            ],
            "runs": [
                {
                    "id": run.id, "pipeline": run.pipeline, "pipeline_version": run.pipeline_version, "artifact": run.artifact,
                    "code": str(run.code), "lock": str(run.lock), "outputs": str(run.outputs), "operator": run.operator_name,
                    "started": run.started, "ended": run.ended, "ticket": run.ticket, "commit": run.commit, "valid": run.valid,
                }
                for run in runs
            ],
            "files": {name: plain(entry.model_dump()) for name, entry in lot.files.items()},
            "signatures": signatures,
        }  # fmt: skip

    def _manifestations(self, lot: Lot) -> list[dict[str, str]]:
        """Every signature on the lot, with its status; none is left out."""
        return [_manifestation(j.record, j.status) for j in self._signatures.of(f"lot/{lot.lot}") if j.record]


def _manifestation(record: SignatureRecord, status: str) -> dict[str, str]:
    return {
        "printed_name": record.printed_name,
        "user_id": record.person,
        "role": record.role,
        "meaning": word_of(record) or record.meaning,
        "statement": record.statement,
        "reason": record.why,
        "signed": record.signed,
        "offset": record.offset,
        "status": status,
        "digest": str(record.digest),
    }
