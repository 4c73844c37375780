# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:ac7618aea3446d8e0c487dbad965f7d5f192db29b85e8a2074079e86c3583a5c
# csvgen: body sha256:19c86ac887fce6cbc7b4b4516b946822e19147a2e23b00e4d663bb1c4f75b0af
@OQ @URS-QC-020 @RA-QC-015 @risk-high @evidence-every-step
Feature: URS-QC-020 Second-person review
  Requirement: The system shall refuse the review of a result by the person who produced it.
  Risk: RA-QC-015 Analyst reviews own result (class 1, priority high)
  Depth: high priority asks for positive, negative, boundary, boundary-3, combination, transition, sneak,
  > audit-content, no-change; combinations of 3 values, the full table up to 64 rows; evidence at every step,
  > challenge by a seeded fault (policy default@1)

  @needs-Access @needs-AuditTrail @needs-Pipeline @needs-Signing
  Rule: ac-1 Same and other person
    Shown by: pattern second-person@1: The person who produced a result cannot review it; the review is another
    > person's.

    @positive
    Scenario Outline: <tc> another person reviews
      Given the "analyst" is logged in
      And the "reviewer" is logged in
      And lot "OTHER" has a processed result with the sample signal "1.000"
      When the "reviewer" signs lot "OTHER" as "reviewed" because "data reviewed"
      Then the system accepts it
      And lot "OTHER" is in the state "reviewed"
      And the signature of the "reviewer" on lot "OTHER" is valid
      And the audit trail of lot "OTHER" tells that the "reviewer" did "sign"

      Examples: positive (RA-QC-015; high priority): the valid class
        | tc         |
        | TC-OQ-0081 |

    @negative
    Scenario Outline: <tc> the person who produced the result cannot review it
      Given the "analyst-reviewer" is logged in
      When the "analyst-reviewer" ingests and processes a constructed plate with the sample signal "1.000" as lot "OWN"
      And the "analyst-reviewer" signs lot "OWN" as "reviewed" because "own data reviewed"
      Then the system refuses it with the words "and may not review it"
      And lot "OWN" is in the state "processed"
      And lot "OWN" carries no signature

      Examples: negative (RA-QC-015; high priority): a person with both roles is refused on the own result
        | tc         |
        | TC-OQ-0082 |
