# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:cc72ea4ea75de48cac5c900801f69e165e56397418be86e85b8b68a36a3c8285
# csvgen: body sha256:c4313fa1f9346f49a73aa95d050f6284584fba40f755e782ad1aaf57cb8bdf0f
@OQ @URS-QC-051 @RA-QC-035 @risk-high @evidence-every-step
Feature: URS-QC-051 Promotion of code
  Requirement: The system shall run only the code of an artifact that another person than its builder reviewed
  > and a third, of the quality unit, approved for the environment, name that artifact with its change ticket and
  > commit in the run record, and run withdrawn code nowhere.
  Risk: RA-QC-035 Code that nobody approved, or that is not validated any more, gives results (class 1, priority
  > high)
  Depth: high priority asks for positive, negative, boundary, boundary-3, combination, transition, sneak,
  > audit-content, no-change; combinations of 3 values, the full table up to 64 rows; evidence at every step,
  > challenge by a seeded fault (policy default@1)

  @needs-Access @needs-AuditTrail @needs-Installation @needs-Pipeline @needs-Records
  Rule: ac-1 Propagation of the ticket, gate, persons, withdrawal
    Shown by: pattern promotion@1: Code runs only as an artifact that another person reviewed and quality
    > approved; the run record names artifact, change ticket and commit, and withdrawn code runs nowhere.

    @positive
    Scenario Outline: <tc> change ticket and commit of the promoted artifact are in the run record, and lead to the lot
      Given the "analyst" is logged in
      And the "reviewer" is logged in
      And the "quality" is logged in
      And the code in force has been built, reviewed and promoted anew under a change ticket of its own
      When the "analyst" ingests a plate with the sample signal "1.000" as file "plate.csv" of lot "TICKET"
      Then the system accepts it
      When the "analyst" processes lot "TICKET"
      Then the system accepts it
      And the run record of lot "TICKET" names that artifact, its change ticket and its commit
      And traced from the change ticket and from the commit of its code, lot "TICKET" with its run and result "potency" is reached

      Examples: positive (RA-QC-035; high priority): ticket and commit are chosen by this case
        | tc         |
        | TC-OQ-0254 |

    @negative
    Scenario Outline: <tc> an artifact that is not promoted does not run, whatever is signed of it before
      Given the "analyst" is logged in
      And the "reviewer" is logged in
      And the "quality" is logged in
      When the "analyst" builds the code of the pipeline "qc-release" as an artifact under a change ticket of its own
      Then the system accepts it
      When the "analyst" ingests a plate with the sample signal "1.000" as file "plate.csv" of lot "BUILT"
      Then the system accepts it
      When the "analyst" processes lot "BUILT"
      Then the system accepts it
      And the run record of lot "BUILT" names another artifact
      When the "quality" approves its promotion to "development"
      Then the system refuses it by the rule "RR-F01"
      When the "reviewer" signs the review of its promotion to "qualification"
      Then the system refuses it by the rule "RR-F01"
      When the "reviewer" signs the review of its promotion to "development"
      Then the system accepts it
      When the "quality" approves its promotion to "development"
      Then the system accepts it
      When the "analyst" ingests a plate with the sample signal "1.000" as file "plate.csv" of lot "EARLIER"
      Then the system accepts it
      When the "analyst" processes lot "EARLIER"
      Then the system accepts it
      And the run record of lot "EARLIER" names another artifact
      When the "reviewer" signs the review of its promotion to "qualification"
      Then the system accepts it
      When the "analyst" ingests a plate with the sample signal "1.000" as file "plate.csv" of lot "REVIEWED"
      Then the system accepts it
      When the "analyst" processes lot "REVIEWED"
      Then the system accepts it
      And the run record of lot "REVIEWED" names another artifact

      Examples: negative (RA-QC-035; high priority): built, then reviewed, then promoted to an earlier environment: each time the code in force is another
        | tc         |
        | TC-OQ-0255 |

    @negative
    Scenario Outline: <tc> builder, reviewer and approver are three people, each with their role
      Given the "analyst" is logged in
      And the "reviewer" is logged in
      And the "quality" is logged in
      And the "analyst-reviewer" is logged in
      And the "reviewer-quality" is logged in
      When the "analyst-reviewer" builds the code of the pipeline "qc-release" as an artifact under a change ticket of its own
      Then the system accepts it
      When the "analyst-reviewer" signs the review of its promotion to "development"
      Then the system refuses it by the rule "RR-G02"
      When the "analyst" signs the review of its promotion to "development"
      Then the system refuses it for lack of authority
      When the "reviewer-quality" signs the review of its promotion to "development"
      Then the system accepts it
      When the "reviewer-quality" approves its promotion to "development"
      Then the system refuses it by the rule "RR-G02"
      When the "reviewer" approves its promotion to "development"
      Then the system refuses it for lack of authority

      Examples: negative (RA-QC-035; high priority): people who hold both roles are refused by the person, others by the role
        | tc         |
        | TC-OQ-0256 |

    @negative
    Scenario Outline: <tc> withdrawn code runs nowhere, and nothing takes its place by itself
      Given the "analyst" is logged in
      And the "reviewer" is logged in
      And the "quality" is logged in
      And the code in force has been built, reviewed and promoted anew under a change ticket of its own
      When the "analyst" withdraws that artifact
      Then the system refuses it for lack of authority
      When the "quality" withdraws that artifact
      Then the system accepts it
      When the "analyst" ingests a plate with the sample signal "1.000" as file "plate.csv" of lot "WITHDRAWN"
      Then the system accepts it
      When the "analyst" processes lot "WITHDRAWN"
      Then the system refuses it by the rule "RR-F01"
      And lot "WITHDRAWN" has no reportable result
      When the code is built, reviewed and promoted anew, with evidence of its re-validation
      Then the system accepts it
      When the "analyst" processes lot "WITHDRAWN"
      Then the system accepts it

      Examples: negative (RA-QC-035; high priority): the code in force is withdrawn; it runs again only when built and promoted anew
        | tc         |
        | TC-OQ-0257 |

    @no-change
    Scenario Outline: <tc> a refused review or approval leaves the artifact as it was, and the code in force in force
      Given the "analyst" is logged in
      And the "quality" is logged in
      And the "analyst-reviewer" is logged in
      When the "analyst-reviewer" builds the code of the pipeline "qc-release" as an artifact under a change ticket of its own
      Then the system accepts it
      When the accounts and the end of the audit trail are noted
      And the "analyst-reviewer" signs the review of its promotion to "development"
      Then the system refuses it by the rule "RR-G02"
      When the "analyst" signs the review of its promotion to "development"
      Then the system refuses it for lack of authority
      When the "quality" approves its promotion to "development"
      Then the system refuses it by the rule "RR-F01"
      And that artifact is as noted in version, state and every field
      And every account is as noted, and there is no other
      And since then the audit trail tells of nothing but "approve-promotion-refused; authority-refused; review-promotion-refused"
      When the "analyst" ingests a plate with the sample signal "1.000" as file "plate.csv" of lot "REFUSED"
      Then the system accepts it
      When the "analyst" processes lot "REFUSED"
      Then the system accepts it
      And the run record of lot "REFUSED" names another artifact

      Examples: no-change (RA-QC-035; high priority): refused for the environment, for the person, for the role: each time nothing is signed
        | tc         |
        | TC-OQ-0304 |
