# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:74753153a50cacff65f0038d68d485d3b2a2e0e517f409921b3f660528281b47
# csvgen: body sha256:fd8e7c7f050a4c394aca8df267c39e70b9efd12af5f1e3c7d5f936d6aa0542fe
@OQ @URS-QC-016 @RA-QC-011 @risk-high
Feature: URS-QC-016 Copy of the audit trail
  Requirement: The system shall give a complete copy of the audit trail for review and inspection.
  Risk: RA-QC-011 Audit trail falsified or switched off (class 2, priority high)
  Depth: high priority asks for positive, negative, boundary

  @needs-Access @needs-AuditTrail
  Rule: ac-1 Complete export
    Shown by: pattern trail-copy@1: The trail can be read and copied for an inspector; the copy holds every entry.

    @positive
    Scenario Outline: <tc> the exported trail holds every entry
      Given the "auditor" is logged in
      When the "auditor" exports the audit trail
      Then the export holds every entry of the audit trail, unchanged

      Examples: positive: count and content of each entry are compared
        | tc         |
        | TC-OQ-0063 |
