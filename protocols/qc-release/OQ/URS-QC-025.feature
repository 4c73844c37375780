# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:88ef79937e576191e4fab165a59bb91aeb78442a4e8c1ae362875bb17a6b2911
# csvgen: body sha256:8e02f9e11e2a09f59fe98afdf445fc61e0cf08ef8b973254b34288ce1758ab7b
@OQ @URS-QC-025 @RA-QC-017 @risk-high @evidence-every-step
Feature: URS-QC-025 Lock-out
  Requirement: The system shall lock an account after three failed attempts in a row and enter a security alert
  > in the audit trail.
  Risk: RA-QC-017 Password guessed (class 1, priority high)
  Depth: high priority asks for positive, negative, boundary, boundary-3, combination, transition, sneak,
  > audit-content, no-change; combinations of 3 values, the full table up to 64 rows; evidence at every step,
  > challenge by a seeded fault (policy default@1)

  @needs-Access @needs-AuditTrail
  Rule: ac-1 Attempts around the limit
    Shown by: pattern lock-out@1: After the set number of failures in a row an account is locked, even for its
    > right password, and an entry of the audit trail says so.

    @boundary
    Scenario Outline: <tc> one failure less does not lock (count: <count>)
      Given a new account with the role "analyst"
      And the end of the audit trail is noted
      When the new account logs in <count> times with a wrong password
      And the new account logs in with its password
      Then the system accepts it
      And since then the audit trail tells that the "new account" did "log-in"

      Examples: boundary (RA-QC-017; high priority): last value on the open side
        | tc         | count |
        | TC-OQ-0122 | 2     |

    @negative
    Scenario Outline: <tc> the limit locks the account (count: <count>)
      Given a new account with the role "analyst"
      And the "auditor" is logged in
      When the new account logs in <count> times with a wrong password
      And the new account logs in with its password
      Then the system refuses it because of the "credentials"
      And the audit trail tells of a security alert for the new account

      Examples: negative (RA-QC-017; high priority): first value on the closed side; the right password does not help
        | tc         | count |
        | TC-OQ-0123 | 3     |

    @positive
    Scenario Outline: <tc> the right password lets in
      Given a new account with the role "analyst"
      And the end of the audit trail is noted
      When the new account logs in with its password
      Then the system accepts it
      And since then the audit trail tells that the "new account" did "log-in"

      Examples: positive (RA-QC-017; high priority): the valid class
        | tc         |
        | TC-OQ-0124 |

    @boundary
    Scenario Outline: <tc> a success in between begins the count anew (count: <count>)
      Given a new account with the role "analyst"
      When the new account logs in <count> times with a wrong password
      And the new account logs in with its password
      Then the system accepts it
      When the new account logs in <count> times with a wrong password
      And the new account logs in with its password
      Then the system accepts it

      Examples: boundary (RA-QC-017; high priority): the failures before and after it are more than the limit together, but not in a row
        | tc         | count |
        | TC-OQ-0191 | 2     |

    @no-change
    Scenario Outline: <tc> a locked account stays as it is, whatever is tried (count: <count>)
      Given a new account with the role "analyst"
      When the new account logs in <count> times with a wrong password
      And the accounts and the end of the audit trail are noted
      And the new account logs in with its password
      Then the system refuses it because of the "credentials"
      When the new account logs in with its password
      Then the system refuses it because of the "credentials"
      And every account is as noted, and there is no other
      And since then the audit trail tells that the "new account, not authenticated" did "log-in-refused" because "account is locked"
      And since then the audit trail tells of nothing but "log-in-refused"

      Examples: no-change (RA-QC-017; high priority): the right password is tried again and again; no account changes, and nothing else is on record
        | tc         | count |
        | TC-OQ-0290 | 3     |
