"""From anything to all it came from and all that came of it; whatever leads forwards leads back."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csvgen.errors import BadInput
from csvgen.pipeline.flow import tracing
from csvgen.pipeline.flow.tracing import Edge, Graph, Row, graph


def sha(n: int) -> str:
    return f"sha256:{n:064x}"


RUN = {
    "format": "csvgen.pipeline-run/1", "pipeline": "qc-release", "subject": "lot/L-1", "operator_name": "Ana Example",
    "started": "2026-11-21T10:00:00.000000Z", "artifact": "ART-0001", "ticket": "CHG-7", "commit": "0a1b2c3d4e5f", "repeats": "",
    "inputs": {"plate": {"record": "file/L-1:plate.csv", "version": 1, "sha256": sha(0xAAA)}},
    "products": {"potency-values": sha(0xBBB)}, "method": "LIN-01", "method_version": 1,
}  # fmt: skip
ROWS = (
    Row("instrument", "PR-001", 1, sha(1), {"id": "PR-001"}),
    Row("method", "LIN-01", 1, sha(2), {"id": "LIN-01"}),
    Row("artifact", "ART-0001", 1, sha(3), {"id": "ART-0001", "ticket": "CHG-7", "commit": "0a1b2c3d4e5f", "pipeline": "qc-release"}),
    Row("promotion", "ART-0001:production", 1, sha(4), {"artifact": "ART-0001", "ticket": "CHG-7", "commit": "0a1b2c3d4e5f"}),
    Row("file", "L-1:plate.csv", 1, sha(5), {"lot": "L-1", "name": "plate.csv", "digest": sha(0xAAA << 240), "instrument": "PR-001"}),
    Row("file", "L-1:plate.csv", 2, sha(6), {"lot": "L-1", "name": "plate.csv", "digest": sha(0xCCC << 240), "instrument": ""}),
    Row("run", "RUN-0001", 1, sha(7), RUN),
    Row("run", "RUN-0002", 1, sha(8), RUN | {"repeats": "RUN-0001"}),
    Row("lot", "L-1", 3, sha(9), {
        "lot": "L-1", "method": "LIN-01", "verdict": "in specification",
        "tests": [{"name": "Assay", "part": "potency", "run": "RUN-0001", "reported": "99.8", "unit": "%", "verdict": "in specification"}],
    }),
    Row("deviation", "DV-0001", 1, sha(10), {"id": "DV-0001", "lot": "L-1", "run": "RUN-0001", "kind": "x", "state": "open"}),
    Row("certificate", "COA-0001", 1, sha(11), {"id": "COA-0001", "lot": "L-1"}),
    Row("signature", "lot/L-1#1", 1, sha(12), {"of": "lot/L-1", "lot": "L-1", "meaning": "reviewed", "printed_name": "Rui Example"}),
    Row("signature", "artifact/ART-0001#1", 1, sha(13), {"of": "artifact/ART-0001", "meaning": "promoted"}),
)  # fmt: skip


def ends(edges: tuple[Edge, ...], which: str) -> set[str]:
    return {getattr(e, which) for e in edges}


def test_from_a_ticket_down_to_every_signature() -> None:
    found = graph(ROWS).trace("CHG-7")
    assert [n.id for n in found.starts] == ["ticket/CHG-7"]
    assert found.up == ()
    assert ends(found.down, "target") == {
        "commit/0a1b2c3d4e5f", "artifact/ART-0001", "promotion/ART-0001:production", "signature/artifact/ART-0001#1", "run/RUN-0001",
        "run/RUN-0002", "product/RUN-0001:potency-values", "product/RUN-0002:potency-values", "result/L-1:Assay", "lot/L-1",
        "deviation/DV-0001", "certificate/COA-0001", "signature/lot/L-1#1",
    }  # fmt: skip


def test_from_a_signature_up_to_the_ticket_and_the_instrument() -> None:
    found = graph(ROWS).trace("signature/lot/L-1#1")
    assert {"lot/L-1", "result/L-1:Assay", "run/RUN-0001", "file/L-1:plate.csv@1", "instrument/PR-001", "artifact/ART-0001",
            "commit/0a1b2c3d4e5f", "ticket/CHG-7", "method/LIN-01"} <= ends(found.up, "source")  # fmt: skip
    assert found.down == ()


def test_a_run_leads_to_the_version_it_read_and_to_no_other() -> None:
    found = graph(ROWS).trace("RUN-0001")
    assert "file/L-1:plate.csv@1" in ends(found.up, "source")
    assert "file/L-1:plate.csv@2" not in ends(found.up, "source")
    assert found.nodes["file/L-1:plate.csv@1"].digest == sha(0xAAA << 240)


@pytest.mark.parametrize(
    ("asked", "starts"),
    [
        ("run/RUN-0001", {"run/RUN-0001"}),
        ("L-1", {"lot/L-1"}),
        ("COA-0001", {"certificate/COA-0001"}),
        ("plate.csv", {"file/L-1:plate.csv@1", "file/L-1:plate.csv@2"}),
        ("L-1:plate.csv", {"file/L-1:plate.csv@1", "file/L-1:plate.csv@2"}),
        ("file/L-1:plate.csv@2", {"file/L-1:plate.csv@2"}),
        (sha(0xBBB), {"product/RUN-0001:potency-values", "product/RUN-0002:potency-values"}),
        (sha(0xAAA << 240)[7:19], {"file/L-1:plate.csv@1"}),
        ("0a1b2c3d", {"commit/0a1b2c3d4e5f"}),
    ],
)
def test_it_can_be_asked_by_any_name(asked: str, starts: set[str]) -> None:
    assert {n.id for n in graph(ROWS).trace(asked).starts} == starts


@pytest.mark.parametrize("asked", ["RUN-0099", "", "sha256:dead", "plate", "1", "L-1:", "0a1b"])
def test_what_is_not_there_is_said(asked: str) -> None:
    with pytest.raises(BadInput, match="nothing here is called"):
        graph(ROWS).trace(asked)


def test_every_edge_of_the_records_is_found_from_both_its_ends() -> None:
    both_ways(graph(ROWS))


def both_ways(found: Graph) -> None:
    for edge in found.edges:
        assert edge in found.trace(edge.source).down
        assert edge in found.trace(edge.target).up


names = st.sampled_from([f"x/{c}" for c in "abcdefgh"])


@settings(deadline=None)
@given(st.lists(st.tuples(names, names), max_size=20))
def test_every_edge_of_any_graph_is_found_from_both_its_ends(pairs: list[tuple[str, str]]) -> None:
    """Circles and islands too; and what is downward of a node has that node upward."""
    found = Graph()
    for source, target in pairs:
        found.join(source, target, "")
    both_ways(found)
    for one in found.nodes:
        below = ends(found.trace(one).down, "target")
        assert all(one in ends(found.trace(other).up, "source") for other in below)


def test_a_real_lot_from_file_to_signature(lab) -> None:
    """Whatever kinds of record an instance writes: the way from the first file to the last signature is there, both ways."""
    lab.bring("L-1", "released")
    core = lab.app._core
    down = tracing.trace(core, "plate.csv")
    assert {n.kind for n in down.starts} == {"file"}
    kinds = {i.partition("/")[0] for i in ends(down.down, "target")}
    assert {"run", "product", "result", "lot", "signature", "certificate"} <= kinds
    signed = [i for i in ends(down.down, "target") if i.startswith("signature/lot/L-1")]
    assert len(signed) >= 2
    assert len({(e.source, e.target) for e in down.down}) == len(down.down)  # a lot named twice in a record is one edge
    for signature in signed:
        up = ends(tracing.trace(core, signature).up, "source")
        assert {"lot/L-1", "method/LIN-01", "instrument/PR-001", "artifact/ART-0001"} <= up
        assert {"ticket", "commit", "result", "product"} <= {i.partition("/")[0] for i in up}
        assert [i for i in up if i.startswith("run/RUN-0001")]
        assert [i for i in up if i.startswith("file/L-1:plate.csv@1")]
    both_ways(graph(tracing.rows(core)))


def test_a_run_of_another_format_is_told_apart() -> None:
    """What an orchestrator made step by step is no run record, and would not look like one if somebody put it among them."""
    made = graph(
        [Row("run", "RUN-0001", 1, sha(9), RUN), Row("run", "RUN-0002", 1, sha(10), RUN | {"format": "csvgen.outside-run/1"})]
    )
    assert made.nodes["run/RUN-0002"].words.startswith("NO RUN RECORD: ")
    assert not made.nodes["run/RUN-0001"].words.startswith("NO RUN RECORD")
