# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:45d7bad83a78d9c82756f46366e3ff81594c7c30fdb53134f75d8ac2f156fca7
# csvgen: body sha256:f7c44b623b0643bb31367eb0451886e6d9d4ce51eae983e43ae7b25d5abef013
@OQ @URS-QC-005 @RA-QC-004 @risk-high @evidence-every-step
Feature: URS-QC-005 Impurities
  Requirement: The system shall compute each impurity and the total impurities in percent of the sum of the peak
  > areas, leaving out the peaks the method excludes.
  Risk: RA-QC-004 Wrong impurity (class 1, priority high)
  Depth: high priority asks for positive, negative, boundary, boundary-3, combination, transition, sneak,
  > audit-content, no-change; combinations of 3 values, the full table up to 64 rows; evidence at every step,
  > challenge by a seeded fault (policy default@1)

  @needs-Access @needs-Pipeline
  Rule: ac-1 Hand-worked example
    Shown by: pattern calculation@1: The reportable values of a lot are compared with values worked by hand:
    > author, checker and the working itself are printed in the specification. The inputs are small enough to be
    > repeated with a pocket calculator.

    @positive
    Scenario Outline: <tc> hand-worked values are reproduced (oracle: ORA-IMPURITY-1)
      Given the "analyst" is logged in
      When the inputs of the oracle "ORA-IMPURITY-1" are ingested and processed as lot "ORA-IMPURITY-1"
      Then the system accepts it
      And every expected value of the oracle "ORA-IMPURITY-1" is reported for lot "ORA-IMPURITY-1"

      Examples: positive (RA-QC-004; high priority): every expected value of the oracle is reported; an unrounded value to every decimal of the oracle
        | tc         |
        | TC-OQ-0024 |

    @negative
    Scenario Outline: <tc> a file that is not what it should be gives no result (case: <case>)
      Given the "analyst" is logged in
      When the "analyst" ingests the file "<file>" as lot "<case>" with instrument "PR-001"
      Then the system <arrival> it
      And the words of the answer hold "<words>"
      When the "analyst" processes lot "<case>"
      Then the system refuses it with the words "<processing>"
      And lot "<case>" has no reportable result

      Examples: negative (RA-QC-004; high priority): a damaged file is refused on arrival with its place in the file, data that cannot be calculated at processing; the lot has no reportable result
        | tc         | case                | file                    | arrival | words                                                                 | processing |
        | TC-OQ-0025 | negative area       | bad/peaks-negative.csv  | refuses | bad/peaks-negative.csv:4: the area lies below zero: -1450             | no lot     |
        | TC-OQ-0026 | the same peak twice | bad/peaks-duplicate.csv | refuses | bad/peaks-duplicate.csv:5: the peak 'Imp-A' stands here a second time | no lot     |

  @needs-Access @needs-Pipeline
  Rule: ac-2 Chromatography export against the instrument's own software
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

      Examples: positive (RA-QC-004; high priority): second computation by software that is not ours
        | tc         | file            | sample      | quantity     | instrument | method | claim |
        | TC-OQ-0027 | empower-pq.json | PQ Std 5.0x | area percent | HP-001     | LCA-01 | -     |
