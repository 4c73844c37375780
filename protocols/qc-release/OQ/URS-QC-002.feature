# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:964c7c3496b4e48ad6ad10ddc996e414d96e18aa44d2180ae40132ce3c6e1623
# csvgen: body sha256:997db5ccc8563240791b00f18c9bcc0d97af7bab4ae9a7d4d3376a295d6b916e
@OQ @URS-QC-002 @RA-QC-002 @risk-high @evidence-every-step
Feature: URS-QC-002 Calibration arithmetic
  Requirement: The system shall fit linear, proportional and quadratic calibrations by least squares so that
  > each parameter, its standard deviation, the residual standard deviation and R squared agree with certified
  > reference values.
  Risk: RA-QC-002 Wrong calibration or replicate statistics (class 1, priority high)
  Depth: high priority asks for positive, negative, boundary, boundary-3, combination, transition, sneak,
  > audit-content, no-change; combinations of 3 values, the full table up to 64 rows; evidence at every step,
  > challenge by a seeded fault (policy default@1)

  @needs-Access @needs-AuditTrail @needs-Pipeline
  Rule: ac-1 Certified values of NIST data sets
    Shown by: pattern certified-reference@2: The system's arithmetic is compared with values certified by a body
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
      And the end of the audit trail is noted
      When the "<statistic>" of x "<x>" and y "<y>" is computed
      Then the system refuses it with the words "<words>"
      And no value was computed
      And since then the audit trail tells of nothing

      Examples: negative (RA-QC-002; high priority): an invalid data set gives a refusal that says why, no number, and nothing on record
        | tc         | case                         | statistic | x         | y              | words                                                                    |
        | TC-OQ-0007 | too few points               | linear    | 1         | 2              | too few points: 1; a linear calibration needs 3 or more                  |
        | TC-OQ-0008 | all calibrators at one level | linear    | 5; 5; 5   | 1; 2; 3        | the levels do not determine a linear calibration: too few of them differ |
        | TC-OQ-0009 | not a number                 | linear    | 1; 2; NaN | 1; 2; 3        | level 3: not a decimal number: 'NaN'                                     |
        | TC-OQ-0010 | infinite                     | linear    | 1; 2; 3   | 1; Infinity; 3 | signal 2: not a decimal number: 'Infinity'                               |
        | TC-OQ-0011 | unequal counts               | linear    | 1; 2; 3   | 1; 2           | 3 levels and 2 signals: a calibration needs pairs                        |
