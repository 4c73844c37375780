# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:221b8a9db4de47d3e1645bee2a925352d0217d7ae735223364cbafd3709bec9e
# csvgen: body sha256:d84c8a5e2dd9f9fb32a5e59a3d5fbbc9d97008022c0823e00625184e22a316b6
@OQ @URS-QC-031 @RA-QC-021 @risk-medium
Feature: URS-QC-031 Backup and restore
  Requirement: The system shall restore records from a backup completely and identically.
  Risk: RA-QC-021 Record lost before the end of its retention (class 2, priority medium)
  Depth: medium priority asks for positive, negative, boundary

  @needs-Access @needs-Continuity @needs-Pipeline @needs-Records
  Rule: ac-1 Restore into an empty environment
    Shown by: pattern backup-restore@1: A backup restored into an empty environment gives back every record,
    > complete and identical.

    @positive
    Scenario Outline: <tc> a restored record is identical
      Given the "administrator" is logged in
      And the "analyst" is logged in
      And lot "SAVED" has a processed result with the sample signal "1.000"
      When the "administrator" makes a backup and restores it into an empty environment
      Then lot "SAVED" is restored identically

      Examples: positive: every field of the record is compared before and after
        | tc         |
        | TC-OQ-0147 |
