# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:d831beb188672b70152b6b580cd4881a8a5d29602dac42c0b1a9b1c0a66dd28a
# csvgen: body sha256:2cfcb24b709d223839bfe8955f0aa07063d1c84726956fc72170dc59928e7677
@OQ @URS-QC-049 @RA-QC-034 @risk-high @evidence-every-step
Feature: URS-QC-049 Weighted and logistic calibration
  Requirement: The system shall fit lines weighted by 1/x and 1/x2 and four-parameter logistic curves, and
  > refuse input that determines none.
  Risk: RA-QC-034 Wrong curve, or limits too narrow (class 1, priority high)
  Depth: high priority asks for positive, negative, boundary, boundary-3, combination, transition, sneak,
  > audit-content, no-change; combinations of 3 values, the full table up to 64 rows; evidence at every step,
  > challenge by a seeded fault (policy default@1)

  @needs-Access @needs-Pipeline
  Rule: ac-1 Values worked by hand
    Shown by: pattern calibration-oracle@1: The parameters of a calibration are compared with values worked by
    > hand, whose author, checker and working are printed; input without answer is refused.

    @positive
    Scenario Outline: <tc> hand-worked parameters are reproduced
      Given the "analyst" is logged in
      When the "<model>" calibration of the oracle "<oracle>" is computed
      Then every expected value of the oracle "<oracle>" is computed to every decimal given

      Examples: positive (RA-QC-034; high priority): to every decimal of the oracle
        | tc         | model                   | oracle         |
        | TC-OQ-0245 | linear 1/x              | ORA-WEIGHTED-1 |
        | TC-OQ-0246 | linear 1/x2             | ORA-WEIGHTED-2 |
        | TC-OQ-0247 | four-parameter logistic | ORA-LOGISTIC-1 |

    @negative
    Scenario Outline: <tc> input without answer is refused
      Given the "analyst" is logged in
      When the "<statistic>" of x "<x>" and y "<y>" is computed
      Then the system refuses it

      Examples: negative (RA-QC-034; high priority): a weight that divides by zero, too few points, no curve
        | tc         | case                    | statistic               | x             | y             |
        | TC-OQ-0248 | a level of zero         | linear 1/x              | 0; 1; 2       | 0.1; 1; 2     |
        | TC-OQ-0249 | a level of zero squared | linear 1/x2             | 0; 1; 2       | 0.1; 1; 2     |
        | TC-OQ-0250 | too few points          | four-parameter logistic | 0; 1; 2; 3    | 0; 1; 2; 3    |
        | TC-OQ-0251 | equal signals           | four-parameter logistic | 0; 1; 2; 3; 4 | 1; 1; 1; 1; 1 |
