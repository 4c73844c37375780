"""What each word of a closed set means, as an editor shows it: property -> word -> meaning."""

from __future__ import annotations

from collections.abc import Mapping

_LEVELS = {"low": "Low priority.", "medium": "Medium priority.", "high": "High priority."}
_MEANINGS = {
    "authored": "I wrote it and answer for its content.",
    "reviewed": "I examined it and found it complete and right.",
    "approved": "I allow it to be used.",
    "responsible": "I answer for what is to be done.",
    "issued": "I give it out for execution.",
    "performed": "I watched over the execution and say that the record is true.",
    "verified": "I compared it with what it is about.",
}
_DOCUMENTS = {
    "plan": "The validation plan.",
    "urs": "The user requirements specification.",
    "fs": "The functional, configuration and design specification.",
    "risk": "The risk assessment.",
    "procedure": "A procedure that stands for a test.",
    "iq-protocol": "The protocol of the installation qualification.",
    "oq-protocol": "The protocol of the operational qualification.",
    "pq-protocol": "The protocol of the performance qualification.",
    "iq-report": "The report of the installation qualification.",
    "oq-report": "The report of the operational qualification.",
    "pq-report": "The report of the performance qualification.",
    "execution-order": "The order that lets a run be executed formally.",
    "run-record": "The executed record of a run.",
    "deviation": "A deviation with its disposition.",
    "conditional-release": "A release with restrictions while a gap is open.",
    "trail-review": "A review of the audit trail, with its scope and findings.",
    "handwritten": "A signature on paper: its scan, the place of the original, and who compared the two.",
    "imported-evidence": "Results of another tool, accepted by a person as evidence beside what was executed here.",
}
_TECHNIQUES = {
    "positive": "The right input gives the right result.",
    "negative": "The wrong input, order or person is refused.",
    "boundary": "At a limit, and one step beyond it.",
    "boundary-3": "One step inside a limit, too.",
    "combination": "Values of several factors together: pairs, triples, or the full decision table.",
    "transition": "Each valid change of a state.",
    "sneak": "Each change of a state that must not be.",
    "audit-content": "Who, when, old, new and reason stand in the entry of the audit trail.",
    "no-change": "After a refusal everything is as it was before.",
}
_NUMBERS = ("two", "three", "four", "five", "six")

WORDS: Mapping[str, Mapping[str, str]] = {
    "demonstration": {"yes": "Every page is marked as a demonstration.", "no": "Real records."},
    "required": {"yes": "A predicate rule demands it.", "no": "No predicate rule demands it."},
    "gxp": {
        "yes": "A failure can touch patient safety, product quality or data integrity; a risk is needed.",
        "no": "A failure touches none of them.",
    },
    "gamp": {
        "1": "Infrastructure: operating systems, databases, tools used as delivered.",
        "3": "Not configured: used as delivered.",
        "4": "Configured: a standard product set up for this process.",
        "5": "Custom: written for this process.",
    },
    "stages": {"creation": "They come into being.", "processing": "They are worked on.", "storage": "They lie."},
    "assessed_by": {
        "audit": "By a visit or remote audit.",
        "questionnaire": "By questions the supplier answered.",
        "certificate": "By a certificate of somebody trusted.",
        "public-evidence": "By what is public: tests, wide use, open defects.",
        "none": "Not assessed; the reason says why that is enough.",
    },
    "outcome": {
        "accepted": "Fit for this delivery.",
        "accepted-with-conditions": "Fit if the conditions are kept.",
        "rejected": "Not fit.",
        "open": "Not concluded yet.",
    },
    "unit": {"ms": "Milliseconds.", "s": "Seconds.", "min": "Minutes.", "h": "Hours.", "d": "Days."},
    "technique": _TECHNIQUES,
    "techniques": _TECHNIQUES,
    "strength": {n: f"Every combination of {w} values stands in some row." for n, w in zip("23456", _NUMBERS, strict=True)},
    "evidence": {
        "observed": "What the checks observed is recorded.",
        "every-step": "Each step leaves an observation or a file.",
    },
    "challenge": {"yes": "The scripts are seen failing on a seeded fault.", "no": "They need not be seen failing."},
    "charter": {
        "positive": "Positive scripts.",
        "charter": "An unscripted session of a person, by a charter.",
    },
    "category": {
        "function": "What the system does for the process.",
        "audit-trail": "Who did what, when and why.",
        "e-signature": "Electronic signatures and what they are bound to.",
        "access": "Accounts, roles, passwords, sessions.",
        "data-integrity": "Records stay complete, true and readable.",
        "installation": "What is installed and how it is configured.",
        "performance": "Speed, load, capacity.",
        "procedure": "What people do, not software.",
    },
    "priority": {
        "must": "The system cannot be used without it.",
        "should": "There is a way around it for a while.",
        "could": "Welcome, not needed.",
    },
    "phase": {
        "IQ": "Installation qualification: installed as released.",
        "OQ": "Operational qualification: works as specified.",
        "PQ": "Performance qualification: does the daily work.",
    },
    "verification": {
        "test": "By executed test cases.",
        "procedure": "By a procedure that people follow.",
        "vendor-evidence": "By tests of the supplier.",
        "inspection": "By looking.",
        "justification": "By a reason why nothing needs to be shown.",
    },
    "impact": {
        "patient-safety": "A patient can be harmed.",
        "product-quality": "A product can be outside its specification.",
        "data-integrity": "A record can be lost, wrong or not trusted.",
    },
    "level": {
        "function": "Functional specification.",
        "configuration": "Configuration specification.",
        "design": "Design specification.",
    },
    "name": {
        "encryption": "Documents cannot be read on their way.",
        "digital-signature": "Whoever receives a document can tell that nobody changed it.",
        "other": "Another measure; the reason says which.",
    },
    "used": {"yes": "It is used.", "no": "It is not needed."},
    "kind": {
        "closed": "Those responsible for the records control access.",
        "open": "Somebody else controls access.",
        "component": "A part of the release, by its digest.",
        "package": "A package it stands on, by its version.",
        "configuration": "A setting, by its value.",
        "time-source": "The clock, by its difference from the reference.",
        "storage": "How the store is protected.",
        "account": "An account that must, or must not, exist.",
    },
    "meaning": _MEANINGS,
    "first": _MEANINGS,
    "second": _MEANINGS,
    "by": {
        "electronic": "With an electronic signature.",
        "paper": "By hand on a printed copy, of which a scan is registered and compared.",
    },
    "depth": _LEVELS,
    "routes": _DOCUMENTS,
    "templates": _DOCUMENTS,
}
