"""Passwords: what may be one, how it is kept (Argon2id, RFC 9106), and how it is proved. Secrets go in; only verifiers and reasons come out."""

from __future__ import annotations

import itertools
import re
from functools import cache
from importlib import resources

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import Type, hash_secret_raw

from csvgen.identity.names import folded
from csvgen.model.people import Policy

_DIFFERENT_CHARACTERS = 5
_KEY_BYTES = 32

_RUNS = ("abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "qwertzuiop", "asdfghjkl", "zxcvbnm", "yxcvbnm")
_NEIGHBOURS = frozenset(pair for run in _RUNS for a, b in itertools.pairwise(run) for pair in (a + b, b + a))
_WRITTEN_AS = {"a": "a4@", "e": "e3", "i": "i1!", "l": "l1", "o": "o0", "s": "s5$", "t": "t7"}


def hasher(policy: Policy) -> PasswordHasher:
    """Argon2id at the cost the policy names. Tests put a cheap one in the place of this function."""
    return PasswordHasher(time_cost=policy.argon2_passes, memory_cost=policy.argon2_kib, parallelism=1)


def hashed(password: str, policy: Policy) -> str:
    """A verifier with its own salt and its cost inside."""
    return hasher(policy).hash(password)


def matches(verifier: str, password: str, policy: Policy) -> bool:
    """Whether a password is the one of a verifier. Without a verifier the same work is done, and the answer is no."""
    if not verifier:
        hasher(policy).hash(password)
        return False
    try:
        return hasher(policy).verify(verifier, password)
    except (VerificationError, InvalidHashError):
        return False


def outdated(verifier: str, policy: Policy) -> bool:
    """Whether a verifier was made at another cost than the policy names now."""
    return hasher(policy).check_needs_rehash(verifier)


def cost(policy: Policy) -> tuple[int, int]:
    """Passes and KiB of the policy, to be kept beside what is derived with them."""
    made = hasher(policy)
    return made.time_cost, made.memory_cost


def derived(password: str, salt: bytes, at: tuple[int, int]) -> bytes:
    """A key of 256 bits that only the password gives, by Argon2id at a cost (passes, KiB)."""
    return hash_secret_raw(password.encode("utf-8"), salt, at[0], at[1], 1, _KEY_BYTES, Type.ID)


def problem(person: str, password: str, history: list[str], policy: Policy) -> str:
    """Why a password may not be used, or an empty string. `history` holds verifiers, newest first."""
    if len(password) < policy.minimum_length:
        return f"a password needs at least {policy.minimum_length} characters"
    if folded(person) in folded(password):
        return "a password may not hold the user id"
    if len(set(password)) < _DIFFERENT_CHARACTERS:
        return f"a password needs at least {_DIFFERENT_CHARACTERS} different characters"
    if why := trivial(password):
        return why
    if any(old and matches(old, password, policy) for old in history[: policy.password_history]):
        return f"the last {policy.password_history} passwords may not be used again"
    return ""


def trivial(password: str) -> str:
    """Why a password is one of the first to be guessed, or an empty string: rows of keys, or common words among no letters."""
    text = folded(password)
    free = 1 + sum(a != b and a + b not in _NEIGHBOURS for a, b in itertools.pairwise(text))
    if free < _DIFFERENT_CHARACTERS:
        return "a password may not consist of rows of the keyboard, the alphabet or the digits"
    reached = {0}
    for at, character in enumerate(text):
        if at in reached:
            reached |= {at + 1} if not character.isalpha() else set()
            reached |= {found.end() for word in _common_words() if (found := word.match(text, at))}
    return "a password may not consist of common words, digits and signs alone" if len(text) in reached else ""


@cache
def _common_words() -> tuple[re.Pattern[str], ...]:
    """The words guessing begins with, each also as it is written with digits and signs for letters."""
    lines = resources.files("csvgen.identity").joinpath("data", "common-words.txt").read_text("utf-8").splitlines()
    words = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    return tuple(re.compile("".join(f"[{re.escape(_WRITTEN_AS.get(c, c))}]" for c in word)) for word in words)
