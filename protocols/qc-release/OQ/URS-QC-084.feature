# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:11f413b62ab97a1bdda614e7710ba341875657767f3fe82fe3fff9d4fecf4c92
# csvgen: body sha256:0dc1a7081b1d01693e8f0068a759b1e8458b750feb8f23c8718e4b28193588be
@OQ @URS-QC-084 @RA-QC-083 @risk-high @evidence-every-step
Feature: URS-QC-084 Change ticket on every result
  Requirement: The system shall ask for a change ticket and a commit when code is built, name both in run
  > record, audit trail and certificate, and lead from each to the lots it touched and to no other.
  Risk: RA-QC-083 Code runs that nobody signed, or results cannot be led back to their change (class 1, priority
  > high)
  Depth: high priority asks for positive, negative, boundary, boundary-3, combination, transition, sneak,
  > audit-content, no-change; combinations of 3 values, the full table up to 64 rows; evidence at every step,
  > challenge by a seeded fault (policy default@1)

  @needs-Access @needs-AuditTrail @needs-Pipeline @needs-Records @needs-Signing
  Rule: ac-1 From the ticket to the certificate
    Shown by: pattern change-ticket@1: Change ticket and commit of the code that computed a result stand in run
    > record, audit trail and certificate, and lead to each result they touched.

    @positive
    Scenario Outline: <tc> ticket and commit are found wherever the result is found
      Given the "analyst" is logged in
      And the "reviewer" is logged in
      And the "quality" is logged in
      And the code in force has been built, reviewed and promoted anew under a change ticket of its own
      And lot "TICKET" has come to the state "released" with the sample signal "1.000"
      Then the run record of lot "TICKET" names that artifact, its change ticket and its commit
      And the audit trail names the change ticket at building, review and approval of that code
      And the certificate of lot "TICKET" names change ticket and commit
      And traced from the change ticket and from the commit of its code, lot "TICKET" with its run and result "potency" is reached

      Examples: positive (RA-QC-083; high priority): ticket and commit are chosen by this case
        | tc         |
        | TC-OQ-0478 |

    @negative
    Scenario Outline: <tc> a change leads to the results it touched and to no other
      Given the "analyst" is logged in
      And the "reviewer" is logged in
      And the "quality" is logged in
      And the change before it was built, reviewed and promoted under a change ticket of its own
      And lot "BEFORE" has come to the state "processed" with the sample signal "1.000"
      When the code is built, reviewed and promoted anew, with evidence of its re-validation
      Then the system accepts it
      When a constructed plate with the sample signal "1.000" is ingested and processed as lot "AFTER"
      Then the system accepts it
      And traced from the change ticket before, lot "BEFORE" is reached and lot "AFTER" is not
      And the run record of lot "AFTER" names that artifact, its change ticket and its commit

      Examples: negative (RA-QC-083; high priority): two changes, one after the other
        | tc         |
        | TC-OQ-0479 |

    @negative
    Scenario Outline: <tc> code is not built under a change ticket that is <ticket>
      Given the "analyst" is logged in
      When the "analyst" builds the code of the pipeline "qc-release" under a change ticket that is "<ticket>"
      Then the system refuses it with the words "<words>"

      Examples: negative (RA-QC-083; high priority): what is no ticket leads nowhere
        | tc         | ticket   | words                    |
        | TC-OQ-0480 | left out | change ticket is missing |
        | TC-OQ-0481 | blanks   | change ticket is missing |
        | TC-OQ-0482 | a dash   | change ticket is missing |
