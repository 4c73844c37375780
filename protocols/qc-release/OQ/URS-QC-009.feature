# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:d44a7dcbd889b1e5e274eb86ff469586c4579ac1fb16f3ac70ada884b951a4dc
# csvgen: body sha256:f4c0e568a492fc265f037f9457144103b4f325525f50c62d7fe24aa8e23c5282
@OQ @URS-QC-009 @RA-QC-007 @risk-high @evidence-every-step
Feature: URS-QC-009 Data of registered instruments only
  Requirement: The system shall quarantine data of an instrument that is not registered.
  Risk: RA-QC-007 Result from an unknown or uncalibrated instrument (class 1, priority high)
  Depth: high priority asks for positive, negative, boundary, boundary-3, combination, transition, sneak,
  > audit-content, no-change; combinations of 3 values, the full table up to 64 rows; evidence at every step,
  > challenge by a seeded fault (policy default@1)

  @needs-Access @needs-Pipeline @needs-Records
  Rule: ac-1 Known and unknown source
    Shown by: pattern unknown-source@1: Data from an instrument that is not registered are quarantined and cannot
    > become a result.

    @positive
    Scenario Outline: <tc> data of a registered instrument become a result
      Given the "analyst" is logged in
      When the "analyst" ingests the file "gen5-bca-plate.txt" sample "SPL1" as lot "KNOWN" with instrument "PR-001"
      Then the system accepts it
      And the file "gen5-bca-plate.txt" of lot "KNOWN" is kept as sent, with the standing "accepted"
      When the "analyst" processes lot "KNOWN"
      Then the system accepts it
      And lot "KNOWN" is in the state "processed"

      Examples: positive (RA-QC-007; high priority): the valid class
        | tc         |
        | TC-OQ-0043 |

    @negative
    Scenario Outline: <tc> data of an unknown instrument are quarantined
      Given the "analyst" is logged in
      When the "analyst" ingests the file "gen5-bca-plate.txt" sample "SPL1" as lot "UNKNOWN" with instrument "XX-999"
      Then the system refuses it with the words "is quarantined"
      And the file "gen5-bca-plate.txt" of lot "UNKNOWN" is kept as sent, with the standing "quarantined"
      When the "analyst" processes lot "UNKNOWN"
      Then the system refuses it with the words "is quarantined"
      And lot "UNKNOWN" has no reportable result

      Examples: negative (RA-QC-007; high priority): the invalid class; quarantined, kept, and not processed
        | tc         |
        | TC-OQ-0044 |
