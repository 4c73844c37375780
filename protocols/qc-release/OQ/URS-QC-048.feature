# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:7b8f9910eac6e83bf1b676fc18645edc6d2c96fae7bc93d2b46c7a5ae55b09fb
# csvgen: body sha256:a11ab0515c74cbf4c2463ec2d1a30ba658aa171dfb5adebbb076cebdcc501ea5
@OQ @URS-QC-048 @RA-QC-033 @risk-medium
Feature: URS-QC-048 Conditions of release
  Requirement: The system shall refuse the release of a lot while a procedure it needs is not in effect, or
  > somebody who worked on it was not trained in that procedure.
  Risk: RA-QC-033 Work of untrained people, or without a procedure (class 2, priority medium)
  Depth: medium priority asks for positive, negative, boundary, combination; combinations of 2 values; evidence
  > of what is observed (policy default@1)

  @needs-Access @needs-Installation @needs-Pipeline @needs-Signing
  Rule: ac-1 Training and procedure
    Shown by: pattern release-conditions@1: A lot is released only when everybody who worked on it was trained in
    > the procedures it needs, and these are in effect.

    @negative
    Scenario Outline: <tc> a lot of a person without training is not released until the training is on record
      Given the "analyst" is logged in
      And the "administrator" is logged in
      And the "reviewer" is logged in
      And the "quality" is logged in
      And a new account with the role "analyst"
      When the new account ingests and processes a constructed plate with the sample signal "1.000" as lot "UNTRAINED"
      Then the system accepts it
      When the "reviewer" signs lot "UNTRAINED" as "reviewed" because "data reviewed"
      Then the system accepts it
      When the "quality" signs lot "UNTRAINED" as "released" because "all results in specification"
      Then the system refuses it with the words "was not trained in SOP-QC-001"
      And lot "UNTRAINED" is in the state "reviewed"
      When the "reviewer" records the training of the new account in "SOP-QC-001" version "1"
      Then the system refuses it for lack of authority
      When the "administrator" records the training of the new account in "SOP-QC-001" version "1"
      Then the system accepts it
      When the "quality" signs lot "UNTRAINED" as "released" because "all results in specification"
      Then the system accepts it
      And lot "UNTRAINED" is in the state "released"

      Examples: negative (RA-QC-033; medium priority): the same lot, before and after the record of training
        | tc         |
        | TC-OQ-0242 |

    @negative
    Scenario Outline: <tc> a lot whose procedure is not in effect is not released
      Given the "analyst" is logged in
      And the "reviewer" is logged in
      And the "quality" is logged in
      And lot "EARLY" has a processed result with the sample signal "1.000"
      And lot "EARLY" has been reviewed
      And the "quality" has said that the method "LIN-01" needs a procedure that is in effect from tomorrow
      When the "quality" signs lot "EARLY" as "released" because "all results in specification"
      Then the system refuses it with the words "is not in effect"
      And lot "EARLY" is in the state "reviewed"
      When the "quality" says that the method "LIN-01" needs no procedure any more
      Then the system accepts it
      When the "quality" signs lot "EARLY" as "released" because "all results in specification"
      Then the system accepts it
      And lot "EARLY" is in the state "released"

      Examples: negative (RA-QC-033; medium priority): a procedure in effect from tomorrow; the condition is taken back at the end
        | tc         |
        | TC-OQ-0243 |

    @positive
    Scenario Outline: <tc> a lot of trained people under an effective procedure is released
      Given the "analyst" is logged in
      And the "reviewer" is logged in
      And the "quality" is logged in
      And lot "TRAINED" has a processed result with the sample signal "1.000"
      And lot "TRAINED" has been reviewed
      When the "quality" signs lot "TRAINED" as "released" because "all results in specification"
      Then the system accepts it
      And lot "TRAINED" is in the state "released"

      Examples: positive (RA-QC-033; medium priority): the valid class
        | tc         |
        | TC-OQ-0244 |
