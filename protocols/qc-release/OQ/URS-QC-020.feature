# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:259d514fd3b89720ccf4e2bd42299d50cb9e6578069e1cc0be8acfb4ed523028
# csvgen: body sha256:43a71d20a489b3843aa74a78871eb2d4ff2cb4043dc9e76e6a2f4072b6c020ce
@OQ @URS-QC-020 @RA-QC-015 @risk-high @evidence-every-step
Feature: URS-QC-020 Second-person review
  Requirement: The system shall refuse the review of a result by the person who produced it.
  Risk: RA-QC-015 Analyst reviews own result (class 1, priority high)
  Depth: high priority asks for positive, negative, boundary, boundary-3, combination, transition, sneak,
  > audit-content, no-change; combinations of 3 values, the full table up to 64 rows; evidence at every step,
  > challenge by a seeded fault (policy default@1)

  @needs-Access @needs-Pipeline @needs-Signing
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

      Examples: negative (RA-QC-015; high priority): a person with both roles is refused on the own result
        | tc         |
        | TC-OQ-0082 |
