# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:360c0705fccf3e101813ec019771487d56a7d025e8fd9119d0d39149634824eb
# csvgen: body sha256:e65e281aed841843e9e69abbf4dcd17e586d348c93b746694eacf8bf48f6b146
@OQ @URS-QC-048 @RA-QC-033 @risk-medium
Feature: URS-QC-048 Conditions of release
  Requirement: The system shall refuse the release of a lot while a procedure it needs is not in effect, or
  > somebody who worked on it was not trained in that procedure, and take a version of a procedure once and for no
  > day that is past, and training for no day to come.
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

  @needs-Access @needs-Installation @needs-Pipeline @needs-Records
  Rule: ac-2 What is put on record of them
    Shown by: pattern procedure-record@1: A version of a procedure is put on record once, from today on or later;
    > training is recorded for a version that is there, for a day that is not to come, and never ends before it
    > began.

    @positive
    Scenario Outline: <tc> each version is put on record once
      Given the "quality" is logged in
      When the "quality" puts the procedure "ONE" version "1" on record, in effect from "{today}"
      Then the system accepts it
      And the record of it says what was put on record
      When the "quality" puts the procedure "ONE" version "2" on record, in effect from "{today+1}"
      Then the system accepts it
      And the record of it says what was put on record
      When the "quality" puts the procedure "ONE" version "1" on record, in effect from "{today+1}"
      Then the system refuses it with the words "is on record already"
      When the "quality" puts the procedure "ONE" version "2" on record, in effect from "{today+1}"
      Then the system refuses it with the words "is on record already"

      Examples: positive (RA-QC-033; medium priority): a new one, a later one, and the first again
        | tc         |
        | TC-OQ-0666 |

    @negative
    Scenario Outline: <tc> no procedure is put in effect for days that are past
      Given the "quality" is logged in
      When the "quality" puts the procedure "PAST" version "1" on record, in effect from "{today-1}"
      Then the system refuses it by the rule "RR-F01"
      When the "quality" puts the procedure "PAST" version "1" on record, in effect from "{today}"
      Then the system accepts it

      Examples: negative (RA-QC-033; medium priority): last value on the refused side; that version is then still free, so nothing of it was put on record
        | tc         |
        | TC-OQ-0667 |

    @boundary
    Scenario Outline: <tc> training of today, valid for today alone
      Given the "quality" is logged in
      And the "administrator" is logged in
      And a new account with the role "analyst"
      When the "quality" puts the procedure "TODAY" version "1" on record, in effect from "{today}"
      Then the system accepts it
      When the "administrator" records that the new account was trained in the procedure "TODAY" version "1" on "{today}", valid until "{today}"
      Then the system accepts it
      And the record of it says what was put on record

      Examples: boundary (RA-QC-033; medium priority): first values on the accepted side
        | tc         |
        | TC-OQ-0668 |

    @negative
    Scenario Outline: <tc> training that is to come, ends before it began, or is of no version there, is refused
      Given the "quality" is logged in
      And the "administrator" is logged in
      And a new account with the role "analyst"
      When the "quality" puts the procedure "UNTRUE" version "1" on record, in effect from "{today}"
      Then the system accepts it
      When the "administrator" records that the new account was trained in the procedure "UNTRUE" version "1" on "{today+1}", valid until "{today+9}"
      Then the system refuses it by the rule "RR-F01"
      When the "administrator" records that the new account was trained in the procedure "UNTRUE" version "1" on "{today-1}", valid until "{today-2}"
      Then the system refuses it by the rule "RR-F01"
      When the "administrator" records that the new account was trained in the procedure "UNTRUE" version "2" on "{today}", valid until "{today+9}"
      Then the system refuses it because of the "input"

      Examples: negative (RA-QC-033; medium priority): first values on the refused side
        | tc         |
        | TC-OQ-0669 |
