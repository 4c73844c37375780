# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:cb49a42e765da1ea4e9ca9459f8c430e97449c323b7a942462dda80a8c8b7a4d
# csvgen: body sha256:22d9a4ca41ba542a9619397c795d95da68fef7bd4e5876da8ea6d8f47e8f1fd0
@OQ @URS-QC-004 @RA-QC-003 @risk-high
Feature: URS-QC-004 Potency
  Requirement: The system shall compute the potency of a sample in percent of the label claim as the mean of the
  > concentrations read from the calibration, and keep the unrounded value beside the reported one.
  Risk: RA-QC-003 Wrong potency (class 1, priority high)
  Depth: high priority asks for positive, negative, boundary

  @needs-Access @needs-Pipeline
  Rule: ac-1 Hand-worked example
    Shown by: pattern calculation@1: The reportable values of a lot are compared with values worked by hand:
    > author, checker and the working itself are printed in the specification. The inputs are small enough to be
    > repeated with a pocket calculator.

    @positive
    Scenario Outline: <tc> hand-worked values are reproduced
      Given the "analyst" is logged in
      When the inputs of the oracle "ORA-POTENCY-1" are ingested and processed as lot "ORA-POTENCY-1"
      Then every expected value of the oracle "ORA-POTENCY-1" is reported for lot "ORA-POTENCY-1"

      Examples: positive: every expected value of the oracle is reported, digit for digit
        | tc         |
        | TC-OQ-0018 |

    @negative
    Scenario Outline: <tc> a file that is not what it should be gives no result
      Given the "analyst" is logged in
      When the "analyst" ingests the file "<file>" as lot "<case>" with instrument "PR-001"
      And the "analyst" processes lot "<case>"
      Then the system refuses it
      And lot "<case>" has no reportable result

      Examples: negative: a damaged or incomplete file is refused and the lot has no reportable result
        | tc         | case                | file                         |
        | TC-OQ-0019 | truncated file      | bad/plate-truncated.csv      |
        | TC-OQ-0020 | one calibrator only | bad/plate-one-calibrator.csv |
        | TC-OQ-0021 | not a number        | bad/plate-nan.csv            |

  @needs-Access @needs-Pipeline
  Rule: ac-2 Real instrument export against the instrument's own software
    Shown by: pattern instrument-agreement@1: Real instrument exports carry numbers the instrument's own software
    > computed. They are an independent second computation on real data: the system must agree within the rounding
    > of what the instrument printed.

    @positive
    Scenario Outline: <tc> the instrument software's own values are reproduced
      Given the "analyst" is logged in
      When the "analyst" ingests the file "<file>" sample "<sample>" as lot "<sample>" with the instrument it names
      And the "analyst" processes lot "<sample>"
      Then the "<quantity>" of lot "<sample>" agrees with the values printed in "<file>" within <tolerance> percent

      Examples: positive: real data, second computation by software that is not ours
        | tc         | file               | sample | quantity      | tolerance |
        | TC-OQ-0022 | gen5-bca-plate.txt | SPL1   | concentration | 0.2       |
        | TC-OQ-0023 | gen5-bca-plate.txt | SPL4   | concentration | 0.2       |
