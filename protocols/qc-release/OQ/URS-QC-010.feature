# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:7ec6afe14a73eaa1c7e28c7300f1b37200f0441e52218df6624ad83b749c1e86
# csvgen: body sha256:ed15e65b9948151863dd4dcdc6e3becb4d3b32f5bd5628cf72384857abc867c5
@OQ @URS-QC-010 @RA-QC-008 @risk-medium
Feature: URS-QC-010 Sequence of steps
  Requirement: The system shall allow review only after processing and release only after review.
  Risk: RA-QC-008 Step of the process skipped (class 2, priority medium)
  Depth: medium priority asks for positive, negative, boundary

  @needs-Access @needs-Pipeline @needs-Signing
  Rule: ac-1 In order, and too early
    Shown by: pattern sequence@1: Each step of the life of a lot is possible only after the one before it.

    @positive
    Scenario Outline: <tc> the steps in their order are accepted
      Given the "analyst" is logged in
      And the "reviewer" is logged in
      And the "quality" is logged in
      When a constructed plate with the sample signal "1.000" is ingested and processed as lot "ORDER"
      Then lot "ORDER" is in the state "processed"
      When the "reviewer" signs lot "ORDER" as "reviewed" because "data reviewed"
      Then lot "ORDER" is in the state "reviewed"
      When the "quality" signs lot "ORDER" as "released" because "meets its specification"
      Then lot "ORDER" is in the state "released"

      Examples: positive: every valid transition
        | tc         |
        | TC-OQ-0045 |

    @negative
    Scenario Outline: <tc> a step before its time is refused
      Given the "analyst" is logged in
      And the "reviewer" is logged in
      And the "quality" is logged in
      And lot "EARLY" is brought to the state "<state>" with the sample signal "1.000"
      When the "<role>" signs lot "EARLY" as "<meaning>" because "tried too early"
      Then the system refuses it
      And lot "EARLY" is in the state "<state>"

      Examples: negative: every transition the table does not have
        | tc         | state      | role     | meaning  |
        | TC-OQ-0046 | registered | reviewer | reviewed |
        | TC-OQ-0047 | registered | quality  | released |
        | TC-OQ-0048 | processed  | quality  | released |
        | TC-OQ-0049 | released   | quality  | rejected |
