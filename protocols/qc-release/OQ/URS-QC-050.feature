# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:f56e1e85477a734902cd43a3b786bfe6d26f52103f2439b4749e9863950d1bbb
# csvgen: body sha256:389a4261a8ea70cfcf8d84554cad5db8c19e4d2e49fe207b6df19727289bfbb4
@OQ @URS-QC-050 @RA-QC-034 @risk-high @evidence-every-step
Feature: URS-QC-050 Confidence limits
  Requirement: The system shall give the potency from a linear calibration with its two-sided 95 percent
  > confidence limits, and give no limits for a result that rests on a single injection.
  Risk: RA-QC-034 Wrong curve, or limits too narrow (class 1, priority high)
  Depth: high priority asks for positive, negative, boundary, boundary-3, combination, transition, sneak,
  > audit-content, no-change; combinations of 3 values, the full table up to 64 rows; evidence at every step,
  > challenge by a seeded fault (policy default@1)

  @needs-Access @needs-Pipeline @needs-Records
  Rule: ac-1 Limits worked by hand, and none
    Shown by: pattern confidence-limits@1: The confidence limits of a result are compared with values worked by
    > hand; a result without replicates has none.

    @positive
    Scenario Outline: <tc> hand-worked confidence limits are reproduced (oracle: ORA-LIMITS-1)
      Given the "analyst" is logged in
      When the inputs of the oracle "ORA-LIMITS-1" are ingested and processed as lot "ORA-LIMITS-1"
      Then the system accepts it
      And the record of lot "ORA-LIMITS-1" tells the confidence limits of the oracle "ORA-LIMITS-1" to every decimal given

      Examples: positive (RA-QC-034; high priority): both limits, to every decimal of the oracle
        | tc         |
        | TC-OQ-0252 |

    @negative
    Scenario Outline: <tc> a single injection has no confidence limits (test: impurity Imp-A)
      Given the "analyst" is logged in
      And peaks "Main 998550; Imp-A 1450" have been ingested as lot "SINGLE"
      When the "analyst" processes lot "SINGLE"
      Then the system accepts it
      And the record of lot "SINGLE" tells no confidence limits of the test "impurity Imp-A"

      Examples: negative (RA-QC-034; high priority): where nothing scatters, none are made up
        | tc         |
        | TC-OQ-0253 |
