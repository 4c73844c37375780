# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:77d5656306611e18ac4707dd82dcfd091c9a0b643de22ad0ab149a9581905e22
# csvgen: body sha256:f76c5b43376f1edced5838ee01e716104124e32b4401a7872da93c05902aa286
@OQ @URS-QC-023 @RA-QC-016 @risk-high @evidence-every-step
Feature: URS-QC-023 Authorized persons only
  Requirement: The system shall let nobody act or read a record without an authenticated, active account and
  > answer every refused log-in alike. What it consists of, its configuration, clock and storage protection, and
  > the names of its readable forms are no secret and are told without log-in.
  Risk: RA-QC-016 Action without authority (class 1, priority high)
  Depth: high priority asks for positive, negative, boundary, boundary-3, combination, transition, sneak,
  > audit-content, no-change; combinations of 3 values, the full table up to 64 rows; evidence at every step,
  > challenge by a seeded fault (policy default@1)

  @needs-Access @needs-AuditTrail @needs-Pipeline @needs-Records @needs-Signing
  Rule: ac-1 Callers without authority
    Shown by: pattern authorized-only@1: Nobody acts without an authenticated, active account; unknown, retired
    > and wrong are refused with one uniform answer.

    @positive
    Scenario Outline: <tc> an active account with its password is let in
      Given a new account with the role "analyst"
      And the end of the audit trail is noted
      When the new account logs in with its password
      Then the system accepts it
      And the session that was opened is that of the new account
      And since then the audit trail tells that the "new account" did "log-in"

      Examples: positive (RA-QC-016; high priority): the valid class
        | tc         |
        | TC-OQ-0083 |

    @negative
    Scenario Outline: <tc> anybody else is refused with the same answer (callers: <callers>)
      Given a new account with the role "analyst"
      When a caller who is "<callers>" tries to log in
      Then the system refuses it because of the "credentials"
      And the answer is the same as for a wrong password

      Examples: negative (RA-QC-016; high priority): each kind of caller who is not authorized
        | tc         | callers                             |
        | TC-OQ-0084 | unknown                             |
        | TC-OQ-0085 | retired                             |
        | TC-OQ-0086 | without password                    |
        | TC-OQ-0178 | locked                              |
        | TC-OQ-0179 | with the password of another person |
        | TC-OQ-0180 | the system's own actor              |

    @negative
    Scenario Outline: <tc> no function but the public ones answers without a session
      Given a lot prepared for "review"
      And a new account with the role "analyst"
      When every function of the system is called on that lot with a session that was never opened
      Then the system refuses every one of them for want of a session
      And the only functions beside the log-in that answer without a session are "Installation.components; Installation.configuration; Installation.clock; Installation.storage; Signing.forms"

      Examples: negative (RA-QC-016; high priority): every function that takes a session is tried with one that was never opened, on a lot and an account that are there
        | tc         |
        | TC-OQ-0088 |

    @audit-content
    Scenario Outline: <tc> a refused log-in is on record (callers: <callers>)
      Given a new account with the role "analyst"
      And the accounts and the end of the audit trail are noted
      When a caller who is "<callers>" tries to log in
      Then the system refuses it because of the "credentials"
      And the answer is the same as for a wrong password
      And since then the audit trail tells that the "<who>" did "log-in-refused" because "<words>"

      Examples: audit-content (RA-QC-016; high priority): who was named, when with offset, and why; the caller is told none of it
        | tc         | callers                | who                            | words                        |
        | TC-OQ-0274 | unknown                | id that nobody has             | unknown or technical account |
        | TC-OQ-0275 | retired                | new account, not authenticated | account is retired           |
        | TC-OQ-0276 | without password       | new account, not authenticated | wrong password               |
        | TC-OQ-0277 | locked                 | new account, not authenticated | account is locked            |
        | TC-OQ-0278 | the system's own actor | id of the system's own actor   | unknown or technical account |

    @no-change
    Scenario Outline: <tc> calls without a session change nothing
      Given a lot prepared for "review"
      And a new account with the role "analyst"
      And the accounts and the end of the audit trail are noted
      When every function of the system is called on that lot with a session that was never opened
      Then the system refuses every one of them for want of a session
      And every account is as noted, and there is no other
      And that lot is as noted in fields, version, state, files, results, deviations and signatures
      And since then the audit trail tells of nothing but "access-refused"

      Examples: no-change (RA-QC-016; high priority): after every function was tried with a session that was never opened
        | tc         |
        | TC-OQ-0279 |
