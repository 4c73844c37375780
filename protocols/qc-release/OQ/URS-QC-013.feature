# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:0962675131d7023b87e4db07a1c0400351a0cd4c5b62d19cda5f50fe3e7f0dcb
# csvgen: body sha256:e5a8dcd436e00313b7af8318caa57fc2dcc0c87f824ebaae36ab97952ab8a0bc
@OQ @URS-QC-013 @RA-QC-010 @risk-high @evidence-every-step
Feature: URS-QC-013 Audit entries
  Requirement: The system shall record who created or changed a record, when with the offset of the time zone,
  > the old and the new value and the reason of a change, and refuse a change without reason.
  Risk: RA-QC-010 Change of a record not traceable (class 1, priority high)
  Depth: high priority asks for positive, negative, boundary, boundary-3, combination, transition, sneak,
  > audit-content, no-change; combinations of 3 values, the full table up to 64 rows; evidence at every step,
  > challenge by a seeded fault (policy default@1)

  @needs-Access @needs-AuditTrail @needs-Pipeline @needs-Records
  Rule: ac-1 Create, modify, modify without reason
    Shown by: pattern audit-entry@1: Creating and changing a record leaves an entry with who, when (with offset),
    > what, old value, new value and reason; a change that is refused changes nothing.

    @positive
    Scenario Outline: <tc> creating a record leaves an entry
      Given the "analyst" is logged in
      When a constructed plate with the sample signal "1.000" is ingested and processed as lot "CREATED"
      Then the entry that creates the record of lot "CREATED" names the "analyst"
      And every entry of the audit trail of lot "CREATED" has person, printed name, time with offset and action

      Examples: positive (RA-QC-010; high priority): who, when with offset, what
        | tc         |
        | TC-OQ-0052 |

    @positive
    Scenario Outline: <tc> changing a value leaves an entry with old and new value and reason (field: storage)
      Given the "analyst" is logged in
      And lot "CHANGED" has a processed result with the sample signal "1.000"
      And "storage" of lot "CHANGED" is "shelf 1" from the beginning
      When the "analyst" changes "storage" of lot "CHANGED" to "shelf 7" because "moved after the cooler failed"
      Then the system accepts it
      And the audit trail of lot "CHANGED" tells that "storage" was changed to "shelf 7" by the "analyst" because "moved after the cooler failed"
      And the entry names "shelf 1" as the value "storage" had before

      Examples: positive (RA-QC-010; high priority): the earlier value is not obscured
        | tc         |
        | TC-OQ-0053 |

    @negative
    Scenario Outline: <tc> a change without reason is refused and changes nothing (field: storage)
      Given the "analyst" is logged in
      And lot "UNREASONED" has a processed result with the sample signal "1.000"
      And "storage" of lot "UNREASONED" is "shelf 1" from the beginning
      When the "analyst" changes "storage" of lot "UNREASONED" to "shelf 7" because " "
      Then the system refuses it
      And "storage" of lot "UNREASONED" is not "shelf 7"

      Examples: negative (RA-QC-010; high priority): Annex 11 clause 9 asks for the reason of a change
        | tc         |
        | TC-OQ-0054 |
