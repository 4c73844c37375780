# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:b70a51154b0a92548831b37592193a70bcff17b7a71080c613b9ff1a20c6483c
# csvgen: body sha256:a04fa6b6f50e20471eb3f8228a52f35a662fe0337adcb84081cdb715e9201b84
@OQ @URS-QC-096 @RA-QC-096 @risk-high @evidence-every-step
Feature: URS-QC-096 Numbers of records
  Requirement: The system shall number runs, deviations and certificates one after the other, leave no number
  > out and give none twice.
  Risk: RA-QC-096 A record is missing, or two carry one number (class 1, priority high)
  Depth: high priority asks for positive, negative, boundary, boundary-3, combination, transition, sneak,
  > audit-content, no-change; combinations of 3 values, the full table up to 64 rows; evidence at every step,
  > challenge by a seeded fault (policy default@1)

  @needs-Access @needs-Pipeline @needs-Records @needs-Signing
  Rule: ac-1 Three of each
    Shown by: pattern consecutive-numbers@1: Runs, deviations and certificates are numbered one after the other,
    > each number once: a missing number would be a record that somebody took away, a number given twice two records
    > under one name.

    @positive
    Scenario Outline: <tc> runs and investigations are numbered one after the other
      Given the "analyst" is logged in
      And lot "FIRST" has a processed result with the sample signal "0.900"
      And lot "SECOND" has a processed result with the sample signal "0.900"
      And lot "THIRD" has a processed result with the sample signal "0.900"
      Then the run of lot "SECOND" has the number after that of the run of lot "FIRST"
      And the run of lot "THIRD" has the number after that of the run of lot "SECOND"
      And the deviation of lot "SECOND" has the number after that of the deviation of lot "FIRST"
      And the deviation of lot "THIRD" has the number after that of the deviation of lot "SECOND"

      Examples: positive (RA-QC-096; high priority): three lots that fail, one after the other
        | tc         |
        | TC-OQ-0634 |

    @positive
    Scenario Outline: <tc> certificates are numbered one after the other
      Given lot "FIRST" is brought to the state "released" with the sample signal "1.000"
      And lot "SECOND" is brought to the state "released" with the sample signal "1.000"
      And lot "THIRD" is brought to the state "released" with the sample signal "1.000"
      Then the certificate of lot "SECOND" has the number after that of the certificate of lot "FIRST"
      And the certificate of lot "THIRD" has the number after that of the certificate of lot "SECOND"

      Examples: positive (RA-QC-096; high priority): three lots, released one after the other
        | tc         |
        | TC-OQ-0635 |
