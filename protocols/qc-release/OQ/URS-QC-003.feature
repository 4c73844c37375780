# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:666e0213209c8d69a9439ff101146964e156744a233ce02580b89d73d1aab7c5
# csvgen: body sha256:6ff0bf5f909a68faf057918fdede8196eac43dcb40610f58df780cc5805f4fe1
@OQ @URS-QC-003 @RA-QC-002 @risk-high @evidence-every-step
Feature: URS-QC-003 Statistics of replicates
  Requirement: The system shall compute mean, standard deviation and lag-1 autocorrelation of replicates so that
  > they agree with certified reference values.
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
      And the end of the audit trail is noted
      When the "<statistic>" of x "<x>" and y "<y>" is computed
      Then the system refuses it with the words "<words>"
      And no value was computed
      And since then the audit trail tells of nothing

      Examples: negative (RA-QC-002; high priority): an invalid data set gives a refusal that says why, no number, and nothing on record
        | tc         | case          | statistic  | x | y         | words                                                   |
        | TC-OQ-0016 | one replicate | replicates | - | 5         | too few values: 1; a standard deviation needs 2 or more |
        | TC-OQ-0017 | not a number  | replicates | - | 1; NaN; 3 | value 2: not a decimal number: 'NaN'                    |
