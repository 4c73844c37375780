# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:c61dbb595b676d00823c84d2c7b529785ed9f05d45c8cb86491d7f365ae85fc3
# csvgen: body sha256:c3681385fed8ff4b5e404c18f6c8ce7dd5986c385a72206f358715e2fedb460f
@OQ @URS-QC-031 @RA-QC-021 @risk-medium
Feature: URS-QC-031 Second site
  Requirement: The system shall be put up again at a second site from a backup, with every record complete and
  > identical.
  Risk: RA-QC-021 Record lost before the end of its retention (class 2, priority medium)
  Depth: medium priority asks for positive, negative, boundary, combination; combinations of 2 values; evidence
  > of what is observed (policy default@1)

  @needs-Access @needs-Continuity @needs-Pipeline @needs-Records @needs-SecondSite
  Rule: ac-1 Put up from a backup
    Shown by: pattern second-site@1: When the site of the system is lost, the system is put up again from a backup
    > at another one, with every record.

    @positive
    Scenario Outline: <tc> the system is put up again at the second site
      Given the "administrator" is logged in
      And the "analyst" is logged in
      And lot "FAR" has a processed result with the sample signal "1.000"
      When the "administrator" makes a backup
      Then the system accepts it
      When the system is put up from that backup at the second site
      Then lot "FAR" is at the second site, field by field

      Examples: positive (RA-QC-021; medium priority): the backup is all that is left of the first
        | tc         |
        | TC-OQ-0411 |
