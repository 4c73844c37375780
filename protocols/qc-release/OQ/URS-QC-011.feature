# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:3c36d720eabc44eeda40e055645eb331766d4bdb9c1c9a5fa87def67a9b4b196
# csvgen: body sha256:e41cbdfe21d7b6b6b5a408eca1361de1b2b7d05e06b2923380a1d2951305f192
@OQ @URS-QC-011 @RA-QC-009 @risk-medium
Feature: URS-QC-011 Reproducibility
  Requirement: The system shall give identical outputs for identical inputs.
  Risk: RA-QC-009 Same inputs give another result (class 3, priority medium)
  Depth: medium priority asks for positive, negative, boundary, combination; combinations of 2 values; evidence
  > of what is observed (policy default@1)

  @needs-Access @needs-Pipeline
  Rule: ac-1 Repeats of a plate-reader export
    Shown by: pattern reproducibility@1: The same inputs processed several times give identical outputs, shown by
    > the digest of the outputs in the run records.

    @positive
    Scenario Outline: <tc> repeats give identical outputs
      Given the "analyst" is logged in
      When the file "gen5-bca-plate.txt" sample "SPL1" is processed 5 times with instrument "PR-001"
      Then all run records name the same digest of outputs

      Examples: positive (RA-QC-009; medium priority): output digests of all repeats are equal
        | tc         |
        | TC-OQ-0050 |

    @negative
    Scenario Outline: <tc> other inputs give another output
      Given the "analyst" is logged in
      When the file "gen5-bca-plate.txt" sample "SPL1" is processed 1 time with instrument "PR-001"
      And the file "gen5-bca-plate.txt" sample "SPL2" is processed 1 time with instrument "PR-001"
      Then the run records name 2 different digests of outputs

      Examples: negative (RA-QC-009; medium priority): an output digest that never changes would prove nothing
        | tc         |
        | TC-OQ-0051 |
