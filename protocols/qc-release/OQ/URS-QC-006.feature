# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:ecc5571db70a10abe51c3fada3e2d016fe51abf4e89448ae0b417c4d6cf4a40d
# csvgen: body sha256:166d91c0f28501d1f3be911e704d87824f1dfd7081a495becbb82d56cc41f836
@OQ @URS-QC-006 @RA-QC-005 @risk-high @evidence-every-step
Feature: URS-QC-006 Rounding and comparison with the specification
  Requirement: The system shall round a result half up to the decimals of its specification and compare the
  > reported value with the inclusive limits of the specification.
  Risk: RA-QC-005 Result rounded to the wrong side of a limit (class 1, priority high)
  Depth: high priority asks for positive, negative, boundary, boundary-3, combination, transition, sneak,
  > audit-content, no-change; combinations of 3 values, the full table up to 64 rows; evidence at every step,
  > challenge by a seeded fault (policy default@1)

  @needs-Access @needs-Pipeline
  Rule: ac-1 Potency limits 95.0 to 105.0 percent
    Shown by: pattern specification-limit@1: A result is rounded half up to the reported places and the reported
    > value is compared with inclusive limits. Values are chosen around the limits in exact decimals, among them the
    > rounding trap: a value that binary floating point holds as slightly less than it is and would round to the
    > wrong side.

    @positive
    Scenario Outline: <tc> a value well inside is in specification (test: potency; value: <value>)
      Given the "analyst" is logged in
      When a constructed plate with the sample signal "<signal>" is ingested and processed as lot "<value>"
      Then the test "potency" of lot "<value>" reports "<reported>" %
      And the unrounded value of the test "potency" of lot "<value>" is "<value>"
      And the verdict of the test "potency" of lot "<value>" is "<verdict>"

      Examples: positive (RA-QC-005; high priority): middle of the valid class
        | tc         | value | signal | reported | verdict          |
        | TC-OQ-0028 | 100   | 1      | 100.0    | in specification |

    @negative
    Scenario Outline: <tc> values well outside are out of specification (test: potency; value: <value>)
      Given the "analyst" is logged in
      When a constructed plate with the sample signal "<signal>" is ingested and processed as lot "<value>"
      Then the test "potency" of lot "<value>" reports "<reported>" %
      And the unrounded value of the test "potency" of lot "<value>" is "<value>"
      And the verdict of the test "potency" of lot "<value>" is "<verdict>"

      Examples: negative (RA-QC-005; high priority): one value of each invalid class
        | tc         | value | signal | reported | verdict              |
        | TC-OQ-0029 | 94    | 0.94   | 94.0     | out of specification |
        | TC-OQ-0030 | 106   | 1.06   | 106.0    | out of specification |

    @boundary
    Scenario Outline: <tc> values around both limits and the rounding trap (test: potency; value: <value>)
      Given the "analyst" is logged in
      When a constructed plate with the sample signal "<signal>" is ingested and processed as lot "<value>"
      Then the test "potency" of lot "<value>" reports "<reported>" %
      And the unrounded value of the test "potency" of lot "<value>" is "<value>"
      And the verdict of the test "potency" of lot "<value>" is "<verdict>"

      Examples: boundary (RA-QC-005; high priority): last value out, first value in, the limit itself, the value half way to the next reported digit, on both sides
        | tc         | value   | signal  | reported | verdict              |
        | TC-OQ-0031 | 94.949  | 0.94949 | 94.9     | out of specification |
        | TC-OQ-0032 | 94.95   | 0.9495  | 95.0     | in specification     |
        | TC-OQ-0033 | 95      | 0.95    | 95.0     | in specification     |
        | TC-OQ-0034 | 105     | 1.05    | 105.0    | in specification     |
        | TC-OQ-0035 | 105.049 | 1.05049 | 105.0    | in specification     |
        | TC-OQ-0036 | 105.05  | 1.0505  | 105.1    | out of specification |
