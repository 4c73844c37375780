# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:ee0ad650fd3b83f3c1b0d2425675cea581dc96b5c2dd315dde973177b9827c20
# csvgen: body sha256:6a3ebdf33a44a53a2098569ca5d0c7f6ffb6c3a79406884a92ef772b0db681ea
@OQ @URS-QC-014 @RA-QC-011 @risk-high
Feature: URS-QC-014 Immutable audit trail
  Requirement: The system shall not let anybody edit, delete, insert, reorder or cut off entries of the audit
  > trail, or switch it off.
  Risk: RA-QC-011 Audit trail falsified or switched off (class 2, priority high)
  Depth: high priority asks for positive, negative, boundary

  @needs-Access @needs-AuditTrail
  Rule: ac-1 Attempts with the rights of the application
    Shown by: pattern audit-immutability@1: With the rights the application itself has, entries cannot be edited,
    > deleted, inserted, reordered or cut off, and the trail cannot be switched off. After each attempt the trail is
    > unbroken and lacks nothing.

    @positive
    Scenario Outline: <tc> the system finds its own trail unbroken
      Given the "auditor" is logged in
      Then the audit trail is unbroken

      Examples: positive: the check is there and answers
        | tc         |
        | TC-OQ-0055 |

    @negative
    Scenario Outline: <tc> an attempt to falsify the trail is refused
      Given the "auditor" is logged in
      When somebody with the rights of the application tries to "<manners>" the audit trail
      Then the system refuses it
      And no entry of the audit trail was changed or lost
      And the audit trail is unbroken

      Examples: negative: each way of falsifying a trail
        | tc         | manners    |
        | TC-OQ-0056 | edit       |
        | TC-OQ-0057 | delete     |
        | TC-OQ-0058 | insert     |
        | TC-OQ-0059 | reorder    |
        | TC-OQ-0060 | truncate   |
        | TC-OQ-0061 | switch-off |
