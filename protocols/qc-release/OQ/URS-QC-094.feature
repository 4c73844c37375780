# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:a197126e83b7cab64af61e87732cb7a3a07fbdff450bb2e50fefb96630060f65
# csvgen: body sha256:1735a4be34a0ebfc5544524db4831e4f3cfe8edfee3c5673938180855ed1610e
@OQ @URS-QC-094 @RA-QC-094 @risk-high @evidence-every-step
Feature: URS-QC-094 Two people at the same time
  Requirement: The system shall carry out what two people ask at the same time one after the other, or refuse
  > one of the two and tell why, lose no accepted act, and let nobody sign what was not shown.
  Risk: RA-QC-094 What one person entered is lost because another acted at the same time (class 2, priority
  > high)
  Depth: high priority asks for positive, negative, boundary, boundary-3, combination, transition, sneak,
  > audit-content, no-change; combinations of 3 values, the full table up to 64 rows; evidence at every step,
  > challenge by a seeded fault (policy default@1)

  @needs-Access @needs-AuditTrail @needs-Connections @needs-Pipeline @needs-Records @needs-Signing
  Rule: ac-1 Changes, files, signatures and accounts
    Shown by: pattern concurrency@1: When two people act on one record at the same time, both acts happen one
    > after the other or one of the two is refused and told so; no accepted act is lost, and the audit trail tells
    > of each in the order in which it became true.

    @positive
    Scenario Outline: <tc> of two changes at the same time none is lost (meeting: <meeting>)
      Given the "analyst" is logged in
      And the "analyst-2" is logged in
      And lot "SHARED" has a processed result with the sample signal "1.000"
      When the "analyst" changes "<field>" and the "analyst-2" changes "<other>" of lot "SHARED" at the same time, 3 times
      Then every change that was accepted is one version of lot "SHARED", which keeps what the version before it said
      And whoever was refused was told so and why
      And the audit trail of lot "SHARED" tells of each accepted change once, by who made it, in the order of the versions

      Examples: positive (RA-QC-094; high priority): the second must not be made from what was there before the first
        | tc         | meeting        | field   | other   |
        | TC-OQ-0335 | two fields     | comment | storage |
        | TC-OQ-0336 | the same field | comment | comment |

    @positive
    Scenario Outline: <tc> of two files that arrive at the same time under one name none is lost
      Given the "analyst" is logged in
      And the "analyst-2" is logged in
      When the "analyst" and the "analyst-2" bring other data as the same file "plate.csv" of lot "SHARED" at the same time
      Then whoever was refused was told so and why
      And the file "plate.csv" of lot "SHARED" has a version for each that was accepted, by who brought it, and the lot names the last

      Examples: positive (RA-QC-094; high priority): the later is a new version, and the lot names the newest
        | tc         |
        | TC-OQ-0337 |

    @negative
    Scenario Outline: <tc> of two signatures that exclude each other one is made (meaning: <meaning>)
      Given the "<first>" is logged in
      And the "<second>" is logged in
      When the "<first>" and the "<second>" sign each of 3 lots "DECIDED" in the state "<state>" as "<meaning>" at the same time
      Then each time exactly one of the two was accepted
      And whoever was refused was told so and why
      And each lot carries one signature as "<meaning>", of who was accepted, and its audit trail tells of that one

      Examples: negative (RA-QC-094; high priority): a lot that is decided cannot be decided again, also not in the same moment
        | tc         | meaning  | first    | second           | state     |
        | TC-OQ-0338 | reviewed | reviewer | analyst-reviewer | processed |
        | TC-OQ-0339 | released | quality  | reviewer-quality | reviewed  |

    @negative
    Scenario Outline: <tc> what is changed while it is signed is not signed unseen (field: comment)
      Given the "analyst" is logged in
      And the "reviewer" is logged in
      When the "reviewer" signs each of 3 lots "MOVING" as "reviewed" while the "analyst" changes its "comment"
      Then whoever was refused was told so and why
      And no signature is valid on a "comment" that its signer was not shown, and no accepted change of it is lost

      Examples: negative (RA-QC-094; high priority): either the change came first and the signature is refused, or it came after and the signature is void for it
        | tc         |
        | TC-OQ-0340 |

    @negative
    Scenario Outline: <tc> of two registrations of one id one is made
      Given the "administrator" is logged in
      And the "administrator-2" is logged in
      When the "administrator" and the "administrator-2" create an account with the same id at the same time, 3 times
      Then each time exactly one of the two was accepted
      And whoever was refused was told so and why
      And each id has one account, created once by who was accepted

      Examples: negative (RA-QC-094; high priority): an id that two people give out in the same moment would belong to two accounts
        | tc         |
        | TC-OQ-0341 |
