# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:5a59ab3da47cdb6192d36975948f0eaf74b6f99c0f113b59e7fb5a38060d9058
# csvgen: body sha256:3f7987b0aa5d205a6f8a4fd05a56ddbb3fc29a86c21b92861cc94adf4e90a7fe
@OQ @URS-QC-105 @RA-QC-105 @risk-high @evidence-every-step
Feature: URS-QC-105 The list of work
  Requirement: The system shall say of each lot where it stands and whose act comes next, whatever stands in the
  > way.
  Risk: RA-QC-105 A lot waits and nobody knows (class 1, priority high)
  Depth: high priority asks for positive, negative, boundary, boundary-3, combination, transition, sneak,
  > audit-content, no-change; combinations of 3 values, the full table up to 64 rows; evidence at every step,
  > challenge by a seeded fault (policy default@1)

  @needs-Access @needs-Pipeline @needs-Records @needs-Signing
  Rule: ac-1 Every state, and what hinders
    Shown by: pattern work-list@1: The list of work says of each lot where it stands and whose act comes next,
    > whatever stands in the way: quarantined data, an open deviation, a proposal to set a file aside, data that are
    > missing.

    @positive
    Scenario Outline: <tc> from its registration to its release a lot waits for one role after the other
      Given the "analyst" is logged in
      And the "reviewer" is logged in
      And the "quality" is logged in
      When the "analyst" ingests a plate with the sample signal "1.000" as file "plate.csv" of lot "LIFE"
      Then the system accepts it
      And the work list of the "auditor" says that lot "LIFE" is "registered" and waits for "analyst": "processing"
      And lot "LIFE" is among the lots that can be processed now
      When the "analyst" processes lot "LIFE"
      Then the system accepts it
      And the work list of the "analyst" says that lot "LIFE" is "processed" and waits for "reviewer": "review"
      And lot "LIFE" is not among the lots that can be processed now
      When the "reviewer" signs lot "LIFE" as "reviewed" because "data reviewed"
      Then the system accepts it
      And the work list of the "quality" says that lot "LIFE" is "reviewed" and waits for "quality": "release or rejection"
      When the "quality" signs lot "LIFE" as "released" because "all results in specification"
      Then the system accepts it
      And the work list of the "reviewer" says that lot "LIFE" is "released" and waits for "nobody": "nothing"

      Examples: positive (RA-QC-105; high priority): every state once
        | tc         |
        | TC-OQ-0778 |

    @positive
    Scenario Outline: <tc> what stands in the way is named, with who can clear it away
      Given the "analyst" is logged in
      And the "analyst-2" is logged in
      And the "quality" is logged in
      When the "analyst" ingests the file "gen5-bca-plate.txt" sample "SPL1" as lot "STRANGE" with instrument "XX-999"
      Then the system refuses it with the words "quarantine"
      And the work list of the "auditor" says that lot "STRANGE" is "registered" and waits for "analyst": "quarantined: gen5-bca-plate.txt"
      And lot "STRANGE" is not among the lots that can be processed now
      When a constructed plate with the sample signal "0.900" is ingested and processed as lot "FAILS"
      Then the system accepts it
      And the work list of the "auditor" says that lot "FAILS" is "processed" and waits for "quality": "disposition of INV-"
      When the "analyst" ingests a plate with the sample signal "1.000" as file "wrong.csv" of lot "ASKED"
      Then the system accepts it
      When the "analyst-2" proposes that the file "wrong.csv" of lot "ASKED" is set aside because "plate of another lot"
      Then the system accepts it
      And the work list of the "auditor" says that lot "ASKED" is "registered" and waits for "quality": "whether a file is set aside"
      And lot "ASKED" is not among the lots that can be processed now

      Examples: positive (RA-QC-105; high priority): quarantined data, a result out of specification, a proposal to set a file aside
        | tc         |
        | TC-OQ-0779 |
