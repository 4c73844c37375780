# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:847a7a9173781e8022bbc351904dcafe2611b458c23d89590f71d3232f662072
# csvgen: body sha256:ee204cb229be903baecad49c9d1af3798e5e70c44faf182844536ae119eb027a
@OQ @URS-QC-007 @RA-QC-006 @risk-high
Feature: URS-QC-007 Out-of-specification results
  Requirement: The system shall keep an out-of-specification result as it is, refuse its replacement, repetition
  > or averaging and the release of the lot, and leave the decision to the quality unit.
  Risk: RA-QC-006 Out-of-specification result replaced by a passing one (class 1, priority high)
  Depth: high priority asks for positive, negative, boundary

  @needs-Access @needs-Pipeline @needs-Signing
  Rule: ac-1 A failing result stands
    Shown by: pattern out-of-specification@1: A failing result stands: it is neither repeated nor averaged away
    > without a signed cause, it opens an investigation, release is refused and quality decides.

    @negative
    Scenario Outline: <tc> a failing result cannot be replaced
      Given the "analyst" is logged in
      When a constructed plate with the sample signal "0.900" is ingested and processed as lot "FAILING"
      And a constructed plate with the sample signal "1.000" is ingested and processed again as lot "FAILING"
      Then the system refuses it
      And the test "potency" of lot "FAILING" reports "90.0" %
      And the verdict of the test "potency" of lot "FAILING" is "out of specification"

      Examples: negative: testing into compliance is refused and the original stays
        | tc         |
        | TC-OQ-0037 |

    @negative
    Scenario Outline: <tc> a failing lot cannot be released
      Given the "analyst" is logged in
      And the "reviewer" is logged in
      And the "quality" is logged in
      And lot "FAILING" has a processed result with the sample signal "0.900"
      And lot "FAILING" has been reviewed
      When the "quality" signs lot "FAILING" as "released" because "release requested"
      Then the system refuses it
      And lot "FAILING" is in the state "reviewed"

      Examples: negative: release of a lot out of specification is refused
        | tc         |
        | TC-OQ-0038 |

    @positive
    Scenario Outline: <tc> quality rejects a failing lot
      Given the "analyst" is logged in
      And the "reviewer" is logged in
      And the "quality" is logged in
      And lot "FAILING" has a processed result with the sample signal "0.900"
      And lot "FAILING" has been reviewed
      When the "quality" signs lot "FAILING" as "rejected" because "confirmed out of specification"
      Then the system accepts it
      And lot "FAILING" is in the state "rejected"
      And the audit trail of lot "FAILING" tells that the "quality" did "sign"

      Examples: positive: the decision is quality's, signed with its reason
        | tc         |
        | TC-OQ-0039 |
