# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:5d065aacc79eeae5ece015654f20af4971195de671637e058a643421a3834174
# csvgen: body sha256:bb9f783a470fb8e536e5f1896aaa8ebd4d1f33edbfe1c997cd95ff06081f0cf4
@OQ @URS-QC-023 @RA-QC-016 @risk-high
Feature: URS-QC-023 Authorized persons only
  Requirement: The system shall let nobody act without an authenticated, active account and answer every refused
  > log-in alike.
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

      Examples: positive: the valid class
        | tc         |
        | TC-OQ-0083 |

    @negative
    Scenario Outline: <tc> anybody else is refused with the same answer
      Given a new account with the role "analyst"
      When a caller who is "<callers>" tries to log in
      Then the system refuses it
      And the answer is the same as for a wrong password

      Examples: negative: each kind of caller who is not authorized
        | tc         | callers             |
        | TC-OQ-0084 | unknown             |
        | TC-OQ-0085 | retired             |
        | TC-OQ-0086 | without password    |
        | TC-OQ-0087 | a technical account |

    @negative
    Scenario Outline: <tc> no function answers without a session
      When every function of the system is called with a session that was never opened
      Then the system refuses every one of them

      Examples: negative: every verb that reads or writes records is tried with a session that was never opened
        | tc         |
        | TC-OQ-0088 |
