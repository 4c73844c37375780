# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:c73dc32b2f98f837db00ee20a44cb55af14d26716f40fe35076f317e77dc062b
# csvgen: body sha256:6ab73f1d811ead7ea0879c2cb9bc27648a656191ef54eb759a6903c24cee93c3
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
    Shown by: pattern calibration-oracle@2: The parameters of a calibration, their standard deviations and what is
    > left over are compared with values worked by hand, whose author, checker and working are printed; input
    > without answer is refused in words that say why.

    @positive
    Scenario Outline: <tc> hand-worked parameters are reproduced (model: <model>; oracle: <oracle>)
      Given the "analyst" is logged in
      When the "<model>" calibration of the oracle "<oracle>" is computed
      Then every expected value of the oracle "<oracle>" is computed to every decimal given

      Examples: positive (RA-QC-034; high priority): to every decimal of the oracle
        | tc         | model                   | oracle         |
        | TC-OQ-0503 | linear 1/x              | ORA-WEIGHTED-1 |
        | TC-OQ-0504 | linear 1/x2             | ORA-WEIGHTED-2 |
        | TC-OQ-0505 | four-parameter logistic | ORA-LOGISTIC-1 |
        | TC-OQ-0506 | four-parameter logistic | ORA-LOGISTIC-2 |
        | TC-OQ-0507 | four-parameter logistic | ORA-LOGISTIC-3 |
        | TC-OQ-0621 | four-parameter logistic | ORA-LOGISTIC-4 |

    @negative
    Scenario Outline: <tc> input without answer is refused (case: <case>)
      Given the "analyst" is logged in
      When the "<statistic>" of x "<x>" and y "<y>" is computed
      Then the system refuses it with the words "<words>"
      And no value was computed

      Examples: negative (RA-QC-034; high priority): a weight that divides by zero, too few points, no curve
        | tc         | case                              | statistic               | x                | y                      | words                                                                                                                     |
        | TC-OQ-0248 | a level of zero                   | linear 1/x              | 0; 1; 2          | 0.1; 1; 2              | a calibrator at level zero has no weight in a linear 1/x calibration                                                      |
        | TC-OQ-0249 | a level of zero squared           | linear 1/x2             | 0; 1; 2          | 0.1; 1; 2              | a calibrator at level zero has no weight in a linear 1/x2 calibration                                                     |
        | TC-OQ-0250 | too few points                    | four-parameter logistic | 0; 1; 2; 3       | 0; 1; 2; 3             | too few points: 4; a four-parameter logistic calibration needs 5 or more                                                  |
        | TC-OQ-0251 | equal signals                     | four-parameter logistic | 0; 1; 2; 3; 4    | 1; 1; 1; 1; 1          | all signals are equal: they say nothing about the level                                                                   |
        | TC-OQ-0508 | too few points of a weighted line | linear 1/x              | 1; 2             | 1; 2                   | too few points: 2; a linear 1/x calibration needs 3 or more                                                               |
        | TC-OQ-0509 | too few points of a parabola      | quadratic               | 1; 2; 3          | 1; 2; 4                | too few points: 3; a quadratic calibration needs 4 or more                                                                |
        | TC-OQ-0510 | a single point                    | proportional            | 1                | 2                      | too few points: 1; a proportional calibration needs 2 or more                                                             |
        | TC-OQ-0511 | equal signals of a line           | linear                  | 1; 2; 3          | 1; 1; 1                | all signals are equal: they say nothing about the level                                                                   |
        | TC-OQ-0512 | one level only                    | linear                  | 2; 2; 2          | 1; 2; 3                | the levels do not determine a linear calibration: too few of them differ                                                  |
        | TC-OQ-0513 | three levels only                 | four-parameter logistic | 0; 0; 1; 1; 2; 2 | 0; 0.1; 1; 1.1; 2; 2.1 | the levels do not determine a four-parameter logistic calibration: too few of them differ                                 |
        | TC-OQ-0514 | a level without signal            | linear                  | 1; 2; 3          | 1; 2                   | 3 levels and 2 signals: a calibration needs pairs                                                                         |
        | TC-OQ-0515 | a level below zero                | linear                  | 1; -2; 3         | 1; 2; 3                | level 2: the level lies below zero: -2                                                                                    |
        | TC-OQ-0516 | a level that is no number         | linear                  | 1; two; 3        | 1; 2; 3                | level 2: not a decimal number: 'two'                                                                                      |
        | TC-OQ-0517 | a signal that is no number        | linear                  | 1; 2; 3          | 1; 2; x                | signal 3: not a decimal number: 'x'                                                                                       |
        | TC-OQ-0518 | an unknown model                  | cubic                   | 1; 2; 3; 4; 5    | 1; 2; 3; 4; 5          | no calibration model 'cubic'; there are linear, proportional, quadratic, linear 1/x, linear 1/x2, four-parameter logistic |
        | TC-OQ-0519 | signals that fall on the way up   | four-parameter logistic | 0; 1; 2; 3; 4    | 0; 1; 3; 2; 4          | the signals do not rise throughout: the mean at level 3 does not follow the one before it                                 |
        | TC-OQ-0520 | signals that rise on the way down | four-parameter logistic | 0; 1; 2; 3; 4    | 4; 3; 1; 2; 0          | the signals do not fall throughout: the mean at level 3 does not follow the one before it                                 |
        | TC-OQ-0521 | a straight line                   | four-parameter logistic | 0; 1; 2; 3; 4; 5 | 0; 1; 2; 3; 4; 5       | the search for a four-parameter logistic curve did not come to rest                                                       |
        | TC-OQ-0522 | signals without end               | four-parameter logistic | 1; 2; 3; 4; 5; 6 | 1; 2; 4; 8; 16; 32     | the search for a four-parameter logistic curve did not come to rest                                                       |
