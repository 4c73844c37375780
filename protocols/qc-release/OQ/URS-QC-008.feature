# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:704d9d4a3b39fe751505bfffa263c2540e7665e22d4ed9cce589e0f7d9570f31
# csvgen: body sha256:d891195eb7f0d12a7cc892bf757a7facc04c1ac234a324a62a07873fab9dd405
@OQ @URS-QC-008 @RA-QC-007 @risk-high
Feature: URS-QC-008 Missing instrument metadata
  Requirement: The system shall open a deviation when a file arrives without identification of its instrument,
  > and block the review of the lot until the quality unit has disposed of the deviation by signature.
  Risk: RA-QC-007 Result from an unknown or uncalibrated instrument (class 1, priority high)
  Depth: high priority asks for positive, negative, boundary

  @needs-Access @needs-Pipeline @needs-Signing
  Rule: ac-1 Deviation and disposition
    Shown by: pattern missing-metadata@1: Data whose instrument is not known open a deviation by themselves;
    > review is blocked until quality has disposed of it by signature.

    @positive
    Scenario Outline: <tc> a file with its instrument opens no deviation
      Given the "analyst" is logged in
      When the "analyst" ingests the file "gen5-bca-plate.txt" sample "SPL1" as lot "WITH" with instrument "PR-001"
      Then the system accepts it
      And lot "WITH" has 0 deviations

      Examples: positive: the valid class
        | tc         |
        | TC-OQ-0040 |

    @negative
    Scenario Outline: <tc> a file without instrument opens a deviation that blocks review
      Given the "analyst" is logged in
      And the "reviewer" is logged in
      When the "analyst" ingests the file "gen5-bca-plate.txt" sample "SPL1" as lot "WITHOUT" without instrument
      And the "analyst" processes lot "WITHOUT"
      And the "reviewer" signs lot "WITHOUT" as "reviewed" because "data reviewed"
      Then the system refuses it
      And lot "WITHOUT" has 1 deviation in the state "open"

      Examples: negative: the invalid class, and what must not go on
        | tc         |
        | TC-OQ-0041 |

    @positive
    Scenario Outline: <tc> a signed disposition lets the lot go on
      Given the "analyst" is logged in
      And the "reviewer" is logged in
      And the "quality" is logged in
      When the "analyst" ingests the file "gen5-bca-plate.txt" sample "SPL1" as lot "SETTLED" without instrument
      And the "analyst" processes lot "SETTLED"
      And the "quality" disposes of the deviation of lot "SETTLED" as "accept" because "instrument established from the logbook"
      And the "reviewer" signs lot "SETTLED" as "reviewed" because "data reviewed"
      Then the system accepts it
      And lot "SETTLED" has 1 deviation in the state "closed"

      Examples: positive: the way out is a decision of quality, recorded with its reason
        | tc         |
        | TC-OQ-0042 |
