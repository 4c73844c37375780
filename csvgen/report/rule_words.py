"""What the rules say that scripts name: a short line for each that occurs, once in a document."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from csvgen.model.report import Block
from csvgen.report.spec_blocks import table
from csvgen.report.wording import say

_RULE = re.compile(r"\bRR-[A-Z][0-9]{2}\b")
_UNKNOWN = "a rule of the system under validation; csvgen has no words for it"
RULES: Mapping[str, tuple[str, str]] = MappingProxyType({
    "RR-C01": ("a record is not deleted before its retention period ends, by no role", "21 CFR 11.10(c)"),
    "RR-D01": ("nothing is done without an authenticated, active and authorised person or registered technical account", "21 CFR 11.10(d)"),
    "RR-D02": ("disabled, locked and unknown accounts are refused with the same message, and the attempt is logged", "21 CFR 11.10(d)"),
    "RR-D03": ("one person, one account: nobody shares one", "21 CFR 11.10(d), 11.100(a)"),
    "RR-E04": ("nothing switches the audit trail off, changes it or deletes from it", "21 CFR 11.10(e)"),
    "RR-E07": ("a change or deletion needs a reason that says something", "Annex 11, 9"),
    "RR-E10": ("who signs has read the audit trail of the record as it is now", "Annex 11, 9"),
    "RR-E11": ("a change of a setting, role or retention period is told in the audit trail, and no act loosens a rule", "Annex 11, 12.3"),
    "RR-F01": ("an act that the state of the record does not allow is refused", "21 CFR 11.10(f)"),
    "RR-F04": ("nothing is closed or released while something before it is open, unsigned or without result", "21 CFR 11.10(f)"),
    "RR-F05": ("what is closed takes nothing further: a repeat is a run of its own, with its number and its reason", "21 CFR 11.10(f)"),
    "RR-G01": ("a function is used by the roles that the permission matrix allows, and by no other", "21 CFR 11.10(g)"),
    "RR-G02": ("two duties that are to be kept apart on one record are done by two people", "21 CFR 11.10(g), Annex 11, 2"),
    "RR-G03": ("an account with administrator rights does not execute, review or approve", "MHRA GxP data integrity, 2018"),
    "RR-H01": ("data come from a registered source; others are refused or put aside", "21 CFR 11.10(h), Annex 11, 5"),
    "RR-I01": ("a person acts in a role after a training record for it, and not before", "21 CFR 11.10(i)"),
    "RR-J01": ("a person signs only after acknowledging the accountability policy", "21 CFR 11.10(j)"),
    "RR-K01": ("only the version in effect is offered for use", "21 CFR 11.10(k)(1)"),
    "RR-L05": ("a change after signing voids the signature, and the record is signed anew", "21 CFR 11.70"),
    "RR-M01": ("a signature shows the printed name of the signer", "21 CFR 11.50(a)(1)"),
    "RR-M02": ("a signature shows its date and time with the offset", "21 CFR 11.50(a)(2)"),
    "RR-M03": ("a signature shows its meaning, one of a closed list", "21 CFR 11.50(a)(3)"),
    "RR-N01": ("a signature takes two distinct components", "21 CFR 11.200(a)(1)"),
    "RR-N02": ("the first signing of a session takes all components, at the act of signing", "21 CFR 11.200(a)(1)(i)"),
    "RR-N03": ("each later signing takes at least one component that only the signer can use", "21 CFR 11.200(a)(1)(i)"),
    "RR-N04": ("a session ends at log-out, lock, idle time and change of credentials; then all components are asked for again", "21 CFR 11.200(a)(1)"),
    "RR-N07": ("nobody can sign as somebody else, the administrator who resets a password neither", "21 CFR 11.200(a)(3)"),
    "RR-N10": ("technical accounts and automated jobs never sign", "21 CFR 11.100(a)"),
    "RR-P02": ("credentials are checked, recalled or revised as the project has laid down", "21 CFR 11.300(b)"),
    "RR-P03": ("a lost or doubtful device or credential opens nothing any more; a new one takes another check of the identity", "21 CFR 11.300(c)"),
    "RR-P04": ("after a number of failures the account is locked, and the attempts are reported", "21 CFR 11.300(d)"),
    "RR-T06": ("a date without a time is not taken for a moment", "21 CFR 11.50(a)(2), 11.10(e)"),
    "RR-U01": ("the id of a signer belongs to one person for ever", "21 CFR 11.100(a)"),
    "RR-U02": ("a person signs only after the identity was verified, and the check is on record", "21 CFR 11.100(b)"),
    "RR-X12": ("what is blank or incomplete is not signed as reviewed or approved", "21 CFR 11.10(f)"),
})  # fmt: skip
"""Rule -> what it says, in short, and the clause or text it comes from."""


def rules_in(text: str) -> tuple[Block, ...]:
    """A table of the rules that a text names; nothing where it names none."""
    named = sorted(set(_RULE.findall(text))) if "RR-" in text else []
    rows = []
    for rule in named:
        words, source = RULES.get(rule, (_UNKNOWN, ""))
        rows.append((rule, say(words), source or say("none")))
    return (table("Rules of the system that scripts name", "Rule:14:id|What it says:60|Comes from:26", rows),) if rows else ()
