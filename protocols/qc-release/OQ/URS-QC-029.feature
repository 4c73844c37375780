# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:fc5d7f631936d6891335ae50da33a54ff5f28bbe698245e0c2f04c06d3e37fc1
# csvgen: body sha256:6e837b0c47dee19a60d6db22cbf8c7e91acdef27c99b9c1d49183f291ba7f289
@OQ @URS-QC-029 @RA-QC-020 @risk-medium
Feature: URS-QC-029 Copies of records
  Requirement: The system shall give accurate and complete copies of a record in a form to read and in a form to
  > process, with its signatures and audit entries.
  Risk: RA-QC-020 Copy incomplete (class 2, priority medium)
  Depth: medium priority asks for positive, negative, boundary, combination; combinations of 2 values; evidence
  > of what is observed (policy default@1)

  @needs-Access @needs-AuditTrail @needs-Pipeline @needs-Records @needs-Signing
  Rule: ac-1 Both copies complete
    Shown by: pattern record-copy@1: The copy to process holds every field, signature and audit entry of the
    > record; the copy to read shows its reported values, signatures and audit entries.

    @positive
    Scenario Outline: <tc> both copies hold all of the record
      Given the "analyst" is logged in
      And the "reviewer" is logged in
      And the "auditor" is logged in
      And lot "COPIED" has a processed result with the sample signal "1.000"
      And lot "COPIED" has been reviewed
      When the "auditor" takes a copy of lot "COPIED"
      Then the electronic copy of lot "COPIED" holds every field, signature and audit entry
      And the human-readable copy of lot "COPIED" shows every reported value, signature and audit entry

      Examples: positive (RA-QC-020; medium priority): compared one by one; fields and audit entries by name in the copy to process, reported values, signatures and audit entries in the copy to read
        | tc         |
        | TC-OQ-0142 |
