# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:ac85f14db0385e7f0144b6605c68b1f5675ca1d7a6fffd045689012f70dc5e77
# csvgen: body sha256:4d5b18814013a8a6f3de4d8b64280622e852a7e4de8ce28f054e01b02a771f7f
@OQ @URS-QC-016 @RA-QC-011 @risk-high @evidence-every-step
Feature: URS-QC-016 Copy of the audit trail
  Requirement: The system shall give a complete copy of the audit trail for review and inspection.
  Risk: RA-QC-011 Audit trail falsified or switched off (class 2, priority high)
  Depth: high priority asks for positive, negative, boundary, boundary-3, combination, transition, sneak,
  > audit-content, no-change; combinations of 3 values, the full table up to 64 rows; evidence at every step,
  > challenge by a seeded fault (policy default@1)

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
