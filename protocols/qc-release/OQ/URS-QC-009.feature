# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:1a09b2319506b84f7681a3f57c767d120286d4509ad7ebbe734f142e978c13cc
# csvgen: body sha256:0f6fb6fab3c44d657a8a2050e24d7beb7536f799ddffa69e8285a92c1d011af8
@OQ @URS-QC-009 @RA-QC-007 @risk-high
Feature: URS-QC-009 Data of registered instruments only
  Requirement: The system shall quarantine data of an instrument that is not registered.
  Risk: RA-QC-007 Result from an unknown or uncalibrated instrument (class 1, priority high)
  Depth: high priority asks for positive, negative, boundary

  @needs-Access @needs-Pipeline
  Rule: ac-1 Known and unknown source
    Shown by: pattern unknown-source@1: Data from an instrument that is not registered are quarantined and cannot
    > become a result.

    @positive
    Scenario Outline: <tc> data of a registered instrument become a result
      Given the "analyst" is logged in
      When the "analyst" ingests the file "gen5-bca-plate.txt" sample "SPL1" as lot "KNOWN" with instrument "PR-001"
      And the "analyst" processes lot "KNOWN"
      Then the system accepts it
      And lot "KNOWN" is in the state "processed"

      Examples: positive: the valid class
        | tc         |
        | TC-OQ-0043 |

    @negative
    Scenario Outline: <tc> data of an unknown instrument are quarantined
      Given the "analyst" is logged in
      When the "analyst" ingests the file "gen5-bca-plate.txt" sample "SPL1" as lot "UNKNOWN" with instrument "XX-999"
      And the "analyst" processes lot "UNKNOWN"
      Then the system refuses it
      And lot "UNKNOWN" has no reportable result

      Examples: negative: the invalid class
        | tc         |
        | TC-OQ-0044 |
