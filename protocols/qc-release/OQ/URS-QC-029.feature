# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:ce8c9271d8b06bccd1c24e45fa7d978f548caa483b306e78f25ca51c6274d2c8
# csvgen: body sha256:c2c932612b22c1bfc3d80f52da3fd7967c3f567db85d45a517694af7c7f375c0
@OQ @URS-QC-029 @RA-QC-020 @risk-medium
Feature: URS-QC-029 Copies of records
  Requirement: The system shall give accurate and complete copies of a record in a form to read and in a form to
  > process, with its signatures and audit entries.
  Risk: RA-QC-020 Copy incomplete (class 2, priority medium)
  Depth: medium priority asks for positive, negative, boundary

  @needs-Access @needs-AuditTrail @needs-Pipeline @needs-Records @needs-Signing
  Rule: ac-1 Both copies complete
    Shown by: pattern record-copy@1: A copy to read and a copy to process hold every field, signature and audit
    > entry of the record.

    @positive
    Scenario Outline: <tc> both copies hold all of the record
      Given the "analyst" is logged in
      And the "reviewer" is logged in
      And the "auditor" is logged in
      And lot "COPIED" has a processed result with the sample signal "1.000"
      And lot "COPIED" has been reviewed
      When the "auditor" takes a copy of lot "COPIED"
      Then the electronic copy of lot "COPIED" holds every field, signature and audit entry
      And the human-readable copy of lot "COPIED" shows every reported value, signer and meaning

      Examples: positive: each field, signature and audit entry is looked up in both copies
        | tc         |
        | TC-OQ-0142 |
