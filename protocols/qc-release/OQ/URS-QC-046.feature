# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:bb9fd1cb607dcb9e15afe103ee3b838b496d2a699894122beb0ae7cf3e4e0ced
# csvgen: body sha256:df4feea82d00990540c9ab91b4cc41640b56a9a4cd6e15f36db0180426126519
@OQ @URS-QC-046 @RA-QC-031 @risk-high @evidence-every-step
Feature: URS-QC-046 Review includes the audit trail
  Requirement: The system shall accept the review of a lot only from a person who was shown the lot with its
  > whole audit trail in the same session, name in the signed record what was shown, and refuse the review when
  > something happened to the lot since.
  Risk: RA-QC-031 Review does not see what was changed (class 1, priority high)
  Depth: high priority asks for positive, negative, boundary, boundary-3, combination, transition, sneak,
  > audit-content, no-change; combinations of 3 values, the full table up to 64 rows; evidence at every step,
  > challenge by a seeded fault (policy default@1)

  @needs-Access @needs-AuditTrail @needs-Pipeline @needs-Records @needs-Signing
  Rule: ac-1 Shown, not shown, shown too early
    Shown by: pattern review-of-trail@1: The reviewer is shown the lot with its whole audit trail, the signature
    > binds what was shown, and what happened since makes it stale.

    @positive
    Scenario Outline: <tc> the packet shows every entry, and the signature binds it
      Given the "analyst" is logged in
      And the "reviewer" is logged in
      And lot "SHOWN" has a processed result with the sample signal "1.000"
      When the "reviewer" asks for the review packet of lot "SHOWN"
      Then the review packet shows every entry of the audit trail of lot "SHOWN" and its reported values
      When the "reviewer" signs lot "SHOWN" as "reviewed" on what was shown before, and on nothing newer
      Then the system accepts it
      And lot "SHOWN" is in the state "reviewed"
      And the record of lot "SHOWN" names the digest of the review packet that was shown

      Examples: positive (RA-QC-031; high priority): entries of the trail and of the packet are compared one by one
        | tc         |
        | TC-OQ-0237 |

    @negative
    Scenario Outline: <tc> a lot whose trail was not shown is not signed as reviewed
      Given the "analyst" is logged in
      And the "reviewer" is logged in
      And lot "UNSEEN" has a processed result with the sample signal "1.000"
      When the "reviewer" signs lot "UNSEEN" as "reviewed" on what was shown before, and on nothing newer
      Then the system refuses it by the rule "RR-E10"
      And lot "UNSEEN" is in the state "processed"

      Examples: negative (RA-QC-031; high priority): a review without reading is refused
        | tc         |
        | TC-OQ-0238 |

    @negative
    Scenario Outline: <tc> a change after the packet was shown makes it stale
      Given the "analyst" is logged in
      And the "reviewer" is logged in
      And lot "STALE" has a processed result with the sample signal "1.000"
      When the "reviewer" asks for the review packet of lot "STALE"
      And the "analyst" changes "storage" of lot "STALE" to "shelf 9" because "moved after the packet was shown"
      Then the system accepts it
      When the "reviewer" signs lot "STALE" as "reviewed" on what was shown before, and on nothing newer
      Then the system refuses it by the rule "RR-E10"
      And lot "STALE" is in the state "processed"
      When the "reviewer" asks for the review packet of lot "STALE"
      Then the review packet shows every entry of the audit trail of lot "STALE" and its reported values
      When the "reviewer" signs lot "STALE" as "reviewed" on what was shown before, and on nothing newer
      Then the system accepts it

      Examples: negative (RA-QC-031; high priority): between reading and signing somebody changes the lot
        | tc         |
        | TC-OQ-0239 |
