# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:7a0d56e2bef28e414fa85db6e726c17b69928de8b34dfc006e8768b7ea7d4282
# csvgen: body sha256:4a2c2f89c711141eb11dea3efd0b3e0cb7997d3b7310b72fd64ae7c0911e6ccf
@OQ @URS-QC-030 @RA-QC-021 @risk-medium
Feature: URS-QC-030 Retention
  Requirement: The system shall refuse the deletion of a record before its retention ends, to every role.
  Risk: RA-QC-021 Record lost before the end of its retention (class 2, priority medium)
  Depth: medium priority asks for positive, negative, boundary, combination; combinations of 2 values; evidence
  > of what is observed (policy default@1)

  @needs-Access @needs-Pipeline @needs-Records
  Rule: ac-1 Attempts of every role
    Shown by: pattern retention@1: A record cannot be deleted by any role before its retention ends.

    @negative
    Scenario Outline: <tc> deletion is refused (roles: <roles>)
      Given the "analyst" is logged in
      And lot "RETAINED" has a processed result with the sample signal "1.000"
      And the "<roles>" is logged in
      When the "<roles>" deletes lot "RETAINED" because "space is needed"
      Then the system refuses it with the words "must be kept until"
      And lot "RETAINED" is in the state "processed"

      Examples: negative (RA-QC-021; medium priority): each role, the administrator among them
        | tc         | roles         |
        | TC-OQ-0143 | analyst       |
        | TC-OQ-0144 | reviewer      |
        | TC-OQ-0145 | quality       |
        | TC-OQ-0146 | administrator |
        | TC-OQ-0208 | auditor       |
