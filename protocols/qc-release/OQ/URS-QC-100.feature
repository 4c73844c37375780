# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:97cc2886b7100527c7f0a98140d03f4dcd559a50233e3e5beb7f8053e6d1f231
# csvgen: body sha256:cac4c3b99aa23c363b58020a4efc74879d728dd9e7f9a905db36b2adbe8e96aa
@OQ @URS-QC-100 @RA-QC-100 @risk-high @evidence-every-step
Feature: URS-QC-100 Steps of the clock
  Requirement: The system shall put on record when its clock is set back, or jumps ahead further than the limit,
  > in an entry of its own before the entry that found it, and mark every entry after it.
  Risk: RA-QC-100 An act looks earlier or later than it was (class 1, priority high)
  Depth: high priority asks for positive, negative, boundary, boundary-3, combination, transition, sneak,
  > audit-content, no-change; combinations of 3 values, the full table up to 64 rows; evidence at every step,
  > challenge by a seeded fault (policy default@1)

  @needs-Access @needs-AuditTrail @needs-Continuity @needs-Installation
  Rule: ac-1 Back, ahead, and after a silence
    Shown by: pattern clock-step@1: When the clock of the system is set back, or jumps ahead further than the
    > limit, the audit trail tells so in an entry of its own before the entry that found it, and marks every entry
    > after it; a clock that merely goes on leaves no such entry.

    @negative
    Scenario Outline: <tc> a clock set back by <seconds> seconds is told
      Given a copy of the system, with a clock of its own, is what is asked from here on
      And the audit trail of the copy has been read to its end
      When the clock of the copy is set <seconds> seconds back while it runs
      And the "analyst" is logged in anew
      And the "reviewer" is logged in anew
      Then the audit trail tells that the clock "clock-stepped-back" because "the clock reads earlier than the last event", before the entry that found it
      And the audit trail is unbroken

      Examples: negative (RA-QC-100; high priority): entries in the wrong order of time would hide what came first
        | tc         | seconds |
        | TC-OQ-0736 | 60      |
        | TC-OQ-0737 | 86400   |

    @negative
    Scenario Outline: <tc> a clock that jumps ahead by <seconds> seconds is told
      Given a copy of the system, with a clock of its own, is what is asked from here on
      And the audit trail of the copy has been read to its end
      When the clock of the copy is set <seconds> seconds ahead while it runs
      And the "analyst" is logged in anew
      And the "reviewer" is logged in anew
      Then the audit trail tells that the clock "clock-stepped-ahead" because "the clock has jumped ahead further than the limit", before the entry that found it
      And the audit trail is unbroken

      Examples: negative (RA-QC-100; high priority): beyond the limit, measured against a clock that nobody can set
        | tc         | seconds |
        | TC-OQ-0738 | 301     |
        | TC-OQ-0739 | 86400   |

    @boundary
    Scenario Outline: <tc> a clock that is <seconds> seconds further on is no step
      Given a copy of the system, with a clock of its own, is what is asked from here on
      And the audit trail of the copy has been read to its end
      When the clock of the copy is set <seconds> seconds ahead while it runs
      And the "analyst" is logged in anew
      Then the audit trail tells of no step of the clock

      Examples: boundary (RA-QC-100; high priority): the limit itself and less
        | tc         | seconds |
        | TC-OQ-0740 | 299     |

    @boundary
    Scenario Outline: <tc> nobody works for <days> days: no step
      Given a copy of the system, with a clock of its own, is what is asked from here on
      And the audit trail of the copy has been read to its end
      When <days> days pass, and the copy is started again
      And the "analyst" is logged in anew
      Then the audit trail tells of no step of the clock

      Examples: boundary (RA-QC-100; high priority): as long as a system may stand still, nothing is told
        | tc         | days |
        | TC-OQ-0741 | 91   |

    @negative
    Scenario Outline: <tc> <days> days without an entry are told
      Given a copy of the system, with a clock of its own, is what is asked from here on
      And the audit trail of the copy has been read to its end
      When <days> days pass, and the copy is started again
      And the "analyst" is logged in anew
      And the "reviewer" is logged in anew
      Then the audit trail tells that the clock "clock-stepped-ahead" because "the clock has jumped ahead further than the limit", before the entry that found it

      Examples: negative (RA-QC-100; high priority): nobody can say whether the system stood still so long, or its clock was set
        | tc         | days |
        | TC-OQ-0742 | 93   |

    @positive
    Scenario Outline: <tc> a clock that goes on leaves nothing
      Given a copy of the system, with a clock of its own, is what is asked from here on
      And the audit trail of the copy has been read to its end
      And the "analyst" is logged in anew
      Then the audit trail tells of no step of the clock

      Examples: positive (RA-QC-100; high priority): the valid class
        | tc         |
        | TC-OQ-0743 |
