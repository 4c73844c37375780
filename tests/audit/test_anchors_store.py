"""Qualification of a store under Object Lock: what an anchor relies on, asked of the real server through its own protocol.

Thirty-one questions, numbered as in the installation qualification of a store. A pass is the right outcome, not only an error:
after each refusal the bytes must still be there. Stores that are emulators fail some of these and pass the obvious ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from csvgen.errors import ConfigError
from csvgen.store.qualification import CHECKS, WORDS, Bench, ask, qualify, soon
from csvgen.store.worm import Taken, WormError, WormStore

from ..counterparts import free_port
from ..counterparts.seaweedfs import Store, seaweedfs

pytestmark = pytest.mark.needs("weed")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with seaweedfs(tmp_path_factory.mktemp("seaweedfs")) as found:
        yield found


@pytest.fixture(scope="module")
def bench(store: Store) -> Bench:
    return Bench(store.client, store.bucket(), store.bucket(lock=False))


@pytest.mark.parametrize("check", CHECKS, ids=[f"{n:02d}-{c.__name__}" for n, c in enumerate(CHECKS, 1)])
def test_the_store_does_what_an_anchor_relies_on(check: Callable[[Bench], None], bench: Bench) -> None:
    check(bench)


def test_there_are_thirty_one_checks() -> None:
    assert len(CHECKS) == len(set(CHECKS)) == 31


def test_a_store_in_use_is_qualified_beside_its_bucket(worm: WormStore, store: Store) -> None:
    """Every question has its answer, and nothing of it is in the bucket that is used."""
    answers = qualify(worm)
    assert [a.number for a in answers] == list(range(1, 32))
    assert [a for a in answers if not a.passed] == []
    assert worm.listing() == ()
    rows = store.client.list_buckets()["Buckets"]
    assert f"{worm.bucket}-p" not in {row["Name"] for row in rows}


def test_a_store_that_locks_nothing_is_told_so(store: Store) -> None:
    bare = Bench(store.client, store.bucket(lock=False), store.bucket(lock=False))
    failed = [a for a in (ask(bare, number, check) for number, check in enumerate(CHECKS, 1)) if not a.passed]
    assert {2, 4, 5, 7, 29, 31} <= {a.number for a in failed}
    assert all(a.told for a in failed)


# ------------------------------------------------------------------ our hand on it


@pytest.fixture
def worm(store: Store, monkeypatch: pytest.MonkeyPatch) -> WormStore:
    for name, value in store.environment.items():
        monkeypatch.setenv(name, value)
    return WormStore(store.bucket(), "checkpoints/", store.endpoint)


def test_an_object_is_put_once_and_read_by_version(worm: WormStore, store: Store) -> None:
    version = worm.put("a.note", WORDS, soon())
    with pytest.raises(Taken):
        worm.put("a.note", b"second", soon())
    store.client.put_object(Bucket=worm.bucket, Key="checkpoints/a.note", Body=b"by somebody else")
    store.client.delete_object(Bucket=worm.bucket, Key="checkpoints/a.note")
    assert worm.read("a.note", version) == WORDS
    assert [(o.key, o.newest) for o in worm.listing()] == [("a.note", False)] * 2
    assert worm.lock_of("a.note", version) is not None


def test_a_bucket_without_lock_is_no_anchor(worm: WormStore, store: Store) -> None:
    with pytest.raises(ConfigError, match="no Object Lock"):
        WormStore(store.bucket(lock=False), "", store.endpoint).require_lock()
    worm.require_lock()


def test_a_store_that_does_not_lock_what_it_takes_is_found_out(worm: WormStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that answers yes and forgets the lock: the answer of HEAD is made to say nothing of it."""
    monkeypatch.setattr(WormStore, "lock_of", lambda *_: None)
    with pytest.raises(WormError, match="does not lock it"):
        worm.put("b.note", WORDS, soon())


def test_errors_name_the_place_and_no_secret(
    store: Store, worm: WormStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(WormError, match="NoSuchBucket"):
        WormStore("not-there", "", store.endpoint).listing()
    with pytest.raises(WormError, match="cannot be asked"):
        WormStore("not-there", "", f"http://127.0.0.1:{free_port()}").listing()
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a-wrong-secret")
    with pytest.raises(WormError) as problem:
        WormStore(worm.bucket, "", store.endpoint).listing()
    assert "a-wrong-secret" not in str(problem.value)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    with pytest.raises(WormError, match="NoCredentials") as problem:
        WormStore(worm.bucket, "", store.endpoint).listing()
    assert "environment or an AWS profile" in str(problem.value)
