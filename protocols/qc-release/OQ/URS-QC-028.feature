# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:1071dbc7d731f2a6749afe847b2f6319eb4c5c31cb008ea4eff6fd648502d2ad
# csvgen: body sha256:094ca120c89f2bd32d150c30e5587b65b8f76ab4237794ba81392ccc6bffde03
@OQ @URS-QC-028 @RA-QC-019 @risk-high @evidence-every-step
Feature: URS-QC-028 Unique accounts
  Requirement: The system shall give a user id to one person only and never again to another, nor an id that
  > differs from it only in case, width, blanks, the separators point and hyphen, or characters drawn alike (o and
  > 0; i, l and 1; Cyrillic for Latin letters).
  Risk: RA-QC-019 Same id for two people (class 2, priority high)
  Depth: high priority asks for positive, negative, boundary, boundary-3, combination, transition, sneak,
  > audit-content, no-change; combinations of 3 values, the full table up to 64 rows; evidence at every step,
  > challenge by a seeded fault (policy default@1)

  @needs-Access @needs-AuditTrail
  Rule: ac-1 Taken, similar and retired ids
    Shown by: pattern account-uniqueness@1: An id belongs to one person for ever; neither the id nor one that
    > looks like it, nor a retired one, is given out again.

    @positive
    Scenario Outline: <tc> a new id is given once
      Given the "administrator" is logged in
      And the end of the audit trail is noted
      When the "administrator" creates an account with a new id
      Then the system accepts it
      And the new account is listed once, active, as it was asked for, with the role "analyst"
      And since then the audit trail tells that the "administrator" did "create"

      Examples: positive (RA-QC-019; high priority): the valid class
        | tc         |
        | TC-OQ-0135 |

    @negative
    Scenario Outline: <tc> a taken id and its variants are refused (variant: <variant>)
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
      And the accounts and the end of the audit trail are noted
      When the "administrator" creates an account with the id "{id}" made from it
      Then the system refuses it with the words "belongs, or belonged"
      And every account is as noted, and there is no other

      Examples: negative (RA-QC-019; high priority): no reuse, no reassignment
        | tc         |
        | TC-OQ-0141 |

    @audit-content
    Scenario Outline: <tc> giving an id out and a refusal are on record
      Given the "administrator" is logged in
      And the accounts and the end of the audit trail are noted
      When the "administrator" creates an account with a new id
      Then the system accepts it
      And since then the audit trail tells that the "administrator" did "create"
      When the "administrator" creates an account with the id "{id}" made from it
      Then the system refuses it with the words "belongs, or belonged"
      And since then the audit trail tells that the "administrator" did "create-account-refused" because "belongs, or belonged"

      Examples: audit-content (RA-QC-019; high priority): who, when with offset, and why it was refused
        | tc         |
        | TC-OQ-0293 |

    @no-change
    Scenario Outline: <tc> a refused id changes no account (variant: <variant>)
      Given the "administrator" is logged in
      And the "administrator" has created an account with a new id
      And the accounts and the end of the audit trail are noted
      When the "administrator" creates an account with the id "<id>" made from it
      Then the system refuses it with the words "belongs, or belonged"
      And every account is as noted, and there is no other
      And the password of the new account still opens it

      Examples: no-change (RA-QC-019; high priority): the person who has the id keeps it, with name, roles and password
        | tc         | variant            | id                  |
        | TC-OQ-0294 | the same id        | {id}                |
        | TC-OQ-0295 | capital letters    | upper case          |
        | TC-OQ-0296 | with a space       | leading space       |
        | TC-OQ-0297 | full-width letter  | full-width letter   |
        | TC-OQ-0298 | look-alike letters | Cyrillic look-alike |
        | TC-OQ-0299 | points for hyphens | dots for hyphens    |
        | TC-OQ-0300 | without hyphens    | without hyphens     |
        | TC-OQ-0301 | zero for o         | zero for o          |
        | TC-OQ-0302 | one for i          | one for i           |
        | TC-OQ-0303 | l for i            | l for i             |
