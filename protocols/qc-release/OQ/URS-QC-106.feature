# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:f668860b748bb04ed1ea9867598e48daf0920e2d6953b3d880f7c4caf1e78ade
# csvgen: body sha256:506d964ba83914f338b0a9c9eef6beba019c5e0e922eac61dc778176d9ef9c14
@OQ @URS-QC-106 @RA-QC-106 @risk-high @evidence-every-step
Feature: URS-QC-106 Many lots at once
  Requirement: The system shall give each lot of a batch what it would have got alone, tell a lot that cannot be
  > processed by name, and process the others.
  Risk: RA-QC-106 A lot of a batch gets the result of another, or none (class 1, priority high)
  Depth: high priority asks for positive, negative, boundary, boundary-3, combination, transition, sneak,
  > audit-content, no-change; combinations of 3 values, the full table up to 64 rows; evidence at every step,
  > challenge by a seeded fault (policy default@1)

  @needs-Access @needs-Pipeline @needs-Records
  Rule: ac-1 Together, and with some that cannot be processed
    Shown by: pattern many-lots@1: Lots that are processed together get what each would have got alone; one that
    > cannot be processed is told by name, and keeps none of the others from it.

    @positive
    Scenario Outline: <tc> lots of a batch get what each would have got alone
      Given the "analyst" is logged in
      When the "analyst" ingests a plate with the sample signal "1.000" as file "plate.csv" of lot "ONE"
      Then the system accepts it
      When the "analyst" ingests a plate with the sample signal "1.010" as file "plate.csv" of lot "TWO"
      Then the system accepts it
      When the "analyst" ingests a plate with the sample signal "0.900" as file "plate.csv" of lot "THREE"
      Then the system accepts it
      When the "analyst" ingests a plate with the sample signal "1.000" as file "plate.csv" of lot "FOUR"
      Then the system accepts it
      When the "analyst" processes the lots "TWO, THREE, ONE" as one batch
      Then the batch tells of 3 processed and 0 not, and its record of the same
      And of lot "TWO" it is told "accepted: lot"
      And of lot "THREE" it is told "out of specification; investigation INV-"
      And lot "THREE" is in the state "processed"
      And lot "THREE" has 1 deviation in the state "open"
      When the "analyst" processes lot "FOUR"
      Then the system accepts it
      And lots "ONE" and "FOUR" were processed alike: same outputs, runs one after the other

      Examples: positive (RA-QC-106; high priority): values, digest of outputs, verdict, investigation, numbers of the runs
        | tc         |
        | TC-OQ-0780 |

    @positive
    Scenario Outline: <tc> each lot of a batch reports its own value: <lot> (test: potency)
      Given the "analyst" is logged in
      When the "analyst" ingests a plate with the sample signal "1.000" as file "plate.csv" of lot "ONE"
      Then the system accepts it
      When the "analyst" ingests a plate with the sample signal "1.010" as file "plate.csv" of lot "TWO"
      Then the system accepts it
      When the "analyst" ingests a plate with the sample signal "0.900" as file "plate.csv" of lot "THREE"
      Then the system accepts it
      When the "analyst" processes the lots "THREE, ONE, TWO" as one batch
      Then the test "potency" of lot "<lot>" reports "<reported>" %

      Examples: positive (RA-QC-106; high priority): one exchanged for another would be seen
        | tc         | lot   | reported |
        | TC-OQ-0781 | ONE   | 100.0    |
        | TC-OQ-0782 | TWO   | 101.0    |
        | TC-OQ-0783 | THREE | 90.0     |

    @negative
    Scenario Outline: <tc> a lot that cannot be processed is told by name, and the others are processed
      Given the "analyst" is logged in
      And the "reviewer" is logged in
      And lot "DONE" has a processed result with the sample signal "1.000"
      When the "analyst" ingests a plate with the sample signal "1.000" as file "plate.csv" of lot "GOOD"
      Then the system accepts it
      When the "reviewer" processes the lots "GOOD" as one batch
      Then the system refuses it for lack of authority
      When the "analyst" processes the lots "NOBODY, DONE, GOOD" as one batch
      Then the batch tells of 1 processed and 2 not, and its record of the same
      And of lot "NOBODY" it is told "is not processed: no lot"
      And of lot "DONE" it is told "a repeat needs a signed assignable cause"
      And of lot "GOOD" it is told "accepted: lot"
      And lot "GOOD" is in the state "processed"

      Examples: negative (RA-QC-106; high priority): one that is not there, one that was processed before, one named twice
        | tc         |
        | TC-OQ-0784 |

    @negative
    Scenario Outline: <tc> one after the other in one call, a refused lot stops none behind it
      Given the "analyst" is logged in
      When the "analyst" ingests a plate with the sample signal "1.000" as file "plate.csv" of lot "LAST"
      Then the system accepts it
      When the "analyst" processes the lots "NOBODY, LAST" one by one in one call
      Then of lot "NOBODY" it is told "is not processed: no lot"
      And of lot "LAST" it is told "accepted: lot"
      And lot "LAST" is in the state "processed"

      Examples: negative (RA-QC-106; high priority): refused, then accepted
        | tc         |
        | TC-OQ-0785 |
