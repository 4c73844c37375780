# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:57b68df038d1ef62e46be112aacd286512dd73a5983215771a5cafdd679d6da1
# csvgen: body sha256:307d5b5c8f65c06ca2f9bad2a2243711ae7bf08a14714762fb2794c343b178ef
@OQ @URS-QC-005 @RA-QC-004 @risk-high
Feature: URS-QC-005 Impurities
  Requirement: The system shall compute each impurity and the total impurities in percent of the sum of the peak
  > areas, leaving out the peaks the method excludes.
  Risk: RA-QC-004 Wrong impurity (class 1, priority high)
  Depth: high priority asks for positive, negative, boundary

  @needs-Access @needs-Pipeline
  Rule: ac-1 Hand-worked example
    Shown by: pattern calculation@1: The reportable values of a lot are compared with values worked by hand:
    > author, checker and the working itself are printed in the specification. The inputs are small enough to be
    > repeated with a pocket calculator.

    @positive
    Scenario Outline: <tc> hand-worked values are reproduced
      Given the "analyst" is logged in
      When the inputs of the oracle "ORA-IMPURITY-1" are ingested and processed as lot "ORA-IMPURITY-1"
      Then every expected value of the oracle "ORA-IMPURITY-1" is reported for lot "ORA-IMPURITY-1"

      Examples: positive: every expected value of the oracle is reported, digit for digit
        | tc         |
        | TC-OQ-0024 |

    @negative
    Scenario Outline: <tc> a file that is not what it should be gives no result
      Given the "analyst" is logged in
      When the "analyst" ingests the file "<file>" as lot "<case>" with instrument "PR-001"
      And the "analyst" processes lot "<case>"
      Then the system refuses it
      And lot "<case>" has no reportable result

      Examples: negative: a damaged or incomplete file is refused and the lot has no reportable result
        | tc         | case                | file                    |
        | TC-OQ-0025 | negative area       | bad/peaks-negative.csv  |
        | TC-OQ-0026 | the same peak twice | bad/peaks-duplicate.csv |

  @needs-Access @needs-Pipeline
  Rule: ac-2 Real chromatography export against the instrument's own software
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
        | tc         | file            | sample      | quantity     | tolerance |
        | TC-OQ-0027 | empower-pq.json | PQ Std 5.0x | area percent | 0.0000001 |
