# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:265b319d36ce2d6da6540fe55f48d8528583242f986a8fdb6af2df5dc78e8e2e
# csvgen: body sha256:b68a0118ffd2aa463918f7eb5c499f405f4ad0a8cbb0e62f9a9997fa124fe673
@OQ @URS-QC-025 @RA-QC-017 @risk-high
Feature: URS-QC-025 Lock-out
  Requirement: The system shall lock an account after three failed attempts in a row and raise a security alert.
  Risk: RA-QC-017 Password guessed (class 1, priority high)
  Depth: high priority asks for positive, negative, boundary

  @needs-Access @needs-AuditTrail
  Rule: ac-1 Attempts around the limit
    Shown by: pattern lock-out@1: After the set number of failures in a row an account is locked, even for its
    > right password, and the attempt is reported.

    @boundary
    Scenario Outline: <tc> one failure less does not lock
      Given a new account with the role "analyst"
      When the new account logs in <count> times with a wrong password
      And the new account logs in with its password
      Then the system accepts it

      Examples: boundary: last value on the open side
        | tc         | count |
        | TC-OQ-0122 | 2     |

    @negative
    Scenario Outline: <tc> the limit locks the account
      Given a new account with the role "analyst"
      And the "auditor" is logged in
      When the new account logs in <count> times with a wrong password
      And the new account logs in with its password
      Then the system refuses it
      And the audit trail tells of a security alert for the new account

      Examples: negative: first value on the closed side; the right password does not help
        | tc         | count |
        | TC-OQ-0123 | 3     |

    @positive
    Scenario Outline: <tc> the right password lets in
      Given a new account with the role "analyst"
      When the new account logs in with its password
      Then the system accepts it

      Examples: positive: the valid class
        | tc         |
        | TC-OQ-0124 |
