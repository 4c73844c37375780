# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:e9e9cf7cc77aa62a2f516b4a76d340ef0f5041098d0dcbb80f3e43664d04b1fd
# csvgen: body sha256:e1090c3872d6a8e956f13a16e6ff9770aabecc084787268b7af220fcc2c2f466
@OQ @URS-QC-031 @RA-QC-021 @risk-medium
Feature: URS-QC-031 Second site
  Requirement: The system shall be put up again at a second site from a backup, with every record complete and
  > identical.
  Risk: RA-QC-021 Record lost before the end of its retention (class 2, priority medium)
  Depth: medium priority asks for positive, negative, boundary, combination; combinations of 2 values; evidence
  > of what is observed (policy default@1)

  @needs-Access @needs-AuditTrail @needs-Continuity @needs-Pipeline @needs-Records @needs-SecondSite @needs-Signing
  Rule: ac-1 Put up from a backup
    Shown by: pattern second-site@1: When the site of the system is lost, the system is put up again from a backup
    > at another one, with every record in every version, the whole audit trail and the signatures.

    @positive
    Scenario Outline: <tc> the system is put up again at the second site
      Given the "administrator" is logged in
      And the "analyst" is logged in
      And the "reviewer" is logged in
      And lot "FAR" has a processed result with the sample signal "1.000"
      And lot "FAR" has been reviewed
      When the "administrator" makes a backup
      Then the system accepts it
      When all that the system holds is read, to be compared later
      And the system is put up from that backup at the second site
      Then every record is there in every version, and no other
      And lot "FAR" is at the second site, field by field
      And the audit trail is there to the recovery point, entry by entry, and goes on with the entry of the restore
      And the system's own check of the audit trail finds it unbroken there
      And the signatures of lot "FAR" are there, each as valid as before

      Examples: positive (RA-QC-021; medium priority): the backup is all that is left of the first; every record the audit trail tells of is read at both
        | tc         |
        | TC-OQ-0411 |
