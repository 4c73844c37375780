# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:c16af9b6035b3d29497378e3ee87d92672ab0573246dace767ddbb4baf0eae7d
# csvgen: body sha256:8429c9670a407314052bb614ee4813bad7e0efb43dd99e06fd7b37be3b2e44a4
@OQ @URS-QC-018 @RA-QC-013 @risk-low
Feature: URS-QC-018 Manifestation of a signature
  Requirement: The system shall show printed name, date and time with offset, and meaning of each signature in
  > every human-readable form of the record.
  Risk: RA-QC-013 Signature shown incompletely (class 2, priority low)
  Depth: low priority asks for positive; evidence of what is observed (policy default@1)

  @needs-Access @needs-Pipeline @needs-Signing
  Rule: ac-1 Every form
    Shown by: pattern signature-manifestation@1: Printed name, date and time with offset, and meaning of each
    > signature appear in every human-readable form of the record; without a meaning nothing is signed.

    @positive
    Scenario Outline: <tc> the form shows printed name, time and meaning
      Given the "analyst" is logged in
      And the "reviewer" is logged in
      And lot "SHOWN" has a processed result with the sample signal "1.000"
      And lot "SHOWN" has been reviewed
      Then the form "<forms>" of lot "SHOWN" shows printed name, time with offset and meaning of the signature of the "reviewer"
      And the system offers no other human-readable form than "screen; print; data"

      Examples: positive (RA-QC-013; low priority): each human-readable form
        | tc         | forms  |
        | TC-OQ-0070 | screen |
        | TC-OQ-0071 | print  |
        | TC-OQ-0072 | data   |

    @negative
    Scenario Outline: <tc> a signature without a listed meaning is refused
      Given the "analyst" is logged in
      And the "reviewer" is logged in
      And lot "MEANINGLESS" has a processed result with the sample signal "1.000"
      When the "reviewer" signs lot "MEANINGLESS" as "" because "no meaning given"
      Then the system refuses it with the words "a lot is signed as"
      When the "reviewer" signs lot "MEANINGLESS" as "noted" because "a meaning that is not listed"
      Then the system refuses it with the words "a lot is signed as"
      And lot "MEANINGLESS" carries no signature

      Examples: negative (RA-QC-013; low priority): blank and unknown meaning
        | tc         |
        | TC-OQ-0073 |
