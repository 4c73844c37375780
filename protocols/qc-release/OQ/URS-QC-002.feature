# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:f31940f88d9c966150525ba66bb521f9a339fc53e2ec34ee8378b07494048a9a
# csvgen: body sha256:f1c8426ed874b5fab1b375bb4c3dc840425c509504c20262e6b375dec77818f8
@OQ @URS-QC-002 @RA-QC-002 @risk-high @evidence-every-step
Feature: URS-QC-002 Calibration arithmetic
  Requirement: The system shall fit linear, proportional and quadratic calibrations by least squares so that
  > each parameter, its standard deviation, the residual standard deviation and R squared agree with certified
  > reference values.
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
        | tc         | file               | statistic    | digits |
        | TC-OQ-0003 | nist/Norris.dat    | linear       | 13     |
        | TC-OQ-0004 | nist/NoInt1.dat    | proportional | 13     |
        | TC-OQ-0005 | nist/NoInt2.dat    | proportional | 13     |
        | TC-OQ-0006 | nist/Pontius.dat   | quadratic    | 13     |
        | TC-OQ-0209 | exact/FarLine1.dat | linear       | 13     |

    @negative
    Scenario Outline: <tc> <statistic>: input that has no answer is refused (case: <case>)
      Given the "analyst" is logged in
      When the "<statistic>" of x "<x>" and y "<y>" is computed
      Then the system refuses it

      Examples: negative (RA-QC-002; high priority): an invalid data set gives a refusal and no number
        | tc         | case                         | statistic | x         | y              |
        | TC-OQ-0007 | too few points               | linear    | 1         | 2              |
        | TC-OQ-0008 | all calibrators at one level | linear    | 5; 5; 5   | 1; 2; 3        |
        | TC-OQ-0009 | not a number                 | linear    | 1; 2; NaN | 1; 2; 3        |
        | TC-OQ-0010 | infinite                     | linear    | 1; 2; 3   | 1; Infinity; 3 |
        | TC-OQ-0011 | unequal counts               | linear    | 1; 2; 3   | 1; 2           |
