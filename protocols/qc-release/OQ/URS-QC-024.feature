# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:5d4a683bcf09e55e6685e20e0fb522789be79fddd7e593ae5557136be665456c
# csvgen: body sha256:997c28ed9f532aacd4b4a45e3da61cb28eacd53b4bc8314590e57a0f8018ceb7
@OQ @URS-QC-024 @RA-QC-016 @risk-high
Feature: URS-QC-024 Authority of roles
  Requirement: The system shall let each role use the functions of the access matrix and no other.
  Risk: RA-QC-016 Action without authority (class 1, priority high)
  Depth: high priority asks for positive, negative, boundary

  @needs-Access @needs-AuditTrail @needs-Pipeline @needs-Records @needs-Signing
  Rule: ac-1 Cells of the access matrix
    Shown by: pattern permission-matrix@1: Each role can use the functions the matrix gives it and no other.

    @positive
    Scenario Outline: <tc> the role may use the function
      Given a lot prepared for "<function>"
      And the "<role>" is logged in
      When the "<role>" uses the function "<function>" on that lot
      Then the system accepts it

      Examples: positive: each allowed cell of the matrix
        | tc         | role          | function               |
        | TC-OQ-0089 | analyst       | ingest                 |
        | TC-OQ-0090 | analyst       | process                |
        | TC-OQ-0091 | analyst       | change a record        |
        | TC-OQ-0092 | reviewer      | review                 |
        | TC-OQ-0093 | quality       | release                |
        | TC-OQ-0094 | quality       | reject                 |
        | TC-OQ-0095 | administrator | create an account      |
        | TC-OQ-0096 | auditor       | export the audit trail |

    @negative
    Scenario Outline: <tc> the role may not use the function
      Given a lot prepared for "<function>"
      And the "<role>" is logged in
      When the "<role>" uses the function "<function>" on that lot
      Then the system refuses it for lack of authority

      Examples: negative: each denied cell of the matrix
        | tc         | role          | function          |
        | TC-OQ-0097 | reviewer      | ingest            |
        | TC-OQ-0098 | quality       | ingest            |
        | TC-OQ-0099 | administrator | ingest            |
        | TC-OQ-0100 | auditor       | ingest            |
        | TC-OQ-0101 | reviewer      | process           |
        | TC-OQ-0102 | administrator | process           |
        | TC-OQ-0103 | auditor       | process           |
        | TC-OQ-0104 | quality       | change a record   |
        | TC-OQ-0105 | administrator | change a record   |
        | TC-OQ-0106 | auditor       | change a record   |
        | TC-OQ-0107 | analyst       | review            |
        | TC-OQ-0108 | quality       | review            |
        | TC-OQ-0109 | administrator | review            |
        | TC-OQ-0110 | auditor       | review            |
        | TC-OQ-0111 | analyst       | release           |
        | TC-OQ-0112 | reviewer      | release           |
        | TC-OQ-0113 | administrator | release           |
        | TC-OQ-0114 | auditor       | release           |
        | TC-OQ-0115 | analyst       | reject            |
        | TC-OQ-0116 | reviewer      | reject            |
        | TC-OQ-0117 | administrator | reject            |
        | TC-OQ-0118 | analyst       | create an account |
        | TC-OQ-0119 | reviewer      | create an account |
        | TC-OQ-0120 | quality       | create an account |
        | TC-OQ-0121 | auditor       | create an account |
