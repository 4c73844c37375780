# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:3c2b38b1108cca4084d52a7389fa54feb32fb4bb919992bd3e4fa422b6bdac59
# csvgen: body sha256:87d55d2aaa6b9dfd8ee6dcbf9cdcd0ffb226d5d1b5c03179059988580279d97c
@OQ @URS-QC-015 @RA-QC-010 @risk-high @evidence-every-step
Feature: URS-QC-015 Earlier values
  Requirement: The system shall keep every earlier value of a record readable.
  Risk: RA-QC-010 Change of a record not traceable (class 1, priority high)
  Depth: high priority asks for positive, negative, boundary, boundary-3, combination, transition, sneak,
  > audit-content, no-change; combinations of 3 values, the full table up to 64 rows; evidence at every step,
  > challenge by a seeded fault (policy default@1)

  @needs-Access @needs-Pipeline @needs-Records
  Rule: ac-1 Several changes
    Shown by: pattern value-history@1: After several changes every earlier value of a record can still be read, in
    > its order.

    @positive
    Scenario Outline: <tc> every earlier value is still there after several changes (field: storage)
      Given the "analyst" is logged in
      And lot "HISTORY" has a processed result with the sample signal "1.000"
      When the "analyst" changes "storage" of lot "HISTORY" to each of "shelf 1; shelf 2; shelf 3; cold room"
      Then the history of lot "HISTORY" shows "storage" as each of "shelf 1; shelf 2; shelf 3; cold room" in that order

      Examples: positive (RA-QC-010; high priority): record changes do not obscure what was recorded before
        | tc         |
        | TC-OQ-0062 |
