# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:546966a8a1960d4c818e01d2bdc6ee3cae6db82e39040f0a8d63162c64a8cec7
# csvgen: body sha256:5300d8be7fbc52a7f4582432e7f7d67743f62a68427118d02bcc708d5fd29932
@OQ @URS-QC-015 @RA-QC-010 @risk-high
Feature: URS-QC-015 Earlier values
  Requirement: The system shall keep every earlier value of a record readable.
  Risk: RA-QC-010 Change of a record not traceable (class 1, priority high)
  Depth: high priority asks for positive, negative, boundary

  @needs-Access @needs-Pipeline @needs-Records
  Rule: ac-1 Several changes
    Shown by: pattern value-history@1: After several changes every earlier value of a record can still be read, in
    > its order.

    @positive
    Scenario Outline: <tc> every earlier value is still there after several changes
      Given the "analyst" is logged in
      And lot "HISTORY" has a processed result with the sample signal "1.000"
      When the "analyst" changes "storage" of lot "HISTORY" to each of "shelf 1; shelf 2; shelf 3; cold room"
      Then the history of lot "HISTORY" shows "storage" as each of "shelf 1; shelf 2; shelf 3; cold room" in that order

      Examples: positive (RA-QC-010; high priority): record changes do not obscure what was recorded before
        | tc         |
        | TC-OQ-0062 |
