# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:d95a0a6cf83019cc42b9c324b0dee6f31e2db5f08d5b378e533e0f9e7241a512
# csvgen: body sha256:96e1165e6a13f6bb485abde462b853046531646e18355a843a8f626a550a0e81
@OQ @URS-QC-008 @RA-QC-007 @risk-high @evidence-every-step
Feature: URS-QC-008 Missing instrument metadata
  Requirement: The system shall open a deviation when a file arrives without identification of its instrument,
  > and block the review of the lot until the quality unit has disposed of the deviation by signature.
  Risk: RA-QC-007 Result from an unknown or uncalibrated instrument (class 1, priority high)
  Depth: high priority asks for positive, negative, boundary, boundary-3, combination, transition, sneak,
  > audit-content, no-change; combinations of 3 values, the full table up to 64 rows; evidence at every step,
  > challenge by a seeded fault (policy default@1)

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

      Examples: positive (RA-QC-007; high priority): the valid class
        | tc         |
        | TC-OQ-0040 |

    @negative
    Scenario Outline: <tc> a file without instrument opens a deviation that blocks review
      Given the "analyst" is logged in
      And the "reviewer" is logged in
      When the "analyst" ingests the file "gen5-bca-plate.txt" sample "SPL1" as lot "WITHOUT" without instrument
      Then the system accepts it
      When the "analyst" processes lot "WITHOUT"
      Then the system accepts it
      When the "reviewer" signs lot "WITHOUT" as "reviewed" because "data reviewed"
      Then the system refuses it with the words "open deviation"
      And lot "WITHOUT" is in the state "processed"
      And lot "WITHOUT" has 1 deviation in the state "open"

      Examples: negative (RA-QC-007; high priority): the invalid class, and what must not go on
        | tc         |
        | TC-OQ-0041 |

    @positive
    Scenario Outline: <tc> a signed disposition lets the lot go on
      Given the "analyst" is logged in
      And the "reviewer" is logged in
      And the "quality" is logged in
      When the "analyst" ingests the file "gen5-bca-plate.txt" sample "SPL1" as lot "SETTLED" without instrument
      And the "analyst" processes lot "SETTLED"
      Then lot "SETTLED" has 1 deviation in the state "open"
      When the "quality" disposes of the deviation of lot "SETTLED" as "accept" because "instrument established from the logbook"
      Then the system accepts it
      And lot "SETTLED" has 1 deviation in the state "closed"
      And the deviation of lot "SETTLED" is decided as "accept", signed by the "quality" as "disposed"
      When the "reviewer" signs lot "SETTLED" as "reviewed" because "data reviewed"
      Then the system accepts it
      And lot "SETTLED" is in the state "reviewed"

      Examples: positive (RA-QC-007; high priority): the way out is a decision of quality, recorded with its reason
        | tc         |
        | TC-OQ-0042 |

    @negative
    Scenario Outline: <tc> a disposition with a wrong password decides nothing
      Given the "analyst" is logged in
      And the "reviewer" is logged in
      And the "quality" is logged in
      When the "analyst" ingests the file "gen5-bca-plate.txt" sample "SPL1" as lot "UNSIGNED" without instrument
      And the "analyst" processes lot "UNSIGNED"
      Then lot "UNSIGNED" has 1 deviation in the state "open"
      When the "quality" disposes of the deviation of lot "UNSIGNED" as "accept" with a wrong password
      Then the system refuses it because of the "credentials"
      And lot "UNSIGNED" has 1 deviation in the state "open"
      And the deviation of lot "UNSIGNED" carries no signature
      When the "reviewer" signs lot "UNSIGNED" as "reviewed" because "data reviewed"
      Then the system refuses it with the words "open deviation"
      When the "quality" disposes of the deviation of lot "UNSIGNED" as "accept" because "the same with the right password"
      Then the system accepts it

      Examples: negative (RA-QC-007; high priority): the disposition is a signature; without its components the deviation stays open and review stays blocked
        | tc         |
        | TC-OQ-0151 |
