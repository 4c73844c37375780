# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:626397ca2b748cff91a9ca2674584d9e4e2c1075c5df724749f7b2bee7e37f47
# csvgen: body sha256:621eb5c2a9413cf0cfaf1ed7c9cdc1c7d16a620c86bbff55618ea4ec8f919f70
@OQ @URS-QC-023 @RA-QC-016 @risk-high
Feature: URS-QC-023 Authorized persons only
  Requirement: The system shall let nobody act or read a record without an authenticated, active account and
  > answer every refused log-in alike. What it consists of, its configuration, clock and storage protection, and
  > the names of its readable forms are no secret and are told without log-in.
  Risk: RA-QC-016 Action without authority (class 1, priority high)
  Depth: high priority asks for positive, negative, boundary

  @needs-Access @needs-Pipeline
  Rule: ac-1 Callers without authority
    Shown by: pattern authorized-only@1: Nobody acts without an authenticated, active account; unknown, retired
    > and wrong are refused with one uniform answer.

    @positive
    Scenario Outline: <tc> an active account with its password is let in
      Given a new account with the role "analyst"
      When the new account logs in with its password
      Then the system accepts it

      Examples: positive (RA-QC-016; high priority): the valid class
        | tc         |
        | TC-OQ-0083 |

    @negative
    Scenario Outline: <tc> anybody else is refused with the same answer
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
