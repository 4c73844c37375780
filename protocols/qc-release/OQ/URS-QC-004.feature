# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:afa24c96b896f5511c69e6d4bf8f6d66d0897fd6bf12433acbfff5e726a7c3df
# csvgen: body sha256:a7d3cdc8baad657b0336f98da2a8b1aa25fe08c01ad613b06492d69178b73ada
@OQ @URS-QC-004 @RA-QC-003 @risk-high @evidence-every-step
Feature: URS-QC-004 Potency
  Requirement: The system shall compute the potency of a sample in percent of the label claim as the mean of the
  > concentrations read from the calibration, and keep the unrounded value beside the reported one.
  Risk: RA-QC-003 Wrong potency (class 1, priority high)
  Depth: high priority asks for positive, negative, boundary, boundary-3, combination, transition, sneak,
  > audit-content, no-change; combinations of 3 values, the full table up to 64 rows; evidence at every step,
  > challenge by a seeded fault (policy default@1)

  @needs-Access @needs-Pipeline
  Rule: ac-1 Hand-worked example
    Shown by: pattern calculation@1: The reportable values of a lot are compared with values worked by hand:
    > author, checker and the working itself are printed in the specification. The inputs are small enough to be
    > repeated with a pocket calculator.

    @positive
    Scenario Outline: <tc> hand-worked values are reproduced (oracle: ORA-POTENCY-1)
      Given the "analyst" is logged in
      When the inputs of the oracle "ORA-POTENCY-1" are ingested and processed as lot "ORA-POTENCY-1"
      Then the system accepts it
      And every expected value of the oracle "ORA-POTENCY-1" is reported for lot "ORA-POTENCY-1"

      Examples: positive (RA-QC-003; high priority): every expected value of the oracle is reported; an unrounded value to every decimal of the oracle
        | tc         |
        | TC-OQ-0018 |

    @negative
    Scenario Outline: <tc> a file that is not what it should be gives no result (case: <case>)
      Given the "analyst" is logged in
      When the "analyst" ingests the file "<file>" as lot "<case>" with instrument "PR-001"
      Then the system <arrival> it
      And the words of the answer hold "<words>"
      When the "analyst" processes lot "<case>"
      Then the system refuses it with the words "<processing>"
      And lot "<case>" has no reportable result

      Examples: negative (RA-QC-003; high priority): a damaged file is refused on arrival with its place in the file, data that cannot be calculated at processing; the lot has no reportable result
        | tc         | case                | file                         | arrival | words                                                                      | processing        |
        | TC-OQ-0019 | truncated file      | bad/plate-truncated.csv      | refuses | bad/plate-truncated.csv:6: the file is truncated: its last line has no end | no lot            |
        | TC-OQ-0020 | one calibrator only | bad/plate-one-calibrator.csv | accepts | registered as version 1                                                    | too few points: 1 |
        | TC-OQ-0021 | not a number        | bad/plate-nan.csv            | refuses | bad/plate-nan.csv:7: not a decimal number: 'NaN'                           | no lot            |

  @needs-Access @needs-Pipeline
  Rule: ac-2 Plate-reader export against the instrument's own software
    Shown by: pattern instrument-agreement@1: Instrument exports carry numbers the instrument's own software
    > computed. They are an independent second computation: the system must agree within the rounding of what the
    > instrument printed. The tolerance is not chosen: the recorder works it out from the digits printed in the file
    > and prints it beside the difference.

    @positive
    Scenario Outline: <tc> the instrument software's own values are reproduced (file: <file>; sample: <sample>; quantity: <quantity>)
      Given the "analyst" is logged in
      When the "analyst" ingests the file "<file>" sample "<sample>" as lot "<sample>" with instrument "<instrument>" by method "<method>"
      And the "analyst" processes lot "<sample>"
      Then the system accepts it
      And the "<quantity>" of lot "<sample>" at the label claim "<claim>" agrees with the values printed in "<file>" within their rounding

      Examples: positive (RA-QC-003; high priority): second computation by software that is not ours
        | tc         | file               | sample | quantity      | instrument | method | claim |
        | TC-OQ-0022 | gen5-bca-plate.txt | SPL1   | concentration | PR-001     | BCA-01 | 1200  |
        | TC-OQ-0261 | gen5-bca-plate.txt | SPL3   | concentration | PR-001     | BCA-01 | 1200  |
