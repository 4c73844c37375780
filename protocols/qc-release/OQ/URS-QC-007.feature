# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:43d7a5bf649bc06ba092263a2cc912e65638222053719536ffa40630cd61d485
# csvgen: body sha256:b95eeff001e0c345c11de2dc6d27c7b5f8c8d6e7aa88b1a9ccc880253a7757ec
@OQ @URS-QC-007 @RA-QC-006 @risk-high @evidence-every-step
Feature: URS-QC-007 Out-of-specification results
  Requirement: The system shall keep an out-of-specification result as it is, refuse its replacement, repetition
  > or averaging and the release of the lot, and leave the decision to the quality unit.
  Risk: RA-QC-006 Out-of-specification result replaced by a passing one (class 1, priority high)
  Depth: high priority asks for positive, negative, boundary, boundary-3, combination, transition, sneak,
  > audit-content, no-change; combinations of 3 values, the full table up to 64 rows; evidence at every step,
  > challenge by a seeded fault (policy default@1)

  @needs-Access @needs-Pipeline @needs-Signing
  Rule: ac-1 A failing result stands
    Shown by: pattern out-of-specification@1: A failing result stands: it is neither repeated nor averaged away
    > without a signed cause, it opens an investigation, release is refused and quality decides.

    @negative
    Scenario Outline: <tc> a failing result cannot be replaced (test: potency)
      Given the "analyst" is logged in
      When a constructed plate with the sample signal "0.900" is ingested and processed as lot "FAILING"
      And a constructed plate with the sample signal "1.000" is ingested and processed again as lot "FAILING"
      Then the system refuses it with the words "a repeat needs a signed assignable cause"
      And the test "potency" of lot "FAILING" reports "90.0" %
      And the verdict of the test "potency" of lot "FAILING" is "out of specification"

      Examples: negative (RA-QC-006; high priority): testing into compliance is refused and the original stays
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
      Then the system refuses it with the words "out of specification"
      And lot "FAILING" is in the state "reviewed"

      Examples: negative (RA-QC-006; high priority): release of a lot out of specification is refused
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

      Examples: positive (RA-QC-006; high priority): the decision is quality's, signed with its reason
        | tc         |
        | TC-OQ-0039 |

    @negative
    Scenario Outline: <tc> a second measurement neither replaces a failing result nor is averaged into it (test: potency)
      Given the "analyst" is logged in
      And lot "SECOND" has a processed result with the sample signal "0.900"
      When the "analyst" ingests a plate with the sample signal "1.000" as file "plate-2.csv" of lot "SECOND"
      Then the system accepts it
      When the "analyst" processes lot "SECOND"
      Then the system refuses it with the words "a repeat needs a signed assignable cause"
      And the test "potency" of lot "SECOND" reports "90.0" %
      And the verdict of lot "SECOND" is "out of specification"

      Examples: negative (RA-QC-006; high priority): a passing measurement in a file of its own, offered after the failing result
        | tc         |
        | TC-OQ-0149 |

    @negative
    Scenario Outline: <tc> of two measurements of one sample none is chosen and no mean is taken
      Given the "analyst" is logged in
      When the "analyst" ingests a plate with the sample signal "0.900" as file "plate-1.csv" of lot "PAIR"
      Then the system accepts it
      When the "analyst" ingests a plate with the sample signal "1.000" as file "plate-2.csv" of lot "PAIR"
      Then the system accepts it
      When the "analyst" processes lot "PAIR"
      Then the system refuses it with the words "results are neither chosen nor averaged"
      And lot "PAIR" has no reportable result
      And lot "PAIR" is in the state "registered"

      Examples: negative (RA-QC-006; high priority): a failing and a passing measurement, both there before the first calculation
        | tc         |
        | TC-OQ-0150 |
