# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:312634a31ca0a126e4890a6ed2b197cce66131dde662723bfb78f8483acb722b
# csvgen: body sha256:a75dbf1891f75a8be410e1eb52fb5a49fe3baee3898e171c0d01a6daadf616e2
@OQ @URS-QC-103 @RA-QC-103 @risk-high @evidence-every-step
Feature: URS-QC-103 Certificates after the release
  Requirement: The system shall correct a certificate by a signed revision that keeps its number and values and
  > names the one it replaces, keep that one, mark every page of a copy and of a draft as what it is, and leave no
  > signature in either.
  Risk: RA-QC-103 Two certificates of one lot contradict each other, or a copy passes for the original (class 1,
  > priority high)
  Depth: high priority asks for positive, negative, boundary, boundary-3, combination, transition, sneak,
  > audit-content, no-change; combinations of 3 values, the full table up to 64 rows; evidence at every step,
  > challenge by a seeded fault (policy default@1)

  @needs-Access @needs-AuditTrail @needs-Pipeline @needs-Records @needs-Signing
  Rule: ac-1 Correction, copy, draft
    Shown by: pattern certificate-correction@1: A certificate is corrected by a signed revision that says why,
    > keeps its number and what was measured, and names the one it replaces, which is kept. A copy says on every
    > page that it is one, covers nothing and carries no signature; a draft says so and has no number.

    @positive
    Scenario Outline: <tc> a corrected certificate is a signed revision that replaces the one before
      Given the "analyst" is logged in
      And the "reviewer" is logged in
      And the "quality" is logged in
      And lot "CORRECT" has a processed result with the sample signal "1.000"
      And lot "CORRECT" has been reviewed
      When the "quality" signs lot "CORRECT" as "released" because "all results in specification"
      Then the system accepts it
      When the "quality" corrects the certificate of lot "CORRECT" with the remark "the address of the customer was added" because "asked for by the customer"
      Then the system accepts it
      And the certificate of lot "CORRECT" is revision 2, with the remark "the address of the customer was added", and replaces the one before
      And the certificate of lot "CORRECT" carries a valid signature of the "quality" as "corrected" for each of 1 corrections
      When the "quality" corrects the certificate of lot "CORRECT" with the remark "the address of the customer was corrected" because "asked for again"
      Then the system accepts it
      And the certificate of lot "CORRECT" is revision 3, with the remark "the address of the customer was corrected", and replaces the one before
      And the certificate of lot "CORRECT" carries a valid signature of the "quality" as "corrected" for each of 2 corrections
      When the "analyst" asks for a copy of the certificate of lot "CORRECT"
      Then the system accepts it
      And every page of the copy says "UNSIGNED COPY. 1 signature in the original", holds what the page of the certificate of lot "CORRECT" holds, and no signature is left in it

      Examples: positive (RA-QC-103; high priority): twice, so that the second replaces the first correction
        | tc         |
        | TC-OQ-0771 |

    @negative
    Scenario Outline: <tc> without remark, reason, authority, password or certificate nothing is corrected
      Given the "analyst" is logged in
      And the "reviewer" is logged in
      And the "quality" is logged in
      And lot "REFUSED" has a processed result with the sample signal "1.000"
      When the "quality" corrects the certificate of lot "REFUSED" with the remark "the address of the customer was added" because "asked for by the customer"
      Then the system refuses it by the rule "RR-F01"
      When the "reviewer" signs lot "REFUSED" as "reviewed" because "data reviewed"
      Then the system accepts it
      When the "quality" signs lot "REFUSED" as "released" because "all results in specification"
      Then the system accepts it
      When the "quality" corrects the certificate of lot "REFUSED" with the remark " " because "asked for by the customer"
      Then the system refuses it with the words "the remark is missing"
      When the "quality" corrects the certificate of lot "REFUSED" with the remark "the address of the customer was added" because " "
      Then the system refuses it with the words "the reason is missing"
      When the "reviewer" corrects the certificate of lot "REFUSED" with the remark "the address of the customer was added" because "asked for by the customer"
      Then the system refuses it for lack of authority
      When the "quality" corrects the certificate of lot "REFUSED" with a wrong password
      Then the system refuses it because of the "credentials"
      And the certificate of lot "REFUSED" is as it was

      Examples: negative (RA-QC-103; high priority): each of them
        | tc         |
        | TC-OQ-0772 |

    @positive
    Scenario Outline: <tc> a copy says on every page that it is one
      Given the "analyst" is logged in
      And the "reviewer" is logged in
      And the "quality" is logged in
      And lot "COPY" has a processed result with the sample signal "1.000"
      And lot "COPY" has been reviewed
      When the "analyst" asks for a copy of the certificate of lot "COPY"
      Then the system refuses it by the rule "RR-F01"
      When the "quality" signs lot "COPY" as "released" because "all results in specification"
      Then the system accepts it
      When the "analyst" asks for a copy of the certificate of lot "COPY"
      Then the system accepts it
      And every page of the copy says "UNSIGNED COPY. 1 signature in the original", holds what the page of the certificate of lot "COPY" holds, and no signature is left in it
      And the audit trail of lot "COPY" tells that the certificate was handed out as "copy"

      Examples: positive (RA-QC-103; high priority): words, the whole page, no signature left, entry in the trail
        | tc         |
        | TC-OQ-0773 |

    @positive
    Scenario Outline: <tc> a draft says on every page that it is one, and there is none beside a certificate
      Given the "analyst" is logged in
      And the "reviewer" is logged in
      And the "quality" is logged in
      And lot "DRAFT" has a processed result with the sample signal "1.000"
      When the "analyst" asks for the draft of the certificate of lot "DRAFT"
      Then the system accepts it
      And every page of the draft says "DRAFT - NOT RELEASED", and it tells every reported value of lot "DRAFT" without number and signature
      When the "reviewer" signs lot "DRAFT" as "reviewed" because "data reviewed"
      Then the system accepts it
      When the "quality" signs lot "DRAFT" as "released" because "all results in specification"
      Then the system accepts it
      When the "analyst" asks for the draft of the certificate of lot "DRAFT"
      Then the system refuses it by the rule "RR-K01"

      Examples: positive (RA-QC-103; high priority): before the release, and after it
        | tc         |
        | TC-OQ-0774 |
