# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:0f8520c28919d9a3fd9f015899311f19474dfde02624dd8b64c382526969358c
# csvgen: body sha256:ecf45c525ffbf3f582194d4ebc468925ad07b6f467c3ade59dd50d578af21062
@OQ @URS-QC-083 @RA-QC-083 @risk-high @evidence-every-step
Feature: URS-QC-083 Signed code only
  Requirement: The system shall run only code whose bundle its builder signed with a key the system gave a
  > certificate, whole and unaltered, refuse any other, and name the digests of what ran in the run record.
  Risk: RA-QC-083 Code runs that nobody signed, or results cannot be led back to their change (class 1, priority
  > high)
  Depth: high priority asks for positive, negative, boundary, boundary-3, combination, transition, sneak,
  > audit-content, no-change; combinations of 3 values, the full table up to 64 rows; evidence at every step,
  > challenge by a seeded fault (policy default@1)

  @needs-Access @needs-Installation @needs-Pipeline @needs-Records
  Rule: ac-1 Signed, unsigned, altered, withdrawn
    Shown by: pattern signed-artifact-only@1: Only code that its builder signed, whole and unaltered, can run; the
    > run record names it by its digest.

    @positive
    Scenario Outline: <tc> signed code runs, and the run record names its digest
      Given the "analyst" is logged in
      And the "reviewer" is logged in
      And the "quality" is logged in
      And the code in force has been built, reviewed and promoted anew under a change ticket of its own
      When a constructed plate with the sample signal "1.000" is ingested and processed as lot "SIGNED"
      Then the system accepts it
      And the run record of lot "SIGNED" names that artifact, its change ticket and its commit
      And the run record of lot "SIGNED" names the digest of the code of that artifact

      Examples: positive (RA-QC-083; high priority): built, signed and promoted by this case
        | tc         |
        | TC-OQ-0469 |

    @negative
    Scenario Outline: <tc> code is refused that is offered <offer>
      Given the "analyst" is logged in
      When the "analyst" builds the code of the pipeline "qc-release" as an artifact under a change ticket of its own
      Then the system accepts it
      When a copy of that artifact is offered to the system "<offer>"
      Then the system refuses it with the words "<words>"
      When a constructed plate with the sample signal "1.000" is ingested and processed as lot "OFFERED"
      Then the system accepts it
      And the run record of lot "OFFERED" names another artifact

      Examples: negative (RA-QC-083; high priority): each way in which a signature fails to hold; the code in force stays what it was
        | tc         | offer                              | words                                      |
        | TC-OQ-0470 | unsigned                           | not a model-signing signature              |
        | TC-OQ-0471 | signed by an unknown key           | somebody this instance does not know       |
        | TC-OQ-0472 | altered after signing              | changed:                                   |
        | TC-OQ-0473 | with a file added after signing    | added:                                     |
        | TC-OQ-0474 | with a file left out after signing | missing:                                   |
        | TC-OQ-0475 | as it was signed                   | this bundle is registered already, as ART- |

    @negative
    Scenario Outline: <tc> code that was altered after it was promoted does not run
      Given the "analyst" is logged in
      And the "reviewer" is logged in
      And the "quality" is logged in
      And the code in force has been built, reviewed and promoted anew under a change ticket of its own
      When one byte of the stored code of that artifact is changed outside the application
      And the "analyst" ingests a plate with the sample signal "1.000" as file "plate.csv" of lot "ALTERED"
      Then the system accepts it
      When the "analyst" processes lot "ALTERED"
      Then the system refuses it because of the "integrity"
      And lot "ALTERED" has no reportable result
      When that byte is put back outside the application
      And the "analyst" processes lot "ALTERED"
      Then the system accepts it
      And the run record of lot "ALTERED" names that artifact, its change ticket and its commit

      Examples: negative (RA-QC-083; high priority): one byte of the stored code, past the application; put back, it runs
        | tc         |
        | TC-OQ-0476 |

    @negative
    Scenario Outline: <tc> signed code that was withdrawn does not run
      Given the "analyst" is logged in
      And the "reviewer" is logged in
      And the "quality" is logged in
      And the code in force has been built, reviewed and promoted anew under a change ticket of its own
      When the "quality" withdraws that artifact
      Then the system accepts it
      When the "analyst" ingests a plate with the sample signal "1.000" as file "plate.csv" of lot "WITHDRAWN"
      Then the system accepts it
      When the "analyst" processes lot "WITHDRAWN"
      Then the system refuses it by the rule "RR-F01"
      And lot "WITHDRAWN" has no reportable result
      When the code is built, reviewed and promoted anew, with evidence of its re-validation
      Then the system accepts it

      Examples: negative (RA-QC-083; high priority): its signature holds; quality has taken it back
        | tc         |
        | TC-OQ-0477 |
