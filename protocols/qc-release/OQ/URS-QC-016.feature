# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:43c6c91b7d636e680b5d91b098b8a0bcff5345580154878fe570e5e91ce45ff2
# csvgen: body sha256:78468c26d9bc2c043544d1c447b6d36a40fb5e526ee4f6eacf67a5a04e16fddb
@OQ @URS-QC-016 @RA-QC-011 @risk-high
Feature: URS-QC-016 Copy of the audit trail
  Requirement: The system shall give a complete copy of the audit trail for review and inspection.
  Risk: RA-QC-011 Audit trail falsified or switched off (class 2, priority high)
  Depth: high priority asks for positive, negative, boundary

  @needs-Access @needs-AuditTrail
  Rule: ac-1 Complete export
    Shown by: pattern trail-copy@1: The trail can be read and copied for an inspector; the copy holds every entry,
    > and its chain can be followed without the system.

    @positive
    Scenario Outline: <tc> the exported trail holds every entry
      Given the "auditor" is logged in
      When the "auditor" exports the audit trail
      Then the export is one chain without gaps that ends where the system says the trail ends
      And the export holds every entry of the audit trail, unchanged in every field

      Examples: positive (RA-QC-011; high priority): the chain is walked, and every field of each entry is compared
        | tc         |
        | TC-OQ-0063 |
