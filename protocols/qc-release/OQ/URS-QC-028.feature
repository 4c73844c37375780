# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:b7e23a6206d94a3047ce797c28c536dbe8f97f3a131f7710ca4a362386c766f4
# csvgen: body sha256:885693cc239132701ce69a661bc74f47c739e60e756a2cb0a6c0899f8ed43173
@OQ @URS-QC-028 @RA-QC-019 @risk-high
Feature: URS-QC-028 Unique accounts
  Requirement: The system shall give a user id to one person only and never again to another, whatever its
  > spelling.
  Risk: RA-QC-019 Same id for two people (class 2, priority high)
  Depth: high priority asks for positive, negative, boundary

  @needs-Access
  Rule: ac-1 Taken, similar and retired ids
    Shown by: pattern account-uniqueness@1: An id belongs to one person for ever; neither the id nor one that
    > looks like it, nor a retired one, is given out again.

    @positive
    Scenario Outline: <tc> a new id is given once
      Given the "administrator" is logged in
      When the "administrator" creates an account with a new id
      Then the system accepts it

      Examples: positive: the valid class
        | tc         |
        | TC-OQ-0135 |

    @negative
    Scenario Outline: <tc> a taken id and its variants are refused
      Given the "administrator" is logged in
      And the "administrator" has created an account with a new id
      When the "administrator" creates an account with the id "<id>" made from it
      Then the system refuses it

      Examples: negative: the same id, other spellings of it
        | tc         | variant            | id                  |
        | TC-OQ-0136 | the same id        | {id}                |
        | TC-OQ-0137 | capital letters    | upper case          |
        | TC-OQ-0138 | with a space       | leading space       |
        | TC-OQ-0139 | full-width letter  | full-width letter   |
        | TC-OQ-0140 | look-alike letters | Cyrillic look-alike |

    @negative
    Scenario Outline: <tc> a retired id is not given out again
      Given the "administrator" is logged in
      And the "administrator" has created an account with a new id
      And the "administrator" has retired that account
      When the "administrator" creates an account with the id "{id}" made from it
      Then the system refuses it

      Examples: negative: no reuse, no reassignment
        | tc         |
        | TC-OQ-0141 |
