# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:802a79b6c63a10c27f836a48d25da53e545643c933fa3c0cf7cb0ba8f34a6d7b
# csvgen: body sha256:cc57084c63e9ac4969750f720e84e8e122a92d64972adddf4f5011be8d9892c3
@OQ @URS-QC-019 @RA-QC-014 @risk-high @evidence-every-step
Feature: URS-QC-019 Link between signature and record
  Requirement: The system shall bind each signature to its record so that it cannot be copied, cut out or
  > transferred, and show it as void when the record changes.
  Risk: RA-QC-014 Signature transferred to another record, or record changed under it (class 2, priority high)
  Depth: high priority asks for positive, negative, boundary, boundary-3, combination, transition, sneak,
  > audit-content, no-change; combinations of 3 values, the full table up to 64 rows; evidence at every step,
  > challenge by a seeded fault (policy default@1)

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

      Examples: positive (RA-QC-014; high priority): the check is there and answers yes when it should
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
      Then the system refuses it with the words "<words>"

      Examples: negative (RA-QC-014; high priority): each way of falsifying a signature
        | tc         | manners       | words                                   |
        | TC-OQ-0075 | copy          | this signature stands on                |
        | TC-OQ-0076 | cut           | the audit trail tells of a signature of |
        | TC-OQ-0077 | other-person  | INVALID                                 |
        | TC-OQ-0078 | other-time    | INVALID                                 |
        | TC-OQ-0079 | other-meaning | INVALID                                 |

    @negative
    Scenario Outline: <tc> a change after signing voids the signature visibly
      Given the "analyst" is logged in
      And the "reviewer" is logged in
      And lot "VOIDED" has a processed result with the sample signal "1.000"
      And lot "VOIDED" has been reviewed
      When the "analyst" changes "comment" of lot "VOIDED" to "sample label corrected" because "corrected from the sample label"
      Then the signature of the "reviewer" on lot "VOIDED" is shown as void
      And lot "VOIDED" is in the state "processed"

      Examples: negative (RA-QC-014; high priority): the record no longer is what was signed
        | tc         |
        | TC-OQ-0080 |
