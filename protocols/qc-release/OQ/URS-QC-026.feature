# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:822dde01b08a7fbd0ecd0ed86ed719269cab03c21e48c2d1f86909e867d7b9d0
# csvgen: body sha256:19e0091657e388a6187f9927b941edbd21e4d76ea16aa0706d42d00b426b857e
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

      Examples: positive: the valid class
        | tc         |
        | TC-OQ-0125 |

    @boundary
    Scenario Outline: <tc> a pause shorter than the limit does not end the session
      Given the "analyst" is logged in anew
      When 1.5 seconds pass without use of the session of the "analyst"
      Then the session of the "analyst" is open

      Examples: boundary: last value on the open side that a clock can tell
        | tc         |
        | TC-OQ-0126 |

    @negative
    Scenario Outline: <tc> a pause longer than the limit ends the session
      Given the "analyst" is logged in anew
      When 3.5 seconds pass without use of the session of the "analyst"
      Then the session of the "analyst" is over

      Examples: negative: first value on the closed side that a clock can tell (configured limit {{ idle }} s)
        | tc         |
        | TC-OQ-0127 |
