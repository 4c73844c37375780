# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:3856ac2df046ae979ce4aa606881a30b098f8d9549c9650fd6d01a0e049acf8e
# csvgen: body sha256:9455500a84b8e1eb6d8408e43dbe6121b81a3d4673f41518d08c87630bca27ca
@OQ @URS-QC-085 @RA-QC-084 @risk-high @evidence-every-step
Feature: URS-QC-085 Second factor of signatures
  Requirement: The system shall, where it is configured so, take a one-time code beside the password for every
  > signature, refuse a code that is wrong, old or used, and never sign with one of the two alone.
  Risk: RA-QC-084 Somebody signs with the password of another (class 2, priority high)
  Depth: high priority asks for positive, negative, boundary, boundary-3, combination, transition, sneak,
  > audit-content, no-change; combinations of 3 values, the full table up to 64 rows; evidence at every step,
  > challenge by a seeded fault (policy default@1)

  @needs-Access @needs-AuditTrail @needs-Installation @needs-Pipeline @needs-Records @needs-SecondFactor
  Rule: ac-1 Both components, at every signature
    Shown by: pattern second-factor@1: Where a signature takes a one-time code beside the password, neither of the
    > two signs alone, and no code signs twice.

    @positive
    Scenario Outline: <tc> password and code of now sign
      Given a system in which every signature takes a one-time code beside the password
      And a person with a device for one-time codes
      When the person signs with the right password and "the code of now"
      Then the system accepts the code

      Examples: positive (RA-QC-084; high priority): both components are right
        | tc         |
        | TC-OQ-0483 |

    @negative
    Scenario Outline: <tc> the right password with <code> does not sign
      Given a system in which every signature takes a one-time code beside the password
      And a person with a device for one-time codes
      When the person signs with the right password and "<code>"
      Then the system refuses the code
      And the audit trail tells why the signature was refused: "<why>"
      And the answer does not say which of the two was wrong

      Examples: negative (RA-QC-084; high priority): each way in which the second component is not there, not right, or not of now
        | tc         | code                                    | why                 |
        | TC-OQ-0484 | no code                                 | wrong one-time code |
        | TC-OQ-0485 | a wrong code                            | wrong one-time code |
        | TC-OQ-0486 | an old code                             | wrong one-time code |
        | TC-OQ-0487 | the code of the device of somebody else | wrong one-time code |

    @negative
    Scenario Outline: <tc> a code does not sign twice
      Given a system in which every signature takes a one-time code beside the password
      And a person with a device for one-time codes
      When the person signs with the right password and "the code of now"
      Then the system accepts the code
      When the person signs with the right password and "the code used before"
      Then the system refuses the code
      And the audit trail tells why the signature was refused: "was used before"

      Examples: negative (RA-QC-084; high priority): the same code for two signatures, one after the other
        | tc         |
        | TC-OQ-0488 |

    @negative
    Scenario Outline: <tc> a code without the right password does not sign
      Given a system in which every signature takes a one-time code beside the password
      And a person with a device for one-time codes
      When the person signs with a wrong password and the code of now
      Then the system refuses the code
      And the audit trail tells why the signature was refused: "wrong password"

      Examples: negative (RA-QC-084; high priority): the device alone, in the hands of somebody else
        | tc         |
        | TC-OQ-0489 |

    @negative
    Scenario Outline: <tc> nobody signs without a device
      Given a system in which every signature takes a one-time code beside the password
      And a person without a device
      When the person signs with the right password and "a code"
      Then the system refuses it with the words "no device is enrolled"
      And the system refuses the code

      Examples: negative (RA-QC-084; high priority): the password of a person who has enrolled none
        | tc         |
        | TC-OQ-0490 |

    @boundary
    Scenario Outline: <tc> the code of <steps> time steps from now: the system <outcome> it
      Given a system in which every signature takes a one-time code beside the password
      And a person with a device for one-time codes
      When the person signs with the code of "<steps>" time steps from now
      Then the system <outcome> the code

      Examples: boundary (RA-QC-084; high priority): a clock may go a step wrong (RFC 6238, 5.2), and no more
        | tc         | steps | outcome |
        | TC-OQ-0491 | -2    | refuses |
        | TC-OQ-0492 | +1    | accepts |
        | TC-OQ-0493 | +2    | refuses |
