# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:a4d55b95dc849818b7a8fca9d55878177bbe8d51c3ab9eaaf527e52593d278d1
# csvgen: body sha256:d0f0f3bb688c01e299a13c7844dd23b4885efbc1f1466b7db9349c8eef236c1b
@OQ @URS-QC-080 @RA-QC-080 @risk-high @evidence-every-step
Feature: URS-QC-080 States of a lot
  Requirement: The system shall change the state of a lot by the declared transitions only, refuse every other
  > act for the state the lot is in, leave the lot as it was after a refusal, and put the refusal on record.
  Risk: RA-QC-080 A lot takes a way that was never foreseen (class 1, priority high)
  Depth: high priority asks for positive, negative, boundary, boundary-3, combination, transition, sneak,
  > audit-content, no-change; combinations of 3 values, the full table up to 64 rows; evidence at every step,
  > challenge by a seeded fault (policy default@1)

  @needs-Access @needs-AuditTrail @needs-Pipeline @needs-Records @needs-Signing
  Rule: ac-1 Declared transitions and nothing else
    Shown by: pattern state-machine@1: A record changes its state by the declared transitions and by nothing else.
    Constraint X-1: state=processed and act=be processed cannot be: a processed lot is processed again after a
    > signed assignable cause only; that is a guard, and is tried as one

    @positive
    Scenario Outline: <tc> <state> is reached
      Given lot "WAY" has begun with the sample signal "1.000"
      When lot "WAY" is taken the way "<way>"
      Then the system accepts each act of the way
      And lot "WAY" is in the state "<state>"

      Examples: positive (RA-QC-080; high priority): the shortest declared way to each state
        | tc         | way                                                                          | state     |
        | TC-OQ-0412 | analyst: be processed                                                        | processed |
        | TC-OQ-0413 | analyst: be processed; reviewer: be signed as reviewed                       | reviewed  |
        | TC-OQ-0414 | analyst: be processed; reviewer: be signed as reviewed; quality: be released | released  |
        | TC-OQ-0415 | analyst: be processed; reviewer: be signed as reviewed; quality: be rejected | rejected  |

    @negative
    Scenario Outline: <tc> in the state <state> a lot that does not meet the guard cannot <act> (signal: <signal>)
      Given lot "GUARD" has come to the state "<state>" with the sample signal "<signal>"
      And the record and the audit trail of lot "GUARD" have been read
      When the "<role>" asks for lot "GUARD" to "<act>"
      Then the system refuses it with the words "<words>"
      And lot "GUARD" is in the state "<state>"
      And every field of lot "GUARD" is as before
      And the audit trail of lot "GUARD" has grown by the refusal only

      Examples: negative (RA-QC-080; high priority): the act is declared for the state and the role has the right; only the guard is not met
        | tc         | state     | signal | role    | act          | words                                          |
        | TC-OQ-0416 | processed | 1.000  | analyst | be processed | a repeat needs a signed assignable cause       |
        | TC-OQ-0417 | reviewed  | 1.200  | quality | be released  | is out of specification and cannot be released |

    @transition
    Scenario Outline: <tc> <act>, from <from> to <to> (role: <role>)
      Given lot "MOVE" has come to the state "<from>" with the sample signal "1.000"
      When the "<role>" asks for lot "MOVE" to "<act>"
      Then the system accepts it
      And lot "MOVE" is in the state "<to>"

      Examples: transition (RA-QC-080; high priority): every declared transition; 5 states x 6 acts = 30 pairs: 10 declared, 19 not declared and tried, 1 excluded by X-1
        | tc         | from       | act                   | role     | to         |
        | TC-OQ-0418 | registered | be processed          | analyst  | processed  |
        | TC-OQ-0419 | registered | take another file     | analyst  | registered |
        | TC-OQ-0420 | registered | be changed            | analyst  | registered |
        | TC-OQ-0421 | processed  | be signed as reviewed | reviewer | reviewed   |
        | TC-OQ-0422 | processed  | take another file     | analyst  | processed  |
        | TC-OQ-0423 | processed  | be changed            | analyst  | processed  |
        | TC-OQ-0424 | reviewed   | be released           | quality  | released   |
        | TC-OQ-0425 | reviewed   | be rejected           | quality  | rejected   |
        | TC-OQ-0426 | reviewed   | take another file     | analyst  | processed  |
        | TC-OQ-0427 | reviewed   | be changed            | analyst  | processed  |

    @sneak
    Scenario Outline: <tc> in the state <state> a lot cannot <act> (role: <role>)
      Given lot "SNEAK" has come to the state "<state>" with the sample signal "1.000"
      And the record and the audit trail of lot "SNEAK" have been read
      When the "<role>" asks for lot "SNEAK" to "<act>"
      Then the system refuses it because the lot is "<state>"
      And lot "SNEAK" is in the state "<state>"
      And every field of lot "SNEAK" is as before
      And the audit trail of lot "SNEAK" has grown by the refusal only

      Examples: sneak (RA-QC-080; high priority): every pair of state and act that no transition is declared for, asked by a role that may do the act elsewhere; 5 states x 6 acts = 30 pairs: 10 declared, 19 not declared and tried, 1 excluded by X-1
        | tc         | state      | act                   | role     |
        | TC-OQ-0428 | registered | be signed as reviewed | reviewer |
        | TC-OQ-0429 | registered | be released           | quality  |
        | TC-OQ-0430 | registered | be rejected           | quality  |
        | TC-OQ-0431 | processed  | be released           | quality  |
        | TC-OQ-0432 | processed  | be rejected           | quality  |
        | TC-OQ-0433 | reviewed   | be processed          | analyst  |
        | TC-OQ-0434 | reviewed   | be signed as reviewed | reviewer |
        | TC-OQ-0435 | released   | take another file     | analyst  |
        | TC-OQ-0436 | released   | be processed          | analyst  |
        | TC-OQ-0437 | released   | be changed            | analyst  |
        | TC-OQ-0438 | released   | be signed as reviewed | reviewer |
        | TC-OQ-0439 | released   | be released           | quality  |
        | TC-OQ-0440 | released   | be rejected           | quality  |
        | TC-OQ-0441 | rejected   | take another file     | analyst  |
        | TC-OQ-0442 | rejected   | be processed          | analyst  |
        | TC-OQ-0443 | rejected   | be changed            | analyst  |
        | TC-OQ-0444 | rejected   | be signed as reviewed | reviewer |
        | TC-OQ-0445 | rejected   | be released           | quality  |
        | TC-OQ-0446 | rejected   | be rejected           | quality  |
