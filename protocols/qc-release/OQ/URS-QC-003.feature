# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:24e979c909353d841d9aac7ba5a0610fe30708c772f206a20bd6669158071ce6
# csvgen: body sha256:f66dcb34459dd077b5587ab08a8aa983c17c45ed08e7e9579165b094c2af2765
@OQ @URS-QC-003 @RA-QC-002 @risk-high @evidence-every-step
Feature: URS-QC-003 Statistics of replicates
  Requirement: The system shall compute mean, standard deviation and lag-1 autocorrelation of replicates so that
  > they agree with certified reference values.
  Risk: RA-QC-002 Wrong calibration or replicate statistics (class 1, priority high)
  Depth: high priority asks for positive, negative, boundary, boundary-3, combination, transition, sneak,
  > audit-content, no-change; combinations of 3 values, the full table up to 64 rows; evidence at every step,
  > challenge by a seeded fault (policy default@1)

  @needs-Access @needs-Pipeline
  Rule: ac-1 Certified values of NIST data sets
    Shown by: pattern certified-reference@1: The system's arithmetic is compared with values certified by a body
    > independent of the system. Agreement is counted in correct significant digits (log relative error), with an
    > acceptance limit for each data set, because data sets differ in how hard they are to compute. It proves the
    > arithmetic of the named statistic and nothing else.

    @positive
    Scenario Outline: <tc> certified values are reproduced (file: <file>; statistic: <statistic>)
      Given the "analyst" is logged in
      When the "<statistic>" of the certified data set "<file>" is computed
      Then each certified value agrees in at least <digits> significant digits

      Examples: positive (RA-QC-002; high priority): each certified value of the set agrees in at least the digits demanded
        | tc         | file              | statistic  | digits |
        | TC-OQ-0012 | nist/Lew.dat      | replicates | 13     |
        | TC-OQ-0013 | nist/Lottery.dat  | replicates | 13     |
        | TC-OQ-0014 | nist/Mavro.dat    | replicates | 13     |
        | TC-OQ-0015 | nist/Michelso.dat | replicates | 13     |
        | TC-OQ-0210 | exact/Cancel1.dat | replicates | 13     |
        | TC-OQ-0211 | exact/Offset1.dat | replicates | 13     |

    @negative
    Scenario Outline: <tc> <statistic>: input that has no answer is refused (case: <case>)
      Given the "analyst" is logged in
      When the "<statistic>" of x "<x>" and y "<y>" is computed
      Then the system refuses it

      Examples: negative (RA-QC-002; high priority): an invalid data set gives a refusal and no number
        | tc         | case          | statistic  | x | y         |
        | TC-OQ-0016 | one replicate | replicates | - | 5         |
        | TC-OQ-0017 | not a number  | replicates | - | 1; NaN; 3 |
