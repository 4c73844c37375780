# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:5dd335af5d50afd470f1ed6ba3ef755b78ddb7f3f41b0426daa217b3b6e4bfce
# csvgen: body sha256:763d9943a67664d3a94eb471876f1c12a3b8addc9cf8037c0e027710625a5da5
@OQ @URS-QC-026 @RA-QC-018 @risk-high
Feature: URS-QC-026 Idle sessions
  Requirement: The system shall end a session that was not used for the configured time.
  Risk: RA-QC-018 Session left open (class 1, priority high)
  Depth: high priority asks for positive, negative, boundary

  @needs-Access
  Rule: ac-1 Pauses around the limit
    Shown by: pattern session-timeout@1: A session that was not used for the set time is over; what was open in it
    > does not go on.

    @positive
    Scenario Outline: <tc> a session in use stays open
      Given the "analyst" is logged in anew
      Then the session of the "analyst" is open

      Examples: positive (RA-QC-018; high priority): the valid class
        | tc         |
        | TC-OQ-0125 |

    @boundary
    Scenario Outline: <tc> a pause shorter than the limit does not end the session
      Given the "analyst" is logged in anew
      When 1 seconds pass without use of the session of the "analyst"
      Then the session of the "analyst" is open

      Examples: boundary (RA-QC-018; high priority): last value on the open side that a clock can tell
        | tc         |
        | TC-OQ-0126 |

    @negative
    Scenario Outline: <tc> a pause longer than the limit ends the session
      Given the "analyst" is logged in anew
      When 2.3 seconds pass without use of the session of the "analyst"
      Then the session of the "analyst" is over

      Examples: negative (RA-QC-018; high priority): first value on the closed side that a clock can tell (configured limit 2 s)
        | tc         |
        | TC-OQ-0127 |

    @positive
    Scenario Outline: <tc> each use begins the idle time anew
      Given the "analyst" is logged in anew
      When 1 seconds pass without use of the session of the "analyst"
      Then the session of the "analyst" is open
      When 1 seconds pass without use of the session of the "analyst"
      Then the session of the "analyst" is open
      When 1 seconds pass without use of the session of the "analyst"
      Then the session of the "analyst" is open

      Examples: positive (RA-QC-018; high priority): pauses that together are longer than the limit (configured limit 2 s), each of them shorter, with a use after each
        | tc         |
        | TC-OQ-0192 |
