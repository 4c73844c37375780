# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:e6e861f4f40eef1e7d2b066498333dbf60962be2667c4f22baecf54ddeaa8376
# csvgen: body sha256:1f5d7b63505e44adfda3f02429e5afd2f4c4d45d92f2c9b13dd5fab253d8c40c
@OQ @URS-QC-019 @RA-QC-014 @risk-high @evidence-every-step
Feature: URS-QC-019 Link between signature and record
  Requirement: The system shall bind each signature to its record so that it cannot be copied, cut out or
  > transferred, and show it as void when the record changes; the signed bytes name person, time, meaning,
  > components and the state of the audit trail.
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
    Scenario Outline: <tc> a falsified signature is found (manners: <manners>)
      Given the "analyst" is logged in
      And the "reviewer" is logged in
      And lot "LINKED" has a processed result with the sample signal "1.000"
      And lot "LINKED" has been reviewed
      And lot "VICTIM" has a processed result with the sample signal "1.000"
      When somebody falsifies the signature of lot "LINKED" by "<manners>" towards lot "VICTIM"
      Then the system refuses it with the words "<words>"
      And lot "VICTIM" carries no signature
      And the signature of the "reviewer" on lot "LINKED" is valid

      Examples: negative (RA-QC-014; high priority): each way of falsifying a signature, on a copy; the record and its signature themselves stay what they are
        | tc         | manners            | words                                                         |
        | TC-OQ-0075 | copy               | this signature stands on                                      |
        | TC-OQ-0076 | cut                | the audit trail tells of a signature of                       |
        | TC-OQ-0077 | other-person       | INVALID                                                       |
        | TC-OQ-0078 | other-time         | INVALID                                                       |
        | TC-OQ-0079 | other-meaning      | INVALID                                                       |
        | TC-OQ-0677 | signed-by-another  | the record names another person id than the certificate       |
        | TC-OQ-0678 | printed-by-another | the record prints another name than the certificate           |
        | TC-OQ-0679 | other-certificate  | the record names another certificate than the one that signed |
        | TC-OQ-0680 | other-moment       | the record and the signature name different times             |
        | TC-OQ-0681 | system-key         | a system can never sign for a person                          |
        | TC-OQ-0682 | strange-authority  | the certificate was not issued by this system                 |
        | TC-OQ-0683 | made-anew          | the audit trail does not tell of this signature               |
        | TC-OQ-0684 | unknown-meaning    | the meaning is none of this system's                          |
        | TC-OQ-0685 | unknown-field      | not a signature record of a format known here                 |

    @negative
    Scenario Outline: <tc> a change after signing voids the signature visibly (field: comment)
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

  @needs-Access @needs-AuditTrail @needs-Pipeline @needs-Records @needs-Signing
  Rule: ac-2 What the signed bytes name
    Shown by: pattern signed-record@1: The bytes that were signed say who signed, as what, when, with which
    > components, and in which state the audit trail was before. So a reader years later does not depend on what the
    > system shows, and the trail behind a signature cannot be cut or written anew unseen.

    @positive
    Scenario Outline: <tc> the signed bytes name person, time, meaning and components
      Given the "analyst" is logged in
      And lot "FIRST" has a processed result with the sample signal "1.000"
      And lot "LATER" has a processed result with the sample signal "1.000"
      And the "reviewer" is logged in anew
      When the "reviewer" signs lot "FIRST" as "reviewed" entering "user id and password"
      Then the system accepts it
      When the "reviewer" signs lot "LATER" as "reviewed" entering "password"
      Then the system accepts it
      And the signed record of the "reviewer" on lot "FIRST" names person, "reviewed" and the components "user id, password"
      And the signed record of the "reviewer" on lot "LATER" names person, "reviewed" and the components "password"

      Examples: positive (RA-QC-014; high priority): the first signing of a session, and a later one with fewer components
        | tc         |
        | TC-OQ-0615 |

    @positive
    Scenario Outline: <tc> the signed bytes fix the audit trail before the signature
      Given the "analyst" is logged in
      And the "auditor" is logged in
      And the audit trail holds at least "600" events
      And the "analyst" is logged in anew
      And lot "FIXED" has a processed result with the sample signal "1.000"
      And the "reviewer" is logged in anew
      When the "reviewer" signs lot "FIXED" as "reviewed" entering "user id and password"
      Then the system accepts it
      And the signed record of the "reviewer" on lot "FIXED" names the audit trail as it was before it
      And the signature of the "reviewer" on lot "FIXED" is valid

      Examples: positive (RA-QC-014; high priority): number of events, digest of the last and the root over all of them, worked out from the export by the recorder
        | tc         |
        | TC-OQ-0616 |
