# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:9adeb095e87d4bc59c944d30f9b8b0ab8957a9ddcdfc8a473df897a70cb47d01
# csvgen: body sha256:3e58372a04c1ca16742f8bdaadd885b50907a5c5ed46c91603fce2c399f3f523
@OQ @URS-QC-020 @RA-QC-015 @risk-high
Feature: URS-QC-020 Second-person review
  Requirement: The system shall refuse the review of a result by the person who produced it.
  Risk: RA-QC-015 Analyst reviews own result (class 1, priority high)
  Depth: high priority asks for positive, negative, boundary

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
