# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:ee88c89c4826e22f60baabc094fe0af5d77a937d0f83880c5d04332e8519b8e9
# csvgen: body sha256:463fb5a3848be5a528b51486dc2443f4a855ee42e502a6a3ccbbdca90c7f139a
@OQ @URS-QC-092 @RA-QC-092 @risk-high @evidence-every-step
Feature: URS-QC-092 Rounding rule of reported values
  Requirement: The system shall report each value as worked by hand within the stated tolerance, rounded once,
  > half up, to the decimals of its specification, also half way between two digits.
  Risk: RA-QC-092 A value half way between two digits is rounded to the wrong one (class 1, priority high)
  Depth: high priority asks for positive, negative, boundary, boundary-3, combination, transition, sneak,
  > audit-content, no-change; combinations of 3 values, the full table up to 64 rows; evidence at every step,
  > challenge by a seeded fault (policy default@1)

  @needs-Access @needs-AuditTrail @needs-Pipeline @needs-Records @needs-Signing
  Rule: ac-1 Worked values, ties, and data that are none
    Shown by: pattern calculation@2: Each value of a calculation is compared with the one worked by hand, within
    > the tolerance stated for it; the reported value follows the rounding rule of the method, also half way between
    > two digits; input that is no data gives no result.

    @positive
    Scenario Outline: <tc> a value worked by hand is reported within its tolerance (oracle: <oracle>; value: <value>)
      Given the "analyst" is logged in
      When the inputs of the oracle "<oracle>" are ingested and processed as lot "<oracle>"
      Then the system accepts it
      And the value "<value>" of the oracle "<oracle>" is reported for lot "<oracle>" with a difference of at most "<tolerance>"

      Examples: positive (RA-QC-092; high priority): each value is compared with the one a person worked, and the difference is told
        | tc         | oracle         | value                      | tolerance       |
        | TC-OQ-0313 | ORA-POTENCY-1  | potency unrounded          | 0.0000000000005 |
        | TC-OQ-0314 | ORA-IMPURITY-1 | total impurities unrounded | 0               |

    @boundary
    Scenario Outline: <tc> <value> is reported as <reported>, by the rounding rule at the tie (test: potency; class: <class>)
      Given the "analyst" is logged in
      When a constructed plate with the sample signal "<signal>" is ingested and processed as lot "TIE"
      Then the system accepts it
      And the unrounded value of the test "potency" of lot "TIE" is "<value>"
      And the test "potency" of lot "TIE" reports "<reported>" %

      Examples: boundary (RA-QC-092; high priority): half way between two digits, after an even and after an odd digit, and beside it
        | tc         | class                   | signal  | value   | reported |
        | TC-OQ-0315 | tie after an even digit | 1.0005  | 100.05  | 100.1    |
        | TC-OQ-0316 | tie after an odd digit  | 1.0015  | 100.15  | 100.2    |
        | TC-OQ-0317 | one step below the tie  | 1.00049 | 100.049 | 100.0    |

    @boundary-3
    Scenario Outline: <tc> <value> is reported as <reported>, by the rounding rule beside the tie and at the next digit (test: potency; class: <class>)
      Given the "analyst" is logged in
      When a constructed plate with the sample signal "<signal>" is ingested and processed as lot "TIE"
      Then the system accepts it
      And the unrounded value of the test "potency" of lot "TIE" is "<value>"
      And the test "potency" of lot "TIE" reports "<reported>" %

      Examples: boundary-3 (RA-QC-092; high priority): a rule that rounds too early, twice or not at all shows here
        | tc         | class                         | signal  | value   | reported |
        | TC-OQ-0318 | one step above the tie        | 1.00051 | 100.051 | 100.1    |
        | TC-OQ-0319 | one step below the next digit | 1.00099 | 100.099 | 100.1    |
        | TC-OQ-0320 | the next digit                | 1.001   | 100.1   | 100.1    |

    @negative
    Scenario Outline: <tc> a file that is not what it should be is refused where it is wrong, and gives no result (case: <case>)
      Given the "analyst" is logged in
      When the "analyst" ingests the file "<file>" as lot "<case>" with instrument "PR-001"
      Then the system <arrival> it
      And the words of the answer hold "<words>"
      When the "analyst" processes lot "<case>"
      Then the system refuses it with the words "<processing>"
      And lot "<case>" has no reportable result

      Examples: negative (RA-QC-092; high priority): a damaged file is refused on arrival with its place in the file, data that cannot be calculated at processing; the lot has no reportable result
        | tc         | case           | file                    | arrival | words                                                                      | processing |
        | TC-OQ-0321 | truncated file | bad/plate-truncated.csv | refuses | bad/plate-truncated.csv:6: the file is truncated: its last line has no end | no lot     |

    @no-change
    Scenario Outline: <tc> a file that is refused leaves the lot and its result as they were (case: <case>)
      Given lot "IN-WORK" is brought to the state "registered" with the sample signal "1.000"
      And all that the system holds of lot "IN-WORK" has been noted
      When the "analyst" ingests the file "<file>" as lot "IN-WORK" with instrument "PR-001"
      Then the system refuses it with the words "<words>"
      And the system holds of lot "IN-WORK" what was noted, and one entry more that tells of the attempt

      Examples: no-change (RA-QC-092; high priority): a lot in work must not be touched by a file that is not taken
        | tc         | case           | file                    | words                                                                      |
        | TC-OQ-0322 | truncated file | bad/plate-truncated.csv | bad/plate-truncated.csv:6: the file is truncated: its last line has no end |

  @needs-Access @needs-AuditTrail @needs-Pipeline @needs-Records @needs-Signing
  Rule: ac-2 Values below one
    Shown by: pattern calculation@2: Each value of a calculation is compared with the one worked by hand, within
    > the tolerance stated for it; the reported value follows the rounding rule of the method, also half way between
    > two digits; input that is no data gives no result.

    @positive
    Scenario Outline: <tc> a value worked by hand is reported within its tolerance (oracle: <oracle>; value: <value>)
      Given the "analyst" is logged in
      When the inputs of the oracle "<oracle>" are ingested and processed as lot "<oracle>"
      Then the system accepts it
      And the value "<value>" of the oracle "<oracle>" is reported for lot "<oracle>" with a difference of at most "<tolerance>"

      Examples: positive (RA-QC-092; high priority): each value is compared with the one a person worked, and the difference is told
        | tc         | oracle         | value                    | tolerance |
        | TC-OQ-0623 | ORA-IMPURITY-1 | impurity Imp-B unrounded | 0         |

    @boundary
    Scenario Outline: <tc> <value> is reported as <reported>, by the rounding rule at the tie (test: potency; class: <class>)
      Given the "analyst" is logged in
      When a constructed plate with the sample signal "<signal>" is ingested and processed as lot "TIE"
      Then the system accepts it
      And the unrounded value of the test "potency" of lot "TIE" is "<value>"
      And the test "potency" of lot "TIE" reports "<reported>" %

      Examples: boundary (RA-QC-092; high priority): half way between two digits, after an even and after an odd digit, and beside it
        | tc         | class                   | signal  | value | reported |
        | TC-OQ-0624 | tie after an even digit | 0.0045  | 0.45  | 0.5      |
        | TC-OQ-0625 | tie after an odd digit  | 0.0055  | 0.55  | 0.6      |
        | TC-OQ-0626 | one step below the tie  | 0.00449 | 0.449 | 0.4      |

    @boundary-3
    Scenario Outline: <tc> <value> is reported as <reported>, by the rounding rule beside the tie and at the next digit (test: potency; class: <class>)
      Given the "analyst" is logged in
      When a constructed plate with the sample signal "<signal>" is ingested and processed as lot "TIE"
      Then the system accepts it
      And the unrounded value of the test "potency" of lot "TIE" is "<value>"
      And the test "potency" of lot "TIE" reports "<reported>" %

      Examples: boundary-3 (RA-QC-092; high priority): a rule that rounds too early, twice or not at all shows here
        | tc         | class                         | signal  | value | reported |
        | TC-OQ-0627 | one step above the tie        | 0.00451 | 0.451 | 0.5      |
        | TC-OQ-0628 | one step below the next digit | 0.00499 | 0.499 | 0.5      |
        | TC-OQ-0629 | the next digit                | 0.005   | 0.5   | 0.5      |

    @negative
    Scenario Outline: <tc> a file that is not what it should be is refused where it is wrong, and gives no result (case: <case>)
      Given the "analyst" is logged in
      When the "analyst" ingests the file "<file>" as lot "<case>" with instrument "PR-001"
      Then the system <arrival> it
      And the words of the answer hold "<words>"
      When the "analyst" processes lot "<case>"
      Then the system refuses it with the words "<processing>"
      And lot "<case>" has no reportable result

      Examples: negative (RA-QC-092; high priority): a damaged file is refused on arrival with its place in the file, data that cannot be calculated at processing; the lot has no reportable result
        | tc         | case          | file                   | arrival | words                                                     | processing |
        | TC-OQ-0630 | negative area | bad/peaks-negative.csv | refuses | bad/peaks-negative.csv:4: the area lies below zero: -1450 | no lot     |

    @no-change
    Scenario Outline: <tc> a file that is refused leaves the lot and its result as they were (case: <case>)
      Given lot "IN-WORK" is brought to the state "registered" with the sample signal "1.000"
      And all that the system holds of lot "IN-WORK" has been noted
      When the "analyst" ingests the file "<file>" as lot "IN-WORK" with instrument "PR-001"
      Then the system refuses it with the words "<words>"
      And the system holds of lot "IN-WORK" what was noted, and one entry more that tells of the attempt

      Examples: no-change (RA-QC-092; high priority): a lot in work must not be touched by a file that is not taken
        | tc         | case          | file                   | words                                                     |
        | TC-OQ-0631 | negative area | bad/peaks-negative.csv | bad/peaks-negative.csv:4: the area lies below zero: -1450 |
