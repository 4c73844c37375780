# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:2311efbf98368499e7ec50570a5f639ce56882e2311c7fe04103af58dc9d34eb
# csvgen: body sha256:12f3f95d208684096e2aa791209a37d77866ec1bcab43ca85d0c4a1ffba30828
@OQ @URS-QC-101 @RA-QC-101 @risk-high @evidence-every-step
Feature: URS-QC-101 What days bring with them
  Requirement: The system shall hold a validated state, a calibration and a training through their last day and
  > not a day longer, count an extension from the due date, put the end of a validated state on record once, and
  > end every session at its longest life.
  Risk: RA-QC-101 Something is used beyond its last day (class 1, priority high)
  Depth: high priority asks for positive, negative, boundary, boundary-3, combination, transition, sneak,
  > audit-content, no-change; combinations of 3 values, the full table up to 64 rows; evidence at every step,
  > challenge by a seeded fault (policy default@1)

  @needs-Access @needs-AuditTrail @needs-Continuity @needs-Installation @needs-Pipeline @needs-Records @needs-Signing
  Rule: ac-1 The last day and the day after
    Shown by: pattern due-date@1: A validated state, a calibration and a training hold through their last day and
    > not a day longer; a session lives no longer than the limit, however busy it is. An extension is counted from
    > the due date; the end is put on record once.

    @positive
    Scenario Outline: <tc> on the last day of the validated state lots are processed
      Given a copy of the system, with a clock of its own, is what is asked from here on
      And the "analyst" is logged in
      When the "analyst" ingests a plate with the sample signal "1.000" as file "plate.csv" of lot "LASTDAY"
      Then the system accepts it
      When the copy is started again 0 days after the day that the record "revalidation/qc-release" names as "due"
      And the "analyst" is logged in anew
      And the "analyst" processes lot "LASTDAY"
      Then the system accepts it
      And lot "LASTDAY" is in the state "processed"

      Examples: positive (RA-QC-101; high priority): the day it is due is the last on which it holds
        | tc         |
        | TC-OQ-0744 |

    @negative
    Scenario Outline: <tc> the day after, nothing is processed until quality extends it or signs that it was done
      Given a copy of the system, with a clock of its own, is what is asked from here on
      And the "analyst" is logged in
      When the "analyst" ingests a plate with the sample signal "1.000" as file "plate.csv" of lot "LATE"
      Then the system accepts it
      When the "analyst" ingests a plate with the sample signal "1.000" as file "plate.csv" of lot "LATER"
      Then the system accepts it
      When the "analyst" ingests a plate with the sample signal "1.000" as file "plate.csv" of lot "AGAIN"
      Then the system accepts it
      When the copy is started again 1 day after the day that the record "revalidation/qc-release" names as "due"
      And the "analyst" is logged in anew
      And the "quality" is logged in anew
      And the "analyst" processes lot "LATE"
      Then the system refuses it with the words "re-validation of qc-release was due on"
      And lot "LATE" has no reportable result
      When the "analyst" processes lot "LATE"
      Then the system refuses it with the words "nothing is processed until quality signs"
      And the system has 1 deviation about the re-validation of "qc-release", in the state "open"
      When the "quality" extends the re-validation of "qc-release" by 90 days
      Then the system refuses it by the rule "RR-F01"
      When the "quality" extends the re-validation of "qc-release" by 89 days
      Then the system accepts it
      And the record of the re-validation of "qc-release" tells "extended" as the day 89 days from now
      And the system has 1 deviation about the re-validation of "qc-release", in the state "closed"
      When the "analyst" processes lot "LATE"
      Then the system accepts it
      When 89 days pass, and the copy is started again
      And the "analyst" is logged in anew
      And the "analyst" processes lot "LATER"
      Then the system accepts it
      When 1 day passes, and the copy is started again
      And the "analyst" is logged in anew
      And the "quality" is logged in anew
      And the "analyst" processes lot "AGAIN"
      Then the system refuses it with the words ", and was extended until"
      When the "quality" extends the re-validation of "qc-release" by 0 days
      Then the system refuses it by the rule "RR-F01"
      When the "quality" signs that "qc-release" is re-validated, with "the digest of a report" as evidence
      Then the system accepts it
      And the record of the re-validation of "qc-release" tells "due" as the day 365 days from now
      And the answers of both acts name records with numbers that follow each other
      When the "quality" signs that "qc-release" is re-validated, with "the digest of a report" as evidence
      Then the system refuses it with the words "was used for an earlier re-validation already"
      When the "analyst" processes lot "AGAIN"
      Then the system accepts it

      Examples: negative (RA-QC-101; high priority): extension counted from the due date, to the day; the end on record once; numbers of the acts
        | tc         |
        | TC-OQ-0745 |

    @boundary
    Scenario Outline: <tc> on the last day of its calibration an instrument is accepted, the day after its data wait
      Given a copy of the system, with a clock of its own, is what is asked from here on
      When the copy is started again 0 days after the day that the record "instrument/PR-001" names as "calibration_due"
      And the "analyst" is logged in anew
      And the "analyst" ingests a plate with the sample signal "1.000" as file "plate.csv" of lot "INTIME"
      Then the system accepts it
      When 1 day passes, and the copy is started again
      And the "analyst" is logged in anew
      And the "analyst" ingests a plate with the sample signal "1.000" as file "plate.csv" of lot "TOOLATE"
      Then the system refuses it with the words "was due on"

      Examples: boundary (RA-QC-101; high priority): both days, the same file
        | tc         |
        | TC-OQ-0746 |

    @boundary
    Scenario Outline: <tc> who reviews on the last day of the training is trained, the day after no more
      Given a copy of the system, with a clock of its own, is what is asked from here on
      And the "analyst" is logged in
      And lot "INTIME" has a processed result with the sample signal "1.000"
      And lot "TOOLATE" has a processed result with the sample signal "1.000"
      When the copy is started again 0 days after the day that the record "training/val.reviewer:SOP-QC-001:1" names as "expires"
      And the "analyst" is logged in anew
      And the "reviewer" is logged in anew
      And the "quality" is logged in anew
      And the "reviewer" signs lot "INTIME" as "reviewed" because "data reviewed"
      Then the system accepts it
      When the "quality" signs lot "INTIME" as "released" because "all results in specification"
      Then the system accepts it
      When 1 day passes, and the copy is started again
      And the "analyst" is logged in anew
      And the "reviewer" is logged in anew
      And the "quality" is logged in anew
      And the "reviewer" signs lot "TOOLATE" as "reviewed" because "data reviewed"
      Then the system accepts it
      When the "quality" signs lot "TOOLATE" as "released" because "all results in specification"
      Then the system refuses it with the words "the training of val.reviewer in SOP-QC-001 version 1 ended on"
      And lot "TOOLATE" is in the state "reviewed"

      Examples: boundary (RA-QC-101; high priority): what counts is the day of the act
        | tc         |
        | TC-OQ-0747 |

    @negative
    Scenario Outline: <tc> a session ends at its limit, however busy it is
      Given a copy of the system, with a clock of its own, is what is asked from here on
      And a session without use ends there after 3600 seconds
      And the "analyst" is logged in anew
      When the "analyst" uses the session every 3500 seconds for 43000 seconds
      Then the system accepts it
      When the "analyst" is logged in anew
      And the "analyst" uses the session every 3500 seconds for 43200 seconds
      Then the system refuses it with the words "open for 43200 s or more"

      Examples: negative (RA-QC-101; high priority): used again and again, each time before it idles away
        | tc         |
        | TC-OQ-0748 |
