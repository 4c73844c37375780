# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:8d6905b1657cf151975b24df7bc5d6416c23582eee3eb3a0ffae173391ef92d0
# csvgen: body sha256:32e8578e0f14e398ba569edee7b1616c611f2109fb82ecf3137a109c692fec7d
@OQ @URS-QC-099 @RA-QC-099 @risk-high @evidence-every-step
Feature: URS-QC-099 Curves of plates and their suitability
  Requirement: The system shall read a value from the curve that the method names and report it with its 95
  > percent confidence limits, give no result of a plate that misses a criterion of suitability of the method, and
  > let no value pass that lies outside the calibrators.
  Risk: RA-QC-099 A value rests on a curve that does not fit, or on none (class 1, priority high)
  Depth: high priority asks for positive, negative, boundary, boundary-3, combination, transition, sneak,
  > audit-content, no-change; combinations of 3 values, the full table up to 64 rows; evidence at every step,
  > challenge by a seeded fault (policy default@1)

  @needs-Access @needs-Pipeline @needs-Records
  Rule: ac-1 Worked values, criteria, and what lies outside
    Shown by: pattern plate-suitability@1: A value read from a curve is reported with its confidence limits, by
    > each model a method can name; a plate that does not meet a criterion of its method gives no result, and
    > neither does a value that only extrapolation would pass.

    @positive
    Scenario Outline: <tc> the value is read from the curve and reported with its limits: <case> (test: potency)
      Given the "analyst" is logged in
      And a method of plates with the model "<model>" and "none" is in force
      When the "analyst" ingests the plate "<wells>" as lot "CURVE"
      Then the system accepts it
      When the "analyst" processes lot "CURVE"
      Then the system accepts it
      And the test "potency" of lot "CURVE" reports "<reported>" %
      And the record of lot "CURVE" tells of "potency" the limits "<lower>" to "<upper>" to every decimal given

      Examples: positive (RA-QC-099; high priority): worked by other means; one well, one parameter or one sign elsewhere would be another value
        | tc         | case                        | model                   | wells                                                                                                                                    | reported | lower       | upper        |
        | TC-OQ-0686 | rising curve, one well      | four-parameter logistic | 0: 0.052 0.048 \| 250: 0.397 0.409 \| 600: 0.906 0.890 \| 1000: 1.372 1.396 \| 1500: 1.768 1.742 \| 3000: 2.331 2.355 \| S1: 1.36        | 99.1     | 94.64188977 | 103.53191892 |
        | TC-OQ-0687 | rising curve, two wells     | four-parameter logistic | 0: 0.052 0.048 \| 250: 0.397 0.409 \| 600: 0.906 0.890 \| 1000: 1.372 1.396 \| 1500: 1.768 1.742 \| 3000: 2.331 2.355 \| S1: 1.352 1.391 | 100.3    | 96.84967360 | 103.75322767 |
        | TC-OQ-0688 | falling curve, three wells  | four-parameter logistic | 0: 2.91 2.89 \| 250: 2.53 2.55 \| 600: 2.04 2.02 \| 1000: 1.56 1.58 \| 1500: 1.21 1.19 \| 3000: 0.67 0.69 \| S1: 1.55 1.57 1.6           | 100.0    | 97.45720602 | 102.63986930 |
        | TC-OQ-0689 | line, two wells             | linear                  | 0: 0.004 0.006 \| 250: 0.247 0.253 \| 500: 0.506 0.498 \| 1000: 0.985 1.012 \| 1500: 1.517 1.489 \| S1: 0.99 1.01                        | 99.9     | 97.95918445 | 101.78788350 |
        | TC-OQ-0690 | line weighted by 1/x        | linear 1/x              | 250: 0.247 0.253 \| 500: 0.506 0.498 \| 1000: 0.985 1.012 \| 1500: 1.517 1.489 \| S1: 0.99 1.01                                          | 99.9     | 97.63112699 | 102.18909402 |
        | TC-OQ-0691 | line weighted by 1/x2       | linear 1/x2             | 250: 0.247 0.253 \| 500: 0.506 0.498 \| 1000: 0.985 1.012 \| 1500: 1.517 1.489 \| S1: 0.99 1.01                                          | 99.9     | 97.30417318 | 102.49980157 |
        | TC-OQ-0692 | line through zero, one well | proportional            | 0: 0.004 0.006 \| 250: 0.247 0.253 \| 500: 0.506 0.498 \| 1000: 0.985 1.012 \| 1500: 1.517 1.489 \| S1: 0.99                             | 98.9     | 96.51300225 | 101.27879066 |

    @boundary
    Scenario Outline: <tc> a plate at the limit of suitability gives a result: <case>
      Given the "analyst" is logged in
      And a method of plates with the model "linear" and "<criteria>" is in force
      When the "analyst" ingests the plate "<wells>" as lot "LIMIT"
      Then the system accepts it
      When the "analyst" processes lot "LIMIT"
      Then the system accepts it
      And the verdict of lot "LIMIT" is "in specification"

      Examples: boundary (RA-QC-099; high priority): limits are inclusive
        | tc         | case                                           | criteria                                                                | wells                                                                                                             |
        | TC-OQ-0693 | set of calibrators                             | levels 0/500/1000                                                       | 0: 0 \| 500: 0.5 \| 1000: 1 \| 1500: 1.5 \| S1: 1                                                                 |
        | TC-OQ-0694 | number of calibrators                          | calibrators 4                                                           | 0: 0 \| 500: 0.5 \| 1000: 1 \| 1500: 1.5 \| S1: 1                                                                 |
        | TC-OQ-0695 | wells of each calibrator                       | replicates 2                                                            | 0: 0 0 \| 500: 0.5 0.5 \| 1000: 1 1 \| 1500: 1.5 1.5 \| S1: 1                                                     |
        | TC-OQ-0696 | wells of the sample                            | wells 2                                                                 | 0: 0 \| 500: 0.5 \| 1000: 1 \| 1500: 1.5 \| S1: 1 1                                                               |
        | TC-OQ-0697 | blank                                          | blank 0.01                                                              | 0: 0 \| 500: 0.5 \| 1000: 1 \| 1500: 1.5 \| S1: 1 \| blank: 0.008 0.012                                           |
        | TC-OQ-0698 | scatter of a calibrator                        | cv 2                                                                    | 0: 0 0 0 \| 500: 0.49 0.5 0.51 \| 1000: 1 1 1 \| 1500: 1.5 1.5 1.5 \| S1: 1 1                                     |
        | TC-OQ-0699 | scatter of the sample                          | cv 2                                                                    | 0: 0 0 \| 500: 0.5 0.5 \| 1000: 1 1 \| 1500: 1.5 1.5 \| S1: 0.98 1 1.02                                           |
        | TC-OQ-0700 | one well that differs                          | differ yes                                                              | 0: 0 0 \| 500: 0.5 0.5 \| 1000: 1 1 \| 1500: 1.5 1.5 \| S1: 1 1.001                                               |
        | TC-OQ-0701 | R squared                                      | r_squared 0.8                                                           | 0: 0.125 0.125 0.125 \| 500: 0.125 0.125 0.125 \| 1000: 1.375 1.375 1.375 \| 1500: 1.375 1.375 1.375 \| S1: 1     |
        | TC-OQ-0702 | lack of fit                                    | lack_of_fit 2                                                           | 0: 0 0.02 \| 500: 0.48 0.5 \| 1000: 0.98 1 \| 1500: 1.5 1.52 \| S1: 1                                             |
        | TC-OQ-0703 | read back                                      | back_calculated 1                                                       | 0: 0 \| 500: 0.505 \| 1000: 0.99 \| 1500: 1.505 \| 2000: 2 \| S1: 1                                               |
        | TC-OQ-0704 | read back, the lowest by itself, three of four | back_calculated 0.5; back_calculated_lowest 1; back_calculated_share 75 | 0: 0 \| 500: 0.505 \| 1000: 0.99 \| 1500: 1.505 \| 2000: 2 \| S1: 1                                               |
        | TC-OQ-0705 | half width of the interval                     | half_width 1.91691                                                      | 0: 0.004 0.006 \| 250: 0.247 0.253 \| 500: 0.506 0.498 \| 1000: 0.985 1.012 \| 1500: 1.517 1.489 \| S1: 0.99 1.01 |

    @negative
    Scenario Outline: <tc> a plate that misses a criterion gives no result, and the criterion is told: <case>
      Given the "analyst" is logged in
      And a method of plates with the model "<model>" and "<criteria>" is in force
      When the "analyst" ingests the plate "<wells>" as lot "MISSED"
      Then the system accepts it
      When the "analyst" processes lot "MISSED"
      Then the words of the answer hold "<words>"
      And lot "MISSED" has no reportable result

      Examples: negative (RA-QC-099; high priority): one criterion each
        | tc         | case                                      | model                   | criteria                                                                | wells                                                                                                                             | words                                                                |
        | TC-OQ-0706 | a calibrator that is missing              | linear                  | levels 0/500/1000/2000                                                  | 0: 0 \| 500: 0.5 \| 1000: 1 \| 1500: 1.5 \| S1: 1                                                                                 | missing at 2000 ug/mL                                                |
        | TC-OQ-0707 | too few calibrators                       | linear                  | calibrators 5                                                           | 0: 0 \| 500: 0.5 \| 1000: 1 \| 1500: 1.5 \| S1: 1                                                                                 | number of calibrators is 4                                           |
        | TC-OQ-0708 | one well of a calibrator                  | linear                  | replicates 2                                                            | 0: 0 0 \| 500: 0.5 0.5 \| 1000: 1 \| 1500: 1.5 1.5 \| S1: 1                                                                       | wells of calibrator 1000 is 1                                        |
        | TC-OQ-0709 | one well of the sample                    | linear                  | wells 2                                                                 | 0: 0 \| 500: 0.5 \| 1000: 1 \| 1500: 1.5 \| S1: 1                                                                                 | undiluted wells of sample S1 is 1                                    |
        | TC-OQ-0710 | blanks too high                           | linear                  | blank 0.01                                                              | 0: 0 \| 500: 0.5 \| 1000: 1 \| 1500: 1.5 \| S1: 1 \| blank: 0.008 0.0121                                                          | mean signal of the blanks is 0.01005                                 |
        | TC-OQ-0711 | scatter of a calibrator                   | linear                  | cv 1.9                                                                  | 0: 0 0 0 \| 500: 0.49 0.5 0.51 \| 1000: 1 1 1 \| 1500: 1.5 1.5 1.5 \| S1: 1 1                                                     | coefficient of variation of calibrator 500 is 2 %                    |
        | TC-OQ-0712 | scatter of the sample                     | linear                  | cv 1.9                                                                  | 0: 0 0 \| 500: 0.5 0.5 \| 1000: 1 1 \| 1500: 1.5 1.5 \| S1: 0.98 1 1.02                                                           | coefficient of variation of sample S1 is 2 %                         |
        | TC-OQ-0713 | scatter of one well                       | linear                  | cv 2                                                                    | 0: 0 0 \| 500: 0.5 0.5 \| 1000: 1 1 \| 1500: 1.5 1.5 \| S1: 1                                                                     | coefficient of variation of sample S1 is not to be had from the file |
        | TC-OQ-0714 | all wells equal                           | linear                  | differ yes                                                              | 0: 0 0 \| 500: 0.5 0.5 \| 1000: 1 1 \| 1500: 1.5 1.5 \| S1: 1 1                                                                   | scatter of replicates is all equal                                   |
        | TC-OQ-0715 | no replicates at all                      | linear                  | differ yes                                                              | 0: 0 \| 500: 0.5 \| 1000: 1 \| 1500: 1.5 \| S1: 1                                                                                 | scatter of replicates is not to be had from the file                 |
        | TC-OQ-0716 | R squared                                 | linear                  | r_squared 0.81                                                          | 0: 0.125 0.125 0.125 \| 500: 0.125 0.125 0.125 \| 1000: 1.375 1.375 1.375 \| 1500: 1.375 1.375 1.375 \| S1: 1                     | R squared of the calibration is 0.8,                                 |
        | TC-OQ-0717 | lack of fit                               | linear                  | lack_of_fit 1.99                                                        | 0: 0 0.02 \| 500: 0.48 0.5 \| 1000: 0.98 1 \| 1500: 1.5 1.52 \| S1: 1                                                             | F of the lack of fit is 2,                                           |
        | TC-OQ-0718 | lack of fit without replicates            | linear                  | lack_of_fit 2                                                           | 0: 0 \| 500: 0.5 \| 1000: 1 \| 1500: 1.5 \| S1: 1                                                                                 | F of the lack of fit is not to be had from the file                  |
        | TC-OQ-0719 | read back                                 | linear                  | back_calculated 0.9                                                     | 0: 0 \| 500: 0.505 \| 1000: 0.99 \| 1500: 1.505 \| 2000: 2 \| S1: 1                                                               | number of calibrators read back is 2 of 4                            |
        | TC-OQ-0720 | read back, the lowest                     | linear                  | back_calculated 1; back_calculated_lowest 0.9                           | 0: 0 \| 500: 0.505 \| 1000: 0.99 \| 1500: 1.505 \| 2000: 2 \| S1: 1                                                               | 3 of 4 (500 off by +1 %)                                             |
        | TC-OQ-0721 | read back, share                          | linear                  | back_calculated 0.5; back_calculated_lowest 1; back_calculated_share 76 | 0: 0 \| 500: 0.505 \| 1000: 0.99 \| 1500: 1.505 \| 2000: 2 \| S1: 1                                                               | 3 of 4 (1000 off by -1 %)                                            |
        | TC-OQ-0722 | read back from a curve                    | four-parameter logistic | back_calculated 1                                                       | 0: 0.052 0.048 \| 250: 0.397 0.409 \| 600: 0.906 0.890 \| 1000: 1.372 1.396 \| 1500: 1.768 1.742 \| 3000: 2.331 2.355 \| S1: 1.36 | number of calibrators read back is                                   |
        | TC-OQ-0723 | half width of the interval                | linear                  | half_width 1.9169                                                       | 0: 0.004 0.006 \| 250: 0.247 0.253 \| 500: 0.506 0.498 \| 1000: 0.985 1.012 \| 1500: 1.517 1.489 \| S1: 0.99 1.01                 | half width of the confidence interval is 1.9                         |
        | TC-OQ-0724 | a slope that could be none                | linear                  | none                                                                    | 0: 0.125 \| 500: 0.125 \| 1000: 1.375 \| 1500: 1.375 \| S1: 1                                                                     | cannot be told from zero                                             |
        | TC-OQ-0725 | one well beyond the highest calibrator    | linear                  | none                                                                    | 0: 0 \| 500: 0.5 \| 1000: 1 \| S1: 0.99 1.01                                                                                      | outside the calibrators, 0 to 1000 ug/mL                             |
        | TC-OQ-0726 | one well below the lowest calibrator      | linear                  | none                                                                    | 1000: 1 \| 1500: 1.5 \| 2000: 2 \| S1: 0.99 1.01                                                                                  | outside the calibrators, 1000 to 2000 ug/mL                          |
        | TC-OQ-0727 | a signal beyond the end of the curve      | four-parameter logistic | none                                                                    | 0: 0.052 0.048 \| 250: 0.397 0.409 \| 600: 0.906 0.890 \| 1000: 1.372 1.396 \| 1500: 1.768 1.742 \| 3000: 2.331 2.355 \| S1: 3.2  | lies beyond the ends of the curve                                    |
        | TC-OQ-0728 | a signal below the beginning of the curve | four-parameter logistic | none                                                                    | 0: 0.052 0.048 \| 250: 0.397 0.409 \| 600: 0.906 0.890 \| 1000: 1.372 1.396 \| 1500: 1.768 1.742 \| 3000: 2.331 2.355 \| S1: 0.01 | lies beyond the ends of the curve                                    |
        | TC-OQ-0729 | a curve that does not rise throughout     | four-parameter logistic | none                                                                    | 0: 0.05 \| 250: 0.4 \| 600: 0.9 \| 1000: 0.7 \| 1500: 1.7 \| 3000: 2.3 \| S1: 1.3                                                 | do not rise throughout: the mean at level 1000                       |
        | TC-OQ-0730 | a curve that does not fall throughout     | four-parameter logistic | none                                                                    | 0: 2.3 \| 250: 1.7 \| 600: 0.7 \| 1000: 0.9 \| 1500: 0.4 \| 3000: 0.05 \| S1: 0.8                                                 | do not fall throughout: the mean at level 1000                       |
        | TC-OQ-0731 | too few levels for a curve                | four-parameter logistic | none                                                                    | 0: 0.05 0.06 \| 600: 0.9 0.91 \| 3000: 2.3 2.31 \| S1: 1.3                                                                        | too few of them differ                                               |

    @boundary
    Scenario Outline: <tc> a value at the end of the calibrators counts, one beyond them passes nothing: <case>
      Given the "analyst" is logged in
      And a method of plates with the model "linear" and "none" is in force
      When the "analyst" ingests the plate "<wells>" as lot "OUTSIDE"
      Then the system accepts it
      When the "analyst" processes lot "OUTSIDE"
      Then the system accepts it
      And the verdict of lot "OUTSIDE" is "<verdict>"

      Examples: boundary (RA-QC-099; high priority): a failing value is never lost
        | tc         | case                      | wells                                      | verdict              |
        | TC-OQ-0732 | beyond, and failing       | 0: 0 \| 500: 0.5 \| 1000: 1 \| S1: 1.2     | out of specification |
        | TC-OQ-0733 | at the highest calibrator | 0: 0 \| 500: 0.5 \| 1000: 1 \| S1: 1       | in specification     |
        | TC-OQ-0734 | at the lowest calibrator  | 1000: 1 \| 1500: 1.5 \| 2000: 2 \| S1: 1   | in specification     |
        | TC-OQ-0735 | below, and failing        | 1000: 1 \| 1500: 1.5 \| 2000: 2 \| S1: 0.9 | out of specification |
