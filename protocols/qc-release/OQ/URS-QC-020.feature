# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:40eac2a762de9052ec9f2145fb7865b9a945819eff716aba45957cd5100f7004
# csvgen: body sha256:2b3e17a9f5916804f887bcafad3486627ca5afb43512b4ab1058f5a3a0dea0b6
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

      Examples: positive: the valid class
        | tc         |
        | TC-OQ-0081 |

    @negative
    Scenario Outline: <tc> the person who produced the result cannot review it
      Given the "analyst-reviewer" is logged in
      When the "analyst-reviewer" ingests and processes a constructed plate with the sample signal "1.000" as lot "OWN"
      And the "analyst-reviewer" signs lot "OWN" as "reviewed" because "own data reviewed"
      Then the system refuses it
      And lot "OWN" is in the state "processed"

      Examples: negative: a person with both roles is refused on the own result
        | tc         |
        | TC-OQ-0082 |
