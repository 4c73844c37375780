# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:019ab1eba1c019c4faf30b8f999f1433dd145deab12811dc560a8deb757e2021
# csvgen: body sha256:e3b393e558ebd5d4ac1ae9acd49b3490bf41ff778c81667ea55af2b1631ce033
@OQ @URS-QC-019 @RA-QC-014 @risk-high
Feature: URS-QC-019 Link between signature and record
  Requirement: The system shall bind each signature to its record so that it cannot be copied, cut out or
  > transferred, and show it as void when the record changes.
  Risk: RA-QC-014 Signature transferred to another record, or record changed under it (class 2, priority high)
  Depth: high priority asks for positive, negative, boundary

  @needs-Access @needs-Pipeline @needs-Records @needs-Signing
  Rule: ac-1 Attempts and change after signing
    Shown by: pattern signature-linking@1: A signature cannot be copied, cut out or transferred to falsify a
    > record, nor survive a change of the record unseen.

    @positive
    Scenario Outline: <tc> an untouched signature is valid
      Given the "analyst" is logged in
      And the "reviewer" is logged in
      And lot "LINKED" has a processed result with the sample signal "1.000"
      And lot "LINKED" has been reviewed
      Then the signature of the "reviewer" on lot "LINKED" is valid

      Examples: positive: the check is there and answers yes when it should
        | tc         |
        | TC-OQ-0074 |

    @negative
    Scenario Outline: <tc> a falsified signature is found
      Given the "analyst" is logged in
      And the "reviewer" is logged in
      And lot "LINKED" has a processed result with the sample signal "1.000"
      And lot "LINKED" has been reviewed
      And lot "VICTIM" has a processed result with the sample signal "1.000"
      When somebody falsifies the signature of lot "LINKED" by "<manners>" towards lot "VICTIM"
      Then the system refuses it

      Examples: negative: each way of falsifying a signature
        | tc         | manners       |
        | TC-OQ-0075 | copy          |
        | TC-OQ-0076 | cut           |
        | TC-OQ-0077 | other-person  |
        | TC-OQ-0078 | other-time    |
        | TC-OQ-0079 | other-meaning |

    @negative
    Scenario Outline: <tc> a change after signing voids the signature visibly
      Given the "analyst" is logged in
      And the "reviewer" is logged in
      And lot "VOIDED" has a processed result with the sample signal "1.000"
      And lot "VOIDED" has been reviewed
      When the "analyst" changes "comment" of lot "VOIDED" to "sample label corrected" because "corrected from the sample label"
      Then the signature of the "reviewer" on lot "VOIDED" is shown as void
      And lot "VOIDED" is in the state "processed"

      Examples: negative: the record no longer is what was signed
        | tc         |
        | TC-OQ-0080 |
