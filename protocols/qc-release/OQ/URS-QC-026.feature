# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:21cb20c391c1ca50ae0cb21de56bb9ebb7b7cabc2deac1e0c1500f87df6d101c
# csvgen: body sha256:33748d3c8d77e336df6a06e48c37bfdc02b6b831fa4bc55e7191d3ea0574447b
@OQ @URS-QC-026 @RA-QC-018 @risk-high @evidence-every-step
Feature: URS-QC-026 Idle sessions
  Requirement: The system shall end a session that was not used for the configured time.
  Risk: RA-QC-018 Session left open (class 1, priority high)
  Depth: high priority asks for positive, negative, boundary, boundary-3, combination, transition, sneak,
  > audit-content, no-change; combinations of 3 values, the full table up to 64 rows; evidence at every step,
  > challenge by a seeded fault (policy default@1)

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
      When 2 seconds pass without use of the session of the "analyst"
      Then the session of the "analyst" is open

      Examples: boundary (RA-QC-018; high priority): 2 s of the configured 5 s; nearer to the limit the load of the machine would decide
        | tc         |
        | TC-OQ-0126 |

    @negative
    Scenario Outline: <tc> a pause longer than the limit ends the session
      Given the "analyst" is logged in anew
      When 5.3 seconds pass without use of the session of the "analyst"
      Then the session of the "analyst" is over

      Examples: negative (RA-QC-018; high priority): 5.3 s where 5 s are configured; nearer to the limit the load of the machine would decide
        | tc         |
        | TC-OQ-0127 |

    @positive
    Scenario Outline: <tc> each use begins the idle time anew
      Given the "analyst" is logged in anew
      When 2 seconds pass without use of the session of the "analyst"
      Then the session of the "analyst" is open
      When 2 seconds pass without use of the session of the "analyst"
      Then the session of the "analyst" is open
      When 2 seconds pass without use of the session of the "analyst"
      Then the session of the "analyst" is open

      Examples: positive (RA-QC-018; high priority): pauses that together are longer than the limit (configured limit 5 s), each of them shorter, with a use after each
        | tc         |
        | TC-OQ-0192 |
