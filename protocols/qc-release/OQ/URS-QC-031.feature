# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:bed58bcb6e16ab5cbc11aa4b5bc8baf941bc6b6ddb55933c0f98871d47c29293
# csvgen: body sha256:0aee3a9a2d34bf3613b10b72d22c2dad053157d8be0533ca71419822eb60bacb
@OQ @URS-QC-031 @RA-QC-021 @risk-medium
Feature: URS-QC-031 Backup and restore
  Requirement: The system shall restore records from a backup completely and identically.
  Risk: RA-QC-021 Record lost before the end of its retention (class 2, priority medium)
  Depth: medium priority asks for positive, negative, boundary, combination; combinations of 2 values; evidence
  > of what is observed (policy default@1)

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

      Examples: positive (RA-QC-021; medium priority): every field of the record is compared before and after
        | tc         |
        | TC-OQ-0147 |
