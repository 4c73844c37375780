"""Merkle trees against the vectors of others, against the recursive text of the RFC, and against bits turned at random."""

from __future__ import annotations

import base64
import hashlib
import json
import random
import struct
import tarfile
from collections import Counter
from pathlib import Path

import pytest

from csvgen.audit import merkle
from csvgen.errors import NotIntact

VECTORS = Path(__file__).parent / "vectors"
LINES = [json.loads(line) for line in (VECTORS / "merkle.jsonl").read_text(encoding="utf-8").splitlines()]


def judged(kind: str, v: dict) -> str:
    """What our verifier says against a vector; nothing when it accepts."""
    text = {k: base64.b64decode(v[k] or "") for k in ("leafHash", "root", "root1", "root2") if k in v}
    proof = [base64.b64decode(h) for h in v["proof"] or ()]
    try:
        if kind == "inclusion":
            merkle.verify_inclusion(text["leafHash"], v["leafIdx"], v["treeSize"], proof, text["root"])
        elif kind == "consistency":
            merkle.verify_consistency(v["size1"], v["size2"], proof, text["root1"], text["root2"])
        elif kind == "subtreeinclusion":
            merkle.verify_subtree_inclusion(text["leafHash"], v["leafIdx"], (v["start"], v["end"]), proof, text["root"])
        else:
            merkle.verify_subtree_consistency((v["start"], v["end"]), v["size"], proof, text["root1"], text["root2"])
    except NotIntact as problem:
        return problem.message
    return ""


def test_all_vectors_of_others_are_there() -> None:
    kinds = Counter(line["path"].split("/")[1] for line in LINES)
    assert kinds == {"inclusion": 98, "consistency": 98, "subtreeinclusion": 204, "subtreeconsistency": 118}
    assert sum(not line["vector"]["wantErr"] for line in LINES) == 36


@pytest.mark.parametrize("kind", ["inclusion", "consistency", "subtreeinclusion", "subtreeconsistency"])
def test_proofs_are_judged_as_others_judge_them(kind: str) -> None:
    lines = [line for line in LINES if line["path"].split("/")[1] == kind]
    wrong = [line["path"] for line in lines if bool(judged(kind, line["vector"])) != line["vector"]["wantErr"]]
    assert not wrong


LEAVES = [merkle.leaf_hash(bytes.fromhex(x)) for x in
          ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")]  # fmt: skip
ROOTS = (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef", "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)  # fmt: skip


@pytest.mark.parametrize("size", range(9))
def test_roots_of_certificate_transparency(size: int) -> None:
    assert merkle.root(LEAVES[:size]).hex() == ROOTS[size]
    frontier = merkle.Frontier()
    for leaf in LEAVES[:size]:
        frontier.append(leaf)
    assert (frontier.root().hex(), frontier.size) == (ROOTS[size], size)


def by_the_rfc(entries: list[bytes]) -> bytes:
    """MTH of RFC 6962 2.1, as it is written there."""
    if not entries:
        return hashlib.sha256(b"").digest()
    if len(entries) == 1:
        return hashlib.sha256(b"\x00" + entries[0]).digest()
    k = 1
    while k * 2 < len(entries):
        k *= 2
    return hashlib.sha256(b"\x01" + by_the_rfc(entries[:k]) + by_the_rfc(entries[k:])).digest()


def path_by_the_rfc(m: int, entries: list[bytes]) -> list[bytes]:
    """PATH of RFC 6962 2.1.1."""
    if len(entries) == 1:
        return []
    k = 1
    while k * 2 < len(entries):
        k *= 2
    if m < k:
        return [*path_by_the_rfc(m, entries[:k]), by_the_rfc(entries[k:])]
    return [*path_by_the_rfc(m - k, entries[k:]), by_the_rfc(entries[:k])]


def subproof_by_the_rfc(m: int, entries: list[bytes], whole: bool) -> list[bytes]:
    """SUBPROOF of RFC 6962 2.1.2."""
    if m == len(entries):
        return [] if whole else [by_the_rfc(entries)]
    k = 1
    while k * 2 < len(entries):
        k *= 2
    if m <= k:
        return [*subproof_by_the_rfc(m, entries[:k], whole), by_the_rfc(entries[k:])]
    return [*subproof_by_the_rfc(m - k, entries[k:], False), by_the_rfc(entries[:k])]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 8, 13, 31, 32, 33])
def test_proofs_are_those_of_the_rfc_and_lead_to_the_root(size: int) -> None:
    entries = [str(n).encode() for n in range(size)]
    leaves = [merkle.leaf_hash(e) for e in entries]
    root = by_the_rfc(entries)
    assert merkle.root(leaves) == root
    for index in range(size):
        proof = merkle.inclusion_proof(index, leaves)
        assert list(proof) == path_by_the_rfc(index, entries)
        merkle.verify_inclusion(leaves[index], index, size, proof, root)
        if size > 1:
            with pytest.raises(NotIntact):
                merkle.verify_inclusion(leaves[index], (index + 1) % size, size, proof, root)
    for old in range(1, size + 1):
        proof = merkle.consistency_proof(old, leaves)
        assert list(proof) == subproof_by_the_rfc(old, entries, True)
        merkle.verify_consistency(old, size, proof, by_the_rfc(entries[:old]), root)


def test_no_turned_bit_is_accepted() -> None:
    """2,000 single bits anywhere in a proof, its roots, the index or the old size.

    The size of the newer tree is not among them: a tree of 6 and one of 7 leaves may have one shape seen from leaf 0, so a proof
    says nothing of the size. It is believed because it is signed together with the root.
    """
    choose = random.Random(7)
    leaves = [merkle.leaf_hash(str(n).encode()) for n in range(37)]
    for _ in range(1000):
        size = choose.randrange(2, 38)
        index, old = choose.randrange(size), choose.randrange(1, size)
        for verify, parts in (
            (merkle.verify_inclusion, [leaves[index], index, size, merkle.inclusion_proof(index, leaves[:size]), merkle.root(leaves[:size])]),
            (merkle.verify_consistency, [old, size, merkle.consistency_proof(old, leaves[:size]), merkle.root(leaves[:old]), merkle.root(leaves[:size])]),
        ):  # fmt: skip
            verify(*parts)
            size_at = 1 if verify is merkle.verify_consistency else 2
            flat = [
                (n, i)
                for n, part in enumerate(parts)
                if n != size_at
                for i in (range(len(part)) if isinstance(part, tuple) else (-1,))
            ]
            n, i = choose.choice(flat)
            part = parts[n]
            if isinstance(part, tuple):
                parts[n] = (*part[:i], turned(part[i], choose), *part[i + 1 :])
            else:
                parts[n] = part ^ 1 << choose.randrange(8) if isinstance(part, int) else turned(part, choose)
            with pytest.raises(NotIntact):
                verify(*parts)


def turned(value: bytes, choose: random.Random) -> bytes:
    bit = choose.randrange(len(value) * 8)
    return bytes(byte ^ (1 << bit % 8 if at == bit // 8 else 0) for at, byte in enumerate(value))


# ------------------------------------------------------------------ the four mistakes of a verifier that follows the RFC to the letter


def test_nothing_is_proved_from_an_empty_tree() -> None:
    with pytest.raises(NotIntact):
        merkle.verify_consistency(0, 8, (), merkle.EMPTY, merkle.root(LEAVES))


def test_an_empty_tree_has_one_root_only() -> None:
    merkle.verify_consistency(0, 0, (), merkle.EMPTY, merkle.EMPTY)
    with pytest.raises(NotIntact):
        merkle.verify_consistency(0, 0, (), LEAVES[0], LEAVES[0])


@pytest.mark.parametrize("length", [0, 20, 31, 33, 64])
def test_a_hash_has_32_bytes(length: int) -> None:
    odd = b"x" * length
    with pytest.raises(NotIntact, match="32 bytes"):
        merkle.verify_inclusion(odd, 0, 1, (), odd)
    with pytest.raises(NotIntact, match="32 bytes"):
        merkle.verify_inclusion(LEAVES[0], 0, 2, (odd,), merkle.node_hash(LEAVES[0], odd))
    with pytest.raises(NotIntact, match="32 bytes"):
        merkle.verify_consistency(1, 2, (odd,), LEAVES[0], merkle.node_hash(LEAVES[0], odd))


def test_two_roots_of_one_size_are_one() -> None:
    merkle.verify_consistency(8, 8, (), merkle.root(LEAVES), merkle.root(LEAVES))
    with pytest.raises(NotIntact, match="must be the same"):
        merkle.verify_consistency(8, 8, (), merkle.root(LEAVES), merkle.root(LEAVES[::-1]))


def test_a_leaf_cannot_pass_for_a_node() -> None:
    """The prefixes: an event whose bytes are two hashes is not the node over them."""
    assert merkle.leaf_hash(LEAVES[0] + LEAVES[1]) != merkle.node_hash(LEAVES[0], LEAVES[1])
    assert merkle.leaf_hash(b"\x01" + LEAVES[0] + LEAVES[1]) != merkle.node_hash(LEAVES[0], LEAVES[1])


# ------------------------------------------------------------------ a log of others


def test_a_whole_log_of_others_has_its_sixteen_roots() -> None:
    """C2SP tlog-tiles: entry bundles of length-prefixed entries, tiles of leaf hashes, checkpoints of every size."""
    with tarfile.open(VECTORS / "tessera_testdata_log.tar.gz") as archive:
        files = {m.name.removeprefix("log/"): archive.extractfile(m).read() for m in archive if m.isfile()}  # type: ignore[union-attr]
    bundle, entries = files["tile/entries/000.p/15"], []
    while bundle:
        (length,) = struct.unpack(">H", bundle[:2])
        entries.append(bundle[2 : 2 + length])
        bundle = bundle[2 + length :]
    leaves = [merkle.leaf_hash(e) for e in entries]
    assert files["tile/0/000.p/15"] == b"".join(leaves)
    for size in range(16):
        _, count, root, *_ = files[f"checkpoint.{size}"].decode().splitlines()
        assert (int(count), base64.b64decode(root)) == (size, merkle.root(leaves[:size]))
