# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:80b0805fec1a1740600fd370859719d27dd70801cdfd1b77cb7e4901dbb0c5a8
# csvgen: body sha256:c2f653bc2cc9fd4e44e74cd9e56a1a1f5b35d1facf3e0b597761f877aab9e2a5
@OQ @URS-QC-028 @RA-QC-019 @risk-high
Feature: URS-QC-028 Unique accounts
  Requirement: The system shall give a user id to one person only and never again to another, nor an id that
  > differs from it only in case, width, blanks, the separators point and hyphen, or characters drawn alike (o and
  > 0; i, l and 1; Cyrillic for Latin letters).
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

      Examples: positive (RA-QC-019; high priority): the valid class
        | tc         |
        | TC-OQ-0135 |

    @negative
    Scenario Outline: <tc> a taken id and its variants are refused
      Given the "administrator" is logged in
      And the "administrator" has created an account with a new id
      When the "administrator" creates an account with the id "<id>" made from it
      Then the system refuses it with the words "belongs, or belonged"

      Examples: negative (RA-QC-019; high priority): the same id, other spellings of it
        | tc         | variant            | id                  |
        | TC-OQ-0136 | the same id        | {id}                |
        | TC-OQ-0137 | capital letters    | upper case          |
        | TC-OQ-0138 | with a space       | leading space       |
        | TC-OQ-0139 | full-width letter  | full-width letter   |
        | TC-OQ-0140 | look-alike letters | Cyrillic look-alike |
        | TC-OQ-0203 | points for hyphens | dots for hyphens    |
        | TC-OQ-0204 | without hyphens    | without hyphens     |
        | TC-OQ-0205 | zero for o         | zero for o          |
        | TC-OQ-0206 | one for i          | one for i           |
        | TC-OQ-0207 | l for i            | l for i             |

    @negative
    Scenario Outline: <tc> a retired id is not given out again
      Given the "administrator" is logged in
      And the "administrator" has created an account with a new id
      And the "administrator" has retired that account
      When the "administrator" creates an account with the id "{id}" made from it
      Then the system refuses it with the words "belongs, or belonged"

      Examples: negative (RA-QC-019; high priority): no reuse, no reassignment
        | tc         |
        | TC-OQ-0141 |
