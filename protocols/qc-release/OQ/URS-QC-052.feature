# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:cf7b40242229a2c1684b298a83a10657dae010d43b67957fc10b195fcf932308
# csvgen: body sha256:fef3b5990bbbc97ad61faec885aba039dca45bf35f553bee979e8e66c62d2f3c
@OQ @URS-QC-052 @RA-QC-035 @risk-high @evidence-every-step
Feature: URS-QC-052 Re-validation
  Requirement: The system shall stop processing when the code of a pipeline was changed without evidence of its
  > validation, until the quality unit signs an extension of at most ninety days or the re-validation with the
  > digest of its evidence.
  Risk: RA-QC-035 Code that nobody approved, or that is not validated any more, gives results (class 1, priority
  > high)
  Depth: high priority asks for positive, negative, boundary, boundary-3, combination, transition, sneak,
  > audit-content, no-change; combinations of 3 values, the full table up to 64 rows; evidence at every step,
  > challenge by a seeded fault (policy default@1)

  @needs-Access @needs-Installation @needs-Pipeline
  Rule: ac-1 Due, extended, completed
    Shown by: pattern revalidation@1: When a change ends the validated state, processing stops until quality signs
    > an extension or the re-validation with its evidence.

    @negative
    Scenario Outline: <tc> code changed without evidence stops processing until quality signs
      Given the "analyst" is logged in
      And the "reviewer" is logged in
      And the "quality" is logged in
      When the code is built, reviewed and promoted anew, without evidence of re-validation
      Then the system accepts it
      When the "analyst" ingests a plate with the sample signal "1.000" as file "plate.csv" of lot "DUE"
      Then the system accepts it
      When the "analyst" processes lot "DUE"
      Then the system refuses it with the words "re-validation of qc-release is due"
      And lot "DUE" has no reportable result
      When the "reviewer" extends the re-validation of "qc-release" by 1 day
      Then the system refuses it for lack of authority
      When the "quality" extends the re-validation of "qc-release" by 1 day
      Then the system accepts it
      When the "analyst" processes lot "DUE"
      Then the system accepts it
      When the "quality" signs that "qc-release" is re-validated, with "none: trust me" as evidence
      Then the system refuses it by the rule "RR-F01"
      When the "quality" signs that "qc-release" is re-validated, with "the digest of a report" as evidence
      Then the system accepts it

      Examples: negative (RA-QC-035; high priority): due, extended, completed; who may not sign is refused
        | tc         |
        | TC-OQ-0258 |

    @boundary
    Scenario Outline: <tc> an extension lasts at most as long as configured
      Given the "analyst" is logged in
      And the "reviewer" is logged in
      And the "quality" is logged in
      When the code is built, reviewed and promoted anew, without evidence of re-validation
      Then the system accepts it
      When the "quality" extends the re-validation of "qc-release" by 91 days
      Then the system refuses it by the rule "RR-F01"
      When the "quality" extends the re-validation of "qc-release" by 90 days
      Then the system accepts it
      When the "quality" signs that "qc-release" is re-validated, with "the digest of a report" as evidence
      Then the system accepts it

      Examples: boundary (RA-QC-035; high priority): one day more is refused, the last day accepted
        | tc         |
        | TC-OQ-0259 |

    @positive
    Scenario Outline: <tc> code changed with evidence goes on
      Given the "analyst" is logged in
      And the "reviewer" is logged in
      And the "quality" is logged in
      When the code is built, reviewed and promoted anew, with evidence of its re-validation
      Then the system accepts it
      When the "analyst" ingests a plate with the sample signal "1.000" as file "plate.csv" of lot "CURRENT"
      Then the system accepts it
      When the "analyst" processes lot "CURRENT"
      Then the system accepts it
      And lot "CURRENT" is in the state "processed"

      Examples: positive (RA-QC-035; high priority): the valid class
        | tc         |
        | TC-OQ-0260 |
