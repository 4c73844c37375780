# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:41114fb445caa32f37f60ae4a64a027ec6aa2ea0cfe31619285731714850fbe3
# csvgen: body sha256:62d52c28fa8c7af8aaafd110f859056e9bc1589575c89754c87191f50940083a
@OQ @URS-QC-030 @RA-QC-021 @risk-medium
Feature: URS-QC-030 Retention
  Requirement: The system shall refuse the deletion of a record before its retention ends, to every role.
  Risk: RA-QC-021 Record lost before the end of its retention (class 2, priority medium)
  Depth: medium priority asks for positive, negative, boundary

  @needs-Access @needs-Pipeline @needs-Records
  Rule: ac-1 Attempts of every role
    Shown by: pattern retention@1: A record cannot be deleted by any role before its retention ends.

    @negative
    Scenario Outline: <tc> deletion is refused
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
